/*
 * The Lua module `fake`: a machine kind for specs whose volumes are memory.
 * It counts every call, knows which handles live, and fails the call that it
 * is told to fail. The machine has no administrator, its disk no write, flush
 * and info: NULL slots. A second kind, "formatter", is the same with a
 * formatter of its own, and nobody is told of its events.
 */
#include <stdlib.h>
#include <string.h>

#include "../../src/nt/format.h"
#include "../../src/nt/text.h"
#include "../../src/ntvol.h"

NTVOL_EXPORT int luaopen_fake(lua_State *L);

#define VOLUMES 2
#define VOLUME_SIZE (8U << 20)
#define FIRST_OFFSET (1U << 20) /* the partition table lies before it */
#define DISK_SIZE (FIRST_OFFSET + VOLUMES * VOLUME_SIZE)
#define SECTOR 512U

/* ---- what is counted ----------------------------------------------------- */

enum slot {
  CONNECT,
  DISCONNECT,
  OPEN,
  NEXT_VOLUME,
  NEXT_DISK,
  NEXT_EVENT,
  UNINSTALL,
  EJECT,
  SUBSCRIBE,
  UNSUBSCRIBE,
  WAIT_EVENT,
  CONTROL,
  READ,
  WRITE,
  FLUSH,
  CLOSE,
  INFO,
  FORMAT,
  SLOTS
};

static const char *const slot_names[SLOTS] = {
    "connect",    "disconnect", "open",  "next_volume", "next_disk",
    "next_event", "uninstall",  "eject", "subscribe",   "unsubscribe",
    "wait_event", "control",    "read",  "write",       "flush",
    "close",      "info",       "format"};

/* What fake.fail() asked for. */
struct fault {
  int countdown; /* fails when it reaches 0; below: no fault */
  bool every;    /* and all calls after that */
  nt_status status;
  char reason[40], detail[80], hint[80], missing[80];
  const char *outcome;
  bool veto;
  bool unlocks; /* the handle has lost its lock afterwards */
  int holders;
  enum nt_native_kind native_kind;
  int64_t native;
};

static struct {
  unsigned calls[SLOTS];
  int handles, machines, subscriptions; /* that live now */
  int telling;                          /* subscribers that run */
  struct fault faults[SLOTS];
  struct nt_open_options last_open; /* without the name */
  char warnings[4096];
} fake;

static void forget_faults(void) {
  memset(fake.faults, 0, sizeof fake.faults);
  for (int i = 0; i < SLOTS; i++) {
    fake.faults[i].countdown = -1;
  }
}

static nt_status refuse(const struct fault *f, struct nt_error *err) {
  const char *reason = f->reason[0] != '\0' ? f->reason : NULL;
  nt_fail(err, f->status, "%s", f->detail);
  err->reason = reason;
  nt_copy(err->hint, sizeof err->hint, f->hint);
  err->outcome = f->outcome;
  if (f->veto) {
    err->veto_type = "driver";
    nt_copy(err->veto_name, sizeof err->veto_name, "fake.sys");
  }
  err->native_kind = f->native_kind;
  err->native = f->native;
  err->holders_missing = f->missing[0] != '\0' ? f->missing : NULL;
  for (int i = 0; i < f->holders; i++) {
    nt_add_holder(err, 100 + i, i == 0, "holder", "open file \\a.txt");
  }
  return f->status;
}

/* Counts a call, and answers what the fault says. */
static nt_status count(enum slot slot, struct nt_error *err) {
  struct fault *f = &fake.faults[slot];
  fake.calls[slot]++;
  if (f->countdown < 0) {
    return NT_STATUS_SUCCESS;
  }
  f->countdown -= f->countdown > 0;
  if (f->countdown > 0) {
    return NT_STATUS_SUCCESS;
  }
  f->countdown = f->every ? 0 : -1;
  return refuse(f, err);
}

/* ---- state --------------------------------------------------------------- */

struct fake_handle;

