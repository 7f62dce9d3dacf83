/*
 * Descriptions of volumes, disks and events as tables that print as one line.
 *
 * Only files of the module ntvol.core include this header.
 */
#ifndef LN_LUA_INFO_H
#define LN_LUA_INFO_H

#include "lua_aux.h"
#include "nt/nt.h"

void ln_pushvolumeinfo(lua_State *L, const struct nt_volume_info *info);
void ln_pushdiskinfo(lua_State *L, const struct nt_disk_info *info);
void ln_pushevent(lua_State *L, const struct nt_event *event);
void ln_pushextents(lua_State *L, const struct nt_extent *extents,
                    uint32_t count);

/* "mounted, locked"; in a buffer of at least LN_STATE_MAX bytes. */
#define LN_STATE_MAX 128
const char *ln_volumestate(uint32_t flags, char *buf);

/* Pushes "64 MiB". */
void ln_pushsize(lua_State *L, uint64_t bytes);

#endif
