/*
 * Describing one volume.
 *
 * Facts of the device come from handles without data access, which neither
 * mount the volume nor disturb anybody. Facts of the file system come from
 * GetVolumeInformationW and then from a volume handle that is open for a
 * moment. Unlike the simulated machine, Windows mounts a volume for that, and a
 * lock that somebody tries to take in that moment is refused. There is no other
 * way to get these facts.
 *
 * A volume that one of our handles has open is asked through that handle. The
 * handle may hold the lock, which refuses all other handles; or it may have
 * dismounted the volume, and then a question by name would mount it again.
 */
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "listing.h"

/* ---- mount points -------------------------------------------------------- */

#define MOST_MOUNT_UNITS 0x100000U

/* Returns all mount points, one behind the other, which the caller frees; NULL
 * when Windows does not tell them. */
static nt_wchar *mount_points_of(struct win32_machine *m, const nt_wchar *root,
                                 uint32_t *capacity) {
  for (uint32_t units = 1024; units <= MOST_MOUNT_UNITS; units *= 4) {
    nt_wchar *names = calloc(units, sizeof(*names));
    uint32_t error = names == NULL ? NT_WIN32_ERROR_NOT_SUPPORTED
                                   : m->os->volume_paths(root, names, units);
    if (error == 0) {
      *capacity = units;
      return names;
    }
    free(names);
    if (error != NT_WIN32_ERROR_MORE_DATA) {
      break;
    }
  }
  return NULL;
}

/* Sorts letters before folders, and short names before long ones. */
static bool comes_before(const char *a, const char *b) {
  size_t a_length = strlen(a), b_length = strlen(b);
  return a_length != b_length ? a_length < b_length : strcmp(a, b) < 0;
}

static void insert_mount_point(struct nt_volume_info *info, const char *path) {
  uint32_t at = info->mount_point_count;
  while (at > 0 && comes_before(path, info->mount_points[at - 1])) {
    at--;
  }
  if (at == NT_MAX_MOUNT_POINTS) {
    return;
  }
  uint32_t moved = info->mount_point_count - at;
  if (info->mount_point_count == NT_MAX_MOUNT_POINTS) {
    moved--;
  } else {
    info->mount_point_count++;
  }
  memmove(info->mount_points[at + 1], info->mount_points[at],
          moved * sizeof(info->mount_points[0]));
  nt_copy(info->mount_points[at], sizeof(info->mount_points[at]), path);
}

/* A name that is too long for us, or is no valid text, is left out: the caller
 * could not open it. */
static void add_mount_point(struct nt_volume_info *info, const nt_wchar *path) {
  nt_wchar bare[WIN32_NAME_MAX];
  char text[NT_NAME_MAX];
  struct nt_error ignored = {0};
  nt__win32_copy_bare(bare, WIN32_NAME_MAX, path);
  if (bare[0] != 0 &&
      nt_ok(nt__win32_narrow(bare, text, sizeof(text), &ignored))) {
    insert_mount_point(info, text);
  }
}

static void show_mount_points(struct win32_view *view) {
  uint32_t capacity = 0;
  if (nt__win32_is_letter_root(view->root)) {
    add_mount_point(view->info, view->root);
    return;
  }
  if (view->root[0] == 0) {
    return;
  }
  nt_wchar *names = mount_points_of(view->m, view->root, &capacity);
  if (names == NULL) {
    return;
  }
  names[capacity - 1] = 0;
  for (uint32_t at = 0; at < capacity && names[at] != 0;
       at += (uint32_t)nt__win32_length(names + at) + 1) {
    add_mount_point(view->info, names + at);
  }
  free(names);
}

/* ---- facts of the device ------------------------------------------------- */

/* Asks a question that the device answers by its status alone. */
static nt_status ask_plain(struct win32_view *view, uint32_t code) {
  size_t ignored;
  return nt__win32_view_ask(view, code, NULL, 0, &ignored);
}

/* When the volume has more extents than fit, the driver returns
 * STATUS_BUFFER_OVERFLOW with those that fit. */
