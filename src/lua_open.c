/***
Opening: the options of CreateFile in Lua words.

@submodule ntvol.machine
*/
#include <string.h>

#include "lua_methods.h"

/* What CreateFile adds to every access mask it is given. */
#define ALWAYS (NT_SYNCHRONIZE | NT_FILE_READ_ATTRIBUTES)

/* A day: whoever gives more has mistaken the unit. */
#define MAX_TIMEOUT 86400

static const struct ln_enum access_words[] = {
    {"rw", NT_GENERIC_READ_MAPPED | NT_GENERIC_WRITE_MAPPED | ALWAYS},
    {"r", NT_GENERIC_READ_MAPPED | ALWAYS},
    {"w", NT_GENERIC_WRITE_MAPPED | ALWAYS},
    {"none", ALWAYS},
    {NULL, 0}};

static const struct ln_enum access_bits[] = {
    {"read_data", NT_FILE_READ_DATA},
    {"write_data", NT_FILE_WRITE_DATA},
    {"append_data", NT_FILE_APPEND_DATA},
    {"read_ea", NT_FILE_READ_EA},
    {"write_ea", NT_FILE_WRITE_EA},
    {"traverse", NT_FILE_TRAVERSE},
    {"read_attributes", NT_FILE_READ_ATTRIBUTES},
    {"write_attributes", NT_FILE_WRITE_ATTRIBUTES},
    {"delete", NT_DELETE},
    {"read_control", NT_READ_CONTROL},
    {"write_dac", NT_WRITE_DAC},
    {"write_owner", NT_WRITE_OWNER},
    {"synchronize", NT_SYNCHRONIZE},
    {NULL, 0}};

static const struct ln_enum dispositions[] = {{"open", NT_OPEN},
                                              {"open_if", NT_OPEN_IF},
                                              {"create", NT_CREATE},
                                              {"overwrite", NT_OVERWRITE},
                                              {"overwrite_if", NT_OVERWRITE_IF},
                                              {"supersede", NT_SUPERSEDE},
                                              {NULL, 0}};

static int bad_access(lua_State *L, const struct ln_options *o,
                      const char *got) {
  ln_pushenum(L, access_words);
  ln_pushenum(L, access_bits);
  return ln_optionerror(L, o, "access",
                        "must be one of %s, or a list of: %s; got %s",
                        lua_tostring(L, -2), lua_tostring(L, -1), got);
}

/* The list is on top of the stack; its rights are taken as they are. */
static uint32_t access_list(lua_State *L, const struct ln_options *o) {
  uint32_t access = 0;
  lua_Unsigned n = lua_rawlen(L, -1), i, keys = 0;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_pop(L, 1);
    keys++;
  }
  if (keys != n) {
    bad_access(L, o, "a table with named or missing fields");
  }
  for (i = 1; i <= n; i++) {
    const struct ln_enum *row = NULL;
    if (lua_rawgeti(L, -1, (lua_Integer)i) == LUA_TSTRING) {
      row = ln_findenum(access_bits, lua_tostring(L, -1));
    }
    if (row == NULL) {
      bad_access(L, o, luaL_tolstring(L, -1, NULL));
    } else {
      access |= row->value;
    }
    lua_pop(L, 1);
  }
  return access;
}

static uint32_t read_access(lua_State *L, const struct ln_options *o) {
  uint32_t access = access_words[0].value;
  const struct ln_enum *row = NULL;
  switch (ln_optionvalue(L, o, "access")) {
    case LUA_TNIL:
      break;
    case LUA_TTABLE:
      access = access_list(L, o);
      break;
    case LUA_TSTRING:
      row = ln_findenum(access_words, lua_tostring(L, -1));
      if (row == NULL) {
        bad_access(L, o, lua_pushfstring(L, "\"%s\"", lua_tostring(L, -1)));
      } else {
        access = row->value;
      }
      break;
    default:
      bad_access(L, o, luaL_typename(L, -1));
  }
  lua_pop(L, 1);
  return access;
}

