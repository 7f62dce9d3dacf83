/*
 * Events of the Windows machine, from a listener of fakes: names, order, ids,
 * and what goes wrong while it starts.
 */
#include <stdlib.h>

#include "check.h"
#include "fake_os.h"
#include "next.h"
#include "nt/win32/events/event.h"

#define GUID_C "\\\\?\\Volume{00000000-2222-3333-4444-555555555555}"
#define GUID_D "\\\\?\\Volume{11111111-2222-3333-4444-555555555555}"
#define GUID_E "\\\\?\\Volume{22222222-2222-3333-4444-555555555555}"
#define VOLUME_CLASS "{53f5630d-b6bf-11d0-94f2-00a0c91efb8b}"
#define DISK_CLASS "{53f56307-b6bf-11d0-94f2-00a0c91efb8b}"
#define INTERFACE_D "\\\\?\\STORAGE#Volume#d#" VOLUME_CLASS
#define INTERFACE_E "\\\\?\\STORAGE#Volume#e#" VOLUME_CLASS
#define INTERFACE_DISK "\\\\?\\SCSI#Disk#1#" DISK_CLASS

/* Rows of volumes, and cookies as they are given at the start. What comes
 * later is behind the disk. */
enum { C, D, E, LATE_E };

/* ---- the world ----------------------------------------------------------- */

/* GUID_DEVINTERFACE_*, as in memory. */
static const uint8_t volume_class[16] = {0x0D, 0x63, 0xF5, 0x53, 0xBF, 0xB6,
                                         0xD0, 0x11, 0x94, 0xF2, 0x00, 0xA0,
                                         0xC9, 0x1E, 0xFB, 0x8B};
static const uint8_t disk_class[16] = {0x07, 0x63, 0xF5, 0x53, 0xBF, 0xB6,
                                       0xD0, 0x11, 0x94, 0xF2, 0x00, 0xA0,
                                       0xC9, 0x1E, 0xFB, 0x8B};

static const struct fake_volume all_volumes[] = {
    {.guid_path = GUID_C "\\",
     .paths = {"C:\\"},
     .device = "\\Device\\HarddiskVolume1"},
    {.guid_path = GUID_D "\\",
     .paths = {"C:\\mnt\\data\\", "D:\\"},
     .device = "\\Device\\HarddiskVolume3"},
    {.guid_path = GUID_E "\\", .device = "\\Device\\HarddiskVolume4"},
};
static struct fake_volume volumes[4];

static const struct fake_interface interfaces[] = {
    {volume_class, INTERFACE_D, NULL},
    {disk_class, INTERFACE_DISK, NULL},
    {NULL, NULL, NULL},
};

#define MAX_NOTES 10000
static struct nt_win32_notification *notes;
static struct nt_win32_os table;
static struct nt_machine *machine;
static struct nt_error err;
static struct nt_event event;
static uint64_t cursor;

/* MOUNTDEV_NAME of a device. */
struct device_name {
  unsigned char bytes[64];
  uint32_t length;
};

static void set_device_name(struct device_name *name, const char *text) {
  size_t length = strlen(text);
  memset(name, 0, sizeof(*name));
  name->bytes[0] = (unsigned char)(2 * length);
  for (size_t i = 0; i < length; i++) {
    name->bytes[2 + 2 * i] = (unsigned char)text[i];
  }
  name->length = (uint32_t)(2 + 2 * length);
}

static struct device_name name_d, name_e;
static const unsigned char disk_number[12] = {7, 0, 0, 0, 1};
static struct fake_answer answers[4];

