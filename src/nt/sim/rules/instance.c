/*
 * An instance is one mounted file system. The functions here mount a file
 * system, notice that the bytes are those of another file system now, and end
 * an instance. They also clean up after handles that close, because a closing
 * handle is what finishes a dismount and releases a lock.
 */
#include "instance.h"

#include <stdio.h>
#include <string.h>

#include "../db/store.h"
#include "../disk/bytes.h"
#include "../disk/image.h"
#include "cache.h"
#include "cluster.h"
#include "event.h"
#include "refuse.h"

/* ---- mounting ------------------------------------------------------------ */

static nt_status probe_volume(const struct sim_request *r,
                              const struct sim_volume *volume,
                              struct nt_probe *probe) {
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t count;
  NT_TRY(nt__sim_load_extents(r, volume->id, extents, &count));
  return nt__sim_image_probe(r, extents, count, volume->length, probe);
}

/* Fills the instance that a mount makes from what was found in the bytes. */
static void fill_instance(const struct sim_volume *volume,
                          const struct nt_probe *probe,
                          struct sim_instance *out) {
  *out = (struct sim_instance){
      .volume = volume->id,
      .disk = -1,
      .fsd = nt__sim_fsd_of_volume(volume, probe->file_system),
      .reserved_bytes = probe->boot_bytes,
      .fs_bytes = probe->fs_bytes ? probe->fs_bytes : volume->length,
      .current = true,
      .vpb = SIM_VPB_MOUNTED,
  };
  bool raw = out->fsd == &nt__sim_fsd_raw;
  nt_copy(out->file_system, sizeof out->file_system,
          nt__sim_fsd_title(out->fsd, probe->file_system));
  if (!raw) {
    snprintf(out->label, sizeof out->label, "%s", probe->label);
    snprintf(out->serial, sizeof out->serial, "%s", probe->serial);
  }
  if (!out->fsd->guards_writes) {
    out->vpb |= SIM_VPB_DIRECT_WRITES; /* the I/O manager sets this for RAW */
  }
}

/* What the driver keeps of the bytes for later (X10, X17). What is damaged
 * there is no reason not to mount. */
static nt_status read_facts(const struct sim_request *r,
                            const struct sim_volume *volume,
                            struct sim_instance *out) {
  struct nt_extent extents[NT_MAX_EXTENTS];
  struct sim_bytes b;
  uint32_t count;
  bool dirty = false;
  const char *name = nt__sim_bytes_of(out);
  const struct nt_fs *fs = nt_fs_with_clusters(name);
  if (!fs) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_load_extents(r, volume->id, extents, &count));
  NT_TRY(nt__sim_bytes_open(r, extents, count, volume->length, &b));
  if (strcmp(name, "FAT12") == 0 || strcmp(name, "FAT16") == 0) {
    out->bpb_size =
        nt_region_read(&b.region, 0, out->bpb, NT_FAT_BPB) ? NT_FAT_BPB : 0;
  }
  if (fs->is_dirty(&b.region, &dirty) && dirty) {
    out->vpb |= SIM_VPB_DIRTY;
  }
  return NT_STATUS_SUCCESS;
}

static nt_status mount_now(const struct sim_request *r,
                           struct sim_volume *volume,
                           struct sim_instance *out) {
  struct nt_probe probe;
  NT_TRY(probe_volume(r, volume, &probe));
  fill_instance(volume, &probe, out);
  NT_TRY(read_facts(r, volume, out));
  bool raw = out->fsd == &nt__sim_fsd_raw;
  volume->verify_pending = false;
  NT_TRY(nt__sim_save_volume(r, volume));
  if (nt__sim_is_shared(volume)) {
    NT_TRY(nt__sim_verify_elsewhere(r, out));
  }
  NT_TRY(nt__sim_insert_instance(r, out));
  if (!raw) {
    NT_TRY(nt__sim_event_volume(r, SIM_MOUNT, volume->id));
  }
  return NT_STATUS_SUCCESS;
}

/* After a change of the medium, the new one can be a copy of the old one that
 * was changed since. So it counts as the same only if its label and its length
 * are the same, too. */
