/*
 * Closes handles, and makes handles from other handles: duplicates, which share
 * a file object, and sections, which keep a file in use after its handles were
 * closed. Also lists the entries of directories.
 */
#include <stdlib.h>

#include "../db/store.h"
#include "../files.h"
#include "../rules/holders.h"
#include "../rules/instance.h"
#include "../rules/notify.h"
#include "../rules/refuse.h"
#include "slots.h"
#include "transaction.h"

/* ---- duplicates (1.2) ---------------------------------------------------- */

static struct sim_handle *copy_handle(const struct sim_handle *h,
                                      struct nt_error *err) {
  struct sim_handle *copy = malloc(sizeof *copy);
  if (!copy) {
    nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
    return NULL;
  }
  *copy = *h;
  copy->base.peer = NULL;
  copy->next = NULL;
  return copy;
}

static nt_status add_reference(struct sim_machine *m, int64_t file_object,
                               struct nt_error *err) {
  struct sim_file_object object;
  NT_TRY(nt__sim_load_file_object(m, file_object, &object, err));
  return nt__sim_exec(m, "UPDATE file_object SET refs = refs + 1 WHERE id = ?1",
                      SIM_ARGS(SIM_INT(file_object)), err);
}

nt_status nt__sim_duplicate(struct nt_handle *handle, struct nt_handle **out,
                            struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_machine *m = nt__sim_machine_of(h);
  struct sim_handle *copy = copy_handle(h, err);
  if (!copy) {
    return NT_STATUS_NO_MEMORY;
  }
  nt_status status = nt__sim_begin(m, err);
  if (nt_ok(status)) {
    status = nt__sim_end(m, add_reference(m, h->file_object, err), err);
  }
  if (!nt_ok(status)) {
    free(copy);
    return status;
  }
  copy->file = nt__sim_files_share(h->file);
  *out = &copy->base;
  return status;
}

/* ---- close --------------------------------------------------------------- */

nt_status nt__sim_close(struct nt_handle *handle, struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_machine *m = nt__sim_machine_of(h);
  nt_status status = nt__sim_begin(m, err);
  if (nt_ok(status)) {
    status = nt__sim_end(m, nt__sim_release(m, h->file_object, err), err);
  }
  bool unfinished = m->db.failed && m->pid == nt_process_id();
  if (!unfinished && m->notify.delivering > 0) {
    nt__sim_retire(m, h);
    return status;
  }
  nt__sim_files_close(h->file);
  h->file = NULL;
  if (unfinished) {
    h->closed = true;
    h->next = m->unfinished;
    m->unfinished = h;
  } else {
    free(h);
  }
  return status;
}

/* ---- sections (L5) ------------------------------------------------------- */

static nt_status check_mappable(const struct sim_handle *h,
                                struct nt_error *err) {
  NT_TRY(nt__sim_check_not_section(h, err));
  if (h->base.kind != NT_KIND_FILE) {
    return nt_refuse(err, NT_REASON_NOT_A_FILE,
                     "only the bytes of a file can be mapped");
  }
  if (nt__sim_files_size(h->file) == 0) {
    return nt_refuse(err, NT_REASON_EMPTY_FILE,
                     "an empty file has nothing to map");
  }
  return NT_STATUS_SUCCESS;
}

/* A section is a file object of its own, on the same instance. It goes on
 * counting after the handles of the file are closed, and no other handle shares
 * it. */
static nt_status insert_section(struct sim_handle *section, bool image,
                                struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine_of(section);
  struct sim_file_object object;
  struct sim_instance instance;
  struct sim_volume volume;
  nt_status status =
      nt__sim_load_file_object(m, section->file_object, &object, err);
  if (nt_ok(status)) {
    status = nt__sim_load_instance(m, object.instance, &instance, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_load_volume(m, object.volume, &volume, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_verify(m, &volume, &instance, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_check_condition(&instance, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  object.kind = NT_KIND_SECTION;
  /* X16: it goes on counting as a writer, though it is only read. */
  object.access = NT_FILE_READ_DATA |
                  (object.access & (NT_FILE_WRITE_DATA | NT_FILE_APPEND_DATA));
  object.share = NT_SHARE_READ | NT_SHARE_WRITE | NT_SHARE_DELETE;
  object.flags = image ? SIM_FO_IMAGE : 0;
  status = nt__sim_insert_file_object(m, &object, err);
  section->file_object = object.id;
  return status;
}

nt_status nt__sim_map(struct nt_handle *handle, bool image,
                      struct nt_handle **out, struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_machine *m = nt__sim_machine_of(h);
  nt_status status = check_mappable(h, err);
  if (!nt_ok(status)) {
    return status;
  }
  struct sim_handle *section = copy_handle(h, err);
  if (!section) {
    return NT_STATUS_NO_MEMORY;
  }
  status = nt__sim_begin(m, err);
  if (nt_ok(status)) {
    status = nt__sim_end(m, insert_section(section, image, err), err);
  }
  if (!nt_ok(status)) {
    free(section);
    return status;
  }
  section->base.kind = NT_KIND_SECTION;
  section->base.access = NT_FILE_READ_DATA;
  section->file = nt__sim_files_share(h->file);
  *out = &section->base;
  return status;
}

/* ---- directories --------------------------------------------------------- */

nt_status nt__sim_next_entry(struct nt_handle *handle, uint64_t *cursor,
                             struct nt_directory_entry *out,
                             struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  NT_TRY(nt__sim_check_not_section(h, err));
  if (h->base.kind != NT_KIND_DIRECTORY) {
    return nt_refuse(err, NT_REASON_NOT_A_DIRECTORY, "this is no directory");
  }
  NT_TRY(nt__sim_check_file(h, err));
  return nt__sim_files_next(h->file, cursor, out, err);
}

/* ---- holders ------------------------------------------------------------- */

/* Processes that have died hold nothing: the transaction cleans up after them
 * first. */
nt_status nt__sim_next_holder(struct nt_handle *handle, uint64_t *cursor,
                              struct nt_holder *out, const char **missing,
                              struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_machine *m = nt__sim_machine_of(h);
  nt_status status = nt__sim_begin(m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = nt__sim_end(m, nt__sim_find_holder(h, cursor, out, err), err);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    *missing = NULL;
  }
  return status;
}
