/***
The guard of a lock. In a to-be-closed variable it unlocks at the end of the
scope, as `volume:lock` shows. Dropping a guard does not unlock: a lock that the
collector may release is no lock. The lock ends when the guard is closed, when
the volume is unlocked, and when the volume is closed.

@module ntvol.lock
*/
#include "lua_core.h"
#include "lua_help.h"
#include "lua_object.h"

static void check_self(lua_State *L) {
  luaL_checkudata(L, 1, NTVOL_LOCK);
}

/***
Unlocks now. That is harmless when the lock has ended already.
@function lock:unlock
@treturn true
@failure
@raise while the volume is being formatted
@usage
local vol <close> = assert(ntvol.open "D:")
local guard = assert(vol:lock())
assert(guard:unlock())
assert(not vol:is_locked())
*/
static int ln_lock_unlock(lua_State *L) {
  NT_DECLARE_ERROR(err);
  nt_status status = NT_STATUS_SUCCESS;
  struct ln_volume *v;
  check_self(L);
  ln_noargs(L, 2, "unlock");
  v = ln_heldvolume(L, 1);
  if (v != NULL) {
    ln_handle(L, v);
    status = ln_unlockvolume(v, &err);
  }
  return ln_result(L, status, &err);
}

static int lock_leave(lua_State *L) {
  NT_DECLARE_ERROR(err);
  struct ln_volume *v;
  check_self(L);
  v = ln_heldvolume(L, 1);
  if (v == NULL) {
    return 0;
  }
  if (ln_volumebusy(v) != NULL) {
    return ln_closerefused(L, ln_volumebusy(v));
  }
  if (!nt_ok(ln_unlockvolume(v, &err))) {
    return ln_closefailed(L, &err);
  }
  return 0;
}

/***
Returns true while the lock is held.
@function lock:held
@treturn boolean
*/
static int ln_lock_held(lua_State *L) {
  check_self(L);
  ln_noargs(L, 2, "held");
  lua_pushboolean(L, ln_heldvolume(L, 1) != NULL);
  return 1;
}

/***
Returns the volume that was locked. It may be closed by now.
@function lock:volume
@treturn ntvol.volume
*/
static int ln_lock_volume(lua_State *L) {
  check_self(L);
  ln_noargs(L, 2, "volume");
  lua_getiuservalue(L, 1, 1);
  return 1;
}

/***
Lists the methods with one line each.
@function lock:help
@treturn string
*/
static int ln_lock_help(lua_State *L) {
  check_self(L);
  ln_noargs(L, 2, "help");
  ln_pushhelp(L, NTVOL_LOCK);
  return 1;
}

static int lock_tostring(lua_State *L) {
  const struct ln_volume *v;
  check_self(L);
  v = ln_heldvolume(L, 1);
  lua_pushfstring(L, "%s (%s)", NTVOL_LOCK, v ? v->handle->name : "closed");
  return ln_printable(L);
}

static const struct ln_method methods[] = {
    {"unlock", ln_lock_unlock, HELP_LOCK_UNLOCK},
    {"held", ln_lock_held, HELP_LOCK_HELD},
    {"volume", ln_lock_volume, HELP_LOCK_VOLUME},
    {"help", ln_lock_help, HELP_LOCK_HELP},
    {NULL, NULL, NULL, NULL}};

static const luaL_Reg meta[] = {
    {"__close", lock_leave}, {"__tostring", lock_tostring}, {NULL, NULL}};

void ln_openlock(lua_State *L) {
  ln_newclass(L, NTVOL_LOCK, "a held lock of a volume", methods, meta);
}
