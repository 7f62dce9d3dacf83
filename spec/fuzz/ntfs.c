/* NTFS. Counting what is free in a bitmap takes long: not of a large one. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct nt_region region;
  struct nt_ntfs_facts facts;
  uint64_t clusters = 0;
  fuzz_open(data, size, &region);
  fuzz_recognise(&region);
  if (fuzz_judge(&region, nt_fs_ntfs.clusters(&region, &clusters)) &&
      clusters < 1U << 20 &&
      fuzz_judge(&region, nt_ntfs_facts(&region, &facts))) {
    fuzz_require(facts.free_clusters <= facts.clusters);
  }
  fuzz_fs(&nt_fs_ntfs, &region);
  return 0;
}
