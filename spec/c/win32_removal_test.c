/*
 * Uninstalling and ejecting on a Windows of fakes: what is refused before Plug
 * and Play is asked, what it is asked for, and how it refuses.
 */
#include <stdlib.h>

#include "check.h"
#include "fake_os.h"
#include "next.h"
#include "nt/win32/removal/removal.h"

#define GUID_C "\\\\?\\Volume{00000000-2222-3333-4444-555555555555}"
#define GUID_D "\\\\?\\Volume{11111111-2222-3333-4444-555555555555}"
#define GUID_E "\\\\?\\Volume{22222222-2222-3333-4444-555555555555}"

/* ---- the world ----------------------------------------------------------- */

/* C: is the system's, on disk 0; D: lies on disk 1; disk 2 is empty; E: is a
 * CD. The number of a device is that of its row. */
static const uint8_t volume_class[16] = {0x0D, 0x63, 0xF5, 0x53, 0xBF, 0xB6,
                                         0xD0, 0x11, 0x94, 0xF2, 0x00, 0xA0,
                                         0xC9, 0x1E, 0xFB, 0x8B};
static const uint8_t disk_class[16] = {0x07, 0x63, 0xF5, 0x53, 0xBF, 0xB6,
                                       0xD0, 0x11, 0x94, 0xF2, 0x00, 0xA0,
                                       0xC9, 0x1E, 0xFB, 0x8B};
static const uint8_t cd_rom_class[16] = {0x08, 0x63, 0xF5, 0x53, 0xBF, 0xB6,
                                         0xD0, 0x11, 0x94, 0xF2, 0x00, 0xA0,
                                         0xC9, 0x1E, 0xFB, 0x8B};

enum { DEVICE_C = 1, DEVICE_D, DISK_0, DISK_1, DISK_2, CD_ROM };

static const struct fake_interface all_interfaces[] = {
    {volume_class, "\\\\?\\Volume#c", "STORAGE\\VOLUME\\C"},
    {volume_class, "\\\\?\\Volume#d", "STORAGE\\VOLUME\\D"},
    {disk_class, "\\\\?\\Disk#0", "SCSI\\DISK\\0"},
    {disk_class, "\\\\?\\Disk#1", "SCSI\\DISK\\1"},
    {disk_class, "\\\\?\\Disk#2", "SCSI\\DISK\\2"},
    {cd_rom_class, "\\\\?\\CdRom#0", "SCSI\\CDROM\\0"},
    {NULL, NULL, NULL},
};

static const struct fake_volume all_volumes[] = {
    {.guid_path = GUID_C "\\",
     .paths = {"C:\\"},
     .device = "\\Device\\HarddiskVolume1",
     .file_system = "NTFS"},
    {.guid_path = GUID_D "\\",
     .paths = {"D:\\", "C:\\mnt\\data\\"},
     .device = "\\Device\\HarddiskVolume3",
     .file_system = "NTFS"},
    {.guid_path = GUID_E "\\",
     .paths = {"E:\\"},
     .device = "\\Device\\CdRom0",
     .drive_type = NT_WIN32_DRIVE_CDROM,
     .file_system = "CDFS"},
    {.guid_path = NULL},
};

static struct fake_volume volumes[4];
static struct fake_answer answers[40];
static struct nt_win32_os table;
static struct nt_machine *machine;
static struct nt_holder err_holders[NT_MAX_HOLDERS];
static struct nt_error err = {.holders = err_holders};

/* Bytes of answers, until the next world. */
static unsigned char bytes[4096];
static size_t bytes_used;

static struct fake_answer *answer(uint32_t code, const char *name,
                                  size_t length) {
  struct fake_answer *row = answers;
  while (row->code != 0) {
    row++;
  }
  *row = (struct fake_answer){.code = code,
                              .name = name,
                              .data = bytes + bytes_used,
                              .length = (uint32_t)length};
  memset(bytes + bytes_used, 0, length);
  bytes_used += length;
  return row;
}

static void answer_name(const char *name, const char *device) {
  size_t length = strlen(device);
  unsigned char *at = bytes + bytes_used;
  answer(NT_IOCTL_MOUNTDEV_QUERY_DEVICE_NAME, name, 2 + 2 * length);
  at[0] = (unsigned char)(2 * length);
  for (size_t i = 0; i < length; i++) {
    at[2 + 2 * i] = (unsigned char)device[i];
  }
}

static void answer_number(const char *name, unsigned char type,
                          unsigned char number, unsigned char partition) {
  unsigned char *at = bytes + bytes_used;
  answer(NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, name, 12);
  at[0] = type;
  at[4] = number;
  at[8] = partition;
}

