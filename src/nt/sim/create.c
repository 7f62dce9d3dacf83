/* Creating a machine: its folder, images, partition tables and first rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "internal.h"
#include "machine.h"
#include "mount_points.h"

#define SERIAL_MAX 40

/* A volume in several pieces. */
struct span {
  const char *name;
  uint32_t disk;   /* of its first piece */
  uint32_t pieces; /* that were asked for */
  uint32_t made;
  int64_t volume; /* 0: not made yet */
};

struct creation {
  struct sim_machine *m;
  const struct nt_sim_spec *spec;
  bool made_folder, own_folder;
  bool made_image[NT_SIM_MAX_DISKS];
  bool letter_used[26];
  struct span spans[NT_SIM_MAX_SPANS];
  uint32_t span_count;
};

/* ---- small things -------------------------------------------------------- */

/* A version 4 GUID (RFC 4122), lower case, without braces. */
static nt_status new_guid(char buf[40], struct nt_error *err) {
  uint8_t b[16];
  nt_status status = nt_random(b, sizeof b, err);
  b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
  b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
  snprintf(buf, 40,
           "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
           "%02x%02x%02x%02x%02x%02x",
           b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
           b[11], b[12], b[13], b[14], b[15]);
  return status;
}

static nt_status bad_spec(struct nt_error *err, uint32_t disk,
                          const char *detail, const char *hint) {
  nt_fail(err, NT_STATUS_INVALID_PARAMETER, "spec", "disk %u: %s", disk,
          detail);
  nt_hint(err, "%s", hint);
  return NT_STATUS_INVALID_PARAMETER;
}

static uint32_t sector_size_of(const struct nt_sim_disk_spec *disk) {
  if (disk->flags & NT_DISK_CDROM) {
    return 2048;
  }
  return disk->sector_size ? disk->sector_size : 512;
}

static const char *style_of(const struct nt_sim_disk_spec *disk) {
  return disk->style ? disk->style : "none";
}

/* ---- what the caller asked for ------------------------------------------- */

/* The place of a letter in the alphabet, -1 for what is none. The locale has
 * no say in it. */
static int letter_index(char c) {
  if (c >= 'a' && c <= 'z') {
    return c - 'a';
  }
  return c >= 'A' && c <= 'Z' ? c - 'A' : -1;
}

static nt_status check_letter(struct creation *c, uint32_t disk,
                              const char *letter, struct nt_error *err) {
  if (!letter || !letter[0]) {
    return NT_STATUS_SUCCESS;
  }
  int index = letter_index(letter[0]);
  if (index < 0 || strcmp(letter + 1, ":") != 0) {
    return bad_spec(err, disk, "a drive letter is one letter and a colon",
                    "write it like D:");
  }
  if (c->letter_used[index]) {
    return bad_spec(err, disk, "the same drive letter is given twice",
                    "choose another letter");
  }
  c->letter_used[index] = true;
  return NT_STATUS_SUCCESS;
}

static nt_status check_mount_point(uint32_t disk, const char *path,
                                   struct nt_error *err) {
  if (nt__sim_is_mount_folder(path)) {
    return NT_STATUS_SUCCESS;
  }
  return bad_spec(err, disk, "that is not the name of a mount folder",
                  "write it like C:\\mnt\\data");
}

static struct span *find_span(struct creation *c, const char *name) {
  for (uint32_t i = 0; i < c->span_count; i++) {
    if (strcmp(c->spans[i].name, name) == 0) {
      return &c->spans[i];
    }
  }
  return NULL;
}

static nt_status check_piece(struct creation *c, uint32_t index,
                             const struct nt_sim_volume_spec *volume,
                             const struct span *span, struct nt_error *err) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  if (sector_size_of(disk) != sector_size_of(&c->spec->disks[span->disk])) {
    return bad_spec(err, index, "its sectors are not those of the first piece",
                    "use disks with equal sectors");
  }
  if ((volume->letter && volume->letter[0]) || volume->mount_points[0] ||
      volume->flags) {
    return bad_spec(err, index, "a further piece has names or flags of its own",
                    "give them to the first piece of the volume");
  }
  return span->pieces < NT_MAX_EXTENTS
             ? NT_STATUS_SUCCESS
             : bad_spec(err, index, "a volume has too many pieces",
                        "use at most 32");
}

