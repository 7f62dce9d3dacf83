/*
 * NtReadFile, NtWriteFile and NtFlushBuffersFile: how requests must be aligned,
 * where they end, and which direct writes are allowed (docs/rules.md 1.8 "I/O
 * through handles", 1.10 and 1.11).
 */
#include "../db/store.h"
#include "../disk/image.h"
#include "../files.h"
#include "../rules/cache.h"
#include "../rules/instance.h"
#include "../rules/medium.h"
#include "../rules/refuse.h"
#include "../rules/resolve.h"
#include "slots.h"
#include "transaction.h"

/* ---- what can be said before the state is looked at ---------------------- */

static nt_status check_bytes(const struct sim_request *r) {
  if (!nt__sim_is_mount_manager(r->handle)) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
          "the mount manager has no bytes");
  nt_hint(r->err, "it takes control codes");
  return NT_STATUS_INVALID_DEVICE_REQUEST;
}

static nt_status check_alignment(const struct sim_request *r) {
  uint32_t sector = r->handle->base.sector_size;
  if (r->offset % sector == 0 && r->len % sector == 0) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(
      r->err, NT_REASON_ALIGNMENT,
      "offset %llu and length %zu are not whole sectors of %u bytes",
      (unsigned long long)r->offset, r->len, sector);
}

static nt_status load(struct sim_request *r) {
  struct sim_handle *h = r->handle;
  NT_TRY(nt__sim_load_file_object(r, h->file_object, &r->object));
  NT_TRY(nt__sim_load_instance(r, r->object.instance, &r->instance));
  if (h->volume != 0) {
    NT_TRY(nt__sim_load_volume(r, h->volume, &r->volume));
  }
  NT_TRY(nt__sim_load_disk(r, h->extents[0].disk, &r->disk));
  return NT_STATUS_SUCCESS;
}

/* Must not be called within a transaction. If the bytes have to be verified, it
 * begins one, because verifying changes the state (I8). */
static nt_status load_verified(struct sim_request *r) {
  nt_status status = load(r);
  if (!nt_ok(status) || !nt__sim_must_verify(r)) {
    return status;
  }
  NT_TRY(nt__sim_begin(r));
  status = load(r);
  if (nt_ok(status)) {
    status = nt__sim_verify(r);
  }
  return nt__sim_end(r, status);
}

/* ---- the state ----------------------------------------------------------- */

/* I3 to I7: refuses handles that may not use the instance any more. */
static nt_status check_condition(const struct sim_request *r) {
  bool own = r->instance.condition == SIM_DISMOUNTED &&
             (r->object.flags & SIM_FO_COMPLETE_DISMOUNT ||
              (r->handle->file && r->instance.fsd->waits_for_files));
  NT_TRY(own ? NT_STATUS_SUCCESS : nt__sim_check_condition(r));
  NT_TRY(nt__sim_check_online(r));
  NT_TRY(nt__sim_check_medium(r));
  if (r->handle->disk >= 0 && r->disk.flags & NT_DISK_UNINSTALLED) {
    return nt_refuse_as(r->err, NT_STATUS_DEVICE_DOES_NOT_EXIST,
                        NT_REASON_REMOVED, NULL);
  }
  return NT_STATUS_SUCCESS;
}

/* X19 */
static nt_status check_not_directory(const struct sim_request *r) {
  if (r->handle->base.kind != NT_KIND_DIRECTORY) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(r->err, NT_STATUS_INVALID_PARAMETER,
          "a directory has no bytes to read or write");
  nt_hint(r->err, "open a file in it, or list it");
  return NT_STATUS_INVALID_PARAMETER;
}

/* Returns where the I/O of this handle ends. That is the end of the file
 * system, unless the handle is allowed to go past it. A file system may claim
 * to be longer than the volume is. */
static uint64_t end_for(const struct sim_request *r) {
  uint64_t length = r->handle->length;
  if (r->object.flags & SIM_FO_EXTENDED_DASD || r->instance.fs_bytes > length) {
    return length;
  }
  return r->instance.fs_bytes;
}

