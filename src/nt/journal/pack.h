/*
 * Making bytes shorter, and their checksums, as far as this system has
 * libraries for it. Each system has a definition of its own, in its folder.
 */
#ifndef NT_JOURNAL_PACK_H
#define NT_JOURNAL_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the length in `out`, which is less than `length`; 0 when the bytes do
 * not get shorter. `cap` is at least `length`. */
size_t nt__pack(const void *bytes, size_t length, void *out, size_t cap);

/* Returns false when `packed` is not what nt__pack() made of `length` bytes.
 * errno is ENOMEM then if only memory was missing, else 0. */
bool nt__unpack(const void *packed, size_t packed_length, void *out,
                size_t length);

/* Makes XXH64 of bytes; `seed` is 0, or the hash of the bytes before them.
 * Returns false when this system has no library for it. */
bool nt__hash(const void *bytes, size_t length, uint64_t seed, uint64_t *out);

#endif
