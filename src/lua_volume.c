/***
An open volume, disk, file, directory or device: one NT handle.

Everything that a machine may refuse returns nil, a message, an error code and
a table of details (see `types/ntvol.lua`, ntvol.info). A closed volume raises
`attempt to use a closed volume`, wrong arguments raise. Offsets and sizes are
bytes. Nothing here is thread-safe; every call may block as long as the machine
takes.

A volume is open until it is closed, which happens once. `close` first releases
the lock, then the handle. In a to-be-closed variable, the volume is closed at
the end of the scope. When closing fails there, the error is raised, unless the
scope ends by an error: that error is kept then. A volume that the collector
finds open is closed, with a warning. Closing never writes, flushes or retries.

@module ntvol.volume
*/
#include <string.h>

#include "lua_core.h"
#include "lua_help.h"
#include "lua_info.h"
#include "lua_methods.h"

/* ---- life ---------------------------------------------------------------- */

static struct ln_volume *to_volume(lua_State *L) {
  return luaL_checkudata(L, 1, NTVOL_VOLUME);
}

/***
Closes the handle and ends its lock: first the lock, then the handle. Closing
twice is harmless.
@function volume:close
@treturn true
@failure the volume is closed all the same
@raise while the volume is being formatted
@usage
local vol = assert(ntvol.open "D:")
assert(vol:close())
assert(ntvol.type(vol) == "closed volume")
*/
static int ln_volume_close(lua_State *L) {
  struct ln_volume *v = to_volume(L);
  NT_DECLARE_ERROR(err);
  nt_status status = NT_STATUS_SUCCESS;
  ln_noargs(L, 2, "close");
  if (v->handle != NULL) {
    ln_handle(L, v);
    status = ln_closevolume(v, &err);
  }
  return ln_result(L, status, &err);
}

static int volume_leave(lua_State *L) {
  struct ln_volume *v = to_volume(L);
  NT_DECLARE_ERROR(err);
  if (v->handle == NULL) {
    return 0;
  }
  if (ln_volumebusy(v) != NULL) {
    return ln_closerefused(L, ln_volumebusy(v));
  }
  if (!nt_ok(ln_closevolume(v, &err))) {
    return ln_closefailed(L, &err);
  }
  return 0;
}

/* This closes the volume also while a format runs. That happens only when the
 * whole state is closed from within the callback of the format, and then the
 * format never goes on. */
static int volume_gc(lua_State *L) {
  struct ln_volume *v = to_volume(L);
  NT_DECLARE_ERROR(err);
  char name[NT_NAME_MAX];
  if (v->handle == NULL) {
    return 0;
  }
  if (ln_volumebusy(v) != NULL && ln_byhand(L)) {
    return luaL_error(L, "%s", ln_volumebusy(v));
  }
  memcpy(name, v->handle->name, sizeof name);
  if (!nt_ok(ln_closevolume(v, &err))) {
    ln_warn(L, &err);
  }
  lua_warning(L, "ntvol: volume ", 1);
  ln_warntext(L, name, true);
  lua_warning(L, " was collected while open", 0);
  return 0;
}

/* ---- printing ------------------------------------------------------------ */

static const char *kind_name(enum nt_handle_kind kind) {
  switch (kind) {
    case NT_KIND_VOLUME:
      return "volume";
    case NT_KIND_DISK:
      return "disk";
    case NT_KIND_FILE:
      return "file";
    case NT_KIND_DIRECTORY:
      return "directory";
    case NT_KIND_SECTION:
      return "section";
    case NT_KIND_DEVICE:
      break;
  }
  return "device";
}

/* Pushes a text such as "D: FAT16 "OLD" 64 MiB, mounted". When the machine
 * refuses to say more than the name, the text is shorter; there is never an
 * error. */
static void push_description(lua_State *L, struct nt_handle *handle) {
  struct nt_volume_info info;
  NT_DECLARE_ERROR(err);
  char state[LN_STATE_MAX];
  memset(&info, 0, sizeof info);
  if (handle->kind != NT_KIND_VOLUME) {
    lua_pushfstring(L, "%s, %s", handle->name, kind_name(handle->kind));
  } else if (!nt_ok(nt_info(handle, &info, &err))) {
    lua_pushstring(L, handle->name);
  } else {
    const char *name = lua_pushstring(L, handle->name);
    ln_pushsize(L, info.length);
    lua_pushfstring(L, "%s %s \"%s\" %s, %s", name, info.file_system,
                    info.label, lua_tostring(L, -1),
                    ln_volumestate(info.flags, state));
  }
}

