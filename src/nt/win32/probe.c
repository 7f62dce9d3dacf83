/* Names of foreign file systems. There are none on Windows: libblkid, which
 * knows them, cannot be built for it. */
#include "../probe.h"

nt_status nt_probe_foreign(const struct nt_file *file, uint64_t offset,
                           uint64_t length, struct nt_probe *out,
                           struct nt_error *err) {
  (void)file, (void)offset, (void)length, (void)out, (void)err;
  return NT_STATUS_SUCCESS;
}
