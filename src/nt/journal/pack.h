/*
 * Making bytes shorter, and their checksums, as far as this system has a
 * library for it. One definition for each system, in its folder.
 */
#ifndef NT_JOURNAL_PACK_H
#define NT_JOURNAL_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Answers the length in `out`, less than `length`; 0 when it does not get
 * shorter. `cap` is at least `length`. */
size_t nt__pack(const void *bytes, size_t length, void *out, size_t cap);

/* False when `packed` is not what nt__pack() made of `length` bytes; then errno
 * is ENOMEM when only memory was missing, else 0. */
bool nt__unpack(const void *packed, size_t packed_length, void *out,
                size_t length);

/* XXH64 of bytes; `seed` is 0, or the hash of what comes before them. False:
 * this system has no library for it. */
bool nt__hash(const void *bytes, size_t length, uint64_t seed, uint64_t *out);

#endif
