/***
Formatting: options and progress of volume:format.

@submodule ntvol.volume
*/
#include "nt/format.h"

#include <string.h>

#include "lua_core.h"
#include "lua_methods.h"
#include "lua_undo.h"
#include "nt/label.h"
#include "nt/text.h"

/* ---- progress ------------------------------------------------------------ */

struct progress {
  lua_State *L;
  int callback; /* stack index of the Lua function */
  bool failed;  /* it raised; the error value is on top of the stack */
};

/* Is called from within nt_format, which must not be jumped over. So the
 * function runs protected, and its error waits on the stack until nt_format is
 * back. */
static bool report(void *ctx, uint64_t done, uint64_t total) {
  struct progress *p = ctx;
  lua_State *L = p->L;
  bool go_on;
  if (p->failed) {
    return false;
  }
  lua_pushvalue(L, p->callback);
  lua_pushinteger(L, (lua_Integer)done);
  lua_pushinteger(L, (lua_Integer)total);
  if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
    p->failed = true;
    return false;
  }
  go_on = !lua_isboolean(L, -1) || lua_toboolean(L, -1);
  lua_pop(L, 1);
  return go_on;
}

/* ---- options ------------------------------------------------------------- */

static void push_file_systems(lua_State *L) {
  luaL_Buffer b;
  const char *name;
  size_t i;
  luaL_buffinit(L, &b);
  for (i = 0; (name = nt_format_fs_at(i)) != NULL; i++) {
    if (i > 0) {
      luaL_addstring(&b, ", ");
    }
    luaL_addstring(&b, name);
  }
  luaL_pushresult(&b);
}

static void check_fs(lua_State *L, const struct ln_options *o, const char *fs) {
  const char *name;
  size_t i;
  for (i = 0; fs != NULL && (name = nt_format_fs_at(i)) != NULL; i++) {
    if (strcmp(name, fs) == 0) {
      return;
    }
  }
  push_file_systems(L);
  if (fs == NULL) {
    ln_optionerror(L, o, "fs", "is missing; give one of: %s",
                   lua_tostring(L, -1));
  } else {
    ln_optionerror(L, o, "fs", "must be one of: %s; got \"%s\"",
                   lua_tostring(L, -1), fs);
  }
}

/* Leaves the callback on the stack. Returns its index, or 0 when there is
 * none. */
static int read_callback(lua_State *L, const struct ln_options *o) {
  int type = ln_optionvalue(L, o, "on_progress");
  if (type == LUA_TNIL) {
    return 0;
  }
  if (type != LUA_TFUNCTION) {
    ln_optionerror(L, o, "on_progress", "must be a function, got %s",
                   luaL_typename(L, -1));
  }
  return lua_gettop(L);
}

/* Reads the options. Leaves their strings on the stack, where the callback
 * cannot reach them. */
static void read_options(lua_State *L, int arg, struct nt_format_options *out,
                         struct progress *progress) {
  static const char *const names[] = {"fs",          "label",    "cluster_size",
                                      "quick",       "erase",    "undo",
                                      "undo_limit",  "journal",  "operation",
                                      "on_progress", "overlaps", NULL};
  struct ln_options o = {arg, arg, ""};
  luaL_checktype(L, arg, LUA_TTABLE);
  ln_optionnames(L, &o, names);
  out->fs = ln_optionstring(L, &o, "fs");
  check_fs(L, &o, out->fs);
  out->label = ln_optionstring(L, &o, "label");
  out->erase = ln_optionstring(L, &o, "erase");
  if (out->erase == NULL) {
    ln_optionerror(L, &o, "erase",
                   "is missing; name the volume that loses its contents");
  }
  out->cluster_size =
      (uint32_t)ln_optioninteger(L, &o, "cluster_size", 1, UINT32_MAX, 0);
  out->full = !ln_optionboolean(L, &o, "quick", true);
  out->overlaps = ln_optionboolean(L, &o, "overlaps", false);
  out->no_undo = !ln_optionboolean(L, &o, "undo", true);
  out->undo_limit =
      (uint64_t)ln_optioninteger(L, &o, "undo_limit", 1, LUA_MAXINTEGER, 0);
  out->parent = ln_optioninteger(L, &o, "operation", 1, LUA_MAXINTEGER, 0);
  progress->callback = read_callback(L, &o);
  if (progress->callback != 0) {
    out->progress = report;
    out->progress_ctx = progress;
  }
}

/* ---- the method ---------------------------------------------------------- */

