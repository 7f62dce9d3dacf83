/*
 * Parsing of names: what section 9.3 of the reference and CreateFile accept.
 */
#include "../../src/nt/name.h"
#include "check.h"
#include "next.h"

#define GUID "0123abcd-4567-89ef-0123-456789abcdef"
#define GUID_UPPER "0123ABCD-4567-89EF-0123-456789ABCDEF"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
  const char *name;
  enum nt_name_kind kind;
  const char *object; /* letter, GUID or number */
  const char *path;   /* NULL: none */
} good[] = {
    {"D:", NT_NAME_LETTER, "D", NULL},
    {"d:", NT_NAME_LETTER, "D", NULL},
    {"\\\\.\\D:", NT_NAME_LETTER, "D", NULL},
    {"\\\\.\\d:", NT_NAME_LETTER, "D", NULL},
    {"\\\\?\\z:", NT_NAME_LETTER, "Z", NULL},
    {"D:\\", NT_NAME_LETTER, "D", "\\"},
    {"D:/", NT_NAME_LETTER, "D", "/"},
    {"\\\\.\\D:\\", NT_NAME_LETTER, "D", "\\"},
    {"\\\\?\\D:\\", NT_NAME_LETTER, "D", "\\"},
    {"D:\\dir\\file", NT_NAME_LETTER, "D", "\\dir\\file"},
    {"D:/x/y", NT_NAME_LETTER, "D", "/x/y"},
    {"\\\\.\\D:/x", NT_NAME_LETTER, "D", "/x"},
    {"\\\\?\\D:\\x y\\\xC3\xA9", NT_NAME_LETTER, "D", "\\x y\\\xC3\xA9"},
    {"\\\\?\\Volume{" GUID "}", NT_NAME_GUID, GUID, NULL},
    {"\\\\.\\volume{" GUID_UPPER "}", NT_NAME_GUID, GUID, NULL},
    {"\\\\?\\Volume{" GUID "}\\", NT_NAME_GUID, GUID, "\\"},
    {"\\\\?\\Volume{" GUID "}\\a\\b", NT_NAME_GUID, GUID, "\\a\\b"},
    {"\\\\.\\PhysicalDrive0", NT_NAME_DISK, "0", NULL},
    {"\\\\?\\PhysicalDrive12", NT_NAME_DISK, "12", NULL},
    {"PhysicalDrive3", NT_NAME_DISK, "3", NULL},
    {"PHYSICALDRIVE3", NT_NAME_DISK, "3", NULL},
    {"\\\\.\\physicaldrive3", NT_NAME_DISK, "3", NULL},
    {"\\\\.\\PhysicalDrive4294967295", NT_NAME_DISK, "4294967295", NULL},
    {"\\\\.\\PhysicalDrive1\\", NT_NAME_DISK, "1", "\\"},
    {"\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3", NT_NAME_DEVICE, "3", NULL},
    {"\\\\?\\globalroot\\device\\harddiskvolume3", NT_NAME_DEVICE, "3", NULL},
    {"\\\\.\\GLOBALROOT\\Device\\HarddiskVolume3\\a", NT_NAME_DEVICE, "3",
     "\\a"},
    {"\\Device\\HarddiskVolume7", NT_NAME_DEVICE, "7", NULL},
    {"\\Device\\HarddiskVolume7\\", NT_NAME_DEVICE, "7", "\\"},
    {"\\\\.\\HarddiskVolume1", NT_NAME_DEVICE, "1", NULL},
    {"\\\\.\\CdRom0", NT_NAME_CDROM, "0", NULL},
    {"CdRom3", NT_NAME_CDROM, "3", NULL},
    {"\\Device\\cdrom1\\", NT_NAME_CDROM, "1", "\\"},
    {"\\\\?\\GLOBALROOT\\Device\\CdRom2", NT_NAME_CDROM, "2", NULL},
    {"\\Device\\Harddisk1\\DR1", NT_NAME_DISK, "1", NULL},
    {"\\Device\\harddisk2\\partition0\\", NT_NAME_DISK, "2", "\\"},
    {"\\\\?\\GLOBALROOT\\Device\\Harddisk2\\Partition13\\a", NT_NAME_PARTITION,
     "2 13", "\\a"},
    {"\\\\.\\MountPointManager", NT_NAME_MOUNTMGR, "mount manager", NULL},
    {"\\Device\\mountpointmanager\\", NT_NAME_MOUNTMGR, "mount manager", "\\"},
};

