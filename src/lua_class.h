/*
 * The userdata of the binding, and what its class files offer each other.
 *
 * Only files of the module ntvol.core include this header.
 *
 * Life of a handle. A userdata is made closed, with its metatable set and its
 * parent anchored in user value 1; only then is the machine asked to open.
 * Closing marks it closed before the machine is asked to close, so whatever
 * happens the machine sees exactly one close.
 *
 * Anything that allocates in Lua may run a finalizer of the user, and that may
 * close what we are working on. So methods fetch the C handle (ln_handle,
 * ln_connection) last, right before they call the machine.
 */
#ifndef LN_LUA_CLASS_H
#define LN_LUA_CLASS_H

#include "lua_aux.h"
#include "nt/operation.h"

struct ln_volume;
struct ln_subscription;

/* User value 1: a table whose keys are its subscriptions, once there was one.
 */
struct ln_machine {
  struct nt_machine *machine;            /* NULL: closed */
  struct ln_volume *volumes;             /* the open ones, newest first */
  struct ln_subscription *subscriptions; /* the open ones, newest first */
  unsigned delivering; /* subscribers that are told something right now */
};

/* User value 1: the machine. */
struct ln_volume {
  struct nt_handle *handle;   /* NULL: closed */
  struct ln_machine *machine; /* in whose list it is while it is open */
  struct ln_volume *next, *previous;
  uint64_t locks;   /* locks taken so far by lock() */
  uint64_t current; /* number of the one that holds, 0: none */
  bool busy;        /* a format runs; its callback must not close us */
};

/* User value 1: the volume. Has no finalizer: dropping it unlocks nothing. */
struct ln_lock {
  uint64_t number; /* which lock of the volume; 0: never taken */
};

/* User value 1: the machine, 2 and 3: the threads. */
struct ln_subscription {
  struct nt_subscription *subscription; /* NULL: closed */
  struct ln_machine *machine;           /* in whose list it is while open */
  struct ln_subscription *next;
  lua_State *thread; /* its function is called there */
  lua_State *store;  /* and is the first value of this stack */
};

/* ---- machine kinds (lua_kind.c) ------------------------------------------ */

void ln_openkinds(lua_State *L);

/* ---- machines (lua_machine.c) -------------------------------------------- */

void ln_openmachine(lua_State *L);

/* Pushes a closed machine. */
struct ln_machine *ln_newmachine(lua_State *L);

/* Of the class; NULL for anything else. */
struct ln_machine *ln_testmachine(lua_State *L, int index);

/* Of the class and open; raises otherwise. */
struct ln_machine *ln_checkmachine(lua_State *L, int arg);

/* Its connection; raises when it has been closed meanwhile. */
struct nt_machine *ln_connection(lua_State *L, const struct ln_machine *m);

/* ---- open (lua_open.c) --------------------------------------------------- */

int ln_machine_open(lua_State *L);

/* ---- events (lua_subscription.c, lua_watch.c) ---------------------------- */

int ln_machine_subscribe(lua_State *L);
int ln_machine_watch(lua_State *L);
void ln_opensubscription(lua_State *L);
struct ln_subscription *ln_testsubscription(lua_State *L, int index);

/* Ends an open subscription. */
void ln_closesubscription(struct ln_subscription *s);

/* ---- volumes (lua_volume.c) ---------------------------------------------- */

void ln_openvolume(lua_State *L);

/* Pushes a closed volume whose machine is the userdata at `index`. */
struct ln_volume *ln_newvolume(lua_State *L, int index);

/* Makes it open, and a child of its machine. */
void ln_linkvolume(struct ln_volume *v, struct ln_machine *m,
                   struct nt_handle *handle);

/* Closes an open volume: the one close path. */
nt_status ln_closevolume(struct ln_volume *v, struct nt_error *err);

struct ln_volume *ln_testvolume(lua_State *L, int index);
struct ln_volume *ln_checkvolume(lua_State *L, int arg);

/* For methods without arguments: the open volume, and nothing behind it. */
struct ln_volume *ln_onlyvolume(lua_State *L, const char *verb);

/* Its handle; raises when it is closed, or busy with a format. */
struct nt_handle *ln_handle(lua_State *L, const struct ln_volume *v);

/* After a request that may have ended the lock. */
void ln_synclock(struct ln_volume *v);

/* Unlocks, and forgets the current lock when the machine agreed. */
nt_status ln_unlockvolume(struct ln_volume *v, struct nt_error *err);

/* ---- handles from handles (lua_handle.c) --------------------------------- */

int ln_volume_duplicate(lua_State *L);
int ln_volume_map(lua_State *L);
int ln_volume_list(lua_State *L);

/* ---- holders (lua_holders.c) --------------------------------------------- */

int ln_volume_holders(lua_State *L);
int ln_machine_holders(lua_State *L);

/* ---- waiting (lua_wait.c) ------------------------------------------------ */

int ln_core_clock(lua_State *L);
int ln_core_wait_change(lua_State *L);

/* ---- interrupts (lua_shield.c) ------------------------------------------- */

int ln_core_shield(lua_State *L);
int ln_core_heed_termination(lua_State *L);
int ln_core_outlive_limits(lua_State *L);
int ln_core_outlive_writes(lua_State *L);

/* ---- questions to volumes (lua_query.c) ---------------------------------- */

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

/* ---- clusters and the dirty mark (lua_volume_data.c) --------------------- */

int ln_volume_ntfs_data(lua_State *L);
int ln_volume_bitmap(lua_State *L);
int ln_volume_is_dirty(lua_State *L);
int ln_volume_mark_dirty(lua_State *L);

/* ---- one control code (lua_verb.c) --------------------------------------- */

int ln_volume_dismount(lua_State *L);
int ln_volume_offline(lua_State *L);
int ln_volume_online(lua_State *L);
int ln_volume_extended_io(lua_State *L);
int ln_volume_eject(lua_State *L);
int ln_volume_media_removal(lua_State *L);

/* ---- programs (lua_run.c) ------------------------------------------------ */

int ln_volume_run(lua_State *L);

/* ---- lock guards (lua_lock.c) -------------------------------------------- */

void ln_openlock(lua_State *L);

/* Pushes a guard of no lock, for the volume at `index`. */
struct ln_lock *ln_newlock(lua_State *L, int index);

struct ln_lock *ln_testlock(lua_State *L, int index);

/* True while the lock of the guard at `index` holds. */
bool ln_lockheld(lua_State *L, int index);

/* ---- format (lua_format.c) ----------------------------------------------- */

int ln_volume_format(lua_State *L);
int ln_core_rehearse_format(lua_State *L);

/* ---- the journal (lua_undo.c) -------------------------------------------- */

/* The open journal at `index`, for ln_leavejournal() afterwards; raises for
 * anything else. */
struct ntvol_journal *ln_usejournal(lua_State *L, int index,
                                    struct nt_keeper *keeper);

/* Pushes the journal of the option: what is given, for nil the user's. False:
 * it cannot be used, and the four values of a failure are pushed. Pushes nil
 * when there is none. */
bool ln_pushjournal(lua_State *L, const struct ln_options *options);

int ln_core_take_back(lua_State *L);

/* ---- descriptions (lua_info.c) ------------------------------------------- */

void ln_openinfo(lua_State *L);

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

/* ---- vocabulary (lua_vocabulary.c) --------------------------------------- */

void ln_openvocabulary(lua_State *L);

#endif
