/*
 * Reads which partitions a disk has, as src/nt/disk finds them, in bytes.
 */
#include <string.h>

#include "../../probe.h"
#include "partitions.h"

struct found {
  struct sim_layout *layout;
  struct sim_partition *out;
  uint32_t capacity;
};

static nt_status add(struct found *found, const struct nt_partition *part,
                     struct nt_error *err) {
  struct sim_layout *layout = found->layout;
  if (layout->count == found->capacity) {
    return nt_refuse_as(err, NT_STATUS_NOT_SUPPORTED, NT_REASON_PARTITION_TABLE,
                        "the disk has more than %u volumes", found->capacity);
  }
  struct sim_partition *out = &found->out[layout->count++];
  *out = (struct sim_partition){
      .number = part->number,
      .offset = part->range.start * layout->sector_size,
      .length = part->range.count * layout->sector_size,
      .use = part->use,
      .attributes = part->attributes,
  };
  nt_copy(out->type, sizeof out->type, part->type);
  nt_copy(out->id, sizeof out->id, part->id);
  nt_copy(out->name, sizeof out->name, part->name);
  return NT_STATUS_SUCCESS;
}

static nt_status take(struct found *found, const struct nt_table *table,
                      struct nt_error *err) {
  static const char *const styles[] = {"none", "mbr", "gpt"};
  struct nt_partition part;
  uint32_t cursor = 0;
  nt_copy(found->layout->style, sizeof found->layout->style,
          styles[table->style]);
  found->layout->sector_size = table->sector_size;
  found->layout->damaged = table->damaged;
  found->layout->elsewhere = table->elsewhere;
  while (nt_table_next(table, &cursor, &part)) {
    NT_TRY(add(found, &part, err));
  }
  return NT_STATUS_SUCCESS;
}

static nt_status failed_to_read(const struct nt_file_region *r,
                                struct nt_error *err) {
  if (!r->region.failed) {
    return nt_refuse(err, NT_REASON_PARTITION_TABLE, "%s", r->region.damage);
  }
  nt_error_about(err, NT_REASON_PARTITION_TABLE, "reading the partition table");
  return r->status;
}

nt_status nt__sim_partition_read(const struct nt_file *file, uint64_t length,
                                 struct sim_layout *layout,
                                 struct sim_partition *out, uint32_t capacity,
                                 struct nt_error *err) {
  struct nt_file_region r;
  struct nt_table table;
  struct found found = {layout, out, capacity};
  nt_file_region(file, 0, length, &r, err);
  layout->count = 0;
  bool good = nt_table_open(&r.region, layout->sector_size, &table);
  nt_status status = good ? take(&found, &table, err) : failed_to_read(&r, err);
  nt_table_close(&table);
  if (nt_ok(status) && table.style == NT_TABLE_NONE) {
    *out = (struct sim_partition){.length = length};
    layout->count = 1;
  }
  return status;
}

nt_status nt__sim_layout_damage(const struct sim_layout *layout,
                                struct nt_error *err) {
  nt_status status =
      nt_refuse(err, NT_REASON_PARTITION_TABLE,
                "its MBR protects a GPT, of which neither copy is whole%s",
                layout->elsewhere != 0 ? " with sectors of this size" : "");
  if (layout->elsewhere != 0) {
    nt_hints(
        err,
        "its GPT has sectors of %u bytes: give sector_size = %u, or leave "
        "it out",
        "its GPT has sectors of %u bytes: write %u: in front of the image, "
        "or leave the size out",
        layout->elsewhere, layout->elsewhere);
  } else {
    nt_hint(err, "mend it with gdisk, or name no volume to look at the disk");
  }
  return status;
}
