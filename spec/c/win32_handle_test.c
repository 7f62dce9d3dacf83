/*
 * Open handles on a Windows of fakes: kinds, control codes and what their
 * refusals mean, time limits, reading and writing.
 */
#include "next.h"
#include "win32_lab.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DATA_OF(code_, data_) \
  { .code = (code_), .data = (data_), .length = sizeof(data_) }

/* DISK_GEOMETRY: bytes per sector at 20. */
static const unsigned char sectors_512[24] = {[21] = 2};
static const unsigned char sectors_4096[40] = {[21] = 16};

static struct nt_handle *open_volume(struct fake_answer *answers) {
  lab_start();
  fake_os.answers = answers;
  struct nt_handle *h = lab_open("D:", LAB_RW);
  CHECK(h != NULL && h->kind == NT_KIND_VOLUME, "the volume opens");
  return h;
}

static bool has_reason(const char *reason) {
  bool same = reason == NULL ? lab_err.reason == NULL
                             : lab_err.reason != NULL &&
                                   strcmp(lab_err.reason, reason) == 0;
  if (!same) {
    printf("# reason: %s\n", lab_err.reason == NULL ? "none" : lab_err.reason);
  }
  return same;
}

/* ---- the machine --------------------------------------------------------- */

static void test_machine(void) {
  struct nt_machine *m = NULL;
  struct nt_error err = {0};
  fake_os_reset();
  CHECK(nt_connect(&nt_win32_ops, "", &m, &err) == 0, "connects to win32:");
  CHECK_TEXT(m->name, "win32:", "the name by which it is reached again");
  CHECK_TEXT(m->ops->kind, "win32", "its kind");
  CHECK(nt_machine_can(m, NT_CAN_FORMAT), "it has a formatter");
  CHECK(m->ops->admin == NULL && !nt_machine_can(m, NT_CAN_MASK),
        "storage is not its business");
  nt_disconnect(m);
  CHECK(nt_connect(&nt_win32_ops, NULL, &m, &err) == 0, "without a location");
  nt_disconnect(m);
  CHECK(nt_connect(&nt_win32_ops, "lab", &m, &err) ==
                NT_STATUS_OBJECT_NAME_INVALID &&
            next_of(&err)[0] != '\0',
        "there is no other Windows");
}

/* ---- kinds (1.2) --------------------------------------------------------- */

#define ATTRIBUTES                                                             \
  (NT_SYNCHRONIZE | NT_FILE_READ_ATTRIBUTES | NT_READ_CONTROL | NT_WRITE_DAC | \
   NT_WRITE_OWNER | NT_ACCESS_SYSTEM_SECURITY)

static const struct kind_row {
  const char *name;
  uint32_t access;
  enum nt_handle_kind kind;
  const char *opened;
} kind_rows[] = {
    {"D:", NT_FILE_READ_DATA, NT_KIND_VOLUME, "create_file \\\\.\\D:"},
    {"D:", LAB_RW, NT_KIND_VOLUME, "create_file \\\\.\\D:"},
    {"D:", NT_FILE_READ_ATTRIBUTES | NT_FILE_TRAVERSE, NT_KIND_VOLUME,
     "create_file \\\\.\\D:"},
    {"D:", 0, NT_KIND_DEVICE, "create_file \\\\.\\D:"},
    {"D:", ATTRIBUTES, NT_KIND_DEVICE, "create_file \\\\.\\D:"},
    {"PhysicalDrive1", LAB_RW, NT_KIND_DISK,
     "create_file \\\\.\\PhysicalDrive1"},
    {"PhysicalDrive1", 0, NT_KIND_DEVICE, "create_file \\\\.\\PhysicalDrive1"},
    {"D:\\", NT_FILE_READ_DATA, NT_KIND_DIRECTORY, "create_file D:\\"},
    {"D:\\dir", 0, NT_KIND_DIRECTORY, "create_file D:\\dir"},
    {"D:\\a.txt", NT_FILE_READ_DATA, NT_KIND_FILE, "create_file D:\\a.txt"},
    {"C:\\mnt\\data", LAB_RW, NT_KIND_VOLUME, "create_file " LAB_GUID_DATA},
};

static void test_kinds(void) {
  for (size_t i = 0; i < COUNT(kind_rows); i++) {
    const struct kind_row *row = &kind_rows[i];
    struct fake_open opens[] = {{.name = "\\dir", .directory = true}, {0}};
    lab_start();
    fake_os.opens = opens;
    struct nt_handle *h = lab_open(row->name, row->access);
    CHECK(h != NULL && h->kind == row->kind, "1.2: the kind of %s, %#x",
          row->name, (unsigned)row->access);
    CHECK(fake_log_has(row->opened, NULL), "%s", row->opened);
    CHECK_TEXT(h->name, row->name, "called as the user called it");
    bool file = row->kind == NT_KIND_FILE || row->kind == NT_KIND_DIRECTORY;
    CHECK(h->access == row->access && fake_os.access == row->access &&
              fake_os.share == (NT_SHARE_READ | NT_SHARE_WRITE),
          "access and share modes are passed on");
    CHECK(fake_os.disposition == NT_WIN32_OPEN_EXISTING &&
              fake_os.flags == (NT_WIN32_FLAG_OVERLAPPED |
                                (file ? NT_WIN32_FLAG_BACKUP_SEMANTICS : 0U)),
          "overlapped, and backup semantics for directories");
    CHECK(h->sector_size == (file ? 1U : 512U), "512 when nobody tells");
    lab_end(h);
  }
}

static const struct sector_row {
  struct fake_answer answers[3];
  uint32_t wanted;
} sector_rows[] = {
    {{DATA_OF(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, sectors_4096)}, 4096},
    {{DATA_OF(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY, sectors_4096)}, 4096},
    {{DATA_OF(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, sectors_512)}, 512},
    /* garbage: nothing, three, too much, too short */
    {{{.code = NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, .information = 40}}, 512},
    {{DATA_OF(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX,
              ((const unsigned char[24]){[20] = 3, [21] = 8})),
      DATA_OF(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY, sectors_4096)},
     4096},
    {{DATA_OF(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX,
              ((const unsigned char[24]){[23] = 0x80}))},
     512},
    {{DATA_OF(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX,
              ((const unsigned char[24]){[20] = 64}))},
     512},
    {{{.code = NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX,
       .data = sectors_4096,
       .length = 23}},
     512},
};

static void test_sector_sizes(void) {
  for (size_t i = 0; i < COUNT(sector_rows); i++) {
    struct fake_answer answers[3];
    memcpy(answers, sector_rows[i].answers, sizeof(answers));
    struct nt_handle *h = open_volume(answers);
    CHECK(h->sector_size == sector_rows[i].wanted, "sector size %d", (int)i);
    lab_end(h);
  }
}

static const struct option_row {
  const char *name;
  enum nt_disposition disposition;
  bool directory;
  nt_status status;
  uint32_t sent; /* disposition of CreateFileW; 0: nothing is opened */
} option_rows[] = {
    {"D:\\a.txt", NT_OPEN, false, 0, NT_WIN32_OPEN_EXISTING},
    {"D:\\a.txt", NT_CREATE, false, 0, NT_WIN32_CREATE_NEW},
    {"D:\\a.txt", NT_OPEN_IF, false, 0, NT_WIN32_OPEN_ALWAYS},
    {"D:\\a.txt", NT_OVERWRITE, false, 0, NT_WIN32_TRUNCATE_EXISTING},
    {"D:\\a.txt", NT_OVERWRITE_IF, false, 0, NT_WIN32_CREATE_ALWAYS},
    {"D:\\a.txt", NT_SUPERSEDE, false, NT_STATUS_NOT_SUPPORTED, 0},
    {"D:\\", NT_OPEN, true, 0, NT_WIN32_OPEN_EXISTING},
    {"C:\\mnt\\data", NT_OPEN, true, NT_STATUS_NOT_A_DIRECTORY,
     NT_WIN32_OPEN_EXISTING}, /* the fake has a file there */
    {"D:\\a.txt", NT_OPEN, true, NT_STATUS_NOT_A_DIRECTORY,
     NT_WIN32_OPEN_EXISTING},
    {"D:\\new", NT_CREATE, true, NT_STATUS_NOT_SUPPORTED, 0},
    {"D:\\new", NT_OPEN_IF, true, NT_STATUS_NOT_SUPPORTED, 0},
    {"D:", NT_OPEN_IF, false, 0, NT_WIN32_OPEN_EXISTING},
    {"D:", NT_CREATE, false, NT_STATUS_ACCESS_DENIED, 0},
    {"D:", NT_OVERWRITE, false, NT_STATUS_ACCESS_DENIED, 0},
    {"D:", NT_SUPERSEDE, false, NT_STATUS_ACCESS_DENIED, 0},
    {"D:", NT_OPEN, true, NT_STATUS_NOT_A_DIRECTORY, 0},
    {"PhysicalDrive0", NT_OPEN, true, NT_STATUS_NOT_A_DIRECTORY, 0},
    {"PhysicalDrive0", NT_CREATE, false, NT_STATUS_ACCESS_DENIED, 0},
};

