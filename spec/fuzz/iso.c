/* ISO 9660, Joliet, High Sierra. The input begins with the descriptors: what
 * lies in front of them means nothing. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct nt_region region;
  size_t place = 16 * 2048;
  fuzz_open(data, size, &region);
  memmove(fuzz_bytes + place, fuzz_bytes, FUZZ_LENGTH - place);
  memset(fuzz_bytes, 0, place);
  region.length = FUZZ_LENGTH;
  fuzz_recognise(&region);
  return 0;
}
