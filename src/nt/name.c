/*
 * Names of objects, as CreateFile takes them.
 */
#include "name.h"

#include <string.h>

/* ASCII only: the locale must not change what a name means. */
static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

/* Returns what follows `word` at `s`; NULL when `s` begins otherwise. */
static const char *after(const char *s, const char *word) {
  for (; *word != '\0'; s++, word++) {
    if (lower(*s) != lower(*word)) {
      return NULL;
    }
  }
  return s;
}

/* The parsers below return what follows the object; NULL when there is none. */

static const char *parse_letter(const char *s, struct nt_name *out) {
  if (!is_letter(s[0]) || s[1] != ':') {
    return NULL;
  }
  out->kind = NT_NAME_LETTER;
  out->letter = (char)(lower(s[0]) - 'a' + 'A');
  return s + 2;
}

static const char *parse_guid(const char *s, struct nt_name *out) {
  static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  s = after(s, "Volume{");
  if (s == NULL) {
    return NULL;
  }
  for (size_t i = 0; i < sizeof(shape) - 1; i++) {
    if (shape[i] == 'x' ? !is_hex(s[i]) : s[i] != shape[i]) {
      return NULL;
    }
    out->guid[i] = lower(s[i]);
  }
  s += sizeof(shape) - 1;
  if (*s != '}') {
    return NULL;
  }
  out->guid[sizeof(shape) - 1] = '\0';
  out->kind = NT_NAME_GUID;
  return s + 1;
}

/* Parses `word` and a number without leading zeros: PhysicalDrive01 is not the
 * name of PhysicalDrive1. */
static const char *parse_numbered(const char *s, const char *word,
                                  enum nt_name_kind kind, struct nt_name *out) {
  s = after(s, word);
  if (s == NULL || *s < '0' || *s > '9' ||
      (s[0] == '0' && s[1] >= '0' && s[1] <= '9')) {
    return NULL;
  }
  uint64_t number = 0;
  for (; *s >= '0' && *s <= '9'; s++) {
    number = number * 10 + (uint64_t)(*s - '0');
    if (number > UINT32_MAX) {
      return NULL;
    }
  }
  out->kind = kind;
  out->number = (uint32_t)number;
  return s;
}

static const char *parse_disk(const char *s, struct nt_name *out) {
  return parse_numbered(s, "PhysicalDrive", NT_NAME_DISK, out);
}

static const char *parse_drive(const char *s, struct nt_name *out) {
  return parse_numbered(s, "CdRom", NT_NAME_CDROM, out);
}

static const char *parse_device(const char *s, struct nt_name *out) {
  const char *rest = parse_numbered(s, "HarddiskVolume", NT_NAME_DEVICE, out);
  if (rest == NULL) {
    rest = parse_drive(s, out);
  }
  if (rest == NULL && (rest = after(s, "MountPointManager")) != NULL) {
    out->kind = NT_NAME_MOUNTMGR;
  }
  return rest;
}

/* Harddisk0\DR0 and Harddisk0\Partition0 name the disk; Harddisk0\Partition1
 * names the first partition of its table. */
static const char *parse_harddisk(const char *s, struct nt_name *out) {
  struct nt_name part = {NT_NAME_DISK, '\0', "", 0, 0, NULL};
  s = parse_numbered(s, "Harddisk", NT_NAME_DISK, out);
  if (s == NULL || *s != '\\') {
    return NULL;
  }
  const char *rest = parse_numbered(s + 1, "DR", NT_NAME_DISK, &part);
  if (rest != NULL) {
    return part.number == out->number ? rest : NULL;
  }
  rest = parse_numbered(s + 1, "Partition", NT_NAME_PARTITION, &part);
  if (rest != NULL && part.number != 0) {
    out->kind = NT_NAME_PARTITION;
    out->partition = part.number;
  }
  return rest;
}

/* \Device\HarddiskVolume3 */
static const char *parse_native(const char *s, struct nt_name *out) {
  s = after(s, "\\Device\\");
  if (s == NULL) {
    return NULL;
  }
  const char *rest = parse_device(s, out);
  return rest != NULL ? rest : parse_harddisk(s, out);
}

/* Parses what may stand after \\.\ and \\?\. */
static const char *parse_device_form(const char *s, struct nt_name *out) {
  const char *root = after(s, "GLOBALROOT");
  const char *rest = root == NULL ? NULL : parse_native(root, out);
  if (rest == NULL) {
    rest = parse_letter(s, out);
  }
  if (rest == NULL) {
    rest = parse_guid(s, out);
  }
  if (rest == NULL) {
    rest = parse_disk(s, out);
  }
  return rest != NULL ? rest : parse_device(s, out);
}

/* Parses what may stand alone. */
static const char *parse_bare_form(const char *s, struct nt_name *out) {
  const char *rest = parse_letter(s, out);
  if (rest == NULL) {
    rest = parse_disk(s, out);
  }
  if (rest == NULL) {
    rest = parse_drive(s, out);
  }
  return rest != NULL ? rest : parse_native(s, out);
}

/* A single letter is most likely that of a volume, without its colon. */
static bool is_letter_alone(const char *name) {
  return ((name[0] >= 'A' && name[0] <= 'Z') ||
          (name[0] >= 'a' && name[0] <= 'z')) &&
         name[1] == '\0';
}

static nt_status refuse(struct nt_error *err, const char *detail) {
  nt_status status = nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID, "%s", detail);
  nt_hint(err,
          "write D:, \\\\.\\D:, \\\\?\\Volume{guid}, \\\\.\\PhysicalDrive1, "
          "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1 or D:\\dir\\file");
  return status;
}

/* D:file would depend on a current directory, and no machine here has one. */
static nt_status refuse_relative(struct nt_error *err, char letter,
                                 const char *rest) {
  nt_status status = nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID,
                             "a backslash is missing after the colon");
  nt_hint(err, "write %c:\\%s", letter, rest);
  return status;
}

nt_status nt_name_parse(const char *name, struct nt_name *out,
                        struct nt_error *err) {
  struct nt_name parsed = {NT_NAME_LETTER, '\0', "", 0, 0, NULL};
  if (name == NULL || name[0] == '\0') {
    return refuse(err, "the name is empty");
  }
  const char *verbatim = after(name, "\\\\?\\");
  const char *device = verbatim != NULL ? verbatim : after(name, "\\\\.\\");
  const char *rest = device != NULL ? parse_device_form(device, &parsed)
                                    : parse_bare_form(name, &parsed);
  if (rest == NULL) {
    nt_status status = refuse(err, "not the name of a volume, disk or file");
    if (is_letter_alone(name)) {
      nt_hint(err, "a letter has a colon: %c:", name[0]);
    }
    return status;
  }
  if (verbatim != NULL && strchr(rest, '/') != NULL) {
    return refuse(err,
                  "a name that begins with \\\\?\\ takes only backslashes");
  }
  if (*rest != '\0' && *rest != '\\' && *rest != '/') {
    return parsed.kind == NT_NAME_LETTER
               ? refuse_relative(err, parsed.letter, rest)
               : refuse(err, "not the name of a volume, disk or file");
  }
  if (*rest != '\0') {
    parsed.path = rest;
  }
  *out = parsed;
  return NT_STATUS_SUCCESS;
}
