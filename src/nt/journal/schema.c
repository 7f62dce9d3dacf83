/* The schema of journal.db. */
#include "internal.h"

/* clang-format off */
const char nt__journal_schema[] =
/* Forgotten bytes of disks are given back, and overwritten (secure_delete). */
"PRAGMA auto_vacuum = INCREMENTAL;"
"BEGIN EXCLUSIVE;"
"PRAGMA application_id = 0x4e544a4c;"
"PRAGMA user_version = 3;"

/* AUTOINCREMENT: the byte in journal.lock must never mean another one. */
"CREATE TABLE operation ("
"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
"  parent INTEGER NOT NULL,"
"  plan TEXT NOT NULL,"
"  machine TEXT NOT NULL,"
"  target TEXT NOT NULL,"
"  guid_path TEXT NOT NULL,"      /* the identity of the target */
"  serial TEXT NOT NULL,"
"  file_system TEXT NOT NULL,"
"  size INTEGER NOT NULL,"
"  command TEXT NOT NULL,"
"  pid INTEGER NOT NULL,"
"  program TEXT NOT NULL,"
"  started_us INTEGER NOT NULL,"
"  ended_us INTEGER NOT NULL,"    /* 0: not yet */
"  state TEXT NOT NULL,"
"  message TEXT NOT NULL,"
"  saved_bytes INTEGER NOT NULL,"
"  stored_bytes INTEGER NOT NULL,"
"  unsaved INTEGER NOT NULL) STRICT;" /* 1: it overwrote what nobody saved */

"CREATE TABLE extent ("
"  operation INTEGER NOT NULL,"
"  ordinal INTEGER NOT NULL,"
"  disk INTEGER NOT NULL,"
"  start INTEGER NOT NULL,"
"  length INTEGER NOT NULL,"
"  PRIMARY KEY (operation, ordinal)) STRICT, WITHOUT ROWID;"

"CREATE TABLE step ("
"  operation INTEGER NOT NULL,"
"  number INTEGER NOT NULL,"
"  name TEXT NOT NULL,"
"  target TEXT NOT NULL,"
"  started_us INTEGER NOT NULL,"
"  ended_us INTEGER NOT NULL,"
"  outcome TEXT NOT NULL,"
"  message TEXT NOT NULL,"
"  undo_started_us INTEGER NOT NULL,"
"  undo_ended_us INTEGER NOT NULL,"
"  final INTEGER NOT NULL,"       /* 1: it cannot be undone */
"  PRIMARY KEY (operation, number)) STRICT, WITHOUT ROWID;"

/* What a range of the volume held before, and what the operation wrote there.
 * Packed: by the method, 0: nothing but zeros, and the blob is empty. */
"CREATE TABLE saved ("
"  operation INTEGER NOT NULL,"
"  start INTEGER NOT NULL,"
"  length INTEGER NOT NULL,"
"  old_method INTEGER NOT NULL,"
"  new_method INTEGER NOT NULL,"
"  old BLOB NOT NULL,"
"  new BLOB NOT NULL) STRICT;"
"CREATE UNIQUE INDEX saved_of_operation ON saved (operation, start);"
"COMMIT;";

const char nt__journal_from_1[] =
"BEGIN EXCLUSIVE;"
"ALTER TABLE step ADD COLUMN undo_started_us INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE step ADD COLUMN undo_ended_us INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE step ADD COLUMN final INTEGER NOT NULL DEFAULT 0;"
"PRAGMA user_version = 2;"
"COMMIT;";

/* Whether an older operation overwrote what nobody saved was not written down:
 * its options and its message tell. */
const char nt__journal_from_2[] =
"BEGIN EXCLUSIVE;"
"ALTER TABLE operation ADD COLUMN unsaved INTEGER NOT NULL DEFAULT 0;"
"UPDATE operation SET unsaved = 1"
" WHERE plan = 'format' AND saved_bytes = 0"
" AND (command LIKE '% quick=false%' OR command LIKE '% undo=false%')"
" AND message NOT LIKE '%nothing was written%';"
"PRAGMA user_version = 3;"
"COMMIT;";
/* clang-format on */
