/*
 * NtFsControlFile: lock, unlock, dismount and what else the file system
 * answers. Row numbers (L1, U1, D1 ...) are those of docs/rules.md 1.5 to 1.8.
 */
#include "query.h"

/* ---- checks that announce nothing ---------------------------------------- */

static bool on_file(const struct sim_request *r) {
  return r->object.kind != NT_KIND_VOLUME && r->object.kind != NT_KIND_DISK;
}

nt_status nt__sim_check_manage(const struct sim_request *r,
                               struct nt_error *err) {
  if (on_file(r) && r->instance.fsd->takes_file_handles) {
    return NT_STATUS_SUCCESS;
  }
  if (on_file(r)) {
    return nt_refuse(err, NT_REASON_NOT_A_VOLUME,
                     "this is a handle to a file or directory");
  }
  if (!(r->object.flags & SIM_FO_MANAGE_VOLUME)) {
    nt_refuse_as(
        err, NT_STATUS_INVALID_PARAMETER, NT_REASON_PRIVILEGE,
        "the handle was opened without the right to manage the volume");
    nt_hint(err, "open it with access \"rw\" or \"r\"");
    return NT_STATUS_INVALID_PARAMETER;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- what a request begins with ------------------------------------------ */

static nt_status load(struct sim_request *r, struct nt_error *err) {
  NT_TRY(
      nt__sim_load_file_object(r->m, r->handle->file_object, &r->object, err));
  NT_TRY(nt__sim_load_instance(r->m, r->object.instance, &r->instance, err));
  if (r->object.volume != 0) {
    NT_TRY(nt__sim_load_volume(r->m, r->object.volume, &r->volume, err));
  }
  return nt__sim_find_place(r->handle, err);
}

/* Section 2: LOCK and DISMOUNT are told before the attempt, so that listeners
 * can close what they have open. They can do more than that, so afterwards
 * everything is looked at again. */
static nt_status announce(struct sim_request *r, enum sim_event event,
                          struct nt_error *err) {
  NT_TRY(nt__sim_event_instance(r->m, event, &r->instance, err));
  if (!r->m->notify.first) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__sim_announce(r->m, err));
  if (r->handle->closed) {
    /* L17 */
    return nt_refuse(err, NT_REASON_CLOSED_MEANWHILE,
                     "a subscriber closed this very handle");
  }
  return load(r, err);
}

/* ---- lock ---------------------------------------------------------------- */

/* L2, L3, L9, L10, L16. */
static nt_status check_alone(const struct sim_request *r,
                             struct nt_error *err) {
  int64_t files, volumes;
  const struct sim_instance *instance = &r->instance;
  if (instance->vpb & SIM_VPB_LOCKED && instance->lock_owner == r->object.id) {
    return nt_refuse(
        err, NT_REASON_ALREADY_LOCKED,
        "this handle holds the lock already, and locks do not nest");
  }
  nt_status status = nt__sim_count_handles(r->m, instance, r->object.id, &files,
                                           &volumes, err);
  if (!nt_ok(status)) {
    return status;
  }
  files += on_file(r); /* it stands in its own way */
  bool taken = (instance->vpb & SIM_VPB_LOCKED) != 0;
  if (!taken && files == 0 &&
      (volumes == 0 || !instance->fsd->counts_volume_handles)) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(err, NT_STATUS_ACCESS_DENIED,
               taken ? NT_REASON_LOCKED_BY_OTHER : NT_REASON_IN_USE,
               taken ? "the volume is locked" : NULL);
  nt__sim_add_holders(r->m, instance, r->object.id, err);
  return NT_STATUS_ACCESS_DENIED;
}

/* What files of the volume hold back goes to the image, and that to its disk.
 */
static nt_status flush(const struct sim_request *r, struct nt_error *err) {
  NT_TRY(nt__sim_cache_write_back(r->m, &r->instance, SIM_ALL_FILES, err));
  return nt__sim_image_flush(r->m, r->handle->extents, r->handle->extent_count,
                             err);
}

/* L18: btrfs is not locked while it is scrubbed or balanced. */
static nt_status check_idle(const struct sim_request *r, struct nt_error *err) {
  if (!(r->instance.fsd->locks_when_idle && r->volume.flags & NT_VOLUME_BUSY)) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(err, NT_REASON_BUSY,
                   "the file system is being scrubbed or balanced");
}

/* A handle whose file system is there no more: not L16, which is the
 * dismount of this node. */
static nt_status check_there(const struct sim_request *r,
                             struct nt_error *err) {
  enum sim_condition condition = r->instance.condition;
  return condition == SIM_GONE || condition == SIM_INVALIDATED
             ? nt__sim_check_condition(&r->instance, err)
             : NT_STATUS_SUCCESS;
}

/* L1, I5: who locked or dismounted the volume writes below its file system, and
 * nothing may come after that. A flush leaves waiting what it could not write,
 * because the volume is offline or its medium away. */
static nt_status purge(const struct sim_request *r, struct nt_error *err) {
  bool unwritten = (r->volume.flags & NT_VOLUME_OFFLINE) != 0 ||
                   (r->instance.vpb & SIM_VPB_CHANGED) != 0;
  return unwritten ? nt__sim_cache_drop(r->m, r->instance.id, err)
                   : NT_STATUS_SUCCESS;
}

static nt_status lock(struct sim_request *r, struct nt_error *err) {
  nt_status status = nt__sim_check_manage(r, err);
  if (nt_ok(status)) {
    status = check_there(r, err);
  }
  if (nt_ok(status)) {
    status = check_idle(r, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  status = announce(r, SIM_LOCK, err);
  if (nt_ok(status)) {
    status = check_there(r, err);
  }
  if (nt_ok(status)) {
    status = flush(r, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_check_system(&r->volume, err);
  }
  if (nt_ok(status) && r->instance.fsd->lock_needs_mounted) { /* L16 */
    status = nt__sim_check_condition(&r->instance, err);
  }
  if (nt_ok(status) && r->instance.vpb & SIM_VPB_LOCKED &&
      r->instance.fsd->relocks) { /* L9, L10: it stays with who has it */
    return NT_STATUS_SUCCESS;
  }
  if (nt_ok(status)) {
    status = check_alone(r, err);
  }
  if (!nt_ok(status)) {
    struct nt_error ignored = {0};
    nt__sim_event_instance(r->m, SIM_LOCK_FAILED, &r->instance, &ignored);
    return status;
  }
  status = purge(r, err);
  if (!nt_ok(status)) {
    return status;
  }
  r->instance.vpb |= SIM_VPB_LOCKED;
  if (r->instance.fsd->lock_allows_writes) {
    r->instance.vpb |= SIM_VPB_DIRECT_WRITES;
  }
  r->instance.lock_owner = r->object.id;
  status = nt__sim_save_instance(r->m, &r->instance, err);
  if (nt_ok(status) && r->instance.fsd->across_nodes) { /* U8 */
    r->object.flags |= SIM_FO_HELD_LOCK;
    status = nt__sim_save_file_object(r->m, &r->object, err);
  }
  return status;
}

/* ---- unlock -------------------------------------------------------------- */

/* 9.1 row 16: a handle that locked by its share mode keeps nobody out any more
 * after an explicit unlock. */
static nt_status share_again(struct sim_request *r, struct nt_error *err) {
  uint32_t mask = r->instance.fsd->implicit_lock;
  if (mask == 0 || r->object.share & mask) {
    return NT_STATUS_SUCCESS;
  }
  r->object.share = NT_SHARE_READ | NT_SHARE_WRITE | NT_SHARE_DELETE;
  return nt__sim_save_file_object(r->m, &r->object, err);
}

static nt_status unlock(struct sim_request *r, struct nt_error *err) {
  struct sim_instance *instance = &r->instance;
  NT_TRY(nt__sim_check_manage(r, err));
  bool locked = (instance->vpb & SIM_VPB_LOCKED) != 0;
  bool mine =
      instance->lock_owner == r->object.id || instance->fsd->unlock_by_anyone;
  if (!locked || !mine) { /* U2, U3, U4 */
    nt_refuse(err, NT_REASON_NOT_LOCKED,
              locked ? "another handle holds the lock" : NULL);
    nt_hint(err, locked ? "unlock by the handle that locked it"
                        : "there is nothing to unlock");
    return NT_STATUS_NOT_LOCKED;
  }
  instance->vpb &= ~SIM_VPB_LOCKED;
  if (instance->fsd->guards_writes) {
    instance->vpb &= ~SIM_VPB_DIRECT_WRITES; /* U1 */
  }
  instance->lock_owner = 0;
  NT_TRY(nt__sim_save_instance(r->m, instance, err));
  NT_TRY(share_again(r, err));
  NT_TRY(nt__sim_event_instance(r->m, SIM_UNLOCK, instance, err));
  if (instance->fsd->unlock_ends_instance && instance->condition == SIM_GOOD) {
    /* U7 */
    instance->condition = SIM_DISMOUNTED;
    NT_TRY(nt__sim_detach(r->m, instance, err));
  }
  return NT_STATUS_SUCCESS;
}

/* ---- dismount ------------------------------------------------------------ */

/* D9: RAW has nothing to dismount; it only asks for the lock. */
static nt_status dismount_raw(const struct sim_request *r,
                              struct nt_error *err) {
  if (r->instance.vpb & SIM_VPB_LOCKED) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse_as(
      err, NT_STATUS_ACCESS_DENIED, NT_REASON_NOT_LOCKED,
      "a volume without a file system dismounts only while it is locked");
}

/* D3: documented; on FAT an explicit lock of another handle cannot be there,
 * because it would have refused this handle's open. Nor can that of another
 * node, for which this handle would have been in the way. */
static nt_status check_foreign_lock(const struct sim_request *r,
                                    struct nt_error *err) {
  if (!(r->instance.vpb & SIM_VPB_LOCKED) ||
      r->instance.lock_owner == r->object.id) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_LOCKED_BY_OTHER, "another handle holds the lock");
  nt__sim_add_holders(r->m, &r->instance, r->object.id, err);
  return NT_STATUS_ACCESS_DENIED;
}

/* D4: the answer to a second dismount of an instance. */
static nt_status dismount_again(const struct sim_request *r,
                                struct nt_error *err) {
  if (r->instance.fsd->dismounts_twice) {
    return NT_STATUS_SUCCESS;
  }
  if (r->instance.fsd->announces_dismounted) {
    nt_status status =
        nt__sim_event_instance(r->m, SIM_DISMOUNT, &r->instance, err);
    if (!nt_ok(status)) {
      return status;
    }
  }
  return nt__sim_check_condition(&r->instance, err);
}

static nt_status check_dismount(const struct sim_request *r,
                                struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  if (!r->instance.fsd->dismounts_system) { /* D5 */
    status = nt__sim_check_system(&r->volume, err);
  }
  if (nt_ok(status) && r->instance.condition != SIM_DISMOUNTED) {
    status = nt__sim_check_condition(&r->instance, err);
  }
  return nt_ok(status) ? check_foreign_lock(r, err) : status;
}

static nt_status dismount(struct sim_request *r, struct nt_error *err) {
  nt_status status = nt__sim_check_manage(r, err);
  if (!nt_ok(status)) {
    return status;
  }
  if (r->instance.fsd->dismount_needs_lock) {
    return dismount_raw(r, err);
  }
  status = check_dismount(r, err);
  if (!nt_ok(status)) {
    return status;
  }
  if (r->instance.condition == SIM_DISMOUNTED) {
    return dismount_again(r, err);
  }
  status = announce(r, SIM_DISMOUNT, err);
  if (nt_ok(status)) { /* a listener may have changed what was true */
    status = check_dismount(r, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_check_condition(&r->instance, err);
  }
  if (nt_ok(status)) {
    status = flush(r, err);
  }
  if (!nt_ok(status)) {
    struct nt_error ignored = {0};
    if (status != NT_STATUS_VOLUME_DISMOUNTED &&
        !r->instance.fsd->hides_failed_dismount) { /* D8 */
      nt__sim_event_instance(r->m, SIM_DISMOUNT_FAILED, &r->instance, &ignored);
    }
    return status;
  }
  /* The device keeps pointing to the dead instance until this handle closes:
   * nobody can mount in between, and requests may follow on this handle. */
  r->instance.condition = SIM_DISMOUNTED;
  status = purge(r, err);
  if (nt_ok(status)) {
    status = nt__sim_allow_writes(r->m, &r->instance, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  r->object.flags |= SIM_FO_COMPLETE_DISMOUNT;
  status = nt__sim_save_instance(r->m, &r->instance, err);
  if (nt_ok(status) && r->instance.fsd->across_nodes) { /* section 3 */
    status = nt__sim_end_elsewhere(r->m, &r->instance, err);
  }
  return nt_ok(status) ? nt__sim_save_file_object(r->m, &r->object, err)
                       : status;
}

/* ---- the others ---------------------------------------------------------- */

/* I11, I12. RAW does not know the code. */
static nt_status is_mounted(struct sim_request *r, struct nt_error *err) {
  if (r->instance.fsd == &nt__sim_fsd_raw) {
    return nt_refuse_as(err, r->instance.fsd->unknown_fsctl,
                        NT_REASON_UNKNOWN_CODE,
                        "there is no file system to ask");
  }
  NT_TRY(nt__sim_verify(r->m, &r->volume, &r->instance, err));
  NT_TRY(nt__sim_check_condition(&r->instance, err));
  if (r->instance.vpb & SIM_VPB_LOCKED &&
      r->instance.fsd->locked_means_unmounted) {
    NT_TRY(nt_refuse(err, NT_REASON_DISMOUNTED,
                     "the volume is locked, and its file system counts that "
                     "as dismounted"));
  }
  return NT_STATUS_SUCCESS;
}

static nt_status allow_extended_io(struct sim_request *r,
                                   struct nt_error *err) {
  if (r->instance.fsd == &nt__sim_fsd_raw) {
    return nt_refuse_as(err, r->instance.fsd->unknown_fsctl,
                        NT_REASON_UNKNOWN_CODE,
                        "without a file system there is no end to go past");
  }
  nt_status status = nt__sim_check_manage(r, err);
  if (!nt_ok(status)) {
    return status;
  }
  r->object.flags |= SIM_FO_EXTENDED_DASD;
  return nt__sim_save_file_object(r->m, &r->object, err);
}

/* ---- dispatch ------------------------------------------------------------ */

static const struct sim_answer answers[] = {
    {NT_FSCTL_LOCK_VOLUME, 0, lock},
    {NT_FSCTL_UNLOCK_VOLUME, 0, unlock},
    {NT_FSCTL_DISMOUNT_VOLUME, 0, dismount},
    {NT_FSCTL_IS_VOLUME_MOUNTED, 0, is_mounted},
    {NT_FSCTL_ALLOW_EXTENDED_DASD_IO, 0, allow_extended_io},
    {0, 0, NULL},
};

static nt_status dispatch(struct sim_request *r, uint32_t code,
                          struct nt_error *err) {
  const struct sim_answer *row = nt__sim_answer(answers, code);
  if (!row) {
    row = nt__sim_answer(nt__sim_fs_answers, code);
  }
  if (!row) {
    row = nt__sim_answer(nt__sim_csv_answers, code);
  }
  if (row) {
    return row->answer(r, err);
  }
  return nt_refuse_as(
      err, r->instance.fsd->unknown_fsctl,
      nt_code_is_fsctl(code) ? NT_REASON_UNKNOWN_CODE : NT_REASON_WRONG_ENTRY,
      "the %s file system driver does not know this code",
      r->instance.fsd->name);
}

static nt_status fs_control(struct sim_request *r, uint32_t code,
                            struct nt_error *err) {
  if (r->handle->base.kind == NT_KIND_DEVICE) { /* L13 */
    return nt_refuse_as(
        err, NT_STATUS_INVALID_DEVICE_REQUEST, NT_REASON_HANDLE_ACCESS,
        "the handle was opened without data access and reaches no file system");
  }
  nt_status status = nt__sim_begin(r->m, err);
  if (!nt_ok(status)) {
    return status;
  }
  status = load(r, err);
  if (nt_ok(status)) {
    status = dispatch(r, code, err);
  }
  return nt__sim_end(r->m, status, err);
}

/* obs 35: the disk below does not know the codes of file systems. */
static nt_status refuse_by_device(const struct sim_request *r,
                                  struct nt_error *err) {
  if (r->handle->file) { /* I10 */
    return nt_refuse(err, NT_REASON_NOT_A_VOLUME,
                     "this is a handle to a file or directory");
  }
  return nt_refuse(err, NT_REASON_WRONG_ENTRY,
                   "a code of file systems was sent to the device");
}

/* NT ignores buffers that a code does not need. */
nt_status nt__sim_control_by(struct nt_handle *handle, bool file_system,
                             uint32_t code, const void *in, size_t in_len,
                             void *out, size_t out_cap, size_t *out_len,
                             struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(handle->machine),
                          .handle = nt__sim_handle(handle),
                          .in = in,
                          .in_len = in_len,
                          .out = out,
                          .out_cap = out_cap};
  nt_status status = nt__sim_check_not_section(r.handle, err);
  if (!nt_ok(status)) {
    return status;
  }
  if (file_system) {
    status = fs_control(&r, code, err);
  } else if (nt_code_is_fsctl(code)) {
    status = refuse_by_device(&r, err);
  } else {
    status = nt__sim_device_control(&r, code, err);
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
