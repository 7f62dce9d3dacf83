/*
 * What becomes of the volumes of a disk when its partition table has changed.
 * A volume stays the same one, with its names, as long as its partition begins
 * where it did. A drive keeps its volumes; they lie nowhere when no partition
 * is left for them, as without a medium.
 */
#include "partitions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../db/store.h"
#include "../disk/image.h"
#include "event.h"
#include "instance.h"
#include "mount_points.h"
#include "pnp.h"
#include "refuse.h"
#include "resolve.h"

/* ---- rows ---------------------------------------------------------------- */

/* Makes a version 4 GUID (RFC 4122), in lower case and without braces. */
static nt_status new_guid(const struct sim_request *r, char buf[40]) {
  uint8_t b[16];
  nt_status status = nt_random(b, sizeof b, r->err);
  b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
  b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
  snprintf(buf, 40,
           "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
           "%02x%02x%02x%02x%02x%02x",
           b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
           b[11], b[12], b[13], b[14], b[15]);
  return status;
}

nt_status nt__sim_add_extent(const struct sim_request *r, int64_t volume,
                             uint32_t ordinal, uint32_t disk,
                             const struct sim_partition *part) {
  return nt__sim_exec(r,
                      "INSERT INTO extent (volume, ordinal, disk, start, "
                      "length, partition_number) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                      SIM_ARGS(SIM_INT(volume), SIM_INT(ordinal), SIM_INT(disk),
                               SIM_INT(part->offset), SIM_INT(part->length),
                               SIM_INT(part->number)));
}

/* An attribute of a GPT; the MBR has no such bit. */
static uint32_t flags_of(const struct sim_partition *part, uint32_t flags) {
  return part->attributes & NT_GPT_READ_ONLY ? flags | NT_VOLUME_READONLY
                                             : flags;
}

/* Numbers rise, so that a new volume is not taken for one that went; when they
 * are used up, the lowest free one is taken. */
static nt_status free_id(const struct sim_request *r, int64_t *id) {
  NT_TRY(nt__sim_number(r, "SELECT ifnull(max(id), 0) + 1 FROM volume",
                        SIM_NO_ARGS, 1, id));
  if (*id <= NT_SIM_MAX_DISKS * NT_SIM_MAX_VOLUMES) {
    return NT_STATUS_SUCCESS;
  }
  return nt__sim_number(
      r,
      "SELECT min(n) FROM (SELECT 1 AS n UNION SELECT id + 1 FROM volume) "
      "WHERE n NOT IN (SELECT id FROM volume)",
      SIM_NO_ARGS, 1, id);
}

nt_status nt__sim_add_volume(const struct sim_request *r,
                             const struct sim_new_volume *made, int64_t *id) {
  const struct sim_partition *part = made->part;
  char guid[40];
  NT_TRY(new_guid(r, guid));
  NT_TRY(free_id(r, id));
  NT_TRY(nt__sim_exec(
      r,
      "INSERT INTO volume (id, guid, length, sector_size, partition_number, "
      "partition_type, partition_id, partition_name, partition_attributes, "
      "flags, installed, verify_pending, node) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12)",
      SIM_ARGS(SIM_INT(*id), SIM_TEXT(guid), SIM_INT(part->length),
               SIM_INT(made->sector_size),
               SIM_INT(made->piece ? 0 : part->number), SIM_TEXT(part->type),
               SIM_TEXT(part->id), SIM_TEXT(part->name),
               SIM_INT(part->attributes), SIM_INT(flags_of(part, made->flags)),
               SIM_INT(made->installed), SIM_INT(r->m->node))));
  NT_TRY(nt__sim_add_extent(r, *id, 0, made->disk, part));
  return nt__sim_mark_cut(r, *id);
}

