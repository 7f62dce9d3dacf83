/*
 * The thin checked callers of the contract, and the queries that decode the
 * buffers of control codes.
 */
#include "nt.h"

#include "host.h"

#include <inttypes.h>
#include <string.h>

_Static_assert(NT_FILE_READ_DATA == 1 && NT_FILE_WRITE_DATA == 2,
               "nt_code_access() answers these two as bits 0 and 1");

/* ---- tables -------------------------------------------------------------- */

/* Tables are append-only: who filled one with an older header says by `size`
 * where it ends, and slots past its end are as good as NULL. */
#define HAS(type, table, slot)                                             \
  ((table)->size >= offsetof(struct type, slot) + sizeof((table)->slot) && \
   (table)->slot != NULL)
#define MACHINE_HAS(machine, slot) HAS(nt_machine_ops, (machine)->ops, slot)
#define HANDLE_HAS(handle, slot) HAS(nt_handle_ops, (handle)->ops, slot)

static nt_status check_slot(uint32_t version, bool has, const char *kind,
                            struct nt_error *err) {
  if (version != NT_OPS_VERSION) {
    nt_status status = nt_fail(err, NT_STATUS_NOT_SUPPORTED, "version",
                               "the machine kind is built for version %" PRIu32
                               " of the contract, this is version %" PRIu32,
                               version, (uint32_t)NT_OPS_VERSION);
    nt_hint(err, "build the machine kind and ntvol from the same version");
    return status;
  }
  if (!has) {
    return nt_fail(err, NT_STATUS_NOT_SUPPORTED, NULL,
                   "the %s machine has no such operation", kind);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_machine(const struct nt_machine *machine, bool has,
                               struct nt_error *err) {
  return check_slot(machine->ops->version, has, machine->ops->kind, err);
}

static nt_status check_handle(const struct nt_handle *handle, bool has,
                              struct nt_error *err) {
  return check_slot(handle->ops->version, has, handle->machine->ops->kind, err);
}

/* Completes the error of a refusal. The status is written again so that
 * result and error agree even when a slot forgot nt_fail(). */
static nt_status finish(nt_status status, struct nt_error *err, const char *op,
                        const char *target) {
  if (!nt_ok(status)) {
    err->status = status;
    nt_error_name(err, op, target);
  }
  return status;
}

/* ---- machines ------------------------------------------------------------ */

nt_status nt_connect(const struct nt_machine_ops *ops, const char *location,
                     struct nt_machine **out, struct nt_error *err) {
  const char *op = "connect to";
  nt_status status = check_slot(ops->version, HAS(nt_machine_ops, ops, connect),
                                ops->kind, err);
  if (nt_ok(status)) {
    status = ops->connect(location, out, err);
  }
  if (location == NULL || location[0] == '\0') {
    return finish(status, err, op, ops->kind);
  }
  char target[NT_NAME_MAX];
  nt_format_text(target, sizeof(target), "%s:%s", ops->kind, location);
  return finish(status, err, op, target);
}

void nt_disconnect(struct nt_machine *machine) {
  if (machine != NULL && MACHINE_HAS(machine, disconnect)) {
    machine->ops->disconnect(machine);
  }
}

nt_status nt_open(struct nt_machine *machine,
                  const struct nt_open_options *options, struct nt_handle **out,
                  struct nt_error *err) {
  nt_status status = check_machine(machine, MACHINE_HAS(machine, open), err);
  if (nt_ok(status)) {
    status = machine->ops->open(machine, options, out, err);
  }
  return finish(status, err, "open", options->name);
}

/* The end of an enumeration is an answer, not a refusal: err stays as it is. */
static nt_status finish_next(nt_status status, struct nt_error *err,
                             const char *op, const struct nt_machine *machine) {
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return status;
  }
  return finish(status, err, op, machine->name);
}

nt_status nt_next_volume(struct nt_machine *machine, uint64_t *cursor,
                         struct nt_volume_info *out, struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, next_volume), err);
  if (nt_ok(status)) {
    out->owner[0] = '\0'; /* a machine may know nothing of clusters */
    status = machine->ops->next_volume(machine, cursor, out, err);
  }
  return finish_next(status, err, "list volumes of", machine);
}

nt_status nt_next_disk(struct nt_machine *machine, uint64_t *cursor,
                       struct nt_disk_info *out, struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, next_disk), err);
  if (nt_ok(status)) {
    status = machine->ops->next_disk(machine, cursor, out, err);
  }
  return finish_next(status, err, "list disks of", machine);
}

