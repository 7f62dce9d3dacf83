/* Containers of disks. The sum of the footer of a VHD is made right, or only
 * damaged ones would be met. */
#include "nt/disk/container.h"
#include "fuzz.h"

static void mend(uint8_t *footer) {
  uint32_t sum = 0;
  for (int i = 0; i < 512; i++) {
    sum += i < 64 || i >= 68 ? footer[i] : 0;
  }
  for (int i = 0; i < 4; i++) {
    footer[64 + i] = (uint8_t)(~sum >> (24 - 8 * i));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct nt_region region;
  struct nt_container found;
  fuzz_open(data, size, &region);
  if (region.length >= 512) {
    uint8_t *last = fuzz_bytes + region.length - 512;
    if (memcmp(last, "conectix", 8) == 0) {
      mend(last);
    }
  }
  fuzz_require(nt_container_look(&region, &found));
  fuzz_require(found.length <= region.length);
  fuzz_require((found.name == NULL) == (found.command == NULL));
  fuzz_require(found.name == NULL || found.length == region.length);
  return 0;
}
