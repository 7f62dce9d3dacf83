/*
 * What every file of the binding uses: errors, argument checking, option
 * tables, classes. Knows no class of ours, so that other modules of this tree
 * can link it too.
 *
 * Only files that see lua_State include this header.
 */
#ifndef LN_LUA_AUX_H
#define LN_LUA_AUX_H

#include "nt/error.h"
#include "ntvol.h"

/* ---- classes ------------------------------------------------------------- */

/* One method, and its line in help(). An array ends with a NULL name. */
struct ln_method {
  const char *name;
  lua_CFunction func;
  const char *args; /* "(offset, length)", as the next of lua_help.h */
  const char *help; /* one sentence */
};

/* Makes the metatable of a class: methods in a table of their own, the help
 * text from the same array. Leaves the stack as it was. */
void ln_newclass(lua_State *L, const char *name, const char *about,
                 const struct ln_method *methods, const luaL_Reg *meta);

/* Pushes the help text of a class; false (and nothing pushed) when there is
 * no such class. */
bool ln_pushhelp(lua_State *L, const char *name);

/* ---- what people see ----------------------------------------------------- */

/* Pushes the string at `index` as it may be shown: see nt/text.h. `lines`: line
 * ends and tabs stay. */
void ln_pushprintable(lua_State *L, int index, bool lines);

/* The same for the string on top, on one line; returns 1, for __tostring. */
int ln_printable(lua_State *L);

/* A piece of a warning. Allocates nothing. */
void ln_warntext(lua_State *L, const char *text, bool goes_on);

/* ---- failures ------------------------------------------------------------ */

/* Pushes nil, message, code, info; returns 4. */
int ln_pusherror(lua_State *L, const struct nt_error *err);

/* Pushes a holder as a table. */
void ln_pushholder(lua_State *L, const struct nt_holder *holder);

/* Ends the list of holders on top of the stack; NULL: it is complete. */
void ln_endholders(lua_State *L, const char *missing);

/* Whether a finalizer was called by hand and not by the collector. By hand it
 * must not free what is in use; the collector comes for that only when the
 * whole state is closed, and then what uses it never goes on. */
bool ln_byhand(lua_State *L);

/* Between two waits: lets the hook run by which Ctrl-C ends a program. */
void ln_lethookrun(lua_State *L);

/* The functions `fail` and `message` of the core: failures that Lua makes. */
int ln_core_fail(lua_State *L);
int ln_core_message(lua_State *L);

/* Pushes true, or the four values of a failure. */
int ln_result(lua_State *L, nt_status status, const struct nt_error *err);

/* A failure where nobody takes results: `__close` with its error value at
 * index 2. Raises when that is nil; warns otherwise, because raising would
 * replace the error that is under way. */
int ln_closefailed(lua_State *L, const struct nt_error *err);

/* The same for a reason of our own. */
int ln_closerefused(lua_State *L, const char *message);

/* Warns about a failure. Allocates nothing, so finalizers may call it. */
void ln_warn(lua_State *L, const struct nt_error *err);

/* ---- arguments ----------------------------------------------------------- */

/* Raises when there is an argument that is not nil at `arg` or behind it. */
void ln_noargs(lua_State *L, int arg, const char *verb);

/* The same for a method that waits by options where Lua has put one over it:
 * raises for a table of options, too, and says what to require. */
void ln_nowaiting(lua_State *L, int arg, const char *verb);

/* A string without zero bytes; numbers are not taken. */
const char *ln_checkname(lua_State *L, int arg);

/* Bytes from the start. Raises for a negative one, and for one that is not a
 * multiple of `sector_size` where that is more than 1. */
uint64_t ln_checkoffset(lua_State *L, int arg, uint32_t sector_size);

/* Refuses a transfer of `length` bytes (argument `arg`, called `what`) at
 * `offset`: part of a sector, or past the largest offset. */
void ln_checkspan(lua_State *L, int arg, const char *what, uint64_t offset,
                  uint64_t length, uint32_t sector_size);

/* Bytes to read at `offset`, as ln_checkspan, and not more than 1 GiB. */
size_t ln_checklength(lua_State *L, int arg, uint64_t offset,
                      uint32_t sector_size);

/* An integer from `min` to `max`; `what` names it. */
lua_Integer ln_checkrange(lua_State *L, int arg, const char *what,
                          lua_Integer min, lua_Integer max);

/* ---- names of values ----------------------------------------------------- */

/* Ends with a NULL name. */
struct ln_enum {
  const char *name;
  uint32_t value;
};

const struct ln_enum *ln_findenum(const struct ln_enum *list, const char *name);

/* Pushes "open, open_if, create". */
void ln_pushenum(lua_State *L, const struct ln_enum *list);

/* ---- option tables ------------------------------------------------------- */

/* A table of named options while it is read. Metamethods are not called. */
struct ln_options {
  int arg;            /* the argument that errors name */
  int table;          /* absolute stack index */
  const char *prefix; /* before a field's name in errors: "disks[1]." */
};

/* Raises for a field that is not in `names` (which ends with NULL), and lists
 * the names that are. */
void ln_optionnames(lua_State *L, const struct ln_options *options,
                    const char *const *names);

/* Raises "option 'label' TEXT"; TEXT by lua_pushfstring. */
int ln_optionerror(lua_State *L, const struct ln_options *options,
                   const char *field, const char *fmt, ...);

/* Pushes the value of a field and returns its type. */
int ln_optionvalue(lua_State *L, const struct ln_options *options,
                   const char *field);

/* Pushes the field and keeps it on the stack, which keeps the string alive:
 * a callback may change the table meanwhile. NULL when absent. */
const char *ln_optionstring(lua_State *L, const struct ln_options *options,
                            const char *field);

bool ln_optionboolean(lua_State *L, const struct ln_options *options,
                      const char *field, bool otherwise);

/* `otherwise` when absent; what is given must be from `min` to `max`. */
lua_Integer ln_optioninteger(lua_State *L, const struct ln_options *options,
                             const char *field, lua_Integer min,
                             lua_Integer max, lua_Integer otherwise);

/* ---- tables -------------------------------------------------------------- */

/* table.field = value, for the table on top of the stack. */
void ln_setstring(lua_State *L, const char *field, const char *value);
void ln_setinteger(lua_State *L, const char *field, uint64_t value);
void ln_setboolean(lua_State *L, const char *field, bool value);

#endif
