/*
 * The thin callers, against a machine that answers whatever a test tells it.
 */
#include "../../src/nt/admin.h"
#include "check.h"
#include "next.h"

/* What the slots answer next, and what they saw last. */
static struct {
  nt_status status;
  bool silent; /* refuse without filling the error, against the contract */
  const char *detail;
  unsigned char out[1024];
  size_t out_len;
  size_t done;
  uint32_t code;
  size_t out_cap;
  int calls;
} script;

static struct nt_machine fake_machine;
static struct nt_handle fake_handle;

static nt_status play(struct nt_error *err) {
  script.calls++;
  if (!nt_ok(script.status) && !script.silent) {
    nt_fail(err, script.status, script.detail == NULL ? NULL : "%s",
            script.detail);
  }
  return script.status;
}

static nt_status fake_connect(const char *location, struct nt_machine **out,
                              struct nt_error *err) {
  (void)location;
  *out = &fake_machine;
  return play(err);
}

static void fake_disconnect(struct nt_machine *machine) {
  (void)machine;
  script.calls++;
}

static nt_status fake_open(struct nt_machine *machine,
                           const struct nt_open_options *options,
                           struct nt_handle **out, struct nt_error *err) {
  (void)machine;
  (void)options;
  *out = &fake_handle;
  return play(err);
}

static nt_status fake_volume(struct nt_machine *machine, uint64_t *cursor,
                             struct nt_volume_info *out, struct nt_error *err) {
  (void)machine;
  (void)cursor;
  (void)out;
  return play(err);
}

static nt_status fake_disk(struct nt_machine *machine, uint64_t *cursor,
                           struct nt_disk_info *out, struct nt_error *err) {
  (void)machine;
  (void)cursor;
  (void)out;
  return play(err);
}

static nt_status fake_event(struct nt_machine *machine, uint64_t *cursor,
                            struct nt_event *out, struct nt_error *err) {
  (void)machine;
  (void)cursor;
  (void)out;
  return play(err);
}

static nt_status fake_named(struct nt_machine *machine, const char *name,
                            struct nt_error *err) {
  (void)machine;
  (void)name;
  return play(err);
}

static nt_status fake_control(struct nt_handle *handle, uint32_t code,
                              const void *in, size_t in_len, void *out,
                              size_t out_cap, size_t *out_len,
                              struct nt_error *err) {
  (void)handle;
  (void)in;
  (void)in_len;
  script.code = code;
  script.out_cap = out_cap;
  size_t count = script.out_len < out_cap ? script.out_len : out_cap;
  if (count > 0) {
    memcpy(out, script.out, count);
  }
  *out_len = script.out_len; /* may be more than out_cap: must be clamped */
  return play(err);
}

static nt_status fake_read(struct nt_handle *handle, uint64_t offset, void *buf,
                           size_t len, size_t *done, struct nt_error *err) {
  (void)handle;
  (void)offset;
  (void)buf;
  (void)len;
  *done = script.done;
  return play(err);
}

static nt_status fake_write(struct nt_handle *handle, uint64_t offset,
                            const void *buf, size_t len, size_t *done,
                            struct nt_error *err) {
  (void)handle;
  (void)offset;
  (void)buf;
  (void)len;
  *done = script.done;
  return play(err);
}

static nt_status fake_flush(struct nt_handle *handle, struct nt_error *err) {
  (void)handle;
  return play(err);
}

/* Takes the name away, as a back end that frees the handle does. */
static nt_status fake_close(struct nt_handle *handle, struct nt_error *err) {
  nt_status status = play(err);
  memset(handle, 0, sizeof(*handle));
  return status;
}

static nt_status fake_info(struct nt_handle *handle, struct nt_volume_info *out,
                           struct nt_error *err) {
  (void)handle;
  (void)out;
  return play(err);
}

static nt_status fake_file_size(struct nt_handle *handle, uint64_t *out,
                                struct nt_error *err) {
  (void)handle;
  *out = 12345;
  return play(err);
}

static nt_status fake_duplicate(struct nt_handle *handle,
                                struct nt_handle **out, struct nt_error *err) {
  static struct nt_handle copy;
  copy = *handle;
  copy.peer = NULL;
  *out = &copy;
  return play(err);
}

static nt_status fake_map(struct nt_handle *handle, bool image,
                          struct nt_handle **out, struct nt_error *err) {
  (void)image;
  return fake_duplicate(handle, out, err);
}

static nt_status fake_entry(struct nt_handle *handle, uint64_t *cursor,
                            struct nt_directory_entry *out,
                            struct nt_error *err) {
  (void)handle;
  (void)cursor;
  (void)out;
  return play(err);
}

static nt_status fake_control_by(struct nt_handle *handle, bool file_system,
                                 uint32_t code, const void *in, size_t in_len,
                                 void *out, size_t out_cap, size_t *out_len,
                                 struct nt_error *err) {
  (void)file_system;
  return fake_control(handle, code, in, in_len, out, out_cap, out_len, err);
}

static nt_status fake_subscribe(struct nt_machine *machine,
                                nt_event_fn callback, void *ctx,
                                struct nt_subscription **out,
                                struct nt_error *err) {
  (void)machine;
  (void)callback;
  (void)ctx;
  (void)out;
  return play(err);
}

static nt_status fake_node(struct nt_machine *machine, uint64_t *cursor,
                           struct nt_node_info *out, struct nt_error *err) {
  (void)machine;
  (void)cursor;
  (void)out;
  return play(err);
}

static nt_status fake_maintenance(struct nt_machine *machine,
                                  const char *volume, bool on,
                                  struct nt_error *err) {
  (void)machine;
  (void)volume;
  (void)on;
  return play(err);
}

