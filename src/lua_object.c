/*
 * The objects of the binding: how machines, volumes, lock guards and
 * subscriptions are made, checked and closed.
 */
#include "lua_object.h"

#include <string.h>

static const char formatting_text[] =
    "a volume of the machine is being formatted; return false from "
    "on_progress to cancel";
static const char delivering_text[] =
    "a request of the machine waits for this subscriber; close the machine "
    "when it is over";

/* ---- volumes ------------------------------------------------------------- */

struct ln_volume *ln_newvolume(lua_State *L, int index) {
  struct ln_volume *v = lua_newuserdatauv(L, sizeof *v, 1);
  memset(v, 0, sizeof *v);
  lua_pushvalue(L, index);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, NTVOL_VOLUME);
  return v;
}

void ln_linkvolume(struct ln_volume *v, struct ln_machine *m,
                   struct nt_handle *handle) {
  v->handle = handle;
  v->machine = m;
  v->next = m->volumes;
  if (v->next != NULL) {
    v->next->previous = v;
  }
  m->volumes = v;
}

static void leave_machine(struct ln_volume *v) {
  if (v->previous != NULL) {
    v->previous->next = v->next;
  } else {
    v->machine->volumes = v->next;
  }
  if (v->next != NULL) {
    v->next->previous = v->previous;
  }
  v->next = v->previous = NULL;
}

nt_status ln_closevolume(struct ln_volume *v, struct nt_error *err) {
  struct nt_handle *handle = v->handle;
  v->handle = NULL;
  v->current = 0;
  leave_machine(v);
  return nt_close(handle, err);
}

struct ln_volume *ln_testvolume(lua_State *L, int index) {
  return luaL_testudata(L, index, NTVOL_VOLUME);
}

const char *ln_volumebusy(const struct ln_volume *v) {
  return v->busy ? "the volume is being formatted" : NULL;
}

struct nt_handle *ln_handle(lua_State *L, const struct ln_volume *v) {
  const char *busy = ln_volumebusy(v);
  if (v->handle == NULL) {
    luaL_error(L, "attempt to use a closed volume");
  }
  if (busy != NULL) {
    luaL_error(L, "%s", busy);
  }
  return v->handle;
}

struct ln_volume *ln_checkvolume(lua_State *L, int arg) {
  struct ln_volume *v = luaL_checkudata(L, arg, NTVOL_VOLUME);
  ln_handle(L, v);
  return v;
}

struct ln_volume *ln_onlyvolume(lua_State *L, const char *verb) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  ln_noargs(L, 2, verb);
  return v;
}

/* ---- locks --------------------------------------------------------------- */

struct ln_lock *ln_newlock(lua_State *L, int index) {
  struct ln_lock *lock = lua_newuserdatauv(L, sizeof *lock, 1);
  memset(lock, 0, sizeof *lock);
  lua_pushvalue(L, index);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, NTVOL_LOCK);
  return lock;
}

struct ln_lock *ln_testlock(lua_State *L, int index) {
  return luaL_testudata(L, index, NTVOL_LOCK);
}

void ln_holdlock(struct ln_lock *lock, struct ln_volume *v) {
  lock->number = v->current = ++v->locks;
}

struct ln_volume *ln_heldvolume(lua_State *L, int index) {
  const struct ln_lock *lock = ln_testlock(L, index);
  struct ln_volume *v;
  lua_getiuservalue(L, index, 1);
  v = ln_testvolume(L, -1);
  lua_pop(L, 1); /* the guard keeps it */
  if (v == NULL || v->handle == NULL || !v->handle->locked) {
    return NULL;
  }
  return lock->number != 0 && lock->number == v->current ? v : NULL;
}

static bool are_peers(const struct nt_handle *one,
                      const struct nt_handle *other) {
  const struct nt_handle *next = one;
  do {
    next = next->peer;
  } while (next != NULL && next != one && next != other);
  return next == other;
}

void ln_synclock(struct ln_volume *v) {
  struct ln_volume *other;
  /* a subscriber may have closed it */
  if (v->handle == NULL || v->handle->locked) {
    return;
  }
  v->current = 0;
  if (v->handle->peer == NULL) {
    return;
  }
  for (other = v->machine->volumes; other != NULL; other = other->next) {
    if (are_peers(v->handle, other->handle)) {
      other->current = 0;
    }
  }
}

nt_status ln_unlockvolume(struct ln_volume *v, struct nt_error *err) {
  nt_status status = nt_verb(v->handle, NT_FSCTL_UNLOCK_VOLUME, err);
  ln_synclock(v);
  return status;
}

/* ---- subscriptions ------------------------------------------------------- */

struct ln_subscription *ln_testsubscription(lua_State *L, int index) {
  return luaL_testudata(L, index, NTVOL_SUBSCRIPTION);
}

void ln_closesubscription(struct ln_subscription *s) {
  struct nt_subscription *subscription = s->subscription;
  struct ln_subscription **link = &s->machine->subscriptions;
  while (*link != s) {
    link = &(*link)->next;
  }
  *link = s->next;
  s->subscription = NULL;
  nt_unsubscribe(subscription);
}

void ln_closesubscriptions(struct ln_machine *m) {
  while (m->subscriptions != NULL) {
    ln_closesubscription(m->subscriptions);
  }
}

/* ---- machines ------------------------------------------------------------ */

struct ln_machine *ln_newmachine(lua_State *L) {
  struct ln_machine *m = lua_newuserdatauv(L, sizeof *m, 1);
  memset(m, 0, sizeof *m);
  luaL_setmetatable(L, NTVOL_MACHINE);
  return m;
}

struct ln_machine *ln_testmachine(lua_State *L, int index) {
  return luaL_testudata(L, index, NTVOL_MACHINE);
}

struct nt_machine *ln_connection(lua_State *L, const struct ln_machine *m) {
  if (m->machine == NULL) {
    luaL_error(L, "attempt to use a closed machine");
  }
  return m->machine;
}

struct ln_machine *ln_checkmachine(lua_State *L, int arg) {
  struct ln_machine *m = luaL_checkudata(L, arg, NTVOL_MACHINE);
  ln_connection(L, m);
  return m;
}

const char *ln_machinebusy(const struct ln_machine *m) {
  const struct ln_volume *v;
  for (v = m->volumes; v != NULL; v = v->next) {
    if (v->busy) {
      return formatting_text;
    }
  }
  return m->delivering > 0 ? delivering_text : NULL;
}

nt_status ln_closemachine(struct ln_machine *m, struct nt_error *err) {
  struct nt_machine *machine = m->machine;
  nt_status result = NT_STATUS_SUCCESS;
  m->machine = NULL;
  while (m->volumes != NULL) {
    struct nt_error one = {0};
    nt_status status = ln_closevolume(m->volumes, &one);
    if (!nt_ok(status) && nt_ok(result)) {
      result = status;
      nt_error_copy(err, &one);
    }
  }
  ln_closesubscriptions(m);
  nt_disconnect(machine);
  return result;
}