struct fake_subscription {
  struct nt_subscription base;
  nt_event_fn callback; /* NULL: ended */
  void *ctx;
  struct fake_subscription *next;
};

struct fake_volume {
  struct fake_handle *owner; /* of the lock */
  int openers;               /* volume handles */
  uint32_t flags;
  unsigned char *data;
};

struct fake_machine {
  struct nt_machine base;
  struct fake_volume volumes[VOLUMES];
  unsigned char *data; /* the disk */
  struct fake_subscription *subscriptions;
  struct fake_handle *closed; /* by subscribers: their memory stays */
};

struct fake_handle {
  struct nt_handle base;
  struct fake_volume *volume; /* NULL: the disk */
  bool closed;                /* by a subscriber */
  struct fake_handle *next;   /* of those */
};

static struct fake_machine *machine_of(struct nt_handle *handle) {
  return (struct fake_machine *)handle->machine;
}

static uint32_t volume_index(struct fake_handle *h) {
  return (uint32_t)(h->volume - machine_of(&h->base)->volumes);
}

static size_t start_of(size_t volume) {
  return FIRST_OFFSET + volume * VOLUME_SIZE;
}

static uint64_t size_of(const struct fake_handle *h) {
  return h->volume != NULL ? VOLUME_SIZE : DISK_SIZE;
}

static unsigned char *data_of(struct fake_handle *h) {
  return h->volume != NULL ? h->volume->data : machine_of(&h->base)->data;
}

/* ---- descriptions -------------------------------------------------------- */

static void describe(struct fake_machine *m, uint32_t index,
                     struct nt_volume_info *out) {
  memset(out, 0, sizeof *out);
  nt_format_text(out->name, sizeof out->name, "%c:", 'D' + (int)index);
  nt_format_text(out->guid_path, sizeof out->guid_path,
                 "\\\\?\\Volume{00000000-0000-0000-0000-%012u}", index);
  nt_format_text(out->device, sizeof out->device, "\\Device\\HarddiskVolume%u",
                 index + 1);
  nt_copy(out->mount_points[0], sizeof out->mount_points[0], out->name);
  nt_copy(out->mount_points[1], sizeof out->mount_points[1], "C:\\mnt\\data");
  out->mount_point_count = 2;
  nt_copy(out->file_system, sizeof out->file_system, "FAT16");
  nt_copy(out->label, sizeof out->label, index == 0 ? "OLD" : "");
  nt_copy(out->serial, sizeof out->serial, "1234-ABCD");
  out->length = VOLUME_SIZE;
  out->sector_size = SECTOR;
  out->partition_number = index + 1;
  out->extents[0].offset = start_of(index);
  out->extents[0].length = VOLUME_SIZE;
  out->extent_count = 1;
  out->flags = m->volumes[index].flags;
}

static nt_status fake_next_volume(struct nt_machine *machine, uint64_t *cursor,
                                  struct nt_volume_info *out,
                                  struct nt_error *err) {
  nt_status status = count(NEXT_VOLUME, err);
  if (!nt_ok(status)) {
    return status;
  }
  if (*cursor >= VOLUMES) {
    return NT_STATUS_NO_MORE_ENTRIES;
  }
  describe((struct fake_machine *)machine, (uint32_t)*cursor, out);
  ++*cursor;
  return NT_STATUS_SUCCESS;
}

static nt_status fake_next_disk(struct nt_machine *machine, uint64_t *cursor,
                                struct nt_disk_info *out,
                                struct nt_error *err) {
  nt_status status = count(NEXT_DISK, err);
  (void)machine;
  if (!nt_ok(status)) {
    return status;
  }
  if (*cursor >= 1) {
    return NT_STATUS_NO_MORE_ENTRIES;
  }
  memset(out, 0, sizeof *out);
  nt_copy(out->name, sizeof out->name, "PhysicalDrive0");
  nt_copy(out->location, sizeof out->location, "memory");
  nt_copy(out->serial, sizeof out->serial, "FAKE0001");
  nt_copy(out->model, sizeof out->model, "fake disk");
  nt_copy(out->style, sizeof out->style, "mbr");
  out->length = DISK_SIZE;
  out->sector_size = SECTOR;
  out->volume_count = VOLUMES;
  out->flags = NT_DISK_READONLY | NT_DISK_REMOVABLE;
  *cursor = 1;
  return NT_STATUS_SUCCESS;
}

