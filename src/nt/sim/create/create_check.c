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
  nt_refuse(err, NT_REASON_SPEC, "disk %u: %s", disk, detail);
  nt_hint(err, "%s", hint);
  return NT_STATUS_INVALID_PARAMETER;
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
                              const char *letter, struct nt_error *err) {
  if (!letter || !letter[0]) {
    return NT_STATUS_SUCCESS;
  }
  int index = nt__sim_letter_index(letter[0]);
  if (index < 0 || strcmp(letter + 1, ":") != 0) {
    return nt__sim_bad_spec(err, disk,
                            "a drive letter is one letter and a colon",
                            "write it like D:");
  }
  if (c->letter_used[index]) {
    return nt__sim_bad_spec(err, disk, "the same drive letter is given twice",
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
                             const struct sim_span *span,
                             struct nt_error *err) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  if (nt__sim_spec_sector_size(disk) !=
      nt__sim_spec_sector_size(&c->spec->disks[span->disk])) {
    return nt__sim_bad_spec(err, index,
                            "its sectors are not those of the first piece",
                            "use disks with equal sectors");
  }
  if ((volume->letter && volume->letter[0]) || volume->mount_points[0] ||
      volume->flags) {
    return nt__sim_bad_spec(err, index,
                            "a further piece has names or flags of its own",
                            "give them to the first piece of the volume");
  }
  return span->pieces < NT_MAX_EXTENTS
             ? NT_STATUS_SUCCESS
             : nt__sim_bad_spec(err, index, "a volume has too many pieces",
                                "use at most 32");
}

static nt_status check_span(struct sim_creation *c, uint32_t index,
                            const struct nt_sim_volume_spec *volume,
                            struct nt_error *err) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  if (!volume->span) {
    return NT_STATUS_SUCCESS;
  }
  if (disk->flags & NT_DISK_CDROM ||
      (!disk->image && strcmp(nt__sim_spec_style(disk), "none") == 0)) {
    return nt__sim_bad_spec(err, index, "a piece of a volume is a partition",
                            "use the style mbr or gpt");
  }
  if (disk->flags & NT_DISK_REMOVABLE) {
    return nt__sim_bad_spec(err, index,
                            "a removable disk has whole volumes only",
                            "leave the span out");
  }
  if (volume->flags & NT_VOLUME_CSV) {
    return nt__sim_bad_spec(err, index,
                            "a cluster shared volume lies in one piece",
                            "leave the span out");
  }
  struct sim_span *span = nt__sim_find_span(c, volume->span);
  if (!span && c->span_count == NT_SIM_MAX_SPANS) {
    return nt__sim_bad_spec(err, index, "too many volumes are in pieces",
                            "use several machines");
  }
  nt_status status = NT_STATUS_SUCCESS;
  if (span) {
    status = check_piece(c, index, volume, span, err);
  } else {
    span = &c->spans[c->span_count++];
    *span = (struct sim_span){.name = volume->span, .disk = index};
  }
  span->pieces++;
  return status;
}

static nt_status check_spans(const struct sim_creation *c,
                             struct nt_error *err) {
  for (uint32_t i = 0; i < c->span_count; i++) {
    if (c->spans[i].pieces < 2) {
      return nt__sim_bad_spec(err, c->spans[i].disk,
                              "a volume in pieces has one piece only",
                              "give the same span to another volume");
    }
  }
  return NT_STATUS_SUCCESS;
}

/* ---- volumes and disks --------------------------------------------------- */

static nt_status check_volume(struct sim_creation *c, uint32_t index,
                              const struct nt_sim_volume_spec *volume,
                              struct nt_error *err) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  bool whole = strcmp(nt__sim_spec_style(disk), "none") == 0;
  if (!disk->image && (volume->size % nt__sim_spec_sector_size(disk) != 0 ||
                       (whole && volume->size && volume->size != disk->size))) {
    return nt__sim_bad_spec(
        err, index,
        whole ? "its volume has another size than the disk"
              : "the size of a volume is not whole sectors",
        whole ? "leave the size of the volume out, or use the "
                "style mbr or gpt"
              : "give a size like 64M");
  }
  if (volume->flags & NT_VOLUME_CSV && c->spec->node_count == 0) {
    return nt__sim_bad_spec(err, index,
                            "only the nodes of a cluster share a volume",
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

static nt_status check_disk(struct sim_creation *c, uint32_t index,
                            struct nt_error *err) {
  const struct nt_sim_disk_spec *disk = &c->spec->disks[index];
  uint32_t sector = nt__sim_spec_sector_size(disk);
  bool table = strcmp(nt__sim_spec_style(disk), "none") != 0;
  bool cd = (disk->flags & NT_DISK_CDROM) != 0;
  nt_status checked = check_cd(index, disk, err);
  if (!nt_ok(checked)) {
    return checked;
  }
  if (!cd && sector != 512 && sector != 4096) {
    return nt__sim_bad_spec(err, index,
                            "the sector size is neither 512 nor 4096",
                            "use 512 or 4096");
  }
  if (table && strcmp(nt__sim_spec_style(disk), "mbr") != 0 &&
      strcmp(nt__sim_spec_style(disk), "gpt") != 0) {
    return nt__sim_bad_spec(err, index, "the partition style is unknown",
                            "use none, mbr or gpt");
  }
  if (disk->volume_count > NT_SIM_MAX_VOLUMES) {
    return nt__sim_bad_spec(err, index, "too many volumes",
                            "use several disks");
  }
  if (nt__sim_spec_is_empty(disk) && (table || disk->volume_count > 1)) {
    return nt__sim_bad_spec(err, index, "an empty drive is one volume",
                            "leave the style out, and name one volume");
  }
  if (!disk->image && !nt__sim_spec_is_empty(disk) &&
      (disk->size == 0 || disk->size % sector != 0 ||
       disk->size > (uint64_t)NT__SIM_MOST_BYTES)) {
    return nt__sim_bad_spec(err, index,
                            "the size is not a number of whole sectors",
                            "give a size like 64M");
  }
  if (!disk->image && !table && disk->volume_count > 1) {
    return nt__sim_bad_spec(err, index,
                            "several volumes need a partition table",
                            "use the style mbr or gpt");
  }
  if (disk->serial && strlen(disk->serial) >= SIM_SERIAL_MAX) {
    return nt__sim_bad_spec(err, index, "the serial number is too long",
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

static bool same_name(const char *a, const char *b) {
  return sqlite3_stricmp(a, b) == 0; /* whatever the locale is */
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

nt_status nt__sim_check_spec(struct sim_creation *c, struct nt_error *err) {
  nt_status checked = check_nodes(c->spec, err);
  if (!nt_ok(checked)) {
    return checked;
  }
  if (c->spec->disk_count > NT_SIM_MAX_DISKS) {
    return nt__sim_bad_spec(err, NT_SIM_MAX_DISKS, "too many disks",
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
