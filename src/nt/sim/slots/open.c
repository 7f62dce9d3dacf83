/*
 * NtCreateFile: decides which kind of handle a name and an access mask give,
 * and which opens are refused. Row numbers (O1 ...) are those of docs/rules.md
 * 1.4 and 1.5.
 */
#include <stdlib.h>
#include <string.h>

#include "../../name.h"
#include "../db/store.h"
#include "../disk/image.h"
#include "../files.h"
#include "../rules/cluster.h"
#include "../rules/holders.h"
#include "../rules/instance.h"
#include "../rules/refuse.h"
#include "../rules/resolve.h"
#include "slots.h"
#include "transaction.h"

/* Access rights that need no file system: an open that asks for no others
 * reaches only the device. */
#define DEVICE_ACCESS                                                          \
  (NT_SYNCHRONIZE | NT_FILE_READ_ATTRIBUTES | NT_READ_CONTROL | NT_WRITE_DAC | \
   NT_WRITE_OWNER | NT_ACCESS_SYSTEM_SECURITY)

/* X2: the rights of which a handle needs one to lock and dismount. */
#define MANAGING ((0xFFFFU & ~NT_FILE_TRAVERSE) | NT_DELETE)

#define READING (NT_FILE_READ_DATA | NT_FILE_TRAVERSE)
#define WRITING (NT_FILE_WRITE_DATA | NT_FILE_APPEND_DATA)

/* Everything that an open works with. */
struct opening {
  struct sim_request r;
  const struct nt_open_options *options;
  struct sim_target target;
};

/* ---- refusals ------------------------------------------------------------ */

static nt_status refuse(struct opening *o, nt_status status,
                        enum nt_reason reason, const char *detail) {
  nt_refuse_as(o->r.err, status, reason, "%s", detail);
  nt__sim_add_holders(&o->r, &o->r.instance, 0);
  return status;
}

/* O5, O7, O8, O13: refuses the open because of the state of the instance,
 * whoever asks. */
static nt_status check_instance(struct opening *o) {
  struct sim_instance *instance = &o->r.instance;
  if (instance->vpb & SIM_VPB_LOCKED) {
    return refuse(o, NT_STATUS_ACCESS_DENIED, NT_REASON_LOCKED_BY_OTHER,
                  "the volume is locked");
  }
  if (instance->condition == SIM_DISMOUNTED) {
    bool files = instance->fsd->waits_for_files;
    nt_refuse_as(o->r.err, instance->fsd->open_dismounted, NT_REASON_DISMOUNTED,
                 files ? "the volume was dismounted, and is still open"
                       : "the handle that dismounted the volume is still open");
    o->r.err->cls = NT_CLASS_TRANSIENT;
    nt__sim_add_holders(&o->r, instance, 0);
    nt_hint(o->r.err, files ? "it mounts again when its files are closed, too"
                            : "it mounts again when that handle closes");
    return instance->fsd->open_dismounted;
  }
  if (instance->lock_owner != 0) {
    return refuse(o, NT_STATUS_ACCESS_DENIED, NT_REASON_LOCKED_BY_OTHER,
                  "somebody opened the volume without sharing it");
  }
  return NT_STATUS_SUCCESS;
}

/* ---- share modes --------------------------------------------------------- */

/* Compares access and share mode of two handles in both directions, as
 * IoCheckShareAccess does. Handles without data access do not count. */
static bool shares_conflict(uint32_t access, uint32_t share,
                            uint32_t other_access, uint32_t other_share) {
  const uint32_t data = READING | WRITING | NT_DELETE;
  if (!(access & data) || !(other_access & data)) {
    return false;
  }
  return ((access & READING) && !(other_share & NT_SHARE_READ)) ||
         ((access & WRITING) && !(other_share & NT_SHARE_WRITE)) ||
         ((access & NT_DELETE) && !(other_share & NT_SHARE_DELETE)) ||
         ((other_access & READING) && !(share & NT_SHARE_READ)) ||
         ((other_access & WRITING) && !(share & NT_SHARE_WRITE)) ||
         ((other_access & NT_DELETE) && !(share & NT_SHARE_DELETE));
}

