/*
 * The simulated machine when its database fails in the middle of a request,
 * when its rows are damaged, and in a child of fork.
 *
 * SQLite asks a progress handler before every step of its own machine. The
 * handler here stops the Nth step, and N rises until the request comes
 * through: so every point of every statement fails once, and the commit too. A
 * request that failed must have changed nothing, and that shows in the history
 * at the end.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "next.h"
#include "nt/admin.h"
#include "nt/format.h"
#include "nt/sim/db/request.h"
#include "nt/sim/db/store.h"

#define MIB (1024U * 1024U)

struct lab {
  struct nt_machine *machine;
  struct nt_handle *handle;
  struct nt_handle *copy;   /* a duplicate or a section of it */
  struct nt_machine *other; /* another node of the cluster */
  unsigned char sector[512];
};

static sqlite3 *database(const struct lab *lab) {
  return nt__sim_machine(lab->machine)->db.sqlite;
}

/* ---- a machine with a FAT volume ----------------------------------------- */

static bool create(const char *path, struct lab *lab) {
  struct nt_sim_volume_spec volume = {.letter = "D:"};
  struct nt_sim_disk_spec disk = {
      .size = 4 * MIB, .volumes = &volume, .volume_count = 1};
  struct nt_sim_spec spec = {.disks = &disk, .disk_count = 1};
  struct nt_error err = {0};
  memset(lab, 0, sizeof *lab);
  return nt_ok(nt_sim_create(path, &spec, &lab->machine, &err));
}

static nt_status open_name(struct lab *lab, const char *name,
                           struct nt_error *err) {
  struct nt_open_options options = {
      .name = name,
      .access = NT_GENERIC_READ_MAPPED | NT_GENERIC_WRITE_MAPPED,
      .share = NT_SHARE_READ | NT_SHARE_WRITE,
      .disposition = NT_OPEN};
  return nt_open(lab->machine, &options, &lab->handle, err);
}

static bool format_fat(struct lab *lab) {
  struct nt_format_options options = {.fs = "fat", .erase = "D:"};
  struct nt_format_result result;
  struct nt_error err = {0};
  return nt_ok(open_name(lab, "D:", &err)) &&
         nt_ok(nt_verb(lab->handle, NT_FSCTL_LOCK_VOLUME, &err)) &&
         nt_ok(nt_format(lab->handle, &options, &result, &err)) &&
         nt_ok(nt_close(lab->handle, &err)) &&
         nt_ok(nt_sim_forget_events(lab->machine, &err));
}

/* ---- requests ------------------------------------------------------------ */

static nt_status open_volume(struct lab *lab, struct nt_error *err) {
  return open_name(lab, "D:", err);
}

static nt_status open_root(struct lab *lab, struct nt_error *err) {
  return open_name(lab, "D:\\", err);
}

static nt_status open_disk(struct lab *lab, struct nt_error *err) {
  return open_name(lab, "PhysicalDrive0", err);
}

static nt_status lock(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_FSCTL_LOCK_VOLUME, err);
}

static nt_status unlock(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_FSCTL_UNLOCK_VOLUME, err);
}

static nt_status dismount(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_FSCTL_DISMOUNT_VOLUME, err);
}

static nt_status extend(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_FSCTL_ALLOW_EXTENDED_DASD_IO, err);
}

static nt_status offline(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_IOCTL_VOLUME_OFFLINE, err);
}

static nt_status online(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_IOCTL_VOLUME_ONLINE, err);
}

static nt_status hold_writes(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES, err);
}

static nt_status release_writes(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_IOCTL_VOLSNAP_RELEASE_WRITES, err);
}

static const unsigned char one_flag[16] = {1, [4] = 1, [8] = 1};

static nt_status set_persistent(struct lab *lab, struct nt_error *err) {
  return nt_control(lab->handle, NT_FSCTL_SET_PERSISTENT_VOLUME_STATE, one_flag,
                    sizeof one_flag, NULL, 0, NULL, err);
}

static nt_status query_persistent(struct lab *lab, struct nt_error *err) {
  unsigned char out[16];
  size_t length;
  return nt_control(lab->handle, NT_FSCTL_QUERY_PERSISTENT_VOLUME_STATE,
                    one_flag, sizeof one_flag, out, sizeof out, &length, err);
}

static nt_status geometry(struct lab *lab, struct nt_error *err) {
  struct nt_geometry out;
  return nt_geometry(lab->handle, &out, err);
}

static nt_status read_sector(struct lab *lab, struct nt_error *err) {
  size_t done;
  return nt_read(lab->handle, 0, lab->sector, sizeof lab->sector, &done, err);
}

static nt_status write_sector(struct lab *lab, struct nt_error *err) {
  size_t done;
  return nt_write(lab->handle, 0, lab->sector, sizeof lab->sector, &done, err);
}

static nt_status flush(struct lab *lab, struct nt_error *err) {
  return nt_flush(lab->handle, err);
}

static nt_status info(struct lab *lab, struct nt_error *err) {
  struct nt_volume_info out;
  return nt_info(lab->handle, &out, err);
}

