/* The history: what happened on a machine. */
#ifndef NT_SIM_RULES_EVENT_H
#define NT_SIM_RULES_EVENT_H

#include "../db/request.h"

nt_status nt__sim_event_volume(const struct sim_request *r,
                               enum sim_event event, int64_t volume);
nt_status nt__sim_event_disk(const struct sim_request *r, enum sim_event event,
                             int64_t disk);
/* Records an event of the device of an instance, which is a volume or a disk.
 */
nt_status nt__sim_event_instance(const struct sim_request *r,
                                 enum sim_event event,
                                 const struct sim_instance *instance);

/* Fills in the kind, the name and the GUID of an event. */
void nt__sim_describe_event(enum sim_event event, struct nt_event *out);

#endif
