/* Finds the file system driver that mounts a volume or disk. */
#include "fsd.h"

#include <string.h>

static const struct sim_fsd *const drivers[] = {
    &nt__sim_fsd_fat,   &nt__sim_fsd_ntfs, &nt__sim_fsd_cdfs,
    &nt__sim_fsd_btrfs, &nt__sim_fsd_raw,  &nt__sim_fsd_csvfs,
};

const struct sim_fsd *nt__sim_fsd_named(const char *name) {
  for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
    if (strcmp(drivers[i]->name, name) == 0) {
      return drivers[i];
    }
  }
  return NULL;
}

/* A driver registers for disks, for CDs or for both. */
static const struct mountable {
  const char *file_system; /* as nt_probe() calls it */
  const struct sim_fsd *fsd;
  bool disk, cd;
} mountables[] = {
    {"FAT12", &nt__sim_fsd_fat, true, true},
    {"FAT16", &nt__sim_fsd_fat, true, true},
    {"FAT32", &nt__sim_fsd_fat, true, true},
    {"exFAT", &nt__sim_fsd_fat, true, false},
    {"NTFS", &nt__sim_fsd_ntfs, true, false},
    {"btrfs", &nt__sim_fsd_btrfs, true, false},
    {"CDFS", &nt__sim_fsd_cdfs, false, true},
};

static const struct mountable *find(const char *file_system) {
  for (size_t i = 0; i < sizeof mountables / sizeof mountables[0]; i++) {
    if (strcmp(mountables[i].file_system, file_system) == 0) {
      return &mountables[i];
    }
  }
  return NULL;
}

const struct sim_fsd *nt__sim_fsd_for(const char *file_system) {
  const struct mountable *found = find(file_system);
  /* RAW comes last and takes whatever no driver recognises. */
  return found ? found->fsd : &nt__sim_fsd_raw;
}

const char *nt__sim_fsd_title(const struct sim_fsd *fsd,
                              const char *file_system) {
  if (fsd == &nt__sim_fsd_raw) {
    return "RAW";
  }
  return fsd->calls_itself ? fsd->calls_itself : file_system;
}

bool nt__sim_fsd_mounts(const char *file_system, bool cd) {
  const struct mountable *found = find(file_system);
  return found && (cd ? found->cd : found->disk);
}
