/*
 * Names: turns the name that a caller writes into the name that CreateFileW
 * takes, and finds the volume that it belongs to.
 */
#include <string.h>

#include "../../name.h"
#include "resolve.h"

/* CreateFileW takes names of up to 259 characters (MAX_PATH without the zero)
 * unless they begin with \\?\. */
#define SHORT_NAME_MAX 259

/* ---- text ---------------------------------------------------------------- */

/* Copies a text of ASCII that fits. */
static void put_text(nt_wchar *buf, const char *text) {
  size_t i = 0;
  for (; text[i] != '\0' && i + 1 < WIN32_NAME_MAX; i++) {
    buf[i] = (unsigned char)text[i];
  }
  buf[i] = 0;
}

static bool ends_with_backslash(const nt_wchar *text) {
  size_t length = nt__win32_length(text);
  return length > 0 && text[length - 1] == '\\';
}

static bool add_backslash(nt_wchar *text) {
  size_t length = nt__win32_length(text);
  if (length + 1 >= WIN32_NAME_MAX) {
    return false;
  }
  text[length] = '\\';
  text[length + 1] = 0;
  return true;
}

static void drop_backslash(nt_wchar *text) {
  if (ends_with_backslash(text)) {
    text[nt__win32_length(text) - 1] = 0;
  }
}

/* ---- roots --------------------------------------------------------------- */

/* "D:\" -> "\\?\Volume{guid}\". A name stays as it is when Windows has no GUID
 * for it, as for a network drive or a letter that subst made. */
static void find_root(struct win32_machine *m, const nt_wchar *mount_point,
                      nt_wchar *root) {
  nt_wchar name[WIN32_NAME_MAX];
  bool found =
      m->os->volume_of_mount_point != NULL &&
      m->os->volume_of_mount_point(mount_point, name, WIN32_NAME_MAX) == 0;
  nt__win32_copy(root, WIN32_NAME_MAX, found ? name : mount_point);
}

/* Finds "\\?\Volume{guid}\" of a device: asks every volume for the name of its
 * device. */
static bool find_device(struct win32_machine *m, const nt_wchar *device,
                        nt_wchar *root) {
  const struct nt_win32_os *os = m->os;
  nt_wchar name[WIN32_NAME_MAX], target[WIN32_NAME_MAX];
  nt_win32_handle find;
  if (os->find_first_volume == NULL || os->query_dos_device == NULL) {
    return false;
  }
  uint32_t error = os->find_first_volume(name, WIN32_NAME_MAX, &find);
  if (error != 0) {
    return false;
  }
  bool found = false;
  while (!found && error == 0) {
    nt__win32_copy(root, WIN32_NAME_MAX, name);
    drop_backslash(name);
    found = nt__win32_length(name) > 4 &&
            os->query_dos_device(name + 4, target, WIN32_NAME_MAX) == 0 &&
            nt__win32_same(target, device);
    if (!found) {
      error = os->find_next_volume(find, name, WIN32_NAME_MAX);
    }
  }
  os->find_volume_close(find);
  return found;
}

/* Finds the root of the volume that a file lies on, by the mount point that
 * holds the path. */
static void find_root_of_path(struct win32_machine *m, const nt_wchar *path,
                              const nt_wchar *object_root, nt_wchar *root) {
  nt_wchar mount_point[WIN32_NAME_MAX];
  if (m->os->mount_point_of_path != NULL &&
      m->os->mount_point_of_path(path, mount_point, WIN32_NAME_MAX) == 0) {
    find_root(m, mount_point, root);
  } else {
    nt__win32_copy(root, WIN32_NAME_MAX, object_root);
  }
}

/* ---- objects ------------------------------------------------------------- */

static void resolve_letter(struct win32_machine *m, const struct nt_name *name,
                           struct win32_target *out) {
  nt_wchar root[WIN32_NAME_MAX];
  put_text(out->open_name, "\\\\.\\X:");
  out->open_name[4] = (unsigned char)name->letter;
  nt__win32_copy(root, WIN32_NAME_MAX, out->open_name + 4);
  add_backslash(root);
  find_root(m, root, out->root);
}

static void resolve_guid(const struct nt_name *name, struct win32_target *out) {
  char text[64];
  nt_format_text(text, sizeof(text), "\\\\?\\Volume{%s}", name->guid);
  put_text(out->open_name, text);
  put_text(out->root, text);
  add_backslash(out->root);
}

static void resolve_device(struct win32_machine *m, const struct nt_name *name,
                           struct win32_target *out) {
  static const char prefix[] = "\\\\?\\GLOBALROOT";
  char text[64];
  if (name->kind == NT_NAME_PARTITION) {
    nt_format_text(text, sizeof(text), "%s\\Device\\Harddisk%u\\Partition%u",
                   prefix, (unsigned)name->number, (unsigned)name->partition);
  } else {
    nt_format_text(text, sizeof(text), "%s\\Device\\%s%u", prefix,
                   name->kind == NT_NAME_CDROM ? "CdRom" : "HarddiskVolume",
                   (unsigned)name->number);
  }
  put_text(out->open_name, text);
  if (!find_device(m, out->open_name + sizeof(prefix) - 1, out->root)) {
    put_text(out->root, text);
    add_backslash(out->root);
  }
}

static void resolve_object(struct win32_machine *m, const struct nt_name *name,
                           struct win32_target *out) {
  char text[32];
  out->kind = NT_KIND_VOLUME;
  switch (name->kind) {
    case NT_NAME_LETTER:
      resolve_letter(m, name, out);
      break;
    case NT_NAME_GUID:
      resolve_guid(name, out);
      break;
    case NT_NAME_DEVICE:
    case NT_NAME_CDROM:
    case NT_NAME_PARTITION:
      resolve_device(m, name, out);
      break;
    case NT_NAME_DISK:
      out->kind = NT_KIND_DISK;
      nt_format_text(text, sizeof(text), "\\\\.\\PhysicalDrive%u",
                     (unsigned)name->number);
      put_text(out->open_name, text);
      break;
    case NT_NAME_MOUNTMGR: /* refused before */
      break;
  }
}