/* The end of a list is its success. */
static nt_status ended(nt_status status) {
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

static nt_status volumes(struct lab *lab, struct nt_error *err) {
  struct nt_volume_info out;
  uint64_t cursor = 0;
  nt_status status;
  while (nt_ok(status = nt_next_volume(lab->machine, &cursor, &out, err))) {
  }
  return ended(status);
}

static nt_status disks(struct lab *lab, struct nt_error *err) {
  struct nt_disk_info out;
  uint64_t cursor = 0;
  nt_status status;
  while (nt_ok(status = nt_next_disk(lab->machine, &cursor, &out, err))) {
  }
  return ended(status);
}

static nt_status events(struct lab *lab, struct nt_error *err) {
  struct nt_event out;
  uint64_t cursor = 0;
  nt_status status;
  while (nt_ok(status = nt_next_event(lab->machine, &cursor, &out, err))) {
  }
  return ended(status);
}

static nt_status add_point(struct lab *lab, struct nt_error *err) {
  return nt_add_mount_point(lab->machine, "D:", "C:\\mnt", err);
}

static nt_status remove_point(struct lab *lab, struct nt_error *err) {
  return nt_remove_mount_point(lab->machine, "C:\\mnt", err);
}

static nt_status open_manager(struct lab *lab, struct nt_error *err) {
  return open_name(lab, "\\\\.\\MountPointManager", err);
}

static nt_status query_points(struct lab *lab, struct nt_error *err) {
  static const unsigned char all[24];
  unsigned char out[1024];
  size_t length;
  return nt_control(lab->handle, NT_IOCTL_MOUNTMGR_QUERY_POINTS, all,
                    sizeof all, out, sizeof out, &length, err);
}

/* MOUNTMGR_MOUNT_POINT, and the letter of the volume. */
static nt_status delete_letter(struct lab *lab, struct nt_error *err) {
  static const unsigned char letter[24 + 28] =
      "\x18\0\0\0\x1c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
      "\\\0D\0o\0s\0D\0e\0v\0i\0c\0e\0s\0\\\0D\0:";
  unsigned char out[256];
  size_t length;
  return nt_control(lab->handle, NT_IOCTL_MOUNTMGR_DELETE_POINTS, letter,
                    sizeof letter, out, sizeof out, &length, err);
}

/* MOUNTMGR_CREATE_POINT_INPUT, the letter and the device. */
static nt_status create_letter(struct lab *lab, struct nt_error *err) {
  static const unsigned char input[8 + 28 + 46] =
      "\x08\0\x1c\0\x24\0\x2e\0"
      "\\\0D\0o\0s\0D\0e\0v\0i\0c\0e\0s\0\\\0D\0:\0"
      "\\\0D\0e\0v\0i\0c\0e\0\\\0H\0a\0r\0d\0d\0i\0s\0k\0V\0o\0l\0u\0"
      "m\0e\0"
      "1";
  return nt_control(lab->handle, NT_IOCTL_MOUNTMGR_CREATE_POINT, input,
                    sizeof input, NULL, 0, NULL, err);
}

/* MOUNTMGR_TARGET_NAME */
static const unsigned char device_name[2 + 46] =
    "\x2e\0"
    "\\\0D\0e\0v\0i\0c\0e\0\\\0H\0a\0r\0d\0d\0i\0s\0k\0V\0o\0l\0u\0m\0"
    "e\0"
    "1";

static nt_status next_letter(struct lab *lab, struct nt_error *err) {
  unsigned char out[2];
  size_t length;
  return nt_control(lab->handle, NT_IOCTL_MOUNTMGR_NEXT_DRIVE_LETTER,
                    device_name, sizeof device_name, out, sizeof out, &length,
                    err);
}

static nt_status query_paths(struct lab *lab, struct nt_error *err) {
  unsigned char out[64];
  size_t length;
  return nt_control(lab->handle, NT_IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATHS,
                    device_name, sizeof device_name, out, sizeof out, &length,
                    err);
}

static nt_status set_automount(struct lab *lab, struct nt_error *err) {
  return nt_control(lab->handle, NT_IOCTL_MOUNTMGR_SET_AUTO_MOUNT, "\1\0\0", 4,
                    NULL, 0, NULL, err);
}

static nt_status scrub(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_IOCTL_MOUNTMGR_SCRUB_REGISTRY, err);
}

static nt_status uninstall_volume(struct lab *lab, struct nt_error *err) {
  return nt_uninstall(lab->machine, "D:", err);
}

static nt_status uninstall_disk(struct lab *lab, struct nt_error *err) {
  return nt_uninstall(lab->machine, "PhysicalDrive0", err);
}

static nt_status mask(struct lab *lab, struct nt_error *err) {
  return nt_mask(lab->machine, "PhysicalDrive0", err);
}

static nt_status unmask(struct lab *lab, struct nt_error *err) {
  return nt_unmask(lab->machine, "PhysicalDrive0", err);
}

