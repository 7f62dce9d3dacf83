/* The transactions of requests. What must run within one is in the other
 * folders. */
#ifndef NT_SIM_SLOTS_TRANSACTION_H
#define NT_SIM_SLOTS_TRANSACTION_H

#include "../db/request.h"

/* Begins a transaction that may change the state. It first cleans up after
 * processes that died, and after handles whose close failed. nt__sim_end()
 * commits whatever `status` says, because a refused request leaves events
 * behind, too. It rolls back when the database failed. It returns `status`, or
 * the failure of the database. */
nt_status nt__sim_begin(const struct sim_request *r);
nt_status nt__sim_end(const struct sim_request *r, nt_status status);

/* Ends the transaction of a request, tells the subscribers what it has
 * recorded, and begins another one. After a failure no other transaction is
 * begun, and nothing more is recorded. */
nt_status nt__sim_announce(const struct sim_request *r);

/* Handles whose close failed in the database are closed for good by the next
 * transaction. They are freed when it is committed, or here when the connection
 * ends. */
void nt__sim_free_unfinished(struct sim_machine *m);

#endif
