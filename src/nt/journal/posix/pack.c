/*
 * Making bytes shorter with Zstandard, at the level that costs least time.
 */
#include "../pack.h"

#include <zstd.h>

#define LEVEL 1

size_t nt__pack(const void *bytes, size_t length, void *out, size_t cap) {
  size_t made = ZSTD_compress(out, cap, bytes, length, LEVEL);
  return ZSTD_isError(made) || made >= length ? 0 : made;
}

bool nt__unpack(const void *packed, size_t packed_length, void *out,
                size_t length) {
  return ZSTD_decompress(out, length, packed, packed_length) == length;
}