static nt_status set_flags(struct lab *lab, struct nt_error *err) {
  return nt_sim_set_flags(lab->machine, "D:", 0, err);
}

static nt_status duplicate(struct lab *lab, struct nt_error *err) {
  return nt_duplicate(lab->handle, &lab->copy, err);
}

static nt_status map(struct lab *lab, struct nt_error *err) {
  return nt_map(lab->handle, false, &lab->copy, err);
}

static nt_status open_file(struct lab *lab, struct nt_error *err) {
  return open_name(lab, "D:\\A.TXT", err);
}

static nt_status write_file(struct lab *lab, struct nt_error *err) {
  size_t done;
  return nt_write(lab->handle, 1, "x", 1, &done, err);
}

static nt_status read_file(struct lab *lab, struct nt_error *err) {
  char bytes[3];
  size_t done;
  nt_status status = nt_read(lab->handle, 0, bytes, 3, &done, err);
  return nt_ok(status) && memcmp(bytes, "axc", 3) != 0 ? NT_STATUS_UNSUCCESSFUL
                                                       : status;
}

static nt_status holders(struct lab *lab, struct nt_error *err) {
  struct nt_holder out;
  const char *missing;
  uint64_t cursor = 0;
  nt_status status;
  while (nt_ok(status =
                   nt_next_holder(lab->handle, &cursor, &out, &missing, err))) {
  }
  return ended(status);
}

static nt_status wait_change(struct lab *lab, struct nt_error *err) {
  uint64_t seen = 0;
  return nt_wait_change(lab->machine, &seen, 10, err);
}

/* Not swept: a handle is gone after one close, whatever came of it. */
static nt_status close_copy(struct lab *lab, struct nt_error *err) {
  return nt_close(lab->copy, err);
}

static nt_status close_handle(struct lab *lab, struct nt_error *err) {
  return nt_close(lab->handle, err);
}

struct request {
  const char *name;
  nt_status (*run)(struct lab *lab, struct nt_error *err);
};

static const struct request requests[] = {
    {"open a volume, which mounts it", open_volume},
    {"lock", lock},
    {"unlock", unlock},
    {"lock again", lock},
    {"read", read_sector},
    {"write", write_sector},
    {"flush", flush},
    {"allow extended I/O", extend},
    {"duplicate", duplicate},
    {"close a duplicate", close_copy},
    {"query", info},
    {"query the geometry", geometry},
    {"set a persistent flag", set_persistent},
    {"query a persistent flag", query_persistent},
    {"hold writes", hold_writes},
    {"release writes", release_writes},
    {"list volumes", volumes},
    {"list disks", disks},
    {"list events", events},
    {"list holders", holders},
    {"wait for a change", wait_change},
    {"dismount", dismount},
    {"take offline", offline},
    {"bring online", online},
    {"close", close_handle},
    {"open a file", open_file},
    {"write to the file", write_file},
    {"read the file", read_file},
    {"map the file", map},
    {"close the mapped file", close_copy},
    {"flush the file", flush},
    {"write to the file again", write_file},
    {"close the file, which writes it back", close_handle},
    {"open the root folder", open_root},
    {"close the folder", close_handle},
    {"open the disk", open_disk},
    {"list holders of the disk", holders},
    {"lock the disk", lock},
    {"write to the disk", write_sector},
    {"close the disk", close_handle},
    {"set flags", set_flags},
    {"add a mount folder", add_point},
    {"remove the mount folder", remove_point},
    {"open the mount manager", open_manager},
    {"query mount points", query_points},
    {"query paths", query_paths},
    {"delete the letter", delete_letter},
    {"assign no letter", next_letter},
    {"create the letter", create_letter},
    {"assign no other letter", next_letter},
    {"set automatic mounting", set_automount},
    {"forget absent volumes", scrub},
    {"close the mount manager", close_handle},
    {"uninstall the volume", uninstall_volume},
    {"uninstall the disk", uninstall_disk},
    {"mask the disk", mask},
    {"unmask the disk", unmask},
    {"mask the disk by surprise", mask},
};

static const char history[] =
    "MOUNT LOCK UNLOCK LOCK DISMOUNT OFFLINE ONLINE UNLOCK MOUNT LOCK UNLOCK "
    "REMOVAL REMOVAL MASKED UNMASKED ARRIVAL ARRIVAL MASKED SURPRISE_REMOVAL "
    "SURPRISE_REMOVAL ";

/* ---- requests to a cluster ----------------------------------------------- */

static nt_status nodes(struct lab *lab, struct nt_error *err) {
  struct nt_node_info out;
  uint64_t cursor = 0;
  nt_status status;
  while (nt_ok(status = nt_next_node(lab->machine, &cursor, &out, err))) {
  }
  return ended(status);
}

static nt_status begin_maintenance(struct lab *lab, struct nt_error *err) {
  return nt_set_maintenance(lab->machine, "D:", true, err);
}

static nt_status end_maintenance(struct lab *lab, struct nt_error *err) {
  return nt_set_maintenance(lab->machine, "D:", false, err);
}