#define SHARES(scope)                                  \
  "SELECT access, share FROM file_object WHERE " scope \
  "AND path = ?2 COLLATE NOCASE AND kind <> ?3"

/* O3: checks the share modes of handles to the same object of the same
 * instance. */
static nt_status check_share(struct opening *o) {
  sqlite3_stmt *stmt;
  bool conflict = false;
  nt_status status = nt__sim_query(
      &o->r,
      nt__sim_spans_nodes(&o->r.instance) ? SHARES(SIM_OF_NODES)
                                          : SHARES(SIM_OF_INSTANCE),
      SIM_ARGS(SIM_INT(nt__sim_scope(&o->r.instance)),
               SIM_TEXT(o->r.object.path), SIM_INT(NT_KIND_SECTION)),
      &stmt);
  if (!nt_ok(status)) {
    return status;
  }
  while (nt_ok(status = nt__sim_step(&o->r, stmt))) {
    conflict |= shares_conflict(o->r.object.access, o->r.object.share,
                                (uint32_t)sqlite3_column_int64(stmt, 0),
                                (uint32_t)sqlite3_column_int64(stmt, 1));
  }
  if (status != NT_STATUS_NO_MORE_ENTRIES) {
    return status;
  }
  if (conflict) {
    return refuse(o, NT_STATUS_SHARING_VIOLATION, NT_REASON_IN_USE,
                  "somebody has it open and does not share it this way");
  }
  return NT_STATUS_SUCCESS;
}

#define WRITERS(scope) \
  "SELECT count(*) FROM file_object WHERE " scope "AND access & ?2 <> 0"

static nt_status count_writers(struct opening *o, int64_t *writers) {
  return nt__sim_number(&o->r,
                        nt__sim_spans_nodes(&o->r.instance)
                            ? WRITERS(SIM_OF_NODES)
                            : WRITERS(SIM_OF_INSTANCE),
                        SIM_ARGS(SIM_INT(nt__sim_scope(&o->r.instance)),
                                 SIM_INT(WRITING | NT_DELETE)),
                        0, writers);
}

/* O4: a volume open that shares neither writing nor deleting is a lock. */
static nt_status check_implicit_lock(struct opening *o, bool *locks) {
  int64_t files, volumes, writers;
  uint32_t share = o->r.object.share, mask = o->r.instance.fsd->implicit_lock;
  *locks = mask != 0 && !(share & mask);
  if (!*locks) {
    return NT_STATUS_SUCCESS;
  }
  if (o->r.object.access & WRITING) {
    share &= ~NT_SHARE_READ;
  }
  NT_TRY(nt__sim_count_handles(&o->r, &o->r.instance, 0, &files, &volumes));
  NT_TRY(count_writers(o, &writers));
  if (share & NT_SHARE_READ ? writers > 0 : files + volumes > 0) {
    return refuse(o, NT_STATUS_SHARING_VIOLATION, NT_REASON_IN_USE,
                  "opening without sharing needs the volume alone");
  }
  o->r.object.share = share;
  return NT_STATUS_SUCCESS;
}

/* ---- the kinds of handles ------------------------------------------------ */

/* O2, O6, O11: such an open mounts nothing, reaches no file system, and is not
 * refused by a lock. */
static nt_status open_device(struct opening *o) {
  o->r.object.kind = NT_KIND_DEVICE;
  return nt__sim_insert_file_object(&o->r, &o->r.object);
}

/* O10: a volume that is offline and not mounted can be opened. The open gets an
 * instance without a file system, which never becomes the instance of the
 * volume. All handles of that time share it, so that a lock keeps the others
 * out (O5). */
static nt_status mount_offline(struct opening *o) {
  int64_t id;
  nt_status status = nt__sim_number(
      &o->r,
      "SELECT id FROM instance WHERE volume = ?1 "
      "AND current = 0 AND condition = ?2 LIMIT 1",
      SIM_ARGS(SIM_INT(o->r.volume.id), SIM_INT(SIM_GOOD)), 0, &id);
  if (!nt_ok(status) || id != 0) {
    return nt_ok(status) ? nt__sim_load_instance(&o->r, id, &o->r.instance)
                         : status;
  }
  o->r.instance = (struct sim_instance){
      .volume = o->r.volume.id,
      .disk = -1,
      .fsd = &nt__sim_fsd_raw,
      .file_system = "RAW",
      .fs_bytes = o->r.volume.length,
      .vpb = SIM_VPB_DIRECT_WRITES,
  };
  return nt__sim_insert_instance(&o->r, &o->r.instance);
}

