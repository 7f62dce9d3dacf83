/*
 * FormatEx of fmifs.dll: its arguments, and what its callback is told.
 *
 * FormatEx returns no result. Only its callback is told what happens, and only
 * DONE with TRUE means success. The numbers of the commands are known, but not
 * documented by Microsoft (docs/rules.md 5.1). A number that is not in this
 * list is ignored.
 */
#include "formatter.h"

#include <inttypes.h>
#include <string.h>

#include "../request/request.h"

/* MEDIA_TYPE (winioctl.h), as FormatEx takes it. */
#define MEDIA_FLOPPY 8U
#define MEDIA_REMOVABLE 11U
#define MEDIA_FIXED 12U

/* The largest FAT16, with clusters of 32 KiB. A larger volume gets FAT32. */
#define LARGEST_FAT16 (UINT64_C(2) << 30)

/* ---- what is asked for --------------------------------------------------- */

#define MOST_MAKES 3

static const struct {
  const nt_wchar *name;
  const char *makes[MOST_MAKES]; /* names of the result */
} kinds[] = {
    [NT_FORMAT_NTFS] = {u"NTFS", {"NTFS"}},
    [NT_FORMAT_FAT] = {u"FAT", {"FAT", "FAT12", "FAT16"}},
    [NT_FORMAT_FAT16] = {u"FAT", {"FAT", "FAT16"}},
    [NT_FORMAT_FAT32] = {u"FAT32", {"FAT32"}},
    [NT_FORMAT_EXFAT] = {u"exFAT", {"exFAT"}},
};

bool nt__win32_format_makes(const struct win32_format *f, const char *made) {
  const char *const *makes = kinds[f->fs].makes;
  for (size_t i = 0; i < MOST_MAKES && makes[i] != NULL; i++) {
    if (strcmp(makes[i], made) == 0) {
      return true;
    }
  }
  return false;
}

static nt_status ask_length(struct win32_format *f) {
  unsigned char buf[8];
  size_t length = 0;
  NT_TRY(nt__win32_request(f->h, NT_IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, buf,
                           sizeof(buf), &length, f->err));
  if (length < sizeof(buf)) {
    NT_TRY(nt_fail(f->err, NT_STATUS_INFO_LENGTH_MISMATCH,
                   "the volume does not tell its length"));
  }
  f->length = nt_get_u64(buf);
  return NT_STATUS_SUCCESS;
}

/* DISK_GEOMETRY has the type of the medium at 8. All types but these two and 0,
 * "unknown", are floppy disks. */
static bool is_floppy(struct win32_format *f) {
  struct nt_error ignored = {0};
  unsigned char buf[24];
  size_t length = 0;
  nt_status status =
      nt__win32_request(f->h, NT_IOCTL_DISK_GET_DRIVE_GEOMETRY, NULL, 0, buf,
                        sizeof(buf), &length, &ignored);
  return nt_ok(status) && length == sizeof(buf) && buf[8] != 0 &&
         buf[8] != MEDIA_REMOVABLE && buf[8] != MEDIA_FIXED;
}

