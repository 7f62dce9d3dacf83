/* Reading and writing in a region, with a check of where. */
#include "region.h"

bool nt_region_damaged(struct nt_region *region, const char *what) {
  region->damage = what;
  return false;
}

static bool check_range(struct nt_region *region, uint64_t offset,
                        size_t length) {
  return (length <= region->length && offset <= region->length - length) ||
         nt_region_damaged(region, "it points behind its own end");
}

bool nt_region_read(struct nt_region *region, uint64_t offset, void *buf,
                    size_t length) {
  if (!check_range(region, offset, length)) {
    return false;
  }
  region->failed = !region->read(region->from, offset, buf, length);
  return !region->failed;
}

bool nt_region_write(struct nt_region *region, uint64_t offset, const void *buf,
                     size_t length) {
  if (!check_range(region, offset, length)) {
    return false;
  }
  region->failed = !region->write(region->from, offset, buf, length);
  return !region->failed;
}
