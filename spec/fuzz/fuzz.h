/*
 * A region in memory for the targets of libFuzzer: the input, and zeros behind
 * it. Whatever the bytes are, a parser may neither read beside them nor hang,
 * and its texts are UTF-8. Built and run by tools/fuzz.sh.
 */
#ifndef SPEC_FUZZ_H
#define SPEC_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "nt/disk/file_system.h"
#include "nt/disk/table.h"
#include "nt/text.h"

#define FUZZ_LENGTH (1U << 20)
#define FUZZ_MOST_SECTORS (UINT64_C(1) << 44)
#define FUZZ_SHORT 4096U /* so long an input is all of its region */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t fuzz_bytes[FUZZ_LENGTH];

static inline void fuzz_require(bool holds) {
  if (!holds) {
    abort();
  }
}

static inline bool fuzz_read(void *from, uint64_t offset, void *buf,
                             size_t length) {
  struct nt_region *region = from;
  fuzz_require(offset <= region->length && length <= region->length - offset);
  memcpy(buf, fuzz_bytes + offset, length);
  return true;
}

static inline bool fuzz_write(void *from, uint64_t offset, const void *buf,
                              size_t length) {
  struct nt_region *region = from;
  fuzz_require(offset <= region->length && length <= region->length - offset);
  memcpy(fuzz_bytes + offset, buf, length);
  return true;
}

static inline void fuzz_open(const uint8_t *data, size_t size,
                             struct nt_region *out) {
  size = size < FUZZ_LENGTH ? size : FUZZ_LENGTH;
  memcpy(fuzz_bytes, data, size);
  memset(fuzz_bytes + size, 0, FUZZ_LENGTH - size);
  *out = (struct nt_region){.from = out,
                            .length = size > FUZZ_SHORT ? FUZZ_LENGTH : size,
                            .read = fuzz_read,
                            .write = fuzz_write};
}

/* ---- file systems -------------------------------------------------------- */

static inline void fuzz_require_utf8(const char *text, size_t cap) {
  fuzz_require(memchr(text, '\0', cap) != NULL);
  while (*text != '\0') {
    size_t length = nt_utf8_length(text);
    fuzz_require(length > 0);
    text += length;
  }
}

static inline void fuzz_recognise(struct nt_region *region) {
  struct nt_probe probe;
  fuzz_require(nt_recognise(region, &probe) && region->damage == NULL);
  fuzz_require_utf8(probe.file_system, sizeof probe.file_system);
  fuzz_require_utf8(probe.label, sizeof probe.label);
  fuzz_require_utf8(probe.serial, sizeof probe.serial);
}

/* A parser that gives up has said why. */
static inline bool fuzz_judge(struct nt_region *region, bool good) {
  fuzz_require(good || region->damage != NULL);
  region->damage = NULL;
  return good;
}

/* Into memory of exactly that size. */
static inline void fuzz_bitmap(const struct nt_fs *fs, struct nt_region *region,
                               uint64_t first, size_t bytes) {
  uint8_t *bits = malloc(bytes);
  fuzz_require(bits != NULL);
  fuzz_judge(region, fs->bitmap(region, first, bits, bytes));
  free(bits);
}

/* The end of the bitmap is asked for while a file that long is soon walked. */
static inline void fuzz_fs(const struct nt_fs *fs, struct nt_region *region) {
  uint64_t clusters = 0;
  bool dirty = false;
  if (fuzz_judge(region, fs->clusters(region, &clusters)) && clusters > 0) {
    uint64_t bytes = (clusters + 7) / 8;
    fuzz_bitmap(fs, region, 0, bytes < 300 ? (size_t)bytes : 300);
    fuzz_bitmap(fs, region, (bytes < 1U << 16 ? bytes - 1 : 7) * 8, 1);
  }
  fuzz_judge(region, fs->is_dirty(region, &dirty));
  if (fuzz_judge(region, fs->mark_dirty(region))) {
    fuzz_judge(region, fs->is_dirty(region, &dirty));
  }
}

#endif
