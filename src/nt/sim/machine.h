/* Making and ending connections, for connect and create. */
#ifndef NT_SIM_MACHINE_H
#define NT_SIM_MACHINE_H

struct sim_machine;

/* A connection that is open to nothing so far; NULL: no memory. */
struct sim_machine *nt__sim_machine_new(const char *location);

/* Ends a connection in any state of its making. */
void nt__sim_machine_free(struct sim_machine *m);

#endif
