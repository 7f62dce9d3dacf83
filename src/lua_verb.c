/***
The methods that send one control code to a volume.

@submodule ntvol.volume
*/
#include "lua_methods.h"

static int verb(lua_State *L, const char *name, uint32_t code) {
  struct ln_volume *v = ln_onlyvolume(L, name);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_verb(v->handle, code, &err);
  return ln_result(L, status, &err);
}

/* This makes one attempt. The method that waits is in lua/ntvol/volume.lua,
 * with its description. */
int ln_volume_lock(lua_State *L) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  NT_DECLARE_ERROR(err);
  struct ln_lock *lock;
  nt_status status;
  ln_nowaiting(L, 2, "lock");
  lock = ln_newlock(L, 1);
  status = nt_verb(ln_handle(L, v), NT_FSCTL_LOCK_VOLUME, &err);
  if (!nt_ok(status)) {
    return ln_pusherror(L, &err);
  }
  ln_holdlock(lock, v);
  return 1;
}

/***
Unlocks the volume (FSCTL_UNLOCK_VOLUME).
@function volume:unlock
@treturn true
@failure `"ERROR_NOT_LOCKED"` when this handle does not hold the lock
@usage
local vol <close> = assert(ntvol.open "D:")
assert(vol:lock())
assert(vol:unlock())
*/
int ln_volume_unlock(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "unlock");
  NT_DECLARE_ERROR(err);
  nt_status status = ln_unlockvolume(v, &err);
  return ln_result(L, status, &err);
}

/* This makes one attempt, as ln_volume_lock does. */
int ln_volume_dismount(lua_State *L) {
  ln_checkvolume(L, 1);
  ln_nowaiting(L, 2, "dismount");
  return verb(L, "dismount", NT_FSCTL_DISMOUNT_VOLUME);
}

/***
Takes the volume offline (IOCTL_VOLUME_OFFLINE). While it is offline, it cannot
be read, written or mounted. The handle needs read and write access. Dismount
the volume first, on the same handle.
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
Lets this handle reach the volume behind the end of its file system, too
(FSCTL_ALLOW_EXTENDED_DASD_IO). Without it, reads and writes of some file
systems end where the file system ends, which may be before the end of the
volume.
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
Ejects the medium (IOCTL_STORAGE_EJECT_MEDIA). Lock and dismount the volume
first: the drive does not ask whether anybody uses it. To eject the device
itself, call `machine:eject`.
@function volume:eject
@treturn true
@failure `"ERROR_INVALID_FUNCTION"` when the drive cannot
*/
int ln_volume_eject(lua_State *L) {
  return verb(L, "eject", NT_IOCTL_STORAGE_EJECT_MEDIA);
}

/***
Allows or forbids taking the medium out by hand (IOCTL_STORAGE_MEDIA_REMOVAL).
@function volume:media_removal
@tparam boolean allowed
@treturn true
@failure `"ERROR_INVALID_FUNCTION"` when the drive has no lock
@raise when `allowed` is not a boolean
*/
int ln_volume_media_removal(lua_State *L) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  NT_DECLARE_ERROR(err);
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
