/*
 * btrfs; its superblock is all that is read. Layout: the btrfs documentation,
 * "On-disk format", superblock.
 */
#include <string.h>

#include "../text.h"
#include "file_system.h"

#define AT_SUPERBLOCK 65536U
#define SUPERBLOCK 4096U
#define AT_SUM 0
#define AT_SUMMED 32
#define AT_ID 32
#define AT_PLACE 48
#define AT_MAGIC 64
#define AT_SUM_TYPE 196
#define AT_LABEL 299
#define LABEL_BYTES 256
#define SUM_CRC32C 0

/* CRC-32C of RFC 3720. */
static uint32_t crc32c(const uint8_t *bytes, size_t length) {
  uint32_t crc = 0xFFFFFFFFU;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = crc >> 1 ^ (0x82F63B78U & (0U - (crc & 1U)));
    }
  }
  return ~crc;
}

/* Checks a block with this sum; other kinds of sums are not computed here. */
static bool is_whole(const uint8_t *block) {
  return memcmp(block + AT_MAGIC, "_BHRfS_M", 8) == 0 &&
         nt_get_u64(block + AT_PLACE) == AT_SUPERBLOCK &&
         (nt_get_u16(block + AT_SUM_TYPE) != SUM_CRC32C ||
          nt_get_u32(block + AT_SUM) ==
              crc32c(block + AT_SUMMED, SUPERBLOCK - AT_SUMMED));
}

static void show_id(const uint8_t *id, char *buf, size_t cap) {
  nt_format_text(buf, cap,
                 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                 "%02x%02x%02x%02x%02x%02x",
                 id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8],
                 id[9], id[10], id[11], id[12], id[13], id[14], id[15]);
}

static bool recognise(struct nt_region *region, const uint8_t boot[512],
                      struct nt_probe *out) {
  uint8_t block[SUPERBLOCK];
  (void)boot;
  if (!nt_region_read(region, AT_SUPERBLOCK, block, sizeof block) ||
      !is_whole(block)) {
    return false;
  }
  nt_copy(out->file_system, sizeof out->file_system, "btrfs");
  show_id(block + AT_ID, out->serial, sizeof out->serial);
  nt_show_label(out, block + AT_LABEL, LABEL_BYTES - 1);
  return true;
}

const struct nt_fs nt_fs_btrfs = {.recognise = recognise};
