/*
 * Who is told of events in this process.
 *
 * While nobody subscribes, nothing here does anything. Otherwise an event is
 * kept from the statement that records it until the transaction is committed,
 * and is delivered right then: never within a transaction, so that a
 * subscriber can use the machine. A request that announces itself commits the
 * announcement and goes on in a second transaction (nt__sim_announce).
 */
#ifndef NT_SIM_RULES_NOTIFY_H
#define NT_SIM_RULES_NOTIFY_H

#include "../machine.h"

/* A subscriber whose requests are told to subscribers who make requests: this
 * deep, then requests are refused. */
#define SIM_DEEPEST_DELIVERY 8U

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

/* Refuses what a subscriber asks for in the depth of others. */
nt_status nt__sim_check_depth(struct sim_machine *m, struct nt_error *err);

/* A handle that was closed while subscribers were told may be the one whose
 * request told them: it is freed when that is over. */
void nt__sim_retire(struct sim_machine *m, struct sim_handle *handle);
void nt__sim_free_retired(struct sim_machine *m);

/* The connection ends. */
void nt__sim_notify_close(struct sim_machine *m);

#endif
