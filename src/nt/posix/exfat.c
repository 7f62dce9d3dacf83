/*
 * The exFAT boot region: writing down where the volume lies on its disk.
 */
#include "exfat.h"

#include <stddef.h>

#define PARTITION_OFFSET 64 /* u64, sectors */
#define VOLUME_FLAGS 106    /* u16 */
#define PERCENT_IN_USE 112  /* u8 */

static void put_le(unsigned char *at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    at[i] = (unsigned char)(value >> (8 * i));
  }
}

/* Fields that change while the volume is in use are left out (3.4). */
static uint32_t checksum(const unsigned char *region, size_t length) {
  uint32_t sum = 0;
  for (size_t i = 0; i < length; i++) {
    if (i == VOLUME_FLAGS || i == VOLUME_FLAGS + 1 || i == PERCENT_IN_USE) {
      continue;
    }
    sum = (sum << 31 | sum >> 1) + region[i];
  }
  return sum;
}

void nt_exfat_place(unsigned char *region, uint32_t sector_size,
                    uint64_t partition_offset) {
  size_t summed = (size_t)(NT_EXFAT_REGION_SECTORS - 1) * sector_size;
  put_le(region + PARTITION_OFFSET, partition_offset, 8);
  uint32_t sum = checksum(region, summed);
  for (size_t i = 0; i < sector_size; i += 4) {
    put_le(region + summed + i, sum, 4);
  }
}
