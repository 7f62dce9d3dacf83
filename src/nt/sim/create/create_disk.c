/* Creates the disks of a new machine, with their images and partition tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../db/schema.h"
#include "../db/store.h"
#include "../disk/image.h"
#include "../partition.h"
#include "../rules/collision.h"
#include "create.h"

/* ---- images -------------------------------------------------------------- */

static bool in_memory(const struct sim_creation *c) {
  return c->r.m->folder[0] == '\0';
}

static nt_status make_image(struct sim_creation *c, uint32_t number,
                            uint64_t length, char *image, size_t cap) {
  char path[2100];
  nt_format_text(image, cap, in_memory(c) ? "memory:disk%u" : "disk%u.img",
                 number);
  nt__sim_image_path(c->r.m, image, path, sizeof path);
  struct nt_file **file = &c->r.m->images[number].file;
  nt_status status = in_memory(c) ? nt_file_memory(image, file, c->r.err)
                                  : nt_file_create(path, file, c->r.err);
  if (!nt_ok(status)) {
    nt_error_about(c->r.err, NT_REASON_IMAGE, "making the image %s", path);
    return status;
  }
  c->made_image[number] = !in_memory(c);
  NT_TRY(nt__sim_claim_image(&c->r, image, true, *file));
  status = nt_file_resize(*file, length, c->r.err);
  if (!nt_ok(status)) {
    nt_error_about(c->r.err, NT_REASON_IMAGE,
                   "making the image %s of %llu bytes", path,
                   (unsigned long long)length);
    nt_hint(c->r.err,
            "choose a smaller disk, or a folder on a file system that holds "
            "files of this size, or raise the limit of them: ulimit -f");
  }
  return status;
}

static nt_status check_not_twice(struct sim_creation *c, uint32_t number) {
  for (uint32_t i = 0; i < number; i++) {
    if (c->r.m->images[i].file &&
        nt_file_same(c->r.m->images[i].file, c->r.m->images[number].file)) {
      return nt__sim_bad_spec(c->r.err, number,
                              "its image is the image of another disk",
                              "name each image once");
    }
  }
  return NT_STATUS_SUCCESS;
}

/* Opens an existing image; `image` gets its full path. */
static nt_status open_image(struct sim_creation *c, uint32_t number,
                            const struct nt_sim_disk_spec *spec, char *image,
                            size_t cap) {
  char *full;
  nt_status status = nt_path_full(spec->image, &full, c->r.err);
  if (nt_ok(status)) {
    status = nt_file_open(full, (spec->flags & NT_DISK_READONLY) == 0,
                          &c->r.m->images[number].file, c->r.err);
    size_t length = strlen(full);
    nt_copy(image, cap, full);
    free(full);
    if (nt_ok(status) && length >= cap) {
      nt_refuse_as(c->r.err, NT_STATUS_OBJECT_NAME_INVALID, NT_REASON_IMAGE,
                   "the path of the image %s has %zu bytes", spec->image,
                   length);
      nt_hint(c->r.err, "move it to a shorter one");
      return NT_STATUS_OBJECT_NAME_INVALID;
    }
  }
  if (!nt_ok(status)) {
    nt_error_about(c->r.err, NT_REASON_IMAGE, "the image %s", spec->image);
    nt_hint(c->r.err, "name an image that exists and is writable");
  }
  return status;
}

/* The bytes of the disk in an image, without a footer that lies behind them. */
static nt_status find_disk(struct sim_creation *c, uint32_t number,
                           const char *image, uint64_t bytes,
                           uint64_t *length) {
  nt_status status = nt__sim_image_disk(c->r.m->images[number].file, image,
                                        bytes, length, c->r.err);
  if (nt_because_of(c->r.err, NT_REASON_IMAGE_FORMAT)) {
    nt_error_about(c->r.err, NT_REASON_NONE, "disk %u", number);
  }
  return status;
}

static nt_status adopt_image(struct sim_creation *c, uint32_t number,
                             const struct nt_sim_disk_spec *spec,
                             uint64_t *length, char *image, size_t cap) {
  struct nt_file_facts facts;
  NT_TRY(open_image(c, number, spec, image, cap));
  nt_status status =
      nt_file_look(c->r.m->images[number].file, &facts, c->r.err);
  if (!nt_ok(status) || !facts.regular ||
      facts.length < nt__sim_spec_sector_size(spec)) {
    return nt__sim_bad_spec(
        c->r.err, number, "its image is not a file with a disk in it",
        "name a disk image; devices belong to the native machine");
  }
  c->r.m->images[number].readonly = (spec->flags & NT_DISK_READONLY) != 0;
  if (facts.length > (uint64_t)NT__SIM_MOST_BYTES) {
    return nt__sim_bad_spec(c->r.err, number, "its image is too large",
                            "use one of at most 128 PiB");
  }
  NT_TRY(find_disk(c, number, image, facts.length, length));
  NT_TRY(check_not_twice(c, number));
  NT_TRY(nt__sim_claim_image(&c->r, image, !c->r.m->images[number].readonly,
                             c->r.m->images[number].file));
  return nt__sim_allow_image(&c->r, image);
}

