/*
 * Argument checking, option tables and classes for the binding.
 */
#include "lua_aux.h"

#include <stdarg.h>
#include <string.h>

#define LARGEST_READ ((uint64_t)1 << 30)

/* ---- tables -------------------------------------------------------------- */

void ln_setstring(lua_State *L, const char *field, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, field);
}

void ln_setinteger(lua_State *L, const char *field, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, field);
}

void ln_setboolean(lua_State *L, const char *field, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, field);
}

/* ---- what people see ----------------------------------------------------- */

static bool stays(char c, bool lines) {
  return lines && (c == '\n' || c == '\t');
}

void ln_pushprintable(lua_State *L, int index, bool lines) {
  size_t length, taken;
  const char *at = luaL_checklstring(L, index, &length), *end = at + length;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (; at < end; at += taken) {
    char *out = luaL_prepbuffsize(&b, NT_PRINTABLE_MAX);
    if (stays(*at, lines)) {
      *out = *at;
      taken = 1;
      luaL_addsize(&b, 1);
    } else {
      luaL_addsize(&b, nt_printable(at, &taken, out));
    }
  }
  luaL_pushresult(&b);
}

int ln_printable(lua_State *L) {
  ln_pushprintable(L, lua_gettop(L), false);
  return 1;
}

void ln_warntext(lua_State *L, const char *text, bool goes_on) {
  char shown[256];
  while (*text != '\0') {
    size_t used = 0, taken;
    for (; *text != '\0' && used + NT_PRINTABLE_MAX < sizeof shown;
         text += taken) {
      used += nt_printable(text, &taken, shown + used);
    }
    shown[used] = '\0';
    lua_warning(L, shown, 1);
  }
  lua_warning(L, "", goes_on);
}

/* ---- classes ------------------------------------------------------------- */

static void push_help(lua_State *L, const char *name, const char *about,
                      const struct ln_method *methods) {
  luaL_Buffer b;
  size_t width = 0;
  const struct ln_method *m;
  for (m = methods; m->name != NULL; m++) {
    size_t used = strlen(m->name) + strlen(m->args);
    if (used > width) {
      width = used;
    }
  }
  luaL_buffinit(L, &b);
  luaL_addstring(&b, name);
  luaL_addstring(&b, ": ");
  luaL_addstring(&b, about);
  for (m = methods; m->name != NULL; m++) {
    size_t used = strlen(m->name) + strlen(m->args);
    luaL_addstring(&b, "\n  ");
    luaL_addstring(&b, m->name);
    luaL_addstring(&b, m->args);
    for (; used < width + 2; used++) {
      luaL_addchar(&b, ' ');
    }
    luaL_addstring(&b, m->help);
  }
  luaL_pushresult(&b);
}

static void add_methods(lua_State *L, const struct ln_method *methods) {
  for (; methods->name != NULL; methods++) {
    lua_pushcfunction(L, methods->func);
    lua_setfield(L, -2, methods->name);
  }
}