static void test_options(void) {
  for (size_t i = 0; i < COUNT(option_rows); i++) {
    const struct option_row *row = &option_rows[i];
    const struct nt_open_options options = {
        .name = row->name,
        .access = NT_FILE_READ_DATA | NT_FILE_WRITE_DATA,
        .share = NT_SHARE_DELETE,
        .disposition = row->disposition,
        .directory = row->directory,
    };
    lab_start();
    struct nt_handle *h = lab_open_with(&options);
    CHECK((h == NULL) == (row->status != 0) && lab_err.status == row->status,
          "1.2: %s, disposition %d, directory %d", row->name,
          (int)row->disposition, row->directory);
    CHECK(h != NULL || next_of(&lab_err)[0] != '\0', "a refusal has a hint");
    CHECK(fake_os.disposition == row->sent &&
              fake_log_count("create_file") == (row->sent != 0),
          "CreateFileW gets %u", (unsigned)row->sent);
    CHECK(row->sent == 0 || fake_os.share == NT_SHARE_DELETE, "and the share");
    CHECK(row->disposition != NT_OVERWRITE || row->sent == 0 ||
              fake_os.access == (options.access | 0x40000000U),
          "who truncates says GENERIC_WRITE");
    lab_end(h);
  }
}

/* ---- refused opens ------------------------------------------------------- */

static const struct refused_open {
  const char *name;
  uint32_t error;
  nt_status told;
  nt_status status;
  const char *reason;
} refused_opens[] = {
    {"D:", 2, 0, NT_STATUS_OBJECT_NAME_NOT_FOUND, "not_found"},
    {"D:", 3, 0, NT_STATUS_OBJECT_PATH_NOT_FOUND, NULL},
    {"D:", 5, 0, NT_STATUS_ACCESS_DENIED, "privilege"},
    {"PhysicalDrive0", 5, 0, NT_STATUS_ACCESS_DENIED, "privilege"},
    {"D:\\a.txt", 5, NT_STATUS_ACCESS_DENIED, NT_STATUS_ACCESS_DENIED, NULL},
    {"D:", 32, NT_STATUS_SHARING_VIOLATION, NT_STATUS_SHARING_VIOLATION,
     "in_use"},
    /* 1.3: 21 is told apart by the status */
    {"D:", 21, NT_STATUS_VOLUME_DISMOUNTED, NT_STATUS_VOLUME_DISMOUNTED,
     "dismounted"},
    {"D:", 21, NT_STATUS_NO_MEDIA_IN_DEVICE, NT_STATUS_NO_MEDIA_IN_DEVICE,
     "no_media"},
    {"D:", 21, NT_STATUS_DEVICE_OFF_LINE, NT_STATUS_DEVICE_OFF_LINE, "offline"},
    {"D:", 21, 0, NT_STATUS_DEVICE_NOT_READY, NULL},
    /* the status of an earlier call is not believed */
    {"D:", 2, NT_STATUS_VOLUME_DISMOUNTED, NT_STATUS_OBJECT_NAME_NOT_FOUND,
     "not_found"},
    {"D:", 2, NT_STATUS_PENDING, NT_STATUS_OBJECT_NAME_NOT_FOUND, "not_found"},
    {"D:", 2, 0x00000105, NT_STATUS_OBJECT_NAME_NOT_FOUND, "not_found"},
    {"D:", 317, 0xC0001234, 0xC0001234, NULL},
    {"D:\\a", 80, NT_STATUS_OBJECT_NAME_COLLISION,
     NT_STATUS_OBJECT_NAME_COLLISION, NULL},
    {"D:\\a", 123, 0, NT_STATUS_OBJECT_NAME_INVALID, NULL},
    {"D:", 1, 0, NT_STATUS_INVALID_DEVICE_REQUEST, NULL},
    {"D:", 1168, 0, NT_STATUS_OBJECT_NAME_NOT_FOUND, "not_found"},
    {"D:", 4390, 0, 0x80071126, NULL}, /* a number that nobody knows */
};

static void test_refused_opens(void) {
  for (size_t i = 0; i < COUNT(refused_opens); i++) {
    const struct refused_open *row = &refused_opens[i];
    struct fake_open opens[] = {
        {.name = "", .error = row->error, .status = row->told, .times = 1},
        {0}};
    lab_start();
    fake_os.opens = opens;
    CHECK(lab_open(row->name, LAB_RW) == NULL &&
              lab_err.status == row->status && has_reason(row->reason),
          "error %u, status %#x at %s", (unsigned)row->error,
          (unsigned)row->told, row->name);
    CHECK(
        lab_err.native_kind == NT_NATIVE_WIN32 && lab_err.native == row->error,
        "the number is kept");
    CHECK(next_of(&lab_err)[0] != '\0', "what to do next: %s",
          next_of(&lab_err));
    lab_end(NULL);
  }
}

static void test_sharing_violation(void) {
  struct fake_open opens[] = {{.name = "D:", .error = 32, .times = 1}, {0}};
  static const struct fake_process users[] = {{812, "writer.exe"}, {0}};
  lab_start();
  fake_os.opens = opens;
  fake_os.users = users;
  CHECK(lab_open("D:", LAB_RW) == NULL && has_reason("in_use"), "in use");
  CHECK(lab_err.holder_count == 1 && lab_err.holders[0].pid == 812, "by whom");
  CHECK_TEXT(lab_err.holders[0].program, "writer.exe", "with its name");
  CHECK(nt_error_class(&lab_err) == NT_CLASS_TRANSIENT, "it may go away");
  CHECK(fake_os.access == NT_FILE_READ_ATTRIBUTES,
        "the question needs no access");
  lab_end(NULL);

  struct fake_open all[] = {{.name = "D:", .error = 32}, {0}};
  lab_start();
  fake_os.opens = all;
  CHECK(lab_open("D:", LAB_RW) == NULL && has_reason("in_use") &&
            lab_err.holder_count == 0 && lab_err.holders_missing != NULL,
        "who it is stays unknown when nothing opens");
  lab_end(NULL);
}

/* O5: a lock refuses also the open that needs no right. */
static void test_locked_by_other(void) {
  struct fake_open opens[] = {{.name = "D:", .error = 5, .times = 2}, {0}};
  lab_start();
  fake_os.opens = opens;
  CHECK(lab_open("D:", LAB_RW) == NULL && has_reason("locked_by_other"),
        "O5: somebody has locked it");
  CHECK(nt_error_class(&lab_err) == NT_CLASS_TRANSIENT, "it may go away");
  lab_end(NULL);

  struct fake_open before_7[] = {{.name = "D:", .error = 5, .times = 2}, {0}};
  lab_start();
  fake_os.opens = before_7;
  fake_os.version = 0x0502;
  CHECK(lab_open("D:", LAB_RW) == NULL && has_reason("privilege"),
        "a Windows that has no such open cannot tell");
  lab_end(NULL);
}

