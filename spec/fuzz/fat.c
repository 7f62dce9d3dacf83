/* FAT12, FAT16, FAT32. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct nt_region region;
  struct nt_fat fat;
  fuzz_open(data, size, &region);
  fuzz_recognise(&region);
  fuzz_fs(&nt_fs_fat, &region);
  if (size >= NT_FAT_BPB && nt_fat_decode(data, NT_FAT_BPB, &fat)) {
    fuzz_require(fat.width != 32);
  }
  return 0;
}
