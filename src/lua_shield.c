/***
Work that no interrupt cuts.

Lua interrupts a program by a hook: that of Ctrl-C, or one of the program's own
that raises an error. A hook belongs to one thread of Lua, and it may raise
between any two instructions, even between a request that was granted and the
assignment of what it returned. So work that must not be cut runs on a thread
of its own, and goes back to the caller's thread where it may be interrupted.

@submodule ntvol.core
*/
#include <signal.h>

#include "lua_aux.h"
#include "lua_core.h"
#include "nt/host.h"

/* The thread that the work came from; NULL when the work is over. */
struct origin {
  lua_State *thread;
};

/* Calls what is on top of the stack of `L` on the thread `to`. */
static int call_on(lua_State *to, lua_State *L) {
  int before, results, status, count = lua_gettop(L);
  if (!lua_checkstack(to, count + LUA_MINSTACK)) {
    return luaL_error(L, "stack overflow");
  }
  before = lua_gettop(to);
  lua_xmove(L, to, count);
  status = lua_pcall(to, count - 1, LUA_MULTRET, 0);
  results = lua_gettop(to) - before;
  if (!lua_checkstack(L, results + 1)) {
    lua_settop(to, before);
    return luaL_error(L, "too many results");
  }
  lua_pushboolean(L, status == LUA_OK);
  lua_xmove(to, L, results);
  return results + 1;
}

/* outside(fn, ...): calls fn where hooks run; returns what pcall would. */
static int outside(lua_State *L) {
  const struct origin *origin = lua_touserdata(L, lua_upvalueindex(1));
  luaL_checkany(L, 1);
  if (origin->thread == NULL) {
    return luaL_error(L, "what this belongs to is over");
  }
  if (origin->thread != L) {
    return call_on(origin->thread, L);
  }
  lua_pushboolean(L, lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0) == LUA_OK);
  lua_insert(L, 1);
  return lua_gettop(L);
}

/* Runs on the new thread: pcall, from which nothing can yield. */
static int protect(lua_State *L) {
  int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  lua_pushboolean(L, status == LUA_OK);
  lua_insert(L, 1);
  return lua_gettop(L);
}

/***
Calls `fn(outside, ...)` on a thread of its own, which no hook of the caller's
thread reaches: neither Ctrl-C nor a hook that raises an error cuts it. When
`fn` calls `outside(g, ...)`, `g` runs on the caller's thread. An interrupt that
has waited ends `g` at once. The call returns what `pcall(g, ...)` would.
Nothing in `fn` can yield.
@function shield
@tparam function fn
@param ...
@return what `fn` returns
@raise what `fn` raises
*/
int ln_core_shield(lua_State *L) {
  struct origin *origin;
  lua_State *thread;
  int status, results = 0, count = lua_gettop(L);
  luaL_checktype(L, 1, LUA_TFUNCTION);
  origin = lua_newuserdatauv(L, sizeof *origin, 0);
  lua_insert(L, 1); /* stays there: it must outlive the thread */
  thread = lua_newthread(L);
  lua_insert(L, 2);
  lua_sethook(thread, NULL, 0, 0); /* a new thread inherits the hook */
  if (!lua_checkstack(thread, count + LUA_MINSTACK)) {
    return luaL_error(L, "stack overflow");
  }
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, outside, 1);
  lua_insert(L, 4);
  lua_pushcfunction(thread, protect);
  lua_xmove(L, thread, count + 1);
  origin->thread = L;
  status = lua_resume(thread, L, count + 1, &results);
  origin->thread = NULL;
  if (status != LUA_OK || !lua_toboolean(thread, -results)) {
    lua_xmove(thread, L, 1);
    return lua_error(L);
  }
  luaL_checkstack(L, results, "too many results");
  lua_xmove(thread, L, results - 1);
  return results - 1;
}

/* ---- termination --------------------------------------------------------- */

/* The thread to interrupt. It is kept here because a signal brings no
 * argument. */
static lua_State *interrupted;

static void raise_interrupt(lua_State *L, lua_Debug *ar) {
  (void)ar;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "interrupted!");
}

/* Setting a hook is all that a handler may ask of Lua. */
static void set_hook(void) {
  lua_sethook(interrupted, raise_interrupt,
              LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static volatile sig_atomic_t terminating;

static void interrupt(int number) {
  signal(number, SIG_DFL); /* a second signal ends the process */
  terminating = 1;
  set_hook();
}

/* Some systems forget the handler of a signal when it comes. */
static void interrupt_again(int number) {
  signal(number, interrupt_again);
  set_hook();
}

static void note_thread(lua_State *L) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  interrupted = lua_tothread(L, -1);
  lua_pop(L, 1);
}

/***
From now on a request of the system to end (SIGTERM, and SIGHUP when the
terminal goes away) interrupts this program as Ctrl-C does.
@function heed_termination
*/
int ln_core_heed_termination(lua_State *L) {
  note_thread(L);
  nt_on_termination(interrupt);
  return 0;
}

/***
From now on every Ctrl-C interrupts this program, as the interpreter does it
with the first one. A prompt needs that: Ctrl-C does not end it.
@function heed_interrupts
*/
int ln_core_heed_interrupts(lua_State *L) {
  note_thread(L);
  signal(SIGINT, interrupt_again);
  return 0;
}

/***
Whether the system has asked this program to end; see `heed_termination`.
@function is_terminating
@treturn boolean
*/
int ln_core_is_terminating(lua_State *L) {
  lua_pushboolean(L, terminating != 0);
  return 1;
}

/***
Waits until standard input has something to read, or its end.
@function await_input
@treturn boolean false when a signal came first
*/
int ln_core_await_input(lua_State *L) {
  lua_pushboolean(L, nt_await_input());
  return 1;
}

/***
From now on a write that nobody reads (SIGPIPE) fails and does not end this
program.
@function outlive_writes
*/
int ln_core_outlive_writes(lua_State *L) {
  (void)L;
  nt_outlive_writes();
  return 0;
}

/***
From now on a write that makes a file larger than this process may (SIGXFSZ)
fails and does not end this program.
@function outlive_limits
*/
int ln_core_outlive_limits(lua_State *L) {
  (void)L;
  nt_outlive_limits();
  return 0;
}