/* ---- control codes (4) --------------------------------------------------- */

static void test_routes(void) {
  struct fake_answer answers[] = {
      {.code = NT_FSCTL_LOCK_VOLUME},
      {.code = NT_IOCTL_VOLUME_IS_OFFLINE},
      {.code = 0x00560FFC},
      {0},
  };
  struct nt_handle *h = open_volume(answers);
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == 0 && h->locked,
        "4.1: codes of file systems go to the file system");
  CHECK(lab_verb(h, NT_IOCTL_VOLUME_IS_OFFLINE) == 0,
        "the others to the device");
  CHECK(!fake_log_has("control through the wrong door", NULL), "each its way");
  CHECK(lab_verb(h, 0x00560FFC) == 0, "codes that we do not know pass");
  CHECK(lab_verb(h, 0x00560FF8) == NT_STATUS_INVALID_DEVICE_REQUEST &&
            lab_err.native_kind == NT_NATIVE_NTSTATUS &&
            lab_err.native == NT_STATUS_INVALID_DEVICE_REQUEST &&
            next_of(&lab_err)[0] != '\0',
        "codes that the driver does not know are refused by it");
  lab_end(h);
}

/* I14 */
static void test_access_bits(void) {
  static const struct {
    uint32_t access, code;
    bool sent;
  } rows[] = {
      {NT_FILE_READ_DATA, NT_IOCTL_VOLUME_OFFLINE, false},
      {NT_FILE_WRITE_DATA, NT_IOCTL_VOLUME_ONLINE, false},
      {LAB_RW, NT_IOCTL_VOLUME_OFFLINE, true},
      {NT_FILE_WRITE_DATA, NT_IOCTL_DISK_GET_LENGTH_INFO, false},
      {NT_FILE_READ_DATA, NT_IOCTL_DISK_GET_LENGTH_INFO, true},
      {0, NT_IOCTL_DISK_GET_LENGTH_INFO, false},
      {0, NT_IOCTL_VOLUME_IS_OFFLINE, true},
      {NT_FILE_READ_DATA, NT_FSCTL_LOCK_VOLUME, true}, /* L14 */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    lab_start();
    struct nt_handle *h = lab_open("D:", rows[i].access);
    fake_os.log[0] = '\0';
    nt_status status = lab_verb(h, rows[i].code);
    CHECK((status == NT_STATUS_ACCESS_DENIED) == !rows[i].sent &&
              (fake_log_count("control") > 0) == rows[i].sent,
          "I14: code %#x with access %#x", (unsigned)rows[i].code,
          (unsigned)rows[i].access);
    lab_end(h);
  }
}

static void test_lengths(void) {
  static const unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  struct fake_answer answers[] = {
      {.code = NT_IOCTL_STORAGE_QUERY_PROPERTY,
       .data = bytes,
       .length = 8,
       .information = UINTPTR_MAX},
      {.code = NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
       .status = NT_STATUS_BUFFER_OVERFLOW,
       .data = bytes,
       .length = 4},
      {.code = NT_IOCTL_DISK_GET_DRIVE_LAYOUT_EX,
       .status = NT_STATUS_BUFFER_TOO_SMALL,
       .information = 4711},
      {.code = NT_FSCTL_LOCK_VOLUME, .information = 0xDEADBEEF},
      {0},
  };
  for (uint32_t timeout = 0; timeout <= 100; timeout += 100) {
    lab_start();
    fake_os.answers = answers;
    const struct nt_open_options options = {.name = "D:",
                                            .access = LAB_RW,
                                            .disposition = NT_OPEN,
                                            .timeout = timeout};
    struct nt_handle *h = lab_open_with(&options);
    unsigned char out[16] = {0};
    size_t length = 99;
    struct nt_error err = {0};
    CHECK(nt__win32_control(h, NT_IOCTL_STORAGE_QUERY_PROPERTY, bytes, 8, out,
                            6, &length, &err) == 0 &&
              length == 6 && out[5] == 6 && out[6] == 0,
          "a length that cannot be is clamped to the buffer");
    CHECK(nt__win32_control(h, NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, NULL, 0,
                            out, 16, &length,
                            &err) == NT_STATUS_BUFFER_OVERFLOW &&
              length == 4 && next_of(&err)[0] != '\0',
          "STATUS_BUFFER_OVERFLOW keeps its data");
    length = 99;
    CHECK(nt__win32_control(h, NT_IOCTL_DISK_GET_DRIVE_LAYOUT_EX, NULL, 0, out,
                            16, &length, &err) == NT_STATUS_BUFFER_TOO_SMALL &&
              length == 0,
          "other failures have none");
    CHECK(nt__win32_control(h, NT_FSCTL_LOCK_VOLUME, NULL, 0, NULL, 0, &length,
                            &err) == 0 &&
              length == 0,
          "no buffer, no bytes");
    lab_end(h);
  }
}

/* 4.1: with direct buffers, `out` may be read. */
static nt_status add_one(const struct nt_win32_request *request) {
  unsigned char *bytes = request->out;
  for (uint32_t i = 0; i < request->out_capacity; i++) {
    bytes[i] = (unsigned char)(bytes[i] + 1);
  }
  request->io->u.status = NT_STATUS_SUCCESS;
  request->io->information = 0;
  return NT_STATUS_SUCCESS;
}

static void test_direct_buffers(void) {
  for (uint32_t timeout = 0; timeout <= 100; timeout += 100) {
    lab_start();
    const struct nt_open_options options = {.name = "D:",
                                            .access = LAB_RW,
                                            .disposition = NT_OPEN,
                                            .timeout = timeout};
    struct nt_handle *h = lab_open_with(&options);
    unsigned char bytes[3] = {1, 2, 3};
    size_t length;
    struct nt_error err = {0};
    lab_os.control = add_one;
    CHECK(nt__win32_control(h, NT_FSCTL_GET_VOLUME_BITMAP, NULL, 0, bytes, 3,
                            &length, &err) == 0 &&
              bytes[0] == 2 && bytes[2] == 4,
          "4.1: a code without buffering sees and changes `out`");
    lab_end(h);
  }
}

/* ---- lock, unlock, dismount (1.5 to 1.7) --------------------------------- */

