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

static nt_status close_unfinished(const struct sim_request *r) {
  nt_status status = NT_STATUS_SUCCESS;
  for (struct sim_handle *h = r->m->unfinished; h && nt_ok(status);
       h = h->next) {
    struct nt_error failure = {0};
    status = nt__sim_release(SIM_REQUEST(r->m, &failure), h->file_object);
    if (status == NT_STATUS_FILE_CLOSED) { /* it is closed already */
      status = NT_STATUS_SUCCESS;
    } else if (!nt_ok(status)) {
      nt_error_copy(r->err, &failure);
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

nt_status nt__sim_begin(const struct sim_request *r) {
  nt_status status = nt_db_check_process(&r->m->db, r->err);
  if (nt_ok(status) && r->m->notify.delivering > 0) {
    status = nt__sim_check_depth(r);
  }
  if (!nt_ok(status)) {
    return status;
  }
  if (r->m->notify.closed) {
    nt__sim_free_retired(r->m);
  }
  r->m->acting = r->m->pid;
  r->m->acting_node = r->m->node;
  status = nt__sim_store_begin(r);
  if (nt_ok(status)) {
    status = nt__sim_owner_reap(r);
  }
  if (nt_ok(status)) {
    status = close_unfinished(r);
  }
  /* A BEGIN that fails may have begun a transaction all the same. */
  return nt_ok(status) ? status : nt__sim_end(r, status);
}

nt_status nt__sim_end(const struct sim_request *r, nt_status status) {
  if (!r->m->db.failed) {
    struct nt_error commit = {0};
    nt_status ended = nt_db_commit(&r->m->db, &commit);
    if (nt_ok(ended)) {
      nt__sim_free_unfinished(r->m);
      if (r->m->notify.first) {
        nt__sim_settle_events(r->m, true);
      }
      return status;
    }
    nt_error_name(&commit, r->err->op, r->err->target);
    nt_error_copy(r->err, &commit);
    status = ended;
  } else {
    nt_db_roll_back(&r->m->db);
  }
  nt__sim_settle_events(r->m, false);
  return status;
}

nt_status nt__sim_announce(const struct sim_request *r) {
  nt_status status = nt__sim_end(r, NT_STATUS_SUCCESS);
  if (nt_ok(status)) {
    r->m->notify.resuming = true;
    status = nt__sim_begin(r);
    r->m->notify.resuming = false;
  }
  if (!nt_ok(status)) {
    r->m->db.in_transaction = true; /* the request ends one; it is empty */
    r->m->db.failed = true;
  }
  return status;
}
