/*
 * Checks whether the rows in machine.db can be true. A machine may come from
 * somebody else, and the checks in a schema do not stop a person who edits the
 * file. So when a transaction finds that another connection has changed the
 * database, all rows are checked. Those of tables that grow without end are
 * checked when they are read. Within a transaction nobody else writes, so
 * everything that is loaded in it has been checked.
 *
 * To save time, rows are only compared with those that were found good before,
 * and the relations between tables are checked only when one of the tables has
 * changed. Otherwise each lock would have to pay for a full check whenever
 * other processes use the machine.
 */
#include "trust.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"
#include "schema.h"
#include "seen.h"
#include "store.h"

/* ---- words --------------------------------------------------------------- */

/* Shows a value, which may come from a stranger: each character that must not
 * reach a terminal becomes a dot. */
static void show_text(const char *text, int bytes, char *buf, size_t cap) {
  char part[48];
  int n = bytes < (int)sizeof part - 1 ? bytes : (int)sizeof part - 1;
  for (int i = 0; i < n; i++) {
    part[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '.';
  }
  part[n] = '\0';
  nt_format_text(buf, cap, n < bytes ? "'%s...' of %d bytes" : "'%s'", part,
                 bytes);
}

static void show_value(sqlite3_stmt *stmt, int column, char *buf, size_t cap) {
  switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
      nt_format_text(buf, cap, "%lld",
                     (long long)sqlite3_column_int64(stmt, column));
      break;
    case SQLITE_FLOAT:
      nt_format_text(buf, cap, "%g", sqlite3_column_double(stmt, column));
      break;
    case SQLITE_TEXT: {
      const char *text = (const char *)sqlite3_column_text(stmt, column);
      show_text(text, sqlite3_column_bytes(stmt, column), buf, cap);
      break;
    }
    case SQLITE_BLOB:
      nt_format_text(buf, cap, "a blob of %d bytes",
                     sqlite3_column_bytes(stmt, column));
      break;
    default:
      nt_copy(buf, cap, "NULL");
  }
}

nt_status nt__sim_refuse_damage(const struct sim_machine *m,
                                const struct sim_damage *d,
                                struct nt_error *err) {
  nt_refuse(err, NT_REASON_MACHINE_DAMAGED,
            "%s: table %s, column %s, %s: %s %s", m->db_path, d->table,
            d->column, d->row, d->value, d->what);
  nt_hint(err,
          "see all that is wrong: ntvol sim check %s; then make a new machine "
          "around images that you trust with --disk-image",
          m->folder);
  return NT_STATUS_FILE_CORRUPT_ERROR;
}

/* ---- one row ------------------------------------------------------------- */

static bool has_type(sqlite3_stmt *stmt, int i, enum sim_type type) {
  static const int types[] = {SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB};
  return sqlite3_column_type(stmt, i) == types[type];
}

/* Returns what is wrong with the value, or NULL. A text with a zero byte in it
 * would be cut there. */
static const char *problem_of(sqlite3_stmt *stmt, int i,
                              const struct sim_column *column) {
  if (!has_type(stmt, i, column->type)) {
    return "is of the wrong type";
  }
  if (column->type == SIM_TYPE_INTEGER) {
    int64_t value = sqlite3_column_int64(stmt, i);
    return value < column->least || value > column->most ? "is out of range"
                                                         : NULL;
  }
  const char *text = column->type == SIM_TYPE_TEXT
                         ? (const char *)sqlite3_column_text(stmt, i)
                         : NULL;
  int64_t bytes = sqlite3_column_bytes(stmt, i);
  if (bytes < column->least || bytes > column->most) {
    return "has the wrong length";
  }
  return text && (int64_t)strlen(text) != bytes ? "has a zero byte in it"
                                                : NULL;
}

/* Returns whether the row that `stmt` is on is good. It must have all columns,
 * in their order. */
static bool check_row(const struct sim_table *table, sqlite3_stmt *stmt,
                      struct sim_damage *out) {
  for (int i = 0; table->columns[i].name; i++) {
    const struct sim_column *column = &table->columns[i];
    const char *problem = problem_of(stmt, i, column);
    if (!problem) {
      continue;
    }
    char key[sizeof out->value];
    *out = (struct sim_damage){0};
    nt_copy(out->table, sizeof out->table, table->name);
    nt_copy(out->column, sizeof out->column, column->name);
    nt_copy(out->what, sizeof out->what, problem);
    show_value(stmt, i, out->value, sizeof out->value);
    show_value(stmt, 0, key, sizeof key);
    nt_format_text(out->row, sizeof out->row, "%s %s", table->columns[0].name,
                   key);
    return false;
  }
  return true;
}