static nt_status check_span(struct creation *c, uint32_t index,
                            const struct nt_sim_volume_spec *volume,
                            struct nt_error *err) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  if (!volume->span) {
    return NT_STATUS_SUCCESS;
  }
  if (disk->flags & NT_DISK_CDROM ||
      (!disk->image && strcmp(style_of(disk), "none") == 0)) {
    return bad_spec(err, index, "a piece of a volume is a partition",
                    "use the style mbr or gpt");
  }
  if (disk->flags & NT_DISK_REMOVABLE) {
    return bad_spec(err, index, "a removable disk has whole volumes only",
                    "leave the span out");
  }
  if (volume->flags & NT_VOLUME_CSV) {
    return bad_spec(err, index, "a cluster shared volume lies in one piece",
                    "leave the span out");
  }
  struct span *span = find_span(c, volume->span);
  if (!span && c->span_count == NT_SIM_MAX_SPANS) {
    return bad_spec(err, index, "too many volumes are in pieces",
                    "use several machines");
  }
  nt_status status = NT_STATUS_SUCCESS;
  if (span) {
    status = check_piece(c, index, volume, span, err);
  } else {
    span = &c->spans[c->span_count++];
    *span = (struct span){.name = volume->span, .disk = index};
  }
  span->pieces++;
  return status;
}

