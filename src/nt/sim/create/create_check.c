/*
 * Checks whether the machine that the caller asked for can be made. Nothing is
 * made here.
 */
#include <string.h>

#include "../db/schema.h"
#include "../rules/mount_points.h"
#include "create.h"

/* ---- small things -------------------------------------------------------- */

nt_status nt__sim_bad_spec(struct nt_error *err, uint32_t disk,
                           const char *detail, const char *hint) {
  nt_refuse(err, NT_REASON_SPEC, "disk %u: %s", disk + 1, detail);
  nt_hint(err, "%s", hint);
  return NT_STATUS_INVALID_PARAMETER;
}

static nt_status bad_volume(struct nt_error *err, uint32_t disk,
                            uint32_t volume, const char *detail,
                            const char *hint) {
  char words[200];
  nt_format_text(words, sizeof words, "volume %u: %s", volume + 1, detail);
  return nt__sim_bad_spec(err, disk, words, hint);
}

uint32_t nt__sim_spec_sector_size(const struct nt_sim_disk_spec *disk) {
  if (disk->flags & NT_DISK_CDROM) {
    return 2048;
  }
  return disk->sector_size ? disk->sector_size : 512;
}

const char *nt__sim_spec_style(const struct nt_sim_disk_spec *disk) {
  return disk->style ? disk->style : "none";
}

bool nt__sim_spec_is_empty(const struct nt_sim_disk_spec *disk) {
  return disk->flags & NT_DISK_REMOVABLE && !disk->image && disk->size == 0;
}

int nt__sim_letter_index(char c) {
  if (c >= 'a' && c <= 'z') {
    return c - 'a';
  }
  return c >= 'A' && c <= 'Z' ? c - 'A' : -1;
}

/* ---- names --------------------------------------------------------------- */

static nt_status check_letter(struct sim_creation *c, uint32_t disk,
                              const char *letter) {
  if (!letter || !letter[0]) {
    return NT_STATUS_SUCCESS;
  }
  int index = nt__sim_letter_index(letter[0]);
  if (index < 0 || strcmp(letter + 1, ":") != 0) {
    return nt__sim_bad_spec(c->r.err, disk,
                            "a drive letter is one letter and a colon",
                            "write it like D:");
  }
  if (c->letter_used[index]) {
    char words[80];
    nt_format_text(words, sizeof words,
                   "the drive letter %c: is given to disk %u already",
                   'A' + index, c->letter_used[index]);
    return nt__sim_bad_spec(c->r.err, disk, words, "choose another letter");
  }
  c->letter_used[index] = disk + 1;
  return NT_STATUS_SUCCESS;
}

static nt_status check_mount_point(uint32_t disk, const char *path,
                                   struct nt_error *err) {
  if (nt__sim_is_mount_folder(path)) {
    return NT_STATUS_SUCCESS;
  }
  return nt__sim_bad_spec(err, disk, "that is not the name of a mount folder",
                          "write it like C:\\mnt\\data");
}

/* ---- volumes in several pieces ------------------------------------------- */

struct sim_span *nt__sim_find_span(struct sim_creation *c, const char *name) {
  for (uint32_t i = 0; i < c->span_count; i++) {
    if (strcmp(c->spans[i].name, name) == 0) {
      return &c->spans[i];
    }
  }
  return NULL;
}

static nt_status check_piece(struct sim_creation *c, uint32_t index,
                             const struct nt_sim_volume_spec *volume,
                             const struct sim_span *span) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  if (nt__sim_spec_sector_size(disk) !=
      nt__sim_spec_sector_size(&c->spec->disks[span->disk])) {
    return nt__sim_bad_spec(c->r.err, index,
                            "its sectors are not those of the first piece",
                            "use disks with equal sectors");
  }
  if ((volume->letter && volume->letter[0]) || volume->mount_points[0] ||
      volume->flags || volume->fs ||
      volume->mounted != NT_SIM_MOUNTED_AS_USUAL) {
    return nt__sim_bad_spec(
        c->r.err, index,
        "a further piece has names, flags or a file system of its own",
        "give them to the first piece of the volume: only it says what the "
        "volume is");
  }
  return span->pieces < NT_MAX_EXTENTS
             ? NT_STATUS_SUCCESS
             : nt__sim_bad_spec(c->r.err, index, "a volume has too many pieces",
                                "use at most 32");
}