nt_status nt_next_event(struct nt_machine *machine, uint64_t *cursor,
                        struct nt_event *out, struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, next_event), err);
  if (nt_ok(status)) {
    out->node[0] = '\0';
    status = machine->ops->next_event(machine, cursor, out, err);
  }
  return finish_next(status, err, "list events of", machine);
}

nt_status nt_uninstall(struct nt_machine *machine, const char *name,
                       struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, uninstall), err);
  if (nt_ok(status)) {
    status = machine->ops->uninstall(machine, name, err);
  }
  return finish(status, err, "uninstall", name);
}

nt_status nt_mask(struct nt_machine *machine, const char *disk,
                  struct nt_error *err) {
  nt_status status = check_machine(machine, MACHINE_HAS(machine, mask), err);
  if (nt_ok(status)) {
    status = machine->ops->mask(machine, disk, err);
  }
  return finish(status, err, "mask", disk);
}

nt_status nt_unmask(struct nt_machine *machine, const char *disk,
                    struct nt_error *err) {
  nt_status status = check_machine(machine, MACHINE_HAS(machine, unmask), err);
  if (nt_ok(status)) {
    status = machine->ops->unmask(machine, disk, err);
  }
  return finish(status, err, "unmask", disk);
}

nt_status nt_eject(struct nt_machine *machine, const char *name,
                   struct nt_error *err) {
  nt_status status = check_machine(machine, MACHINE_HAS(machine, eject), err);
  if (nt_ok(status)) {
    status = machine->ops->eject(machine, name, err);
  }
  return finish(status, err, "eject", name);
}

nt_status nt_add_mount_point(struct nt_machine *machine, const char *volume,
                             const char *point, struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, add_mount_point), err);
  if (nt_ok(status)) {
    status = machine->ops->add_mount_point(machine, volume, point, err);
  }
  return finish(status, err, "add mount point", point);
}

nt_status nt_remove_mount_point(struct nt_machine *machine, const char *point,
                                struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, remove_mount_point), err);
  if (nt_ok(status)) {
    status = machine->ops->remove_mount_point(machine, point, err);
  }
  return finish(status, err, "remove mount point", point);
}

bool nt_machine_has_mount_points(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, add_mount_point) &&
         MACHINE_HAS(machine, remove_mount_point);
}

nt_status nt_subscribe(struct nt_machine *machine, nt_event_fn callback,
                       void *ctx, struct nt_subscription **out,
                       struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, subscribe), err);
  if (nt_ok(status)) {
    status = machine->ops->subscribe(machine, callback, ctx, out, err);
  }
  return finish(status, err, "subscribe to", machine->name);
}

void nt_unsubscribe(struct nt_subscription *subscription) {
  subscription->machine->ops->unsubscribe(subscription);
}

nt_status nt_wait_event(struct nt_machine *machine, uint64_t after,
                        uint32_t timeout, struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, wait_event), err);
  if (nt_ok(status)) {
    status = machine->ops->wait_event(machine, after, timeout, err);
  }
  return finish_next(status, err, "watch", machine);
}

int64_t nt_clock(struct nt_machine *machine) {
  return machine->ops->version == NT_OPS_VERSION && MACHINE_HAS(machine, clock)
             ? machine->ops->clock(machine)
             : nt_steady_us();
}

nt_status nt_wait_change(struct nt_machine *machine, uint64_t *seen,
                         uint32_t timeout, struct nt_error *err) {
  nt_status status = check_machine(machine, true, err);
  if (nt_ok(status) && MACHINE_HAS(machine, wait_change)) {
    status = machine->ops->wait_change(machine, seen, timeout, err);
  } else if (nt_ok(status)) {
    nt_sleep_ms(timeout);
    status = NT_STATUS_NO_MORE_ENTRIES;
  }
  return finish_next(status, err, "wait on", machine);
}

nt_status nt_next_node(struct nt_machine *machine, uint64_t *cursor,
                       struct nt_node_info *out, struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, next_node), err);
  if (nt_ok(status)) {
    status = machine->ops->next_node(machine, cursor, out, err);
  }
  return finish_next(status, err, "list nodes of", machine);
}

