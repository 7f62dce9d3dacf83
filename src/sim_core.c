/***
Simulated machines: creating and removing them, and registering the machine
kind `"sim"`. Programs load `ntvol.sim`, which brings the specification into the
form that is read here; this module is its private part.

@module ntvol.sim.core
*/
#include <string.h>

#include "lua_aux.h"
#include "nt/sim/sim.h"

/* ---- the specification --------------------------------------------------- */

/* What is needed while the specification is read. Arrays are userdata and
 * strings are kept in a table, all of them on the stack. So an error in the
 * middle loses nothing, and nobody can change a string meanwhile. */
struct reader {
  lua_State *L;
  int arg;  /* the argument that errors name */
  int keep; /* stack index of the table of strings */
};

/* Puts the string on top of the stack into the table of strings. */
static void keep(const struct reader *r) {
  lua_State *L = r->L;
  lua_rawseti(L, r->keep, (lua_Integer)lua_rawlen(L, r->keep) + 1);
}

static const char *read_string(const struct reader *r,
                               const struct ln_options *o, const char *field) {
  const char *value = ln_optionstring(r->L, o, field);
  if (value != NULL) {
    keep(r);
  } else {
    lua_pop(r->L, 1);
  }
  return value;
}

/* Pushes an array field and returns its length, or pushes nil and returns 0. */
static uint32_t push_array(const struct reader *r, const struct ln_options *o,
                           const char *field, size_t max) {
  lua_State *L = r->L;
  int type = ln_optionvalue(L, o, field);
  lua_Unsigned count;
  if (type == LUA_TNIL) {
    return 0;
  }
  if (type != LUA_TTABLE) {
    ln_optionerror(L, o, field, "must be a list, got %s", luaL_typename(L, -1));
  }
  count = lua_rawlen(L, -1);
  if (count > max) {
    ln_optionerror(L, o, field, "has %I entries, at most %I are possible",
                   (lua_Integer)count, (lua_Integer)max);
  }
  return (uint32_t)count;
}

/* Pushes entry `i` (from 0) of the list on top of the stack, which must be a
 * table, and the prefix of its fields in errors. */
static struct ln_options enter(const struct reader *r,
                               const struct ln_options *o, const char *field,
                               uint32_t i) {
  lua_State *L = r->L;
  struct ln_options entry;
  int type = lua_rawgeti(L, -1, (lua_Integer)i + 1);
  entry.arg = r->arg;
  entry.table = lua_gettop(L);
  entry.prefix = lua_pushfstring(L, "%s%s[%d].", o->prefix, field, (int)i + 1);
  if (type != LUA_TTABLE) {
    ln_optionerror(L, o, field, "must be a list of tables, got %s in it",
                   luaL_typename(L, entry.table));
  }
  return entry;
}

static uint64_t read_size(const struct reader *r, const struct ln_options *o) {
  return (uint64_t)ln_optioninteger(r->L, o, "size", 0, LUA_MAXINTEGER, 0);
}

static uint32_t read_flag(const struct reader *r, const struct ln_options *o,
                          const char *field, uint32_t flag) {
  return ln_optionboolean(r->L, o, field, false) ? flag : 0;
}

/* Reads a letter: "D:" stays as it is, false means no letter (""), and nil
 * means the next free one (NULL). */
static const char *read_letter(const struct reader *r,
                               const struct ln_options *o) {
  lua_State *L = r->L;
  int type = ln_optionvalue(L, o, "letter");
  bool none = type == LUA_TBOOLEAN && !lua_toboolean(L, -1);
  lua_pop(L, 1);
  return none ? "" : read_string(r, o, "letter");
}

/* Reads whether something is mounted: nil means as usual. */
static enum nt_sim_mounted read_mounted(const struct reader *r,
                                        const struct ln_options *o) {
  bool given = ln_optionvalue(r->L, o, "mounted") != LUA_TNIL;
  lua_pop(r->L, 1);
  if (!given) {
    return NT_SIM_MOUNTED_AS_USUAL;
  }
  return ln_optionboolean(r->L, o, "mounted", false) ? NT_SIM_MOUNTED
                                                     : NT_SIM_UNMOUNTED;
}