static bool is_same(const struct sim_instance *instance,
                    const struct sim_instance *now, const char *bytes) {
  if (now->fsd == &nt__sim_fsd_raw || instance->fsd == &nt__sim_fsd_raw) {
    return now->fsd == instance->fsd;
  }
  return strcmp(bytes, nt__sim_bytes_of(instance)) == 0 &&
         strcmp(now->serial, instance->serial) == 0 &&
         now->fs_bytes == instance->fs_bytes &&
         now->reserved_bytes == instance->reserved_bytes &&
         (!(instance->vpb & SIM_VPB_CHANGED) ||
          strcmp(now->label, instance->label) == 0);
}

/* Finds out whether the bytes are still those of the file system that this
 * instance mounted. */
static nt_status verify(const struct sim_request *r, struct sim_volume *volume,
                        struct sim_instance *instance, bool *same) {
  struct nt_probe probe;
  struct sim_instance now;
  NT_TRY(probe_volume(r, volume, &probe));
  fill_instance(volume, &probe, &now);
  *same = is_same(instance, &now, probe.file_system);
  if (*same && instance->fsd != &nt__sim_fsd_raw) {
    snprintf(instance->label, sizeof instance->label, "%s", probe.label);
  }
  if (!*same) {
    instance->condition = SIM_WRONG_VOLUME;
  }
  instance->vpb &= ~SIM_VPB_CHANGED;
  volume->verify_pending = false;
  NT_TRY(nt__sim_save_volume(r, volume));
  if (nt__sim_is_shared(volume)) {
    NT_TRY(nt__sim_verify_elsewhere(r, &now));
  }
  return *same ? nt__sim_save_instance(r, instance) : NT_STATUS_SUCCESS;
}

/* Handles that were opened while the volume was offline belong to instances of
 * their own, which never become the volume's instance (O10). This function ends
 * those instances when the file system comes back. If one of them is locked, it
 * stays: then `*locked` is set, and `out` is that instance. */
static nt_status end_stand_ins(const struct sim_request *r, int64_t volume,
                               struct sim_instance *out, bool *locked) {
  int64_t id;
  NT_TRY(nt__sim_number(
      r,
      "SELECT id FROM instance WHERE volume = ?1 "
      "AND current = 0 AND condition = ?2 "
      "ORDER BY vpb & ?3 DESC LIMIT 1",
      SIM_ARGS(SIM_INT(volume), SIM_INT(SIM_GOOD), SIM_INT(SIM_VPB_LOCKED)), 0,
      &id));
  *locked = false;
  if (id == 0) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_load_instance(r, id, out));
  *locked = (out->vpb & SIM_VPB_LOCKED) != 0;
  return *locked
             ? NT_STATUS_SUCCESS
             : nt__sim_exec(r,
                            "UPDATE instance SET condition = ?2 WHERE "
                            "volume = ?1 AND current = 0 AND condition = ?3",
                            SIM_ARGS(SIM_INT(volume), SIM_INT(SIM_DISMOUNTED),
                                     SIM_INT(SIM_GOOD)));
}

/* A lock keeps other programs from writing to the volume. It does not keep a
 * person from changing the medium, so a changed medium is looked at even when
 * the volume is locked. */
bool nt__sim_must_verify(const struct sim_request *r) {
  const struct sim_instance *instance = &r->instance;
  return instance->current && instance->condition == SIM_GOOD &&
         !(r->volume.flags & NT_VOLUME_OFFLINE) &&
         (instance->vpb & SIM_VPB_CHANGED ||
          (r->volume.verify_pending && instance->lock_owner == 0));
}

/* RAW cannot tell whether a medium is the one that was there before. So after a
 * change of the medium its instance always ends. */
