/*
 * NtCreateFile by CreateFileW: which kind of handle a name and an access mask
 * give (docs/rules.md 1.2), and what a refusal means.
 */
#include <stdlib.h>

#include "../list/resolve.h"
#include "../request/request.h"
#include "handle.h"

/* Rights that need no file system: an open with these alone reaches only the
 * device. */
#define DEVICE_ACCESS                                                          \
  (NT_SYNCHRONIZE | NT_FILE_READ_ATTRIBUTES | NT_READ_CONTROL | NT_WRITE_DAC | \
   NT_WRITE_OWNER | NT_ACCESS_SYSTEM_SECURITY)

/* These rights reach the file system of a volume, and need no administrator. */
#define VISITOR_ACCESS \
  (NT_SYNCHRONIZE | NT_FILE_READ_ATTRIBUTES | NT_FILE_TRAVERSE)

/* winnt.h */
#define GENERIC_WRITE 0x40000000U

/* The version of Windows 7, the first that takes VISITOR_ACCESS in this way. */
#define WINDOWS_7 0x0601U

struct opening {
  struct win32_machine *m;
  const struct nt_open_options *options;
  struct win32_target target;
  struct win32_handle *handle;
};

/* Opens, for a question, an object that refused the caller. */
static bool probe(const struct opening *o, uint32_t access,
                  struct win32_handle *out, nt_status *status) {
  *out = *o->handle;
  *status = nt__win32_open_file(out, o->target.open_name, access,
                                WIN32_SHARE_ALL, NT_WIN32_OPEN_EXISTING,
                                NT_WIN32_FLAG_BACKUP_SEMANTICS, NULL);
  return nt_ok(*status);
}

/* ---- refusals ------------------------------------------------------------ */

static void add_holders(const struct opening *o, struct nt_error *err) {
  struct win32_handle visitor;
  nt_status status;
  if (probe(o, NT_FILE_READ_ATTRIBUTES, &visitor, &status)) {
    nt__win32_add_holders(&visitor, err);
    nt__win32_release(&visitor);
  } else {
    err->holders_missing = "the object cannot be opened to ask for them";
  }
}

/* Tells two refusals apart. The device refuses a user who may not write to
 * volumes; a lock refuses everybody (O5). So an open that needs no right is
 * tried: only a lock refuses that, too. */
static bool is_locked(const struct opening *o) {
  struct win32_handle visitor;
  nt_status status;
  if (o->target.kind != NT_KIND_VOLUME || o->m->os->version() < WINDOWS_7) {
    return false;
  }
  if (probe(o, VISITOR_ACCESS, &visitor, &status)) {
    nt__win32_release(&visitor);
    return false;
  }
  return status == NT_STATUS_ACCESS_DENIED;
}

static void explain_denied(const struct opening *o, struct nt_error *err) {
  if (o->target.kind == NT_KIND_FILE) {
    nt_hint(err,
            "check the rights of the file, and whether its volume is "
            "locked");
    return;
  }
  if (is_locked(o)) {
    nt_error_because(err, NT_REASON_LOCKED_BY_OTHER, "the volume is locked");
    add_holders(o, err);
    return;
  }
  nt_error_because(
      err, NT_REASON_PRIVILEGE,
      "only administrators may open volumes and disks for their data");
  nt_hint(err, "run it as an administrator");
}

static void explain_open(const struct opening *o, struct nt_error *err) {
  if (err->status == NT_STATUS_ACCESS_DENIED) {
    explain_denied(o, err);
  } else if (err->status == NT_STATUS_SHARING_VIOLATION) {
    nt_error_because(err, NT_REASON_IN_USE, NULL);
    add_holders(o, err);
  } else if (err->status == NT_STATUS_OBJECT_NAME_NOT_FOUND &&
             o->target.kind == NT_KIND_FILE) {
    nt_hint(err, "check the path");
  }
  nt__win32_explain(err);
}

/* ---- what may be asked for ----------------------------------------------- */

