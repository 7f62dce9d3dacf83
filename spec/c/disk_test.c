/*
 * The parsers of src/nt/disk: the edges of their rules, and what a region that
 * cannot be read means. What they say of whole file systems and tables is in
 * probe_test.c and partition_test.c.
 */
#include <stdlib.h>

#include "check.h"
#include "nt/disk/container.h"
#include "nt/disk/file_system.h"
#include "nt/disk/table.h"

#define LENGTH (1U << 20)

static uint8_t bytes[LENGTH];
static uint64_t broken_at; /* reading this byte fails; 0: none */
static uint64_t last_write;

static bool read_memory(void *from, uint64_t offset, void *buf, size_t length) {
  (void)from;
  if (offset > LENGTH || length > LENGTH - offset) {
    return false; /* nobody may ask */
  }
  if (broken_at >= offset && broken_at < offset + length && broken_at != 0) {
    return false;
  }
  memcpy(buf, bytes + offset, length);
  return true;
}

static bool write_memory(void *from, uint64_t offset, const void *buf,
                         size_t length) {
  (void)from;
  memcpy(bytes + offset, buf, length);
  last_write = offset;
  return true;
}

static struct nt_region memory(void) {
  return (struct nt_region){
      .length = LENGTH, .read = read_memory, .write = write_memory};
}

static const char *recognised(void) {
  static struct nt_probe probe;
  struct nt_region region = memory();
  return nt_recognise(&region, &probe) ? probe.file_system : "unreadable";
}

/* ---- FAT ----------------------------------------------------------------- */

/* 512 bytes a sector, one sector a cluster, a root folder of 32 sectors. FAT32
 * has no such folder. */
static void put_fat(uint32_t clusters, bool wide) {
  uint32_t table = clusters / (wide ? 128 : 256) + 1;
  memset(bytes, 0, LENGTH);
  bytes[0] = 0xEB;
  nt_put_u16(bytes + 11, 512);
  bytes[13] = 1;
  nt_put_u16(bytes + 14, 1);
  bytes[16] = 2;
  nt_put_u16(bytes + 17, wide ? 0 : 512);
  bytes[21] = 0xF8;
  nt_put_u16(bytes + 22, wide ? 0 : table);
  nt_put_u32(bytes + 32, 1 + 2 * table + (wide ? 0 : 32) + clusters);
  if (wide) {
    nt_put_u32(bytes + 36, table);
    nt_put_u32(bytes + 44, 2);
  }
}

