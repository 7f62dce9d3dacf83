/*
 * Volumes, disks and events as Lua tables. They are plain tables of plain
 * values; a metatable only makes them print as one line.
 */
#include <stdio.h>
#include <string.h>

#include "lua_core.h"
#include "lua_info.h"
#include "nt/events.h"

#define VOLUME_INFO "ntvol.volume_info"
#define DISK_INFO "ntvol.disk_info"
#define EVENT "ntvol.event"

/* ---- texts --------------------------------------------------------------- */

struct flag_text {
  uint32_t flag;
  const char *text;
};

/* buf holds a text already. This adds ", TEXT" for every flag that is set. */
static void add_flags(char *buf, size_t cap, uint32_t flags,
                      const struct flag_text *list, size_t count) {
  size_t i;
  for (i = 0; i < count; i++) {
    size_t used = strlen(buf);
    if (flags & list[i].flag) {
      snprintf(buf + used, cap - used, ", %s", list[i].text);
    }
  }
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const char *ln_volumestate(uint32_t flags, char *buf) {
  static const struct flag_text texts[] = {
      {NT_VOLUME_LOCKED, "locked"},
      {NT_VOLUME_READONLY, "read-only"},
      {NT_VOLUME_SYSTEM, "system"},
      {NT_VOLUME_BOOT, "boot"},
      {NT_VOLUME_PAGEFILE, "page file"},
      {NT_VOLUME_CSV, "cluster shared"},
      {NT_VOLUME_MAINTENANCE, "in maintenance"},
      {NT_VOLUME_DIRTY, "dirty"},
      {NT_VOLUME_BUSY, "busy"},
      {NT_VOLUME_UNREADABLE, "cannot be read"}};
  const char *first = "not mounted";
  if (flags & NT_VOLUME_NO_MEDIUM) {
    first = "no medium";
  } else if (flags & NT_VOLUME_OFFLINE) {
    first = "offline";
  } else if (flags & NT_VOLUME_DISMOUNTED) {
    first = "dismounted";
  } else if (flags & NT_VOLUME_MOUNTED) {
    first = "mounted";
  }
  snprintf(buf, LN_STATE_MAX, "%s", first);
  add_flags(buf, LN_STATE_MAX, flags, texts, COUNT(texts));
  return buf;
}

static const char *disk_state(uint32_t flags, char *buf) {
  static const struct flag_text texts[] = {
      {NT_DISK_OFFLINE, "offline"},
      {NT_DISK_READONLY, "read-only"},
      {NT_DISK_REMOVABLE, "removable"},
      {NT_DISK_NO_MEDIUM, "no medium"},
      {NT_DISK_MEDIUM_LOCKED, "medium locked"},
      {NT_DISK_COLLISION, "signature collision"},
      {NT_DISK_TABLE_DAMAGED, "partition table damaged"},
      {NT_DISK_UNREADABLE, "cannot be read"}};
  const char *first = "present";
  if (flags & NT_DISK_MASKED) {
    first = "masked";
  } else if (flags & NT_DISK_UNINSTALLED) {
    first = "uninstalled";
  }
  snprintf(buf, LN_STATE_MAX, "%s", first);
  add_flags(buf, LN_STATE_MAX, flags, texts, COUNT(texts));
  return buf;
}

void ln_pushsize(lua_State *L, uint64_t bytes) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  uint64_t unit = 1024;
  size_t i = 0;
  if (bytes < unit) {
    lua_pushfstring(L, "%I bytes", (lua_Integer)bytes);
    return;
  }
  while (i + 1 < COUNT(units) && bytes / unit >= 1024) {
    unit *= 1024;
    i++;
  }
  if (bytes % unit == 0) {
    lua_pushfstring(L, "%I %s", (lua_Integer)(bytes / unit), units[i]);
  } else {
    lua_pushfstring(L, "%I.%d %s", (lua_Integer)(bytes / unit),
                    (int)(bytes % unit * 10 / unit), units[i]);
  }
}

/* ---- tables -------------------------------------------------------------- */

