/*
 * The real table of Windows, under Wine: what the specs in Lua cannot reach.
 * Texts that do not fit, statuses behind errors, and notifications, which are
 * sent to the listener's window here as Windows would send them.
 *
 * Prints TAP; spec/win/os_spec.lua runs it.
 */
#include "../../c/check.h"
#include "nt/win32/os/parts.h"
/* Needs windows.h first. */
#include <dbt.h>

#define MORE_DATA NT_WIN32_ERROR_MORE_DATA
#define FILE_ALL_SHARED 7U
#define C_VOLUME L"\\\\.\\C:"
#define WIN_INI L"C:\\windows\\win.ini"

static const struct nt_win32_os *os;

static bool same(const nt_wchar *a, const nt_wchar *b) {
  return lstrcmpW(a, b) == 0;
}

static bool begins(const nt_wchar *text, const nt_wchar *start) {
  int i = 0;
  while (start[i] != 0 && text[i] == start[i]) {
    i++;
  }
  return start[i] == 0;
}

/* ---- the table ----------------------------------------------------------- */

static void test_slots(void) {
  CHECK(os->version() >= 0x0501, "the version is at least 5.1");
  CHECK((os->processes_using != NULL) == (os->version() >= 0x0600),
        "who uses a file is known since Vista");
  CHECK((os->format != NULL) == nt__os_has_dll(L"fmifs.dll"),
        "formatting is there when its DLL is");
  CHECK(nt_win32_os() == os, "there is one table");
  CHECK(nt__os_function(L"no such.dll", "FormatEx") == NULL,
        "a DLL that is not there has no functions");
  CHECK(nt__os_function(L"kernel32.dll", "NoSuchFunction") == NULL,
        "a function that is not there is not found");
  CHECK(nt__os_function(L"kernel32.dll", "CreateFileW") != NULL,
        "a function that is there is found");
}

/* ---- texts that do not fit ----------------------------------------------- */

static void test_capacities(void) {
  nt_wchar name[64];
  nt_wchar path[MAX_PATH];
  nt_win32_handle find;
  CHECK(os->system_directory(path, 4) == MORE_DATA, "system_directory: room");
  CHECK(os->find_first_volume(name, 4, &find) == MORE_DATA,
        "find_first_volume: room");
  CHECK(os->volume_of_mount_point(L"C:\\", name, 64) == 0 &&
            begins(name, L"\\\\?\\Volume{"),
        "volume_of_mount_point: C:");
  CHECK(os->volume_paths(name, path, 2) == MORE_DATA, "volume_paths: room");
  CHECK(os->volume_paths(name, path, MAX_PATH) == 0 && same(path, L"C:\\") &&
            path[4] == 0,
        "volume_paths: C: and the end");
  CHECK(os->volume_of_mount_point(L"C:\\", path, 5) == MORE_DATA,
        "volume_of_mount_point: room");
  CHECK(os->query_dos_device(L"C:", path, 3) == MORE_DATA,
        "query_dos_device: room");
  CHECK(os->query_dos_device(L"C:", path, MAX_PATH) == 0 &&
            begins(path, L"\\Device\\"),
        "query_dos_device: C:");
  CHECK(os->mount_point_of_path(WIN_INI, path, 2) == MORE_DATA,
        "mount_point_of_path: room");
  CHECK(os->mount_point_of_path(WIN_INI, path, MAX_PATH) == 0 &&
            same(path, L"C:\\"),
        "mount_point_of_path: a file on C:");
}

/* ---- files --------------------------------------------------------------- */

static uint32_t try_open(const nt_wchar *name, uint32_t share,
                         uint32_t disposition, nt_status *status) {
  nt_win32_handle file;
  *status = 0xBAD;
  uint32_t error = os->create_file(name, GENERIC_READ, share, disposition,
                                   NT_WIN32_FLAG_OVERLAPPED, &file, status);
  if (error == 0) {
    os->close(file);
  }
  return error;
}

