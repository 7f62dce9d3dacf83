/*
 * Writes the partition tables of new disks where libfdisk cannot be built.
 */
#include "table.h"

#include <string.h>

#include "../../probe.h"
#include "../disk/partitions.h"

static nt_status check_count(bool gpt, uint32_t count, struct nt_error *err) {
  if (gpt ? count <= NT_SIM_MAX_VOLUMES : count <= 4) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(err, NT_STATUS_INVALID_PARAMETER, NT_REASON_PARTITION_TABLE,
               "%s has room for %d volumes, %u were asked for",
               gpt ? "a GPT" : "an MBR", gpt ? NT_SIM_MAX_VOLUMES : 4, count);
  nt_hint(err, gpt ? "use several disks" : "use the partition style gpt");
  return NT_STATUS_INVALID_PARAMETER;
}

static nt_status write_table(const struct nt_file_region *r,
                             const struct nt_disk *disk, bool gpt,
                             const struct nt_range *ranges, uint32_t count,
                             struct nt_error *err) {
  uint8_t random[NT_SIM_MAX_VOLUMES + 1][16];
  nt_status status = NT_STATUS_SUCCESS;
  for (uint32_t i = 0; i <= count && nt_ok(status); i++) {
    status = nt_random(random[i], sizeof random[i], err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  /* A signature of 0 means that there is none. */
  bool good =
      gpt ? nt_gpt_write(disk, ranges, count, random)
          : nt_mbr_write(disk, nt_get_u32(random[0]) | 1, ranges, count);
  if (!good) {
    nt_error_about(err, NT_REASON_PARTITION_TABLE,
                   "writing the partition table");
  }
  return r->status;
}

nt_status nt__sim_table_create(const struct nt_file *file, const char *path,
                               const char *style, uint32_t sector_size,
                               const uint64_t *sizes, uint32_t count,
                               uint64_t pieces, struct nt_error *err) {
  struct nt_range ranges[NT_SIM_MAX_VOLUMES];
  struct nt_file_facts facts;
  struct nt_file_region r;
  bool gpt = strcmp(style, "gpt") == 0;
  NT_TRY(check_count(gpt, count, err));
  nt_status status = nt_file_look(file, &facts, err);
  if (!nt_ok(status)) {
    nt_error_about(err, NT_REASON_PARTITION_TABLE, "%s", path);
    return status;
  }
  nt_file_region(file, 0, facts.length, &r, err);
  const struct nt_disk disk = {&r.region, sector_size};
  NT_TRY(nt__sim_place(style, sector_size,
                       gpt ? nt_gpt_end(&disk) : nt_mbr_end(&disk), sizes,
                       count, pieces, ranges, err));
  return write_table(&r, &disk, gpt, ranges, count, err);
}
