/*
 * Shared by the callers of the contract: nt.c and nt_*.c, which alone include
 * this header.
 */
#ifndef NT_CALLERS_H
#define NT_CALLERS_H

#include <stddef.h>

#include "nt.h"

/* Tables are append-only: who filled one with an older header says by `size`
 * where it ends, and slots past its end are as good as NULL. */
#define TABLE_HAS(type, table, slot)                                       \
  ((table)->size >= offsetof(struct type, slot) + sizeof((table)->slot) && \
   (table)->slot != NULL)
#define MACHINE_HAS(machine, slot) \
  TABLE_HAS(nt_machine_ops, (machine)->ops, slot)
#define HANDLE_HAS(handle, slot) TABLE_HAS(nt_handle_ops, (handle)->ops, slot)

/* Whether a table of this version has the slot: refuses it if not. */
nt_status nt__check_slot(uint32_t version, bool has, const char *kind,
                         struct nt_error *err);
nt_status nt__check_handle(const struct nt_handle *handle, bool has,
                           struct nt_error *err);

/* Completes the error of a refusal. The status is written again so that
 * result and error agree even when a slot forgot nt_fail(). */
nt_status nt__finish(nt_status status, struct nt_error *err, const char *op,
                     const char *target);

#endif
