/* Chooses where the partitions of a new disk lie. */
#include <string.h>

#include "partitions.h"

#define MIB (1U << 20)

static nt_status too_big(uint32_t index, const char *style,
                         struct nt_error *err) {
  nt_refuse(err, NT_REASON_SIZE, "volume %u does not fit on the disk",
            index + 1);
  nt_hint(err,
          "a disk with %s needs about 2 MiB for its table and alignment: make "
          "the disk larger or the volumes smaller",
          strcmp(style, "gpt") == 0 ? "a GPT" : "an MBR");
  return NT_STATUS_INVALID_PARAMETER;
}

nt_status nt__sim_place(const char *style, uint32_t sector_size, uint64_t end,
                        const uint64_t *sizes, uint32_t count, uint64_t pieces,
                        struct nt_range *ranges, struct nt_error *err) {
  uint64_t grain = MIB / sector_size, start = grain;
  for (uint32_t i = 0; i < count; i++) {
    uint64_t size = sizes[i] / sector_size;
    if (start >= end) {
      return too_big(i, style, err);
    }
    if (sizes[i] == 0) {
      size = end - start;
      if (size > grain) {
        size -= size % grain;
      }
    }
    if (size == 0 || size > end - start) {
      return too_big(i, style, err);
    }
    ranges[i] = (struct nt_range){start, size, (pieces >> i & 1) != 0};
    start += (size + grain - 1) / grain * grain;
  }
  return NT_STATUS_SUCCESS;
}
