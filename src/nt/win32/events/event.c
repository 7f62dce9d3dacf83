/*
 * Events: what happened to volumes and disks since the first question.
 *
 * Windows keeps no history, it only tells a program that listens. So the first
 * question makes the machine listen to every volume, and to devices that come
 * and go. Notifications wait in the queue of the listener until the next
 * question. Then they go into a ring that holds the last EVENTS events. Older
 * events are lost; a gap in the ids shows it.
 *
 * Windows does not tell who caused an event, so pid is 0. A volume is watched
 * through a handle without data access, so that watching a volume never refuses
 * anybody a lock of it (section 2).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../events.h"
#include "../list/devices.h"
#include "event.h"

#define EVENTS 4096U
#define MOST_KNOWN 4096U

/* A volume or disk that events may be about. It stays in the list when it is
 * removed: a late event still has its name, and when it comes back it is the
 * same entry. */
struct known {
  nt_wchar interface[260]; /* empty: not known */
  nt_wchar root[64];       /* "\\?\Volume{guid}\"; empty: no volume */
  nt_wchar device[64];     /* "\Device\HarddiskVolume3" */
  char name[NT_NAME_MAX];  /* "D:", "PhysicalDrive1" */
  bool present;
  bool watched;
  bool leaving; /* its removal was announced */
};

struct win32_events {
  struct nt_win32_listener *listener;
  struct known *known; /* a cookie is an index into it */
  uint32_t known_count, known_room;
  uint64_t next_id;
  uint32_t count; /* of ring */
  struct nt_event ring[EVENTS];
};

/* What most functions here need. */
struct watch {
  struct win32_machine *m;
  struct win32_events *e;
};

/* ---- the ring ------------------------------------------------------------ */

static void put(struct win32_events *e, enum nt_event_kind kind,
                const char *name, const char *guid, const char *target,
                int64_t time_us) {
  struct nt_event *event = &e->ring[e->next_id % EVENTS];
  event->id = e->next_id++;
  event->kind = kind;
  nt_copy(event->name, sizeof(event->name), name);
  nt_copy(event->guid, sizeof(event->guid), guid);
  nt_copy(event->target, sizeof(event->target), target);
  event->pid = 0;
  event->time_us = time_us;
  e->count += e->count < EVENTS;
}

/* Takes the first event after the cursor, or the oldest that is left. */
static bool take(const struct win32_events *e, uint64_t *cursor,
                 struct nt_event *out) {
  uint64_t oldest = e->next_id - e->count;
  uint64_t id = *cursor + 1 > oldest ? *cursor + 1 : oldest;
  if (*cursor >= e->next_id - 1) {
    return false;
  }
  *out = e->ring[id % EVENTS];
  *cursor = id;
  return true;
}

/* ---- names of events ----------------------------------------------------- */

#define GUID_TEXT 37

/* A GUID in memory has its first three fields in little-endian order. */
static void guid_text(const uint8_t g[16], char out[GUID_TEXT]) {
  snprintf(out, GUID_TEXT,
           "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
           "%02x%02x%02x%02x%02x%02x",
           g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10],
           g[11], g[12], g[13], g[14], g[15]);
}

static const char *name_of_guid(const char *guid) {
  const struct nt_event_row *row = nt_event_of_guid(guid);
  return row != NULL ? row->name : "CUSTOM";
}

/* ---- what is known ------------------------------------------------------- */

/* Returns the index of a new entry; known_count when there is no memory for it
 * or there are too many. Such a volume is not watched, and gets no events of
 * its own. */
static uint32_t add_known(struct win32_events *e) {
  if (e->known_count == e->known_room) {
    uint32_t room = e->known_room == 0 ? 16 : e->known_room * 2;
    struct known *grown =
        room > MOST_KNOWN ? NULL : realloc(e->known, room * sizeof(*grown));
    if (grown == NULL) {
      return e->known_count;
    }
    e->known = grown;
    e->known_room = room;
  }
  memset(&e->known[e->known_count], 0, sizeof(*e->known));
  return e->known_count++;
}

enum field { INTERFACE, ROOT, DEVICE };

static const nt_wchar *field_of(const struct known *k, enum field field) {
  return field == INTERFACE ? k->interface
         : field == ROOT    ? k->root
                            : k->device;
}

/* Finds the entry with this text; NULL when there is none. The pointer is valid
 * until the next add_known(). */
static struct known *find(const struct win32_events *e, enum field field,
                          const nt_wchar *text) {
  for (uint32_t i = 0; i < e->known_count; i++) {
    if (text[0] != 0 && nt__win32_same(field_of(&e->known[i], field), text)) {
      return &e->known[i];
    }
  }
  return NULL;
}

