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

static nt_status read_signature(const struct sim_request *r,
                                const struct sim_disk *disk,
                                struct signature *out) {
  struct sim_disk_bytes b;
  struct nt_gpt gpt;
  *out = (struct signature){{0}};
  NT_TRY(nt__sim_disk_open(r, disk, &b));
  if (strcmp(disk->style, "mbr") == 0) {
    return nt__sim_table_status(
        &b, nt_region_read(&b.bytes.region, NT_MBR_SIGNATURE, out->bytes, 4));
  }
  NT_TRY(nt__sim_table_status(&b, nt_gpt_open(&b.disk, &gpt)));
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
static nt_status has_signature(const struct sim_request *r, int64_t number,
                               const struct sim_disk *disk,
                               const struct signature *wanted, bool *same) {
  struct sim_disk other;
  struct signature found;
  struct nt_error failure = {0};
  *same = false;
  NT_TRY(nt__sim_load_disk(r, number, &other));
  if (number == disk->number || !can_collide(&other) || !is_online(&other) ||
      strcmp(other.style, disk->style) != 0) {
    return NT_STATUS_SUCCESS;
  }
  if (nt_ok(read_signature(SIM_REQUEST(r->m, &failure), &other, &found))) {
    *same = memcmp(&found, wanted, sizeof found) == 0;
  } else if (r->m->db.failed) {
    nt_error_copy(r->err, &failure);
    return failure.status;
  }
  return NT_STATUS_SUCCESS;
}

static nt_status collides(const struct sim_request *r,
                          const struct sim_disk *disk, bool *out) {
  struct signature own;
  int64_t count = 0;
  *out = false;
  if (!can_collide(disk)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(read_signature(r, disk, &own));
  if (is_none(&own)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(
      nt__sim_number(r, "SELECT count(*) FROM disk", SIM_NO_ARGS, 0, &count));
  for (int64_t i = 0; i < count && !*out; i++) {
    NT_TRY(has_signature(r, i, disk, &own, out));
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_find_collision(const struct sim_request *r,
                                 struct sim_disk *disk) {
  bool found = false;
  struct nt_error failure = {0};
  if (!nt_ok(collides(SIM_REQUEST(r->m, &failure), disk, &found)) &&
      r->m->db.failed) {
    nt_error_copy(r->err, &failure);
    return failure.status;
  }
  disk->flags |= found ? NT_DISK_COLLISION | NT_DISK_OFFLINE : 0;
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_first_arrival(const struct sim_request *r, uint32_t number) {
  struct sim_disk disk;
  NT_TRY(nt__sim_load_disk(r, number, &disk));
  if (disk.flags & NT_DISK_NO_MEDIUM) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_find_collision(r, &disk));
  if (!(disk.flags & NT_DISK_COLLISION)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_save_disk(r, &disk));
  return nt__sim_exec(r,
                      "UPDATE volume SET installed = 0 WHERE id IN (SELECT "
                      "volume FROM extent WHERE disk = ?1)",
                      SIM_ARGS(SIM_INT(number)));
}

/* ---- a signature of its own ---------------------------------------------- */

static nt_status cannot_change(const struct sim_request *r) {
  return nt_refuse(r->err, NT_REASON_SIGNATURE_COLLISION,
                   "another disk that is online has its signature, and the "
                   "disk is read-only, so it cannot get one of its own");
}

static nt_status write_signature(const struct sim_request *r,
                                 const struct sim_disk *disk) {
  struct sim_disk_bytes b;
  uint8_t random[ID_BYTES];
  unsigned written = 0;
  NT_TRY(nt_random(random, sizeof random, r->err));
  random[0] |= 1; /* none is not zeros */
  NT_TRY(nt__sim_disk_open(r, disk, &b));
  bool good =
      strcmp(disk->style, "gpt") == 0
          ? nt_gpt_change_ids(&b.disk, random, &written)
          : nt_region_write(&b.bytes.region, NT_MBR_SIGNATURE, random, 4);
  NT_TRY(nt__sim_table_status(&b, good));
  return nt__sim_image_flush(r, &b.whole, 1);
}

/* What the database keeps of the ids of the partitions. */
static nt_status save_ids(const struct sim_request *r,
                          const struct sim_disk *disk) {
  struct sim_layout layout = {.sector_size = disk->sector_size};
  struct sim_partition *parts = calloc(NT_SIM_MAX_VOLUMES, sizeof *parts);
  if (!parts) {
    return nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_status status =
      nt__sim_partition_read(r->m->images[disk->number].file, disk->length,
                             &layout, parts, NT_SIM_MAX_VOLUMES, r->err);
  for (uint32_t i = 0; nt_ok(status) && i < layout.count; i++) {
    status = nt__sim_exec(
        r,
        "UPDATE volume SET partition_id = ?3 WHERE partition_number <> 0 AND "
        "id IN (SELECT volume FROM extent WHERE disk = ?1 AND "
        "partition_number = ?2)",
        SIM_ARGS(SIM_INT(disk->number), SIM_INT(parts[i].number),
                 SIM_TEXT(parts[i].id)));
  }
  free(parts);
  return status;
}

nt_status nt__sim_end_collision(const struct sim_request *r,
                                struct sim_disk *disk) {
  bool still = false;
  if (!(disk->flags & NT_DISK_COLLISION)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(collides(r, disk, &still));
  if (still && disk->flags & NT_DISK_READONLY) {
    return cannot_change(r);
  }
  if (still) {
    NT_TRY(write_signature(r, disk));
    NT_TRY(save_ids(r, disk));
  }
  disk->flags &= ~NT_DISK_COLLISION;
  return NT_STATUS_SUCCESS;
}
