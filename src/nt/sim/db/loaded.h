/*
 * Rows that the transaction has read, and that nothing has written since. Each
 * is read once, however many functions ask for it. They are all forgotten when
 * the transaction ends, since another process may write then.
 */
#ifndef NT_SIM_DB_LOADED_H
#define NT_SIM_DB_LOADED_H

#include "rows.h"

struct sim_loaded {
  struct sim_volume volume; /* id 0: none */
  struct sim_instance instance;
  struct sim_file_object object;
  int64_t lies; /* the volume that these belong to; 0: none */
  uint32_t extent_count;
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint64_t disks_known; /* a bit for each disk */
  struct sim_disk disks[NT_SIM_MAX_DISKS];
};

/* Returns the rows that are kept. It is NULL where nothing may be kept: outside
 * of a transaction, when the transaction has failed, and without memory. */
struct sim_loaded *nt__sim_loaded(const struct sim_machine *m);

/* Called when a statement runs: what it writes has to be read again. */
void nt__sim_loaded_forget(struct sim_machine *m, const char *sql);
void nt__sim_loaded_forget_all(struct sim_machine *m);

#endif
