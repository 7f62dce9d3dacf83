/*
 * Lock, unlock, dismount and everything else that changes an instance. Lock and
 * dismount are announced on their way, so what comes before and what comes
 * after the announcement are separate functions. Row numbers (L1, U1, D1 ...)
 * are those of docs/rules.md 1.5 to 1.8.
 */
#include "../disk/image.h"
#include "../rules/cache.h"
#include "../rules/cluster.h"
#include "../rules/event.h"
#include "../rules/holders.h"
#include "../rules/instance.h"
#include "../rules/refuse.h"
#include "query.h"

/* ---- who may ------------------------------------------------------------- */

static bool on_file(const struct sim_request *r) {
  return r->object.kind != NT_KIND_VOLUME && r->object.kind != NT_KIND_DISK;
}

nt_status nt__sim_check_manage(const struct sim_request *r) {
  if (on_file(r) && r->instance.fsd->takes_file_handles) {
    return NT_STATUS_SUCCESS;
  }
  if (on_file(r)) {
    return nt_refuse(r->err, NT_REASON_NOT_A_VOLUME,
                     "this is a handle to a file or directory");
  }
  if (!(r->object.flags & SIM_FO_MANAGE_VOLUME) &&
      !r->instance.fsd->anyone_manages) {
    nt_refuse_as(
        r->err, NT_STATUS_INVALID_PARAMETER, NT_REASON_PRIVILEGE,
        "the handle was opened without the right to manage the volume");
    nt_hint(r->err, "open it with access \"rw\" or \"r\"");
    return NT_STATUS_INVALID_PARAMETER;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- lock ---------------------------------------------------------------- */

/* L2, L3, L9, L10, L16: refuses if other handles prevent the lock. */
static nt_status check_alone(const struct sim_request *r) {
  int64_t files, volumes;
  const struct sim_instance *instance = &r->instance;
  if (instance->vpb & SIM_VPB_LOCKED && instance->lock_owner == r->object.id) {
    return nt_refuse(
        r->err, NT_REASON_ALREADY_LOCKED,
        "this handle holds the lock already, and locks do not nest");
  }
  NT_TRY(nt__sim_count_handles(r, instance, r->object.id, &files, &volumes));
  files += on_file(r); /* a handle to a file prevents its own lock */
  bool taken = (instance->vpb & SIM_VPB_LOCKED) != 0;
  if (!taken && files == 0 &&
      (volumes == 0 || !instance->fsd->counts_volume_handles)) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(r->err, NT_STATUS_ACCESS_DENIED,
               taken ? NT_REASON_LOCKED_BY_OTHER : NT_REASON_IN_USE,
               taken ? "the volume is locked" : NULL);
  /* such a handle is in its own way, so it is named, too */
  nt__sim_add_holders(r, instance, on_file(r) ? 0 : r->object.id);
  return NT_STATUS_ACCESS_DENIED;
}

/* Writes to the image what waits of files of the volume, and flushes the image.
 */
static nt_status flush(const struct sim_request *r) {
  NT_TRY(nt__sim_cache_write_back(r, &r->instance, SIM_ALL_FILES));
  return nt__sim_image_flush(r, r->handle->extents, r->handle->extent_count);
}

/* L18: btrfs refuses a lock while it is scrubbed or balanced. */
static nt_status check_idle(const struct sim_request *r) {
  if (!(r->instance.fsd->locks_when_idle && r->volume.flags & NT_VOLUME_BUSY)) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse(r->err, NT_REASON_BUSY,
                   "the file system is being scrubbed or balanced");
}

/* Refuses a handle whose file system is not there any more. This is not L16,
 * which is about a dismount on this node. */
static nt_status check_there(const struct sim_request *r) {
  enum sim_condition condition = r->instance.condition;
  return condition == SIM_GONE || condition == SIM_INVALIDATED
             ? nt__sim_check_condition(r)
             : NT_STATUS_SUCCESS;
}

/* L1, I5: whoever locked or dismounted the volume writes below its file system,
 * and no waiting data may be written over that later. If a flush cannot write
 * data, because the volume is offline or its medium is away, the data goes on
 * waiting; so it is thrown away here. */
static nt_status purge(const struct sim_request *r) {
  bool unwritten = (r->volume.flags & NT_VOLUME_OFFLINE) != 0 ||
                   (r->instance.vpb & SIM_VPB_CHANGED) != 0;
  return unwritten ? nt__sim_cache_drop(r, r->instance.id) : NT_STATUS_SUCCESS;
}

nt_status nt__sim_check_lockable(const struct sim_request *r) {
  NT_TRY(nt__sim_check_manage(r));
  NT_TRY(check_there(r));
  return check_idle(r);
}

/* L9, L10: on a second lock, the handle that has the lock keeps it. */
static bool is_relock(const struct sim_request *r) {
  return r->instance.vpb & SIM_VPB_LOCKED && r->instance.fsd->relocks;
}

nt_status nt__sim_check_lock(const struct sim_request *r) {
  NT_TRY(check_there(r));
  NT_TRY(flush(r));
  NT_TRY(nt__sim_check_system(r, &r->volume));
  if (r->instance.fsd->lock_needs_mounted) { /* L16 */
    NT_TRY(nt__sim_check_condition(r));
  }
  return is_relock(r) ? NT_STATUS_SUCCESS : check_alone(r);
}

nt_status nt__sim_lock(struct sim_request *r) {
  if (is_relock(r)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(purge(r));
  r->instance.vpb |= SIM_VPB_LOCKED;
  if (r->instance.fsd->lock_allows_writes) {
    r->instance.vpb |= SIM_VPB_DIRECT_WRITES;
  }
  r->instance.lock_owner = r->object.id;
  NT_TRY(nt__sim_save_instance(r, &r->instance));
  if (r->instance.fsd->across_nodes) { /* U8 */
    r->object.flags |= SIM_FO_HELD_LOCK;
    NT_TRY(nt__sim_save_file_object(r, &r->object));
  }
  return NT_STATUS_SUCCESS;
}

/* ---- unlock -------------------------------------------------------------- */

/* X1: what the handle shares stays as it was opened: a handle that shares
 * nothing goes on keeping other volume handles out. */
static nt_status unlock(struct sim_request *r) {
  struct sim_instance *instance = &r->instance;
  NT_TRY(nt__sim_check_manage(r));
  bool locked = (instance->vpb & SIM_VPB_LOCKED) != 0;
  bool mine =
      instance->lock_owner == r->object.id || instance->fsd->unlock_by_anyone;
  if (!locked || !mine) { /* U2, U3, U4 */
    nt_refuse(r->err, NT_REASON_NOT_LOCKED,
              locked ? "another handle holds the lock" : NULL);
    nt_hint(r->err, locked ? "unlock by the handle that locked it"
                           : "there is nothing to unlock");
    return NT_STATUS_NOT_LOCKED;
  }
  instance->vpb &= ~SIM_VPB_LOCKED;
  if (instance->fsd->guards_writes) {
    instance->vpb &= ~SIM_VPB_DIRECT_WRITES; /* U1 */
  }
  instance->lock_owner = 0;
  NT_TRY(nt__sim_save_instance(r, instance));
  NT_TRY(nt__sim_event_instance(r, SIM_UNLOCK, instance));
  if (instance->fsd->unlock_ends_instance && instance->condition == SIM_GOOD) {
    /* U7 */
    instance->condition = SIM_DISMOUNTED;
    NT_TRY(nt__sim_detach(r, instance));
  }
  return NT_STATUS_SUCCESS;
}

/* ---- dismount ------------------------------------------------------------ */

/* D9: RAW has nothing to dismount; it only checks that the volume is locked. */
static nt_status dismount_raw(const struct sim_request *r) {
  if (r->instance.vpb & SIM_VPB_LOCKED) {
    return NT_STATUS_SUCCESS;
  }
  return nt_refuse_as(
      r->err, NT_STATUS_ACCESS_DENIED, NT_REASON_NOT_LOCKED,
      "a volume without a file system dismounts only while it is locked");
}

/* D3: this is documented, but cannot happen on FAT: an explicit lock of another
 * handle would have refused the open of this handle. A lock of another node
 * cannot happen either, because this handle would have prevented it. */
static nt_status check_foreign_lock(const struct sim_request *r) {
  if (!(r->instance.vpb & SIM_VPB_LOCKED) ||
      r->instance.lock_owner == r->object.id) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(r->err, NT_REASON_LOCKED_BY_OTHER, "another handle holds the lock");
  nt__sim_add_holders(r, &r->instance, r->object.id);
  return NT_STATUS_ACCESS_DENIED;
}

/* D4: the status of a second dismount of an instance. */
static nt_status dismount_again(const struct sim_request *r) {
  if (r->instance.fsd->dismounts_twice) {
    return NT_STATUS_SUCCESS;
  }
  if (r->instance.fsd->announces_dismounted) {
    nt_status status = nt__sim_event_instance(r, SIM_DISMOUNT, &r->instance);
    if (!nt_ok(status)) {
      return status;
    }
  }
  return nt__sim_check_condition(r);
}

/* X3: a dismount only asks whether the file system was dismounted before, not
 * whether its bytes are still the same. */
static nt_status check_dismount(const struct sim_request *r) {
  if (!r->instance.fsd->dismounts_system) { /* D5 */
    NT_TRY(nt__sim_check_system(r, &r->volume));
  }
  NT_TRY(check_there(r));
  return check_foreign_lock(r);
}

nt_status nt__sim_check_dismountable(const struct sim_request *r, bool *over) {
  *over = true;
  NT_TRY(nt__sim_check_manage(r));
  if (r->instance.fsd->dismount_needs_lock) {
    return dismount_raw(r);
  }
  NT_TRY(check_dismount(r));
  if (r->instance.condition == SIM_DISMOUNTED) {
    return dismount_again(r);
  }
  *over = false;
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_check_dismount(const struct sim_request *r) {
  NT_TRY(check_dismount(r)); /* a listener may have changed the state */
  if (r->instance.condition == SIM_DISMOUNTED) {
    return nt__sim_check_condition(r);
  }
  return flush(r);
}

/* The device keeps pointing to the dead instance until this handle closes. So
 * nobody can mount the volume in between, and more requests can follow on this
 * handle. */
nt_status nt__sim_dismount(struct sim_request *r) {
  r->instance.condition = SIM_DISMOUNTED;
  NT_TRY(purge(r));
  NT_TRY(nt__sim_allow_writes(r, &r->instance));
  r->object.flags |= SIM_FO_COMPLETE_DISMOUNT;
  NT_TRY(nt__sim_save_instance(r, &r->instance));
  if (r->instance.fsd->across_nodes) { /* section 3 */
    NT_TRY(nt__sim_end_elsewhere(r, &r->instance));
  }
  return nt__sim_save_file_object(r, &r->object);
}

/* ---- the others ---------------------------------------------------------- */

/* I11, I12: returns whether the volume is mounted. RAW does not know this code.
 */
static nt_status is_mounted(struct sim_request *r) {
  if (r->instance.fsd == &nt__sim_fsd_raw) {
    return nt_refuse_as(r->err, r->instance.fsd->unknown_fsctl,
                        NT_REASON_UNKNOWN_CODE,
                        "there is no file system to ask");
  }
  NT_TRY(nt__sim_verify(r));
  NT_TRY(nt__sim_check_condition(r));
  if (r->instance.vpb & SIM_VPB_LOCKED &&
      r->instance.fsd->locked_means_unmounted) {
    NT_TRY(nt_refuse(r->err, NT_REASON_DISMOUNTED,
                     "the volume is locked, and its file system counts that "
                     "as dismounted"));
  }
  return NT_STATUS_SUCCESS;
}

static nt_status allow_extended_io(struct sim_request *r) {
  if (r->instance.fsd == &nt__sim_fsd_raw) {
    return nt_refuse_as(r->err, r->instance.fsd->unknown_fsctl,
                        NT_REASON_UNKNOWN_CODE,
                        "without a file system there is no end to go past");
  }
  NT_TRY(nt__sim_check_manage(r));
  r->object.flags |= SIM_FO_EXTENDED_DASD;
  return nt__sim_save_file_object(r, &r->object);
}

const struct sim_answer nt__sim_lock_answers[] = {
    {NT_FSCTL_UNLOCK_VOLUME, 0, unlock},
    {NT_FSCTL_IS_VOLUME_MOUNTED, 0, is_mounted},
    {NT_FSCTL_ALLOW_EXTENDED_DASD_IO, 0, allow_extended_io},
    {0, 0, NULL},
};
