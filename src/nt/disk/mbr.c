/*
 * The master boot record. Layout: UEFI specification 2.10, section 5.2.1
 * "Legacy Master Boot Record" and 5.2.3 "Protective MBR". Extended partitions
 * are read, not written: a chain of records like it, each with one logical
 * partition and a link to the next, which counts from the start of the first.
 */
#include <string.h>

#include "table.h"

#define ENTRY(sector, i) ((sector) + 446 + 16 * (i))

#define TYPE_IFS 0x07U /* the type that Windows gives a data partition */

/* The geometry that every BIOS and Windows use for disks of any size. */
#define HEADS 255U
#define SECTORS_PER_TRACK 63U

uint64_t nt_disk_sectors(const struct nt_disk *disk) {
  uint32_t size = disk->sector_size;
  return size >= 512 && size <= 4096 && nt_is_power_of_two(size)
             ? disk->region->length / size
             : 0;
}

static bool is_signed(const uint8_t *sector) {
  return sector[510] == 0x55 && sector[511] == 0xAA;
}

enum nt_mbr_kind nt_mbr_kind(const uint8_t sector[512]) {
  bool table = is_signed(sector);
  for (int i = 0; table && i < 4; i++) {
    if (ENTRY(sector, i)[4] == NT_MBR_TYPE_GPT) {
      return NT_MBR_PROTECTS_GPT;
    }
  }
  for (int i = 0; table && i < 4; i++) {
    uint8_t boot = ENTRY(sector, i)[0];
    table = boot == 0 || boot == 0x80; /* else the bytes are code or data */
  }
  return table ? NT_MBR_TABLE : NT_MBR_NONE;
}

bool nt_mbr_protects(const uint8_t sector[512]) {
  for (int i = 0; is_signed(sector) && i < 4; i++) {
    const uint8_t *entry = ENTRY(sector, i);
    if (entry[4] == NT_MBR_TYPE_GPT && nt_get_u32(entry + 8) == 1 &&
        nt_get_u32(entry + 12) != 0) {
      return true;
    }
  }
  return false;
}

bool nt_mbr_names_partition(const struct nt_disk *disk,
                            const uint8_t sector[512]) {
  bool table = nt_mbr_kind(sector) == NT_MBR_TABLE;
  for (int i = 0; table && i < 4; i++) {
    const uint8_t *entry = ENTRY(sector, i);
    uint64_t start = nt_get_u32(entry + 8), count = nt_get_u32(entry + 12);
    if (entry[4] != 0 && start != 0 && count != 0 &&
        start + count <= nt_disk_sectors(disk)) {
      return true;
    }
  }
  return false;
}

/* ---- reading ------------------------------------------------------------- */

struct chain {
  struct nt_mbr *out;
  struct nt_range extended;
  uint64_t at;           /* LBA of the record */
  uint32_t next_logical; /* number of the next logical partition */
};

/* Adds the entries as they are, with LBAs from the start of the disk. */
static struct nt_mbr_entry *add_record(struct nt_mbr *out,
                                       const uint8_t *sector, uint64_t base,
                                       uint64_t container) {
  struct nt_mbr_entry *first = &out->entries[out->count];
  for (int i = 0; i < 4; i++) {
    const uint8_t *at = ENTRY(sector, i);
    bool link = nt_mbr_is_container(at[4]);
    first[i] =
        (struct nt_mbr_entry){at[0],
                              at[4],
                              0,
                              {nt_get_u32(at + 8) + (link ? container : base),
                               nt_get_u32(at + 12), false},
                              base,
                              (uint32_t)i};
  }
  out->count += 4;
  return first;
}

static bool is_link(const struct nt_mbr_entry *entry) {
  return entry->range.count != 0 && nt_mbr_is_container(entry->type);
}

static bool is_volume(const struct nt_mbr_entry *entry) {
  return entry->range.count != 0 && entry->type != 0 &&
         !nt_mbr_is_container(entry->type);
}

/* Later entries of a record in the chain are rarely used: what they say must
 * lie within the extended partition. */
static bool is_within(const struct nt_range *range,
                      const struct nt_range *extended, int index) {
  return index < 2 ||
         (range->start >= extended->start &&
          range->start + range->count <= extended->start + extended->count);
}

/* Adds one record of the chain; `at` becomes the place of the next one, 0 at
 * the end. */