static nt_status past_end(const struct sim_request *r, uint64_t end) {
  nt_fail(r->err, NT_STATUS_END_OF_FILE,
          "offset %llu is at or past the end at %llu",
          (unsigned long long)r->offset, (unsigned long long)end);
  if (end < r->handle->length) {
    nt_hint(r->err,
            "FSCTL_ALLOW_EXTENDED_DASD_IO opens the rest of the volume");
  } else {
    nt_hint(r->err, "stay within its size");
  }
  return NT_STATUS_END_OF_FILE;
}

/* ---- the cache ----------------------------------------------------------- */

/* 1.11: the first raw access of a volume handle writes back what waits in the
 * files of the volume; later accesses do not look. Must be called within a
 * transaction. */
static nt_status flush_first(struct sim_request *r) {
  struct nt_handle *one = &r->handle->base;
  if (r->handle->flushed || r->handle->base.kind != NT_KIND_VOLUME) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_cache_write_back(r, &r->instance, SIM_ALL_FILES));
  while (one && !nt__sim_handle(one)->flushed) {
    nt__sim_handle(one)->flushed = true; /* and all handles that share it */
    one = one->peer;
  }
  return NT_STATUS_SUCCESS;
}

/* Calls `fn`, within a transaction, if data of this file, or of any file of the
 * volume, waits to be written to the image. */
static nt_status when_waiting(struct sim_request *r, int64_t file,
                              nt_status (*fn)(struct sim_request *r)) {
  bool waits = false;
  NT_TRY(nt__sim_cache_has(r, r->instance.id, file, &waits));
  if (!waits) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_begin(r));
  return nt__sim_end(r, fn(r));
}

static nt_status write_back(struct sim_request *r) {
  const struct sim_handle *h = r->handle;
  return nt__sim_cache_write_back(
      r, &r->instance, h->file ? nt__sim_files_id(h->file) : SIM_ALL_FILES);
}

/* ---- read ---------------------------------------------------------------- */

static nt_status read_bytes(struct sim_request *r, void *buf, size_t *done) {
  return nt__sim_files_read(r->handle->file, r->offset, buf, r->len, done,
                            r->err);
}

/* Reads the image and then the data that waits. In a transaction nobody else
 * can write waiting data to the image in between. */
static nt_status read_both(struct sim_request *r, void *buf, size_t *done) {
  NT_TRY(nt__sim_begin(r));
  nt_status status = read_bytes(r, buf, done);
  uint64_t valid = nt__sim_files_valid(r->handle->file);
  if (nt_ok(status) && r->offset < valid) {
    uint64_t left = valid - r->offset;
    status = nt__sim_cache_overlay(r, r->offset, buf,
                                   *done < left ? *done : (size_t)left);
  }
  return nt__sim_end(r, status);
}

static nt_status read_file(struct sim_request *r, void *buf, size_t *done) {
  bool waits = false;
  NT_TRY(nt__sim_cache_has(r, r->instance.id, nt__sim_files_id(r->handle->file),
                           &waits));
  return waits ? read_both(r, buf, done) : read_bytes(r, buf, done);
}