nt_status nt_set_maintenance(struct nt_machine *machine, const char *volume,
                             bool on, struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, set_maintenance), err);
  if (nt_ok(status)) {
    status = machine->ops->set_maintenance(machine, volume, on, err);
  }
  return finish(status, err, on ? "begin maintenance of" : "end maintenance of",
                volume);
}

nt_status nt_set_owner(struct nt_machine *machine, const char *volume,
                       const char *node, struct nt_error *err) {
  nt_status status =
      check_machine(machine, MACHINE_HAS(machine, set_owner), err);
  if (nt_ok(status)) {
    status = machine->ops->set_owner(machine, volume, node, err);
  }
  return finish(status, err, "set the owner of", volume);
}

bool nt_machine_can_cluster(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, next_node);
}

bool nt_machine_can_eject(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, eject);
}

bool nt_machine_can_subscribe(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, subscribe);
}

bool nt_machine_can_wait(const struct nt_machine *machine) {
  return MACHINE_HAS(machine, wait_event);
}

bool nt_handle_can(const struct nt_handle *handle, enum nt_ability ability) {
  switch (ability) {
    case NT_CAN_DUPLICATE:
      return HANDLE_HAS(handle, duplicate);
    case NT_CAN_MAP:
      return HANDLE_HAS(handle, map);
    case NT_CAN_NAME_HOLDERS:
      return HANDLE_HAS(handle, next_holder);
    case NT_CAN_LIST:
      break;
  }
  return HANDLE_HAS(handle, next_entry);
}

bool nt_machine_has(const struct nt_machine *machine, uint32_t trait) {
  return machine->ops->size >=
             offsetof(struct nt_machine_ops, traits) + sizeof(uint32_t) &&
         (machine->ops->traits & trait) == trait;
}

/* ---- control codes ------------------------------------------------------- */

static void name_code(uint32_t code, char *buf, size_t cap) {
  const struct nt_code_row *row = nt_code_find(code);
  if (row == NULL) {
    nt_format_text(buf, cap, "control 0x%" PRIX32, code);
  } else if (row->verb == NULL) {
    nt_format_text(buf, cap, "control %s", row->name);
  } else {
    nt_copy(buf, cap, row->verb);
  }
}

static nt_status finish_control(nt_status status, struct nt_error *err,
                                const struct nt_handle *handle, uint32_t code) {
  char op[sizeof(err->op)];
  if (nt_ok(status)) {
    return status;
  }
  name_code(code, op, sizeof(op));
  return finish(status, err, op, handle->name);
}

