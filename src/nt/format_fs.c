/*
 * The file systems that a format makes, as users write them.
 */
#include <string.h>

#include "format_check.h"
#include "text.h"

static const char *const names[] = {
    [NT_FORMAT_NTFS] = "ntfs",   [NT_FORMAT_FAT] = "fat",
    [NT_FORMAT_FAT16] = "fat16", [NT_FORMAT_FAT32] = "fat32",
    [NT_FORMAT_EXFAT] = "exfat",
};

const char *nt_format_fs_at(size_t index) {
  return index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
}

static nt_status refuse(const char *fs, struct nt_error *err) {
  char list[128] = "";
  const char *name;
  for (size_t i = 0; (name = nt_format_fs_at(i)) != NULL; i++) {
    size_t used = strlen(list);
    nt_format_text(list + used, sizeof(list) - used, "%s%s", i == 0 ? "" : ", ",
                   name);
  }
  nt_status status =
      nt_refuse(err, NT_REASON_FS, "no file system '%s' can be made",
                fs != NULL ? fs : "");
  nt_hint(err, "use one of %s", list);
  return status;
}

nt_status nt_format_find_fs(const char *fs, enum nt_format_fs *out,
                            struct nt_error *err) {
  const char *name;
  for (size_t i = 0; fs != NULL && (name = nt_format_fs_at(i)) != NULL; i++) {
    if (nt_same_text(name, fs)) {
      *out = (enum nt_format_fs)i;
      return NT_STATUS_SUCCESS;
    }
  }
  return refuse(fs, err);
}
