/*
 * The table of mkfs tools: what each is called, what it accepts, its command
 * line, and what is left to do after it.
 */
#include "mkfs_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "../disk/file_system.h"
#include "../text.h"
#include "scratch.h"

/* ---- command lines ------------------------------------------------------- */

static void add(struct nt_arguments *a, const char *argument) {
  a->at[a->count++] = argument;
}

static char *add_text(struct nt_arguments *a, const char *option) {
  add(a, option);
  char *text = a->texts[a->text_count++];
  add(a, text);
  return text;
}

static void add_number(struct nt_arguments *a, const char *option,
                       uint32_t number) {
  nt_format_text(add_text(a, option), sizeof(a->texts[0]), "%" PRIu32, number);
}

static void add_label(struct nt_arguments *a, const char *option,
                      const char *label) {
  if (label[0] != '\0') {
    add(a, option);
    add(a, label);
  }
}

/* The field has 32 bits. For a volume that begins beyond, mkntfs writes 0 when
 * it finds the place itself, and so do we. Only boot code that reads through
 * the BIOS uses the field, and the BIOS cannot reach such a place. */
static uint32_t hidden_sectors(const struct nt_mkfs_request *r) {
  uint64_t sectors = r->start / r->sector_size;
  return sectors > UINT32_MAX ? 0 : (uint32_t)sectors;
}

static void ntfs_arguments(struct nt_arguments *a,
                           const struct nt_mkfs_request *r) {
  add(a, "-F");
  add(a, "-Q");
  add_number(a, "-s", r->sector_size);
  add_number(a, "-p", hidden_sectors(r));
  add_number(a, "-H", r->heads);
  add_number(a, "-S", r->sectors_per_track);
  if (r->cluster_size != 0) {
    add_number(a, "-c", r->cluster_size);
  }
  add_label(a, "-L", r->label);
}

static void fat_arguments(struct nt_arguments *a,
                          const struct nt_mkfs_request *r) {
  add(a, "-I");
  add(a, "--mbr=n");
  add_number(a, "-S", r->sector_size);
  add_number(a, "-h", hidden_sectors(r));
  nt_format_text(add_text(a, "-g"), sizeof(a->texts[0]), "%" PRIu32 "/%" PRIu32,
                 r->heads, r->sectors_per_track);
  if (r->cluster_size != 0) {
    add_number(a, "-s", r->cluster_size / r->sector_size);
  }
  add_label(a, "-n", r->label);
}

static void fat16_arguments(struct nt_arguments *a,
                            const struct nt_mkfs_request *r) {
  add_number(a, "-F", 16);
  fat_arguments(a, r);
}

static void fat32_arguments(struct nt_arguments *a,
                            const struct nt_mkfs_request *r) {
  add_number(a, "-F", 32);
  fat_arguments(a, r);
}

static void exfat_arguments(struct nt_arguments *a,
                            const struct nt_mkfs_request *r) {
  if (r->cluster_size != 0) {
    add_number(a, "-c", r->cluster_size);
  }
  add_label(a, "-L", r->label);
}

/* ---- after the tool ------------------------------------------------------ */

/* Refuses what mkfs.fat only warns of: Windows refuses such a volume, and some
 * programs would take it for FAT16. */
static nt_status fat_finish(const struct nt_mkfs_request *r, int scratch,
                            struct nt_error *err) {
  unsigned char boot[512];
  struct nt_fat fat;
  NT_TRY(nt_scratch_read(scratch, 0, boot, sizeof(boot), err));
  if (!nt_fat_decode(boot, sizeof(boot), &fat) || fat.width != 32 ||
      fat.clusters >= NT_FAT32_FEWEST_CLUSTERS) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status =
      nt_refuse(err, NT_REASON_TOO_SMALL,
                "FAT32 needs %" PRIu32 " clusters, %" PRIu64
                " bytes have room for %" PRIu64,
                NT_FAT32_FEWEST_CLUSTERS, r->length, fat.clusters);
  nt_hint(err, r->cluster_size > r->sector_size
                   ? "use a smaller cluster size, or fat16"
                   : "use fat or fat16");
  return status;
}

