/***
The core: machines, volumes, locks and the vocabulary, as the module `ntvol`
uses them. Programs load `ntvol`; this module is its private part.

@module ntvol.core
*/
#include "lua_core.h"
#include "lua_object.h"

#include <string.h>

#include "nt/host.h"

/***
Says what kind of value it is: `"volume"`, `"closed volume"`, `"machine"`,
`"closed machine"`, `"lock"`, `"closed lock"`, `"subscription"`,
`"closed subscription"`, `"journal"`, `"closed journal"`, or nil for anything
else.
@function type
@param value anything
@treturn ?string
@usage assert(ntvol.type(ntvol.machine()) == "machine")
*/
static int ln_core_type(lua_State *L) {
  const struct ln_machine *machine;
  const struct ln_volume *volume;
  const struct ln_subscription *subscription;
  const struct ntvol_journal *journal;
  luaL_checkany(L, 1);
  if ((machine = ln_testmachine(L, 1)) != NULL) {
    lua_pushstring(L, machine->machine ? "machine" : "closed machine");
  } else if ((volume = ln_testvolume(L, 1)) != NULL) {
    lua_pushstring(L, volume->handle ? "volume" : "closed volume");
  } else if (ln_testlock(L, 1) != NULL) {
    lua_pushstring(L, ln_heldvolume(L, 1) ? "lock" : "closed lock");
  } else if ((subscription = ln_testsubscription(L, 1)) != NULL) {
    lua_pushstring(
        L, subscription->subscription ? "subscription" : "closed subscription");
  } else if ((journal = luaL_testudata(L, 1, NTVOL_JOURNAL)) != NULL) {
    lua_pushstring(L, journal->journal ? "journal" : "closed journal");
  } else {
    lua_pushnil(L);
  }
  return 1;
}

/***
Returns the help text of a class, the same text that the `help` methods return.
@function help_class
@tparam string name `"machine"`, `"volume"`, `"lock"` or
 `"subscription"`
@treturn ?string nil when there is no such class
*/
static int ln_core_help_class(lua_State *L) {
  const char *name = ln_checkname(L, 1);
  if (strncmp(name, "ntvol.", 6) != 0) {
    name = lua_pushfstring(L, "ntvol.%s", name);
  }
  if (!ln_pushhelp(L, name)) {
    lua_pushnil(L);
  }
  return 1;
}

/***
Puts a function in the place of a method of a class, for all objects of the
class. In this way Lua code adds to what the core does.
@function interpose
@tparam string class `"machine"`, `"volume"`, ...
@tparam string name of a method that the class has
@tparam function fn
@treturn function the method that was there, for `fn` to call
@raise when there is no such class or method
*/
static int ln_core_interpose(lua_State *L) {
  const char *name = ln_checkname(L, 1), *method = ln_checkname(L, 2);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  luaL_getmetatable(L, lua_pushfstring(L, "ntvol.%s", name));
  if (!lua_istable(L, -1) || lua_getfield(L, -1, "__index") != LUA_TTABLE) {
    return luaL_argerror(L, 1, lua_pushfstring(L, "no class '%s'", name));
  }
  if (lua_getfield(L, -1, method) != LUA_TFUNCTION) {
    return luaL_argerror(
        L, 2,
        lua_pushfstring(L, "class '%s' has no method '%s'", name, method));
  }
  lua_pushvalue(L, 3);
  lua_setfield(L, -3, method);
  return 1;
}

/***
Returns the time, to measure differences. It comes from the finest clock that
there is.
@function time
@treturn number seconds since 1970, UTC
*/
static int ln_core_time(lua_State *L) {
  lua_pushnumber(L, (lua_Number)nt_time_us() / 1e6);
  return 1;
}

