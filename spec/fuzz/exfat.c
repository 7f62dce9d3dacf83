/* exFAT. The sum of the boot region is made right, or nothing behind it would
 * ever be reached. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct nt_region region;
  fuzz_open(data, size, &region);
  fuzz_fs(&nt_fs_exfat, &region);
  unsigned shift = fuzz_bytes[108];
  if (shift >= 9 && shift <= 12) {
    nt_exfat_place(fuzz_bytes, 1U << shift, nt_get_u64(fuzz_bytes + 64));
  }
  fuzz_recognise(&region);
  return 0;
}
