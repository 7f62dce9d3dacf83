/***
The journal of a format, and taking a format back.

@submodule ntvol.core
*/
#include <string.h>

#include "lua_core.h"
#include "lua_object.h"
#include "lua_undo.h"
#include "nt/restore.h"

/* ---- which journal ------------------------------------------------------- */

/* Pushes the module ntvol.journal, or nil where it is not installed: a host may
 * bring nothing but the core. Any other error of loading the module is
 * raised. */
static void push_module(lua_State *L) {
  if (lua_getglobal(L, "require") != LUA_TFUNCTION) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return;
  }
  lua_pushliteral(L, "ntvol.journal");
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
    const char *message = lua_tostring(L, -1);
    if (message == NULL || strstr(message, "not found") == NULL) {
      lua_error(L);
    }
    lua_pop(L, 1);
    lua_pushnil(L);
  }
}

bool ln_pushjournal(lua_State *L, int volume,
                    const struct ln_options *options) {
  int type = ln_optionvalue(L, options, "journal");
  if (luaL_testudata(L, -1, NTVOL_JOURNAL) != NULL) {
    return true;
  }
  if (type == LUA_TBOOLEAN && !lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return true;
  }
  if (type != LUA_TNIL) {
    ln_optionerror(L, options, "journal", "must be a journal or false, got %s",
                   luaL_typename(L, -1));
  }
  lua_pop(L, 1);
  push_module(L);
  if (lua_isnil(L, -1)) {
    return true;
  }
  lua_getfield(L, -1, "_of");
  lua_remove(L, -2);
  lua_getiuservalue(L, volume, 1);
  lua_call(L, 1, 4);
  if (lua_isnil(L, -4)) {
    return false;
  }
  lua_pop(L, 3);
  if (luaL_testudata(L, -1, NTVOL_JOURNAL) == NULL) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  return true;
}

struct ntvol_journal *ln_usejournal(lua_State *L, int index,
                                    struct nt_keeper *keeper) {
  struct ntvol_journal *journal = luaL_checkudata(L, index, NTVOL_JOURNAL);
  if (journal->journal == NULL) {
    luaL_error(L, "attempt to use a closed journal");
  }
  if (journal->busy > 0) {
    luaL_error(L, "a format writes to this journal; use it when that is over");
  }
  keeper->journal = journal->journal;
  keeper->ops = journal->ops;
  return journal;
}

/* ---- taking back --------------------------------------------------------- */

static int push_restored(lua_State *L, const struct nt_restored *restored) {
  lua_pushinteger(L, (lua_Integer)restored->written);
  if (!restored->partly) {
    return 1;
  }
  lua_createtable(L, 0, 3);
  ln_setinteger(L, "pieces", restored->pieces);
  ln_setinteger(L, "good", restored->good);
  ln_setstring(L, "damaged", restored->damaged);
  return 2;
}

/***
Writes back what an operation overwrote. The volume must be the one that the
operation was on, and locked. The operation was interrupted, or it was committed
and its file system has not been used. With `check` this only says whether that
would be refused, and the lock is not needed.
@function take_back
@tparam ntvol.volume volume
@tparam ntvol.journal journal
@tparam integer id
@tparam ?boolean check
@tparam ?boolean good_only leave out what is damaged in the journal
@treturn integer bytes that were written
@treturn ?table when the volume is only partly restored: `pieces` (how many
 the journal noted), `good` (how many were written back), `damaged` (which bytes
 were not, as a text)
@failure reasons: `identity_changed`, `file_system_used`, `journal_damaged`,
 `verify`, `no_undo`
*/
int ln_core_take_back(lua_State *L) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  struct nt_keeper keeper;
  struct ntvol_journal *journal;
  NT_DECLARE_ERROR(err);
  struct nt_handle *handle;
  struct nt_restored restored = {0};
  lua_Integer id = ln_checkrange(L, 3, "operation", 1, LUA_MAXINTEGER);
  bool check = lua_toboolean(L, 4), good_only = lua_toboolean(L, 5);
  nt_status status;
  journal = ln_usejournal(L, 2, &keeper);
  handle = ln_handle(L, v);
  v->busy = true;
  journal->busy++;
  status = check
               ? nt_take_back_check(handle, &keeper, id, good_only, &err)
               : nt_take_back(handle, &keeper, id, good_only, &restored, &err);
  journal->busy--;
  v->busy = false;
  if (!nt_ok(status)) {
    nt_error_name(&err, "take back", handle->name);
    return ln_pusherror(L, &err);
  }
  return push_restored(L, &restored);
}
