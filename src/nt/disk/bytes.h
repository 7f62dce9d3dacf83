/*
 * Little-endian numbers in bytes, as disks and the buffers of control codes
 * have them. They are read byte by byte, so they need no alignment.
 *
 * Everything below src/ may include this header. It includes nothing of ours.
 */
#ifndef NT_DISK_BYTES_H
#define NT_DISK_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t nt_get_u16(const uint8_t *at) {
  return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t nt_get_u32(const uint8_t *at) {
  return nt_get_u16(at) | (uint32_t)nt_get_u16(at + 2) << 16;
}

static inline uint64_t nt_get_u64(const uint8_t *at) {
  return nt_get_u32(at) | (uint64_t)nt_get_u32(at + 4) << 32;
}

static inline void nt_put_u16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

static inline void nt_put_u32(uint8_t *at, uint32_t value) {
  nt_put_u16(at, value);
  nt_put_u16(at + 2, value >> 16);
}

static inline void nt_put_u64(uint8_t *at, uint64_t value) {
  nt_put_u32(at, (uint32_t)value);
  nt_put_u32(at + 4, (uint32_t)(value >> 32));
}

static inline bool nt_is_power_of_two(uint64_t n) {
  return n != 0 && (n & (n - 1)) == 0;
}

#endif