nt_status nt__sim_place_volume(const struct sim_request *r, int64_t volume,
                               const struct sim_partition *part) {
  NT_TRY(nt__sim_exec(
      r,
      "UPDATE volume SET length = ?2, partition_number = ?3, "
      "partition_type = ?4, partition_id = ?5, partition_name = ?6, "
      "partition_attributes = ?7 WHERE id = ?1",
      SIM_ARGS(SIM_INT(volume), SIM_INT(part->length), SIM_INT(part->number),
               SIM_TEXT(part->type), SIM_TEXT(part->id), SIM_TEXT(part->name),
               SIM_INT(part->attributes))));
  NT_TRY(nt__sim_exec(
      r,
      "UPDATE extent SET start = ?2, length = ?3, partition_number = ?4 "
      "WHERE volume = ?1",
      SIM_ARGS(SIM_INT(volume), SIM_INT(part->offset), SIM_INT(part->length),
               SIM_INT(part->number))));
  return nt__sim_mark_cut(r, volume);
}

/* ---- the partitions of the table ------------------------------------------
 */

/* W4: a piece of a dynamic disk is a volume with others only. */
static uint32_t keep_volumes(struct sim_partition *parts, uint32_t count) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (parts[i].use < NT_USE_PIECE) {
      parts[kept++] = parts[i];
    }
  }
  return kept;
}

static void note_table(struct sim_disk *disk, const char *style, bool damaged) {
  nt_copy(disk->style, sizeof disk->style, style);
  disk->flags &= ~NT_DISK_TABLE_DAMAGED;
  disk->flags |= damaged ? NT_DISK_TABLE_DAMAGED : 0;
}

nt_status nt__sim_find_volumes(const struct sim_request *r,
                               struct sim_disk *disk,
                               const struct nt_file *file,
                               struct sim_partition out[NT_SIM_MAX_VOLUMES],
                               uint32_t *count) {
  struct sim_layout layout = {.sector_size = disk->sector_size};
  if (disk->flags & NT_DISK_CDROM) {
    out[0] = (struct sim_partition){.length = disk->length};
    note_table(disk, "none", false);
    *count = 1;
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_partition_read(file, disk->length, &layout, out,
                                NT_SIM_MAX_VOLUMES, r->err));
  note_table(disk, layout.style, layout.damaged);
  *count = keep_volumes(out, layout.count);
  return NT_STATUS_SUCCESS;
}

/* ---- which volumes there are --------------------------------------------- */

/* A volume of the disk. */
struct had {
  int64_t id;
  uint64_t offset, length;
  uint32_t number; /* of its partition; 0: the whole disk */
  bool pieces;     /* it lies in several, or is one of several */
  int part;        /* that it is now; -1: none */
};

struct change {
  const struct sim_request *r;
  struct sim_disk *disk;
  struct had *had;
  uint32_t had_count;
  struct sim_partition *parts; /* of the table, those that are volumes */
  uint32_t count;
  bool taken[NT_SIM_MAX_VOLUMES];
};

static bool is_drive(const struct change *c) {
  return (c->disk->flags & NT_DISK_REMOVABLE) != 0;
}

static nt_status read_had(const struct sim_request *r, uint32_t disk,
                          struct had *had, uint32_t room, uint32_t *count) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(
      r,
      "SELECT e.volume, e.start, e.length, e.partition_number, "
      "v.partition_number <> e.partition_number OR (SELECT count(*) FROM "
      "extent WHERE volume = e.volume) > 1 FROM extent e JOIN volume v ON "
      "v.id = e.volume WHERE e.disk = ?1 ORDER BY e.volume, e.ordinal",
      SIM_ARGS(SIM_INT(disk)), &stmt);
  *count = 0;
  while (nt_ok(status) && nt_ok(status = nt__sim_step(r, stmt)) &&
         *count < room) {
    had[(*count)++] =
        (struct had){.id = sqlite3_column_int64(stmt, 0),
                     .offset = (uint64_t)sqlite3_column_int64(stmt, 1),
                     .length = (uint64_t)sqlite3_column_int64(stmt, 2),
                     .number = (uint32_t)sqlite3_column_int64(stmt, 3),
                     .pieces = sqlite3_column_int(stmt, 4) != 0,
                     .part = -1};
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

/* The caller frees them. */
static nt_status find_had(const struct sim_request *r, uint32_t disk,
                          struct had **had, uint32_t *count) {
  int64_t all = 0;
  *had = NULL;
  NT_TRY(nt__sim_number(r, "SELECT count(*) FROM extent WHERE disk = ?1",
                        SIM_ARGS(SIM_INT(disk)), 0, &all));
  *had = calloc((size_t)all + 1, sizeof **had);
  return *had ? read_had(r, disk, *had, (uint32_t)all, count)
              : nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
}

/* ---- may they go --------------------------------------------------------- */

static bool stays(const struct had *v, const struct nt_extent *stay,
                  uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (stay[i].offset == v->offset && stay[i].length >= v->length) {
      return true;
    }
  }
  return false;
}