static nt_status check_device_options(const struct nt_open_options *options,
                                      enum nt_handle_kind kind,
                                      struct nt_error *err) {
  const char *what = kind == NT_KIND_DISK ? "disk" : "volume";
  if (options->disposition != NT_OPEN && options->disposition != NT_OPEN_IF) {
    nt_fail(err, NT_STATUS_ACCESS_DENIED,
            "a %s cannot be created or overwritten", what);
    nt_hint(err, "use the disposition open");
    return NT_STATUS_ACCESS_DENIED;
  }
  if (options->directory) {
    nt_fail(err, NT_STATUS_NOT_A_DIRECTORY, "it is the %s itself", what);
    nt_hint(err, kind == NT_KIND_DISK
                     ? "open a directory by its volume: D:\\path"
                     : "add a backslash for its root directory");
    return NT_STATUS_NOT_A_DIRECTORY;
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_file_options(const struct nt_open_options *options,
                                    struct nt_error *err) {
  if (options->disposition == NT_SUPERSEDE) {
    nt_fail(err, NT_STATUS_NOT_SUPPORTED,
            "CreateFileW cannot replace a file by a new one");
    nt_hint(err, "use the disposition overwrite_if");
    return NT_STATUS_NOT_SUPPORTED;
  }
  if (options->directory && options->disposition != NT_OPEN) {
    nt_fail(err, NT_STATUS_NOT_SUPPORTED,
            "CreateFileW opens directories, it makes none");
    nt_hint(err, "make it with mkdir, and use the disposition open");
    return NT_STATUS_NOT_SUPPORTED;
  }
  return NT_STATUS_SUCCESS;
}

static uint32_t disposition_of(enum nt_disposition disposition) {
  static const uint32_t numbers[] = {
      [NT_OPEN] = NT_WIN32_OPEN_EXISTING,
      [NT_CREATE] = NT_WIN32_CREATE_NEW,
      [NT_OPEN_IF] = NT_WIN32_OPEN_ALWAYS,
      [NT_OVERWRITE] = NT_WIN32_TRUNCATE_EXISTING,
      [NT_OVERWRITE_IF] = NT_WIN32_CREATE_ALWAYS,
  };
  return numbers[disposition];
}

/* CreateFileW truncates a file only when the access names GENERIC_WRITE. */
static uint32_t access_of(const struct nt_open_options *options) {
  bool truncates = options->disposition == NT_OVERWRITE &&
                   options->access & NT_FILE_WRITE_DATA;
  return truncates ? options->access | GENERIC_WRITE : options->access;
}

/* ---- opening ------------------------------------------------------------- */

static nt_status open_device(struct opening *o, struct nt_error *err) {
  struct win32_handle *h = o->handle;
  bool device = !(o->options->access & ~DEVICE_ACCESS);
  NT_TRY(check_device_options(o->options, o->target.kind, err));
  nt_status status =
      nt__win32_open_file(h, o->target.open_name, o->options->access,
                          o->options->share, NT_WIN32_OPEN_EXISTING, 0, err);
  if (!nt_ok(status)) {
    explain_open(o, err);
    return status;
  }
  h->base.kind = device ? NT_KIND_DEVICE : o->target.kind;
  return nt__win32_ask_sector_size(h, &h->base.sector_size, err);
}

static nt_status look_at_file(struct opening *o, struct nt_error *err) {
  struct win32_handle *h = o->handle;
  uint64_t size;
  bool directory;
  NT_TRY(nt__win32_standard_information(h, &size, &directory, err));
  if (o->options->directory && !directory) {
    nt_fail(err, NT_STATUS_NOT_A_DIRECTORY, NULL);
    nt_hint(err, "open it as a file");
    return NT_STATUS_NOT_A_DIRECTORY;
  }
  h->base.kind = directory ? NT_KIND_DIRECTORY : NT_KIND_FILE;
  h->base.sector_size = 1;
  return NT_STATUS_SUCCESS;
}

static nt_status open_file(struct opening *o, struct nt_error *err) {
  NT_TRY(check_file_options(o->options, err));
  nt_status status = nt__win32_open_file(
      o->handle, o->target.open_name, access_of(o->options), o->options->share,
      disposition_of(o->options->disposition), NT_WIN32_FLAG_BACKUP_SEMANTICS,
      err);
  if (!nt_ok(status)) {
    explain_open(o, err);
    return status;
  }
  return look_at_file(o, err);
}

static struct win32_handle *new_handle(struct win32_machine *m,
                                       const struct nt_open_options *options,
                                       const struct win32_target *target) {
  struct win32_handle *h = calloc(1, sizeof(*h));
  if (h == NULL) {
    return NULL;
  }
  h->base.ops = m->handle_ops;
  h->base.machine = &m->base;
  h->base.access = options->access;
  nt_copy(h->base.name, sizeof(h->base.name), options->name);
  h->os = m->os;
  h->file = NT_WIN32_NO_HANDLE;
  h->event = NT_WIN32_NO_HANDLE;
  h->timeout = options->timeout == 0 ? NT_WIN32_FOREVER : options->timeout;
  h->share = options->share;
  nt__win32_copy(h->open_name, WIN32_NAME_MAX, target->open_name);
  nt__win32_copy(h->root, WIN32_NAME_MAX, target->root);
  return h;
}

nt_status nt__win32_open(struct nt_machine *machine,
                         const struct nt_open_options *options,
                         struct nt_handle **out, struct nt_error *err) {
  struct opening o = {.m = nt__win32_machine(machine), .options = options};
  NT_TRY(nt__win32_resolve(o.m, options->name, options->directory, &o.target,
                           err));
  o.handle = new_handle(o.m, options, &o.target);
  if (o.handle == NULL) {
    return nt_refuse(err, NT_REASON_RESOURCES, NULL);
  }
  nt_status status =
      o.target.kind == NT_KIND_FILE ? open_file(&o, err) : open_device(&o, err);
  if (!nt_ok(status)) {
    nt__win32_release(o.handle);
    free(o.handle);
    return status;
  }
  *out = &o.handle->base;
  return NT_STATUS_SUCCESS;
}

nt_status nt__win32_reopen(struct win32_handle *h, struct nt_error *err) {
  bool file = h->base.kind == NT_KIND_FILE || h->base.kind == NT_KIND_DIRECTORY;
  if (h->event != NT_WIN32_NO_HANDLE) {
    h->os->close(h->event);
    h->event = NT_WIN32_NO_HANDLE;
  }
  nt_status status = nt__win32_open_file(
      h, h->open_name, h->base.access, h->share, NT_WIN32_OPEN_EXISTING,
      file ? NT_WIN32_FLAG_BACKUP_SEMANTICS : 0, err);
  if (!nt_ok(status)) {
    nt__win32_explain(err);
  }
  return status;
}

nt_status nt__win32_close(struct nt_handle *handle, struct nt_error *err) {
  struct win32_handle *h = nt__win32_handle(handle);
  nt_status status = nt__win32_release(h);
  free(h);
  if (nt_ok(status)) {
    return status;
  }
  nt__win32_fail_status(err, status, "Windows did not close the handle");
  nt_hint(err, "the handle is gone all the same: open it again");
  return status;
}