static uint32_t read_share(lua_State *L, const struct ln_options *o) {
  uint32_t share = 0;
  const char *letters = ln_optionstring(L, o, "share");
  const char *letter;
  if (letters == NULL) {
    letters = "rw";
  }
  for (letter = letters; *letter != '\0'; letter++) {
    if (*letter == 'r') {
      share |= NT_SHARE_READ;
    } else if (*letter == 'w') {
      share |= NT_SHARE_WRITE;
    } else if (*letter == 'd') {
      share |= NT_SHARE_DELETE;
    } else {
      ln_optionerror(L, o, "share", "must be letters of r, w and d; got \"%s\"",
                     letters);
    }
  }
  lua_pop(L, 1);
  return share;
}

static enum nt_disposition read_disposition(lua_State *L,
                                            const struct ln_options *o) {
  const char *name = ln_optionstring(L, o, "disposition");
  const struct ln_enum *row = ln_findenum(dispositions, name ? name : "open");
  if (row == NULL) {
    ln_pushenum(L, dispositions);
    ln_optionerror(L, o, "disposition", "must be one of: %s; got \"%s\"",
                   lua_tostring(L, -1), name);
    return NT_OPEN; /* not reached */
  }
  lua_pop(L, 1);
  return (enum nt_disposition)row->value;
}

/* Reads seconds and returns milliseconds; 0 when the option is not given. */
static uint32_t read_timeout(lua_State *L, const struct ln_options *o) {
  lua_Number seconds = 0;
  int type = ln_optionvalue(L, o, "timeout");
  if (type == LUA_TNUMBER) {
    seconds = lua_tonumber(L, -1);
  }
  if (type != LUA_TNIL && !(seconds >= 0.001 && seconds <= MAX_TIMEOUT)) {
    ln_optionerror(L, o, "timeout", "must be seconds from 0.001 to %d, got %s",
                   MAX_TIMEOUT, luaL_tolstring(L, -1, NULL));
  }
  lua_pop(L, 1);
  return (uint32_t)(seconds * 1000);
}

/* The methods of the core make one attempt. A program that loads the core alone
 * has no other methods. */
static void refuse_waiting(lua_State *L, const struct ln_options *o,
                           const char *const *names) {
  for (; *names != NULL; names++) {
    if (ln_optionvalue(L, o, *names) != LUA_TNIL) {
      ln_optionerror(L, o, *names,
                     "waits, and that needs the module ntvol: require it "
                     "first");
    }
    lua_pop(L, 1);
  }
}

static void read_options(lua_State *L, int arg, struct nt_open_options *out) {
  /* The last three are for the method that waits. */
  static const char *const names[] = {"access",     "share",   "disposition",
                                      "directory",  "timeout", "wait",
                                      "on_attempt", "on_busy", NULL};
  struct ln_options o = {arg, arg, ""};
  luaL_checktype(L, arg, LUA_TTABLE);
  ln_optionnames(L, &o, names);
  refuse_waiting(L, &o, names + 5);
  out->access = read_access(L, &o);
  out->share = read_share(L, &o);
  out->disposition = read_disposition(L, &o);
  out->directory = ln_optionboolean(L, &o, "directory", false);
  out->timeout = read_timeout(L, &o);
}

/* This makes one attempt. The method that waits is in lua/ntvol/machine.lua,
 * with its description. */
int ln_machine_open(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  struct nt_open_options options = {0};
  struct nt_handle *handle = NULL;
  NT_DECLARE_ERROR(err);
  struct ln_volume *v;
  nt_status status;
  options.name = ln_checkname(L, 2);
  lua_settop(L, 3);
  if (lua_isnil(L, 3)) {
    lua_newtable(L);
    lua_replace(L, 3);
  }
  read_options(L, 3, &options);
  v = ln_newvolume(L, 1);
  status = nt_open(ln_connection(L, m), &options, &handle, &err);
  if (!nt_ok(status)) {
    return ln_pusherror(L, &err);
  }
  ln_linkvolume(v, m, handle);
  return 1;
}
