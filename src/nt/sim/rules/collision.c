/*
 * W6: two disks with the same MBR signature or GPT disk id. The second to
 * arrive is offline, and gets a signature of its own when somebody brings it
 * online. A drive, whose medium comes and goes, is never offline.
 */
#include "collision.h"

#include <stdlib.h>
#include <string.h>

#include "../db/store.h"
#include "../disk/bytes.h"
#include "../disk/image.h"
#include "../disk/partitions.h"

#define ID_BYTES 16

/* Of zeros: the disk has none. */
struct signature {
  uint8_t bytes[ID_BYTES];
};

static bool is_none(const struct signature *s) {
  static const struct signature none;
  return memcmp(s, &none, sizeof none) == 0;
}

static nt_status read_signature(struct sim_machine *m,
                                const struct sim_disk *disk,
                                struct signature *out, struct nt_error *err) {
  struct sim_disk_bytes b;
  struct nt_gpt gpt;
  *out = (struct signature){{0}};
  NT_TRY(nt__sim_disk_open(m, disk, &b, err));
  if (strcmp(disk->style, "mbr") == 0) {
    return nt__sim_table_status(
        &b, nt_region_read(&b.bytes.region, NT_MBR_SIGNATURE, out->bytes, 4),
        err);
  }
  NT_TRY(nt__sim_table_status(&b, nt_gpt_open(&b.disk, &gpt), err));
  if (gpt.entries) {
    memcpy(out->bytes, gpt.header + NT_GPT_DISK_ID, ID_BYTES);
  }
  nt_gpt_close(&gpt);
  return NT_STATUS_SUCCESS;
}

/* Disks without a table have no signature. */
static bool can_collide(const struct sim_disk *disk) {
  return !(disk->flags & (NT_DISK_REMOVABLE | NT_DISK_CDROM)) &&
         strcmp(disk->style, "none") != 0;
}

static bool is_online(const struct sim_disk *disk) {
  return !(disk->flags &
           (NT_DISK_MASKED | NT_DISK_UNINSTALLED | NT_DISK_OFFLINE));
}

/* An image that cannot be read collides with nobody. */
static nt_status has_signature(struct sim_machine *m, int64_t number,
                               const struct sim_disk *disk,
                               const struct signature *wanted, bool *same,
                               struct nt_error *err) {
  struct sim_disk other;
  struct signature found;
  struct nt_error failure = {0};
  *same = false;
  NT_TRY(nt__sim_load_disk(m, number, &other, err));
  if (number == disk->number || !can_collide(&other) || !is_online(&other) ||
      strcmp(other.style, disk->style) != 0) {
    return NT_STATUS_SUCCESS;
  }
  if (nt_ok(read_signature(m, &other, &found, &failure))) {
    *same = memcmp(&found, wanted, sizeof found) == 0;
  } else if (m->db.failed) {
    *err = failure;
    return failure.status;
  }
  return NT_STATUS_SUCCESS;
}

static nt_status collides(struct sim_machine *m, const struct sim_disk *disk,
                          bool *out, struct nt_error *err) {
  struct signature own;
  int64_t count = 0;
  *out = false;
  if (!can_collide(disk)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(read_signature(m, disk, &own, err));
  if (is_none(&own)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_number(m, "SELECT count(*) FROM disk", SIM_NO_ARGS, 0, &count,
                        err));
  for (int64_t i = 0; i < count && !*out; i++) {
    NT_TRY(has_signature(m, i, disk, &own, out, err));
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_find_collision(struct sim_machine *m, struct sim_disk *disk,
                                 struct nt_error *err) {
  bool found = false;
  struct nt_error failure = {0};
  if (!nt_ok(collides(m, disk, &found, &failure)) && m->db.failed) {
    *err = failure;
    return failure.status;
  }
  disk->flags |= found ? NT_DISK_COLLISION | NT_DISK_OFFLINE : 0;
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_first_arrival(struct sim_machine *m, uint32_t number,
                                struct nt_error *err) {
  struct sim_disk disk;
  NT_TRY(nt__sim_load_disk(m, number, &disk, err));
  if (disk.flags & NT_DISK_NO_MEDIUM) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_find_collision(m, &disk, err));
  if (!(disk.flags & NT_DISK_COLLISION)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_save_disk(m, &disk, err));
  return nt__sim_exec(m,
                      "UPDATE volume SET installed = 0 WHERE id IN (SELECT "
                      "volume FROM extent WHERE disk = ?1)",
                      SIM_ARGS(SIM_INT(number)), err);
}

/* ---- a signature of its own ---------------------------------------------- */

static nt_status cannot_change(struct nt_error *err) {
  return nt_refuse(err, NT_REASON_SIGNATURE_COLLISION,
                   "another disk that is online has its signature, and the "
                   "disk is read-only, so it cannot get one of its own");
}

static nt_status write_signature(struct sim_machine *m,
                                 const struct sim_disk *disk,
                                 struct nt_error *err) {
  struct sim_disk_bytes b;
  uint8_t random[ID_BYTES];
  unsigned written = 0;
  NT_TRY(nt_random(random, sizeof random, err));
  random[0] |= 1; /* none is not zeros */
  NT_TRY(nt__sim_disk_open(m, disk, &b, err));
  bool good =
      strcmp(disk->style, "gpt") == 0
          ? nt_gpt_change_ids(&b.disk, random, &written)
          : nt_region_write(&b.bytes.region, NT_MBR_SIGNATURE, random, 4);
  NT_TRY(nt__sim_table_status(&b, good, err));
  return nt__sim_image_flush(m, &b.whole, 1, err);
}

/* What the database keeps of the ids of the partitions. */
static nt_status save_ids(struct sim_machine *m, const struct sim_disk *disk,
                          struct nt_error *err) {
  struct sim_layout layout = {.sector_size = disk->sector_size};
  struct sim_partition *parts = calloc(NT_SIM_MAX_VOLUMES, sizeof *parts);
  if (!parts) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_status status =
      nt__sim_partition_read(m->images[disk->number].file, disk->length,
                             &layout, parts, NT_SIM_MAX_VOLUMES, err);
  for (uint32_t i = 0; nt_ok(status) && i < layout.count; i++) {
    status = nt__sim_exec(
        m,
        "UPDATE volume SET partition_id = ?3 WHERE partition_number <> 0 AND "
        "id IN (SELECT volume FROM extent WHERE disk = ?1 AND "
        "partition_number = ?2)",
        SIM_ARGS(SIM_INT(disk->number), SIM_INT(parts[i].number),
                 SIM_TEXT(parts[i].id)),
        err);
  }
  free(parts);
  return status;
}

nt_status nt__sim_end_collision(struct sim_machine *m, struct sim_disk *disk,
                                struct nt_error *err) {
  bool still = false;
  if (!(disk->flags & NT_DISK_COLLISION)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(collides(m, disk, &still, err));
  if (still && disk->flags & NT_DISK_READONLY) {
    return cannot_change(err);
  }
  if (still) {
    NT_TRY(write_signature(m, disk, err));
    NT_TRY(save_ids(m, disk, err));
  }
  disk->flags &= ~NT_DISK_COLLISION;
  return NT_STATUS_SUCCESS;
}