static void test_fat_kinds(void) {
  static const struct {
    uint32_t clusters;
    bool wide;
    const char *name;
  } rows[] = {
      {4084, false, "FAT12"},      {4085, false, "FAT16"},
      {65524, false, "FAT16"},     {65525, false, "RAW"},
      {65525, true, "FAT32"},      {1, true, "FAT32"},
      {0x0FFFFFF6, true, "FAT32"}, {0x0FFFFFF7, true, "RAW"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    put_fat(rows[i].clusters, rows[i].wide);
    CHECK_TEXT(recognised(), rows[i].name, "%u clusters are %s",
               rows[i].clusters, rows[i].name);
  }
}

/* What fastfat looks at, and what it does not. */
static void test_fat_rules(void) {
  static const struct {
    const char *what;
    bool wide;
    uint32_t at, value;
    const char *name;
  } rows[] = {
      {"a jump of three bytes", false, 0, 0xE9, "FAT16"},
      {"no jump", false, 0, 0xEA, "RAW"},
      {"a medium of a diskette", false, 21, 0xF0, "FAT16"},
      {"no medium", false, 21, 0xFA, "RAW"},
      {"three sectors a cluster", false, 13, 3, "RAW"},
      {"no table", false, 16, 0, "RAW"},
      {"no root folder", false, 18, 0, "RAW"},
      {"a version that is not known", true, 42, 1, "RAW"},
      {"one table in use only", true, 40, 0x80, "RAW"},
      {"no information sector", true, 48, 9, "FAT32"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    put_fat(rows[i].wide ? 70000 : 5000, rows[i].wide);
    bytes[rows[i].at] = (uint8_t)rows[i].value;
    CHECK_TEXT(recognised(), rows[i].name, "a FAT with %s is %s", rows[i].what,
               rows[i].name);
  }
}

/* Bits of a table that does not lie within the volume. */
static void test_fat_table(void) {
  struct nt_region region = memory();
  uint64_t count = 0;
  uint8_t bits[8];
  put_fat(5000, false);
  CHECK(nt_fs_fat.clusters(&region, &count) && count == 5000, "its clusters");
  nt_put_u16(bytes + 512 + 2 * 3, 0xFFFF); /* of cluster 3 */
  CHECK(nt_fs_fat.bitmap(&region, 0, bits, sizeof(bits)) && bits[0] == 2,
        "which of them are used");
  CHECK(nt_fs_fat.bitmap(&region, 8000, bits, sizeof(bits)) && bits[7] == 0,
        "behind the last one none is");
  nt_put_u16(bytes + 22, 1);
  CHECK(!nt_fs_fat.clusters(&region, &count) && count == 0 && region.damage &&
            !region.failed,
        "a table that is too short is damage: %s", region.damage);
}

/* Of FAT16: the second entry of each table has a bit for it. */
static void test_fat_dirty(void) {
  static const size_t tables[] = {512, 512 + 20 * 512};
  struct nt_region region = memory();
  bool dirty = true;
  put_fat(5000, false);
  for (int i = 0; i < 2; i++) {
    nt_put_u32(bytes + tables[i], 0xFFFFFFF8);
  }
  CHECK(nt_fs_fat.is_dirty(&region, &dirty) && !dirty, "a FAT that is clean");
  CHECK(nt_fs_fat.mark_dirty(&region) && nt_fs_fat.is_dirty(&region, &dirty) &&
            dirty,
        "is dirty when it was marked");
  for (int i = 0; i < 2; i++) {
    CHECK(nt_get_u32(bytes + tables[i]) == 0x7FFFFFF8, "table %d says so",
          i + 1);
  }
  CHECK(bytes[0x25] == 1, "and so does the boot sector");
}

/* ---- NTFS ---------------------------------------------------------------- */

#define MFT 16384U
#define MIRROR 32768U
#define VOLUME 3072U /* the record of $Volume, from there */
#define SEQUENCE 48U /* the update sequence, within the record */

/* The number of each sector takes the place of its last two bytes. */
static void protect_record(uint8_t *record) {
  nt_put_u16(record + 4, SEQUENCE);
  nt_put_u16(record + 6, 3);
  nt_put_u16(record + SEQUENCE, 0x0707);
  for (size_t i = 1; i < 3; i++) {
    memcpy(record + SEQUENCE + 2 * i, record + 512 * i - 2, 2);
    nt_put_u16(record + 512 * i - 2, 0x0707);
  }
}

/* Clusters of 4 KiB, records of 1 KiB; what $Volume says lies at `value`. */
static void put_ntfs(size_t attribute, size_t value) {
  static const size_t tables[] = {MFT, MIRROR};
  memset(bytes, 0, LENGTH);
  memcpy(bytes + 3, "NTFS    ", 8);
  nt_put_u16(bytes + 11, 512);
  bytes[13] = 8;
  nt_put_u64(bytes + 40, LENGTH / 512);
  nt_put_u64(bytes + 48, MFT / 4096);
  nt_put_u64(bytes + 56, MIRROR / 4096);
  bytes[64] = 0xF6;
  for (int i = 0; i < 2; i++) {
    uint8_t *record = bytes + tables[i] + VOLUME;
    memcpy(bytes + tables[i], "FILE", 4);
    memcpy(record, "FILE", 4);
    nt_put_u16(record + 20, (uint16_t)attribute);
    nt_put_u32(record + attribute, 0x70);
    nt_put_u32(record + attribute + 4, 40);
    nt_put_u32(record + attribute + 16, 12);
    nt_put_u16(record + attribute + 20, (uint16_t)(value - attribute));
    nt_put_u32(record + attribute + 40, 0xFFFFFFFF);
    protect_record(record);
  }
}

static void check_ntfs_mark(const char *where, size_t place) {
  struct nt_region region = memory();
  bool dirty = true;
  CHECK_TEXT(recognised(), "NTFS", "flags %s: it is NTFS", where);
  CHECK(nt_fs_ntfs.is_dirty(&region, &dirty) && !dirty, "flags %s: clean",
        where);
  CHECK(nt_fs_ntfs.mark_dirty(&region) &&
            nt_fs_ntfs.is_dirty(&region, &dirty) && dirty,
        "flags %s: marked", where);
  CHECK(bytes[MFT + VOLUME + place] == 1, "flags %s: in the table", where);
  CHECK(bytes[MIRROR + VOLUME + place] == 1, "flags %s: and in its copy",
        where);
}

static void test_ntfs_dirty(void) {
  struct nt_region region = memory();
  bool dirty;
  put_ntfs(56, 80);
  check_ntfs_mark("within a sector", 90);
  put_ntfs(472, 500);
  check_ntfs_mark("at the end of a sector", SEQUENCE + 2);
  bytes[MFT + VOLUME + 511] ^= 1;
  CHECK(!nt_fs_ntfs.is_dirty(&region, &dirty) && region.damage,
        "a record of which one sector was not written is damage: %s",
        region.damage);
}

/* ---- order, and foreign marks -------------------------------------------- */

static void test_bitlocker(void) {
  static const uint8_t id[16] = {0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E,
                                 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3,
                                 0x39, 0xE3, 0xD0, 0x01};
  put_fat(70000, true);
  memcpy(bytes + 424, id, sizeof(id));
  CHECK_TEXT(recognised(), "RAW", "a stick that BitLocker has locked is RAW");
  put_fat(70000, true);
  memcpy(bytes + 3, "-FVE-FS-", 8);
  CHECK_TEXT(recognised(), "RAW", "so is a disk");
}

static void test_iso(void) {
  memset(bytes, 0, LENGTH);
  memcpy(bytes + 32768, "\1CD001\1", 7);
  CHECK_TEXT(recognised(), "CDFS", "a primary descriptor is CDFS");
  bytes[32768] = 2;
  CHECK_TEXT(recognised(), "RAW", "a supplementary one alone is not");
  put_fat(5000, false);
  memcpy(bytes + 32768, "\1CD001\1", 7);
  CHECK_TEXT(recognised(), "FAT16", "behind the boot sector of a FAT neither");
}

static void test_btrfs(void) {
  memset(bytes, 0, LENGTH);
  memcpy(bytes + 65536 + 64, "_BHRfS_M", 8);
  nt_put_u64(bytes + 65536 + 48, 65536);
  CHECK_TEXT(recognised(), "RAW", "a superblock with another sum is RAW");
  bytes[65536 + 196] = 1;
  CHECK_TEXT(recognised(), "btrfs", "a sum that is not known is not compared");
}

/* ---- reading fails ------------------------------------------------------- */

static void test_unreadable(void) {
  struct nt_region region = memory();
  struct nt_probe probe;
  uint8_t buf[16];
  CHECK(!nt_region_read(&region, LENGTH - 8, buf, sizeof(buf)) &&
            region.damage && !region.failed,
        "reading over the end is damage");
  CHECK(!nt_region_read(&region, UINT64_MAX - 4, buf, sizeof(buf)),
        "also where the sum would wrap around");
  put_fat(5000, false);
  for (broken_at = 1; broken_at < LENGTH; broken_at += 65536) {
    region = memory();
    bool good = nt_recognise(&region, &probe);
    CHECK(good != region.failed, "byte %llu cannot be read: %s",
          (unsigned long long)broken_at, good ? "not asked for" : "a failure");
  }
  broken_at = 1;
  region = memory();
  CHECK(!nt_recognise(&region, &probe) && region.failed &&
            strcmp(probe.file_system, "RAW") == 0,
        "a boot sector that cannot be read is a failure, not RAW");
  broken_at = 0;
}

/* ---- partition tables ---------------------------------------------------- */

static void test_sectors(void) {
  struct nt_region region = memory();
  static const uint32_t sizes[] = {0, 1, 256, 513, 3072, 8192, UINT32_MAX};
  struct nt_gpt gpt;
  struct nt_mbr mbr;
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    const struct nt_disk disk = {&region, sizes[i]};
    CHECK(nt_disk_sectors(&disk) == 0 && nt_gpt_open(&disk, &gpt) &&
              gpt.entries == NULL && nt_mbr_read(&disk, bytes, &mbr) &&
              !nt_mbr_write(&disk, 1, NULL, 0),
          "a disk cannot have sectors of %u bytes", sizes[i]);
  }
}

static void test_attributes(void) {
  uint8_t random[2][16] = {{1}, {2}};
  struct nt_region region = memory();
  const struct nt_disk disk = {&region, 4096};
  struct nt_gpt gpt;
  struct nt_range range;
  unsigned written = 0;
  memset(bytes, 0, LENGTH);
  CHECK(nt_gpt_end(&disk) == 256 - 5, "the end of a GPT");
  static const struct nt_range fits[] = {{64, 16, false}};
  CHECK(nt_gpt_write(&disk, fits, 1, random), "a GPT of 4096-byte sectors");
  CHECK(memcmp(bytes + 4096, "EFI PART", 8) == 0, "has its header there");
  CHECK(nt_gpt_set_attributes(&disk, 1, UINT64_C(1) << 60, &written) &&
            written == 2,
        "attributes go into both copies");
  CHECK(last_write == 4096, "the one at the end first: one of them is whole");
  CHECK(nt_gpt_set_attributes(&disk, 129, 0, &written) && written == 0,
        "an entry that is not there is in none");
  bytes[4096] ^= 1;
  CHECK(nt_gpt_open(&disk, &gpt) && gpt.entries && gpt.lba == 255,
        "the copy stands in for the first");
  const uint8_t *entry = nt_gpt_entry(&gpt, 1);
  CHECK(entry && nt_get_u64(entry + NT_GPT_ATTRIBUTES) == UINT64_C(1) << 60 &&
            nt_gpt_range(&gpt, entry, &range) && range.start == 64 &&
            range.count == 16,
        "with all that it says");
  CHECK(!nt_gpt_entry(&gpt, 0) && !nt_gpt_entry(&gpt, 129), "and no more");
  nt_gpt_close(&gpt);
  CHECK(nt_gpt_set_attributes(&disk, 1, 0, &written) && written == 1,
        "a copy that is not whole is left alone");
}

/* W4 */
static void test_types(void) {
  static const struct {
    uint8_t type;
    enum nt_partition_use use;
  } rows[] = {
      {0x00, NT_USE_NOTHING},   {0x01, NT_USE_VOLUME},
      {0x04, NT_USE_VOLUME},    {0x05, NT_USE_NOTHING},
      {0x06, NT_USE_VOLUME},    {0x07, NT_USE_VOLUME},
      {0x0B, NT_USE_VOLUME},    {0x0C, NT_USE_VOLUME},
      {0x0E, NT_USE_VOLUME},    {0x0F, NT_USE_NOTHING},
      {0x11, NT_USE_NO_LETTER}, {0x12, NT_USE_NO_LETTER},
      {0x14, NT_USE_NO_LETTER}, {0x16, NT_USE_NO_LETTER},
      {0x17, NT_USE_NO_LETTER}, {0x1B, NT_USE_NO_LETTER},
      {0x1C, NT_USE_NO_LETTER}, {0x1E, NT_USE_NO_LETTER},
      {0x27, NT_USE_NO_LETTER}, {0x42, NT_USE_PIECE},
      {0x82, NT_USE_NO_LETTER}, {0x83, NT_USE_NO_LETTER},
      {0x85, NT_USE_NOTHING},   {0xEE, NT_USE_NOTHING},
      {0xEF, NT_USE_NO_LETTER},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    CHECK(nt_mbr_use(rows[i].type) == rows[i].use, "W4: MBR type %02X",
          rows[i].type);
  }
}

static enum nt_partition_use use_of(const char *first, uint64_t attributes) {
  uint8_t entry[NT_GPT_ENTRY] = {0};
  for (size_t i = 0; i < 16; i++) {
    char pair[3] = {first[2 * i], first[2 * i + 1], 0};
    entry[i] = (uint8_t)strtoul(pair, NULL, 16);
  }
  nt_put_u64(entry + NT_GPT_ATTRIBUTES, attributes);
  return nt_gpt_use(entry);
}

/* GUIDs as their bytes lie on the disk. */
static void test_gpt_types(void) {
  static const char basic[] = "a2a0d0ebe5b9334487c068b6b72699c7";
  static const uint64_t top = UINT64_C(1) << 63;
  CHECK(use_of(basic, 0) == NT_USE_VOLUME, "W4: basic data has a letter");
  CHECK(use_of(basic, top) == NT_USE_NO_LETTER, "W4: bit 63 means no letter");
  CHECK(use_of(basic, top >> 1) == NT_USE_NO_LETTER, "W4: and so does hidden");
  CHECK(use_of(basic, 1 | top >> 3) == NT_USE_VOLUME,
        "W4: other attributes do not");
  CHECK(use_of("28732ac11ff8d211ba4b00a0c93ec93b", 0) == NT_USE_NO_LETTER,
        "W4: the EFI system partition has none");
  CHECK(use_of("a4bb94ded106404da16abfd50179d6ac", 0) == NT_USE_NO_LETTER,
        "W4: recovery has none");
  CHECK(use_of("af3dc60f838472478e793d69d8477de4", 0) == NT_USE_NO_LETTER,
        "W4: a file system of Linux has none");
  CHECK(use_of("16e3c9e35c0bb84d817df92df00215ae", top) == NT_USE_NOTHING,
        "W4: the MSR is no volume");
  CHECK(use_of("aac808588f7ee04285d2e1e90434cfb3", 0) == NT_USE_NOTHING,
        "W4: the description of dynamic disks is none");
  CHECK(use_of("a0609baf3114624fbc683311714a69ad", 0) == NT_USE_PIECE,
        "W4: the data of a dynamic disk is a piece");
}

/* W7 */
static void test_type_for(void) {
  static const struct {
    const char *fs;
    uint8_t now, then;
    uint64_t start, count;
  } rows[] = {
      {"FAT12", 0x07, 0x01, 2048, 4096},
      {"FAT16", 0x07, 0x04, 2048, 65535},
      {"FAT16", 0x07, 0x06, 2048, 65536},
      {"FAT16", 0x0E, 0x0E, 2048, 65536},
      {"FAT16", 0x07, 0x0E, 20000000, 65536},
      {"FAT32", 0x07, 0x0B, 2048, 1 << 20},
      {"FAT32", 0x0C, 0x0C, 2048, 1 << 20},
      {"FAT32", 0x07, 0x0C, 20000000, 1 << 20},
      {"NTFS", 0x0C, 0x07, 2048, 1 << 20},
      {"exFAT", 0x83, 0x07, 2048, 1 << 20},
      {"FAT32", 0x17, 0x1B, 2048, 1 << 20},
      {"NTFS", 0x1C, 0x17, 2048, 1 << 20},
      {"FAT32", 0xEF, 0xEF, 2048, 1 << 20},
      {"NTFS", 0x27, 0x27, 2048, 1 << 20},
      {"NTFS", 0x42, 0x42, 2048, 1 << 20},
      {"RAW", 0x0C, 0x0C, 2048, 1 << 20},
      {"btrfs", 0x83, 0x83, 2048, 1 << 20},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const struct nt_range range = {rows[i].start, rows[i].count, false};
    CHECK(nt_mbr_type_for(rows[i].fs, rows[i].now, &range) == rows[i].then,
          "W7: %s on a partition of type %02X makes it %02X", rows[i].fs,
          rows[i].now, rows[i].then);
  }
}

/* ---- what a disk is ------------------------------------------------------ */

static void put_entry(int index, uint8_t type, uint32_t start, uint32_t count) {
  uint8_t *at = bytes + 446 + 16 * index;
  at[4] = type;
  nt_put_u32(at + 8, start);
  nt_put_u32(at + 12, count);
  bytes[510] = 0x55;
  bytes[511] = 0xAA;
}

static struct nt_table opened;

/* "none", "mbr 2", "gpt 1", "gpt damaged", with the number of partitions. */
static const char *what_is(uint32_t sector_size) {
  static const char *const styles[] = {"none", "mbr", "gpt"};
  static char text[40];
  struct nt_region region = memory();
  struct nt_partition part;
  uint32_t cursor = 0, count = 0;
  if (!nt_table_open(&region, sector_size, &opened)) {
    return "unreadable";
  }
  while (nt_table_next(&opened, &cursor, &part)) {
    count++;
  }
  snprintf(text, sizeof(text), "%s %u%s", styles[opened.style], count,
           opened.damaged ? " damaged" : "");
  nt_table_close(&opened);
  return text;
}

static void put_gpt(uint32_t sector_size) {
  static const struct nt_range ranges[] = {{64, 16, false}};
  uint8_t random[2][16] = {{1}, {2}};
  struct nt_region region = memory();
  const struct nt_disk disk = {&region, sector_size};
  memset(bytes, 0, LENGTH);
  nt_gpt_write(&disk, ranges, 1, random);
}

/* W5 */
static void test_protective(void) {
  put_gpt(512);
  CHECK_TEXT(what_is(0), "gpt 1", "W5: a GPT");
  bytes[512] ^= 1;
  CHECK_TEXT(what_is(0), "gpt 1", "W5: its copy is used");
  bytes[LENGTH - 512] ^= 1;
  CHECK_TEXT(what_is(0), "gpt 0 damaged", "W5: without both, no volume");
  memset(bytes + 446, 0, 16);
  put_entry(2, 0xEE, 1, 100);
  CHECK_TEXT(what_is(0), "gpt 0 damaged", "W5: wherever the entry stands");
  put_gpt(4096);
  CHECK_TEXT(what_is(0), "gpt 1", "W5: a GPT of 4096-byte sectors");
  CHECK(opened.sector_size == 4096, "W5: which are found");
  CHECK_TEXT(what_is(4096), "gpt 1", "W5: or given");
  CHECK_TEXT(what_is(512), "gpt 0 damaged", "W5: the other size is wrong");
  CHECK(opened.elsewhere == 4096, "W5: and it is known which is right");
  bytes[4096] ^= 1;
  CHECK_TEXT(what_is(0), "gpt 1", "W5: and a copy of such a GPT");
  put_gpt(512);
  memcpy(bytes + 65536 + 64, "_BHRfS_M", 8);
  CHECK_TEXT(what_is(0), "gpt 1", "W5: what is left of another file system");
  bytes[512] ^= 1;
  bytes[LENGTH - 512] ^= 1;
  put_fat(4085, false);
  put_entry(0, 0xEE, 1, 2047);
  CHECK_TEXT(what_is(0), "gpt 0 damaged", "W5: and of a FAT in front");
}

/* A boot sector and an MBR end in the same two bytes. */
static void test_superfloppy(void) {
  put_fat(4085, false);
  put_entry(0, 0x07, 64, 128);
  CHECK_TEXT(what_is(0), "none 0", "a FAT whose code looks like an entry");
  memset(bytes, 0, LENGTH);
  memcpy(bytes, "\xEB\x58\x90-FVE-FS-", 11);
  CHECK_TEXT(what_is(0), "none 0", "BitLocker without a table");
  put_entry(1, 0x07, 64, 128);
  CHECK_TEXT(what_is(0), "none 0", "and with bytes that look like an entry");
  put_entry(0, 0xEE, 77, 128);
  CHECK_TEXT(what_is(0), "none 0", "even like one that protects a GPT");
  memset(bytes, 0, LENGTH);
  memcpy(bytes, "\xEB\x52\x90NTFS    ", 11);
  put_entry(0, 0, 0, 0);
  CHECK_TEXT(what_is(0), "none 0", "NTFS that is damaged");
  put_entry(0, 0x07, 64, 128);
  CHECK_TEXT(what_is(0), "mbr 1", "a table in what is left of it");
  memset(bytes, 0, LENGTH);
  put_entry(0, 0, 64, 128);
  put_entry(1, 0xEF, 64, 128);
  CHECK_TEXT(what_is(0), "mbr 1", "an entry of type 0 is empty");
  put_entry(0, 0x17, 0, 600);
  CHECK_TEXT(what_is(0), "mbr 2", "a partition may hold the table and others");
  put_entry(3, 0x07, 1000, 4000000);
  CHECK_TEXT(what_is(0), "mbr 3", "and reach past the end of the disk");
}

/* ---- containers ---------------------------------------------------------- */

static void put_big(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    at[i] = (uint8_t)(value >> (24 - 8 * i));
  }
}