static nt_status check_span(struct sim_creation *c, uint32_t index,
                            const struct nt_sim_volume_spec *volume) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  if (!volume->span) {
    return NT_STATUS_SUCCESS;
  }
  if (!volume->span[0]) {
    return nt__sim_bad_spec(c->r.err, index, "the name of a span is empty",
                            "name it, or leave the span out");
  }
  if (disk->flags & NT_DISK_CDROM ||
      (!disk->image && strcmp(nt__sim_spec_style(disk), "none") == 0)) {
    return nt__sim_bad_spec(c->r.err, index,
                            "a piece of a volume is a partition",
                            "use the style mbr or gpt");
  }
  if (disk->flags & NT_DISK_REMOVABLE) {
    return nt__sim_bad_spec(c->r.err, index,
                            "a removable disk has whole volumes only",
                            "leave the span out");
  }
  if (volume->flags & NT_VOLUME_CSV) {
    return nt__sim_bad_spec(c->r.err, index,
                            "a cluster shared volume lies in one piece",
                            "leave the span out");
  }
  struct sim_span *span = nt__sim_find_span(c, volume->span);
  if (!span && c->span_count == NT_SIM_MAX_SPANS) {
    return nt__sim_bad_spec(c->r.err, index, "too many volumes are in pieces",
                            "use several machines");
  }
  nt_status status = NT_STATUS_SUCCESS;
  if (span) {
    status = check_piece(c, index, volume, span);
  } else {
    span = &c->spans[c->span_count++];
    *span = (struct sim_span){.name = volume->span, .disk = index};
  }
  span->pieces++;
  return status;
}

static nt_status check_spans(const struct sim_creation *c) {
  for (uint32_t i = 0; i < c->span_count; i++) {
    if (c->spans[i].pieces < 2) {
      return nt__sim_bad_spec(c->r.err, c->spans[i].disk,
                              "a volume in pieces has one piece only",
                              "give the same span to another volume");
    }
  }
  return NT_STATUS_SUCCESS;
}

/* ---- volumes and disks --------------------------------------------------- */

static nt_status check_size(struct nt_error *err, uint32_t index,
                            const struct nt_sim_disk_spec *disk, uint32_t at) {
  const struct nt_sim_volume_spec *volume = &disk->volumes[at];
  bool whole = strcmp(nt__sim_spec_style(disk), "none") == 0;
  if (volume->size % nt__sim_spec_sector_size(disk) != 0) {
    return bad_volume(err, index, at, "its size is not whole sectors",
                      "give a size like 64M");
  }
  if (whole && volume->size && volume->size != disk->size) {
    return bad_volume(err, index, at, "it has another size than the disk",
                      "leave the size of the volume out, or use the style mbr "
                      "or gpt");
  }
  if (volume->size == 0 && at + 1 < disk->volume_count) {
    return bad_volume(err, index, at, "its size is missing",
                      "give it one: only the last volume can take the rest of "
                      "the disk");
  }
  return NT_STATUS_SUCCESS;
}

/* Whether the volume can get its file system. */
static nt_status check_fs(struct nt_error *err, uint32_t index,
                          const struct nt_sim_disk_spec *disk, uint32_t at) {
  const struct nt_sim_volume_spec *volume = &disk->volumes[at];
  if (disk->image && (volume->fs || volume->size)) {
    return bad_volume(err, index, at, "an existing image keeps its volumes",
                      "leave file system, label and size out: they are for new "
                      "ones");
  }
  if (volume->fs && nt__sim_spec_is_empty(disk)) {
    return bad_volume(err, index, at,
                      "there is nothing to format in a drive without a medium",
                      "leave the file system out, or give the drive a medium");
  }
  if (volume->fs && disk->flags & NT_DISK_READONLY) {
    return bad_volume(err, index, at, "a read-only disk cannot be formatted",
                      "make it of an image");
  }
  return NT_STATUS_SUCCESS;
}

static bool same_name(const char *a, const char *b) {
  return sqlite3_stricmp(a, b) == 0; /* whatever the locale is */
}

