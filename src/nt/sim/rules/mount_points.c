/*
 * Gives letters and mount folders to volumes, and takes them away. A volume
 * that gets one comes online (F15). A volume whose letter was taken away gets
 * none automatically when it arrives again.
 */
#include "mount_points.h"

#include <string.h>

#include "../db/store.h"
#include "../files.h"
#include "event.h"
#include "instance.h"
#include "refuse.h"
#include "resolve.h"

/* ---- names --------------------------------------------------------------- */

static bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool nt__sim_is_mount_folder(const char *path) {
  size_t length = strlen(path);
  return length > 3 && length < NT_NAME_MAX && is_letter(path[0]) &&
         strncmp(path + 1, ":\\", 2) == 0 && path[length - 1] != '\\' &&
         !strchr(path, '/');
}

/* Brings a mount point into its usual form: "e:" and "E:\" become "E:", and a
 * folder loses the backslash at its end. */
static nt_status normalise(const struct sim_request *r, const char *point,
                           char out[NT_NAME_MAX]) {
  size_t length = strlen(point);
  if (length > 0 && length < NT_NAME_MAX) {
    nt_copy(out, NT_NAME_MAX, point);
    if (out[length - 1] == '\\') {
      out[--length] = '\0';
    }
    bool letter = length == 2 && is_letter(out[0]) && out[1] == ':';
    if (letter && out[0] >= 'a') {
      out[0] = (char)(out[0] - 'a' + 'A');
    }
    if (letter || nt__sim_is_mount_folder(out)) {
      return NT_STATUS_SUCCESS;
    }
  }
  nt_fail(r->err, NT_STATUS_OBJECT_NAME_INVALID,
          "it is neither a letter nor a folder");
  nt_hint(r->err, "write it like E: or C:\\mnt\\data");
  return NT_STATUS_OBJECT_NAME_INVALID;
}

/* ---- what is there ------------------------------------------------------- */

nt_status nt__sim_letter_of(const struct sim_request *r, int64_t volume,
                            char *letter) {
  int64_t found = 0;
  nt_status status =
      nt__sim_number(r,
                     "SELECT unicode(path) FROM mount_point "
                     "WHERE volume = ?1 AND length(path) = 2 LIMIT 1",
                     SIM_ARGS(SIM_INT(volume)), 0, &found);
  *letter = (char)found;
  return status;
}

static nt_status next_letter(const struct sim_request *r, char *letter) {
  int64_t taken = 1;
  nt_status status = NT_STATUS_SUCCESS;
  for (*letter = 'D'; *letter <= 'Z'; ++*letter) {
    char path[3] = {*letter, ':', '\0'};
    status =
        nt__sim_number(r, "SELECT count(*) FROM mount_point WHERE path = ?1",
                       SIM_ARGS(SIM_TEXT(path)), 0, &taken);
    if (!nt_ok(status) || taken == 0) {
      return status;
    }
  }
  *letter = '\0';
  return status;
}

static nt_status count_points(const struct sim_request *r, int64_t volume,
                              int64_t *count) {
  return nt__sim_number(r, "SELECT count(*) FROM mount_point WHERE volume = ?1",
                        SIM_ARGS(SIM_INT(volume)), 0, count);
}