static nt_status fake_owner(struct nt_machine *machine, const char *volume,
                            const char *node, struct nt_error *err) {
  (void)machine;
  (void)volume;
  (void)node;
  return play(err);
}

static nt_status fake_wait(struct nt_machine *machine, uint64_t after,
                           uint32_t timeout, struct nt_error *err) {
  (void)machine;
  (void)after;
  (void)timeout;
  return play(err);
}

static int64_t fake_clock(struct nt_machine *machine) {
  (void)machine;
  return 42;
}

static nt_status fake_change(struct nt_machine *machine, uint64_t *seen,
                             uint32_t timeout, struct nt_error *err) {
  (void)machine;
  (void)seen;
  (void)timeout;
  return play(err);
}

static nt_status fake_holder(struct nt_handle *handle, uint64_t *cursor,
                             struct nt_holder *out, const char **missing,
                             struct nt_error *err) {
  (void)handle;
  (void)cursor;
  (void)out;
  (void)missing;
  return play(err);
}

static nt_status fake_point(struct nt_machine *machine, const char *volume,
                            const char *point, struct nt_error *err) {
  (void)machine;
  (void)volume;
  (void)point;
  return play(err);
}

static nt_status fake_format(struct nt_handle *handle,
                             const struct nt_format_options *options,
                             struct nt_format_result *result,
                             struct nt_error *err) {
  (void)handle;
  (void)options;
  (void)result;
  return play(err);
}

static const struct nt_machine_ops full_machine = {
    .version = NT_OPS_VERSION,
    .size = sizeof(struct nt_machine_ops),
    .kind = "fake",
    .connect = fake_connect,
    .disconnect = fake_disconnect,
    .open = fake_open,
    .next_volume = fake_volume,
    .next_disk = fake_disk,
    .next_event = fake_event,
    .uninstall = fake_named,
    .eject = fake_named,
    .subscribe = fake_subscribe,
    .wait_event = fake_wait,
    .clock = fake_clock,
    .wait_change = fake_change,
    .format = fake_format,
};

static const struct nt_admin_ops full_admin = {
    .size = sizeof(struct nt_admin_ops),
    .mask = fake_named,
    .unmask = fake_named,
    .next_node = fake_node,
    .set_maintenance = fake_maintenance,
    .set_owner = fake_owner,
    .add_mount_point = fake_point,
    .remove_mount_point = fake_named,
};

static const struct nt_handle_ops full_handle = {
    .version = NT_OPS_VERSION,
    .size = sizeof(struct nt_handle_ops),
    .control = fake_control,
    .read = fake_read,
    .write = fake_write,
    .flush = fake_flush,
    .close = fake_close,
    .info = fake_info,
    .file_size = fake_file_size,
    .duplicate = fake_duplicate,
    .map = fake_map,
    .next_entry = fake_entry,
    .control_by = fake_control_by,
    .next_holder = fake_holder,
};

static struct nt_machine_ops machine_ops;
static struct nt_admin_ops admin_ops;
static struct nt_handle_ops handle_ops;

static void reset(void) {
  memset(&script, 0, sizeof(script));
  machine_ops = full_machine;
  machine_ops.admin = &admin_ops;
  admin_ops = full_admin;
  handle_ops = full_handle;
  fake_machine = (struct nt_machine){.ops = &machine_ops};
  nt_copy(fake_machine.name, sizeof(fake_machine.name), "fake:lab");
  fake_handle =
      (struct nt_handle){.ops = &handle_ops,
                         .machine = &fake_machine,
                         .kind = NT_KIND_VOLUME,
                         .access = NT_FILE_READ_DATA | NT_FILE_WRITE_DATA,
                         .sector_size = 512};
  nt_copy(fake_handle.name, sizeof(fake_handle.name), "D:");
}

/* ---- every caller, the same way ------------------------------------------ */

static char buffer[4096];
static size_t transferred;

static nt_status call_connect(struct nt_error *err) {
  struct nt_machine *machine;
  return nt_connect(&machine_ops, "lab", &machine, err);
}
static nt_status call_open(struct nt_error *err) {
  const struct nt_open_options options = {.name = "E:"};
  struct nt_handle *handle;
  return nt_open(&fake_machine, &options, &handle, err);
}
static nt_status call_volume(struct nt_error *err) {
  struct nt_volume_info info;
  uint64_t cursor = 0;
  return nt_next_volume(&fake_machine, &cursor, &info, err);
}
static nt_status call_disk(struct nt_error *err) {
  struct nt_disk_info info;
  uint64_t cursor = 0;
  return nt_next_disk(&fake_machine, &cursor, &info, err);
}
static nt_status call_event(struct nt_error *err) {
  struct nt_event event;
  uint64_t cursor = 0;
  return nt_next_event(&fake_machine, &cursor, &event, err);
}
static nt_status call_uninstall(struct nt_error *err) {
  return nt_uninstall(&fake_machine, "D:", err);
}
static nt_status call_mask(struct nt_error *err) {
  return nt_mask(&fake_machine, "PhysicalDrive1", err);
}
static nt_status call_unmask(struct nt_error *err) {
  return nt_unmask(&fake_machine, "PhysicalDrive1", err);
}
static nt_status call_eject(struct nt_error *err) {
  return nt_eject(&fake_machine, "D:", err);
}
static nt_status call_node(struct nt_error *err) {
  struct nt_node_info node;
  uint64_t cursor = 0;
  return nt_next_node(&fake_machine, &cursor, &node, err);
}
static nt_status call_maintenance(struct nt_error *err) {
  return nt_set_maintenance(&fake_machine, "D:", true, err);
}
static nt_status call_owner(struct nt_error *err) {
  return nt_set_owner(&fake_machine, "D:", "n2", err);
}
static nt_status call_add_point(struct nt_error *err) {
  return nt_add_mount_point(&fake_machine, "D:", "E:", err);
}
static nt_status call_remove_point(struct nt_error *err) {
  return nt_remove_mount_point(&fake_machine, "E:", err);
}
static nt_status call_control(struct nt_error *err) {
  return nt_verb(&fake_handle, NT_FSCTL_LOCK_VOLUME, err);
}
static nt_status call_read(struct nt_error *err) {
  return nt_read(&fake_handle, 512, buffer, 1024, &transferred, err);
}
static nt_status call_write(struct nt_error *err) {
  return nt_write(&fake_handle, 512, buffer, 1024, &transferred, err);
}
static nt_status call_flush(struct nt_error *err) {
  return nt_flush(&fake_handle, err);
}
static nt_status call_close(struct nt_error *err) {
  return nt_close(&fake_handle, err);
}
static nt_status call_info(struct nt_error *err) {
  struct nt_volume_info info;
  return nt_info(&fake_handle, &info, err);
}