static nt_status check_cluster(struct sim_creation *c, uint32_t index,
                               uint32_t at) {
  const struct nt_sim_volume_spec *volume = &c->spec->disks[index].volumes[at];
  bool found = !volume->owner;
  for (uint32_t i = 0; !found && i < c->spec->node_count; i++) {
    found = same_name(c->spec->nodes[i], volume->owner);
  }
  if (!found) {
    return bad_volume(c->r.err, index, at,
                      "its owner is no node of the machine",
                      "name one of the nodes");
  }
  if (volume->flags & NT_VOLUME_CSV && c->spec->node_count == 0) {
    bad_volume(c->r.err, index, at,
               "only the nodes of a cluster share a volume", "");
    nt_hints(c->r.err, "name the nodes of the machine in the option 'nodes'",
             "name the nodes of the machine: --node n1 --node n2");
    return NT_STATUS_INVALID_PARAMETER;
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_volume(struct sim_creation *c, uint32_t index,
                              uint32_t at) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  const struct nt_sim_volume_spec *volume = &disk->volumes[at];
  NT_TRY(check_fs(c->r.err, index, disk, at));
  if (!disk->image) {
    NT_TRY(check_size(c->r.err, index, disk, at));
  }
  if (volume->mounted == NT_SIM_UNMOUNTED &&
      volume->flags & NT__SIM_USED_BY_SYSTEM) {
    return bad_volume(c->r.err, index, at, "what the system uses is mounted",
                      "leave out that it is not");
  }
  NT_TRY(check_cluster(c, index, at));
  NT_TRY(check_letter(c, index, volume->letter));
  for (int i = 0; i < NT_MAX_MOUNT_POINTS && volume->mount_points[i]; i++) {
    NT_TRY(check_mount_point(index, volume->mount_points[i], c->r.err));
  }
  return check_span(c, index, volume);
}

/* A CD is an image, read-only, and one volume without a partition table. */
static nt_status check_cd(uint32_t index, const struct nt_sim_disk_spec *disk,
                          struct nt_error *err) {
  if (!(disk->flags & NT_DISK_CDROM)) {
    return NT_STATUS_SUCCESS;
  }
  if (!disk->image && disk->size != 0) {
    return nt__sim_bad_spec(err, index, "a CD is not made, it is an image",
                            "give an image, or neither image nor size");
  }
  if ((disk->sector_size && disk->sector_size != 2048) ||
      disk->volume_count > 1) {
    return nt__sim_bad_spec(err, index,
                            "a CD has sectors of 2048 bytes and is one volume",
                            "leave the sector size out, and name one volume");
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_disk(struct sim_creation *c, uint32_t index) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  uint32_t sector = nt__sim_spec_sector_size(disk);
  bool table = strcmp(nt__sim_spec_style(disk), "none") != 0;
  bool cd = (disk->flags & NT_DISK_CDROM) != 0;
  nt_status checked = check_cd(index, disk, c->r.err);
  if (!nt_ok(checked)) {
    return checked;
  }
  if (!cd && sector != 512 && sector != 4096) {
    return nt__sim_bad_spec(c->r.err, index,
                            "the sector size is neither 512 nor 4096",
                            "use 512 or 4096");
  }
  if (table && strcmp(nt__sim_spec_style(disk), "mbr") != 0 &&
      strcmp(nt__sim_spec_style(disk), "gpt") != 0) {
    return nt__sim_bad_spec(c->r.err, index, "the partition style is unknown",
                            "use none, mbr or gpt");
  }
  if (disk->volume_count > NT_SIM_MAX_VOLUMES) {
    return nt__sim_bad_spec(c->r.err, index, "too many volumes",
                            "use several disks");
  }
  if (nt__sim_spec_is_empty(disk) && (table || disk->volume_count > 1)) {
    return nt__sim_bad_spec(c->r.err, index, "an empty drive is one volume",
                            "leave the style out, and name one volume");
  }
  if (disk->image && disk->size) {
    return nt__sim_bad_spec(c->r.err, index, "an existing image has its size",
                            "give an image or a size");
  }
  if (disk->image && disk->style) {
    return nt__sim_bad_spec(c->r.err, index,
                            "an existing image keeps its partition table",
                            "leave the style out: it is for new disks");
  }
  if (!disk->image && !nt__sim_spec_is_empty(disk) && disk->size == 0) {
    return nt__sim_bad_spec(c->r.err, index, "it has neither size nor image",
                            "give a size, or an existing image");
  }
  if (!disk->image && !nt__sim_spec_is_empty(disk) &&
      (disk->size % sector != 0 || disk->size > (uint64_t)NT__SIM_MOST_BYTES)) {
    return nt__sim_bad_spec(c->r.err, index,
                            "the size is not a number of whole sectors",
                            "give a size like 64M");
  }
  if (!disk->image && !table && disk->volume_count > 1) {
    return nt__sim_bad_spec(c->r.err, index,
                            "several volumes need a partition table",
                            "use the style mbr or gpt");
  }
  if (disk->serial && strlen(disk->serial) >= SIM_SERIAL_MAX) {
    return nt__sim_bad_spec(c->r.err, index, "the serial number is too long",
                            "use one of at most 39 bytes");
  }
  for (uint32_t i = 0; i < disk->volume_count; i++) {
    NT_TRY(check_volume(c, index, i));
  }
  return NT_STATUS_SUCCESS;
}

/* ---- nodes --------------------------------------------------------------- */

static nt_status bad_node(struct nt_error *err, uint32_t index,
                          const char *detail, const char *hint) {
  nt_refuse(err, NT_REASON_SPEC, "node %u: %s", index + 1, detail);
  nt_hint(err, "%s", hint);
  return NT_STATUS_INVALID_PARAMETER;
}

static bool is_node_name(const char *name) {
  size_t length = strlen(name);
  for (const char *at = name; *at; at++) {
    if (nt__sim_letter_index(*at) < 0 && !(*at >= '0' && *at <= '9') &&
        *at != '-') {
      return false;
    }
  }
  return length > 0 && length < NT_NODE_MAX;
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

/* ---- all of it ----------------------------------------------------------- */

nt_status nt__sim_check_spec(struct sim_creation *c) {
  nt_status checked = check_nodes(c->spec, c->r.err);
  if (!nt_ok(checked)) {
    return checked;
  }
  if (c->spec->disk_count > NT_SIM_MAX_DISKS) {
    return nt__sim_bad_spec(c->r.err, NT_SIM_MAX_DISKS, "too many disks",
                            "use several machines");
  }
  for (uint32_t i = 0; i < c->spec->disk_count; i++) {
    nt_status status = check_disk(c, i);
    if (!nt_ok(status)) {
      return status;
    }
  }
  return check_spans(c);
}