static void read_mount_points(const struct reader *r,
                              const struct ln_options *o,
                              struct nt_sim_volume_spec *volume) {
  lua_State *L = r->L;
  uint32_t count = push_array(r, o, "mount_points", NT_MAX_MOUNT_POINTS);
  uint32_t i;
  for (i = 0; i < count; i++) {
    if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING) {
      ln_optionerror(L, o, "mount_points", "must be strings, got %s",
                     luaL_typename(L, -1));
    }
    if (strlen(lua_tostring(L, -1)) != lua_rawlen(L, -1)) {
      ln_optionerror(L, o, "mount_points", "contains a zero byte");
    }
    volume->mount_points[i] = lua_tostring(L, -1);
    keep(r);
  }
  lua_pop(L, 1);
}

static void read_volume(const struct reader *r, const struct ln_options *o,
                        struct nt_sim_volume_spec *volume) {
  static const char *const names[] = {
      "size",     "letter",   "mount_points", "system", "boot",
      "pagefile", "readonly", "busy",         "csv",    "span",
      "fs",       "owner",    "mounted",      NULL};
  ln_optionnames(r->L, o, names);
  volume->size = read_size(r, o);
  volume->letter = read_letter(r, o);
  read_mount_points(r, o, volume);
  volume->span = read_string(r, o, "span");
  volume->fs = read_string(r, o, "fs");
  volume->owner = read_string(r, o, "owner");
  volume->mounted = read_mounted(r, o);
  volume->flags = read_flag(r, o, "system", NT_VOLUME_SYSTEM) |
                  read_flag(r, o, "boot", NT_VOLUME_BOOT) |
                  read_flag(r, o, "pagefile", NT_VOLUME_PAGEFILE) |
                  read_flag(r, o, "readonly", NT_VOLUME_READONLY) |
                  read_flag(r, o, "busy", NT_VOLUME_BUSY) |
                  read_flag(r, o, "csv", NT_VOLUME_CSV);
}

/* Pushes a zeroed array that Lua owns. */
static void *push_zeroed(lua_State *L, size_t count, size_t size) {
  void *array = lua_newuserdatauv(L, count * size, 0);
  if (count > 0) {
    memset(array, 0, count * size);
  }
  return array;
}

/* Reads the volumes of a disk. Their array goes into the table of strings,
 * too. */
static void read_volumes(const struct reader *r, const struct ln_options *o,
                         struct nt_sim_disk_spec *disk) {
  lua_State *L = r->L;
  uint32_t count = push_array(r, o, "volumes", NT_SIM_MAX_VOLUMES), i;
  struct nt_sim_volume_spec *volumes = push_zeroed(L, count, sizeof *volumes);
  keep(r);
  for (i = 0; i < count; i++) {
    struct ln_options entry = enter(r, o, "volumes", i);
    read_volume(r, &entry, &volumes[i]);
    lua_settop(L, entry.table - 1);
  }
  lua_pop(L, 1);
  disk->volumes = volumes;
  disk->volume_count = count;
}

static void read_disk(const struct reader *r, const struct ln_options *o,
                      struct nt_sim_disk_spec *disk) {
  static const char *const names[] = {
      "image",    "size",      "sector_size", "style",   "serial",
      "readonly", "removable", "cdrom",       "volumes", NULL};
  ln_optionnames(r->L, o, names);
  disk->image = read_string(r, o, "image");
  disk->size = read_size(r, o);
  disk->sector_size =
      (uint32_t)ln_optioninteger(r->L, o, "sector_size", 0, UINT32_MAX, 0);
  disk->style = read_string(r, o, "style");
  disk->serial = read_string(r, o, "serial");
  disk->flags = read_flag(r, o, "readonly", NT_DISK_READONLY) |
                read_flag(r, o, "removable", NT_DISK_REMOVABLE) |
                read_flag(r, o, "cdrom",
                          NT_DISK_CDROM | NT_DISK_READONLY | NT_DISK_REMOVABLE);
  read_volumes(r, o, disk);
}