static const struct refusal {
  const char *row;
  uint32_t code;
  nt_status status;
  const char *reason;
  enum nt_class cls;
} refusals[] = {
    {"L2", NT_FSCTL_LOCK_VOLUME, NT_STATUS_ACCESS_DENIED, "in_use",
     NT_CLASS_TRANSIENT},
    {"1.9", NT_FSCTL_LOCK_VOLUME, NT_STATUS_DEVICE_BUSY, "in_use",
     NT_CLASS_TRANSIENT},
    {"L2", NT_FSCTL_LOCK_VOLUME, NT_STATUS_SHARING_VIOLATION, "in_use",
     NT_CLASS_TRANSIENT},
    {"L12", NT_FSCTL_LOCK_VOLUME, NT_STATUS_INVALID_PARAMETER, "privilege",
     NT_CLASS_USAGE},
    {"L16", NT_FSCTL_LOCK_VOLUME, NT_STATUS_VOLUME_DISMOUNTED, "dismounted",
     NT_CLASS_PERMANENT},
    {"L17", NT_FSCTL_LOCK_VOLUME, NT_STATUS_FILE_CLOSED, NULL, NT_CLASS_USAGE},
    {"L18", NT_FSCTL_LOCK_VOLUME, NT_STATUS_DEVICE_NOT_READY, NULL,
     NT_CLASS_PERMANENT},
    {"L19", NT_FSCTL_LOCK_VOLUME, NT_STATUS_INVALID_DEVICE_REQUEST,
     "unknown_code", NT_CLASS_UNSUPPORTED},
    {"1.2", NT_FSCTL_LOCK_VOLUME, NT_STATUS_PRIVILEGE_NOT_HELD, "privilege",
     NT_CLASS_PERMANENT},
    {"U2", NT_FSCTL_UNLOCK_VOLUME, NT_STATUS_NOT_LOCKED, "not_locked",
     NT_CLASS_PERMANENT},
    {"U5", NT_FSCTL_UNLOCK_VOLUME, NT_STATUS_INVALID_PARAMETER, "privilege",
     NT_CLASS_USAGE},
    {"D4", NT_FSCTL_DISMOUNT_VOLUME, NT_STATUS_VOLUME_DISMOUNTED, "dismounted",
     NT_CLASS_PERMANENT},
    {"D3", NT_FSCTL_DISMOUNT_VOLUME, NT_STATUS_ACCESS_DENIED, NULL,
     NT_CLASS_PERMANENT},
    {"D6", NT_FSCTL_DISMOUNT_VOLUME, NT_STATUS_INVALID_PARAMETER, "privilege",
     NT_CLASS_USAGE},
    {"4.2", NT_FSCTL_DISMOUNT_VOLUME, NT_STATUS_NOT_SUPPORTED, "unknown_code",
     NT_CLASS_UNSUPPORTED},
    {"I6", NT_FSCTL_IS_VOLUME_MOUNTED, NT_STATUS_FILE_INVALID, "removed",
     NT_CLASS_PERMANENT},
    {"I7", NT_FSCTL_MARK_VOLUME_DIRTY, NT_STATUS_WRONG_VOLUME,
     "identity_changed", NT_CLASS_PERMANENT},
    {"1.12", NT_FSCTL_MARK_VOLUME_DIRTY, NT_STATUS_MEDIA_WRITE_PROTECTED,
     "readonly", NT_CLASS_PERMANENT},
    {"F2", NT_IOCTL_VOLUME_OFFLINE, NT_STATUS_ACCESS_DENIED, NULL,
     NT_CLASS_PERMANENT},
    {"F7", NT_IOCTL_VOLUME_OFFLINE, NT_STATUS_INVALID_DEVICE_REQUEST,
     "unknown_code", NT_CLASS_UNSUPPORTED},
    {"F9", NT_IOCTL_VOLUME_ONLINE, NT_STATUS_DEVICE_OFF_LINE, "offline",
     NT_CLASS_PERMANENT},
    {"F9", NT_IOCTL_VOLUME_OFFLINE, NT_STATUS_NO_MEDIA_IN_DEVICE, "no_media",
     NT_CLASS_PERMANENT},
    {"F9", NT_IOCTL_VOLUME_ONLINE, NT_STATUS_DEVICE_NOT_CONNECTED, "removed",
     NT_CLASS_PERMANENT},
    {"4", NT_FSCTL_IS_VOLUME_DIRTY, 0xC0001234, NULL, NT_CLASS_PERMANENT},
};

static void test_refusals(void) {
  for (size_t i = 0; i < COUNT(refusals); i++) {
    const struct refusal *row = &refusals[i];
    struct fake_answer answers[] = {{.code = row->code, .status = row->status},
                                    {0}};
    struct nt_handle *h = open_volume(answers);
    CHECK(lab_verb(h, row->code) == row->status &&
              lab_err.status == row->status && has_reason(row->reason),
          "%s: code %#x answers %#x", row->row, (unsigned)row->code,
          (unsigned)row->status);
    CHECK(nt_error_class(&lab_err) == row->cls, "whether to try again");
    CHECK(lab_err.native_kind == NT_NATIVE_NTSTATUS &&
              lab_err.native == row->status,
          "the status is kept as it came");
    CHECK(next_of(&lab_err)[0] != '\0', "what to do next: %s",
          next_of(&lab_err));
    CHECK(!h->locked && !h->dismounted, "nothing is believed to be done");
    CHECK((fake_log_count("processes_using") > 0) ==
              (row->code == NT_FSCTL_LOCK_VOLUME &&
               row->cls == NT_CLASS_TRANSIENT),
          "holders are looked for when a lock is refused");
    lab_end(h);
  }
}

/* L2: busy, then free. */
static void test_busy_then_free(void) {
  struct fake_answer answers[] = {{.code = NT_FSCTL_LOCK_VOLUME,
                                   .status = NT_STATUS_ACCESS_DENIED,
                                   .times = 2},
                                  {.code = NT_FSCTL_LOCK_VOLUME},
                                  {.code = NT_FSCTL_UNLOCK_VOLUME},
                                  {.code = NT_FSCTL_DISMOUNT_VOLUME},
                                  {0}};
  static const struct fake_process users[] = {
      {77, "scanner.exe"}, {78, "b\xC3\xA4r.exe"}, {0}};
  struct nt_handle *h = open_volume(answers);
  fake_os.users = users;
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_ACCESS_DENIED &&
            lab_err.holder_count == 2 && lab_err.holders_known,
        "L2: refused, and by whom");
  CHECK_TEXT(lab_err.holders[1].program, "b\xC3\xA4r.exe", "in UTF-8");
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_ACCESS_DENIED,
        "still there");
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == 0 && h->locked,
        "the next try succeeds");
  CHECK(lab_verb(h, NT_FSCTL_DISMOUNT_VOLUME) == 0 && h->dismounted, "D1");
  CHECK(lab_verb(h, NT_FSCTL_UNLOCK_VOLUME) == 0 && !h->locked, "U6");
  CHECK(fake_log_has("control lock", "control lock", "control lock",
                     "control dismount", "control unlock", NULL),
        "in this order");
  lab_end(h);
}

/* L9 */
static void test_already_locked(void) {
  struct fake_answer answers[] = {
      {.code = NT_FSCTL_LOCK_VOLUME, .times = 1},
      {.code = NT_FSCTL_LOCK_VOLUME, .status = NT_STATUS_ACCESS_DENIED},
      {0}};
  struct nt_handle *h = open_volume(answers);
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == 0, "locks");
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_ACCESS_DENIED &&
            has_reason("already_locked") &&
            nt_error_class(&lab_err) == NT_CLASS_PERMANENT && h->locked,
        "L9: the second lock of the same handle");
  lab_end(h);
}

/* L7, D5, F5: the system's volume. */
static void test_system_volume(void) {
  static const uint32_t codes[] = {
      NT_FSCTL_LOCK_VOLUME, NT_FSCTL_DISMOUNT_VOLUME, NT_IOCTL_VOLUME_OFFLINE};
  for (size_t i = 0; i < COUNT(codes); i++) {
    struct fake_answer answers[] = {
        {.code = codes[i], .status = NT_STATUS_ACCESS_DENIED}, {0}};
    struct nt_handle *h = open_volume(answers);
    fake_os.system_partition = "\\Device\\HarddiskVolume2";
    CHECK(lab_verb(h, codes[i]) == NT_STATUS_ACCESS_DENIED &&
              has_reason("system_volume") &&
              nt_error_class(&lab_err) == NT_CLASS_PERMANENT,
          "L7, D5, F5: refused for the system's volume, code %#x",
          (unsigned)codes[i]);
    lab_end(h);
  }
  static const char *const page_files[] = {"\\??\\D:\\pagefile.sys", NULL};
  struct fake_answer answers[] = {
      {.code = NT_FSCTL_LOCK_VOLUME, .status = NT_STATUS_ACCESS_DENIED}, {0}};
  struct nt_handle *h = open_volume(answers);
  fake_os.page_files = page_files;
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_ACCESS_DENIED &&
            has_reason("page_file"),
        "L6: the page file");
  lab_end(h);
}

/* L11, L13: handles that are not the volume's. */
static void test_wrong_handles(void) {
  struct fake_answer answers[] = {{.code = NT_FSCTL_LOCK_VOLUME,
                                   .name = "D:\\",
                                   .status = NT_STATUS_INVALID_PARAMETER},
                                  {0}};
  lab_start();
  fake_os.answers = answers;
  struct nt_handle *h = lab_open("D:\\", LAB_RW);
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_INVALID_PARAMETER &&
            has_reason("not_a_volume"),
        "L11: a directory");
  lab_end(h);
  lab_start();
  h = lab_open("D:", 0);
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_INVALID_DEVICE_REQUEST &&
            strstr(lab_err.detail, "without data access") != NULL,
        "L13: a handle without data access");
  lab_end(h);
}

