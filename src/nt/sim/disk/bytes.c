/* Presents volumes and disks as regions for the parsers, and turns what a
 * parser finds wrong into a refusal. */
#include "bytes.h"

#include <string.h>

#include "image.h"

static bool read_bytes(void *from, uint64_t offset, void *buf, size_t length) {
  struct sim_bytes *b = from;
  b->status = nt__sim_image_read(b->r, b->extents, b->extent_count, offset, buf,
                                 length);
  return nt_ok(b->status);
}

static bool write_bytes(void *from, uint64_t offset, const void *buf,
                        size_t length) {
  struct sim_bytes *b = from;
  b->status = nt__sim_image_write(b->r, b->extents, b->extent_count, offset,
                                  buf, length);
  return nt_ok(b->status);
}

nt_status nt__sim_bytes_open(const struct sim_request *r,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t length, struct sim_bytes *out) {
  nt_status status = NT_STATUS_SUCCESS;
  for (uint32_t i = 0; nt_ok(status) && i < count; i++) {
    status = nt__sim_image(r, extents[i].disk);
  }
  *out = (struct sim_bytes){{out, length, read_bytes, write_bytes, false, NULL},
                            r,
                            extents,
                            count,
                            NT_STATUS_SUCCESS};
  return status;
}

nt_status nt__sim_bytes_status(const struct sim_bytes *b, bool good) {
  if (good || b->region.failed) {
    return good ? NT_STATUS_SUCCESS : b->status;
  }
  return nt_refuse(b->r->err, NT_REASON_FILE_SYSTEM, "%s", b->region.damage);
}

/* ---- partition tables ---------------------------------------------------- */

nt_status nt__sim_disk_open(const struct sim_request *r,
                            const struct sim_disk *disk,
                            struct sim_disk_bytes *out) {
  out->whole = (struct nt_extent){disk->number, 0, disk->length};
  out->disk = (struct nt_disk){&out->bytes.region, disk->sector_size};
  return nt__sim_bytes_open(r, &out->whole, 1, disk->length, &out->bytes);
}

static nt_status damaged(const struct sim_request *r, const char *what) {
  return nt_refuse(r->err, NT_REASON_PARTITION_TABLE, "%s", what);
}

nt_status nt__sim_table_status(const struct sim_disk_bytes *b, bool good) {
  if (good || b->bytes.region.failed) {
    return good ? NT_STATUS_SUCCESS : b->bytes.status;
  }
  return damaged(b->bytes.r, b->bytes.region.damage);
}

nt_status nt__sim_gpt_open(const struct sim_request *r,
                           const struct sim_disk *disk, struct nt_gpt *out) {
  struct sim_disk_bytes b;
  NT_TRY(nt__sim_disk_open(r, disk, &b));
  NT_TRY(nt__sim_table_status(&b, nt_gpt_open(&b.disk, out)));
  return out->entries == NULL
             ? damaged(r, "neither copy of the partition table is whole")
             : NT_STATUS_SUCCESS;
}

static nt_status no_entry(const struct sim_request *r, uint32_t number) {
  char what[60];
  nt_format_text(what, sizeof what, "the partition table has no entry %u",
                 number);
  return damaged(r, what);
}

nt_status nt__sim_gpt_entry(const struct sim_request *r,
                            const struct sim_disk *disk, uint32_t number,
                            uint8_t out[NT_GPT_ENTRY]) {
  struct nt_gpt gpt;
  nt_status status = nt__sim_gpt_open(r, disk, &gpt);
  if (!nt_ok(status)) {
    return status;
  }
  const uint8_t *entry = nt_gpt_entry(&gpt, number);
  if (entry) {
    memcpy(out, entry, NT_GPT_ENTRY);
  } else {
    status = no_entry(r, number);
  }
  nt_gpt_close(&gpt);
  return status;
}

nt_status nt__sim_gpt_set_attributes(const struct sim_request *r,
                                     const struct sim_disk *disk,
                                     uint32_t number, uint64_t attributes) {
  struct sim_disk_bytes b;
  unsigned written = 0;
  NT_TRY(nt__sim_disk_open(r, disk, &b));
  NT_TRY(nt__sim_table_status(
      &b, nt_gpt_set_attributes(&b.disk, number, attributes, &written)));
  return written == 0 ? no_entry(r, number) : NT_STATUS_SUCCESS;
}

/* ---- probing ------------------------------------------------------------- */

/* A file system that NT does not mount on a device of this type is RAW there.
 */
nt_status nt__sim_image_probe(const struct sim_request *r,
                              const struct nt_extent *extents, uint32_t count,
                              uint64_t length, struct nt_probe *out) {
  struct sim_disk disk;
  struct sim_bytes b;
  if (length == 0) {
    return nt__sim_no_medium(r->err);
  }
  NT_TRY(nt__sim_bytes_open(r, extents, count, length, &b));
  NT_TRY(nt__sim_bytes_status(&b, nt_recognise(&b.region, out)));
  NT_TRY(nt__sim_load_disk(r, extents[0].disk, &disk));
  if (!nt__sim_fsd_mounts(out->file_system, disk.flags & NT_DISK_CDROM)) {
    *out = (struct nt_probe){.file_system = "RAW"};
  }
  return NT_STATUS_SUCCESS;
}

/* What the signatures do not tell, libblkid may where it is there: it sees one
 * piece of a file. So every build has the same word for what both know. */
nt_status nt__sim_image_content(const struct sim_request *r,
                                const struct nt_extent *extents, uint32_t count,
                                uint64_t length, char buf[32]) {
  struct sim_bytes b;
  struct nt_probe probe = {.file_system = "RAW"};
  NT_TRY(nt__sim_bytes_open(r, extents, count, length, &b));
  const char *name = nt_foreign_name(&b.region);
  if (b.region.failed) {
    return b.status;
  }
  if (name == NULL && count == 1) {
    NT_TRY(nt_probe(r->m->images[extents[0].disk].file, extents[0].offset,
                    length, &probe, r->err));
    name = strcmp(probe.file_system, "RAW") != 0 ? probe.file_system : NULL;
  }
  nt_copy(buf, 32, name != NULL ? name : "");
  return NT_STATUS_SUCCESS;
}