/* Three events, with ids 1, 2 and 5. */
static nt_status fake_next_event(struct nt_machine *machine, uint64_t *cursor,
                                 struct nt_event *out, struct nt_error *err) {
  static const struct nt_event events[] = {
      {1, NT_EVENT_VOLUME, "LOCK", "50708874-C9AF-11D1-8FEF-00A0C9A06D32",
       "D:", 812, 951827445250000, ""},
      {2, NT_EVENT_STATE, "OFFLINE", "", "D:", 812, 951827446000000, ""},
      {5, NT_EVENT_DEVICE, "ARRIVAL", "", "PhysicalDrive0", 0, -1000, ""}};
  nt_status status = count(NEXT_EVENT, err);
  (void)machine;
  for (size_t i = 0; nt_ok(status) && i < sizeof events / sizeof *events; i++) {
    if (events[i].id > *cursor) {
      *out = events[i];
      *cursor = out->id;
      return NT_STATUS_SUCCESS;
    }
  }
  return nt_ok(status) ? NT_STATUS_NO_MORE_ENTRIES : status;
}

static nt_status fake_uninstall(struct nt_machine *machine, const char *name,
                                struct nt_error *err) {
  (void)machine;
  (void)name;
  return count(UNINSTALL, err);
}

static nt_status fake_eject(struct nt_machine *machine, const char *name,
                            struct nt_error *err) {
  (void)machine;
  (void)name;
  return count(EJECT, err);
}

/* ---- who is told --------------------------------------------------------- */

static nt_status fake_subscribe(struct nt_machine *machine,
                                nt_event_fn callback, void *ctx,
                                struct nt_subscription **out,
                                struct nt_error *err) {
  struct fake_machine *m = (struct fake_machine *)machine;
  struct fake_subscription *s;
  nt_status status = count(SUBSCRIBE, err);
  if (!nt_ok(status)) {
    return status;
  }
  s = calloc(1, sizeof *s);
  if (s == NULL) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  s->base.machine = machine;
  s->callback = callback;
  s->ctx = ctx;
  s->next = m->subscriptions;
  m->subscriptions = s;
  fake.subscriptions++;
  *out = &s->base;
  return NT_STATUS_SUCCESS;
}

/* The memory stays until the machine goes. */
static void fake_unsubscribe(struct nt_subscription *subscription) {
  struct fake_subscription *s = (struct fake_subscription *)subscription;
  fake.calls[UNSUBSCRIBE]++;
  fake.subscriptions--;
  s->callback = NULL;
}

static void tell(struct fake_machine *m, const char *name) {
  struct nt_event event = {.id = 7, .kind = NT_EVENT_VOLUME, .pid = 812};
  struct fake_subscription *s;
  nt_copy(event.name, sizeof event.name, name);
  nt_copy(event.target, sizeof event.target, "D:");
  fake.telling++;
  for (s = m->subscriptions; s != NULL; s = s->next) {
    if (s->callback != NULL) {
      s->callback(s->ctx, &event);
    }
  }
  fake.telling--;
}

/* Time passes at once here. */
static nt_status fake_wait_event(struct nt_machine *machine, uint64_t after,
                                 uint32_t timeout, struct nt_error *err) {
  nt_status status = count(WAIT_EVENT, err);
  (void)machine;
  (void)timeout;
  return nt_ok(status) && after >= 5 ? NT_STATUS_NO_MORE_ENTRIES : status;
}

/* ---- control codes ------------------------------------------------------- */

static void put(unsigned char *at, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) {
    at[i] = (unsigned char)(value >> (8 * i));
  }
}

