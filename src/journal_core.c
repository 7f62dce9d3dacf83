/***
The journal says what was done to which volume, when, by whom, and how it ended.
`ntvol.journal.open` makes an object of this class.

An operation is `"interrupted"` when its process died before the operation
ended.

@module ntvol.journal.core
*/
#include <string.h>

#include "lua_aux.h"
#include "lua_help.h"
#include "nt/journal/journal.h"

static const char closed_text[] = "attempt to use a closed journal";

/* ---- life ---------------------------------------------------------------- */

static struct ntvol_journal *to_journal(lua_State *L) {
  return luaL_checkudata(L, 1, NTVOL_JOURNAL);
}

static const char busy_text[] =
    "a format writes to this journal; use it when that is over";

/* A method calls this last, right before it uses the journal: whatever
 * allocates memory may run a finalizer of the user, and that may close the
 * journal. */
static struct nt_journal *journal_of(lua_State *L) {
  struct ntvol_journal *self = to_journal(L);
  if (self->journal == NULL) {
    luaL_error(L, "%s", closed_text);
  }
  if (self->busy > 0) {
    luaL_error(L, "%s", busy_text);
  }
  return self->journal;
}

static void close_journal(struct ntvol_journal *self) {
  struct nt_journal *journal = self->journal;
  self->journal = NULL;
  nt_journal_close(journal);
}

/***
Opens the journal in a folder. When the folder or the journal is not there, it
is made, and only its owner can read it.
@function open
@tparam ?string folder without it, the folder of the user's state is taken:
 `NTVOL_STATE`, else `$XDG_STATE_HOME/ntvol` or `~/.local/state/ntvol`, on
 Windows `%LOCALAPPDATA%\ntvol`; `":memory:"` is a new journal in memory, which
 is gone when it is closed
@treturn ntvol.journal
@failure
*/
static int ln_journal_open(lua_State *L) {
  const char *folder = lua_isnoneornil(L, 1) ? NULL : ln_checkname(L, 1);
  struct ntvol_journal *self;
  NT_DECLARE_ERROR(err);
  nt_status status;
  luaL_argcheck(L, folder == NULL || folder[0] != '\0', 1, "folder is empty");
  self = lua_newuserdatauv(L, sizeof *self, 0);
  memset(self, 0, sizeof *self);
  luaL_setmetatable(L, NTVOL_JOURNAL);
  self->ops = &nt_journal_ops;
  status = nt_journal_open(folder, &self->journal, &err);
  if (nt_ok(status)) {
    return 1;
  }
  self->journal = NULL;
  nt_error_name(&err, "open journal", folder != NULL ? folder : "of the user");
  return ln_pusherror(L, &err);
}

/***
Says whether there is a journal in a folder. It makes nothing.
@function exists
@tparam ?string folder that of the user's state unless given
@treturn boolean
*/
static int ln_journal_exists(lua_State *L) {
  const char *folder = lua_isnoneornil(L, 1) ? NULL : ln_checkname(L, 1);
  lua_pushboolean(L, nt_journal_exists(folder));
  return 1;
}

/***
Closes the journal. An operation that was begun and not finished counts as
interrupted from now on. Closing twice is harmless.
@function journal:close
@treturn true
@usage
local journal = assert(ntvol.journal.open())
assert(journal:close())
*/
static int ln_journal_close(lua_State *L) {
  struct ntvol_journal *self = to_journal(L);
  ln_noargs(L, 2, "close");
  if (self->busy > 0) {
    return luaL_error(L, "%s", busy_text);
  }
  close_journal(self);
  lua_pushboolean(L, 1);
  return 1;
}

static int journal_leave(lua_State *L) {
  struct ntvol_journal *self = to_journal(L);
  if (self->busy > 0) {
    return ln_closerefused(L, busy_text);
  }
  close_journal(self);
  return 0;
}