/* A footer of a VHD with its sum, in the last bytes of the region. */
static uint8_t *put_footer(uint32_t size, uint32_t type, uint32_t length) {
  uint8_t *at = bytes + LENGTH - size;
  uint32_t sum = 0;
  memset(at, 0, size);
  memcpy(at, "conectix", 8);
  put_big(at + 52, length);
  put_big(at + 60, type);
  for (uint32_t i = 0; i < size; i++) {
    sum += at[i];
  }
  put_big(at + 64, ~sum);
  return at;
}

static const char *container(uint64_t *length) {
  struct nt_region region = memory();
  struct nt_container found;
  if (!nt_container_look(&region, &found)) {
    return "unreadable";
  }
  *length = found.length;
  return found.name != NULL ? found.name : "a disk";
}

static void test_vhd(void) {
  uint64_t length = 0;
  memset(bytes, 0, LENGTH);
  CHECK_TEXT(container(&length), "a disk", "zeros are a disk");
  CHECK(length == LENGTH, "of their size");
  uint8_t *footer = put_footer(512, 2, LENGTH - 512);
  CHECK_TEXT(container(&length), "a disk", "a VHD of fixed size is one");
  CHECK(length == LENGTH - 512, "without its footer");
  memcpy(bytes, "QFI\xFB\0\0\0\3", 8);
  CHECK_TEXT(container(&length), "a disk", "whatever it begins with");
  footer[9] ^= 1;
  CHECK_TEXT(container(&length), "VHD with a damaged footer",
             "the sum of a footer is looked at");
  put_footer(512, 2, LENGTH);
  CHECK_TEXT(container(&length), "VHD with a damaged footer",
             "and whether the disk is there");
  put_footer(512, 3, LENGTH);
  CHECK_TEXT(container(&length), "dynamic VHD", "a VHD that grows is none");
  put_footer(512, 4, LENGTH);
  CHECK_TEXT(container(&length), "differencing VHD", "nor a part of one");
  memset(bytes, 0, LENGTH);
  put_footer(511, 2, LENGTH - 512);
  CHECK_TEXT(container(&length), "a disk", "an old footer is a byte shorter");
  CHECK(length == LENGTH - 512, "and is no part of the disk, too");
  memset(bytes, 0, LENGTH);
  memcpy(bytes, "conectix", 8);
  CHECK_TEXT(container(&length), "VHD with a damaged footer",
             "a VHD that has lost its end");
}

