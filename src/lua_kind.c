/***
The machine kinds that there are, and connecting to a machine of one of them.

@submodule ntvol.core
*/
#include <stddef.h>

#include "lua_core.h"
#include "lua_object.h"
#include "nt/native.h"

#define KINDS "ntvol.kinds"

/* Within one version, slots are only added at the end of the table. So every
 * table has at least the slots that the first of this version had. */
#define FIRST_SIZE                          \
  (offsetof(struct nt_machine_ops, admin) + \
   sizeof(((struct nt_machine_ops *)0)->admin))

/* Pushes the registry's table of kinds: name -> userdata. */
static void push_kinds(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, KINDS);
}

static const struct nt_machine_ops *check_ops(lua_State *L, int arg) {
  const struct ntvol_kind *kind = luaL_checkudata(L, arg, NTVOL_KIND);
  const struct nt_machine_ops *ops = kind->ops;
  luaL_argcheck(L, ops != NULL, arg, "the machine kind has no functions");
  if (ops->version != NT_OPS_VERSION || ops->size < FIRST_SIZE) {
    luaL_argerror(
        L, arg,
        lua_pushfstring(
            L,
            "the machine kind has contract version %d (%d bytes), version %d "
            "(at least %d bytes) is needed: rebuild it",
            (int)ops->version, (int)ops->size, (int)NT_OPS_VERSION,
            (int)FIRST_SIZE));
  }
  luaL_argcheck(L, ops->kind != NULL && ops->kind[0] != '\0', arg,
                "the machine kind has no name");
  return ops;
}

/***
Registers a machine kind, so that `connect` finds it by its name. Registering
the same kind again changes nothing.
@function register
@param kind userdata of class ntvol.machine_kind, made by a C module
@treturn boolean true
@raise when another kind has the name, or the kind is of another contract
 version
*/
static int ln_core_register(lua_State *L) {
  const struct nt_machine_ops *ops = check_ops(L, 1);
  const struct ntvol_kind *known;
  push_kinds(L);
  lua_getfield(L, -1, ops->kind);
  known = luaL_testudata(L, -1, NTVOL_KIND);
  if (known != NULL && known->ops != ops) {
    luaL_argerror(
        L, 1,
        lua_pushfstring(L, "a machine kind '%s' is registered already",
                        ops->kind));
  }
  lua_pop(L, 1);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, ops->kind);
  lua_pushboolean(L, 1);
  return 1;
}

static void sort(lua_State *L, int index) {
  lua_Integer n = luaL_len(L, index), i, j;
  for (i = 2; i <= n; i++) {
    for (j = i; j > 1; j--) {
      lua_geti(L, index, j - 1);
      lua_geti(L, index, j);
      if (lua_compare(L, -2, -1, LUA_OPLT)) {
        lua_pop(L, 2);
        break;
      }
      lua_seti(L, index, j - 1);
      lua_seti(L, index, j);
    }
  }
}

/***
Returns the names of the registered machine kinds, sorted.
@function kinds
@treturn {string,...}
*/
static int ln_core_kinds(lua_State *L) {
  int list, kinds;
  push_kinds(L);
  kinds = lua_gettop(L);
  lua_newtable(L);
  list = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, kinds)) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_seti(L, list, luaL_len(L, list) + 1);
  }
  sort(L, list);
  return 1;
}

/* Pushes "fake, sim". */
static const char *push_kind_names(lua_State *L) {
  luaL_Buffer b;
  lua_Integer i, n;
  int list;
  ln_core_kinds(L);
  list = lua_gettop(L);
  n = luaL_len(L, list);
  luaL_buffinit(L, &b);
  for (i = 1; i <= n; i++) {
    if (i > 1) {
      luaL_addstring(&b, ", ");
    }
    lua_geti(L, list, i);
    luaL_addvalue(&b);
  }
  luaL_pushresult(&b);
  return lua_tostring(L, -1);
}

static int unknown_kind(lua_State *L, const char *kind, const char *location) {
  NT_DECLARE_ERROR(err);
  const char *names = push_kind_names(L);
  nt_refuse(&err, NT_REASON_UNKNOWN_KIND, "there is no machine kind '%s'",
            kind);
  if (names[0] == '\0') {
    nt_hint(&err, "load a module that registers it first");
  } else {
    nt_hint(&err, "use one of: %s", names);
  }
  nt_error_name(&err, "connect", lua_pushfstring(L, "%s:%s", kind, location));
  return ln_pusherror(L, &err);
}

/***
Connects to a machine.
@function connect
@tparam string kind name of the machine kind: `"sim"`
@tparam[opt=""] string location what stands after the colon of `"sim:lab"`
@treturn ntvol.machine
@failure `"ERROR_NOT_SUPPORTED"` for an unknown kind; otherwise what the machine
 says
*/
static int ln_core_connect(lua_State *L) {
  NT_DECLARE_ERROR(err);
  const char *kind = ln_checkname(L, 1);
  const char *location = lua_isnoneornil(L, 2) ? "" : ln_checkname(L, 2);
  const struct ntvol_kind *known;
  struct ln_machine *m;
  nt_status status;
  push_kinds(L);
  lua_getfield(L, -1, kind);
  known = luaL_testudata(L, -1, NTVOL_KIND);
  if (known == NULL) {
    return unknown_kind(L, kind, location);
  }
  m = ln_newmachine(L);
  status = nt_connect(known->ops, location, &m->machine, &err);
  return nt_ok(status) ? 1 : ln_pusherror(L, &err);
}

static int kind_tostring(lua_State *L) {
  const struct ntvol_kind *kind = luaL_checkudata(L, 1, NTVOL_KIND);
  lua_pushfstring(L, "%s (%s)", NTVOL_KIND, kind->ops->kind);
  return ln_printable(L);
}

static const struct ln_method methods[] = {{NULL, NULL, NULL, NULL}};

static const luaL_Reg meta[] = {{"__tostring", kind_tostring}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"register", ln_core_register},
                                     {"kinds", ln_core_kinds},
                                     {"connect", ln_core_connect},
                                     {NULL, NULL}};

/* Where this computer is a machine of its own kind, the kind is registered from
 * the start. */
static void register_native(lua_State *L) {
  const struct nt_machine_ops *native = nt_native();
  if (native == NULL) {
    return;
  }
  lua_pushcfunction(L, ln_core_register);
  ntvol_pushkind(L, native);
  lua_call(L, 1, 0);
}

void ln_openkinds(lua_State *L) {
  ln_newclass(L, NTVOL_KIND, "a kind of machine", methods, meta);
  luaL_setfuncs(L, functions, 0);
  register_native(L);
}
