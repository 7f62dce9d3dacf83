/* What a disk is, as a whole: the decision between a volume, an MBR and a GPT,
 * and the partitions. The first byte of the input chooses the size of a sector,
 * or that it is to be found. */
#include "fuzz.h"

static void require_partition(const struct nt_partition *part) {
  fuzz_require(part->number > 0 && part->range.count > 0);
  fuzz_require_utf8(part->type, sizeof part->type);
  fuzz_require_utf8(part->id, sizeof part->id);
  fuzz_require_utf8(part->name, sizeof part->name);
  fuzz_require(part->range.start + part->range.count <= FUZZ_MOST_SECTORS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct nt_table table;
  static const uint32_t sizes[] = {0, 512, 4096};
  struct nt_region region;
  struct nt_partition part;
  uint32_t cursor = 0, count = 0;
  uint32_t sector = size > 0 ? sizes[data[0] % 3] : 0;
  fuzz_open(data + (size > 0), size - (size > 0), &region);
  fuzz_require(nt_table_open(&region, sector, &table));
  fuzz_require(sector == 0 || table.sector_size == sector);
  while (nt_table_next(&table, &cursor, &part)) {
    require_partition(&part);
    count++;
  }
  fuzz_require(count == 0 || (table.style != NT_TABLE_NONE && !table.damaged));
  nt_table_close(&table);
  const struct nt_disk disk = {&region, table.sector_size};
  if (region.length >= table.sector_size) {
    fuzz_require(nt_table_erase(&disk) && nt_table_open(&region, 0, &table));
    fuzz_require(table.style == NT_TABLE_NONE);
  }
  return 0;
}
