/* btrfs. The input is the superblock, and its sum is made right. */
#include "fuzz.h"

static uint32_t crc32c(const uint8_t *bytes, size_t length) {
  uint32_t crc = 0xFFFFFFFFU;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = crc & 1U ? crc >> 1 ^ 0x82F63B78U : crc >> 1;
    }
  }
  return ~crc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct nt_region region;
  uint8_t *block = fuzz_bytes + 65536;
  fuzz_open(data, size < 4096 ? size : 4096, &region);
  memcpy(block, fuzz_bytes, 4096);
  memset(fuzz_bytes, 0, 4096);
  memcpy(block + 64, "_BHRfS_M", 8);
  nt_put_u64(block + 48, 65536);
  nt_put_u32(block, crc32c(block + 32, 4096 - 32));
  region.length = FUZZ_LENGTH;
  fuzz_recognise(&region);
  return 0;
}