static nt_status verify_raw(const struct sim_request *r,
                            struct sim_instance *instance) {
  struct nt_extent extents[NT_MAX_EXTENTS] = {{(uint32_t)instance->disk, 0, 0}};
  uint32_t count = 1;
  if (instance->volume != 0) {
    NT_TRY(nt__sim_load_extents(r, instance->volume, extents, &count));
  }
  NT_TRY(nt__sim_image(r, extents[0].disk));
  instance->condition = SIM_WRONG_VOLUME;
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_verify(struct sim_request *r) {
  struct sim_instance *instance = &r->instance;
  bool same = true;
  nt_status status = NT_STATUS_SUCCESS;
  if (nt__sim_must_verify(r)) {
    bool raw = instance->fsd == &nt__sim_fsd_raw;
    same = !(raw && instance->vpb & SIM_VPB_CHANGED);
    status =
        same ? verify(r, &r->volume, instance, &same) : verify_raw(r, instance);
  }
  if (!nt_ok(status) || same) {
    return status;
  }
  uint32_t lock = instance->vpb & SIM_VPB_LOCKED;
  status = nt__sim_cache_drop(r, instance->id);
  if (nt_ok(status)) {
    status = nt__sim_detach(r, instance);
  }
  if (!nt_ok(status) || lock == 0) {
    return status;
  }
  instance->vpb |= lock; /* the owner keeps its lock, on a dead instance */
  return nt__sim_save_instance(r, instance);
}

nt_status nt__sim_mount(struct sim_request *r) {
  struct sim_instance *out = &r->instance;
  nt_status status = nt__sim_current_instance(r, r->volume.id, -1, out);
  if (nt_ok(status)) {
    if (out->vpb & SIM_VPB_LOCKED) { /* O5 */
      return status;
    }
    status = nt__sim_verify(r);
    if (!nt_ok(status) || out->current) {
      return status;
    }
  } else if (status != NT_STATUS_NO_MORE_ENTRIES) {
    return status;
  }
  NT_TRY(nt__sim_check_online(r));
  bool locked;
  status = end_stand_ins(r, r->volume.id, out, &locked);
  if (!nt_ok(status) || locked) {
    return status;
  }
  return mount_now(r, &r->volume, out);
}

/* Returns whether the instance was mounted on an empty drive, and the medium
 * has not been changed since. */
static bool is_empty(const struct sim_instance *instance) {
  return instance->fsd == &nt__sim_fsd_raw && instance->fs_bytes == 0 &&
         !(instance->vpb & SIM_VPB_CHANGED);
}

nt_status nt__sim_mount_empty(struct sim_request *r) {
  struct sim_instance *out = &r->instance;
  nt_status status = nt__sim_current_instance(r, r->volume.id, -1, out);
  if (nt_ok(status)) {
    if (is_empty(out)) {
      return status;
    }
    out->condition = SIM_WRONG_VOLUME; /* RAW replaces what was mounted */
    status = nt__sim_cache_drop(r, out->id);
    if (nt_ok(status)) {
      status = nt__sim_detach(r, out);
    }
  }
  if (!nt_ok(status) && status != NT_STATUS_NO_MORE_ENTRIES) {
    return status;
  }
  *out = (struct sim_instance){
      .volume = r->volume.id,
      .disk = -1,
      .fsd = &nt__sim_fsd_raw,
      .file_system = "RAW",
      .current = true,
      .vpb = SIM_VPB_MOUNTED | SIM_VPB_DIRECT_WRITES,
  };
  return nt__sim_insert_instance(r, out);
}

/* ---- ending -------------------------------------------------------------- */

nt_status nt__sim_forget(const struct sim_request *r,
                         const struct sim_instance *instance) {
  if (instance->current) {
    return NT_STATUS_SUCCESS;
  }
  return nt__sim_exec(r,
                      "DELETE FROM instance WHERE id = ?1 AND NOT EXISTS "
                      "(SELECT 1 FROM file_object WHERE instance = ?1)",
                      SIM_ARGS(SIM_INT(instance->id)));
}

nt_status nt__sim_detach(const struct sim_request *r,
                         struct sim_instance *instance) {
  instance->current = false;
  instance->vpb &= ~SIM_VPB_OF_MOUNT;
  NT_TRY(nt__sim_save_instance(r, instance));
  return nt__sim_forget(r, instance);
}

nt_status nt__sim_end_instances(const struct sim_request *r, int64_t volume,
                                int64_t disk) {
  NT_TRY(nt__sim_exec(
      r,
      "DELETE FROM dirty WHERE instance IN (SELECT id FROM instance "
      "WHERE volume = ?1 AND disk = ?2 AND current = 1)",
      SIM_ARGS(SIM_INT(volume), SIM_INT(disk))));
  /* Instances that were dismounted before lose their device, too. */
  NT_TRY(nt__sim_exec(r,
                      "UPDATE instance SET condition = ?3, current = 0, "
                      "vpb = CASE current WHEN 1 THEN vpb & ~?4 ELSE vpb END "
                      "WHERE volume = ?1 AND disk = ?2",
                      SIM_ARGS(SIM_INT(volume), SIM_INT(disk),
                               SIM_INT(SIM_GONE), SIM_INT(SIM_VPB_OF_MOUNT))));
  return nt__sim_exec(
      r,
      "DELETE FROM instance WHERE volume = ?1 AND disk = ?2 AND NOT EXISTS "
      "(SELECT 1 FROM file_object f WHERE f.instance = instance.id)",
      SIM_ARGS(SIM_INT(volume), SIM_INT(disk)));
}

static nt_status set_verify_pending(const struct sim_request *r,
                                    const struct sim_file_object *object) {
  return nt__sim_exec(r, "UPDATE volume SET verify_pending = 1 WHERE id = ?1",
                      SIM_ARGS(SIM_INT(object->volume)));
}

/* A handle to the disk that wrote may have changed any volume of the disk. So
 * all of these volumes have to be verified. */
static nt_status set_verify_of_disk(const struct sim_request *r,
                                    const struct sim_file_object *object) {
  return nt__sim_exec(r,
                      "UPDATE volume SET verify_pending = 1 WHERE id IN "
                      "(SELECT volume FROM extent WHERE disk = ?1)",
                      SIM_ARGS(SIM_INT(object->disk)));
}

/* Finds out whether a dismount is finished when this file object closes. On FAT
 * it is finished when the handle that did the dismount closes. Other file
 * systems wait for every open file, too. */
static nt_status is_dismount_over(const struct sim_request *r,
                                  const struct sim_file_object *object,
                                  const struct sim_instance *instance,
                                  bool *over) {
  int64_t left = 0;
  *over = (object->flags & SIM_FO_COMPLETE_DISMOUNT) != 0;
  if (!instance->fsd->waits_for_files || !instance->current ||
      instance->condition != SIM_DISMOUNTED) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt__sim_number(
      r,
      "SELECT count(*) FROM file_object WHERE instance = ?1 "
      "AND (kind IN (?2, ?3) OR flags & ?4 <> 0)",
      SIM_ARGS(SIM_INT(instance->id), SIM_INT(NT_KIND_FILE),
               SIM_INT(NT_KIND_DIRECTORY), SIM_INT(SIM_FO_COMPLETE_DISMOUNT)),
      0, &left);
  *over = left == 0;
  return status;
}

nt_status nt__sim_allow_writes(const struct sim_request *r,
                               struct sim_instance *instance) {
  int64_t files = 0, volumes;
  if (instance->fsd->waits_for_files) {
    NT_TRY(nt__sim_count_handles(r, instance, 0, &files, &volumes));
  }
  if (files == 0) {
    instance->vpb |= SIM_VPB_DIRECT_WRITES;
  }
  return NT_STATUS_SUCCESS;
}

/* Called when the last file is closed of a dismounted file system that waited
 * for it. */
static nt_status files_closed(const struct sim_request *r,
                              struct sim_instance *instance) {
  if (!instance->fsd->waits_for_files || !instance->current ||
      instance->condition != SIM_DISMOUNTED ||
      instance->vpb & SIM_VPB_DIRECT_WRITES) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_allow_writes(r, instance));
  return nt__sim_save_instance(r, instance);
}