static void begin(size_t volume_count) {
  fake_os_reset();
  memset(volumes, 0, sizeof(volumes));
  memcpy(volumes, all_volumes, volume_count * sizeof(volumes[0]));
  set_device_name(&name_d, "\\Device\\HarddiskVolume3");
  set_device_name(&name_e, "\\Device\\HarddiskVolume4");
  answers[0] = (struct fake_answer){.code = NT_IOCTL_MOUNTDEV_QUERY_DEVICE_NAME,
                                    .name = "Volume#d",
                                    .data = name_d.bytes,
                                    .length = name_d.length};
  answers[1] = (struct fake_answer){.code = NT_IOCTL_MOUNTDEV_QUERY_DEVICE_NAME,
                                    .name = "Volume#e",
                                    .data = name_e.bytes,
                                    .length = name_e.length};
  answers[2] = (struct fake_answer){.code = NT_IOCTL_STORAGE_GET_DEVICE_NUMBER,
                                    .name = "Disk#1",
                                    .data = disk_number,
                                    .length = sizeof(disk_number)};
  fake_os.volumes = volumes;
  fake_os.interfaces = interfaces;
  fake_os.answers = answers;
  fake_os.notifications = notes;
  table = fake_os_table;
  err = (struct nt_error){0};
  cursor = 0;
}

static void connect_machine(void) {
  struct nt_error ignored = {0};
  if (!nt_ok(nt_win32_connect(&table, &machine, &ignored))) {
    printf("Bail out! no memory\n");
    exit(1);
  }
}

static nt_status next(void) {
  return nt_next_event(machine, &cursor, &event, &err);
}

static bool end(void) {
  nt_disconnect(machine);
  bool clean = fake_os.opened == 0 && fake_os.wrong_closes == 0;
  fake_os_reset();
  return clean;
}

/* ---- notifications ------------------------------------------------------- */

static struct nt_win32_notification *note(enum nt_win32_notification_kind kind,
                                          uint32_t cookie) {
  struct nt_win32_notification *n = &notes[fake_os.notification_count++];
  memset(n, 0, sizeof(*n));
  n->kind = kind;
  n->cookie = cookie;
  n->time_us = 1000 + (int64_t)fake_os.notification_count;
  return n;
}

static void note_interface(enum nt_win32_notification_kind kind,
                           const char *name) {
  struct nt_win32_notification *n = note(kind, 0);
  const nt_wchar *wide = fake_wide(name);
  memcpy(n->name, wide, (nt__win32_length(wide) + 1) * sizeof(*wide));
}