static nt_status mount(struct opening *o) {
  struct nt_error *err = o->r.err;
  struct nt_error mount_err = {.holders = err->holders};
  if (nt__sim_is_shared(&o->r.volume)) {
    NT_TRY(nt__sim_check_cluster(&o->r));
  }
  o->r.err = &mount_err;
  nt_status status = nt__sim_mount(&o->r);
  o->r.err = err;
  if (status == NT_STATUS_DEVICE_NOT_READY && !o->target.has_rest) {
    return mount_offline(o);
  }
  if (status == NT_STATUS_NO_MEDIA_IN_DEVICE && !o->target.has_rest) {
    return nt__sim_mount_empty(&o->r);
  }
  if (!nt_ok(status)) {
    nt_error_copy(err, &mount_err);
  }
  return status;
}

static nt_status take_implicit_lock(struct opening *o) {
  o->r.instance.lock_owner = o->r.object.id;
  return nt__sim_save_instance(&o->r, &o->r.instance);
}

/* Refuses options that make no sense for a volume or disk. */
static nt_status check_volume_options(const struct sim_request *r,
                                      const struct nt_open_options *options) {
  if (options->directory) { /* X14: before the disposition */
    nt_fail(r->err, NT_STATUS_NOT_A_DIRECTORY, "it is the volume itself");
    nt_hint(r->err, "add a backslash for its root directory");
    return NT_STATUS_NOT_A_DIRECTORY;
  }
  if (options->disposition != NT_OPEN && options->disposition != NT_OPEN_IF) {
    nt_fail(r->err, NT_STATUS_ACCESS_DENIED,
            "a volume cannot be created or overwritten");
    nt_hint(r->err, "use the disposition open");
    return NT_STATUS_ACCESS_DENIED;
  }
  return NT_STATUS_SUCCESS;
}

static nt_status refuse_rights(const struct opening *o) {
  nt_refuse(o->r.err, NT_REASON_PRIVILEGE,
            "nobody may write or delete on a %s volume",
            o->r.instance.file_system);
  nt_hint(o->r.err, "open it with access \"r\"");
  return NT_STATUS_ACCESS_DENIED;
}

/* Refuses rights that the file system gives to nobody. */
static nt_status check_rights(const struct opening *o) {
  bool file = o->target.has_rest;
  const struct sim_fsd *fsd = o->r.instance.fsd;
  if (!(o->r.object.access &
        (file ? fsd->refused_on_files : fsd->refused_on_volumes))) {
    return NT_STATUS_SUCCESS;
  }
  return refuse_rights(o);
}

static nt_status enter_instance(struct opening *o) {
  bool locks = false;
  nt_status status = check_rights(o);
  if (nt_ok(status) && o->r.instance.fsd->checks_share_modes) {
    if (o->r.object.kind == NT_KIND_VOLUME) {
      status = check_implicit_lock(o, &locks);
    }
    if (nt_ok(status)) {
      status = check_share(o);
    }
  }
  if (!nt_ok(status)) {
    return status;
  }
  o->r.object.instance = o->r.instance.id;
  status = nt__sim_insert_file_object(&o->r, &o->r.object);
  return nt_ok(status) && locks ? take_implicit_lock(o) : status;
}

/* Opens a volume. The state of the instance is checked before anything that the
 * file system would say about the request (O5, O7). */
static nt_status open_volume(struct opening *o) {
  NT_TRY(mount(o));
  NT_TRY(check_instance(o));
  NT_TRY(check_volume_options(&o->r, o->options));
  o->r.object.kind = NT_KIND_VOLUME;
  if (o->r.object.access & MANAGING) {
    o->r.object.flags |= SIM_FO_MANAGE_VOLUME;
  }
  return enter_instance(o);
}

