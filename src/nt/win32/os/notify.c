/*
 * The part of the table of Windows about notifications: the listener, its
 * queue and the volumes that it watches. How Windows reaches it is in
 * notify_manager.c and notify_window.c.
 */
#include "parts.h"

/* So many notifications wait in the queue at most; then the oldest is
 * dropped. */
#define QUEUE_MAX 4096U

struct queued {
  struct queued *next;
  struct nt_win32_notification what;
};

struct nt_win32_listener {
  CRITICAL_SECTION lock;
  struct queued *first, *last;
  uint32_t length;
  struct nt__os_watch *watches;
  const struct nt__os_way *way;
  void *state; /* of the way */
};

/* GUID_DEVINTERFACE_VOLUME and GUID_DEVINTERFACE_DISK. */
const GUID nt__os_classes[NT__OS_CLASSES] = {
    {0x53f5630d,
     0xb6bf,
     0x11d0,
     {0x94, 0xf2, 0x00, 0xa0, 0xc9, 0x1e, 0xfb, 0x8b}},
    {0x53f56307,
     0xb6bf,
     0x11d0,
     {0x94, 0xf2, 0x00, 0xa0, 0xc9, 0x1e, 0xfb, 0x8b}}};

static void *allocate(size_t size) {
  return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
}

static void release(void *memory) {
  HeapFree(GetProcessHeap(), 0, memory);
}

/* ---- the queue, under the lock ------------------------------------------- */

/* FILETIME counts tenths of microseconds since 1601. */
static int64_t now_us(void) {
  FILETIME now;
  ULARGE_INTEGER ticks;
  GetSystemTimeAsFileTime(&now);
  ticks.LowPart = now.dwLowDateTime;
  ticks.HighPart = now.dwHighDateTime;
  return (int64_t)(ticks.QuadPart / 10) - 11644473600000000;
}

static struct queued *take_first(struct nt_win32_listener *listener) {
  struct queued *entry = listener->first;
  if (entry != NULL) {
    listener->first = entry->next;
    listener->last = listener->first == NULL ? NULL : listener->last;
    listener->length--;
  }
  return entry;
}

/* Appends an entry. NULL without memory: then this notification is lost. */
static struct nt_win32_notification *append(
    struct nt_win32_listener *listener, enum nt_win32_notification_kind kind) {
  struct queued *entry = listener->length < QUEUE_MAX ? allocate(sizeof *entry)
                                                      : take_first(listener);
  if (entry == NULL) {
    return NULL;
  }
  ZeroMemory(entry, sizeof *entry);
  entry->what.kind = kind;
  entry->what.time_us = now_us();
  if (listener->last == NULL) {
    listener->first = entry;
  } else {
    listener->last->next = entry;
  }
  listener->last = entry;
  listener->length++;
  return &entry->what;
}

/* ---- what the ways tell -------------------------------------------------- */

/* A name that is too long is cut. Its start still says which kind of device it
 * is. */
void nt__os_told_interface(struct nt_win32_listener *listener,
                           enum nt_win32_notification_kind kind,
                           const WCHAR *name) {
  EnterCriticalSection(&listener->lock);
  struct nt_win32_notification *what = append(listener, kind);
  if (what != NULL) {
    lstrcpynW(what->name, name,
              (int)(sizeof what->name / sizeof what->name[0]));
  }
  LeaveCriticalSection(&listener->lock);
}

/* Closes the volume. An open handle would be a reason to refuse the removal, so
 * this is done before Windows gets its answer. */
static void let_go(struct nt__os_watch *watch) {
  if (watch->volume != INVALID_HANDLE_VALUE) {
    CloseHandle(watch->volume);
    watch->volume = INVALID_HANDLE_VALUE;
  }
}

static void tell(struct nt__os_watch *watch,
                 enum nt_win32_notification_kind kind, const GUID *guid) {
  struct nt_win32_notification *what = append(watch->listener, kind);
  if (what != NULL) {
    what->cookie = watch->cookie;
    if (guid != NULL) {
      CopyMemory(what->guid, guid, sizeof what->guid);
    }
  }
  if (kind != NT_WIN32_CUSTOM && kind != NT_WIN32_QUERY_REMOVE_FAILED) {
    let_go(watch);
  }
  watch->over = kind == NT_WIN32_REMOVE_COMPLETE ||
                (kind == NT_WIN32_QUERY_REMOVE_FAILED &&
                 watch->volume == INVALID_HANDLE_VALUE);
}

void nt__os_told_watch(struct nt__os_watch *watch,
                       enum nt_win32_notification_kind kind, const GUID *guid) {
  EnterCriticalSection(&watch->listener->lock);
  tell(watch, kind, guid);
  LeaveCriticalSection(&watch->listener->lock);
}