/* Reads the names of the nodes. Their array goes into the table of strings,
 * too. */
static void read_nodes(const struct reader *r, const struct ln_options *o,
                       struct nt_sim_spec *spec) {
  lua_State *L = r->L;
  uint32_t count = push_array(r, o, "nodes", NT_SIM_MAX_NODES), i;
  const char **nodes = push_zeroed(L, count, sizeof *nodes);
  keep(r);
  for (i = 0; i < count; i++) {
    if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING ||
        strlen(lua_tostring(L, -1)) != lua_rawlen(L, -1)) {
      ln_optionerror(L, o, "nodes", "must be names, got %s",
                     luaL_typename(L, -1));
    }
    nodes[i] = lua_tostring(L, -1);
    keep(r);
  }
  lua_pop(L, 1);
  spec->nodes = nodes;
  spec->node_count = count;
}

/* Reads the specification. What `spec` points to stays on the stack. */
static void read_spec(lua_State *L, int arg, struct nt_sim_spec *spec) {
  static const char *const names[] = {"disks", "nodes", "mounted", NULL};
  struct ln_options o = {arg, arg, ""};
  struct reader r = {L, arg, 0};
  struct nt_sim_disk_spec *disks;
  uint32_t count, i;
  luaL_checktype(L, arg, LUA_TTABLE);
  luaL_checkstack(L, 40, NULL);
  ln_optionnames(L, &o, names);
  lua_newtable(L);
  r.keep = lua_gettop(L);
  count = push_array(&r, &o, "disks", NT_SIM_MAX_DISKS);
  disks = push_zeroed(L, count, sizeof *disks);
  keep(&r);
  for (i = 0; i < count; i++) {
    struct ln_options entry = enter(&r, &o, "disks", i);
    read_disk(&r, &entry, &disks[i]);
    lua_settop(L, entry.table - 1);
  }
  spec->disks = disks;
  spec->disk_count = count;
  lua_settop(L, r.keep);
  spec->mounted = ln_optionboolean(L, &o, "mounted", false);
  read_nodes(&r, &o, spec);
}

/* ---- functions ----------------------------------------------------------- */

/***
Creates a simulated machine in a folder or in memory, and connects to it. The
specification is `{ disks = { { image, size, sector_size, style, serial,
readonly, removable, cdrom, volumes = { { size, letter, mount_points, system,
boot, pagefile, readonly, busy, csv, span, fs, owner, mounted } } } }, nodes = {
name }, mounted }`. Sizes are integers, in bytes; `letter = false` means none.
New volumes are RAW, and belong to the first node: `fs` and `owner` are only
checked, and a volume with `fs` gets its flags by `set_flags`. With `mounted`,
what has a letter on a fixed disk is mounted; a volume with a `mounted` of its
own is, or is not. A removable disk without image and size, and a CD drive
without image, is a drive without a medium. A machine with nodes is a cluster,
and this connection is its first node.
@function create
@tparam string path a folder that does not exist or is empty, or `":memory:"`
@tparam table spec
@treturn ntvol.machine
@failure
@raise for an unknown field or a wrong type
*/
static int ln_sim_create(lua_State *L) {
  const char *path = ln_checkname(L, 1);
  struct nt_sim_spec spec = {0};
  NT_DECLARE_ERROR(err);
  struct nt_machine **slot;
  nt_status status;
  lua_settop(L, 2);
  read_spec(L, 2, &spec);
  slot = ntvol_getapi(L)->newmachine(L);
  status = nt_sim_create(path, &spec, slot, &err);
  if (nt_ok(status)) {
    return 1;
  }
  nt_error_name(&err, "create machine", path);
  return ln_pusherror(L, &err);
}

/***
Removes the folder of a simulated machine: its database, and the images that
were made for it.
@function remove
@tparam string path
@treturn boolean true
@failure `"ERROR_BUSY"` while a process is connected to it
*/
static int ln_sim_remove(lua_State *L) {
  const char *path = ln_checkname(L, 1);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_sim_remove(path, &err);
  nt_error_name(&err, "remove machine", path);
  return ln_result(L, status, &err);
}