static int push_result(lua_State *L, const struct nt_format_result *result) {
  lua_createtable(L, 0, 4);
  ln_setstring(L, "file_system", result->file_system);
  ln_setinteger(L, "bytes_written", result->bytes_written);
  if (result->operation != 0) {
    ln_setinteger(L, "operation", (uint64_t)result->operation);
    ln_setboolean(L, "can_undo", result->can_undo);
  }
  return 1;
}

/* The callback raised an error when the new file system was there already, so
 * the caller does not get the result. This dismounts the old file system,
 * because nobody else could. */
static void settle_late(lua_State *L, struct nt_handle *handle,
                        const struct nt_format_result *result) {
  struct nt_error ignored = {0};
  char name[NT_NAME_MAX];
  bool ended = nt_ok(nt_verb(handle, NT_FSCTL_DISMOUNT_VOLUME, &ignored));
  nt_printable_text(name, sizeof name, handle->name);
  lua_warning(L, "ntvol: format '", 1);
  lua_warning(L, name, 1);
  lua_warning(L, "': the error of on_progress came too late: the volume holds ",
              1);
  lua_warning(L, result->file_system, 1);
  lua_warning(L,
              ended ? " now, and the old file system is dismounted; "
                    : " now, and the old file system could not be dismounted: "
                      "dismount it; ",
              1);
  lua_warning(L,
              result->can_undo ? "to take the format back: ntvol undo "
                               : "it has no undo; see ntvol log",
              1);
  lua_warning(L, result->can_undo ? name : "", 0);
}

/* Raises the error of the callback. That error cannot say what the volume
 * holds, so a warning says it. */
static int raise(lua_State *L, struct nt_handle *handle, nt_status status,
                 const struct nt_format_result *result,
                 const struct nt_error *err) {
  if (nt_ok(status)) {
    settle_late(L, handle, result);
  } else {
    ln_warn(L, err);
  }
  return lua_error(L);
}

/***
Formats the locked volume. It makes a new file system: **everything on the
volume is lost**, but a quick format saves what it overwrites in the
[journal](journal.md). Lock the volume first, and dismount it afterwards.
[Formatting](format.md) tells the steps, and what the volume holds after a
cancel.

Options:
* `fs`: `"ntfs"`, `"fat"`, `"fat16"`, `"fat32"` or `"exfat"`.
* `erase`: names the volume that loses its contents, `"D:"`.
* `label`; `cluster_size` in bytes.
* `quick`: true unless given; false also writes zeros to all that the new file
  system leaves alone.
* `on_progress(done, total)`: is called with numbers of bytes; when it returns
  false, the format is cancelled. While it runs, the volume and its machine
  refuse every other call. An error that it raises cancels the format and is
  raised again, after a warning that says what the volume holds. The last call,
  with all bytes done, comes when the new file system is there. Then false
  changes nothing any more, and after an error the volume is dismounted before
  the error is raised again.
* `undo`: false saves nothing. Otherwise what is overwritten is saved in the
  journal before the first write, so that `ntvol.undo` can take the format
  back; a failure or a cancel takes it back at once. A full format and the
  system's own formatter never save.
* `undo_limit`: how many bytes may be saved, counted when they are packed; 256
  MiB unless given. When that is not enough, the format is refused.
* `journal`: an open journal; that of the machine unless given. With false, no
  note is kept at all.
* `operation`: the number of the operation that the format is a part of.
* `overlaps`: true says that the partition table, if the volume holds it, and
  the volumes that lie in the same place may go, too. Otherwise such a format
  is refused (reason `overlaps`); while one of them is open it is refused
  anyway (`in_use`).
@function volume:format
@tparam ntvol.format_options options
@treturn ntvol.formatted `{ file_system, bytes_written, operation, can_undo }`
@failure `"ERROR_NOT_LOCKED"`, `"ERROR_INVALID_PARAMETER"` (label, cluster
 size, volume size, `erase`), `"ERROR_OPERATION_ABORTED"` when cancelled,
 `"ERROR_NOT_SUPPORTED"` when the mkfs tool is missing, ...; `info.outcome`
 says what the volume holds now: `"untouched"`, `"unformatted"`, or
 `"formatted"` when only what came after the format failed
@raise for an unknown option or value, and from a subscriber
@usage
local vol <close> = assert(ntvol.open "D:")
local _guard <close> = assert(vol:lock())
assert(vol:format { fs = "ntfs", label = "DATA", erase = "D:" })
assert(vol:dismount())
*/
int ln_volume_format(lua_State *L) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  struct ln_options o = {2, 2, ""};
  struct progress progress = {L, 0, false};
  struct nt_format_options options = {0};
  struct nt_format_result result = {0};
  NT_DECLARE_ERROR(err);
  struct nt_keeper keeper;
  struct ntvol_journal *journal = NULL;
  struct nt_handle *handle;
  nt_status status;
  lua_settop(L, 2);
  read_options(L, 2, &options, &progress);
  if (v->machine->delivering > 0) {
    return luaL_error(L,
                      "a request of the machine waits for this subscriber; "
                      "format when it is over");
  }
  if (!ln_pushjournal(L, 1, &o)) {
    return 4;
  }
  luaL_checkstack(L, LUA_MINSTACK, NULL); /* report() must not raise */
  if (!lua_isnil(L, -1)) {
    journal = ln_usejournal(L, -1, &keeper);
    options.keeper = &keeper;
  }
  handle = ln_handle(L, v);
  v->busy = true;
  if (journal != NULL) {
    journal->busy++;
  }
  status = nt_format(handle, &options, &result, &err);
  if (journal != NULL) {
    journal->busy--;
  }
  v->busy = false;
  ln_synclock(v); /* a formatter may give the lock up and not get it back */
  if (progress.failed) {
    return raise(L, handle, status, &result, &err);
  }
  return nt_ok(status) ? push_result(L, &result) : ln_pusherror(L, &err);
}