/* Opens a disk. RAW mounts a whole disk, on an instance of its own. So what
 * happens to that instance does not concern the volumes of the disk. */
static nt_status open_disk(struct opening *o) {
  nt_status status =
      nt__sim_current_instance(&o->r, 0, o->target.disk, &o->r.instance);
  if (nt_ok(status) && o->r.instance.vpb & SIM_VPB_CHANGED &&
      !(o->r.instance.vpb & SIM_VPB_LOCKED)) { /* of an earlier medium */
    o->r.instance.condition = SIM_WRONG_VOLUME;
    status = nt__sim_detach(&o->r, &o->r.instance);
    if (nt_ok(status)) {
      status = NT_STATUS_NO_MORE_ENTRIES;
    }
  }
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    o->r.instance = (struct sim_instance){
        .disk = o->target.disk,
        .fsd = &nt__sim_fsd_raw,
        .file_system = "RAW",
        .fs_bytes = o->r.handle->length,
        .current = true,
        .vpb = SIM_VPB_MOUNTED | SIM_VPB_DIRECT_WRITES,
    };
    status = nt__sim_insert_instance(&o->r, &o->r.instance);
  }
  if (nt_ok(status)) {
    status = check_instance(o);
  }
  if (nt_ok(status)) {
    status = check_volume_options(&o->r, o->options);
  }
  if (!nt_ok(status)) {
    return status;
  }
  o->r.object.kind = NT_KIND_DISK;
  o->r.object.flags |= SIM_FO_MANAGE_VOLUME;
  return enter_instance(o);
}

static nt_status refuse_new_file(const struct sim_request *r) {
  return nt_refuse(
      r->err, NT_REASON_NO_NEW_FILES,
      "files on a simulated volume can be opened, not made or emptied");
}

static nt_status check_protection(const struct opening *o) {
  const struct sim_handle *h = o->r.handle;
  bool readonly;
  NT_TRY(nt__sim_disks_readonly(&o->r, h->extents, h->extent_count, &readonly));
  if (!readonly && !(o->r.volume.flags & NT_VOLUME_READONLY)) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(o->r.err, NT_REASON_READONLY, "the volume is read-only");
}

static bool opens_only(const struct opening *o) {
  return o->options->disposition == NT_OPEN ||
         o->options->disposition == NT_OPEN_IF;
}

/* X15: NT's own reasons come first; what is left cannot be done here. */
static nt_status refuse_change(struct opening *o) {
  if (o->r.instance.fsd->read_only) {
    return refuse_rights(o);
  }
  NT_TRY(check_protection(o));
  return refuse_new_file(&o->r);
}

static nt_status check_existing(struct opening *o) {
  bool root = strcmp(nt__sim_files_path(o->r.handle->file), "\\") == 0;
  if (opens_only(o)) {
    return NT_STATUS_SUCCESS;
  }
  if (root) {
    nt_fail(o->r.err, NT_STATUS_ACCESS_DENIED,
            "the root folder is always there, and stays");
    nt_hint(o->r.err, "use the disposition open");
    return NT_STATUS_ACCESS_DENIED;
  }
  if (o->options->disposition == NT_CREATE) {
    nt_fail(o->r.err, NT_STATUS_OBJECT_NAME_COLLISION,
            "there is a file or folder of this name");
    nt_hint(o->r.err, "use the disposition open");
    return NT_STATUS_OBJECT_NAME_COLLISION;
  }
  return refuse_change(o);
}

static nt_status check_missing(struct opening *o, nt_status status) {
  if (status != NT_STATUS_OBJECT_NAME_NOT_FOUND ||
      o->options->disposition == NT_OPEN ||
      o->options->disposition == NT_OVERWRITE) {
    return status;
  }
  nt_error_clear(o->r.err);
  return refuse_change(o);
}

/* X21: characters that stand for other names, and those that the file system
 * has no use for. */