void ln_pushextents(lua_State *L, const struct nt_extent *extents,
                    uint32_t count) {
  uint32_t i;
  lua_createtable(L, (int)count, 0);
  for (i = 0; i < count; i++) {
    lua_createtable(L, 0, 3);
    ln_setinteger(L, "disk", extents[i].disk);
    ln_setinteger(L, "offset", extents[i].offset);
    ln_setinteger(L, "length", extents[i].length);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void set_mount_points(lua_State *L, const struct nt_volume_info *info) {
  uint32_t i;
  lua_createtable(L, (int)info->mount_point_count, 0);
  for (i = 0; i < info->mount_point_count; i++) {
    lua_pushstring(L, info->mount_points[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "mount_points");
}

static void set_volume_flags(lua_State *L, uint32_t flags) {
  static const struct flag_text names[] = {
      {NT_VOLUME_MOUNTED, "mounted"},
      {NT_VOLUME_LOCKED, "locked"},
      {NT_VOLUME_DISMOUNTED, "dismounted"},
      {NT_VOLUME_OFFLINE, "offline"},
      {NT_VOLUME_UNREADABLE, "unreadable"},
      {NT_VOLUME_READONLY, "readonly"},
      {NT_VOLUME_REMOVABLE, "removable"},
      {NT_VOLUME_SYSTEM, "system"},
      {NT_VOLUME_BOOT, "boot"},
      {NT_VOLUME_PAGEFILE, "pagefile"},
      {NT_VOLUME_CSV, "csv"},
      {NT_VOLUME_MAINTENANCE, "maintenance"},
      {NT_VOLUME_DIRTY, "dirty"},
      {NT_VOLUME_BUSY, "busy"},
      {NT_VOLUME_NO_MEDIUM, "no_medium"}};
  char state[LN_STATE_MAX];
  size_t i;
  for (i = 0; i < COUNT(names); i++) {
    ln_setboolean(L, names[i].text, (flags & names[i].flag) != 0);
  }
  ln_setstring(L, "state", ln_volumestate(flags, state));
}

/* The states of section 3 (docs/rules.md) that can occur here: no access is
 * redirected. */
static const char *csv_state(uint32_t flags) {
  return flags & NT_VOLUME_MAINTENANCE ? "maintenance"
         : flags & NT_VOLUME_OFFLINE   ? "offline"
                                       : "direct";
}

void ln_pushvolumeinfo(lua_State *L, const struct nt_volume_info *info) {
  lua_createtable(L, 0, 29);
  ln_setstring(L, "name", info->name);
  ln_setstring(L, "guid_path", info->guid_path);
  ln_setstring(L, "device", info->device);
  set_mount_points(L, info);
  ln_setstring(L, "file_system", info->file_system);
  ln_setstring(L, "label", info->label);
  ln_setstring(L, "serial", info->serial);
  ln_setinteger(L, "size", info->length);
  ln_setinteger(L, "sector_size", info->sector_size);
  ln_setinteger(L, "partition_number", info->partition_number);
  ln_pushextents(L, info->extents, info->extent_count);
  lua_setfield(L, -2, "extents");
  set_volume_flags(L, info->flags);
  if (info->content[0] != '\0') {
    ln_setstring(L, "content", info->content);
  }
  if (info->owner[0] != '\0') {
    ln_setstring(L, "owner", info->owner);
  }
  if (info->flags & NT_VOLUME_CSV) {
    ln_setstring(L, "csv_state", csv_state(info->flags));
  }
  luaL_setmetatable(L, VOLUME_INFO);
}

/* Why a disk does not show its volumes: a name of reasons.h. */
static void set_reason(lua_State *L, uint32_t flags) {
  if (flags & NT_DISK_TABLE_DAMAGED) {
    ln_setstring(L, "reason", nt_reason_at(NT_REASON_PARTITION_TABLE)->name);
  } else if (flags & NT_DISK_COLLISION) {
    ln_setstring(L, "reason",
                 nt_reason_at(NT_REASON_SIGNATURE_COLLISION)->name);
  }
}

void ln_pushdiskinfo(lua_State *L, const struct nt_disk_info *info) {
  char state[LN_STATE_MAX];
  uint32_t flags = info->flags;
  lua_createtable(L, 0, 16);
  ln_setinteger(L, "number", info->number);
  ln_setstring(L, "name", info->name);
  ln_setstring(L, "location", info->location);
  ln_setstring(L, "serial", info->serial);
  ln_setstring(L, "model", info->model);
  ln_setstring(L, "style", info->style);
  ln_setinteger(L, "size", info->length);
  ln_setinteger(L, "sector_size", info->sector_size);
  ln_setinteger(L, "volume_count", info->volume_count);
  ln_setboolean(L, "readonly", (flags & NT_DISK_READONLY) != 0);
  ln_setboolean(L, "offline", (flags & NT_DISK_OFFLINE) != 0);
  ln_setboolean(L, "removable", (flags & NT_DISK_REMOVABLE) != 0);
  ln_setboolean(L, "cdrom", (flags & NT_DISK_CDROM) != 0);
  ln_setboolean(L, "no_medium", (flags & NT_DISK_NO_MEDIUM) != 0);
  ln_setboolean(L, "medium_locked", (flags & NT_DISK_MEDIUM_LOCKED) != 0);
  ln_setboolean(L, "unreadable", (flags & NT_DISK_UNREADABLE) != 0);
  ln_setboolean(L, "masked", (flags & NT_DISK_MASKED) != 0);
  ln_setboolean(L, "uninstalled", (flags & NT_DISK_UNINSTALLED) != 0);
  ln_setstring(L, "state", disk_state(flags, state));
  set_reason(L, flags);
  luaL_setmetatable(L, DISK_INFO);
}

static const char *event_kind(enum nt_event_kind kind) {
  switch (kind) {
    case NT_EVENT_VOLUME:
      return "volume";
    case NT_EVENT_DEVICE:
      return "device";
    case NT_EVENT_STATE:
      break;
  }
  return "state";
}

void ln_pushevent(lua_State *L, const struct nt_event *event) {
  const struct nt_event_row *row = nt_event_of_guid(event->guid);
  lua_createtable(L, 0, 10);
  ln_setinteger(L, "id", event->id);
  ln_setstring(L, "kind", event_kind(event->kind));
  ln_setstring(L, "name", event->name);
  if (event->guid[0] != '\0') {
    ln_setstring(L, "guid", event->guid);
  }
  if (row != NULL && row->code != 0) {
    ln_setinteger(L, "code", row->code);
  }
  ln_setstring(L, "target", event->target);
  ln_setinteger(L, "pid", (uint64_t)event->pid);
  if (event->node[0] != '\0') {
    ln_setstring(L, "node", event->node);
  }
  lua_pushnumber(L, (lua_Number)event->time_us / 1e6);
  lua_setfield(L, -2, "time");
  luaL_setmetatable(L, EVENT);
}

/* ---- printing ------------------------------------------------------------ */

/* The tables belong to the user, who may have changed them: a field that is
 * not there any more prints as "?". Pushes the text, so that it stays alive. */
static const char *text(lua_State *L, const char *field) {
  lua_pushstring(L, field);
  if (lua_rawget(L, 1) == LUA_TNIL) {
    lua_pushstring(L, "?");
  }
  return luaL_tolstring(L, -1, NULL);
}

static uint64_t number(lua_State *L, const char *field) {
  lua_Integer value;
  lua_pushstring(L, field);
  lua_rawget(L, 1);
  value = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return (uint64_t)value;
}

static const char *size_text(lua_State *L) {
  ln_pushsize(L, number(L, "size"));
  return lua_tostring(L, -1);
}

static int volume_info_tostring(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkstack(L, 30, NULL);
  lua_pushfstring(L, "%s  %s  \"%s\"  %s  %s", text(L, "name"),
                  text(L, "file_system"), text(L, "label"), size_text(L),
                  text(L, "state"));
  return ln_printable(L);
}

static int disk_info_tostring(lua_State *L) {
  uint64_t volumes;
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkstack(L, 30, NULL);
  volumes = number(L, "volume_count");
  lua_pushfstring(L, "%s  %s  %s  %I volume%s  %s  %s", text(L, "name"),
                  size_text(L), text(L, "style"), (lua_Integer)volumes,
                  volumes == 1 ? "" : "s", text(L, "state"),
                  text(L, "location"));
  return ln_printable(L);
}

/* Days since 1970 to a date of the Gregorian calendar, which repeats itself
 * every 400 years (146097 days). Years begin in March here, so that the leap
 * day is the last day of a year. */
static void civil(int64_t days, int date[3]) {
  int64_t z = days + 719468;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  int64_t doe = z - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t month = (5 * doy + 2) / 153;
  date[2] = (int)(doy - (153 * month + 2) / 5 + 1);
  date[1] = (int)(month < 10 ? month + 3 : month - 9);
  date[0] = (int)(yoe + era * 400 + (date[1] <= 2));
}

/* "2024-02-29 12:00:00.250" */
static void format_time(lua_Number time, char *buf, size_t cap) {
  int64_t ms, day_ms, days;
  int date[3];
  /* outside of this range the calendar above would overflow */
  if (!(time > -1e11 && time < 1e11)) {
    snprintf(buf, cap, "?");
    return;
  }
  ms = (int64_t)(time * 1000 + (time < 0 ? -0.5 : 0.5));
  days = ms / 86400000 - (ms % 86400000 < 0);
  day_ms = ms - days * 86400000;
  civil(days, date);
  snprintf(buf, cap, "%04d-%02d-%02d %02d:%02d:%02d.%03d", date[0], date[1],
           date[2], (int)(day_ms / 3600000), (int)(day_ms / 60000 % 60),
           (int)(day_ms / 1000 % 60), (int)(day_ms % 1000));
}

static int event_tostring(lua_State *L) {
  char when[64];
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkstack(L, 30, NULL);
  lua_pushstring(L, "time");
  lua_rawget(L, 1);
  format_time(lua_tonumber(L, -1), when, sizeof when);
  lua_pushfstring(L, "%s  %s  %s  %s  %s  pid %s", text(L, "id"), when,
                  text(L, "kind"), text(L, "target"), text(L, "name"),
                  text(L, "pid"));
  lua_pushliteral(L, "node");
  if (lua_rawget(L, 1) == LUA_TSTRING) {
    lua_pushfstring(L, "%s  on %s", lua_tostring(L, -2), lua_tostring(L, -1));
    return ln_printable(L);
  }
  lua_pop(L, 1);
  return ln_printable(L);
}

static void new_table_class(lua_State *L, const char *name,
                            lua_CFunction tostring) {
  luaL_newmetatable(L, name);
  lua_pushcfunction(L, tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pop(L, 1);
}

void ln_openinfo(lua_State *L) {
  new_table_class(L, VOLUME_INFO, volume_info_tostring);
  new_table_class(L, DISK_INFO, disk_info_tostring);
  new_table_class(L, EVENT, event_tostring);
}