static uint8_t hex_digit(char c) {
  return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* A GUID from its text: the first three fields lie in memory the other way
 * round. */
static void note_guid(const char *guid, uint32_t cookie) {
  static const int places[] = {3, 2, 1,  0,  5,  4,  7,  6,
                               8, 9, 10, 11, 12, 13, 14, 15};
  struct nt_win32_notification *n = note(NT_WIN32_CUSTOM, cookie);
  for (int i = 0; i < 16; i++, guid += 2) {
    guid += *guid == '-';
    n->guid[places[i]] =
        (uint8_t)(hex_digit(guid[0]) << 4 | hex_digit(guid[1]));
  }
}

#define LOCK "50708874-c9af-11d1-8fef-00a0c9a06d32"
#define UNLOCK "9a8c3d68-d0cb-11d1-8fef-00a0c9a06d32"
#define DISMOUNT "d16a55e8-1059-11d2-8ffd-00a0c9a06d32"
#define MOUNT "b5804878-1a96-11d2-8ffd-00a0c9a06d32"
#define NAME_CHANGE "2de97f83-4c06-11d2-a532-00609713055a"

static bool next_is(enum nt_event_kind kind, const char *name,
                    const char *target) {
  nt_status status = next();
  bool ok = status == NT_STATUS_SUCCESS && event.kind == kind &&
            strcmp(event.name, name) == 0 &&
            strcmp(event.target, target) == 0 && event.pid == 0;
  if (!ok) {
    printf("# 0x%08X, event %llu kind %d %s of %s\n", (unsigned)status,
           (unsigned long long)event.id, (int)event.kind, event.name,
           event.target);
  }
  return ok;
}

static bool no_more(void) {
  return next() == NT_STATUS_NO_MORE_ENTRIES && err.status == 0;
}

/* ---- volumes ------------------------------------------------------------- */

static void names(void) {
  static const struct {
    const char *guid, *name;
  } rows[] = {
      {DISMOUNT, "DISMOUNT"},
      {"e3c5b178-105d-11d2-8ffd-00a0c9a06d32", "DISMOUNT_FAILED"},
      {LOCK, "LOCK"},
      {"ae2eed10-0ba8-11d2-8ffb-00a0c9a06d32", "LOCK_FAILED"},
      {UNLOCK, "UNLOCK"},
      {MOUNT, "MOUNT"},
      {"799a0960-0a0b-4e03-ad88-2fa7c6ce748a", "NEED_CHKDSK"},
      {"f3bfff82-f3de-48d2-af95-457f80b763f2", "WORM_NEAR_FULL"},
      {"873113ca-1486-4508-82ac-c3b2e5297aaa", "WEARING_OUT"},
      {"411ad84f-433e-4dc2-a5ae-4a2d1a2de654", "FORCE_CLOSED"},
      {"3ab9a0d2-ef80-45cf-8cdc-cbe02a212906", "INFO_MAKE_COMPAT"},
      {"c79eb16e-0dac-4e7a-a86c-b25ceeaa88f6", "PREPARING_EJECT"},
      {"3a1625be-ad03-49f1-8ef8-6bbac182d1fd", "CHANGE_SIZE"},
      {"a2e5fc86-d5cd-4038-b2e3-4445065c2377", "BACKGROUND_FORMAT"},
      {"ac0707fb-4a9a-4c81-9e2e-385b79a8fd28", "PREPARE_DELETE"},
      {"7373654a-812a-11d0-bec7-08002be2092f", "CHANGE"},
      {NAME_CHANGE, "NAME_CHANGE"},
      {"2de97f84-4c06-11d2-a532-00609713055a", "PHYSICAL_CONFIGURATION_CHANGE"},
      {"af39da42-6622-41f5-970b-139d092fa3d9", "UNIQUE_ID_CHANGE"},
      {"062998b2-ee1f-4b6a-b857-e76cbbe9a6da", "FVE_STATUS_CHANGE"},
      {"d07433c0-a98e-11d2-917a-00a0c9068ff3", "MEDIA_ARRIVAL"},
      {"d07433c1-a98e-11d2-917a-00a0c9068ff3", "MEDIA_REMOVAL"},
      {"01234567-89ab-cdef-0123-456789abcdef", "CUSTOM"},
  };
  const size_t count = sizeof(rows) / sizeof(rows[0]);
  begin(2);
  connect_machine();
  for (size_t i = 0; i < count; i++) {
    note_guid(rows[i].guid, D);
  }
  for (size_t i = 0; i < count; i++) {
    CHECK(next_is(NT_EVENT_VOLUME, rows[i].name, "D:") &&
              strcmp(event.guid, rows[i].guid) == 0,
          "2: %s is %s", rows[i].guid, rows[i].name);
  }
  CHECK(no_more(), "2: then there are no more, and that is no error");
  CHECK(end(), "names: everything is closed once");
}

/* The trace of section 2 for lock, format, dismount, unlock, close, open. */
static void order(void) {
  begin(3);
  connect_machine();
  note_guid(LOCK, D);
  note_guid(DISMOUNT, D);
  note_guid(LOCK, E);
  note_guid(UNLOCK, D);
  note_guid(MOUNT, D);
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", "D:") && event.id == 1 &&
            event.time_us == 1001,
        "2: events come in order, with the time of the notification");
  CHECK(next_is(NT_EVENT_VOLUME, "DISMOUNT", "D:") &&
            next_is(NT_EVENT_VOLUME, "LOCK", GUID_E) &&
            next_is(NT_EVENT_VOLUME, "UNLOCK", "D:") &&
            next_is(NT_EVENT_VOLUME, "MOUNT", "D:") && event.id == 5,
        "2: LOCK, DISMOUNT, UNLOCK, MOUNT, as they come; a volume without a "
        "mount point is called by its GUID");
  CHECK(no_more() && cursor == 5, "the cursor stays at the last one");
  note_guid(LOCK, C);
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", "C:") && event.id == 6,
        "later ones follow");
  cursor = 2;
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", GUID_E) && event.id == 3,
        "a cursor of earlier goes on where it stopped");
  cursor = 1000;
  CHECK(no_more() && cursor == 1000, "a cursor beyond the end has none");
  CHECK(fake_log_has("listen", "find_first_volume", "watch " GUID_C "\\ 0",
                     "watch " GUID_D "\\ 1", "watch " GUID_E "\\ 2",
                     "find_volume_close", NULL),
        "it listens first, then watches every volume");
  CHECK(fake_log_count("listen") == 1, "it listens once");
  CHECK(fake_log_count("create_file \\\\?\\Volume") == 0 &&
            fake_log_count("volume_information") == 0,
        "2: no volume is opened or mounted for its name");
  CHECK(end(), "order: everything is closed once");
}

