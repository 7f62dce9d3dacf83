/*
 * Format by transplant on Windows, which is refused: there are no mkfs
 * programs, so no file system can be made in a scratch file. This concerns
 * simulated volumes only; Windows formats its own volumes itself.
 */
#include "../transplant.h"

#include "../format_check.h"

static nt_status refuse(const char *fs, struct nt_error *err) {
  enum nt_format_fs found;
  nt_status status = nt_format_find_fs(fs, &found, err);
  if (nt_ok(status)) {
    status = nt_refuse(err, NT_REASON_MKFS_MISSING,
                       "Windows has no mkfs programs, and file systems of "
                       "simulated volumes are made by them");
    nt_hint(err,
            "make the image on a system that has them, or format a mounted "
            "copy of it with Windows; then: ntvol sim create lab "
            "--disk-image FILE");
  }
  return status;
}

nt_status nt_transplant(struct nt_handle *handle,
                        const struct nt_format_options *options,
                        struct nt_format_result *result, struct nt_error *err) {
  nt_status status = refuse(options->fs, err);
  (void)handle;
  (void)result;
  err->outcome = "untouched";
  return status;
}

nt_status nt_transplant_rehearse(const struct nt_format_options *options,
                                 uint64_t length, uint32_t sector_size,
                                 struct nt_error *err) {
  (void)length;
  (void)sector_size;
  return refuse(options->fs, err);
}
