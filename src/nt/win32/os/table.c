/*
 * The table of this Windows.
 */
#include "parts.h"

static uint32_t listen_best(struct nt_win32_listener **out) {
  return nt__os_listen_by(
      nt__os_way_manager.available() ? &nt__os_way_manager : &nt__os_way_window,
      out);
}

/* The functions that every Windows has from 5.1 on. */
static struct nt_win32_os table = {
    .create_file = nt__os_create_file,
    .close = nt__os_close,
    .create_event = nt__os_create_event,
    .wait = nt__os_wait,
    .cancel = nt__os_cancel,
    .control = nt__os_control,
    .read = nt__os_read,
    .write = nt__os_write,
    .flush = nt__os_flush,
    .query_file = nt__os_query_file,
    .query_volume = nt__os_query_volume,

    .find_first_volume = nt__os_find_first_volume,
    .find_next_volume = nt__os_find_next_volume,
    .find_volume_close = nt__os_find_volume_close,
    .volume_paths = nt__os_volume_paths,
    .volume_of_mount_point = nt__os_volume_of_mount_point,
    .mount_point_of_path = nt__os_mount_point_of_path,
    .volume_information = nt__os_volume_information,
    .drive_type = nt__os_drive_type,
    .query_dos_device = nt__os_query_dos_device,

    .version = nt__os_version,
    .system_directory = nt__os_system_directory,
    .system_partition = nt__os_system_partition,
    .page_file = nt__os_page_file,
    .process_name = nt__os_process_name,
    .current_process = nt__os_current_process,
    .enable_privilege = nt__os_enable_privilege,
};

/* Which functions there are does not change. So two threads that come here at
 * once write the same values. Here only the existence of a DLL is checked; it
 * is loaded when it is needed. */
const struct nt_win32_os *nt_win32_os(void) {
  bool vista = nt__os_version() >= 0x0600;
  bool setup = nt__os_has_dll(L"setupapi.dll");
  bool manager = nt__os_has_dll(L"cfgmgr32.dll");
  bool events = nt__os_way_manager.available() || nt__os_has_dll(L"user32.dll");
  table.processes_using = vista ? nt__os_processes_using : NULL;
  table.interfaces = setup ? nt__os_interfaces : NULL;
  table.device_of_interface = setup ? nt__os_device_of_interface : NULL;
  table.remove_device = setup ? nt__os_remove_device : NULL;
  table.parent_device = manager ? nt__os_parent_device : NULL;
  table.query_and_remove = manager ? nt__os_query_and_remove : NULL;
  table.request_eject = manager ? nt__os_request_eject : NULL;
  table.listen = events ? listen_best : NULL;
  table.watch = events ? nt__os_watch_volume : NULL;
  table.next_notification = events ? nt__os_next_notification : NULL;
  table.stop_listening = events ? nt__os_stop_listening : NULL;
  table.format = nt__os_has_dll(L"fmifs.dll") ? nt__os_format : NULL;
  return &table;
}
