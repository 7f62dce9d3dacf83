/* Creates the volumes of a new machine, their pieces, and their names, and
 * mounts those that are mounted from the start. */
#include <stdio.h>

#include "../db/store.h"
#include "../rules/instance.h"
#include "../rules/mount_points.h"
#include "../rules/partitions.h"
#include "../rules/refuse.h"
#include "create.h"

static nt_status insert_mount_point(struct sim_creation *c, uint32_t disk,
                                    int64_t volume, const char *path) {
  int64_t taken;
  NT_TRY(nt__sim_number(&c->r,
                        "SELECT count(*) FROM mount_point WHERE path = ?1",
                        SIM_ARGS(SIM_TEXT(path)), 0, &taken));
  if (taken) {
    return nt__sim_bad_spec(c->r.err, disk,
                            "the same mount folder is given twice",
                            "choose another folder");
  }
  return nt__sim_exec(&c->r,
                      "INSERT INTO mount_point (path, volume, kept) "
                      "VALUES (?1, ?2, 1)",
                      SIM_ARGS(SIM_TEXT(path), SIM_INT(volume)));
}

/* Finds the next free letter from D: on; "" when all are taken. */
static void next_letter(struct sim_creation *c, char letter[3]) {
  letter[0] = '\0';
  for (int i = 'D' - 'A'; i < 26 && !letter[0]; i++) {
    if (c->letter_used[i]) {
      continue;
    }
    c->letter_used[i] = true;
    snprintf(letter, 3, "%c:", 'A' + i);
  }
}

/* A letter that was asked for; W4: others only where Windows gives one. */
static void choose_letter(struct sim_creation *c, enum nt_partition_use use,
                          const struct nt_sim_volume_spec *spec,
                          char letter[3]) {
  letter[0] = '\0';
  if (spec && spec->letter) {
    snprintf(letter, 3, "%.2s", spec->letter);
  } else if (use != NT_USE_NO_LETTER) {
    next_letter(c, letter);
  }
}

static nt_status insert_names(struct sim_creation *c, uint32_t disk,
                              int64_t volume, enum nt_partition_use use,
                              const struct nt_sim_volume_spec *spec) {
  char letter[3];
  nt_status status = NT_STATUS_SUCCESS;
  choose_letter(c, use, spec, letter);
  if (letter[0]) {
    letter[0] = (char)('A' + nt__sim_letter_index(letter[0]));
    status = insert_mount_point(c, disk, volume, letter);
  } else if (use == NT_USE_NO_LETTER || (spec && spec->letter)) {
    status = nt__sim_want_no_letter(&c->r, volume);
  }
  for (int i = 0; spec && i < NT_MAX_MOUNT_POINTS && spec->mount_points[i];
       i++) {
    if (nt_ok(status)) {
      status = insert_mount_point(c, disk, volume, spec->mount_points[i]);
    }
  }
  return status;
}

/* A volume that is still to be formatted gets its flags after that, because
 * they refuse a format; whether nodes share it must be known at once. */
static uint32_t flags_now(const struct nt_sim_volume_spec *spec) {
  if (!spec) {
    return 0;
  }
  return spec->fs ? spec->flags & NT_VOLUME_CSV : spec->flags;
}

static enum nt_sim_mounted mounted_from_start(
    const struct nt_sim_volume_spec *spec) {
  if (!spec) {
    return NT_SIM_MOUNTED_AS_USUAL;
  }
  return spec->flags & NT__SIM_USED_BY_SYSTEM ? NT_SIM_MOUNTED : spec->mounted;
}

static nt_status insert_volume(struct sim_creation *c, uint32_t disk,
                               const struct sim_partition *part,
                               const struct nt_sim_volume_spec *spec,
                               int64_t *made) {
  const struct sim_new_volume volume = {.disk = disk,
                                        .sector_size = c->sector_size[disk],
                                        .part = part,
                                        .flags = flags_now(spec),
                                        .piece = spec && spec->span,
                                        .installed = true};
  NT_TRY(nt__sim_add_volume(&c->r, &volume, made));
  c->mounted[*made] = (uint8_t)mounted_from_start(spec);
  return insert_names(c, disk, *made, part->use, spec);
}

/* The first piece makes the volume, the others make it longer. */
static nt_status insert_piece(struct sim_creation *c, uint32_t disk,
                              const struct sim_partition *part,
                              const struct nt_sim_volume_spec *spec) {
  struct sim_span *span = nt__sim_find_span(c, spec->span);
  if (part->number == 0) {
    return nt__sim_bad_spec(c->r.err, disk,
                            "a piece of a volume is a partition",
                            "the image has no partition table");
  }
  if (span->made++ == 0) {
    return insert_volume(c, disk, part, spec, &span->volume);
  }
  if (c->sector_size[disk] != c->sector_size[span->disk]) {
    return nt__sim_bad_spec(c->r.err, disk,
                            "its sectors are not those of the first piece",
                            "use disks with equal sectors");
  }
  NT_TRY(nt__sim_add_extent(&c->r, span->volume, span->made - 1, disk, part));
  NT_TRY(nt__sim_exec(&c->r,
                      "UPDATE volume SET length = length + ?2 WHERE id = ?1",
                      SIM_ARGS(SIM_INT(span->volume), SIM_INT(part->length))));
  return nt__sim_mark_cut(&c->r, span->volume);
}

/* ---- which partition is which volume ------------------------------------- */