static int journal_tostring(lua_State *L) {
  const struct ntvol_journal *self = to_journal(L);
  lua_pushfstring(
      L, "%s (%s)", NTVOL_JOURNAL,
      self->journal != NULL ? nt_journal_path(self->journal) : "closed");
  return ln_printable(L);
}

/***
Returns the path of the database.
@function journal:path
@treturn string
@usage
local journal <close> = assert(ntvol.journal.open())
assert(journal:path():find "journal.db")
*/
static int ln_journal_path(lua_State *L) {
  journal_of(L);
  ln_noargs(L, 2, "path");
  lua_pushstring(L, nt_journal_path(journal_of(L)));
  return 1;
}

/* Pushes the failure of a method; its target is the operation or the
 * journal. */
static int refused(lua_State *L, const char *op, int64_t id,
                   struct nt_error *err) {
  char target[40] = "journal";
  if (id > 0) {
    nt_format_text(target, sizeof target, "operation %lld", (long long)id);
  }
  nt_error_name(err, op, target);
  return ln_pusherror(L, err);
}

/* ---- options ------------------------------------------------------------- */

/* Copies a text, and cuts it when it is longer than the journal keeps. */
static void copy_option(lua_State *L, const struct ln_options *o,
                        const char *field, char *buf, size_t cap) {
  const char *value = ln_optionstring(L, o, field);
  nt_copy(buf, cap, value);
  lua_pop(L, 1);
}

static int64_t time_option(lua_State *L, const struct ln_options *o,
                           const char *field) {
  lua_Number seconds = 0;
  int type = ln_optionvalue(L, o, field);
  if (type == LUA_TNUMBER) {
    seconds = lua_tonumber(L, -1);
  } else if (type != LUA_TNIL) {
    ln_optionerror(L, o, field, "must be a number, got %s",
                   luaL_typename(L, -1));
  }
  lua_pop(L, 1);
  if (!(seconds >= 0 && seconds < 253402300799.0)) { /* the year 9999 */
    ln_optionerror(L, o, field, "must be seconds since 1970");
  }
  return (int64_t)(seconds * 1e6 + 0.5);
}

static void read_extent(lua_State *L, int index, struct nt_extent *extent) {
  struct ln_options o = {2, index, "identity.extents[]."};
  extent->disk = (uint32_t)ln_optioninteger(L, &o, "disk", 0, UINT32_MAX, 0);
  extent->offset =
      (uint64_t)ln_optioninteger(L, &o, "offset", 0, LUA_MAXINTEGER, 0);
  extent->length =
      (uint64_t)ln_optioninteger(L, &o, "length", 0, LUA_MAXINTEGER, 0);
}

/* The table of extents is on top of the stack. */
static void read_extents(lua_State *L, struct nt_identity *identity) {
  int table = lua_gettop(L);
  lua_Integer count = (lua_Integer)lua_rawlen(L, table), i;
  for (i = 1; i <= count && identity->extent_count < NT_MAX_EXTENTS; i++) {
    if (lua_rawgeti(L, table, i) != LUA_TTABLE) {
      luaL_argerror(L, 2, "option 'identity.extents' must be a list of tables");
    }
    read_extent(L, lua_gettop(L), &identity->extents[identity->extent_count++]);
    lua_pop(L, 1);
  }
}

/* Reads an identity as volume:identity() returns it. The caller may add fields
 * of its own, which the journal does not keep. */