static void show_extents(struct win32_view *view) {
  unsigned char buf[WIN32_EXTENTS_SIZE];
  size_t length;
  nt__win32_view_ask(view, NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, buf,
                     sizeof(buf), &length);
  view->info->extent_count = nt__win32_decode_extents(
      buf, length, view->info->extents, &view->all_extents);
}

/* STORAGE_DEVICE_NUMBER: { u32 type, u32 number, i32 partition }. The partition
 * is -1 on a device that cannot be partitioned. */
static void show_partition(struct win32_view *view) {
  unsigned char buf[12];
  size_t length;
  nt__win32_view_ask(view, NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, buf, sizeof(buf),
                     &length);
  uint32_t number = length == sizeof(buf) ? nt_get_u32(buf + 8) : 0;
  view->info->partition_number = number <= INT32_MAX ? number : 0;
}

/* DISK_GEOMETRY, and DISK_GEOMETRY_EX, which begins with it: bytes per sector
 * at 20. */
static void show_sector_size(struct win32_view *view) {
  static const uint32_t codes[] = {NT_IOCTL_DISK_GET_DRIVE_GEOMETRY,
                                   NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX};
  for (size_t i = 0; i < 2 && view->info->sector_size == 0; i++) {
    unsigned char buf[256];
    size_t length;
    nt__win32_view_ask(view, codes[i], buf, sizeof(buf), &length);
    if (length >= 24) {
      view->info->sector_size =
          nt__win32_plausible_sector(nt_get_u32(buf + 20));
    }
  }
}

/* Old drivers do not know these states and refuse the questions. Then the
 * volume counts as online. */
static void show_state(struct win32_view *view) {
  unsigned char is_csv;
  size_t length;
  uint32_t *flags = &view->info->flags;
  if (nt_ok(ask_plain(view, NT_IOCTL_VOLUME_IS_OFFLINE))) {
    *flags |= NT_VOLUME_OFFLINE;
  }
  if (ask_plain(view, NT_IOCTL_DISK_IS_WRITABLE) ==
      NT_STATUS_MEDIA_WRITE_PROTECTED) {
    *flags |= NT_VOLUME_READONLY;
  }
  if (nt_ok(nt__win32_view_ask(view, NT_IOCTL_VOLUME_IS_CSV, &is_csv, 1,
                               &length)) &&
      length == 1 && is_csv != 0) {
    *flags |= NT_VOLUME_CSV;
  }
}

/* ---- the length ---------------------------------------------------------- */

/* GET_LENGTH_INFORMATION: { i64 length } */
static bool ask_length(struct win32_view *view, struct win32_handle *h,
                       uint64_t *out) {
  unsigned char buf[8];
  size_t length;
  nt__win32_view_request(view, h, NT_IOCTL_DISK_GET_LENGTH_INFO, buf,
                         sizeof(buf), &length);
  *out = length == sizeof(buf) ? nt_get_u64(buf) : 0;
  return *out > 0 && *out <= INT64_MAX;
}

static bool length_by_opening(struct win32_view *view, uint64_t *out) {
  struct win32_handle h;
  if (!nt__win32_view_open(view, NT_FILE_READ_DATA | NT_SYNCHRONIZE, &h)) {
    return false;
  }
  bool told = ask_length(view, &h, out);
  nt__win32_release(&h);
  return told;
}

static uint64_t sum_of_extents(const struct win32_view *view) {
  uint64_t sum = 0;
  for (uint32_t i = 0; view->all_extents && i < view->info->extent_count; i++) {
    sum += view->info->extents[i].length;
  }
  return sum <= INT64_MAX ? sum : 0;
}

/* The exact length needs read access. When the volume lies on one extent, the
 * extent is as long, and the volume need not be opened. Several extents do not
 * tell the length, because those of a mirror count twice; then a volume that is
 * only listed is opened to ask it. */
static void show_length(struct win32_view *view) {
  uint64_t length = 0;
  bool told = view->h != NULL && ask_length(view, view->h, &length);
  if (!told && view->all_extents && view->info->extent_count == 1) {
    length = view->info->extents[0].length;
    told = true;
  }
  if (!told && view->h == NULL) {
    told = length_by_opening(view, &length);
  }
  view->info->length = told ? length : sum_of_extents(view);
}