static nt_status check_free(const struct sim_request *r, const char *point) {
  int64_t taken = 0;
  NT_TRY(nt__sim_number(r, "SELECT count(*) FROM mount_point WHERE path = ?1",
                        SIM_ARGS(SIM_TEXT(point)), 0, &taken));
  if (taken == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(r->err, NT_STATUS_OBJECT_NAME_COLLISION,
          "%s is another volume, or this one already", point);
  nt_hint(r->err, "choose another, or remove it there first");
  return NT_STATUS_OBJECT_NAME_COLLISION;
}

static nt_status check_room(const struct sim_request *r, int64_t volume,
                            const char *point) {
  char letter = '\0';
  int64_t count = 0;
  NT_TRY(nt__sim_letter_of(r, volume, &letter));
  NT_TRY(count_points(r, volume, &count));
  if (letter && point[2] == '\0') {
    return nt_refuse(r->err, NT_REASON_HAS_LETTER,
                     "the volume has the letter %c: already", letter);
  }
  if (count >= NT_MAX_MOUNT_POINTS) {
    nt_fail(r->err, NT_STATUS_INVALID_PARAMETER,
            "the volume has %d letters and folders already",
            NT_MAX_MOUNT_POINTS);
    nt_hint(r->err, "remove one of them first");
    return NT_STATUS_INVALID_PARAMETER;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- the folder ---------------------------------------------------------- */

static nt_status check_empty(const struct sim_request *r,
                             struct sim_files *folder) {
  struct nt_directory_entry entry;
  uint64_t cursor = 0;
  if (!nt__sim_files_is_directory(folder)) {
    return nt_refuse_as(r->err, NT_STATUS_NOT_A_DIRECTORY,
                        NT_REASON_NOT_A_DIRECTORY, "it is a file");
  }
  nt_status status = nt__sim_files_next(folder, &cursor, &entry, r->err);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(status);
  nt_fail(r->err, NT_STATUS_DIRECTORY_NOT_EMPTY, "it has '%s' in it",
          entry.name);
  nt_hint(r->err, "choose an empty folder");
  return NT_STATUS_DIRECTORY_NOT_EMPTY;
}

/* The request has the volume and the instance that the folder lies on. */
static nt_status look_into(const struct sim_request *r, const char *path) {
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t count = 0;
  struct sim_files *folder = NULL;
  NT_TRY(nt__sim_load_extents(r, r->volume.id, extents, &count));
  NT_TRY(nt__sim_files_open(r->m, extents, count, r->volume.length,
                            r->volume.sector_size, r->instance.file_system,
                            path, &folder, r->err));
  nt_status status = check_empty(r, folder);
  nt__sim_files_close(folder);
  return status;
}

static nt_status has_drive(const struct sim_request *r, const char *drive,
                           bool *found) {
  int64_t drives = 0;
  NT_TRY(nt__sim_number(r, "SELECT count(*) FROM mount_point WHERE path = ?1",
                        SIM_ARGS(SIM_TEXT(drive)), 0, &drives));
  *found = drives > 0;
  return NT_STATUS_SUCCESS;
}

/* W8: a mount folder is an empty folder of a mounted NTFS volume. A drive that
 * the machine does not have counts as the system's own, which nobody can look
 * into. */
static nt_status check_folder(const struct sim_request *r, const char *point) {
  struct sim_request host = {.m = r->m, .err = r->err};
  struct sim_target target;
  const char drive[3] = {point[0], ':', '\0'};
  bool found = false;
  NT_TRY(has_drive(r, drive, &found));
  if (!found) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_resolve(&host, point, &target));
  NT_TRY(nt__sim_load_volume(&host, target.volume, &host.volume));
  NT_TRY(nt__sim_check_online(&host));
  NT_TRY(nt__sim_mount(&host));
  if (strcmp(host.instance.file_system, "NTFS") != 0) {
    nt_fail(r->err, NT_STATUS_INVALID_DEVICE_REQUEST,
            "a mount folder lies on NTFS, and the file system there is %s",
            host.instance.file_system);
    nt_hint(r->err, "choose an empty folder of an NTFS volume");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  NT_TRY(nt__sim_check_condition(&host));
  return look_into(&host, target.rest);
}

/* ---- giving -------------------------------------------------------------- */

nt_status nt__sim_set_online(const struct sim_request *r,
                             struct sim_volume *volume) {
  if (!(volume->flags & NT_VOLUME_OFFLINE)) {
    return NT_STATUS_SUCCESS;
  }
  volume->flags &= ~NT_VOLUME_OFFLINE;
  NT_TRY(nt__sim_save_volume(r, volume));
  return nt__sim_event_volume(r, SIM_ONLINE, volume->id);
}

/* F15 */
static nt_status put_online(const struct sim_request *r, int64_t id) {
  struct sim_volume volume;
  NT_TRY(nt__sim_load_volume(r, id, &volume));
  return nt__sim_set_online(r, &volume);
}

nt_status nt__sim_give_point(const struct sim_request *r, int64_t volume,
                             const char *name) {
  char point[NT_NAME_MAX];
  NT_TRY(normalise(r, name, point));
  NT_TRY(check_free(r, point));
  NT_TRY(check_room(r, volume, point));
  if (point[2] != '\0') {
    NT_TRY(check_folder(r, point));
  }
  NT_TRY(nt__sim_exec(
      r, "INSERT INTO mount_point (path, volume, kept) VALUES (?1, ?2, 1)",
      SIM_ARGS(SIM_TEXT(point), SIM_INT(volume))));
  NT_TRY(nt__sim_exec(r, "DELETE FROM no_letter WHERE volume = ?1",
                      SIM_ARGS(SIM_INT(volume))));
  return put_online(r, volume);
}

nt_status nt__sim_give_letter(const struct sim_request *r, int64_t volume,
                              bool *given, char *letter) {
  int64_t unwanted = 0;
  *given = false;
  NT_TRY(nt__sim_letter_of(r, volume, letter));
  if (*letter) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_number(r, "SELECT count(*) FROM no_letter WHERE volume = ?1",
                        SIM_ARGS(SIM_INT(volume)), 0, &unwanted));
  if (unwanted) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(next_letter(r, letter));
  if (!*letter) {
    return NT_STATUS_SUCCESS;
  }
  char path[3] = {*letter, ':', '\0'};
  *given = true;
  return nt__sim_give_point(r, volume, path);
}

/* ---- taking -------------------------------------------------------------- */

nt_status nt__sim_want_no_letter(const struct sim_request *r, int64_t volume) {
  return nt__sim_exec(r, "INSERT OR IGNORE INTO no_letter (volume) VALUES (?1)",
                      SIM_ARGS(SIM_INT(volume)));
}

nt_status nt__sim_take_point(const struct sim_request *r, const char *name) {
  char point[NT_NAME_MAX];
  int64_t volume = 0;
  NT_TRY(normalise(r, name, point));
  NT_TRY(nt__sim_number(r, "SELECT volume FROM mount_point WHERE path = ?1",
                        SIM_ARGS(SIM_TEXT(point)), 0, &volume));
  if (volume == 0) {
    nt_fail(r->err, NT_STATUS_OBJECT_NAME_NOT_FOUND,
            "no volume has this letter or folder");
    nt_hint(r->err, "list what there is: ntvol volumes --json");
    return NT_STATUS_OBJECT_NAME_NOT_FOUND;
  }
  NT_TRY(nt__sim_exec(r, "DELETE FROM mount_point WHERE path = ?1",
                      SIM_ARGS(SIM_TEXT(point))));
  return point[2] == '\0' ? nt__sim_want_no_letter(r, volume)
                          : NT_STATUS_SUCCESS;
}

/* ---- arriving ------------------------------------------------------------ */

nt_status nt__sim_automount(const struct sim_request *r, bool *on) {
  int64_t value;
  nt_status status =
      nt__sim_number(r, "SELECT value FROM setting WHERE name = 'automount'",
                     SIM_NO_ARGS, 1, &value);
  *on = value != 0;
  return status;
}

nt_status nt__sim_points_arrive(const struct sim_request *r, int64_t volume,
                                bool *online) {
  bool automount = true, given;
  int64_t count = 0;
  char letter;
  nt_status status =
      nt__sim_exec(r, "DELETE FROM mount_point WHERE volume = ?1 AND kept = 0",
                   SIM_ARGS(SIM_INT(volume)));
  if (nt_ok(status)) {
    status = nt__sim_automount(r, &automount);
  }
  if (nt_ok(status) && automount) {
    *online = true;
    return nt__sim_give_letter(r, volume, &given, &letter);
  }
  if (nt_ok(status)) {
    status = count_points(r, volume, &count);
  }
  *online = count > 0;
  return status;
}
