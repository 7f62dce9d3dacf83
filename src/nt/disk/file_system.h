/*
 * File systems: which one the bytes of a volume are, and what it tells of
 * itself. Each is decoded here only, for every system and every machine.
 */
#ifndef NT_DISK_FILE_SYSTEM_H
#define NT_DISK_FILE_SYSTEM_H

#include "region.h"

struct nt_probe {
  /* "FAT12", "FAT16", "FAT32", "exFAT", "NTFS", "btrfs", "CDFS"; "RAW" when
   * nothing is recognised. */
  char file_system[32];
  char label[256]; /* UTF-8; what is not UTF-8 on the medium shows as U+FFFD */
  char serial[64]; /* serial number or UUID as libblkid writes it */
  uint64_t boot_bytes; /* bytes of the boot area at the start; 0: it has none */
  uint64_t fs_bytes;   /* bytes of the file system; 0: it fills the volume */
};

/*
 * Recognises a file system by its own structures, as its driver does. A
 * signature that something else left in another place does not count. The first
 * kind that recognises the bytes is the result. Returns false when they cannot
 * be read.
 */
bool nt_recognise(struct nt_region *region, struct nt_probe *out);

/* Names what is there that nt_recognise() does not know: "BitLocker", "LUKS",
 * "a partition table"; NULL: nothing that is known here. */
const char *nt_foreign_name(struct nt_region *region);

/* Whether the first sector is that of a volume: of a file system of Windows, or
 * of BitLocker. A damaged one has only the name of a file system. */
enum nt_boot_sector {
  NT_BOOT_SECTOR_NONE,
  NT_BOOT_SECTOR_NAMED,
  NT_BOOT_SECTOR
};
enum nt_boot_sector nt_boot_sector(struct nt_region *region,
                                   const uint8_t boot[512]);

/*
 * One kind of file system. Clusters are numbered from 0, as LCNs are: on FAT
 * and exFAT, 0 is the cluster that the format calls 2.
 */
struct nt_fs {
  /* Fills all of *out if the region, which begins with this boot sector, is
   * one. */
  bool (*recognise)(struct nt_region *region, const uint8_t boot[512],
                    struct nt_probe *out);
  /* These are NULL where nobody asks. */
  bool (*clusters)(struct nt_region *region, uint64_t *count);
  /* Bit 0 of buf[0] is cluster `first`, which is a multiple of 8; the bits lie
   * below the count of clusters, but for the rest of the last byte. */
  bool (*bitmap)(struct nt_region *region, uint64_t first, uint8_t *buf,
                 size_t bytes);
  /* Whether the file system wants to be checked. */
  bool (*is_dirty)(struct nt_region *region, bool *out);
  bool (*mark_dirty)(struct nt_region *region);
};

extern const struct nt_fs nt_fs_fat, nt_fs_exfat, nt_fs_ntfs, nt_fs_btrfs,
    nt_fs_iso;

/* Finds it by a name of nt_probe. NULL when its clusters are not known here. */
const struct nt_fs *nt_fs_with_clusters(const char *file_system);

/* ---- fat.c: FAT12, FAT16, FAT32 ------------------------------------------ */

struct nt_fat {
  uint32_t sector_size, cluster_sectors, root_entries;
  uint32_t width;        /* bits of an entry: 12, 16 or 32 */
  uint64_t sectors;      /* of the file system */
  uint64_t table, bytes; /* of the first FAT: where it begins, its size */
  uint64_t fats;
  uint64_t root, data; /* where the root folder and the clusters begin */
  uint64_t clusters;
};

/* Decodes the 36 bytes of a BIOS parameter block that all kinds have, and for
 * FAT32 the 54 of its own. Returns false when they make no sense. */
#define NT_FAT_BPB 36
bool nt_fat_decode(const uint8_t *boot, size_t length, struct nt_fat *out);

/* "FAT12", "FAT16" or "FAT32". */
const char *nt_fat_name(const struct nt_fat *fat);

/* Many programs take a FAT32 with fewer clusters for a FAT16. */
#define NT_FAT32_FEWEST_CLUSTERS 65525U

/* ---- exfat.c ------------------------------------------------------------- */

/* Sectors of a boot region; the backup follows the main one. */
#define NT_EXFAT_REGION_SECTORS 12U

/* Sets PartitionOffset (in sectors) in one boot region of
 * NT_EXFAT_REGION_SECTORS sectors and fills its last sector with the new
 * checksum. */
void nt_exfat_place(uint8_t *region, uint32_t sector_size,
                    uint64_t partition_offset);

/* ---- ntfs.c -------------------------------------------------------------- */

#define NT_NTFS_SERIAL 72 /* place in the boot sector, 8 bytes */

/* The facts that FSCTL_GET_NTFS_VOLUME_DATA tells, without the zone. */
struct nt_ntfs_facts {
  uint64_t serial, sectors, clusters, free_clusters;
  uint32_t sector_size, cluster_size, record_size;
  uint64_t mft_valid, mft_lcn, mirror_lcn;
};
bool nt_ntfs_facts(struct nt_region *region, struct nt_ntfs_facts *out);

/* Writes the size of a cluster in the form that programs of before 2017 know:
 * at most 128 sectors. Beyond that, the same clusters, and the same volume, are
 * told in larger sectors. Leaves all other boot sectors as they are. */
void nt_ntfs_tell_plainly(uint8_t boot[512]);

/* ---- iso.c --------------------------------------------------------------- */

#define NT_ISO_SECTOR 2048U
#define NT_ISO_FIRST_DESCRIPTOR 16U

/* Makes those descriptors of a volume count for nothing that NT does not use: a
 * second folder tree that is not Joliet. The enhanced descriptor of ISO
 * 9660:1999, "level 4", is one. `bytes` begins with the first descriptor. */
void nt_iso_hide_unused(uint8_t *bytes, size_t length);

/* ---- recognise.c: what the parsers share --------------------------------- */

/* Copies a label of bytes, up to a zero, without spaces at its end. */
void nt_show_label(struct nt_probe *out, const uint8_t *bytes, size_t length);

/* Writes "1234-ABCD" for 32 bits, "0123456789ABCDEF" for 64, and "" for 0,
 * which means that there is none. */
void nt_short_serial(uint32_t serial, char *buf, size_t cap);
void nt_long_serial(uint64_t serial, char *buf, size_t cap);

/* FILE_SYSTEM_RECOGNITION_STRUCTURE in the first 24 bytes of a volume: a file
 * system that names itself, for those who have no driver for it. */
#define NT_RECOGNITION_SIZE 24
#define NT_RECOGNITION_NAME 3 /* 8 bytes */
bool nt_is_recognition(const uint8_t boot[NT_RECOGNITION_SIZE]);

#endif