static nt_status call_file_size(struct nt_error *err) {
  uint64_t size;
  fake_handle.kind = NT_KIND_FILE;
  return nt_size(&fake_handle, &size, err);
}

static nt_status call_duplicate(struct nt_error *err) {
  struct nt_handle *copy;
  nt_status status = nt_duplicate(&fake_handle, &copy, err);
  fake_handle.peer = NULL;
  return status;
}

static nt_status call_map(struct nt_error *err) {
  struct nt_handle *section;
  return nt_map(&fake_handle, true, &section, err);
}

static nt_status call_entry(struct nt_error *err) {
  struct nt_directory_entry entry;
  uint64_t cursor = 0;
  return nt_next_entry(&fake_handle, &cursor, &entry, err);
}

static nt_status call_control_by(struct nt_error *err) {
  return nt_control_by(&fake_handle, false, NT_FSCTL_LOCK_VOLUME, NULL, 0, NULL,
                       0, NULL, err);
}

static nt_status call_subscribe(struct nt_error *err) {
  struct nt_subscription *subscription;
  return nt_subscribe(&fake_machine, NULL, NULL, &subscription, err);
}

static nt_status call_wait(struct nt_error *err) {
  return nt_wait_event(&fake_machine, 0, 0, err);
}

static nt_status call_holder(struct nt_error *err) {
  struct nt_holder holder;
  const char *missing;
  uint64_t cursor = 0;
  return nt_next_holder(&fake_handle, &cursor, &holder, &missing, err);
}

/* Where a slot is: its table, whose field `size` says where that ends. */
#define SLOT(type, table, slot) \
  &(table), &(table).size, offsetof(struct type, slot), sizeof((table).slot)
#define MACHINE_SLOT(slot) SLOT(nt_machine_ops, machine_ops, slot)
#define ADMIN_SLOT(slot) SLOT(nt_admin_ops, admin_ops, slot)
#define HANDLE_SLOT(slot) SLOT(nt_handle_ops, handle_ops, slot)

static const struct {
  nt_status (*call)(struct nt_error *err);
  const char *op, *target;
  void *table;
  uint32_t *end;       /* of the table */
  size_t offset, size; /* of the slot in its table */
} callers[] = {
    {call_connect, "connect to", "fake:lab", MACHINE_SLOT(connect)},
    {call_open, "open", "E:", MACHINE_SLOT(open)},
    {call_volume, "list volumes of", "fake:lab", MACHINE_SLOT(next_volume)},
    {call_disk, "list disks of", "fake:lab", MACHINE_SLOT(next_disk)},
    {call_event, "list events of", "fake:lab", MACHINE_SLOT(next_event)},
    {call_uninstall, "uninstall", "D:", MACHINE_SLOT(uninstall)},
    {call_mask, "mask", "PhysicalDrive1", ADMIN_SLOT(mask)},
    {call_unmask, "unmask", "PhysicalDrive1", ADMIN_SLOT(unmask)},
    {call_eject, "eject", "D:", MACHINE_SLOT(eject)},
    {call_node, "list nodes of", "fake:lab", ADMIN_SLOT(next_node)},
    {call_maintenance, "begin maintenance of",
     "D:", ADMIN_SLOT(set_maintenance)},
    {call_owner, "set the owner of", "D:", ADMIN_SLOT(set_owner)},
    {call_add_point, "add mount point", "E:", ADMIN_SLOT(add_mount_point)},
    {call_remove_point, "remove mount point",
     "E:", ADMIN_SLOT(remove_mount_point)},
    {call_control, "lock", "D:", HANDLE_SLOT(control)},
    {call_read, "read", "D:", HANDLE_SLOT(read)},
    {call_write, "write", "D:", HANDLE_SLOT(write)},
    {call_flush, "flush", "D:", HANDLE_SLOT(flush)},
    {call_close, "close", "D:", HANDLE_SLOT(close)},
    {call_info, "query", "D:", HANDLE_SLOT(info)},
    {call_file_size, "query the size of", "D:", HANDLE_SLOT(file_size)},
    {call_subscribe, "subscribe to", "fake:lab", MACHINE_SLOT(subscribe)},
    {call_wait, "watch", "fake:lab", MACHINE_SLOT(wait_event)},
    {call_duplicate, "duplicate", "D:", HANDLE_SLOT(duplicate)},
    {call_map, "map", "D:", HANDLE_SLOT(map)},
    {call_entry, "list", "D:", HANDLE_SLOT(next_entry)},
    {call_holder, "name the holders of", "D:", HANDLE_SLOT(next_holder)},
    {call_control_by, "lock", "D:", HANDLE_SLOT(control_by)},
};

#define CALLERS (sizeof(callers) / sizeof(callers[0]))

