/*
 * Notifications by RegisterDeviceNotificationW, before Windows 8. Windows sends
 * them to a hidden window, which belongs to a thread of ours. All functions of
 * user32.dll are looked up.
 */
#include "parts.h"
/* Needs windows.h first. */
#include <dbt.h>

#define USER_DLL L"user32.dll"
#define PROPERTY L"ntvol"

typedef ATOM(WINAPI *register_class_fn)(const WNDCLASSEXW *class);
typedef BOOL(WINAPI *unregister_class_fn)(const WCHAR *name, HINSTANCE module);
typedef HWND(WINAPI *create_window_fn)(DWORD ex_style, const WCHAR *class,
                                       const WCHAR *title, DWORD style, int x,
                                       int y, int width, int height,
                                       HWND parent, HMENU menu,
                                       HINSTANCE module, void *param);
typedef BOOL(WINAPI *destroy_window_fn)(HWND window);
typedef BOOL(WINAPI *set_prop_fn)(HWND window, const WCHAR *name, HANDLE data);
typedef HANDLE(WINAPI *get_prop_fn)(HWND window, const WCHAR *name);
typedef BOOL(WINAPI *get_message_fn)(MSG *message, HWND window, UINT first,
                                     UINT last);
typedef LRESULT(WINAPI *dispatch_fn)(const MSG *message);
typedef BOOL(WINAPI *post_fn)(DWORD thread, UINT message, WPARAM w, LPARAM l);
typedef HDEVNOTIFY(WINAPI *register_fn)(HANDLE recipient, void *filter,
                                        DWORD flags);
typedef BOOL(WINAPI *unregister_fn)(HDEVNOTIFY registration);

struct state {
  struct nt_win32_listener *listener;
  HANDLE thread;
  DWORD thread_id;
  HANDLE ready; /* event: the thread has started to listen, or has failed */
  uint32_t error;
  WCHAR class[32]; /* each listener has a name of its own, because a class is
                      unregistered by name */
  HWND window;
  HDEVNOTIFY interfaces[NT__OS_CLASSES]; /* NULL: not registered */

  register_class_fn register_class;
  unregister_class_fn unregister_class;
  create_window_fn create_window;
  destroy_window_fn destroy_window;
  set_prop_fn set_prop;
  get_message_fn get_message;
  dispatch_fn dispatch;
  post_fn post;
  register_fn add;
  unregister_fn remove;
};

/* These are static because a window gets its first messages before a pointer
 * can be stored with it. They are the same for all listeners. */
static get_prop_fn get_prop;
static WNDPROC default_procedure;

static bool load(struct state *s) {
  get_prop = (get_prop_fn)nt__os_function(USER_DLL, "GetPropW");
  default_procedure = (WNDPROC)nt__os_function(USER_DLL, "DefWindowProcW");
  s->register_class =
      (register_class_fn)nt__os_function(USER_DLL, "RegisterClassExW");
  s->unregister_class =
      (unregister_class_fn)nt__os_function(USER_DLL, "UnregisterClassW");
  s->create_window =
      (create_window_fn)nt__os_function(USER_DLL, "CreateWindowExW");
  s->destroy_window =
      (destroy_window_fn)nt__os_function(USER_DLL, "DestroyWindow");
  s->set_prop = (set_prop_fn)nt__os_function(USER_DLL, "SetPropW");
  s->get_message = (get_message_fn)nt__os_function(USER_DLL, "GetMessageW");
  s->dispatch = (dispatch_fn)nt__os_function(USER_DLL, "DispatchMessageW");
  s->post = (post_fn)nt__os_function(USER_DLL, "PostThreadMessageW");
  s->add =
      (register_fn)nt__os_function(USER_DLL, "RegisterDeviceNotificationW");
  s->remove =
      (unregister_fn)nt__os_function(USER_DLL, "UnregisterDeviceNotification");
  return get_prop != NULL && default_procedure != NULL &&
         s->register_class != NULL && s->unregister_class != NULL &&
         s->create_window != NULL && s->destroy_window != NULL &&
         s->set_prop != NULL && s->get_message != NULL && s->dispatch != NULL &&
         s->post != NULL && s->add != NULL && s->remove != NULL;
}

/* ---- messages ------------------------------------------------------------ */

static void interface_changed(const struct state *s, WPARAM what,
                              const DEV_BROADCAST_DEVICEINTERFACE_W *data) {
  if (what == DBT_DEVICEARRIVAL || what == DBT_DEVICEREMOVECOMPLETE) {
    nt__os_told_interface(
        s->listener,
        what == DBT_DEVICEARRIVAL ? NT_WIN32_ARRIVAL : NT_WIN32_REMOVAL,
        data->dbcc_name);
  }
}

static void volume_changed(const struct state *s, WPARAM what,
                           const DEV_BROADCAST_HANDLE *data) {
  enum nt_win32_notification_kind kind;
  switch (what) {
    case DBT_DEVICEQUERYREMOVE:
      kind = NT_WIN32_QUERY_REMOVE;
      break;
    case DBT_DEVICEQUERYREMOVEFAILED:
      kind = NT_WIN32_QUERY_REMOVE_FAILED;
      break;
    case DBT_DEVICEREMOVEPENDING:
      kind = NT_WIN32_REMOVE_PENDING;
      break;
    case DBT_DEVICEREMOVECOMPLETE:
      kind = NT_WIN32_REMOVE_COMPLETE;
      break;
    case DBT_CUSTOMEVENT:
      kind = NT_WIN32_CUSTOM;
      break;
    default:
      return;
  }
  nt__os_told_handle(s->listener, data->dbch_hdevnotify, data->dbch_handle,
                     kind,
                     kind == NT_WIN32_CUSTOM ? &data->dbch_eventguid : NULL);
}