static nt_status check_path(const struct opening *o) {
  const char *bad = o->r.instance.fsd->no_streams ? "*?<>\":" : "*?<>\"";
  if (!strpbrk(o->target.rest, bad)) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(o->r.err, NT_STATUS_OBJECT_NAME_INVALID,
          "a name on a %s volume has none of the characters %s",
          o->r.instance.file_system, bad);
  nt_hint(o->r.err, "name one file; list its folder to find it");
  return NT_STATUS_OBJECT_NAME_INVALID;
}

#define IMAGES(scope)                             \
  "SELECT count(*) FROM file_object WHERE " scope \
  "AND file = ?2 AND kind = 5 AND flags & 32 <> 0"

/* X9: nobody writes into a file that runs as a program. */
static nt_status check_image_section(struct opening *o) {
  int64_t images = 0;
  if (o->r.object.kind == NT_KIND_FILE &&
      o->r.object.access & NT_FILE_WRITE_DATA) {
    NT_TRY(nt__sim_number(&o->r,
                          nt__sim_spans_nodes(&o->r.instance)
                              ? IMAGES(SIM_OF_NODES)
                              : IMAGES(SIM_OF_INSTANCE),
                          SIM_ARGS(SIM_INT(nt__sim_scope(&o->r.instance)),
                                   SIM_INT(o->r.object.file)),
                          0, &images));
  }
  return images == 0 ? NT_STATUS_SUCCESS
                     : refuse(o, NT_STATUS_SHARING_VIOLATION, NT_REASON_IN_USE,
                              "the file runs as a program");
}

_Static_assert(NT_KIND_SECTION == 5 && SIM_FO_IMAGE == 32,
               "the query above tests these values");

static nt_status look_up(struct opening *o) {
  struct sim_handle *h = o->r.handle;
  if (o->r.instance.fsd->read_only && !opens_only(o)) {
    return refuse_rights(o); /* X15 */
  }
  NT_TRY(check_path(o));
  nt_status status =
      o->r.instance.fsd->root_only
          ? nt__sim_files_open_root(o->target.rest, &h->file, o->r.err)
          : nt__sim_files_open(o->r.m, h->extents, h->extent_count, h->length,
                               o->r.volume.sector_size,
                               nt__sim_bytes_of(&o->r.instance), o->target.rest,
                               &h->file, o->r.err);
  if (!nt_ok(status)) {
    return check_missing(o, status);
  }
  NT_TRY(check_existing(o));
  bool directory = nt__sim_files_is_directory(h->file);
  if (o->options->directory && !directory) {
    return nt_refuse_as(o->r.err, NT_STATUS_NOT_A_DIRECTORY,
                        NT_REASON_NOT_A_DIRECTORY, "it is a file");
  }
  o->r.object.kind = directory ? NT_KIND_DIRECTORY : NT_KIND_FILE;
  o->r.object.file = nt__sim_files_id(h->file);
  nt_copy(o->r.object.path, sizeof o->r.object.path,
          nt__sim_files_path(h->file));
  return NT_STATUS_SUCCESS;
}

/* Refuses to open a file because of the state of the volume, whoever asks. */
static nt_status check_files(struct opening *o) {
  NT_TRY(check_instance(o));
  if (o->r.handle->removable && o->r.handle->length == 0) {
    return nt__sim_no_medium(o->r.err);
  }
  if (!o->r.instance.fsd->has_files) {
    return nt_refuse(o->r.err, NT_REASON_NO_FILE_SYSTEM, NULL);
  }
  return nt__sim_check_online(&o->r); /* O10 */
}

static nt_status open_file(struct opening *o) {
  NT_TRY(mount(o));
  NT_TRY(check_files(o));
  NT_TRY(look_up(o));
  NT_TRY(check_image_section(o));
  return enter_instance(o);
}

/* ---- the slot ------------------------------------------------------------ */

/* Finds out where the object lies, and opens its images, so that the refusal
 * names an image that is missing. */