nt_status nt__sim_check_row(struct sim_machine *m, const char *table,
                            sqlite3_stmt *stmt, struct nt_error *err) {
  struct sim_damage damage;
  return check_row(nt__sim_table(table), stmt, &damage)
             ? NT_STATUS_SUCCESS
             : nt__sim_refuse_damage(m, &damage, err);
}

/* ---- what rows have to do with each other -------------------------------- */

/* Each statement finds rows that are wrong, and gives what tells the row from
 * others, and the value. Before it runs, all values have been found to be in
 * range. */
static const struct relation {
  const char *table, *column, *key, *what;
  const char *sql;
  const struct nt_db_arg *args; /* NULL: none */
} relations[] = {
    {"disk", "sector_size", "number", "is no size of sectors",
     "SELECT number, sector_size FROM disk "
     "WHERE sector_size NOT IN (512, 2048, 4096)",
     NULL},
    {"disk", "length", "number", "is not a whole number of sectors",
     "SELECT number, length FROM disk WHERE length % sector_size <> 0", NULL},
    {"disk", "style", "number", "is none of: none, mbr, gpt",
     "SELECT number, style FROM disk WHERE style NOT IN ('none', 'mbr', "
     "'gpt')",
     NULL},
    {"volume", "sector_size", "id", "is not that of its disks",
     "SELECT v.id, v.sector_size FROM volume v WHERE EXISTS (SELECT 1 FROM "
     "extent e JOIN disk d ON d.number = e.disk WHERE e.volume = v.id AND "
     "d.sector_size <> v.sector_size)",
     NULL},
    {"volume", "guid", "id", "is no GUID",
     "SELECT id, guid FROM volume WHERE guid GLOB '*[^0-9a-f-]*' OR "
     "substr(guid, 9, 1) || substr(guid, 14, 1) || substr(guid, 19, 1) "
     "|| substr(guid, 24, 1) <> '----'",
     NULL},
    {"volume", "id", "id", "is of a volume that lies nowhere",
     "SELECT id, id FROM volume WHERE id NOT IN (SELECT volume FROM extent)",
     NULL},
    {"volume", "length", "id", "is not the length of its extents",
     "SELECT id, length FROM volume WHERE length <> (SELECT sum(length) FROM "
     "extent WHERE volume = volume.id)",
     NULL},
    {"volume", "node", "id", "is no node of the machine",
     "SELECT id, node FROM volume WHERE node <> 0 AND node NOT IN (SELECT id "
     "FROM node)",
     NULL},
    {"extent", "volume", "volume", "is no volume of the machine",
     "SELECT volume, volume FROM extent WHERE volume NOT IN (SELECT id FROM "
     "volume)",
     NULL},
    {"extent", "ordinal", "volume", "is not the next one",
     "SELECT volume, ordinal FROM extent e WHERE ordinal <> (SELECT count(*) "
     "FROM extent WHERE volume = e.volume AND ordinal < e.ordinal)",
     NULL},
    {"extent", "disk", "volume", "is no disk of the machine",
     "SELECT volume, disk FROM extent WHERE disk NOT IN (SELECT number FROM "
     "disk)",
     NULL},
    {"extent", "start", "volume", "and the length behind it leave the disk",
     "SELECT volume, start FROM extent e WHERE start + length > (SELECT length "
     "FROM disk WHERE number = e.disk) AND (SELECT flags & ?1 FROM volume "
     "WHERE id = e.volume) = 0",
     SIM_ARGS(SIM_INT(NT_VOLUME_CUT))},
    {"mount_point", "path", "path", "is neither a letter nor a folder",
     "SELECT path, path FROM mount_point WHERE path NOT GLOB '[A-Za-z]:' AND "
     "path NOT GLOB '[A-Za-z]:\\?*'",
     NULL},
    {"mount_point", "volume", "path", "is no volume of the machine",
     "SELECT path, volume FROM mount_point WHERE volume NOT IN (SELECT id FROM "
     "volume)",
     NULL},
    {"owner", "node", "id", "is no node of the machine",
     "SELECT id, node FROM owner WHERE node <> 0 AND node NOT IN (SELECT id "
     "FROM node)",
     NULL},
    {"instance", "volume", "id", "is no volume of the machine",
     "SELECT id, volume FROM instance WHERE volume <> 0 AND volume NOT IN "
     "(SELECT id FROM volume)",
     NULL},
    {"instance", "disk", "id", "is no disk of the machine, or not to be there",
     "SELECT id, disk FROM instance WHERE (volume = 0) <> (disk <> -1) OR "
     "(disk <> -1 AND disk NOT IN (SELECT number FROM disk))",
     NULL},
    {"instance", "vpb", "id", "has flags that are none",
     "SELECT id, vpb FROM instance WHERE vpb & ~?1 <> 0",
     SIM_ARGS(SIM_INT(SIM_VPB_OF_MOUNT | SIM_VPB_CHANGED | SIM_VPB_DIRTY))},
    {"instance", "bpb", "id", "is neither empty nor whole",
     "SELECT id, length(bpb) FROM instance WHERE length(bpb) NOT IN (0, 36)",
     NULL},
    {"file_object", "owner", "id", "is nobody who is connected",
     "SELECT id, owner FROM file_object WHERE owner NOT IN (SELECT id FROM "
     "owner)",
     NULL},
    {"file_object", "instance", "id", "is no mounted file system",
     "SELECT id, instance FROM file_object WHERE instance <> 0 AND instance "
     "NOT IN (SELECT id FROM instance)",
     NULL},
    {"file_object", "volume", "id", "is no volume of the machine",
     "SELECT id, volume FROM file_object WHERE volume <> 0 AND volume NOT IN "
     "(SELECT id FROM volume)",
     NULL},
    {"file_object", "disk", "id", "is no disk of the machine",
     "SELECT id, disk FROM file_object WHERE disk <> -1 AND disk NOT IN "
     "(SELECT number FROM disk)",
     NULL},
    {"sqlite_sequence", "seq", "name", "is out of range",
     "SELECT name, seq FROM sqlite_sequence WHERE typeof(seq) <> 'integer' OR "
     "seq < 0 OR seq > ?1",
     SIM_ARGS(SIM_INT(NT__SIM_MOST_ROWS))},
};