/* The order is that of NT (fastfat cleanup): first the dismount is finished, or
 * else the volume is marked to be verified; then the lock is released. */
static nt_status clean_instance(const struct sim_request *r,
                                const struct sim_file_object *object,
                                struct sim_instance *instance) {
  bool over;
  nt_status status = is_dismount_over(r, object, instance, &over);
  if (!nt_ok(status)) {
    return status;
  }
  if (over) {
    status = nt__sim_detach(r, instance);
  } else if (object->flags & SIM_FO_MODIFIED) {
    status = object->volume != 0 ? set_verify_pending(r, object)
                                 : set_verify_of_disk(r, object);
  } else {
    status = files_closed(r, instance);
  }
  if (!nt_ok(status) || instance->lock_owner != object->id) {
    return status;
  }
  instance->lock_owner = 0;
  if (instance->vpb & SIM_VPB_LOCKED) {
    instance->vpb &= ~SIM_VPB_LOCKED;
    if (instance->fsd->guards_writes) {
      instance->vpb &= ~SIM_VPB_DIRECT_WRITES;
    }
  }
  NT_TRY(nt__sim_save_instance(r, instance));
  return nt__sim_event_instance(r, SIM_UNLOCK, instance);
}

/* Writes the file's waiting data to the image, as if the lazy writer came right
 * now. The lazy writer can report an error to nobody: if the image cannot be
 * written, the data goes on waiting. */