static void late_name(void) {
  begin(3);
  connect_machine();
  note_guid(LOCK, E);
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", GUID_E), "a volume without a letter");
  volumes[E].paths[0] = "E:\\";
  note_guid(LOCK, E);
  note_guid(NAME_CHANGE, E);
  note_guid(UNLOCK, E);
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", GUID_E) &&
            next_is(NT_EVENT_VOLUME, "NAME_CHANGE", "E:") &&
            next_is(NT_EVENT_VOLUME, "UNLOCK", "E:"),
        "NAME_CHANGE gives it the new one");
  note(NT_WIN32_CUSTOM, 77);
  note(NT_WIN32_REMOVE_COMPLETE, 78);
  CHECK(no_more(), "cookies that were never given are nobody's");
  CHECK(end(), "late name: everything is closed once");
}

/* ---- Plug and Play ------------------------------------------------------- */

static void comes_and_goes(void) {
  begin(2);
  connect_machine();
  CHECK(no_more(), "nothing happened yet");
  memcpy(&volumes[E], &all_volumes[E], sizeof(volumes[E]));
  volumes[E].paths[0] = "E:\\";
  note_interface(NT_WIN32_ARRIVAL, INTERFACE_E);
  note_guid(MOUNT, LATE_E);
  CHECK(next_is(NT_EVENT_DEVICE, "ARRIVAL", "E:") && event.guid[0] == '\0',
        "a volume that arrives is called by its letter");
  CHECK(fake_log_has("find_volume_close", "watch " GUID_E "\\ 3", NULL) &&
            fake_log_count("watch " GUID_D "\\") == 1,
        "and is watched as it comes, the others are not watched again");
  CHECK(next_is(NT_EVENT_VOLUME, "MOUNT", "E:"), "and heard");

  note(NT_WIN32_QUERY_REMOVE, LATE_E);
  note(NT_WIN32_REMOVE_PENDING, LATE_E);
  note(NT_WIN32_REMOVE_COMPLETE, LATE_E);
  note_interface(NT_WIN32_REMOVAL, INTERFACE_E);
  CHECK(next_is(NT_EVENT_DEVICE, "QUERY_REMOVE", "E:") &&
            next_is(NT_EVENT_DEVICE, "REMOVE_PENDING", "E:") &&
            next_is(NT_EVENT_DEVICE, "REMOVAL", "E:") && no_more(),
        "a removal is told once, though Windows tells it twice");

  note_interface(NT_WIN32_ARRIVAL, INTERFACE_E);
  note_interface(NT_WIN32_REMOVAL, INTERFACE_E);
  note(NT_WIN32_REMOVE_COMPLETE, LATE_E);
  CHECK(next_is(NT_EVENT_DEVICE, "ARRIVAL", "E:") &&
            fake_log_count("watch " GUID_E "\\ 3") == 2,
        "it comes back, and is watched again by the same cookie");
  CHECK(next_is(NT_EVENT_DEVICE, "SURPRISE_REMOVAL", "E:") && no_more(),
        "who was not asked before went by surprise, in either order");
  CHECK(end(), "comes and goes: everything is closed once");
}