static void read_identity(lua_State *L, const struct ln_options *from,
                          struct nt_identity *identity) {
  struct ln_options o = {2, 0, "identity."};
  int type = ln_optionvalue(L, from, "identity");
  if (type == LUA_TNIL) {
    lua_pop(L, 1);
    return;
  }
  if (type != LUA_TTABLE) {
    ln_optionerror(L, from, "identity", "must be a table, got %s",
                   luaL_typename(L, -1));
  }
  o.table = lua_gettop(L);
  copy_option(L, &o, "guid_path", identity->guid_path,
              sizeof identity->guid_path);
  copy_option(L, &o, "serial", identity->serial, sizeof identity->serial);
  copy_option(L, &o, "file_system", identity->file_system,
              sizeof identity->file_system);
  identity->size =
      (uint64_t)ln_optioninteger(L, &o, "size", 0, LUA_MAXINTEGER, 0);
  type = ln_optionvalue(L, &o, "extents");
  if (type == LUA_TTABLE) {
    read_extents(L, identity);
  } else if (type != LUA_TNIL) {
    ln_optionerror(L, &o, "extents", "must be a list of tables, got %s",
                   luaL_typename(L, -1));
  }
  lua_settop(L, o.table - 1);
}

/* ---- writing ------------------------------------------------------------- */

/* An operation is large, so it lives in a userdata and not on the C stack. */
static struct nt_operation *push_operation(lua_State *L) {
  struct nt_operation *operation = lua_newuserdatauv(L, sizeof *operation, 0);
  memset(operation, 0, sizeof *operation);
  return operation;
}

