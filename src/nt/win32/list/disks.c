/*
 * Listing disks by the device interfaces that are present; where Windows cannot
 * list those, by trying the numbers of physical drives.
 *
 * The cursor is the number of the next disk to look at. So it can be 0 at first
 * although disks are numbered from 0.
 */
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "list.h"
#include "listing.h"

#define MOST_TRIED 64U

struct disk {
  uint32_t number;
  bool found;
  nt_wchar open_name[WIN32_NAME_MAX]; /* the name for CreateFileW */
};

/* Returns how many bytes of `buf` were filled; the others are 0. */
static size_t ask(struct win32_machine *m, const nt_wchar *name, uint32_t code,
                  void *buf, size_t cap, nt_status *status) {
  size_t length = 0;
  if (cap > 0) {
    memset(buf, 0, cap);
  }
  *status = nt__win32_ask(m, name, code, NULL, 0, buf, cap, &length);
  if (!nt_ok(*status) && *status != NT_STATUS_BUFFER_OVERFLOW) {
    return 0;
  }
  return length < cap ? length : cap;
}

/* ---- finding ------------------------------------------------------------- */

/* "\\.\PhysicalDrive12" */
static void drive_name(uint32_t number, nt_wchar *buf) {
  char text[32];
  size_t length = nt_format_text(text, sizeof(text), "\\\\.\\PhysicalDrive%u",
                                 (unsigned)number);
  for (size_t i = 0; i <= length; i++) {
    buf[i] = (unsigned char)text[i];
  }
}

static nt_status number_of(struct win32_machine *m, const nt_wchar *name,
                           uint32_t *number) {
  struct win32_identity identity;
  NT_TRY(nt__win32_ask_number(m, name, &identity));
  *number = identity.number;
  return identity.type == WIN32_DEVICE_DISK ? NT_STATUS_SUCCESS
                                            : NT_STATUS_INVALID_DEVICE_REQUEST;
}

static void keep_smallest(struct disk *best, uint32_t number,
                          const nt_wchar *name) {
  if (!best->found || number < best->number) {
    best->found = nt__win32_copy(best->open_name, WIN32_NAME_MAX, name);
    best->number = number;
  }
}

/* Returns false when no interface answers. Then find_by_number() is used. */
static bool find_by_interface(struct win32_machine *m, uint64_t from,
                              struct disk *best) {
  struct nt_error ignored = {0};
  uint32_t number;
  nt_wchar *names;
  bool any = false;
  if (!nt_ok(nt__win32_interfaces(m, nt__win32_disk_class, &names, &ignored))) {
    return false;
  }
  for (const nt_wchar *at = names; *at != 0; at = nt__win32_next(at)) {
    if (nt_ok(number_of(m, at, &number))) {
      any = true;
      if (number >= from) {
        keep_smallest(best, number, at);
      }
    }
  }
  free(names);
  return any;
}

/* A disk that can be opened is there, even when its driver does not tell its
 * number. */
static void find_by_number(struct win32_machine *m, uint64_t from,
                           struct disk *best) {
  nt_wchar name[WIN32_NAME_MAX];
  for (uint32_t i = (uint32_t)(from < MOST_TRIED ? from : MOST_TRIED);
       i < MOST_TRIED && !best->found; i++) {
    uint32_t ignored;
    drive_name(i, name);
    if (!nt__win32_is_gone(number_of(m, name, &ignored))) {
      keep_smallest(best, i, name);
    }
  }
}

/* ---- size and state ------------------------------------------------------ */

/* Whether the driver does not know the request, which says nothing about the
 * medium. */
static bool is_unknown(nt_status status) {
  return status == NT_STATUS_INVALID_DEVICE_REQUEST ||
         status == NT_STATUS_NOT_SUPPORTED ||
         status == NT_STATUS_NOT_IMPLEMENTED ||
         status == NT_STATUS_INVALID_PARAMETER;
}

/* DISK_GEOMETRY_EX: bytes per sector at 20, i64 size at 24. Drivers append
 * more, so the buffer is larger. */
