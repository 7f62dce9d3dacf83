/* The history: what happened on a machine. */
#ifndef NT_SIM_RULES_EVENT_H
#define NT_SIM_RULES_EVENT_H

#include "../db/rows.h"

nt_status nt__sim_event_volume(struct sim_machine *m, enum sim_event event,
                               int64_t volume, struct nt_error *err);
nt_status nt__sim_event_disk(struct sim_machine *m, enum sim_event event,
                             int64_t disk, struct nt_error *err);
/* Records an event of the device of an instance, which is a volume or a disk.
 */
nt_status nt__sim_event_instance(struct sim_machine *m, enum sim_event event,
                                 const struct sim_instance *instance,
                                 struct nt_error *err);

/* Fills in the kind, the name and the GUID of an event. */
void nt__sim_describe_event(enum sim_event event, struct nt_event *out);

#endif