static int volume_tostring(lua_State *L) {
  const struct ln_volume *v = to_volume(L);
  if (v->handle == NULL) {
    lua_pushliteral(L, "closed");
  } else if (v->busy) {
    lua_pushfstring(L, "%s, being formatted", v->handle->name);
  } else {
    push_description(L, v->handle);
  }
  lua_pushfstring(L, "%s (%s)", NTVOL_VOLUME, lua_tostring(L, -1));
  return ln_printable(L);
}

/* ---- verbs --------------------------------------------------------------- */

/***
Makes what was written durable. It is durable when this returns true.
@function volume:flush
@treturn true
@failure
*/
static int ln_volume_flush(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "flush");
  NT_DECLARE_ERROR(err);
  nt_status status = nt_flush(v->handle, &err);
  return ln_result(L, status, &err);
}

/* ---- data ---------------------------------------------------------------- */

/***
Reads bytes at an offset: up to `length`, fewer only at the end. On volumes and
disks offset and length must be multiples of the sector size.
@function volume:read
@tparam integer offset bytes from the start
@tparam integer length bytes, at most 1 GiB
@treturn string data
@failure `"ERROR_HANDLE_EOF"` at or past the end
@raise for a negative or misaligned offset or length
@usage
local vol <close> = assert(ntvol.open "D:")
local boot_sector = assert(vol:read(0, vol:sector_size()))
assert(#boot_sector == vol:sector_size())
*/
static int ln_volume_read(lua_State *L) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  uint32_t sector = v->handle->sector_size;
  uint64_t offset = ln_checkoffset(L, 2, sector);
  size_t length = ln_checklength(L, 3, offset, sector);
  NT_DECLARE_ERROR(err);
  size_t done = 0;
  nt_status status;
  luaL_Buffer b;
  char *data = luaL_buffinitsize(L, &b, length);
  status = nt_read(ln_handle(L, v), offset, data, length, &done, &err);
  if (!nt_ok(status)) {
    return ln_pusherror(L, &err);
  }
  luaL_pushresultsize(&b, done);
  return 1;
}

/***
Writes bytes at an offset. On volumes and disks, offset and length must be
multiples of the sector size. A mounted volume accepts writes outside of its
boot area only while it is locked, or from the handle that dismounted it. A FAT
volume cuts writes off at the end of its file system without an error, and a
write behind that end returns 0: compare the result with `#data`. What is
written to a file may wait until `flush`; on a simulated machine files do not
grow.
@function volume:write
@tparam integer offset bytes from the start
@tparam string data
@treturn integer bytes that were written
@failure `"ERROR_ACCESS_DENIED"` where a mounted file system is in the way
@raise for a negative or misaligned offset or length
@usage
local vol <close> = assert(ntvol.open "D:")
local _guard <close> = assert(vol:lock())
local data = assert(vol:read(0, vol:sector_size()))
assert(vol:write(0, data) == #data)
*/
static int ln_volume_write(lua_State *L) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  uint32_t sector = v->handle->sector_size;
  uint64_t offset = ln_checkoffset(L, 2, sector);
  size_t length, done = 0;
  const char *data = luaL_checklstring(L, 3, &length);
  NT_DECLARE_ERROR(err);
  nt_status status;
  ln_checkspan(L, 3, "data length", offset, length, sector);
  status = nt_write(ln_handle(L, v), offset, data, length, &done, &err);
  if (!nt_ok(status)) {
    return ln_pusherror(L, &err);
  }
  lua_pushinteger(L, (lua_Integer)done);
  return 1;
}

static uint32_t check_code(lua_State *L, int arg) {
  const char *name;
  const struct nt_code_row *row;
  size_t i;
  if (lua_type(L, arg) == LUA_TNUMBER) {
    return (uint32_t)ln_checkrange(L, arg, "control code", 0, UINT32_MAX);
  }
  name = ln_checkname(L, arg);
  for (i = 0; (row = nt_code_at(i)) != NULL; i++) {
    if (strcmp(row->name, name) == 0) {
      return row->code;
    }
  }
  return (uint32_t)luaL_argerror(
      L, arg,
      lua_pushfstring(
          L, "unknown control code '%s'; ntvol.codes lists the names", name));
}