static void test_containers(void) {
  static const struct {
    uint32_t at;
    const char *first, *name;
  } rows[] = {
      {0, "QFI\xFB", "qcow2"},
      {0, "vhdxfile", "VHDX"},
      {0, "KDMV", "VMDK"},
      {0, "# disk descriptorfile\n", "VMDK (its description)"},
      {64, "\x7F\x10\xDA\xBE", "VDI"},
      {0, "QED", "QED"},
      {0, "WithouFreSpacExt", "Parallels"},
      {0, "Bochs Virtual HD Image", "Bochs"},
      {0, "EVF\x09\r\n\xFF", "EWF (E01)"},
      {0, "AFF10\r\n", "AFF"},
      {0, "MSWIM", "WIM"},
      {0, "#!/bin/sh\n#V2.0 Format\n", "cloop"},
      {0,
       "\xFD"
       "7zXZ",
       "xz file"},
      {257, "ustar", "tar archive"},
      {LENGTH - 512, "koly", NULL},
  };
  uint64_t length = 0;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    memset(bytes, 0, LENGTH);
    memcpy(bytes + rows[i].at, rows[i].first, strlen(rows[i].first));
    CHECK_TEXT(container(&length), rows[i].name ? rows[i].name : "a disk",
               "what begins with %s", rows[i].name ? rows[i].name : "koly");
  }
  memset(bytes, 0, LENGTH);
  memcpy(bytes + LENGTH - 512, "koly\0\0\0\4\0\0\2", 12);
  CHECK_TEXT(container(&length), "DMG", "an image of macOS has a trailer");
  memset(bytes, 0, LENGTH);
  memcpy(bytes + LENGTH - 12, "NER5", 4);
  bytes[LENGTH - 2] = 0x80;
  CHECK_TEXT(container(&length), "a disk", "NER5 alone is chance");
  memcpy(bytes + 0x8000, "CUEX", 4);
  CHECK_TEXT(container(&length), "Nero image", "with its list it is Nero's");
  memset(bytes, 0, LENGTH);
  broken_at = LENGTH - 1;
  CHECK_TEXT(container(&length), "unreadable", "an end that cannot be read");
  broken_at = 1;
  CHECK_TEXT(container(&length), "unreadable", "a start that cannot be read");
  broken_at = 0;
}

int main(void) {
  test_types();
  test_gpt_types();
  test_type_for();
  test_protective();
  test_superfloppy();
  test_vhd();
  test_containers();
  test_fat_kinds();
  test_fat_rules();
  test_fat_table();
  test_fat_dirty();
  test_ntfs_dirty();
  test_bitlocker();
  test_iso();
  test_btrfs();
  test_unreadable();
  test_sectors();
  test_attributes();
  return check_done();
}