static nt_status write_table(struct sim_creation *c, uint32_t number,
                             const struct nt_sim_disk_spec *spec,
                             const char *image) {
  uint64_t sizes[NT_SIM_MAX_VOLUMES] = {0}, pieces = 0;
  char path[2100];
  uint32_t count = spec->volume_count ? spec->volume_count : 1;
  for (uint32_t i = 0; i < spec->volume_count; i++) {
    sizes[i] = spec->volumes[i].size;
    pieces |= (uint64_t)(spec->volumes[i].span != NULL) << i;
  }
  nt__sim_image_path(c->r.m, image, path, sizeof path);
  return nt__sim_partition_write(c->r.m->images[number].file, path, spec->style,
                                 nt__sim_spec_sector_size(spec), sizes, count,
                                 pieces, c->r.err);
}

/* Finds the partitions of a disk. A CD has no partitions: the whole CD is its
 * volume. */
static nt_status find_partitions(struct sim_creation *c, uint32_t number,
                                 uint64_t length, struct sim_layout *layout,
                                 struct sim_partition *parts) {
  const struct nt_sim_disk_spec *spec = &c->spec->disks[number];
  bool given = spec->sector_size != 0 || spec->image == NULL;
  *layout = (struct sim_layout){.style = "none",
                                .sector_size = nt__sim_spec_sector_size(spec)};
  if (nt__sim_spec_is_empty(spec) || spec->flags & NT_DISK_CDROM) {
    parts[0] =
        (struct sim_partition){.length = length - length % layout->sector_size};
    layout->count = 1;
    return NT_STATUS_SUCCESS;
  }
  layout->sector_size = given ? layout->sector_size : 0;
  NT_TRY(nt__sim_partition_read(c->r.m->images[number].file, length, layout,
                                parts, NT_SIM_MAX_VOLUMES, c->r.err));
  if (strcmp(layout->style, "none") == 0) {
    parts[0].length -= length % layout->sector_size;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- rows ---------------------------------------------------------------- */

static nt_status insert_disk(struct sim_creation *c, uint32_t number,
                             const char *image, uint64_t length,
                             const struct sim_layout *layout) {
  const struct nt_sim_disk_spec *spec = &c->spec->disks[number];
  char serial[SIM_SERIAL_MAX];
  nt_status status = NT_STATUS_SUCCESS;
  if (spec->serial) {
    nt_copy(serial, sizeof serial, spec->serial);
  } else {
    uint8_t b[6];
    status = nt_random(b, sizeof b, c->r.err);
    snprintf(serial, sizeof serial, "SIM%02X%02X%02X%02X%02X%02X", b[0], b[1],
             b[2], b[3], b[4], b[5]);
  }
  if (!nt_ok(status)) {
    return status;
  }
  uint32_t flags = spec->flags |
                   (nt__sim_spec_is_empty(spec) ? NT_DISK_NO_MEDIUM : 0) |
                   (layout->damaged ? NT_DISK_TABLE_DAMAGED : 0);
  return nt__sim_exec(
      &c->r,
      "INSERT INTO disk (number, image, made, length, sector_size, style, "
      "serial, model, flags) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?9, ?8)",
      SIM_ARGS(SIM_INT(number), SIM_TEXT(image),
               SIM_INT(!spec->image && !nt__sim_spec_is_empty(spec)),
               SIM_INT(length - length % layout->sector_size),
               SIM_INT(layout->sector_size), SIM_TEXT(layout->style),
               SIM_TEXT(serial), SIM_INT(flags),
               SIM_TEXT(spec->flags & NT_DISK_CDROM ? "ntvol simulated CD drive"
                                                    : "ntvol simulated disk")));
}

nt_status nt__sim_create_disk(struct sim_creation *c, uint32_t number,
                              struct sim_partition *parts) {
  const struct nt_sim_disk_spec *spec = &c->spec->disks[number];
  char image[1024];
  struct sim_layout layout = {.count = 0};
  uint64_t length = spec->size;
  nt_status status = NT_STATUS_SUCCESS;
  if (nt__sim_spec_is_empty(spec)) {
    image[0] = '\0';
  } else {
    status = spec->image
                 ? adopt_image(c, number, spec, &length, image, sizeof image)
                 : make_image(c, number, length, image, sizeof image);
  }
  if (nt_ok(status) && !spec->image &&
      strcmp(nt__sim_spec_style(spec), "none") != 0) {
    status = write_table(c, number, spec, image);
  }
  if (nt_ok(status)) {
    status = find_partitions(c, number, length, &layout, parts);
  }
  if (nt_ok(status)) {
    c->sector_size[number] = layout.sector_size;
    status = insert_disk(c, number, image, length, &layout);
  }
  if (nt_ok(status)) {
    status = nt__sim_insert_volumes(c, number, parts, &layout);
  }
  return nt_ok(status) ? nt__sim_first_arrival(&c->r, number) : status;
}