static nt_status give_away(struct lab *lab, struct nt_error *err) {
  return nt_set_owner(lab->machine, "D:", "n2", err);
}

static nt_status take_back(struct lab *lab, struct nt_error *err) {
  return nt_set_owner(lab->machine, "D:", "n1", err);
}

static nt_status is_csv(struct lab *lab, struct nt_error *err) {
  char out;
  size_t length;
  return nt_control(lab->handle, NT_IOCTL_VOLUME_IS_CSV, NULL, 0, &out, 1,
                    &length, err);
}

static nt_status is_csv_file(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_FSCTL_IS_CSV_FILE, err);
}

/* Not swept, this and the next: the faults are those of the first node. */
static nt_status open_elsewhere(struct lab *lab, struct nt_error *err) {
  struct lab other = {.machine = lab->other};
  nt_status status = open_volume(&other, err);
  lab->copy = other.handle;
  return status;
}

static nt_status lock_elsewhere(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->copy, NT_FSCTL_LOCK_VOLUME, err);
}

/* A refusal, for which another node is asked. */
static nt_status open_locked(struct lab *lab, struct nt_error *err) {
  struct nt_error refusal = {0};
  nt_status status = open_volume(lab, &refusal);
  if (status == NT_STATUS_ACCESS_DENIED) {
    return NT_STATUS_SUCCESS;
  }
  *err = refusal;
  return status;
}

static const struct request cluster_requests[] = {
    {"list nodes", nodes},
    {"open a volume of another node, too", open_elsewhere},
    {"open a shared volume", open_volume},
    {"ask whether it is shared", is_csv},
    {"ask whether a file on it is", is_csv_file},
    {"dismount it on two nodes", dismount},
    {"close it", close_handle},
    {"close it on the other node", close_copy},
    {"open it again", open_volume},
    {"lock it", lock},
    {"unlock it", unlock},
    {"close what had locked it", close_handle},
    {"lock it on the other node: open", open_elsewhere},
    {"lock it on the other node", lock_elsewhere},
    {"open what is locked elsewhere", open_locked},
    {"list volumes", volumes},
    {"release it on the other node", close_copy},
    {"make another node its owner", give_away},
    {"make this node its owner", take_back},
    {"begin maintenance", begin_maintenance},
    {"open it in maintenance", open_volume},
    {"dismount it in maintenance", dismount},
    {"take it offline in maintenance", offline},
    {"close it in maintenance", close_handle},
    {"end maintenance, which puts it online", end_maintenance},
    {"list events", events},
};

/* What the first node is told. */
static const char cluster_history[] =
    "MOUNT DISMOUNT MOUNT LOCK UNLOCK MOUNT DISMOUNT OFFLINE ONLINE ";

/* ---- the sweep ----------------------------------------------------------- */

static int steps_left;     /* until the one that fails; 0: none fails */
static bool refuse_commit; /* the next one, once */
static bool in_commit;     /* the statement that runs is a COMMIT */

static int on_statement(unsigned type, void *ctx, void *stmt, void *sql) {
  (void)type, (void)ctx, (void)stmt;
  in_commit = strcmp(sql, "COMMIT") == 0;
  return 0;
}

/* A COMMIT that is stopped may have committed all the same, which no failing
 * database does. It fails by the hook below. */
static int on_progress(void *ctx) {
  (void)ctx;
  return steps_left > 0 && !in_commit && --steps_left == 0;
}

static int on_commit(void *ctx) {
  (void)ctx;
  bool refuse = refuse_commit;
  refuse_commit = false;
  return refuse;
}

static void install_faults(const struct lab *lab) {
  sqlite3 *db = database(lab);
  steps_left = 0;
  refuse_commit = false;
  sqlite3_progress_handler(db, 1, on_progress, NULL);
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
  sqlite3_commit_hook(db, on_commit, NULL);
}

static bool is_clean_failure(const struct lab *lab, nt_status status,
                             const struct nt_error *err) {
  const char *path = nt__sim_machine(lab->machine)->db_path;
  return !nt_ok(status) && err->native_kind == NT_NATIVE_SQLITE &&
         strstr(err->detail, path) != NULL && next_of(err)[0] != '\0' &&
         sqlite3_get_autocommit(database(lab));
}

/* Answers at how many points the request failed before it came through; -1
 * when it failed in another way than it should. */
static int sweep(struct lab *lab, const struct request *request) {
  for (int n = 0; n < 1000000; n++) {
    struct nt_error err = {0};
    refuse_commit = n == 0; /* first, and only when there is one */
    steps_left = n;
    nt_status status = request->run(lab, &err);
    steps_left = 0;
    if (n == 0 && refuse_commit && nt_ok(status)) {
      refuse_commit = false; /* it only reads */
      continue;
    }
    if (nt_ok(status)) {
      return n;
    }
    if (!is_clean_failure(lab, status, &err)) {
      printf("# at step %d: %s\n", n, err.detail);
      return -1;
    }
  }
  return -1;
}

