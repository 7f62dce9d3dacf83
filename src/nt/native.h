/*
 * The machine that this program runs on. Each system has a definition of its
 * own, in its folder.
 */
#ifndef NT_NATIVE_H
#define NT_NATIVE_H

#include "nt.h"

/* The native machine kind; NULL where there is none. */
const struct nt_machine_ops *nt_native(void);

#endif
