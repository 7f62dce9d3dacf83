/***
A function that is told what happens on a machine, made by `machine:subscribe`.
It is called in this process, by the request that causes the event, before that
returns. LOCK and DISMOUNT announce an attempt and are told before it: what the
function closes then is not in the way any more. All other events are told when
they have happened.

The function may use the machine and its volumes, and close them; it may not
close the machine and format nothing, because a request is under way. When it
closes the handle of that very request, the request returns
`"ERROR_INVALID_HANDLE"`. An error that it raises is a warning, and disturbs
nobody. It cannot yield.

A subscription ends when it is closed, and with its machine; nobody needs to
keep it.

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

/* Called with the function and the event. */
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

/* On a thread of its own: the request may come from any coroutine, or from a
 * finalizer. That thread may be within the function already, where index 1 is
 * something else, so the function waits on another stack. */
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
 * machine keeps it, and it keeps machine and threads. */
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
this process, by the request that causes the event, before that returns. LOCK
and DISMOUNT announce an attempt: they are told before it, so that the function
can close what is in the way. All other events are told after the fact; after
LOCK_FAILED and DISMOUNT_FAILED it can open its handles again.

It is told of what this connection does, and of the cleaning up after a dead
process when this connection does it; not of other processes, nor of other
connections of this one: for them there is `machine:watch`. It sees every event
once and in order. It may use the machine, and close volumes; a request whose
own handle it closes returns `ERROR_INVALID_HANDLE`. It may not close the
machine or format: that raises. An error that it raises becomes a warning, and
the request goes on. It cannot yield. Requests that subscribers make of events
of subscribers are refused after the eighth time (`info.reason == "nested"`).

A subscription can be a `<close>` variable. Nobody needs to keep it: it lives
as long as its machine. Closing the machine closes it, after the volumes, so
the function hears how their locks end.
@function machine:subscribe
@tparam fun(event:ntvol.event) fn `fn(event)`, see `ntvol.subscription` for
 what it may do
@treturn ntvol.subscription it ends with the machine, or when it is closed
@failure `"ERROR_NOT_SUPPORTED"` where nobody is told
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
  struct nt_error err = {0};
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
may do that. Closing twice is harmless.
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

/* The machine keeps its subscriptions, so it is collected with them. */
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
