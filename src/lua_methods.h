/*
 * The methods of machines and volumes that have a file of their own. Each is
 * defined there and used in one place, the list of its class in lua_machine.c
 * or lua_volume.c.
 */
#ifndef LN_LUA_METHODS_H
#define LN_LUA_METHODS_H

#include "lua_object.h"

/* lua_open.c */
int ln_machine_open(lua_State *L);

/* lua_subscription.c, lua_watch.c */
int ln_machine_subscribe(lua_State *L);
int ln_machine_watch(lua_State *L);

/* lua_holders.c */
int ln_machine_holders(lua_State *L);
int ln_volume_holders(lua_State *L);

/* lua_handle.c: handles from handles, and what is in a directory */
int ln_volume_duplicate(lua_State *L);
int ln_volume_map(lua_State *L);
int ln_volume_list(lua_State *L);

/* lua_query.c: questions to volumes */
int ln_volume_size(lua_State *L);
int ln_volume_sector_size(lua_State *L);
int ln_volume_info(lua_State *L);
int ln_volume_identity(lua_State *L);
int ln_volume_label(lua_State *L);
int ln_volume_extents(lua_State *L);
int ln_volume_geometry(lua_State *L);
int ln_volume_device_number(lua_State *L);
int ln_volume_is_locked(lua_State *L);
int ln_volume_is_mounted(lua_State *L);
int ln_volume_is_offline(lua_State *L);

/* lua_volume_data.c: clusters and the dirty mark */
int ln_volume_ntfs_data(lua_State *L);
int ln_volume_bitmap(lua_State *L);
int ln_volume_is_dirty(lua_State *L);
int ln_volume_mark_dirty(lua_State *L);

/* lua_verb.c: what one control code does */
int ln_volume_lock(lua_State *L);
int ln_volume_unlock(lua_State *L);
int ln_volume_dismount(lua_State *L);
int ln_volume_offline(lua_State *L);
int ln_volume_online(lua_State *L);
int ln_volume_extended_io(lua_State *L);
int ln_volume_eject(lua_State *L);
int ln_volume_media_removal(lua_State *L);

/* lua_run.c, lua_format.c */
int ln_volume_run(lua_State *L);
int ln_volume_format(lua_State *L);

#endif
