/***
A function that is told what happens on a machine, made by `machine:subscribe`.
It is called in this process, by the request that causes the event, before that
request returns. LOCK and DISMOUNT announce an attempt, and the function is told
before it: what the function closes then is not in the way any more. It is told
of all other events when they have happened.

The function may use the machine and its volumes, and close the volumes. It may
not close the machine or format anything, because a request is under way. When
it closes the handle of that very request, the request returns
`"ERROR_INVALID_HANDLE"`. An error that it raises becomes a warning, and the
request goes on. It cannot yield.

A subscription ends when it is closed, and with its machine. A program does not
need to keep it in a variable.

@module ntvol.subscription
*/
#include <string.h>

#include "lua_core.h"
#include "lua_help.h"
#include "lua_info.h"
#include "lua_methods.h"

/* What a callback needs at most on the stack of its thread. */
#define CALL_SLOTS 8

/* ---- delivery ------------------------------------------------------------ */

/* Is called with the function and the event. */
static int call(lua_State *L) {
  const struct nt_event *event = lua_touserdata(L, 2);
  lua_pushvalue(L, 1);
  ln_pushevent(L, event);
  lua_call(L, 1, 0);
  return 0;
}

static void warn_raised(lua_State *L) {
  lua_warning(L, "ntvol: a subscriber raised: ", 1);
  ln_warntext(L,
              lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1)
                                             : luaL_typename(L, -1),
              false);
}

/* Calls the function on a thread of its own, because the request may come from
 * any coroutine, or from a finalizer. The function may run on that thread
 * already, and then index 1 of its stack is something else. So the function is
 * kept on another stack. */
static void deliver(void *ctx, const struct nt_event *event) {
  struct ln_subscription *s = ctx;
  struct ln_machine *m = s->machine;
  lua_State *L = s->thread;
  int top = lua_gettop(L);
  if (!lua_checkstack(L, CALL_SLOTS) || !lua_checkstack(s->store, 1)) {
    lua_warning(L, "ntvol: no memory to call a subscriber", 0);
    return;
  }
  m->delivering++;
  lua_pushcfunction(L, call);
  lua_pushvalue(s->store, 1);
  lua_xmove(s->store, L, 1);
  lua_pushlightuserdata(L, (void *)(uintptr_t)event); /* it is only read */
  if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
    warn_raised(L);
  }
  lua_settop(L, top);
  m->delivering--;
}

/* ---- life ---------------------------------------------------------------- */

static struct ln_subscription *to_subscription(lua_State *L) {
  return luaL_checkudata(L, 1, NTVOL_SUBSCRIPTION);
}

/* Pushes the table that keeps the subscriptions of the machine at `index`. */
static void push_kept(lua_State *L, int index) {
  if (lua_getiuservalue(L, index, 1) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, index, 1);
  }
}

/* Pushes a closed subscription of the function at 2 to the machine at 1. The
 * machine keeps the subscription, which keeps the machine and the threads. */
static struct ln_subscription *new_subscription(lua_State *L,
                                                struct ln_machine *m) {
  struct ln_subscription *s = lua_newuserdatauv(L, sizeof *s, 3);
  memset(s, 0, sizeof *s);
  s->machine = m;
  luaL_setmetatable(L, NTVOL_SUBSCRIPTION);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  s->thread = lua_newthread(L);
  lua_setiuservalue(L, -2, 2);
  s->store = lua_newthread(L);
  lua_pushvalue(L, 2);
  lua_xmove(L, s->store, 1);
  lua_setiuservalue(L, -2, 3);
  push_kept(L, 1);
  lua_pushvalue(L, -2);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return s;
}

static void forget(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_getiuservalue(L, index, 1);
  push_kept(L, lua_gettop(L));
  lua_pushvalue(L, index);
  lua_pushnil(L);
  lua_rawset(L, -3);
  lua_pop(L, 2);
}