/***
Says whether a standard channel is a terminal (a console on Windows).
@function is_terminal
@tparam integer channel 0 standard input, 1 standard output, 2 standard error
@treturn boolean
*/
static int ln_core_is_terminal(lua_State *L) {
  lua_pushboolean(L, nt_is_terminal((int)ln_checkrange(L, 1, "channel", 0, 2)));
  return 1;
}

/***
Returns how many columns the terminal behind a channel has.
@function terminal_width
@tparam integer channel 0 input, 1 output, 2 errors
@treturn ?integer nil when it is no terminal, or does not say
*/
static int ln_core_terminal_width(lua_State *L) {
  uint32_t width = nt_terminal_width((int)ln_checkrange(L, 1, "channel", 0, 2));
  if (width == 0) {
    return 0;
  }
  lua_pushinteger(L, width);
  return 1;
}

/***
Returns the number of this process, as it stands in events and lists of holders.
@function pid
@treturn integer
*/
static int ln_core_pid(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)nt_process_id());
  return 1;
}

/***
Makes the folder for what ntvol keeps between two runs (`NTVOL_STATE`, else the
system's usual place), unless it is there. Only its owner may use it.
@function state_folder
@treturn string its path
@failure
*/
static int ln_core_state_folder(lua_State *L) {
  char path[4096];
  struct nt_error err = {0};
  if (!nt_ok(nt_state_folder(path, sizeof path, &err)) ||
      !nt_ok(nt_folder_make_private(path, &err))) {
    nt_error_about(&err, NT_REASON_NONE, "the folder of ntvol's state");
    return ln_pusherror(L, &err);
  }
  lua_pushstring(L, path);
  return 1;
}

/***
Returns a text in a form that is safe to show. Some characters become escapes
that can be read, such as `\x1b` and `\u{202e}`: those that a terminal would
obey, those that turn the direction of writing, those that cannot be seen, and
bytes that are not UTF-8. All that ntvol prints, every message and every result
of `tostring` has gone through this function; fields such as `label` hold the
exact bytes.
@function printable
@tparam string text
@tparam ?boolean lines whether line ends and tabs stay as they are
@treturn string
@usage
assert(ntvol.printable "a\27[2Jb" == "a\\x1b[2Jb")
*/
static int ln_core_printable(lua_State *L) {
  bool lines = lua_toboolean(L, 2);
  luaL_checktype(L, 1, LUA_TSTRING);
  ln_noargs(L, 3, "printable");
  ln_pushprintable(L, 1, lines);
  return 1;
}

static const luaL_Reg functions[] = {
    {"type", ln_core_type},
    {"time", ln_core_time},
    {"printable", ln_core_printable},
    {"pid", ln_core_pid},
    {"is_terminal", ln_core_is_terminal},
    {"terminal_width", ln_core_terminal_width},
    {"state_folder", ln_core_state_folder},
    {"check_label", ln_core_check_label},
    {"rehearse_format", ln_core_rehearse_format},
    {"fail", ln_core_fail},
    {"message", ln_core_message},
    {"clock", ln_core_clock},
    {"wait_change", ln_core_wait_change},
    {"take_back", ln_core_take_back},
    {"shield", ln_core_shield},
    {"heed_termination", ln_core_heed_termination},
    {"heed_interrupts", ln_core_heed_interrupts},
    {"is_terminating", ln_core_is_terminating},
    {"await_input", ln_core_await_input},
    {"outlive_limits", ln_core_outlive_limits},
    {"outlive_writes", ln_core_outlive_writes},
    {"help_class", ln_core_help_class},
    {"interpose", ln_core_interpose},
    {NULL, NULL}};

int luaopen_ntvol_core(lua_State *L) {
  luaL_checkversion(L);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  ln_setstring(L, "_VERSION", NTVOL_VERSION);
  ln_openkinds(L);
  ln_openinfo(L);
  ln_openmachine(L);
  ln_openvolume(L);
  ln_openlock(L);
  ln_opensubscription(L);
  ln_openvocabulary(L);
  return 1;
}