static nt_status check_spans(const struct creation *c, struct nt_error *err) {
  for (uint32_t i = 0; i < c->span_count; i++) {
    if (c->spans[i].pieces < 2) {
      return bad_spec(err, c->spans[i].disk,
                      "a volume in pieces has one piece only",
                      "give the same span to another volume");
    }
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_volume(struct creation *c, uint32_t index,
                              const struct nt_sim_volume_spec *volume,
                              struct nt_error *err) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  bool whole = strcmp(style_of(disk), "none") == 0;
  if (!disk->image && (volume->size % sector_size_of(disk) != 0 ||
                       (whole && volume->size && volume->size != disk->size))) {
    return bad_spec(err, index,
                    whole ? "its volume has another size than the disk"
                          : "the size of a volume is not whole sectors",
                    whole ? "leave the size of the volume out, or use the "
                            "style mbr or gpt"
                          : "give a size like 64M");
  }
  if (volume->flags & NT_VOLUME_CSV && c->spec->node_count == 0) {
    return bad_spec(err, index, "only the nodes of a cluster share a volume",
                    "name the nodes of the machine");
  }
  nt_status status = check_letter(c, index, volume->letter, err);
  for (int i = 0; i < NT_MAX_MOUNT_POINTS && volume->mount_points[i]; i++) {
    if (nt_ok(status)) {
      status = check_mount_point(index, volume->mount_points[i], err);
    }
  }
  return nt_ok(status) ? check_span(c, index, volume, err) : status;
}

/* A drive may be empty: no image, and no size of a new one. */
static bool is_empty(const struct nt_sim_disk_spec *disk) {
  return disk->flags & NT_DISK_REMOVABLE && !disk->image && disk->size == 0;
}

/* A CD is an image, read-only, and one volume without a partition table. */
static nt_status check_cd(uint32_t index, const struct nt_sim_disk_spec *disk,
                          struct nt_error *err) {
  if (!(disk->flags & NT_DISK_CDROM)) {
    return NT_STATUS_SUCCESS;
  }
  if (!disk->image && disk->size != 0) {
    return bad_spec(err, index, "a CD is not made, it is an image",
                    "give an image, or neither image nor size");
  }
  if ((disk->sector_size && disk->sector_size != 2048) ||
      disk->volume_count > 1) {
    return bad_spec(err, index,
                    "a CD has sectors of 2048 bytes and is one volume",
                    "leave the sector size out, and name one volume");
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_disk(struct creation *c, uint32_t index,
                            struct nt_error *err) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  uint32_t sector = sector_size_of(disk);
  bool table = strcmp(style_of(disk), "none") != 0;
  bool cd = (disk->flags & NT_DISK_CDROM) != 0;
  nt_status checked = check_cd(index, disk, err);
  if (!nt_ok(checked)) {
    return checked;
  }
  if (!cd && sector != 512 && sector != 4096) {
    return bad_spec(err, index, "the sector size is neither 512 nor 4096",
                    "use 512 or 4096");
  }
  if (table && strcmp(style_of(disk), "mbr") != 0 &&
      strcmp(style_of(disk), "gpt") != 0) {
    return bad_spec(err, index, "the partition style is unknown",
                    "use none, mbr or gpt");
  }
  if (disk->volume_count > NT_SIM_MAX_VOLUMES) {
    return bad_spec(err, index, "too many volumes", "use several disks");
  }
  if (is_empty(disk) && (table || disk->volume_count > 1)) {
    return bad_spec(err, index, "an empty drive is one volume",
                    "leave the style out, and name one volume");
  }
  if (!disk->image && !is_empty(disk) &&
      (disk->size == 0 || disk->size % sector != 0 || disk->size > INT64_MAX)) {
    return bad_spec(err, index, "the size is not a number of whole sectors",
                    "give a size like 64M");
  }
  if (!disk->image && !table && disk->volume_count > 1) {
    return bad_spec(err, index, "several volumes need a partition table",
                    "use the style mbr or gpt");
  }
  if (disk->serial && strlen(disk->serial) >= SERIAL_MAX) {
    return bad_spec(err, index, "the serial number is too long",
                    "use one of at most 39 bytes");
  }
  for (uint32_t i = 0; i < disk->volume_count; i++) {
    nt_status status = check_volume(c, index, &disk->volumes[i], err);
    if (!nt_ok(status)) {
      return status;
    }
  }
  return NT_STATUS_SUCCESS;
}

static nt_status bad_node(struct nt_error *err, uint32_t index,
                          const char *detail, const char *hint) {
  nt_fail(err, NT_STATUS_INVALID_PARAMETER, "spec", "node %u: %s", index + 1,
          detail);
  nt_hint(err, "%s", hint);
  return NT_STATUS_INVALID_PARAMETER;
}

static bool is_node_name(const char *name) {
  size_t length = strlen(name);
  for (const char *at = name; *at; at++) {
    if (letter_index(*at) < 0 && !(*at >= '0' && *at <= '9') && *at != '-') {
      return false;
    }
  }
  return length > 0 && length < NT_NODE_MAX;
}

static bool same_name(const char *a, const char *b) {
  return sqlite3_stricmp(a, b) == 0; /* the locale has no say in it */
}

static nt_status check_nodes(const struct nt_sim_spec *spec,
                             struct nt_error *err) {
  if (spec->node_count > NT_SIM_MAX_NODES) {
    return bad_node(err, NT_SIM_MAX_NODES, "too many nodes",
                    "a cluster has at most 64");
  }
  for (uint32_t i = 0; i < spec->node_count; i++) {
    if (!is_node_name(spec->nodes[i])) {
      return bad_node(err, i, "that is not the name of a node",
                      "use 1 to 15 letters, digits and -");
    }
    for (uint32_t j = 0; j < i; j++) {
      if (same_name(spec->nodes[i], spec->nodes[j])) {
        return bad_node(err, i, "another node has this name",
                        "name each node once");
      }
    }
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_spec(struct creation *c, struct nt_error *err) {
  nt_status checked = check_nodes(c->spec, err);
  if (!nt_ok(checked)) {
    return checked;
  }
  if (c->spec->disk_count > NT_SIM_MAX_DISKS) {
    return bad_spec(err, NT_SIM_MAX_DISKS, "too many disks",
                    "use several machines");
  }
  for (uint32_t i = 0; i < c->spec->disk_count; i++) {
    nt_status status = check_disk(c, i, err);
    if (!nt_ok(status)) {
      return status;
    }
  }
  return check_spans(c, err);
}

/* ---- images -------------------------------------------------------------- */

static bool in_memory(const struct creation *c) {
  return c->m->folder[0] == '\0';
}

static nt_status make_image(struct creation *c, uint32_t number,
                            uint64_t length, char *image, size_t cap,
                            struct nt_error *err) {
  char path[2100];
  nt_format_text(image, cap, in_memory(c) ? "memory:disk%u" : "disk%u.img",
                 number);
  nt__sim_image_path(c->m, image, path, sizeof path);
  struct nt_file **file = &c->m->images[number].file;
  nt_status status = in_memory(c) ? nt_file_memory(image, file, err)
                                  : nt_file_create(path, file, err);
  if (!nt_ok(status)) {
    nt_error_about(err, "image", "making the image %s", path);
    return status;
  }
  c->made_image[number] = !in_memory(c);
  status = nt_file_resize(*file, length, err);
  if (!nt_ok(status)) {
    nt_error_about(err, "image", "making the image %s of %llu bytes", path,
                   (unsigned long long)length);
    nt_hint(err,
            "choose a smaller disk, or a folder on a file system that "
            "holds files of this size");
  }
  return status;
}

static nt_status check_not_twice(struct creation *c, uint32_t number,
                                 struct nt_error *err) {
  for (uint32_t i = 0; i < number; i++) {
    if (c->m->images[i].file &&
        nt_file_same(c->m->images[i].file, c->m->images[number].file)) {
      return bad_spec(err, number, "its image is the image of another disk",
                      "name each image once");
    }
  }
  return NT_STATUS_SUCCESS;
}

/* Opens an existing image; `image` gets its full path. */
static nt_status open_image(struct creation *c, uint32_t number,
                            const struct nt_sim_disk_spec *spec, char *image,
                            size_t cap, struct nt_error *err) {
  char *full;
  nt_status status = nt_path_full(spec->image, &full, err);
  if (nt_ok(status)) {
    status = nt_file_open(full, (spec->flags & NT_DISK_READONLY) == 0,
                          &c->m->images[number].file, err);
    size_t length = strlen(full);
    nt_copy(image, cap, full);
    free(full);
    if (nt_ok(status) && length >= cap) {
      nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID, "image",
              "the path of the image %s has %zu bytes", spec->image, length);
      nt_hint(err, "move it to a shorter one");
      return NT_STATUS_OBJECT_NAME_INVALID;
    }
  }
  if (!nt_ok(status)) {
    nt_error_about(err, "image", "the image %s", spec->image);
    nt_hint(err, "name an image that exists and is writable");
  }
  return status;
}

static nt_status adopt_image(struct creation *c, uint32_t number,
                             const struct nt_sim_disk_spec *spec,
                             uint64_t *length, char *image, size_t cap,
                             struct nt_error *err) {
  struct nt_file_facts facts;
  nt_status status = open_image(c, number, spec, image, cap, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt_file_look(c->m->images[number].file, &facts, err);
  if (!nt_ok(status) || !facts.regular || facts.length < sector_size_of(spec)) {
    return bad_spec(err, number, "its image is not a file with a disk in it",
                    "name a disk image; devices belong to the native machine");
  }
  c->m->images[number].readonly = (spec->flags & NT_DISK_READONLY) != 0;
  *length = facts.length - facts.length % sector_size_of(spec);
  return check_not_twice(c, number, err);
}

static nt_status write_table(struct creation *c, uint32_t number,
                             const struct nt_sim_disk_spec *spec,
                             const char *image, struct nt_error *err) {
  uint64_t sizes[NT_SIM_MAX_VOLUMES] = {0}, pieces = 0;
  char path[2100];
  uint32_t count = spec->volume_count ? spec->volume_count : 1;
  for (uint32_t i = 0; i < spec->volume_count; i++) {
    sizes[i] = spec->volumes[i].size;
    pieces |= (uint64_t)(spec->volumes[i].span != NULL) << i;
  }
  nt__sim_image_path(c->m, image, path, sizeof path);
  return nt__sim_partition_write(c->m->images[number].file, path, spec->style,
                                 sector_size_of(spec), sizes, count, pieces,
                                 err);
}

/* The volumes of a disk: its partitions. A CD has none: it is its volume. */
static nt_status find_volumes(struct creation *c, uint32_t number,
                              uint64_t length, char style[8],
                              struct sim_partition *parts, uint32_t *count,
                              struct nt_error *err) {
  const struct nt_sim_disk_spec *spec = &c->spec->disks[number];
  if (is_empty(spec) || spec->flags & NT_DISK_CDROM) {
    parts[0] = (struct sim_partition){.length = length};
    nt_copy(style, 8, "none");
    *count = 1;
    return NT_STATUS_SUCCESS;
  }
  return nt__sim_partition_read(c->m->images[number].file, length,
                                sector_size_of(spec), style, parts,
                                NT_SIM_MAX_VOLUMES, count, err);
}

/* ---- rows ---------------------------------------------------------------- */

static nt_status insert_disk(struct creation *c, uint32_t number,
                             const char *image, uint64_t length,
                             const char *style, struct nt_error *err) {
  const struct nt_sim_disk_spec *spec = &c->spec->disks[number];
  char serial[SERIAL_MAX];
  nt_status status = NT_STATUS_SUCCESS;
  if (spec->serial) {
    nt_copy(serial, sizeof serial, spec->serial);
  } else {
    uint8_t b[6];
    status = nt_random(b, sizeof b, err);
    snprintf(serial, sizeof serial, "SIM%02X%02X%02X%02X%02X%02X", b[0], b[1],
             b[2], b[3], b[4], b[5]);
  }
  if (!nt_ok(status)) {
    return status;
  }
  return nt__sim_exec(
      c->m,
      "INSERT INTO disk (number, image, made, length, sector_size, style, "
      "serial, model, flags) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?9, ?8)",
      SIM_ARGS(SIM_INT(number), SIM_TEXT(image),
               SIM_INT(!spec->image && !is_empty(spec)), SIM_INT(length),
               SIM_INT(sector_size_of(spec)), SIM_TEXT(style), SIM_TEXT(serial),
               SIM_INT(spec->flags | (is_empty(spec) ? NT_DISK_NO_MEDIUM : 0)),
               SIM_TEXT(spec->flags & NT_DISK_CDROM ? "ntvol simulated CD drive"
                                                    : "ntvol simulated disk")),
      err);
}

static nt_status insert_mount_point(struct creation *c, uint32_t disk,
                                    int64_t volume, const char *path,
                                    struct nt_error *err) {
  int64_t taken;
  nt_status status =
      nt__sim_number(c->m, "SELECT count(*) FROM mount_point WHERE path = ?1",
                     SIM_ARGS(SIM_TEXT(path)), 0, &taken, err);
  if (nt_ok(status) && taken) {
    return bad_spec(err, disk, "the same mount folder is given twice",
                    "choose another folder");
  }
  if (!nt_ok(status)) {
    return status;
  }
  return nt__sim_exec(c->m,
                      "INSERT INTO mount_point (path, volume, kept) "
                      "VALUES (?1, ?2, 1)",
                      SIM_ARGS(SIM_TEXT(path), SIM_INT(volume)), err);
}

/* The next free letter from D: on; "" when all are taken. */
static void next_letter(struct creation *c, char letter[3]) {
  letter[0] = '\0';
  for (int i = 'D' - 'A'; i < 26 && !letter[0]; i++) {
    if (c->letter_used[i]) {
      continue;
    }
    c->letter_used[i] = true;
    snprintf(letter, 3, "%c:", 'A' + i);
  }
}

static nt_status insert_names(struct creation *c, uint32_t disk, int64_t volume,
                              const struct nt_sim_volume_spec *spec,
                              struct nt_error *err) {
  char letter[3];
  nt_status status = NT_STATUS_SUCCESS;
  if (spec && spec->letter) {
    snprintf(letter, sizeof letter, "%.2s", spec->letter);
  } else {
    next_letter(c, letter);
  }
  if (letter[0]) {
    letter[0] = (char)('A' + letter_index(letter[0]));
    status = insert_mount_point(c, disk, volume, letter, err);
  } else if (spec && spec->letter) {
    status = nt__sim_want_no_letter(c->m, volume, err);
  }
  for (int i = 0; spec && i < NT_MAX_MOUNT_POINTS && spec->mount_points[i];
       i++) {
    if (nt_ok(status)) {
      status = insert_mount_point(c, disk, volume, spec->mount_points[i], err);
    }
  }
  return status;
}

static nt_status insert_extent(struct creation *c, int64_t volume,
                               uint32_t ordinal, uint32_t disk,
                               const struct sim_partition *part,
                               struct nt_error *err) {
  return nt__sim_exec(c->m,
                      "INSERT INTO extent (volume, ordinal, disk, start, "
                      "length, partition_number) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                      SIM_ARGS(SIM_INT(volume), SIM_INT(ordinal), SIM_INT(disk),
                               SIM_INT(part->offset), SIM_INT(part->length),
                               SIM_INT(part->number)),
                      err);
}

static nt_status insert_volume(struct creation *c, uint32_t disk,
                               const struct sim_partition *part,
                               const struct nt_sim_volume_spec *spec,
                               int64_t *made, struct nt_error *err) {
  char guid[40];
  uint32_t sector = sector_size_of(&c->spec->disks[disk]);
  nt_status status = new_guid(guid, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_exec(
      c->m,
      "INSERT INTO volume (guid, length, sector_size, partition_number, "
      "partition_type, partition_id, partition_name, partition_attributes, "
      "flags, installed, verify_pending, node) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, 0, ?10)",
      SIM_ARGS(SIM_TEXT(guid), SIM_INT(part->length), SIM_INT(sector),
               SIM_INT(spec && spec->span ? 0 : part->number),
               SIM_TEXT(part->type), SIM_TEXT(part->id), SIM_TEXT(part->name),
               SIM_INT(part->attributes), SIM_INT(spec ? spec->flags : 0),
               SIM_INT(c->m->node)),
      err);
  *made = sqlite3_last_insert_rowid(c->m->db);
  if (nt_ok(status)) {
    status = insert_extent(c, *made, 0, disk, part, err);
  }
  return nt_ok(status) ? insert_names(c, disk, *made, spec, err) : status;
}

/* The first piece makes the volume, the others make it longer. */
static nt_status insert_piece(struct creation *c, uint32_t disk,
                              const struct sim_partition *part,
                              const struct nt_sim_volume_spec *spec,
                              struct nt_error *err) {
  struct span *span = find_span(c, spec->span);
  if (part->number == 0) {
    return bad_spec(err, disk, "a piece of a volume is a partition",
                    "the image has no partition table");
  }
  if (span->made++ == 0) {
    return insert_volume(c, disk, part, spec, &span->volume, err);
  }
  nt_status status =
      insert_extent(c, span->volume, span->made - 1, disk, part, err);
  return nt_ok(status)
             ? nt__sim_exec(
                   c->m, "UPDATE volume SET length = length + ?2 WHERE id = ?1",
                   SIM_ARGS(SIM_INT(span->volume), SIM_INT(part->length)), err)
             : status;
}

static nt_status insert_volumes(struct creation *c, uint32_t disk,
                                const struct sim_partition *parts,
                                uint32_t count, struct nt_error *err) {
  const struct nt_sim_disk_spec *spec = &c->spec->disks[disk];
  if (spec->volume_count > count) {
    return bad_spec(err, disk, "fewer volumes are on the image than were named",
                    "look at its partition table with fdisk -l");
  }
  for (uint32_t i = 0; i < count; i++) {
    int64_t made;
    const struct nt_sim_volume_spec *volume =
        i < spec->volume_count ? &spec->volumes[i] : NULL;
    nt_status status =
        volume && volume->span
            ? insert_piece(c, disk, &parts[i], volume, err)
            : insert_volume(c, disk, &parts[i], volume, &made, err);
    if (!nt_ok(status)) {
      return status;
    }
  }
  return NT_STATUS_SUCCESS;
}

/* ---- putting it together ------------------------------------------------- */

static nt_status create_disk(struct creation *c, uint32_t number,
                             struct sim_partition *parts,
                             struct nt_error *err) {
  const struct nt_sim_disk_spec *spec = &c->spec->disks[number];
  char image[1024], style[8];
  uint32_t count = 0;
  uint64_t length = spec->size;
  nt_status status = NT_STATUS_SUCCESS;
  if (is_empty(spec)) {
    image[0] = '\0';
  } else {
    status =
        spec->image
            ? adopt_image(c, number, spec, &length, image, sizeof image, err)
            : make_image(c, number, length, image, sizeof image, err);
  }
  if (nt_ok(status) && !spec->image && strcmp(style_of(spec), "none") != 0) {
    status = write_table(c, number, spec, image, err);
  }
  if (nt_ok(status)) {
    status = find_volumes(c, number, length, style, parts, &count, err);
  }
  if (nt_ok(status)) {
    status = insert_disk(c, number, image, length, style, err);
  }
  return nt_ok(status) ? insert_volumes(c, number, parts, count, err) : status;
}

static nt_status insert_nodes(struct creation *c, struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  for (uint32_t i = 0; nt_ok(status) && i < c->spec->node_count; i++) {
    status = nt__sim_exec(c->m, "INSERT INTO node (name) VALUES (?1)",
                          SIM_ARGS(SIM_TEXT(c->spec->nodes[i])), err);
  }
  if (nt_ok(status)) {
    status = nt__sim_node_enter(c->m, err);
  }
  return nt_ok(status)
             ? nt__sim_exec(c->m, "UPDATE owner SET node = ?2 WHERE id = ?1",
                            SIM_ARGS(SIM_INT(c->m->owner), SIM_INT(c->m->node)),
                            err)
             : status;
}

static nt_status create_disks(struct creation *c, struct nt_error *err) {
  struct sim_partition *parts = calloc(NT_SIM_MAX_VOLUMES, sizeof *parts);
  if (!parts) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL, NULL);
  }
  nt_status status = nt__sim_begin(c->m, err);
  if (nt_ok(status)) {
    status = insert_nodes(c, err);
    for (uint32_t i = 0; nt_ok(status) && i < c->spec->disk_count; i++) {
      status = create_disk(c, i, parts, err);
    }
    status = nt__sim_end(c->m, status, err);
  }
  free(parts);
  return status;
}

/* STATUS_OBJECT_NAME_COLLISION unless the folder is empty. */
static nt_status check_empty(const char *folder, struct nt_error *err) {
  bool empty;
  nt_status status = nt_folder_is_empty(folder, &empty, err);
  if (!nt_ok(status)) {
    nt_error_about(err, "folder", "the folder %s", folder);
    nt_hint(err, "choose a folder that does not exist yet");
    return status;
  }
  if (empty) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(err, NT_STATUS_OBJECT_NAME_COLLISION, "folder",
          "the folder %s is not empty", folder);
  nt_hint(err,
          "choose a new folder, or remove the machine in it: "
          "ntvol sim rm %s",
          folder);
  return NT_STATUS_OBJECT_NAME_COLLISION;
}

/* The folder belongs to who makes machine.lock in it: another process may
 * have found it empty, too. */
static nt_status claim_folder(struct creation *c, struct nt_error *err) {
  char path[sizeof c->m->folder + 16];
  struct nt_file *file;
  nt_path_join(path, sizeof path, c->m->folder, "machine.lock");
  nt_status status = nt_file_create(path, &file, err);
  if (nt_ok(status)) {
    nt_file_close(file);
    c->own_folder = true;
    return status;
  }
  nt_error_about(err, "folder", "making %s", path);
  nt_hint(err, "choose a new folder, in a place that is writable");
  return status;
}

static nt_status find_folder(struct creation *c, const char *folder,
                             struct nt_error *err) {
  struct nt_error failure = {0};
  nt_status status = nt_folder_make(folder, &failure);
  if (nt_ok(status)) {
    c->made_folder = true;
    return status;
  }
  if (status == NT_STATUS_OBJECT_NAME_COLLISION) {
    return check_empty(folder, err);
  }
  nt_error_about(&failure, "folder", "making the folder %s", folder);
  nt_hint(&failure, "choose a folder whose parent exists and is writable");
  nt_error_name(&failure, err->op, err->target);
  *err = failure;
  return status;
}

static nt_status make_folder(struct creation *c, const char *folder,
                             struct nt_error *err) {
  nt_status status = find_folder(c, folder, err);
  if (nt_ok(status)) {
    status = nt__sim_machine_enter(c->m, folder, err);
  }
  if (nt_ok(status)) {
    status = claim_folder(c, err);
  }
  if (!nt_ok(status) && c->made_folder) {
    nt_folder_remove(folder);
  }
  return status;
}

/* Nothing of a failed creation stays. */
static void take_back(struct creation *c) {
  char folder[sizeof c->m->folder];
  nt_copy(folder, sizeof folder, c->m->folder);
  nt__sim_machine_free(c->m);
  if (!c->own_folder) {
    return;
  }
  for (uint32_t i = 0; i < NT_SIM_MAX_DISKS; i++) {
    char name[32];
    snprintf(name, sizeof name, "disk%u.img", i);
    if (c->made_image[i]) {
      nt__sim_unlink(folder, name);
    }
  }
  nt__sim_unlink_machine(folder);
  if (c->made_folder) {
    nt_folder_remove(folder);
  }
}

nt_status nt_sim_create(const char *path, const struct nt_sim_spec *spec,
                        struct nt_machine **out, struct nt_error *err) {
  struct creation c = {.spec = spec};
  nt_error_name(err, "create", path);
  nt_status status = nt__sim_check_location(path, err);
  if (nt_ok(status) && strstr(path, NT_SIM_NODE)) {
    nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID, "no_machine",
            "%s stands between a folder and the node to open", NT_SIM_NODE);
    nt_hint(err, "name the folder only");
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  if (!nt_ok(status)) {
    return status;
  }
  c.m = nt__sim_machine_new(path);
  if (!c.m) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL, NULL);
  }
  status = check_spec(&c, err);
  if (nt_ok(status) && strcmp(path, NT_SIM_MEMORY) != 0) {
    status = make_folder(&c, path, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_store_open(c.m, true, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_owner_enter(c.m, err);
  }
  if (nt_ok(status)) {
    status = create_disks(&c, err);
  }
  if (nt_ok(status)) {
    *out = &c.m->base;
  } else {
    take_back(&c);
  }
  return status;
}

/* ---- afterwards ---------------------------------------------------------- */

#define CONFIGURED                                          \
  (NT_VOLUME_SYSTEM | NT_VOLUME_BOOT | NT_VOLUME_PAGEFILE | \
   NT_VOLUME_READONLY | NT_VOLUME_BUSY)

static nt_status set_flags(struct sim_machine *m, const char *name,
                           uint32_t flags, struct nt_error *err) {
  struct sim_target target;
  struct sim_volume volume;
  nt_status status = nt__sim_resolve(m, name, &target, err);
  if (nt_ok(status) && (target.volume == 0 || target.has_rest)) {
    status = nt_fail(err, NT_STATUS_INVALID_PARAMETER, "not_a_volume",
                     "this is not the name of a volume");
  }
  if (nt_ok(status)) {
    status = nt__sim_load_volume(m, target.volume, &volume, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  volume.flags = (volume.flags & ~CONFIGURED) | (flags & CONFIGURED);
  return nt__sim_save_volume(m, &volume, err);
}

nt_status nt_sim_set_flags(struct nt_machine *machine, const char *volume,
                           uint32_t flags, struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  nt_error_name(err, "set the flags of", volume);
  nt_status status = nt__sim_begin(m, err);
  if (!nt_ok(status)) {
    return status;
  }
  return nt__sim_end(m, set_flags(m, volume, flags, err), err);
}