static void test_statuses(void) {
  nt_status status;
  CHECK(try_open(L"C:\\no such file", 3, NT_WIN32_OPEN_EXISTING, &status) ==
                NT_WIN32_ERROR_FILE_NOT_FOUND &&
            status == NT_STATUS_OBJECT_NAME_NOT_FOUND,
        "open: error 2 with its status");
  CHECK(try_open(L"C:\\none\\file", 3, NT_WIN32_OPEN_EXISTING, &status) ==
                NT_WIN32_ERROR_PATH_NOT_FOUND &&
            status == NT_STATUS_OBJECT_PATH_NOT_FOUND,
        "open: error 3 with its status");
  /* 80 is what CreateFileW says in the place of 183. */
  CHECK(
      try_open(WIN_INI, 3, NT_WIN32_CREATE_NEW, &status) == ERROR_FILE_EXISTS &&
          status == 0,
      "open: no status where the error is not the status's");
  CHECK(try_open(WIN_INI, 3, 99, &status) == ERROR_INVALID_PARAMETER &&
            (status == 0 || status == NT_STATUS_INVALID_PARAMETER),
        "open: no stale status where Windows was not asked");
  CHECK(
      try_open(WIN_INI, 3, NT_WIN32_OPEN_EXISTING, &status) == 0 && status == 0,
      "open: no status on success");
}

static void test_file(void) {
  nt_status status;
  nt_win32_handle file, event;
  DWORD flags = 0xBAD;
  char text[8] = {0};
  struct nt_win32_io io = {.information = 0xBAD};
  CHECK(os->create_event(&event) == 0, "an event");
  CHECK(os->wait(event, 0) == NT_WIN32_WAIT_TIMEOUT, "is not signalled");
  CHECK(os->create_file(WIN_INI, GENERIC_READ, 0, NT_WIN32_OPEN_EXISTING,
                        NT_WIN32_FLAG_OVERLAPPED, &file, &status) == 0,
        "a file");
  CHECK(GetHandleInformation(file, &flags) && flags == 0,
        "its handle is not inheritable");
  CHECK(try_open(WIN_INI, 3, NT_WIN32_OPEN_EXISTING, &status) ==
                NT_WIN32_ERROR_SHARING_VIOLATION &&
            status == NT_STATUS_SHARING_VIOLATION,
        "open: error 32 with its status");
  status = os->read(file, event, &io, text, 4, 2);
  if (status == NT_STATUS_PENDING) {
    CHECK(os->wait(event, 10000) == 0, "read: the event is signalled");
    status = io.u.status;
  }
  CHECK(status == NT_STATUS_SUCCESS && io.information == 4, "read: four bytes");
  CHECK(os->cancel(file, &io) == NT_WIN32_ERROR_NOT_FOUND,
        "cancel: nothing is there to cancel");
  CHECK(os->close(file) == NT_STATUS_SUCCESS, "close");
  CHECK(os->close(file) == NT_STATUS_INVALID_HANDLE, "close: not twice");
  CHECK(os->close(event) == NT_STATUS_SUCCESS, "close: an event");
}

/* ---- processes ----------------------------------------------------------- */

static void test_processes(void) {
  nt_wchar name[MAX_PATH];
  uint32_t own = os->current_process();
  CHECK(
      os->process_name(own, name, MAX_PATH) == 0 && same(name, L"os_test.exe"),
      "process_name: this program");
  CHECK(os->process_name(own, name, 3) == MORE_DATA, "process_name: room");
  CHECK(
      os->process_name(0xFFFFFFF0, name, MAX_PATH) == NT_WIN32_ERROR_NOT_FOUND,
      "process_name: no such process");
  CHECK(os->enable_privilege(L"SeNoSuchPrivilege") == ERROR_NO_SUCH_PRIVILEGE,
        "enable_privilege: none of this name");
}

/* ---- Plug and Play ------------------------------------------------------- */

static void test_devices(void) {
  nt_wchar text[512] = {1};
  uint32_t device;
  bool reboot;
  static const uint8_t nothing[16] = {0xF7, 0x1B, 0x07, 0x00, 1, 2, 3};
  CHECK(os->interfaces(nothing, text, 512) == 0 && text[0] == 0,
        "interfaces: an empty list");
  CHECK(os->interfaces(nothing, text, 0) == MORE_DATA, "interfaces: room");
  CHECK(os->device_of_interface(L"\\\\?\\no#such#interface", &device, text,
                                512) != 0,
        "device_of_interface: none");
  CHECK(os->remove_device(L"NO\\SUCH\\DEVICE", &reboot) != 0,
        "remove_device: none");
}

