/*
 * Names on Windows: UTF-8 and UTF-16, what CreateFileW gets for each form of a
 * name, and the volume behind it.
 */
#include "next.h"
#include "win32_lab.h"

static struct win32_machine machine;

/* ---- UTF-16 -------------------------------------------------------------- */

static const char *const texts[] = {
    "",
    "D:\\a b",
    "\xC3\xB6\xC3\x9F",         /* two bytes each */
    "\xE2\x82\xAC\xEF\xBF\xBD", /* three bytes each */
    "\xF0\x90\x80\x80",         /* U+10000, the first pair */
    "\xF4\x8F\xBF\xBF",         /* U+10FFFF, the last one */
    "a\xF0\x9F\x92\xBE z",
    "\xED\x9F\xBF\xEE\x80\x80", /* both sides of the surrogates */
};

static void test_round_trip(void) {
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    nt_wchar wide[32];
    char back[64];
    struct nt_error err = {0};
    CHECK(nt__win32_wide(texts[i], wide, 32, &err) == 0 &&
              nt__win32_same(wide, fake_wide(texts[i])),
          "text %d becomes UTF-16", (int)i);
    CHECK(nt__win32_narrow(wide, back, sizeof(back), &err) == 0, "and back");
    CHECK_TEXT(back, texts[i], "as it was");
    nt__win32_show(wide, back, sizeof(back));
    CHECK_TEXT(back, texts[i], "shown as it is");
  }
}

static void test_wrong_utf8(void) {
  static const char *const wrong[] = {
      "\x80",         "\xC3",
      "a\xC0\xAF",                        /* stray, cut, overlong */
      "\xED\xA0\x80", "\xF4\x90\x80\x80", /* surrogate, past the end */
      "\xE2\x82",     "\xFF",
  };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    nt_wchar wide[32] = {'x'};
    struct nt_error err = {0};
    CHECK(nt__win32_wide(wrong[i], wide, 32, &err) ==
                  NT_STATUS_OBJECT_NAME_INVALID &&
              wide[0] == 0 && next_of(&err)[0] != '\0',
          "wrong UTF-8 %d is refused", (int)i);
  }
}

static void test_wrong_utf16(void) {
  static const nt_wchar wrong[][4] = {
      {0xD800, 0}, {'a', 0xDC00, 0}, {0xD800, 'z', 0}, {0xD800, 0xD800, 0}};
  static const char *const shown[] = {"\xEF\xBF\xBD", "a\xEF\xBF\xBD",
                                      "\xEF\xBF\xBDz",
                                      "\xEF\xBF\xBD\xEF\xBF\xBD"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    char buf[32] = "x";
    struct nt_error err = {0};
    CHECK(nt__win32_narrow(wrong[i], buf, sizeof(buf), &err) ==
                  NT_STATUS_OBJECT_NAME_INVALID &&
              buf[0] == '\0',
          "lone surrogate %d is refused", (int)i);
    nt__win32_show(wrong[i], buf, sizeof(buf));
    CHECK_TEXT(buf, shown[i], "and shows as U+FFFD");
  }
}

static void test_capacity(void) {
  nt_wchar wide[4];
  char buf[5];
  struct nt_error err = {0};
  CHECK(nt__win32_wide("abc", wide, 4, &err) == 0, "three units fit into four");
  CHECK(nt__win32_wide("abcd", wide, 4, &err) != 0 && wide[0] == 0,
        "four do not");
  CHECK(
      nt__win32_wide("ab\xF0\x9F\x92\xBE", wide, 4, &err) != 0 && wide[0] == 0,
      "a pair that does not fit is not cut");
  CHECK(nt__win32_narrow(fake_wide("abcd"), buf, 5, &err) == 0,
        "four bytes fit into five");
  CHECK(nt__win32_narrow(fake_wide("abc\xC3\xB6"), buf, 5, &err) != 0 &&
            buf[0] == '\0',
        "five do not");
  nt__win32_show(fake_wide("abc\xC3\xB6"), buf, 5);
  CHECK_TEXT(buf, "abc", "what is shown is cut between characters");
  CHECK(nt__win32_copy(wide, 4, fake_wide("abc")) && wide[2] == 'c',
        "copies what fits");
  CHECK(!nt__win32_copy(wide, 4, fake_wide("abcd")) && wide[0] == 0,
        "copies nothing that does not");
  CHECK(nt__win32_same(fake_wide("\\\\?\\Volume{A}"),
                       fake_wide("\\\\?\\vOLUME{a}")),
        "the same in either case");
  CHECK(!nt__win32_same(fake_wide("ab"), fake_wide("a")) &&
            !nt__win32_same(fake_wide("a"), fake_wide("ab")),
        "a beginning is not the same");
}

