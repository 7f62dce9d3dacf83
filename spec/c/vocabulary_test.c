/*
 * Statuses, control codes, bounded strings, and the error message.
 */
#include "../../src/nt/codes.h"
#include "../../src/nt/error.h"
#include "check.h"
#include "next.h"

#include <errno.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- statuses ------------------------------------------------------------ */

/* Section 1.3, as measured: status, value, Win32 code. */
static const struct {
  const char *name;
  uint32_t value;
  uint32_t win32;
} measured[] = {
    {"STATUS_SUCCESS", 0x00000000, 0},
    {"STATUS_UNSUCCESSFUL", 0xC0000001, 31},
    {"STATUS_NOT_IMPLEMENTED", 0xC0000002, 1},
    {"STATUS_INVALID_DEVICE_REQUEST", 0xC0000010, 1},
    {"STATUS_INVALID_HANDLE", 0xC0000008, 6},
    {"STATUS_FILE_CLOSED", 0xC0000128, 6},
    {"STATUS_INVALID_PARAMETER", 0xC000000D, 87},
    {"STATUS_NO_SUCH_DEVICE", 0xC000000E, 433},
    {"STATUS_END_OF_FILE", 0xC0000011, 38},
    {"STATUS_WRONG_VOLUME", 0xC0000012, 34},
    {"STATUS_NO_MEDIA_IN_DEVICE", 0xC0000013, 21},
    {"STATUS_UNRECOGNIZED_MEDIA", 0xC0000014, 1785},
    {"STATUS_NONEXISTENT_SECTOR", 0xC0000015, 27},
    {"STATUS_ACCESS_DENIED", 0xC0000022, 5},
    {"STATUS_BUFFER_TOO_SMALL", 0xC0000023, 122},
    {"STATUS_BUFFER_OVERFLOW", 0x80000005, 234},
    {"STATUS_INFO_LENGTH_MISMATCH", 0xC0000004, 24},
    {"STATUS_NOT_LOCKED", 0xC000002A, 158},
    {"STATUS_OBJECT_NAME_NOT_FOUND", 0xC0000034, 2},
    {"STATUS_SHARING_VIOLATION", 0xC0000043, 32},
    {"STATUS_PRIVILEGE_NOT_HELD", 0xC0000061, 1314},
    {"STATUS_FILE_INVALID", 0xC0000098, 1006},
    {"STATUS_DEVICE_NOT_CONNECTED", 0xC000009D, 1167},
    {"STATUS_MEDIA_WRITE_PROTECTED", 0xC00000A2, 19},
    {"STATUS_TOO_LATE", 0xC0000189, 19},
    {"STATUS_DEVICE_NOT_READY", 0xC00000A3, 21},
    {"STATUS_NOT_SUPPORTED", 0xC00000BB, 50},
    {"STATUS_DEVICE_DOES_NOT_EXIST", 0xC00000C0, 55},
    {"STATUS_INVALID_USER_BUFFER", 0xC00000E8, 1784},
    {"STATUS_NOT_A_DIRECTORY", 0xC0000103, 267},
    {"STATUS_CANCELLED", 0xC0000120, 995},
    {"STATUS_UNRECOGNIZED_VOLUME", 0xC000014F, 1005},
    {"STATUS_VOLUME_DISMOUNTED", 0xC000026E, 21},
    {"STATUS_INVALID_DEVICE_OBJECT_PARAMETER", 0xC0000369, 650},
    {"STATUS_DEVICE_REMOVED", 0xC00002B6, 1617},
    {"STATUS_VOLMGR_VOLUME_OFFLINE", 0xC038004B, 0xC038004B},
    {"STATUS_DEVICE_OFF_LINE", 0x80000010, 21},
    {"STATUS_DEVICE_BUSY", 0x80000011, 170},
    {"STATUS_VERIFY_REQUIRED", 0x80000016, 1110},
};

static void test_measured_statuses(void) {
  for (size_t i = 0; i < COUNT(measured); i++) {
    const struct nt_status_row *row = nt_status_find(measured[i].value);
    CHECK(row != NULL && strcmp(row->name, measured[i].name) == 0,
          "1.3 %s has its value", measured[i].name);
    CHECK(nt_status_to_win32(measured[i].value) == measured[i].win32,
          "1.3 %s becomes Win32 %u", measured[i].name, measured[i].win32);
  }
}

static void test_status_rows(void) {
  size_t count = 0;
  int sound = 1;
  for (const struct nt_status_row *row; (row = nt_status_at(count)) != NULL;
       count++) {
    const char *win32 = nt_win32_name(row->win32);
    int named = win32 != NULL ? strcmp(win32, row->win32_name) == 0
                              : row->win32 == row->value;
    int message = row->message[0] != '\0' &&
                  row->message[strlen(row->message) - 1] != '.';
    int cls =
        row->value == 0 ? row->cls == NT_CLASS_NONE : row->cls != NT_CLASS_NONE;
    if (nt_status_find(row->value) != row || !named || !message || !cls) {
      sound = 0;
      printf("# %s\n", row->name);
    }
  }
  CHECK(sound, "every status: unique, Win32 name, message, class");
  CHECK(count > COUNT(measured), "the list has more than section 1.3");
  CHECK(nt_status_at(count + 1) == NULL, "past the end of the list");
}

