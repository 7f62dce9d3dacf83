/*
 * Notifications by CM_Register_Notification of cfgmgr32.dll (Windows 8).
 *
 * Windows calls back on threads of its own. CM_Unregister_Notification waits
 * until all callbacks have returned, so a callback must never call it.
 */
#include "parts.h"

#define MANAGER_DLL L"cfgmgr32.dll"

/* ---- what newer headers say (cfgmgr32.h) --------------------------------- */

enum {
  FILTER_INTERFACE = 0, /* CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE */
  FILTER_HANDLE = 1     /* CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE */
};

struct filter { /* CM_NOTIFY_FILTER */
  DWORD size;
  DWORD flags;
  int type;
  DWORD reserved;
  union {
    GUID class_guid;
    HANDLE handle;
    WCHAR instance[200];
  } u;
};

struct event { /* CM_NOTIFY_EVENT_DATA */
  int type;
  DWORD reserved;
  union {
    struct {
      GUID class_guid;
      WCHAR name[1];
    } device_interface;
    struct {
      GUID guid;
      LONG name_offset;
      DWORD length;
      BYTE data[1];
    } handle;
  } u;
};

typedef void *registration; /* HCMNOTIFICATION */
typedef DWORD(WINAPI *callback_fn)(registration who, void *context, int action,
                                   struct event *event, DWORD size);
typedef DWORD(WINAPI *register_fn)(struct filter *filter, void *context,
                                   callback_fn callback, registration *out);
typedef DWORD(WINAPI *unregister_fn)(registration who);
typedef DWORD(WINAPI *to_error_fn)(DWORD answer, DWORD other);

/* CM_NOTIFY_ACTION is in this order. */
static const enum nt_win32_notification_kind kinds[] = {
    NT_WIN32_ARRIVAL,        NT_WIN32_REMOVAL,
    NT_WIN32_QUERY_REMOVE,   NT_WIN32_QUERY_REMOVE_FAILED,
    NT_WIN32_REMOVE_PENDING, NT_WIN32_REMOVE_COMPLETE,
    NT_WIN32_CUSTOM};

struct state {
  register_fn add;
  unregister_fn remove;
  to_error_fn to_error;
  registration interfaces[NT__OS_CLASSES]; /* NULL: not registered */
};

/* ---- callbacks ----------------------------------------------------------- */

static DWORD WINAPI interface_changed(registration who, void *context,
                                      int action, struct event *event,
                                      DWORD size) {
  (void)who;
  (void)size;
  if (event->type == FILTER_INTERFACE && (action == 0 || action == 1)) {
    nt__os_told_interface(context, kinds[action],
                          event->u.device_interface.name);
  }
  return ERROR_SUCCESS;
}

/* To return ERROR_SUCCESS to a query allows the removal. */
static DWORD WINAPI volume_changed(registration who, void *context, int action,
                                   struct event *event, DWORD size) {
  (void)who;
  (void)size;
  if (event->type == FILTER_HANDLE && action > 1 &&
      action < (int)(sizeof kinds / sizeof kinds[0])) {
    bool custom = kinds[action] == NT_WIN32_CUSTOM;
    nt__os_told_watch(context, kinds[action],
                      custom ? &event->u.handle.guid : NULL);
  }
  return ERROR_SUCCESS;
}

/* ---- the way ------------------------------------------------------------- */

static bool available(void) {
  return nt__os_version() >= 0x0602 &&
         nt__os_function(MANAGER_DLL, "CM_Register_Notification") != NULL;
}

static uint32_t as_error(const struct state *s, DWORD answer) {
  if (answer == 0) {
    return 0;
  }
  return s->to_error == NULL ? ERROR_GEN_FAILURE
                             : s->to_error(answer, ERROR_GEN_FAILURE);
}

static void stop(void *state) {
  struct state *s = state;
  for (int i = 0; i < NT__OS_CLASSES; i++) {
    if (s->interfaces[i] != NULL) {
      s->remove(s->interfaces[i]);
    }
  }
  HeapFree(GetProcessHeap(), 0, s);
}

static uint32_t listen_to_interfaces(struct state *s,
                                     struct nt_win32_listener *listener) {
  uint32_t error = 0;
  for (int i = 0; i < NT__OS_CLASSES && error == 0; i++) {
    struct filter filter = {.size = sizeof filter, .type = FILTER_INTERFACE};
    filter.u.class_guid = nt__os_classes[i];
    error = as_error(
        s, s->add(&filter, listener, interface_changed, &s->interfaces[i]));
  }
  return error;
}

static uint32_t start(struct nt_win32_listener *listener, void **out) {
  struct state *s = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *s);
  if (s == NULL) {
    return ERROR_NOT_ENOUGH_MEMORY;
  }
  s->add =
      (register_fn)nt__os_function(MANAGER_DLL, "CM_Register_Notification");
  s->remove =
      (unregister_fn)nt__os_function(MANAGER_DLL, "CM_Unregister_Notification");
  s->to_error = (to_error_fn)nt__os_function(MANAGER_DLL, "CM_MapCrToWin32Err");
  uint32_t error = s->add == NULL || s->remove == NULL
                       ? ERROR_PROC_NOT_FOUND
                       : listen_to_interfaces(s, listener);
  if (error != 0) {
    stop(s);
    return error;
  }
  *out = s;
  return 0;
}

static uint32_t add(void *state, struct nt__os_watch *watch) {
  struct state *s = state;
  struct filter filter = {.size = sizeof filter, .type = FILTER_HANDLE};
  filter.u.handle = watch->volume;
  return as_error(s,
                  s->add(&filter, watch, volume_changed, &watch->registration));
}

static void remove_watch(void *state, struct nt__os_watch *watch) {
  const struct state *s = state;
  s->remove(watch->registration);
}

const struct nt__os_way nt__os_way_manager = {.available = available,
                                              .start = start,
                                              .add = add,
                                              .remove = remove_watch,
                                              .stop = stop};