static const char *const bad[] = {
    NULL,
    "",
    "D",
    ":",
    "1:",
    "\xC3\xA9:",
    "DD:",
    "\\",
    "\\\\.\\",
    "\\\\?\\",
    "\\\\.\\D",
    "\\\\.",
    "NUL",
    "file.txt",
    "\\dir\\file",
    "\\\\server\\share\\file",
    "/dev/sda1",
    "//./D:",
    "\\\\.\\PhysicalDrive",
    "\\\\.\\PhysicalDriveX",
    "\\\\.\\PhysicalDrive1x",
    "\\\\.\\PhysicalDrive01",
    "\\\\.\\PhysicalDrive-1",
    "\\\\.\\PhysicalDrive4294967296",
    "\\\\.\\PhysicalDrive99999999999999999999999",
    "Volume{" GUID "}",
    "\\\\?\\Volume" GUID,
    "\\\\?\\Volume{" GUID,
    "\\\\?\\Volume{" GUID "}x",
    "\\\\?\\Volume{0123abcd}",
    "\\\\?\\Volume{",
    "\\\\?\\Volume{0123abcg-4567-89ef-0123-456789abcdef}",
    "\\\\?\\Volume{0123abcd_4567-89ef-0123-456789abcdef}",
    "\\\\?\\GLOBALROOT\\Device\\",
    "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume",
    "\\\\?\\GLOBALROOT",
    "GLOBALROOT\\Device\\HarddiskVolume1",
    "\\\\?\\Device\\HarddiskVolume1",
    "\\Device\\PhysicalDrive1",
    "\\Device\\Harddisk1",
    "\\Device\\Harddisk1\\",
    "\\Device\\Harddisk1\\DR0",
    "\\Device\\Harddisk1\\Partition",
    "\\Device\\Harddisk1\\Partition01",
    "\\\\.\\Harddisk1\\Partition1",
    "HarddiskVolume1",
    "MountPointManager",
    "\\\\.\\MountPointManagerX",
    "\\\\?\\D:/x",
    "\\\\?\\D:\\x/y",
};

static void object_text(const struct nt_name *name, char *buf, size_t cap) {
  switch (name->kind) {
    case NT_NAME_LETTER:
      nt_format_text(buf, cap, "%c", name->letter);
      break;
    case NT_NAME_GUID:
      nt_copy(buf, cap, name->guid);
      break;
    case NT_NAME_DISK:
    case NT_NAME_DEVICE:
    case NT_NAME_CDROM:
      nt_format_text(buf, cap, "%u", name->number);
      break;
    case NT_NAME_PARTITION:
      nt_format_text(buf, cap, "%u %u", name->number, name->partition);
      break;
    case NT_NAME_MOUNTMGR:
      nt_copy(buf, cap, "mount manager");
      break;
  }
}

/* A path must be the tail of the very string that was parsed. */
static int path_fits(const char *input, const char *path, const char *wanted) {
  if (path == NULL || wanted == NULL) {
    return path == NULL && wanted == NULL;
  }
  return strcmp(path, wanted) == 0 &&
         path == input + strlen(input) - strlen(wanted);
}

static void test_good(void) {
  for (size_t i = 0; i < COUNT(good); i++) {
    struct nt_name name;
    struct nt_error err = {0};
    char object[64] = "";
    memset(&name, 0x55, sizeof(name));
    nt_status status = nt_name_parse(good[i].name, &name, &err);
    CHECK(status == NT_STATUS_SUCCESS && name.kind == good[i].kind,
          "9.3 %s is a name", good[i].name);
    object_text(&name, object, sizeof(object));
    CHECK_TEXT(object, good[i].object, "9.3 %s names its object", good[i].name);
    CHECK(path_fits(good[i].name, name.path, good[i].path),
          "9.3 %s has its path", good[i].name);
    CHECK(err.status == NT_STATUS_SUCCESS, "%s leaves the error alone",
          good[i].name);
  }
}

static void test_bad(void) {
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct nt_name name = {.kind = NT_NAME_DISK, .number = 42};
    struct nt_error err = {0};
    const char *shown = bad[i] == NULL ? "NULL" : bad[i];
    nt_status status = nt_name_parse(bad[i], &name, &err);
    CHECK(status == NT_STATUS_OBJECT_NAME_INVALID && err.status == status,
          "9.3 '%s' is refused", shown);
    CHECK(err.detail[0] != '\0' && strstr(next_of(&err), "D:") != NULL,
          "'%s' is refused with detail and hint", shown);
    CHECK(name.kind == NT_NAME_DISK && name.number == 42,
          "'%s' leaves the result alone", shown);
  }
}

static void test_relative(void) {
  static const char *const names[] = {"d:file", "\\\\.\\D:file",
                                      "\\\\?\\D:file"};
  for (size_t i = 0; i < COUNT(names); i++) {
    struct nt_name name;
    struct nt_error err = {0};
    CHECK(nt_name_parse(names[i], &name, &err) == NT_STATUS_OBJECT_NAME_INVALID,
          "%s is refused", names[i]);
    CHECK_TEXT(next_of(&err), "write D:\\file", "%s, what to write", names[i]);
  }
}

static void test_other_fields(void) {
  struct nt_name name;
  struct nt_error err = {0};
  memset(&name, 0x55, sizeof(name));
  nt_name_parse("PhysicalDrive1", &name, &err);
  CHECK(name.letter == '\0' && name.guid[0] == '\0', "a disk: nothing else");
  memset(&name, 0x55, sizeof(name));
  nt_name_parse("D:", &name, &err);
  CHECK(name.number == 0 && name.guid[0] == '\0', "a letter: nothing else");
}

static void test_no_error_wanted(void) {
  struct nt_name name;
  CHECK(nt_name_parse("D:", &name, NULL) == NT_STATUS_SUCCESS, "NULL, good");
  CHECK(nt_name_parse("D:x", &name, NULL) == NT_STATUS_OBJECT_NAME_INVALID,
        "NULL, relative");
  CHECK(nt_name_parse("", &name, NULL) == NT_STATUS_OBJECT_NAME_INVALID,
        "NULL, empty");
}

int main(void) {
  test_good();
  test_bad();
  test_relative();
  test_other_fields();
  test_no_error_wanted();
  return check_done();
}