static void test_status_edges(void) {
  CHECK(nt_status_find(0xC0001234U) == NULL, "an unknown status has no row");
  CHECK(nt_status_to_win32(0xC0001234U) == 317, "an unknown status gives 317");
  CHECK(nt_status_to_win32(0x80070020U) == 32, "a wrapped code comes back");
  CHECK(nt_win32_name(54321) == NULL, "an unknown Win32 code has no name");
  CHECK_TEXT(nt_win32_name(5), "ERROR_ACCESS_DENIED", "5 has its name");
  CHECK(nt_ok(NT_STATUS_SUCCESS) && nt_ok(NT_STATUS_PENDING),
        "success and information are ok");
  CHECK(!nt_ok(NT_STATUS_BUFFER_OVERFLOW) && !nt_ok(NT_STATUS_ACCESS_DENIED),
        "warnings and errors are not");
}

static void test_class_names(void) {
  CHECK_TEXT(nt_class_name(NT_CLASS_NONE), "none", "class none");
  CHECK_TEXT(nt_class_name(NT_CLASS_TRANSIENT), "transient", "transient");
  CHECK_TEXT(nt_class_name(NT_CLASS_PERMANENT), "permanent", "permanent");
  CHECK_TEXT(nt_class_name(NT_CLASS_UNSUPPORTED), "unsupported", "unsupported");
  CHECK_TEXT(nt_class_name(NT_CLASS_CANCELLED), "cancelled", "cancelled");
  CHECK_TEXT(nt_class_name(NT_CLASS_TIMEOUT), "timeout", "timeout");
  CHECK_TEXT(nt_class_name(NT_CLASS_USAGE), "usage", "usage");
}

/* ---- control codes ------------------------------------------------------- */

