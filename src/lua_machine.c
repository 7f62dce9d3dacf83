/***
A connection to a machine: a place that has volumes and disks.

Everything that a machine may refuse returns nil, a message, an error code and
a table of details (see `types/ntvol.lua`, ntvol.info). A closed machine
raises `attempt to use a closed machine`.

@module ntvol.machine
*/
#include <string.h>

#include "lua_core.h"
#include "lua_help.h"
#include "lua_info.h"
#include "lua_methods.h"
#include "nt/admin.h"

/* ---- life ---------------------------------------------------------------- */

static struct ln_machine *to_machine(lua_State *L) {
  return luaL_checkudata(L, 1, NTVOL_MACHINE);
}

/***
Closes the machine and everything that was opened on it. Closing twice is
harmless.
@function machine:close
@treturn true
@failure the message of the first volume that could not be closed properly;
 everything is closed all the same
@raise while a format runs on one of its volumes, and from a subscriber
*/
static int ln_machine_close(lua_State *L) {
  struct ln_machine *m = to_machine(L);
  NT_DECLARE_ERROR(err);
  nt_status status = NT_STATUS_SUCCESS;
  const char *refusal = m->machine != NULL ? ln_machinebusy(m) : NULL;
  ln_noargs(L, 2, "close");
  if (refusal != NULL) {
    return luaL_error(L, "%s", refusal);
  }
  if (m->machine != NULL) {
    status = ln_closemachine(m, &err);
  }
  return ln_result(L, status, &err);
}

static int machine_leave(lua_State *L) {
  struct ln_machine *m = to_machine(L);
  NT_DECLARE_ERROR(err);
  const char *refusal = ln_machinebusy(m);
  if (m->machine == NULL) {
    return 0;
  }
  if (refusal != NULL) {
    return ln_closerefused(L, refusal);
  }
  if (!nt_ok(ln_closemachine(m, &err))) {
    return ln_closefailed(L, &err);
  }
  return 0;
}

static int machine_gc(lua_State *L) {
  struct ln_machine *m = to_machine(L);
  NT_DECLARE_ERROR(err);
  char name[NT_NAME_MAX];
  bool open_volumes;
  if (m->machine == NULL) {
    return 0;
  }
  if (ln_machinebusy(m) != NULL && ln_byhand(L)) {
    return luaL_error(L, "%s", ln_machinebusy(m));
  }
  memcpy(name, m->machine->name, sizeof name);
  open_volumes = m->volumes != NULL;
  ln_closesubscriptions(m); /* the collector calls nobody */
  if (!nt_ok(ln_closemachine(m, &err))) {
    ln_warn(L, &err);
  }
  if (open_volumes) {
    lua_warning(L, "ntvol: machine ", 1);
    ln_warntext(L, name, true);
    lua_warning(L, " was collected while it had open volumes", 0);
  }
  return 0;
}

static int machine_tostring(lua_State *L) {
  const struct ln_machine *m = to_machine(L);
  lua_pushfstring(L, "%s (%s)", NTVOL_MACHINE,
                  m->machine ? m->machine->name : "closed");
  return ln_printable(L);
}

/* ---- lists --------------------------------------------------------------- */

static struct ln_machine *self_only(lua_State *L, const char *verb) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  ln_noargs(L, 2, verb);
  return m;
}