static nt_status check_goes(const struct sim_request *r, const struct had *v) {
  struct sim_volume volume;
  char name[NT_NAME_MAX], why[NT_NAME_MAX + 60];
  NT_TRY(nt__sim_load_volume(r, v->id, &volume));
  NT_TRY(nt__sim_volume_name(r, v->id, name, sizeof name));
  NT_TRY(nt__sim_check_system(r, &volume));
  if (v->pieces) {
    nt_fail(r->err, NT_STATUS_NOT_SUPPORTED,
            "%s, which lies in several pieces, would lose one", name);
    nt_hint(r->err, "such a machine is made anew: ntvol sim create");
    return NT_STATUS_NOT_SUPPORTED;
  }
  nt_format_text(why, sizeof why, "%s, whose partition would go, is in use",
                 name);
  return nt__sim_check_unused(r, v->id, -1, why);
}

nt_status nt__sim_check_may_go(const struct sim_request *r, uint32_t disk,
                               const struct nt_extent *stay, uint32_t count) {
  struct had *had;
  uint32_t had_count = 0;
  nt_status status = find_had(r, disk, &had, &had_count);
  for (uint32_t i = 0; nt_ok(status) && i < had_count; i++) {
    if (!stays(&had[i], stay, count)) {
      status = check_goes(r, &had[i]);
    }
  }
  free(had);
  return status;
}

/* ---- which partition is which volume ------------------------------------- */

static bool is_at(const struct had *v, const struct sim_partition *part) {
  return v->length != 0 && v->offset == part->offset;
}

static bool is_same(const struct had *v, const struct sim_partition *part) {
  return is_at(v, part) && v->number == part->number;
}

static bool is_any(const struct had *v, const struct sim_partition *part) {
  (void)part;
  return !v->pieces;
}

static void match(struct change *c,
                  bool (*fits)(const struct had *v,
                               const struct sim_partition *part)) {
  for (uint32_t i = 0; i < c->had_count; i++) {
    struct had *v = &c->had[i];
    for (uint32_t j = 0; v->part < 0 && j < c->count; j++) {
      if (!c->taken[j] && fits(v, &c->parts[j])) {
        c->taken[j] = true;
        v->part = (int)j;
      }
    }
  }
}

/* A table may renumber partitions, and may have two that begin together. */
static void match_all(struct change *c) {
  match(c, is_same);
  match(c, is_at);
  if (is_drive(c)) {
    match(c, is_any);
  }
}

/* ---- those that were there ----------------------------------------------- */

static nt_status save_read_only(struct change *c, const struct had *v,
                                const struct sim_partition *part) {
  struct sim_volume volume;
  if (strcmp(c->disk->style, "gpt") != 0) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_load_volume(c->r, v->id, &volume));
  volume.flags = flags_of(part, volume.flags & ~NT_VOLUME_READONLY);
  return nt__sim_save_volume(c->r, &volume);
}

/* What was mounted elsewhere is not there. */
static nt_status keep(struct change *c, const struct had *v) {
  const struct sim_partition *part = &c->parts[v->part];
  if (!is_at(v, part)) {
    NT_TRY(nt__sim_end_instances(c->r, v->id, -1));
  }
  NT_TRY(nt__sim_place_volume(c->r, v->id, part));
  return save_read_only(c, v, part);
}

static nt_status forget_names(struct change *c, int64_t id) {
  NT_TRY(nt__sim_exec(c->r, "DELETE FROM mount_point WHERE volume = ?1",
                      SIM_ARGS(SIM_INT(id))));
  return nt__sim_exec(c->r, "DELETE FROM no_letter WHERE volume = ?1",
                      SIM_ARGS(SIM_INT(id)));
}