static void add_history(struct lab *lab, char *text, size_t cap) {
  struct nt_event event;
  struct nt_error err = {0};
  uint64_t cursor = 0;
  text[0] = '\0';
  while (nt_ok(nt_next_event(lab->machine, &cursor, &event, &err))) {
    size_t used = strlen(text);
    snprintf(text + used, cap - used, "%s ", event.name);
  }
}

static bool change_sector(struct lab *lab, uint64_t sector, size_t at,
                          const void *bytes, size_t length) {
  struct nt_error err = {0};
  size_t done;
  unsigned char buf[512];
  if (!nt_ok(nt_read(lab->handle, sector * 512, buf, 512, &done, &err))) {
    return false;
  }
  memcpy(buf + at, bytes, length);
  return nt_ok(nt_write(lab->handle, sector * 512, buf, 512, &done, &err));
}

/* A.TXT with the bytes "abc" in cluster 2; offsets of the FAT specification.
 */
static bool write_file_bytes(struct lab *lab) {
  static const unsigned char entry[32] = {'A', ' ',  ' ',      ' ',     ' ',
                                          ' ', ' ',  ' ',      'T',     'X',
                                          'T', 0x20, [26] = 2, [28] = 3};
  const unsigned char *boot = lab->sector;
  uint64_t root = (uint64_t)boot[14] + boot[16] * (uint64_t)boot[22];
  uint64_t data = root + (boot[17] + boot[18] * 256U) * 32U / 512;
  return change_sector(lab, boot[14], 3, "\xFF\x0F", 2) &&
         change_sector(lab, root, 32, entry, sizeof entry) &&
         change_sector(lab, data, 0, "abc", 3);
}

static bool put_file(struct lab *lab) {
  struct nt_error err = {0};
  return nt_ok(open_volume(lab, &err)) && nt_ok(lock(lab, &err)) &&
         nt_ok(read_sector(lab, &err)) && write_file_bytes(lab) &&
         nt_ok(dismount(lab, &err)) && nt_ok(nt_close(lab->handle, &err)) &&
         nt_ok(nt_sim_forget_events(lab->machine, &err));
}

static bool is_once(const struct request *request) {
  return request->run == close_handle || request->run == close_copy ||
         request->run == open_elsewhere || request->run == lock_elsewhere;
}

static void sweep_all(struct lab *lab, const struct request *list, size_t count,
                      const char *wanted) {
  struct nt_error err = {0};
  char text[1024];
  install_faults(lab);
  for (size_t i = 0; i < count; i++) {
    int points = is_once(&list[i]) ? nt_ok(list[i].run(lab, &err))
                                   : sweep(lab, &list[i]);
    CHECK(points > 0, "%s: fails cleanly wherever the database fails",
          list[i].name);
  }
  add_history(lab, text, sizeof text);
  CHECK_TEXT(text, wanted, "what failed left no event behind");
}

static void test_sweep(void) {
  struct lab lab;
  if (!create(NT_SIM_MEMORY, &lab) || !format_fat(&lab) || !put_file(&lab)) {
    CHECK(false, "a machine to fail");
    return;
  }
  sweep_all(&lab, requests, sizeof requests / sizeof requests[0], history);
  nt_disconnect(lab.machine);
}

/* ---- a drive --------------------------------------------------------------
 */

static const char *medium; /* the image that comes into the drive */

static nt_status insert(struct lab *lab, struct nt_error *err) {
  return nt_sim_insert(lab->machine, "E:", medium, false, err);
}

static nt_status take_out(struct lab *lab, struct nt_error *err) {
  return nt_sim_take_out(lab->machine, "E:", err);
}

static nt_status eject(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_IOCTL_STORAGE_EJECT_MEDIA, err);
}

static nt_status load_medium(struct lab *lab, struct nt_error *err) {
  return nt_verb(lab->handle, NT_IOCTL_STORAGE_LOAD_MEDIA, err);
}

static nt_status let_go(struct lab *lab, struct nt_error *err) {
  const uint8_t prevent = 0;
  size_t length;
  return nt_control(lab->handle, NT_IOCTL_STORAGE_MEDIA_REMOVAL, &prevent, 1,
                    NULL, 0, &length, err);
}

static nt_status eject_device(struct lab *lab, struct nt_error *err) {
  return nt_eject(lab->machine, "E:", err);
}

static nt_status open_drive(struct lab *lab, struct nt_error *err) {
  return open_name(lab, "E:", err);
}

static nt_status open_drive_as_disk(struct lab *lab, struct nt_error *err) {
  return open_name(lab, "PhysicalDrive1", err);
}

/* Of an earlier medium. */
static nt_status read_stale(struct lab *lab, struct nt_error *err) {
  nt_status status = read_sector(lab, err);
  return status == NT_STATUS_WRONG_VOLUME ? NT_STATUS_SUCCESS : status;
}

