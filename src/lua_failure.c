/*
 * Turns failures, struct nt_error, into the four values nil, message, code,
 * info. Failures that Lua code makes or adds to are turned back into struct
 * nt_error.
 */
#include "lua_aux.h"

#include <string.h>

/* Every byte of an error may become an escape of four. */
#define MESSAGE_MAX 40960

static const char *native_name(enum nt_native_kind kind) {
  switch (kind) {
    case NT_NATIVE_ERRNO:
      return "errno";
    case NT_NATIVE_WIN32:
      return "win32";
    case NT_NATIVE_NTSTATUS:
      return "ntstatus";
    case NT_NATIVE_SQLITE:
      return "sqlite";
    case NT_NATIVE_EXIT:
      return "exit";
    case NT_NATIVE_NONE:
      break;
  }
  return NULL;
}

static void set_native(lua_State *L, const struct nt_error *err) {
  const char *kind = native_name(err->native_kind);
  if (kind == NULL) {
    return;
  }
  lua_createtable(L, 0, 2);
  ln_setstring(L, "kind", kind);
  ln_setinteger(L, "number", (uint64_t)err->native);
  lua_setfield(L, -2, "native");
}

static void set_optional(lua_State *L, const char *field, const char *value) {
  if (value != NULL && value[0] != '\0') {
    ln_setstring(L, field, value);
  }
}

void ln_pushholder(lua_State *L, const struct nt_holder *holder) {
  lua_createtable(L, 0, 7);
  ln_setinteger(L, "pid", (uint64_t)holder->pid);
  ln_setboolean(L, "self", holder->self);
  ln_setstring(L, "name", holder->program);
  ln_setstring(L, "how", holder->how);
  set_optional(L, "path", holder->path);
  set_optional(L, "node", holder->node);
  if (holder->start_us != 0) {
    lua_pushnumber(L, (lua_Number)holder->start_us / 1e6);
    lua_setfield(L, -2, "start_time");
  }
}

/* The fields are in the metatable of the list and not in the list itself, so
 * that for pairs() and JSON it is nothing but a list. */