/* Says whether a code goes to NtFsControlFile. The argument decides; without
 * it, the code itself says it. */
static bool check_entry(lua_State *L, int arg, uint32_t code) {
  static const char *const names[] = {"entry", NULL};
  const struct ln_options options = {arg, arg, ""};
  const char *entry = NULL;
  bool answer = nt_code_is_fsctl(code);
  if (lua_isnil(L, arg)) {
    return answer;
  }
  luaL_checktype(L, arg, LUA_TTABLE);
  ln_optionnames(L, &options, names);
  entry = ln_optionstring(L, &options, "entry");
  if (entry != NULL) {
    answer = strcmp(entry, "fsctl") == 0;
    if (!answer && strcmp(entry, "ioctl") != 0) {
      ln_optionerror(L, &options, "entry",
                     "must be one of: fsctl, ioctl; got \"%s\"", entry);
    }
  }
  lua_settop(L, arg);
  return answer;
}

/* The buffer was too small, and holds as much of the output as fits. This
 * output is on top of the stack, and goes into the details. */
static int overflow(lua_State *L, const struct nt_error *err) {
  int output = lua_gettop(L);
  int results = ln_pusherror(L, err);
  lua_pushvalue(L, output);
  lua_setfield(L, -2, "output");
  return results;
}

/***
Sends a control code, as DeviceIoControl does. It is the way to everything that
has no method here. Read the output with `string.unpack`.
@function volume:control
@tparam integer|string code a number, or a name of `ntvol.codes`
@tparam[opt=""] string input
@tparam[opt=0] integer out_size bytes, room for the output, at most 1 GiB
@tparam[opt] ntvol.control_options options `entry`: the system call,
 `"fsctl"` (NtFsControlFile) or `"ioctl"` (NtDeviceIoControlFile); that of the
 code unless given
@treturn string output
@failure `"ERROR_INVALID_FUNCTION"` for a code that nobody knows,
 `"ERROR_MORE_DATA"` when `out_size` is too small: `info.output` has what fits
@usage
local vol <close> = assert(ntvol.open "D:")
local output = assert(vol:control("IOCTL_DISK_GET_LENGTH_INFO", "", 8))
assert(string.unpack("<I8", output) == vol:size())
*/
static int ln_volume_control(lua_State *L) {
  struct ln_volume *v = ln_checkvolume(L, 1);
  uint32_t code = check_code(L, 2);
  size_t in_len, room, out_len = 0;
  const char *in = luaL_optlstring(L, 3, "", &in_len);
  NT_DECLARE_ERROR(err);
  nt_status status;
  bool file_system;
  luaL_Buffer b;
  char *out;
  lua_settop(L, 5);
  if (lua_isnil(L, 4)) {
    lua_pushinteger(L, 0);
    lua_replace(L, 4);
  }
  room = ln_checklength(L, 4, 0, 1);
  file_system = check_entry(L, 5, code);
  out = luaL_buffinitsize(L, &b, room);
  status = nt_control_by(ln_handle(L, v), file_system, code, in, in_len, out,
                         room, &out_len, &err);
  ln_synclock(v);
  if (status == NT_STATUS_BUFFER_OVERFLOW) {
    luaL_pushresultsize(&b, out_len);
    return overflow(L, &err);
  }
  if (!nt_ok(status)) {
    return ln_pusherror(L, &err);
  }
  luaL_pushresultsize(&b, out_len);
  return 1;
}

/* ---- about itself -------------------------------------------------------- */

/***
Returns the name by which it was opened.
@function volume:name
@treturn string
*/
static int ln_volume_name(lua_State *L) {
  lua_pushstring(L, ln_onlyvolume(L, "name")->handle->name);
  return 1;
}

/***
Says what kind of handle it is: volume, disk, file, directory, section or
device.
@function volume:kind
@treturn string `"volume"`, `"disk"`, `"file"`, `"directory"`, `"section"` (a
 mapped file) or `"device"` (a volume or disk that was opened without data
 access)
*/
static int ln_volume_kind(lua_State *L) {
  lua_pushstring(L, kind_name(ln_onlyvolume(L, "kind")->handle->kind));
  return 1;
}

