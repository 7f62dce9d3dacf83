/*
 * The objects of the binding: machines, volumes, lock guards, subscriptions.
 * This header says what they are, who owns whom, and how each is made, checked
 * and closed. Their methods are in files above this one.
 *
 * Only files of the module ntvol.core include this header.
 *
 * Who owns whom. A machine owns its open volumes and its open subscriptions:
 * they are in its two lists, and closing the machine closes them. A volume owns
 * its lock: closing the volume ends the lock. A guard owns nothing; it says
 * which lock of its volume it stands for. In Lua the arrows point the other
 * way: a volume, a guard and a subscription keep their parent alive by user
 * value 1, so that no parent is collected before its children.
 *
 * Life of a handle. A userdata is made closed, with its metatable set and its
 * parent in user value 1; only then is the machine asked to open. Closing marks
 * it closed before the machine is asked to close, so whatever happens the
 * machine sees exactly one close.
 *
 * Anything that allocates in Lua may run a finalizer of the user, and that may
 * close what we are working on. So methods fetch the C handle (ln_handle,
 * ln_connection) last, right before they call the machine.
 */
#ifndef LN_LUA_OBJECT_H
#define LN_LUA_OBJECT_H

#include "lua_aux.h"
#include "nt/nt.h"

struct ln_volume;
struct ln_subscription;

/* User value 1 is a table whose keys are the subscriptions of the machine. It
 * is there as soon as there has been a subscription. */
struct ln_machine {
  struct nt_machine *machine;            /* NULL: closed */
  struct ln_volume *volumes;             /* the open ones, newest first */
  struct ln_subscription *subscriptions; /* the open ones, newest first */
  unsigned delivering; /* subscribers that are told something right now */
};

/* User value 1 is the machine. */
struct ln_volume {
  struct nt_handle *handle;   /* NULL: closed */
  struct ln_machine *machine; /* the one in whose list it is while it is open */
  struct ln_volume *next, *previous;
  uint64_t locks;   /* locks taken so far by lock() */
  uint64_t current; /* the number of the lock it holds, 0: none */
  bool busy;        /* a format runs; its callback must not close us */
};

/* User value 1 is the volume. There is no finalizer: dropping a guard unlocks
 * nothing. */
struct ln_lock {
  uint64_t number; /* which lock of the volume; 0: never taken */
};

/* User value 1 is the machine; 2 and 3 are the threads. */
struct ln_subscription {
  struct nt_subscription *subscription; /* NULL: closed */
  struct ln_machine *machine;           /* in whose list it is while open */
  struct ln_subscription *next;
  lua_State *thread; /* the function is called on this thread */
  lua_State *store;  /* the function is the first value of this stack */
};

/* ---- machines ------------------------------------------------------------ */

/* Pushes a closed machine. */
struct ln_machine *ln_newmachine(lua_State *L);

/* The machine at `index`; NULL for anything else. */
struct ln_machine *ln_testmachine(lua_State *L, int index);

/* The open machine of an argument; raises for anything else. */
struct ln_machine *ln_checkmachine(lua_State *L, int arg);

/* The connection of a machine; raises an error when it has been closed
 * meanwhile. */
struct nt_machine *ln_connection(lua_State *L, const struct ln_machine *m);

/* Says why the machine must not be closed now. Returns NULL when it may be
 * closed. */
const char *ln_machinebusy(const struct ln_machine *m);

/* Closes an open machine. This is the only way to do it. First its volumes are
 * closed, and subscribers still hear of that; then its subscriptions, then the
 * connection. Returns the first failure of a volume; everything is closed all
 * the same. */
nt_status ln_closemachine(struct ln_machine *m, struct nt_error *err);

/* ---- volumes ------------------------------------------------------------- */

/* Pushes a closed volume whose machine is the userdata at `index`. */
struct ln_volume *ln_newvolume(lua_State *L, int index);

/* Makes a volume open, and a child of its machine. */
void ln_linkvolume(struct ln_volume *v, struct ln_machine *m,
                   struct nt_handle *handle);

/* The volume at `index`; NULL for anything else. */
struct ln_volume *ln_testvolume(lua_State *L, int index);

/* The open volume of an argument. This raises an error for anything else, and
 * while a format runs on the volume. */
struct ln_volume *ln_checkvolume(lua_State *L, int arg);

/* The open volume of argument 1, for methods without other arguments: raises an
 * error when there is one. */
struct ln_volume *ln_onlyvolume(lua_State *L, const char *verb);

/* The handle of a volume. This raises an error when the volume is closed, or
 * while a format runs on it. */
struct nt_handle *ln_handle(lua_State *L, const struct ln_volume *v);

/* Says why the volume must not be used or closed now. Returns NULL when it may
 * be. */
const char *ln_volumebusy(const struct ln_volume *v);

/* Closes an open volume. This is the only way to do it. */
nt_status ln_closevolume(struct ln_volume *v, struct nt_error *err);

/* ---- locks --------------------------------------------------------------- */

/* Pushes a guard for the volume at `index`. It holds no lock yet. */
struct ln_lock *ln_newlock(lua_State *L, int index);

/* The guard at `index`; NULL for anything else. */
struct ln_lock *ln_testlock(lua_State *L, int index);

/* From now on the guard stands for the lock that the volume has just been
 * given. */
void ln_holdlock(struct ln_lock *lock, struct ln_volume *v);

/* The volume whose lock the guard at `index` holds now; NULL when it holds
 * none. A volume may have been unlocked and locked again: then its lock is that
 * of another guard. */
struct ln_volume *ln_heldvolume(lua_State *L, int index);

/* Is called after a request that may have ended the lock. A guard whose lock
 * was given back by other means is closed here. So are the guards of
 * duplicates, because the lock was theirs, too. */
void ln_synclock(struct ln_volume *v);

/* Unlocks the volume, and forgets the current lock when the machine agreed. */
nt_status ln_unlockvolume(struct ln_volume *v, struct nt_error *err);

/* ---- subscriptions ------------------------------------------------------- */

/* The subscription at `index`; NULL for anything else. */
struct ln_subscription *ln_testsubscription(lua_State *L, int index);

/* Ends an open subscription. */
void ln_closesubscription(struct ln_subscription *s);

/* Ends all subscriptions of a machine. */
void ln_closesubscriptions(struct ln_machine *m);

#endif
