/***
What is done to a volume by one control code.

@submodule ntvol.volume
*/
#include "lua_class.h"

static int verb(lua_State *L, const char *name, uint32_t code) {
  struct ln_volume *v = ln_onlyvolume(L, name);
  struct nt_error err = {0};
  nt_status status = nt_verb(v->handle, code, &err);
  return ln_result(L, status, &err);
}

/***
Dismounts the volume (FSCTL_DISMOUNT_VOLUME), locked or not. **Without a lock
it is forced**: everything that others have open on it is dead from then on.
The volume is mounted again by the first access after this handle was closed.
It is refused for system, boot and page-file volumes, and while another handle
holds the lock.

Options:
* `wait`, `timeout`, `on_attempt`, `on_busy`: as those of `lock`, to
  [wait](manual.md#waiting) while another handle holds the lock.
* `again`: true: a volume that was dismounted already is no failure; without it
  that answers `ERROR_NOT_READY`.
@function volume:dismount
@tparam[opt] ntvol.dismount_options options
@treturn true
@treturn ?ntvol.waited with options: `{ attempts, waited, holders, reason }`
@failure
@usage
local vol <close> = assert(ntvol.open "D:")
local _guard <close> = assert(vol:lock())
assert(vol:dismount())
*/
int ln_volume_dismount(lua_State *L) {
  if (!lua_isnoneornil(L, 2)) {
    ln_checkvolume(L, 1);
    ln_noargs(L, 3, "dismount");
    luaL_checktype(L, 2, LUA_TTABLE);
    return ln_waitby(L, "dismount");
  }
  return verb(L, "dismount", NT_FSCTL_DISMOUNT_VOLUME);
}

/***
Takes the volume offline (IOCTL_VOLUME_OFFLINE). While it is offline it cannot
be read, written or mounted. The handle needs read and write access. Dismount
first, on the same handle.
@function volume:offline
@treturn true
@failure
@usage
local vol <close> = assert(ntvol.open "D:")
assert(vol:dismount())
assert(vol:offline())
assert(vol:online())
*/
int ln_volume_offline(lua_State *L) {
  return verb(L, "offline", NT_IOCTL_VOLUME_OFFLINE);
}

/***
Brings the volume online (IOCTL_VOLUME_ONLINE). The handle needs read and write
access.
@function volume:online
@treturn true
@failure
*/
int ln_volume_online(lua_State *L) {
  return verb(L, "online", NT_IOCTL_VOLUME_ONLINE);
}

/***
Opens the volume behind the end of its file system, too
(FSCTL_ALLOW_EXTENDED_DASD_IO). It is for this handle. Without it, reads and
writes of some file systems end where the file system ends, which may be before
the end of the volume.
@function volume:extended_io
@treturn true
@failure
@usage
local vol <close> = assert(ntvol.open("D:", { access = "r" }))
assert(vol:extended_io())
*/
int ln_volume_extended_io(lua_State *L) {
  return verb(L, "extended_io", NT_FSCTL_ALLOW_EXTENDED_DASD_IO);
}

/***
Ejects the medium (IOCTL_STORAGE_EJECT_MEDIA). Lock and dismount first: the
drive does not ask whether anybody uses it. The device itself is ejected by
`machine:eject`.
@function volume:eject
@treturn true
@failure `"ERROR_INVALID_FUNCTION"` when the drive cannot
*/
int ln_volume_eject(lua_State *L) {
  return verb(L, "eject", NT_IOCTL_STORAGE_EJECT_MEDIA);
}

/***
Says whether the medium may be taken out by hand (IOCTL_STORAGE_MEDIA_REMOVAL).
@function volume:media_removal
@tparam boolean allowed
@treturn true
@failure `"ERROR_INVALID_FUNCTION"` when the drive has no lock
@raise when `allowed` is not a boolean
*/
int ln_volume_media_removal(lua_State *L) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  struct nt_error err = {0};
  unsigned char prevent;
  size_t out_len = 0;
  nt_status status;
  luaL_checktype(L, 2, LUA_TBOOLEAN);
  ln_noargs(L, 3, "media_removal");
  prevent = !lua_toboolean(L, 2); /* PREVENT_MEDIA_REMOVAL: one byte */
  status = nt_control(ln_handle(L, v), NT_IOCTL_STORAGE_MEDIA_REMOVAL, &prevent,
                      sizeof prevent, NULL, 0, &out_len, &err);
  return ln_result(L, status, &err);
}
