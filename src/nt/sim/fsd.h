/* Little-endian fields of boot sectors, for the personalities. */
#ifndef NT_SIM_FSD_H
#define NT_SIM_FSD_H

#include "internal.h"

static inline uint32_t boot_u16(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}
static inline uint32_t boot_u32(const uint8_t *at) {
  return boot_u16(at) | boot_u16(at + 2) << 16;
}
static inline uint64_t boot_u64(const uint8_t *at) {
  return boot_u32(at) | (uint64_t)boot_u32(at + 4) << 32;
}

/* fsd_ntfs.c, also for what lies on NTFS. */
void nt__sim_ntfs_layout(const uint8_t boot[512],
                         struct sim_instance *instance);

#endif
