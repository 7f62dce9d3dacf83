/***
The vocabulary: control codes, error codes and statuses as Lua tables.

@submodule ntvol.core
*/
#include "lua_aux.h"
#include "lua_core.h"
#include "nt/codes.h"
#include "nt/events.h"

/***
Control codes by name: `codes.FSCTL_LOCK_VOLUME == 0x90018`.
@table codes
*/
static void push_codes(lua_State *L) {
  const struct nt_code_row *row;
  size_t i;
  lua_newtable(L);
  for (i = 0; (row = nt_code_at(i)) != NULL; i++) {
    ln_setinteger(L, row->name, row->code);
  }
}

/***
NTSTATUS values by name: `statuses.STATUS_ACCESS_DENIED == 0xC0000022`.
@table statuses
*/
static void push_statuses(lua_State *L) {
  const struct nt_status_row *row;
  size_t i;
  lua_newtable(L);
  for (i = 0; (row = nt_status_at(i)) != NULL; i++) {
    ln_setinteger(L, row->name, row->value);
  }
}

/***
Everything about each status, by name: `status_info.STATUS_ACCESS_DENIED` is `{
name, value, code = "ERROR_ACCESS_DENIED", win32 = 5, class = "permanent",
message = "access denied" }`.
@table status_info
*/
static void push_status_info(lua_State *L) {
  const struct nt_status_row *row;
  size_t i;
  lua_newtable(L);
  for (i = 0; (row = nt_status_at(i)) != NULL; i++) {
    lua_createtable(L, 0, 6);
    ln_setstring(L, "name", row->name);
    ln_setinteger(L, "value", row->value);
    ln_setstring(L, "code", row->win32_name);
    ln_setinteger(L, "win32", row->win32);
    ln_setstring(L, "class", nt_class_name(row->cls));
    ln_setstring(L, "message", row->message);
    lua_setfield(L, -2, row->name);
  }
}

/* Pushes errors[row->win32_name], made from the first status that has it. */
static void push_error_entry(lua_State *L, const struct nt_status_row *row) {
  if (lua_getfield(L, -1, row->win32_name) != LUA_TNIL) {
    return;
  }
  lua_pop(L, 1);
  lua_createtable(L, 0, 4);
  ln_setinteger(L, "win32", row->win32);
  ln_setstring(L, "class", nt_class_name(row->cls));
  ln_setstring(L, "message", row->message);
  lua_newtable(L);
  lua_setfield(L, -2, "statuses");
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, row->win32_name);
}

/***
Error codes by name: `errors.ERROR_ACCESS_DENIED` is `{ win32 = 5, statuses = {
"STATUS_ACCESS_DENIED", ... }, class = "permanent", message = "access denied"
}`. Class and message are those of the first status; a failure has its own class
and message in `info`.
@table errors
*/
static void push_errors(lua_State *L) {
  const struct nt_status_row *row;
  size_t i;
  lua_newtable(L);
  for (i = 0; (row = nt_status_at(i)) != NULL; i++) {
    push_error_entry(L, row);
    lua_getfield(L, -1, "statuses");
    lua_pushstring(L, row->name);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 2);
  }
}

/* Pushes a reason. Its texts are as they are in the table of reasons,
 * unchanged. */
static void push_reason(lua_State *L, const struct nt_reason_row *row) {
  int i;
  lua_createtable(L, 0, 6);
  ln_setstring(L, "reason", row->name);
  ln_setstring(L, "meaning", row->meaning);
  ln_setstring(L, "next", row->next);
  ln_setstring(L, "command", row->command != NULL ? row->command : row->next);
  ln_setstring(L, "class", nt_class_name(row->cls));
  lua_newtable(L);
  for (i = 0; i < NT_REASON_STATUSES && row->statuses[i] != 0; i++) {
    lua_pushstring(L, nt_status_find(row->statuses[i])->name);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "statuses");
}

/***
The reasons of refusals, a list in the order of their names: `{ reason =
"in_use", meaning, next, command, class, statuses }`. `next` says what to do
next in Lua, `command` on the command line; `{}` in them stands for the object.
@table reasons
*/
static void push_reasons(lua_State *L) {
  const struct nt_reason_row *row;
  int i;
  lua_newtable(L);
  for (i = 1; (row = nt_reason_at((enum nt_reason)i)) != NULL; i++) {
    push_reason(L, row);
    lua_rawseti(L, -2, i);
  }
}

/***
The notifications of volumes by name: `events.LOCK` is `{ code = 3, guid =
"50708874-c9af-11d1-8fef-00a0c9a06d32" }`, which are its FSRTL_VOLUME_* code and
its GUID_IO_VOLUME_*. Some events have no code.
@table events
*/
static void push_events(lua_State *L) {
  const struct nt_event_row *row;
  size_t i;
  lua_newtable(L);
  for (i = 0; (row = nt_event_at(i)) != NULL; i++) {
    lua_createtable(L, 0, 2);
    if (row->code != 0) {
      ln_setinteger(L, "code", row->code);
    }
    ln_setstring(L, "guid", row->guid);
    lua_setfield(L, -2, row->name);
  }
}

/***
Makes a control code from its parts: device << 16 | access << 14 | function << 2
| method.
@function ctl_code
@tparam integer device 0 to 0xFFFF
@tparam integer func 0 to 0xFFF
@tparam integer method 0 buffered, 1 in-direct, 2 out-direct, 3 neither
@tparam integer access 0 any, 1 read, 2 write, 3 both
@treturn integer
@raise for a part that is out of range
@usage assert(ntvol.ctl_code(9, 6, 0, 0) == ntvol.codes.FSCTL_LOCK_VOLUME)
*/
static int ln_core_ctl_code(lua_State *L) {
  uint32_t device = (uint32_t)ln_checkrange(L, 1, "device", 0, 0xFFFF);
  uint32_t function = (uint32_t)ln_checkrange(L, 2, "function", 0, 0xFFF);
  uint32_t method = (uint32_t)ln_checkrange(L, 3, "method", 0, 3);
  uint32_t access = (uint32_t)ln_checkrange(L, 4, "access", 0, 3);
  lua_pushinteger(L, NT_CTL_CODE(device, function, method, access));
  return 1;
}

void ln_openvocabulary(lua_State *L) {
  push_codes(L);
  lua_setfield(L, -2, "codes");
  push_statuses(L);
  lua_setfield(L, -2, "statuses");
  push_status_info(L);
  lua_setfield(L, -2, "status_info");
  push_errors(L);
  lua_setfield(L, -2, "errors");
  push_reasons(L);
  lua_setfield(L, -2, "reasons");
  push_events(L);
  lua_setfield(L, -2, "events");
  lua_pushcfunction(L, ln_core_ctl_code);
  lua_setfield(L, -2, "ctl_code");
}
