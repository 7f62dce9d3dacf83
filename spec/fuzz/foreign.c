/* What a volume holds that Windows has no driver for. The first byte of the
 * input says where the rest lies: at the start, at the places where the
 * superblocks of others are, or at the end. */
#include "fuzz.h"

static uint32_t place_of(uint8_t choice, size_t size) {
  static const uint32_t places[] = {0,       512,     1024,   1536,
                                    4086,    4096,    0x8001, 0x10000,
                                    0x20000, 0x40000, 0x80000};
  const uint32_t count = sizeof places / sizeof places[0];
  return choice % (count + 1) < count ? places[choice % (count + 1)]
                                      : FUZZ_LENGTH - (uint32_t)size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct nt_region region;
  size_t rest = size > 0 ? size - 1 : 0;
  fuzz_open(data + (size > 0), rest, &region);
  if (size > 0 && region.length == FUZZ_LENGTH && rest <= FUZZ_LENGTH / 2) {
    uint32_t place = place_of(data[0], rest);
    memset(fuzz_bytes, 0, rest);
    memcpy(fuzz_bytes + place, data + 1, rest);
  }
  const char *name = nt_foreign_name(&region);
  fuzz_require(!region.failed && region.damage == NULL);
  fuzz_require(name == NULL || (name[0] != '\0' && strlen(name) < 32));
  fuzz_require(name == nt_foreign_name(&region));
  return 0;
}
