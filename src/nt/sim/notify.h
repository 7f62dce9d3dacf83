/*
 * Who is told of events in this process, and waiting for those of others. Only
 * internal.h includes this header.
 *
 * While nobody subscribes, nothing here does anything. Otherwise an event is
 * kept from the statement that records it until the transaction is committed,
 * and is delivered right then: never within a transaction, so that a
 * subscriber can use the machine. A request that announces itself commits the
 * announcement and goes on in a second transaction (nt__sim_announce).
 */
#ifndef NT_SIM_NOTIFY_H
#define NT_SIM_NOTIFY_H

#include "../nt.h"

struct sim_machine;
struct sim_handle;
struct sim_subscription;

/* A subscriber whose requests are told to subscribers who make requests: this
 * deep, then requests are refused. */
#define SIM_DEEPEST_DELIVERY 8U

struct sim_notify {
  struct sim_subscription *first; /* the oldest; NULL: nobody listens */
  struct nt_event *events;        /* until all subscribers have seen them */
  size_t count, capacity;
  size_t committed;          /* of count: those that happened for sure */
  unsigned delivering;       /* deliveries that run, one within the other */
  bool resuming;             /* a request begins its second transaction */
  struct sim_handle *closed; /* by subscribers: see nt__sim_retire() */
  struct nt_watch *watch;    /* of wait_event, since it was first called */
};

/* ---- notify.c ------------------------------------------------------------ */

nt_status nt__sim_subscribe(struct nt_machine *machine, nt_event_fn callback,
                            void *ctx, struct nt_subscription **out,
                            struct nt_error *err);
void nt__sim_unsubscribe(struct nt_subscription *subscription);

/* Within a transaction: an event was recorded, and somebody listens. */
nt_status nt__sim_keep_event(struct sim_machine *m,
                             const struct nt_event *event,
                             struct nt_error *err);

/* A transaction ended: the events that were kept in it happened, or not. */
void nt__sim_settle_events(struct sim_machine *m, bool committed);

/* Ends the transaction of a request, tells the subscribers what it has
 * recorded, and begins another. After a failure there is none, and nothing
 * more is recorded. */
nt_status nt__sim_announce(struct sim_machine *m, struct nt_error *err);

/* Refuses what a subscriber asks for in the depth of others. */
nt_status nt__sim_check_depth(struct sim_machine *m, struct nt_error *err);

/* A handle that was closed while subscribers were told may be the one whose
 * request told them: it is freed when that is over. */
void nt__sim_retire(struct sim_machine *m, struct sim_handle *handle);
void nt__sim_free_retired(struct sim_machine *m);

/* The connection ends. */
void nt__sim_notify_close(struct sim_machine *m);

/* ---- wait.c -------------------------------------------------------------- */

/* Microseconds since 1970, and what was waited without waiting. */
int64_t nt__sim_now(const struct sim_machine *m);

nt_status nt__sim_wait_event(struct nt_machine *machine, uint64_t after,
                             uint32_t timeout, struct nt_error *err);
int64_t nt__sim_clock(struct nt_machine *machine);
nt_status nt__sim_wait_change(struct nt_machine *machine, uint64_t *seen,
                              uint32_t timeout, struct nt_error *err);

#endif
