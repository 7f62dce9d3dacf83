/*
 * The Windows machine: listing volumes and disks, and what nt_info answers,
 * against a Windows of fakes.
 */
#include "check.h"
#include "fake_os.h"
#include "next.h"
#include "nt/nt.h"
#include "nt/win32/handle/handle.h"
#include "nt/win32/list/list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB ((uint64_t)1 << 20)

#define GUID(n) "Volume{0000000" n "-0000-0000-0000-000000000000}"
#define GUID_PATH(n) "\\\\?\\" GUID(n)
#define GUID_ROOT(n) GUID_PATH(n) "\\"
#define DEVICE(n) "\\Device\\HarddiskVolume" n

static struct win32_machine machine;
static struct nt_win32_os table;

/* ---- answers ------------------------------------------------------------- */

static struct fake_answer answers[80];
static unsigned char bytes[80][256];
static size_t answer_count;

static void put(unsigned char *at, uint64_t value, size_t count) {
  for (size_t i = 0; i < count; i++) {
    at[i] = (unsigned char)(value >> (8 * i));
  }
}

/* A new answer; its bytes, all 0, are to be filled. */
static unsigned char *answer(uint32_t code, const char *name, nt_status status,
                             uint32_t length) {
  unsigned char *data = bytes[answer_count];
  memset(data, 0, sizeof(bytes[0]));
  answers[answer_count++] = (struct fake_answer){
      .code = code,
      .name = name,
      .status = status,
      .data = data,
      .length = length,
  };
  answers[answer_count] = (struct fake_answer){.code = 0};
  return data;
}

static struct fake_answer *find_answer(uint32_t code, const char *name) {
  for (size_t i = 0; i < answer_count; i++) {
    if (answers[i].code == code && answers[i].name != NULL &&
        strcmp(answers[i].name, name) == 0) {
      return &answers[i];
    }
  }
  return NULL;
}

/* Puts a status in the place of an answer. */
static void refuse(uint32_t code, const char *name, nt_status status) {
  struct fake_answer *found = find_answer(code, name);
  if (found == NULL) {
    answer(code, name, status, 0);
  } else {
    found->status = status;
    found->length = 0;
  }
}

static void put_extent(unsigned char *at, uint32_t disk, uint64_t offset,
                       uint64_t length) {
  put(at, disk, 4);
  put(at + 8, offset, 8);
  put(at + 16, length, 8);
}

static void answer_extent(const char *name, uint32_t disk, uint64_t offset,
                          uint64_t length) {
  unsigned char *data =
      answer(NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, name, 0, 32);
  put(data, 1, 4);
  put_extent(data + 8, disk, offset, length);
}

static void answer_number(const char *name, uint32_t type, uint32_t number,
                          uint32_t partition) {
  unsigned char *data = answer(NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, name, 0, 12);
  put(data, type, 4);
  put(data + 4, number, 4);
  put(data + 8, partition, 4);
}

/* ---- the volumes --------------------------------------------------------- */

static struct fake_volume volumes[10];
static const char *const page_files[] = {"\\??\\D:\\pagefile.sys", NULL};

static void reset(void) {
  fake_os_reset();
  answer_count = 0;
  answers[0].code = 0;
  fake_os.answers = answers;
  fake_os.volumes = volumes;
  memset(volumes, 0, sizeof(volumes));
  table = fake_os_table;
  machine = (struct win32_machine){.os = &table};
  machine.base.ops = &nt_win32_ops;
  nt_copy(machine.base.name, sizeof(machine.base.name), "win32");
}

/* In an order that is not that of the devices. */
static void set_volumes(void) {
  const struct fake_volume list[] = {
      {.guid_path = GUID_ROOT("5"),
       .device = DEVICE("5"),
       .information_error = 1005},
      {.guid_path = GUID_ROOT("2"),
       .paths = {"C:\\"},
       .device = DEVICE("2"),
       .file_system = "NTFS",
       .label = "Windows",
       .serial = 0x89ABCDEF},
      {.guid_path = GUID_ROOT("7"),
       .paths = {"E:\\"},
       .device = "\\Device\\CdRom0",
       .drive_type = NT_WIN32_DRIVE_CDROM,
       .information_error = NT_WIN32_ERROR_NOT_READY},
      {.guid_path = GUID_ROOT("1"),
       .device = DEVICE("1"),
       .file_system = "FAT32",
       .serial = 0x0012ABCD},
      {.guid_path = GUID_ROOT("4"),
       .paths = {"C:\\ClusterStorage\\Volume1\\"},
       .device = DEVICE("4"),
       .file_system = "CSVFS",
       .label = "Cluster"},
      {.guid_path = GUID_ROOT("3"),
       .paths = {"C:\\mnt\\d\xC3\xA4ta\\", "D:\\"},
       .device = DEVICE("3"),
       .file_system = "FAT",
       .label = "M\xC3\xBCsik \xE9\x9F\xB3",
       .serial = 0x12345678,
       .drive_type = NT_WIN32_DRIVE_REMOVABLE,
       .volume_flags = NT_WIN32_FILE_READ_ONLY_VOLUME},
      {.guid_path = GUID_ROOT("6"),
       .paths = {"F:\\"},
       .device = DEVICE("16"),
       .file_system = "ReFS",
       .serial = 0xCAFE0001},
  };
  memcpy(volumes, list, sizeof(list));
  fake_os.page_files = page_files;
}

static void set_extents(void) {
  answer_extent(GUID("1"), 0, 1 * MIB, 100 * MIB);
  answer_extent(GUID("2"), 0, 101 * MIB, 900 * MIB);
  answer_extent(GUID("3"), 1, 0, 16 * MIB);
  answer_extent(GUID("4"), 2, 1 * MIB, 50 * MIB);
  answer_extent(GUID("5"), 2, 51 * MIB, 50 * MIB);
  unsigned char *data =
      answer(NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, GUID("6"), 0, 56);
  put(data, 2, 4);
  put_extent(data + 8, 2, 200 * MIB, 30 * MIB);
  put_extent(data + 32, 4, 1 * MIB, 30 * MIB);
}

/* FAT16: 32768 sectors of 512 bytes in clusters of 4. */
static void set_boot_sector(void) {
  unsigned char *data = answer(NT_FSCTL_QUERY_FAT_BPB, GUID("3"), 0, 36);
  put(data + 11, 512, 2);
  data[13] = 4;
  put(data + 14, 1, 2);
  data[16] = 2;
  put(data + 17, 512, 2);
  put(data + 19, 32768, 2);
  put(data + 22, 32, 2);
}

static void set_facts(void) {
  answer_number(GUID("2"), 7, 0, 2);
  answer_number(GUID("3"), 7, 1, 0);
  answer_number(GUID("7"), 2, 0, UINT32_MAX);
  put(answer(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY, GUID("2"), 0, 24) + 20, 4096, 4);
  put(answer(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY, GUID("7"), 0, 24) + 20, 2048, 4);
  put(answer(NT_FSCTL_GET_NTFS_VOLUME_DATA, GUID("2"), 0, 96),
      0x0123456789ABCDEF, 8);
  answer(NT_FSCTL_IS_VOLUME_DIRTY, GUID("3"), 0, 4)[0] = 1;
  answer(NT_FSCTL_IS_VOLUME_DIRTY, GUID("2"), 0, 4)[0] = 2;
  answer(NT_IOCTL_VOLUME_IS_CSV, GUID("4"), 0, 1)[0] = 1;
  answer(NT_IOCTL_VOLUME_IS_OFFLINE, GUID("5"), 0, 0);
  refuse(NT_IOCTL_VOLUME_IS_OFFLINE, GUID("2"), NT_STATUS_UNSUCCESSFUL);
  refuse(NT_IOCTL_VOLUME_IS_OFFLINE, GUID("3"), NT_STATUS_NOT_SUPPORTED);
  refuse(NT_IOCTL_DISK_IS_WRITABLE, GUID("4"), NT_STATUS_MEDIA_WRITE_PROTECTED);
  refuse(NT_IOCTL_STORAGE_CHECK_VERIFY2, GUID("7"),
         NT_STATUS_NO_MEDIA_IN_DEVICE);
  put(answer(NT_IOCTL_DISK_GET_LENGTH_INFO, GUID("6"), 0, 8), 45 * MIB, 8);
}