/***
Says whether the file system holds this label as it is written. It touches no
volume.
@function check_label
@tparam table options `fs`, and optional: `label`, `target` (what errors name)
@treturn boolean true
@failure `"ERROR_INVALID_PARAMETER"`, reason `label`
@raise for an unknown option or value
*/
int ln_core_check_label(lua_State *L) {
  static const char *const names[] = {"fs", "label", "target", NULL};
  struct ln_options o = {1, 1, ""};
  NT_DECLARE_ERROR(err);
  enum nt_format_fs fs = NT_FORMAT_NTFS;
  const char *name, *label, *target;
  nt_status status;
  lua_settop(L, 1);
  luaL_checktype(L, 1, LUA_TTABLE);
  ln_optionnames(L, &o, names);
  name = ln_optionstring(L, &o, "fs");
  check_fs(L, &o, name);
  label = ln_optionstring(L, &o, "label");
  target = ln_optionstring(L, &o, "target");
  status = nt_format_find_fs(name, &fs, &err);
  if (nt_ok(status)) {
    status = nt_label_check(fs, label, &err);
  }
  nt_error_name(&err, "format", target != NULL ? target : name);
  return ln_result(L, status, &err);
}

/***
Makes a file system in a scratch file, as `volume:format` would for a volume of
this size, and throws it away. So the caller learns beforehand what the mkfs
tool says of label, cluster size and size, or that the tool is missing. It
touches no volume.
@function rehearse_format
@tparam table options `fs`, `size` and `sector_size` (bytes), and optional:
 `label`, `cluster_size` (bytes), `target` (what errors name)
@treturn boolean true
@failure
@raise for an unknown option or value
*/
int ln_core_rehearse_format(lua_State *L) {
  static const char *const names[] = {
      "fs", "label", "cluster_size", "size", "sector_size", "target", NULL};
  struct ln_options o = {1, 1, ""};
  struct nt_format_options options = {0};
  NT_DECLARE_ERROR(err);
  nt_status status;
  uint64_t size;
  uint32_t sector_size;
  const char *target;
  lua_settop(L, 1);
  luaL_checktype(L, 1, LUA_TTABLE);
  ln_optionnames(L, &o, names);
  options.fs = ln_optionstring(L, &o, "fs");
  check_fs(L, &o, options.fs);
  options.label = ln_optionstring(L, &o, "label");
  options.cluster_size =
      (uint32_t)ln_optioninteger(L, &o, "cluster_size", 1, UINT32_MAX, 0);
  size = (uint64_t)ln_optioninteger(L, &o, "size", 0, LUA_MAXINTEGER, 0);
  sector_size =
      (uint32_t)ln_optioninteger(L, &o, "sector_size", 1, UINT32_MAX, 512);
  target = ln_optionstring(L, &o, "target");
  status = nt_format_rehearse(&options, size, sector_size, &err);
  nt_error_name(&err, "format", target != NULL ? target : options.fs);
  return ln_result(L, status, &err);
}
