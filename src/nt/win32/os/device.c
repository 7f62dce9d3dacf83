/*
 * The part of the table of Windows about removing devices: cfgmgr32.dll asks
 * the users of a device and removes or ejects it, setupapi.dll uninstalls it.
 */
#include "parts.h"
/* These need windows.h first. */
#include <cfgmgr32.h>
#include <setupapi.h>

#define MANAGER_DLL L"cfgmgr32.dll"
#define SETUP_DLL L"setupapi.dll"

/* ---- asking and removing ------------------------------------------------- */

typedef CONFIGRET(WINAPI *parent_fn)(DEVINST *parent, DEVINST device,
                                     ULONG flags);
typedef CONFIGRET(WINAPI *leave_fn)(DEVINST device, PNP_VETO_TYPE *type,
                                    WCHAR *name, ULONG capacity, ULONG flags);

uint32_t nt__os_parent_device(uint32_t device, uint32_t *parent) {
  DEVINST found = 0;
  parent_fn ask = (parent_fn)nt__os_function(MANAGER_DLL, "CM_Get_Parent");
  if (ask == NULL) {
    return CR_CALL_NOT_IMPLEMENTED;
  }
  CONFIGRET answer = ask(&found, device, 0);
  if (answer == CR_SUCCESS) {
    *parent = found;
  }
  return answer;
}

/* Passes a buffer for the reason of a veto; without one, Windows would show a
 * window. */
static uint32_t leave(const char *function, uint32_t device,
                      struct nt_win32_veto *veto, ULONG flags) {
  PNP_VETO_TYPE type = PNP_VetoTypeUnknown;
  WCHAR name[MAX_PATH] = {0};
  leave_fn go = (leave_fn)nt__os_function(MANAGER_DLL, function);
  if (go == NULL) {
    return CR_CALL_NOT_IMPLEMENTED;
  }
  CONFIGRET answer = go(device, &type, name, MAX_PATH, flags);
  name[MAX_PATH - 1] = 0;
  veto->type = (uint32_t)type;
  nt__os_copy(veto->name, MAX_PATH, name);
  return answer;
}

_Static_assert(sizeof((struct nt_win32_veto *)0)->name ==
                   MAX_PATH * sizeof(WCHAR),
               "a veto has room for MAX_PATH units");

uint32_t nt__os_query_and_remove(uint32_t device, struct nt_win32_veto *veto) {
  return leave("CM_Query_And_Remove_SubTreeW", device, veto,
               CM_REMOVE_NO_RESTART);
}

uint32_t nt__os_request_eject(uint32_t device, struct nt_win32_veto *veto) {
  return leave("CM_Request_Device_EjectW", device, veto, 0);
}

/* ---- uninstalling -------------------------------------------------------- */

typedef HDEVINFO(WINAPI *create_list_fn)(const GUID *class_guid, HWND parent);
typedef BOOL(WINAPI *destroy_list_fn)(HDEVINFO set);
typedef BOOL(WINAPI *open_device_fn)(HDEVINFO set, const WCHAR *instance,
                                     HWND parent, DWORD flags,
                                     SP_DEVINFO_DATA *out);
typedef BOOL(WINAPI *set_params_fn)(HDEVINFO set, SP_DEVINFO_DATA *device,
                                    SP_CLASSINSTALL_HEADER *params, DWORD size);
typedef BOOL(WINAPI *call_installer_fn)(DI_FUNCTION function, HDEVINFO set,
                                        SP_DEVINFO_DATA *device);
typedef BOOL(WINAPI *install_params_fn)(HDEVINFO set, SP_DEVINFO_DATA *device,
                                        SP_DEVINSTALL_PARAMS_W *out);

struct setup {
  create_list_fn create_list;
  destroy_list_fn destroy_list;
  open_device_fn open_device;
  set_params_fn set_params;
  call_installer_fn call_installer;
  install_params_fn install_params;
};

static bool load(struct setup *s) {
  s->create_list =
      (create_list_fn)nt__os_function(SETUP_DLL, "SetupDiCreateDeviceInfoList");
  s->destroy_list = (destroy_list_fn)nt__os_function(
      SETUP_DLL, "SetupDiDestroyDeviceInfoList");
  s->open_device =
      (open_device_fn)nt__os_function(SETUP_DLL, "SetupDiOpenDeviceInfoW");
  s->set_params = (set_params_fn)nt__os_function(
      SETUP_DLL, "SetupDiSetClassInstallParamsW");
  s->call_installer = (call_installer_fn)nt__os_function(
      SETUP_DLL, "SetupDiCallClassInstaller");
  s->install_params = (install_params_fn)nt__os_function(
      SETUP_DLL, "SetupDiGetDeviceInstallParamsW");
  return s->create_list != NULL && s->destroy_list != NULL &&
         s->open_device != NULL && s->set_params != NULL &&
         s->call_installer != NULL && s->install_params != NULL;
}

static uint32_t uninstall(const struct setup *s, HDEVINFO set,
                          const nt_wchar *instance, bool *reboot) {
  SP_DEVINFO_DATA device = {.cbSize = sizeof device};
  SP_DEVINSTALL_PARAMS_W after = {.cbSize = sizeof after};
  SP_REMOVEDEVICE_PARAMS params = {
      .ClassInstallHeader = {.cbSize = sizeof params.ClassInstallHeader,
                             .InstallFunction = DIF_REMOVE},
      .Scope = DI_REMOVEDEVICE_GLOBAL};
  if (!s->open_device(set, instance, NULL, 0, &device) ||
      !s->set_params(set, &device, &params.ClassInstallHeader, sizeof params) ||
      !s->call_installer(DIF_REMOVE, set, &device)) {
    return nt__os_error();
  }
  *reboot = s->install_params(set, &device, &after) &&
            (after.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART)) != 0;
  return 0;
}

uint32_t nt__os_remove_device(const nt_wchar *instance, bool *reboot) {
  struct setup s;
  if (!load(&s)) {
    return ERROR_PROC_NOT_FOUND;
  }
  HDEVINFO set = s.create_list(NULL, NULL);
  if (set == INVALID_HANDLE_VALUE) {
    return nt__os_error();
  }
  uint32_t error = uninstall(&s, set, instance, reboot);
  s.destroy_list(set);
  return error;
}