/* Sections 4.2, 4.3 and 4.4. */
static const struct {
  const char *name;
  uint32_t code;
} documented[] = {
    {"FSCTL_LOCK_VOLUME", 0x90018},
    {"FSCTL_UNLOCK_VOLUME", 0x9001C},
    {"FSCTL_DISMOUNT_VOLUME", 0x90020},
    {"IOCTL_VOLUME_ONLINE", 0x56C008},
    {"IOCTL_VOLUME_OFFLINE", 0x56C00C},
    {"FSCTL_IS_VOLUME_MOUNTED", 0x90028},
    {"FSCTL_IS_PATHNAME_VALID", 0x9002C},
    {"FSCTL_MARK_VOLUME_DIRTY", 0x90030},
    {"FSCTL_INVALIDATE_VOLUMES", 0x90054},
    {"FSCTL_QUERY_FAT_BPB", 0x90058},
    {"FSCTL_FILESYSTEM_GET_STATISTICS", 0x90060},
    {"FSCTL_GET_NTFS_VOLUME_DATA", 0x90064},
    {"FSCTL_GET_VOLUME_BITMAP", 0x9006F},
    {"FSCTL_GET_RETRIEVAL_POINTER_BASE", 0x90234},
    {"FSCTL_GET_RETRIEVAL_POINTERS", 0x90073},
    {"FSCTL_MOVE_FILE", 0x90074},
    {"FSCTL_IS_VOLUME_DIRTY", 0x90078},
    {"FSCTL_ALLOW_EXTENDED_DASD_IO", 0x90083},
    {"FSCTL_MARK_HANDLE", 0x900FC},
    {"FSCTL_EXTEND_VOLUME", 0x900F0},
    {"FSCTL_QUERY_USN_JOURNAL", 0x900F4},
    {"FSCTL_SHRINK_VOLUME", 0x901B0},
    {"FSCTL_LOOKUP_STREAM_FROM_CLUSTER", 0x901FC},
    {"FSCTL_GET_BOOT_AREA_INFO", 0x90230},
    {"FSCTL_SET_PERSISTENT_VOLUME_STATE", 0x90238},
    {"FSCTL_QUERY_PERSISTENT_VOLUME_STATE", 0x9023C},
    {"FSCTL_QUERY_ON_DISK_VOLUME_INFO", 0x9013C},
    {"FSCTL_QUERY_FILE_SYSTEM_RECOGNITION", 0x9024C},
    {"FSCTL_IS_CSV_FILE", 0x90248},
    {"FSCTL_IS_FILE_ON_CSV_VOLUME", 0x9025C},
    {"FSCTL_IS_VOLUME_OWNED_BYCSVFS", 0x90278},
    {"FSCTL_CSV_GET_VOLUME_PATH_NAME", 0x90250},
    {"FSCTL_CSV_GET_VOLUME_NAME_FOR_VOLUME_MOUNT_POINT", 0x90254},
    {"IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS", 0x560000},
    {"IOCTL_VOLUME_SUPPORTS_ONLINE_OFFLINE", 0x560004},
    {"IOCTL_VOLUME_IS_OFFLINE", 0x560010},
    {"IOCTL_VOLUME_IS_IO_CAPABLE", 0x560014},
    {"IOCTL_VOLUME_QUERY_FAILOVER_SET", 0x560018},
    {"IOCTL_VOLUME_QUERY_VOLUME_NUMBER", 0x56001C},
    {"IOCTL_VOLUME_LOGICAL_TO_PHYSICAL", 0x560020},
    {"IOCTL_VOLUME_PHYSICAL_TO_LOGICAL", 0x560024},
    {"IOCTL_VOLUME_IS_PARTITION", 0x560028},
    {"IOCTL_VOLUME_READ_PLEX", 0x56402E},
    {"IOCTL_VOLUME_IS_CLUSTERED", 0x560030},
    {"IOCTL_VOLUME_SET_GPT_ATTRIBUTES", 0x560034},
    {"IOCTL_VOLUME_GET_GPT_ATTRIBUTES", 0x560038},
    {"IOCTL_VOLUME_IS_DYNAMIC", 0x560048},
    {"IOCTL_VOLUME_PREPARE_FOR_CRITICAL_IO", 0x56C04C},
    {"IOCTL_VOLUME_QUERY_ALLOCATION_HINT", 0x564052},
    {"IOCTL_VOLUME_UPDATE_PROPERTIES", 0x560054},
    {"IOCTL_VOLUME_QUERY_MINIMUM_SHRINK_SIZE", 0x564058},
    {"IOCTL_VOLUME_PREPARE_FOR_SHRINK", 0x56C05C},
    {"IOCTL_VOLUME_IS_CSV", 0x560060},
    {"IOCTL_VOLUME_POST_ONLINE", 0x56C064},
    {"IOCTL_DISK_GET_LENGTH_INFO", 0x7405C},
    {"IOCTL_DISK_GET_DRIVE_GEOMETRY", 0x70000},
    {"IOCTL_DISK_GET_DRIVE_GEOMETRY_EX", 0x700A0},
    {"IOCTL_DISK_GET_PARTITION_INFO_EX", 0x70048},
    {"IOCTL_DISK_SET_PARTITION_INFO", 0x7C008},
    {"IOCTL_DISK_GET_DRIVE_LAYOUT_EX", 0x70050},
    {"IOCTL_DISK_SET_DRIVE_LAYOUT_EX", 0x7C054},
    {"IOCTL_DISK_CREATE_DISK", 0x7C058},
    {"IOCTL_DISK_DELETE_DRIVE_LAYOUT", 0x7C100},
    {"IOCTL_DISK_GROW_PARTITION", 0x7C0D0},
    {"IOCTL_DISK_UPDATE_PROPERTIES", 0x70140},
    {"IOCTL_DISK_IS_WRITABLE", 0x70024},
    {"IOCTL_DISK_VERIFY", 0x70014},
    {"IOCTL_DISK_GET_DISK_ATTRIBUTES", 0x700F0},
    {"IOCTL_DISK_SET_DISK_ATTRIBUTES", 0x7C0F4},
    {"IOCTL_STORAGE_GET_DEVICE_NUMBER", 0x2D1080},
    {"IOCTL_STORAGE_QUERY_PROPERTY", 0x2D1400},
    {"IOCTL_STORAGE_EJECT_MEDIA", 0x2D4808},
    {"IOCTL_STORAGE_LOAD_MEDIA", 0x2D480C},
    {"IOCTL_STORAGE_MEDIA_REMOVAL", 0x2D4804},
    {"IOCTL_STORAGE_CHECK_VERIFY", 0x2D4800},
    {"IOCTL_STORAGE_CHECK_VERIFY2", 0x2D0800},
    {"IOCTL_STORAGE_GET_HOTPLUG_INFO", 0x2D0C14},
    {"IOCTL_STORAGE_READ_CAPACITY", 0x2D5140},
    {"IOCTL_MOUNTMGR_QUERY_POINTS", 0x6D0008},
    {"IOCTL_MOUNTMGR_CREATE_POINT", 0x6DC000},
    {"IOCTL_MOUNTMGR_DELETE_POINTS", 0x6DC004},
    {"IOCTL_MOUNTMGR_DELETE_POINTS_DBONLY", 0x6DC00C},
    {"IOCTL_MOUNTMGR_NEXT_DRIVE_LETTER", 0x6DC010},
    {"IOCTL_MOUNTMGR_AUTO_DL_ASSIGNMENTS", 0x6DC014},
    {"IOCTL_MOUNTMGR_KEEP_LINKS_WHEN_OFFLINE", 0x6DC024},
    {"IOCTL_MOUNTMGR_CHANGE_NOTIFY", 0x6D4020},
    {"IOCTL_MOUNTMGR_VOLUME_ARRIVAL_NOTIFICATION", 0x6D402C},
    {"IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATH", 0x6D0030},
    {"IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATHS", 0x6D0034},
    {"IOCTL_MOUNTMGR_SCRUB_REGISTRY", 0x6DC038},
    {"IOCTL_MOUNTMGR_QUERY_AUTO_MOUNT", 0x6D003C},
    {"IOCTL_MOUNTMGR_SET_AUTO_MOUNT", 0x6DC040},
    {"IOCTL_MOUNTDEV_QUERY_UNIQUE_ID", 0x4D0000},
    {"IOCTL_MOUNTDEV_QUERY_DEVICE_NAME", 0x4D0008},
    {"IOCTL_MOUNTDEV_QUERY_STABLE_GUID", 0x4D0018},
    {"IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES", 0x53C000},
    /* beside it in public headers */
    {"IOCTL_VOLSNAP_RELEASE_WRITES", 0x53C004},
};

