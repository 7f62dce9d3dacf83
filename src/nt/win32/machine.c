/*
 * This Windows as a machine: its connection, and its tables of functions.
 */
#include <stdlib.h>

#include "events/event.h"
#include "format/format.h"
#include "handle/handle.h"
#include "list/list.h"
#include "removal/removal.h"
#include "win32.h"

static const struct nt_handle_ops handle_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof(handle_ops),
    .control = nt__win32_control,
    .read = nt__win32_read,
    .write = nt__win32_write,
    .flush = nt__win32_flush,
    .close = nt__win32_close,
    .info = nt__win32_info,
    .file_size = nt__win32_file_size,
    .control_by = nt__win32_control_by,
    .next_holder = nt__win32_next_holder,
};

nt_status nt_win32_connect(const struct nt_win32_os *os,
                           struct nt_machine **out, struct nt_error *err) {
  struct win32_machine *m = calloc(1, sizeof(*m));
  if (m == NULL) {
    return nt_refuse(err, NT_REASON_RESOURCES, NULL);
  }
  m->base.ops = &nt_win32_ops;
  nt_copy(m->base.name, sizeof(m->base.name), "win32:");
  m->os = os;
  m->handle_ops = &handle_ops;
  *out = &m->base;
  return NT_STATUS_SUCCESS;
}

static nt_status win32_connect(const char *location, struct nt_machine **out,
                               struct nt_error *err) {
  if (location != NULL && location[0] != '\0') {
    nt_refuse(err, NT_REASON_NO_MACHINE, "there is no Windows but this one");
    nt_hint(err, "write win32:");
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  return nt_win32_connect(nt_win32_os(), out, err);
}

static void win32_disconnect(struct nt_machine *machine) {
  struct win32_machine *m = nt__win32_machine(machine);
  nt__win32_events_free(m);
  free(m);
}

const struct nt_machine_ops nt_win32_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof(nt_win32_ops),
    .kind = "win32",
    .connect = win32_connect,
    .disconnect = win32_disconnect,
    .open = nt__win32_open,
    .next_volume = nt__win32_next_volume,
    .next_disk = nt__win32_next_disk,
    .next_event = nt__win32_next_event,
    .uninstall = nt__win32_uninstall,
    .eject = nt__win32_eject,
    .format = nt__win32_format,
};
