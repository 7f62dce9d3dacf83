/* Turns the name that a caller writes into a volume or disk, and back. */
#include "resolve.h"

#include <stdio.h>
#include <string.h>

#include "../../name.h"
#include "../db/rows.h"
#include "../db/store.h"

/* X20: of a path, it is the drive in front of the last name that is missing. */
static nt_status not_found(const struct sim_request *r,
                           const struct sim_target *target) {
  nt_status status = target->has_rest ? NT_STATUS_OBJECT_PATH_NOT_FOUND
                                      : NT_STATUS_OBJECT_NAME_NOT_FOUND;
  nt_refuse_as(r->err, status, NT_REASON_NOT_FOUND,
               "the machine has no such volume or disk");
  nt_hint(r->err, "list what is there: ntvol volumes, ntvol disks");
  return status;
}

/* Finds the volume that the statement `sql` selects by a name. Refuses when no
 * volume has the name, or its device is not installed. */
static nt_status find_volume(const struct sim_request *r, const char *sql,
                             const struct nt_db_arg *args,
                             struct sim_target *out) {
  NT_TRY(nt__sim_number(r, sql, args, 0, &out->volume));
  if (out->volume == 0) {
    NT_TRY(not_found(r, out));
  }
  return NT_STATUS_SUCCESS;
}

/* O12: when the LUN of a volume is gone, the device stays until its handles are
 * closed, but nothing is mounted on it any more. */
static nt_status find_device(const struct sim_request *r, uint32_t number,
                             struct sim_target *out) {
  int64_t gone = 0;
  NT_TRY(nt__sim_number(
      r,
      "SELECT v.id FROM volume v JOIN extent e ON e.volume = v.id "
      "JOIN disk d ON d.number = e.disk "
      "WHERE v.id = ?1 AND v.installed = 0 AND d.flags & ?2 <> 0 LIMIT 1",
      SIM_ARGS(SIM_INT(number), SIM_INT(NT_DISK_MASKED)), 0, &gone));
  if (gone != 0) {
    nt_refuse_as(r->err, NT_STATUS_DEVICE_DOES_NOT_EXIST, NT_REASON_REMOVED,
                 "the LUN of this volume is not presented");
    nt_hint(r->err, "unmask its disk");
    return NT_STATUS_DEVICE_DOES_NOT_EXIST;
  }
  return find_volume(r,
                     "SELECT id FROM volume WHERE id = ?1 AND installed = 1 "
                     "AND " SIM_IS_HERE("", "?2", "?3", "?4"),
                     SIM_ARGS(SIM_INT(number), SIM_HERE(r->m->node)), out);
}

static nt_status find_disk(const struct sim_request *r, uint32_t number,
                           struct sim_target *out) {
  NT_TRY(nt__sim_number(
      r, "SELECT number FROM disk WHERE number = ?1 AND flags & ?2 = 0",
      SIM_ARGS(SIM_INT(number),
               SIM_INT(NT_DISK_MASKED | NT_DISK_UNINSTALLED | NT_DISK_CDROM)),
      -1, &out->disk));
  if (out->disk < 0) {
    NT_TRY(not_found(r, out));
  }
  return NT_STATUS_SUCCESS;
}

/* Finds the longest mount folder that the path begins with. */
static nt_status find_folder(const struct sim_request *r, const char *path,
                             struct sim_target *out) {
  static const char longest[] =
      "SELECT p.volume, length(CAST(p.path AS BLOB)) FROM mount_point p "
      "JOIN volume v ON v.id = p.volume AND v.installed = 1 "
      "AND " SIM_IS_HERE("v.", "?2", "?3", "?4")
      " WHERE length(p.path) > 2 AND (?1 = p.path COLLATE NOCASE OR "
      "substr(?1, 1, length(p.path) + 1) = p.path || '\\' COLLATE NOCASE) "
      "ORDER BY length(p.path) DESC LIMIT 1";
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(
      r, longest, SIM_ARGS(SIM_TEXT(path), SIM_HERE(r->m->node)), &stmt);
  NT_TRY(status);
  NT_TRY(nt__sim_step(r, stmt));
  out->volume = sqlite3_column_int64(stmt, 0);
  size_t used = (size_t)sqlite3_column_int64(stmt, 1);
  sqlite3_reset(stmt);
  /* The folder itself means the volume, as in mountvol. */
  out->has_rest = path[used] != '\0';
  snprintf(out->rest, sizeof out->rest, "%s", path + used);
  return NT_STATUS_SUCCESS;
}

static nt_status find_letter(const struct sim_request *r,
                             const struct nt_name *name,
                             struct sim_target *out) {
  char letter[3] = {name->letter, ':', '\0'};
  if (out->has_rest) {
    char path[NT_NAME_MAX + 2];
    snprintf(path, sizeof path, "%s%s", letter, out->rest);
    nt_status status = find_folder(r, path, out);
    if (status != NT_STATUS_NO_MORE_ENTRIES) {
      return status;
    }
  }
  return find_volume(
      r,
      "SELECT v.id FROM mount_point p JOIN volume v "
      "ON v.id = p.volume AND v.installed = 1 "
      "WHERE p.path = ?1 AND " SIM_IS_HERE("v.", "?2", "?3", "?4"),
      SIM_ARGS(SIM_TEXT(letter), SIM_HERE(r->m->node)), out);
}

