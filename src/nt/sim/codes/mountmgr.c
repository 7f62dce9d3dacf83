/*
 * The mount manager, \\.\MountPointManager (docs/rules.md 4.4, codes of device
 * MOUNTMGR): it says which letters and names volumes have, and gives and takes
 * letters. Each mount point is a name such as \DosDevices\D: or
 * \??\Volume{guid}; the second is the volume's own and stays. Mount folders are
 * paths, not mount points.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../disk/bytes.h"
#include "../db/store.h"
#include "../rules/mount_points.h"
#include "../rules/resolve.h"
#include "query.h"

/* ---- buffers ------------------------------------------------------------- */

static nt_status bad_request(const struct sim_request *r, const char *detail) {
  nt_fail(r->err, NT_STATUS_INVALID_PARAMETER, "%s", detail);
  nt_hint(r->err, "send and take the structures of mountmgr.h");
  return NT_STATUS_INVALID_PARAMETER;
}

/* Claims `whole` bytes of the output. If they do not fit, claims only `least`
 * bytes and sets *more. */
static nt_status claim(struct sim_request *r, size_t least, size_t whole,
                       bool *more) {
  *more = r->out_cap < whole;
  if (r->out_cap < least) {
    return bad_request(r, "the buffer is shorter than the structure");
  }
  return nt__sim_claim(r, *more ? least : whole);
}

/* Reads a text of the input, which is UTF-16. An empty one becomes "". */
static nt_status read_text(const struct sim_request *r, size_t offset,
                           size_t length, char out[NT_NAME_MAX]) {
  if (offset > r->in_len || length > r->in_len - offset) {
    return bad_request(r, "a name lies outside of the buffer");
  }
  return nt__sim_get_utf16(r->in + offset, length, out, NT_NAME_MAX)
             ? NT_STATUS_SUCCESS
             : bad_request(r, "a name is no UTF-16 text, or too long");
}

/* ---- names --------------------------------------------------------------- */

/* Returns the part of a name behind \??\ or \DosDevices\, or NULL if the name
 * begins with neither. */
static const char *dos_name(const char *link) {
  static const char *const prefixes[] = {"\\??\\", "\\DosDevices\\"};
  for (size_t i = 0; i < 2; i++) {
    size_t length = strlen(prefixes[i]);
    if (nt_same_bytes(link, prefixes[i], length)) {
      return link + length;
    }
  }
  return NULL;
}

/* Finds the volume that a device name or a link means. */
static nt_status find_volume(struct sim_request *r, const char *name,
                             int64_t *volume) {
  char path[NT_NAME_MAX + 8];
  struct sim_target target;
  const char *dos = dos_name(name);
  snprintf(path, sizeof path, "%s%s", dos ? "\\\\.\\" : "", dos ? dos : name);
  nt_status status = nt__sim_resolve(r, path, &target);
  if (nt_ok(status) && (target.volume == 0 || target.has_rest)) {
    nt_refuse_as(r->err, NT_STATUS_OBJECT_NAME_NOT_FOUND,
                 NT_REASON_NOT_A_VOLUME, "this is not the name of a volume");
    nt_hint(r->err, "name a volume: \\Device\\HarddiskVolume1");
    return NT_STATUS_OBJECT_NAME_NOT_FOUND;
  }
  *volume = target.volume;
  return status;
}

/* ---- points -------------------------------------------------------------- */

#define POINT_SIZE 24U   /* MOUNTMGR_MOUNT_POINT */
#define POINTS_HEADER 8U /* MOUNTMGR_MOUNT_POINTS without its array */

/* A mount point: its link, its device and its unique id. */
struct point {
  int64_t volume;
  bool letter; /* \DosDevices\D:, else the name of the volume */
  char link[64], device[64];
  uint8_t id[SIM_UNIQUE_ID_MAX];
  size_t id_length;
};

/* What a request names; "" and 0 mean any. */
struct filter {
  char link[NT_NAME_MAX], device[NT_NAME_MAX];
  const uint8_t *id;
  size_t id_length;
};

struct list {
  struct point *points;
  size_t count;
};