static nt_status read_device(struct sim_request *r, void *buf, size_t *done) {
  uint64_t end = end_for(r);
  size_t len = r->len;
  if (r->offset >= end) {
    return past_end(r, end);
  }
  if (len > end - r->offset) {
    len = (size_t)(end - r->offset);
  }
  NT_TRY(nt__sim_image_read(r, r->handle->extents, r->handle->extent_count,
                            r->offset, buf, len));
  *done = len;
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_read(struct nt_handle *handle, uint64_t offset, void *buf,
                       size_t len, size_t *done, struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_request r = {.m = nt__sim_machine_of(h),
                          .err = err,
                          .handle = h,
                          .offset = offset,
                          .len = len};
  nt_status status = check_bytes(&r);
  if (nt_ok(status)) {
    status = check_alignment(&r);
  }
  *done = 0;
  if (!nt_ok(status) || len == 0) { /* X11 */
    return status;
  }
  NT_TRY(load_verified(&r));
  NT_TRY(check_condition(&r));
  NT_TRY(check_not_directory(&r));
  if (h->file) {
    return read_file(&r, buf, done);
  }
  if (!h->flushed && h->base.kind == NT_KIND_VOLUME) {
    status = when_waiting(&r, SIM_ALL_FILES, flush_first);
    h->flushed = true;
  }
  return nt_ok(status) ? read_device(&r, buf, done) : status;
}

nt_status nt__sim_check_file(struct sim_request *r) {
  NT_TRY(load_verified(r));
  return check_condition(r);
}

nt_status nt__sim_file_size(struct nt_handle *handle, uint64_t *out,
                            struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_request r = {.m = nt__sim_machine_of(h), .err = err, .handle = h};
  NT_TRY(nt__sim_check_file(&r));
  *out = nt__sim_files_is_directory(h->file) ? 0 : nt__sim_files_size(h->file);
  return NT_STATUS_SUCCESS;
}

/* ---- write --------------------------------------------------------------- */

/* 1.10: only a handle that locked or dismounted a volume with a file system may
 * write to it. The boot area, and what lies behind the file system, may always
 * be written. */
static bool may_write_raw(const struct sim_request *r) {
  const struct sim_instance *instance = &r->instance;
  if (instance->fsd->writes_need_own_lock) {
    return instance->lock_owner == r->object.id;
  }
  return !instance->fsd->guards_writes || instance->lock_owner != 0 ||
         r->object.flags & SIM_FO_COMPLETE_DISMOUNT ||
         r->offset + r->len <= instance->reserved_bytes ||
         r->offset >= instance->fs_bytes;
}

static nt_status check_volume_write(const struct sim_request *r) {
  const struct sim_instance *instance = &r->instance;
  if (may_write_raw(r)) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(
      r->err, NT_REASON_MOUNTED,
      "a %s file system is mounted there and the volume is not locked",
      instance->file_system);
}

/* Refuses a write into a volume through its disk. */
static nt_status refuse_disk_write(const struct sim_request *r,
                                   int64_t number) {
  struct sim_volume volume;
  char name[NT_NAME_MAX];
  NT_TRY(nt__sim_load_volume(r, number, &volume));
  NT_TRY(nt__sim_volume_name(r, number, name, sizeof name));
  if (volume.flags & SIM_VOLUME_OF_SYSTEM) {
    nt_refuse_as(r->err, NT_STATUS_ACCESS_DENIED, NT_REASON_SYSTEM_VOLUME,
                 "the range is in volume %s, which the system uses", name);
    nt_hint(r->err, "start another system to write there");
    return NT_STATUS_ACCESS_DENIED;
  }
  nt_refuse(r->err, NT_REASON_MOUNTED,
            "the range is in volume %s, which is mounted and not locked", name);
  nt_hint(r->err, "open and lock volume %s while you write to its disk", name);
  return NT_STATUS_ACCESS_DENIED;
}

/* 1.10: where a file system is mounted, handles of the disk below may not write
 * either. W2: volumes that the system uses are mounted from the start. */
static nt_status check_disk_write(const struct sim_request *r) {
  int64_t volume = 0;
  uint64_t from = r->offset;
  if (from == 0) {
    from = r->disk.sector_size; /* sector 0 is always free */
  }
  if (from >= r->offset + r->len) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_number(
      r,
      "SELECT e.volume FROM extent e JOIN volume v ON v.id = e.volume "
      "LEFT JOIN instance i ON i.volume = e.volume AND i.disk = -1 AND "
      "i.current = 1 AND i.fsd <> 'raw' AND i.vpb & ?5 = 0 AND i.node = ?4 "
      "WHERE e.disk = ?1 AND e.start < ?3 AND e.start + e.length > ?2 AND "
      "(i.id IS NOT NULL OR v.flags & ?6 <> 0) LIMIT 1",
      SIM_ARGS(SIM_INT(r->disk.number), SIM_INT(from),
               SIM_INT(r->offset + r->len), SIM_INT(r->m->node),
               SIM_INT(SIM_VPB_DIRECT_WRITES), SIM_INT(SIM_VOLUME_OF_SYSTEM)),
      0, &volume));
  return volume == 0 ? NT_STATUS_SUCCESS : refuse_disk_write(r, volume);
}