/* ---- checking ------------------------------------------------------------ */

/* Frees a report. The collector calls this, so that a report is freed also when
 * an error comes in between. */
static int ln_report_gc(lua_State *L) {
  struct nt_sim_report **report = lua_touserdata(L, 1);
  nt_sim_free_report(*report);
  *report = NULL;
  return 0;
}

static struct nt_sim_report **push_report(lua_State *L) {
  struct nt_sim_report **report = lua_newuserdatauv(L, sizeof *report, 0);
  *report = NULL;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, ln_report_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  return report;
}

static void set_text(lua_State *L, const char *field, const char *text) {
  if (text[0] != '\0') {
    lua_pushstring(L, text);
    lua_setfield(L, -2, field);
  }
}

static void push_damage(lua_State *L, const struct nt_sim_damage *damage) {
  lua_createtable(L, 0, 6);
  set_text(L, "table", damage->table);
  set_text(L, "column", damage->column);
  set_text(L, "row", damage->row);
  set_text(L, "value", damage->value);
  set_text(L, "what", damage->what);
  lua_pushboolean(L, damage->note);
  lua_setfield(L, -2, "note");
}

/***
Looks for everything that is wrong with a simulated machine, and changes
nothing. Each entry of the list says `what` is wrong. For a value in the
database it also has `table`, `column`, `row` and `value`. When `note` is true,
the entry mends itself.
@function check
@tparam string path
@treturn table a list; it is empty when the machine is fine
@failure
*/
static int ln_sim_check(lua_State *L) {
  const char *path = ln_checkname(L, 1);
  struct nt_sim_damage damage;
  NT_DECLARE_ERROR(err);
  struct nt_sim_report **report = push_report(L);
  nt_status status = nt_sim_check(path, report, &err);
  uint32_t i;
  if (!nt_ok(status)) {
    nt_error_name(&err, "check machine", path);
    return ln_pusherror(L, &err);
  }
  lua_newtable(L);
  for (i = 0; nt_sim_next_damage(*report, i, &damage); i++) {
    push_damage(L, &damage);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/***
Allows a simulated machine to use the images outside of its folder that its
disks name now.
@function allow_images
@tparam string path
@treturn boolean true
@failure
*/
static int ln_sim_allow_images(lua_State *L) {
  const char *path = ln_checkname(L, 1);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_sim_allow_images(path, &err);
  nt_error_name(&err, "allow the images of", path);
  return ln_result(L, status, &err);
}

static struct nt_machine *check_simulated(lua_State *L) {
  struct nt_machine *machine = ntvol_getapi(L)->checkmachine(L, 1);
  if (machine->ops != &nt_sim_ops) {
    luaL_argerror(
        L, 1,
        lua_pushfstring(L, "'%s' is not a simulated machine", machine->name));
  }
  return machine;
}

/***
Sets what a volume is for the system. A volume with one of these flags refuses
to be formatted, so a new one gets them after its file system.
@function set_flags
@tparam ntvol.machine machine
@tparam string volume its name
@tparam table flags booleans `system`, `boot`, `pagefile`, `readonly`, `busy`;
 what is not given is cleared
@treturn boolean true
@failure
@raise for a machine of another kind, and for an unknown flag
*/
static int ln_sim_set_flags(lua_State *L) {
  static const char *const names[] = {"system",   "boot", "pagefile",
                                      "readonly", "busy", NULL};
  static const uint32_t values[] = {NT_VOLUME_SYSTEM, NT_VOLUME_BOOT,
                                    NT_VOLUME_PAGEFILE, NT_VOLUME_READONLY,
                                    NT_VOLUME_BUSY};
  struct ln_options o = {3, 3, ""};
  NT_DECLARE_ERROR(err);
  uint32_t flags = 0;
  const char *name = ln_checkname(L, 2);
  nt_status status;
  int i;
  luaL_checktype(L, 3, LUA_TTABLE);
  ln_optionnames(L, &o, names);
  for (i = 0; names[i] != NULL; i++) {
    if (ln_optionboolean(L, &o, names[i], false)) {
      flags |= values[i];
    }
  }
  status = nt_sim_set_flags(check_simulated(L), name, flags, &err);
  return ln_result(L, status, &err);
}

/***
Gives a connection to a simulated machine a clock of its own, or the real one.
With a clock of its own, waiting takes no time.
@function set_virtual_clock
@tparam ntvol.machine machine
@tparam boolean on
@raise for a machine of another kind
*/
static int ln_sim_set_virtual_clock(lua_State *L) {
  struct nt_machine *machine = check_simulated(L);
  luaL_checktype(L, 2, LUA_TBOOLEAN);
  nt_sim_set_virtual_clock(machine, lua_toboolean(L, 2));
  return 0;
}

/***
Puts a medium into the empty drive of a simulated machine.
@function insert
@tparam ntvol.machine machine
@tparam string drive the name of its volume or of its disk: `"E:"`, `"CdRom0"`
@tparam string image the medium: an existing image
@tparam[opt] table options `readonly`: it is write-protected
@treturn boolean true
@failure `"ERROR_BUSY"` when the drive has a medium
@raise for a machine of another kind, and for an unknown option
*/
static int ln_sim_insert(lua_State *L) {
  static const char *const names[] = {"readonly", NULL};
  struct ln_options o = {4, 4, ""};
  NT_DECLARE_ERROR(err);
  const char *drive = ln_checkname(L, 2);
  const char *image = ln_checkname(L, 3);
  bool readonly = false;
  nt_status status;
  if (!lua_isnoneornil(L, 4)) {
    luaL_checktype(L, 4, LUA_TTABLE);
    ln_optionnames(L, &o, names);
    readonly = ln_optionboolean(L, &o, "readonly", false);
  }
  status = nt_sim_insert(check_simulated(L), drive, image, readonly, &err);
  return ln_result(L, status, &err);
}

/***
Takes the medium out of a drive of a simulated machine, and takes it away.
@function eject
@tparam ntvol.machine machine
@tparam string drive the name of its volume or of its disk: `"E:"`, `"CdRom0"`
@treturn boolean true, also when the drive had no medium
@failure `"ERROR_BUSY"` when the drive was told to keep its medium
@raise for a machine of another kind
*/
static int ln_sim_eject(lua_State *L) {
  NT_DECLARE_ERROR(err);
  const char *drive = ln_checkname(L, 2);
  return ln_result(L, nt_sim_take_out(check_simulated(L), drive, &err), &err);
}

/***
Empties the event history of a simulated machine.
@function forget_events
@tparam ntvol.machine machine
@treturn boolean true
@failure
@raise for a machine of another kind
*/
static int ln_sim_forget_events(lua_State *L) {
  struct nt_machine *machine = check_simulated(L);
  NT_DECLARE_ERROR(err);
  nt_status status = nt_sim_forget_events(machine, &err);
  nt_error_name(&err, "forget events of", machine->name);
  return ln_result(L, status, &err);
}

static const luaL_Reg functions[] = {
    {"create", ln_sim_create},
    {"remove", ln_sim_remove},
    {"check", ln_sim_check},
    {"allow_images", ln_sim_allow_images},
    {"set_flags", ln_sim_set_flags},
    {"set_virtual_clock", ln_sim_set_virtual_clock},
    {"insert", ln_sim_insert},
    {"eject", ln_sim_eject},
    {"forget_events", ln_sim_forget_events},
    {NULL, NULL}};

/* require("ntvol.core").register(kind) */
static void register_kind(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "ntvol.core");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "register");
  ntvol_pushkind(L, &nt_sim_ops);
  lua_call(L, 1, 0);
  lua_pop(L, 1);
}

int luaopen_ntvol_sim_core(lua_State *L) {
  luaL_checkversion(L);
  register_kind(L);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  return 1;
}