/* { u32 link offset, u16 length, u16 0, the same of id and device } */
static nt_status read_filter(const struct sim_request *r, struct filter *out) {
  NT_TRY(nt__sim_input(r, POINT_SIZE, NT_STATUS_INVALID_PARAMETER));
  size_t id = nt_get_u32(r->in + 8);
  out->id_length = nt_get_u16(r->in + 12);
  if (out->id_length > 0 &&
      (id > r->in_len || out->id_length > r->in_len - id)) {
    return bad_request(r, "the id lies outside of the buffer");
  }
  out->id = r->in + id;
  NT_TRY(read_text(r, nt_get_u32(r->in), nt_get_u16(r->in + 4), out->link));
  return read_text(r, nt_get_u32(r->in + 16), nt_get_u16(r->in + 20),
                   out->device);
}

static bool same_link(const char *a, const char *b) {
  const char *x = dos_name(a), *y = dos_name(b);
  return x && y && nt_same_text(x, y);
}

static bool matches(const struct point *point, const struct filter *filter) {
  return (!filter->link[0] || same_link(point->link, filter->link)) &&
         (!filter->device[0] || nt_same_text(point->device, filter->device)) &&
         (filter->id_length == 0 ||
          (filter->id_length == point->id_length &&
           memcmp(filter->id, point->id, point->id_length) == 0));
}

static void add_if(struct list *list, const struct point *point,
                   const struct filter *filter) {
  if (matches(point, filter)) {
    list->points[list->count++] = *point;
  }
}

/* Finds the unique id of a volume. An image that cannot be read, or a drive
 * without a medium, must not hide the other volumes. So such a volume has its
 * GUID as its id for the time being. */
static nt_status find_id(struct sim_request *r, const struct sim_volume *volume,
                         struct point *point) {
  struct nt_error failure = {0};
  nt_status status = nt__sim_unique_id(SIM_REQUEST(r->m, &failure), volume,
                                       point->id, &point->id_length);
  if (nt_ok(status)) {
    return status;
  }
  if (r->m->db.failed) {
    nt_error_copy(r->err, &failure);
    return status;
  }
  nt__sim_put_guid(point->id, volume->guid);
  point->id_length = 16;
  return NT_STATUS_SUCCESS;
}

static nt_status add_volume(struct sim_request *r, int64_t id,
                            const struct filter *filter, struct list *list) {
  struct sim_volume volume;
  struct point point = {.volume = id};
  char letter = '\0';
  NT_TRY(nt__sim_load_volume(r, id, &volume));
  NT_TRY(nt__sim_letter_of(r, id, &letter));
  NT_TRY(nt__sim_volume_device(r, id, point.device, sizeof point.device));
  NT_TRY(find_id(r, &volume, &point));
  if (letter) {
    point.letter = true;
    snprintf(point.link, sizeof point.link, "\\DosDevices\\%c:", letter);
    add_if(list, &point, filter);
  }
  point.letter = false;
  snprintf(point.link, sizeof point.link, "\\??\\Volume{%s}", volume.guid);
  add_if(list, &point, filter);
  return NT_STATUS_SUCCESS;
}

/* Finds the mount points that match; the caller frees the list. */
static nt_status find_points(struct sim_request *r, const struct filter *filter,
                             struct list *list) {
  int64_t count = 0;
  *list = (struct list){NULL, 0};
  nt_status status =
      nt__sim_number(r, "SELECT count(*) FROM volume WHERE installed = 1",
                     SIM_NO_ARGS, 0, &count);
  if (!nt_ok(status)) {
    return status;
  }
  list->points = calloc(2 * (size_t)count + 1, sizeof *list->points);
  if (!list->points) {
    return nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
  }
  for (int64_t id = 0; nt_ok(status);) {
    status = nt__sim_number(
        r,
        "SELECT min(id) FROM volume WHERE id > ?1 AND installed = 1 "
        "AND " SIM_IS_HERE("", "?2", "?3", "?4"),
        SIM_ARGS(SIM_INT(id), SIM_HERE(r->m->node)), 0, &id);
    if (!nt_ok(status) || id == 0) {
      break;
    }
    status = add_volume(r, id, filter, list);
  }
  if (nt_ok(status) && list->count == 0 && filter->link[0]) {
    nt_fail(r->err, NT_STATUS_OBJECT_NAME_NOT_FOUND,
            "no volume has the link %s", filter->link);
    nt_hint(r->err, "ask without a link for all of them");
    return NT_STATUS_OBJECT_NAME_NOT_FOUND;
  }
  return status;
}