static const struct request drive_requests[] = {
    {"open an empty drive", open_drive},
    {"list an empty drive", volumes},
    {"insert a medium", insert},
    {"read by a handle of the empty drive", read_stale},
    {"close it", close_handle},
    {"open the medium", open_drive},
    {"read from the medium", read_sector},
    {"allow the removal", let_go},
    {"eject the medium", eject},
    {"load the medium", load_medium},
    {"read, which verifies it", read_stale},
    {"close the medium", close_handle},
    {"open the drive as a disk", open_drive_as_disk},
    {"close the drive", close_handle},
    {"eject the device", eject_device},
    {"open the disk of an empty drive", open_drive_as_disk},
    {"close the disk of an empty drive", close_handle},
    {"take the medium away", take_out},
};

static const char drive_history[] =
    "MEDIA_ARRIVAL MEDIA_REMOVAL MEDIA_ARRIVAL MEDIA_REMOVAL ";

static bool create_drive(struct lab *lab) {
  struct nt_sim_volume_spec volumes[] = {{.letter = "D:"}, {.letter = "E:"}};
  struct nt_sim_disk_spec disks[] = {
      {.size = 4 * MIB, .volumes = &volumes[0], .volume_count = 1},
      {.flags = NT_DISK_REMOVABLE, .volumes = &volumes[1], .volume_count = 1}};
  struct nt_sim_spec spec = {.disks = disks, .disk_count = 2};
  struct nt_error err = {0};
  memset(lab, 0, sizeof *lab);
  return nt_ok(nt_sim_create(NT_SIM_MEMORY, &spec, &lab->machine, &err));
}

static void test_drive(void) {
  char path[] = "/tmp/ntvol-medium-XXXXXX";
  int fd = mkstemp(path);
  struct lab lab;
  medium = path;
  if (fd < 0 || ftruncate(fd, MIB) != 0 || !create_drive(&lab)) {
    CHECK(false, "a machine with a drive");
    return;
  }
  sweep_all(&lab, drive_requests,
            sizeof drive_requests / sizeof drive_requests[0], drive_history);
  nt_disconnect(lab.machine);
  close(fd);
  unlink(path);
}

/* ---- a close that fails -------------------------------------------------- */

static void run_rm(const char *folder) {
  struct nt_error err = {0};
  CHECK(nt_ok(nt_sim_remove(folder, &err)), "remove the machine: %s",
        err.detail);
}

static void test_close(void) {
  char folder[] = "/tmp/ntvol-test-XXXXXX";
  struct lab lab;
  struct nt_error err = {0};
  if (!mkdtemp(folder) || !create(folder, &lab) || !format_fat(&lab)) {
    CHECK(false, "a machine in a folder");
    return;
  }
  CHECK(nt_ok(open_volume(&lab, &err)) && nt_ok(lock(&lab, &err)), "lock");
  install_faults(&lab);
  steps_left = 1;
  CHECK(!nt_ok(nt_close(lab.handle, &err)), "a close says that it failed");
  steps_left = 0;
  nt_disconnect(lab.machine);
  memset(&err, 0, sizeof err);
  CHECK(nt_ok(nt_connect(&nt_sim_ops, folder, &lab.machine, &err)) &&
            nt_ok(open_volume(&lab, &err)) && nt_ok(lock(&lab, &err)),
        "the end of the connection releases what that close did not");
  nt_close(lab.handle, &err);
  nt_disconnect(lab.machine);
  run_rm(folder);
}

/* ---- a cluster ----------------------------------------------------------- */

static bool put_ntfs(struct lab *lab) {
  struct nt_format_options options = {.fs = "ntfs", .erase = "D:"};
  struct nt_format_result result;
  struct nt_error err = {0};
  return nt_ok(begin_maintenance(lab, &err)) && nt_ok(open_volume(lab, &err)) &&
         nt_ok(lock(lab, &err)) &&
         nt_ok(nt_format(lab->handle, &options, &result, &err)) &&
         nt_ok(dismount(lab, &err)) && nt_ok(nt_close(lab->handle, &err)) &&
         nt_ok(end_maintenance(lab, &err)) &&
         nt_ok(nt_sim_forget_events(lab->machine, &err));
}

static bool create_cluster(const char *folder, struct lab *lab) {
  static const char *const names[] = {"n1", "n2"};
  struct nt_sim_volume_spec volume = {.letter = "D:", .flags = NT_VOLUME_CSV};
  struct nt_sim_disk_spec disk = {
      .size = 8 * MIB, .volumes = &volume, .volume_count = 1};
  struct nt_sim_spec spec = {
      .disks = &disk, .disk_count = 1, .nodes = names, .node_count = 2};
  char location[64];
  struct nt_error err = {0};
  memset(lab, 0, sizeof *lab);
  snprintf(location, sizeof location, "%s%sn2", folder, NT_SIM_NODE);
  return nt_ok(nt_sim_create(folder, &spec, &lab->machine, &err)) &&
         nt_ok(nt_connect(&nt_sim_ops, location, &lab->other, &err));
}

static void test_cluster(void) {
  char folder[] = "/tmp/ntvol-test-XXXXXX";
  struct lab lab;
  if (!mkdtemp(folder) || !create_cluster(folder, &lab) || !put_ntfs(&lab)) {
    CHECK(false, "a cluster to fail");
    return;
  }
  sweep_all(&lab, cluster_requests,
            sizeof cluster_requests / sizeof cluster_requests[0],
            cluster_history);
  nt_disconnect(lab.other);
  nt_disconnect(lab.machine);
  run_rm(folder);
}