static nt_status is_readonly(const struct sim_request *r, bool *readonly) {
  const struct sim_handle *h = r->handle;
  *readonly = r->disk.flags & NT_DISK_READONLY ||
              r->volume.flags & NT_VOLUME_READONLY ||
              r->instance.fsd->read_only;
  return *readonly || h->extent_count <= 1
             ? NT_STATUS_SUCCESS
             : nt__sim_disks_readonly(r, h->extents + 1, /* its others */
                                      h->extent_count - 1, readonly);
}

static nt_status check_writable(const struct sim_request *r) {
  bool readonly;
  NT_TRY(is_readonly(r, &readonly));
  if (!readonly) {
    return r->volume.id ? nt__sim_check_held(r) : NT_STATUS_SUCCESS;
  }
  return nt_refuse(r->err, NT_REASON_READONLY, "%s is read-only",
                   r->volume.id ? "the volume" : "the disk");
}

static nt_status mark_modified(struct sim_request *r) {
  if (r->object.flags & SIM_FO_MODIFIED) {
    return NT_STATUS_SUCCESS;
  }
  r->object.flags |= SIM_FO_MODIFIED;
  return nt__sim_save_file_object(r, &r->object);
}

/* 1.11: a file system driver silently shortens a request at the end of its file
 * system, even where the volume ends too. This does not happen on RAW, on
 * disks, and to handles that are allowed past the file system. */
static bool clips(const struct sim_request *r) {
  return r->instance.fsd->guards_writes &&
         !(r->object.flags & SIM_FO_EXTENDED_DASD) &&
         r->instance.fs_bytes <= r->handle->length;
}

/* A write that goes past the end of the volume itself is refused before
 * anything is written. */
static nt_status write_device(struct sim_request *r, const void *buf,
                              size_t *done) {
  uint64_t end = end_for(r);
  size_t len = r->len;
  *done = 0;
  if (!clips(r) && (r->offset >= end || len > end - r->offset)) {
    return past_end(r, end);
  }
  if (r->offset >= end) {
    return NT_STATUS_SUCCESS;
  }
  if (len > end - r->offset) {
    len = (size_t)(end - r->offset);
  }
  NT_TRY(mark_modified(r));
  NT_TRY(nt__sim_image_write(r, r->handle->extents, r->handle->extent_count,
                             r->offset, buf, len));
  *done = len;
  return NT_STATUS_SUCCESS;
}

static nt_status refuse_growth(const struct sim_request *r, uint64_t size) {
  return nt_refuse(
      r->err, NT_REASON_NO_GROWTH,
      "the file has %llu bytes, and files on a simulated volume do not grow",
      (unsigned long long)size);
}

static nt_status mark_wrote_file(struct sim_request *r) {
  if (r->object.flags & SIM_FO_WROTE_FILE) {
    return NT_STATUS_SUCCESS;
  }
  r->object.flags |= SIM_FO_WROTE_FILE;
  return nt__sim_save_file_object(r, &r->object);
}

static nt_status write_file(struct sim_request *r, const void *buf,
                            size_t *done) {
  struct sim_files *file = r->handle->file;
  uint64_t size = nt__sim_files_size(file);
  if ((r->offset >= size || r->len > size - r->offset)) {
    return refuse_growth(r, size);
  }
  NT_TRY(mark_wrote_file(r));
  NT_TRY(nt__sim_cache_write(r, r->offset, buf, r->len));
  *done = r->len;
  return NT_STATUS_SUCCESS;
}