/* ---- forms --------------------------------------------------------------- */

static const struct form {
  const char *name;
  enum nt_handle_kind kind;
  const char *open_name, *root;
} forms[] = {
    {"D:", NT_KIND_VOLUME, "\\\\.\\D:", LAB_GUID_D "\\"},
    {"d:", NT_KIND_VOLUME, "\\\\.\\D:", LAB_GUID_D "\\"},
    {"\\\\.\\D:", NT_KIND_VOLUME, "\\\\.\\D:", LAB_GUID_D "\\"},
    {"\\\\?\\D:", NT_KIND_VOLUME, "\\\\.\\D:", LAB_GUID_D "\\"},
    {"Q:", NT_KIND_VOLUME, "\\\\.\\Q:", "Q:\\"}, /* no GUID */
    {LAB_GUID_D, NT_KIND_VOLUME, LAB_GUID_D, LAB_GUID_D "\\"},
    {"\\\\.\\VOLUME{22222222-0000-0000-0000-00000000000D}", NT_KIND_VOLUME,
     LAB_GUID_D, LAB_GUID_D "\\"},
    {"\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3", NT_KIND_VOLUME,
     "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3", LAB_GUID_DATA "\\"},
    {"\\Device\\HarddiskVolume3", NT_KIND_VOLUME,
     "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3", LAB_GUID_DATA "\\"},
    {"\\\\.\\HarddiskVolume3", NT_KIND_VOLUME,
     "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3", LAB_GUID_DATA "\\"},
    {"\\\\.\\HarddiskVolume9", NT_KIND_VOLUME,
     "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume9",
     "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume9\\"}, /* nobody's */
    {"PhysicalDrive0", NT_KIND_DISK, "\\\\.\\PhysicalDrive0", ""},
    {"\\\\.\\physicaldrive12", NT_KIND_DISK, "\\\\.\\PhysicalDrive12", ""},
    {"\\\\?\\PhysicalDrive1", NT_KIND_DISK, "\\\\.\\PhysicalDrive1", ""},
    /* 1.2: root directories */
    {"D:\\", NT_KIND_FILE, "D:\\", LAB_GUID_D "\\"},
    {"D:/", NT_KIND_FILE, "D:\\", LAB_GUID_D "\\"},
    {"\\\\.\\D:\\", NT_KIND_FILE, "\\\\.\\D:\\", LAB_GUID_D "\\"},
    {LAB_GUID_D "\\", NT_KIND_FILE, LAB_GUID_D "\\", LAB_GUID_D "\\"},
    {"\\Device\\HarddiskVolume2\\", NT_KIND_FILE,
     "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume2\\", LAB_GUID_D "\\"},
    /* files and directories */
    {"D:\\a.txt", NT_KIND_FILE, "D:\\a.txt", LAB_GUID_D "\\"},
    {"d:/dir/a b.txt", NT_KIND_FILE, "d:\\dir\\a b.txt", LAB_GUID_D "\\"},
    {"\\\\?\\D:\\dir.\\x ", NT_KIND_FILE, "\\\\?\\D:\\dir.\\x ",
     LAB_GUID_D "\\"},
    {"D:\\\xC3\xA4\\\xF0\x9F\x92\xBE", NT_KIND_FILE,
     "D:\\\xC3\xA4\\\xF0\x9F\x92\xBE", LAB_GUID_D "\\"},
    {LAB_GUID_D "\\a.txt", NT_KIND_FILE, LAB_GUID_D "\\a.txt", LAB_GUID_D "\\"},
    {"\\Device\\HarddiskVolume2\\a.txt", NT_KIND_FILE,
     "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume2\\a.txt", LAB_GUID_D "\\"},
    {"Q:\\a.txt", NT_KIND_FILE, "Q:\\a.txt", "Q:\\"},
    /* folders in which volumes are mounted */
    {"C:\\mnt\\data", NT_KIND_VOLUME, LAB_GUID_DATA, LAB_GUID_DATA "\\"},
    {"c:/MNT/data", NT_KIND_VOLUME, LAB_GUID_DATA, LAB_GUID_DATA "\\"},
    {"\\\\?\\C:\\mnt\\data", NT_KIND_VOLUME, LAB_GUID_DATA, LAB_GUID_DATA "\\"},
    {"C:\\mnt\\Gr\xC3\xB6\xC3\x9F"
     "e \xF0\x9F\x92\xBE",
     NT_KIND_VOLUME, LAB_GUID_DATA, LAB_GUID_DATA "\\"},
    {"C:\\mnt\\data\\", NT_KIND_FILE, "C:\\mnt\\data\\", LAB_GUID_DATA "\\"},
    {"C:\\mnt\\data\\a.txt", NT_KIND_FILE, "C:\\mnt\\data\\a.txt",
     LAB_GUID_DATA "\\"},
    {"C:\\mnt\\database", NT_KIND_FILE, "C:\\mnt\\database", LAB_GUID_C "\\"},
    {"C:\\mnt", NT_KIND_FILE, "C:\\mnt", LAB_GUID_C "\\"},
};

