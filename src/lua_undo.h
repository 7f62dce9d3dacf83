/*
 * Journals as arguments and options. A journal is owned by its own userdata,
 * which the module ntvol.journal.core makes; a format and taking back use it
 * for the time of one call.
 *
 * Only files of the module ntvol.core include this header.
 */
#ifndef LN_LUA_UNDO_H
#define LN_LUA_UNDO_H

#include "lua_aux.h"
#include "nt/operation.h"

/* The open journal at `index`, and in *keeper how the layer below calls it;
 * raises for anything else. Whoever uses it counts that in its field `busy`, so
 * that it is not closed meanwhile. */
struct ntvol_journal *ln_usejournal(lua_State *L, int index,
                                    struct nt_keeper *keeper);

/* Pushes the journal of the option: what is given, for nil the user's. False:
 * it cannot be used, and the four values of a failure are pushed. Pushes nil
 * when there is none. */
bool ln_pushjournal(lua_State *L, const struct ln_options *options);

#endif