void nt__os_told_handle(struct nt_win32_listener *listener,
                        const void *registration, HANDLE volume,
                        enum nt_win32_notification_kind kind,
                        const GUID *guid) {
  EnterCriticalSection(&listener->lock);
  struct nt__os_watch *watch = listener->watches;
  while (watch != NULL &&
         (watch->registration == NULL ? watch->volume != volume
                                      : watch->registration != registration)) {
    watch = watch->next;
  }
  if (watch != NULL) {
    tell(watch, kind, guid);
  }
  LeaveCriticalSection(&listener->lock);
}

/* ---- watches ------------------------------------------------------------- */

/* Takes a watch out of the list: the one that is given, or one that is over, or
 * any (NULL and false). */
static struct nt__os_watch *take_watch(struct nt_win32_listener *listener,
                                       const struct nt__os_watch *wanted,
                                       bool over) {
  EnterCriticalSection(&listener->lock);
  struct nt__os_watch **link = &listener->watches;
  while (*link != NULL &&
         ((wanted != NULL && *link != wanted) || (over && !(*link)->over))) {
    link = &(*link)->next;
  }
  struct nt__os_watch *watch = *link;
  if (watch != NULL) {
    *link = watch->next;
  }
  LeaveCriticalSection(&listener->lock);
  return watch;
}

/* Ends a watch that is not in the list any more. */
static void end_watch(struct nt_win32_listener *listener,
                      struct nt__os_watch *watch) {
  if (watch->registration != NULL) {
    listener->way->remove(listener->state, watch);
  }
  let_go(watch);
  release(watch);
}

/* Ends the watches that are over. A callback of Windows cannot unregister
 * itself, so that is done here. */
static void sweep(struct nt_win32_listener *listener) {
  struct nt__os_watch *watch;
  while ((watch = take_watch(listener, NULL, true)) != NULL) {
    end_watch(listener, watch);
  }
}

/* The watch is put into the list before it is registered, because its first
 * notification may come before the registration has returned. */
static uint32_t add_watch(struct nt_win32_listener *listener,
                          struct nt__os_watch *watch) {
  EnterCriticalSection(&listener->lock);
  watch->next = listener->watches;
  listener->watches = watch;
  LeaveCriticalSection(&listener->lock);
  uint32_t error = listener->way->add(listener->state, watch);
  if (error != 0) {
    end_watch(listener, take_watch(listener, watch, false));
  }
  return error;
}

uint32_t nt__os_watch_volume(struct nt_win32_listener *listener,
                             const nt_wchar *volume, uint32_t cookie) {
  nt_status status;
  sweep(listener);
  struct nt__os_watch *watch = allocate(sizeof *watch);
  if (watch == NULL) {
    return ERROR_NOT_ENOUGH_MEMORY;
  }
  watch->listener = listener;
  watch->cookie = cookie;
  uint32_t error = nt__os_create_file(
      volume, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
      OPEN_EXISTING, 0, &watch->volume, &status);
  if (error != 0) {
    release(watch);
    return error;
  }
  return add_watch(listener, watch);
}

/* ---- listeners ----------------------------------------------------------- */

uint32_t nt__os_listen_by(const struct nt__os_way *way,
                          struct nt_win32_listener **out) {
  struct nt_win32_listener *listener = allocate(sizeof *listener);
  if (listener == NULL) {
    return ERROR_NOT_ENOUGH_MEMORY;
  }
  InitializeCriticalSection(&listener->lock);
  listener->way = way;
  uint32_t error = way->start(listener, &listener->state);
  if (error != 0) {
    listener->way = NULL;
    nt__os_stop_listening(listener);
    return error;
  }
  *out = listener;
  return 0;
}

bool nt__os_next_notification(struct nt_win32_listener *listener,
                              struct nt_win32_notification *out) {
  EnterCriticalSection(&listener->lock);
  struct queued *entry = take_first(listener);
  LeaveCriticalSection(&listener->lock);
  if (entry == NULL) {
    return false;
  }
  *out = entry->what;
  release(entry);
  return true;
}

/* Once the way has stopped, no other thread uses the listener. */
void nt__os_stop_listening(struct nt_win32_listener *listener) {
  struct nt__os_watch *watch;
  struct queued *entry;
  while ((watch = take_watch(listener, NULL, false)) != NULL) {
    end_watch(listener, watch);
  }
  if (listener->way != NULL) {
    listener->way->stop(listener->state);
  }
  while ((entry = take_first(listener)) != NULL) {
    release(entry);
  }
  DeleteCriticalSection(&listener->lock);
  release(listener);
}
