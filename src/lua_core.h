/*
 * What core.c puts together: the parts of the module ntvol.core. Each is
 * defined in the file that is named, and used in core.c alone.
 */
#ifndef LN_LUA_CORE_H
#define LN_LUA_CORE_H

#include <lua.h>

/* ---- parts ----------------------------------------------------------------
 *
 * Each makes its classes, or adds its functions to the table of the module,
 * which is on top of the stack. */

void ln_openkinds(lua_State *L);        /* lua_kind.c */
void ln_openinfo(lua_State *L);         /* lua_info.c */
void ln_openmachine(lua_State *L);      /* lua_machine.c */
void ln_openvolume(lua_State *L);       /* lua_volume.c */
void ln_openlock(lua_State *L);         /* lua_lock.c */
void ln_opensubscription(lua_State *L); /* lua_subscription.c */
void ln_openvocabulary(lua_State *L);   /* lua_vocabulary.c */

/* ---- functions of the module --------------------------------------------- */

/* lua_wait.c: waiting for others */
int ln_core_clock(lua_State *L);
int ln_core_wait_change(lua_State *L);

/* lua_shield.c: interrupts */
int ln_core_shield(lua_State *L);
int ln_core_heed_termination(lua_State *L);
int ln_core_heed_interrupts(lua_State *L);
int ln_core_is_terminating(lua_State *L);
int ln_core_await_input(lua_State *L);
int ln_core_outlive_limits(lua_State *L);
int ln_core_outlive_writes(lua_State *L);

/* lua_format.c, lua_undo.c: trying a format beforehand, and taking one back */
int ln_core_check_label(lua_State *L);
int ln_core_rehearse_format(lua_State *L);
int ln_core_take_back(lua_State *L);

#endif