static void set_world(void) {
  reset();
  set_volumes();
  set_extents();
  set_boot_sector();
  set_facts();
}

/* ---- listing ------------------------------------------------------------- */

static struct nt_volume_info found[16];
static size_t found_count;
static struct nt_error last;

static nt_status list_volumes(void) {
  uint64_t cursor = 0;
  nt_status status;
  found_count = 0;
  for (;;) {
    struct nt_volume_info info;
    memset(&last, 0, sizeof(last));
    status = nt__win32_next_volume(&machine.base, &cursor, &info, &last);
    if (!nt_ok(status) || found_count == COUNT(found)) {
      return status;
    }
    found[found_count++] = info;
  }
}

static const struct nt_volume_info *found_volume(const char *guid_path) {
  static const struct nt_volume_info none;
  for (size_t i = 0; i < found_count; i++) {
    if (strcmp(found[i].guid_path, guid_path) == 0) {
      return &found[i];
    }
  }
  return &none;
}

static const struct nt_volume_info *list_one(const char *guid_path) {
  list_volumes();
  return found_volume(guid_path);
}

static bool no_handle_left(void) {
  return fake_os.opened == 0 && fake_os.wrong_closes == 0;
}

static const struct {
  const char *name, *guid, *device, *file_system, *label, *serial;
  uint32_t sector_size, partition;
  uint64_t length;
  uint32_t extents, mount_points, flags;
} wanted[] = {
    {GUID_PATH("1"), GUID_PATH("1"), DEVICE("1"), "FAT32", "", "0012-ABCD", 0,
     0, 100 * MIB, 1, 0, NT_VOLUME_MOUNTED | NT_VOLUME_SYSTEM},
    {"C:", GUID_PATH("2"), DEVICE("2"), "NTFS", "Windows", "0123456789ABCDEF",
     4096, 2, 900 * MIB, 1, 1, NT_VOLUME_MOUNTED | NT_VOLUME_BOOT},
    {"D:", GUID_PATH("3"), DEVICE("3"), "FAT16", "M\xC3\xBCsik \xE9\x9F\xB3",
     "1234-5678", 0, 0, 16 * MIB, 1, 2,
     NT_VOLUME_MOUNTED | NT_VOLUME_REMOVABLE | NT_VOLUME_READONLY |
         NT_VOLUME_DIRTY | NT_VOLUME_PAGEFILE},
    {"C:\\ClusterStorage\\Volume1", GUID_PATH("4"), DEVICE("4"), "CSVFS",
     "Cluster", "", 0, 0, 50 * MIB, 1, 1,
     NT_VOLUME_MOUNTED | NT_VOLUME_CSV | NT_VOLUME_READONLY},
    {GUID_PATH("5"), GUID_PATH("5"), DEVICE("5"), "RAW", "", "", 0, 0, 50 * MIB,
     1, 0, NT_VOLUME_OFFLINE},
    {"F:", GUID_PATH("6"), DEVICE("16"), "ReFS", "", "CAFE-0001", 0, 0,
     45 * MIB, 2, 1, NT_VOLUME_MOUNTED},
    {"E:", GUID_PATH("7"), "\\Device\\CdRom0", "", "", "", 2048, 0, 0, 0, 1,
     NT_VOLUME_REMOVABLE | NT_VOLUME_UNREADABLE},
};

static void check_volume(size_t i) {
  const struct nt_volume_info *info = &found[i];
  CHECK_TEXT(info->name, wanted[i].name, "volume %d has a name", (int)i);
  CHECK_TEXT(info->guid_path, wanted[i].guid, "%s: GUID path", info->name);
  CHECK_TEXT(info->device, wanted[i].device, "%s: device", info->name);
  CHECK_TEXT(info->file_system, wanted[i].file_system, "%s: file system",
             info->name);
  CHECK_TEXT(info->label, wanted[i].label, "%s: label", info->name);
  CHECK_TEXT(info->serial, wanted[i].serial, "%s: serial", info->name);
  CHECK(info->sector_size == wanted[i].sector_size &&
            info->partition_number == wanted[i].partition,
        "%s: sector size and partition", info->name);
  CHECK(info->length == wanted[i].length &&
            info->extent_count == wanted[i].extents,
        "%s: length and extents", info->name);
  CHECK(info->mount_point_count == wanted[i].mount_points,
        "%s: number of mount points", info->name);
  CHECK(info->flags == wanted[i].flags, "%s: flags (0x%04x)", info->name,
        (unsigned)info->flags);
}

static void test_volumes(void) {
  set_world();
  CHECK(list_volumes() == NT_STATUS_NO_MORE_ENTRIES && last.status == 0,
        "the list ends with STATUS_NO_MORE_ENTRIES and no error");
  CHECK(found_count == COUNT(wanted), "all volumes are listed");
  for (size_t i = 0; i < found_count && i < COUNT(wanted); i++) {
    check_volume(i);
  }
  const struct nt_volume_info *info = found_volume(GUID_PATH("3"));
  CHECK_TEXT(info->mount_points[0], "D:", "letters come before folders");
  CHECK_TEXT(info->mount_points[1], "C:\\mnt\\d\xC3\xA4ta",
             "folders have no backslash at the end");
  info = found_volume(GUID_PATH("6"));
  CHECK(info->extents[0].disk == 2 && info->extents[0].offset == 200 * MIB &&
            info->extents[1].disk == 4 && info->extents[1].length == 30 * MIB,
        "extents on several disks are decoded");
  CHECK(no_handle_left(), "every handle is closed exactly once");
}

/* How often describing one volume writes a line to the log. */
static int asks(const char *root, const char *line) {
  struct nt_volume_info info;
  fake_os.log[0] = '\0';
  nt__win32_describe(&machine, fake_wide(root), &info, &last);
  return fake_log_count(line);
}

static uint32_t opened_for;

static uint32_t watching_create(const nt_wchar *name, uint32_t access,
                                uint32_t share, uint32_t disposition,
                                uint32_t flags, nt_win32_handle *out,
                                nt_status *status) {
  opened_for |= access;
  return fake_os_table.create_file(name, access, share, disposition, flags, out,
                                   status);
}

/* What needs data access is asked only where nothing else tells. */
static void test_no_harm(void) {
  set_world();
  CHECK(asks(GUID_ROOT("2"), "control is dirty") == 1 &&
            asks(GUID_ROOT("5"), "control is dirty") == 0 &&
            asks(GUID_ROOT("7"), "control is dirty") == 0,
        "a volume without file system is not asked about it");
  CHECK(asks(GUID_ROOT("2"), "control query length") == 0 &&
            asks(GUID_ROOT("6"), "control query length") == 1,
        "a volume on one extent is not opened for its length");
  table.create_file = watching_create;
  opened_for = 0;
  asks(GUID_ROOT("5"), "");
  CHECK(opened_for == 0,
        "a volume without file system is opened without access");
  asks(GUID_ROOT("2"), "");
  CHECK((opened_for &
         ~(NT_FILE_READ_ATTRIBUTES | NT_FILE_TRAVERSE | NT_SYNCHRONIZE)) == 0,
        "one with a file system without the right to read data");
}

static void test_empty(void) {
  reset();
  CHECK(list_volumes() == NT_STATUS_NO_MORE_ENTRIES && found_count == 0 &&
            last.status == 0,
        "a Windows without volumes lists none");
  CHECK(no_handle_left(), "... and leaves no handle");
}