/* ---- offline, online (1.8, 3) -------------------------------------------- */

static const unsigned char yes[1] = {1}, no[1] = {0};

static void test_offline(void) {
  struct fake_answer answers[] = {{.code = NT_IOCTL_VOLUME_OFFLINE},
                                  {.code = NT_IOCTL_VOLUME_ONLINE},
                                  DATA_OF(NT_FSCTL_IS_VOLUME_OWNED_BYCSVFS, no),
                                  {0}};
  struct nt_handle *h = open_volume(answers);
  CHECK(lab_verb(h, NT_IOCTL_VOLUME_OFFLINE) == 0, "F1: offline");
  CHECK(lab_verb(h, NT_IOCTL_VOLUME_ONLINE) == 0, "online");
  CHECK(fake_log_has("control is cluster shared", "control is owned by CSVFS",
                     "control offline", "control online", NULL),
        "the cluster is asked first");
  lab_end(h);
}

/* F8 */
static void test_cluster_shared(void) {
  static const uint32_t codes[] = {NT_IOCTL_VOLUME_OFFLINE,
                                   NT_IOCTL_VOLUME_ONLINE};
  static const uint32_t questions[] = {NT_IOCTL_VOLUME_IS_CSV,
                                       NT_FSCTL_IS_VOLUME_OWNED_BYCSVFS};
  for (size_t i = 0; i < 4; i++) {
    uint32_t code = codes[i % 2];
    struct fake_answer answers[] = {DATA_OF(questions[i / 2], yes),
                                    {.code = code},
                                    {.code = NT_FSCTL_LOCK_VOLUME},
                                    {0}};
    struct nt_handle *h = open_volume(answers);
    CHECK(lab_verb(h, code) == NT_STATUS_NOT_SUPPORTED &&
              has_reason("cluster_shared") && next_of(&lab_err)[0] != '\0',
          "F8: code %#x on a cluster shared volume", (unsigned)code);
    CHECK(!fake_log_has(code == codes[0] ? "control offline" : "control online",
                        NULL),
          "is not sent");
    CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == 0, "the others are (3)");
    lab_end(h);
  }
}

/* F6 */
static void test_dynamic_disks(void) {
  static const unsigned char mbr[144] = {[32] = 0x42};
  static const unsigned char basic[144] = {[32] = 0x07};
  static const unsigned char gpt[144] = {
      [0] = 1,     [32] = 0xA0, [33] = 0x60, [34] = 0x9B, [35] = 0xAF,
      [36] = 0x31, [37] = 0x14, [38] = 0x62, [39] = 0x4F, [40] = 0xBC,
      [41] = 0x68, [42] = 0x33, [43] = 0x11, [44] = 0x71, [45] = 0x4A,
      [46] = 0x69, [47] = 0xAD};
  static const struct {
    const unsigned char *partition;
    uint32_t version, length;
    bool xp, dynamic;
  } rows[] = {
      {mbr, 0x0501, 144, true, true},   {mbr, 0x0502, 144, true, true},
      {gpt, 0x0502, 144, true, true},   {basic, 0x0502, 144, true, false},
      {mbr, 0x0502, 20, true, false},   {mbr, 0x0600, 144, false, false},
      {gpt, 0x0A00, 144, false, false},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct fake_answer answers[] = {
        {.code = NT_IOCTL_DISK_GET_PARTITION_INFO_EX,
         .data = rows[i].partition,
         .length = rows[i].length},
        {0}};
    struct nt_handle *h = open_volume(answers);
    fake_os.version = rows[i].version;
    CHECK(lab_verb(h, NT_IOCTL_VOLUME_OFFLINE) ==
                  NT_STATUS_INVALID_DEVICE_REQUEST &&
              (strstr(lab_err.detail, "Windows XP") != NULL) == rows[i].xp &&
              has_reason(rows[i].dynamic ? "dynamic_disk" : "unknown_code") &&
              next_of(&lab_err)[0] != '\0',
          "F6: row %d", (int)i);
    lab_end(h);
  }
}

/* F9 and 1.3: 21 has four causes. */
static void test_not_ready(void) {
  static const struct {
    nt_status status;
    bool offline;
    const char *reason;
  } rows[] = {
      {NT_STATUS_VOLUME_DISMOUNTED, false, "dismounted"},
      {NT_STATUS_DEVICE_OFF_LINE, false, "offline"},
      {NT_STATUS_DEVICE_NOT_READY, true, "offline"},
      {NT_STATUS_DEVICE_NOT_READY, false, NULL},
      {NT_STATUS_NO_MEDIA_IN_DEVICE, false, "no_media"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct fake_answer answers[] = {
        {.code = FAKE_READ, .status = rows[i].status},
        {.code = FAKE_WRITE, .status = rows[i].status},
        {.code = FAKE_FLUSH, .status = rows[i].status},
        {.code = NT_IOCTL_VOLUME_IS_OFFLINE,
         .status =
             rows[i].offline ? NT_STATUS_SUCCESS : NT_STATUS_UNSUCCESSFUL},
        {0}};
    struct nt_handle *h = open_volume(answers);
    unsigned char buf[512] = {0};
    size_t done;
    CHECK(nt_read(h, 0, buf, 512, &done, &lab_err) == rows[i].status &&
              has_reason(rows[i].reason) && next_of(&lab_err)[0] != '\0',
          "1.3: a read answers %#x", (unsigned)rows[i].status);
    nt_error_clear(&lab_err);
    CHECK(nt_write(h, 0, buf, 512, &done, &lab_err) == rows[i].status &&
              has_reason(rows[i].reason),
          "a write");
    nt_error_clear(&lab_err);
    CHECK(nt_flush(h, &lab_err) == rows[i].status && has_reason(rows[i].reason),
          "a flush");
    lab_end(h);
  }
}

/* ---- time limits --------------------------------------------------------- */

static struct nt_handle *open_limited(struct fake_answer *answers,
                                      uint32_t timeout) {
  lab_start();
  fake_os.answers = answers;
  const struct nt_open_options options = {.name = "D:",
                                          .access = LAB_RW,
                                          .disposition = NT_OPEN,
                                          .timeout = timeout};
  struct nt_handle *h = lab_open_with(&options);
  fake_os.log[0] = '\0';
  return h;
}

#define PENDING_LOCK(later_)                                   \
  {                                                            \
    .code = NT_FSCTL_LOCK_VOLUME, .status = NT_STATUS_PENDING, \
    .later = (later_)                                          \
  }

static void test_pending(void) {
  struct fake_answer answers[] = {PENDING_LOCK(NT_STATUS_SUCCESS), {0}};
  struct nt_handle *h = open_limited(answers, 0);
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == 0 && h->locked &&
            fake_log_has("wait 4294967295", NULL),
        "a pending request is waited for, as long as it takes");
  lab_end(h);
  struct fake_answer refused[] = {PENDING_LOCK(NT_STATUS_ACCESS_DENIED), {0}};
  h = open_limited(refused, 700);
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_ACCESS_DENIED &&
            has_reason("in_use") && fake_log_has("wait 700", NULL),
        "it ends with its own status, within the time");
  lab_end(h);
}

static void test_pending_data(void) {
  static const unsigned char bytes[40] = {[0] = 7, [39] = 9};
  struct fake_answer answers[] = {{.code = NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX,
                                   .status = NT_STATUS_PENDING,
                                   .data = bytes,
                                   .length = 40,
                                   .information = UINTPTR_MAX},
                                  {0}};
  for (uint32_t timeout = 0; timeout <= 100; timeout += 100) {
    struct nt_handle *h = open_limited(answers, timeout);
    unsigned char out[40] = {0};
    size_t length = 0;
    CHECK(nt_control(h, NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, NULL, 0, out, 40,
                     &length, &lab_err) == 0 &&
              length == 40 && memcmp(out, bytes, 40) == 0,
          "the answer of a pending request arrives, limit %u",
          (unsigned)timeout);
    lab_end(h);
  }
}