/* Finds the device of the volume. QueryDosDeviceW takes "Volume{guid}", without
 * "\\?\" and the last backslash. */
static void find_device(struct watch *w, struct known *k) {
  const size_t room = sizeof(k->device) / sizeof(k->device[0]);
  size_t length = nt__win32_length(k->root);
  nt_wchar bare[sizeof(k->root) / sizeof(k->root[0])];
  if (length < 6 || w->m->os->query_dos_device == NULL) {
    return;
  }
  memcpy(bare, k->root + 4, (length - 5) * sizeof(bare[0]));
  bare[length - 5] = 0;
  if (w->m->os->query_dos_device(bare, k->device, (uint32_t)room) != 0) {
    k->device[0] = 0;
  }
}

static void show_bare(const nt_wchar *text, char *buf, size_t cap) {
  nt_wchar bare[4 * WIN32_NAME_MAX];
  nt__win32_copy_bare(bare, sizeof(bare) / sizeof(bare[0]), text);
  nt__win32_show(bare, buf, cap);
}

/* Finds the mount point that lists would show first: a letter before a folder,
 * a short name before a long one. */
static void first_mount_point(const nt_wchar *paths, char *name, size_t cap) {
  for (; *paths != 0; paths = nt__win32_next(paths)) {
    char path[NT_NAME_MAX];
    show_bare(paths, path, sizeof(path));
    size_t length = strlen(path), best = strlen(name);
    if (best == 0 || length < best ||
        (length == best && strcmp(path, name) < 0)) {
      nt_copy(name, cap, path);
    }
  }
}

/* Gives the volume the name that it has in lists. Nothing is opened for that,
 * because an open handle could refuse somebody a lock. */
static void name_volume(struct watch *w, struct known *k) {
  nt_wchar paths[4 * WIN32_NAME_MAX] = {0};
  const uint32_t room = sizeof(paths) / sizeof(paths[0]);
  char name[NT_NAME_MAX] = "";
  if (w->m->os->volume_paths != NULL &&
      w->m->os->volume_paths(k->root, paths, room) == 0) {
    first_mount_point(paths, name, sizeof(name));
  }
  if (name[0] == '\0') {
    show_bare(k->root, name, sizeof(name));
  }
  nt_copy(k->name, sizeof(k->name), name);
  find_device(w, k);
}

/* A volume that cannot be watched is in the list all the same: its interface
 * tells when it arrives and when it is removed. */
static void watch_volume(struct watch *w, uint32_t index) {
  struct known *k = &w->e->known[index];
  k->present = true;
  k->leaving = false;
  k->watched = w->m->os->watch(w->e->listener, k->root, index) == 0;
}

static void meet_volume(struct watch *w, const nt_wchar *root) {
  struct known *k = find(w->e, ROOT, root);
  if (k != NULL && k->present) {
    return;
  }
  uint32_t index = k != NULL ? (uint32_t)(k - w->e->known) : add_known(w->e);
  if (index == w->e->known_count) {
    return;
  }
  k = &w->e->known[index];
  if (!nt__win32_copy(k->root, sizeof(k->root) / sizeof(k->root[0]), root)) {
    return;
  }
  watch_volume(w, index);
  name_volume(w, k);
}

/* Watches every volume that is not watched yet. */
static nt_status meet_volumes(struct watch *w, struct nt_error *err) {
  const struct nt_win32_os *os = w->m->os;
  nt_wchar root[WIN32_NAME_MAX];
  nt_win32_handle find_handle;
  uint32_t error = os->find_first_volume(root, WIN32_NAME_MAX, &find_handle);
  bool opened = error == 0;
  while (error == 0) {
    meet_volume(w, root);
    error = os->find_next_volume(find_handle, root, WIN32_NAME_MAX);
  }
  if (opened) {
    os->find_volume_close(find_handle);
  }
  return error == NT_WIN32_ERROR_NO_MORE_FILES
             ? NT_STATUS_SUCCESS
             : nt__win32_fail(err, error, 0,
                              "the volumes to watch cannot be listed");
}

/* ---- interfaces ---------------------------------------------------------- */

/* Names of interfaces end with the GUID of their class. */
static bool ends_with(const nt_wchar *name, const nt_wchar *end) {
  size_t length = nt__win32_length(name), wanted = nt__win32_length(end);
  return length >= wanted && nt__win32_same(name + length - wanted, end);
}