static void test_documented_codes(void) {
  for (size_t i = 0; i < COUNT(documented); i++) {
    const struct nt_code_row *row = nt_code_find(documented[i].code);
    CHECK(row != NULL && strcmp(row->name, documented[i].name) == 0,
          "section 4 %s is 0x%X", documented[i].name, documented[i].code);
  }
}

static void test_code_rows(void) {
  size_t count = 0;
  int sound = 1;
  for (const struct nt_code_row *row; (row = nt_code_at(count)) != NULL;
       count++) {
    /* What messages call it must fit into nt_error.op. */
    struct nt_error err;
    size_t length = row->verb != NULL ? strlen(row->verb)
                                      : strlen("control ") + strlen(row->name);
    if (nt_code_find(row->code) != row || length >= sizeof(err.op)) {
      sound = 0;
      printf("# %s\n", row->name);
    }
  }
  CHECK(sound, "every code: unique, and its verb fits");
  CHECK(count == COUNT(documented), "the list is section 4, %d codes",
        (int)COUNT(documented));
  CHECK(nt_code_find(0x12345678U) == NULL, "an unknown code has no row");
}

static void test_code_parts(void) {
  CHECK(nt_code_access(NT_FSCTL_LOCK_VOLUME) == 0, "I14 lock: any access");
  CHECK(nt_code_access(NT_IOCTL_DISK_GET_LENGTH_INFO) == 1, "I14 length: read");
  CHECK(nt_code_access(NT_IOCTL_VOLUME_OFFLINE) == 3, "I14 offline: both");
  CHECK(nt_code_access(NT_CTL_CODE(7, 1, 0, 2)) == 2, "I14 write alone");
  CHECK(nt_code_is_fsctl(NT_FSCTL_LOCK_VOLUME), "lock goes to the FSD");
  CHECK(!nt_code_is_fsctl(NT_IOCTL_VOLUME_OFFLINE), "offline does not");
}

/* ---- bounded strings ----------------------------------------------------- */

static void test_text(void) {
  char buf[8] = "untouch";
  CHECK(nt_copy(buf, 0, "x") == 0 && buf[0] == 'u', "cap 0 writes nothing");
  CHECK(nt_copy(buf, sizeof(buf), NULL) == 0 && buf[0] == '\0', "copy NULL");
  CHECK(nt_copy(buf, sizeof(buf), "abcdefg") == 7, "copy that just fits");
  CHECK(nt_copy(buf, sizeof(buf), "abcdefgh") == 7, "copy that is cut");
  CHECK_TEXT(buf, "abcdefg", "the cut ends it");
  CHECK(nt_copy(buf, 5, "abc\xC3\xA9") == 3, "no half of two bytes");
  CHECK(nt_copy(buf, 6, "abc\xC3\xA9") == 5, "two bytes that fit");
  CHECK(nt_copy(buf, 6, "abc\xE2\x82\xAC") == 3, "no half of three bytes");
  CHECK(nt_copy(buf, 7, "abc\xF0\x9F\x92\xBE") == 3, "no half of four bytes");
  CHECK(nt_copy(buf, 8, "abc\xF0\x9F\x92\xBE") == 7, "four bytes that fit");
  CHECK(nt_format_text(buf, 4, "%d", 123456) == 3, "format that is cut");
  CHECK_TEXT(buf, "123", "the format cut ends it");
  CHECK(nt_format_text(buf, 4, "%s", "ab\xC3\xA9") == 2, "format, whole char");
  CHECK(nt_format_text(buf, 0, "%d", 1) == 0, "format, cap 0");
}

static void test_utf8(void) {
  CHECK(nt_utf8_length("") == 0, "utf8: the end");
  CHECK(nt_utf8_length("a") == 1, "utf8: ASCII");
  CHECK(nt_utf8_length("\xC3\xA9") == 2, "utf8: two bytes");
  CHECK(nt_utf8_length("\xE2\x82\xAC") == 3, "utf8: three bytes");
  CHECK(nt_utf8_length("\xF0\x9F\x92\xBE") == 4, "utf8: four bytes");
  CHECK(nt_utf8_length("\x80") == 0, "utf8: stray continuation");
  CHECK(nt_utf8_length("\xC3") == 0, "utf8: unfinished");
  CHECK(nt_utf8_length("\xC0\x80") == 0, "utf8: overlong, two");
  CHECK(nt_utf8_length("\xE0\x80\x80") == 0, "utf8: overlong, three");
  CHECK(nt_utf8_length("\xF0\x80\x80\x80") == 0, "utf8: overlong, four");
  CHECK(nt_utf8_length("\xED\xA0\x80") == 0, "utf8: surrogate");
  CHECK(nt_utf8_length("\xF4\x90\x80\x80") == 0, "utf8: past the last");
}