/* What the I/O manager does before any driver sees the request (I14). */
static nt_status check_access(const struct nt_handle *handle, uint32_t code,
                              struct nt_error *err) {
  static const char *const missing_names[] = {
      NULL, "read access", "write access", "read and write access"};
  uint32_t missing = nt_code_access(code) & ~handle->access;
  if (missing == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt_fail(err, NT_STATUS_ACCESS_DENIED, "handle_access",
                             "the handle lacks %s", missing_names[missing]);
  nt_hint(err, "open it with access \"rw\"");
  return status;
}

static void remember_one(struct nt_handle *handle, uint32_t code) {
  switch (code) {
    case NT_FSCTL_LOCK_VOLUME:
      handle->locked = true;
      break;
    case NT_FSCTL_UNLOCK_VOLUME:
      handle->locked = false;
      break;
    case NT_FSCTL_DISMOUNT_VOLUME:
      handle->dismounted = true;
      break;
    default:
      break;
  }
}

/* Lock and dismount belong to the file object: to all its handles. */
static void remember(struct nt_handle *handle, uint32_t code) {
  struct nt_handle *one = handle;
  do {
    remember_one(one, code);
    one = one->peer;
  } while (one != NULL && one != handle);
}

static nt_status finish_output(nt_status status, size_t length, size_t out_cap,
                               size_t *out_len) {
  if (out_len != NULL &&
      (nt_ok(status) || status == NT_STATUS_BUFFER_OVERFLOW)) {
    *out_len = length < out_cap ? length : out_cap;
  }
  return status;
}

nt_status nt_control(struct nt_handle *handle, uint32_t code, const void *in,
                     size_t in_len, void *out, size_t out_cap, size_t *out_len,
                     struct nt_error *err) {
  size_t length = 0;
  nt_status status = check_access(handle, code, err);
  if (nt_ok(status)) {
    status = check_handle(handle, HANDLE_HAS(handle, control), err);
  }
  if (nt_ok(status)) {
    status = handle->ops->control(handle, code, in, in_len, out, out_cap,
                                  &length, err);
  }
  if (nt_ok(status)) {
    remember(handle, code);
  }
  finish_output(status, length, out_cap, out_len);
  return finish_control(status, err, handle, code);
}

nt_status nt_control_by(struct nt_handle *handle, bool file_system,
                        uint32_t code, const void *in, size_t in_len, void *out,
                        size_t out_cap, size_t *out_len, struct nt_error *err) {
  if (file_system == nt_code_is_fsctl(code)) {
    return nt_control(handle, code, in, in_len, out, out_cap, out_len, err);
  }
  size_t length = 0;
  nt_status status = check_access(handle, code, err);
  if (nt_ok(status)) {
    status = check_handle(handle, HANDLE_HAS(handle, control_by), err);
  }
  if (nt_ok(status)) {
    status = handle->ops->control_by(handle, file_system, code, in, in_len, out,
                                     out_cap, &length, err);
  }
  finish_output(status, length, out_cap, out_len);
  return finish_control(status, err, handle, code);
}

nt_status nt_verb(struct nt_handle *handle, uint32_t code,
                  struct nt_error *err) {
  return nt_control(handle, code, NULL, 0, NULL, 0, NULL, err);
}

/* The statuses by which a question is answered with "no". */
static bool is_no(uint32_t code, nt_status status) {
  if (status == NT_STATUS_UNSUCCESSFUL) {
    return true;
  }
  return code == NT_FSCTL_IS_VOLUME_MOUNTED &&
         (status == NT_STATUS_VOLUME_DISMOUNTED ||
          status == NT_STATUS_WRONG_VOLUME ||
          status == NT_STATUS_VERIFY_REQUIRED);
}

nt_status nt_ask(struct nt_handle *handle, uint32_t code, bool *answer,
                 struct nt_error *err) {
  nt_status status = nt_verb(handle, code, err);
  if (is_no(code, status)) {
    memset(err, 0, sizeof(*err));
    *answer = false;
    return NT_STATUS_SUCCESS;
  }
  if (nt_ok(status)) {
    *answer = true;
  }
  return status;
}

/* ---- data and life ------------------------------------------------------- */

static nt_status finish_transfer(nt_status status, struct nt_error *err,
                                 const char *op, const struct nt_handle *handle,
                                 uint64_t offset, size_t len) {
  if (!nt_ok(status) && err->detail[0] == '\0') {
    nt_format_text(err->detail, sizeof(err->detail),
                   "%" PRIu64 " bytes at offset %" PRIu64, (uint64_t)len,
                   offset);
  }
  return finish(status, err, op, handle->name);
}

nt_status nt_read(struct nt_handle *handle, uint64_t offset, void *buf,
                  size_t len, size_t *done, struct nt_error *err) {
  nt_status status = check_handle(handle, HANDLE_HAS(handle, read), err);
  if (nt_ok(status)) {
    status = handle->ops->read(handle, offset, buf, len, done, err);
  }
  return finish_transfer(status, err, "read", handle, offset, len);
}

nt_status nt_write(struct nt_handle *handle, uint64_t offset, const void *buf,
                   size_t len, size_t *done, struct nt_error *err) {
  nt_status status = check_handle(handle, HANDLE_HAS(handle, write), err);
  if (nt_ok(status)) {
    status = handle->ops->write(handle, offset, buf, len, done, err);
  }
  return finish_transfer(status, err, "write", handle, offset, len);
}

nt_status nt_flush(struct nt_handle *handle, struct nt_error *err) {
  nt_status status = check_handle(handle, HANDLE_HAS(handle, flush), err);
  if (nt_ok(status)) {
    status = handle->ops->flush(handle, err);
  }
  return finish(status, err, "flush", handle->name);
}

/* ---- handles on one file object ------------------------------------------ */

static void join(struct nt_handle *handle, struct nt_handle *copy) {
  if (handle->peer == NULL) {
    handle->peer = handle;
  }
  copy->peer = handle->peer;
  handle->peer = copy;
  copy->locked = handle->locked;
  copy->dismounted = handle->dismounted;
}

static void leave(struct nt_handle *handle) {
  struct nt_handle *before = handle->peer;
  if (before == NULL) {
    return;
  }
  while (before->peer != handle) {
    before = before->peer;
  }
  before->peer = handle->peer != before ? handle->peer : NULL;
  handle->peer = NULL;
}

nt_status nt_duplicate(struct nt_handle *handle, struct nt_handle **out,
                       struct nt_error *err) {
  nt_status status = check_handle(handle, HANDLE_HAS(handle, duplicate), err);
  if (nt_ok(status)) {
    status = handle->ops->duplicate(handle, out, err);
  }
  if (nt_ok(status)) {
    join(handle, *out);
  }
  return finish(status, err, "duplicate", handle->name);
}

nt_status nt_map(struct nt_handle *handle, bool image, struct nt_handle **out,
                 struct nt_error *err) {
  nt_status status = check_handle(handle, HANDLE_HAS(handle, map), err);
  if (nt_ok(status)) {
    status = handle->ops->map(handle, image, out, err);
  }
  return finish(status, err, "map", handle->name);
}

nt_status nt_next_entry(struct nt_handle *handle, uint64_t *cursor,
                        struct nt_directory_entry *out, struct nt_error *err) {
  nt_status status = check_handle(handle, HANDLE_HAS(handle, next_entry), err);
  if (nt_ok(status)) {
    status = handle->ops->next_entry(handle, cursor, out, err);
  }
  return status == NT_STATUS_NO_MORE_ENTRIES
             ? status
             : finish(status, err, "list", handle->name);
}

nt_status nt_next_holder(struct nt_handle *handle, uint64_t *cursor,
                         struct nt_holder *out, const char **missing,
                         struct nt_error *err) {
  nt_status status = check_handle(handle, HANDLE_HAS(handle, next_holder), err);
  if (nt_ok(status)) {
    memset(out, 0, sizeof(*out));
    status = handle->ops->next_holder(handle, cursor, out, missing, err);
  }
  return status == NT_STATUS_NO_MORE_ENTRIES
             ? status
             : finish(status, err, "name the holders of", handle->name);
}

nt_status nt_close(struct nt_handle *handle, struct nt_error *err) {
  char target[NT_NAME_MAX]; /* the handle is gone when the error is named */
  nt_copy(target, sizeof(target), handle->name);
  nt_status status = check_handle(handle, HANDLE_HAS(handle, close), err);
  if (nt_ok(status)) {
    leave(handle);
    status = handle->ops->close(handle, err);
  }
  return finish(status, err, "close", target);
}

nt_status nt_info(struct nt_handle *handle, struct nt_volume_info *out,
                  struct nt_error *err) {
  nt_status status = check_handle(handle, HANDLE_HAS(handle, info), err);
  if (nt_ok(status)) {
    out->owner[0] = '\0';
    status = handle->ops->info(handle, out, err);
  }
  return finish(status, err, "query", handle->name);
}

nt_status nt_size(struct nt_handle *handle, uint64_t *out,
                  struct nt_error *err) {
  if (handle->kind != NT_KIND_FILE && handle->kind != NT_KIND_DIRECTORY &&
      handle->kind != NT_KIND_SECTION) {
    return nt_length(handle, out, err);
  }
  nt_status status = check_handle(handle, HANDLE_HAS(handle, file_size), err);
  if (nt_ok(status)) {
    status = handle->ops->file_size(handle, out, err);
  }
  return finish(status, err, "query the size of", handle->name);
}

/* ---- typed queries ------------------------------------------------------- */

static uint32_t get_u32(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
         (uint32_t)at[3] << 24;
}

static uint64_t get_u64(const unsigned char *at) {
  return (uint64_t)get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

static nt_status refuse_short(const struct nt_handle *handle, uint32_t code,
                              size_t length, size_t wanted,
                              struct nt_error *err) {
  nt_fail(err, NT_STATUS_INFO_LENGTH_MISMATCH, NULL,
          "the %s machine answered %" PRIu64 " bytes, at least %" PRIu64
          " were expected",
          handle->machine->ops->kind, (uint64_t)length, (uint64_t)wanted);
  return finish_control(NT_STATUS_INFO_LENGTH_MISMATCH, err, handle, code);
}

/* Asks for up to `cap` bytes and insists on the first `wanted` of them. */
static nt_status query(struct nt_handle *handle, uint32_t code,
                       unsigned char *buf, size_t cap, size_t wanted,
                       struct nt_error *err) {
  size_t length = 0;
  nt_status status = nt_control(handle, code, NULL, 0, buf, cap, &length, err);
  if (nt_ok(status) && length < wanted) {
    return refuse_short(handle, code, length, wanted, err);
  }
  return status;
}

/* GET_LENGTH_INFORMATION: { i64 length } */
nt_status nt_length(struct nt_handle *handle, uint64_t *out,
                    struct nt_error *err) {
  unsigned char buf[8];
  nt_status status = query(handle, NT_IOCTL_DISK_GET_LENGTH_INFO, buf,
                           sizeof(buf), sizeof(buf), err);
  if (nt_ok(status)) {
    *out = get_u64(buf);
  }
  return status;
}

/* DISK_GEOMETRY_EX: { { i64 cylinders, u32 media type, u32 tracks per
 * cylinder, u32 sectors per track, u32 bytes per sector }, i64 size, ... } */
nt_status nt_geometry(struct nt_handle *handle, struct nt_geometry *out,
                      struct nt_error *err) {
  unsigned char buf[40];
  nt_status status = query(handle, NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, buf,
                           sizeof(buf), 32, err);
  if (nt_ok(status)) {
    out->cylinders = get_u64(buf);
    out->heads = get_u32(buf + 12);
    out->sectors_per_track = get_u32(buf + 16);
    out->sector_size = get_u32(buf + 20);
    out->length = get_u64(buf + 24);
  }
  return status;
}

#define EXTENTS_HEADER 8
#define EXTENT_SIZE 24

/* A success status that counts more extents than fit is treated alike. */
static nt_status refuse_many_extents(struct nt_handle *handle, uint32_t count,
                                     struct nt_error *err) {
  nt_fail(err, NT_STATUS_BUFFER_OVERFLOW, NULL,
          "the volume has %" PRIu32 " extents, at most %d are supported", count,
          NT_MAX_EXTENTS);
  return finish_control(NT_STATUS_BUFFER_OVERFLOW, err, handle,
                        NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS);
}

/* VOLUME_DISK_EXTENTS: { u32 count, u32 padding, { u32 disk, u32 padding,
 * i64 start, i64 length }[count] } */
nt_status nt_extents(struct nt_handle *handle,
                     struct nt_extent out[NT_MAX_EXTENTS], uint32_t *count,
                     struct nt_error *err) {
  const uint32_t code = NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS;
  unsigned char buf[EXTENTS_HEADER + EXTENT_SIZE * NT_MAX_EXTENTS];
  size_t length = 0;
  nt_status status =
      nt_control(handle, code, NULL, 0, buf, sizeof(buf), &length, err);
  if (!nt_ok(status) && status != NT_STATUS_BUFFER_OVERFLOW) {
    return status;
  }
  if (length < EXTENTS_HEADER) {
    return refuse_short(handle, code, length, EXTENTS_HEADER, err);
  }
  uint32_t found = get_u32(buf);
  if (!nt_ok(status) || found > NT_MAX_EXTENTS) {
    return refuse_many_extents(handle, found, err);
  }
  size_t wanted = EXTENTS_HEADER + EXTENT_SIZE * (size_t)found;
  if (length < wanted) {
    return refuse_short(handle, code, length, wanted, err);
  }
  for (uint32_t i = 0; i < found; i++) {
    const unsigned char *at = buf + EXTENTS_HEADER + EXTENT_SIZE * (size_t)i;
    out[i].disk = get_u32(at);
    out[i].offset = get_u64(at + 8);
    out[i].length = get_u64(at + 16);
  }
  *count = found;
  return status;
}

/* STORAGE_DEVICE_NUMBER: { u32 type, u32 number, u32 partition } */
nt_status nt_device_number(struct nt_handle *handle,
                           struct nt_device_number *out, struct nt_error *err) {
  unsigned char buf[12];
  nt_status status = query(handle, NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, buf,
                           sizeof(buf), sizeof(buf), err);
  if (nt_ok(status)) {
    out->type = get_u32(buf);
    out->number = get_u32(buf + 4);
    out->partition = get_u32(buf + 8);
  }
  return status;
}

/* PARTITION_INFORMATION_EX: { u32 style, u32 padding, i64 start, ... }, 144
 * bytes of which only the start is of interest here. */
nt_status nt_partition_start(struct nt_handle *handle, uint64_t *out,
                             struct nt_error *err) {
  unsigned char buf[144];
  nt_status status = query(handle, NT_IOCTL_DISK_GET_PARTITION_INFO_EX, buf,
                           sizeof(buf), 16, err);
  if (nt_ok(status)) {
    *out = get_u64(buf + 8);
  }
  return status;
}
