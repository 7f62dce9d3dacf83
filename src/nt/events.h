/*
 * The notifications of volumes that Windows has: GUID_IO_VOLUME_* and
 * GUID_IO_MEDIA_* of ioevent.h, and the codes FSRTL_VOLUME_* of ntifs.h by
 * which a file system asks for them.
 */
#ifndef NT_EVENTS_H
#define NT_EVENTS_H

#include <stddef.h>
#include <stdint.h>

/* X(name, FSRTL_VOLUME_* or 0 where there is none, GUID) */
#define NT_EVENT_LIST(X)                                                      \
  X(DISMOUNT, 1, "d16a55e8-1059-11d2-8ffd-00a0c9a06d32")                      \
  X(DISMOUNT_FAILED, 2, "e3c5b178-105d-11d2-8ffd-00a0c9a06d32")               \
  X(LOCK, 3, "50708874-c9af-11d1-8fef-00a0c9a06d32")                          \
  X(LOCK_FAILED, 4, "ae2eed10-0ba8-11d2-8ffb-00a0c9a06d32")                   \
  X(UNLOCK, 5, "9a8c3d68-d0cb-11d1-8fef-00a0c9a06d32")                        \
  X(MOUNT, 6, "b5804878-1a96-11d2-8ffd-00a0c9a06d32")                         \
  X(NEED_CHKDSK, 7, "799a0960-0a0b-4e03-ad88-2fa7c6ce748a")                   \
  X(WORM_NEAR_FULL, 8, "f3bfff82-f3de-48d2-af95-457f80b763f2")                \
  X(WEARING_OUT, 9, "873113ca-1486-4508-82ac-c3b2e5297aaa")                   \
  X(FORCE_CLOSED, 10, "411ad84f-433e-4dc2-a5ae-4a2d1a2de654")                 \
  X(INFO_MAKE_COMPAT, 11, "3ab9a0d2-ef80-45cf-8cdc-cbe02a212906")             \
  X(PREPARING_EJECT, 12, "c79eb16e-0dac-4e7a-a86c-b25ceeaa88f6")              \
  X(CHANGE_SIZE, 13, "3a1625be-ad03-49f1-8ef8-6bbac182d1fd")                  \
  X(BACKGROUND_FORMAT, 14, "a2e5fc86-d5cd-4038-b2e3-4445065c2377")            \
  X(PREPARE_DELETE, 0, "ac0707fb-4a9a-4c81-9e2e-385b79a8fd28")                \
  X(CHANGE, 0, "7373654a-812a-11d0-bec7-08002be2092f")                        \
  X(NAME_CHANGE, 0, "2de97f83-4c06-11d2-a532-00609713055a")                   \
  X(PHYSICAL_CONFIGURATION_CHANGE, 0, "2de97f84-4c06-11d2-a532-00609713055a") \
  X(UNIQUE_ID_CHANGE, 0, "af39da42-6622-41f5-970b-139d092fa3d9")              \
  X(FVE_STATUS_CHANGE, 0, "062998b2-ee1f-4b6a-b857-e76cbbe9a6da")             \
  X(MEDIA_ARRIVAL, 0, "d07433c0-a98e-11d2-917a-00a0c9068ff3")                 \
  X(MEDIA_REMOVAL, 0, "d07433c1-a98e-11d2-917a-00a0c9068ff3")

struct nt_event_row {
  const char *name; /* as struct nt_event has it */
  uint32_t code;
  const char *guid; /* lower case */
};

/* Returns the row at `index` of the list; NULL behind the end. */
const struct nt_event_row *nt_event_at(size_t index);

/* Returns the row of a GUID, in either case; NULL when the list does not have
 * it. */
const struct nt_event_row *nt_event_of_guid(const char *guid);

#endif
