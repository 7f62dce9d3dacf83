/*
 * What the files of enumeration share: list.c, describe.c, file_system.c,
 * system_volumes.c, disks.c. Nobody else includes this header.
 */
#ifndef NT_WIN32_LISTING_H
#define NT_WIN32_LISTING_H

#include "../request/request.h"

/* Milliseconds that a question to a volume may take that is only looked at. A
 * device that answers none must not stop the list. */
#define WIN32_LOOK_TIMEOUT 5000U

/* The object is not there: it is passed over, not reported. */
static inline bool nt__win32_is_gone(nt_status status) {
  return status == NT_STATUS_OBJECT_NAME_NOT_FOUND ||
         status == NT_STATUS_OBJECT_PATH_NOT_FOUND ||
         status == NT_STATUS_NO_SUCH_DEVICE ||
         status == NT_STATUS_DEVICE_DOES_NOT_EXIST;
}

/* ---- view.c --------------------------------------------------------------
 *
 * A volume that is being described, and the way to it. */

struct win32_view {
  struct win32_machine *m;
  const nt_wchar *root; /* may be "": Windows has no name for it */
  /* A handle to this very volume through which the device is asked; NULL: it
   * is asked by name. */
  struct win32_handle *h;
  nt_wchar device_name[WIN32_NAME_MAX]; /* as CreateFileW takes the volume */
  nt_wchar device[WIN32_NAME_MAX]; /* as the kernel calls it; "": unknown */
  bool hung;                       /* a question timed out: no more are asked */
  bool all_extents; /* the volume has no more than info->extents */
  uint32_t drive;   /* GetDriveTypeW */
  struct nt_volume_info *info;
};

/* A question to the device of the volume. *out_len is 0 unless it answered;
 * bytes of `out` that were not answered are 0. */
nt_status nt__win32_view_ask(struct win32_view *view, uint32_t code, void *out,
                             size_t out_cap, size_t *out_len);

/* The same to a handle to the volume. */
nt_status nt__win32_view_request(struct win32_view *view,
                                 struct win32_handle *h, uint32_t code,
                                 void *out, size_t out_cap, size_t *out_len);

/* Opens the volume with data access, which lets Windows mount it. Only for
 * requests; ended by nt__win32_release(). */
bool nt__win32_view_open(const struct win32_view *view, uint32_t access,
                         struct win32_handle *out);

/* "D:\" */
bool nt__win32_is_letter_root(const nt_wchar *root);

/* What CreateFileW takes for the volume with this root: without the backslash
 * at the end, and "\\.\D:" for "D:\". */
void nt__win32_device_name(const nt_wchar *root, nt_wchar *buf, size_t cap);

/* Decodes VOLUME_DISK_EXTENTS: as many extents as were answered, fit and make
 * sense. *all is false when the volume has others. */
uint32_t nt__win32_decode_extents(const unsigned char *buf, size_t length,
                                  struct nt_extent out[NT_MAX_EXTENTS],
                                  bool *all);
#define WIN32_EXTENTS_SIZE (8 + 24 * NT_MAX_EXTENTS)

/* "\Device\HarddiskVolume3"; else the error of QueryDosDeviceW. */
uint32_t nt__win32_device_of(struct win32_machine *m, const nt_wchar *root,
                             nt_wchar *device, size_t cap);

/* ---- file_system.c --------------------------------------------------------
 */

/* Fills file system, label, serial and the flags MOUNTED, READONLY, DIRTY,
 * UNREADABLE and CSV as far as the file system tells. */
void nt__win32_show_file_system(struct win32_view *view);

/* ---- system_volumes.c ----------------------------------------------------
 */

/* NT_VOLUME_SYSTEM, NT_VOLUME_BOOT and NT_VOLUME_PAGEFILE. Asked last: needs
 * what else is known. */
uint32_t nt__win32_system_flags(struct win32_view *view);

/* ---- list.c --------------------------------------------------------------
 */

/* Calls `visit` with the root of every volume, in Windows' order. */
nt_status nt__win32_each_volume(struct win32_machine *m,
                                nt_status (*visit)(void *ctx,
                                                   const nt_wchar *root,
                                                   struct nt_error *err),
                                void *ctx, struct nt_error *err);

#endif