static nt_status choose_media(struct win32_format *f) {
  uint32_t type = f->h->os->drive_type(f->h->root);
  if (type == NT_WIN32_DRIVE_FIXED) {
    f->media = MEDIA_FIXED;
    return NT_STATUS_SUCCESS;
  }
  if (type == NT_WIN32_DRIVE_REMOVABLE) {
    f->media = is_floppy(f) ? MEDIA_FLOPPY : MEDIA_REMOVABLE;
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(f->err, NT_REASON_MEDIA,
            "only fixed and removable disks can be formatted");
  nt_hint(f->err, type == NT_WIN32_DRIVE_CDROM
                      ? "use a program that burns discs"
                      : "format it on the system that has the disk");
  return NT_STATUS_NOT_SUPPORTED;
}

/* Chooses the name for FormatEx. It is known to take a letter. A volume without
 * one is named by its GUID, without the backslash at the end. */
static void choose_name(struct win32_format *f) {
  const struct win32_handle *h = f->h;
  nt_wchar paths[4 * WIN32_NAME_MAX] = {0};
  const uint32_t room = sizeof(paths) / sizeof(paths[0]);
  nt__win32_copy(f->name, WIN32_NAME_MAX, h->root);
  if (nt__win32_length(h->root) > 3) {
    nt__win32_copy_bare(f->name, WIN32_NAME_MAX, h->root);
  }
  if (h->os->volume_paths == NULL ||
      h->os->volume_paths(h->root, paths, room) != 0) {
    return;
  }
  for (const nt_wchar *path = paths; *path != 0; path = nt__win32_next(path)) {
    if (nt__win32_length(path) == 3 && path[1] == ':') {
      nt__win32_copy(f->name, WIN32_NAME_MAX, path);
      break;
    }
  }
}

static nt_status choose_label(struct win32_format *f) {
  const char *wanted = f->options->label;
  return nt__win32_wide(wanted != NULL ? wanted : "", f->label,
                        sizeof(f->label) / sizeof(f->label[0]), f->err);
}

/* Refuses all that can be refused while we still have the lock. */
nt_status nt__win32_format_prepare(struct win32_format *f) {
  NT_TRY(nt_format_find_fs(f->options->fs, &f->fs, f->err));
  NT_TRY(choose_label(f));
  NT_TRY(choose_media(f));
  NT_TRY(ask_length(f));
  choose_name(f);
  if (f->fs == NT_FORMAT_FAT && f->length > LARGEST_FAT16) {
    f->fs = NT_FORMAT_FAT32;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- what the callback is told ------------------------------------------- */

enum command {
  PROGRESS = 0x00, /* u32 percent */
  DONE_WITH_STRUCTURE = 0x01,
  DONE = 0x0B,   /* BOOLEAN */
  OUTPUT = 0x0E, /* u32 lines, text */
  STRUCTURE_PROGRESS = 0x0F
};

/* A command of FormatEx that means a failure. */
struct win32_failure {
  uint32_t command;
  nt_status status;
  enum nt_class cls;
  enum nt_reason reason;
  const char *detail, *hint;
};

static const struct win32_failure failures[] = {
    {0x03, NT_STATUS_NOT_SUPPORTED, NT_CLASS_NONE, NT_REASON_FS,
     "this file system cannot be made on this volume",
     "choose another file system"},
    {0x06, NT_STATUS_ACCESS_DENIED, NT_CLASS_NONE, NT_REASON_PRIVILEGE,
     "the rights of this user do not suffice", "run as an administrator"},
    {0x07, NT_STATUS_NOT_SUPPORTED, NT_CLASS_NONE, NT_REASON_FS,
     "this Windows cannot make this file system here, or the medium is write "
     "protected",
     "choose another file system, or remove the write protection"},
    {0x08, NT_STATUS_DEVICE_BUSY, NT_CLASS_TRANSIENT, NT_REASON_IN_USE,
     "somebody opened the volume while it was not locked",
     "close what has it open, or try again"},
    {0x09, NT_STATUS_NOT_SUPPORTED, NT_CLASS_NONE, NT_REASON_FULL_NEEDED,
     "the volume cannot be formatted quickly", NULL},
    {0x0C, NT_STATUS_INVALID_PARAMETER, NT_CLASS_NONE, NT_REASON_LABEL,
     "the label is refused", "choose another label"},
    {0x10, NT_STATUS_INVALID_PARAMETER, NT_CLASS_NONE, NT_REASON_CLUSTER_SIZE,
     "the cluster size is too small for this volume",
     "use a larger cluster size, or leave it out for the usual one"},
    {0x11, NT_STATUS_INVALID_PARAMETER, NT_CLASS_NONE, NT_REASON_CLUSTER_SIZE,
     "the cluster size is too large for this volume",
     "use a smaller cluster size, or leave it out for the usual one"},
    {0x12, NT_STATUS_INVALID_PARAMETER, NT_CLASS_NONE, NT_REASON_TOO_SMALL,
     "the volume is too small for this file system",
     "choose another file system"},
    {0x13, NT_STATUS_INVALID_PARAMETER, NT_CLASS_NONE, NT_REASON_TOO_LARGE,
     "the volume is too large for this file system",
     "choose another file system"},
    {0x14, NT_STATUS_NO_MEDIA_IN_DEVICE, NT_CLASS_NONE, NT_REASON_NO_MEDIA,
     NULL, "insert a medium"},
};

static const struct win32_failure *failure_of(uint32_t command) {
  for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
    if (failures[i].command == command) {
      return &failures[i];
    }
  }
  return NULL;
}

/* Reports progress to the caller; false when the caller wants to stop. The end
 * is not reported here, because the result must be verified first. */
static bool report(struct win32_format *f, uint32_t percent) {
  const struct nt_format_options *options = f->options;
  uint64_t done = f->length / 100 * percent + f->length % 100 * percent / 100;
  if (percent >= 100 || done <= f->reported) {
    return true;
  }
  f->reported = done;
  return options->progress == NULL ||
         options->progress(options->progress_ctx, done, f->length);
}

static bool take_progress(struct win32_format *f, const void *data) {
  uint32_t percent;
  f->begun = true;
  if (data == NULL) {
    return true;
  }
  memcpy(&percent, data, sizeof(percent));
  f->cancelled = !report(f, percent);
  return !f->cancelled;
}

/* Keeps a text of the formatter. It is in the language and the code page of the
 * system: a character that is not printable ASCII becomes a question mark,
 * white space becomes one space. */
static void take_output(struct win32_format *f, const void *data) {
  struct {
    uint32_t lines;
    const char *text;
  } output;
  if (data == NULL) {
    return;
  }
  memcpy(&output, data, sizeof(output));
  char text[sizeof(f->output)];
  size_t length = 0;
  for (const char *at = output.text; at != NULL && *at != '\0'; at++) {
    unsigned char c = (unsigned char)*at;
    bool space = c <= ' ';
    if (length + 1 < sizeof(text) &&
        !(space && (length == 0 || text[length - 1] == ' '))) {
      text[length++] = space ? ' ' : c < 0x7F ? (char)c : '?';
    }
  }
  while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '.')) {
    length--;
  }
  text[length] = '\0';
  if (length > 0) {
    nt_copy(f->output, sizeof(f->output), text);
  }
}

