/***
Handles that come from other handles, and what is in a directory.

@submodule ntvol.volume
*/
#include "lua_methods.h"

/* Pushes a closed volume of the same machine as the volume at index 1. *m
 * becomes that machine. */
static struct ln_volume *new_sibling(lua_State *L, struct ln_machine **m) {
  lua_getiuservalue(L, 1, 1);
  *m = ln_testmachine(L, -1);
  return ln_newvolume(L, lua_gettop(L));
}

/***
Makes another handle on the same open object, as DuplicateHandle does. When one
of the handles locks or dismounts the volume, that counts for all of them: each
can unlock, and the lock lives until the last one is closed. A guard unlocks
only while the handle that made it is open.
@function volume:duplicate
@treturn ntvol.volume
@failure `"ERROR_NOT_SUPPORTED"` where handles are not duplicated
@usage
local vol <close> = assert(ntvol.open "D:")
local twin <close> = assert(vol:duplicate())
assert(vol:lock())
assert(twin:is_locked())
assert(twin:unlock())
assert(not vol:is_locked())
*/
int ln_volume_duplicate(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "duplicate");
  NT_DECLARE_ERROR(err);
  struct nt_handle *handle = NULL;
  struct ln_machine *m;
  struct ln_volume *twin = new_sibling(L, &m);
  if (!nt_ok(nt_duplicate(ln_handle(L, v), &handle, &err))) {
    return ln_pusherror(L, &err);
  }
  ln_linkvolume(twin, m, handle);
  return 1;
}

/***
Maps an open file, which keeps it in use. The result is a handle of the kind
`"section"`: `read`, `size`, `duplicate` and `close` work, all other requests to
the machine return `ERROR_INVALID_HANDLE`. The file stays in use after its own
handle was closed, and so a lock of the volume is refused.

Options: with `image = true` the file is mapped as a program that runs. Nobody
checks whether its bytes are a program.
@function volume:map
@tparam[opt] ntvol.map_options options
@treturn ntvol.volume
@failure `"ERROR_BAD_EXE_FORMAT"` for anything but a file,
 `"ERROR_FILE_INVALID"` for an empty one, `"ERROR_NOT_SUPPORTED"` where files
 are not mapped
@raise for an unknown option
@usage
local dir <close> = assert(ntvol.open("D:\\", { access = "r" }))
local mapped, _, code = dir:map()
assert(not mapped and code == "ERROR_BAD_EXE_FORMAT")
*/
int ln_volume_map(lua_State *L) {
  static const char *const names[] = {"image", NULL};
  const struct ln_options options = {2, 2, ""};
  struct ln_volume *v = ln_checkvolume(L, 1);
  NT_DECLARE_ERROR(err);
  struct nt_handle *handle = NULL;
  struct ln_machine *m;
  struct ln_volume *section;
  bool image = false;
  ln_noargs(L, 3, "map");
  lua_settop(L, 2);
  if (!lua_isnil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    ln_optionnames(L, &options, names);
    image = ln_optionboolean(L, &options, "image", false);
  }
  section = new_sibling(L, &m);
  if (!nt_ok(nt_map(ln_handle(L, v), image, &handle, &err))) {
    return ln_pusherror(L, &err);
  }
  ln_linkvolume(section, m, handle);
  return 1;
}

/***
Lists an open directory. The entries come without `.` and `..`, in the
directory's own order.
@function volume:list
@treturn ntvol.directory_entry[] each `{ name, size, directory }`; the size is
 bytes, 0 for a directory
@failure `"ERROR_INVALID_PARAMETER"` when it is no directory
@usage
local dir <close> = assert(ntvol.open("D:\\", { access = "r" }))
for _, entry in ipairs(assert(dir:list())) do
  print(entry.name, entry.size, entry.directory)
end
*/
int ln_volume_list(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "list");
  NT_DECLARE_ERROR(err);
  struct nt_directory_entry entry;
  uint64_t cursor = 0;
  lua_Integer count = 0;
  nt_status status;
  lua_newtable(L);
  while (status = nt_next_entry(ln_handle(L, v), &cursor, &entry, &err),
         nt_ok(status)) {
    lua_createtable(L, 0, 3);
    ln_setstring(L, "name", entry.name);
    ln_setinteger(L, "size", entry.size);
    ln_setboolean(L, "directory", entry.directory);
    lua_seti(L, -2, ++count);
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? 1 : ln_pusherror(L, &err);
}