/* ---- a child of fork ----------------------------------------------------- */

static bool child_is_refused(struct lab *lab) {
  struct nt_error err = {0};
  bool refused = lock(lab, &err) == NT_STATUS_INVALID_HANDLE &&
                 strcmp(err.reason, "forked") == 0 && next_of(&err)[0] != '\0';
  memset(&err, 0, sizeof err);
  nt_close(lab->handle, &err);
  nt_disconnect(lab->machine);
  return refused;
}

static void test_fork(void) {
  struct lab lab;
  struct nt_error err = {0};
  int status = -1;
  if (!create(NT_SIM_MEMORY, &lab) || !format_fat(&lab)) {
    CHECK(false, "a machine to fork");
    return;
  }
  CHECK(nt_ok(open_volume(&lab, &err)), "open");
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    /* Not by _exit: a checker would report the parent's database as leaked. */
    const char *program = child_is_refused(&lab) ? "true" : "false";
    execlp(program, program, (char *)NULL);
  }
  CHECK(waitpid(pid, &status, 0) == pid && status == 0,
        "a child of fork is refused, and may close what it inherited");
  CHECK(nt_ok(lock(&lab, &err)), "its parent goes on");
  nt_close(lab.handle, &err);
  nt_disconnect(lab.machine);
}

/* ---- damaged rows ----------------------------------------------------------
 */

static const struct {
  const char *name, *sql;
  nt_status (*run)(struct lab *lab, struct nt_error *err);
  nt_status wanted;
} damages[] = {
    {"an unknown file system driver", "UPDATE instance SET fsd = 'x'", lock,
     NT_STATUS_FILE_CORRUPT_ERROR},
    {"an unknown event",
     "INSERT INTO event (event, target, pid, time_us, node) "
     "VALUES (99, '', 0, 0, 0)",
     events, NT_STATUS_FILE_CORRUPT_ERROR},
    {"an extent on a disk that is not there", "UPDATE extent SET disk = 63",
     open_volume, NT_STATUS_FILE_CORRUPT_ERROR},
    {"an extent on a disk that cannot be", "UPDATE extent SET disk = 4000",
     open_volume, NT_STATUS_FILE_CORRUPT_ERROR},
    {"a handle that is gone", "DELETE FROM file_object", lock,
     NT_STATUS_FILE_CLOSED},
    {"a table that is gone", "DROP TABLE volume", volumes,
     NT_STATUS_FILE_CORRUPT_ERROR},
};

static void test_damage(void) {
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    struct lab lab;
    struct nt_error err = {0}, ignored = {0};
    if (!create(NT_SIM_MEMORY, &lab) || !format_fat(&lab) ||
        !nt_ok(open_volume(&lab, &err))) {
      CHECK(false, "a machine to damage");
      return;
    }
    struct nt_handle *handle = lab.handle;
    sqlite3_exec(database(&lab), "PRAGMA ignore_check_constraints = ON", NULL,
                 NULL, NULL);
    sqlite3_exec(database(&lab), damages[i].sql, NULL, NULL, NULL);
    nt__sim_machine(lab.machine)->trusted = -1; /* as if others had done it */
    nt_status status = damages[i].run(&lab, &err);
    CHECK(status == damages[i].wanted && err.detail[0] != '\0',
          "%s is an error: %s", damages[i].name, err.detail);
    nt_close(handle, &ignored);
    nt_disconnect(lab.machine);
  }
}

/* ---- what only the inside shows -------------------------------------------
 */

static void test_flush(void) {
  struct lab lab;
  struct nt_error err = {0};
  if (!create(NT_SIM_MEMORY, &lab) || !format_fat(&lab) ||
      !nt_ok(open_volume(&lab, &err)) || !nt_ok(read_sector(&lab, &err)) ||
      !nt_ok(write_sector(&lab, &err))) {
    CHECK(false, "a machine to write to");
    return;
  }
  const struct sim_image *image = &nt__sim_machine(lab.machine)->images[0];
  CHECK(image->dirty, "a write is not flushed by itself");
  CHECK(nt_ok(lock(&lab, &err)) && !image->dirty, "L1: a lock flushes");
  CHECK(nt_ok(write_sector(&lab, &err)) && image->dirty, "written again");
  CHECK(nt_ok(dismount(&lab, &err)) && !image->dirty, "D1: so does a dismount");
  nt_close(lab.handle, &err);
  nt_disconnect(lab.machine);
}

/* ---- what the binding refuses before the machine can ----------------------
 */