void ln_endholders(lua_State *L, const char *missing) {
  lua_createtable(L, 0, 1);
  lua_createtable(L, 0, 2);
  ln_setboolean(L, "complete", missing == NULL);
  set_optional(L, "missing", missing);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

static void set_holders(lua_State *L, const struct nt_error *err) {
  const char *missing = err->holders_missing;
  const uint32_t count = err->holders_kept;
  uint32_t i;
  if (!err->holders_known && err->holder_count == 0) {
    return;
  }
  if (err->holder_count > count && missing == NULL) {
    missing = "there are more than the list holds";
  }
  lua_createtable(L, (int)count, 0);
  for (i = 0; i < count; i++) {
    ln_pushholder(L, &err->holders[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  ln_endholders(L, missing);
  lua_setfield(L, -2, "holders");
  ln_setboolean(L, "holders_complete", missing == NULL);
  if (missing != NULL) {
    ln_setstring(L, "holders_missing", missing);
  }
}

/* Sets the one that refused a removal. */
static void set_veto(lua_State *L, const struct nt_error *err) {
  if (err->veto_type == NULL) {
    return;
  }
  lua_createtable(L, 0, 2);
  ln_setstring(L, "type", err->veto_type);
  ln_setstring(L, "name", err->veto_name);
  lua_setfield(L, -2, "veto");
}

/* Sets a sentence for people, in the same form as in the message. */
static void set_words(lua_State *L, const char *field, const char *words) {
  if (words[0] != '\0') {
    lua_pushstring(L, words);
    ln_printable(L);
    lua_setfield(L, -3, field);
    lua_pop(L, 1);
  }
}

/* Sets what to do next. For some failures the command line has words of its
 * own. */
static void set_next(lua_State *L, const struct nt_error *err) {
  char hint[sizeof err->hint], command[sizeof err->command];
  nt_error_next(err, NT_LANGUAGE_LUA, hint, sizeof hint);
  nt_error_next(err, NT_LANGUAGE_COMMAND, command, sizeof command);
  set_words(L, "hint", hint);
  if (strcmp(hint, command) != 0) {
    set_words(L, "hint_command", command);
  }
}

static void push_info(lua_State *L, const struct nt_error *err) {
  char name[32];
  lua_createtable(L, 0, 14);
  ln_setstring(L, "op", err->op);
  ln_setstring(L, "target", err->target);
  ln_setinteger(L, "status", err->status);
  ln_setstring(L, "status_name",
               nt_status_text(err->status, name, sizeof name));
  ln_setinteger(L, "win32", nt_status_to_win32(err->status));
  ln_setstring(L, "class", nt_class_name(nt_error_class(err)));
  set_optional(L, "reason", err->reason);
  set_words(L, "detail", err->detail);
  set_next(L, err);
  set_optional(L, "outcome", err->outcome);
  set_native(L, err);
  set_holders(L, err);
  set_veto(L, err);
}

int ln_pusherror(lua_State *L, const struct nt_error *err) {
  char message[MESSAGE_MAX];
  char code[32];
  luaL_checkstack(L, 16, "no room for an error");
  lua_pushnil(L);
  nt_error_format(err, message, sizeof message);
  lua_pushstring(L, message);
  lua_pushstring(L, nt_error_code(err, code, sizeof code));
  push_info(L, err);
  return 4;
}

int ln_result(lua_State *L, nt_status status, const struct nt_error *err) {
  if (!nt_ok(status)) {
    return ln_pusherror(L, err);
  }
  lua_pushboolean(L, 1);
  return 1;
}

void ln_warn(lua_State *L, const struct nt_error *err) {
  char message[MESSAGE_MAX];
  nt_error_format(err, message, sizeof message);
  lua_warning(L, "ntvol: ", 1);
  lua_warning(L, message, 0);
}

int ln_closerefused(lua_State *L, const char *message) {
  if (lua_isnoneornil(L, 2)) {
    return luaL_error(L, "%s", message);
  }
  lua_warning(L, "ntvol: ", 1);
  ln_warntext(L, message, false);
  return 0;
}

int ln_closefailed(lua_State *L, const struct nt_error *err) {
  char message[MESSAGE_MAX];
  nt_error_format(err, message, sizeof message);
  return ln_closerefused(L, message);
}

/* ---- made in Lua ----------------------------------------------------------
 */

static const char *text_field(lua_State *L, int index, const char *field) {
  lua_getfield(L, index, field);
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  lua_pop(L, 1); /* the table keeps it */
  return text;
}

static int64_t number_field(lua_State *L, int index, const char *field) {
  lua_getfield(L, index, field);
  int64_t number = (int64_t)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return number;
}

static enum nt_class class_field(lua_State *L, int index) {
  const char *name = text_field(L, index, "class");
  int cls;
  for (cls = NT_CLASS_NONE; cls <= NT_CLASS_USAGE; cls++) {
    if (strcmp(nt_class_name((enum nt_class)cls), name) == 0) {
      return (enum nt_class)cls;
    }
  }
  return NT_CLASS_NONE;
}

static void read_holders(lua_State *L, int index, struct nt_error *err) {
  lua_Integer i;
  lua_getfield(L, index, "holders");
  for (i = 1; lua_istable(L, -1) && lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
    struct nt_holder holder = {0};
    int row = lua_gettop(L);
    holder.pid = number_field(L, row, "pid");
    lua_getfield(L, row, "self");
    holder.self = lua_toboolean(L, -1);
    lua_settop(L, row);
    nt_copy(holder.program, sizeof holder.program, text_field(L, row, "name"));
    nt_copy(holder.how, sizeof holder.how, text_field(L, row, "how"));
    nt_copy(holder.path, sizeof holder.path, text_field(L, row, "path"));
    nt_copy(holder.node, sizeof holder.node, text_field(L, row, "node"));
    nt_add_holder_row(err, &holder);
    lua_settop(L, row - 1);
  }
}

/* Reads the details of a failure, as push_info() wrote them. The table at
 * `index` keeps the strings alive. */
static void read_info(lua_State *L, int index, struct nt_error *err) {
  int top = lua_gettop(L);
  const char *missing = text_field(L, index, "holders_missing");
  const char *reason = text_field(L, index, "reason");
  const char *outcome = text_field(L, index, "outcome");
  err->status = (nt_status)number_field(L, index, "status");
  err->cls = class_field(L, index);
  err->reason = reason[0] != '\0' ? reason : NULL;
  err->outcome = outcome[0] != '\0' ? outcome : NULL;
  nt_copy(err->op, sizeof err->op, text_field(L, index, "op"));
  nt_copy(err->target, sizeof err->target, text_field(L, index, "target"));
  nt_copy(err->detail, sizeof err->detail, text_field(L, index, "detail"));
  nt_copy(err->hint, sizeof err->hint, text_field(L, index, "hint"));
  nt_copy(err->command, sizeof err->command,
          text_field(L, index, "hint_command"));
  err->holders_missing = missing[0] != '\0' ? missing : NULL;
  read_holders(L, index, err);
  lua_settop(L, top);
}

static nt_status checked_status(lua_State *L, const char *name) {
  const struct nt_status_row *row;
  size_t i;
  for (i = 0; (row = nt_status_at(i)) != NULL; i++) {
    if (strcmp(row->name, name) == 0) {
      return row->value;
    }
  }
  return (nt_status)luaL_error(L, "unknown status '%s'", name);
}

/***
Makes a failure, in the same words as the core.
@function fail
@tparam table fields `op`, `target`; `reason`, a name of `reasons`, or `status`,
 a name of `statuses`, or both; and optional: `class`, `detail`, `hint`,
 `hint_command`, `outcome`
@treturn nil
@treturn string message
@treturn string code
@treturn table info
@raise for a reason or a status that does not exist
*/
int ln_core_fail(lua_State *L) {
  NT_DECLARE_ERROR(err);
  luaL_checktype(L, 1, LUA_TTABLE);
  read_info(L, 1, &err);
  const struct nt_reason_row *row = nt_reason_find(err.reason);
  const char *status = text_field(L, 1, "status");
  if (err.reason != NULL && row == NULL) {
    return luaL_error(L, "unknown reason '%s'", err.reason);
  }
  if (status[0] != '\0' || row == NULL) {
    err.status = checked_status(L, status);
  } else {
    err.status = row->statuses[0];
  }
  if (row != NULL && err.cls == NT_CLASS_NONE) {
    err.cls = row->cls;
  }
  return ln_pusherror(L, &err);
}

/***
Returns the message of a failure, made anew from its details.
@function message
@tparam table info
@tparam[opt=false] boolean cause true: only what happened, without operation and
 object, next step and codes
@treturn string
*/
int ln_core_message(lua_State *L) {
  char message[MESSAGE_MAX];
  NT_DECLARE_ERROR(err);
  luaL_checktype(L, 1, LUA_TTABLE);
  read_info(L, 1, &err);
  if (lua_toboolean(L, 2)) {
    nt_error_cause(&err, message, sizeof message);
  } else {
    nt_error_format(&err, message, sizeof message);
  }
  lua_pushstring(L, message);
  return 1;
}
