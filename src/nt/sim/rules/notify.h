/*
 * Tells the subscribers in this process about events.
 *
 * While nobody subscribes, nothing here does anything. Otherwise an event is
 * kept, from the statement that records it until the transaction is committed,
 * and is delivered right after that. It is never delivered within a
 * transaction, so a subscriber can use the machine. A request that announces
 * itself commits the announcement and goes on in a second transaction
 * (nt__sim_announce).
 */
#ifndef NT_SIM_RULES_NOTIFY_H
#define NT_SIM_RULES_NOTIFY_H

#include "../db/request.h"

/* A subscriber may make requests, whose events are told to subscribers, who may
 * make requests again. When this goes deeper than this number, requests are
 * refused. */
#define SIM_DEEPEST_DELIVERY 8U

nt_status nt__sim_subscribe(struct nt_machine *machine, nt_event_fn callback,
                            void *ctx, struct nt_subscription **out,
                            struct nt_error *err);
void nt__sim_unsubscribe(struct nt_subscription *subscription);

/* Keeps an event that was recorded. Must be called within a transaction, and
 * only when there is a subscriber. */
nt_status nt__sim_keep_event(const struct sim_request *r,
                             const struct nt_event *event);

/* Called when a transaction has ended. If it was committed, the events that
 * were kept in it have happened; otherwise they have not. */
void nt__sim_settle_events(struct sim_machine *m, bool committed);

/* Refuses a request that a subscriber makes while too many deliveries are
 * running one within the other. */
nt_status nt__sim_check_depth(const struct sim_request *r);

/* Keeps a handle that was closed while subscribers were told of events. The
 * request that is being told may use that very handle, so it is freed only when
 * the delivery is over. */
void nt__sim_retire(struct sim_machine *m, struct sim_handle *handle);
void nt__sim_free_retired(struct sim_machine *m);

/* Called when the connection ends. */
void nt__sim_notify_close(struct sim_machine *m);

#endif
