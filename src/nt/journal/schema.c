/*
 * The schema of journal.db. A CHECK says which values may be written. Whoever
 * reads checks the values again (row.h), because a file can be changed without
 * SQLite.
 */
#include "internal.h"

/* clang-format off */
#define LATEST "253402300799999999" /* the end of the year 9999 */
#define TEXT(name, most) \
  name " TEXT NOT NULL CHECK (length(CAST(" name " AS BLOB)) < " #most "),"
#define COUNT(name) name " INTEGER NOT NULL CHECK (" name " >= 0),"
#define TIME(name) \
  name " INTEGER NOT NULL CHECK (" name " BETWEEN 0 AND " LATEST "),"
#define FLAG(name) name " INTEGER NOT NULL CHECK (" name " IN (0, 1)),"
#define CHECKSUM(name) name " INTEGER NOT NULL,"
#define UP_TO(name, most) \
  name " INTEGER NOT NULL CHECK (" name " BETWEEN 0 AND " #most "),"

#define TABLES \
/* AUTOINCREMENT: the byte in journal.lock must never mean another one. */ \
"CREATE TABLE operation (" \
"  id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0)," \
COUNT("parent") \
TEXT("plan", 64) \
TEXT("machine", 280) \
TEXT("target", 280) \
TEXT("guid_path", 64)      /* the identity of the target */ \
TEXT("serial", 64) \
TEXT("file_system", 32) \
COUNT("size") \
TEXT("command", 2048) \
UP_TO("pid", 4294967295) \
TEXT("program", 64) \
TIME("started_us") \
TIME("ended_us")           /* 0: not yet */ \
"state TEXT NOT NULL CHECK (state IN ('running', 'committed', 'failed'," \
"  'undone', 'partly undone', 'recovered', 'interrupted'))," \
TEXT("message", 4096) \
COUNT("saved_bytes") \
COUNT("stored_bytes") \
FLAG("unsaved")            /* 1: it overwrote what nobody saved */ \
COUNT("pieces")            /* rows of saved */ \
FLAG("checked")            /* 0: it was saved without checksums */ \
CHECKSUM("about_checksum") /* of the identity, which must be the one again */ \
CHECKSUM("old_checksum")   /* of all that was there, in its order */ \
CHECKSUM("new_checksum")   /* of all that the operation wrote */ \
"  CHECK (parent < id)," \
"  CHECK (saved_bytes <= size)," \
"  CHECK (stored_bytes / 2 <= saved_bytes)," \
"  CHECK ((pieces = 0) = (saved_bytes = 0) AND pieces <= saved_bytes)" \
") STRICT;" \
\
"CREATE TABLE extent (" \
COUNT("operation") \
COUNT("ordinal") \
UP_TO("disk", 4294967295) \
COUNT("start") \
COUNT("length") \
"  CHECK (length <= 9223372036854775807 - start)," \
"  PRIMARY KEY (operation, ordinal)) STRICT, WITHOUT ROWID;" \
\
"CREATE TABLE step (" \
COUNT("operation") \
"number INTEGER NOT NULL CHECK (number > 0)," \
TEXT("name", 64) \
TEXT("target", 280) \
TIME("started_us") \
TIME("ended_us") \
TEXT("outcome", 32) \
TEXT("message", 4096) \
TIME("undo_started_us") \
TIME("undo_ended_us") \
FLAG("final")              /* 1: it cannot be undone */ \
"  PRIMARY KEY (operation, number)) STRICT, WITHOUT ROWID;" \
\
/* What a range of the volume held before, and what the operation wrote there. \
 * Packed: by the method, 0: nothing but zeros, and the blob is empty. */ \
"CREATE TABLE saved (" \
COUNT("operation") \
COUNT("start") \
"length INTEGER NOT NULL CHECK (length BETWEEN 1 AND 1048576)," \
UP_TO("old_method", 3) \
UP_TO("new_method", 3) \
CHECKSUM("old_checksum")   /* of place, length, method and bytes */ \
CHECKSUM("new_checksum") \
"  old BLOB NOT NULL CHECK (length(old) <= 1048576)," \
"  new BLOB NOT NULL CHECK (length(new) <= 1048576)," \
"  CHECK (length <= 9223372036854775807 - start)) STRICT;"

#define INDEX "CREATE UNIQUE INDEX saved_of_operation" \
  " ON saved (operation, start);"

const char nt__journal_schema[] =
/* Forgotten bytes of disks are given back, and overwritten (secure_delete). */
"PRAGMA auto_vacuum = INCREMENTAL;"
"BEGIN EXCLUSIVE;"
"PRAGMA application_id = 0x4e544a4c;"
"PRAGMA user_version = 4;"
TABLES INDEX
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

/* SQLite adds no CHECK to a table that is there: all are made anew. What the
 * older versions let in, times after the year 9999 and parents that are not
 * there yet, is put into the ranges. A checksum that was made now would say
 * that what is saved is good, and nobody knows that: there is none. */
const char nt__journal_from_3[] =
"BEGIN EXCLUSIVE;"
"ALTER TABLE operation RENAME TO old_operation;"
"ALTER TABLE extent RENAME TO old_extent;"
"ALTER TABLE step RENAME TO old_step;"
"ALTER TABLE saved RENAME TO old_saved;"
TABLES
"INSERT INTO operation SELECT id, iif(parent < id, parent, 0), plan, machine,"
" target, guid_path, serial, file_system, size, command, pid, program,"
" started_us, ended_us, state, message, saved_bytes, stored_bytes, unsaved,"
" iif(saved_bytes > 0, (SELECT count(*) FROM old_saved"
"  WHERE old_saved.operation = old_operation.id), 0), 0, 0, 0, 0"
" FROM old_operation;"
"DELETE FROM sqlite_sequence WHERE name = 'operation';"
"INSERT INTO sqlite_sequence SELECT 'operation', seq FROM sqlite_sequence"
" WHERE name = 'old_operation';"
"INSERT INTO extent SELECT * FROM old_extent;"
"INSERT INTO step SELECT operation, number, name, target,"
" min(started_us, " LATEST "), min(ended_us, " LATEST "), outcome, message,"
" min(undo_started_us, " LATEST "), min(undo_ended_us, " LATEST "), final"
" FROM old_step;"
"INSERT INTO saved SELECT operation, start, length, old_method, new_method,"
" 0, 0, old, new FROM old_saved;"
"DROP TABLE old_operation;"
"DROP TABLE old_extent;"
"DROP TABLE old_step;"
"DROP TABLE old_saved;"
INDEX
"PRAGMA user_version = 4;"
"COMMIT;";
/* clang-format on */
