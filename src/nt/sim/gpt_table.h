/*
 * The GUID partition table of a disk, as its bytes have it now. Only
 * src/nt/sim includes this header.
 */
#ifndef NT_SIM_GPT_TABLE_H
#define NT_SIM_GPT_TABLE_H

#include "internal.h"

/* An entry, and places in it. Type, id, attributes and name follow each other
 * as in PARTITION_INFORMATION_GPT, but for the two LBAs behind the id. */
#define SIM_GPT_ENTRY 128
#define SIM_GPT_TYPE 0
#define SIM_GPT_ID 16
#define SIM_GPT_FIRST 32
#define SIM_GPT_LAST 40
#define SIM_GPT_ATTRIBUTES 48
#define SIM_GPT_NAME 56
#define SIM_GPT_NAME_BYTES 72

/* One of the two copies. */
struct sim_gpt {
  struct nt_extent place; /* the whole disk */
  uint32_t sector_size;
  uint64_t lba; /* of the header */
  uint8_t header[512];
  uint8_t *entries; /* nt__sim_gpt_close() frees them */
  uint32_t entry_count, entry_size;
};

/* Takes the first copy that is whole. */
nt_status nt__sim_gpt_open(struct sim_machine *m, const struct sim_disk *disk,
                           struct sim_gpt *out, struct nt_error *err);
void nt__sim_gpt_close(struct sim_gpt *gpt);

/* Entry number `number`, from 1 on. */
nt_status nt__sim_gpt_entry(struct sim_machine *m, const struct sim_disk *disk,
                            uint32_t number, uint8_t out[SIM_GPT_ENTRY],
                            struct nt_error *err);

/* In every copy that is whole, with new sums. */
nt_status nt__sim_gpt_set_attributes(struct sim_machine *m,
                                     const struct sim_disk *disk,
                                     uint32_t number, uint64_t attributes,
                                     struct nt_error *err);

#endif