/***
Begins an operation and returns its number. When `begin`, `step` or `finish` has
returned success, its note is on the disk.
@function journal:begin
@tparam ntvol.journal_about about `plan` (what it is), and optional: `target`,
 `machine`, `identity` (as `volume:identity` returns it), `command` (options,
 as a text), `parent` (the number of the operation that it is a part of)
@treturn integer
@failure
@raise for an unknown option
@usage
local journal <close> = assert(ntvol.journal.open())
local id = assert(journal:begin { plan = "backup", target = "D:" })
assert(journal:step(id, 1, { name = "copy", outcome = "done" }))
assert(journal:finish(id, "committed"))
*/
static int ln_journal_begin(lua_State *L) {
  static const char *const names[] = {
      "plan", "target", "machine", "identity", "command", "parent", NULL};
  struct ln_options o = {2, 2, ""};
  NT_DECLARE_ERROR(err);
  struct nt_operation *about;
  int64_t id = 0;
  nt_status status;
  journal_of(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  ln_optionnames(L, &o, names);
  about = push_operation(L);
  copy_option(L, &o, "plan", about->plan, sizeof about->plan);
  if (about->plan[0] == '\0') {
    ln_optionerror(L, &o, "plan", "is missing; say what is done");
  }
  copy_option(L, &o, "target", about->target, sizeof about->target);
  copy_option(L, &o, "machine", about->machine, sizeof about->machine);
  copy_option(L, &o, "command", about->command, sizeof about->command);
  about->parent = ln_optioninteger(L, &o, "parent", 0, LUA_MAXINTEGER, 0);
  read_identity(L, &o, &about->identity);
  status = nt_journal_begin(journal_of(L), about, &id, &err);
  if (!nt_ok(status)) {
    return refused(L, "begin", 0, &err);
  }
  lua_pushinteger(L, id);
  return 1;
}

/***
Notes a step of an operation that runs. The same step can be noted again, to add
what is known by now; fields that are not given stay as they are.
@function journal:step
@tparam integer id of the operation
@tparam integer number of the step, from 1
@tparam ntvol.journal_step step `name`, `target`, `outcome`, `message`,
 `started`, `ended`, `undo_started`, `undo_ended` (seconds since 1970), `final`
 (it cannot be undone), all optional
@treturn true
@failure `"ERROR_FILE_NOT_FOUND"` when no such operation is under way
@raise for an unknown option
*/
static int ln_journal_step(lua_State *L) {
  static const char *const names[] = {
      "name",  "target",       "outcome",    "message", "started",
      "ended", "undo_started", "undo_ended", "final",   NULL};
  struct ln_options o = {4, 4, ""};
  NT_DECLARE_ERROR(err);
  struct nt_step *step;
  int64_t id;
  nt_status status;
  journal_of(L);
  id = ln_checkrange(L, 2, "operation", 1, LUA_MAXINTEGER);
  luaL_checktype(L, 4, LUA_TTABLE);
  lua_settop(L, 4);
  ln_optionnames(L, &o, names);
  step = lua_newuserdatauv(L, sizeof *step, 0);
  memset(step, 0, sizeof *step);
  step->number = ln_checkrange(L, 3, "step", 1, LUA_MAXINTEGER);
  copy_option(L, &o, "name", step->name, sizeof step->name);
  copy_option(L, &o, "target", step->target, sizeof step->target);
  copy_option(L, &o, "outcome", step->outcome, sizeof step->outcome);
  copy_option(L, &o, "message", step->message, sizeof step->message);
  step->started_us = time_option(L, &o, "started");
  step->ended_us = time_option(L, &o, "ended");
  step->undo_started_us = time_option(L, &o, "undo_started");
  step->undo_ended_us = time_option(L, &o, "undo_ended");
  step->final = ln_optionboolean(L, &o, "final", false);
  status = nt_journal_step(journal_of(L), id, step, &err);
  if (!nt_ok(status)) {
    return refused(L, "note a step of", id, &err);
  }
  lua_pushboolean(L, 1);
  return 1;
}

/***
Ends an operation that runs, or that was interrupted.
@function journal:finish
@tparam integer id
@tparam ntvol.journal_state state `"committed"`, `"failed"`, `"undone"`,
 `"partly undone"`, `"recovered"` or `"interrupted"`
@tparam[opt] string message
@treturn true
@failure `"ERROR_FILE_NOT_FOUND"` when no such operation is under way
@raise for another state
*/
static int ln_journal_finish(lua_State *L) {
  NT_DECLARE_ERROR(err);
  const char *state, *message;
  int64_t id;
  nt_status status;
  journal_of(L);
  id = ln_checkrange(L, 2, "operation", 1, LUA_MAXINTEGER);
  state = ln_checkname(L, 3);
  luaL_argcheck(
      L, nt_journal_is_final(state), 3,
      "state must be one of: committed, failed, undone, partly undone, "
      "recovered, interrupted");
  message = luaL_optstring(L, 4, NULL);
  status = nt_journal_finish(journal_of(L), id, state, message, &err);
  if (!nt_ok(status)) {
    return refused(L, "finish", id, &err);
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- reading ------------------------------------------------------------- */

static void set_text(lua_State *L, const char *field, const char *value) {
  if (value[0] != '\0') {
    ln_setstring(L, field, value);
  }
}

static void set_number(lua_State *L, const char *field, uint64_t value) {
  if (value != 0) {
    ln_setinteger(L, field, value);
  }
}

static void set_time(lua_State *L, const char *field, int64_t time_us) {
  if (time_us != 0) {
    lua_pushnumber(L, (lua_Number)time_us / 1e6);
    lua_setfield(L, -2, field);
  }
}

static void push_identity(lua_State *L, const struct nt_identity *identity) {
  uint32_t i;
  lua_createtable(L, 0, 5);
  set_text(L, "guid_path", identity->guid_path);
  set_text(L, "serial", identity->serial);
  set_text(L, "file_system", identity->file_system);
  set_number(L, "size", identity->size);
  lua_createtable(L, (int)identity->extent_count, 0);
  for (i = 0; i < identity->extent_count; i++) {
    lua_createtable(L, 0, 3);
    ln_setinteger(L, "disk", identity->extents[i].disk);
    ln_setinteger(L, "offset", identity->extents[i].offset);
    ln_setinteger(L, "length", identity->extents[i].length);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "extents");
}

static void push_entry(lua_State *L, const struct nt_operation *operation) {
  lua_createtable(L, 0, 16);
  ln_setinteger(L, "id", (uint64_t)operation->id);
  set_number(L, "parent", (uint64_t)operation->parent);
  ln_setstring(L, "plan", operation->plan);
  ln_setstring(L, "machine", operation->machine);
  ln_setstring(L, "target", operation->target);
  set_text(L, "command", operation->command);
  ln_setinteger(L, "pid", (uint64_t)operation->pid);
  ln_setstring(L, "program", operation->program);
  set_time(L, "started", operation->started_us);
  set_time(L, "ended", operation->ended_us);
  ln_setstring(L, "state", operation->state);
  set_text(L, "message", operation->message);
  set_number(L, "saved_bytes", operation->saved_bytes);
  set_number(L, "stored_bytes", operation->stored_bytes);
  if (operation->unsaved) {
    ln_setboolean(L, "unsaved", true);
  }
  set_number(L, "pieces", operation->pieces);
  if (operation->unchecked) {
    ln_setboolean(L, "unchecked", true);
  }
  push_identity(L, &operation->identity);
  lua_setfield(L, -2, "identity");
}

/***
Lists the operations, oldest first, without their steps. They are plain tables
(ntvol.journal_entry).
@function journal:entries
@treturn ntvol.journal_entry[] times are seconds since 1970
@failure
@usage
local journal <close> = assert(ntvol.journal.open())
for _, entry in ipairs(assert(journal:entries())) do
  print(entry.id, entry.plan, entry.target, entry.state)
end
*/
static int ln_journal_entries(lua_State *L) {
  NT_DECLARE_ERROR(err);
  struct nt_operation *operation;
  int64_t cursor = 0;
  nt_status status;
  journal_of(L);
  ln_noargs(L, 2, "entries");
  operation = push_operation(L);
  lua_newtable(L);
  while (nt_ok(status =
                   nt_journal_next(journal_of(L), &cursor, operation, &err))) {
    push_entry(L, operation);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? 1 : refused(L, "list", 0, &err);
}

static void push_step(lua_State *L, const struct nt_step *step) {
  lua_createtable(L, 0, 10);
  ln_setinteger(L, "number", (uint64_t)step->number);
  set_text(L, "name", step->name);
  set_text(L, "target", step->target);
  set_text(L, "outcome", step->outcome);
  set_text(L, "message", step->message);
  set_time(L, "started", step->started_us);
  set_time(L, "ended", step->ended_us);
  set_time(L, "undo_started", step->undo_started_us);
  set_time(L, "undo_ended", step->undo_ended_us);
  if (step->final) {
    ln_setboolean(L, "final", true);
  }
}

/* Adds `steps` to the entry on top of the stack. */
static nt_status add_steps(lua_State *L, int64_t id, struct nt_error *err) {
  struct nt_step *step = lua_newuserdatauv(L, sizeof *step, 0);
  int64_t cursor = 0;
  nt_status status;
  lua_newtable(L);
  while (memset(step, 0, sizeof *step),
         nt_ok(status = nt_journal_next_step(journal_of(L), id, &cursor, step,
                                             err))) {
    push_step(L, step);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
  lua_setfield(L, -3, "steps");
  lua_pop(L, 1);
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

/***
Returns one operation with its steps, as a plain table (ntvol.journal_entry).
@function journal:entry
@tparam integer id
@treturn ntvol.journal_entry
@failure `"ERROR_FILE_NOT_FOUND"` when there is none
@usage
local journal <close> = assert(ntvol.journal.open())
local id = assert(journal:begin { plan = "nothing" })
assert(journal:entry(id).state == "running")
assert(journal:finish(id, "committed"))
*/
static int ln_journal_entry(lua_State *L) {
  NT_DECLARE_ERROR(err);
  struct nt_operation *operation;
  int64_t id;
  nt_status status;
  journal_of(L);
  id = ln_checkrange(L, 2, "operation", 1, LUA_MAXINTEGER);
  operation = push_operation(L);
  status = nt_journal_find(journal_of(L), id, operation, &err);
  if (nt_ok(status)) {
    push_entry(L, operation);
    status = add_steps(L, id, &err);
  }
  return nt_ok(status) ? 1 : refused(L, "show", id, &err);
}

/* Adds a piece to the list on top of the stack. Memory may run out here. */
static int add_piece(lua_State *L) {
  const struct nt_piece *piece = lua_touserdata(L, 2);
  lua_createtable(L, 0, 4);
  ln_setinteger(L, "offset", piece->offset);
  ln_setinteger(L, "length", piece->length);
  ln_setboolean(L, "good", piece->problem == NULL);
  if (piece->problem != NULL) {
    ln_setstring(L, "problem", piece->problem);
  }
  lua_rawseti(L, 1, (lua_Integer)lua_rawlen(L, 1) + 1);
  return 0;
}

struct piece_list {
  lua_State *L;
  int table;
  bool full; /* memory ran out; no error may jump over the journal */
};

static void take_piece(void *ctx, const struct nt_piece *piece) {
  struct piece_list *list = ctx;
  if (list->full) {
    return;
  }
  lua_pushcfunction(list->L, add_piece);
  lua_pushvalue(list->L, list->table);
  lua_pushlightuserdata(list->L, (void *)(uintptr_t)piece);
  if (lua_pcall(list->L, 2, 0, 0) != LUA_OK) {
    lua_pop(list->L, 1);
    list->full = true;
  }
}

/***
Looks whether what an operation saved is good. The checksum of each piece must
be right, no piece may be missing, be there twice or overlap another, and the
pieces must be of the volume that the operation names. This reads all of the
data and changes nothing.
@function journal:check
@tparam integer id
@treturn ntvol.journal_checked `pieces` (a list of `{ offset, length, good,
 problem }`), `noted` (how many were saved), `good` (how many are good), and
 when anything is damaged `damaged`, a sentence that says what
@failure `"ERROR_FILE_NOT_FOUND"` when there is no such operation,
 `"ERROR_FILE_CORRUPT"` when the database cannot be read
@usage
local journal <close> = assert(ntvol.journal.open())
for _, entry in ipairs(assert(journal:entries())) do
  local found = assert(journal:check(entry.id))
  print(entry.id, found.good, found.damaged or "nothing is damaged")
end
*/
static int ln_journal_check(lua_State *L) {
  NT_DECLARE_ERROR(err);
  struct nt_saved_check found;
  struct piece_list list = {.L = L};
  struct ntvol_journal *self;
  struct nt_operation *operation;
  int64_t id;
  nt_status status;
  journal_of(L);
  id = ln_checkrange(L, 2, "operation", 1, LUA_MAXINTEGER);
  luaL_checkstack(L, 8, NULL);
  lua_createtable(L, 0, 4);
  lua_newtable(L);
  list.table = lua_gettop(L);
  operation = push_operation(L);
  status = nt_journal_find(journal_of(L), id, operation, &err);
  lua_pop(L, 1);
  if (!nt_ok(status)) {
    return refused(L, "check", id, &err);
  }
  self = to_journal(L);
  self->busy++; /* a finalizer must not close it meanwhile */
  status = nt_journal_check(self->journal, id, take_piece, &list, &found, &err);
  self->busy--;
  if (list.full) {
    nt_fail(&err, NT_STATUS_NO_MEMORY, NULL);
    return refused(L, "check", id, &err);
  }
  if (!nt_ok(status) && !nt_because_of(&err, NT_REASON_JOURNAL_DAMAGED)) {
    return refused(L, "check", id, &err);
  }
  lua_setfield(L, -2, "pieces");
  ln_setinteger(L, "noted", found.noted);
  ln_setinteger(L, "good", found.good);
  if (!nt_ok(status)) {
    ln_setstring(L, "damaged", err.detail);
  }
  return 1;
}

static bool has_option(lua_State *L, const struct ln_options *o,
                       const char *name) {
  bool has = ln_optionvalue(L, o, name) != LUA_TNIL;
  lua_pop(L, 1);
  return has;
}

/***
Forgets what is old. These are entries beyond the newest `keep`, and entries
that ended more than `days` ago. The saved bytes, which make an undo possible,
are forgotten beyond the newest `keep_saved` entries and when they are older
than `days_saved`. An operation that runs or was interrupted stays.

The newest saved bytes of each volume stay, too, as long as its machine is
there, unless `keep_saved` or `days_saved` is given.
@function journal:prune
@tparam[opt] ntvol.journal_limits policy `keep` (1000 unless given), `days`
 (366), `keep_saved` (20), `days_saved` (31)
@treturn {operations:integer,saved:integer} `{ operations, saved }`: how many
 entries, and how many entries' saved bytes were forgotten
@failure
@raise for an unknown option
@usage
local journal <close> = assert(ntvol.journal.open())
print(assert(journal:prune { days = 30 }).operations)
*/
static int ln_journal_prune(lua_State *L) {
  static const char *const names[] = {"keep", "days", "keep_saved",
                                      "days_saved", NULL};
  struct nt_journal_policy policy = nt_journal_default_policy;
  NT_DECLARE_ERROR(err);
  uint64_t operations = 0, saved = 0;
  nt_status status;
  journal_of(L);
  if (!lua_isnoneornil(L, 2)) {
    struct ln_options o = {2, 2, ""};
    int64_t *fields[] = {&policy.keep, &policy.days, &policy.keep_saved,
                         &policy.days_saved};
    size_t i;
    luaL_checktype(L, 2, LUA_TTABLE);
    ln_optionnames(L, &o, names);
    for (i = 0; names[i] != NULL; i++) {
      *fields[i] =
          ln_optioninteger(L, &o, names[i], 0, 1000000000 / 365, *fields[i]);
    }
    policy.spare_newest =
        !has_option(L, &o, "keep_saved") && !has_option(L, &o, "days_saved");
  }
  status = nt_journal_prune(journal_of(L), &policy, &operations, &saved, &err);
  if (!nt_ok(status)) {
    return refused(L, "prune", 0, &err);
  }
  lua_createtable(L, 0, 2);
  ln_setinteger(L, "operations", operations);
  ln_setinteger(L, "saved", saved);
  return 1;
}

/***
Lists the methods with one line each.
@function journal:help
@treturn string
*/
static int ln_journal_help(lua_State *L) {
  to_journal(L);
  ln_noargs(L, 2, "help");
  ln_pushhelp(L, NTVOL_JOURNAL);
  return 1;
}

static const struct ln_method methods[] = {
    {"begin", ln_journal_begin, HELP_JOURNAL_BEGIN},
    {"step", ln_journal_step, HELP_JOURNAL_STEP},
    {"finish", ln_journal_finish, HELP_JOURNAL_FINISH},
    {"entries", ln_journal_entries, HELP_JOURNAL_ENTRIES},
    {"entry", ln_journal_entry, HELP_JOURNAL_ENTRY},
    {"check", ln_journal_check, HELP_JOURNAL_CHECK},
    {"prune", ln_journal_prune, HELP_JOURNAL_PRUNE},
    {"path", ln_journal_path, HELP_JOURNAL_PATH},
    {"close", ln_journal_close, HELP_JOURNAL_CLOSE},
    {"help", ln_journal_help, HELP_JOURNAL_HELP},
    {NULL, NULL, NULL, NULL}};

static const luaL_Reg meta[] = {{"__close", journal_leave},
                                {"__gc", journal_leave},
                                {"__tostring", journal_tostring},
                                {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"open", ln_journal_open}, {"exists", ln_journal_exists}, {NULL, NULL}};

int luaopen_ntvol_journal_core(lua_State *L) {
  luaL_checkversion(L);
  ln_newclass(L, NTVOL_JOURNAL, "what was done, and how it ended", methods,
              meta);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  return 1;
}