void ln_newclass(lua_State *L, const char *name, const char *about,
                 const struct ln_method *methods, const luaL_Reg *meta) {
  luaL_newmetatable(L, name);
  luaL_setfuncs(L, meta, 0);
  ln_setstring(L, "__metatable", name);
  push_help(L, name, about, methods);
  lua_setfield(L, -2, "__help");
  lua_newtable(L);
  add_methods(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

bool ln_pushhelp(lua_State *L, const char *name) {
  if (luaL_getmetatable(L, name) == LUA_TTABLE &&
      lua_getfield(L, -1, "__help") == LUA_TSTRING) {
    lua_remove(L, -2);
    return true;
  }
  lua_pop(L, lua_istable(L, -2) ? 2 : 1);
  return false;
}

bool ln_byhand(lua_State *L) {
  lua_Debug ar;
  return lua_getstack(L, 0, &ar) && lua_getinfo(L, "n", &ar) &&
         strcmp(ar.namewhat, "metamethod") != 0;
}

/* ---- hooks --------------------------------------------------------------- */

static int do_nothing(lua_State *L) {
  (void)L;
  return 0;
}

void ln_lethookrun(lua_State *L) {
  lua_pushcfunction(L, do_nothing);
  lua_call(L, 0, 0);
}

/* ---- arguments ----------------------------------------------------------- */

void ln_noargs(lua_State *L, int arg, const char *verb) {
  int last = lua_gettop(L);
  for (; arg <= last; arg++) {
    if (!lua_isnil(L, arg)) {
      luaL_argerror(L, arg, lua_pushfstring(L, "%s takes no options", verb));
    }
  }
}

void ln_nowaiting(lua_State *L, int arg, const char *verb) {
  if (lua_istable(L, arg)) {
    luaL_argerror(L, arg,
                  lua_pushfstring(L,
                                  "%s with options waits, and that needs the "
                                  "module ntvol: require it first",
                                  verb));
  }
  ln_noargs(L, arg, verb);
}

const char *ln_checkname(lua_State *L, int arg) {
  size_t length;
  const char *name;
  luaL_checktype(L, arg, LUA_TSTRING);
  name = lua_tolstring(L, arg, &length);
  if (strlen(name) != length) {
    luaL_argerror(L, arg, "the string contains a zero byte");
  }
  return name;
}

uint64_t ln_checkoffset(lua_State *L, int arg, uint32_t sector_size) {
  lua_Integer offset = luaL_checkinteger(L, arg);
  if (offset < 0) {
    luaL_argerror(L, arg, lua_pushfstring(L, "offset %I is negative", offset));
  }
  if (sector_size > 1 && (uint64_t)offset % sector_size != 0) {
    luaL_argerror(
        L, arg,
        lua_pushfstring(L, "offset %I is not a multiple of the sector size %d",
                        offset, (int)sector_size));
  }
  return (uint64_t)offset;
}

void ln_checkspan(lua_State *L, int arg, const char *what, uint64_t offset,
                  uint64_t length, uint32_t sector_size) {
  if (sector_size > 1 && length % sector_size != 0) {
    luaL_argerror(
        L, arg,
        lua_pushfstring(L, "%s %I is not a multiple of the sector size %d",
                        what, (lua_Integer)length, (int)sector_size));
  }
  if (length > (uint64_t)LUA_MAXINTEGER - offset) {
    luaL_argerror(
        L, arg,
        lua_pushfstring(L, "%s %I at offset %I goes past the largest offset",
                        what, (lua_Integer)length, (lua_Integer)offset));
  }
}

size_t ln_checklength(lua_State *L, int arg, uint64_t offset,
                      uint32_t sector_size) {
  lua_Integer length = luaL_checkinteger(L, arg);
  if (length < 0) {
    luaL_argerror(L, arg, lua_pushfstring(L, "length %I is negative", length));
  }
  ln_checkspan(L, arg, "length", offset, (uint64_t)length, sector_size);
  if ((uint64_t)length > LARGEST_READ) {
    luaL_argerror(
        L, arg,
        lua_pushfstring(L, "length %I is more than 1 GiB; read in pieces",
                        length));
  }
  return (size_t)length;
}

lua_Integer ln_checkrange(lua_State *L, int arg, const char *what,
                          lua_Integer min, lua_Integer max) {
  lua_Integer value = luaL_checkinteger(L, arg);
  if (value < min || value > max) {
    luaL_argerror(L, arg,
                  lua_pushfstring(L, "%s %I is not from %I to %I", what, value,
                                  min, max));
  }
  return value;
}

/* ---- names of values ----------------------------------------------------- */

const struct ln_enum *ln_findenum(const struct ln_enum *list,
                                  const char *name) {
  for (; list->name != NULL; list++) {
    if (strcmp(list->name, name) == 0) {
      return list;
    }
  }
  return NULL;
}

void ln_pushenum(lua_State *L, const struct ln_enum *list) {
  luaL_Buffer b;
  const struct ln_enum *row;
  luaL_buffinit(L, &b);
  for (row = list; row->name != NULL; row++) {
    if (row != list) {
      luaL_addstring(&b, ", ");
    }
    luaL_addstring(&b, row->name);
  }
  luaL_pushresult(&b);
}

/* ---- option tables ------------------------------------------------------- */

static void push_names(lua_State *L, const char *const *names) {
  luaL_Buffer b;
  size_t i;
  luaL_buffinit(L, &b);
  for (i = 0; names[i] != NULL; i++) {
    if (i > 0) {
      luaL_addstring(&b, ", ");
    }
    luaL_addstring(&b, names[i]);
  }
  luaL_pushresult(&b);
}

static bool is_name(lua_State *L, int index, const char *const *names) {
  const char *key;
  if (lua_type(L, index) != LUA_TSTRING) {
    return false;
  }
  key = lua_tostring(L, index);
  for (; *names != NULL; names++) {
    if (strcmp(key, *names) == 0) {
      return true;
    }
  }
  return false;
}

void ln_optionnames(lua_State *L, const struct ln_options *options,
                    const char *const *names) {
  lua_pushnil(L);
  while (lua_next(L, options->table)) {
    lua_pop(L, 1);
    if (!is_name(L, -1, names)) {
      const char *key = luaL_tolstring(L, -1, NULL);
      push_names(L, names);
      luaL_argerror(L, options->arg,
                    lua_pushfstring(L, "unknown option '%s%s'; options are: %s",
                                    options->prefix, key, lua_tostring(L, -1)));
    }
  }
}

int ln_optionerror(lua_State *L, const struct ln_options *options,
                   const char *field, const char *fmt, ...) {
  va_list args;
  const char *text;
  va_start(args, fmt);
  text = lua_pushvfstring(L, fmt, args);
  va_end(args);
  return luaL_argerror(
      L, options->arg,
      lua_pushfstring(L, "option '%s%s' %s", options->prefix, field, text));
}

int ln_optionvalue(lua_State *L, const struct ln_options *options,
                   const char *field) {
  lua_pushstring(L, field);
  return lua_rawget(L, options->table);
}

const char *ln_optionstring(lua_State *L, const struct ln_options *options,
                            const char *field) {
  size_t length;
  const char *value;
  int type = ln_optionvalue(L, options, field);
  if (type == LUA_TNIL) {
    return NULL;
  }
  if (type != LUA_TSTRING) {
    ln_optionerror(L, options, field, "must be a string, got %s",
                   luaL_typename(L, -1));
  }
  value = lua_tolstring(L, -1, &length);
  if (strlen(value) != length) {
    ln_optionerror(L, options, field, "contains a zero byte");
  }
  return value;
}

bool ln_optionboolean(lua_State *L, const struct ln_options *options,
                      const char *field, bool otherwise) {
  int type = ln_optionvalue(L, options, field);
  bool value = type == LUA_TNIL ? otherwise : lua_toboolean(L, -1);
  if (type != LUA_TNIL && type != LUA_TBOOLEAN) {
    ln_optionerror(L, options, field, "must be true or false, got %s",
                   luaL_typename(L, -1));
  }
  lua_pop(L, 1);
  return value;
}

lua_Integer ln_optioninteger(lua_State *L, const struct ln_options *options,
                             const char *field, lua_Integer min,
                             lua_Integer max, lua_Integer otherwise) {
  int type = ln_optionvalue(L, options, field);
  int exact = 0;
  lua_Integer value = otherwise;
  if (type == LUA_TNUMBER) {
    value = lua_tointegerx(L, -1, &exact);
  }
  if (type != LUA_TNIL && !exact) {
    ln_optionerror(
        L, options, field, "must be an integer, got %s",
        type == LUA_TNUMBER ? lua_tostring(L, -1) : luaL_typename(L, -1));
  }
  if (type != LUA_TNIL && (value < min || value > max)) {
    ln_optionerror(L, options, field, "must be from %I to %I, got %I", min, max,
                   value);
  }
  lua_pop(L, 1);
  return value;
}
