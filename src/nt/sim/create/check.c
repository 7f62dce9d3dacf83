/*
 * Finds everything that is wrong with a machine, for a person who wonders
 * whether to use it. Nothing is changed: the database is opened for reading,
 * and images are only looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "../db/request.h"
#include "../db/rows.h"
#include "../db/store.h"
#include "../db/trust.h"
#include "../disk/image.h"
#include "../rules/owner.h"
#include "../slots/connection.h"

/* This is more than anybody reads. */
#define MOST_DAMAGES 200

struct nt_sim_report {
  struct sim_damage damages[MOST_DAMAGES];
  uint32_t count;
};

struct check {
  struct sim_request r;
  struct nt_sim_report *report;
};

static bool hear(void *context, const struct sim_damage *damage) {
  struct nt_sim_report *report = context;
  if (report->count < MOST_DAMAGES) {
    report->damages[report->count++] = *damage;
  }
  return report->count < MOST_DAMAGES;
}

/* Records something that is not about a value of a table, but about a file or
 * the schema. */
static void hear_of(struct check *c, bool note, const char *what) {
  struct sim_damage damage = {.note = note};
  nt_copy(damage.what, sizeof damage.what, what);
  hear(c->report, &damage);
}

/* The database may refuse because the file is damaged: that is what the check
 * looks for, so it is recorded. Any other refusal ends the check. */
static nt_status hear_refusal(struct check *c, nt_status status,
                              const struct nt_error *failure) {
  if (status == NT_STATUS_FILE_CORRUPT_ERROR) {
    hear_of(c, false, failure->detail);
    return NT_STATUS_SUCCESS;
  }
  if (!nt_ok(status)) {
    struct nt_error named = *failure;
    nt_error_name(&named, c->r.err->op, c->r.err->target);
    nt_error_copy(c->r.err, &named);
  }
  return status;
}

/* ---- the database -------------------------------------------------------- */

/* The check of SQLite calls a page damaged that it had no memory for. */
static bool lacked_memory(const char *words) {
  static const char before[] = "error code=";
  const char *at = strstr(words, before);
  long code = at ? strtol(at + sizeof before - 1, NULL, 10) : SQLITE_OK;
  return code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM;
}

/* Records what SQLite itself finds wrong in the pages. Wrong values are left to
 * the functions below, which describe them better. */