/* A machine without the two slots waits by the host's clock. */
static void test_clock(void) {
  struct nt_error err = {0};
  uint64_t seen = 0;
  reset();
  CHECK(nt_clock(&fake_machine) == 42, "the machine's own clock");
  CHECK(nt_wait_change(&fake_machine, &seen, 1, &err) == NT_STATUS_SUCCESS &&
            script.calls == 1,
        "the machine waits itself");
  script.status = NT_STATUS_DEVICE_REMOVED;
  CHECK(nt_wait_change(&fake_machine, &seen, 1, &err) ==
                NT_STATUS_DEVICE_REMOVED &&
            strcmp(err.op, "wait on") == 0,
        "a refusal comes through with a name");
  memset(&err, 0, sizeof(err));
  machine_ops.clock = NULL;
  machine_ops.wait_change = NULL;
  int64_t before = nt_clock(&fake_machine);
  CHECK(nt_wait_change(&fake_machine, &seen, 2, &err) ==
                NT_STATUS_NO_MORE_ENTRIES &&
            script.calls == 2 && err.status == NT_STATUS_SUCCESS,
        "else the time just passes");
  CHECK(nt_clock(&fake_machine) > before, "on the host's clock");
  machine_ops.version = NT_OPS_VERSION + 1;
  CHECK(
      nt_wait_change(&fake_machine, &seen, 0, &err) == NT_STATUS_NOT_SUPPORTED,
      "another version is not called");
}

static void test_success(void) {
  for (size_t i = 0; i < CALLERS; i++) {
    static const struct nt_error untouched;
    struct nt_error err = {0};
    reset();
    CHECK(callers[i].call(&err) == NT_STATUS_SUCCESS && script.calls == 1,
          "%s: success comes through", callers[i].op);
    CHECK(memcmp(&err, &untouched, sizeof(err)) == 0,
          "%s: success leaves the error alone", callers[i].op);
  }
}

static void test_refusal(void) {
  for (size_t i = 0; i < CALLERS; i++) {
    struct nt_error err = {0};
    reset();
    script.status = NT_STATUS_DEVICE_BUSY;
    script.detail = "its own words";
    CHECK(callers[i].call(&err) == NT_STATUS_DEVICE_BUSY &&
              err.status == NT_STATUS_DEVICE_BUSY,
          "%s: a refusal comes through", callers[i].op);
    CHECK_TEXT(err.op, callers[i].op, "%s: op", callers[i].op);
    CHECK_TEXT(err.target, callers[i].target, "%s: target", callers[i].op);
    CHECK_TEXT(err.detail, "its own words", "%s: detail", callers[i].op);
  }
}

static void test_silent_refusal(void) {
  for (size_t i = 0; i < CALLERS; i++) {
    struct nt_error err = {0};
    reset();
    script.status = NT_STATUS_DEVICE_BUSY;
    script.silent = true;
    callers[i].call(&err);
    CHECK(err.status == NT_STATUS_DEVICE_BUSY && err.op[0] != '\0',
          "%s: result and error agree", callers[i].op);
  }
}

static void check_unsupported(size_t i, const char *why) {
  struct nt_error err = {0};
  CHECK(callers[i].call(&err) == NT_STATUS_NOT_SUPPORTED && script.calls == 0,
        "%s: %s is not supported", callers[i].op, why);
  CHECK(err.status == NT_STATUS_NOT_SUPPORTED &&
            strcmp(err.op, callers[i].op) == 0 &&
            strcmp(err.target, callers[i].target) == 0,
        "%s: %s names op and target", callers[i].op, why);
  CHECK_TEXT(err.detail, "the fake machine has no such operation",
             "%s: %s says who", callers[i].op, why);
}

static void test_empty_slot(void) {
  for (size_t i = 0; i < CALLERS; i++) {
    reset();
    memset((char *)callers[i].table + callers[i].offset, 0, callers[i].size);
    check_unsupported(i, "a NULL slot");
  }
}

/* A real machine has no administrator; one that was built with an older header
 * may not know of him. */
static void test_no_admin(void) {
  for (size_t i = 0; i < CALLERS; i++) {
    if (callers[i].table == &admin_ops) {
      reset();
      machine_ops.admin = NULL;
      check_unsupported(i, "a machine without an administrator");
      reset();
      machine_ops.size = offsetof(struct nt_machine_ops, admin);
      check_unsupported(i, "a table without an administrator");
    }
  }
}

static const struct {
  bool machine;
  int ability;
  const char *name;
  void *table;
  uint32_t *end;
  size_t offset, size;
} abilities[] = {
    {true, NT_CAN_OPEN, "open", MACHINE_SLOT(open)},
    {true, NT_CAN_LIST_VOLUMES, "volumes", MACHINE_SLOT(next_volume)},
    {true, NT_CAN_LIST_DISKS, "disks", MACHINE_SLOT(next_disk)},
    {true, NT_CAN_LIST_EVENTS, "events", MACHINE_SLOT(next_event)},
    {true, NT_CAN_UNINSTALL, "uninstall", MACHINE_SLOT(uninstall)},
    {true, NT_CAN_EJECT, "eject", MACHINE_SLOT(eject)},
    {true, NT_CAN_SUBSCRIBE, "subscribe", MACHINE_SLOT(subscribe)},
    {true, NT_CAN_WATCH, "watch", MACHINE_SLOT(wait_event)},
    {true, NT_CAN_FORMAT, "format", MACHINE_SLOT(format)},
    {true, NT_CAN_MASK, "mask", ADMIN_SLOT(mask)},
    {true, NT_CAN_UNMASK, "unmask", ADMIN_SLOT(unmask)},
    {true, NT_CAN_CLUSTER, "cluster", ADMIN_SLOT(next_node)},
    {true, NT_CAN_MOUNT_POINTS, "points", ADMIN_SLOT(add_mount_point)},
    {true, NT_CAN_MOUNT_POINTS, "points", ADMIN_SLOT(remove_mount_point)},
    {true, NT_CAN_MASK, "an administrator", MACHINE_SLOT(admin)},
    {false, NT_CAN_CONTROL, "control", HANDLE_SLOT(control)},
    {false, NT_CAN_READ, "read", HANDLE_SLOT(read)},
    {false, NT_CAN_WRITE, "write", HANDLE_SLOT(write)},
    {false, NT_CAN_FLUSH, "flush", HANDLE_SLOT(flush)},
    {false, NT_CAN_TELL_INFO, "info", HANDLE_SLOT(info)},
    {false, NT_CAN_DUPLICATE, "duplicate", HANDLE_SLOT(duplicate)},
    {false, NT_CAN_MAP, "map", HANDLE_SLOT(map)},
    {false, NT_CAN_LIST, "list", HANDLE_SLOT(next_entry)},
    {false, NT_CAN_NAME_HOLDERS, "holders", HANDLE_SLOT(next_holder)},
};