/***
Returns the machine on which it was opened.
@function volume:machine
@treturn ntvol.machine
*/
static int ln_volume_machine(lua_State *L) {
  ln_onlyvolume(L, "machine");
  lua_getiuservalue(L, 1, 1);
  return 1;
}

static void set_file_system_capabilities(lua_State *L,
                                         const struct nt_handle *handle) {
  const uint32_t both = NT_FILE_READ_DATA | NT_FILE_WRITE_DATA;
  bool control = nt_handle_can(handle, NT_CAN_CONTROL);
  bool volume = handle->kind == NT_KIND_VOLUME && control;
  bool data = (handle->access & both) == both;
  ln_setboolean(L, "lock", volume);
  ln_setboolean(L, "unlock", volume);
  ln_setboolean(L, "dismount", volume);
  ln_setboolean(L, "is_mounted",
                control && handle->kind != NT_KIND_DISK &&
                    handle->kind != NT_KIND_DEVICE &&
                    handle->kind != NT_KIND_SECTION);
  ln_setboolean(L, "is_dirty", volume);
  ln_setboolean(L, "mark_dirty", volume);
  ln_setboolean(L, "ntfs_data", volume);
  ln_setboolean(L, "bitmap", volume);
  ln_setboolean(L, "offline", volume && data);
  ln_setboolean(L, "online", volume && data);
  ln_setboolean(L, "format",
                volume && data && nt_handle_can(handle, NT_CAN_READ) &&
                    nt_handle_can(handle, NT_CAN_WRITE));
}

static void set_data_capabilities(lua_State *L,
                                  const struct nt_handle *handle) {
  const uint32_t writing = NT_FILE_WRITE_DATA | NT_FILE_APPEND_DATA;
  bool reads = (handle->access & NT_FILE_READ_DATA) != 0;
  bool writes = (handle->access & writing) != 0;
  ln_setboolean(L, "read", reads && nt_handle_can(handle, NT_CAN_READ));
  ln_setboolean(L, "write", writes && nt_handle_can(handle, NT_CAN_WRITE));
  ln_setboolean(L, "flush", writes && nt_handle_can(handle, NT_CAN_FLUSH));
}

static void set_device_capabilities(lua_State *L,
                                    const struct nt_handle *handle) {
  bool device =
      handle->kind != NT_KIND_FILE && handle->kind != NT_KIND_DIRECTORY &&
      handle->kind != NT_KIND_SECTION && nt_handle_can(handle, NT_CAN_CONTROL);
  bool part = device && handle->kind != NT_KIND_DISK;
  ln_setboolean(L, "geometry", device);
  ln_setboolean(L, "device_number", device);
  ln_setboolean(L, "is_offline", part);
  ln_setboolean(L, "extents", part);
}

/***
Says which operations this handle has, by its kind and its access. The machine
may still refuse one.
@function volume:capabilities
@treturn table<string,boolean> operation -> true or false
@usage
local vol <close> = assert(ntvol.open("D:", { access = "none" }))
assert(not vol:capabilities().lock)
*/
static int ln_volume_capabilities(lua_State *L) {
  const struct nt_handle *handle = ln_onlyvolume(L, "capabilities")->handle;
  bool section = handle->kind == NT_KIND_SECTION;
  lua_createtable(L, 0, 24);
  set_file_system_capabilities(L, handle);
  set_data_capabilities(L, handle);
  set_device_capabilities(L, handle);
  ln_setboolean(L, "info",
                handle->kind != NT_KIND_DISK && !section &&
                    nt_handle_can(handle, NT_CAN_TELL_INFO));
  ln_setboolean(L, "control",
                !section && nt_handle_can(handle, NT_CAN_CONTROL));
  ln_setboolean(L, "duplicate", nt_handle_can(handle, NT_CAN_DUPLICATE));
  ln_setboolean(
      L, "map",
      handle->kind == NT_KIND_FILE && nt_handle_can(handle, NT_CAN_MAP));
  ln_setboolean(
      L, "list",
      handle->kind == NT_KIND_DIRECTORY && nt_handle_can(handle, NT_CAN_LIST));
  ln_setboolean(L, "holders", nt_handle_can(handle, NT_CAN_NAME_HOLDERS));
  return 1;
}

