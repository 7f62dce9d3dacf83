/*
 * Journals as arguments and options. A journal is owned by its own userdata,
 * which the module ntvol.journal.core makes. A format, or taking one back, uses
 * the journal for the time of one call.
 *
 * Only files of the module ntvol.core include this header.
 */
#ifndef LN_LUA_UNDO_H
#define LN_LUA_UNDO_H

#include "lua_aux.h"
#include "nt/operation.h"

/* Returns the open journal at `index`; raises an error for anything else. Fills
 * *keeper with the functions by which the layer below calls the journal.
 * Whoever uses it counts that in its field `busy`, so that it is not closed
 * meanwhile. */
struct ntvol_journal *ln_usejournal(lua_State *L, int index,
                                    struct nt_keeper *keeper);

/* Pushes the journal that the option names, or that of the volume's machine
 * when the option is nil. Pushes nil when there is no journal. Returns false
 * when the journal cannot be used; then the four values of a failure are
 * pushed. `volume` is the index of the volume. */
bool ln_pushjournal(lua_State *L, int volume, const struct ln_options *options);

#endif