static void removal_refused(void) {
  begin(2);
  connect_machine();
  CHECK(no_more(), "nothing happened yet");
  note(NT_WIN32_QUERY_REMOVE, D);
  note(NT_WIN32_QUERY_REMOVE_FAILED, D);
  CHECK(next_is(NT_EVENT_DEVICE, "QUERY_REMOVE", "D:") &&
            next_is(NT_EVENT_DEVICE, "QUERY_REMOVE_FAILED", "D:"),
        "a removal that was refused is told");
  CHECK(fake_log_count("watch " GUID_D "\\ 1") == 2,
        "after it the volume is watched again");
  note(NT_WIN32_REMOVE_COMPLETE, D);
  CHECK(next_is(NT_EVENT_DEVICE, "SURPRISE_REMOVAL", "D:"),
        "the refused one does not count for the next");
  note_interface(NT_WIN32_REMOVAL, INTERFACE_D);
  CHECK(no_more(), "the interface of a volume of the start is known");
  CHECK(end(), "removal refused: everything is closed once");
}

static void disks(void) {
  begin(2);
  connect_machine();
  CHECK(no_more(), "nothing happened yet");
  answers[2].status = NT_STATUS_NO_SUCH_DEVICE;
  note_interface(NT_WIN32_REMOVAL, INTERFACE_DISK);
  CHECK(next_is(NT_EVENT_DEVICE, "REMOVAL", "PhysicalDrive1"),
        "a disk that was there at the start has a name when it is gone");
  answers[2].status = 0;
  note_interface(NT_WIN32_ARRIVAL, INTERFACE_DISK);
  CHECK(next_is(NT_EVENT_DEVICE, "ARRIVAL", "PhysicalDrive1"),
        "a disk arrives");
  note_interface(NT_WIN32_REMOVAL, "\\\\?\\SCSI#Disk#9#" DISK_CLASS);
  CHECK(next_is(NT_EVENT_DEVICE, "REMOVAL", "\\\\?\\SCSI#Disk#9#" DISK_CLASS),
        "one that nobody knows is called by its interface");
  note_interface(NT_WIN32_REMOVAL, "\\\\?\\SCSI#Disk#9#" DISK_CLASS);
  CHECK(no_more(), "and goes only once");
  CHECK(end(), "disks: everything is closed once");
}

/* Windows gives the name of a device to the next volume. */
static void device_name_used_again(void) {
  begin(2);
  connect_machine();
  CHECK(no_more(), "nothing happened yet");
  note(NT_WIN32_QUERY_REMOVE, D);
  note(NT_WIN32_REMOVE_COMPLETE, D);
  CHECK(next_is(NT_EVENT_DEVICE, "QUERY_REMOVE", "D:") &&
            next_is(NT_EVENT_DEVICE, "REMOVAL", "D:"),
        "D: goes");
  memcpy(&volumes[D], &all_volumes[E], sizeof(volumes[D]));
  volumes[D].device = "\\Device\\HarddiskVolume3";
  set_device_name(&name_e, "\\Device\\HarddiskVolume3");
  note_interface(NT_WIN32_ARRIVAL, INTERFACE_E);
  CHECK(next_is(NT_EVENT_DEVICE, "ARRIVAL", GUID_E),
        "another volume under the same device name is the other volume");
  CHECK(end(), "used again: everything is closed once");
}

/* The same place of the same bus, and another volume in it. */
static void moved_interface(void) {
  begin(2);
  connect_machine();
  CHECK(no_more(), "nothing happened yet");
  note(NT_WIN32_REMOVE_COMPLETE, D);
  CHECK(next_is(NT_EVENT_DEVICE, "SURPRISE_REMOVAL", "D:"), "D: goes");
  memcpy(&volumes[E], &all_volumes[E], sizeof(volumes[E]));
  answers[0].data = name_e.bytes;
  note_interface(NT_WIN32_ARRIVAL, INTERFACE_D);
  note_interface(NT_WIN32_REMOVAL, INTERFACE_D);
  CHECK(next_is(NT_EVENT_DEVICE, "ARRIVAL", GUID_E) &&
            next_is(NT_EVENT_DEVICE, "SURPRISE_REMOVAL", GUID_E),
        "an interface belongs to who had it last");
  CHECK(end(), "moved interface: everything is closed once");
}

