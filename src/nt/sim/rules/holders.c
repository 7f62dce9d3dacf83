/*
 * Finds out who has a volume or disk open: for the text of refusals, and for
 * callers who ask. Each file object is a row in the database, and its owner is
 * a living process.
 */
#include "holders.h"

#include <string.h>

#include "../db/store.h"
#include "resolve.h"

/* ---- a row --------------------------------------------------------------- */

static const char *how(enum nt_handle_kind kind, uint32_t flags, bool locks) {
  static const char *const names[] = {
      [NT_KIND_VOLUME] = "volume handle", [NT_KIND_DISK] = "disk handle",
      [NT_KIND_FILE] = "open file",       [NT_KIND_DIRECTORY] = "directory",
      [NT_KIND_DEVICE] = "device handle", [NT_KIND_SECTION] = "mapped file",
  };
  if (locks) {
    return "lock";
  }
  return flags & SIM_FO_IMAGE ? "image" : names[kind];
}

/* A process that was killed cannot be the holder. The holder is the program
 * that it had started, or another process that this program left behind, whose
 * number nobody knows. */
void nt__sim_who_holds(int64_t heir, const char *heir_program,
                       int64_t heir_start_us, struct nt_holder *holder) {
  if (heir == 0 || nt_process_lives(holder->pid, holder->start_us)) {
    return;
  }
  bool lives = nt_process_lives(heir, heir_start_us);
  holder->pid = lives ? heir : 0;
  holder->start_us = lives ? heir_start_us : 0;
  nt_format_text(holder->program, sizeof holder->program,
                 lives ? "%s" : "started by %s", heir_program);
}

#define HOLDER_COLUMNS                                                \
  "SELECT w.pid, w.program, f.volume, f.kind, f.path,"                \
  " f.id IN (SELECT lock_owner FROM instance WHERE id = f.instance)," \
  " f.flags, f.id, w.start_us,"                                       \
  " (SELECT name FROM node WHERE id = w.node AND id <> ?3),"          \
  " h.pid, h.program, h.start_us"                                     \
  " FROM file_object f JOIN owner w ON w.id = f.owner"                \
  " LEFT JOIN heir h ON h.owner = w.id "

static void read_holder(const struct sim_machine *m, sqlite3_stmt *stmt,
                        struct nt_holder *out) {
  char heir[sizeof out->program];
  memset(out, 0, sizeof *out);
  out->pid = sqlite3_column_int64(stmt, 0);
  out->start_us = sqlite3_column_int64(stmt, 8);
  nt__sim_text(stmt, 1, out->program, sizeof out->program);
  nt__sim_text(stmt, 11, heir, sizeof heir);
  nt__sim_who_holds(sqlite3_column_int64(stmt, 10), heir,
                    sqlite3_column_int64(stmt, 12), out);
  out->self = out->pid == m->pid;
  nt__sim_text(stmt, 4, out->path, sizeof out->path);
  nt__sim_text(stmt, 9, out->node, sizeof out->node);
  nt_copy(out->how, sizeof out->how,
          how((enum nt_handle_kind)sqlite3_column_int(stmt, 3),
              (uint32_t)sqlite3_column_int64(stmt, 6),
              sqlite3_column_int(stmt, 5) != 0));
}

/* ---- in refusals --------------------------------------------------------- */

static void add_rows(const struct sim_request *r, sqlite3_stmt *stmt) {
  struct nt_error ignored = {0};
  r->err->holders_known = true;
  while (nt_ok(nt_db_step(&r->m->db, stmt, &ignored))) {
    struct nt_holder holder;
    read_holder(r->m, stmt, &holder);
    nt_add_holder_row(r->err, &holder);
  }
}

#define HOLDERS(scope) \
  HOLDER_COLUMNS "WHERE f." scope "AND f.id <> ?2 ORDER BY f.id"