/* W4: a piece of a dynamic disk is one only where it was named as such. */
static bool is_volume(const struct sim_partition *part,
                      const struct nt_sim_volume_spec *spec) {
  return part->use != NT_USE_NOTHING &&
         (part->use != NT_USE_PIECE || (spec && spec->span));
}

static uint32_t keep_volumes(const struct nt_sim_disk_spec *spec,
                             struct sim_partition *parts, uint32_t count) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    const struct nt_sim_volume_spec *volume =
        kept < spec->volume_count ? &spec->volumes[kept] : NULL;
    if (is_volume(&parts[i], volume)) {
      parts[kept++] = parts[i];
    }
  }
  return kept;
}

/* Whether what was asked for is of the volumes with a letter only. */
static bool names_lettered(const struct nt_sim_disk_spec *spec,
                           const struct sim_partition *parts, uint32_t count) {
  uint32_t lettered = 0;
  for (uint32_t i = 0; i < count; i++) {
    lettered += parts[i].use != NT_USE_NO_LETTER;
  }
  return spec->volume_count <= lettered;
}

static nt_status too_few(uint32_t disk, const struct sim_layout *layout,
                         struct nt_error *err) {
  if (layout->damaged) {
    nt_status status = nt__sim_layout_damage(layout, err);
    nt_error_about(err, NT_REASON_NONE, "disk %u", disk + 1);
    return status;
  }
  return nt__sim_bad_spec(err, disk,
                          "fewer volumes are on the image than were named",
                          "look at its partition table with fdisk -l");
}

static nt_status insert_one(struct sim_creation *c, uint32_t disk,
                            const struct sim_partition *part,
                            const struct nt_sim_volume_spec *spec) {
  int64_t made;
  return spec && spec->span ? insert_piece(c, disk, part, spec)
                            : insert_volume(c, disk, part, spec, &made);
}

nt_status nt__sim_insert_volumes(struct sim_creation *c, uint32_t disk,
                                 struct sim_partition *parts,
                                 struct sim_layout *layout) {
  const struct nt_sim_disk_spec *spec = &c->spec->disks[disk];
  uint32_t next = 0;
  layout->count = keep_volumes(spec, parts, layout->count);
  if (spec->volume_count > layout->count) {
    return too_few(disk, layout, c->r.err);
  }
  bool lettered = names_lettered(spec, parts, layout->count);
  for (uint32_t i = 0; i < layout->count; i++) {
    bool named = next < spec->volume_count &&
                 !(lettered && parts[i].use == NT_USE_NO_LETTER);
    NT_TRY(
        insert_one(c, disk, &parts[i], named ? &spec->volumes[next++] : NULL));
  }
  return NT_STATUS_SUCCESS;
}

/* ---- mounted from the start ---------------------------------------------- */

/* W3: finds out whether something has looked at the volume of the request
 * before any script begins. */
static nt_status is_looked_at(const struct sim_creation *c,
                              const struct sim_request *r, bool *looked) {
  const uint32_t closed = NT_VOLUME_OFFLINE | NT_VOLUME_CUT;
  const struct sim_volume *volume = &r->volume;
  int64_t letters = 0;
  *looked = false;
  if (!c->spec->mounted || !volume->installed || volume->flags & closed) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_number(
      r,
      "SELECT count(*) FROM mount_point WHERE volume = ?1 "
      "AND length(path) = 2 AND NOT EXISTS (SELECT 1 FROM extent e "
      "JOIN disk d ON d.number = e.disk "
      "WHERE e.volume = ?1 AND d.flags & ?2 <> 0)",
      SIM_ARGS(SIM_INT(volume->id), SIM_INT(NT_DISK_REMOVABLE)), 0, &letters));
  *looked = letters > 0;
  return NT_STATUS_SUCCESS;
}

/* What nobody has asked for, and cannot be read, stays as it is. */
static nt_status mount_as_usual(const struct sim_creation *c,
                                const struct sim_request *r) {
  struct nt_error unread = {0};
  struct sim_request attempt = *r;
  bool looked;
  NT_TRY(is_looked_at(c, r, &looked));
  if (!looked) {
    return NT_STATUS_SUCCESS;
  }
  attempt.err = &unread;
  nt_status status = nt__sim_mount(&attempt);
  if (nt_is_shortage(status)) {
    *r->err = unread;
    return status;
  }
  return NT_STATUS_SUCCESS;
}

static nt_status mount_volume(const struct sim_creation *c, int64_t id) {
  struct sim_request r = c->r;
  NT_TRY(nt__sim_load_volume(&r, id, &r.volume));
  if (c->mounted[id] == NT_SIM_UNMOUNTED) {
    return NT_STATUS_SUCCESS;
  }
  if (c->mounted[id] == NT_SIM_MOUNTED_AS_USUAL) {
    return mount_as_usual(c, &r);
  }
  nt_status status = nt__sim_check_not_cut(&r);
  if (nt_ok(status)) {
    status = nt__sim_mount(&r);
  }
  if (!nt_ok(status)) {
    nt_error_about(r.err, NT_REASON_NONE, "mounting a volume from the start");
  }
  return status;
}

nt_status nt__sim_mount_volumes(const struct sim_creation *c) {
  int64_t id = 0;
  do {
    NT_TRY(nt__sim_number(&c->r, "SELECT min(id) FROM volume WHERE id > ?1",
                          SIM_ARGS(SIM_INT(id)), 0, &id));
    if (id != 0) {
      NT_TRY(mount_volume(c, id));
    }
  } while (id != 0);
  return NT_STATUS_SUCCESS;
}
