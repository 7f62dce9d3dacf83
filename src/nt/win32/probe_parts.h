/*
 * Shared by the files probe*.c.
 */
#ifndef NT_WIN32_PROBE_PARTS_H
#define NT_WIN32_PROBE_PARTS_H

#include "../probe.h"

/* nt_probe(), under a name of its own, so that a test can have both. */
nt_status nt__probe_bytes(const struct nt_file *file, uint64_t offset,
                          uint64_t length, struct nt_probe *out,
                          struct nt_error *err);

/* What is looked at. */
struct nt_region {
  const struct nt_file *file;
  uint64_t offset, length; /* bytes */
  struct nt_error *err;
  nt_status status; /* of a read that failed */
};

/* Bytes of the region; false when they are not all there. */
bool nt__probe_read(struct nt_region *region, uint64_t offset, void *buf,
                    size_t length);

/* A label in ASCII, up to a zero, without spaces at its end. */
void nt__probe_label(struct nt_probe *out, const unsigned char *bytes,
                     size_t length);

/* Whether the region with this boot sector, 512 bytes, is of that kind; then
 * fills all of *out. */
bool nt__probe_fat(struct nt_region *region, const unsigned char *boot,
                   struct nt_probe *out);
bool nt__probe_exfat(struct nt_region *region, const unsigned char *boot,
                     struct nt_probe *out);
bool nt__probe_ntfs(struct nt_region *region, const unsigned char *boot,
                    struct nt_probe *out);

static inline uint64_t probe_get(const unsigned char *at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = bytes; i > 0; i--) {
    value = value << 8 | at[i - 1];
  }
  return value;
}

static inline bool is_power_of_two(uint64_t n) {
  return n != 0 && (n & (n - 1)) == 0;
}

#endif
