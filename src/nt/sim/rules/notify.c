/* Delivering events to subscribers of this connection; see notify.h. */
#include "notify.h"

#include <stdlib.h>

#include "../files.h"

struct sim_subscription {
  struct nt_subscription base; /* first */
  nt_event_fn callback;        /* NULL: it ended while events were delivered */
  void *ctx;
  size_t seen; /* how many kept events it has seen */
  struct sim_subscription *next;
};

/* ---- subscribers --------------------------------------------------------- */

static struct sim_subscription **last_link(struct sim_notify *n) {
  struct sim_subscription **link = &n->first;
  while (*link) {
    link = &(*link)->next;
  }
  return link;
}

nt_status nt__sim_subscribe(struct nt_machine *machine, nt_event_fn callback,
                            void *ctx, struct nt_subscription **out,
                            struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  struct sim_subscription *s = calloc(1, sizeof *s);
  if (!s) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  s->base.machine = machine;
  s->callback = callback;
  s->ctx = ctx;
  s->seen = m->notify.committed;
  *last_link(&m->notify) = s;
  *out = &s->base;
  return NT_STATUS_SUCCESS;
}

/* Removes the subscribers that have ended. It must not run while the list may
 * be in use. */
static void sweep(struct sim_notify *n) {
  struct sim_subscription **link = &n->first;
  while (*link) {
    struct sim_subscription *s = *link;
    if (s->callback) {
      link = &s->next;
    } else {
      *link = s->next;
      free(s);
    }
  }
}

void nt__sim_unsubscribe(struct nt_subscription *subscription) {
  struct sim_subscription *s = (struct sim_subscription *)subscription;
  struct sim_notify *n = &nt__sim_machine(subscription->machine)->notify;
  s->callback = NULL;
  if (n->delivering == 0) {
    sweep(n);
  }
}

/* ---- delivery ------------------------------------------------------------ */

nt_status nt__sim_keep_event(const struct sim_request *r,
                             const struct nt_event *event) {
  struct sim_notify *n = &r->m->notify;
  if (n->count == n->capacity) {
    size_t capacity = n->capacity ? 2 * n->capacity : 16;
    struct nt_event *more = realloc(n->events, capacity * sizeof *more);
    if (!more) {
      r->m->db.failed = true; /* roll back what cannot be told to subscribers */
      return nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
    }
    n->events = more;
    n->capacity = capacity;
  }
  n->events[n->count++] = *event;
  return NT_STATUS_SUCCESS;
}

/* Shows each subscriber the events in order. When this returns, every
 * subscriber has seen all of them, even if something that a subscriber does
 * calls this function again. */
static void deliver(struct sim_notify *n) {
  n->delivering++;
  for (struct sim_subscription *s = n->first; s; s = s->next) {
    while (s->callback && s->seen < n->committed) {
      struct nt_event event = n->events[s->seen++]; /* the array may move */
      s->callback(s->ctx, &event);
    }
  }
  n->delivering--;
}

/* The outermost delivery is over, so everybody has seen every event. */
static void start_over(struct sim_notify *n) {
  n->count = n->committed = 0;
  for (struct sim_subscription *s = n->first; s; s = s->next) {
    s->seen = 0;
  }
  sweep(n);
}

void nt__sim_settle_events(struct sim_machine *m, bool committed) {
  struct sim_notify *n = &m->notify;
  if (!committed) {
    n->count = n->committed;
    return;
  }
  n->committed = n->count;
  deliver(n);
  if (n->delivering == 0) {
    start_over(n);
  }
  m->db.failed = false; /* a transaction of a subscriber may have set it */
}

nt_status nt__sim_check_depth(const struct sim_request *r) {
  if (r->m->notify.delivering <= SIM_DEEPEST_DELIVERY ||
      r->m->notify.resuming) {
    return NT_STATUS_SUCCESS;
  }
  r->m->db.failed = true;
  return nt_refuse(r->err, NT_REASON_NESTED,
                   "subscribers are told what subscribers do, %u times over",
                   SIM_DEEPEST_DELIVERY);
}

/* ---- handles that are closed meanwhile ----------------------------------- */

void nt__sim_retire(struct sim_machine *m, struct sim_handle *handle) {
  handle->closed = true;
  handle->next = m->notify.closed;
  m->notify.closed = handle;
}

void nt__sim_free_retired(struct sim_machine *m) {
  struct sim_notify *n = &m->notify;
  if (n->delivering > 0 || n->resuming) {
    return;
  }
  while (n->closed) {
    struct sim_handle *h = n->closed;
    n->closed = h->next;
    nt__sim_files_close(h->file);
    free(h);
  }
}

void nt__sim_notify_close(struct sim_machine *m) {
  struct sim_notify *n = &m->notify;
  for (struct sim_subscription *s = n->first; s; s = s->next) {
    s->callback = NULL;
  }
  sweep(n);
  free(n->events);
  nt_watch_close(n->watch);
  n->delivering = 0; /* it is more than 0 when a subscriber closes Lua */
  nt__sim_free_retired(m);
}