static nt_status lock(struct fake_handle *h, struct nt_error *err) {
  if (h->volume->openers > 1 || h->volume->owner != NULL) {
    nt_refuse(err, NT_REASON_IN_USE, NULL);
    nt_add_holder(err, 4711, true, "lua5.4", "volume handle");
    nt_hint(err, "close it or retry");
    return NT_STATUS_ACCESS_DENIED;
  }
  h->volume->owner = h;
  h->volume->flags |= NT_VOLUME_LOCKED;
  return NT_STATUS_SUCCESS;
}

static nt_status unlock(struct fake_handle *h, struct nt_error *err) {
  if (h->volume->owner != h) {
    return nt_refuse(err, NT_REASON_NOT_LOCKED, NULL);
  }
  h->volume->owner = NULL;
  h->volume->flags &= ~NT_VOLUME_LOCKED;
  return NT_STATUS_SUCCESS;
}

static nt_status announced_lock(struct fake_handle *h, struct nt_error *err) {
  tell(machine_of(&h->base), "LOCK");
  return h->closed ? nt_fail(err, NT_STATUS_FILE_CLOSED, NULL) : lock(h, err);
}

static nt_status unlock_and_tell(struct fake_handle *h, struct nt_error *err) {
  nt_status status = unlock(h, err);
  if (nt_ok(status)) {
    tell(machine_of(&h->base), "UNLOCK");
  }
  return status;
}

static nt_status set_flag(struct fake_handle *h, uint32_t flag, bool on) {
  if (on) {
    h->volume->flags |= flag;
  } else {
    h->volume->flags &= ~flag;
  }
  return NT_STATUS_SUCCESS;
}

static nt_status answer_flag(struct fake_handle *h, uint32_t flag,
                             struct nt_error *err) {
  if (h->volume->flags & flag) {
    return NT_STATUS_SUCCESS;
  }
  return nt_fail(err, NT_STATUS_UNSUCCESSFUL, NULL);
}

static nt_status do_verb(struct fake_handle *h, uint32_t code,
                         struct nt_error *err) {
  switch (code) {
    case NT_FSCTL_LOCK_VOLUME:
      return announced_lock(h, err);
    case NT_FSCTL_UNLOCK_VOLUME:
      return unlock_and_tell(h, err);
    case NT_FSCTL_DISMOUNT_VOLUME:
      return set_flag(h, NT_VOLUME_MOUNTED, false);
    case NT_IOCTL_VOLUME_OFFLINE:
      return set_flag(h, NT_VOLUME_OFFLINE, true);
    case NT_IOCTL_VOLUME_ONLINE:
      return set_flag(h, NT_VOLUME_OFFLINE, false);
    case NT_FSCTL_IS_VOLUME_MOUNTED:
      return answer_flag(h, NT_VOLUME_MOUNTED, err);
    case NT_IOCTL_VOLUME_IS_OFFLINE:
      return answer_flag(h, NT_VOLUME_OFFLINE, err);
    default:
      return nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST, NULL);
  }
}

/* Bytes of the answer of a query, 0 for other codes. */
static size_t do_query(struct fake_handle *h, uint32_t code,
                       unsigned char *out) {
  uint64_t start = h->volume != NULL ? start_of(volume_index(h)) : 0;
  memset(out, 0, 144);
  switch (code) {
    case NT_IOCTL_DISK_GET_LENGTH_INFO:
      put(out, size_of(h), 8);
      return 8;
    case NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX:
      put(out, 2, 8);
      put(out + 12, 255, 4);
      put(out + 16, 63, 4);
      put(out + 20, SECTOR, 4);
      put(out + 24, DISK_SIZE, 8);
      return 32;
    case NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS:
      put(out, 1, 4);
      put(out + 16, start, 8);
      put(out + 24, VOLUME_SIZE, 8);
      return 32;
    case NT_IOCTL_STORAGE_GET_DEVICE_NUMBER:
      put(out, NT_DEVICE_DISK, 4);
      put(out + 8, h->volume != NULL ? volume_index(h) + 1 : 0, 4);
      return 12;
    case NT_IOCTL_DISK_GET_PARTITION_INFO_EX:
      put(out + 8, start, 8);
      put(out + 16, VOLUME_SIZE, 8);
      return 144;
    default:
      return 0;
  }
}