static void test_timeout(void) {
  struct fake_answer answers[] = {
      {.code = NT_FSCTL_LOCK_VOLUME, .status = NT_STATUS_PENDING, .times = 1},
      {.code = NT_FSCTL_LOCK_VOLUME},
      {0}};
  struct nt_handle *h = open_limited(answers, 50);
  fake_os.never_ends = true;
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_IO_TIMEOUT &&
            nt_error_class(&lab_err) == NT_CLASS_TIMEOUT &&
            next_of(&lab_err)[0] != '\0' && !h->locked,
        "a request that takes too long is cancelled");
  CHECK(fake_log_has("control lock", "wait 50", "cancel", "wait 5000", NULL),
        "and its end waited for");
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == 0, "the handle goes on");
  lab_end(h);
}

/* The request was faster than its cancellation. */
static void test_cancel_races(void) {
  static const nt_status ends[] = {NT_STATUS_SUCCESS, NT_STATUS_ACCESS_DENIED};
  for (size_t i = 0; i < COUNT(ends); i++) {
    struct fake_answer answers[] = {PENDING_LOCK(ends[i]), {0}};
    struct nt_handle *h = open_limited(answers, 50);
    fake_os.never_ends = true;
    fake_os.ends_at_cancel = true;
    CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == ends[i] &&
              h->locked == (ends[i] == 0),
          "it counts as what it answered: %#x", (unsigned)ends[i]);
    lab_end(h);
  }
}

static void test_cancelled_by_others(void) {
  struct fake_answer answers[] = {PENDING_LOCK(NT_STATUS_CANCELLED), {0}};
  struct nt_handle *h = open_limited(answers, 50);
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_CANCELLED &&
            nt_error_class(&lab_err) == NT_CLASS_CANCELLED &&
            !fake_log_has("cancel", NULL),
        "who else cancels is not the time limit");
  lab_end(h);
}

/* The system may write to its memory until the request ends, even after the
 * handle is closed. */
static void test_never_ends(void) {
  static const unsigned char bytes[40] = {1};
  for (int late = 0; late < 2; late++) {
    struct fake_answer answers[] = {{.code = NT_IOCTL_STORAGE_QUERY_PROPERTY,
                                     .status = NT_STATUS_PENDING,
                                     .data = bytes,
                                     .length = 40},
                                    {.code = NT_FSCTL_LOCK_VOLUME},
                                    {0}};
    struct nt_handle *h = open_limited(answers, 50);
    unsigned char out[40] = {0};
    size_t length = 99;
    fake_os.never_ends = true;
    fake_os.ignores_cancel = true;
    CHECK(nt_control(h, NT_IOCTL_STORAGE_QUERY_PROPERTY, bytes, 40, out, 40,
                     &length, &lab_err) == NT_STATUS_IO_TIMEOUT &&
              has_reason("stuck") && next_of(&lab_err)[0] != '\0',
          "a request that cannot be cancelled is left behind");
    if (late) {
      fake_end_pending();
      CHECK(out[0] == 0, "its end does not reach the caller's buffer");
    }
    fake_os.log[0] = '\0';
    CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_IO_TIMEOUT &&
              has_reason("stuck") && next_of(&lab_err)[0] != '\0',
          "the handle takes no other");
    size_t done;
    CHECK(nt_read(h, 0, out, 0, &done, &lab_err) == NT_STATUS_IO_TIMEOUT &&
              nt_write(h, 0, out, 0, &done, &lab_err) == NT_STATUS_IO_TIMEOUT &&
              nt_flush(h, &lab_err) == NT_STATUS_IO_TIMEOUT &&
              fake_os.log[0] == '\0',
          "nothing else is sent");
    lab_end(h);
    fake_end_pending();
    CHECK(out[0] == 0, "late writes go to memory that is still there");
  }
}

/* A geometry that never comes: the open does not hang. */
static void test_stuck_open(void) {
  struct fake_answer answers[] = {{.code = NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX,
                                   .status = NT_STATUS_PENDING},
                                  {0}};
  lab_start();
  fake_os.answers = answers;
  fake_os.never_ends = true;
  fake_os.ignores_cancel = true;
  const struct nt_open_options options = {
      .name = "D:", .access = LAB_RW, .disposition = NT_OPEN, .timeout = 50};
  CHECK(
      lab_open_with(&options) == NULL && lab_err.status == NT_STATUS_IO_TIMEOUT,
      "an open whose device does not answer ends");
  lab_end(NULL);
  fake_end_pending();
}

/* Waiting fails, which cannot be: the request is cancelled and ends. */
static uint32_t failing_wait(nt_win32_handle event, uint32_t milliseconds) {
  return milliseconds == NT_WIN32_FOREVER
             ? 6U
             : fake_os_table.wait(event, milliseconds);
}

static void test_wait_fails(void) {
  struct fake_answer answers[] = {PENDING_LOCK(NT_STATUS_SUCCESS), {0}};
  struct nt_handle *h = open_limited(answers, 0);
  lab_os.wait = failing_wait;
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_INVALID_HANDLE &&
            lab_err.native == 6 && next_of(&lab_err)[0] != '\0',
        "the error of the wait is told");
  lab_end(h);
  h = open_limited(answers, 0);
  lab_os.wait = failing_wait;
  lab_os.cancel = NULL;
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == 0,
        "without a way to cancel it is waited for");
  lab_end(h);
}

/* ---- reading and writing ------------------------------------------------- */

static unsigned char content[9 * 1024 * 1024];
static unsigned char buffer[sizeof(content) + 4096];

static struct nt_handle *open_content(struct fake_answer *answers,
                                      uint32_t length, uint32_t timeout) {
  lab_start();
  fake_os.answers = answers;
  fake_os.content = content;
  fake_os.content_length = length;
  for (size_t i = 0; i < sizeof(content); i++) {
    content[i] = (unsigned char)(i * 7 + i / 4096);
  }
  memset(buffer, 0, sizeof(buffer));
  const struct nt_open_options options = {.name = "D:",
                                          .access = LAB_RW,
                                          .disposition = NT_OPEN,
                                          .timeout = timeout};
  struct nt_handle *h = lab_open_with(&options);
  fake_os.log[0] = '\0';
  return h;
}

/* At every alignment of the buffer, with and without a time limit, at once and
 * pending: the same bytes. */
static void test_transfers(void) {
  for (int i = 0; i < 8; i++) {
    struct nt_handle *h = open_content(NULL, sizeof(content), i & 1 ? 1000 : 0);
    fake_os.pends = (i & 2) != 0;
    unsigned char *buf = buffer + (i & 4 ? 16 : 0);
    size_t done = 0;
    struct nt_error err = {0};
    CHECK(nt_read(h, 4096, buf, sizeof(content) - 4096, &done, &err) == 0 &&
              done == sizeof(content) - 4096 &&
              memcmp(buf, content + 4096, done) == 0,
          "reads what is there, way %d", i);
    CHECK(fake_os.largest <= 16U * 1024 * 1024 && fake_log_count("read") == 3,
          "in pieces");
    memset(buf, 0x5A, 9 * 1024 * 1024 - 512);
    CHECK(nt_write(h, 512, buf, 9 * 1024 * 1024 - 512, &done, &err) == 0 &&
              done == 9 * 1024 * 1024 - 512 && content[511] != 0x5A &&
              content[512] == 0x5A && content[sizeof(content) - 1] == 0x5A,
          "writes, way %d", i);
    CHECK(nt_read(h, 0, buf, 0, &done, &err) == 0 && done == 0, "nothing");
    lab_end(h);
  }
}

/* 1.11: devices may demand aligned memory. */
static nt_status demanding_read(nt_win32_handle file, nt_win32_handle event,
                                struct nt_win32_io *io, void *buf,
                                uint32_t length, uint64_t offset) {
  return (uintptr_t)buf % 512 != 0
             ? NT_STATUS_INVALID_PARAMETER
             : fake_os_table.read(file, event, io, buf, length, offset);
}

