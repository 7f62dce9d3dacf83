/***
What can be asked of a volume, disk or file: size, place, state.

@submodule ntvol.volume
*/
#include <string.h>

#include "lua_info.h"
#include "lua_methods.h"

/***
Returns the size in bytes. For a volume or disk that is its length, for a file
its end, for a directory 0.
@function volume:size
@treturn integer
@failure
*/
int ln_volume_size(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "size");
  NT_DECLARE_ERROR(err);
  uint64_t length = 0;
  if (!nt_ok(nt_size(v->handle, &length, &err))) {
    return ln_pusherror(L, &err);
  }
  lua_pushinteger(L, (lua_Integer)length);
  return 1;
}

/***
Returns the sector size in bytes. Offsets and lengths must be multiples of it.
For a file it is 1.
@function volume:sector_size
@treturn integer
*/
int ln_volume_sector_size(lua_State *L) {
  lua_pushinteger(L, ln_onlyvolume(L, "sector_size")->handle->sector_size);
  return 1;
}

/* Fills `info`. When that fails, pushes the failure and returns false. */
static bool query_info(lua_State *L, const char *verb_name,
                       struct nt_volume_info *info) {
  struct ln_volume *v = ln_onlyvolume(L, verb_name);
  NT_DECLARE_ERROR(err);
  memset(info, 0, sizeof *info);
  if (nt_ok(nt_info(v->handle, info, &err))) {
    return true;
  }
  ln_pusherror(L, &err);
  return false;
}

/***
Returns what is known about the volume. It is the table that `machine:volumes`
has for this volume (ntvol.volume_info), and prints as one line. For a disk
there is none: this returns `ERROR_INVALID_FUNCTION`.
@function volume:info
@treturn ntvol.volume_info
@failure
@usage
local vol <close> = assert(ntvol.open "D:")
print(assert(vol:info()))
*/
int ln_volume_info(lua_State *L) {
  struct nt_volume_info info;
  if (!query_info(L, "info", &info)) {
    return 4;
  }
  ln_pushvolumeinfo(L, &info);
  return 1;
}

/***
Returns what tells this volume from others, whatever its letter. Compare it
before you write to a volume that was chosen earlier.
@function volume:identity
@treturn ntvol.identity `{ guid_path, serial, size, extents }`, bytes
@failure
*/
int ln_volume_identity(lua_State *L) {
  struct nt_volume_info info;
  if (!query_info(L, "identity", &info)) {
    return 4;
  }
  lua_createtable(L, 0, 4);
  ln_setstring(L, "guid_path", info.guid_path);
  ln_setstring(L, "serial", info.serial);
  ln_setinteger(L, "size", info.length);
  ln_pushextents(L, info.extents, info.extent_count);
  lua_setfield(L, -2, "extents");
  return 1;
}

/* 9.1 row 21 (docs/rules.md): a file system that is dismounted serves no query,
 * not even one of the handle that dismounted it. A device handle does not ask
 * the file system. */
static bool check_alive(lua_State *L, const struct nt_volume_info *info) {
  const struct nt_handle *handle = ln_onlyvolume(L, "label")->handle;
  NT_DECLARE_ERROR(err);
  if (!(info->flags & NT_VOLUME_DISMOUNTED) || handle->kind == NT_KIND_DEVICE) {
    return true;
  }
  nt_refuse(&err, NT_REASON_DISMOUNTED, NULL);
  nt_hint(&err, "close the handle that dismounted the volume, then open it");
  nt_error_name(&err, "label", handle->name);
  ln_pusherror(L, &err);
  return false;
}

/***
Returns the label of the file system. It is empty when there is none.
@function volume:label
@treturn string empty when it has none
@failure `"ERROR_NOT_READY"` while the volume is dismounted
*/
int ln_volume_label(lua_State *L) {
  struct nt_volume_info info;
  if (!query_info(L, "label", &info) || !check_alive(L, &info)) {
    return 4;
  }
  lua_pushstring(L, info.label);
  return 1;
}

/***
Says where the volume lies on disks (IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS).
@function volume:extents
@treturn ntvol.extent[] each `{ disk, offset, length }`, bytes
@failure
*/
int ln_volume_extents(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "extents");
  struct nt_extent extents[NT_MAX_EXTENTS];
  NT_DECLARE_ERROR(err);
  uint32_t count = 0;
  if (!nt_ok(nt_extents(v->handle, extents, &count, &err))) {
    return ln_pusherror(L, &err);
  }
  ln_pushextents(L, extents, count);
  return 1;
}

/***
Returns the geometry of the disk below (IOCTL_DISK_GET_DRIVE_GEOMETRY_EX).
@function volume:geometry
@treturn ntvol.geometry `{ cylinders, heads, sectors_per_track, sector_size,
 size }`; `size` is bytes of the whole disk
@failure
*/
int ln_volume_geometry(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "geometry");
  struct nt_geometry geometry = {0};
  NT_DECLARE_ERROR(err);
  if (!nt_ok(nt_geometry(v->handle, &geometry, &err))) {
    return ln_pusherror(L, &err);
  }
  lua_createtable(L, 0, 5);
  ln_setinteger(L, "cylinders", geometry.cylinders);
  ln_setinteger(L, "heads", geometry.heads);
  ln_setinteger(L, "sectors_per_track", geometry.sectors_per_track);
  ln_setinteger(L, "sector_size", geometry.sector_size);
  ln_setinteger(L, "size", geometry.length);
  return 1;
}

/***
Returns device type, disk number and partition number
(IOCTL_STORAGE_GET_DEVICE_NUMBER).
@function volume:device_number
@treturn ntvol.device_number `{ type, number, partition }`; partition 0 is the
 whole disk
@failure
*/
int ln_volume_device_number(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "device_number");
  struct nt_device_number number = {0};
  NT_DECLARE_ERROR(err);
  if (!nt_ok(nt_device_number(v->handle, &number, &err))) {
    return ln_pusherror(L, &err);
  }
  lua_createtable(L, 0, 3);
  ln_setinteger(L, "type", number.type);
  ln_setinteger(L, "number", number.number);
  ln_setinteger(L, "partition", number.partition);
  return 1;
}

/***
Returns true when this handle holds the lock. The machine is not asked.
@function volume:is_locked
@treturn boolean
*/
int ln_volume_is_locked(lua_State *L) {
  lua_pushboolean(L, ln_onlyvolume(L, "is_locked")->handle->locked);
  return 1;
}

static int ask(lua_State *L, const char *name, uint32_t code) {
  struct ln_volume *v = ln_onlyvolume(L, name);
  NT_DECLARE_ERROR(err);
  bool answer = false;
  if (!nt_ok(nt_ask(v->handle, code, &answer, &err))) {
    return ln_pusherror(L, &err);
  }
  lua_pushboolean(L, answer);
  return 1;
}

/***
Asks whether a file system is mounted (FSCTL_IS_VOLUME_MOUNTED). NTFS counts a
locked volume as not mounted.
@function volume:is_mounted
@treturn boolean
@failure
*/
int ln_volume_is_mounted(lua_State *L) {
  return ask(L, "is_mounted", NT_FSCTL_IS_VOLUME_MOUNTED);
}

/***
Asks whether the volume is offline (IOCTL_VOLUME_IS_OFFLINE).
@function volume:is_offline
@treturn boolean
@failure
*/
int ln_volume_is_offline(lua_State *L) {
  return ask(L, "is_offline", NT_IOCTL_VOLUME_IS_OFFLINE);
}