static nt_status fake_control(struct nt_handle *handle, uint32_t code,
                              const void *in, size_t in_len, void *out,
                              size_t out_cap, size_t *out_len,
                              struct nt_error *err) {
  struct fake_handle *h = (struct fake_handle *)handle;
  unsigned char answer[144];
  nt_status status = count(CONTROL, err);
  size_t length;
  (void)in;
  (void)in_len;
  if (!nt_ok(status)) {
    return status;
  }
  length = do_query(h, code, answer);
  if (length > 0) {
    *out_len = length < out_cap ? length : out_cap;
    if (out_cap > 0) {
      memcpy(out, answer, *out_len);
    }
    return length <= out_cap ? NT_STATUS_SUCCESS
                             : nt_fail(err, NT_STATUS_BUFFER_OVERFLOW, NULL);
  }
  *out_len = 0;
  if (h->volume == NULL) {
    return nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST, NULL);
  }
  return do_verb(h, code, err);
}

/* ---- data ---------------------------------------------------------------- */

static size_t clip(const struct fake_handle *h, uint64_t offset, size_t len) {
  uint64_t left = size_of(h) - offset;
  return len < left ? len : (size_t)left;
}

static nt_status fake_read(struct nt_handle *handle, uint64_t offset, void *buf,
                           size_t len, size_t *done, struct nt_error *err) {
  struct fake_handle *h = (struct fake_handle *)handle;
  nt_status status = count(READ, err);
  if (!nt_ok(status)) {
    return status;
  }
  if (offset >= size_of(h)) {
    return nt_fail(err, NT_STATUS_END_OF_FILE, NULL);
  }
  *done = clip(h, offset, len);
  memcpy(buf, data_of(h) + offset, *done);
  return NT_STATUS_SUCCESS;
}

static nt_status fake_write(struct nt_handle *handle, uint64_t offset,
                            const void *buf, size_t len, size_t *done,
                            struct nt_error *err) {
  struct fake_handle *h = (struct fake_handle *)handle;
  nt_status status = count(WRITE, err);
  if (!nt_ok(status)) {
    return status;
  }
  *done = offset < size_of(h) ? clip(h, offset, len) : 0;
  if (*done > 0) {
    memcpy(data_of(h) + offset, buf, *done);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status fake_flush(struct nt_handle *handle, struct nt_error *err) {
  (void)handle;
  return count(FLUSH, err);
}

static nt_status fake_info(struct nt_handle *handle, struct nt_volume_info *out,
                           struct nt_error *err) {
  struct fake_handle *h = (struct fake_handle *)handle;
  nt_status status = count(INFO, err);
  if (!nt_ok(status)) {
    return status;
  }
  describe(machine_of(handle), volume_index(h), out);
  return NT_STATUS_SUCCESS;
}

/* A close that is told to fail closes all the same. */
static nt_status fake_close(struct nt_handle *handle, struct nt_error *err) {
  struct fake_handle *h = (struct fake_handle *)handle;
  nt_status status = count(CLOSE, err);
  if (h->volume != NULL && handle->kind == NT_KIND_VOLUME) {
    h->volume->openers--;
    if (h->volume->owner == h) {
      unlock(h, err);
    }
  }
  fake.handles--;
  if (fake.telling > 0) {
    h->closed = true;
    h->next = machine_of(handle)->closed;
    machine_of(handle)->closed = h;
  } else {
    free(h);
  }
  return status;
}

/* A formatter that gives up the lock and takes it again. */
static nt_status fake_format(struct nt_handle *handle,
                             const struct nt_format_options *options,
                             struct nt_format_result *result,
                             struct nt_error *err) {
  bool unlocks = fake.faults[FORMAT].unlocks;
  nt_status status = count(FORMAT, err);
  if (!nt_ok(status)) {
    handle->locked = !unlocks;
    return status;
  }
  if (options->progress != NULL) {
    options->progress(options->progress_ctx, 0, VOLUME_SIZE);
  }
  nt_copy(result->file_system, sizeof result->file_system, "NTFS");
  return NT_STATUS_SUCCESS;
}

/* ---- open and connect ---------------------------------------------------- */

static const struct nt_handle_ops handle_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof(struct nt_handle_ops),
    .control = fake_control,
    .read = fake_read,
    .write = fake_write,
    .flush = fake_flush,
    .close = fake_close,
    .info = fake_info,
};

static const struct nt_handle_ops disk_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof(struct nt_handle_ops),
    .control = fake_control,
    .read = fake_read,
    .close = fake_close,
};

