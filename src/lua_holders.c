/***
Holders: the processes that have something open.

@submodule ntvol.volume
*/
#include "lua_methods.h"

/* Pushes the list, or a failure. */
static int push_holders(lua_State *L, const struct ln_volume *v) {
  NT_DECLARE_ERROR(err);
  struct nt_holder holder;
  const char *missing = NULL;
  uint64_t cursor = 0;
  lua_Integer count = 0;
  nt_status status;
  lua_newtable(L);
  while (status =
             nt_next_holder(ln_handle(L, v), &cursor, &holder, &missing, &err),
         nt_ok(status)) {
    ln_pushholder(L, &holder);
    lua_rawseti(L, -2, ++count);
  }
  if (status != NT_STATUS_NO_MORE_ENTRIES) {
    return ln_pusherror(L, &err);
  }
  ln_endholders(L, missing);
  return 1;
}

/***
Lists who else has it open. For a volume, the list has everything that is open
on it; for a disk, everything that is open on its volumes, too; for a file or
directory, only that itself. The entries are plain tables (ntvol.holder), one
for each thing that is open; this very handle is left out. Fields: `pid` (0: not
a process), `name` of the program, `how`, `path` of what is open, `self` (true
for this process), `start_time` (of the process, where it is known), `node` (the
computer, when it is another one). `how` is `"volume handle"`, `"lock"` (a
volume handle that holds the lock),
`"disk handle"`, `"device handle"`, `"open file"`, `"directory"`, `"mapped
file"` or `"image"` (a program that runs); Windows says only `"has it open"`.

The list has a field `complete`. When that is false, the field `missing` says
why somebody may not be in the list. The same lists are in errors, as
`info.holders`.
@function volume:holders
@treturn ntvol.holders
@failure `"ERROR_NOT_SUPPORTED"` where nobody can tell
@usage
local vol <close> = assert(ntvol.open "D:")
local list = assert(vol:holders())
for _, holder in ipairs(list) do
  print(holder.name, holder.pid, holder.how, holder.path)
end
assert(list.complete)
*/
int ln_volume_holders(lua_State *L) {
  return push_holders(L, ln_onlyvolume(L, "holders"));
}

/***
Lists who has a volume, disk, file or directory open. It opens a handle without
access to the data, asks that handle's `volume:holders`, and closes it again.
@function machine:holders
@tparam string name `"D:"`, `"PhysicalDrive1"`, `"D:\\a.txt"`
@treturn ntvol.holders with the fields `complete` and `missing`
@failure `"ERROR_NOT_SUPPORTED"` where nobody can tell
@usage
for _, holder in ipairs(assert(ntvol.machine():holders "D:")) do
  print(holder.name, holder.pid, holder.how, holder.path)
end
*/
int ln_machine_holders(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  struct nt_open_options options = {
      .access = NT_SYNCHRONIZE | NT_FILE_READ_ATTRIBUTES,
      .share = NT_SHARE_READ | NT_SHARE_WRITE | NT_SHARE_DELETE,
      .disposition = NT_OPEN};
  struct nt_handle *handle = NULL;
  NT_DECLARE_ERROR(err);
  struct ln_volume *v;
  int results;
  options.name = ln_checkname(L, 2);
  ln_noargs(L, 3, "holders");
  v = ln_newvolume(L, 1);
  if (!nt_ok(nt_open(ln_connection(L, m), &options, &handle, &err))) {
    return ln_pusherror(L, &err);
  }
  ln_linkvolume(v, m, handle);
  results = push_holders(L, v);
  if (v->handle != NULL) { /* a finalizer may have closed the machine */
    ln_closevolume(v, &err);
  }
  return results;
}
