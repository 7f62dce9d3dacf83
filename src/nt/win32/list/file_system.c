/*
 * What the file system of a volume tells. A volume that is listed is asked by
 * GetVolumeInformationW, a volume that we have open with data access through
 * its handle.
 */
#include <string.h>

#include "../../disk/file_system.h"
#include "listing.h"

/* Room for the longest names, in UTF-16 units. */
#define MOST_LABEL 256
#define MOST_FILE_SYSTEM 64

/* The facts that both ways give. */
struct told {
  nt_wchar file_system[MOST_FILE_SYSTEM];
  nt_wchar label[MOST_LABEL];
  uint32_t serial, flags;
};

/* ---- questions that need a volume handle --------------------------------- */

static void ask_details(struct win32_view *view, struct win32_handle *h) {
  struct nt_volume_info *info = view->info;
  unsigned char dirty[4], ntfs[96], boot[NT_FAT_BPB];
  struct nt_fat fat;
  size_t length;
  nt__win32_view_request(view, h, NT_FSCTL_IS_VOLUME_DIRTY, dirty,
                         sizeof(dirty), &length);
  if (length == sizeof(dirty) && (dirty[0] & 1) != 0) {
    info->flags |= NT_VOLUME_DIRTY;
  }
  if (strcmp(info->file_system, "NTFS") == 0) {
    nt__win32_view_request(view, h, NT_FSCTL_GET_NTFS_VOLUME_DATA, ntfs,
                           sizeof(ntfs), &length);
    if (length >= 8) {
      nt_long_serial(nt_get_u64(ntfs), info->serial, sizeof(info->serial));
    }
  } else if (strcmp(info->file_system, "FAT") == 0) { /* of 12 or 16 bits */
    nt__win32_view_request(view, h, NT_FSCTL_QUERY_FAT_BPB, boot, sizeof(boot),
                           &length);
    if (length == sizeof(boot) && nt_fat_decode(boot, length, &fat)) {
      nt_copy(info->file_system, sizeof(info->file_system), nt_fat_name(&fat));
    }
  }
}

/* A handle with these rights reaches the file system without the right to read
 * or write data, so it needs no administrator ("Obtaining File System
 * Recognition Information"). */
#define LOOKS (NT_FILE_READ_ATTRIBUTES | NT_FILE_TRAVERSE | NT_SYNCHRONIZE)

static void ask_details_by_name(struct win32_view *view) {
  struct win32_handle h;
  if (nt__win32_view_open(view, LOOKS, &h)) {
    ask_details(view, &h);
    nt__win32_release(&h);
  }
}

/* ---- what both ways tell ------------------------------------------------- */

static bool is_raw(const struct nt_volume_info *info) {
  return strcmp(info->file_system, "RAW") == 0;
}

/* Windows mounts RAW when no file system recognises the volume. */
static void show_told(struct nt_volume_info *info, const struct told *told) {
  nt__win32_show(told->file_system, info->file_system,
                 sizeof(info->file_system));
  nt__win32_show(told->label, info->label, sizeof(info->label));
  nt_short_serial(told->serial, info->serial, sizeof(info->serial));
  if (!is_raw(info)) {
    info->flags |= NT_VOLUME_MOUNTED;
  }
  if ((told->flags & NT_WIN32_FILE_READ_ONLY_VOLUME) != 0) {
    info->flags |= NT_VOLUME_READONLY;
  }
  if (strcmp(info->file_system, "CSVFS") == 0) {
    info->flags |= NT_VOLUME_CSV;
  }
}

#define ERROR_UNRECOGNIZED_VOLUME 1005U

/* Whether the error is about the bytes below a file system: a bad sector, a
 * device that failed or is gone, a damaged file system, a volume that is
 * encrypted and locked (FVE_E_LOCKED_VOLUME). Other errors say nothing about
 * the bytes; above all "access denied", which a volume gives while somebody
 * else has it locked. */
static bool speaks_of_bytes(uint32_t error) {
  static const uint32_t list[] = {23,   27,   30,   55,   1112, 1117,
                                  1167, 1392, 1393, 1617, 1785, 0x80310000U};
  for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
    if (list[i] == error) {
      return true;
    }
  }
  return false;
}

/* A drive without a medium, a dismounted volume and an offline volume all give
 * "not ready". Only the first cannot be read. */