/* To return TRUE to a query allows the removal. */
static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM w,
                                  LPARAM l) {
  const struct state *s = get_prop(window, PROPERTY);
  if (message != WM_DEVICECHANGE || s == NULL) {
    return default_procedure(window, message, w, l);
  }
  const DEV_BROADCAST_HDR *header = (const void *)l;
  if (header != NULL && header->dbch_devicetype == DBT_DEVTYP_DEVICEINTERFACE) {
    interface_changed(s, w, (const void *)header);
  } else if (header != NULL && header->dbch_devicetype == DBT_DEVTYP_HANDLE) {
    volume_changed(s, w, (const void *)header);
  }
  return TRUE;
}

/* ---- the thread ---------------------------------------------------------- */

static void name_class(struct state *s) {
  static const WCHAR digits[] = L"0123456789abcdef";
  uintptr_t number = (uintptr_t)s;
  lstrcpynW(s->class, L"ntvol-", 7);
  size_t length = 6;
  for (; number != 0; number >>= 4) {
    s->class[length++] = digits[number & 15];
  }
}

static bool open_window(struct state *s) {
  HINSTANCE module = GetModuleHandleW(NULL);
  WNDCLASSEXW class = {.cbSize = sizeof class,
                       .lpfnWndProc = procedure,
                       .hInstance = module,
                       .lpszClassName = s->class};
  if (s->register_class(&class) == 0) {
    return false;
  }
  s->window = s->create_window(0, s->class, L"", 0, 0, 0, 0, 0, HWND_MESSAGE,
                               NULL, module, NULL);
  return s->window != NULL && s->set_prop(s->window, PROPERTY, s);
}

static bool listen_to_interfaces(struct state *s) {
  bool done = true;
  for (int i = 0; i < NT__OS_CLASSES && done; i++) {
    DEV_BROADCAST_DEVICEINTERFACE_W filter = {
        .dbcc_size = sizeof filter,
        .dbcc_devicetype = DBT_DEVTYP_DEVICEINTERFACE};
    filter.dbcc_classguid = nt__os_classes[i];
    s->interfaces[i] = s->add(s->window, &filter, DEVICE_NOTIFY_WINDOW_HANDLE);
    done = s->interfaces[i] != NULL;
  }
  return done;
}

static void close_window(struct state *s) {
  for (int i = 0; i < NT__OS_CLASSES; i++) {
    if (s->interfaces[i] != NULL) {
      s->remove(s->interfaces[i]);
    }
  }
  if (s->window != NULL) {
    s->destroy_window(s->window);
  }
  s->unregister_class(s->class, GetModuleHandleW(NULL));
}

/* Makes the window on this thread, so that its messages arrive here. */
static DWORD WINAPI run(void *param) {
  struct state *s = param;
  MSG message;
  if (!open_window(s) || !listen_to_interfaces(s)) {
    s->error = nt__os_error();
  }
  bool works = s->error == 0;
  SetEvent(s->ready);
  while (works && s->get_message(&message, NULL, 0, 0) > 0) {
    s->dispatch(&message);
  }
  close_window(s);
  return 0;
}

/* ---- the way ------------------------------------------------------------- */

static bool available(void) {
  return nt__os_has_dll(USER_DLL);
}

/* Waits for the thread, if it was started, and frees the state. */
static void finish(struct state *s) {
  if (s->thread != NULL) {
    WaitForSingleObject(s->thread, INFINITE);
    CloseHandle(s->thread);
  }
  if (s->ready != NULL) {
    CloseHandle(s->ready);
  }
  HeapFree(GetProcessHeap(), 0, s);
}

static uint32_t start_thread(struct state *s) {
  if (!load(s)) {
    return ERROR_PROC_NOT_FOUND;
  }
  name_class(s);
  s->ready = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (s->ready == NULL) {
    return nt__os_error();
  }
  s->thread = CreateThread(NULL, 0, run, s, 0, &s->thread_id);
  if (s->thread == NULL) {
    return nt__os_error();
  }
  WaitForSingleObject(s->ready, INFINITE);
  return s->error;
}

static uint32_t start(struct nt_win32_listener *listener, void **out) {
  struct state *s = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *s);
  if (s == NULL) {
    return ERROR_NOT_ENOUGH_MEMORY;
  }
  s->listener = listener;
  uint32_t error = start_thread(s);
  if (error != 0) {
    finish(s);
    return error;
  }
  *out = s;
  return 0;
}

static uint32_t add(void *state, struct nt__os_watch *watch) {
  const struct state *s = state;
  DEV_BROADCAST_HANDLE filter = {.dbch_size = sizeof filter,
                                 .dbch_devicetype = DBT_DEVTYP_HANDLE,
                                 .dbch_handle = watch->volume};
  void *registration = s->add(s->window, &filter, DEVICE_NOTIFY_WINDOW_HANDLE);
  if (registration == NULL) {
    return nt__os_error();
  }
  /* The thread of the window may be reading it. */
  InterlockedExchangePointer(&watch->registration, registration);
  return 0;
}

static void remove_watch(void *state, struct nt__os_watch *watch) {
  const struct state *s = state;
  s->remove(watch->registration);
}

/* The thread has a message queue since it made its window, so the message
 * arrives. */
static void stop(void *state) {
  struct state *s = state;
  s->post(s->thread_id, WM_QUIT, 0, 0);
  finish(s);
}

const struct nt__os_way nt__os_way_window = {.available = available,
                                             .start = start,
                                             .add = add,
                                             .remove = remove_watch,
                                             .stop = stop};