static nt_status check_direct_write(const struct sim_request *r) {
  if (r->handle->file) {
    return NT_STATUS_SUCCESS;
  }
  return r->handle->disk >= 0 ? check_disk_write(r) : check_volume_write(r);
}

/* X13: what lies past the end of a CD is not even write-protected. */
static nt_status check_end(const struct sim_request *r) {
  bool past =
      r->instance.fsd->read_only && !r->handle->file && r->offset >= end_for(r);
  return past ? past_end(r, end_for(r)) : NT_STATUS_SUCCESS;
}

static nt_status write_now(struct sim_request *r, const void *buf,
                           size_t *done) {
  NT_TRY(load(r));
  NT_TRY(check_direct_write(r));
  NT_TRY(nt__sim_verify(r));
  NT_TRY(check_condition(r));
  NT_TRY(check_not_directory(r));
  NT_TRY(check_end(r));
  NT_TRY(check_writable(r));
  if (r->handle->file) {
    return write_file(r, buf, done);
  }
  NT_TRY(flush_first(r));
  return write_device(r, buf, done);
}

/* Everything happens within one transaction. So another process sees the write
 * before or after its own lock or dismount, never in the middle. */
nt_status nt__sim_write(struct nt_handle *handle, uint64_t offset,
                        const void *buf, size_t len, size_t *done,
                        struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_request r = {.m = nt__sim_machine_of(h),
                          .err = err,
                          .handle = h,
                          .offset = offset,
                          .len = len};
  NT_TRY(nt__sim_check_not_section(&r));
  NT_TRY(check_bytes(&r));
  NT_TRY(check_alignment(&r));
  *done = 0;
  if (len == 0) { /* X11 */
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_begin(&r));
  return nt__sim_end(&r, write_now(&r, buf, done));
}

/* X6, X8: what a flush asks first. */
static nt_status check_flush(const struct sim_request *r) {
  if (r->instance.fsd->no_flush) {
    return nt_refuse_as(
        r->err, NT_STATUS_INVALID_DEVICE_REQUEST, NT_REASON_UNKNOWN_CODE,
        "the %s file system driver has no flush", r->instance.fsd->name);
  }
  if (r->handle->base.kind == NT_KIND_VOLUME &&
      r->instance.condition == SIM_DISMOUNTED) {
    nt_refuse_as(r->err, NT_STATUS_FILE_INVALID, NT_REASON_DISMOUNTED,
                 "the file system that a flush is for was dismounted");
    nt_hint(r->err,
            "flush before the dismount: what this handle writes after it does "
            "not wait anywhere");
    return NT_STATUS_FILE_INVALID;
  }
  return check_condition(r);
}

/* X7: on a write-protected volume there is nothing to flush. */
static bool has_nothing_to_flush(const struct sim_request *r, bool readonly) {
  return readonly && r->handle->base.kind == NT_KIND_VOLUME &&
         r->instance.fsd->guards_writes;
}

static nt_status flush_now(struct sim_request *r) {
  struct sim_handle *h = r->handle;
  bool readonly;
  NT_TRY(check_flush(r));
  NT_TRY(is_readonly(r, &readonly));
  if (has_nothing_to_flush(r, readonly)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(check_writable(r));
  NT_TRY(when_waiting(r, h->file ? nt__sim_files_id(h->file) : SIM_ALL_FILES,
                      write_back));
  return nt__sim_image_flush(r, h->extents, h->extent_count);
}

nt_status nt__sim_flush(struct nt_handle *handle, struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_request r = {.m = nt__sim_machine_of(h), .err = err, .handle = h};
  NT_TRY(nt__sim_check_not_section(&r));
  NT_TRY(check_bytes(&r));
  NT_TRY(load_verified(&r));
  return flush_now(&r);
}
