/*
 * Making bytes shorter with Zstandard, at the level that costs least time, and
 * their checksums with xxHash: XXH64 is what Zstandard itself puts into its
 * frames, so one kind of checksum serves all that is saved.
 */
#include "../pack.h"

#include <errno.h>
#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

#define LEVEL 1

static size_t compress(ZSTD_CCtx *context, const void *bytes, size_t length,
                       void *out, size_t cap) {
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  size_t made = ZSTD_compress2(context, out, cap, bytes, length);
  return ZSTD_isError(made) || made >= length ? 0 : made;
}

size_t nt__pack(const void *bytes, size_t length, void *out, size_t cap) {
  ZSTD_CCtx *context = ZSTD_createCCtx();
  size_t made =
      context != NULL ? compress(context, bytes, length, out, cap) : 0;
  ZSTD_freeCCtx(context);
  return made;
}

bool nt__unpack(const void *packed, size_t packed_length, void *out,
                size_t length) {
  size_t made = ZSTD_decompress(out, length, packed, packed_length);
  errno = ZSTD_getErrorCode(made) == ZSTD_error_memory_allocation ? ENOMEM : 0;
  return made == length;
}

bool nt__hash(const void *bytes, size_t length, uint64_t seed, uint64_t *out) {
  *out = XXH64(bytes, length, seed);
  return true;
}