static bool is_volume_interface(const nt_wchar *name) {
  return ends_with(name, u"{53f5630d-b6bf-11d0-94f2-00a0c91efb8b}");
}

/* Finds the volume that has the interface; NULL when that cannot be found
 * out. */
static struct known *meet_volume_interface(struct watch *w,
                                           const nt_wchar *interface) {
  struct win32_identity identity;
  return nt_ok(nt__win32_identify(w->m, interface, &identity))
             ? find(w->e, DEVICE, identity.device)
             : NULL;
}

static struct known *find_or_add(struct watch *w, const nt_wchar *interface) {
  struct known *k = find(w->e, INTERFACE, interface);
  if (k != NULL) {
    return k;
  }
  uint32_t index = add_known(w->e);
  return index == w->e->known_count ? NULL : &w->e->known[index];
}

static struct known *meet_disk_interface(struct watch *w,
                                         const nt_wchar *interface) {
  struct win32_identity identity;
  struct known *k = find_or_add(w, interface);
  if (k == NULL || !nt_ok(nt__win32_identify(w->m, interface, &identity)) ||
      !identity.numbered) {
    return k;
  }
  nt_format_text(
      k->name, sizeof(k->name),
      identity.type == WIN32_DEVICE_CD_ROM ? "CdRom%u" : "PhysicalDrive%u",
      (unsigned)identity.number);
  return k;
}

/* Notes which volume or disk has the interface. When the device is gone it
 * cannot be asked any more, and its last event needs a name. */
static struct known *meet_interface(struct watch *w,
                                    const nt_wchar *interface) {
  const size_t room = sizeof(((struct known *)0)->interface) / 2;
  struct known *k = is_volume_interface(interface)
                        ? meet_volume_interface(w, interface)
                        : meet_disk_interface(w, interface);
  k = k != NULL ? k : find_or_add(w, interface);
  struct known *former = find(w->e, INTERFACE, interface);
  if (former != NULL && former != k) {
    former->interface[0] = 0;
  }
  if (k == NULL || !nt__win32_copy(k->interface, room, interface)) {
    return NULL;
  }
  if (k->name[0] == '\0') {
    nt__win32_show(interface, k->name, sizeof(k->name));
  }
  return k;
}

/* Notes the interfaces that are there at the start. Where Windows cannot list
 * them, their removal is still an event, with the name of the interface. */
static void meet_interfaces(struct watch *w, const uint8_t class_guid[16]) {
  struct nt_error ignored = {0};
  nt_wchar *names;
  if (!nt_ok(nt__win32_interfaces(w->m, class_guid, &names, &ignored))) {
    return;
  }
  for (const nt_wchar *name = names; *name != 0; name = nt__win32_next(name)) {
    struct known *k = meet_interface(w, name);
    if (k != NULL) {
      k->present = true;
    }
  }
  free(names);
}

/* ---- notifications ------------------------------------------------------- */

static void put_device(struct win32_events *e, const char *name,
                       const struct known *k, int64_t time_us) {
  put(e, NT_EVENT_DEVICE, name, "", k->name, time_us);
}

static void arrival(struct watch *w, const struct nt_win32_notification *n) {
  struct nt_error ignored = {0};
  if (is_volume_interface(n->name)) {
    meet_volumes(w, &ignored);
  }
  struct known *k = meet_interface(w, n->name);
  if (k != NULL) {
    k->present = true;
    put_device(w->e, "ARRIVAL", k, n->time_us);
  }
}

/* Windows tells of a removal twice, by the interface and by the watched volume,
 * in either order. The first time makes the event. Windows asks a watched
 * volume before it removes it; if it did not ask, the removal was a
 * surprise. */
static void gone(struct win32_events *e, struct known *k, int64_t time_us) {
  if (k->present) {
    bool surprise = k->watched && !k->leaving;
    put_device(e, surprise ? "SURPRISE_REMOVAL" : "REMOVAL", k, time_us);
  }
  k->present = false;
  k->watched = false;
  k->device[0] = 0; /* the next volume may get it */
}

static void removal(struct watch *w, const struct nt_win32_notification *n) {
  struct known *k = find(w->e, INTERFACE, n->name);
  if (k == NULL) {
    k = meet_interface(w, n->name);
    if (k == NULL) {
      return;
    }
    k->present = true;
  }
  gone(w->e, k, n->time_us);
}

/* When a removal failed, the listener has already closed its handle to the
 * volume. So the volume is watched anew. */
static void query_failed(struct watch *w, uint32_t index, int64_t time_us) {
  put_device(w->e, "QUERY_REMOVE_FAILED", &w->e->known[index], time_us);
  watch_volume(w, index);
}

