/* File data that waits to be written. */
#ifndef NT_SIM_RULES_CACHE_H
#define NT_SIM_RULES_CACHE_H

#include "../db/request.h"

#define SIM_ALL_FILES (-1)

/* Finds out whether data of this file waits or, with SIM_ALL_FILES, data of any
 * file. */
nt_status nt__sim_cache_has(const struct sim_request *r, int64_t instance,
                            int64_t file, bool *out);

/* All of these must be called within a transaction. */

/* Keeps what was written to the file of a handle. When more than a limit waits,
 * it is written to the image at once. The range must lie within the file. */
nt_status nt__sim_cache_write(const struct sim_request *r, uint64_t offset,
                              const void *buf, size_t len);
/* Replaces bytes that were read from the image by those that wait to be written
 * there. */
nt_status nt__sim_cache_overlay(const struct sim_request *r, uint64_t offset,
                                void *buf, size_t len);
/* Writes what waits to the image. While the volume is offline, the data goes on
 * waiting. */
nt_status nt__sim_cache_write_back(const struct sim_request *r,
                                   const struct sim_instance *instance,
                                   int64_t file);
/* Throws away what waits. */
nt_status nt__sim_cache_drop(const struct sim_request *r, int64_t instance);

#endif
