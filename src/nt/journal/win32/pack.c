/*
 * No packing and no checksums on Windows: no library for them works on old
 * versions, too. Nothing is saved there anyway, because Windows formats its
 * volumes itself. Bytes that another system saved are not written back, because
 * they cannot be verified.
 */
#include "../pack.h"

size_t nt__pack(const void *bytes, size_t length, void *out, size_t cap) {
  (void)bytes;
  (void)length;
  (void)out;
  (void)cap;
  return 0;
}

bool nt__unpack(const void *packed, size_t packed_length, void *out,
                size_t length) {
  (void)packed;
  (void)packed_length;
  (void)out;
  (void)length;
  return false;
}

bool nt__hash(const void *bytes, size_t length, uint64_t seed, uint64_t *out) {
  (void)bytes;
  (void)length;
  (void)seed;
  (void)out;
  return false;
}
