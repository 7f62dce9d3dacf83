/* Making and ending connections, for connect and create. */
#ifndef NT_SIM_SLOTS_CONNECTION_H
#define NT_SIM_SLOTS_CONNECTION_H

#include "../machine.h"

struct sim_machine;

/* Refuses a location that cannot be the name of a machine. */
nt_status nt__sim_check_location(const char *location, struct nt_error *err);

/* Makes a connection that has nothing open yet; NULL when there is no memory.
 */
struct sim_machine *nt__sim_machine_new(const char *location);

/* Notes the full path of the folder, which must exist: the process may change
 * its working directory later. */
nt_status nt__sim_machine_enter(struct sim_machine *m, const char *location,
                                struct nt_error *err);

/* Refuses a folder without a database. */
nt_status nt__sim_machine_check_exists(const struct sim_machine *m,
                                       struct nt_error *err);

/* Ends a connection, however far its making had come. */
void nt__sim_machine_free(struct sim_machine *m);

#endif
