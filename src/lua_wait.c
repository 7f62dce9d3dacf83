/***
Waiting for others: the core makes single attempts and can sleep; how often, how
long and for what is decided by a policy in Lua, which registers itself here.

@submodule ntvol.core
*/
#include <math.h>

#include "lua_class.h"

/* Waits are cut into slices, because the hook by which Ctrl-C ends a program
 * is called between them where no signal cuts the sleep. */
#define SLICE_US 250000

#define WAITER "ntvol.waiter"

bool ln_wantswaiting(lua_State *L, int index) {
  static const char *const names[] = {"wait", "on_attempt", "on_busy", NULL};
  bool found = false;
  int i;
  for (i = 0; !found && names[i] != NULL; i++) {
    lua_pushstring(L, names[i]);
    found = lua_rawget(L, index) != LUA_TNIL;
    lua_pop(L, 1);
  }
  return found;
}

/* All that is on the stack is the answer. */
static int answer(lua_State *L, int status, lua_KContext ctx) {
  (void)status;
  (void)ctx;
  return lua_gettop(L);
}

/* What is called between two attempts may yield. */
int ln_waitby(lua_State *L, const char *verb) {
  if (lua_getfield(L, LUA_REGISTRYINDEX, WAITER) != LUA_TFUNCTION) {
    return luaL_error(L,
                      "%s with options waits, and that needs the module "
                      "ntvol: require it first",
                      verb);
  }
  lua_insert(L, 1);
  lua_pushstring(L, verb);
  lua_insert(L, 2);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, answer);
  return answer(L, LUA_OK, 0);
}

/***
Registers who waits: `fn(verb, object, ...)` makes the request with its options,
and answers what the method does.
@function set_waiter
@tparam function fn
*/
int ln_core_set_waiter(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_setfield(L, LUA_REGISTRYINDEX, WAITER);
  return 0;
}

/***
The clock by which a machine waits, for differences.
@function clock
@tparam ntvol.machine machine
@treturn number seconds
*/
int ln_core_clock(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  lua_pushnumber(L, (lua_Number)nt_clock(ln_connection(L, m)) / 1e6);
  return 1;
}

/* Milliseconds of the next slice, rounded up. */
static uint32_t slice(int64_t left) {
  return (uint32_t)(((left < SLICE_US ? left : SLICE_US) + 999) / 1000);
}

/***
Waits until who has what open or locked has changed since `mark`.
@function wait_change
@tparam ntvol.machine machine
@tparam number seconds at most; 0 only makes a mark
@tparam[opt] integer mark from the last call
@treturn boolean whether it has changed; false when the time passed, or the
 machine cannot tell
@treturn integer the next mark
@failure
*/
int ln_core_wait_change(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  lua_Number seconds = luaL_checknumber(L, 2);
  uint64_t mark = (uint64_t)luaL_optinteger(L, 3, 0);
  struct nt_error err = {0};
  nt_status status;
  int64_t until, left;
  luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 2,
                "a time is 0 or more seconds");
  until = nt_clock(ln_connection(L, m)) + llround(seconds * 1e6);
  do {
    left = until - nt_clock(ln_connection(L, m));
    status = nt_wait_change(ln_connection(L, m), &mark,
                            left > 0 ? slice(left) : 0, &err);
    ln_lethookrun(L);
  } while (status == NT_STATUS_NO_MORE_ENTRIES &&
           nt_clock(ln_connection(L, m)) < until);
  if (!nt_ok(status) && status != NT_STATUS_NO_MORE_ENTRIES) {
    return ln_pusherror(L, &err);
  }
  lua_pushboolean(L, nt_ok(status));
  lua_pushinteger(L, (lua_Integer)mark);
  return 2;
}
