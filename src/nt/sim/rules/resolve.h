/* From a name to a device, and back. */
#ifndef NT_SIM_RULES_RESOLVE_H
#define NT_SIM_RULES_RESOLVE_H

#include "../db/request.h"

/* Exactly one of volume (not 0) and disk (not -1) is set. `rest` is what
 * follows the device's name: NULL, "\" or "\path". */
struct sim_target {
  int64_t volume, disk;
  char rest[NT_NAME_MAX];
  bool has_rest;
};
nt_status nt__sim_resolve(const struct sim_request *r, const char *name,
                          struct sim_target *out);

/* The part of a statement that finds the name of the volume in table `volume`.
 */
#define SIM_VOLUME_NAME                                             \
  "coalesce((SELECT path FROM mount_point "                         \
  "WHERE volume = volume.id ORDER BY length(path), path LIMIT 1), " \
  "'\\\\?\\Volume{' || guid || '}') "

/* Finds the name to show for a volume: its letter, or else a mount folder, or
 * else its GUID path. */
nt_status nt__sim_volume_name(const struct sim_request *r, int64_t volume,
                              char *buf, size_t cap);

/* Finds a volume by a name that must mean the volume itself. */
nt_status nt__sim_resolve_volume(const struct sim_request *r, const char *name,
                                 int64_t *volume);

#endif
