/*
 * What every file of the binding uses: errors, argument checking, option
 * tables, classes. This header knows none of our classes, so that other modules
 * of this tree can be linked with it, too.
 *
 * Only files that see lua_State include this header.
 */
#ifndef LN_LUA_AUX_H
#define LN_LUA_AUX_H

#include "nt/error.h"
#include "ntvol.h"

/* ---- classes ------------------------------------------------------------- */

/* One method, and its line in help(). An array of methods ends with a NULL
 * name. */
struct ln_method {
  const char *name;
  lua_CFunction func;
  const char *args; /* "(offset, length)"; it and `help` are from lua_help.h */
  const char *help; /* one sentence */
};

/* Makes the metatable of a class. Its methods are in a table of their own, and
 * its help text is made from the same array. The stack is left as it was. */
void ln_newclass(lua_State *L, const char *name, const char *about,
                 const struct ln_method *methods, const luaL_Reg *meta);

/* Pushes the help text of a class. Returns false, and pushes nothing, when
 * there is no such class. */
bool ln_pushhelp(lua_State *L, const char *name);

/* ---- what people see ----------------------------------------------------- */

/* Pushes the string at `index` in the form in which it may be shown: see
 * nt/text.h. With `lines`, line ends and tabs stay as they are. */
void ln_pushprintable(lua_State *L, int index, bool lines);

/* Does the same for the string on top of the stack, on one line. Returns 1, as
 * __tostring has to. */
int ln_printable(lua_State *L);

/* Writes a piece of a warning. This allocates nothing. */
void ln_warntext(lua_State *L, const char *text, bool goes_on);

/* ---- failures ------------------------------------------------------------ */

/* Pushes nil, message, code, info; returns 4. */
int ln_pusherror(lua_State *L, const struct nt_error *err);

/* Pushes a holder as a table. */
void ln_pushholder(lua_State *L, const struct nt_holder *holder);

/* Ends the list of holders on top of the stack. `missing` says why the list is
 * not complete; it is NULL when the list is complete. */
void ln_endholders(lua_State *L, const char *missing);

/* Says whether a finalizer was called by hand and not by the collector. When it
 * is called by hand, it must not free what is in use. The collector calls it
 * for something in use only when the whole state is closed, and then the code
 * that uses it never goes on. */
bool ln_byhand(lua_State *L);

/* Is called between two waits: it lets the hook run by which Ctrl-C ends a
 * program. */
void ln_lethookrun(lua_State *L);

/* The functions `fail` and `message` of the core, for failures that Lua code
 * makes. */
int ln_core_fail(lua_State *L);
int ln_core_message(lua_State *L);

/* Pushes true, or the four values of a failure. */
int ln_result(lua_State *L, nt_status status, const struct nt_error *err);

/* Reports a failure where nobody takes results: in `__close`, which has its
 * error value at index 2. When that value is nil, this raises the failure.
 * Otherwise it warns, because raising would replace the error that is under
 * way. */
int ln_closefailed(lua_State *L, const struct nt_error *err);

/* Does the same for a reason of our own. */
int ln_closerefused(lua_State *L, const char *message);

/* Warns about a failure. This allocates nothing, so finalizers may call it. */
void ln_warn(lua_State *L, const struct nt_error *err);

/* ---- arguments ----------------------------------------------------------- */

/* Raises an error when argument `arg` or one behind it is not nil. */
void ln_noargs(lua_State *L, int arg, const char *verb);

/* Does the same for a method that makes one attempt, where the module ntvol
 * puts a method over it that can wait. A table of options asks for that: the
 * error says that ntvol must be required first. */
void ln_nowaiting(lua_State *L, int arg, const char *verb);

/* A string without zero bytes. Numbers are not accepted. */
const char *ln_checkname(lua_State *L, int arg);

/* An offset: bytes from the start. This raises an error for a negative one, and
 * for one that is not a multiple of `sector_size` when that is more than 1. */
uint64_t ln_checkoffset(lua_State *L, int arg, uint32_t sector_size);

/* Refuses a transfer of `length` bytes (argument `arg`, called `what`) at
 * `offset` when it covers only part of a sector, or goes past the largest
 * offset. */
void ln_checkspan(lua_State *L, int arg, const char *what, uint64_t offset,
                  uint64_t length, uint32_t sector_size);

/* A number of bytes to read at `offset`: ln_checkspan accepts it, and it is not
 * more than 1 GiB. */
size_t ln_checklength(lua_State *L, int arg, uint64_t offset,
                      uint32_t sector_size);

/* An integer from `min` to `max`; `what` names it. */
lua_Integer ln_checkrange(lua_State *L, int arg, const char *what,
                          lua_Integer min, lua_Integer max);

/* ---- names of values ----------------------------------------------------- */

/* One name and its value. A list of these ends with a NULL name. */
struct ln_enum {
  const char *name;
  uint32_t value;
};

const struct ln_enum *ln_findenum(const struct ln_enum *list, const char *name);

/* Pushes "open, open_if, create". */
void ln_pushenum(lua_State *L, const struct ln_enum *list);

/* ---- option tables ------------------------------------------------------- */

/* A table of named options while it is read. Its metamethods are not called. */
struct ln_options {
  int arg;            /* the argument that errors name */
  int table;          /* absolute stack index */
  const char *prefix; /* before a field's name in errors: "disks[1]." */
};

/* Raises an error for a field that is not in `names` (which ends with NULL).
 * The error lists the names that are. */
void ln_optionnames(lua_State *L, const struct ln_options *options,
                    const char *const *names);

/* Raises "option 'label' TEXT". TEXT is made as lua_pushfstring makes it. */
int ln_optionerror(lua_State *L, const struct ln_options *options,
                   const char *field, const char *fmt, ...);

/* Pushes the value of a field and returns its type. */
int ln_optionvalue(lua_State *L, const struct ln_options *options,
                   const char *field);

/* Pushes the field and keeps it on the stack. That keeps the string alive: a
 * callback may change the table meanwhile. Returns NULL when the field is
 * absent. */
const char *ln_optionstring(lua_State *L, const struct ln_options *options,
                            const char *field);

bool ln_optionboolean(lua_State *L, const struct ln_options *options,
                      const char *field, bool otherwise);

/* Returns `otherwise` when the field is absent. A value that is given must be
 * from `min` to `max`. */
lua_Integer ln_optioninteger(lua_State *L, const struct ln_options *options,
                             const char *field, lua_Integer min,
                             lua_Integer max, lua_Integer otherwise);

/* ---- tables -------------------------------------------------------------- */

/* table.field = value, for the table on top of the stack. */
void ln_setstring(lua_State *L, const char *field, const char *value);
void ln_setinteger(lua_State *L, const char *field, uint64_t value);
void ln_setboolean(lua_State *L, const char *field, bool value);

#endif