/* ---- paths --------------------------------------------------------------- */

/* When a volume is mounted in this folder, the folder names the volume, as it
 * does for mountvol. */
static bool resolve_mount_folder(struct win32_machine *m, const nt_wchar *path,
                                 struct win32_target *out) {
  nt_wchar folder[WIN32_NAME_MAX], name[WIN32_NAME_MAX];
  if (m->os->volume_of_mount_point == NULL || ends_with_backslash(path)) {
    return false;
  }
  nt__win32_copy(folder, WIN32_NAME_MAX, path);
  if (!add_backslash(folder) ||
      m->os->volume_of_mount_point(folder, name, WIN32_NAME_MAX) != 0) {
    return false;
  }
  nt__win32_copy(out->root, WIN32_NAME_MAX, name);
  drop_backslash(name);
  nt__win32_copy(out->open_name, WIN32_NAME_MAX, name);
  out->kind = NT_KIND_VOLUME;
  return true;
}

/* Whether CreateFileW would leave the name as it is. It changes "." and "..",
 * double backslashes, and dots and spaces at the end of a part; but behind \\?\
 * it changes nothing. */
static bool is_plain(const nt_wchar *path) {
  size_t length = 0;
  for (const nt_wchar *part = path;; part += length + 1) {
    for (length = 0; part[length] != 0 && part[length] != '\\';) {
      length++;
    }
    bool last = part[length] == 0;
    if (length == 0 ? !last
                    : part[length - 1] == '.' || part[length - 1] == ' ') {
      return false;
    }
    if (last) {
      return true;
    }
  }
}

/* Puts \\?\ before D:\...; it replaces \\.\ where the name has that. */
static nt_status lengthen(nt_wchar *name, struct nt_error *err) {
  bool device = name[0] == '\\';
  nt_wchar text[WIN32_NAME_MAX];
  nt__win32_copy(text, WIN32_NAME_MAX, device ? name + 4 : name);
  if (!is_plain(text)) {
    nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID,
            "a name of more than %d characters must be written out",
            SHORT_NAME_MAX);
    nt_hint(err,
            "leave out \".\" and \"..\", double backslashes, and dots and "
            "spaces at the end of names");
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  put_text(name, "\\\\?\\");
  nt__win32_copy(name + 4, WIN32_NAME_MAX - 4, text);
  return NT_STATUS_SUCCESS;
}

/* Copies the name with backslashes for slashes. A native name, \Device\...,
 * gets the prefix that leads there. */
static nt_status write_path(const char *name, nt_wchar *out,
                            struct nt_error *err) {
  static const char prefix[] = "\\\\?\\GLOBALROOT";
  size_t used = 0;
  if (name[0] == '\\' && name[1] != '\\') {
    put_text(out, prefix);
    used = sizeof(prefix) - 1;
  }
  NT_TRY(nt__win32_wide(name, out + used, WIN32_NAME_MAX - used, err));
  for (nt_wchar *at = out; *at != 0; at++) {
    if (*at == '/') {
      *at = '\\';
    }
  }
  bool verbatim = out[0] == '\\' && out[1] == '\\' && out[2] == '?';
  return !verbatim && nt__win32_length(out) > SHORT_NAME_MAX
             ? lengthen(out, err)
             : NT_STATUS_SUCCESS;
}

static nt_status resolve_path(struct win32_machine *m, const char *name,
                              bool is_root, bool directory,
                              struct win32_target *out, struct nt_error *err) {
  nt_wchar path[WIN32_NAME_MAX], object_root[WIN32_NAME_MAX];
  NT_TRY(write_path(name, path, err));
  if (!directory && resolve_mount_folder(m, path, out)) {
    return NT_STATUS_SUCCESS;
  }
  out->kind = NT_KIND_FILE;
  nt__win32_copy(out->open_name, WIN32_NAME_MAX, path);
  if (!is_root) {
    nt__win32_copy(object_root, WIN32_NAME_MAX, out->root);
    find_root_of_path(m, path, object_root, out->root);
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__win32_resolve(struct win32_machine *m, const char *name,
                            bool directory, struct win32_target *out,
                            struct nt_error *err) {
  struct nt_name parsed;
  struct win32_target target = {0};
  if (name != NULL && strlen(name) >= NT_NAME_MAX) {
    nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID, "the name has %u bytes",
            (unsigned)strlen(name));
    nt_hint(err, "use a name of at most %d bytes", NT_NAME_MAX - 1);
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  nt_status status = nt_name_parse(name, &parsed, err);
  if (nt_ok(status) && parsed.kind == NT_NAME_MOUNTMGR) {
    status = nt_fail(err, NT_STATUS_OBJECT_NAME_NOT_FOUND,
                     "the mount manager of Windows is not opened here");
    nt_hint(err, "use mountvol, or the disk management");
  }
  if (nt_ok(status) && parsed.kind == NT_NAME_DISK && parsed.path != NULL) {
    status = nt_fail(err, NT_STATUS_OBJECT_PATH_NOT_FOUND,
                     "a disk has no files, its volumes have");
    nt_hint(err, "name a file by its volume: D:\\path");
  }
  if (!nt_ok(status)) {
    return status;
  }
  resolve_object(m, &parsed, &target);
  if (parsed.path != NULL) {
    status =
        resolve_path(m, name, parsed.path[1] == '\0', directory, &target, err);
  }
  if (nt_ok(status)) {
    *out = target;
  }
  return status;
}