/* D:, E:, a path below them, or PhysicalDrive0. */
static bool find(struct fake_machine *m, const char *name,
                 struct fake_handle *h) {
  if (strcmp(name, "PhysicalDrive0") == 0) {
    h->base.kind = NT_KIND_DISK;
    return true;
  }
  if (name[0] < 'D' || name[0] >= 'D' + VOLUMES || name[1] != ':') {
    return false;
  }
  h->volume = &m->volumes[name[0] - 'D'];
  h->base.kind = name[2] == '\0' ? NT_KIND_VOLUME : NT_KIND_FILE;
  return true;
}

static nt_status fake_open(struct nt_machine *machine,
                           const struct nt_open_options *options,
                           struct nt_handle **out, struct nt_error *err) {
  struct fake_machine *m = (struct fake_machine *)machine;
  const uint32_t data = NT_FILE_READ_DATA | NT_FILE_WRITE_DATA |
                        NT_FILE_APPEND_DATA | NT_FILE_TRAVERSE;
  nt_status status = count(OPEN, err);
  struct fake_handle *h;
  fake.last_open = *options;
  if (!nt_ok(status)) {
    return status;
  }
  h = calloc(1, sizeof *h);
  if (h == NULL || !find(m, options->name, h)) {
    free(h);
    return nt_fail(err, NT_STATUS_OBJECT_NAME_NOT_FOUND, NULL);
  }
  if (!(options->access & data)) {
    h->base.kind = NT_KIND_DEVICE;
  }
  h->base.ops = h->volume == NULL ? &disk_ops : &handle_ops;
  h->base.machine = machine;
  h->base.access = options->access;
  h->base.sector_size = h->base.kind == NT_KIND_FILE ? 1 : SECTOR;
  nt_copy(h->base.name, sizeof h->base.name, options->name);
  if (h->base.kind == NT_KIND_VOLUME) {
    h->volume->openers++;
  }
  fake.handles++;
  *out = &h->base;
  return NT_STATUS_SUCCESS;
}

static nt_status fake_connect(const char *location, struct nt_machine **out,
                              struct nt_error *err);
static nt_status connect_formatter(const char *location,
                                   struct nt_machine **out,
                                   struct nt_error *err);

static void fake_disconnect(struct nt_machine *machine) {
  struct fake_machine *m = (struct fake_machine *)machine;
  fake.calls[DISCONNECT]++;
  fake.machines--;
  while (m->closed != NULL) {
    struct fake_handle *h = m->closed;
    m->closed = h->next;
    free(h);
  }
  while (m->subscriptions != NULL) {
    struct fake_subscription *s = m->subscriptions;
    m->subscriptions = s->next;
    free(s);
  }
  free(m->data);
  free(m);
}

static const struct nt_machine_ops machine_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof(struct nt_machine_ops),
    .kind = "fake",
    .connect = fake_connect,
    .disconnect = fake_disconnect,
    .open = fake_open,
    .next_volume = fake_next_volume,
    .next_disk = fake_next_disk,
    .next_event = fake_next_event,
    .uninstall = fake_uninstall,
    .eject = fake_eject,
    .subscribe = fake_subscribe,
    .unsubscribe = fake_unsubscribe,
    .wait_event = fake_wait_event};

