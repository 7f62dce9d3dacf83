/* Which file system is in a file. */
#include "probe.h"

#include <string.h>

static bool read_file(void *from, uint64_t offset, void *buf, size_t length) {
  struct nt_file_region *r = from;
  size_t done = 0;
  r->status =
      nt_file_read(r->file, r->offset + offset, buf, length, &done, r->err);
  if (nt_ok(r->status)) {
    memset((char *)buf + done, 0, length - done);
  }
  return nt_ok(r->status);
}

static bool write_file(void *from, uint64_t offset, const void *buf,
                       size_t length) {
  struct nt_file_region *r = from;
  r->status = nt_file_write(r->file, r->offset + offset, buf, length, r->err);
  return nt_ok(r->status);
}

void nt_file_region(const struct nt_file *file, uint64_t offset,
                    uint64_t length, struct nt_file_region *out,
                    struct nt_error *err) {
  *out =
      (struct nt_file_region){{out, length, read_file, write_file, false, NULL},
                              file,
                              offset,
                              err,
                              NT_STATUS_SUCCESS};
}

nt_status nt_probe(const struct nt_file *file, uint64_t offset, uint64_t length,
                   struct nt_probe *out, struct nt_error *err) {
  struct nt_file_region r;
  struct nt_probe found;
  nt_file_region(file, offset, length, &r, err);
  if (!nt_recognise(&r.region, &found)) {
    nt_error_about(err, NT_REASON_NONE,
                   "reading it to recognise its file system");
    return r.status;
  }
  nt_status status = NT_STATUS_SUCCESS;
  if (strcmp(found.file_system, "RAW") == 0) {
    status = nt_probe_foreign(file, offset, length, &found, err);
  }
  if (nt_ok(status)) {
    *out = found;
  }
  return status;
}
