/* GPT. The first byte of the input chooses the size of a sector; the sums are
 * made right, or nothing behind them would ever be reached. */
#include "fuzz.h"

static uint32_t crc32(const uint8_t *bytes, size_t length) {
  uint32_t crc = 0xFFFFFFFFU;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = crc & 1U ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
    }
  }
  return ~crc;
}

static void mend(uint8_t *header, uint32_t sector) {
  uint64_t place = nt_get_u64(header + 72), most = FUZZ_LENGTH / sector;
  uint64_t bytes = (uint64_t)nt_get_u32(header + 80) * nt_get_u32(header + 84);
  uint32_t size = nt_get_u32(header + 12);
  if (place < most && bytes <= 1U << 14 &&
      bytes <= FUZZ_LENGTH - place * sector) {
    nt_put_u32(header + 88, crc32(fuzz_bytes + place * sector, (size_t)bytes));
  }
  if (size >= 92 && size <= sector) {
    nt_put_u32(header + 16, 0);
    nt_put_u32(header + 16, crc32(header, size));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct nt_region region;
  struct nt_gpt gpt;
  struct nt_range range;
  unsigned written = 0;
  uint32_t sector = size > 0 ? 512U << data[0] % 4 : 512;
  fuzz_open(data + (size > 0), size - (size > 0), &region);
  const struct nt_disk disk = {&region, sector};
  mend(fuzz_bytes + sector, sector);
  mend(fuzz_bytes + FUZZ_LENGTH - sector, sector);
  fuzz_require(nt_gpt_open(&disk, &gpt));
  for (uint32_t i = 1; gpt.entries != NULL && i <= gpt.entry_count; i++) {
    if (nt_gpt_range(&gpt, nt_gpt_entry(&gpt, i), &range)) {
      fuzz_require(range.count > 0 &&
                   range.start + range.count <= FUZZ_MOST_SECTORS);
    }
  }
  bool whole = gpt.entries != NULL;
  nt_gpt_close(&gpt);
  fuzz_require(nt_gpt_set_attributes(&disk, 1, 1, &written));
  fuzz_require(whole == (written > 0));
  fuzz_require(nt_gpt_erase(&disk) && nt_gpt_open(&disk, &gpt));
  fuzz_require(gpt.entries == NULL);
  return 0;
}