static void long_names(void) {
  static char root[200];
  memset(root, 'x', sizeof(root) - 1);
  memcpy(root, "\\\\?\\", 4);
  root[sizeof(root) - 2] = '\\';
  begin(2);
  volumes[E].guid_path = root;
  volumes[D].paths[0] = "Z:\\";
  connect_machine();
  note_guid(LOCK, D);
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", "D:"),
        "of two letters it is the first, as in lists");
  CHECK(fake_log_count("watch") == 2,
        "a volume whose name is no GUID path is not watched");
  CHECK(end(), "long names: everything is closed once");
}

/* ---- the ring ------------------------------------------------------------ */

static void overflow(void) {
  begin(2);
  connect_machine();
  for (int i = 0; i < 6000; i++) {
    note_guid(i % 2 == 0 ? LOCK : UNLOCK, D);
  }
  uint64_t wanted = 1;
  bool rises = true;
  while (next() == NT_STATUS_SUCCESS) {
    rises = rises && event.id == wanted++ &&
            event.time_us == 1000 + (int64_t)event.id;
  }
  CHECK(rises && wanted == 6001,
        "who reads in order loses none, however many wait");
  cursor = 0;
  CHECK(next() == NT_STATUS_SUCCESS && event.id == 6001 - 4096,
        "the last 4096 are kept, older ones fall out");
  bool whole = true;
  while (whole && cursor < 6000) {
    uint64_t before = cursor;
    whole = next() == NT_STATUS_SUCCESS && event.id == before + 1;
  }
  CHECK(whole && no_more(), "from there to the end none is missing");
  CHECK(end(), "overflow: everything is closed once");
}

static int watched;

static uint32_t count_watch(struct nt_win32_listener *listener,
                            const nt_wchar *volume, uint32_t cookie) {
  watched++;
  return fake_os_table.watch(listener, volume, cookie);
}

/* Devices that come once and never again must not fill the memory. */
static void many_devices(void) {
  char name[64];
  begin(1);
  table.watch = count_watch;
  watched = 0;
  connect_machine();
  for (unsigned i = 0; i < 5000; i++) {
    snprintf(name, sizeof(name), "\\\\?\\%u#" DISK_CLASS, i);
    note_interface(NT_WIN32_REMOVAL, name);
  }
  note_guid(LOCK, C);
  int removals = 0;
  while (next() == NT_STATUS_SUCCESS && strcmp(event.name, "REMOVAL") == 0) {
    removals++;
  }
  CHECK(removals > 4000 && removals <= 4096,
        "%d of 5000 devices are known, then no more", removals);
  CHECK(strcmp(event.name, "LOCK") == 0 && strcmp(event.target, "C:") == 0,
        "those that are known are told further on");
  memcpy(&volumes[D], &all_volumes[E], sizeof(volumes[D]));
  note_interface(NT_WIN32_ARRIVAL, INTERFACE_E);
  CHECK(no_more() && watched == 1, "what is not known is not watched");
  CHECK(end(), "many devices: everything is closed once");
}

/* ---- failures ------------------------------------------------------------ */

static uint32_t refuse_d(struct nt_win32_listener *listener,
                         const nt_wchar *volume, uint32_t cookie) {
  uint32_t error = fake_os_table.watch(listener, volume, cookie);
  return cookie == D ? NT_WIN32_ERROR_ACCESS_DENIED : error;
}

static void watch_fails(void) {
  begin(3);
  table.watch = refuse_d;
  connect_machine();
  note_guid(LOCK, C);
  note_guid(LOCK, E);
  note_interface(NT_WIN32_REMOVAL, INTERFACE_D);
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", "C:") &&
            next_is(NT_EVENT_VOLUME, "LOCK", GUID_E),
        "a volume that cannot be watched does not stop the others");
  CHECK(next_is(NT_EVENT_DEVICE, "REMOVAL", "D:"),
        "it is not watched, so nobody knows whether it was a surprise");
  CHECK(end(), "watch fails: everything is closed once");
}