/* ---- come and go --------------------------------------------------------- */

static nt_status step(uint64_t *cursor, struct nt_volume_info *info) {
  memset(&last, 0, sizeof(last));
  return nt__win32_next_volume(&machine.base, cursor, info, &last);
}

static void test_arrival(void) {
  uint64_t cursor = 0;
  struct nt_volume_info info;
  int seen = 0, doubles = 0;
  char names[16][NT_NAME_MAX];
  set_world();
  step(&cursor, &info);
  nt_copy(names[seen++], NT_NAME_MAX, info.guid_path);
  /* A new one, in front of all others in Windows' order. */
  memmove(volumes + 1, volumes, 7 * sizeof(volumes[0]));
  volumes[0] = (struct fake_volume){.guid_path = GUID_ROOT("9"),
                                    .device = DEVICE("9"),
                                    .file_system = "exFAT",
                                    .serial = 0xABCD0123};
  while (nt_ok(step(&cursor, &info)) && seen < 16) {
    for (int i = 0; i < seen; i++) {
      doubles += strcmp(names[i], info.guid_path) == 0;
    }
    nt_copy(names[seen++], NT_NAME_MAX, info.guid_path);
  }
  CHECK(seen == 8 && doubles == 0,
        "a volume that arrives meanwhile makes none be seen twice");
}

static void test_departure(void) {
  uint64_t cursor = 0;
  struct nt_volume_info info;
  int seen = 0;
  set_world();
  step(&cursor, &info);
  for (int i = 0; i < 7; i++) { /* the one that was seen departs */
    if (strcmp(volumes[i].guid_path, GUID_ROOT("1")) == 0) {
      memmove(volumes + i, volumes + i + 1,
              (size_t)(9 - i) * sizeof(volumes[0]));
      break;
    }
  }
  while (nt_ok(step(&cursor, &info))) {
    seen++;
  }
  CHECK(seen == 6, "a volume that departs meanwhile hides no other");
}

static void test_vanished(void) {
  static struct fake_open opens[] = {
      {.name = GUID("4"), .error = NT_WIN32_ERROR_FILE_NOT_FOUND},
      {.name = NULL}};
  set_world();
  volumes[4].device = NULL;
  fake_os.opens = opens;
  CHECK(list_volumes() == NT_STATUS_NO_MORE_ENTRIES &&
            found_count == COUNT(wanted) - 1 &&
            found_volume(GUID_PATH("4"))->name[0] == '\0',
        "a volume that is gone when it is looked at is passed over");
  struct nt_error err = {0};
  struct nt_volume_info info;
  nt_status status =
      nt__win32_describe(&machine, fake_wide(GUID_ROOT("4")), &info, &err);
  CHECK(status == NT_STATUS_OBJECT_NAME_NOT_FOUND && err.status == status &&
            err.native == 2 && next_of(&err)[0] != '\0',
        "describing one that is gone fails and says so");
  fake_os.opens = NULL;
  list_volumes();
  CHECK(found_count == COUNT(wanted) &&
            strcmp(found[COUNT(wanted) - 1].guid_path, GUID_PATH("4")) != 0 &&
            found_volume(GUID_PATH("4"))->device[0] == '\0',
        "one without a device name is listed when it opens");
  CHECK(no_handle_left(), "every handle is closed exactly once");
}

/* Devices that are no plain volume of a disk come last, in any order. */
static void test_other_devices(void) {
  static const char *const devices[] = {DEVICE("99999999999"),
                                        DEVICE("ShadowCopy3"), DEVICE(""),
                                        "\\Device\\Floppy0"};
  for (size_t i = 0; i < COUNT(devices); i++) {
    set_world();
    volumes[3].device = devices[i];
    list_volumes();
    CHECK(found_count == COUNT(wanted) &&
              (strcmp(found[5].guid_path, GUID_PATH("1")) == 0 ||
               strcmp(found[6].guid_path, GUID_PATH("1")) == 0),
          "%s is listed behind the volumes of disks", devices[i]);
  }
}

static void test_failing_list(void) {
  set_world();
  fake_os.fail_at = 1;
  CHECK(list_volumes() == NT_STATUS_INSUFFICIENT_RESOURCES &&
            last.status == NT_STATUS_INSUFFICIENT_RESOURCES &&
            last.native_kind == NT_NATIVE_WIN32 && last.native == 1450 &&
            last.detail[0] != '\0',
        "when volumes cannot be enumerated the list fails, and says why");
}

/* ---- mount points -------------------------------------------------------- */

/* Twelve folders of C:, in more units than the first buffer has, then a lone
 * surrogate, a name too long for us, and a letter. */
static uint32_t many_paths(const nt_wchar *volume, nt_wchar *names,
                           uint32_t capacity) {
  const uint32_t wanted_units = 13 * 124 + 6 + 300 + 4 + 1;
  (void)volume;
  if (capacity < wanted_units) {
    return NT_WIN32_ERROR_MORE_DATA;
  }
  nt_wchar *at = names;
  for (int i = 11; i >= 0; i--) {
    const nt_wchar *head = fake_wide("C:\\");
    memcpy(at, head, 3 * sizeof(*at));
    for (int k = 3; k < 100; k++) {
      at[k] = (nt_wchar)('a' + i);
    }
    at[100] = '\\';
    at[101] = 0;
    at += 102;
  }
  memcpy(at, fake_wide("C:\\?\\"), 6 * sizeof(*at));
  at[3] = 0xD800;
  at += 6;
  for (int k = 0; k < 299; k++) {
    at[k] = 'x';
  }
  at[299] = 0;
  at += 300;
  memcpy(at, fake_wide("Z:\\"), 4 * sizeof(*at));
  at[4] = 0;
  return 0;
}

static void test_many_mount_points(void) {
  set_world();
  table.volume_paths = many_paths;
  const struct nt_volume_info *info = list_one(GUID_PATH("3"));
  CHECK(info->mount_point_count == NT_MAX_MOUNT_POINTS,
        "mount points that do not fit are left out");
  CHECK_TEXT(info->name, "Z:", "a letter is the name, wherever it stood");
  bool sorted = true;
  for (uint32_t i = 1; i < info->mount_point_count; i++) {
    sorted = sorted && strlen(info->mount_points[i]) == 100 &&
             info->mount_points[i][3] == (char)('a' + (int)i - 1);
  }
  CHECK(sorted, "the first folders are kept, whole, in order");
}

/* ---- garbage ------------------------------------------------------------- */

/* Every answer cut to every shorter length, and filled with all ones. */
static void test_garbage(void) {
  set_world();
  size_t rows = answer_count;
  int lost = 0, leaks = 0, wild = 0;
  for (size_t row = 0; row < rows; row++) {
    uint32_t length = answers[row].length;
    for (uint32_t cut = 0; cut <= length; cut++) {
      set_world();
      answers[row].length = cut;
      if (cut == length) {
        memset(bytes[row], 0xFF, sizeof(bytes[row]));
      }
      list_volumes();
      lost += found_count != COUNT(wanted);
      leaks += !no_handle_left();
      for (size_t i = 0; i < found_count; i++) {
        wild += found[i].length > 1000 * MIB || found[i].extent_count > 2 ||
                found[i].partition_number > 2 || found[i].sector_size > 4096;
      }
    }
  }
  CHECK(lost == 0, "short and senseless answers lose no volume");
  CHECK(wild == 0, "... and show nothing that was not answered");
  CHECK(leaks == 0, "... and leak no handle");
}

/* Drivers leave anything in the number of bytes. */
static void test_garbage_lengths(void) {
  set_world();
  for (size_t i = 0; i < answer_count; i++) {
    answers[i].information = UINTPTR_MAX;
  }
  list_volumes();
  CHECK(found_count == COUNT(wanted) &&
            strcmp(found[1].serial, "0123456789ABCDEF") == 0 &&
            found[1].length == 900 * MIB,
        "a length of garbage is cut to the buffer");
}

