/*
 * Writing back what an operation overwrote: what the journal saved goes to the
 * volume it came from, through the contract only, so on any machine.
 */
#ifndef NT_RESTORE_H
#define NT_RESTORE_H

#include "format.h"

struct nt_restored {
  uint64_t written;  /* bytes */
  uint64_t pieces;   /* ranges that the journal noted */
  uint64_t good;     /* of these, the ones that could be written back */
  bool partly;       /* not all could be written back */
  char damaged[160]; /* which bytes of the volume could not be written back, as
                        a text */
};

/* Makes the volume what it was before the operation: the boot sector is wiped,
 * then all else is written, the boot sector last, each durable before the next
 * begins. Writes only where something differs. May be repeated from any point.
 *
 * Before the first write all that is saved is verified: a damaged journal is
 * refused with reason "journal_damaged". Afterwards all of it is read back and
 * compared with the checksum of what was there (reason "verify"). */
nt_status nt_restore(struct nt_handle *handle, const struct nt_keeper *keeper,
                     int64_t id, uint64_t *written, struct nt_error *err);

/* Takes back an operation whose process died ("interrupted"), or one that was
 * "committed".
 *
 * Refuses, before anything is written, when: the handle is not a locked volume
 * handle (STATUS_NOT_LOCKED); the operation is in another state or nothing is
 * saved of it (STATUS_INVALID_PARAMETER, reason "no_undo"); the volume is
 * another one (reason "identity_changed"); a process is at it
 * (STATUS_DEVICE_BUSY); what is saved is not what was saved
 * (STATUS_FILE_CORRUPT_ERROR, reason "journal_damaged"); and, when it was
 * committed, what it wrote is not there any more, because the new file system
 * was used (STATUS_ACCESS_DENIED, reason "file_system_used"). An interrupted
 * one is refused in the same way when something is there that it neither found
 * nor wrote.
 *
 * With `good_only` damaged ranges are left as they are on the volume, and all
 * others are written back; when the boot sector is among the damaged it stays
 * wiped, so that no system mounts what is there. out->partly says so, and the
 * operation is "partly undone".
 *
 * Else it is "recovered" or "undone" afterwards. After a failure that left
 * something written it is interrupted, and this may be called again. */
nt_status nt_take_back(struct nt_handle *handle, const struct nt_keeper *keeper,
                       int64_t id, bool good_only, struct nt_restored *out,
                       struct nt_error *err);

/* The checks of nt_take_back() alone. Needs no lock, changes nothing. */
nt_status nt_take_back_check(struct nt_handle *handle,
                             const struct nt_keeper *keeper, int64_t id,
                             bool good_only, struct nt_error *err);

#endif