static bool is(const nt_wchar *got, const char *wanted) {
  char text[WIN32_NAME_MAX * 3];
  nt__win32_show(got, text, sizeof(text));
  if (strcmp(text, wanted) != 0) {
    printf("# got: %s\n", text);
  }
  return strcmp(text, wanted) == 0;
}

static void test_forms(void) {
  for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
    const struct form *form = &forms[i];
    struct win32_target target;
    struct nt_error err = {0};
    CHECK(nt__win32_resolve(&machine, form->name, false, &target, &err) == 0 &&
              target.kind == form->kind,
          "%s has its kind", form->name);
    CHECK(is(target.open_name, form->open_name), "it opens as %s",
          form->open_name);
    CHECK(is(target.root, form->root), "its root is \"%s\"", form->root);
  }
  CHECK(!fake_log_has("create_file", NULL), "nothing was opened for a name");
  CHECK(fake_os.opened == 0, "no search is left open");
}

static void test_directory_option(void) {
  struct win32_target target;
  struct nt_error err = {0};
  CHECK(
      nt__win32_resolve(&machine, "C:\\mnt\\data", true, &target, &err) == 0 &&
          target.kind == NT_KIND_FILE && is(target.open_name, "C:\\mnt\\data"),
      "a mount folder is a directory for who asks for a directory");
}

static void test_without_functions(void) {
  struct nt_win32_os os = fake_os_table;
  struct win32_machine bare = {.os = &os};
  struct win32_target target;
  struct nt_error err = {0};
  os.volume_of_mount_point = NULL;
  os.mount_point_of_path = NULL;
  os.find_first_volume = NULL;
  CHECK(nt__win32_resolve(&bare, "D:", false, &target, &err) == 0 &&
            is(target.root, "D:\\"),
        "a letter is its own root where Windows tells no GUID");
  CHECK(nt__win32_resolve(&bare, "C:\\mnt\\data", false, &target, &err) == 0 &&
            target.kind == NT_KIND_FILE && is(target.root, "C:\\"),
        "a folder is a folder");
  CHECK(nt__win32_resolve(&bare, "\\Device\\HarddiskVolume3", false, &target,
                          &err) == 0 &&
            is(target.root, "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3\\"),
        "a device is its own root");
}