static void test_many_extents(void) {
  static unsigned char data[8 + 24 * 40];
  set_world();
  put(data, 40, 4);
  for (uint32_t i = 0; i < 40; i++) {
    put_extent(data + 8 + 24 * (size_t)i, i, MIB, 2 * MIB);
  }
  struct fake_answer *row =
      find_answer(NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, GUID("6"));
  row->data = data;
  row->length = sizeof(data);
  row->status = NT_STATUS_BUFFER_OVERFLOW;
  const struct nt_volume_info *info = list_one(GUID_PATH("6"));
  CHECK(info->extent_count == NT_MAX_EXTENTS && info->extents[31].disk == 31,
        "of many extents those that fit are shown");
  CHECK(info->length == 45 * MIB, "... and the length is asked for");
  refuse(NT_IOCTL_DISK_GET_LENGTH_INFO, GUID("6"), NT_STATUS_ACCESS_DENIED);
  CHECK(list_one(GUID_PATH("6"))->length == 0,
        "... or unknown: some of the extents are not the whole");
  row->length = 8 + 24 * 3;
  row->status = NT_STATUS_SUCCESS;
  put(data, 0xFFFFFFFF, 4);
  CHECK(list_one(GUID_PATH("6"))->extent_count == 3,
        "a count of garbage reads no further than the answer");
  put(data, 3, 4);
  CHECK(list_one(GUID_PATH("6"))->length == 6 * MIB,
        "where the length is refused, whole extents are added up");
  put_extent(data + 32, 1, UINT64_MAX - 5, MIB);
  CHECK(list_one(GUID_PATH("6"))->extent_count == 2 &&
            list_one(GUID_PATH("6"))->length == 0,
        "an extent of garbage is left out, and the sum with it");
}

/* ---- what file systems refuse -------------------------------------------- */

