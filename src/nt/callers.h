/*
 * Shared by the callers of the contract: nt.c and nt_*.c. No other file
 * includes this header.
 */
#ifndef NT_CALLERS_H
#define NT_CALLERS_H

#include <stddef.h>

#include "admin.h"

/* Tables of one version are append-only: a back end that was built with an
 * older header says by `size` where its table ends, and slots past that end are
 * as good as NULL. */
#define TABLE_HAS(type, table, slot)                                       \
  ((table)->size >= offsetof(struct type, slot) + sizeof((table)->slot) && \
   (table)->slot != NULL)
#define MACHINE_HAS(machine, slot) \
  TABLE_HAS(nt_machine_ops, (machine)->ops, slot)
#define ADMIN_HAS(machine, slot)  \
  (MACHINE_HAS(machine, admin) && \
   TABLE_HAS(nt_admin_ops, (machine)->ops->admin, slot))
#define HANDLE_HAS(handle, slot) TABLE_HAS(nt_handle_ops, (handle)->ops, slot)

/* Refuses when a table of this version does not have the slot. */
nt_status nt__check_slot(uint32_t version, bool has, const char *kind,
                         struct nt_error *err);
nt_status nt__check_machine(const struct nt_machine *machine, bool has,
                            struct nt_error *err);
nt_status nt__check_handle(const struct nt_handle *handle, bool has,
                           struct nt_error *err);

/* Completes the error of a refusal. The status is written again so that
 * result and error agree even when a slot forgot nt_fail(). */
nt_status nt__finish(nt_status status, struct nt_error *err, const char *op,
                     const char *target);

/* The same for an enumeration, whose end is no refusal: err stays as it is. */
nt_status nt__finish_next(nt_status status, struct nt_error *err,
                          const char *op, const struct nt_machine *machine);

#endif