static void test_alignment(void) {
  struct lab lab;
  struct nt_error err = {0};
  unsigned char buf[512] = {0};
  size_t done;
  if (!create(NT_SIM_MEMORY, &lab) || !nt_ok(open_volume(&lab, &err))) {
    CHECK(false, "a machine to read");
    return;
  }
  CHECK(nt_read(lab.handle, 7, buf, 512, &done, &err) ==
            NT_STATUS_INVALID_PARAMETER,
        "obs 39: an unaligned offset is refused");
  CHECK(nt_read(lab.handle, 0, buf, 100, &done, &err) ==
            NT_STATUS_INVALID_PARAMETER,
        "obs 39: a length of part of a sector is refused");
  CHECK(nt_write(lab.handle, 512, buf, 100, &done, &err) ==
            NT_STATUS_INVALID_PARAMETER,
        "1.11: so is a write");
  nt_close(lab.handle, &err);
  nt_disconnect(lab.machine);
}

/* ---- prepared statements ------------------------------------------------- */

static void forget_statements(struct sim_machine *m) {
  for (size_t i = 0; i < NT_DB_PREPARED_MAX; i++) {
    sqlite3_finalize(m->db.prepared[i].stmt);
    m->db.prepared[i] = (struct nt_db_prepared){NULL, NULL};
  }
}

/* Statements are found again by the address of their text, and the first one
 * after somebody else has written makes the machine look at its rows, by
 * statements of its own. Whatever the address, a statement stays itself. */
static void test_statements(void) {
  static const char sql[] = "SELECT 40 + ?1";
  static char texts[NT_DB_PREPARED_MAX * 8 + sizeof sql];
  int wrong = 0;
  for (size_t i = 0; i < NT_DB_PREPARED_MAX; i++) {
    struct lab lab;
    struct nt_error err = {0};
    int64_t answer = 0;
    if (!create(NT_SIM_MEMORY, &lab)) {
      CHECK(false, "a machine in memory");
      return;
    }
    struct sim_machine *m = nt__sim_machine(lab.machine);
    forget_statements(m);
    m->trusted = -1; /* no version of the database has this number */
    char *text = memcpy(texts + 8 * i, sql, sizeof sql);
    nt_status status = nt__sim_number(SIM_REQUEST(m, &err), text,
                                      SIM_ARGS(SIM_INT(2)), 0, &answer);
    wrong += !nt_ok(status) || answer != 42;
    nt_disconnect(lab.machine);
  }
  CHECK(wrong == 0, "a statement is itself at every address (%d are not)",
        wrong);
}

/* Two readers of one text do not disturb each other, however deep. */
static void test_statement_within(void) {
  struct nt_error err = {0};
  struct lab lab;
  int64_t sum = 0;
  if (!create(NT_SIM_MEMORY, &lab)) {
    CHECK(false, "a machine in memory");
    return;
  }
  struct nt_db *db = &nt__sim_machine(lab.machine)->db;
  static const char sql[] = "SELECT ?1 UNION ALL SELECT ?1 + 1";
  sqlite3_stmt *outer, *inner;
  nt_db_start(db, sql, NT_DB_ARGS(NT_DB_INT(10)), &outer, &err);
  while (nt_ok(nt_db_step(db, outer, &err))) {
    nt_db_start(db, sql, NT_DB_ARGS(NT_DB_INT(100)), &inner, &err);
    while (nt_ok(nt_db_step(db, inner, &err))) {
      sum += sqlite3_column_int64(outer, 0) * sqlite3_column_int64(inner, 0);
    }
  }
  CHECK(sum == (10 + 11) * (100 + 101),
        "a statement goes on when its text is asked within it (%lld)",
        (long long)sum);
  nt_disconnect(lab.machine);
}

/* SQLite may have rolled back at the failure: what runs after it would stay. */
static void test_after_failure(void) {
  struct nt_error err = {0};
  struct lab lab;
  int64_t left = 0;
  if (!create(NT_SIM_MEMORY, &lab)) {
    CHECK(false, "a machine in memory");
    return;
  }
  struct sim_machine *m = nt__sim_machine(lab.machine);
  CHECK(nt_ok(nt_db_begin(&m->db, &err)), "a transaction begins");
  CHECK(!nt_ok(nt_db_run(&m->db, "INSERT OR ROLLBACK INTO no_letter VALUES (0)",
                         NT_DB_NO_ARGS, &err)),
        "a statement fails, and ends the transaction");
  err = (struct nt_error){0};
  nt_status status = nt_db_run(&m->db, "INSERT INTO no_letter VALUES (1)",
                               NT_DB_NO_ARGS, &err);
  CHECK(status == NT_STATUS_UNSUCCESSFUL &&
            strstr(err.detail, "an earlier statement failed"),
        "the next one is refused: %s", err.detail);
  nt_db_roll_back(&m->db);
  nt__sim_number(SIM_REQUEST(m, &err), "SELECT count(*) FROM no_letter",
                 SIM_NO_ARGS, -1, &left);
  CHECK(left == 0, "nothing of the transaction stays (%lld)", (long long)left);
  nt_disconnect(lab.machine);
}

int main(void) {
  test_statements();
  test_statement_within();
  test_after_failure();
  test_sweep();
  test_cluster();
  test_drive();
  test_close();
  test_fork();
  test_damage();
  test_flush();
  test_alignment();
  return check_done();
}
