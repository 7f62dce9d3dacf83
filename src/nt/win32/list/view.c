/*
 * A volume that is being described: its names, and questions to it.
 */
#include <string.h>

#include "listing.h"

/* ---- names --------------------------------------------------------------- */

bool nt__win32_is_letter_root(const nt_wchar *root) {
  return root[0] != 0 && root[1] == ':' && root[2] == '\\' && root[3] == 0;
}

void nt__win32_device_name(const nt_wchar *root, nt_wchar *buf, size_t cap) {
  static const char prefix[] = "\\\\.\\";
  size_t used = 0;
  if (nt__win32_is_letter_root(root)) {
    for (; used < sizeof(prefix) - 1 && used + 1 < cap; used++) {
      buf[used] = (unsigned char)prefix[used];
    }
  }
  nt__win32_copy_bare(buf + used, cap - used, root);
}

uint32_t nt__win32_device_of(struct win32_machine *m, const nt_wchar *root,
                             nt_wchar *device, size_t cap) {
  nt_wchar name[WIN32_NAME_MAX];
  const nt_wchar *rest = nt__win32_after(root, "\\\\?\\GLOBALROOT");
  if (rest != NULL) {
    nt__win32_copy_bare(device, cap, rest);
    return 0;
  }
  rest = nt__win32_after(root, "\\\\?\\");
  nt__win32_copy_bare(name, WIN32_NAME_MAX, rest != NULL ? rest : root);
  if (name[0] == 0) {
    return NT_WIN32_ERROR_FILE_NOT_FOUND;
  }
  return m->os->query_dos_device(name, device, (uint32_t)cap);
}

/* ---- questions to the device --------------------------------------------- */

nt_status nt__win32_view_request(struct win32_view *view,
                                 struct win32_handle *h, uint32_t code,
                                 void *out, size_t out_cap, size_t *out_len) {
  struct nt_error ignored = {0};
  size_t length = 0;
  *out_len = 0;
  if (view->hung) {
    return NT_STATUS_IO_TIMEOUT;
  }
  if (out_cap > 0) {
    memset(out, 0, out_cap);
  }
  nt_status status = h != NULL ? nt__win32_request(h, code, NULL, 0, out,
                                                   out_cap, &length, &ignored)
                               : nt__win32_ask(view->m, view->device_name, code,
                                               NULL, 0, out, out_cap, &length);
  view->hung = status == NT_STATUS_IO_TIMEOUT;
  if (nt_ok(status) || status == NT_STATUS_BUFFER_OVERFLOW) {
    *out_len = length < out_cap ? length : out_cap;
  }
  return status;
}

nt_status nt__win32_view_ask(struct win32_view *view, uint32_t code, void *out,
                             size_t out_cap, size_t *out_len) {
  return nt__win32_view_request(view, view->h, code, out, out_cap, out_len);
}

bool nt__win32_view_open(const struct win32_view *view, uint32_t access,
                         struct win32_handle *out) {
  *out = nt__win32_unopened(view->m->os, WIN32_LOOK_TIMEOUT);
  return !view->hung && nt_ok(nt__win32_open_file(
                            out, view->device_name, access, WIN32_SHARE_ALL,
                            NT_WIN32_OPEN_EXISTING, 0, NULL));
}

/* ---- answers ------------------------------------------------------------- */

/* VOLUME_DISK_EXTENTS: { u32 count, u32 padding, { u32 disk, u32 padding,
 * i64 start, i64 length }[count] } */
uint32_t nt__win32_decode_extents(const unsigned char *buf, size_t length,
                                  struct nt_extent out[NT_MAX_EXTENTS],
                                  bool *all) {
  uint32_t told = length >= 8 ? nt_get_u32(buf) : 0;
  size_t answered = length >= 8 ? (length - 8) / 24 : 0;
  uint32_t count = 0;
  for (uint32_t i = 0; i < told && i < answered && i < NT_MAX_EXTENTS; i++) {
    const unsigned char *at = buf + 8 + 24 * (size_t)i;
    const struct nt_extent extent = {nt_get_u32(at), nt_get_u64(at + 8),
                                     nt_get_u64(at + 16)};
    if (extent.length > 0 && extent.length <= INT64_MAX &&
        extent.offset <= INT64_MAX - extent.length) {
      out[count++] = extent;
    }
  }
  *all = count > 0 && count == told;
  return count;
}
