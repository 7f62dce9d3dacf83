/*
 * The part of the table of Windows about device interfaces: what is there, and
 * which device is behind it. By setupapi.dll, which every Windows has with
 * these functions.
 */
#include "parts.h"
/* Needs windows.h first. */
#include <setupapi.h>

#define SETUP_DLL L"setupapi.dll"
#define LONGEST_INTERFACE 1024 /* UTF-16 units; real names are shorter */

typedef HDEVINFO(WINAPI *create_list_fn)(const GUID *class_guid, HWND parent);
typedef HDEVINFO(WINAPI *class_devices_fn)(const GUID *class_guid,
                                           const WCHAR *enumerator, HWND parent,
                                           DWORD flags);
typedef BOOL(WINAPI *next_interface_fn)(HDEVINFO set, SP_DEVINFO_DATA *device,
                                        const GUID *class_guid, DWORD index,
                                        SP_DEVICE_INTERFACE_DATA *out);
typedef BOOL(WINAPI *open_interface_fn)(HDEVINFO set, const WCHAR *name,
                                        DWORD flags,
                                        SP_DEVICE_INTERFACE_DATA *out);
typedef BOOL(WINAPI *interface_detail_fn)(
    HDEVINFO set, SP_DEVICE_INTERFACE_DATA *one,
    SP_DEVICE_INTERFACE_DETAIL_DATA_W *detail, DWORD size, DWORD *needed,
    SP_DEVINFO_DATA *device);
typedef BOOL(WINAPI *instance_id_fn)(HDEVINFO set, SP_DEVINFO_DATA *device,
                                     WCHAR *id, DWORD capacity, DWORD *needed);
typedef BOOL(WINAPI *destroy_list_fn)(HDEVINFO set);

struct setup {
  create_list_fn create_list;
  class_devices_fn class_devices;
  next_interface_fn next_interface;
  open_interface_fn open_interface;
  interface_detail_fn interface_detail;
  instance_id_fn instance_id;
  destroy_list_fn destroy_list;
};

/* The name of an interface stands behind a header. */
union detail {
  SP_DEVICE_INTERFACE_DETAIL_DATA_W data;
  WCHAR room[LONGEST_INTERFACE];
};

static bool load(struct setup *s) {
  s->create_list =
      (create_list_fn)nt__os_function(SETUP_DLL, "SetupDiCreateDeviceInfoList");
  s->class_devices =
      (class_devices_fn)nt__os_function(SETUP_DLL, "SetupDiGetClassDevsW");
  s->next_interface = (next_interface_fn)nt__os_function(
      SETUP_DLL, "SetupDiEnumDeviceInterfaces");
  s->open_interface = (open_interface_fn)nt__os_function(
      SETUP_DLL, "SetupDiOpenDeviceInterfaceW");
  s->interface_detail = (interface_detail_fn)nt__os_function(
      SETUP_DLL, "SetupDiGetDeviceInterfaceDetailW");
  s->instance_id =
      (instance_id_fn)nt__os_function(SETUP_DLL, "SetupDiGetDeviceInstanceIdW");
  s->destroy_list = (destroy_list_fn)nt__os_function(
      SETUP_DLL, "SetupDiDestroyDeviceInfoList");
  return s->create_list != NULL && s->class_devices != NULL &&
         s->next_interface != NULL && s->open_interface != NULL &&
         s->interface_detail != NULL && s->instance_id != NULL &&
         s->destroy_list != NULL;
}

/* ---- interfaces ---------------------------------------------------------- */

/* Finds the name and the device of one interface. */
static uint32_t look(const struct setup *s, HDEVINFO set,
                     SP_DEVICE_INTERFACE_DATA *one, union detail *name,
                     SP_DEVINFO_DATA *device) {
  name->data.cbSize = sizeof name->data;
  device->cbSize = sizeof *device;
  return s->interface_detail(set, one, &name->data, sizeof *name, NULL, device)
             ? 0
             : nt__os_error();
}

/* Writes the names one behind the other; *used is the number of units that they
 * take. */
static uint32_t collect(const struct setup *s, HDEVINFO set, const GUID *class,
                        nt_wchar *names, uint32_t capacity, uint32_t *used) {
  union detail name;
  SP_DEVINFO_DATA device;
  for (DWORD i = 0;; i++) {
    SP_DEVICE_INTERFACE_DATA one = {.cbSize = sizeof one};
    if (!s->next_interface(set, NULL, class, i, &one)) {
      uint32_t error = nt__os_error();
      return error == ERROR_NO_MORE_ITEMS ? 0 : error;
    }
    uint32_t error = look(s, set, &one, &name, &device);
    if (error == 0) {
      error =
          nt__os_copy(names + *used, capacity - *used, name.data.DevicePath);
    }
    if (error != 0) {
      return error;
    }
    while (names[*used] != 0) {
      ++*used;
    }
    ++*used;
  }
}

uint32_t nt__os_interfaces(const uint8_t class_guid[16], nt_wchar *names,
                           uint32_t capacity) {
  struct setup s;
  GUID class;
  uint32_t used = 0;
  if (!load(&s)) {
    return ERROR_PROC_NOT_FOUND;
  }
  CopyMemory(&class, class_guid, sizeof class);
  HDEVINFO set = s.class_devices(&class, NULL, NULL,
                                 DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
  if (set == INVALID_HANDLE_VALUE) {
    return nt__os_error();
  }
  uint32_t error = collect(&s, set, &class, names, capacity, &used);
  s.destroy_list(set);
  if (error == 0 && used >= capacity) {
    error = NT_WIN32_ERROR_MORE_DATA;
  }
  if (error == 0) {
    names[used] = 0;
  }
  return error;
}

/* ---- the device behind one ----------------------------------------------- */

static uint32_t find(const struct setup *s, HDEVINFO set,
                     const nt_wchar *interface_name, SP_DEVINFO_DATA *device,
                     nt_wchar *instance, uint32_t capacity) {
  union detail name;
  SP_DEVICE_INTERFACE_DATA one = {.cbSize = sizeof one};
  if (!s->open_interface(set, interface_name, 0, &one)) {
    return nt__os_error();
  }
  uint32_t error = look(s, set, &one, &name, device);
  if (error != 0) {
    return error;
  }
  return s->instance_id(set, device, instance, capacity, NULL) ? 0
                                                               : nt__os_error();
}

uint32_t nt__os_device_of_interface(const nt_wchar *interface_name,
                                    uint32_t *device, nt_wchar *instance,
                                    uint32_t capacity) {
  struct setup s;
  SP_DEVINFO_DATA data;
  if (!load(&s)) {
    return ERROR_PROC_NOT_FOUND;
  }
  HDEVINFO set = s.create_list(NULL, NULL);
  if (set == INVALID_HANDLE_VALUE) {
    return nt__os_error();
  }
  uint32_t error = find(&s, set, interface_name, &data, instance, capacity);
  s.destroy_list(set);
  if (error == 0) {
    *device = data.DevInst;
  }
  return error;
}