static void show_size(struct win32_machine *m, const struct disk *disk,
                      struct nt_disk_info *out) {
  unsigned char buf[256];
  nt_status status;
  size_t length = ask(m, disk->open_name, NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX,
                      buf, sizeof(buf), &status);
  if (length >= 32) {
    uint64_t size = nt_get_u64(buf + 24);
    out->sector_size = nt__win32_plausible_sector(nt_get_u32(buf + 20));
    out->length = size <= INT64_MAX ? size : 0;
  } else if (!nt_ok(status) && !is_unknown(status)) {
    out->flags |= NT_DISK_UNREADABLE;
  }
  ask(m, disk->open_name, NT_IOCTL_DISK_IS_WRITABLE, NULL, 0, &status);
  if (status == NT_STATUS_MEDIA_WRITE_PROTECTED) {
    out->flags |= NT_DISK_READONLY;
  }
}

/* ---- model and serial ---------------------------------------------------- */

/* Decodes an ASCII text of a descriptor, without the blanks around it. The
 * offset is 0 or -1 when there is none. A character that is not ASCII shows as
 * '?'. */
static void decode_text(const unsigned char *buf, size_t length, uint32_t at,
                        char *out, size_t cap) {
  size_t count = 0;
  out[0] = '\0';
  if (at == 0 || at >= length) {
    return;
  }
  while (at < length && buf[at] == ' ') {
    at++;
  }
  for (; at < length && buf[at] != 0 && count + 1 < cap; at++) {
    out[count++] = buf[at] >= 0x20 && buf[at] < 0x7F ? (char)buf[at] : '?';
  }
  while (count > 0 && out[count - 1] == ' ') {
    count--;
  }
  out[count] = '\0';
}

/* STORAGE_DEVICE_DESCRIPTOR: u8 removable at 10, offsets of the vendor at 12,
 * the product at 16 and the serial at 24. */
static void show_identity(struct win32_machine *m, const struct disk *disk,
                          struct nt_disk_info *out) {
  /* STORAGE_PROPERTY_QUERY: StorageDeviceProperty, PropertyStandardQuery */
  static const unsigned char query[12] = {0};
  unsigned char buf[1024] = {0};
  char vendor[64], product[64];
  size_t length = 0;
  nt_status status =
      nt__win32_ask(m, disk->open_name, NT_IOCTL_STORAGE_QUERY_PROPERTY, query,
                    sizeof(query), buf, sizeof(buf), &length);
  length = length < sizeof(buf) ? length : sizeof(buf);
  if ((!nt_ok(status) && status != NT_STATUS_BUFFER_OVERFLOW) || length < 28) {
    return;
  }
  out->flags |= buf[10] != 0 ? NT_DISK_REMOVABLE : 0;
  decode_text(buf, length, nt_get_u32(buf + 12), vendor, sizeof(vendor));
  decode_text(buf, length, nt_get_u32(buf + 16), product, sizeof(product));
  nt_format_text(out->model, sizeof(out->model), "%s%s%s", vendor,
                 vendor[0] != '\0' && product[0] != '\0' ? " " : "", product);
  decode_text(buf, length, nt_get_u32(buf + 24), out->serial,
              sizeof(out->serial));
}

/* ---- partition table ----------------------------------------------------- */

/* Whether the disk really has an MBR. Windows describes a disk without a table
 * as an MBR without a signature, with no partition or with one that begins
 * where the disk begins. PARTITION_INFORMATION_EX has 144 bytes: i64 start at
 * 8, u8 type at 32. */
static bool has_mbr(const unsigned char *buf, size_t length) {
  if (nt_get_u32(buf + 8) != 0) {
    return true;
  }
  uint32_t count = nt_get_u32(buf + 4);
  const unsigned char *at = buf + 48;
  for (uint32_t i = 0; i < count && (size_t)i < (length - 48) / 144; i++) {
    if (at[32] != 0 && nt_get_u64(at + 8) != 0) {
      return true;
    }
    at += 144;
  }
  return false;
}