/* ---- all of it ----------------------------------------------------------- */

struct search {
  struct sim_machine *m;
  struct sim_seen *seen; /* one for each table; NULL: check everything */
  nt__sim_heard heard;
  void *context;
  bool enough, found;
};

static void tell(struct search *s, const struct sim_damage *damage) {
  s->found = true;
  s->enough = !s->heard(s->context, damage);
}

static nt_status search_rows(struct search *s, const struct sim_table *table,
                             struct sim_seen *seen, struct nt_error *err) {
  sqlite3_stmt *stmt;
  struct sim_damage damage;
  nt_status status =
      nt_db_start(&s->m->db, table->rows, SIM_NO_ARGS, &stmt, err);
  while (nt_ok(status) && nt_ok(status = nt_db_step(&s->m->db, stmt, err))) {
    if (seen && nt__sim_seen_row(seen, stmt)) {
      continue;
    }
    if (!check_row(table, stmt, &damage)) {
      tell(s, &damage);
    }
    if (s->enough) {
      sqlite3_reset(stmt);
      return NT_STATUS_SUCCESS;
    }
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

static nt_status search_table(struct search *s, size_t table,
                              struct nt_error *err) {
  struct sim_seen *seen = s->seen ? &s->seen[table] : NULL;
  if (seen) {
    nt__sim_seen_begin(seen);
  }
  nt_status status = search_rows(s, &nt__sim_tables[table], seen, err);
  if (seen && nt_ok(status) && !s->enough) {
    nt__sim_seen_end(seen);
  }
  return status;
}

/* Returns whether a statement about `table` may find something that it did not
 * find before, because a table that it names has changed. Some columns have the
 * names of tables; the statement may then run when it need not. */
static bool may_differ(const struct search *s, const char *table,
                       const char *sql) {
  bool ours = false;
  for (size_t i = 0; s->seen && i < nt__sim_table_count; i++) {
    const char *name = nt__sim_tables[i].name;
    if (!nt__sim_tables[i].grows && !s->seen[i].same && strstr(sql, name)) {
      return true;
    }
    ours = ours || strcmp(name, table) == 0;
  }
  return !ours;
}

static nt_status search_relation(struct search *s, const struct relation *r,
                                 struct nt_error *err) {
  sqlite3_stmt *stmt;
  if (!may_differ(s, r->table, r->sql)) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt_db_start(&s->m->db, r->sql,
                                 r->args ? r->args : SIM_NO_ARGS, &stmt, err);
  while (nt_ok(status) && nt_ok(status = nt_db_step(&s->m->db, stmt, err))) {
    struct sim_damage damage = {0};
    char key[sizeof damage.value];
    nt_copy(damage.table, sizeof damage.table, r->table);
    nt_copy(damage.column, sizeof damage.column, r->column);
    nt_copy(damage.what, sizeof damage.what, r->what);
    show_value(stmt, 0, key, sizeof key);
    show_value(stmt, 1, damage.value, sizeof damage.value);
    nt_format_text(damage.row, sizeof damage.row, "%s %s", r->key, key);
    tell(s, &damage);
    if (s->enough) {
      sqlite3_reset(stmt);
      return NT_STATUS_SUCCESS;
    }
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

/* Checks the names of drivers, which only the code knows, not the schema. */
static nt_status search_drivers(struct search *s, struct nt_error *err) {
  static const char sql[] = "SELECT id, fsd FROM instance";
  sqlite3_stmt *stmt;
  if (!may_differ(s, "instance", sql)) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt_db_start(&s->m->db, sql, SIM_NO_ARGS, &stmt, err);
  while (nt_ok(status) && nt_ok(status = nt_db_step(&s->m->db, stmt, err))) {
    char key[64];
    struct sim_damage damage = {.table = "instance",
                                .column = "fsd",
                                .what = "is no driver of file systems"};
    if (nt__sim_fsd_named((const char *)sqlite3_column_text(stmt, 1))) {
      continue;
    }
    show_value(stmt, 0, key, sizeof key);
    show_value(stmt, 1, damage.value, sizeof damage.value);
    nt_format_text(damage.row, sizeof damage.row, "id %s", key);
    tell(s, &damage);
    if (s->enough) {
      sqlite3_reset(stmt);
      return NT_STATUS_SUCCESS;
    }
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

static nt_status search(struct search *s, bool all, struct nt_error *err) {
  nt_status status = NT_STATUS_SUCCESS;
  for (size_t i = 0; nt_ok(status) && !s->enough && i < nt__sim_table_count;
       i++) {
    if (all || !nt__sim_tables[i].grows) {
      status = search_table(s, i, err);
    }
  }
  if (s->found) { /* the statements below rely on values in range */
    return status;
  }
  for (size_t i = 0; nt_ok(status) && !s->enough &&
                     i < sizeof relations / sizeof relations[0];
       i++) {
    status = search_relation(s, &relations[i], err);
  }
  return nt_ok(status) && !s->enough ? search_drivers(s, err) : status;
}

nt_status nt__sim_find_damage(struct sim_machine *m, bool all,
                              nt__sim_heard heard, void *context,
                              struct nt_error *err) {
  struct search s = {.m = m, .heard = heard, .context = context};
  return search(&s, all, err);
}

/* ---- before anything is believed ----------------------------------------- */

static bool first(void *context, const struct sim_damage *damage) {
  *(struct sim_damage *)context = *damage;
  return false;
}

/* Returns the tables as they were last found good. It is NULL outside of a
 * transaction, where another process may write while one table after the other
 * is read, and NULL without memory. Then everything is checked. */
static struct sim_seen *seen_of(struct sim_machine *m) {
  if (!m->db.in_transaction) {
    return NULL;
  }
  if (!m->seen) {
    m->seen = calloc(nt__sim_table_count, sizeof *m->seen);
  }
  return m->seen;
}

/* Forgets all tables, so that everything is checked again. */
static void forget(struct sim_seen *seen) {
  for (size_t i = 0; seen && i < nt__sim_table_count; i++) {
    seen[i].known = false;
  }
}

void nt__sim_trust_end(struct sim_machine *m) {
  for (size_t i = 0; m->seen && i < nt__sim_table_count; i++) {
    free(m->seen[i].bytes);
  }
  free(m->seen);
  m->seen = NULL;
}

static nt_status look(struct sim_machine *m, int64_t version,
                      struct nt_error *err) {
  struct sim_damage damage = {0};
  struct search s = {
      .m = m, .seen = seen_of(m), .heard = first, .context = &damage};
  nt_status status = search(&s, false, err);
  if (nt_ok(status) && !damage.table[0]) {
    m->trusted = version;
    return status;
  }
  forget(s.seen);
  return nt_ok(status) ? nt__sim_refuse_damage(m, &damage, err) : status;
}

static nt_status find_version(struct sim_machine *m, int64_t *version,
                              struct nt_error *err) {
  sqlite3_stmt *stmt;
  NT_TRY(nt_db_start(&m->db, "PRAGMA data_version", SIM_NO_ARGS, &stmt, err));
  NT_TRY(nt_db_step(&m->db, stmt, err));
  *version = sqlite3_column_int64(stmt, 0);
  sqlite3_reset(stmt);
  return NT_STATUS_SUCCESS;
}

/* The database has a version number that changes when another connection has
 * written. */
nt_status nt__sim_trust(struct sim_machine *m, struct nt_error *err) {
  int64_t version = 0;
  if (!m->guarded) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(find_version(m, &version, err));
  return version != m->trusted ? look(m, version, err) : NT_STATUS_SUCCESS;
}
