/*
 * Which volumes the system needs: the one it runs from (boot), the one it was
 * started from (system), and those that hold its page files.
 *
 * Such a volume must not be formatted or taken away. So when we are in doubt,
 * the answer is yes:
 *
 * - Boot is the volume that holds the system directory, and any that shares an
 * extent with it. When Windows names neither its GUID nor its device, any
 * volume may be it.
 *
 * - System is the device that Windows names. When it names none, any active
 * partition (MBR), any EFI system partition (GPT) and any fixed volume whose
 * partition is not known may be it.
 *
 * - Windows lists the page files. When it refuses to, each mounted volume with
 * a pagefile.sys in its root may be in the list, and so may each fixed volume
 * that does not say whether it is mounted.
 */
#include <string.h>

#include "listing.h"

enum answer { NO, YES, MAYBE };

/* ---- where a path lies --------------------------------------------------- */

struct place {
  nt_wchar root[WIN32_NAME_MAX];   /* "\\?\Volume{guid}\"; "": not known */
  nt_wchar device[WIN32_NAME_MAX]; /* "": not known */
};

static bool is_letter(nt_wchar c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "C:\Windows\system32" -> "C:\". For a Windows that does not tell the mount
 * point: then the letter names the volume, unless a folder of the path is a
 * mount point. */
static bool letter_of(const nt_wchar *path, nt_wchar out[4]) {
  if (!is_letter(path[0]) || path[1] != ':') {
    return false;
  }
  out[0] = path[0];
  out[1] = ':';
  out[2] = '\\';
  out[3] = 0;
  return true;
}

static void find_place(struct win32_machine *m, const nt_wchar *path,
                       struct place *out) {
  nt_wchar mount[WIN32_NAME_MAX];
  out->root[0] = out->device[0] = 0;
  if (m->os->mount_point_of_path(path, mount, WIN32_NAME_MAX) != 0 &&
      !letter_of(path, mount)) {
    return;
  }
  if (m->os->volume_of_mount_point(mount, out->root, WIN32_NAME_MAX) != 0) {
    out->root[0] = 0;
  }
  const nt_wchar *name = out->root[0] != 0 ? out->root : mount;
  if (nt__win32_device_of(m, name, out->device, WIN32_NAME_MAX) != 0) {
    out->device[0] = 0;
  }
}

static enum answer same(const nt_wchar *a, const nt_wchar *b) {
  if (a[0] == 0 || b[0] == 0) {
    return MAYBE;
  }
  return nt__win32_same(a, b) ? YES : NO;
}

static enum answer is_at(const struct win32_view *view,
                         const struct place *place) {
  bool has_guid = view->info->guid_path[0] != '\0';
  enum answer answer = has_guid ? same(view->root, place->root) : MAYBE;
  return answer != MAYBE ? answer : same(view->device, place->device);
}

/* ---- boot ---------------------------------------------------------------- */

static bool overlaps(const struct nt_extent *a, const struct nt_extent *b) {
  return a->disk == b->disk && a->offset < b->offset + b->length &&
         b->offset < a->offset + a->length;
}

static bool shares_extent(const struct win32_view *view,
                          const struct place *place) {
  nt_wchar name[WIN32_NAME_MAX];
  unsigned char buf[WIN32_EXTENTS_SIZE] = {0};
  struct nt_extent extents[NT_MAX_EXTENTS];
  size_t length = 0;
  bool all;
  if (view->info->extent_count == 0 || place->root[0] == 0) {
    return false;
  }
  nt__win32_device_name(place->root, name, WIN32_NAME_MAX);
  nt_status status =
      nt__win32_ask(view->m, name, NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
                    NULL, 0, buf, sizeof(buf), &length);
  if (!nt_ok(status) && status != NT_STATUS_BUFFER_OVERFLOW) {
    return false;
  }
  length = length < sizeof(buf) ? length : sizeof(buf);
  uint32_t count = nt__win32_decode_extents(buf, length, extents, &all);
  for (uint32_t i = 0; i < count; i++) {
    for (uint32_t k = 0; k < view->info->extent_count; k++) {
      if (overlaps(&extents[i], &view->info->extents[k])) {
        return true;
      }
    }
  }
  return false;
}

static bool is_boot(const struct win32_view *view) {
  nt_wchar path[WIN32_NAME_MAX];
  struct place place;
  if (view->m->os->system_directory(path, WIN32_NAME_MAX) != 0) {
    return true;
  }
  find_place(view->m, path, &place);
  return is_at(view, &place) != NO || shares_extent(view, &place);
}

/* ---- system -------------------------------------------------------------- */

/* PARTITION_INFORMATION_EX: u32 style at 0; MBR: u8 active at 33; GPT: type at
 * 32. */
static bool may_start_the_system(struct win32_view *view) {
  static const unsigned char efi_system[16] = {
      0x28, 0x73, 0x2A, 0xC1, 0x1F, 0xF8, 0xD2, 0x11,
      0xBA, 0x4B, 0x00, 0xA0, 0xC9, 0x3E, 0xC9, 0x3B};
  unsigned char buf[144];
  size_t length;
  nt__win32_view_ask(view, NT_IOCTL_DISK_GET_PARTITION_INFO_EX, buf,
                     sizeof(buf), &length);
  uint32_t style = length >= 48 ? nt_get_u32(buf) : UINT32_MAX;
  switch (style) {
    case 0:
      return buf[33] != 0;
    case 1:
      return memcmp(buf + 32, efi_system, sizeof(efi_system)) == 0;
    default:
      return view->drive == NT_WIN32_DRIVE_FIXED;
  }
}

static bool is_system(struct win32_view *view) {
  nt_wchar device[WIN32_NAME_MAX];
  if (!nt_ok(view->m->os->system_partition(device, WIN32_NAME_MAX))) {
    device[0] = 0;
  }
  enum answer answer = same(device, view->device);
  return answer == MAYBE ? may_start_the_system(view) : answer == YES;
}

/* ---- page files ---------------------------------------------------------- */

/* Windows has 16 at most. */
#define MOST_PAGE_FILES 64U

/* "\Device\HarddiskVolume3\pagefile.sys" */
static void find_native_place(const nt_wchar *path, struct place *out) {
  const nt_wchar *end = nt__win32_after(path, "\\Device\\");
  out->root[0] = out->device[0] = 0;
  if (end != NULL && nt__win32_copy(out->device, WIN32_NAME_MAX, path)) {
    while (*end != 0 && *end != '\\') {
      end++;
    }
    out->device[end - path] = 0;
  }
}

static bool holds(const struct win32_view *view, const nt_wchar *path) {
  struct place place;
  const nt_wchar *dos = nt__win32_after(path, "\\??\\");
  if (dos != NULL) {
    find_place(view->m, dos, &place);
  } else {
    find_native_place(path, &place);
  }
  return is_at(view, &place) != NO;
}

static bool has_page_file(const struct win32_view *view) {
  static const char name[] = "pagefile.sys";
  nt_wchar path[WIN32_NAME_MAX + sizeof(name)];
  nt_win32_handle file;
  nt_status ignored;
  nt__win32_copy(path, WIN32_NAME_MAX, view->root);
  size_t used = nt__win32_length(path);
  for (size_t i = 0; i < sizeof(name); i++) {
    path[used + i] = (unsigned char)name[i];
  }
  uint32_t error =
      view->m->os->create_file(path, NT_FILE_READ_ATTRIBUTES, WIN32_SHARE_ALL,
                               NT_WIN32_OPEN_EXISTING, 0, &file, &ignored);
  if (error == 0) {
    view->m->os->close(file);
  }
  return error != NT_WIN32_ERROR_FILE_NOT_FOUND &&
         error != NT_WIN32_ERROR_PATH_NOT_FOUND;
}

/* A volume that is locked or dismounted has no file in use, and must not be
 * opened now. */
static bool may_hold_page_file(const struct win32_view *view) {
  const struct nt_volume_info *info = view->info;
  if (strcmp(info->file_system, "RAW") == 0 ||
      (view->h != NULL && (view->h->base.locked || view->h->base.dismounted))) {
    return false;
  }
  return (info->flags & NT_VOLUME_MOUNTED) != 0
             ? has_page_file(view)
             : view->drive == NT_WIN32_DRIVE_FIXED;
}

static bool is_paged_to(const struct win32_view *view) {
  for (uint32_t i = 0; i < MOST_PAGE_FILES; i++) {
    nt_wchar path[WIN32_NAME_MAX];
    nt_status status = view->m->os->page_file(i, path, WIN32_NAME_MAX);
    if (status == NT_STATUS_NO_MORE_ENTRIES) {
      return false;
    }
    if (!nt_ok(status)) {
      return may_hold_page_file(view);
    }
    if (holds(view, path)) {
      return true;
    }
  }
  return may_hold_page_file(view);
}

/* ---- all three ----------------------------------------------------------- */

uint32_t nt__win32_system_flags(struct win32_view *view) {
  return (is_boot(view) ? NT_VOLUME_BOOT : 0) |
         (is_system(view) ? NT_VOLUME_SYSTEM : 0) |
         (is_paged_to(view) ? NT_VOLUME_PAGEFILE : 0);
}
