/*
 * Which file system the bytes are: by looking at them, because libblkid cannot
 * be built for Windows.
 */
#include "../probe.h"

#include "probe_parts.h"

nt_status nt_probe(const struct nt_file *file, uint64_t offset, uint64_t length,
                   struct nt_probe *out, struct nt_error *err) {
  return nt__probe_bytes(file, offset, length, out, err);
}