static nt_status demanding_write(nt_win32_handle file, nt_win32_handle event,
                                 struct nt_win32_io *io, const void *buf,
                                 uint32_t length, uint64_t offset) {
  return (uintptr_t)buf % 512 != 0
             ? NT_STATUS_INVALID_PARAMETER
             : fake_os_table.write(file, event, io, buf, length, offset);
}

static void test_aligned_memory(void) {
  for (size_t shift = 0; shift < 512; shift += 73) {
    struct nt_handle *h = open_content(NULL, 4096, shift & 1 ? 1000 : 0);
    size_t done = 0;
    lab_os.read = demanding_read;
    lab_os.write = demanding_write;
    CHECK(nt_read(h, 512, buffer + shift, 1024, &done, &lab_err) == 0 &&
              done == 1024 && memcmp(buffer + shift, content + 512, 1024) == 0,
          "1.11: aligned memory is read to, shift %d", (int)shift);
    memset(buffer, 0x5A, 4096);
    CHECK(nt_write(h, 0, buffer + shift, 1024, &done, &lab_err) == 0 &&
              done == 1024 && content[1023] == 0x5A,
          "and written from");
    lab_end(h);
  }
}

/* 1.11 */
static void test_ends(void) {
  struct nt_handle *h = open_content(NULL, 1024, 0);
  size_t done = 99;
  CHECK(nt_read(h, 512, buffer, 1024, &done, &lab_err) == 0 && done == 512,
        "1.11: a read across the end is short");
  done = 99;
  CHECK(
      nt_read(h, 1024, buffer, 512, &done, &lab_err) == NT_STATUS_END_OF_FILE &&
          done == 99 && next_of(&lab_err)[0] != '\0',
      "one at the end is STATUS_END_OF_FILE");
  CHECK(nt_write(h, 1024, buffer, 512, &done, &lab_err) == 0 && done == 0,
        "FAT clips writes without a word");
  CHECK(nt_write(h, 512, buffer, 1024, &done, &lab_err) == 0 && done == 512,
        "all of it or a part");
  lab_end(h);

  h = open_content(NULL, WIN32_PIECE, 0);
  CHECK(nt_read(h, 0, buffer, WIN32_PIECE + 512, &done, &lab_err) == 0 &&
            done == WIN32_PIECE,
        "an end between two pieces is an end");
  lab_end(h);

  struct fake_answer empty[] = {
      {.code = FAKE_READ, .status = NT_STATUS_SUCCESS, .information = 0}, {0}};
  h = open_content(empty, 0, 0);
  CHECK(nt_read(h, 0, buffer, 512, &done, &lab_err) == NT_STATUS_END_OF_FILE,
        "no bytes at all is the end, too");
  lab_end(h);
}

static void test_alignment(void) {
  struct fake_answer answers[] = {
      DATA_OF(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, sectors_4096), {0}};
  static const struct {
    uint64_t offset;
    size_t length;
  } rows[] = {{512, 4096}, {0, 512}, {1, 4096}, {4096, 4097}};
  struct nt_handle *h = open_content(answers, 8192, 0);
  for (size_t i = 0; i < COUNT(rows); i++) {
    size_t done;
    nt_error_clear(&lab_err);
    CHECK(nt_read(h, rows[i].offset, buffer, rows[i].length, &done, &lab_err) ==
                  NT_STATUS_INVALID_PARAMETER &&
              has_reason("alignment"),
          "1.11: part of a sector, read %d", (int)i);
    CHECK(nt_write(h, rows[i].offset, buffer, rows[i].length, &done,
                   &lab_err) == NT_STATUS_INVALID_PARAMETER,
          "and written");
  }
  CHECK(fake_os.log[0] == '\0', "nothing is sent");
  lab_end(h);
}

static void test_data_access(void) {
  lab_start();
  struct nt_handle *h = lab_open("D:", NT_FILE_READ_DATA);
  size_t done;
  CHECK(
      nt_write(h, 0, buffer, 512, &done, &lab_err) == NT_STATUS_ACCESS_DENIED &&
          has_reason("handle_access") && !fake_log_has("write", NULL),
      "a handle for reading does not write");
  CHECK(nt_flush(h, &lab_err) == NT_STATUS_ACCESS_DENIED, "nor flush");
  lab_end(h);
  lab_start();
  h = lab_open("D:", NT_FILE_WRITE_DATA);
  CHECK(
      nt_read(h, 0, buffer, 512, &done, &lab_err) == NT_STATUS_ACCESS_DENIED &&
          !fake_log_has("read", NULL),
      "one for writing does not read");
  CHECK(nt_flush(h, &lab_err) == 0 && fake_log_has("flush", NULL),
        "but flushes");
  CHECK(nt_write(h, UINT64_MAX / 512 * 512, buffer, 512, &done, &lab_err) ==
            NT_STATUS_INVALID_PARAMETER,
        "offsets end at 2^63");
  lab_end(h);
}

/* Disks refuse a range that is not all within them. */
static void test_disk_ends(void) {
  static const nt_status statuses[] = {NT_STATUS_INVALID_PARAMETER,
                                       NT_STATUS_NONEXISTENT_SECTOR};
  static const unsigned char length[8] = {[1] = 4}; /* 1024 */
  for (size_t i = 0; i < COUNT(statuses); i++) {
    struct fake_answer answers[] = {
        {.code = FAKE_READ, .status = statuses[i], .times = 1},
        DATA_OF(NT_IOCTL_DISK_GET_LENGTH_INFO, length),
        {0}};
    struct nt_handle *h = open_content(answers, 1024, 0);
    size_t done = 0;
    CHECK(nt_read(h, 512, buffer, 1024, &done, &lab_err) == 0 && done == 512 &&
              memcmp(buffer, content + 512, 512) == 0,
          "a read across the end of a disk is short");
    lab_end(h);
    struct fake_answer past[] = {{.code = FAKE_READ, .status = statuses[i]},
                                 DATA_OF(NT_IOCTL_DISK_GET_LENGTH_INFO, length),
                                 {0}};
    h = open_content(past, 1024, 0);
    CHECK(
        nt_read(h, 1024, buffer, 512, &done, &lab_err) == NT_STATUS_END_OF_FILE,
        "one past it is STATUS_END_OF_FILE");
    nt_error_clear(&lab_err);
    CHECK(nt_read(h, 0, buffer, 512, &done, &lab_err) == statuses[i] &&
              next_of(&lab_err)[0] != '\0',
          "one within it is refused for another cause");
    lab_end(h);
  }
}

/* 1.10 */
static void test_direct_writes(void) {
  static const char *const names[] = {"D:", "PhysicalDrive0"};
  for (size_t i = 0; i < COUNT(names); i++) {
    struct fake_answer answers[] = {
        {.code = FAKE_WRITE, .status = NT_STATUS_ACCESS_DENIED}, {0}};
    lab_start();
    fake_os.answers = answers;
    struct nt_handle *h = lab_open(names[i], LAB_RW);
    size_t done;
    CHECK(nt_write(h, 0, buffer, 512, &done, &lab_err) ==
                  NT_STATUS_ACCESS_DENIED &&
              has_reason("mounted") &&
              strstr(next_of(&lab_err), "lock") != NULL,
          "1.10: what is mounted is not written: %s", names[i]);
    lab_end(h);
  }
}

static void test_garbage_counts(void) {
  struct fake_answer answers[] = {
      {.code = FAKE_READ, .information = UINTPTR_MAX},
      {.code = FAKE_WRITE, .information = UINTPTR_MAX},
      {0}};
  struct nt_handle *h = open_content(answers, 4096, 100);
  size_t done = 0;
  CHECK(nt_read(h, 0, buffer, 512, &done, &lab_err) == 0 && done == 512,
        "a driver that claims to have read more");
  CHECK(nt_write(h, 0, buffer, 512, &done, &lab_err) == 0 && done == 512,
        "or to have written more");
  lab_end(h);
}

