/* Making and ending connections, for connect and create. */
#ifndef NT_SIM_SLOTS_CONNECTION_H
#define NT_SIM_SLOTS_CONNECTION_H

#include "../machine.h"

struct sim_machine;

/* Whether `location` can be the name of a machine. */
nt_status nt__sim_check_location(const char *location, struct nt_error *err);

/* A connection that is open to nothing so far; NULL: no memory. */
struct sim_machine *nt__sim_machine_new(const char *location);

/* Notes where the folder, which exists, really is: the process may go
 * elsewhere later. */
nt_status nt__sim_machine_enter(struct sim_machine *m, const char *location,
                                struct nt_error *err);

/* Refuses a folder without a database. */
nt_status nt__sim_machine_check_exists(const struct sim_machine *m,
                                       struct nt_error *err);

/* Ends a connection in any state of its making. */
void nt__sim_machine_free(struct sim_machine *m);

#endif