/* VOLUME_DISK_EXTENTS with one extent of 1 MiB on each of the disks. */
static void answer_extents(const char *name, const char *disks) {
  unsigned char *at = bytes + bytes_used;
  size_t count = strlen(disks);
  answer(NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, name, 8 + 24 * count);
  at[0] = (unsigned char)count;
  for (size_t i = 0; i < count; i++) {
    at[8 + 24 * i] = (unsigned char)(disks[i] - '0');
    at[8 + 24 * i + 10] = (unsigned char)(0x10 + 0x20 * i);
    at[8 + 24 * i + 18] = 0x10;
  }
}

static void answer_volume(const char *letter, const char *guid,
                          const char *interface, const char *device) {
  answer_name(letter, device);
  answer_name(guid, device);
  answer_name(interface, device);
  answer_name(device, device);
}

static void begin(void) {
  fake_os_reset();
  memset(answers, 0, sizeof(answers));
  bytes_used = 0;
  memcpy(volumes, all_volumes, sizeof(volumes));
  fake_os.volumes = volumes;
  fake_os.answers = answers;
  fake_os.interfaces = all_interfaces;
  fake_os.parents = 1;
  table = fake_os_table;
  nt_error_clear(&err);
}

/* The rows that a test put before these win. */
static void connect_machine(void) {
  struct nt_error ignored = {0};
  answer_volume("C:", GUID_C, "Volume#c", "\\Device\\HarddiskVolume1");
  answer_volume("D:", GUID_D, "Volume#d", "\\Device\\HarddiskVolume3");
  answer_extents(GUID_C, "0");
  answer_extents(GUID_D, "1");
  answer_number("PhysicalDrive0", 7, 0, 0);
  answer_number("PhysicalDrive1", 7, 1, 0);
  answer_number("PhysicalDrive2", 7, 2, 0);
  answer_number("Disk#0", 7, 0, 0);
  answer_number("Disk#1", 7, 1, 0);
  answer_number("Disk#2", 7, 2, 0);
  answer_number("D:", 7, 1, 1);
  answer_number(GUID_D, 7, 1, 1);
  answer_number("Volume#d", 7, 1, 1);
  answer_number("E:", 2, 0, 0xFF);
  answer_number(GUID_E, 2, 0, 0xFF);
  answer_number("CdRom#0", 2, 0, 0xFF);
  if (!nt_ok(nt_win32_connect(&table, &machine, &ignored))) {
    printf("Bail out! no memory\n");
    exit(1);
  }
}

static nt_status uninstall(const char *name) {
  return nt_uninstall(machine, name, &err);
}

static nt_status eject(const char *name) {
  return nt_eject(machine, name, &err);
}

static bool end(void) {
  nt_disconnect(machine);
  bool clean = fake_os.opened == 0 && fake_os.wrong_closes == 0;
  fake_os_reset();
  return clean;
}

static bool reason_is(const char *reason) {
  bool same = err.reason != NULL && strcmp(err.reason, reason) == 0;
  if (!same) {
    printf("# reason: %s\n", err.reason != NULL ? err.reason : "none");
  }
  return same && next_of(&err)[0] != '\0';
}

static bool told(const char *part) {
  char message[1024];
  nt_error_format(&err, message, sizeof(message));
  bool found = strstr(message, part) != NULL;
  if (!found) {
    printf("# message: %s\n", message);
  }
  return found;
}

static bool plug_and_play_was_asked(void) {
  return fake_log_count("query_and_remove") > 0 ||
         fake_log_count("request_eject") > 0 ||
         fake_log_count("remove_device") > 0;
}

static int open_at_removal;

static uint32_t true_remove(uint32_t device, struct nt_win32_veto *veto) {
  open_at_removal = fake_os.opened;
  return fake_os_table.query_and_remove(device, veto);
}

static uint32_t true_eject(uint32_t device, struct nt_win32_veto *veto) {
  open_at_removal = fake_os.opened;
  return fake_os_table.request_eject(device, veto);
}

/* ---- uninstalling -------------------------------------------------------- */