static nt_status load_place(struct opening *o) {
  struct sim_handle *h = o->r.handle;
  struct sim_disk disk;
  nt_status status;
  if (o->target.volume != 0) {
    status = nt__sim_load_volume(&o->r, o->target.volume, &o->r.volume);
    if (nt_ok(status)) {
      status = nt__sim_load_extents(&o->r, o->r.volume.id, h->extents,
                                    &h->extent_count);
    }
    h->length = o->r.volume.length;
    h->base.sector_size = o->r.volume.sector_size;
  } else {
    status = nt__sim_load_disk(&o->r, o->target.disk, &disk);
    h->extents[0] = (struct nt_extent){disk.number, 0, disk.length};
    h->extent_count = 1;
    h->length = disk.length;
    h->base.sector_size = disk.sector_size;
  }
  for (uint32_t i = 0; nt_ok(status) && i < h->extent_count && h->length > 0;
       i++) {
    status = nt__sim_image(&o->r, h->extents[i].disk);
  }
  if (nt_ok(status) && h->extent_count > 0) {
    status = nt__sim_load_disk(&o->r, h->extents[0].disk, &disk);
    h->removable = nt_ok(status) && disk.flags & NT_DISK_REMOVABLE;
  }
  return status;
}

static nt_status open_target(struct opening *o) {
  bool device = !(o->r.object.access & ~DEVICE_ACCESS);
  if (o->target.disk >= 0 && o->target.has_rest) {
    nt_fail(o->r.err, NT_STATUS_OBJECT_PATH_NOT_FOUND,
            "a disk has no files, its volumes have");
    nt_hint(o->r.err, "name a file by its volume: D:\\path");
    return NT_STATUS_OBJECT_PATH_NOT_FOUND;
  }
  NT_TRY(load_place(o));
  if (device && !o->target.has_rest) {
    return open_device(o);
  }
  if (o->target.volume != 0) {
    NT_TRY(nt__sim_check_not_cut(&o->r));
  }
  if (o->target.has_rest) {
    return open_file(o);
  }
  return o->target.volume != 0 ? open_volume(o) : open_disk(o);
}

static bool names_mount_manager(const char *name) {
  struct nt_name parsed;
  struct nt_error ignored = {0};
  return nt_ok(nt_name_parse(name, &parsed, &ignored)) &&
         parsed.kind == NT_NAME_MOUNTMGR && !parsed.path;
}

/* The mount manager is a device of its own: it has no volume, no disk and no
 * file system. */
static nt_status find_and_open(struct opening *o) {
  if (names_mount_manager(o->options->name)) {
    o->target = (struct sim_target){.disk = -1};
    o->r.object.disk = -1;
    o->r.handle->base.sector_size = 1;
    return open_device(o);
  }
  nt_status status = nt__sim_resolve(&o->r, o->options->name, &o->target);
  o->r.object.volume = o->target.volume;
  o->r.object.disk = o->target.disk;
  return nt_ok(status) ? open_target(o) : status;
}

static void fill_handle(struct opening *o) {
  struct sim_handle *h = o->r.handle;
  h->base.ops = &nt__sim_handle_ops;
  h->base.machine = &o->r.m->base;
  h->base.kind = o->r.object.kind;
  h->base.access = o->r.object.access;
  if (h->file) {
    h->base.sector_size = 1;
  }
  nt_copy(h->base.name, sizeof h->base.name, o->options->name);
  h->file_object = o->r.object.id;
  h->volume = o->target.volume;
  h->disk = o->target.disk;
}

nt_status nt__sim_open(struct nt_machine *machine,
                       const struct nt_open_options *options,
                       struct nt_handle **out, struct nt_error *err) {
  struct opening o = {.r = {.m = nt__sim_machine(machine), .err = err},
                      .options = options};
  o.r.handle = calloc(1, sizeof *o.r.handle);
  if (!o.r.handle) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_status status = nt__sim_begin(&o.r);
  if (nt_ok(status)) {
    o.r.object = (struct sim_file_object){
        .owner = o.r.m->owner,
        .access = options->access,
        .share = options->share,
    };
    status = find_and_open(&o);
    status = nt__sim_end(&o.r, status);
  }
  if (!nt_ok(status)) {
    nt__sim_files_close(o.r.handle->file);
    free(o.r.handle);
    return status;
  }
  fill_handle(&o);
  *out = &o.r.handle->base;
  return NT_STATUS_SUCCESS;
}