/***
Lists the methods with one line each.
@function volume:help
@treturn string
@usage
local vol <close> = assert(ntvol.open "D:")
print(vol:help())
*/
static int ln_volume_help(lua_State *L) {
  ln_onlyvolume(L, "help");
  ln_pushhelp(L, NTVOL_VOLUME);
  return 1;
}

/* ---- registration -------------------------------------------------------- */

static const struct ln_method methods[] = {
    {"lock", ln_volume_lock, HELP_VOLUME_LOCK},
    {"unlock", ln_volume_unlock, HELP_VOLUME_UNLOCK},
    {"dismount", ln_volume_dismount, HELP_VOLUME_DISMOUNT},
    {"offline", ln_volume_offline, HELP_VOLUME_OFFLINE},
    {"online", ln_volume_online, HELP_VOLUME_ONLINE},
    {"format", ln_volume_format, HELP_VOLUME_FORMAT},
    {"extended_io", ln_volume_extended_io, HELP_VOLUME_EXTENDED_IO},
    {"eject", ln_volume_eject, HELP_VOLUME_EJECT},
    {"media_removal", ln_volume_media_removal, HELP_VOLUME_MEDIA_REMOVAL},
    {"run", ln_volume_run, HELP_VOLUME_RUN},
    {"read", ln_volume_read, HELP_VOLUME_READ},
    {"write", ln_volume_write, HELP_VOLUME_WRITE},
    {"flush", ln_volume_flush, HELP_VOLUME_FLUSH},
    {"duplicate", ln_volume_duplicate, HELP_VOLUME_DUPLICATE},
    {"map", ln_volume_map, HELP_VOLUME_MAP},
    {"list", ln_volume_list, HELP_VOLUME_LIST},
    {"holders", ln_volume_holders, HELP_VOLUME_HOLDERS},
    {"size", ln_volume_size, HELP_VOLUME_SIZE},
    {"sector_size", ln_volume_sector_size, HELP_VOLUME_SECTOR_SIZE},
    {"info", ln_volume_info, HELP_VOLUME_INFO},
    {"identity", ln_volume_identity, HELP_VOLUME_IDENTITY},
    {"label", ln_volume_label, HELP_VOLUME_LABEL},
    {"extents", ln_volume_extents, HELP_VOLUME_EXTENTS},
    {"geometry", ln_volume_geometry, HELP_VOLUME_GEOMETRY},
    {"device_number", ln_volume_device_number, HELP_VOLUME_DEVICE_NUMBER},
    {"control", ln_volume_control, HELP_VOLUME_CONTROL},
    {"is_locked", ln_volume_is_locked, HELP_VOLUME_IS_LOCKED},
    {"is_mounted", ln_volume_is_mounted, HELP_VOLUME_IS_MOUNTED},
    {"is_offline", ln_volume_is_offline, HELP_VOLUME_IS_OFFLINE},
    {"is_dirty", ln_volume_is_dirty, HELP_VOLUME_IS_DIRTY},
    {"mark_dirty", ln_volume_mark_dirty, HELP_VOLUME_MARK_DIRTY},
    {"ntfs_data", ln_volume_ntfs_data, HELP_VOLUME_NTFS_DATA},
    {"bitmap", ln_volume_bitmap, HELP_VOLUME_BITMAP},
    {"name", ln_volume_name, HELP_VOLUME_NAME},
    {"kind", ln_volume_kind, HELP_VOLUME_KIND},
    {"machine", ln_volume_machine, HELP_VOLUME_MACHINE},
    {"capabilities", ln_volume_capabilities, HELP_VOLUME_CAPABILITIES},
    {"close", ln_volume_close, HELP_VOLUME_CLOSE},
    {"help", ln_volume_help, HELP_VOLUME_HELP},
    {NULL, NULL, NULL, NULL}};

static const luaL_Reg meta[] = {{"__close", volume_leave},
                                {"__gc", volume_gc},
                                {"__tostring", volume_tostring},
                                {NULL, NULL}};

void ln_openvolume(lua_State *L) {
  ln_newclass(L, NTVOL_VOLUME, "an open volume, disk, file or directory",
              methods, meta);
}
