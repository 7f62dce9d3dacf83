/* Removes a machine: its database, its lock file and the images that were made
 * for it. */
#include <stdio.h>
#include <string.h>

#include "../db/request.h"
#include "../db/store.h"
#include "../disk/image.h"
#include "../rules/holders.h"
#include "../slots/transaction.h"
#include "create.h"

/* Names come from a database that somebody may have edited, so nothing outside
 * of the folder is ever removed. */
void nt__sim_unlink(const char *folder, const char *name) {
  char path[2100];
  if (strpbrk(name, "/\\:")) {
    return;
  }
  nt_path_join(path, sizeof path, folder, name);
  nt_file_remove(path);
}

void nt__sim_unlink_machine(const char *folder) {
  nt__sim_unlink(folder, "machine.db");
  nt__sim_unlink(folder, "machine.db-wal");
  nt__sim_unlink(folder, "machine.db-shm");
  nt__sim_unlink(folder, "machine.db-journal"); /* from old versions */
  nt__sim_unlink(folder, "machine.lock");
}

static nt_status check_alone(const struct sim_request *r) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(
      r,
      "SELECT w.pid, w.program, w.start_us, h.pid, h.program, h.start_us "
      "FROM owner w LEFT JOIN heir h ON h.owner = w.id "
      "WHERE w.id <> ?1 ORDER BY w.id",
      SIM_ARGS(SIM_INT(r->m->owner)), &stmt);
  if (!nt_ok(status)) {
    return status;
  }
  bool alone = true;
  while (nt_ok(status = nt__sim_step(r, stmt))) {
    struct nt_holder holder = {.pid = sqlite3_column_int64(stmt, 0),
                               .start_us = sqlite3_column_int64(stmt, 2)};
    char heir[sizeof holder.program];
    if (alone) {
      nt_refuse_as(r->err, NT_STATUS_DEVICE_BUSY, NT_REASON_IN_USE,
                   "somebody is connected to the machine");
      r->err->holders_known = true;
    }
    alone = false;
    nt__sim_text(stmt, 1, holder.program, sizeof holder.program);
    nt__sim_text(stmt, 4, heir, sizeof heir);
    nt__sim_who_holds(sqlite3_column_int64(stmt, 3), heir,
                      sqlite3_column_int64(stmt, 5), &holder);
    nt_add_holder(r->err, holder.pid, holder.pid == r->m->pid, holder.program,
                  "connected");
  }
  if (status != NT_STATUS_NO_MORE_ENTRIES) {
    return status;
  }
  if (alone) {
    return NT_STATUS_SUCCESS;
  }
  nt_hint(r->err, "let them finish first");
  return NT_STATUS_DEVICE_BUSY;
}

static nt_status unlink_images(const struct sim_request *r) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(r, "SELECT number FROM disk WHERE made = 1",
                                   SIM_NO_ARGS, &stmt);
  if (!nt_ok(status)) {
    return status;
  }
  while (nt_ok(status = nt__sim_step(r, stmt))) {
    char image[32]; /* another one may be in the drive now */
    snprintf(image, sizeof image, "disk%lld.img",
             (long long)sqlite3_column_int64(stmt, 0));
    nt__sim_unlink(r->m->folder, image);
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

/* Some systems cannot remove an open file. There the database is marked as
 * being none any more (see check_not_removed). */
static nt_status end_database(const struct sim_request *r) {
  nt__sim_unlink(r->m->folder, "machine.db");
  return nt_ok(nt_path_check(r->m->db_path, NULL))
             ? nt__sim_exec(r, "PRAGMA application_id = 0", SIM_NO_ARGS)
             : NT_STATUS_SUCCESS;
}

/* Everything happens within one transaction. So whoever connects meanwhile
 * waits, and then finds that there is no database any more. */
static nt_status unlink_contents(const struct sim_request *r) {
  NT_TRY(nt__sim_begin(r));
  nt_status status = check_alone(r);
  if (nt_ok(status)) {
    status = unlink_images(r);
  }
  if (nt_ok(status)) {
    nt__sim_forget_images(r->m);
    status = end_database(r);
  }
  return nt__sim_end(r, status);
}

nt_status nt_sim_remove(const char *path, struct nt_error *err) {
  struct nt_machine *machine;
  nt_error_name(err, "remove", path);
  NT_TRY(nt_connect(&nt_sim_ops, path, &machine, err));
  char folder[sizeof nt__sim_machine(machine)->folder];
  nt_copy(folder, sizeof folder, nt__sim_machine(machine)->folder);
  nt_status status =
      unlink_contents(SIM_REQUEST(nt__sim_machine(machine), err));
  nt_disconnect(machine);
  if (!nt_ok(status)) {
    return status;
  }
  nt__sim_unlink_machine(folder);
  nt_folder_remove(folder); /* it stays if it has other files */
  return NT_STATUS_SUCCESS;
}
