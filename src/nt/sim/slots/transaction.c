/*
 * The transactions of requests, and what happens around each of them: before it
 * begins, everything that others left behind is cleaned up, and after it ends,
 * subscribers are told of its events.
 */
#include "transaction.h"

#include "../db/store.h"
#include "../rules/instance.h"
#include "../rules/notify.h"
#include "../rules/owner.h"

/* ---- handles whose close failed ------------------------------------------ */

static nt_status close_unfinished(struct sim_machine *m, struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  for (struct sim_handle *h = m->unfinished; h && nt_ok(status); h = h->next) {
    struct nt_error failure = {0};
    status = nt__sim_release(m, h->file_object, &failure);
    if (status == NT_STATUS_FILE_CLOSED) { /* it is closed already */
      status = NT_STATUS_SUCCESS;
    } else if (!nt_ok(status)) {
      *err = failure;
    }
  }
  return status;
}

void nt__sim_free_unfinished(struct sim_machine *m) {
  while (m->unfinished) {
    struct sim_handle *h = m->unfinished;
    m->unfinished = h->next;
    nt__sim_retire(m, h);
  }
}

/* ---- begin and end ------------------------------------------------------- */

nt_status nt__sim_begin(struct sim_machine *m, struct nt_error *err) {
  nt_status status = nt_db_check_process(&m->db, err);
  if (nt_ok(status) && m->notify.delivering > 0) {
    status = nt__sim_check_depth(m, err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  if (m->notify.closed) {
    nt__sim_free_retired(m);
  }
  m->acting = m->pid;
  m->acting_node = m->node;
  status = nt__sim_store_begin(m, err);
  if (nt_ok(status)) {
    status = nt__sim_owner_reap(m, err);
  }
  if (nt_ok(status)) {
    status = close_unfinished(m, err);
  }
  /* A BEGIN that fails may have begun a transaction all the same. */
  return nt_ok(status) ? status : nt__sim_end(m, status, err);
}

nt_status nt__sim_end(struct sim_machine *m, nt_status status,
                      struct nt_error *err) {
  if (!m->db.failed) {
    struct nt_error commit = {0};
    nt_status ended = nt_db_commit(&m->db, &commit);
    if (nt_ok(ended)) {
      nt__sim_free_unfinished(m);
      if (m->notify.first) {
        nt__sim_settle_events(m, true);
      }
      return status;
    }
    nt_error_name(&commit, err->op, err->target);
    *err = commit;
    status = ended;
  } else {
    nt_db_roll_back(&m->db);
  }
  nt__sim_settle_events(m, false);
  return status;
}

nt_status nt__sim_announce(struct sim_machine *m, struct nt_error *err) {
  nt_status status = nt__sim_end(m, NT_STATUS_SUCCESS, err);
  if (nt_ok(status)) {
    m->notify.resuming = true;
    status = nt__sim_begin(m, err);
    m->notify.resuming = false;
  }
  if (!nt_ok(status)) {
    m->db.in_transaction = true; /* the request ends one; it is empty */
    m->db.failed = true;
  }
  return status;
}