static nt_status check_pages(struct check *c) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(
      &c->r, "PRAGMA ignore_check_constraints = ON", SIM_NO_ARGS, &stmt);
  if (nt_ok(status)) {
    nt__sim_step(&c->r, stmt);
    status =
        nt__sim_query(&c->r, "PRAGMA integrity_check(20)", SIM_NO_ARGS, &stmt);
  }
  while (nt_ok(status) && nt_ok(status = nt__sim_step(&c->r, stmt))) {
    char words[160];
    nt__sim_text(stmt, 0, words, sizeof words);
    if (lacked_memory(words)) {
      sqlite3_reset(stmt);
      return nt_fail(c->r.err, NT_STATUS_NO_MEMORY, NULL);
    }
    if (strcmp(words, "ok") != 0 && !strstr(words, "value in ")) {
      hear_of(c, false, words);
    }
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

/* ---- what lies where ----------------------------------------------------- */

/* Finds volumes that overlap and are not two entries of a table: entries may,
 * and Windows shows both. */
static nt_status check_overlaps(struct check *c) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(
      &c->r,
      "SELECT a.volume, a.start, b.volume FROM extent a JOIN extent b ON "
      "a.disk = b.disk AND (a.volume, a.ordinal) < (b.volume, b.ordinal) AND "
      "a.start < b.start + b.length AND b.start < a.start + a.length AND "
      "(a.partition_number = b.partition_number OR 0 IN (a.partition_number, "
      "b.partition_number))",
      SIM_NO_ARGS, &stmt);
  while (nt_ok(status) && nt_ok(status = nt__sim_step(&c->r, stmt))) {
    struct sim_damage damage = {.table = "extent", .column = "start"};
    nt_format_text(damage.row, sizeof damage.row, "volume %lld",
                   (long long)sqlite3_column_int64(stmt, 0));
    nt_format_text(damage.value, sizeof damage.value, "%lld",
                   (long long)sqlite3_column_int64(stmt, 1));
    nt_format_text(damage.what, sizeof damage.what,
                   "is the place of volume %lld, too",
                   (long long)sqlite3_column_int64(stmt, 2));
    hear(c->report, &damage);
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

static nt_status check_image(struct check *c, uint32_t number) {
  struct sim_disk disk;
  struct nt_error failure = {0};
  struct sim_damage damage = {.table = "disk", .column = "image"};
  NT_TRY(nt__sim_load_disk(&c->r, number, &disk));
  if (disk.flags & NT_DISK_NO_MEDIUM) {
    return NT_STATUS_SUCCESS;
  }
  if (nt_ok(nt__sim_image(SIM_REQUEST(c->r.m, &failure), number))) {
    return NT_STATUS_SUCCESS;
  }
  nt_format_text(damage.row, sizeof damage.row, "number %u", number);
  nt_format_text(damage.value, sizeof damage.value, "'%.90s'", disk.image);
  nt_format_text(damage.what, sizeof damage.what, "%s", failure.detail);
  hear(c->report, &damage);
  return NT_STATUS_SUCCESS;
}

static nt_status for_all_disks(struct check *c,
                               nt_status (*f)(struct check *c,
                                              uint32_t number)) {
  int64_t number = -1;
  for (;;) {
    nt_status status = nt__sim_number(
        &c->r, "SELECT ifnull(min(number), -1) FROM disk WHERE number > ?1",
        SIM_ARGS(SIM_INT(number)), -1, &number);
    if (!nt_ok(status) || number < 0) {
      return status;
    }
    status = f(c, (uint32_t)number);
    if (!nt_ok(status)) {
      return status;
    }
  }
}

/* ---- who is connected ---------------------------------------------------- */

static void hear_of_owner(struct check *c, sqlite3_stmt *stmt) {
  struct sim_damage damage = {.table = "owner", .column = "pid", .note = true};
  nt_format_text(damage.row, sizeof damage.row, "id %lld",
                 (long long)sqlite3_column_int64(stmt, 0));
  nt_format_text(damage.value, sizeof damage.value, "%lld",
                 (long long)sqlite3_column_int64(stmt, 1));
  nt_copy(damage.what, sizeof damage.what,
          "is a process that has ended; the next connection cleans up");
  hear(c->report, &damage);
}

static nt_status check_owners(struct check *c) {
  char path[sizeof c->r.m->folder + 16];
  sqlite3_stmt *stmt;
  struct nt_error failure = {0};
  nt_path_join(path, sizeof path, c->r.m->folder, "machine.lock");
  if (!nt_ok(nt_file_open_plain(path, false, &c->r.m->lock, &failure))) {
    nt_error_about(&failure, NT_REASON_NONE, "%s", path);
    hear_of(c, false, failure.detail);
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt__sim_query(
      &c->r, "SELECT id, pid FROM owner ORDER BY id", SIM_NO_ARGS, &stmt);
  while (nt_ok(status) && nt_ok(status = nt__sim_step(&c->r, stmt))) {
    if (!nt__sim_owner_alive(c->r.m, sqlite3_column_int64(stmt, 0))) {
      hear_of_owner(c, stmt);
    }
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

/* ---- all of it ----------------------------------------------------------- */

static nt_status check_contents(struct check *c) {
  NT_TRY(check_pages(c));
  NT_TRY(nt__sim_find_damage(c->r.m, true, hear, c->report, c->r.err));
  if (c->report->count > 0) { /* the rest relies on good tables */
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(check_overlaps(c));
  NT_TRY(for_all_disks(c, check_image));
  return check_owners(c);
}

static nt_status open_machine(const char *path, struct check *c) {
  NT_TRY(nt__sim_check_location(path, c->r.err));
  c->r.m = nt__sim_machine_new(path);
  c->report = calloc(1, sizeof *c->report);
  if (!c->r.m || !c->report) {
    return nt_fail(c->r.err, NT_STATUS_NO_MEMORY, NULL);
  }
  NT_TRY(nt__sim_machine_enter(c->r.m, path, c->r.err));
  return nt__sim_machine_check_exists(c->r.m, c->r.err);
}

static nt_status check_machine(struct check *c) {
  struct nt_error failure = {0}, *err = c->r.err;
  c->r.err = &failure;
  nt_status status = nt__sim_store_open_to_read(c->r.m, &failure);
  if (nt_ok(status)) {
    status = check_contents(c);
  }
  c->r.err = err;
  return hear_refusal(c, status, &failure);
}

nt_status nt_sim_check(const char *path, struct nt_sim_report **out,
                       struct nt_error *err) {
  struct check c = {.r = {.err = err}};
  nt_error_name(err, "check", path);
  nt_status status = open_machine(path, &c);
  if (nt_ok(status)) {
    status = check_machine(&c);
  }
  if (c.r.m) {
    nt__sim_machine_free(c.r.m);
  }
  if (nt_ok(status)) {
    *out = c.report;
  } else {
    free(c.report);
  }
  return status;
}

void nt_sim_free_report(struct nt_sim_report *report) {
  free(report);
}

bool nt_sim_next_damage(const struct nt_sim_report *report, uint32_t index,
                        struct nt_sim_damage *out) {
  if (index >= report->count) {
    return false;
  }
  const struct sim_damage *d = &report->damages[index];
  *out = (struct nt_sim_damage){d->table, d->column, d->row,
                                d->value, d->what,   d->note};
  return true;
}

/* ---- allowing images ----------------------------------------------------- */

static nt_status allow(struct check *c, uint32_t number) {
  struct sim_disk disk;
  NT_TRY(nt__sim_load_disk(&c->r, number, &disk));
  return nt__sim_allow_image(&c->r, disk.image);
}

nt_status nt_sim_allow_images(const char *path, struct nt_error *err) {
  struct check c = {.r = {.err = err}};
  nt_error_name(err, "allow the images of", path);
  nt_status status = open_machine(path, &c);
  if (nt_ok(status)) {
    status = nt__sim_store_open_to_read(c.r.m, err);
  }
  if (nt_ok(status)) { /* from here on, all rows are checked */
    c.r.m->guarded = true;
    status = for_all_disks(&c, allow);
  }
  if (c.r.m) {
    nt__sim_machine_free(c.r.m);
  }
  free(c.report);
  return status;
}
