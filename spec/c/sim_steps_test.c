/*
 * How many SQL statements a request to the simulated machine takes. Every row
 * is read once in a transaction, however many functions ask for it; a row that
 * somebody has written is read again.
 */
#include "check.h"
#include "nt/format.h"
#include "nt/sim/db/rows.h"
#include "nt/sim/db/store.h"
#include "nt/sim/slots/transaction.h"

static struct nt_machine *machine;

/* ---- counting ------------------------------------------------------------ */

#define MOST 100

static struct {
  char sql[MOST][400];
  int count;
} steps;

static int on_statement(unsigned type, void *ctx, void *stmt, void *sql) {
  (void)type, (void)ctx, (void)stmt;
  if (steps.count < MOST) {
    snprintf(steps.sql[steps.count++], sizeof steps.sql[0], "%s",
             (const char *)sql);
  }
  return 0;
}

static void begin_to_count(void) {
  steps.count = 0;
  sqlite3_trace_v2(nt__sim_machine(machine)->db.sqlite, SQLITE_TRACE_STMT,
                   on_statement, NULL);
}

static int end_counting(void) {
  sqlite3_trace_v2(nt__sim_machine(machine)->db.sqlite, 0, NULL, NULL);
  return steps.count;
}

static void check_steps(int most, const char *what) {
  int count = end_counting();
  CHECK(count <= most, "%s takes %d steps, at most %d", what, count, most);
  for (int i = 0; count > most && i < count; i++) {
    printf("#   %s\n", steps.sql[i]);
  }
}

/* How many of the steps read whole rows of a table. */
static int reads_of(const char *columns) {
  int found = 0;
  for (int i = 0; i < steps.count; i++) {
    found += strncmp(steps.sql[i], columns, strlen(columns)) == 0;
  }
  return found;
}

/* ---- requests ------------------------------------------------------------ */

static bool create(void) {
  struct nt_sim_volume_spec volumes[] = {{.size = 4U << 20, .letter = "D:"},
                                         {.letter = "E:"}};
  struct nt_sim_disk_spec disk = {
      .size = 8U << 20, .style = "mbr", .volumes = volumes, .volume_count = 2};
  struct nt_sim_spec spec = {.disks = &disk, .disk_count = 1};
  struct nt_error err = {0};
  return nt_ok(nt_sim_create(NT_SIM_MEMORY, &spec, &machine, &err));
}

static struct nt_handle *open_name(const char *name) {
  struct nt_open_options options = {
      .name = name,
      .access = NT_GENERIC_READ_MAPPED | NT_GENERIC_WRITE_MAPPED,
      .share = NT_SHARE_READ | NT_SHARE_WRITE,
      .disposition = NT_OPEN};
  struct nt_handle *out = NULL;
  struct nt_error err = {0};
  return nt_ok(nt_open(machine, &options, &out, &err)) ? out : NULL;
}

static nt_status verb(struct nt_handle *h, uint32_t code) {
  struct nt_error err = {0};
  return nt_verb(h, code, &err);
}

static bool unmount(void) {
  struct nt_error err = {0};
  struct nt_handle *h = open_name("D:");
  return h && nt_ok(verb(h, NT_FSCTL_DISMOUNT_VOLUME)) &&
         nt_ok(nt_close(h, &err));
}

/* A file system that NT mounts, and announces. It is not mounted now. */
static bool format_fat(void) {
  struct nt_format_options options = {.fs = "fat", .erase = "D:"};
  struct nt_format_result result;
  struct nt_error err = {0};
  struct nt_handle *h = open_name("D:");
  return h && nt_ok(nt_verb(h, NT_FSCTL_LOCK_VOLUME, &err)) &&
         nt_ok(nt_format(h, &options, &result, &err)) &&
         nt_ok(nt_close(h, &err)) && unmount();
}

static void test_requests(void) {
  struct nt_handle *first, *second;
  struct nt_error err = {0};
  begin_to_count();
  first = open_name("D:");
  check_steps(15, "an open that mounts");
  CHECK(reads_of("SELECT id, guid") == 1, "it reads the volume once");
  CHECK(reads_of("SELECT disk, start") == 1, "it reads the extents once");
  CHECK(reads_of("SELECT number, image") == 1, "it reads the disk once");
  CHECK(reads_of("INSERT INTO event") == 1, "it announces the mount");
  begin_to_count();
  second = open_name("D:");
  check_steps(11, "an open of what is mounted");
  CHECK(first && second, "both open");
  nt_close(second, &err);
  begin_to_count();
  CHECK(verb(first, NT_FSCTL_LOCK_VOLUME) == NT_STATUS_SUCCESS, "it locks");
  check_steps(11, "a lock");
  begin_to_count();
  CHECK(verb(first, NT_FSCTL_UNLOCK_VOLUME) == NT_STATUS_SUCCESS, "it unlocks");
  check_steps(9, "an unlock");
  begin_to_count();
  nt_close(first, &err);
  check_steps(7, "a close");
}

/* ---- rows that somebody writes ------------------------------------------- */

static uint32_t flags_of(int64_t volume) {
  struct sim_volume row = {0};
  struct nt_error err = {0};
  nt__sim_load_volume(SIM_REQUEST(nt__sim_machine(machine), &err), volume,
                      &row);
  return row.flags;
}

static void test_written(void) {
  struct sim_machine *m = nt__sim_machine(machine);
  struct sim_disk disk;
  struct nt_error err = {0};
  const struct sim_request r = {.m = m, .err = &err};
  nt__sim_begin(&r);
  CHECK(flags_of(1) == 0 && flags_of(2) == 0, "two volumes have no flags");
  nt__sim_exec(SIM_REQUEST(m, &err), "UPDATE volume SET flags = 1 WHERE id = 2",
               SIM_NO_ARGS);
  CHECK(flags_of(2) == 1, "a row that a statement writes is read again");
  nt__sim_load_disk(SIM_REQUEST(m, &err), 0, &disk);
  nt__sim_exec(SIM_REQUEST(m, &err), "UPDATE disk SET changes = 7",
               SIM_NO_ARGS);
  nt__sim_load_disk(SIM_REQUEST(m, &err), 0, &disk);
  CHECK(disk.changes == 7, "so is that of a disk");
  CHECK(nt_ok(nt__sim_end(&r, NT_STATUS_SUCCESS)), "it ends");
  sqlite3_exec(m->db.sqlite, "UPDATE volume SET flags = 0", NULL, NULL, NULL);
  nt__sim_begin(&r);
  CHECK(flags_of(2) == 0, "the next transaction reads every row itself");
  begin_to_count();
  CHECK(flags_of(2) == 0 && flags_of(1) == 0 && flags_of(1) == 0,
        "rows are taken by their numbers");
  CHECK(end_counting() == 1, "and read once");
  nt__sim_end(&r, NT_STATUS_SUCCESS);
  begin_to_count();
  CHECK(flags_of(1) == 0 && flags_of(1) == 0, "outside of a transaction");
  CHECK(reads_of("SELECT id, guid") == 2, "nothing is kept");
  end_counting();
}

int main(void) {
  if (!create() || !format_fat()) {
    printf("Bail out! no machine\n");
    return 1;
  }
  test_requests();
  test_written();
  nt_disconnect(machine);
  return check_done();
}
