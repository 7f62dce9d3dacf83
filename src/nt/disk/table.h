/*
 * Partition tables: MBR and GPT, read and written. LBAs count sectors of the
 * disk, whatever their size is.
 */
#ifndef NT_DISK_TABLE_H
#define NT_DISK_TABLE_H

#include "region.h"

/* A disk or its image. */
struct nt_disk {
  struct nt_region *region;
  uint32_t sector_size;
};

/* Returns the sectors of the disk; 0 when their size is none that disks have,
 * 512 to 4096 bytes. */
uint64_t nt_disk_sectors(const struct nt_disk *disk);

/* Where a partition lies or is to lie. */
struct nt_range {
  uint64_t start, count; /* sectors */
  bool piece; /* a piece of a volume in several: other programs must not take it
                 for a whole volume, so its type is that of a dynamic disk */
};

/* ---- partition_type.c: what Windows makes of a partition (W4, W7) ---------
 */

enum nt_partition_use {
  NT_USE_VOLUME,    /* a volume that gets a letter */
  NT_USE_NO_LETTER, /* a volume that gets none unless somebody gives it one */
  NT_USE_PIECE,     /* of a dynamic disk: a volume with its other pieces only */
  NT_USE_NOTHING,   /* no volume */
};

#define NT_MBR_TYPE_LDM 0x42U /* a piece of a dynamic disk */
#define NT_MBR_TYPE_GPT 0xEEU /* what protects a GPT */

enum nt_partition_use nt_mbr_use(uint8_t type);

/* Whether it is an extended partition, which is no volume but contains
 * others. */
bool nt_mbr_is_container(uint8_t type);

/* Whether ntdddisk.h knows it for one with a file system of Windows. */
bool nt_mbr_is_recognised(uint8_t type);

/* W7: the type that a partition gets with a file system, by its name of
 * nt_probe. One that is hidden stays so, and one that has a purpose, as the
 * EFI system partition has, stays as it is. */
uint8_t nt_mbr_type_for(const char *file_system, uint8_t now,
                        const struct nt_range *range);

/* By the type and the attributes of an entry. */
enum nt_partition_use nt_gpt_use(const uint8_t *entry);

/* ---- mbr.c --------------------------------------------------------------- */

/* What the first 512 bytes of a disk are. */
enum nt_mbr_kind { NT_MBR_NONE, NT_MBR_TABLE, NT_MBR_PROTECTS_GPT };

enum nt_mbr_kind nt_mbr_kind(const uint8_t sector[512]);

/* Whether it has the one entry that a protective MBR has, which no other
 * sector has by chance: type 0xEE, from sector 1 on. */
bool nt_mbr_protects(const uint8_t sector[512]);

/* Whether it names a partition that lies on the disk. */
bool nt_mbr_names_partition(const struct nt_disk *disk,
                            const uint8_t sector[512]);

struct nt_mbr_entry {
  uint8_t boot, type;
  /* 1 to 4; logical partitions count from 5. 0: it is empty or a container. */
  uint32_t number;
  struct nt_range range; /* from the start of the disk */
  uint64_t record;       /* LBA of the record that it stands in */
  uint32_t index;        /* from 0, in the record */
};

#define NT_MBR_RECORDS 128 /* a chain with more runs in a circle */

/* All records: the first one, and the chain of each extended partition. Every
 * record has four entries. */
struct nt_mbr {
  uint32_t signature; /* of the disk; 0: it has none */
  uint32_t count;
  struct nt_mbr_entry entries[4 * NT_MBR_RECORDS];
};

/* Reads the tables; `sector` is the first 512 bytes of the disk. */
bool nt_mbr_read(const struct nt_disk *disk, const uint8_t sector[512],
                 struct nt_mbr *out);

/* Gives partition `number` a type. False also when there is no such one. */
bool nt_mbr_set_type(const struct nt_disk *disk, uint32_t number, uint8_t type);

#define NT_MBR_SIGNATURE 440

/* One behind the last sector that a table can name. */
uint64_t nt_mbr_end(const struct nt_disk *disk);

/* Writes a table of at most 4 partitions. */
bool nt_mbr_write(const struct nt_disk *disk, uint32_t signature,
                  const struct nt_range *ranges, uint32_t count);

/* Writes the whole table anew: records as nt_mbr_read() gives them, whose
 * numbers, records and indices do not matter. The code in the first sector
 * stays. Returns false, too, when the records do not follow one another. */
bool nt_mbr_replace(const struct nt_disk *disk, const struct nt_mbr *table);

/* Writes the MBR in front of a GPT. */
bool nt_mbr_protect(const struct nt_disk *disk);

/* ---- gpt.c --------------------------------------------------------------- */

/* An entry, and places in it. Type, id, attributes and name follow each other
 * as in PARTITION_INFORMATION_GPT, but for the two LBAs behind the id. */