static void test_timed_out_transfer(void) {
  struct nt_handle *h = open_content(NULL, 4096, 50);
  fake_os.pends = true;
  fake_os.never_ends = true;
  fake_os.ignores_cancel = true;
  size_t done = 99;
  CHECK(nt_read(h, 0, buffer, 4096, &done, &lab_err) == NT_STATUS_IO_TIMEOUT &&
            done == 99,
        "a read that never ends");
  lab_end(h);
  fake_end_pending();
  CHECK(buffer[1] == 0, "does not write to the caller's buffer later");
}

/* ---- files --------------------------------------------------------------- */

static void test_files(void) {
  lab_start();
  fake_os.content = content;
  fake_os.content_length = 1000;
  struct nt_handle *h = lab_open("D:\\a.txt", LAB_RW);
  uint64_t size = 99;
  size_t done;
  CHECK(nt_size(h, &size, &lab_err) == 0 && size == 1000, "the size of a file");
  CHECK(nt_read(h, 3, buffer, 5, &done, &lab_err) == 0 && done == 5,
        "files are read at any offset");
  struct nt_handle *root = lab_open("D:\\", 0);
  CHECK(nt_size(root, &size, &lab_err) == 0 && size == 0, "of a directory: 0");
  CHECK(nt_close(root, &lab_err) == 0, "closes");
  struct fake_answer answers[] = {{.code = FAKE_STANDARD_INFORMATION,
                                   .status = NT_STATUS_VOLUME_DISMOUNTED},
                                  {0}};
  fake_os.answers = answers;
  CHECK(nt_size(h, &size, &lab_err) == NT_STATUS_VOLUME_DISMOUNTED &&
            has_reason("dismounted"),
        "I5: a file of a dismounted volume");
  lab_end(h);
}

/* ---- the end ------------------------------------------------------------- */

static nt_status refusing_close(nt_win32_handle handle) {
  nt_status status = fake_os_table.close(handle);
  return nt_ok(status) ? NT_STATUS_INVALID_HANDLE : status;
}

static void test_close(void) {
  lab_start();
  struct nt_handle *h = lab_open("D:", LAB_RW);
  lab_os.close = refusing_close;
  CHECK(nt_close(h, &lab_err) == NT_STATUS_INVALID_HANDLE &&
            next_of(&lab_err)[0] != '\0',
        "a close that Windows refuses is told");
  CHECK_TEXT(lab_err.target, "D:", "with the name");
  lab_end(NULL);
}

static void test_reopen(void) {
  struct nt_handle *h = open_volume(NULL);
  struct win32_handle *w = nt__win32_handle(h);
  w->os->close(w->file);
  w->file = NT_WIN32_NO_HANDLE;
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_FILE_CLOSED &&
            next_of(&lab_err)[0] != '\0',
        "a handle whose file was given up refuses");
  fake_os.log[0] = '\0';
  CHECK(nt__win32_reopen(w, &lab_err) == 0 &&
            fake_log_has("create_file \\\\.\\D:", NULL) &&
            fake_os.access == LAB_RW &&
            fake_os.share == (NT_SHARE_READ | NT_SHARE_WRITE),
        "it opens again as it was");
  CHECK(lab_verb(h, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_INVALID_DEVICE_REQUEST,
        "and is asked again");
  w->os->close(w->file);
  w->file = NT_WIN32_NO_HANDLE;
  struct fake_open opens[] = {{.name = "D:", .error = 2}, {0}};
  fake_os.opens = opens;
  CHECK(nt__win32_reopen(w, &lab_err) == NT_STATUS_OBJECT_NAME_NOT_FOUND &&
            w->file == NT_WIN32_NO_HANDLE,
        "or stays given up");
  lab_end(h);
}

static void test_ask(void) {
  static const unsigned char bytes[4] = {1, 2, 3, 4};
  struct fake_answer answers[] = {
      DATA_OF(NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, bytes), {0}};
  lab_start();
  fake_os.answers = answers;
  unsigned char out[8];
  size_t length = 0;
  struct win32_machine *m = nt__win32_machine(lab);
  CHECK(nt__win32_ask(m, fake_wide("\\\\.\\D:"),
                      NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, out,
                      sizeof(out), &length) == 0 &&
            length == 4 && out[3] == 4,
        "a question without a handle of its own");
  CHECK(fake_os.access == 0 && fake_os.opened == 0,
        "needs no access and leaves nothing open");
  struct fake_open opens[] = {{.name = "D:", .error = 2}, {0}};
  fake_os.opens = opens;
  CHECK(nt__win32_ask(m, fake_wide("\\\\.\\D:"),
                      NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, out,
                      sizeof(out), &length) == NT_STATUS_OBJECT_NAME_NOT_FOUND,
        "answers why it did not open");
  lab_end(NULL);
}

static void test_missing(void) {
  struct nt_error err = {0};
  CHECK(nt__win32_missing(&err, "CancelIoEx") == NT_STATUS_NOT_SUPPORTED &&
            strstr(err.detail, "CancelIoEx") != NULL &&
            next_of(&err)[0] != '\0',
        "what this Windows does not have");
}

/* ---- the other system call (obs 35) -------------------------------------- */

static void test_other_entry(void) {
  struct nt_handle *h = open_volume(NULL);
  fake_os.log[0] = '\0';
  memset(&lab_err, 0, sizeof(lab_err));
  CHECK(nt_control_by(h, false, NT_FSCTL_LOCK_VOLUME, NULL, 0, NULL, 0, NULL,
                      &lab_err) == NT_STATUS_INVALID_DEVICE_REQUEST &&
            has_reason("wrong_entry") && next_of(&lab_err)[0] != '\0',
        "obs 35: a lock as device control is the device's to answer");
  CHECK(fake_log_has("control through the wrong door", NULL),
        "it goes where it was sent");
  CHECK(!h->locked, "and locks nothing");
  fake_os.log[0] = '\0';
  memset(&lab_err, 0, sizeof(lab_err));
  CHECK(nt_control_by(h, true, NT_IOCTL_VOLUME_OFFLINE, NULL, 0, NULL, 0, NULL,
                      &lab_err) == NT_STATUS_INVALID_DEVICE_REQUEST &&
            has_reason("wrong_entry"),
        "obs 35: offline as file system control is the file system's");
  CHECK(fake_log_has("control through the wrong door", NULL),
        "it goes where it was sent");
  lab_end(h);
}

static void test_own_entry(void) {
  struct fake_answer answers[] = {{.code = NT_FSCTL_LOCK_VOLUME}, {0}};
  struct nt_handle *h = open_volume(answers);
  memset(&lab_err, 0, sizeof(lab_err));
  CHECK(nt_ok(nt_control_by(h, true, NT_FSCTL_LOCK_VOLUME, NULL, 0, NULL, 0,
                            NULL, &lab_err)) &&
            h->locked,
        "through its own it is as ever");
  CHECK(!fake_log_has("control through the wrong door", NULL), "each its way");
  lab_end(h);
}

int main(void) {
  test_machine();
  test_kinds();
  test_sector_sizes();
  test_options();
  test_refused_opens();
  test_sharing_violation();
  test_locked_by_other();
  test_routes();
  test_access_bits();
  test_lengths();
  test_direct_buffers();
  test_refusals();
  test_busy_then_free();
  test_already_locked();
  test_system_volume();
  test_wrong_handles();
  test_offline();
  test_cluster_shared();
  test_dynamic_disks();
  test_not_ready();
  test_pending();
  test_pending_data();
  test_timeout();
  test_cancel_races();
  test_cancelled_by_others();
  test_never_ends();
  test_stuck_open();
  test_wait_fails();
  test_transfers();
  test_aligned_memory();
  test_ends();
  test_alignment();
  test_data_access();
  test_disk_ends();
  test_direct_writes();
  test_garbage_counts();
  test_timed_out_transfer();
  test_files();
  test_close();
  test_reopen();
  test_ask();
  test_missing();
  test_other_entry();
  test_own_entry();
  fake_os_reset();
  return check_done();
}
