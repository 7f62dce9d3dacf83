/* MBR with extended partitions. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct nt_mbr mbr;
  struct nt_region region;
  fuzz_open(data, size, &region);
  if (region.length < 512 || nt_mbr_kind(fuzz_bytes) == NT_MBR_NONE) {
    return 0;
  }
  for (uint32_t sector = 512; sector <= 4096; sector *= 8) {
    const struct nt_disk disk = {&region, sector};
    fuzz_require(nt_mbr_read(&disk, fuzz_bytes, &mbr));
    fuzz_require(mbr.count >= 4 && mbr.count <= 4 * NT_MBR_RECORDS);
  }
  return 0;
}