static bool has_no_medium(struct win32_view *view) {
  size_t ignored;
  return nt__win32_view_ask(view, NT_IOCTL_STORAGE_CHECK_VERIFY2, NULL, 0,
                            &ignored) == NT_STATUS_NO_MEDIA_IN_DEVICE;
}

static void show_refusal(struct win32_view *view, uint32_t error) {
  struct nt_volume_info *info = view->info;
  if (error == ERROR_UNRECOGNIZED_VOLUME) {
    nt_copy(info->file_system, sizeof(info->file_system), "RAW");
  } else if (speaks_of_bytes(error) ||
             (error == NT_WIN32_ERROR_NOT_READY && has_no_medium(view))) {
    info->flags |= NT_VOLUME_UNREADABLE;
  }
}

/* ---- by name ------------------------------------------------------------- */

static void show_by_name(struct win32_view *view) {
  struct told told = {.serial = 0};
  if (view->root[0] == 0 || view->hung) {
    return;
  }
  uint32_t error = view->m->os->volume_information(
      view->root, told.label, MOST_LABEL, &told.serial, &told.flags,
      told.file_system, MOST_FILE_SYSTEM);
  if (error != 0) {
    show_refusal(view, error);
    return;
  }
  show_told(view->info, &told);
  if (!is_raw(view->info) && view->drive != NT_WIN32_DRIVE_REMOTE) {
    ask_details_by_name(view);
  }
}

/* ---- through the handle -------------------------------------------------- */

static nt_status query(struct win32_handle *h, int class, unsigned char *buf,
                       size_t cap, size_t *length) {
  struct nt_win32_io io = {.information = 0};
  memset(buf, 0, cap);
  nt_status status =
      h->os->query_volume(h->file, &io, buf, (uint32_t)cap, class);
  *length = 0;
  if (nt_ok(status) || status == NT_STATUS_BUFFER_OVERFLOW) {
    *length = io.information < cap ? io.information : cap;
    return NT_STATUS_SUCCESS;
  }
  return status;
}

/* Decodes a text of `bytes` bytes at `at`, as far as it was returned and
 * fits. */
static void decode_text(const unsigned char *buf, size_t length, size_t at,
                        uint32_t bytes, nt_wchar *out, size_t cap) {
  size_t count = 0;
  for (; count + 1 < cap && count < bytes / 2 && at + 2 * count + 2 <= length;
       count++) {
    out[count] = nt_get_u16(buf + at + 2 * count);
  }
  out[count] = 0;
}

/* FILE_FS_ATTRIBUTE_INFORMATION: { u32 flags, i32 longest name, u32 length,
 * name }; FILE_FS_VOLUME_INFORMATION: { i64 time, u32 serial, u32 length, u8,
 * u8, label }. */
static nt_status query_both(struct win32_handle *h, struct told *told) {
  unsigned char buf[18 + 2 * MOST_LABEL];
  size_t length;
  NT_TRY(query(h, NT_WIN32_FS_ATTRIBUTE_INFORMATION, buf,
               12 + 2 * MOST_FILE_SYSTEM, &length));
  if (length >= 12) {
    told->flags = nt_get_u32(buf);
    decode_text(buf, length, 12, nt_get_u32(buf + 8), told->file_system,
                MOST_FILE_SYSTEM);
  }
  if (nt_ok(query(h, NT_WIN32_FS_VOLUME_INFORMATION, buf, sizeof(buf),
                  &length)) &&
      length >= 18) {
    told->serial = nt_get_u32(buf + 8);
    decode_text(buf, length, 18, nt_get_u32(buf + 12), told->label, MOST_LABEL);
  }
  return NT_STATUS_SUCCESS;
}

/* After this handle has dismounted the volume, some file systems still return
 * the facts of what was mounted; but the volume is not mounted any more. */
static void show_by_handle(struct win32_view *view) {
  struct told told = {.serial = 0};
  nt_status status = query_both(view->h, &told);
  if (!nt_ok(status)) {
    show_refusal(view, nt_status_to_win32(status));
    return;
  }
  show_told(view->info, &told);
  if (!is_raw(view->info)) {
    ask_details(view, view->h);
  }
  if (view->h->base.dismounted) {
    view->info->flags &= ~NT_VOLUME_MOUNTED;
  }
}

void nt__win32_show_file_system(struct win32_view *view) {
  if (view->h != NULL && view->h->base.kind == NT_KIND_VOLUME) {
    show_by_handle(view);
  } else {
    show_by_name(view);
  }
}
