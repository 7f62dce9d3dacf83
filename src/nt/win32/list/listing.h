/*
 * Lists and descriptions: what view.c, describe.c, file_system.c,
 * system_volumes.c, list.c and disks.c share. No other file includes this
 * header.
 */
#ifndef NT_WIN32_LISTING_H
#define NT_WIN32_LISTING_H

#include "../request/request.h"

/* How many milliseconds a question to a volume may take when volumes are
 * listed. A device that does not answer must not stop the list. */
#define WIN32_LOOK_TIMEOUT 5000U

/* Whether the status says that the object is not there. A list leaves it out
 * and reports no failure. */
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
  const nt_wchar *root; /* "": Windows has no name for it */
  /* A handle to this volume, through which the device is asked. NULL: the
   * device is asked by its name. */
  struct win32_handle *h;
  nt_wchar device_name[WIN32_NAME_MAX]; /* the name for CreateFileW */
  nt_wchar device[WIN32_NAME_MAX]; /* the name in the kernel; "": not known */
  bool hung;        /* a question was not answered in time: no more are asked */
  bool all_extents; /* info->extents has all extents of the volume */
  uint32_t drive;   /* GetDriveTypeW */
  struct nt_volume_info *info;
};

/* Asks the device of the volume. *out_len is 0 unless it answered; all bytes of
 * `out` behind the answer are 0. */
nt_status nt__win32_view_ask(struct win32_view *view, uint32_t code, void *out,
                             size_t out_cap, size_t *out_len);

/* The same, but through a handle to the volume. */
nt_status nt__win32_view_request(struct win32_view *view,
                                 struct win32_handle *h, uint32_t code,
                                 void *out, size_t out_cap, size_t *out_len);

/* Opens the volume with data access, so that Windows may mount it. `out` is
 * only for requests; nt__win32_release() closes it. */
bool nt__win32_view_open(const struct win32_view *view, uint32_t access,
                         struct win32_handle *out);

/* "D:\" */
bool nt__win32_is_letter_root(const nt_wchar *root);

/* Makes the name for CreateFileW of the root of a volume: without the backslash
 * at the end, and "\\.\D:" for "D:\". */
void nt__win32_device_name(const nt_wchar *root, nt_wchar *buf, size_t cap);

/* Decodes VOLUME_DISK_EXTENTS: takes the extents that were returned, make sense
 * and fit. *all is false when the volume has others. */
uint32_t nt__win32_decode_extents(const unsigned char *buf, size_t length,
                                  struct nt_extent out[NT_MAX_EXTENTS],
                                  bool *all);
#define WIN32_EXTENTS_SIZE (8 + 24 * NT_MAX_EXTENTS)

/* Finds "\Device\HarddiskVolume3"; fails with the error of QueryDosDeviceW. */
uint32_t nt__win32_device_of(struct win32_machine *m, const nt_wchar *root,
                             nt_wchar *device, size_t cap);

/* ---- file_system.c --------------------------------------------------------
 */

/* Fills in file system, label, serial number and the flags MOUNTED, READONLY,
 * DIRTY, UNREADABLE and CSV, as far as the file system tells them. */
void nt__win32_show_file_system(struct win32_view *view);

/* ---- system_volumes.c ----------------------------------------------------
 */

/* Returns the flags NT_VOLUME_SYSTEM, NT_VOLUME_BOOT and NT_VOLUME_PAGEFILE. It
 * needs all else that is known of the volume, so it is called last. */
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