static void add_logical(struct chain *c, const uint8_t *sector) {
  struct nt_mbr_entry *entries =
      add_record(c->out, sector, c->at, c->extended.start);
  c->at = 0;
  for (int i = 0; i < 4; i++) {
    if (is_volume(&entries[i]) &&
        is_within(&entries[i].range, &c->extended, i)) {
      entries[i].number = c->next_logical++;
    }
    if (is_link(&entries[i]) && c->at == 0) {
      c->at = entries[i].range.start;
    }
  }
}

/* A link behind the end of the disk ends the chain. */
static bool read_chain(const struct nt_disk *disk, struct chain *c) {
  uint8_t sector[512];
  while (c->at != 0 && c->at < nt_disk_sectors(disk) &&
         c->out->count < 4 * NT_MBR_RECORDS) {
    if (!nt_region_read(disk->region, c->at * disk->sector_size, sector,
                        sizeof sector)) {
      return false;
    }
    if (!is_signed(sector)) {
      break;
    }
    add_logical(c, sector);
  }
  return true;
}

bool nt_mbr_read(const struct nt_disk *disk, const uint8_t sector[512],
                 struct nt_mbr *out) {
  *out = (struct nt_mbr){.signature = nt_get_u32(sector + NT_MBR_SIGNATURE)};
  struct nt_mbr_entry *entries = add_record(out, sector, 0, 0);
  struct chain c = {.out = out, .next_logical = 5};
  bool good = true;
  for (uint32_t i = 0; i < 4; i++) {
    entries[i].number = is_volume(&entries[i]) ? i + 1 : 0;
  }
  for (int i = 0; i < 4 && good; i++) {
    if (is_link(&entries[i])) {
      c.extended = entries[i].range;
      c.at = c.extended.start;
      good = read_chain(disk, &c);
    }
  }
  return good;
}

/* ---- writing ------------------------------------------------------------- */

uint64_t nt_mbr_end(const struct nt_disk *disk) {
  uint64_t sectors = nt_disk_sectors(disk);
  return sectors < UINT32_MAX ? sectors : UINT32_MAX;
}

/* Writes cylinder, head and sector. A place past cylinder 1023 gets the last
 * possible values. */
static void put_chs(uint8_t *at, uint64_t lba) {
  uint64_t cylinder = lba / (HEADS * SECTORS_PER_TRACK);
  uint64_t head = lba / SECTORS_PER_TRACK % HEADS;
  uint64_t sector = lba % SECTORS_PER_TRACK + 1;
  if (cylinder > 1023) {
    cylinder = 1023, head = HEADS - 1, sector = SECTORS_PER_TRACK;
  }
  at[0] = (uint8_t)head;
  at[1] = (uint8_t)(sector | (cylinder >> 8 << 6));
  at[2] = (uint8_t)cylinder;
}

/* Its place counts from sector `base`. */
static void put_entry(uint8_t *at, uint8_t type, const struct nt_range *r,
                      uint64_t base) {
  put_chs(at + 1, r->start);
  at[4] = type;
  put_chs(at + 5, r->start + r->count - 1);
  nt_put_u32(at + 8, (uint32_t)(r->start - base));
  nt_put_u32(at + 12, (uint32_t)r->count);
}

/* Fills the rest of the sector with zeros, whatever its size is. */
static bool write_record(const struct nt_disk *disk, uint64_t lba,
                         uint8_t *sector) {
  sector[510] = 0x55;
  sector[511] = 0xAA;
  return nt_disk_sectors(disk) != 0
             ? nt_region_write(disk->region, lba * disk->sector_size, sector,
                               disk->sector_size)
             : nt_region_damaged(disk->region, "it has no sectors");
}

bool nt_mbr_write(const struct nt_disk *disk, uint32_t signature,
                  const struct nt_range *ranges, uint32_t count) {
  uint8_t sector[4096] = {0};
  nt_put_u32(sector + NT_MBR_SIGNATURE, signature);
  for (uint32_t i = 0; i < count; i++) {
    put_entry(ENTRY(sector, i), ranges[i].piece ? NT_MBR_TYPE_LDM : TYPE_IFS,
              &ranges[i], 0);
  }
  return write_record(disk, 0, sector);
}

/* Its only partition covers the rest of the disk, as far as 32 bits reach. */
bool nt_mbr_protect(const struct nt_disk *disk) {
  uint8_t sector[4096] = {0};
  uint64_t rest = nt_disk_sectors(disk) - 1;
  struct nt_range all = {.start = 1,
                         .count = rest < UINT32_MAX ? rest : UINT32_MAX};
  put_entry(ENTRY(sector, 0), NT_MBR_TYPE_GPT, &all, 0);
  memset(ENTRY(sector, 0) + 5, 0xFF, 3);
  return write_record(disk, 0, sector);
}

