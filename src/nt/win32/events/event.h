/*
 * Events: what happened to volumes and disks.
 */
#ifndef NT_WIN32_EVENT_H
#define NT_WIN32_EVENT_H

#include "../request/machine.h"

nt_status nt__win32_next_event(struct nt_machine *machine, uint64_t *cursor,
                               struct nt_event *out, struct nt_error *err);
void nt__win32_events_free(struct win32_machine *m);

#endif