/* ---- notifications ------------------------------------------------------- */

/* A way that keeps what it was given, in front of the window's or of none. */
static const struct nt__os_way *behind;
static struct nt__os_watch *added;
static int added_count, removed_count;
static uint32_t add_error;

static uint32_t spy_start(struct nt_win32_listener *listener, void **state) {
  *state = NULL;
  return behind == NULL ? 0 : behind->start(listener, state);
}

static uint32_t spy_add(void *state, struct nt__os_watch *watch) {
  if (add_error != 0) {
    return add_error;
  }
  added = watch;
  added_count++;
  if (behind != NULL) {
    return behind->add(state, watch);
  }
  watch->registration = watch;
  return 0;
}

static void spy_remove(void *state, struct nt__os_watch *watch) {
  removed_count++;
  if (behind != NULL) {
    behind->remove(state, watch);
  }
}

static void spy_stop(void *state) {
  if (behind != NULL) {
    behind->stop(state);
  }
}

static const struct nt__os_way spy = {
    .start = spy_start, .add = spy_add, .remove = spy_remove, .stop = spy_stop};

static struct nt_win32_listener *listen_by_spy(const struct nt__os_way *way) {
  struct nt_win32_listener *listener = NULL;
  behind = way;
  added = NULL;
  added_count = removed_count = 0;
  add_error = 0;
  CHECK(nt__os_listen_by(&spy, &listener) == 0, "listen");
  return listener;
}

/* Whether the handle of a volume is open. Windows itself may use the number
 * again as soon as it is closed, for an event, a thread, or the pipe to the
 * service that sends notifications. */
static bool is_open(HANDLE handle) {
  union {
    PUBLIC_OBJECT_TYPE_INFORMATION type;
    WCHAR room[256];
  } u;
  NTSTATUS status =
      NtQueryObject(handle, ObjectTypeInformation, &u, sizeof u, NULL);
  return status >= 0 && u.type.TypeName.Length == 4 * sizeof(WCHAR) &&
         same((const nt_wchar *)u.type.TypeName.Buffer, L"File") &&
         GetFileType(handle) != FILE_TYPE_PIPE;
}

static void test_queue(void) {
  struct nt_win32_notification got;
  struct nt_win32_listener *listener = listen_by_spy(NULL);
  nt_wchar name[8] = {0};
  CHECK(!os->next_notification(listener, &got), "the queue begins empty");
  for (int i = 0; i < 5000; i++) {
    name[0] = (nt_wchar)(0x4E00 + i);
    nt__os_told_interface(listener, NT_WIN32_ARRIVAL, name);
  }
  CHECK(os->next_notification(listener, &got) &&
            got.name[0] == 0x4E00 + 5000 - 4096 && got.name[1] == 0,
        "a full queue forgets the oldest");
  int left = 1;
  int64_t before = got.time_us;
  bool ordered = true;
  while (os->next_notification(listener, &got)) {
    ordered = ordered && got.name[0] == 0x4E00 + 5000 - 4096 + left &&
              got.time_us >= before;
    before = got.time_us;
    left++;
  }
  CHECK(left == 4096 && ordered, "the others come in their order");
  CHECK(before > 1500000000000000, "their time is since 1970");
  nt__os_told_interface(listener, NT_WIN32_REMOVAL, name);
  CHECK(os->next_notification(listener, &got) && got.kind == NT_WIN32_REMOVAL,
        "an empty queue is filled again");
  nt__os_told_interface(listener, NT_WIN32_REMOVAL, name);
  os->stop_listening(listener);
}

static void test_long_name(void) {
  struct nt_win32_notification got;
  struct nt_win32_listener *listener = listen_by_spy(NULL);
  nt_wchar name[400];
  for (int i = 0; i < 399; i++) {
    name[i] = 'n';
  }
  name[399] = 0;
  nt__os_told_interface(listener, NT_WIN32_ARRIVAL, name);
  CHECK(os->next_notification(listener, &got) && lstrlenW(got.name) == 259,
        "a name that does not fit is cut");
  os->stop_listening(listener);
}