static bool put_type(const struct nt_disk *disk,
                     const struct nt_mbr_entry *entry, uint8_t type) {
  uint8_t sector[4096];
  uint64_t place = entry->record * disk->sector_size;
  if (!nt_region_read(disk->region, place, sector, disk->sector_size)) {
    return false;
  }
  ENTRY(sector, entry->index)[4] = type;
  return nt_region_write(disk->region, place, sector, disk->sector_size);
}

bool nt_mbr_set_type(const struct nt_disk *disk, uint32_t number,
                     uint8_t type) {
  struct nt_mbr mbr;
  uint8_t sector[512];
  if (nt_disk_sectors(disk) == 0 ||
      !nt_region_read(disk->region, 0, sector, sizeof sector) ||
      !nt_mbr_read(disk, sector, &mbr)) {
    return false;
  }
  for (uint32_t i = 0; i < mbr.count; i++) {
    if (number != 0 && mbr.entries[i].number == number) {
      return put_type(disk, &mbr.entries[i], type);
    }
  }
  return nt_region_damaged(disk->region, "it has no such partition");
}

/* ---- another table ------------------------------------------------------- */

/* The chain while it is written. */
struct writing {
  const struct nt_disk *disk;
  const struct nt_mbr *table;
  uint64_t at;       /* LBA of the record */
  uint64_t extended; /* start of the extended partition; 0: none so far */
  uint64_t next;     /* LBA of the next record; 0: there is none */
  bool writes;       /* else it is only looked whether it can be written */
};

/* A partition counts from its record, a link from the extended partition. */
static bool place_entry(struct writing *w, const struct nt_mbr_entry *entry,
                        uint8_t *at) {
  bool link = nt_mbr_is_container(entry->type);
  uint64_t base = link ? w->extended : w->at;
  if (entry->type == 0) {
    return true;
  }
  if (entry->range.count == 0 || entry->range.count > UINT32_MAX ||
      entry->range.start < base || entry->range.start - base > UINT32_MAX) {
    return nt_region_damaged(w->disk->region,
                             "a partition lies where no MBR can name it");
  }
  if (link && (w->next != 0 || entry->range.start <= w->at)) {
    return nt_region_damaged(w->disk->region,
                             "its extended partitions follow no order");
  }
  w->next = link ? entry->range.start : w->next;
  put_entry(at, entry->type, &entry->range, base);
  at[0] = entry->boot;
  return true;
}

/* Only the first record has code that stays. */
static bool replace_record(struct writing *w,
                           const struct nt_mbr_entry entries[4]) {
  uint8_t sector[4096] = {0};
  if (w->at == 0 &&
      !nt_region_read(w->disk->region, 0, sector, w->disk->sector_size)) {
    return false;
  }
  if (w->at == 0) {
    nt_put_u32(sector + NT_MBR_SIGNATURE, w->table->signature);
    memset(ENTRY(sector, 0), 0, 64);
  }
  w->next = 0;
  for (int i = 0; i < 4; i++) {
    if (!place_entry(w, &entries[i], ENTRY(sector, i))) {
      return false;
    }
  }
  return !w->writes || write_record(w->disk, w->at, sector);
}

/* A chain that ends in an empty record may leave that out. */
static bool replace_logical(struct writing *w) {
  static const struct nt_mbr_entry none[4];
  uint32_t i = 4;
  w->extended = w->next;
  while (w->next != 0) {
    bool listed = i + 4 <= w->table->count;
    w->at = w->next;
    if (!replace_record(w, listed ? &w->table->entries[i] : none)) {
      return false;
    }
    i += 4;
  }
  for (; i < w->table->count; i++) {
    if (w->table->entries[i].type != 0) {
      return nt_region_damaged(w->disk->region,
                               "a partition lies in no extended one");
    }
  }
  return true;
}

bool nt_mbr_replace(const struct nt_disk *disk, const struct nt_mbr *table) {
  if (nt_disk_sectors(disk) == 0 || table->count < 4) {
    return nt_region_damaged(disk->region, "it has no sectors");
  }
  for (int pass = 0; pass < 2; pass++) {
    struct writing w = {.disk = disk, .table = table, .writes = pass == 1};
    if (!replace_record(&w, table->entries) || !replace_logical(&w)) {
      return false;
    }
  }
  return true;
}