static void test_refusals(void) {
  static const struct {
    uint32_t error;
    const char *file_system;
    bool unreadable;
    const char *says;
  } rows[] = {
      {1005, "RAW", false, "no file system is recognised"},
      {5, "", false, "access denied, as a lock of somebody else"},
      {21, "", false, "not ready, with a medium"},
      {32, "", false, "sharing violation"},
      {1450, "", false, "no resources"},
      {23, "", true, "a checksum error"},
      {1117, "", true, "an I/O error"},
      {1392, "", true, "a damaged file system"},
      {0x80310000, "", true, "an encrypted volume that is closed"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    set_world();
    volumes[5].information_error = rows[i].error;
    const struct nt_volume_info *info = list_one(GUID_PATH("3"));
    CHECK(strcmp(info->file_system, rows[i].file_system) == 0 &&
              !(info->flags & (NT_VOLUME_MOUNTED | NT_VOLUME_DIRTY)) &&
              !(info->flags & NT_VOLUME_UNREADABLE) == !rows[i].unreadable,
          "%s: %s", rows[i].says,
          rows[i].unreadable ? "cannot be read" : "nothing said of its bytes");
  }
}

static void test_fat_kinds(void) {
  static const struct {
    uint32_t sectors;
    unsigned char per_cluster;
    uint16_t sector;
    const char *kind;
  } rows[] = {
      {2880, 1, 512, "FAT12"},  {16451, 4, 512, "FAT16"},
      {16433, 4, 512, "FAT12"}, {0x20000, 4, 512, "FAT16"},
      {32768, 0, 512, "FAT"},   {32768, 4, 500, "FAT"},
      {50, 4, 512, "FAT"},      {0xF0000, 1, 512, "FAT"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    set_world();
    unsigned char *data =
        bytes[find_answer(NT_FSCTL_QUERY_FAT_BPB, GUID("3")) - answers];
    put(data + 11, rows[i].sector, 2);
    data[13] = rows[i].per_cluster;
    put(data + 19, rows[i].sectors < 0x10000 ? rows[i].sectors : 0, 2);
    put(data + 32, rows[i].sectors < 0x10000 ? 0 : rows[i].sectors, 4);
    CHECK_TEXT(list_one(GUID_PATH("3"))->file_system, rows[i].kind,
               "%u sectors of %u bytes, %u a cluster",
               (unsigned)rows[i].sectors, (unsigned)rows[i].sector,
               (unsigned)rows[i].per_cluster);
  }
}

static void test_serials(void) {
  set_world();
  refuse(NT_FSCTL_GET_NTFS_VOLUME_DATA, GUID("2"), NT_STATUS_ACCESS_DENIED);
  CHECK_TEXT(list_one(GUID_PATH("2"))->serial, "89AB-CDEF",
             "NTFS shows the 32 bits that Windows shows where it tells no "
             "more");
  set_world();
  for (size_t i = 0; i < answer_count; i++) {
    if (answers[i].code == NT_FSCTL_GET_NTFS_VOLUME_DATA) {
      answers[i].length = 7;
    }
  }
  CHECK_TEXT(list_one(GUID_PATH("2"))->serial, "89AB-CDEF",
             "... and where the answer ends within the 64 bits");
}

/* As the file system RAW answers, where Windows lets it. */
static void test_raw(void) {
  set_world();
  volumes[5].file_system = "RAW";
  const struct nt_volume_info *info = list_one(GUID_PATH("3"));
  CHECK(strcmp(info->file_system, "RAW") == 0 &&
            !(info->flags & (NT_VOLUME_MOUNTED | NT_VOLUME_DIRTY)),
        "RAW is no mounted file system");
}

static void test_csv(void) {
  set_world();
  refuse(NT_IOCTL_VOLUME_IS_CSV, GUID("4"), NT_STATUS_INVALID_DEVICE_REQUEST);
  CHECK(list_one(GUID_PATH("4"))->flags & NT_VOLUME_CSV,
        "section 3: CSVFS is a cluster shared volume");
  answer(NT_IOCTL_VOLUME_IS_CSV, GUID("6"), 0, 1)[0] = 1;
  CHECK(list_one(GUID_PATH("6"))->flags & NT_VOLUME_CSV,
        "section 3: so is what the volume driver says is one");
  bytes[answer_count - 1][0] = 0;
  CHECK(!(list_one(GUID_PATH("6"))->flags & NT_VOLUME_CSV),
        "success without TRUE is none");
}

/* A device that answers nothing stops the list for one time limit only. */
static void test_hung_device(void) {
  set_world();
  answers[0].status = NT_STATUS_PENDING; /* the extents of volume 1 */
  fake_os.never_ends = true;
  list_volumes();
  CHECK(found_count == COUNT(wanted) && fake_log_count("wait 5000") > 0 &&
            fake_log_count("control is offline " GUID_PATH("1")) == 0,
        "a volume whose device hangs is listed, and not asked again");
  CHECK(no_handle_left(), "... and leaves no handle");
}

/* ---- volumes of the system ----------------------------------------------- */

static uint32_t flags_of(const char *guid_path) {
  return list_one(guid_path)->flags &
         (NT_VOLUME_BOOT | NT_VOLUME_SYSTEM | NT_VOLUME_PAGEFILE);
}

static uint32_t no_path(const nt_wchar *path, nt_wchar *out,
                        uint32_t capacity) {
  (void)path;
  (void)out;
  (void)capacity;
  return NT_WIN32_ERROR_NOT_SUPPORTED;
}

static uint32_t no_directory(nt_wchar *path, uint32_t capacity) {
  (void)path;
  (void)capacity;
  return NT_WIN32_ERROR_ACCESS_DENIED;
}

static nt_status no_partition(nt_wchar *device, uint32_t capacity) {
  (void)device;
  (void)capacity;
  return NT_STATUS_NOT_IMPLEMENTED;
}

static nt_status no_page_file(uint32_t index, nt_wchar *path,
                              uint32_t capacity) {
  (void)index;
  (void)path;
  (void)capacity;
  return NT_STATUS_ACCESS_DENIED;
}

static nt_status endless_page_files(uint32_t index, nt_wchar *path,
                                    uint32_t capacity) {
  (void)index;
  (void)capacity;
  memcpy(path, fake_wide("\\??\\D:\\x"), 9 * sizeof(*path));
  return NT_STATUS_SUCCESS;
}

static void test_boot(void) {
  set_world();
  fake_os.system_directory = "D:\\Windows\\System32";
  CHECK(flags_of(GUID_PATH("3")) & NT_VOLUME_BOOT &&
            !(flags_of(GUID_PATH("2")) & NT_VOLUME_BOOT),
        "the volume of the system directory is the boot volume");
  fake_os.system_directory = "C:\\mnt\\d\xC3\xA4ta\\Windows";
  CHECK(flags_of(GUID_PATH("3")) & NT_VOLUME_BOOT,
        "... through a mount folder, too");
  fake_os.system_directory = NULL;
  answer_extent(GUID("8"), 0, 1000 * MIB, 10 * MIB); /* the last MiB of C: */
  volumes[7] = (struct fake_volume){.guid_path = GUID_ROOT("8"),
                                    .device = DEVICE("8"),
                                    .file_system = "NTFS"};
  CHECK(flags_of(GUID_PATH("8")) & NT_VOLUME_BOOT,
        "a volume that shares an extent with it is one");
  table.mount_point_of_path = no_path;
  CHECK(flags_of(GUID_PATH("2")) & NT_VOLUME_BOOT &&
            !(flags_of(GUID_PATH("3")) & NT_VOLUME_BOOT),
        "without its mount point, its letter tells");
  table.volume_of_mount_point = no_path;
  CHECK(flags_of(GUID_PATH("2")) & NT_VOLUME_BOOT &&
            !(flags_of(GUID_PATH("3")) & NT_VOLUME_BOOT),
        "without its GUID, its device tells");
  volumes[5].device = NULL;
  CHECK(flags_of(GUID_PATH("3")) & NT_VOLUME_BOOT,
        "without either, a volume may be it and counts as it");
  set_world();
  table.mount_point_of_path = no_path;
  fake_os.system_directory = "\\\\server\\share\\Windows";
  CHECK(flags_of(GUID_PATH("3")) & NT_VOLUME_BOOT,
        "... as for a system directory that is nowhere");
  table.system_directory = no_directory;
  list_volumes();
  int boots = 0;
  for (size_t i = 0; i < found_count; i++) {
    boots += (found[i].flags & NT_VOLUME_BOOT) != 0;
  }
  CHECK(found_count == COUNT(wanted) && boots == (int)COUNT(wanted),
        "without a system directory every volume counts as it");
}

static void test_system(void) {
  static const unsigned char efi[16] = {0x28, 0x73, 0x2A, 0xC1, 0x1F, 0xF8,
                                        0xD2, 0x11, 0xBA, 0x4B, 0x00, 0xA0,
                                        0xC9, 0x3E, 0xC9, 0x3B};
  set_world();
  fake_os.system_partition = DEVICE("5");
  CHECK(flags_of(GUID_PATH("5")) & NT_VOLUME_SYSTEM &&
            !(flags_of(GUID_PATH("1")) & NT_VOLUME_SYSTEM),
        "the device that the system was started from is the system volume");
  table.system_partition = no_partition;
  unsigned char *mbr =
      answer(NT_IOCTL_DISK_GET_PARTITION_INFO_EX, GUID("2"), 0, 144);
  unsigned char *gpt =
      answer(NT_IOCTL_DISK_GET_PARTITION_INFO_EX, GUID("1"), 0, 144);
  put(gpt, 1, 4);
  memcpy(gpt + 32, efi, sizeof(efi));
  CHECK(!(flags_of(GUID_PATH("2")) & NT_VOLUME_SYSTEM),
        "where Windows does not name it, an MBR partition is none");
  mbr[33] = 0x80;
  CHECK(flags_of(GUID_PATH("2")) & NT_VOLUME_SYSTEM, "... unless it is active");
  CHECK(flags_of(GUID_PATH("1")) & NT_VOLUME_SYSTEM,
        "... and an EFI system partition is one");
  gpt[32] = 0;
  CHECK(!(flags_of(GUID_PATH("1")) & NT_VOLUME_SYSTEM),
        "... another partition of a GPT is none");
  CHECK(flags_of(GUID_PATH("4")) & NT_VOLUME_SYSTEM &&
            !(flags_of(GUID_PATH("3")) & NT_VOLUME_SYSTEM),
        "... a fixed volume that tells nothing may be it");
}

static void test_page_files(void) {
  static const char *const several[] = {
      "\\Device\\HarddiskVolume5\\pagefile.sys", "\\??\\C:\\pagefile.sys",
      "\\??\\F:\\swap\\p.sys", NULL};
  static const char *const strange[] = {"\\SystemRoot\\pagefile.sys", NULL};
  static struct fake_open opens[] = {
      {.name = GUID("2") "\\pagefile.sys",
       .error = NT_WIN32_ERROR_FILE_NOT_FOUND},
      {.name = GUID("6") "\\pagefile.sys",
       .error = NT_WIN32_ERROR_SHARING_VIOLATION},
      {.name = NULL}};
  set_world();
  fake_os.page_files = several;
  list_volumes();
  CHECK(found_volume(GUID_PATH("5"))->flags & NT_VOLUME_PAGEFILE &&
            found_volume(GUID_PATH("2"))->flags & NT_VOLUME_PAGEFILE &&
            found_volume(GUID_PATH("6"))->flags & NT_VOLUME_PAGEFILE &&
            !(found_volume(GUID_PATH("3"))->flags & NT_VOLUME_PAGEFILE),
        "every page file marks its volume, and no other");
  fake_os.page_files = NULL;
  list_volumes();
  uint32_t any = 0;
  for (size_t i = 0; i < found_count; i++) {
    any |= found[i].flags & NT_VOLUME_PAGEFILE;
  }
  CHECK(any == 0, "a Windows without page files marks none");
  fake_os.page_files = strange;
  CHECK(flags_of(GUID_PATH("6")) & NT_VOLUME_PAGEFILE,
        "a page file that is nowhere may be on any volume");
  table.page_file = no_page_file;
  fake_os.opens = opens;
  CHECK(!(flags_of(GUID_PATH("2")) & NT_VOLUME_PAGEFILE),
        "where they are not listed, a volume without pagefile.sys has none");
  CHECK(flags_of(GUID_PATH("6")) & NT_VOLUME_PAGEFILE,
        "... one with a pagefile.sys in use counts");
  CHECK(!(flags_of(GUID_PATH("5")) & NT_VOLUME_PAGEFILE),
        "... one without file system has none");
  table.page_file = endless_page_files;
  CHECK(flags_of(GUID_PATH("3")) & NT_VOLUME_PAGEFILE &&
            !(flags_of(GUID_PATH("2")) & NT_VOLUME_PAGEFILE),
        "a list without end is not followed for ever");
  table.page_file = no_page_file;
  volumes[1].information_error = NT_WIN32_ERROR_ACCESS_DENIED;
  CHECK(flags_of(GUID_PATH("2")) & NT_VOLUME_PAGEFILE,
        "... a fixed one that does not say what it holds counts");
  CHECK(no_handle_left(), "every handle is closed exactly once");
}

/* ---- nt_info ------------------------------------------------------------- */

static struct nt_handle *open_name(const char *name, uint32_t access) {
  const struct nt_open_options options = {
      .name = name,
      .access = access,
      .share = NT_SHARE_READ | NT_SHARE_WRITE,
      .disposition = NT_OPEN,
  };
  struct nt_handle *handle = NULL;
  memset(&last, 0, sizeof(last));
  nt__win32_open(&machine.base, &options, &handle, &last);
  return handle;
}

#define READ_WRITE (NT_GENERIC_READ_MAPPED | NT_GENERIC_WRITE_MAPPED)

static void check_same(const struct nt_volume_info *a,
                       const struct nt_volume_info *b, const char *says) {
  CHECK(strcmp(a->name, b->name) == 0 &&
            strcmp(a->guid_path, b->guid_path) == 0 &&
            strcmp(a->device, b->device) == 0 &&
            a->mount_point_count == b->mount_point_count &&
            strcmp(a->file_system, b->file_system) == 0 &&
            strcmp(a->label, b->label) == 0 &&
            strcmp(a->serial, b->serial) == 0 && a->length == b->length &&
            a->sector_size == b->sector_size && a->flags == b->flags &&
            a->extent_count == b->extent_count &&
            a->partition_number == b->partition_number,
        "%s", says);
}

static void test_info(void) {
  static const struct {
    const char *name;
    uint32_t access;
    const char *says;
  } rows[] = {
      {"D:", READ_WRITE, "a volume handle answers what the list does"},
      {"D:", 0, "so does a device handle"},
      {"D:\\a.txt", NT_GENERIC_READ_MAPPED, "so does a file"},
      {"D:\\", NT_GENERIC_READ_MAPPED, "so does a directory"},
      {GUID_PATH("3"), READ_WRITE, "so does a volume by its GUID"},
  };
  set_world();
  list_volumes();
  const struct nt_volume_info listed = *found_volume(GUID_PATH("3"));
  /* By letter, the fakes know the device under another name. */
  size_t rows_before = answer_count;
  for (size_t i = 0; i < rows_before; i++) {
    if (answers[i].name != NULL && strcmp(answers[i].name, GUID("3")) == 0) {
      unsigned char *data =
          answer(answers[i].code, "\\D:", answers[i].status, answers[i].length);
      memcpy(data, answers[i].data, answers[i].length);
    }
  }
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct nt_volume_info info;
    struct nt_handle *handle = open_name(rows[i].name, rows[i].access);
    CHECK(handle != NULL, "%s opens", rows[i].name);
    if (handle != NULL) {
      nt__win32_info(handle, &info, &last);
      check_same(&info, &listed, rows[i].says);
      nt__win32_close(handle, &last);
    }
  }
  CHECK(no_handle_left(), "every handle is closed exactly once");
}

static void test_info_locked(void) {
  static struct fake_open opens[] = {
      {.name = "3-0000", .error = NT_WIN32_ERROR_ACCESS_DENIED},
      {.name = NULL}};
  struct nt_volume_info info;
  set_world();
  volumes[5].information_error = NT_WIN32_ERROR_ACCESS_DENIED;
  struct nt_handle *handle = open_name("D:", READ_WRITE);
  put(answer(NT_IOCTL_DISK_GET_LENGTH_INFO, "\\D:", 0, 8), 15 * MIB, 8);
  fake_os.opens = opens;
  handle->locked = true;
  table.page_file = no_page_file;
  fake_os.log[0] = '\0';
  nt_status status = nt__win32_info(handle, &info, &last);
  CHECK(status == NT_STATUS_SUCCESS && info.flags & NT_VOLUME_LOCKED &&
            info.flags & NT_VOLUME_MOUNTED,
        "a volume that this handle locked is locked and mounted");
  CHECK(strcmp(info.file_system, "FAT") == 0 &&
            strcmp(info.serial, "1234-5678") == 0 &&
            strcmp(info.label, "M\xC3\xBCsik \xE9\x9F\xB3") == 0,
        "what the file system tells comes through the handle");
  CHECK(info.length == 15 * MIB, "so does the length");
  CHECK(!(info.flags & NT_VOLUME_PAGEFILE),
        "nothing is paged to a volume that could be locked");
  CHECK(fake_log_count("create_file \\\\?\\" GUID("3")) == 0 &&
            fake_log_count("create_file \\\\.\\D:") == 0 &&
            fake_log_count("volume_information") == 0,
        "the locked volume is not opened by name");
  nt__win32_close(handle, &last);
}

/* 9.1 row 21: a dismounted volume does not answer, and must not be mounted
 * again by a question. */
static nt_status dismounted_query(nt_win32_handle file, struct nt_win32_io *io,
                                  void *buf, uint32_t capacity, int class) {
  (void)file;
  (void)io;
  (void)buf;
  (void)capacity;
  (void)class;
  return NT_STATUS_VOLUME_DISMOUNTED;
}

static void test_info_dismounted(void) {
  struct nt_volume_info info;
  set_world();
  volumes[5].drive_type = NT_WIN32_DRIVE_FIXED;
  table.page_file = no_page_file;
  struct nt_handle *handle = open_name("D:", READ_WRITE);
  handle->dismounted = true;
  fake_os.log[0] = '\0';
  nt__win32_info(handle, &info, &last);
  CHECK(info.flags & NT_VOLUME_DISMOUNTED && !(info.flags & NT_VOLUME_MOUNTED),
        "a dismounted volume is not mounted, whatever its file system says");
  table.query_volume = dismounted_query;
  nt__win32_info(handle, &info, &last);
  CHECK(info.flags & NT_VOLUME_DISMOUNTED && info.file_system[0] == '\0' &&
            !(info.flags & (NT_VOLUME_MOUNTED | NT_VOLUME_UNREADABLE)),
        "one that does not answer shows no file system");
  CHECK(!(info.flags & NT_VOLUME_PAGEFILE),
        "nothing is paged to a volume that could be dismounted");
  CHECK(fake_log_count("create_file \\\\?\\" GUID("3")) == 0 &&
            fake_log_count("create_file \\\\.\\D:") == 0 &&
            fake_log_count("volume_information") == 0,
        "9.1 row 23: nothing is opened that would mount it again");
  nt__win32_close(handle, &last);
}

/* Queries of file systems, cut to every shorter length. */
static uint32_t query_length;
static unsigned char query_fill;

static nt_status short_query(nt_win32_handle file, struct nt_win32_io *io,
                             void *buf, uint32_t capacity, int class) {
  nt_status status = fake_os_table.query_volume(file, io, buf, capacity, class);
  if (query_fill != 0) {
    memset(buf, query_fill, capacity);
  }
  io->information = query_length;
  return status;
}

static void test_info_garbage(void) {
  struct nt_volume_info info;
  bool whole = true;
  set_world();
  table.query_volume = short_query;
  struct nt_handle *handle = open_name("D:", READ_WRITE);
  for (query_length = 0; query_length < 32; query_length++) {
    nt__win32_info(handle, &info, &last);
    whole = whole &&
            strncmp("FAT", info.file_system, strlen(info.file_system)) == 0 &&
            strlen(info.file_system) == (query_length < 14   ? 0
                                         : query_length < 16 ? 1
                                         : query_length < 18 ? 2
                                                             : 3);
  }
  CHECK(whole, "a name is read as far as it was answered");
  query_fill = 0xFF;
  query_length = UINT32_MAX;
  CHECK(nt_ok(nt__win32_info(handle, &info, &last)) &&
            strlen(info.file_system) < sizeof(info.file_system) &&
            strlen(info.label) < sizeof(info.label),
        "lengths of garbage are cut to the buffer");
  query_fill = 0;
  nt__win32_close(handle, &last);
}

static void test_info_disk(void) {
  struct nt_volume_info info;
  set_world();
  struct nt_handle *handle = open_name("PhysicalDrive1", READ_WRITE);
  CHECK(nt__win32_info(handle, &info, &last) ==
                NT_STATUS_INVALID_DEVICE_REQUEST &&
            last.status == NT_STATUS_INVALID_DEVICE_REQUEST &&
            next_of(&last)[0] != '\0',
        "a disk is no volume, and the error says what to do");
  nt__win32_close(handle, &last);
}

/* Where Windows knows no GUID, the root is the letter. */
static void test_info_network(void) {
  struct nt_volume_info info;
  set_world();
  volumes[7] = (struct fake_volume){
      .guid_path = "\\\\?\\X\\", /* no name of a volume: found by its letter */
      .paths = {"Z:\\"},
      .device = "\\Device\\Mup",
      .file_system = "NTFS",
      .label = "share",
      .serial = 0x11112222,
      .drive_type = NT_WIN32_DRIVE_REMOTE};
  CHECK(nt_ok(nt__win32_describe(&machine, fake_wide("Z:\\"), &info, &last)),
        "a drive without GUID is described");
  CHECK_TEXT(info.name, "Z:", "its name is the letter");
  CHECK(info.guid_path[0] == '\0' && info.mount_point_count == 1 &&
            strcmp(info.device, "\\Device\\Mup") == 0,
        "it has a device and a mount point");
  CHECK(strcmp(info.file_system, "NTFS") == 0 &&
            strcmp(info.label, "share") == 0 &&
            strcmp(info.serial, "1111-2222") == 0,
        "its file system answers");
  CHECK(!(info.flags & NT_VOLUME_BOOT), "it is not the boot volume");
  CHECK(fake_log_count("control is dirty") == 0,
        "it is not opened as a volume: there is none");
}

/* A device that no GUID names, and a handle without any root. */
static void test_info_nameless(void) {
  struct nt_volume_info info;
  set_world();
  struct nt_handle *handle =
      open_name("\\\\?\\GLOBALROOT\\Device\\HarddiskVolume77", READ_WRITE);
  answer_extent("HarddiskVolume77", 5, 0, 7 * MIB);
  CHECK(handle != NULL && nt_ok(nt__win32_info(handle, &info, &last)),
        "a volume without GUID and letter is described");
  CHECK_TEXT(info.name, "\\\\?\\GLOBALROOT" DEVICE("77"),
             "its name is what opens it");
  CHECK(strcmp(info.device, DEVICE("77")) == 0 && info.guid_path[0] == '\0' &&
            info.length == 7 * MIB && !(info.flags & NT_VOLUME_BOOT),
        "its device answers");
  nt__win32_handle(handle)->root[0] = 0;
  nt_copy(handle->name, sizeof(handle->name), "whatever");
  CHECK(nt_ok(nt__win32_info(handle, &info, &last)) &&
            strcmp(info.name, "whatever") == 0 && info.device[0] == '\0' &&
            info.length == 7 * MIB,
        "without a root, a volume is called as the handle is");
  CHECK(info.flags & NT_VOLUME_BOOT,
        "... and may be the boot volume: nothing tells it apart");
  nt__win32_close(handle, &last);
  handle = open_name("D:", 0);
  nt__win32_handle(handle)->root[0] = 0;
  CHECK(nt_ok(nt__win32_info(handle, &info, &last)) &&
            info.file_system[0] == '\0',
        "a device handle without a root shows no file system");
  nt__win32_close(handle, &last);
}

/* ---- disks --------------------------------------------------------------- */

#define DISK_PATH(n) "\\\\?\\scsi#disk&ven_" n "#{53f56307}"

static const struct fake_interface interfaces[] = {
    {NULL, DISK_PATH("c"), NULL},
    {NULL, DISK_PATH("a"), NULL},
    {NULL, DISK_PATH("b"), NULL},
    {NULL, DISK_PATH("a2"), NULL},
    {NULL, DISK_PATH("cd"), NULL},
    {NULL, DISK_PATH("dead"), NULL},
    {NULL, NULL, NULL}};

static void answer_size(const char *name, uint32_t sector, uint64_t length) {
  unsigned char *data =
      answer(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, name, 0, 40);
  put(data + 20, sector, 4);
  put(data + 24, length, 8);
}

static void answer_identity(const char *name) {
  unsigned char *data = answer(NT_IOCTL_STORAGE_QUERY_PROPERTY, name, 0, 100);
  data[10] = 1;
  put(data + 12, 40, 4);
  put(data + 16, 52, 4);
  put(data + 24, 80, 4);
  memcpy(data + 40, "  ACME   ", 10);
  memcpy(data + 52, "Disk \x80 2000  ", 14);
  memcpy(data + 80, "   S/N 12", 10);
}

static void answer_layout(const char *name, uint32_t style, uint32_t signature,
                          uint64_t start, unsigned char type) {
  unsigned char *data =
      answer(NT_IOCTL_DISK_GET_DRIVE_LAYOUT_EX, name, 0, 48 + 144);
  put(data, style, 4);
  put(data + 4, 1, 4);
  put(data + 8, signature, 4);
  put(data + 56, start, 8);
  data[48 + 32] = type;
}

/* Numbers with gaps, one disk with two interfaces, a CD, a dead interface. */
static void set_disks(void) {
  set_world();
  fake_os.interfaces = interfaces;
  answer_number("ven_c#", 7, 4, 0);
  answer_number("ven_a#", 7, 0, 0);
  answer_number("ven_b#", 7, 2, 0);
  answer_number("ven_a2#", 7, 0, 0);
  answer_number("ven_cd#", 2, 1, 0);
  answer_size("ven_a#", 512, 1024 * MIB);
  answer_size("ven_b#", 4096, 2048 * MIB);
  refuse(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, "ven_c#",
         NT_STATUS_NO_MEDIA_IN_DEVICE);
  answer_identity("ven_b#");
  answer_layout("ven_a#", 1, 0, MIB, 1);
  answer_layout("ven_b#", 0, 0xDEADBEEF, 0, 0);
  refuse(NT_IOCTL_DISK_IS_WRITABLE, "ven_b#", NT_STATUS_MEDIA_WRITE_PROTECTED);
}

static struct nt_disk_info disks[80];
static size_t disk_count;

static nt_status list_disks(void) {
  uint64_t cursor = 0;
  disk_count = 0;
  for (;;) {
    struct nt_disk_info info;
    memset(&last, 0, sizeof(last));
    nt_status status =
        nt__win32_next_disk(&machine.base, &cursor, &info, &last);
    if (!nt_ok(status) || disk_count == COUNT(disks)) {
      return status;
    }
    disks[disk_count++] = info;
  }
}

static void test_disks(void) {
  set_disks();
  CHECK(list_disks() == NT_STATUS_NO_MORE_ENTRIES && last.status == 0,
        "the list of disks ends with STATUS_NO_MORE_ENTRIES and no error");
  CHECK(disk_count == 3 && disks[0].number == 0 && disks[1].number == 2 &&
            disks[2].number == 4,
        "disks come by number, none twice, and only disks");
  CHECK_TEXT(disks[1].name, "PhysicalDrive2", "a disk has its name");
  CHECK_TEXT(disks[1].location, DISK_PATH("b"),
             "its location is the device interface");
  CHECK_TEXT(disks[1].model, "ACME Disk ? 2000",
             "its model is vendor and product, without the blanks");
  CHECK_TEXT(disks[1].serial, "S/N 12", "its serial is trimmed");
  CHECK(disks[1].length == 2048 * MIB && disks[1].sector_size == 4096,
        "its size is that of the geometry");
  CHECK(disks[1].flags == (NT_DISK_REMOVABLE | NT_DISK_READONLY),
        "its flags are decoded");
  CHECK(disks[0].flags == 0 && disks[2].flags == NT_DISK_UNREADABLE,
        "a disk without medium cannot be read");
  CHECK(strcmp(disks[0].style, "gpt") == 0 &&
            strcmp(disks[1].style, "mbr") == 0 && disks[2].style[0] == '\0',
        "the partition table is named where it is told");
  CHECK(disks[0].volume_count == 2 && disks[1].volume_count == 3 &&
            disks[2].volume_count == 1,
        "volumes with an extent on it are counted");
  put(bytes[find_answer(NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, GUID("6")) -
            answers] +
          32,
      2, 4);
  list_disks();
  CHECK(disks[1].volume_count == 3 && disks[2].volume_count == 0,
        "a volume with two extents on a disk counts once");
  CHECK(no_handle_left(), "every handle is closed exactly once");
}

static void test_styles(void) {
  static const struct {
    uint32_t style, signature;
    uint64_t start;
    unsigned char type;
    const char *wanted, *says;
  } rows[] = {
      {0, 7, 0, 0, "mbr", "an MBR with a signature"},
      {0, 0, MIB, 7, "mbr", "an MBR with a partition"},
      {0, 0, 0, 7, "none", "a volume that is the whole disk"},
      {0, 0, MIB, 0, "none", "an MBR without signature and partition"},
      {1, 0, 0, 0, "gpt", "a GPT"},
      {2, 0, 0, 0, "none", "a raw disk"},
      {99, 0, 0, 0, "none", "a style of garbage"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    set_world();
    fake_os.interfaces = interfaces;
    answer_number("ven_a#", 7, 0, 0);
    answer_layout("ven_a#", rows[i].style, rows[i].signature, rows[i].start,
                  rows[i].type);
    list_disks();
    CHECK_TEXT(disks[0].style, rows[i].wanted, "%s", rows[i].says);
  }
  set_world();
  fake_os.interfaces = interfaces;
  answer_number("ven_a#", 7, 0, 0);
  put(answer(NT_IOCTL_DISK_GET_PARTITION_INFO_EX, "ven_a#", 0, 144), 1, 4);
  list_disks();
  CHECK_TEXT(disks[0].style, "gpt",
             "where the layout is refused, the partition tells");
}

/* Without interfaces the numbers are tried: 0 to 63. */
static void test_disks_by_number(void) {
  static struct fake_open opens[] = {
      {.name = "Drive3", .error = NT_WIN32_ERROR_FILE_NOT_FOUND, .times = 0},
      {.name = "Drive2", .error = NT_WIN32_ERROR_FILE_NOT_FOUND, .times = 0},
      {.name = NULL}};
  set_world();
  table.interfaces = NULL;
  fake_os.opens = opens;
  list_disks();
  /* Drive2, Drive20..29, Drive3, Drive30..39 are not there. */
  CHECK(disk_count == 64 - 22 && disks[2].number == 4 &&
            disks[disk_count - 1].number == 63,
        "without interfaces, what opens of PhysicalDrive0 to 63 is listed");
  CHECK_TEXT(disks[2].location, "\\\\.\\PhysicalDrive4",
             "its location is the name that opened");
  CHECK(disks[2].flags == 0 && disks[2].length == 0,
        "a disk that does not know the questions is not unreadable");
  CHECK(no_handle_left(), "every handle is closed exactly once");
}

static void test_disk_garbage(void) {
  set_disks();
  size_t rows = answer_count;
  int lost = 0, leaks = 0, wild = 0;
  for (size_t row = 0; row < rows; row++) {
    uint32_t length = answers[row].length;
    if (answers[row].name == NULL ||
        strncmp(answers[row].name, "ven_", 4) != 0 ||
        answers[row].code == NT_IOCTL_STORAGE_GET_DEVICE_NUMBER) {
      continue;
    }
    for (uint32_t cut = 0; cut <= length; cut++) {
      set_disks();
      answers[row].length = cut;
      if (cut == length) {
        memset(bytes[row], 0xFF, sizeof(bytes[row]));
      }
      list_disks();
      lost += disk_count != 3;
      leaks += !no_handle_left();
      for (size_t i = 0; i < disk_count; i++) {
        wild += disks[i].length > 2048 * MIB || disks[i].sector_size > 4096 ||
                strlen(disks[i].model) > 20 || strlen(disks[i].serial) > 12;
      }
    }
  }
  CHECK(lost == 0, "short and senseless answers lose no disk");
  CHECK(wild == 0, "... and show nothing that was not answered");
  CHECK(leaks == 0, "... and leak no handle");
}

/* A text that nothing ends, and a count without partitions. */
static void test_disk_bounds(void) {
  static unsigned char descriptor[1024];
  set_world();
  fake_os.interfaces = interfaces;
  answer_number("ven_a#", 7, 0, 0);
  memset(descriptor, 'A', sizeof(descriptor));
  put(descriptor + 12, 1020, 4);
  put(descriptor + 16, 1024, 4);
  put(descriptor + 24, UINT32_MAX, 4);
  answer(NT_IOCTL_STORAGE_QUERY_PROPERTY, "ven_a#", 0, 0);
  answers[answer_count - 1].data = descriptor;
  answers[answer_count - 1].length = sizeof(descriptor);
  answer_layout("ven_a#", 0, 0, 0, 0);
  put(bytes[answer_count - 1] + 4, UINT32_MAX, 4);
  list_disks();
  CHECK_TEXT(disks[0].model, "AAAA", "a text ends with the answer");
  CHECK_TEXT(disks[0].serial, "", "one that begins behind it is none");
  CHECK_TEXT(disks[0].style, "none", "a count of garbage is no partition");
}

/* ---- faults -------------------------------------------------------------- */

static bool seen_twice(void) {
  for (size_t i = 0; i < found_count; i++) {
    for (size_t k = 0; k < i; k++) {
      if (strcmp(found[i].guid_path, found[k].guid_path) == 0) {
        return true;
      }
    }
  }
  for (size_t i = 1; i < disk_count; i++) {
    if (disks[i].number <= disks[i - 1].number) {
      return true;
    }
  }
  return false;
}

/* Every call fails once, in turn. */
static void test_faults(uint32_t error, nt_status fault_status) {
  int leaks = 0, doubles = 0, silent = 0, calls = 1;
  for (int n = 1; n <= calls; n++) {
    set_disks();
    fake_os.fail_at = n;
    fake_os.fail_error = error;
    fake_os.fail_status = fault_status;
    nt_status status = list_volumes();
    silent += status != NT_STATUS_NO_MORE_ENTRIES && last.status != status;
    status = list_disks();
    silent += status != NT_STATUS_NO_MORE_ENTRIES && last.status != status;
    leaks += !no_handle_left();
    doubles += seen_twice();
    calls = fake_os.calls;
  }
  CHECK(calls > 500, "a full listing makes many calls that can fail");
  CHECK(leaks == 0, "whichever fails, every handle is closed exactly once");
  CHECK(doubles == 0, "... nothing is seen twice");
  CHECK(silent == 0, "... and a list that fails says why");
}

int main(void) {
  test_volumes();
  test_no_harm();
  test_empty();
  test_arrival();
  test_departure();
  test_vanished();
  test_other_devices();
  test_failing_list();
  test_many_mount_points();
  test_garbage();
  test_garbage_lengths();
  test_many_extents();
  test_refusals();
  test_fat_kinds();
  test_serials();
  test_raw();
  test_csv();
  test_hung_device();
  test_boot();
  test_system();
  test_page_files();
  test_info();
  test_info_locked();
  test_info_dismounted();
  test_info_garbage();
  test_info_disk();
  test_info_network();
  test_info_nameless();
  test_disks();
  test_styles();
  test_disks_by_number();
  test_disk_garbage();
  test_disk_bounds();
  test_faults(0, 0);
  test_faults(NT_WIN32_ERROR_ACCESS_DENIED, NT_STATUS_ACCESS_DENIED);
  test_faults(NT_WIN32_ERROR_FILE_NOT_FOUND, NT_STATUS_OBJECT_NAME_NOT_FOUND);
  fake_os_reset();
  return check_done();
}