/* Appends bytes, and puts their offset and length at `field`. */
static void put_bytes(struct sim_request *r, uint8_t *field, size_t *at,
                      const void *bytes, size_t length) {
  nt_put_u32(field, (uint32_t)*at);
  nt_put_u16(field + 4, (uint32_t)length);
  memcpy(r->out + *at, bytes, length);
  *at += length;
}

static void put_text(struct sim_request *r, uint8_t *field, size_t *at,
                     const char *text) {
  uint8_t units[2 * 64];
  put_bytes(r, field, at, units, 2 * nt__sim_put_utf16(units, 64, text));
}

/* Names of devices and links are ASCII. */
static size_t size_of(const struct list *list) {
  size_t size = POINTS_HEADER;
  for (size_t i = 0; i < list->count; i++) {
    const struct point *point = &list->points[i];
    size += POINT_SIZE + 2 * strlen(point->link) + point->id_length +
            2 * strlen(point->device);
  }
  return size;
}

/* MOUNTMGR_MOUNT_POINTS: { u32 size, u32 count, points[] }, followed by the
 * texts that the offsets of the points refer to. If the buffer is too small,
 * only the size is returned. */
static nt_status put_points(struct sim_request *r, const struct list *list) {
  bool more;
  size_t size = size_of(list);
  NT_TRY(claim(r, POINTS_HEADER + POINT_SIZE, size, &more));
  nt_put_u32(r->out, (uint32_t)size);
  if (more) {
    return nt__sim_more(r, size);
  }
  nt_put_u32(r->out + 4, (uint32_t)list->count);
  size_t at = POINTS_HEADER + POINT_SIZE * list->count;
  for (size_t i = 0; i < list->count; i++) {
    const struct point *point = &list->points[i];
    uint8_t *entry = r->out + POINTS_HEADER + POINT_SIZE * i;
    put_text(r, entry, &at, point->link);
    put_bytes(r, entry + 8, &at, point->id, point->id_length);
    put_text(r, entry + 16, &at, point->device);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status query_points(struct sim_request *r) {
  struct filter filter;
  struct list list = {NULL, 0};
  nt_status status = read_filter(r, &filter);
  if (nt_ok(status)) {
    status = find_points(r, &filter, &list);
  }
  if (nt_ok(status)) {
    status = put_points(r, &list);
  }
  free(list.points);
  return status;
}

/* ---- giving and taking --------------------------------------------------- */

/* MOUNTMGR_CREATE_POINT_INPUT: { u16 offset and length of the link, u16 of the
 * device } */
static nt_status create_point(struct sim_request *r) {
  char link[NT_NAME_MAX], device[NT_NAME_MAX];
  int64_t volume = 0;
  NT_TRY(nt__sim_input(r, 8, NT_STATUS_INVALID_PARAMETER));
  NT_TRY(read_text(r, nt_get_u16(r->in), nt_get_u16(r->in + 2), link));
  NT_TRY(read_text(r, nt_get_u16(r->in + 4), nt_get_u16(r->in + 6), device));
  NT_TRY(find_volume(r, device, &volume));
  const char *point = dos_name(link);
  if (!point || point[0] == '\0' || strcmp(point + 1, ":") != 0) {
    return bad_request(r, "the link is no letter: \\DosDevices\\E:");
  }
  return nt__sim_give_point(r, volume, point);
}

/* Removes the volumes' own names from the list of what is to be deleted,
 * because a volume keeps its own name. */
static nt_status keep_names(const struct sim_request *r, struct list *list) {
  size_t letters = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (list->points[i].letter) {
      list->points[letters++] = list->points[i];
    }
  }
  bool only_names = list->count > 0 && letters == 0;
  list->count = letters;
  if (!only_names) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(r->err, NT_REASON_VOLUME_NAME,
                   "a volume keeps the name \\??\\Volume{guid}");
}

static nt_status forget_point(struct sim_request *r, const struct point *point,
                              bool only_in_store) {
  const char *path = dos_name(point->link);
  return only_in_store
             ? nt__sim_exec(r,
                            "UPDATE mount_point SET kept = 0 WHERE path = ?1",
                            SIM_ARGS(SIM_TEXT(path)))
             : nt__sim_exec(r, "DELETE FROM mount_point WHERE path = ?1",
                            SIM_ARGS(SIM_TEXT(path)));
}

/* Returns what it deletes, and deletes nothing if that does not fit into the
 * buffer. Only a request that names nothing but a letter also records that the
 * volume wants none. */
static nt_status take_points(struct sim_request *r, bool only_in_store) {
  struct filter filter;
  struct list list = {NULL, 0};
  nt_status status = read_filter(r, &filter);
  if (nt_ok(status)) {
    status = find_points(r, &filter, &list);
  }
  if (nt_ok(status)) {
    status = keep_names(r, &list);
  }
  if (nt_ok(status)) {
    status = put_points(r, &list);
  }
  bool alone = filter.link[0] && !filter.device[0] && filter.id_length == 0;
  for (size_t i = 0; nt_ok(status) && i < list.count; i++) {
    status = forget_point(r, &list.points[i], only_in_store);
    if (nt_ok(status) && alone && !only_in_store) {
      status = nt__sim_want_no_letter(r, list.points[i].volume);
    }
  }
  free(list.points);
  return status;
}

static nt_status delete_points(struct sim_request *r) {
  return take_points(r, false);
}

static nt_status delete_points_in_store(struct sim_request *r) {
  return take_points(r, true);
}

/* { u16 length, WCHAR name[] }: this is MOUNTMGR_TARGET_NAME, and the input of
 * the code that asks for a letter. */
static nt_status read_target(struct sim_request *r, int64_t *volume) {
  char name[NT_NAME_MAX];
  NT_TRY(nt__sim_input(r, 4, NT_STATUS_INVALID_PARAMETER));
  NT_TRY(read_text(r, 2, nt_get_u16(r->in), name));
  return find_volume(r, name, volume);
}

/* MOUNTMGR_DRIVE_LETTER_INFORMATION: { u8 whether it was assigned now, u8
 * letter } */
static nt_status next_letter(struct sim_request *r) {
  int64_t volume = 0;
  bool given = false;
  char letter = '\0';
  NT_TRY(read_target(r, &volume));
  if (r->out_cap < 2) {
    NT_TRY(bad_request(r, "the answer needs 2 bytes"));
  }
  NT_TRY(nt__sim_give_letter(r, volume, &given, &letter));
  NT_TRY(nt__sim_claim(r, 2));
  r->out[0] = given;
  r->out[1] = (uint8_t)letter;
  return NT_STATUS_SUCCESS;
}

/* ---- paths --------------------------------------------------------------- */

#define PATHS_MAX (NT_MAX_MOUNT_POINTS + 1)

/* Lists the paths of a volume, letters first. If it has none, its name is
 * listed when the caller wants that. */
static nt_status list_paths(struct sim_request *r, int64_t volume, bool all,
                            char paths[PATHS_MAX][NT_NAME_MAX], size_t *count) {
  sqlite3_stmt *stmt;
  *count = 0;
  if (!all) {
    *count = 1;
    return nt__sim_volume_name(r, volume, paths[0], NT_NAME_MAX);
  }
  nt_status status = nt__sim_query(r,
                                   "SELECT path FROM mount_point "
                                   "WHERE volume = ?1 "
                                   "ORDER BY length(path), path",
                                   SIM_ARGS(SIM_INT(volume)), &stmt);
  if (!nt_ok(status)) {
    return status;
  }
  while (nt_ok(status = nt__sim_step(r, stmt)) && *count < PATHS_MAX) {
    nt__sim_text(stmt, 0, paths[(*count)++], NT_NAME_MAX);
  }
  sqlite3_reset(stmt);
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

/* MOUNTMGR_VOLUME_PATHS: { u32 bytes, WCHAR texts[] }. A zero ends each text,
 * and one more zero ends them all. If the buffer is too small, only the count
 * of bytes is returned. */
static nt_status put_paths(struct sim_request *r,
                           char paths[PATHS_MAX][NT_NAME_MAX], size_t count) {
  uint8_t units[2 * PATHS_MAX * NT_NAME_MAX + 2] = {0};
  size_t used = 0;
  bool more;
  for (size_t i = 0; i < count; i++) {
    used += nt__sim_put_utf16(units + 2 * used, NT_NAME_MAX, paths[i]) + 1;
  }
  size_t bytes = 2 * (used + 1);
  NT_TRY(claim(r, 8, 4 + bytes > 8 ? 4 + bytes : 8, &more));
  nt_put_u32(r->out, (uint32_t)bytes);
  if (more) {
    return nt__sim_more(r, 4 + bytes);
  }
  memcpy(r->out + 4, units, bytes);
  return NT_STATUS_SUCCESS;
}

static nt_status answer_paths(struct sim_request *r, bool all) {
  char paths[PATHS_MAX][NT_NAME_MAX];
  size_t count;
  int64_t volume = 0;
  NT_TRY(read_target(r, &volume));
  NT_TRY(list_paths(r, volume, all, paths, &count));
  return put_paths(r, paths, count);
}

static nt_status dos_path(struct sim_request *r) {
  return answer_paths(r, false);
}

static nt_status dos_paths(struct sim_request *r) {
  return answer_paths(r, true);
}

/* ---- settings ------------------------------------------------------------ */

/* MOUNTMGR_QUERY_AUTO_MOUNT: { u32 0 or 1 } */
static nt_status query_auto_mount(struct sim_request *r) {
  bool on = true, more;
  NT_TRY(nt__sim_automount(r, &on));
  NT_TRY(claim(r, 4, 4, &more));
  nt_put_u32(r->out, on);
  return NT_STATUS_SUCCESS;
}

static nt_status set_auto_mount(struct sim_request *r) {
  NT_TRY(nt__sim_input(r, 4, NT_STATUS_INVALID_PARAMETER));
  if (nt_get_u32(r->in) > 1) {
    NT_TRY(bad_request(r, "the state is neither 0 nor 1"));
  }
  return nt__sim_exec(r,
                      "INSERT OR REPLACE INTO setting (name, value) "
                      "VALUES ('automount', ?1)",
                      SIM_ARGS(SIM_INT(nt_get_u32(r->in))));
}

/* mountvol /R: removes what is known of volumes that are not there. */
static nt_status scrub(struct sim_request *r) {
  NT_TRY(nt__sim_exec(r,
                      "DELETE FROM mount_point WHERE volume IN "
                      "(SELECT id FROM volume WHERE installed = 0)",
                      SIM_NO_ARGS));
  return nt__sim_exec(r,
                      "DELETE FROM no_letter WHERE volume IN "
                      "(SELECT id FROM volume WHERE installed = 0)",
                      SIM_NO_ARGS);
}

const struct sim_answer nt__sim_mount_manager_answers[] = {
    {NT_IOCTL_MOUNTMGR_QUERY_POINTS, 0, query_points},
    {NT_IOCTL_MOUNTMGR_CREATE_POINT, 0, create_point},
    {NT_IOCTL_MOUNTMGR_DELETE_POINTS, 0, delete_points},
    {NT_IOCTL_MOUNTMGR_DELETE_POINTS_DBONLY, 0, delete_points_in_store},
    {NT_IOCTL_MOUNTMGR_NEXT_DRIVE_LETTER, 0, next_letter},
    {NT_IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATH, 0, dos_path},
    {NT_IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATHS, 0, dos_paths},
    {NT_IOCTL_MOUNTMGR_QUERY_AUTO_MOUNT, 0, query_auto_mount},
    {NT_IOCTL_MOUNTMGR_SET_AUTO_MOUNT, 0, set_auto_mount},
    {NT_IOCTL_MOUNTMGR_SCRUB_REGISTRY, 0, scrub},
    {0, 0, NULL},
};