static void check_printable(const char *text, const char *shown) {
  char buf[64];
  size_t length = nt_printable_text(buf, sizeof(buf), text);
  CHECK_TEXT(buf, shown, "%s", shown);
  CHECK(length == strlen(shown), "its length");
}

static void test_printable(void) {
  check_printable("a b\\c \xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xBE",
                  "a b\\c \xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xBE");
  check_printable("\x1B[2J\x7F\n\t", "\\x1b[2J\\x7f\\x0a\\x09");
  check_printable("\xC2\x80\xC2\x9F\xC2\xA0", "\\u{80}\\u{9f}\xC2\xA0");
  check_printable("\x9B\xC3", "\\x9b\\xc3");
  check_printable("\xD8\x9C\xE2\x80\x8E\xE2\x80\x8F",
                  "\\u{61c}\\u{200e}\\u{200f}");
  check_printable("\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\xA9",
                  "\\u{202e}\\u{2066}\\u{2029}");
  check_printable("\xEF\xBB\xBF\xE2\x80\x8B\xE2\x80\x8D",
                  "\\u{feff}\\u{200b}\xE2\x80\x8D");
  check_printable("\xEF\xBF\xBF\xF4\x8F\xBF\xBE", "\\u{ffff}\\u{10fffe}");
  check_printable("\xF3\xA0\x81\x81", "\\u{e0041}");
  check_printable("\xC0\x80\xED\xA0\x80", "\\xc0\\x80\\xed\\xa0\\x80");
  check_printable("\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
  char buf[6];
  CHECK(nt_printable_text(buf, sizeof(buf), "ab\x1B") == 2, "no half escape");
  CHECK(nt_printable_text(buf, 0, "a") == 0, "printable, cap 0");
}

/* ---- filling errors ------------------------------------------------------ */

static void test_fail(void) {
  struct nt_error err = {0};
  CHECK(nt_refuse(&err, NT_REASON_IN_USE, "%d files", 3) ==
            NT_STATUS_ACCESS_DENIED,
        "nt_fail answers the status");
  CHECK(err.status == NT_STATUS_ACCESS_DENIED, "nt_fail keeps the status");
  CHECK_TEXT(err.reason, "in_use", "nt_fail keeps the reason");
  CHECK_TEXT(err.detail, "3 files", "nt_fail formats the detail");
  nt_fail(&err, NT_STATUS_DEVICE_BUSY, "again: %s", err.detail);
  CHECK_TEXT(err.detail, "again: 3 files", "a detail may quote itself");
  nt_fail(&err, NT_STATUS_DEVICE_BUSY, NULL);
  CHECK(err.detail[0] == '\0' && err.reason == NULL, "no detail, no reason");
  nt_hint(&err, "close %s", "them");
  CHECK_TEXT(next_of(&err), "close them", "nt_hint");
  nt_error_name(&err, "lock", "D:");
  nt_error_name(&err, "other", "E:");
  CHECK_TEXT(err.op, "lock", "the first op stays");
  CHECK_TEXT(err.target, "D:", "the first target stays");
}

static void test_fail_errno(void) {
  static const struct {
    int number;
    nt_status status;
  } rows[] = {
      {ENOENT, NT_STATUS_OBJECT_NAME_NOT_FOUND},
      {ENOTDIR, NT_STATUS_OBJECT_PATH_NOT_FOUND},
      {EISDIR, NT_STATUS_FILE_IS_A_DIRECTORY},
      {EEXIST, NT_STATUS_OBJECT_NAME_COLLISION},
      {EACCES, NT_STATUS_ACCESS_DENIED},
      {EPERM, NT_STATUS_ACCESS_DENIED},
      {EROFS, NT_STATUS_MEDIA_WRITE_PROTECTED},
      {ENOSPC, NT_STATUS_DISK_FULL},
      {EFBIG, NT_STATUS_FILE_TOO_LARGE},
      {EDQUOT, NT_STATUS_DISK_FULL},
      {EIO, NT_STATUS_IO_DEVICE_ERROR},
      {EBUSY, NT_STATUS_DEVICE_BUSY},
      {EINVAL, NT_STATUS_INVALID_PARAMETER},
      {EINTR, NT_STATUS_CANCELLED},
      {ENOMEM, NT_STATUS_NO_MEMORY},
      {EMFILE, NT_STATUS_INSUFFICIENT_RESOURCES},
      {ENFILE, NT_STATUS_INSUFFICIENT_RESOURCES},
      {ETIMEDOUT, NT_STATUS_IO_TIMEOUT},
      {ECHILD, NT_STATUS_UNSUCCESSFUL},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct nt_error err = {0};
    char wanted[128];
    nt_format_text(wanted, sizeof(wanted), "image a.img: %s",
                   strerror(rows[i].number));
    nt_status status = nt_fail_errno(&err, rows[i].number, NT_REASON_NONE,
                                     "image %s", "a.img");
    CHECK(status == rows[i].status && err.status == status,
          "errno %d becomes its status", rows[i].number);
    CHECK(err.native_kind == NT_NATIVE_ERRNO && err.native == rows[i].number,
          "errno %d is kept as native", rows[i].number);
    CHECK_TEXT(err.detail, wanted, "errno %d, its text", rows[i].number);
  }
  struct nt_error bare = {0};
  nt_fail_errno(&bare, EIO, NT_REASON_IMAGE, NULL);
  CHECK_TEXT(bare.detail, strerror(EIO), "errno without detail");
  CHECK_TEXT(bare.reason, "image", "errno keeps the reason");
}

static void test_class(void) {
  struct nt_error err = {0};
  CHECK(nt_error_class(&err) == NT_CLASS_NONE, "class of success");
  err.status = NT_STATUS_SHARING_VIOLATION;
  CHECK(nt_error_class(&err) == NT_CLASS_TRANSIENT, "class of the status");
  err.cls = NT_CLASS_USAGE;
  CHECK(nt_error_class(&err) == NT_CLASS_USAGE, "class of the error");
  err.cls = NT_CLASS_NONE;
  err.status = 0xC0001234U;
  CHECK(nt_error_class(&err) == NT_CLASS_PERMANENT, "class of the unknown");
  err.status = 0x00001234U;
  CHECK(nt_error_class(&err) == NT_CLASS_NONE, "class of unknown success");
}

static void test_codes_of_errors(void) {
  struct nt_error err = {0};
  char buf[32];
  err.status = NT_STATUS_VOLUME_DISMOUNTED;
  CHECK_TEXT(nt_error_code(&err, buf, sizeof(buf)), "ERROR_NOT_READY",
             "1.3 dismounted is not ready");
  err.status = 0xC0001234U;
  CHECK_TEXT(nt_error_code(&err, buf, sizeof(buf)), "ERROR_MR_MID_NOT_FOUND",
             "code of an unknown status");
  err.status = 0x800704D2U;
  CHECK_TEXT(nt_error_code(&err, buf, sizeof(buf)), "ERROR_1234",
             "code without a name");
  CHECK_TEXT(nt_status_text(NT_STATUS_NOT_LOCKED, buf, sizeof(buf)),
             "STATUS_NOT_LOCKED", "text of a status");
  CHECK_TEXT(nt_status_text(0xC0001234U, buf, sizeof(buf)), "STATUS_0xC0001234",
             "text of an unknown status");
}

static void test_null(void) {
  char buf[32] = "x";
  nt_hint(NULL, "x");
  nt_add_holder(NULL, 1, false, "a", "b");
  nt_error_name(NULL, "a", "b");
  CHECK(nt_fail(NULL, NT_STATUS_NOT_LOCKED, "x") == NT_STATUS_NOT_LOCKED,
        "NULL: nt_fail answers the status");
  CHECK(nt_fail_errno(NULL, EIO, NT_REASON_NONE, "x") ==
            NT_STATUS_IO_DEVICE_ERROR,
        "NULL: nt_fail_errno answers the status");
  CHECK(nt_error_class(NULL) == NT_CLASS_NONE, "NULL: class");
  CHECK_TEXT(nt_error_code(NULL, buf, sizeof(buf)), "ERROR_SUCCESS",
             "NULL: code");
  CHECK(nt_error_format(NULL, buf, sizeof(buf)) == 0 && buf[0] == '\0',
        "NULL: an empty message");
}

/* ---- the message --------------------------------------------------------- */

static void check_message(const struct nt_error *err, const char *wanted,
                          const char *name) {
  char buf[4096];
  size_t length = nt_error_format(err, buf, sizeof(buf));
  CHECK_TEXT(buf, wanted, "message: %s", name);
  CHECK(length == strlen(buf), "message: length, %s", name);
}

static void test_message_parts(void) {
  struct nt_error err = {0};
  nt_fail(&err, NT_STATUS_NOT_LOCKED, NULL);
  check_message(&err,
                "not locked by this handle "
                "[ERROR_NOT_LOCKED, STATUS_NOT_LOCKED]",
                "status alone");
  nt_copy(err.op, sizeof(err.op), "unlock");
  check_message(&err,
                "unlock: not locked by this handle "
                "[ERROR_NOT_LOCKED, STATUS_NOT_LOCKED]",
                "op alone");
  err.op[0] = '\0';
  nt_copy(err.target, sizeof(err.target), "D:");
  check_message(&err,
                "'D:': not locked by this handle "
                "[ERROR_NOT_LOCKED, STATUS_NOT_LOCKED]",
                "target alone");
  nt_copy(err.op, sizeof(err.op), "unlock");
  nt_hint(&err, "lock it first");
  check_message(&err,
                "unlock 'D:': not locked by this handle; lock it first "
                "[ERROR_NOT_LOCKED, STATUS_NOT_LOCKED]",
                "hint");
  nt_fail(&err, 0x800704D2U, "some words");
  nt_hint(&err, "lock it first");
  check_message(&err,
                "unlock 'D:': unknown status: some words; lock it first "
                "[ERROR_1234, STATUS_0x800704D2]",
                "detail, unknown status");
}

static void test_message_holders(void) {
  NT_DECLARE_ERROR(err);
  nt_refuse(&err, NT_REASON_IN_USE, NULL);
  nt_error_name(&err, "lock", "D:");
  nt_hint(&err, "close them or retry");
  nt_add_holder(&err, 812, false, "python3", "open file \\a.txt");
  check_message(&err,
                "lock 'D:': access denied: 1 holder: python3 (pid 812, open "
                "file \\a.txt); close them or retry "
                "[ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED]",
                "one holder");
  nt_add_holder(&err, 77, true, "bash", "directory");
  check_message(&err,
                "lock 'D:': access denied: 2 holders: python3 (pid 812, open "
                "file \\a.txt), this script (pid 77, directory); close them "
                "or retry [ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED]",
                "two holders, one of them self");
  err.holders_missing = "not root";
  nt_copy(err.detail, sizeof(err.detail), "in use");
  check_message(&err,
                "lock 'D:': access denied: in use: 2 holders: python3 (pid "
                "812, open file \\a.txt), this script (pid 77, directory) "
                "(list may be incomplete: not root); close them or retry "
                "[ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED]",
                "incomplete list");
}

static void test_message_odd_holders(void) {
  NT_DECLARE_ERROR(err);
  nt_fail(&err, NT_STATUS_DEVICE_BUSY, NULL);
  err.holders_missing = "not root";
  check_message(&err,
                "the device is busy: no holder found (list may be "
                "incomplete: not root) [ERROR_BUSY, STATUS_DEVICE_BUSY]",
                "nobody found");
  err.holders_missing = NULL;
  nt_add_holder(&err, 0, false, "", "loop device");
  nt_add_holder(&err, 9, false, NULL, NULL);
  nt_add_holder(&err, 0, false, "swap", NULL);
  check_message(&err,
                "the device is busy: 3 holders: the system (loop device), "
                "a process (pid 9), swap [ERROR_BUSY, STATUS_DEVICE_BUSY]",
                "holders with parts left out");
}

static void test_message_many_holders(void) {
  NT_DECLARE_ERROR(err);
  char buf[4096];
  nt_fail(&err, NT_STATUS_ACCESS_DENIED, NULL);
  for (int i = 1; i <= NT_MAX_HOLDERS + 3; i++) {
    nt_add_holder(&err, i, false, "p", "h");
  }
  CHECK(err.holder_count == NT_MAX_HOLDERS + 3 && err.holders_known,
        "holders are counted on");
  nt_error_format(&err, buf, sizeof(buf));
  CHECK(strstr(buf, ": 19 holders: p (pid 1, h), ") != NULL, "all counted");
  CHECK(strstr(buf, "p (pid 16, h) and 3 more [") != NULL, "the rest");
  CHECK(strstr(buf, "pid 17") == NULL, "only those that were kept");
}

static void test_message_counted_holders(void) {
  struct nt_error err = {0};
  nt_fail(&err, NT_STATUS_ACCESS_DENIED, NULL);
  nt_add_holder(&err, 1, false, "p", "h");
  nt_add_holder(&err, 2, false, "p", "h");
  check_message(&err,
                "access denied: 2 holders [ERROR_ACCESS_DENIED, "
                "STATUS_ACCESS_DENIED]",
                "holders without room for them are counted");
}

/* An error that is copied takes its holders along, into the room of the other;
 * one that is cleared says nothing, and keeps its room. */
static void test_copied_holders(void) {
  NT_DECLARE_ERROR(from);
  NT_DECLARE_ERROR(to);
  struct nt_error bare = {0};
  char said[512], copied[512];
  nt_fail(&from, NT_STATUS_ACCESS_DENIED, NULL);
  nt_add_holder(&from, 812, false, "python3", "directory");
  nt_error_copy(&to, &from);
  nt_error_copy(&bare, &from);
  nt_error_format(&from, said, sizeof(said));
  nt_error_clear(&from);
  nt_error_format(&to, copied, sizeof(copied));
  CHECK_TEXT(copied, said, "the copy says the same");
  CHECK(to.holders == to_holders && to.holders_kept == 1, "in its own room");
  CHECK(bare.holder_count == 1 && bare.holders_kept == 0, "or only counted");
  CHECK(from.holders == from_holders && from.holders_kept == 0 &&
            from.holder_count == 0 && from.status == 0,
        "a cleared error says nothing");
  from.holders = to.holders; /* the same room twice */
  nt_error_copy(&from, &to);
  CHECK(from.holders_kept == 1 && from.holders[0].pid == 812, "in one room");
}

static void test_message_one_line(void) {
  NT_DECLARE_ERROR(err);
  nt_fail(&err, NT_STATUS_ACCESS_DENIED,
          "a\r\nb\tc\x7F"
          "d");
  nt_error_name(&err, "lo\nck", "D:\x01");
  nt_hint(&err, "x\xC2\x85y\xE2\x80\xA8z\xE2\x82\xAC");
  nt_add_holder(&err, 1, false, "e\x1B[31m", "f\xFFg\n");
  check_message(&err,
                "lo\\x0ack 'D:\\x01': access denied: a\\x0d\\x0ab\\x09c\\x7fd: "
                "1 holder: e\\x1b[31m (pid 1, f\\xffg\\x0a); "
                "x\\u{85}y\\u{2028}z\xE2\x82\xAC "
                "[ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED]",
                "controls and broken bytes");
}

/* Every cap up to the whole: always ended, never longer than it may be, a
 * prefix of the whole, and never half a character. */
static void test_message_cuts(void) {
  struct nt_error err = {0};
  char whole[256], buf[256];
  int sound = 1;
  nt_fail(&err, NT_STATUS_ACCESS_DENIED, "\xE2\x82\xAC\xC3\xA9 end");
  size_t total = nt_error_format(&err, whole, sizeof(whole));
  for (size_t cap = 1; cap <= total + 1; cap++) {
    memset(buf, 'x', sizeof(buf));
    size_t length = nt_error_format(&err, buf, cap);
    const char *at = buf;
    sound &= length < cap && strlen(buf) == length && buf[cap] == 'x' &&
             memcmp(buf, whole, length) == 0;
    while (*at != '\0' && nt_utf8_length(at) > 0) {
      at += nt_utf8_length(at);
    }
    sound &= *at == '\0';
  }
  CHECK(sound, "message: cut anywhere");
  CHECK(nt_error_format(&err, buf, total + 1) == total, "message: just fits");
  buf[0] = 'x';
  CHECK(nt_error_format(&err, buf, 0) == 0 && buf[0] == 'x', "message: cap 0");
}

/* ---- texts without a locale, and of media -------------------------------- */

static void test_same_text(void) {
  CHECK(nt_same_text("NTFS", "ntfs") && nt_same_text("", ""), "either case");
  CHECK(!nt_same_text("fat", "fat1") && !nt_same_text("fat16", "fat"),
        "the whole text");
  CHECK(!nt_same_text("\xC3\x84", "\xC3\xA4") && !nt_same_text("[", "{"),
        "letters of ASCII only");
  CHECK(nt_same_bytes("D:\\x", "d:y", 2) && !nt_same_bytes("ab", "ac", 2),
        "the first bytes only");
}

static void test_utf16le(void) {
  static const unsigned char text[] = "A\0\xC4\0\x3D\xD8\x00\xDE\xE5\x65";
  static const unsigned char halves[] =
      "\x3D\xD8"
      "B\0\x00\xDE\x3D\xD8";
  char buf[32];
  CHECK(nt_utf16le_text(text, 5, buf, sizeof(buf)) == 10, "length");
  CHECK_TEXT(buf, "A\xC3\x84\xF0\x9F\x98\x80\xE6\x97\xA5", "all lengths");
  nt_utf16le_text(halves, 4, buf, sizeof(buf));
  CHECK_TEXT(buf,
             "\xEF\xBF\xBD"
             "B\xEF\xBF\xBD\xEF\xBF\xBD",
             "halves of pairs");
  nt_utf16le_text(text, 5, buf, 7);
  CHECK_TEXT(buf, "A\xC3\x84", "cut between characters");
  CHECK(nt_utf16le_text((const unsigned char *)"A\0\0\0B", 3, buf,
                        sizeof(buf)) == 1,
        "up to a zero");
  CHECK(nt_utf16le_text(text, 0, buf, sizeof(buf)) == 0 && buf[0] == '\0',
        "no units");
  CHECK(nt_utf16le_text(text, 5, buf, 0) == 0, "no room");
}

static void test_about(void) {
  struct nt_error err = {0};
  nt_fail_errno(&err, ENOENT, NT_REASON_LABEL, NULL);
  nt_error_about(&err, NT_REASON_IMAGE, "the image %s", "a.img");
  CHECK_TEXT(err.detail, "the image a.img: No such file or directory",
             "what it is about comes first");
  CHECK_TEXT(err.reason, "image", "the reason is replaced");
  nt_error_about(&err, NT_REASON_NONE, "%s", err.detail);
  CHECK_TEXT(err.reason, "image", "no reason leaves it");
  CHECK(strlen(err.detail) == 2 * 42 + 2, "its own detail may be an argument");
  err.detail[0] = '\0';
  nt_error_about(&err, NT_REASON_NONE, "alone");
  CHECK_TEXT(err.detail, "alone", "nothing was known");
  nt_error_about(NULL, NT_REASON_IMAGE, "nobody asks");
}

int main(void) {
  test_same_text();
  test_utf16le();
  test_about();
  test_measured_statuses();
  test_status_rows();
  test_status_edges();
  test_class_names();
  test_documented_codes();
  test_code_rows();
  test_code_parts();
  test_text();
  test_utf8();
  test_printable();
  test_fail();
  test_fail_errno();
  test_class();
  test_codes_of_errors();
  test_null();
  test_message_parts();
  test_message_holders();
  test_message_odd_holders();
  test_message_many_holders();
  test_message_counted_holders();
  test_copied_holders();
  test_message_one_line();
  test_message_cuts();
  return check_done();
}
