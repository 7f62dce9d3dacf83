/***
Waiting for others. The core makes single attempts and can sleep; a policy in
Lua decides how often, how long and for what (lua/ntvol/retry.lua).

@submodule ntvol.core
*/
#include <math.h>

#include "lua_core.h"
#include "lua_object.h"

/* Waits are cut into slices, because the hook by which Ctrl-C ends a program
 * is called between them where no signal cuts the sleep. */
#define SLICE_US 250000

/***
Returns the time by the clock of a machine's waits, to measure differences.
@function clock
@tparam ntvol.machine machine
@treturn number seconds
*/
int ln_core_clock(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  lua_pushnumber(L, (lua_Number)nt_clock(ln_connection(L, m)) / 1e6);
  return 1;
}

/* Returns the milliseconds of the next slice, rounded up. */
static uint32_t slice(int64_t left) {
  return (uint32_t)(((left < SLICE_US ? left : SLICE_US) + 999) / 1000);
}

/***
Waits until something was opened, closed, locked or unlocked since `mark`.
@function wait_change
@tparam ntvol.machine machine
@tparam number seconds at most; 0 only makes a mark
@tparam[opt] integer mark from the last call
@treturn boolean whether that has happened; false when the time has passed, or
 when the machine cannot tell
@treturn integer the next mark
@failure
*/
int ln_core_wait_change(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  lua_Number seconds = luaL_checknumber(L, 2);
  uint64_t mark = (uint64_t)luaL_optinteger(L, 3, 0);
  NT_DECLARE_ERROR(err);
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
