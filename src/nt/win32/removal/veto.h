/*
 * How Plug and Play refuses.
 */
#ifndef NT_WIN32_VETO_H
#define NT_WIN32_VETO_H

#include "../list/devices.h"

#define WIN32_CR_REMOVE_VETOED 0x17U /* cfgmgr32.h */

/* Whether this result says that another function may do what this one
 * cannot. */
bool nt__win32_wrong_way(uint32_t configret);

/* Whether the veto may be gone at the next try. */
bool nt__win32_veto_may_pass(uint32_t veto_type);

/* Fails for a CONFIGRET other than success. `what` failed: "the removal". */
nt_status nt__win32_fail_configret(struct nt_error *err, uint32_t configret,
                                   const struct nt_win32_veto *veto,
                                   const char *what);

#endif
