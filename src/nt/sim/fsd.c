/* Which file system driver mounts what. */
#include <string.h>

#include "internal.h"

static const struct sim_fsd *const drivers[] = {
    &nt__sim_fsd_fat,
    &nt__sim_fsd_ntfs,
    &nt__sim_fsd_raw,
};

const struct sim_fsd *nt__sim_fsd_named(const char *name) {
  for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
    if (strcmp(drivers[i]->name, name) == 0) {
      return drivers[i];
    }
  }
  return NULL;
}

const struct sim_fsd *nt__sim_fsd_for(const char *file_system) {
  static const struct {
    const char *file_system;
    const struct sim_fsd *fsd;
  } mounts[] = {
      {"FAT12", &nt__sim_fsd_fat}, {"FAT16", &nt__sim_fsd_fat},
      {"FAT32", &nt__sim_fsd_fat}, {"exFAT", &nt__sim_fsd_fat},
      {"NTFS", &nt__sim_fsd_ntfs},
  };
  for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
    if (strcmp(mounts[i].file_system, file_system) == 0) {
      return mounts[i].fsd;
    }
  }
  return &nt__sim_fsd_raw; /* whatever nobody recognises, RAW takes last */
}