static const char *style_name(uint32_t style) {
  static const char *const names[] = {"mbr", "gpt"};
  return style < 2 ? names[style] : "none";
}

/* DRIVE_LAYOUT_INFORMATION_EX: u32 style at 0, u32 count at 4, u32 signature at
 * 8 (MBR), partitions from 48. Room for 450 of them. */
#define LAYOUT_SIZE 65536

static bool show_layout(struct win32_machine *m, const struct disk *disk,
                        struct nt_disk_info *out) {
  nt_status status;
  unsigned char *buf = malloc(LAYOUT_SIZE);
  size_t length =
      buf == NULL ? 0
                  : ask(m, disk->open_name, NT_IOCTL_DISK_GET_DRIVE_LAYOUT_EX,
                        buf, LAYOUT_SIZE, &status);
  bool told = length >= 48;
  if (told) {
    uint32_t style = nt_get_u32(buf);
    bool none = style == 0 && !has_mbr(buf, length);
    nt_copy(out->style, sizeof(out->style), none ? "none" : style_name(style));
  }
  free(buf);
  return told;
}

static void show_style(struct win32_machine *m, const struct disk *disk,
                       struct nt_disk_info *out) {
  unsigned char buf[144];
  nt_status status;
  if (!show_layout(m, disk, out) &&
      ask(m, disk->open_name, NT_IOCTL_DISK_GET_PARTITION_INFO_EX, buf,
          sizeof(buf), &status) >= 4) {
    nt_copy(out->style, sizeof(out->style), style_name(nt_get_u32(buf)));
  }
}

/* ---- volumes on it ------------------------------------------------------- */

struct count {
  struct win32_machine *m;
  uint32_t disk, volumes;
};

static nt_status count_volume(void *ctx, const nt_wchar *root,
                              struct nt_error *err) {
  struct count *count = ctx;
  nt_wchar name[WIN32_NAME_MAX];
  unsigned char buf[WIN32_EXTENTS_SIZE];
  struct nt_extent extents[NT_MAX_EXTENTS];
  nt_status status;
  bool all;
  (void)err;
  nt__win32_device_name(root, name, WIN32_NAME_MAX);
  size_t length = ask(count->m, name, NT_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
                      buf, sizeof(buf), &status);
  uint32_t found = nt__win32_decode_extents(buf, length, extents, &all);
  for (uint32_t i = 0; i < found; i++) {
    if (extents[i].disk == count->disk) {
      count->volumes++;
      break;
    }
  }
  return NT_STATUS_SUCCESS;
}

/* ---- the next one -------------------------------------------------------- */

static nt_status describe(struct win32_machine *m, const struct disk *disk,
                          struct nt_disk_info *out, struct nt_error *err) {
  struct count count = {.m = m, .disk = disk->number};
  *out = (struct nt_disk_info){.number = disk->number};
  nt_format_text(out->name, sizeof(out->name), "PhysicalDrive%u",
                 (unsigned)disk->number);
  nt__win32_show(disk->open_name, out->location, sizeof(out->location));
  show_size(m, disk, out);
  show_identity(m, disk, out);
  show_style(m, disk, out);
  nt_status status = nt__win32_each_volume(m, count_volume, &count, err);
  out->volume_count = count.volumes;
  return status;
}

nt_status nt__win32_next_disk(struct nt_machine *machine, uint64_t *cursor,
                              struct nt_disk_info *out, struct nt_error *err) {
  struct win32_machine *m = nt__win32_machine(machine);
  struct disk best = {.found = false};
  if (!find_by_interface(m, *cursor, &best)) {
    find_by_number(m, *cursor, &best);
  }
  if (!best.found) {
    return NT_STATUS_NO_MORE_ENTRIES;
  }
  NT_TRY(describe(m, &best, out, err));
  *cursor = (uint64_t)best.number + 1;
  return NT_STATUS_SUCCESS;
}