static void take_done(struct win32_format *f, const void *data) {
  unsigned char ok = 0;
  if (data != NULL) {
    memcpy(&ok, data, 1);
  }
  f->done = true;
  f->succeeded = ok != 0;
}

/* Returns whether the formatter is to go on. After a failure it is not; for "in
 * use", going on would mean to use force. */
static bool callback(void *ctx, uint32_t command, uint32_t action,
                     const void *data) {
  struct win32_format *f = ctx;
  const struct win32_failure *failure = failure_of(command);
  (void)action;
  if (failure != NULL) {
    f->failure = f->failure != NULL ? f->failure : failure;
    return false;
  }
  switch (command) {
    case PROGRESS:
      return f->cancelled ? false : take_progress(f, data);
    case DONE_WITH_STRUCTURE:
    case STRUCTURE_PROGRESS:
      f->begun = true;
      break;
    case DONE:
      take_done(f, data);
      break;
    case OUTPUT:
      take_output(f, data);
      break;
    default:
      break;
  }
  return !f->cancelled && f->failure == NULL;
}

/* ---- how it ended -------------------------------------------------------- */

/* Says what the volume holds. NULL, nobody knows: the formatter failed and said
 * neither why nor how far it came. */
static const char *outcome_of(const struct win32_format *f) {
  if (f->succeeded) {
    return "formatted";
  }
  if (f->begun) {
    return "unformatted";
  }
  return f->failure != NULL ? "untouched" : NULL;
}

static nt_status fail_cancelled(struct win32_format *f) {
  nt_status status =
      f->succeeded
          ? nt_refuse(f->err, NT_REASON_CANCELLED,
                      "the formatter did not stop: the volume is formatted")
          : nt_refuse(f->err, NT_REASON_CANCELLED,
                      "stopped after %" PRIu64 " of %" PRIu64 " bytes",
                      f->reported, f->length);
  if (f->succeeded) {
    nt_hint(f->err, "go on as after a format: its old contents are gone");
  }
  return status;
}

static nt_status fail_named(struct win32_format *f) {
  const struct win32_failure *failure = f->failure;
  nt_refuse_as(f->err, failure->status, failure->reason, "%s%s%s",
               failure->detail != NULL ? failure->detail : "",
               failure->detail != NULL && f->output[0] != '\0' ? ": " : "",
               f->output);
  f->err->cls = failure->cls;
  if (failure->hint != NULL) { /* else the next step of the reason */
    nt_hint(f->err, "%s", failure->hint);
  }
  return failure->status;
}

static nt_status fail_unnamed(struct win32_format *f) {
  nt_refuse(f->err, NT_REASON_FORMATTER, "the formatter of Windows %s%s%s",
            f->done ? "failed" : "ended without a result",
            f->output[0] != '\0' ? ": " : "", f->output);
  if (f->begun) {
    nt_hint(f->err, "check the disk, then format it again");
  }
  return NT_STATUS_UNSUCCESSFUL;
}

nt_status nt__win32_format_run(struct win32_format *f) {
  uint32_t error = f->h->os->format(f->name, f->media, kinds[f->fs].name,
                                    f->label, !f->options->full,
                                    f->options->cluster_size, callback, f);
  nt_status status;
  if (error != 0) {
    status = nt__win32_fail(f->err, error, 0, "the formatter did not run");
    nt__win32_explain(f->err);
    f->err->outcome = f->begun ? "unformatted" : "untouched";
    return status;
  }
  status = f->cancelled         ? fail_cancelled(f)
           : f->succeeded       ? NT_STATUS_SUCCESS
           : f->failure != NULL ? fail_named(f)
                                : fail_unnamed(f);
  if (!nt_ok(status)) {
    f->err->outcome = outcome_of(f);
  }
  return status;
}