static nt_status find_object(const struct sim_request *r,
                             const struct nt_name *name,
                             struct sim_target *out) {
  switch (name->kind) {
    case NT_NAME_LETTER:
      return find_letter(r, name, out);
    case NT_NAME_GUID:
      return find_volume(
          r,
          "SELECT id FROM volume WHERE guid = ?1 AND installed = 1 "
          "AND " SIM_IS_HERE("", "?2", "?3", "?4"),
          SIM_ARGS(SIM_TEXT(name->guid), SIM_HERE(r->m->node)), out);
    case NT_NAME_DEVICE:
      return find_device(r, name->number, out);
    case NT_NAME_DISK:
      return find_disk(r, name->number, out);
    case NT_NAME_CDROM:
      return find_volume(r, "SELECT v.id FROM disk d JOIN extent e ON e.disk = d.number "
          "JOIN volume v ON v.id = e.volume AND v.installed = 1 "
          "AND " SIM_IS_HERE("v.", "?2", "?3", "?4")
          " WHERE d.flags & ?5 <> 0 AND ?1 = (SELECT count(*) FROM disk o "
          "WHERE o.flags & ?5 <> 0 AND o.number < d.number)",
          SIM_ARGS(SIM_INT(name->number), SIM_HERE(r->m->node),
                   SIM_INT(NT_DISK_CDROM)),
          out);
    case NT_NAME_PARTITION: /* a piece of a volume is not the volume */
      return find_volume(
          r,
          "SELECT v.id FROM extent e JOIN volume v ON v.id = e.volume "
          "AND v.installed = 1 AND " SIM_IS_HERE(
              "v.", "?3", "?4",
              "?5") " WHERE e.disk = ?1 AND v.partition_number = ?2",
          SIM_ARGS(SIM_INT(name->number), SIM_INT(name->partition),
                   SIM_HERE(r->m->node)),
          out);
    case NT_NAME_MOUNTMGR: /* neither a volume nor a disk, nor a drive */
      out->has_rest = false;
      break;
  }
  return not_found(r, out);
}

/* ---- what Win32 makes of a path (X21) ------------------------------------ */

/* Takes the last component of `path` away. */
static void leave_folder(char *path) {
  char *last = strrchr(path, '\\');
  if (last) {
    *last = '\0';
  }
}

static size_t trimmed(const char *name, size_t length, bool last) {
  if (!last) { /* one dot, and only one */
    return length > 1 && name[length - 1] == '.' && name[length - 2] != '.'
               ? length - 1
               : length;
  }
  while (length > 0 && (name[length - 1] == '.' || name[length - 1] == ' ')) {
    length--;
  }
  return length;
}

static bool is_name(const char *name, size_t length, const char *dots) {
  return strlen(dots) == length && strncmp(name, dots, length) == 0;
}

/* Win32 goes through "." and ".." itself, and drops dots and blanks at the end
 * of a name. `path` begins with a backslash, and gets shorter only. */
static void normalise(char *path) {
  char out[NT_NAME_MAX] = "";
  bool slash = true;
  for (const char *at = path; *at;) {
    at += strspn(at, "\\");
    size_t length = strcspn(at, "\\");
    slash = at[length] == '\\' || length == 0;
    if (is_name(at, length, "..")) {
      leave_folder(out);
    } else if (!is_name(at, length, ".")) {
      size_t used = strlen(out), kept = trimmed(at, length, !slash);
      snprintf(out + used, sizeof out - used, "%s%.*s", kept ? "\\" : "",
               (int)kept, at);
    }
    at += length;
  }
  strcpy(path, out);
  if (slash || !out[0]) {
    strcat(path, "\\");
  }
}

static void take_path(const char *name, const char *path,
                      struct sim_target *out) {
  out->has_rest = true;
  snprintf(out->rest, sizeof out->rest, "%s", path);
  for (char *c = out->rest; *c; c++) {
    if (*c == '/') {
      *c = '\\';
    }
  }
  if (strncmp(name, "\\\\?\\", 4) != 0) { /* NT takes that one as it is */
    normalise(out->rest);
  }
}

nt_status nt__sim_resolve(const struct sim_request *r, const char *name,
                          struct sim_target *out) {
  struct nt_name parsed;
  *out = (struct sim_target){.disk = -1};
  if (strlen(name) >= NT_NAME_MAX) {
    nt_fail(r->err, NT_STATUS_OBJECT_NAME_INVALID, "the name has %zu bytes",
            strlen(name));
    nt_hint(r->err, "use a name of at most %d bytes", NT_NAME_MAX - 1);
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  NT_TRY(nt_name_parse(name, &parsed, r->err));
  if (parsed.path) {
    take_path(name, parsed.path, out);
  }
  return find_object(r, &parsed, out);
}

nt_status nt__sim_volume_name(const struct sim_request *r, int64_t volume,
                              char *buf, size_t cap) {
  sqlite3_stmt *stmt;
  nt_status status =
      nt__sim_query(r, "SELECT " SIM_VOLUME_NAME "FROM volume WHERE id = ?1",
                    SIM_ARGS(SIM_INT(volume)), &stmt);
  if (nt_ok(status)) {
    status = nt__sim_step(r, stmt);
  }
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return nt_refuse(r->err, NT_REASON_STORE, "%s: there is no volume %lld",
                     r->m->db_path, (long long)volume);
  }
  if (!nt_ok(status)) {
    return status;
  }
  nt__sim_text(stmt, 0, buf, cap);
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_resolve_volume(const struct sim_request *r, const char *name,
                                 int64_t *volume) {
  struct sim_target target;
  NT_TRY(nt__sim_resolve(r, name, &target));
  if (target.volume == 0 || target.has_rest) {
    return nt_refuse(r->err, NT_REASON_NOT_A_VOLUME,
                     "this is not the name of a volume");
  }
  *volume = target.volume;
  return NT_STATUS_SUCCESS;
}