/***
Calls a function with every event that this connection causes. It is called in
this process, by the request that causes the event, before that request returns.
LOCK and DISMOUNT announce an attempt: the function is told before it, so that
it can close what is in the way. It is told of all other events when they have
happened; after LOCK_FAILED and DISMOUNT_FAILED it can open its handles again.

The function is told of what this connection does, and of the cleaning up after
a dead process when this connection does it. It is not told of other processes,
nor of other connections of this process: for them there is `machine:watch`. It
sees every event once and in order. It may use the machine, and close volumes; a
request whose own handle it closes returns `ERROR_INVALID_HANDLE`. It may not
close the machine or format: that raises an error. An error that it raises
becomes a warning, and the request goes on. It cannot yield. The requests of a
subscriber cause events, too, of which subscribers are told in turn. After the
eighth time, one within the other, such a request is refused (`info.reason ==
"nested"`).

A subscription can be a `<close>` variable. A program does not need to keep it:
it lives as long as its machine. Closing the machine closes it, after the
volumes, so the function hears how their locks end.
@function machine:subscribe
@tparam fun(event:ntvol.event) fn `fn(event)`, see `ntvol.subscription` for
 what it may do
@treturn ntvol.subscription it ends with the machine, or when it is closed
@failure `"ERROR_NOT_SUPPORTED"` where the machine tells nobody
@usage
local machine = ntvol.machine()
local file = assert(machine:open [[D:\]])
local sub <close> = assert(machine:subscribe(function(event)
  if event.name == "LOCK" then
    file:close()
  end
end))
local vol <close> = assert(machine:open "D:")
assert(vol:lock())
*/
int ln_machine_subscribe(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  NT_DECLARE_ERROR(err);
  struct ln_subscription *s;
  nt_status status;
  luaL_checktype(L, 2, LUA_TFUNCTION);
  ln_noargs(L, 3, "subscribe");
  lua_settop(L, 2);
  s = new_subscription(L, m);
  status =
      nt_subscribe(ln_connection(L, m), deliver, s, &s->subscription, &err);
  if (!nt_ok(status)) {
    s->subscription = NULL;
    forget(L, 3);
    return ln_pusherror(L, &err);
  }
  s->next = m->subscriptions;
  m->subscriptions = s;
  return 1;
}

/***
Ends the subscription: its function is not called any more. The function itself
may call this. Closing twice is harmless.
@function subscription:close
@treturn true
@usage
local sub = assert(ntvol.machine():subscribe(print))
assert(sub:close())
assert(ntvol.type(sub) == "closed subscription")
*/
static int ln_subscription_close(lua_State *L) {
  struct ln_subscription *s = to_subscription(L);
  ln_noargs(L, 2, "close");
  if (s->subscription != NULL) {
    ln_closesubscription(s);
    forget(L, 1);
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int subscription_leave(lua_State *L) {
  lua_settop(L, 1);
  return ln_subscription_close(L);
}

/* The machine keeps its subscriptions, so they are collected together with
 * it. */
static int subscription_gc(lua_State *L) {
  struct ln_subscription *s = to_subscription(L);
  if (s->subscription != NULL) {
    ln_closesubscription(s);
  }
  return 0;
}

static int subscription_tostring(lua_State *L) {
  const struct ln_subscription *s = to_subscription(L);
  lua_pushfstring(L, "%s (%s)", NTVOL_SUBSCRIPTION,
                  s->subscription ? s->subscription->machine->name : "closed");
  return ln_printable(L);
}

/***
Lists the methods with one line each.
@function subscription:help
@treturn string
*/
static int ln_subscription_help(lua_State *L) {
  to_subscription(L);
  ln_noargs(L, 2, "help");
  ln_pushhelp(L, NTVOL_SUBSCRIPTION);
  return 1;
}

static const struct ln_method methods[] = {
    {"close", ln_subscription_close, HELP_SUBSCRIPTION_CLOSE},
    {"help", ln_subscription_help, HELP_SUBSCRIPTION_HELP},
    {NULL, NULL, NULL, NULL}};

static const luaL_Reg meta[] = {{"__close", subscription_leave},
                                {"__gc", subscription_gc},
                                {"__tostring", subscription_tostring},
                                {NULL, NULL}};

void ln_opensubscription(lua_State *L) {
  ln_newclass(L, NTVOL_SUBSCRIPTION, "a function that is told of events",
              methods, meta);
}