static nt_status write_file_back(const struct sim_request *r,
                                 const struct sim_file_object *object,
                                 const struct sim_instance *instance) {
  struct nt_error failure = {0};
  nt_status status = nt__sim_cache_write_back(SIM_REQUEST(r->m, &failure),
                                              instance, object->file);
  if (nt_ok(status) || !r->m->db.failed) {
    return NT_STATUS_SUCCESS;
  }
  nt_error_copy(r->err, &failure);
  return status;
}

nt_status nt__sim_cleanup(const struct sim_request *r, int64_t file_object) {
  struct sim_file_object object;
  struct sim_instance instance;
  NT_TRY(nt__sim_load_file_object(r, file_object, &object));
  nt_status status = nt__sim_exec(r, "DELETE FROM file_object WHERE id = ?1",
                                  SIM_ARGS(SIM_INT(object.id)));
  if (!nt_ok(status) || object.instance == 0) {
    return status;
  }
  status = nt__sim_load_instance(r, object.instance, &instance);
  if (!nt_ok(status)) {
    return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
  }
  if (object.flags & SIM_FO_WROTE_FILE && instance.condition == SIM_GOOD) {
    status = write_file_back(r, &object, &instance);
  }
  if (nt_ok(status)) {
    status = clean_instance(r, &object, &instance);
  }
  return nt_ok(status) ? nt__sim_forget(r, &instance) : status;
}

nt_status nt__sim_release(const struct sim_request *r, int64_t file_object) {
  struct sim_file_object object;
  NT_TRY(nt__sim_load_file_object(r, file_object, &object));
  if (object.refs <= 1) {
    return nt__sim_cleanup(r, file_object);
  }
  return nt__sim_exec(r, "UPDATE file_object SET refs = refs - 1 WHERE id = ?1",
                      SIM_ARGS(SIM_INT(file_object)));
}

/* ---- who has it open ----------------------------------------------------- */

#define HANDLES(scope)                                   \
  "SELECT count(*) FILTER (WHERE kind IN (?3, ?4, ?5))," \
  " count(*) FILTER (WHERE kind IN (?6, ?7))"            \
  " FROM file_object WHERE " scope "AND id <> ?2"

nt_status nt__sim_count_handles(const struct sim_request *r,
                                const struct sim_instance *instance,
                                int64_t except, int64_t *files,
                                int64_t *volumes) {
  sqlite3_stmt *stmt;
  NT_TRY(
      nt__sim_query(r,
                    nt__sim_spans_nodes(instance) ? HANDLES(SIM_OF_NODES)
                                                  : HANDLES(SIM_OF_INSTANCE),
                    SIM_ARGS(SIM_INT(nt__sim_scope(instance)), SIM_INT(except),
                             SIM_INT(NT_KIND_FILE), SIM_INT(NT_KIND_DIRECTORY),
                             SIM_INT(NT_KIND_SECTION), SIM_INT(NT_KIND_VOLUME),
                             SIM_INT(NT_KIND_DISK)),
                    &stmt));
  NT_TRY(nt__sim_step(r, stmt));
  *files = sqlite3_column_int64(stmt, 0);
  *volumes = sqlite3_column_int64(stmt, 1);
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}