static bool can(size_t i) {
  return abilities[i].machine
             ? nt_machine_can(&fake_machine,
                              (enum nt_machine_ability)abilities[i].ability)
             : nt_handle_can(&fake_handle,
                             (enum nt_handle_ability)abilities[i].ability);
}

static void test_abilities(void) {
  for (size_t i = 0; i < sizeof(abilities) / sizeof(abilities[0]); i++) {
    reset();
    CHECK(can(i), "can %s by its slot", abilities[i].name);
    memset((char *)abilities[i].table + abilities[i].offset, 0,
           abilities[i].size);
    CHECK(!can(i), "cannot %s without the slot", abilities[i].name);
    reset();
    *abilities[i].end = (uint32_t)abilities[i].offset;
    CHECK(!can(i), "cannot %s where the table ends before it",
          abilities[i].name);
  }
}

/* A table of an older header ends before the slot, whatever lies there. */
static void test_short_table(void) {
  for (size_t i = 0; i < CALLERS; i++) {
    uint32_t end = (uint32_t)(callers[i].offset + callers[i].size);
    struct nt_error err = {0};
    reset();
    *callers[i].end = end;
    CHECK(callers[i].call(&err) == NT_STATUS_SUCCESS,
          "%s: the last slot of a table", callers[i].op);
    reset();
    *callers[i].end = end - 1;
    check_unsupported(i, "a slot past the end");
  }
}

static void test_other_version(void) {
  for (size_t i = 0; i < CALLERS; i++) {
    struct nt_error err = {0};
    reset();
    machine_ops.version = handle_ops.version = NT_OPS_VERSION + 1;
    CHECK(callers[i].call(&err) == NT_STATUS_NOT_SUPPORTED &&
              script.calls == 0 && strcmp(err.op, callers[i].op) == 0,
          "%s: another version is refused", callers[i].op);
    CHECK_TEXT(err.reason, "version", "%s: another version, reason",
               callers[i].op);
    CHECK(err.detail[0] != '\0' && next_of(&err)[0] != '\0',
          "%s: another version, detail and hint", callers[i].op);
  }
}

/* ---- machines ------------------------------------------------------------ */

static void test_native_machine(void) {
  struct nt_machine *machine;
  struct nt_error err = {0};
  reset();
  script.status = NT_STATUS_ACCESS_DENIED;
  nt_connect(&machine_ops, NULL, &machine, &err);
  CHECK_TEXT(err.target, "fake", "connect: a machine without location");
}

static void test_disconnect(void) {
  reset();
  nt_disconnect(NULL);
  CHECK(script.calls == 0, "disconnect: nothing");
  nt_disconnect(&fake_machine);
  CHECK(script.calls == 1, "disconnect: once");
  machine_ops.disconnect = NULL;
  nt_disconnect(&fake_machine);
  CHECK(script.calls == 1, "disconnect: without a slot");
}

static void test_end_of_enumeration(void) {
  static const struct nt_error untouched;
  struct nt_error err = {0};
  reset();
  script.status = NT_STATUS_NO_MORE_ENTRIES;
  script.silent = true;
  CHECK(call_volume(&err) == NT_STATUS_NO_MORE_ENTRIES, "end of volumes");
  CHECK(call_disk(&err) == NT_STATUS_NO_MORE_ENTRIES, "end of disks");
  CHECK(call_event(&err) == NT_STATUS_NO_MORE_ENTRIES, "end of events");
  CHECK(memcmp(&err, &untouched, sizeof(err)) == 0,
        "the end of an enumeration is no error");
}

/* ---- control ------------------------------------------------------------- */

