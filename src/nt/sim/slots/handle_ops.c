/* The table of functions of a handle. */
#include "slots.h"

const struct nt_handle_ops nt__sim_handle_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof nt__sim_handle_ops,
    .control = nt__sim_control,
    .read = nt__sim_read,
    .write = nt__sim_write,
    .flush = nt__sim_flush,
    .close = nt__sim_close,
    .info = nt__sim_info,
    .file_size = nt__sim_file_size,
    .duplicate = nt__sim_duplicate,
    .map = nt__sim_map,
    .next_entry = nt__sim_next_entry,
    .control_by = nt__sim_control_by,
    .next_holder = nt__sim_next_holder,
};
