/*
 * The bytes of a volume or a disk of the machine as a region for the parsers.
 * They are read and written in place, so that every other program sees the same
 * bytes.
 */
#ifndef NT_SIM_DISK_BYTES_H
#define NT_SIM_DISK_BYTES_H

#include "../../disk/table.h"
#include "../../probe.h"
#include "../db/request.h"

struct sim_bytes {
  struct nt_region region;
  const struct sim_request *r; /* a read or write that fails fills its error */
  const struct nt_extent *extents;
  uint32_t extent_count;
  nt_status status;
};

/* Begins to use the bytes; opens the images, too. *out must not be moved while
 * it is used. */
nt_status nt__sim_bytes_open(const struct sim_request *r,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t length, struct sim_bytes *out);

/* Turns the result `good` of a parser into a status: damage of the file system
 * is a refusal, too. */
nt_status nt__sim_bytes_status(const struct sim_bytes *b, bool good);

/* Finds out which file system the bytes are. */
nt_status nt__sim_image_probe(const struct sim_request *r,
                              const struct nt_extent *extents, uint32_t count,
                              uint64_t length, struct nt_probe *out);

/* What the bytes of a RAW volume are to others: "" when nobody knows. */
nt_status nt__sim_image_content(const struct sim_request *r,
                                const struct nt_extent *extents, uint32_t count,
                                uint64_t length, char buf[32]);

/* A disk as the parsers of partition tables take it. */
struct sim_disk_bytes {
  struct sim_bytes bytes;
  struct nt_extent whole;
  struct nt_disk disk;
};
nt_status nt__sim_disk_open(const struct sim_request *r,
                            const struct sim_disk *disk,
                            struct sim_disk_bytes *out);
nt_status nt__sim_table_status(const struct sim_disk_bytes *b, bool good);

/* Opens the GUID partition table; nt_gpt_close() ends it. */
nt_status nt__sim_gpt_open(const struct sim_request *r,
                           const struct sim_disk *disk, struct nt_gpt *out);
nt_status nt__sim_gpt_entry(const struct sim_request *r,
                            const struct sim_disk *disk, uint32_t number,
                            uint8_t out[NT_GPT_ENTRY]);
nt_status nt__sim_gpt_set_attributes(const struct sim_request *r,
                                     const struct sim_disk *disk,
                                     uint32_t number, uint64_t attributes);

#endif
