/* From a name to a device, and back. */
#ifndef NT_SIM_RULES_RESOLVE_H
#define NT_SIM_RULES_RESOLVE_H

#include "../machine.h"

/* Exactly one of volume (not 0) and disk (not -1) is set. `rest` is what
 * follows the device's name: NULL, "\" or "\path". */
struct sim_target {
  int64_t volume, disk;
  char rest[NT_NAME_MAX];
  bool has_rest;
};
nt_status nt__sim_resolve(struct sim_machine *m, const char *name,
                          struct sim_target *out, struct nt_error *err);

/* In a statement: how to call the volume of table `volume`. */
#define SIM_VOLUME_NAME                                             \
  "coalesce((SELECT path FROM mount_point "                         \
  "WHERE volume = volume.id ORDER BY length(path), path LIMIT 1), " \
  "'\\\\?\\Volume{' || guid || '}') "

/* How to call a volume: its letter, else a folder, else its GUID path. */
nt_status nt__sim_volume_name(struct sim_machine *m, int64_t volume, char *buf,
                              size_t cap, struct nt_error *err);

/* The volume of a name that is to mean a volume itself. */
nt_status nt__sim_resolve_volume(struct sim_machine *m, const char *name,
                                 int64_t *volume, struct nt_error *err);

#endif