#define NT_GPT_ENTRY 128
#define NT_GPT_TYPE 0
#define NT_GPT_ID 16
#define NT_GPT_FIRST 32
#define NT_GPT_LAST 40
#define NT_GPT_ATTRIBUTES 48
#define NT_GPT_NAME 56
#define NT_GPT_NAME_UNITS 36

/* Attributes of a basic data partition. */
#define NT_GPT_READ_ONLY ((uint64_t)1 << 60)
#define NT_GPT_HIDDEN ((uint64_t)1 << 62)
#define NT_GPT_NO_LETTER ((uint64_t)1 << 63)

#define NT_GPT_DISK_ID 56 /* place in the header, 16 bytes */

/* One of the two copies. */
struct nt_gpt {
  uint64_t lba;         /* of the header */
  uint64_t first, last; /* sectors that partitions may have */
  uint64_t sectors;     /* of the disk */
  uint64_t entries_lba;
  uint32_t entry_count, entry_size;
  uint8_t header[4096];
  size_t header_size; /* bytes that its sum covers */
  uint8_t *entries;   /* nt_gpt_close() frees them */
};

/* Reads the first copy that is not damaged; the entries are NULL when none is.
 * Returns false when bytes cannot be read or memory is short. */
bool nt_gpt_open(const struct nt_disk *disk, struct nt_gpt *out);
void nt_gpt_close(struct nt_gpt *gpt);

/* Returns entry `number`, from 1 on; NULL when the table has none. */
const uint8_t *nt_gpt_entry(const struct nt_gpt *gpt, uint32_t number);

/* Finds where the partition of an entry lies. It may reach past the end of the
 * disk. Returns false when the entry is empty or lies on the table, or when no
 * disk has as many sectors. */
bool nt_gpt_range(const struct nt_gpt *gpt, const uint8_t *entry,
                  struct nt_range *out);

/* Sets them in every copy that is not damaged, with new sums; *written says in
 * how many. */
bool nt_gpt_set_attributes(const struct nt_disk *disk, uint32_t number,
                           uint64_t attributes, unsigned *written);

/* Gives the disk and every partition another id, in every copy that is whole,
 * with new sums; *written says in how many. */
bool nt_gpt_change_ids(const struct nt_disk *disk, const uint8_t random[16],
                       unsigned *written);

/* The first sector that a partition may have, and one behind the last; 0: the
 * disk is too small. */
uint64_t nt_gpt_first(const struct nt_disk *disk);
uint64_t nt_gpt_end(const struct nt_disk *disk);

/* Writes a table of at most 128 partitions. `random` has 16 bytes for the disk
 * and for each partition, from which their GUIDs are made. */
bool nt_gpt_write(const struct nt_disk *disk, const struct nt_range *ranges,
                  uint32_t count, uint8_t (*random)[16]);

#define NT_GPT_ENTRIES 128U /* that a table has which is written here */

/* Writes the whole table anew. An entry without an id gets one: `random` has 16
 * bytes for each. */
bool nt_gpt_replace(const struct nt_disk *disk, const uint8_t id[16],
                    uint8_t entries[NT_GPT_ENTRIES * NT_GPT_ENTRY],
                    uint8_t (*random)[16]);

/* Removes both headers, where there are some. */
bool nt_gpt_erase(const struct nt_disk *disk);

/* ---- table.c: what a disk is ----------------------------------------------
 */

enum nt_table_style { NT_TABLE_NONE, NT_TABLE_MBR, NT_TABLE_GPT };

struct nt_table {
  enum nt_table_style style;
  uint32_t sector_size; /* that its numbers count in */
  /* A GPT of which neither copy is whole (W5): it has no partitions. */
  bool damaged;
  uint32_t
      elsewhere; /* damaged: with sectors of this size it is whole, else 0 */
  struct nt_gpt gpt; /* with the style GPT */
  struct nt_mbr mbr; /* with the style MBR */
};

struct nt_partition {
  uint32_t number;
  struct nt_range range; /* it may reach past the end of the disk */
  enum nt_partition_use use;
  char type[40]; /* "0x7" on MBR, a GUID on GPT */
  char id[40];   /* "": the MBR has no signature */
  char name[128];
  uint64_t attributes;
};

/*
 * Decides what the whole of a region is. A boot sector of a file system makes
 * it a volume (style NONE), whatever its other bytes look like, and so does
 * nothing at all. A sector size of 0 is found: 4096 when a GPT says so, else
 * 512. False when bytes cannot be read.
 */
bool nt_table_open(struct nt_region *region, uint32_t sector_size,
                   struct nt_table *out);
void nt_table_close(struct nt_table *table);

/* Makes a disk without a table of it, by removing what would be one. */
bool nt_table_erase(const struct nt_disk *disk);

/* One partition after the other; *cursor is 0 at first. Empty entries and
 * extended partitions are left out. */
bool nt_table_next(const struct nt_table *table, uint32_t *cursor,
                   struct nt_partition *out);

/* "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" */
#define NT_GUID_TEXT 37
void nt_guid_text(const uint8_t guid[16], char buf[NT_GUID_TEXT]);

#endif