/* mkntfs makes the serial number from the time in seconds, so two volumes that
 * are formatted in the same second would have the same. The number lies in the
 * boot sector and in its copy, the last sector. */
static nt_status ntfs_finish(const struct nt_mkfs_request *r, int scratch,
                             struct nt_error *err) {
  unsigned char serial[8];
  if (getentropy(serial, sizeof(serial)) != 0) {
    return nt_fail_errno(err, errno, NT_REASON_NONE, "random numbers");
  }
  NT_TRY(
      nt_scratch_write(scratch, NT_NTFS_SERIAL, serial, sizeof(serial), err));
  return nt_scratch_write(scratch, r->length - r->sector_size + NT_NTFS_SERIAL,
                          serial, sizeof(serial), err);
}

/* mkfs.exfat sets the place of the volume to 0, "not known"; this fills it
 * in. */
static nt_status exfat_finish(const struct nt_mkfs_request *r, int scratch,
                              struct nt_error *err) {
  unsigned char region[NT_EXFAT_REGION_SECTORS * 512];
  for (uint64_t copy = 0; copy < 2; copy++) {
    uint64_t offset = copy * sizeof(region);
    nt_status status =
        nt_scratch_read(scratch, offset, region, sizeof(region), err);
    if (nt_ok(status)) {
      nt_exfat_place(region, 512, r->start / 512);
      status = nt_scratch_write(scratch, offset, region, sizeof(region), err);
    }
    if (!nt_ok(status)) {
      return status;
    }
  }
  return NT_STATUS_SUCCESS;
}

/* ---- the table ----------------------------------------------------------- */

#define FAT_ROW                                                        \
  .tool = "mkfs.fat", .package = "dosfstools", .biggest_sector = 4096, \
  .biggest_cluster = 256 << 10, .most_cluster_sectors = 128,           \
  .most_volume_sectors = UINT32_MAX

static const struct nt_mkfs_row rows[] = {
    [NT_FORMAT_NTFS] = {.fs = "ntfs",
                        .tool = "mkfs.ntfs",
                        .package = "ntfs-3g",
                        .makes = {"NTFS"},
                        .biggest_sector = 4096,
                        .biggest_cluster = 2 << 20,
                        .most_cluster_sectors = 4096,
                        .most_volume_sectors = INT64_MAX,
                        .arguments = ntfs_arguments,
                        .finish = ntfs_finish},
    [NT_FORMAT_FAT] = {.fs = "fat",
                       .makes = {"FAT12", "FAT16", "FAT32"},
                       .arguments = fat_arguments,
                       .finish = fat_finish,
                       FAT_ROW},
    [NT_FORMAT_FAT16] = {.fs = "fat16",
                         .makes = {"FAT16"},
                         .arguments = fat16_arguments,
                         FAT_ROW},
    [NT_FORMAT_FAT32] = {.fs = "fat32",
                         .makes = {"FAT32"},
                         .arguments = fat32_arguments,
                         .finish = fat_finish,
                         FAT_ROW},
    /* mkfs.exfat takes the sector size from the device, and a file has none */
    [NT_FORMAT_EXFAT] = {.fs = "exfat",
                         .tool = "mkfs.exfat",
                         .package = "exfatprogs",
                         .makes = {"exFAT"},
                         .biggest_sector = 512,
                         .biggest_cluster = 32 << 20,
                         .most_cluster_sectors = 65536,
                         .most_volume_sectors = INT64_MAX,
                         .arguments = exfat_arguments,
                         .finish = exfat_finish},
};

const struct nt_mkfs_row *nt_mkfs_row(enum nt_format_fs fs) {
  return &rows[fs];
}