static void test_names_of_codes(void) {
  static const struct {
    uint32_t code;
    const char *op;
  } rows[] = {
      {NT_FSCTL_DISMOUNT_VOLUME, "dismount"},
      {NT_IOCTL_VOLUME_OFFLINE, "offline"},
      {NT_FSCTL_MARK_HANDLE, "control FSCTL_MARK_HANDLE"},
      {0x00220004U, "control 0x220004"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct nt_error err = {0};
    reset();
    script.status = NT_STATUS_INVALID_DEVICE_REQUEST;
    nt_verb(&fake_handle, rows[i].code, &err);
    CHECK_TEXT(err.op, rows[i].op, "control: op of 0x%X", rows[i].code);
    CHECK(script.code == rows[i].code, "control: 0x%X arrives", rows[i].code);
  }
}

static void test_access_bits(void) {
  static const struct {
    uint32_t code, access;
    const char *detail; /* NULL: goes through */
  } rows[] = {
      {NT_FSCTL_LOCK_VOLUME, 0, NULL},
      {NT_FSCTL_LOCK_VOLUME, NT_FILE_READ_ATTRIBUTES, NULL},
      {NT_IOCTL_DISK_GET_LENGTH_INFO, NT_FILE_READ_DATA, NULL},
      {NT_IOCTL_DISK_GET_LENGTH_INFO, NT_GENERIC_READ_MAPPED, NULL},
      {NT_IOCTL_DISK_GET_LENGTH_INFO, NT_FILE_WRITE_DATA,
       "the handle lacks read access"},
      {NT_IOCTL_VOLUME_OFFLINE, NT_FILE_READ_DATA | NT_FILE_WRITE_DATA, NULL},
      {NT_IOCTL_VOLUME_OFFLINE, NT_GENERIC_READ_MAPPED,
       "the handle lacks write access"},
      {NT_IOCTL_VOLUME_OFFLINE, NT_GENERIC_WRITE_MAPPED,
       "the handle lacks read access"},
      {NT_IOCTL_VOLUME_OFFLINE, NT_FILE_READ_ATTRIBUTES,
       "the handle lacks read and write access"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct nt_error err = {0};
    reset();
    fake_handle.access = rows[i].access;
    nt_status status = nt_verb(&fake_handle, rows[i].code, &err);
    if (rows[i].detail == NULL) {
      CHECK(status == NT_STATUS_SUCCESS && script.calls == 1,
            "I14 access 0x%X is enough for 0x%X", rows[i].access, rows[i].code);
      continue;
    }
    CHECK(status == NT_STATUS_ACCESS_DENIED && script.calls == 0,
          "I14 access 0x%X is refused 0x%X before any driver", rows[i].access,
          rows[i].code);
    CHECK_TEXT(err.detail, rows[i].detail, "I14 what is missing");
    CHECK_TEXT(next_of(&err), "open it with access \"rw\"", "I14 what to do");
    CHECK(err.op[0] != '\0' && strcmp(err.target, "D:") == 0,
          "I14 op and target");
  }
}

static void test_access_before_slot(void) {
  struct nt_error err = {0};
  reset();
  fake_handle.access = 0;
  handle_ops.control = NULL;
  CHECK(nt_verb(&fake_handle, NT_IOCTL_VOLUME_OFFLINE, &err) ==
            NT_STATUS_ACCESS_DENIED,
        "I14 comes before a missing slot");
}

static void test_state_of_handle(void) {
  struct nt_error err = {0};
  reset();
  script.status = NT_STATUS_ACCESS_DENIED;
  nt_verb(&fake_handle, NT_FSCTL_LOCK_VOLUME, &err);
  CHECK(!fake_handle.locked, "a refused lock is none");
  nt_verb(&fake_handle, NT_FSCTL_DISMOUNT_VOLUME, &err);
  CHECK(!fake_handle.dismounted, "a refused dismount is none");
  script.status = NT_STATUS_SUCCESS;
  nt_verb(&fake_handle, NT_FSCTL_LOCK_VOLUME, &err);
  CHECK(fake_handle.locked && !fake_handle.dismounted, "locked");
  nt_verb(&fake_handle, NT_IOCTL_VOLUME_OFFLINE, &err);
  nt_verb(&fake_handle, NT_FSCTL_DISMOUNT_VOLUME, &err);
  CHECK(fake_handle.locked && fake_handle.dismounted, "locked, dismounted");
  script.status = NT_STATUS_NOT_LOCKED;
  nt_verb(&fake_handle, NT_FSCTL_UNLOCK_VOLUME, &err);
  CHECK(fake_handle.locked, "a refused unlock unlocks nothing");
  script.status = NT_STATUS_SUCCESS;
  nt_verb(&fake_handle, NT_FSCTL_UNLOCK_VOLUME, &err);
  CHECK(!fake_handle.locked && fake_handle.dismounted, "unlocked");
}

static void test_output_length(void) {
  struct nt_error err = {0};
  unsigned char out[8];
  size_t length = 77;
  const uint32_t code = NT_FSCTL_QUERY_FAT_BPB;
  reset();
  script.out_len = 5;
  nt_control(&fake_handle, code, NULL, 0, out, sizeof(out), &length, &err);
  CHECK(length == 5, "control: length on success");
  script.out_len = 3329185440U;
  nt_control(&fake_handle, code, NULL, 0, out, sizeof(out), &length, &err);
  CHECK(length == sizeof(out), "control: length is clamped");
  nt_control(&fake_handle, code, NULL, 0, NULL, 0, &length, &err);
  CHECK(length == 0, "control: no buffer, no length");
  script.status = NT_STATUS_BUFFER_OVERFLOW;
  script.out_len = 6;
  nt_control(&fake_handle, code, NULL, 0, out, sizeof(out), &length, &err);
  CHECK(length == 6, "control: length on overflow");
  length = 77;
  script.status = NT_STATUS_ACCESS_DENIED;
  nt_control(&fake_handle, code, NULL, 0, out, sizeof(out), &length, &err);
  CHECK(length == 77, "control: no length on failure");
}

static void test_ask(void) {
  static const struct {
    uint32_t code;
    nt_status status;
    int answer; /* 1 yes, 0 no, -1 refused */
  } rows[] = {
      {NT_IOCTL_VOLUME_IS_OFFLINE, NT_STATUS_SUCCESS, 1},
      {NT_IOCTL_VOLUME_IS_OFFLINE, NT_STATUS_UNSUCCESSFUL, 0},
      {NT_IOCTL_VOLUME_IS_OFFLINE, NT_STATUS_VOLUME_DISMOUNTED, -1},
      {NT_IOCTL_VOLUME_IS_OFFLINE, NT_STATUS_INVALID_DEVICE_REQUEST, -1},
      {NT_FSCTL_IS_VOLUME_MOUNTED, NT_STATUS_SUCCESS, 1},
      {NT_FSCTL_IS_VOLUME_MOUNTED, NT_STATUS_UNSUCCESSFUL, 0},
      {NT_FSCTL_IS_VOLUME_MOUNTED, NT_STATUS_VOLUME_DISMOUNTED, 0},
      {NT_FSCTL_IS_VOLUME_MOUNTED, NT_STATUS_WRONG_VOLUME, 0},
      {NT_FSCTL_IS_VOLUME_MOUNTED, NT_STATUS_VERIFY_REQUIRED, 0},
      {NT_FSCTL_IS_VOLUME_MOUNTED, NT_STATUS_DEVICE_NOT_READY, -1},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    static const struct nt_error untouched;
    struct nt_error err = {0};
    bool answer = rows[i].answer != 1;
    reset();
    script.status = rows[i].status;
    nt_status status = nt_ask(&fake_handle, rows[i].code, &answer, &err);
    if (rows[i].answer < 0) {
      CHECK(status == rows[i].status && err.status == status && answer,
            "I11 0x%X 0x%X is refused", rows[i].code, rows[i].status);
      continue;
    }
    CHECK(status == NT_STATUS_SUCCESS && answer == (rows[i].answer == 1),
          "I11 0x%X 0x%X answers %d", rows[i].code, rows[i].status,
          rows[i].answer);
    CHECK(memcmp(&err, &untouched, sizeof(err)) == 0,
          "I11 0x%X 0x%X leaves no error", rows[i].code, rows[i].status);
  }
}

/* ---- reading and writing ------------------------------------------------- */

static void test_transfer(void) {
  struct nt_error err = {0};
  reset();
  script.done = 512;
  call_read(&err);
  CHECK(transferred == 512, "read: what was done");
  script.done = 0;
  call_write(&err);
  CHECK(transferred == 0, "write: clipped without a word");
  script.status = NT_STATUS_INVALID_PARAMETER;
  call_read(&err);
  CHECK_TEXT(err.detail, "1024 bytes at offset 512", "read: where it failed");
  memset(&err, 0, sizeof(err));
  nt_write(&fake_handle, 1ULL << 44, buffer, 4096, &transferred, &err);
  CHECK_TEXT(err.detail, "4096 bytes at offset 17592186044416",
             "write: where it failed, past 4 GiB");
}

/* ---- typed queries ------------------------------------------------------- */

static void put_u32(size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; i++) {
    script.out[at + i] = (unsigned char)(value >> (8 * i) & 0xFFU);
  }
}

static void put_u64(size_t at, uint64_t value) {
  put_u32(at, (uint32_t)(value & 0xFFFFFFFFU));
  put_u32(at + 4, (uint32_t)(value >> 32));
}

static void check_short(nt_status status, const struct nt_error *err,
                        const char *detail, const char *name) {
  CHECK(status == NT_STATUS_INFO_LENGTH_MISMATCH && err->status == status,
        "%s: a short answer is refused", name);
  CHECK_TEXT(err->detail, detail, "%s: a short answer, what was expected",
             name);
  CHECK(strncmp(err->op, "query ", 6) == 0 && strcmp(err->target, "D:") == 0,
        "%s: a short answer, op and target", name);
}

static void test_length(void) {
  struct nt_error err = {0};
  uint64_t length = 1;
  reset();
  script.out_len = 7;
  check_short(nt_length(&fake_handle, &length, &err), &err,
              "the fake machine answered 7 bytes, at least 8 were expected",
              "length");
  CHECK(length == 1, "length: unchanged on failure");
  put_u64(0, 0x0123456789ABCDEFULL);
  script.out_len = 8;
  CHECK(nt_length(&fake_handle, &length, &err) == NT_STATUS_SUCCESS &&
            length == 0x0123456789ABCDEFULL,
        "length: 64 bits, little-endian");
  CHECK(script.code == 0x7405C, "length: its code");
  CHECK(nt_size(&fake_handle, &length, &err) == NT_STATUS_SUCCESS &&
            length == 0x0123456789ABCDEFULL,
        "size: of a volume its length");
  fake_handle.kind = NT_KIND_DIRECTORY;
  CHECK(nt_size(&fake_handle, &length, &err) == NT_STATUS_SUCCESS &&
            length == 12345,
        "size: of a directory what its slot answers");
}

static void test_geometry(void) {
  struct nt_error err = {0};
  struct nt_geometry geometry = {0};
  reset();
  script.out_len = 24;
  check_short(nt_geometry(&fake_handle, &geometry, &err), &err,
              "the fake machine answered 24 bytes, at least 32 were expected",
              "geometry");
  put_u64(0, 5000000000ULL);
  put_u32(8, 12);
  put_u32(12, 255);
  put_u32(16, 63);
  put_u32(20, 4096);
  put_u64(24, 1ULL << 44);
  script.out_len = 40;
  CHECK(nt_geometry(&fake_handle, &geometry, &err) == NT_STATUS_SUCCESS,
        "geometry: answered");
  CHECK(geometry.cylinders == 5000000000ULL && geometry.heads == 255 &&
            geometry.sectors_per_track == 63 && geometry.sector_size == 4096 &&
            geometry.length == 1ULL << 44,
        "geometry: every field");
  CHECK(script.code == 0x700A0, "geometry: its code");
}

static void put_extents(uint32_t count) {
  put_u32(0, count);
  for (uint32_t i = 0; i < count && i < NT_MAX_EXTENTS; i++) {
    put_u32(8 + 24 * (size_t)i, i + 1);
    put_u64(16 + 24 * (size_t)i, (1ULL << 40) + i);
    put_u64(24 + 24 * (size_t)i, (2ULL << 40) + i);
  }
  script.out_len = 8 + 24 * (size_t)count;
}

static void test_extents(void) {
  struct nt_error err = {0};
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t count = 0;
  reset();
  put_extents(2);
  CHECK(nt_extents(&fake_handle, extents, &count, &err) == NT_STATUS_SUCCESS &&
            count == 2,
        "extents: two");
  CHECK(extents[1].disk == 2 && extents[1].offset == (1ULL << 40) + 1 &&
            extents[1].length == (2ULL << 40) + 1,
        "extents: every field");
  CHECK(script.code == 0x560000, "extents: its code");
  put_extents(NT_MAX_EXTENTS);
  CHECK(nt_extents(&fake_handle, extents, &count, &err) == NT_STATUS_SUCCESS &&
            count == NT_MAX_EXTENTS &&
            extents[NT_MAX_EXTENTS - 1].disk == NT_MAX_EXTENTS,
        "extents: as many as fit");
  put_extents(0);
  CHECK(nt_extents(&fake_handle, extents, &count, &err) == NT_STATUS_SUCCESS &&
            count == 0,
        "extents: none");
}

static void test_bad_extents(void) {
  struct nt_error err = {0};
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t count = 77;
  reset();
  script.out_len = 4;
  check_short(nt_extents(&fake_handle, extents, &count, &err), &err,
              "the fake machine answered 4 bytes, at least 8 were expected",
              "extents header");
  memset(&err, 0, sizeof(err));
  put_extents(2);
  script.out_len -= 1;
  check_short(nt_extents(&fake_handle, extents, &count, &err), &err,
              "the fake machine answered 55 bytes, at least 56 were expected",
              "extents");
  memset(&err, 0, sizeof(err));
  script.status = NT_STATUS_BUFFER_OVERFLOW;
  put_extents(40);
  CHECK(nt_extents(&fake_handle, extents, &count, &err) ==
            NT_STATUS_BUFFER_OVERFLOW,
        "extents: too many");
  CHECK_TEXT(err.detail, "the volume has 40 extents, at most 32 are supported",
             "extents: how many");
  memset(&err, 0, sizeof(err));
  script.status = NT_STATUS_SUCCESS;
  put_u32(0, 0xFFFFFFFFU);
  CHECK(nt_extents(&fake_handle, extents, &count, &err) ==
            NT_STATUS_BUFFER_OVERFLOW,
        "extents: a count that cannot be");
  memset(&err, 0, sizeof(err));
  script.status = NT_STATUS_DEVICE_NOT_READY;
  CHECK(nt_extents(&fake_handle, extents, &count, &err) ==
                NT_STATUS_DEVICE_NOT_READY &&
            strcmp(err.op, "query extents") == 0,
        "extents: refused");
  CHECK(count == 77, "extents: count unchanged on failure");
}

static void test_device_number(void) {
  struct nt_error err = {0};
  struct nt_device_number number = {0};
  reset();
  script.out_len = 8;
  check_short(nt_device_number(&fake_handle, &number, &err), &err,
              "the fake machine answered 8 bytes, at least 12 were expected",
              "device number");
  put_u32(0, 7);
  put_u32(4, 3);
  put_u32(8, 2);
  script.out_len = 12;
  CHECK(nt_device_number(&fake_handle, &number, &err) == NT_STATUS_SUCCESS &&
            number.type == 7 && number.number == 3 && number.partition == 2,
        "device number: every field");
  CHECK(script.code == 0x2D1080, "device number: its code");
}

static void test_partition_start(void) {
  struct nt_error err = {0};
  uint64_t start = 1;
  reset();
  script.out_len = 15;
  check_short(nt_partition_start(&fake_handle, &start, &err), &err,
              "the fake machine answered 15 bytes, at least 16 were expected",
              "partition start");
  put_u32(0, 1);
  put_u64(8, 1ULL << 41);
  put_u64(16, 5);
  script.out_len = 144;
  CHECK(nt_partition_start(&fake_handle, &start, &err) == NT_STATUS_SUCCESS &&
            start == 1ULL << 41,
        "partition start: answered");
  CHECK(script.code == 0x70048 && script.out_cap == 144,
        "partition start: its code and size");
}

/* 1.2: ownership is by file object, and so is what is known about it. */
static void test_duplicates(void) {
  struct nt_error err = {0};
  struct nt_handle *copy = NULL;
  reset();
  CHECK(nt_duplicate(&fake_handle, &copy, &err) == NT_STATUS_SUCCESS &&
            copy->peer == &fake_handle && fake_handle.peer == copy,
        "two handles on one file object know each other");
  nt_verb(copy, NT_FSCTL_LOCK_VOLUME, &err);
  CHECK(fake_handle.locked && copy->locked,
        "U1: the lock of one is the lock of both");
  nt_verb(&fake_handle, NT_FSCTL_DISMOUNT_VOLUME, &err);
  CHECK(fake_handle.dismounted && copy->dismounted, "so is the dismount");
  nt_verb(&fake_handle, NT_FSCTL_UNLOCK_VOLUME, &err);
  CHECK(!fake_handle.locked && !copy->locked, "and the unlock");
  nt_close(copy, &err);
  CHECK(fake_handle.peer == NULL, "the last one is alone");
}

int main(void) {
  test_clock();
  test_success();
  test_refusal();
  test_duplicates();
  test_silent_refusal();
  test_empty_slot();
  test_no_admin();
  test_abilities();
  test_short_table();
  test_other_version();
  test_native_machine();
  test_disconnect();
  test_end_of_enumeration();
  test_names_of_codes();
  test_access_bits();
  test_access_before_slot();
  test_state_of_handle();
  test_output_length();
  test_ask();
  test_transfer();
  test_length();
  test_geometry();
  test_extents();
  test_bad_extents();
  test_device_number();
  test_partition_start();
  return check_done();
}
