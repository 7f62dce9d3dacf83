/***
Running a program under a lock.

@submodule ntvol.volume
*/
#include <stdio.h>
#include <string.h>

#include "lua_methods.h"

/* The words in the form that C wants. They are a new userdata on the stack,
 * whose strings the table at `index` keeps alive. */
static const char *const *check_words(lua_State *L, int index) {
  luaL_checktype(L, index, LUA_TTABLE);
  size_t count = (size_t)lua_rawlen(L, index);
  luaL_argcheck(L, count > 0, index, "no program is named");
  const char **words = lua_newuserdatauv(L, (count + 1) * sizeof *words, 0);
  for (size_t i = 0; i < count; i++) {
    size_t length;
    if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TSTRING) {
      luaL_argerror(L, index, "its words must be strings");
    }
    words[i] = lua_tolstring(L, -1, &length);
    luaL_argcheck(L, strlen(words[i]) == length, index,
                  "a word has a zero byte in it");
    lua_pop(L, 1);
  }
  luaL_argcheck(L, words[0][0] != '\0', index, "no program is named");
  words[count] = NULL;
  return words;
}

static bool check_to_stderr(lua_State *L, int index) {
  static const char *const names[] = {"to_stderr", NULL};
  struct ln_options options = {index, index, ""};
  if (lua_isnoneornil(L, index)) {
    return false;
  }
  luaL_checktype(L, index, LUA_TTABLE);
  ln_optionnames(L, &options, names);
  return ln_optionboolean(L, &options, "to_stderr", false);
}

/***
Runs a program while the volume stays as it is. This waits until the program has
ended. The words are the program, which is looked for in `PATH`, and its
arguments; no shell takes them apart. The environment variable `NTVOL_MACHINE`
tells it the machine, so that `ntvol` works on the same one there.

What this process has open and locked on the machine stays open and locked as
long as the program runs, even when this process is killed. When this process
gets SIGHUP, SIGINT, SIGQUIT or SIGTERM meanwhile, the signal goes to the
program, and this process waits on. [A program under a
lock](procedures.md#a-program-under-a-lock) says what that means on each
machine.

Options: with `to_stderr = true`, what the program prints goes to standard
error.
@function volume:run
@tparam string[] words the program and its arguments
@tparam[opt] ntvol.run_options options
@treturn integer its exit status; 128 plus the number of the signal when a
 signal ended it
@failure `"ERROR_FILE_NOT_FOUND"` when there is no such program, or what else
 kept it from being started
@raise for words that are not strings
@usage
local vol <close> = assert(ntvol.open "D:")
local _guard <close> = assert(vol:lock())
assert(vol:run({ "true" }) == 0)
*/
int ln_volume_run(lua_State *L) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  NT_DECLARE_ERROR(err);
  int exit_status = 0;
  ln_noargs(L, 4, "run");
  bool to_stderr = check_to_stderr(L, 3);
  const char *const *words = check_words(L, 2);
  /* What we printed before the program comes before what the program prints. */
  fflush(stdout);
  if (!nt_ok(nt_run(ln_handle(L, v)->machine, words, to_stderr, &exit_status,
                    &err))) {
    return ln_pusherror(L, &err);
  }
  lua_pushinteger(L, exit_status);
  return 1;
}
