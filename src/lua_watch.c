/***
Waiting for what other processes do.

@submodule ntvol.machine
*/
#include <math.h>

#include "lua_info.h"
#include "lua_methods.h"

#include "nt/host.h"

/* Waits are cut into slices, because the hook by which Ctrl-C ends a program
 * is called between them. */
#define SLICE_MS 1000

#define NEVER INT64_MAX

/* Upvalues of the iterator. */
enum { MACHINE = 1, AFTER, TIMEOUT };

/* Returns the moment `seconds` from now; for nil and infinity it never
 * comes. */
static int64_t moment_after(lua_State *L, int index) {
  lua_Number seconds = luaL_optnumber(L, index, (lua_Number)HUGE_VAL);
  return seconds < 1e12 ? nt_steady_us() + (int64_t)(seconds * 1e6) : NEVER;
}

/* Returns the milliseconds of the next slice, rounded up. */
static uint32_t slice(int64_t until) {
  int64_t left = until == NEVER ? INT64_MAX : until - nt_steady_us();
  if (left <= 0) {
    return 0;
  }
  return left < SLICE_MS * 1000 ? (uint32_t)((left + 999) / 1000) : SLICE_MS;
}

static int raise(lua_State *L, const struct nt_error *err) {
  ln_pusherror(L, err);
  lua_pop(L, 2);
  return lua_error(L);
}

/* Sleeps until there is an event behind `after`. Returns false when there is
 * none in time. */
static bool wait_event(lua_State *L, const struct ln_machine *m,
                       uint64_t after) {
  NT_DECLARE_ERROR(err);
  int64_t until = moment_after(L, lua_upvalueindex(TIMEOUT));
  for (;;) {
    uint32_t ms = slice(until);
    nt_status status = nt_wait_event(ln_connection(L, m), after, ms, &err);
    if (nt_ok(status)) {
      return true;
    }
    if (status != NT_STATUS_NO_MORE_ENTRIES) {
      raise(L, &err);
    }
    if (slice(until) == 0) {
      return false;
    }
    ln_lethookrun(L);
  }
}

static int next_event(lua_State *L) {
  const struct ln_machine *m = ln_testmachine(L, lua_upvalueindex(MACHINE));
  uint64_t after = (uint64_t)lua_tointeger(L, lua_upvalueindex(AFTER));
  NT_DECLARE_ERROR(err);
  struct nt_event event = {0};
  nt_status status;
  do {
    status = nt_next_event(ln_connection(L, m), &after, &event, &err);
  } while (status == NT_STATUS_NO_MORE_ENTRIES && wait_event(L, m, after));
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return 0;
  }
  if (!nt_ok(status)) {
    return raise(L, &err);
  }
  lua_pushinteger(L, (lua_Integer)after);
  lua_replace(L, lua_upvalueindex(AFTER));
  ln_pushevent(L, &event);
  return 1;
}

/* Finds the id of the last event that there is. */
static nt_status find_end(lua_State *L, const struct ln_machine *m,
                          uint64_t *cursor, struct nt_error *err) {
  struct nt_event event;
  nt_status status;
  do {
    status = nt_next_event(ln_connection(L, m), cursor, &event, err);
  } while (nt_ok(status));
  return status;
}

static void check_timeout(lua_State *L, int arg) {
  lua_Number seconds = luaL_optnumber(L, arg, 0);
  luaL_argcheck(L, seconds >= 0, arg, "a time is 0 or more seconds");
}

/***
Iterates over events of all processes, and waits for them. It sleeps until there
is one. With `after` it begins with the events after that id (0: all), otherwise
with what happens from now on. The loop ends when no event comes for `timeout`
seconds; without `timeout` it goes on for ever, and Ctrl-C ends it. What the
machine refuses while the loop runs is raised.

A killed process is noticed when the next one uses the machine and cleans up.
On Windows an event can be up to a second late. A machine in memory cannot be
watched: while this process waits, nobody else can do anything to it.
@function machine:watch
@tparam[opt] integer after the id of an event: first come the events after it,
 0 for all; without it, only what happens from now on
@tparam[opt] number timeout seconds to wait for each event; 0 lists what is
 there
@treturn ntvol.event_iterator the iterator; it raises what the machine refuses
@failure `"ERROR_NOT_SUPPORTED"` for a machine in memory, where nobody else can
 do anything
@raise for a negative number
@usage
local watch, message = ntvol.machine():watch(0, 0.1)
if watch then
  for event in watch do print(event) end
else
  print(message)
end
*/
int ln_machine_watch(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  bool from_now = lua_isnoneornil(L, 2);
  NT_DECLARE_ERROR(err);
  uint64_t after = INT64_MAX;
  nt_status status;
  check_timeout(L, 3);
  ln_noargs(L, 4, "watch");
  lua_settop(L, 3);
  if (!from_now) {
    ln_checkrange(L, 2, "event id", 0, LUA_MAXINTEGER);
  }
  status = nt_wait_event(ln_connection(L, m), after, 0, &err);
  if (status == NT_STATUS_NO_MORE_ENTRIES && from_now) {
    after = 0;
    status = find_end(L, m, &after, &err);
  }
  if (status != NT_STATUS_NO_MORE_ENTRIES) {
    return ln_pusherror(L, &err);
  }
  if (from_now) {
    lua_pushinteger(L, (lua_Integer)after);
    lua_replace(L, 2);
  }
  lua_pushcclosure(L, next_event, 3);
  return 1;
}