/* ---- all of it ----------------------------------------------------------- */

static void show_names(struct win32_view *view) {
  struct nt_volume_info *info = view->info;
  nt_wchar bare[WIN32_NAME_MAX];
  struct nt_error ignored = {0};
  nt__win32_copy_bare(bare, WIN32_NAME_MAX, view->root);
  if (nt__win32_after(view->root, "\\\\?\\Volume{") != NULL) {
    nt__win32_narrow(bare, info->guid_path, sizeof(info->guid_path), &ignored);
  }
  show_mount_points(view);
  if (info->mount_point_count > 0) {
    nt_copy(info->name, sizeof(info->name), info->mount_points[0]);
  } else if (info->guid_path[0] != '\0') {
    nt_copy(info->name, sizeof(info->name), info->guid_path);
  } else {
    nt__win32_narrow(bare, info->name, sizeof(info->name), &ignored);
  }
}

static void show_all(struct win32_view *view) {
  view->drive = view->root[0] == 0 ? 0 : view->m->os->drive_type(view->root);
  if (view->drive == NT_WIN32_DRIVE_REMOVABLE ||
      view->drive == NT_WIN32_DRIVE_CDROM) {
    view->info->flags |= NT_VOLUME_REMOVABLE;
  }
  show_names(view);
  show_extents(view);
  show_partition(view);
  show_sector_size(view);
  show_state(view);
  nt__win32_show_file_system(view);
  show_length(view);
  view->info->flags |= nt__win32_system_flags(view);
}

static uint32_t show_device(struct win32_view *view) {
  struct nt_error ignored = {0};
  uint32_t error =
      nt__win32_device_of(view->m, view->root, view->device, WIN32_NAME_MAX);
  if (error != 0) {
    view->device[0] = 0;
  }
  nt__win32_narrow(view->device, view->info->device, sizeof(view->info->device),
                   &ignored);
  return error;
}

nt_status nt__win32_describe(struct win32_machine *m, const nt_wchar *root,
                             struct nt_volume_info *out, struct nt_error *err) {
  struct win32_view view = {.m = m, .root = root, .info = out};
  unsigned char buf[12];
  size_t length;
  *out = (struct nt_volume_info){0};
  nt__win32_device_name(root, view.device_name, WIN32_NAME_MAX);
  uint32_t error = show_device(&view);
  if (error == NT_WIN32_ERROR_FILE_NOT_FOUND ||
      error == NT_WIN32_ERROR_PATH_NOT_FOUND) {
    nt_status status = nt__win32_view_ask(
        &view, NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, buf, sizeof(buf), &length);
    if (nt__win32_is_gone(status)) {
      nt__win32_fail(err, error, status, "there is no such volume");
      nt_hint(err, "list what is there: ntvol volumes");
      return err->status;
    }
  }
  show_all(&view);
  return NT_STATUS_SUCCESS;
}

nt_status nt__win32_info(struct nt_handle *handle, struct nt_volume_info *out,
                         struct nt_error *err) {
  struct win32_handle *h = nt__win32_handle(handle);
  struct win32_view view = {
      .m = nt__win32_machine(handle->machine), .root = h->root, .info = out};
  if (handle->kind == NT_KIND_DISK) {
    nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST,
            "this is a disk, not a volume");
    nt_hint(err, "list the disks: ntvol disks");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  if ((handle->kind == NT_KIND_VOLUME || handle->kind == NT_KIND_DEVICE) &&
      h->file != NT_WIN32_NO_HANDLE) {
    view.h = h;
  }
  *out = (struct nt_volume_info){0};
  nt__win32_device_name(h->root, view.device_name, WIN32_NAME_MAX);
  show_device(&view);
  show_all(&view);
  if (out->name[0] == '\0') {
    nt_copy(out->name, sizeof(out->name), handle->name);
  }
  out->flags |= (handle->locked ? NT_VOLUME_LOCKED : 0) |
                (handle->dismounted ? NT_VOLUME_DISMOUNTED : 0);
  return NT_STATUS_SUCCESS;
}