static void test_watch(void) {
  static const GUID guid = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
  struct nt_win32_notification got;
  struct nt_win32_listener *listener = listen_by_spy(NULL);
  CHECK(os->watch(listener, L"\\\\.\\H:", 1) == NT_WIN32_ERROR_FILE_NOT_FOUND &&
            added_count == 0,
        "watch: a volume that is not there");
  CHECK(os->watch(listener, C_VOLUME, 7) == 0 && added_count == 1, "watch: C:");
  struct nt__os_watch *watch = added;
  HANDLE volume = watch->volume;
  nt__os_told_watch(watch, NT_WIN32_CUSTOM, &guid);
  CHECK(os->next_notification(listener, &got) && got.kind == NT_WIN32_CUSTOM &&
            got.cookie == 7 && memcmp(got.guid, &guid, 16) == 0,
        "an event of the volume, with GUID and cookie");
  CHECK(is_open(volume), "which leaves the volume open");
  nt__os_told_watch(watch, NT_WIN32_QUERY_REMOVE, NULL);
  CHECK(!is_open(volume), "the question of a removal closes it");
  nt__os_told_watch(watch, NT_WIN32_REMOVE_PENDING, NULL);
  CHECK(os->watch(listener, C_VOLUME, 8) == 0 && removed_count == 0,
        "until its end is told, it stays registered");
  nt__os_told_watch(watch, NT_WIN32_REMOVE_COMPLETE, NULL);
  CHECK(os->watch(listener, C_VOLUME, 9) == 0 && removed_count == 1,
        "after its end the next watch unregisters it");
  static const enum nt_win32_notification_kind kinds[] = {
      NT_WIN32_QUERY_REMOVE, NT_WIN32_REMOVE_PENDING, NT_WIN32_REMOVE_COMPLETE};
  for (int i = 0; i < 3; i++) {
    CHECK(os->next_notification(listener, &got) && got.kind == kinds[i] &&
              got.cookie == 7,
          "the removal was told in its order: %d", i);
  }
  volume = added->volume;
  os->stop_listening(listener);
  CHECK(removed_count == 3 && !is_open(volume),
        "the end unregisters and closes all");
}

static void test_watch_that_stays(void) {
  struct nt_win32_listener *listener = listen_by_spy(NULL);
  CHECK(os->watch(listener, C_VOLUME, 1) == 0, "watch: C:");
  HANDLE volume = added->volume;
  nt__os_told_watch(added, NT_WIN32_QUERY_REMOVE, NULL);
  nt__os_told_watch(added, NT_WIN32_QUERY_REMOVE_FAILED, NULL);
  CHECK(!is_open(volume), "a removal that failed does not open it again");
  CHECK(os->watch(listener, C_VOLUME, 2) == 0 && removed_count == 1,
        "the next watch takes its place");
  add_error = ERROR_ACCESS_DENIED;
  CHECK(os->watch(listener, C_VOLUME, 3) == ERROR_ACCESS_DENIED &&
            removed_count == 1,
        "a registration that failed is not undone");
  os->stop_listening(listener);
  CHECK(removed_count == 2, "only what was registered is unregistered");
}

/* ---- the window ---------------------------------------------------------- */

static HWND find_window(void) {
  WCHAR class[64];
  HWND window = NULL;
  while ((window = FindWindowExW(HWND_MESSAGE, window, NULL, NULL)) != NULL) {
    if (GetClassNameW(window, class, 64) > 0 && begins(class, L"ntvol-")) {
      return window;
    }
  }
  return NULL;
}

static LRESULT send_interface(HWND window, WPARAM what) {
  union {
    DEV_BROADCAST_DEVICEINTERFACE_W data;
    WCHAR room[128];
  } u = {.data = {.dbcc_size = sizeof u,
                  .dbcc_devicetype = DBT_DEVTYP_DEVICEINTERFACE}};
  lstrcpynW(u.data.dbcc_name, L"\\\\?\\storage#volume#1", 40);
  return SendMessageW(window, WM_DEVICECHANGE, what, (LPARAM)&u.data);
}

