/*
 * Questions that several rooms ask: one to a device by its name, the size of
 * sectors, what a file is.
 */
#include "request.h"

/* How many milliseconds a question of a list may take. */
#define ASK_TIMEOUT 5000U

nt_status nt__win32_ask(struct win32_machine *m, const nt_wchar *open_name,
                        uint32_t code, const void *in, size_t in_len, void *out,
                        size_t out_cap, size_t *out_len) {
  struct win32_handle h = nt__win32_unopened(m->os, ASK_TIMEOUT);
  nt_status status = nt__win32_open_file(&h, open_name, 0, WIN32_SHARE_ALL,
                                         NT_WIN32_OPEN_EXISTING, 0, NULL);
  if (nt_ok(status)) {
    status =
        nt__win32_request(&h, code, in, in_len, out, out_cap, out_len, NULL);
    nt__win32_release(&h);
  }
  return status;
}

uint32_t nt__win32_plausible_sector(uint32_t told) {
  return told >= 128 && told <= 65536 && nt_is_power_of_two(told) ? told : 0;
}

/* DISK_GEOMETRY and DISK_GEOMETRY_EX: bytes per sector, u32 at 20. */
nt_status nt__win32_ask_sector_size(struct win32_handle *h, uint32_t *out,
                                    struct nt_error *err) {
  static const uint32_t codes[] = {NT_IOCTL_DISK_GET_DRIVE_GEOMETRY_EX,
                                   NT_IOCTL_DISK_GET_DRIVE_GEOMETRY};
  for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
    unsigned char buf[64] = {0};
    size_t length = 0;
    struct nt_error failure = {0};
    nt_status status = nt__win32_request(h, codes[i], NULL, 0, buf, sizeof(buf),
                                         &length, &failure);
    if (status == NT_STATUS_IO_TIMEOUT) {
      nt_error_copy(err, &failure);
      return status;
    }
    *out = nt_ok(status) && length >= 24
               ? nt__win32_plausible_sector(nt_get_u32(buf + 20))
               : 0;
    if (*out != 0) {
      return NT_STATUS_SUCCESS;
    }
  }
  *out = 512;
  return NT_STATUS_SUCCESS;
}

/* FILE_STANDARD_INFORMATION: i64 end at 8, u8 directory at 21. */
nt_status nt__win32_standard_information(struct win32_handle *h, uint64_t *size,
                                         bool *directory,
                                         struct nt_error *err) {
  unsigned char buf[24] = {0};
  struct nt_win32_io io = {.information = 0};
  NT_TRY(nt__win32_check_usable(h, err));
  nt_status status = h->os->query_file(h->file, &io, buf, sizeof(buf),
                                       NT_WIN32_STANDARD_INFORMATION);
  if (!nt_ok(status)) {
    nt__win32_fail_status(err, status, "asking what it is");
    nt__win32_explain(err);
    return status;
  }
  *directory = buf[21] != 0;
  *size = *directory ? 0 : nt_get_u64(buf + 8);
  return NT_STATUS_SUCCESS;
}
