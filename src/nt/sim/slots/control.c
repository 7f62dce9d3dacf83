/*
 * NtFsControlFile: a control code for the file system of a handle. This file
 * finds the function that handles the code, and announces lock and dismount.
 */
#include "../codes/query.h"
#include "../rules/event.h"
#include "../rules/medium.h"
#include "../rules/refuse.h"
#include "slots.h"
#include "transaction.h"

/* ---- what a request begins with ------------------------------------------ */

static nt_status load(struct sim_request *r) {
  NT_TRY(nt__sim_load_file_object(r, r->handle->file_object, &r->object));
  NT_TRY(nt__sim_load_instance(r, r->object.instance, &r->instance));
  if (r->object.volume != 0) {
    NT_TRY(nt__sim_load_volume(r, r->object.volume, &r->volume));
  }
  return nt__sim_find_place(r);
}

/* Section 2: the events LOCK and DISMOUNT are told before the attempt, so that
 * listeners can close what they have open. Listeners may do other things as
 * well, so the caller has to check everything again afterwards. */
static nt_status announce(struct sim_request *r, enum sim_event event) {
  NT_TRY(nt__sim_event_instance(r, event, &r->instance));
  if (!r->m->notify.first) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_announce(r));
  if (r->handle->closed) {
    /* L17 */
    return nt_refuse(r->err, NT_REASON_CLOSED_MEANWHILE,
                     "a subscriber closed this very handle");
  }
  return load(r);
}

static nt_status lock(struct sim_request *r) {
  NT_TRY(nt__sim_check_lockable(r));
  nt_status status = announce(r, SIM_LOCK);
  if (nt_ok(status)) {
    status = nt__sim_check_lock(r);
  }
  if (!nt_ok(status)) {
    struct nt_error ignored = {0};
    nt__sim_event_instance(SIM_REQUEST(r->m, &ignored), SIM_LOCK_FAILED,
                           &r->instance);
    return status;
  }
  return nt__sim_lock(r);
}

static nt_status dismount(struct sim_request *r) {
  bool over;
  nt_status status = nt__sim_check_dismountable(r, &over);
  if (over) {
    return status;
  }
  status = announce(r, SIM_DISMOUNT);
  if (nt_ok(status)) {
    status = nt__sim_check_dismount(r);
  }
  if (!nt_ok(status)) {
    struct nt_error ignored = {0};
    if (status != NT_STATUS_VOLUME_DISMOUNTED &&
        !r->instance.fsd->hides_failed_dismount) { /* D8 */
      nt__sim_event_instance(SIM_REQUEST(r->m, &ignored), SIM_DISMOUNT_FAILED,
                             &r->instance);
    }
    return status;
  }
  return nt__sim_dismount(r);
}

/* ---- dispatch ------------------------------------------------------------ */

static const struct sim_answer answers[] = {
    {NT_FSCTL_LOCK_VOLUME, 0, lock},
    {NT_FSCTL_DISMOUNT_VOLUME, 0, dismount},
    {0, 0, NULL},
};

static nt_status dispatch(struct sim_request *r, uint32_t code) {
  const struct sim_answer *const tables[] = {
      answers, nt__sim_lock_answers, nt__sim_fs_answers,
      nt__sim_persistent_answers, nt__sim_csv_answers};
  const struct sim_answer *row =
      nt__sim_find_answer(tables, sizeof tables / sizeof tables[0], code);
  if (row) {
    return row->answer(r);
  }
  return nt_refuse_as(
      r->err, r->instance.fsd->unknown_fsctl,
      nt_code_is_fsctl(code) ? NT_REASON_UNKNOWN_CODE : NT_REASON_WRONG_ENTRY,
      "the %s file system driver does not know this code",
      r->instance.fsd->name);
}

static nt_status fs_control(struct sim_request *r, uint32_t code) {
  if (r->handle->base.kind == NT_KIND_DEVICE) { /* L13 */
    return nt_refuse_as(
        r->err, NT_STATUS_INVALID_DEVICE_REQUEST, NT_REASON_HANDLE_ACCESS,
        "the handle was opened without data access and reaches no file system");
  }
  NT_TRY(nt__sim_begin(r));
  nt_status status = load(r);
  if (nt_ok(status)) {
    status = dispatch(r, code);
  }
  return nt__sim_end(r, status);
}

/* obs 35: a code of file systems that is sent to the device reaches the disk
 * below it, which does not know such codes. */
static nt_status refuse_by_device(const struct sim_request *r) {
  if (r->handle->file) { /* I10 */
    return nt_refuse(r->err, NT_REASON_NOT_A_VOLUME,
                     "this is a handle to a file or directory");
  }
  return nt_refuse(r->err, NT_REASON_WRONG_ENTRY,
                   "a code of file systems was sent to the device");
}

/* NT ignores buffers that a code does not need. */
nt_status nt__sim_control_by(struct nt_handle *handle, bool file_system,
                             uint32_t code, const void *in, size_t in_len,
                             void *out, size_t out_cap, size_t *out_len,
                             struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(handle->machine),
                          .err = err,
                          .handle = nt__sim_handle(handle),
                          .in = in,
                          .in_len = in_len,
                          .out = out,
                          .out_cap = out_cap};
  nt_status status = nt__sim_check_not_section(&r);
  if (!nt_ok(status)) {
    return status;
  }
  if (file_system) {
    status = fs_control(&r, code);
  } else if (nt_code_is_fsctl(code)) {
    status = refuse_by_device(&r);
  } else {
    status = nt__sim_device_control(&r, code);
  }
  *out_len =
      nt_ok(status) || status == NT_STATUS_BUFFER_OVERFLOW ? r.out_len : 0;
  return status;
}

nt_status nt__sim_control(struct nt_handle *handle, uint32_t code,
                          const void *in, size_t in_len, void *out,
                          size_t out_cap, size_t *out_len,
                          struct nt_error *err) {
  return nt__sim_control_by(handle, nt_code_is_fsctl(code), code, in, in_len,
                            out, out_cap, out_len, err);
}
