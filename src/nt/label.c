/*
 * Which texts may be the label of a volume.
 */
#include "label.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "text.h"

#define FAT_MAX 11
#define NTFS_MAX 32
#define EXFAT_MAX 11

/* Not allowed in FAT names at all; Windows and mkfs.fat refuse the same. */
#define FAT_FORBIDDEN "*?.,;:/\\|+=<>[]\""

static nt_status refuse(struct nt_error *err, const char *label,
                        const char *why) {
  return nt_refuse(err, NT_REASON_LABEL, "label '%s' %s", label, why);
}

static nt_status refuse_long(struct nt_error *err, const char *label,
                             const char *fs, size_t length, size_t most) {
  nt_status status =
      nt_refuse(err, NT_REASON_LABEL,
                "label '%s' has %" PRIu64 " characters, %s holds %" PRIu64,
                label, (uint64_t)length, fs, (uint64_t)most);
  nt_hint(err, "use a label of at most %" PRIu64 " characters", (uint64_t)most);
  return status;
}

static bool has_control(const char *label) {
  for (; *label != '\0'; label++) {
    unsigned char c = (unsigned char)*label;
    if (c < 0x20 || c == 0x7F) {
      return true;
    }
  }
  return false;
}

nt_status nt_label_fat(const char *label, char *out, size_t cap,
                       struct nt_error *err) {
  size_t length = strlen(label);
  for (size_t i = 0; i < length; i++) {
    if ((unsigned char)label[i] > 0x7E) {
      return refuse(err, label, "is not ASCII, and FAT takes nothing else");
    }
  }
  if (has_control(label)) {
    return refuse(err, label, "has a control character");
  }
  if (strpbrk(label, FAT_FORBIDDEN) != NULL) {
    return refuse(err, label,
                  "has one of the characters " FAT_FORBIDDEN
                  " that FAT does not take");
  }
  if (label[0] == ' ') {
    return refuse(err, label, "begins with a space");
  }
  if (length > FAT_MAX) {
    return refuse_long(err, label, "FAT", length, FAT_MAX);
  }
  nt_copy(out, cap, label);
  for (; *out != '\0'; out++) {
    *out = (char)toupper((unsigned char)*out);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_utf16(const char *label, const char *fs, size_t most,
                             char *out, size_t cap, struct nt_error *err) {
  size_t units = 0;
  for (const char *at = label; *at != '\0';) {
    size_t length = nt_utf8_length(at);
    if (length == 0) {
      return refuse(err, label, "is not UTF-8");
    }
    units += length == 4 ? 2 : 1;
    at += length;
  }
  if (has_control(label)) {
    return refuse(err, label, "has a control character");
  }
  if (units > most) {
    return refuse_long(err, label, fs, units, most);
  }
  nt_copy(out, cap, label);
  return NT_STATUS_SUCCESS;
}

nt_status nt_label_ntfs(const char *label, char *out, size_t cap,
                        struct nt_error *err) {
  return check_utf16(label, "NTFS", NTFS_MAX, out, cap, err);
}

nt_status nt_label_exfat(const char *label, char *out, size_t cap,
                         struct nt_error *err) {
  return check_utf16(label, "exFAT", EXFAT_MAX, out, cap, err);
}
