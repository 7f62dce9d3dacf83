/*
 * Whether a file is the database that was made: who made it, and its schema.
 */
#include "../db.h"

#include <string.h>

#include "../text.h"

/* ---- who made it --------------------------------------------------------- */

static nt_status read_number(struct nt_db *db, const char *sql, int64_t *out,
                             struct nt_error *err) {
  sqlite3_stmt *stmt;
  NT_TRY(nt_db_start(db, sql, NT_DB_NO_ARGS, &stmt, err));
  return nt_db_take_number(db, stmt, 0, out, err);
}

nt_status nt_db_check_version(struct nt_db *db, int64_t *version,
                              struct nt_error *err) {
  const struct nt_db_kind *kind = db->kind;
  int64_t id = 0;
  NT_TRY(read_number(db, "PRAGMA application_id", &id, err));
  NT_TRY(read_number(db, "PRAGMA user_version", version, err));
  if (id != kind->application_id) {
    nt_refuse(err, kind->failed, "%s is not %s", db->path, kind->is);
    nt_hint(err, "%s", kind->hints.foreign);
    return NT_STATUS_FILE_CORRUPT_ERROR;
  }
  if (*version < kind->oldest || *version > kind->version) {
    nt_refuse_as(err, NT_STATUS_NOT_SUPPORTED, kind->failed,
                 "%s has schema %lld, this build knows schema %d", db->path,
                 (long long)*version, kind->version);
    nt_hint(err, "%s", kind->hints.newer);
    return NT_STATUS_NOT_SUPPORTED;
  }
  return NT_STATUS_SUCCESS;
}

/* ---- its schema ---------------------------------------------------------- */

#define OBJECTS "SELECT type, name, tbl_name, sql FROM sqlite_schema"

struct comparison {
  sqlite3 *here, *there;
  bool altered;
  char *found;
  size_t cap;
};

static const char *text(sqlite3_stmt *stmt, int column) {
  const char *value = (const char *)sqlite3_column_text(stmt, column);
  return value ? value : "";
}

/* One row of texts; SQLITE_ROW, or what else became of it. */
static int ask(sqlite3 *db, const char *sql, const char *const args[3],
               sqlite3_stmt **stmt) {
  int code = sqlite3_prepare_v2(db, sql, -1, stmt, NULL);
  for (int i = 0; code == SQLITE_OK && i < 3 && args[i]; i++) {
    code = sqlite3_bind_text(*stmt, i + 1, args[i], -1, SQLITE_TRANSIENT);
  }
  return code == SQLITE_OK ? sqlite3_step(*stmt) : code;
}

/* The properties of a table and of its columns, in one text. */
#define COLUMNS                                                             \
  "SELECT (SELECT strict || wr FROM pragma_table_list WHERE name = ?1 AND " \
  "schema = 'main') || group_concat(c) FROM (SELECT printf('|%s %s %d %d "  \
  "%d', name, type, \"notnull\", pk, hidden) AS c FROM "                    \
  "pragma_table_xinfo(?1) ORDER BY name)"

static int compare_columns(struct comparison *c, const char *table,
                           bool *same) {
  const char *const args[3] = {table};
  sqlite3_stmt *here = NULL, *there = NULL;
  int code = ask(c->here, COLUMNS, args, &here);
  if (code == SQLITE_ROW) {
    code = ask(c->there, COLUMNS, args, &there);
  }
  *same = code == SQLITE_ROW && strcmp(text(here, 0), text(there, 0)) == 0;
  sqlite3_finalize(here);
  sqlite3_finalize(there);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Looks in `there` for the object of a row of `here`. */
static int compare_object(struct comparison *c, sqlite3_stmt *row,
                          const char *missing) {
  const char *const args[3] = {text(row, 0), text(row, 1), text(row, 2)};
  sqlite3_stmt *other = NULL;
  int code =
      ask(c->there, OBJECTS " WHERE type = ?1 AND name = ?2 AND tbl_name = ?3",
          args, &other);
  bool same = code == SQLITE_ROW && strcmp(text(row, 3), text(other, 3)) == 0;
  if (code == SQLITE_DONE) {
    nt_format_text(c->found, c->cap, missing, args[0], args[1]);
    code = SQLITE_OK;
  } else if (code == SQLITE_ROW) {
    code = SQLITE_OK;
    if (!same && c->altered && strcmp(args[0], "table") == 0) {
      code = compare_columns(c, args[1], &same);
    }
    if (code == SQLITE_OK && !same) {
      nt_format_text(c->found, c->cap, "the %s %s is not as it was made",
                     args[0], args[1]);
    }
  }
  sqlite3_finalize(other);
  return code;
}

static int compare(struct comparison *c, const char *missing) {
  sqlite3_stmt *row = NULL;
  int code = sqlite3_prepare_v2(c->here, OBJECTS, -1, &row, NULL);
  while (code == SQLITE_OK && c->found[0] == '\0' &&
         (code = sqlite3_step(row)) == SQLITE_ROW) {
    code = compare_object(c, row, missing);
  }
  sqlite3_finalize(row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Whether the schema in the file is what `schema` makes. `found` names the
 * first object that differs, or is "". */
static int compare_all(sqlite3 *db, const char *schema, bool altered,
                       char *found, size_t cap) {
  sqlite3 *model = NULL;
  int code = sqlite3_open_v2(
      ":memory:", &model,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
  found[0] = '\0';
  if (code == SQLITE_OK) {
    code = sqlite3_exec(model, schema, NULL, NULL, NULL);
  }
  struct comparison extra = {db, model, altered, found, cap};
  struct comparison lacking = {model, db, altered, found, cap};
  if (code == SQLITE_OK) {
    code = compare(&extra, "it has the %s %s, which does not belong there");
  }
  if (code == SQLITE_OK && found[0] == '\0') {
    code = compare(&lacking, "it lacks the %s %s");
  }
  sqlite3_close(model);
  return code;
}

nt_status nt_db_check_schema(struct nt_db *db, const char *schema, bool altered,
                             struct nt_error *err) {
  char found[200];
  int code = compare_all(db->sqlite, schema, altered, found, sizeof found);
  if (code != SQLITE_OK) {
    return nt_db_fail_with(db, code, err);
  }
  if (found[0] == '\0') {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, db->kind->damaged, "%s: %s", db->path, found);
  nt_hint(err, "%s", db->kind->hints.damaged);
  return NT_STATUS_FILE_CORRUPT_ERROR;
}