/* Appends the value on top of the stack to the table at index -2. */
static void append(lua_State *L) {
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

/* Ends an enumeration: returns the list on top of the stack, or the failure
 * that ended it early. */
static int finish_list(lua_State *L, nt_status status,
                       const struct nt_error *err) {
  return status == NT_STATUS_NO_MORE_ENTRIES ? 1 : ln_pusherror(L, err);
}

/***
Lists the volumes. Asking mounts nothing and changes nothing, but on Windows the
system may mount a volume to find out its file system. The entries are plain
tables (ntvol.volume_info) that print as one line each. Fields: `name`,
`guid_path`, `device`, `mount_points`, `file_system`, `label`, `serial`, `size`,
`sector_size`, `partition_number`, `extents`, the booleans `mounted`, `locked`,
`dismounted`, `offline`, `readonly`, `removable`, `system`, `boot`, `pagefile`,
`csv` (cluster shared), `maintenance` (taken out of the cluster's name space),
`dirty` (wants to be checked), `busy` (its file system is being scrubbed or
balanced), `no_medium` (its drive is empty), `unreadable` (an image is missing
or damaged), `state` in words, and `content`: what a RAW volume holds that is
known by another name, such as `"ext4"`. Only the simulated machine sets `busy`,
`no_medium` and `content`. In a cluster there is also `owner`, the node that
owns the volume, and for a shared volume `csv_state`: `"direct"`,
`"maintenance"` or `"offline"`.
@function machine:volumes
@treturn ntvol.volume_info[] sizes and offsets are bytes
@failure
@usage for _, v in ipairs(ntvol.machine():volumes()) do print(v) end
*/
static int ln_machine_volumes(lua_State *L) {
  struct ln_machine *m = self_only(L, "volumes");
  NT_DECLARE_ERROR(err);
  struct nt_volume_info info;
  uint64_t cursor = 0;
  nt_status status;
  lua_newtable(L);
  while (memset(&info, 0, sizeof info),
         status = nt_next_volume(ln_connection(L, m), &cursor, &info, &err),
         nt_ok(status)) {
    ln_pushvolumeinfo(L, &info);
    append(L);
  }
  return finish_list(L, status, &err);
}

/***
Lists the disks, masked and uninstalled ones too. The entries are plain tables
(ntvol.disk_info) that print as one line each. Fields: `number`, `name`,
`location`, `serial`, `model`, `style` (`"none"`, `"mbr"`, `"gpt"`), `size`,
`sector_size`, `volume_count`, the booleans `readonly`, `removable`, `cdrom`,
`no_medium` (an empty drive) and `medium_locked` (the drive keeps its medium),
both only on the simulated machine, `masked`, `uninstalled`, `unreadable` (its
image is missing or damaged), `offline` (by its attribute: it shows no volumes),
`reason` (why it does not show its volumes, a name of `ntvol.reasons`), and
`state` in words. A CD drive is called `CdRom0`.
@function machine:disks
@treturn ntvol.disk_info[] sizes are bytes
@failure
@usage for _, d in ipairs(ntvol.machine():disks()) do print(d) end
*/
static int ln_machine_disks(lua_State *L) {
  struct ln_machine *m = self_only(L, "disks");
  NT_DECLARE_ERROR(err);
  struct nt_disk_info info;
  uint64_t cursor = 0;
  nt_status status;
  lua_newtable(L);
  while (memset(&info, 0, sizeof info),
         status = nt_next_disk(ln_connection(L, m), &cursor, &info, &err),
         nt_ok(status)) {
    ln_pushdiskinfo(L, &info);
    append(L);
  }
  return finish_list(L, status, &err);
}

/***
Lists what happened, oldest first. These are the notifications of the file
systems, of Plug and Play, and of the volume driver. The entries are plain
tables (ntvol.event) that print as one line each. Fields: `id`, `kind`
(`"volume"`, `"device"`, `"state"`), `name`, `guid` (GUID_IO_VOLUME_...) and
`code` (FSRTL_VOLUME_...) where the event has them, `target`, `pid`, `time`
(seconds since 1970), `node` where only one node of a cluster is told.
@function machine:events
@tparam[opt=0] integer after only events with a greater id
@treturn ntvol.event[]
@failure
@usage
local machine = ntvol.machine()
local seen = machine:events()
local last = #seen > 0 and seen[#seen].id or 0
for _, e in ipairs(machine:events(last)) do print(e) end
*/
static int ln_machine_events(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  NT_DECLARE_ERROR(err);
  struct nt_event event;
  uint64_t cursor = 0;
  nt_status status;
  if (!lua_isnoneornil(L, 2)) {
    cursor = (uint64_t)ln_checkrange(L, 2, "event id", 0, LUA_MAXINTEGER);
  }
  lua_newtable(L);
  while (memset(&event, 0, sizeof event),
         status = nt_next_event(ln_connection(L, m), &cursor, &event, &err),
         nt_ok(status)) {
    ln_pushevent(L, &event);
    append(L);
  }
  return finish_list(L, status, &err);
}

/* ---- verbs --------------------------------------------------------------- */

/***
Uninstalls a volume or disk (Plug and Play). Everybody who has it open is
asked, then it is removed, as the device manager does it. Uninstall the volumes
of a disk before the disk.
@function machine:uninstall
@tparam string name `"D:"`, `"PhysicalDrive1"`
@treturn true
@failure `"ERROR_BUSY"` while somebody has it open: `info.holders` says who;
 and for a disk while one of its volumes is installed
@usage assert(ntvol.machine():uninstall "D:")
*/
static int ln_machine_uninstall(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  const char *name = ln_checkname(L, 2);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_uninstall(ln_connection(L, m), name, &err);
  return ln_result(L, status, &err);
}

/***
Ejects the device of a volume or disk, as "safely remove" does. Everything on
the device is removed from the system, and then the device can be taken away
safely. When somebody refuses, `info.veto` says who: `type` (`"driver"`,
`"outstanding open"`, ...) and `name`. On the simulated machine this ejects the
medium of a drive, unless somebody has it open (`info.holders`); for a fixed
disk it returns `ERROR_NOT_SUPPORTED`.
@function machine:eject
@tparam string name `"E:"`, `"PhysicalDrive1"`
@treturn true
@failure `"ERROR_BUSY"` when somebody refused: `info.veto` says who;
 `"ERROR_NOT_SUPPORTED"` where devices are not ejected
*/
static int ln_machine_eject(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  const char *name = ln_checkname(L, 2);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_eject(ln_connection(L, m), name, &err);
  return ln_result(L, status, &err);
}

/* A disk by name, or by number (1 or "1"), which becomes "PhysicalDrive1". */
static const char *check_disk(lua_State *L, int arg) {
  const char *name;
  if (lua_type(L, arg) == LUA_TNUMBER) {
    return lua_pushfstring(L, "PhysicalDrive%I",
                           ln_checkrange(L, arg, "disk number", 0, UINT32_MAX));
  }
  name = ln_checkname(L, arg);
  if (name[0] != '\0' && name[strspn(name, "0123456789")] == '\0') {
    return lua_pushfstring(L, "PhysicalDrive%s", name);
  }
  return name;
}

/***
Stops presenting the LUN of a disk. Elsewhere a storage administrator does that;
here it works on the simulated machine only. A disk that is still installed is
removed by surprise, and `events` shows it.
@function machine:mask
@tparam string|integer disk `"PhysicalDrive1"`, `"1"` or 1
@treturn true
@failure `"ERROR_NOT_SUPPORTED"` where only the storage can do it
@usage assert(ntvol.machine():mask(0))
*/
static int ln_machine_mask(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  const char *disk = check_disk(L, 2);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_mask(ln_connection(L, m), disk, &err);
  return ln_result(L, status, &err);
}

/***
Presents the LUN of a disk again. The disk and its volumes arrive, and the
volumes come online. This works on the simulated machine only.
@function machine:unmask
@tparam string|integer disk `"PhysicalDrive1"`, `"1"` or 1
@treturn true
@failure `"ERROR_NOT_SUPPORTED"` where only the storage can do it
@usage
assert(ntvol.machine():mask(0))
assert(ntvol.machine():unmask(0))
*/
static int ln_machine_unmask(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  const char *disk = check_disk(L, 2);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_unmask(ln_connection(L, m), disk, &err);
  return ln_result(L, status, &err);
}

/* ---- clusters ------------------------------------------------------------ */

/***
Lists the nodes of the machine's cluster. A machine of no cluster has none. This
works on the simulated machine only, as do `set_maintenance` and `set_owner`.
@function machine:nodes
@treturn ntvol.node[] `{ name = "n1", own = true }`; `own` is true for the
 node that this machine is
@failure
@usage for _, node in ipairs(ntvol.machine():nodes()) do print(node.name) end
*/
static int ln_machine_nodes(lua_State *L) {
  struct ln_machine *m = self_only(L, "nodes");
  NT_DECLARE_ERROR(err);
  struct nt_node_info info;
  uint64_t cursor = 0;
  nt_status status;
  lua_newtable(L);
  while (status = nt_next_node(ln_connection(L, m), &cursor, &info, &err),
         nt_ok(status)) {
    lua_createtable(L, 0, 2);
    ln_setstring(L, "name", info.name);
    ln_setboolean(L, "own", info.own);
    append(L);
  }
  return finish_list(L, status, &err);
}

/***
Takes a cluster shared volume out of its name space, or puts it back. That is
what the cluster manager does. While it is out, it is an ordinary NTFS volume of
the node that owns it. There it can be taken offline, repaired and formatted; on
other nodes it does not exist.
@function machine:set_maintenance
@tparam string volume its name
@tparam boolean on
@treturn true
@failure `"ERROR_BUSY"` while a node has it open; `"ERROR_INVALID_FUNCTION"`
 when it is not cluster shared
@usage
local lab <close> = assert(ntvol.sim.create(":memory:",
  { nodes = { "n1", "n2" }, disks = { "16M:raw:D:csv" } }))
assert(lab:set_maintenance("D:", true))
*/
static int ln_machine_set_maintenance(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  const char *volume = ln_checkname(L, 2);
  NT_DECLARE_ERROR(err);
  nt_status status;
  luaL_checktype(L, 3, LUA_TBOOLEAN);
  status = nt_set_maintenance(ln_connection(L, m), volume,
                              lua_toboolean(L, 3) != 0, &err);
  return ln_result(L, status, &err);
}

/***
Makes a node the owner of a volume. A cluster shared volume stays in use as it
is. Any other volume exists on its owner only, and moves only when nobody has it
open.
@function machine:set_owner
@tparam string volume its name; the volume may belong to another node
@tparam string node
@treturn true
@failure `"ERROR_BUSY"` while somebody has it open; `"ERROR_FILE_NOT_FOUND"`
 when there is no such volume or node (reason `no_node`)
@usage
local lab <close> = assert(ntvol.sim.create(":memory:",
  { nodes = { "n1", "n2" }, disks = { "16M:raw:D" } }))
assert(lab:set_owner("D:", "n2"))
*/
static int ln_machine_set_owner(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  const char *volume = ln_checkname(L, 2);
  const char *node = ln_checkname(L, 3);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_set_owner(ln_connection(L, m), volume, node, &err);
  return ln_result(L, status, &err);
}

/***
Gives a volume a letter or a mount folder. From then on that is one of its
names, and the volume is put online. A volume has at most one letter: for a
second one this returns `ERROR_INVALID_PARAMETER`, reason `has_letter`. A mount
folder is an existing, empty folder of a mounted NTFS volume (W8); a folder of a
drive that the machine does not have is taken for one of the system's own. This
works on the simulated machine only; on Windows use `mountvol` or the disk
management.
@function machine:add_mount_point
@tparam string volume `"D:"`, or another of its names
@tparam string point `"E:"`, `"C:\\mnt\\data"`
@treturn true
@failure `"ERROR_ALREADY_EXISTS"` when the letter or folder names a volume
 already; `"ERROR_INVALID_FUNCTION"` when the folder does not lie on NTFS;
 `"ERROR_FILE_NOT_FOUND"`, `"ERROR_DIRECTORY"` or `"ERROR_DIR_NOT_EMPTY"` when
it is not there, is a file, or is not empty; `"ERROR_NOT_SUPPORTED"` where the
 system's own tools do it
@usage
local machine = ntvol.machine()
assert(machine:add_mount_point("D:", "C:\\mnt\\data"))
assert(machine:remove_mount_point "C:\\mnt\\data")
*/
static int ln_machine_add_mount_point(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  const char *volume = ln_checkname(L, 2), *point = ln_checkname(L, 3);
  NT_DECLARE_ERROR(err);
  nt_status status =
      nt_add_mount_point(ln_connection(L, m), volume, point, &err);
  return ln_result(L, status, &err);
}

/***
Takes a letter or a mount folder away. What is open stays open. This works on
the simulated machine only.
@function machine:remove_mount_point
@tparam string point `"E:"`, `"C:\\mnt\\data"`
@treturn true
@failure `"ERROR_FILE_NOT_FOUND"` when no volume has it
@usage
local machine = ntvol.machine()
assert(machine:add_mount_point("D:", "C:\\mnt\\data"))
assert(machine:remove_mount_point "C:\\mnt\\data")
*/
static int ln_machine_remove_mount_point(lua_State *L) {
  struct ln_machine *m = ln_checkmachine(L, 1);
  const char *point = ln_checkname(L, 2);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_remove_mount_point(ln_connection(L, m), point, &err);
  return ln_result(L, status, &err);
}

/* ---- about itself -------------------------------------------------------- */

static const struct {
  const char *name;
  enum nt_machine_ability ability;
} abilities[] = {
    {"open", NT_CAN_OPEN},
    {"volumes", NT_CAN_LIST_VOLUMES},
    {"disks", NT_CAN_LIST_DISKS},
    {"events", NT_CAN_LIST_EVENTS},
    {"subscribe", NT_CAN_SUBSCRIBE},
    {"watch", NT_CAN_WATCH},
    {"uninstall", NT_CAN_UNINSTALL},
    {"mask", NT_CAN_MASK},
    {"unmask", NT_CAN_UNMASK},
    {"eject", NT_CAN_EJECT},
    {"cluster", NT_CAN_CLUSTER},
    {"mount_points", NT_CAN_MOUNT_POINTS},
    {"own_formatter", NT_CAN_FORMAT},
};

/***
Says which operations this machine has. An operation that is false returns
`ERROR_NOT_SUPPORTED`. `own_formatter` is true where the system formats volumes
itself. Then nobody knows beforehand what the formatter will say. It needs the
volume for itself, so the lock is given up meanwhile, and the format cannot be
taken back. See [formatting](format.md#the-systems-own-formatter).
@function machine:capabilities
@treturn table<string,boolean> operation -> true or false
@usage assert(ntvol.machine():capabilities().volumes)
*/
static int ln_machine_capabilities(lua_State *L) {
  struct ln_machine *m = self_only(L, "capabilities");
  const struct nt_machine *machine = m->machine;
  size_t i;
  lua_createtable(L, 0, (int)(sizeof abilities / sizeof abilities[0]));
  for (i = 0; i < sizeof abilities / sizeof abilities[0]; i++) {
    ln_setboolean(L, abilities[i].name,
                  nt_machine_can(machine, abilities[i].ability));
  }
  return 1;
}

/***
Returns the machine's name, as `ntvol.machine` takes it.
@function machine:name
@treturn string `"sim:lab"`
*/
static int ln_machine_name(lua_State *L) {
  lua_pushstring(L, self_only(L, "name")->machine->name);
  return 1;
}

/***
Lists the methods with one line each.
@function machine:help
@treturn string
@usage print(ntvol.machine():help())
*/
static int ln_machine_help(lua_State *L) {
  self_only(L, "help");
  ln_pushhelp(L, NTVOL_MACHINE);
  return 1;
}

/* ---- registration -------------------------------------------------------- */

static const struct ln_method methods[] = {
    {"open", ln_machine_open, HELP_MACHINE_OPEN},
    {"volumes", ln_machine_volumes, HELP_MACHINE_VOLUMES},
    {"disks", ln_machine_disks, HELP_MACHINE_DISKS},
    {"events", ln_machine_events, HELP_MACHINE_EVENTS},
    {"subscribe", ln_machine_subscribe, HELP_MACHINE_SUBSCRIBE},
    {"watch", ln_machine_watch, HELP_MACHINE_WATCH},
    {"uninstall", ln_machine_uninstall, HELP_MACHINE_UNINSTALL},
    {"mask", ln_machine_mask, HELP_MACHINE_MASK},
    {"unmask", ln_machine_unmask, HELP_MACHINE_UNMASK},
    {"eject", ln_machine_eject, HELP_MACHINE_EJECT},
    {"add_mount_point", ln_machine_add_mount_point,
     HELP_MACHINE_ADD_MOUNT_POINT},
    {"remove_mount_point", ln_machine_remove_mount_point,
     HELP_MACHINE_REMOVE_MOUNT_POINT},
    {"holders", ln_machine_holders, HELP_MACHINE_HOLDERS},
    {"nodes", ln_machine_nodes, HELP_MACHINE_NODES},
    {"set_maintenance", ln_machine_set_maintenance,
     HELP_MACHINE_SET_MAINTENANCE},
    {"set_owner", ln_machine_set_owner, HELP_MACHINE_SET_OWNER},
    {"capabilities", ln_machine_capabilities, HELP_MACHINE_CAPABILITIES},
    {"name", ln_machine_name, HELP_MACHINE_NAME},
    {"close", ln_machine_close, HELP_MACHINE_CLOSE},
    {"help", ln_machine_help, HELP_MACHINE_HELP},
    {NULL, NULL, NULL, NULL}};

static const luaL_Reg meta[] = {{"__close", machine_leave},
                                {"__gc", machine_gc},
                                {"__tostring", machine_tostring},
                                {NULL, NULL}};

static struct nt_machine **api_newmachine(lua_State *L) {
  return &ln_newmachine(L)->machine;
}

static struct nt_machine *api_checkmachine(lua_State *L, int arg) {
  return ln_checkmachine(L, arg)->machine;
}

static const struct ntvol_api api = {NTVOL_API_VERSION, api_newmachine,
                                     api_checkmachine};

void ln_openmachine(lua_State *L) {
  ln_newclass(L, NTVOL_MACHINE, "a connection to a machine", methods, meta);
  /* lua_touserdata gives it back as it is; nobody writes through it */
  lua_pushlightuserdata(L, (void *)(uintptr_t)&api);
  lua_setfield(L, LUA_REGISTRYINDEX, NTVOL_API);
}
