/* Turns rows of the database into structs, and back. */
#include "rows.h"
#include "request.h"

#include <string.h>

#include "loaded.h"
#include "store.h"

/* Runs a query for one row; the caller reads the columns and resets. */
static nt_status one_row(const struct sim_request *r, const char *sql,
                         const struct nt_db_arg *args, sqlite3_stmt **stmt) {
  NT_TRY(nt__sim_query(r, sql, args, stmt));
  return nt__sim_step(r, *stmt);
}

static uint32_t column_u32(sqlite3_stmt *stmt, int column) {
  return (uint32_t)sqlite3_column_int64(stmt, column);
}

static uint64_t column_u64(sqlite3_stmt *stmt, int column) {
  return (uint64_t)sqlite3_column_int64(stmt, column);
}

nt_status nt__sim_load_disk(const struct sim_request *r, int64_t number,
                            struct sim_disk *out) {
  bool usual = number >= 0 && number < NT_SIM_MAX_DISKS;
  struct sim_loaded *l = usual ? nt__sim_loaded(r->m) : NULL;
  if (l && l->disks_known >> number & 1) {
    *out = l->disks[number];
    return NT_STATUS_SUCCESS;
  }
  sqlite3_stmt *stmt;
  NT_TRY(one_row(r,
                 "SELECT number, image, length, sector_size, "
                 "style, flags, changes FROM disk WHERE number = ?1",
                 SIM_ARGS(SIM_INT(number)), &stmt));
  out->number = column_u32(stmt, 0);
  nt__sim_text(stmt, 1, out->image, sizeof out->image);
  out->length = column_u64(stmt, 2);
  out->sector_size = column_u32(stmt, 3);
  nt__sim_text(stmt, 4, out->style, sizeof out->style);
  out->flags = column_u32(stmt, 5);
  out->changes = sqlite3_column_int64(stmt, 6);
  sqlite3_reset(stmt);
  if (l) {
    l->disks[number] = *out;
    l->disks_known |= UINT64_C(1) << number;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_save_disk(const struct sim_request *r,
                            const struct sim_disk *disk) {
  return nt__sim_exec(
      r,
      "UPDATE disk SET image = ?2, length = ?3, style = ?4, flags = ?5, "
      "changes = ?6 WHERE number = ?1",
      SIM_ARGS(SIM_INT(disk->number), SIM_TEXT(disk->image),
               SIM_INT(disk->length), SIM_TEXT(disk->style),
               SIM_INT(disk->flags), SIM_INT(disk->changes)));
}

nt_status nt__sim_cd_number(const struct sim_request *r, uint32_t disk,
                            int64_t *out) {
  return nt__sim_number(
      r, "SELECT count(*) FROM disk WHERE flags & ?2 <> 0 AND number < ?1",
      SIM_ARGS(SIM_INT(disk), SIM_INT(NT_DISK_CDROM)), 0, out);
}

nt_status nt__sim_load_volume(const struct sim_request *r, int64_t id,
                              struct sim_volume *out) {
  struct sim_loaded *l = nt__sim_loaded(r->m);
  if (l && id != 0 && l->volume.id == id) {
    *out = l->volume;
    return NT_STATUS_SUCCESS;
  }
  sqlite3_stmt *stmt;
  NT_TRY(
      one_row(r,
              "SELECT id, guid, length, sector_size, partition_number, flags, "
              "installed, verify_pending, node FROM volume WHERE id = ?1",
              SIM_ARGS(SIM_INT(id)), &stmt));
  out->id = sqlite3_column_int64(stmt, 0);
  nt__sim_text(stmt, 1, out->guid, sizeof out->guid);
  out->length = column_u64(stmt, 2);
  out->sector_size = column_u32(stmt, 3);
  out->partition_number = column_u32(stmt, 4);
  out->flags = column_u32(stmt, 5);
  out->installed = sqlite3_column_int(stmt, 6) != 0;
  out->verify_pending = sqlite3_column_int(stmt, 7) != 0;
  out->node = sqlite3_column_int64(stmt, 8);
  sqlite3_reset(stmt);
  if (l) {
    l->volume = *out;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_save_volume(const struct sim_request *r,
                              const struct sim_volume *volume) {
  return nt__sim_exec(
      r,
      "UPDATE volume SET flags = ?2, installed = ?3, "
      "verify_pending = ?4, node = ?5 WHERE id = ?1",
      SIM_ARGS(SIM_INT(volume->id), SIM_INT(volume->flags),
               SIM_INT(volume->installed), SIM_INT(volume->verify_pending),
               SIM_INT(volume->node)));
}

nt_status nt__sim_mark_cut(const struct sim_request *r, int64_t volume) {
  return nt__sim_exec(
      r,
      "UPDATE volume SET flags = (flags & ~?2) | CASE WHEN EXISTS (SELECT 1 "
      "FROM extent e JOIN disk d ON d.number = e.disk WHERE e.volume = ?1 AND "
      "e.start + e.length > d.length) THEN ?2 ELSE 0 END WHERE id = ?1",
      SIM_ARGS(SIM_INT(volume), SIM_INT(NT_VOLUME_CUT)));
}

nt_status nt__sim_load_extents(const struct sim_request *r, int64_t volume,
                               struct nt_extent out[NT_MAX_EXTENTS],
                               uint32_t *count) {
  struct sim_loaded *l = nt__sim_loaded(r->m);
  sqlite3_stmt *stmt;
  uint32_t n = 0;
  if (l && volume != 0 && l->lies == volume) {
    memcpy(out, l->extents, l->extent_count * sizeof *out);
    *count = l->extent_count;
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt__sim_query(r,
                                   "SELECT disk, start, length FROM extent "
                                   "WHERE volume = ?1 ORDER BY ordinal",
                                   SIM_ARGS(SIM_INT(volume)), &stmt);
  if (!nt_ok(status)) {
    return status;
  }
  while (nt_ok(status = nt__sim_step(r, stmt)) && n < NT_MAX_EXTENTS) {
    out[n].disk = column_u32(stmt, 0);
    out[n].offset = column_u64(stmt, 1);
    out[n].length = column_u64(stmt, 2);
    n++;
  }
  sqlite3_reset(stmt);
  *count = n;
  bool all = nt_ok(status) || status == NT_STATUS_NO_MORE_ENTRIES;
  if (l && all) {
    memcpy(l->extents, out, n * sizeof *out);
    l->extent_count = n;
    l->lies = volume;
  }
  return all ? NT_STATUS_SUCCESS : status;
}

/* ---- instances ----------------------------------------------------------- */

#define INSTANCE_COLUMNS                                            \
  "SELECT id, volume, disk, fsd, file_system, label, serial, "      \
  "reserved_bytes, fs_bytes, current, condition, vpb, lock_owner, " \
  "node, bpb FROM instance "

static void read_bpb(sqlite3_stmt *stmt, int column, struct sim_instance *out) {
  bool has = sqlite3_column_bytes(stmt, column) == NT_FAT_BPB;
  out->bpb_size = has ? NT_FAT_BPB : 0;
  memset(out->bpb, 0, sizeof out->bpb);
  if (has) {
    memcpy(out->bpb, sqlite3_column_blob(stmt, column), NT_FAT_BPB);
  }
}

static void read_instance(sqlite3_stmt *stmt, struct sim_instance *out) {
  char fsd[16];
  out->id = sqlite3_column_int64(stmt, 0);
  out->volume = sqlite3_column_int64(stmt, 1);
  out->disk = sqlite3_column_int64(stmt, 2);
  nt__sim_text(stmt, 3, fsd, sizeof fsd);
  nt__sim_text(stmt, 4, out->file_system, sizeof out->file_system);
  nt__sim_text(stmt, 5, out->label, sizeof out->label);
  nt__sim_text(stmt, 6, out->serial, sizeof out->serial);
  out->reserved_bytes = column_u64(stmt, 7);
  out->fs_bytes = column_u64(stmt, 8);
  out->current = sqlite3_column_int(stmt, 9) != 0;
  out->condition = (enum sim_condition)sqlite3_column_int(stmt, 10);
  out->vpb = column_u32(stmt, 11);
  out->lock_owner = sqlite3_column_int64(stmt, 12);
  out->node = sqlite3_column_int64(stmt, 13);
  read_bpb(stmt, 14, out);
  sqlite3_reset(stmt);
  out->fsd = nt__sim_fsd_named(fsd); /* trust.c has checked that it is known */
}

nt_status nt__sim_load_instance(const struct sim_request *r, int64_t id,
                                struct sim_instance *out) {
  struct sim_loaded *l = nt__sim_loaded(r->m);
  if (l && id != 0 && l->instance.id == id) {
    *out = l->instance;
    return NT_STATUS_SUCCESS;
  }
  sqlite3_stmt *stmt;
  NT_TRY(one_row(r, INSTANCE_COLUMNS "WHERE id = ?1", SIM_ARGS(SIM_INT(id)),
                 &stmt));
  read_instance(stmt, out);
  if (l) {
    l->instance = *out;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_current_instance(const struct sim_request *r, int64_t volume,
                                   int64_t disk, struct sim_instance *out) {
  struct sim_loaded *l = nt__sim_loaded(r->m);
  sqlite3_stmt *stmt;
  NT_TRY(one_row(
      r,
      INSTANCE_COLUMNS
      "WHERE volume = ?1 AND disk = ?2 AND current = 1 AND node = ?3",
      SIM_ARGS(SIM_INT(volume), SIM_INT(disk), SIM_INT(r->m->node)), &stmt));
  read_instance(stmt, out);
  if (l) {
    l->instance = *out;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_insert_instance(const struct sim_request *r,
                                  struct sim_instance *instance) {
  nt_status status = nt__sim_exec(
      r,
      "INSERT INTO instance (volume, disk, fsd, file_system, label, serial, "
      "reserved_bytes, fs_bytes, current, condition, vpb, lock_owner, node, "
      "bpb) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
      "?14)",
      SIM_ARGS(SIM_INT(instance->volume), SIM_INT(instance->disk),
               SIM_TEXT(instance->fsd->name), SIM_TEXT(instance->file_system),
               SIM_TEXT(instance->label), SIM_TEXT(instance->serial),
               SIM_INT(instance->reserved_bytes), SIM_INT(instance->fs_bytes),
               SIM_INT(instance->current), SIM_INT(instance->condition),
               SIM_INT(instance->vpb), SIM_INT(instance->lock_owner),
               SIM_INT(r->m->node),
               SIM_BLOB(instance->bpb, instance->bpb_size)));
  instance->node = r->m->node;
  instance->id = sqlite3_last_insert_rowid(r->m->db.sqlite);
  return status;
}

nt_status nt__sim_save_instance(const struct sim_request *r,
                                const struct sim_instance *instance) {
  return nt__sim_exec(
      r,
      "UPDATE instance SET current = ?2, condition = ?3, vpb = ?4, "
      "lock_owner = ?5, label = ?6 WHERE id = ?1",
      SIM_ARGS(SIM_INT(instance->id), SIM_INT(instance->current),
               SIM_INT(instance->condition), SIM_INT(instance->vpb),
               SIM_INT(instance->lock_owner), SIM_TEXT(instance->label)));
}

/* ---- file objects -------------------------------------------------------- */

nt_status nt__sim_load_file_object(const struct sim_request *r, int64_t id,
                                   struct sim_file_object *out) {
  struct sim_loaded *l = nt__sim_loaded(r->m);
  if (l && id != 0 && l->object.id == id) {
    *out = l->object;
    return NT_STATUS_SUCCESS;
  }
  sqlite3_stmt *stmt;
  nt_status status =
      one_row(r,
              "SELECT id, owner, instance, volume, disk, kind, access, share, "
              "flags, path, refs, file FROM file_object WHERE id = ?1",
              SIM_ARGS(SIM_INT(id)), &stmt);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return nt_fail(r->err, NT_STATUS_FILE_CLOSED,
                   "the machine does not know this handle any more");
  }
  if (!nt_ok(status)) {
    return status;
  }
  out->id = sqlite3_column_int64(stmt, 0);
  out->owner = sqlite3_column_int64(stmt, 1);
  out->instance = sqlite3_column_int64(stmt, 2);
  out->volume = sqlite3_column_int64(stmt, 3);
  out->disk = sqlite3_column_int64(stmt, 4);
  out->kind = (enum nt_handle_kind)sqlite3_column_int(stmt, 5);
  out->access = column_u32(stmt, 6);
  out->share = column_u32(stmt, 7);
  out->flags = column_u32(stmt, 8);
  nt__sim_text(stmt, 9, out->path, sizeof out->path);
  out->refs = sqlite3_column_int64(stmt, 10);
  out->file = sqlite3_column_int64(stmt, 11);
  sqlite3_reset(stmt);
  if (l) {
    l->object = *out;
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_insert_file_object(const struct sim_request *r,
                                     struct sim_file_object *object) {
  nt_status status = nt__sim_exec(
      r,
      "INSERT INTO file_object (owner, instance, volume, disk, kind, access, "
      "share, flags, path, refs, file) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10)",
      SIM_ARGS(SIM_INT(object->owner), SIM_INT(object->instance),
               SIM_INT(object->volume), SIM_INT(object->disk),
               SIM_INT(object->kind), SIM_INT(object->access),
               SIM_INT(object->share), SIM_INT(object->flags),
               SIM_TEXT(object->path), SIM_INT(object->file)));
  object->id = sqlite3_last_insert_rowid(r->m->db.sqlite);
  return status;
}

nt_status nt__sim_save_file_object(const struct sim_request *r,
                                   const struct sim_file_object *object) {
  return nt__sim_exec(
      r, "UPDATE file_object SET flags = ?2, share = ?3 WHERE id = ?1",
      SIM_ARGS(SIM_INT(object->id), SIM_INT(object->flags),
               SIM_INT(object->share)));
}

/* ---- who mounts it ------------------------------------------------------- */

const struct sim_fsd *nt__sim_fsd_of_volume(const struct sim_volume *volume,
                                            const char *file_system) {
  const struct sim_fsd *shared = &nt__sim_fsd_csvfs;
  return nt__sim_is_shared(volume) && strcmp(file_system, shared->lies_on) == 0
             ? shared
             : nt__sim_fsd_for(file_system);
}

const char *nt__sim_bytes_of(const struct sim_instance *instance) {
  return instance->fsd->lies_on ? instance->fsd->lies_on
                                : instance->file_system;
}