void nt__sim_add_holders(const struct sim_request *r,
                         const struct sim_instance *instance, int64_t except) {
  sqlite3_stmt *stmt;
  struct nt_error ignored = {0};
  if (nt_ok(nt__sim_query(SIM_REQUEST(r->m, &ignored),
                          nt__sim_spans_nodes(instance)
                              ? HOLDERS(SIM_OF_NODES)
                              : HOLDERS(SIM_OF_INSTANCE),
                          SIM_ARGS(SIM_INT(nt__sim_scope(instance)),
                                   SIM_INT(except), SIM_INT(r->m->node)),
                          &stmt))) {
    add_rows(r, stmt);
  }
}

void nt__sim_add_openers(const struct sim_request *r, int64_t volume,
                         int64_t disk) {
  sqlite3_stmt *stmt;
  struct nt_error ignored = {0};
  if (nt_ok(nt__sim_query(
          SIM_REQUEST(r->m, &ignored),
          HOLDER_COLUMNS "WHERE f.volume = ?1 AND f.disk = ?2 ORDER BY f.id",
          SIM_ARGS(SIM_INT(volume), SIM_INT(disk), SIM_INT(r->m->node)),
          &stmt))) {
    add_rows(r, stmt);
  }
}

/* ---- as a list ----------------------------------------------------------- */

/* A condition that selects the instances whose files count with the file object
 * `me`: its own instance and, on a cluster shared volume, those of all nodes.
 */
#define SAME_FILES                                                        \
  "SELECT me.instance UNION SELECT o.id FROM instance i JOIN instance o " \
  "ON o.volume = i.volume AND o.disk = i.disk AND o.current = 1 "         \
  "WHERE i.id = me.instance AND i.current = 1 AND i.fsd = 'csvfs'"

static nt_status find_next(const struct sim_request *r, int64_t file_object,
                           uint64_t cursor, sqlite3_stmt **stmt) {
  NT_TRY(nt__sim_query(r,
                       HOLDER_COLUMNS
                       "JOIN file_object me ON me.id = ?1 "
                       "WHERE f.id > ?2 AND f.id <> me.id AND CASE"
                       " WHEN me.kind IN (?4, ?5, ?6) THEN"
                       "  f.instance IN (" SAME_FILES ")"
                       "  AND f.file = me.file AND f.kind IN (?4, ?5, ?6)"
                       " WHEN me.volume <> 0 THEN f.volume = me.volume"
                       " ELSE f.disk = me.disk OR f.volume IN"
                       "  (SELECT volume FROM extent WHERE disk = me.disk) END "
                       "ORDER BY f.id LIMIT 1",
                       SIM_ARGS(SIM_INT(file_object), SIM_INT(cursor),
                                SIM_INT(r->m->node), SIM_INT(NT_KIND_FILE),
                                SIM_INT(NT_KIND_DIRECTORY),
                                SIM_INT(NT_KIND_SECTION)),
                       stmt));
  return nt__sim_step(r, *stmt);
}

/* The list of a disk has paths of several volumes. The name of the volume in
 * front of each tells them apart. */
static nt_status name_volume(const struct sim_request *r, int64_t volume,
                             struct nt_holder *holder) {
  char name[NT_NAME_MAX], path[sizeof holder->path];
  NT_TRY(nt__sim_volume_name(r, volume, name, sizeof name));
  nt_copy(path, sizeof path, holder->path);
  nt_format_text(holder->path, sizeof holder->path, "%s%s", name, path);
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_find_holder(const struct sim_request *r, uint64_t *cursor,
                              struct nt_holder *out) {
  const struct sim_handle *h = r->handle;
  sqlite3_stmt *stmt;
  NT_TRY(find_next(r, h->file_object, *cursor, &stmt));
  int64_t volume = sqlite3_column_int64(stmt, 2);
  uint64_t id = (uint64_t)sqlite3_column_int64(stmt, 7);
  read_holder(r->m, stmt, out);
  sqlite3_reset(stmt);
  if (h->volume == 0 && volume != 0) {
    NT_TRY(name_volume(r, volume, out));
  }
  *cursor = id;
  return NT_STATUS_SUCCESS;
}
