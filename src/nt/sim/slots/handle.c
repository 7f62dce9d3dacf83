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

static struct sim_handle *copy_handle(const struct sim_request *r,
                                      const struct sim_handle *h) {
  struct sim_handle *copy = malloc(sizeof *copy);
  if (!copy) {
    nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
    return NULL;
  }
  *copy = *h;
  copy->base.peer = NULL;
  copy->next = NULL;
  return copy;
}

static nt_status add_reference(const struct sim_request *r,
                               int64_t file_object) {
  struct sim_file_object object;
  NT_TRY(nt__sim_load_file_object(r, file_object, &object));
  return nt__sim_exec(r, "UPDATE file_object SET refs = refs + 1 WHERE id = ?1",
                      SIM_ARGS(SIM_INT(file_object)));
}

nt_status nt__sim_duplicate(struct nt_handle *handle, struct nt_handle **out,
                            struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_request r = {.m = nt__sim_machine_of(h), .err = err, .handle = h};
  struct sim_handle *copy = copy_handle(&r, h);
  if (!copy) {
    return NT_STATUS_NO_MEMORY;
  }
  nt_status status = nt__sim_begin(&r);
  if (nt_ok(status)) {
    status = nt__sim_end(&r, add_reference(&r, h->file_object));
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
  struct sim_request r = {.m = nt__sim_machine_of(h), .err = err, .handle = h};
  nt_status status = nt__sim_begin(&r);
  if (nt_ok(status)) {
    status = nt__sim_end(&r, nt__sim_release(&r, h->file_object));
  }
  bool unfinished = r.m->db.failed && r.m->pid == nt_process_id();
  if (!unfinished && r.m->notify.delivering > 0) {
    nt__sim_retire(r.m, h);
    return status;
  }
  nt__sim_files_close(h->file);
  h->file = NULL;
  if (unfinished) {
    h->closed = true;
    h->next = r.m->unfinished;
    r.m->unfinished = h;
  } else {
    free(h);
  }
  return status;
}

/* ---- sections (L5) ------------------------------------------------------- */

static nt_status check_mappable(const struct sim_request *r) {
  const struct sim_handle *h = r->handle;
  NT_TRY(nt__sim_check_not_section(r));
  if (h->base.kind != NT_KIND_FILE) {
    return nt_refuse(r->err, NT_REASON_NOT_A_FILE,
                     "only the bytes of a file can be mapped");
  }
  if (nt__sim_files_size(h->file) == 0) {
    return nt_refuse(r->err, NT_REASON_EMPTY_FILE,
                     "an empty file has nothing to map");
  }
  return NT_STATUS_SUCCESS;
}

/* A section is a file object of its own, on the same instance. It goes on
 * counting after the handles of the file are closed, and no other handle shares
 * it. */
static nt_status insert_section(struct sim_request *r,
                                struct sim_handle *section, bool image) {
  struct sim_file_object *object = &r->object;
  NT_TRY(nt__sim_load_file_object(r, section->file_object, object));
  NT_TRY(nt__sim_load_instance(r, object->instance, &r->instance));
  NT_TRY(nt__sim_load_volume(r, object->volume, &r->volume));
  NT_TRY(nt__sim_verify(r));
  NT_TRY(nt__sim_check_condition(r));
  object->kind = NT_KIND_SECTION;
  /* X16: it goes on counting as a writer, though it is only read. */
  object->access =
      NT_FILE_READ_DATA |
      (object->access & (NT_FILE_WRITE_DATA | NT_FILE_APPEND_DATA));
  object->share = NT_SHARE_READ | NT_SHARE_WRITE | NT_SHARE_DELETE;
  object->flags = image ? SIM_FO_IMAGE : 0;
  nt_status status = nt__sim_insert_file_object(r, object);
  section->file_object = object->id;
  return status;
}

nt_status nt__sim_map(struct nt_handle *handle, bool image,
                      struct nt_handle **out, struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_request r = {.m = nt__sim_machine_of(h), .err = err, .handle = h};
  NT_TRY(check_mappable(&r));
  struct sim_handle *section = copy_handle(&r, h);
  if (!section) {
    return NT_STATUS_NO_MEMORY;
  }
  nt_status status = nt__sim_begin(&r);
  if (nt_ok(status)) {
    status = nt__sim_end(&r, insert_section(&r, section, image));
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
  struct sim_request r = {.m = nt__sim_machine_of(h), .err = err, .handle = h};
  NT_TRY(nt__sim_check_not_section(&r));
  if (h->base.kind != NT_KIND_DIRECTORY) {
    return nt_refuse(err, NT_REASON_NOT_A_DIRECTORY, "this is no directory");
  }
  NT_TRY(nt__sim_check_file(&r));
  return nt__sim_files_next(h->file, cursor, out, err);
}

/* ---- holders ------------------------------------------------------------- */

/* Processes that have died hold nothing: the transaction cleans up after them
 * first. */
nt_status nt__sim_next_holder(struct nt_handle *handle, uint64_t *cursor,
                              struct nt_holder *out, const char **missing,
                              struct nt_error *err) {
  struct sim_handle *h = nt__sim_handle(handle);
  struct sim_request r = {.m = nt__sim_machine_of(h), .err = err, .handle = h};
  NT_TRY(nt__sim_begin(&r));
  nt_status status = nt__sim_end(&r, nt__sim_find_holder(&r, cursor, out));
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    *missing = NULL;
  }
  return status;
}