/* ---- wrong and long names ------------------------------------------------ */

static void test_wrong_names(void) {
  static const char *const wrong[] = {
      "",
      "D",
      "D:file",
      "\\\\server\\share\\a",
      "\\\\?\\D:/a",
      "COM1",
      "\\\\.\\",
      "PhysicalDrive",
      "D:\\\xFF",
      "\\\\?\\Volume{22222222}",
      "/dev/sda1",
  };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    struct win32_target target = {.kind = NT_KIND_DEVICE};
    struct nt_error err = {0};
    CHECK(nt__win32_resolve(&machine, wrong[i], false, &target, &err) ==
                  NT_STATUS_OBJECT_NAME_INVALID &&
              next_of(&err)[0] != '\0' && target.kind == NT_KIND_DEVICE,
          "wrong name %d is refused with a hint", (int)i);
  }
  struct win32_target target;
  struct nt_error err = {0};
  CHECK(nt__win32_resolve(&machine, "PhysicalDrive0\\a", false, &target,
                          &err) == NT_STATUS_OBJECT_PATH_NOT_FOUND &&
            next_of(&err)[0] != '\0',
        "a disk has no files");
}

/* A name of `length` bytes: `start`, and "x" in parts of 50. */
static const char *long_name(const char *start, size_t length) {
  static char name[600];
  size_t used = nt_copy(name, sizeof(name), start);
  for (; used < length; used++) {
    name[used] = used % 50 == 49 && used + 1 < length ? '\\' : 'x';
  }
  name[length] = '\0';
  return name;
}

static void test_long_names(void) {
  struct win32_target target;
  struct nt_error err = {0};
  CHECK(nt__win32_resolve(&machine, long_name("D:\\", 259), false, &target,
                          &err) == 0 &&
            target.open_name[0] == 'D',
        "259 characters go as they are");
  char wanted[300];
  nt_format_text(wanted, sizeof(wanted), "\\\\?\\%s", long_name("D:\\", 260));
  CHECK(nt__win32_resolve(&machine, wanted + 4, false, &target, &err) == 0 &&
            is(target.open_name, wanted),
        "one more gets the prefix for long names");
  nt_format_text(wanted, sizeof(wanted), "%s", long_name("\\\\.\\D:\\", 279));
  CHECK(nt__win32_resolve(&machine, wanted, false, &target, &err) == 0,
        "279 are taken");
  wanted[2] = '?';
  CHECK(is(target.open_name, wanted), "in the place of another prefix");
  CHECK(nt__win32_resolve(&machine, wanted, false, &target, &err) == 0 &&
            is(target.open_name, wanted),
        "once");
  static const char *const starts[] = {"D:\\.\\", "D:\\..\\", "D:\\a.\\",
                                       "D:\\a \\", "D:\\\\a"};
  for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
    err = (struct nt_error){0};
    CHECK(nt__win32_resolve(&machine, long_name(starts[i], 270), false, &target,
                            &err) == NT_STATUS_OBJECT_NAME_INVALID &&
              next_of(&err)[0] != '\0',
          "what the prefix would not change is refused: %s...", starts[i]);
  }
  err = (struct nt_error){0};
  CHECK(nt__win32_resolve(&machine, long_name("D:\\", NT_NAME_MAX), false,
                          &target, &err) == NT_STATUS_OBJECT_NAME_INVALID &&
            next_of(&err)[0] != '\0',
        "280 bytes are too many");
}

int main(void) {
  fake_os_reset();
  fake_os.volumes = lab_volumes;
  machine = (struct win32_machine){.os = &fake_os_table};
  test_round_trip();
  test_wrong_utf8();
  test_wrong_utf16();
  test_capacity();
  test_forms();
  test_directory_option();
  test_without_functions();
  test_wrong_names();
  test_long_names();
  return check_done();
}