static LRESULT send_handle(HWND window, WPARAM what, void *registration,
                           HANDLE volume) {
  DEV_BROADCAST_HANDLE data = {.dbch_size = sizeof data,
                               .dbch_devicetype = DBT_DEVTYP_HANDLE,
                               .dbch_handle = volume,
                               .dbch_hdevnotify = registration};
  data.dbch_eventguid.Data1 = 0x50708874;
  return SendMessageW(window, WM_DEVICECHANGE, what, (LPARAM)&data);
}

static void test_window_interfaces(void) {
  struct nt_win32_notification got;
  struct nt_win32_listener *listener = listen_by_spy(&nt__os_way_window);
  HWND window = find_window();
  CHECK(window != NULL, "the listener has a window");
  CHECK(send_interface(window, DBT_DEVICEARRIVAL) == TRUE &&
            os->next_notification(listener, &got) &&
            got.kind == NT_WIN32_ARRIVAL &&
            same(got.name, L"\\\\?\\storage#volume#1"),
        "an arrival");
  CHECK(send_interface(window, DBT_DEVICEREMOVECOMPLETE) == TRUE &&
            os->next_notification(listener, &got) &&
            got.kind == NT_WIN32_REMOVAL,
        "a removal");
  send_interface(window, DBT_DEVNODES_CHANGED);
  SendMessageW(window, WM_DEVICECHANGE, DBT_DEVNODES_CHANGED, 0);
  CHECK(!os->next_notification(listener, &got), "other messages are not told");
  os->stop_listening(listener);
  CHECK(find_window() == NULL, "the window is gone with the listener");
}

static void test_window_volumes(void) {
  static const struct {
    WPARAM what;
    enum nt_win32_notification_kind kind;
  } rows[] = {{DBT_CUSTOMEVENT, NT_WIN32_CUSTOM},
              {DBT_DEVICEQUERYREMOVE, NT_WIN32_QUERY_REMOVE},
              {DBT_DEVICEQUERYREMOVEFAILED, NT_WIN32_QUERY_REMOVE_FAILED},
              {DBT_DEVICEREMOVEPENDING, NT_WIN32_REMOVE_PENDING},
              {DBT_DEVICEREMOVECOMPLETE, NT_WIN32_REMOVE_COMPLETE}};
  struct nt_win32_notification got;
  struct nt_win32_listener *listener = listen_by_spy(&nt__os_way_window);
  HWND window = find_window();
  CHECK(os->watch(listener, C_VOLUME, 7) == 0, "watch: C: by the window");
  void *registration = added->registration;
  HANDLE volume = added->volume;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    CHECK(send_handle(window, rows[i].what, registration, volume) == TRUE &&
              os->next_notification(listener, &got) &&
              got.kind == rows[i].kind && got.cookie == 7,
          "message %lx comes through", (unsigned long)rows[i].what);
    CHECK(is_open(volume) == (i == 0), "and lets go of the volume: %d", i != 0);
  }
  send_handle(window, DBT_CUSTOMEVENT, &got, volume);
  CHECK(!os->next_notification(listener, &got),
        "what was registered by nobody is not told");
  os->stop_listening(listener);
}

static void test_many_listeners(void) {
  struct nt_win32_listener *listeners[10];
  bool all = true;
  for (int i = 0; i < 10; i++) {
    all = os->listen(&listeners[i]) == 0 &&
          os->watch(listeners[i], C_VOLUME, 1) == 0 && all;
  }
  CHECK(all, "ten listeners at a time");
  for (int i = 0; i < 10; i++) {
    os->stop_listening(listeners[i]);
  }
  CHECK(find_window() == NULL, "leave no window");
}

int main(void) {
  os = nt_win32_os();
  test_slots();
  test_capacities();
  test_statuses();
  test_file();
  test_processes();
  test_devices();
  test_queue();
  test_long_name();
  test_watch();
  test_watch_that_stays();
  test_window_interfaces();
  test_window_volumes();
  test_many_listeners();
  return check_done();
}