static nt_status forget(struct change *c, int64_t id) {
  NT_TRY(nt__sim_exec(c->r, "DELETE FROM persistent_state WHERE volume = ?1",
                      SIM_ARGS(SIM_INT(id))));
  NT_TRY(nt__sim_exec(c->r, "DELETE FROM extent WHERE volume = ?1",
                      SIM_ARGS(SIM_INT(id))));
  return nt__sim_exec(c->r, "DELETE FROM volume WHERE id = ?1",
                      SIM_ARGS(SIM_INT(id)));
}

/* Its row stays, without a place, while somebody has a handle of it. */
static nt_status put_nowhere(struct change *c, struct sim_volume *volume) {
  static const struct sim_partition none;
  volume->installed = volume->installed && is_drive(c);
  NT_TRY(nt__sim_save_volume(c->r, volume));
  return nt__sim_place_volume(c->r, volume->id, &none);
}

static nt_status lose(struct change *c, const struct had *v) {
  struct sim_volume volume;
  int64_t openers = 0;
  if (is_drive(c) && v->length == 0) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_load_volume(c->r, v->id, &volume));
  NT_TRY(nt__sim_number(c->r,
                        "SELECT count(*) FROM file_object WHERE volume = ?1",
                        SIM_ARGS(SIM_INT(v->id)), 0, &openers));
  if (volume.installed && v->length != 0) {
    NT_TRY(nt__sim_event_volume(
        c->r, openers > 0 ? SIM_SURPRISE_REMOVAL : SIM_REMOVAL, v->id));
  }
  NT_TRY(nt__sim_end_instances(c->r, v->id, -1));
  if (is_drive(c)) {
    return put_nowhere(c, &volume);
  }
  NT_TRY(forget_names(c, v->id));
  return openers > 0 ? put_nowhere(c, &volume) : forget(c, v->id);
}

/* ---- those that are new -------------------------------------------------- */

static nt_status add(struct change *c, const struct sim_partition *part) {
  const struct sim_new_volume made = {.disk = c->disk->number,
                                      .sector_size = c->disk->sector_size,
                                      .part = part};
  struct sim_volume volume;
  int64_t id = 0;
  NT_TRY(nt__sim_add_volume(c->r, &made, &id));
  if (part->use == NT_USE_NO_LETTER) {
    NT_TRY(nt__sim_want_no_letter(c->r, id));
  }
  NT_TRY(nt__sim_load_volume(c->r, id, &volume));
  return nt__sim_arrive(c->r, &volume);
}

/* ---- all of it ----------------------------------------------------------- */

static nt_status read_parts(struct change *c) {
  NT_TRY(nt__sim_image(c->r, c->disk->number));
  NT_TRY(nt__sim_find_volumes(c->r, c->disk,
                              c->r->m->images[c->disk->number].file, c->parts,
                              &c->count));
  return nt__sim_save_disk(c->r, c->disk);
}

/* Those that go free their letters for those that come. */
static nt_status apply(struct change *c) {
  match_all(c);
  for (uint32_t i = 0; i < c->had_count; i++) {
    const struct had *v = &c->had[i];
    if (!v->pieces) {
      NT_TRY(v->part >= 0 ? keep(c, v) : lose(c, v));
    }
  }
  for (uint32_t i = 0; i < c->count; i++) {
    if (!c->taken[i]) {
      NT_TRY(add(c, &c->parts[i]));
    }
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_read_table(const struct sim_request *r,
                             struct sim_disk *disk) {
  struct change c = {.r = r, .disk = disk};
  c.parts = calloc(NT_SIM_MAX_VOLUMES, sizeof *c.parts);
  nt_status status =
      c.parts ? read_parts(&c) : nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
  if (nt_ok(status)) {
    status = find_had(r, disk->number, &c.had, &c.had_count);
  }
  if (nt_ok(status)) {
    status = apply(&c);
  }
  free(c.parts);
  free(c.had);
  return status;
}