static void uninstalls(void) {
  static const struct {
    const char *name, *line;
  } rows[] = {
      {"D:", "query_and_remove 2"},
      {"\\\\.\\d:", "query_and_remove 2"},
      {GUID_D, "query_and_remove 2"},
      {"C:\\mnt\\data", "query_and_remove 2"},
      {"\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3", "query_and_remove 2"},
      {"PhysicalDrive2", "query_and_remove 5"},
      {"\\\\.\\PhysicalDrive2", "query_and_remove 5"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    begin();
    table.query_and_remove = true_remove;
    connect_machine();
    open_at_removal = -1;
    CHECK(uninstall(rows[i].name) == NT_STATUS_SUCCESS &&
              fake_log_has("interfaces", "device_of_interface",
                           "enable_privilege SeLoadDriverPrivilege",
                           rows[i].line, NULL),
          "5.2: %s is removed: %s", rows[i].name, rows[i].line);
    CHECK(open_at_removal == 0, "5.2: no handle of ours is open then");
    CHECK(fake_log_count("remove_device") == 0, "5.2: by one way only");
    CHECK(end(), "uninstall: everything is closed once");
  }
}

static void found_by_number(void) {
  begin();
  answer(NT_IOCTL_MOUNTDEV_QUERY_DEVICE_NAME, NULL, 0)->status =
      NT_STATUS_INVALID_DEVICE_REQUEST;
  connect_machine();
  CHECK(uninstall("D:") == NT_STATUS_SUCCESS &&
            fake_log_has("query_and_remove 2", NULL),
        "a volume without a device name is found by its number");
  CHECK(end(), "by number: everything is closed once");

  begin();
  answer_number("Volume#c", 7, 1, 2);
  answer(NT_IOCTL_MOUNTDEV_QUERY_DEVICE_NAME, NULL, 0)->status =
      NT_STATUS_INVALID_DEVICE_REQUEST;
  connect_machine();
  CHECK(uninstall("D:") == NT_STATUS_SUCCESS &&
            fake_log_has("query_and_remove 2", NULL),
        "another partition of the same disk is another volume");
  CHECK(end(), "by partition: everything is closed once");
}

static void refused_before(nt_status (*verb)(const char *name),
                           const char *name, nt_status wanted,
                           const char *reason, const char *what) {
  CHECK(verb(name) == wanted && reason_is(reason), "%s", what);
  CHECK(!plug_and_play_was_asked() && fake_log_count("enable_privilege") == 0,
        "%s: before anything is asked for", what);
  CHECK(end(), "%s: everything is closed once", what);
}

static void system_volumes(void) {
  static const char *const pages[] = {"\\??\\D:\\pagefile.sys", NULL};
  static nt_status (*const verbs[])(const char *) = {uninstall, eject};
  static const char *const names[] = {"uninstall", "eject"};
  for (int i = 0; i < 2; i++) {
    printf("# %s\n", names[i]);
    begin();
    connect_machine();
    refused_before(verbs[i], "C:", NT_STATUS_ACCESS_DENIED, "system_volume",
                   "the system's volume is refused");
    begin();
    connect_machine();
    refused_before(verbs[i], "PhysicalDrive0", NT_STATUS_ACCESS_DENIED,
                   "system_volume", "the system's disk is refused");
    begin();
    connect_machine();
    fake_os.page_files = pages;
    refused_before(verbs[i], "D:", NT_STATUS_ACCESS_DENIED, "page_file",
                   "a volume with a page file is refused");
    begin();
    connect_machine();
    fake_os.page_files = pages;
    refused_before(verbs[i], "PhysicalDrive1", NT_STATUS_ACCESS_DENIED,
                   "page_file", "a disk with a page file is refused");
  }
}

/* Volumes that do not tell their extents. */
static void places(void) {
  begin();
  answer(NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, NULL, 0)->status =
      NT_STATUS_INVALID_DEVICE_REQUEST;
  connect_machine();
  refused_before(uninstall, "PhysicalDrive2", NT_STATUS_ACCESS_DENIED,
                 "system_volume",
                 "a system volume that lies nobody knows where may lie here");

  begin();
  answer(NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, NULL, 0)->status =
      NT_STATUS_INVALID_DEVICE_REQUEST;
  answer_number(GUID_C, 7, 0, 1);
  connect_machine();
  refused_before(uninstall, "PhysicalDrive1", NT_STATUS_DEVICE_BUSY,
                 "volumes_installed",
                 "a volume without extents is on the disk of its number");

  begin();
  answer_extents(GUID_D, "12");
  connect_machine();
  refused_before(uninstall, "PhysicalDrive2", NT_STATUS_DEVICE_BUSY,
                 "volumes_installed", "a volume on two disks is on both");

  begin();
  answer(NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, "Volume{0", 0)->status =
      NT_STATUS_INVALID_DEVICE_REQUEST;
  connect_machine();
  CHECK(uninstall("PhysicalDrive2") == NT_STATUS_SUCCESS,
        "the CD with number 0 is on no disk");
  CHECK(end(), "places: everything is closed once");
}

static void refused_names(void) {
  begin();
  connect_machine();
  CHECK(uninstall("PhysicalDrive1") == NT_STATUS_DEVICE_BUSY &&
            reason_is("volumes_installed") &&
            told("1 of its volumes are still installed"),
        "5.2: a disk goes after its volumes");
  CHECK(!plug_and_play_was_asked(), "5.2: and nothing was asked for");
  CHECK(end(), "installed: everything is closed once");

  static const char *const paths[] = {"D:\\", "D:\\file", "C:\\mnt"};
  for (size_t i = 0; i < 3; i++) {
    begin();
    connect_machine();
    refused_before(uninstall, paths[i], NT_STATUS_INVALID_PARAMETER,
                   "not_a_volume", paths[i]);
    begin();
    connect_machine();
    refused_before(eject, paths[i], NT_STATUS_INVALID_PARAMETER, "not_a_volume",
                   paths[i]);
  }
  begin();
  connect_machine();
  CHECK(uninstall("no name at all") == NT_STATUS_OBJECT_NAME_INVALID &&
            !plug_and_play_was_asked(),
        "what is no name is refused");
  CHECK(end(), "no name: everything is closed once");
}

static void not_there(void) {
  static const struct fake_interface none[] = {{NULL, NULL, NULL}};
  struct fake_open opens[] = {{.name = "PhysicalDrive9",
                               .error = NT_WIN32_ERROR_FILE_NOT_FOUND,
                               .status = NT_STATUS_OBJECT_NAME_NOT_FOUND},
                              {.name = NULL}};
  begin();
  connect_machine();
  fake_os.opens = opens;
  CHECK(uninstall("PhysicalDrive9") == NT_STATUS_OBJECT_NAME_NOT_FOUND &&
            next_of(&err)[0] != '\0' && !plug_and_play_was_asked(),
        "a disk that is not there is not found");
  CHECK(end(), "not there: everything is closed once");

  begin();
  connect_machine();
  fake_os.interfaces = none;
  CHECK(uninstall("D:") == NT_STATUS_NO_SUCH_DEVICE &&
            next_of(&err)[0] != '\0' && !plug_and_play_was_asked(),
        "a volume that Plug and Play does not know");
  CHECK(end(), "unknown: everything is closed once");

  begin();
  answer(NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, "PhysicalDrive2", 0)->status =
      NT_STATUS_INVALID_DEVICE_REQUEST;
  answer_name("PhysicalDrive2", "\\Device\\Harddisk2\\DR2");
  connect_machine();
  CHECK(uninstall("PhysicalDrive2") == NT_STATUS_NOT_SUPPORTED &&
            next_of(&err)[0] != '\0' && !plug_and_play_was_asked(),
        "a disk without a number could be any");
  CHECK(end(), "no number: everything is closed once");
}

/* Drivers that answer less than they should. */
static void short_answers(void) {
  begin();
  answer(NT_IOCTL_MOUNTDEV_QUERY_DEVICE_NAME, "D:", 1);
  answer_number("D:", 7, 1, 1);
  connect_machine();
  CHECK(uninstall("D:") == NT_STATUS_SUCCESS &&
            fake_log_has("query_and_remove 2", NULL),
        "half a device name is none");
  CHECK(end(), "half a name: everything is closed once");

  begin();
  unsigned char *at = bytes + bytes_used;
  answer(NT_IOCTL_MOUNTDEV_QUERY_DEVICE_NAME, "D:", 8);
  at[0] = 200;
  answer(NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, "D:", 4);
  connect_machine();
  CHECK(uninstall("D:") == NT_STATUS_INFO_LENGTH_MISMATCH &&
            next_of(&err)[0] != '\0' && !plug_and_play_was_asked(),
        "a name that is longer than its answer, and half a number");
  CHECK(end(), "half a number: everything is closed once");
}

/* ---- how Plug and Play refuses ------------------------------------------- */

static void vetoes(void) {
  static const struct {
    uint32_t type;
    const char *name;
    nt_status status;
    const char *reason;
    enum nt_class cls;
  } rows[] = {
      {0, "unknown", NT_STATUS_DEVICE_BUSY, "vetoed", NT_CLASS_TRANSIENT},
      {1, "legacy device", NT_STATUS_DEVICE_BUSY, "vetoed", NT_CLASS_PERMANENT},
      {2, "pending close", NT_STATUS_DEVICE_BUSY, "in_use", NT_CLASS_TRANSIENT},
      {3, "windows application", NT_STATUS_DEVICE_BUSY, "in_use",
       NT_CLASS_TRANSIENT},
      {4, "windows service", NT_STATUS_DEVICE_BUSY, "in_use",
       NT_CLASS_TRANSIENT},
      {5, "outstanding open", NT_STATUS_DEVICE_BUSY, "in_use",
       NT_CLASS_TRANSIENT},
      {6, "device", NT_STATUS_DEVICE_BUSY, "vetoed", NT_CLASS_TRANSIENT},
      {7, "driver", NT_STATUS_DEVICE_BUSY, "vetoed", NT_CLASS_TRANSIENT},
      {8, "illegal device request", NT_STATUS_DEVICE_BUSY, "vetoed",
       NT_CLASS_PERMANENT},
      {9, "insufficient power", NT_STATUS_DEVICE_BUSY, "vetoed",
       NT_CLASS_TRANSIENT},
      {10, "non-disableable", NT_STATUS_DEVICE_BUSY, "vetoed",
       NT_CLASS_PERMANENT},
      {11, "legacy driver", NT_STATUS_DEVICE_BUSY, "vetoed",
       NT_CLASS_PERMANENT},
      {12, "insufficient rights", NT_STATUS_ACCESS_DENIED, "privilege",
       NT_CLASS_PERMANENT},
      {13, "already removed", NT_STATUS_DEVICE_BUSY, "vetoed",
       NT_CLASS_PERMANENT},
      {14, "unknown", NT_STATUS_DEVICE_BUSY, "vetoed", NT_CLASS_TRANSIENT},
      {UINT32_MAX, "unknown", NT_STATUS_DEVICE_BUSY, "vetoed",
       NT_CLASS_TRANSIENT},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    begin();
    connect_machine();
    fake_os.removal = 0x17;
    fake_os.veto.type = rows[i].type;
    memcpy(fake_os.veto.name, fake_wide("WSearch"), 8 * sizeof(nt_wchar));
    CHECK(uninstall("D:") == rows[i].status && reason_is(rows[i].reason) &&
              nt_error_class(&err) == rows[i].cls,
          "veto %u: %s", (unsigned)rows[i].type, rows[i].reason);
    CHECK(err.veto_type != NULL && strcmp(err.veto_type, rows[i].name) == 0 &&
              strcmp(err.veto_name, "WSearch") == 0 && told(rows[i].name) &&
              told(" 'WSearch'"),
          "veto %u: %s and its name are kept and shown", (unsigned)rows[i].type,
          rows[i].name);
    CHECK(fake_log_count("query_and_remove") == 1 &&
              fake_log_count("remove_device") == 0,
          "veto %u: a veto is an answer, no other way is tried",
          (unsigned)rows[i].type);
    CHECK(end(), "veto: everything is closed once");
  }
}

static void holders(void) {
  static const struct fake_process users[] = {{812, "backup.exe"}, {0, NULL}};
  struct fake_open opens[] = {
      {.name = "D:", .times = 2},
      {.name = "D:", .error = NT_WIN32_ERROR_ACCESS_DENIED},
      {.name = NULL}};
  begin();
  connect_machine();
  fake_os.removal = 0x17;
  fake_os.veto.type = 5;
  fake_os.users = users;
  CHECK(uninstall("D:") == NT_STATUS_DEVICE_BUSY && err.holder_count == 1 &&
            told("vetoed: outstanding open:") && told("backup.exe (pid 812"),
        "an outstanding open is looked for; a veto without a name has none");
  CHECK((fake_os.access & (NT_FILE_READ_DATA | NT_FILE_WRITE_DATA)) == 0,
        "by a handle that mounts nothing");
  CHECK(end(), "holders: everything is closed once");

  begin();
  connect_machine();
  fake_os.removal = 0x17;
  fake_os.veto.type = 5;
  fake_os.opens = opens;
  CHECK(uninstall("D:") == NT_STATUS_DEVICE_BUSY && err.holder_count == 0 &&
            err.holders_missing != NULL,
        "where nobody can be asked, the list says so");
  CHECK(end(), "no holders: everything is closed once");
}

static void results(void) {
  static const struct {
    uint32_t configret;
    nt_status status;
    const char *reason;
  } rows[] = {
      {0x02, NT_STATUS_NO_MEMORY, NULL},
      {0x05, NT_STATUS_NO_SUCH_DEVICE, "removed"},
      {0x0D, NT_STATUS_NO_SUCH_DEVICE, "removed"},
      {0x22, NT_STATUS_DEVICE_BUSY, "restart_needed"},
      {0x24, NT_STATUS_NO_SUCH_DEVICE, "removed"},
      {0x32, NT_STATUS_NOT_SUPPORTED, NULL},
      {0x33, NT_STATUS_ACCESS_DENIED, "privilege"},
      {0x13, NT_STATUS_UNSUCCESSFUL, NULL},
      {0x99, NT_STATUS_UNSUCCESSFUL, NULL},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    begin();
    connect_machine();
    fake_os.removal = rows[i].configret;
    nt_status status = uninstall("D:");
    CHECK(status == rows[i].status && next_of(&err)[0] != '\0' &&
              (rows[i].reason == NULL || reason_is(rows[i].reason)) &&
              err.veto_type == NULL,
          "CONFIGRET 0x%02X: %s", (unsigned)rows[i].configret, err.detail);
    CHECK(fake_log_count("remove_device") == 0,
          "CONFIGRET 0x%02X: no other way is tried",
          (unsigned)rows[i].configret);
    CHECK(end(), "results: everything is closed once");
  }
}

/* ---- DIF_REMOVE ---------------------------------------------------------- */

static void by_installer(void) {
  static const uint32_t wrong_ways[] = {0x20, 0x28, 0x34};
  for (size_t i = 0; i < 3; i++) {
    begin();
    connect_machine();
    fake_os.removal = wrong_ways[i];
    CHECK(uninstall("D:") == NT_STATUS_SUCCESS &&
              fake_log_has("query_and_remove 2",
                           "remove_device STORAGE\\VOLUME\\D", NULL),
          "5.2: after 0x%02X by DIF_REMOVE", (unsigned)wrong_ways[i]);
    CHECK(end(), "wrong way: everything is closed once");
    begin();
    table.remove_device = NULL;
    connect_machine();
    fake_os.removal = wrong_ways[i];
    CHECK(
        uninstall("D:") == NT_STATUS_NOT_SUPPORTED && next_of(&err)[0] != '\0',
        "without DIF_REMOVE 0x%02X is the answer", (unsigned)wrong_ways[i]);
    CHECK(end(), "no way: everything is closed once");
  }
  begin();
  table.query_and_remove = NULL;
  connect_machine();
  CHECK(
      uninstall("PhysicalDrive2") == NT_STATUS_SUCCESS &&
          fake_log_has("enable_privilege", "remove_device SCSI\\DISK\\2", NULL),
      "5.2: by DIF_REMOVE where the other is missing");
  CHECK(end(), "by DIF_REMOVE: everything is closed once");

  begin();
  table.query_and_remove = NULL;
  connect_machine();
  fake_os.reboot = true;
  CHECK(uninstall("D:") == NT_STATUS_DEVICE_BUSY &&
            reason_is("restart_needed") &&
            nt_error_class(&err) == NT_CLASS_PERMANENT && told("restart"),
        "a removal that ends at the next start is not done");
  CHECK(end(), "reboot: everything is closed once");

  begin();
  table.query_and_remove = NULL;
  connect_machine();
  fake_os.remove_error = NT_WIN32_ERROR_ACCESS_DENIED;
  CHECK(uninstall("D:") == NT_STATUS_ACCESS_DENIED && err.native == 5 &&
            next_of(&err)[0] != '\0',
        "DIF_REMOVE refuses with an error");
  CHECK(end(), "refused: everything is closed once");
}

static uint32_t no_privilege(const nt_wchar *name) {
  fake_os_table.enable_privilege(name);
  return 1300; /* ERROR_NOT_ALL_ASSIGNED */
}

static void privilege(void) {
  begin();
  table.enable_privilege = no_privilege;
  connect_machine();
  CHECK(uninstall("D:") == NT_STATUS_PRIVILEGE_NOT_HELD &&
            reason_is("privilege") && err.native == 1300 &&
            told("SeLoadDriverPrivilege"),
        "5.2: SeLoadDriverPrivilege is needed");
  CHECK(!plug_and_play_was_asked(), "privilege: nothing was asked for");
  CHECK(end(), "privilege: everything is closed once");

  begin();
  table.enable_privilege = NULL;
  connect_machine();
  CHECK(uninstall("D:") == NT_STATUS_SUCCESS,
        "without the function Plug and Play decides");
  CHECK(end(), "no function: everything is closed once");
}

/* ---- ejecting ------------------------------------------------------------ */

static void ejects(void) {
  static const struct {
    const char *name, *line;
  } rows[] = {
      {"D:", "request_eject 104"},
      {GUID_D, "request_eject 104"},
      {"PhysicalDrive1", "request_eject 104"},
      {"PhysicalDrive2", "request_eject 105"},
      {"E:", "request_eject 106"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    begin();
    table.request_eject = true_eject;
    connect_machine();
    open_at_removal = -1;
    CHECK(eject(rows[i].name) == NT_STATUS_SUCCESS &&
              fake_log_has("parent_device", rows[i].line, NULL),
          "5.2: %s: the parent of its disk: %s", rows[i].name, rows[i].line);
    CHECK(open_at_removal == 0 && fake_log_count("request_eject") == 1,
          "eject: asked once, and no handle of ours is open then");
    CHECK(end(), "eject: everything is closed once");
  }
}

static void disk_with_a_name(void) {
  begin();
  answer_name("Disk#1", "\\Device\\Harddisk1\\DR1");
  connect_machine();
  CHECK(eject("D:") == NT_STATUS_SUCCESS &&
            fake_log_has("request_eject 104", NULL),
        "the disk of a volume is found by its number, whatever its name");
  CHECK(end(), "disk with a name: everything is closed once");
}

static uint32_t one_parent(uint32_t device, uint32_t *parent) {
  uint32_t result = fake_os_table.parent_device(device, parent);
  *parent = 500;
  return result;
}

static void siblings(void) {
  begin();
  table.parent_device = one_parent;
  connect_machine();
  CHECK(eject("D:") == NT_STATUS_SUCCESS &&
            fake_log_has("request_eject 4", NULL) &&
            fake_log_count("request_eject") == 1,
        "where other disks hang on the parent, it is the disk alone");
  CHECK(end(), "siblings: everything is closed once");

  begin();
  connect_machine();
  fake_os.parents = 0;
  CHECK(eject("D:") == NT_STATUS_NO_SUCH_DEVICE && next_of(&err)[0] != '\0' &&
            !plug_and_play_was_asked(),
        "a disk without a parent");
  CHECK(end(), "no parent: everything is closed once");
}

static int tries;

static uint32_t third_time(uint32_t device, struct nt_win32_veto *veto) {
  uint32_t result = fake_os_table.request_eject(device, veto);
  if (++tries < 3) {
    return result;
  }
  veto->type = 0;
  return 0;
}

static uint32_t success_with_veto(uint32_t device, struct nt_win32_veto *veto) {
  fake_os_table.request_eject(device, veto);
  return 0;
}

static void eject_vetoes(void) {
  begin();
  connect_machine();
  fake_os.removal = 0x17;
  fake_os.veto.type = 6;
  CHECK(eject("D:") == NT_STATUS_DEVICE_BUSY && reason_is("vetoed") &&
            told("the ejection was vetoed: device"),
        "5.2: a veto of an ejection");
  CHECK(fake_log_count("request_eject") == 3 && fake_log_count("wait") == 0,
        "5.2: three tries, without waiting");
  CHECK(end(), "three tries: everything is closed once");

  begin();
  tries = 0;
  table.request_eject = third_time;
  connect_machine();
  fake_os.removal = 0x17;
  fake_os.veto.type = 5;
  CHECK(eject("D:") == NT_STATUS_SUCCESS && tries == 3 && err.veto_type == NULL,
        "5.2: the third try succeeds");
  CHECK(end(), "third try: everything is closed once");

  begin();
  connect_machine();
  fake_os.removal = 0x17;
  fake_os.veto.type = 8;
  CHECK(eject("D:") == NT_STATUS_DEVICE_BUSY &&
            fake_log_count("request_eject") == 1,
        "what waiting does not change is asked once");
  CHECK(end(), "one try: everything is closed once");

  begin();
  table.request_eject = success_with_veto;
  connect_machine();
  fake_os.veto.type = 4;
  CHECK(eject("D:") == NT_STATUS_DEVICE_BUSY && reason_is("in_use") &&
            err.veto_type != NULL,
        "a success that names a veto is a veto");
  CHECK(end(), "success with veto: everything is closed once");

  begin();
  connect_machine();
  fake_os.removal = 0x33;
  CHECK(eject("D:") == NT_STATUS_ACCESS_DENIED && reason_is("privilege") &&
            fake_log_count("request_eject") == 1,
        "access denied is no veto");
  CHECK(end(), "denied: everything is closed once");
}

/* A volume on several disks has no number of its own. */
static void no_number(const char *name) {
  answer(NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, name, 0)->status =
      NT_STATUS_INVALID_DEVICE_REQUEST;
}

static void spanned(void) {
  begin();
  no_number("D:");
  no_number(GUID_D);
  answer_extents(GUID_D, "12");
  connect_machine();
  refused_before(eject, "D:", NT_STATUS_NOT_SUPPORTED, "spanned",
                 "a volume on two disks has no one device");

  begin();
  no_number("D:");
  no_number(GUID_D);
  answer_extents(GUID_D, "22");
  connect_machine();
  CHECK(eject("D:") == NT_STATUS_SUCCESS &&
            fake_log_has("request_eject 105", NULL),
        "two extents on one disk are one disk");
  CHECK(end(), "one disk: everything is closed once");

  begin();
  no_number("D:");
  no_number(GUID_D);
  answer(NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, GUID_D, 0)->status =
      NT_STATUS_INVALID_DEVICE_REQUEST;
  connect_machine();
  CHECK(eject("D:") == NT_STATUS_NOT_SUPPORTED && next_of(&err)[0] != '\0' &&
            !plug_and_play_was_asked(),
        "a volume that tells neither number nor extents");
  CHECK(end(), "neither: everything is closed once");
}

/* ---- missing functions, and every call fails once ------------------------ */

static void check_missing(nt_status (*verb)(const char *name),
                          const char *what) {
  connect_machine();
  CHECK(verb("D:") == NT_STATUS_NOT_SUPPORTED && next_of(&err)[0] != '\0' &&
            told("this Windows has no"),
        "a Windows without %s answers not supported", what);
  CHECK(!plug_and_play_was_asked() && end(), "without %s nothing is done",
        what);
}

static void missing(void) {
  begin();
  table.query_and_remove = NULL;
  table.remove_device = NULL;
  check_missing(uninstall, "any way to remove");
  begin();
  table.interfaces = NULL;
  check_missing(uninstall, "interfaces");
  begin();
  table.device_of_interface = NULL;
  check_missing(uninstall, "device_of_interface");
  begin();
  table.request_eject = NULL;
  check_missing(eject, "request_eject");
  begin();
  table.parent_device = NULL;
  check_missing(eject, "parent_device");
  begin();
  table.interfaces = NULL;
  check_missing(eject, "interfaces");
}

/* More interfaces than fit at first. */
static void many_interfaces(void) {
  static struct fake_interface many[302];
  static char names[300][32];
  for (size_t i = 0; i < 300; i++) {
    snprintf(names[i], sizeof(names[i]), "\\\\?\\Disk#other%03u", (unsigned)i);
    many[i] = (struct fake_interface){disk_class, names[i], NULL};
  }
  many[300] = all_interfaces[DISK_2 - 1];
  begin();
  answer(NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, "other", 0)->status =
      NT_STATUS_INVALID_DEVICE_REQUEST;
  connect_machine();
  fake_os.interfaces = many;
  CHECK(uninstall("PhysicalDrive2") == NT_STATUS_SUCCESS &&
            fake_log_count("interfaces") == 2,
        "a list that does not fit is asked for again");
  CHECK(end(), "many: everything is closed once");
}

static void sweep(nt_status (*verb)(const char *name), const char *name,
                  const char *what) {
  bool clean = true, hinted = true, honest = true;
  int n = 0, failed = 0;
  for (bool reached = true; reached; n++) {
    begin();
    connect_machine();
    fake_os.fail_at = n + 1;
    nt_status status = verb(name);
    reached = fake_os.calls > n;
    failed += !nt_ok(status);
    if (!nt_ok(status) && next_of(&err)[0] == '\0') {
      hinted = false;
      told("a hint");
    }
    honest = honest && (!nt_ok(status) || plug_and_play_was_asked());
    clean = end() && clean;
  }
  CHECK(n > 10 && failed >= 3, "%s: %d calls, %d of them end it", what, n,
        failed);
  CHECK(clean, "%s: handles are closed once, whatever call fails", what);
  CHECK(hinted, "%s: every failure says what to do next", what);
  CHECK(honest, "%s: success only where Plug and Play was asked", what);
}

int main(void) {
  uninstalls();
  found_by_number();
  system_volumes();
  places();
  refused_names();
  not_there();
  short_answers();
  vetoes();
  holders();
  results();
  by_installer();
  privilege();
  ejects();
  disk_with_a_name();
  siblings();
  eject_vetoes();
  spanned();
  missing();
  many_interfaces();
  sweep(uninstall, "D:", "uninstall of a volume");
  sweep(uninstall, "PhysicalDrive2", "uninstall of a disk");
  sweep(eject, "D:", "ejection");
  return check_done();
}
