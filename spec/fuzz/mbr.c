/* MBR with extended partitions; what was read can be written, unless it is said
 * why not, and reads the same. */
#include "fuzz.h"

static void require_same(const struct nt_mbr_entry *a,
                         const struct nt_mbr_entry *b) {
  fuzz_require(a->type == b->type);
  fuzz_require(a->type == 0 || (a->range.start == b->range.start &&
                                a->range.count == b->range.count));
}

static void replace(const struct nt_disk *disk, const struct nt_mbr *mbr) {
  static struct nt_mbr again;
  if (!fuzz_judge(disk->region, nt_mbr_replace(disk, mbr))) {
    return;
  }
  fuzz_require(nt_mbr_read(disk, fuzz_bytes, &again));
  fuzz_require(again.count >= mbr->count || mbr->count > 4);
  for (uint32_t i = 0; i < mbr->count && i < again.count; i++) {
    require_same(&mbr->entries[i], &again.entries[i]);
  }
}

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
    replace(&disk, &mbr);
  }
  return 0;
}