static void custom(struct watch *w, struct known *k,
                   const struct nt_win32_notification *n) {
  char guid[GUID_TEXT];
  guid_text(n->guid, guid);
  const char *name = name_of_guid(guid);
  if (strcmp(name, "NAME_CHANGE") == 0) {
    name_volume(w, k);
  }
  put(w->e, NT_EVENT_VOLUME, name, guid, k->name, n->time_us);
}

static void of_volume(struct watch *w, const struct nt_win32_notification *n) {
  struct known *k = &w->e->known[n->cookie];
  switch (n->kind) {
    case NT_WIN32_QUERY_REMOVE:
      k->leaving = true;
      put_device(w->e, "QUERY_REMOVE", k, n->time_us);
      break;
    case NT_WIN32_QUERY_REMOVE_FAILED:
      query_failed(w, n->cookie, n->time_us);
      break;
    case NT_WIN32_REMOVE_PENDING:
      k->leaving = true;
      put_device(w->e, "REMOVE_PENDING", k, n->time_us);
      break;
    case NT_WIN32_REMOVE_COMPLETE:
      gone(w->e, k, n->time_us);
      break;
    default:
      custom(w, k, n);
      break;
  }
}

static void tell(struct watch *w, const struct nt_win32_notification *n) {
  if (n->kind == NT_WIN32_ARRIVAL) {
    arrival(w, n);
  } else if (n->kind == NT_WIN32_REMOVAL) {
    removal(w, n);
  } else if (n->cookie < w->e->known_count) {
    of_volume(w, n);
  }
}

/* Takes at most as many notifications at once as the ring holds. So a caller
 * who reads on loses no event, however many wait. One notification makes at
 * most one event. */
static void drain(struct watch *w) {
  struct nt_win32_notification n;
  uint64_t full = w->e->next_id + EVENTS;
  while (w->e->next_id < full &&
         w->m->os->next_notification(w->e->listener, &n)) {
    tell(w, &n);
  }
}

/* ---- from start to end --------------------------------------------------- */

static nt_status check_functions(const struct nt_win32_os *os,
                                 struct nt_error *err) {
  if (os->find_first_volume == NULL || os->find_next_volume == NULL ||
      os->find_volume_close == NULL) {
    return nt__win32_missing(err, "FindFirstVolumeW");
  }
  return os->listen == NULL || os->watch == NULL ||
                 os->next_notification == NULL || os->stop_listening == NULL
             ? nt__win32_missing(err, "RegisterDeviceNotificationW")
             : NT_STATUS_SUCCESS;
}

static nt_status listen(struct win32_machine *m, struct nt_error *err) {
  struct win32_events *e = calloc(1, sizeof(*e));
  if (e == NULL) {
    nt_hint(err, "close what is not needed");
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  e->next_id = 1;
  uint32_t error = m->os->listen(&e->listener);
  if (error != 0) {
    free(e);
    nt_status status =
        nt__win32_fail(err, error, 0, "Windows does not let us listen");
    nt__win32_explain(err);
    return status;
  }
  m->events = e;
  return NT_STATUS_SUCCESS;
}

/* Listens first and looks at the volumes then: a volume that arrives in between
 * is found by one or by both. */
static nt_status start(struct win32_machine *m, struct nt_error *err) {
  NT_TRY(check_functions(m->os, err));
  NT_TRY(listen(m, err));
  struct watch w = {m, m->events};
  nt_status status = meet_volumes(&w, err);
  if (!nt_ok(status)) {
    nt__win32_explain(err);
    nt__win32_events_free(m);
    return status;
  }
  meet_interfaces(&w, nt__win32_volume_class);
  meet_interfaces(&w, nt__win32_disk_class);
  return NT_STATUS_SUCCESS;
}

nt_status nt__win32_next_event(struct nt_machine *machine, uint64_t *cursor,
                               struct nt_event *out, struct nt_error *err) {
  struct win32_machine *m = nt__win32_machine(machine);
  NT_TRY(m->events == NULL ? start(m, err) : NT_STATUS_SUCCESS);
  if (!take(m->events, cursor, out)) {
    struct watch w = {m, m->events};
    drain(&w);
    if (!take(m->events, cursor, out)) {
      return NT_STATUS_NO_MORE_ENTRIES;
    }
  }
  return NT_STATUS_SUCCESS;
}

void nt__win32_events_free(struct win32_machine *m) {
  if (m->events != NULL) {
    m->os->stop_listening(m->events->listener);
    free(m->events->known);
    free(m->events);
    m->events = NULL;
  }
}