static void check_missing(const char *what) {
  connect_machine();
  CHECK(next() == NT_STATUS_NOT_SUPPORTED && next_of(&err)[0] != '\0',
        "a Windows without %s answers not supported", what);
  CHECK(fake_os.opened == 0, "without %s nothing is opened", what);
  CHECK(end(), "missing: everything is closed once");
}

static void missing(void) {
  begin(1);
  table.listen = NULL;
  check_missing("listen");
  begin(1);
  table.watch = NULL;
  check_missing("watch");
  begin(1);
  table.next_notification = NULL;
  check_missing("next_notification");
  begin(1);
  table.find_first_volume = NULL;
  check_missing("find_first_volume");

  begin(2);
  table.interfaces = NULL;
  answers[0].status = NT_STATUS_NO_SUCH_DEVICE;
  connect_machine();
  note_guid(LOCK, D);
  note_interface(NT_WIN32_REMOVAL, INTERFACE_D);
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", "D:") &&
            next_is(NT_EVENT_DEVICE, "REMOVAL", INTERFACE_D),
        "without a list of interfaces they are called as they are");
  CHECK(end(), "no interfaces: everything is closed once");

  begin(2);
  table.volume_paths = NULL;
  table.query_dos_device = NULL;
  connect_machine();
  note_guid(LOCK, D);
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", GUID_D),
        "without mount points volumes are called by their GUID");
  CHECK(end(), "no mount points: everything is closed once");
}

static void never_asked(void) {
  begin(2);
  connect_machine();
  CHECK(end(), "a machine that was never asked for events closes");
}

static void tries_again(void) {
  begin(2);
  connect_machine();
  fake_os.fail_at = 1;
  CHECK(!nt_ok(next()) && next_of(&err)[0] != '\0', "listen fails");
  fake_os.fail_at = 0;
  err = (struct nt_error){0};
  note_guid(LOCK, D);
  CHECK(next_is(NT_EVENT_VOLUME, "LOCK", "D:"),
        "the next question starts it again");
  CHECK(end(), "tries again: everything is closed once");
}

static void sweep(void) {
  bool clean = true, hinted = true, listening = true;
  int n = 0, failed = 0;
  for (bool reached = true; reached; n++) {
    begin(3);
    connect_machine();
    note_guid(LOCK, C);
    note_interface(NT_WIN32_ARRIVAL, INTERFACE_E);
    note(NT_WIN32_QUERY_REMOVE, D);
    note(NT_WIN32_QUERY_REMOVE_FAILED, D);
    note_guid(NAME_CHANGE, D);
    fake_os.fail_at = n + 1;
    nt_status status = next();
    bool ok = nt_ok(status);
    hinted = hinted && (ok || next_of(&err)[0] != '\0');
    listening = listening && ok == (fake_log_count("stop_listening") == 0 &&
                                    fake_os.opened > 0);
    for (int i = 0; ok && i < 10; i++) {
      ok = nt_ok(next());
    }
    reached = fake_os.calls > n;
    failed += !nt_ok(status);
    clean = end() && clean;
  }
  CHECK(n > 20 && failed >= 2, "sweep: %d calls, %d of them end it", n, failed);
  CHECK(clean, "sweep: handles are closed once, whatever call fails");
  CHECK(hinted, "sweep: every failure says what to do next");
  CHECK(listening, "sweep: it listens, or not at all");
}

int main(void) {
  notes = calloc(MAX_NOTES, sizeof(*notes));
  if (notes == NULL) {
    return 1;
  }
  names();
  order();
  late_name();
  comes_and_goes();
  removal_refused();
  disks();
  device_name_used_again();
  overflow();
  many_devices();
  moved_interface();
  long_names();
  watch_fails();
  missing();
  never_asked();
  tries_again();
  sweep();
  free(notes);
  return check_done();
}
