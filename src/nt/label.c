/*
 * Which texts may be the label of a volume.
 */
#include "label.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "text.h"

/* What one kind of file system takes. */
struct rules {
  const char *name;
  size_t most;           /* UTF-16 units */
  const char *forbidden; /* characters that it does not take */
  nt_status (*more)(const char *label, struct nt_error *err); /* may be NULL */
};

static nt_status refuse(struct nt_error *err, const char *label,
                        const char *why) {
  return nt_refuse(err, NT_REASON_LABEL, "label '%s' %s", label, why);
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

/* ---- FAT ----------------------------------------------------------------- */

static bool is_ascii(const char *label) {
  for (; *label != '\0'; label++) {
    if ((unsigned char)*label > 0x7E) {
      return false;
    }
  }
  return true;
}

/* A FAT label is filled up with blanks, so blanks at its end are lost, and
 * Windows writes it in capitals. Offers the label that FAT would hold. */
static nt_status refuse_changed(const char *label, const char *why,
                                struct nt_error *err) {
  char held[16] = "";
  nt_copy(held, sizeof(held), label);
  size_t length = strlen(held);
  while (length > 0 && held[length - 1] == ' ') {
    held[--length] = '\0';
  }
  for (char *at = held; *at != '\0'; at++) {
    *at = (char)toupper((unsigned char)*at);
  }
  nt_status status = refuse(err, label, why);
  if (held[0] != '\0' && strcmp(held, "NO NAME") != 0) {
    nt_hint(err, "use the label '%s'", held);
  }
  return status;
}

static nt_status check_fat(const char *label, struct nt_error *err) {
  static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
  size_t length = strlen(label);
  if (!is_ascii(label)) {
    return refuse(err, label, "is not ASCII, and FAT takes nothing else");
  }
  if (label[0] == ' ') {
    return refuse(err, label, "begins with a space");
  }
  if (label[length - 1] == ' ') {
    return refuse_changed(label, "ends with a space, which FAT does not keep",
                          err);
  }
  if (strpbrk(label, lower) != NULL) {
    return refuse_changed(
        label, "has small letters, and FAT keeps labels in capitals", err);
  }
  if (strcmp(label, "NO NAME") == 0) {
    nt_status status =
        refuse(err, label, "is what FAT holds when there is no label");
    nt_hint(err, "leave the label out, or choose another");
    return status;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- all ----------------------------------------------------------------- */

#define FAT_RULES \
  { "FAT", 11, "*?.,;:/\\|+=<>[]\"", check_fat }

/* What FAT takes, Windows and mkfs.fat agree about. The specification of exFAT
 * allows in labels what it allows in file names. NTFS takes every character. */
static const struct rules rules[] = {
    [NT_FORMAT_NTFS] = {"NTFS", 32, "", NULL},
    [NT_FORMAT_FAT] = FAT_RULES,
    [NT_FORMAT_FAT16] = FAT_RULES,
    [NT_FORMAT_FAT32] = FAT_RULES,
    [NT_FORMAT_EXFAT] = {"exFAT", 11, "\"*/:<>?\\|", NULL},
};

static nt_status check_length(const struct rules *of, const char *label,
                              struct nt_error *err) {
  size_t units = 0;
  for (const char *at = label; *at != '\0';) {
    size_t length = nt_utf8_length(at);
    if (length == 0) {
      return refuse(err, label, "is not UTF-8");
    }
    units += length == 4 ? 2 : 1;
    at += length;
  }
  if (units <= of->most) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status =
      nt_refuse(err, NT_REASON_LABEL,
                "label '%s' has %" PRIu64 " characters, %s holds %" PRIu64,
                label, (uint64_t)units, of->name, (uint64_t)of->most);
  nt_hint(err, "use a label of at most %" PRIu64 " characters",
          (uint64_t)of->most);
  return status;
}

nt_status nt_label_check(enum nt_format_fs fs, const char *label,
                         struct nt_error *err) {
  const struct rules *of = &rules[fs];
  if (label == NULL || label[0] == '\0') {
    return NT_STATUS_SUCCESS;
  }
  if (has_control(label)) {
    return refuse(err, label, "has a control character");
  }
  if (strpbrk(label, of->forbidden) != NULL) {
    return nt_refuse(err, NT_REASON_LABEL,
                     "label '%s' has one of the characters %s that %s does "
                     "not take",
                     label, of->forbidden, of->name);
  }
  NT_TRY(check_length(of, label, err));
  return of->more != NULL ? of->more(label, err) : NT_STATUS_SUCCESS;
}