static const struct nt_machine_ops formatter_machine_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof(struct nt_machine_ops),
    .kind = "formatter",
    .connect = connect_formatter,
    .disconnect = fake_disconnect,
    .open = fake_open,
    .next_volume = fake_next_volume,
    .format = fake_format};

static nt_status fake_connect(const char *location, struct nt_machine **out,
                              struct nt_error *err) {
  nt_status status = count(CONNECT, err);
  struct fake_machine *m;
  if (!nt_ok(status)) {
    return status;
  }
  m = calloc(1, sizeof *m);
  if (m == NULL || (m->data = calloc(1, DISK_SIZE)) == NULL) {
    free(m);
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  m->base.ops = &machine_ops;
  nt_format_text(m->base.name, sizeof m->base.name, "fake:%s", location);
  for (size_t i = 0; i < VOLUMES; i++) {
    m->volumes[i].flags = NT_VOLUME_MOUNTED;
    m->volumes[i].data = m->data + start_of(i);
  }
  fake.machines++;
  *out = &m->base;
  return NT_STATUS_SUCCESS;
}

static nt_status connect_formatter(const char *location,
                                   struct nt_machine **out,
                                   struct nt_error *err) {
  nt_status status = fake_connect(location, out, err);
  if (nt_ok(status)) {
    (*out)->ops = &formatter_machine_ops;
    nt_format_text((*out)->name, sizeof((*out)->name), "formatter:%s",
                   location);
  }
  return status;
}

/* ---- for specs ----------------------------------------------------------- */

/* fake.reset(): forgets faults and counts; what lives, lives on. */
static int reset(lua_State *L) {
  (void)L;
  forget_faults();
  memset(fake.calls, 0, sizeof fake.calls);
  return 0;
}

/* fake.stats() -> { open = calls, close = calls, ..., handles, machines,
 * subscriptions } */
static int stats(lua_State *L) {
  lua_newtable(L);
  for (int i = 0; i < SLOTS; i++) {
    lua_pushinteger(L, fake.calls[i]);
    lua_setfield(L, -2, slot_names[i]);
  }
  lua_pushinteger(L, fake.handles);
  lua_setfield(L, -2, "handles");
  lua_pushinteger(L, fake.machines);
  lua_setfield(L, -2, "machines");
  lua_pushinteger(L, fake.subscriptions);
  lua_setfield(L, -2, "subscriptions");
  return 1;
}

static void copy_field(lua_State *L, const char *field, char *buf, size_t cap) {
  lua_getfield(L, 4, field);
  nt_copy(buf, cap, lua_tostring(L, -1));
  lua_pop(L, 1);
}

static int64_t integer_field(lua_State *L, const char *field) {
  lua_Integer value;
  lua_getfield(L, 4, field);
  value = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return value;
}

static void read_details(lua_State *L, struct fault *f) {
  copy_field(L, "reason", f->reason, sizeof f->reason);
  copy_field(L, "detail", f->detail, sizeof f->detail);
  copy_field(L, "hint", f->hint, sizeof f->hint);
  copy_field(L, "missing", f->missing, sizeof f->missing);
  f->holders = (int)integer_field(L, "holders");
  f->native_kind = (enum nt_native_kind)integer_field(L, "native_kind");
  f->native = integer_field(L, "native");
  lua_getfield(L, 4, "every");
  f->every = lua_toboolean(L, -1);
  lua_getfield(L, 4, "untouched");
  f->outcome = lua_toboolean(L, -1) ? "untouched" : NULL;
  lua_getfield(L, 4, "veto");
  f->veto = lua_toboolean(L, -1);
  lua_getfield(L, 4, "unlocks");
  f->unlocks = lua_toboolean(L, -1);
  lua_pop(L, 4);
}

/* fake.fail(slot, nth, status [, { every, reason, detail, hint, missing,
 * holders, native_kind, native, untouched, veto, unlocks }]): the nth call from
 * now on of the slot fails, and with `every` all that follow. */
static int fail(lua_State *L) {
  int slot = luaL_checkoption(L, 1, NULL, slot_names);
  struct fault *f = &fake.faults[slot];
  memset(f, 0, sizeof *f);
  f->countdown = (int)luaL_checkinteger(L, 2);
  f->status = (nt_status)luaL_checkinteger(L, 3);
  if (lua_istable(L, 4)) {
    read_details(L, f);
  }
  return 0;
}

/* fake.last_open() -> { access, share, disposition, directory, timeout } */
static int last_open(lua_State *L) {
  lua_newtable(L);
  lua_pushinteger(L, fake.last_open.access);
  lua_setfield(L, -2, "access");
  lua_pushinteger(L, fake.last_open.share);
  lua_setfield(L, -2, "share");
  lua_pushinteger(L, (lua_Integer)fake.last_open.disposition);
  lua_setfield(L, -2, "disposition");
  lua_pushboolean(L, fake.last_open.directory);
  lua_setfield(L, -2, "directory");
  lua_pushinteger(L, fake.last_open.timeout);
  lua_setfield(L, -2, "timeout");
  return 1;
}

static void take_warning(void *ud, const char *text, int to_be_continued) {
  size_t used = strlen(fake.warnings);
  (void)ud;
  nt_format_text(fake.warnings + used, sizeof fake.warnings - used, "%s%s",
                 text, to_be_continued ? "" : "\n");
}

/* fake.warnings() -> the warnings since the last call, a line each. From the
 * first call on, nobody else gets them. */
static int warnings(lua_State *L) {
  lua_setwarnf(L, take_warning, NULL);
  lua_pushstring(L, fake.warnings);
  fake.warnings[0] = '\0';
  return 1;
}

/* fake.bad_kind(version, size) -> a kind of another contract version */
static int bad_kind(lua_State *L) {
  static struct nt_machine_ops ops;
  ops = machine_ops;
  ops.kind = "bad";
  ops.version = (uint32_t)luaL_checkinteger(L, 1);
  ops.size = (uint32_t)luaL_checkinteger(L, 2);
  ntvol_pushkind(L, &ops);
  return 1;
}

/* fake.rival() -> another kind that calls itself "fake" */
static int rival(lua_State *L) {
  static struct nt_machine_ops ops;
  ops = machine_ops;
  ntvol_pushkind(L, &ops);
  return 1;
}

/* fake.adopt() -> a machine made here and given to the binding. */
static int adopt(lua_State *L) {
  struct nt_error err = {0};
  struct nt_machine **slot = ntvol_getapi(L)->newmachine(L);
  if (!nt_ok(fake_connect("adopted", slot, &err))) {
    return luaL_error(L, "cannot connect");
  }
  return 1;
}

/* fake.machine_name(machine) -> its name, through the C interface */
static int machine_name(lua_State *L) {
  lua_pushstring(L, ntvol_getapi(L)->checkmachine(L, 1)->name);
  return 1;
}

static const luaL_Reg functions[] = {{"reset", reset},
                                     {"stats", stats},
                                     {"fail", fail},
                                     {"last_open", last_open},
                                     {"warnings", warnings},
                                     {"bad_kind", bad_kind},
                                     {"rival", rival},
                                     {"adopt", adopt},
                                     {"machine_name", machine_name},
                                     {NULL, NULL}};

int luaopen_fake(lua_State *L) {
  forget_faults();
  lua_getglobal(L, "require");
  lua_pushliteral(L, "ntvol.core");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "register");
  lua_pushvalue(L, -1);
  ntvol_pushkind(L, &machine_ops);
  lua_call(L, 1, 0);
  ntvol_pushkind(L, &formatter_machine_ops);
  lua_call(L, 1, 0);
  luaL_newlib(L, functions);
  ntvol_pushkind(L, &machine_ops);
  lua_setfield(L, -2, "kind");
  return 1;
}
