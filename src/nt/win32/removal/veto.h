/*
 * How Plug and Play refuses.
 */
#ifndef NT_WIN32_VETO_H
#define NT_WIN32_VETO_H

#include "../list/devices.h"

#define WIN32_CR_REMOVE_VETOED 0x17U /* cfgmgr32.h */

/* True when this function of the configuration manager is not the way here,
 * but another may be. */
bool nt__win32_wrong_way(uint32_t configret);

/* True for a veto that may be gone at the next try. */
bool nt__win32_veto_may_pass(uint32_t veto_type);

/* A CONFIGRET other than success; `what` is what failed: "the removal". */
nt_status nt__win32_fail_configret(struct nt_error *err, uint32_t configret,
                                   const struct nt_win32_veto *veto,
                                   const char *what);

#endif
