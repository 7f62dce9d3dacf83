/*
 * Subscribers of the simulated machine, from C: what they do to the request
 * that they are told of, what they hear when the database fails in the middle
 * of it, and waiting for events.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "check.h"
#include "nt/sim/machine.h"

#define MOST 64

static struct nt_machine *machine;
static struct nt_handle *handle, *other;

struct listener {
  struct nt_subscription *subscription;
  uint64_t ids[MOST];
  char names[512];
  int count;
  void (*act)(struct listener *self, const struct nt_event *event);
};

static void hear(void *ctx, const struct nt_event *event) {
  struct listener *l = ctx;
  size_t used = strlen(l->names);
  l->ids[l->count++ % MOST] = event->id;
  snprintf(l->names + used, sizeof l->names - used, "%s ", event->name);
  if (l->act) {
    l->act(l, event);
  }
}

static bool listen_to(struct listener *l) {
  struct nt_error err = {0};
  l->count = 0;
  l->names[0] = '\0';
  return nt_ok(nt_subscribe(machine, hear, l, &l->subscription, &err));
}

/* ---- a machine with two volumes ------------------------------------------ */

static bool create(const char *path) {
  struct nt_sim_volume_spec volume = {.letter = "D:"};
  struct nt_sim_disk_spec disks[] = {
      {.size = 1U << 20, .volumes = &volume, .volume_count = 1},
      {.size = 1U << 20}};
  struct nt_sim_spec spec = {.disks = disks, .disk_count = 2};
  struct nt_error err = {0};
  return nt_ok(nt_sim_create(path, &spec, &machine, &err)) &&
         nt_ok(nt_sim_forget_events(machine, &err));
}

static struct nt_handle *open_name(const char *name) {
  struct nt_open_options options = {
      .name = name,
      .access = NT_GENERIC_READ_MAPPED | NT_GENERIC_WRITE_MAPPED,
      .share = NT_SHARE_READ | NT_SHARE_WRITE,
      .disposition = NT_OPEN};
  struct nt_handle *out;
  struct nt_error err = {0};
  return nt_ok(nt_open(machine, &options, &out, &err)) ? out : NULL;
}

static nt_status verb(struct nt_handle *h, uint32_t code) {
  struct nt_error err = {0};
  return nt_verb(h, code, &err);
}

static nt_status lock(struct nt_handle *h) {
  return verb(h, NT_FSCTL_LOCK_VOLUME);
}

static nt_status unlock(struct nt_handle *h) {
  return verb(h, NT_FSCTL_UNLOCK_VOLUME);
}

static void close_handle(struct nt_handle **h) {
  struct nt_error err = {0};
  if (*h) {
    nt_close(*h, &err);
    *h = NULL;
  }
}

static uint64_t last_id(void) {
  struct nt_error err = {0};
  struct nt_event event;
  uint64_t cursor = 0;
  while (nt_ok(nt_next_event(machine, &cursor, &event, &err))) {
  }
  return cursor;
}

/* Whether a listener heard exactly what the history has after `cursor`. */
static bool heard_history(const struct listener *l, uint64_t cursor) {
  struct nt_error err = {0};
  struct nt_event event;
  int count = 0;
  while (nt_ok(nt_next_event(machine, &cursor, &event, &err))) {
    if (count >= l->count || l->ids[count] != event.id) {
      return false;
    }
    count++;
  }
  return count == l->count;
}

/* ---- faults -------------------------------------------------------------- */

static int steps_left; /* until the one that fails; 0: none fails */
static bool in_commit;

static int on_statement(unsigned type, void *ctx, void *stmt, void *sql) {
  (void)type, (void)ctx, (void)stmt;
  in_commit = strcmp(sql, "COMMIT") == 0;
  return 0;
}

static int on_progress(void *ctx) {
  (void)ctx;
  return steps_left > 0 && !in_commit && --steps_left == 0;
}

static void install_faults(void) {
  sqlite3 *db = nt__sim_machine(machine)->db.sqlite;
  sqlite3_progress_handler(db, 1, on_progress, NULL);
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
}

/* Fails every step of a lock that is told to a subscriber once. */
static void test_sweep(void) {
  struct listener l = {0};
  bool agrees = true, clean = true, usable = true, announced = false;
  int n = 0;
  nt_status status = NT_STATUS_UNSUCCESSFUL;
  handle = open_name("D:");
  while (!nt_ok(status) && n++ < 100000) {
    uint64_t before = last_id();
    listen_to(&l);
    steps_left = n;
    status = lock(handle);
    steps_left = 0;
    announced = announced || (!nt_ok(status) && l.count > 0);
    agrees = agrees && heard_history(&l, before);
    clean = clean &&
            sqlite3_get_autocommit(nt__sim_machine(machine)->db.sqlite) &&
            !nt__sim_machine(machine)->db.in_transaction;
    nt_unsubscribe(l.subscription);
    usable = usable &&
             (nt_ok(status) || (nt_ok(lock(handle)) && nt_ok(unlock(handle))));
  }
  CHECK(n > 10 && nt_ok(status), "a lock fails at %d points", n - 1);
  CHECK(announced, "at some of them after it was announced");
  CHECK(agrees, "what was told is what is recorded");
  CHECK(clean, "no transaction stays open");
  CHECK(usable, "the next lock works");
  CHECK_TEXT(l.names, "LOCK ", "and at last it is told");
  close_handle(&handle);
}

/* ---- what subscribers do ------------------------------------------------- */

static void close_it(struct listener *self, const struct nt_event *event) {
  (void)self, (void)event;
  close_handle(&handle);
}

static void close_it_and_fail(struct listener *self,
                              const struct nt_event *event) {
  (void)self, (void)event;
  steps_left = handle ? 3 : 0;
  close_handle(&handle);
  steps_left = 0;
}

static void test_close_in_request(void) {
  struct listener l = {.act = close_it};
  struct nt_error err = {0};
  handle = open_name("D:");
  listen_to(&l);
  nt_status status = nt_verb(handle, NT_FSCTL_LOCK_VOLUME, &err);
  CHECK(status == NT_STATUS_FILE_CLOSED, "L17: the handle was closed");
  CHECK_TEXT(err.target, "D:", "and the refusal names it");
  CHECK_TEXT(l.names, "LOCK LOCK_FAILED ", "and it is told");
  handle = open_name("D:");
  CHECK(nt_ok(verb(handle, NT_IOCTL_VOLUME_OFFLINE)),
        "a request that is over succeeds, though its handle was closed");
  other = open_name("D:");
  CHECK(nt_ok(verb(other, NT_IOCTL_VOLUME_ONLINE)), "and others go on");
  close_handle(&other);
  nt_unsubscribe(l.subscription);
}

static void test_failing_close_in_request(void) {
  struct listener l = {.act = close_it_and_fail};
  handle = open_name("D:");
  listen_to(&l);
  CHECK(lock(handle) == NT_STATUS_FILE_CLOSED,
        "L17: the handle was closed, though the database failed");
  nt_unsubscribe(l.subscription);
  handle = open_name("D:");
  CHECK(nt_ok(lock(handle)), "and it is not in the way of the next lock");
  close_handle(&handle);
}

static struct listener first, second;

static void end_both(struct listener *self, const struct nt_event *event) {
  (void)self, (void)event;
  nt_unsubscribe(first.subscription);
  nt_unsubscribe(second.subscription);
}

static void test_end_in_request(void) {
  first.act = end_both;
  handle = open_name("D:");
  listen_to(&first);
  listen_to(&second);
  CHECK(nt_ok(lock(handle)) && nt_ok(unlock(handle)), "both ended meanwhile");
  CHECK_TEXT(first.names, "LOCK ", "the one that ended them heard one event");
  CHECK_TEXT(second.names, "", "the other one none");
  CHECK(nt__sim_machine(machine)->notify.first == NULL, "nobody is left");
  close_handle(&handle);
}

static void lock_other(struct listener *self, const struct nt_event *event) {
  (void)self, (void)event;
  if (nt_ok(lock(other))) {
    unlock(other);
  }
}

static void test_depth(void) {
  struct listener l = {.act = lock_other};
  handle = open_name("D:");
  other = open_name("PhysicalDrive1");
  listen_to(&l);
  CHECK(nt_ok(lock(handle)), "requests that answer every event come to an end");
  CHECK(l.count > 8 && l.count < 10000, "after %d events", l.count);
  nt_unsubscribe(l.subscription);
  CHECK(nt_ok(lock(other)), "and leave nothing locked");
  close_handle(&handle);
  close_handle(&other);
}

/* ---- waiting ------------------------------------------------------------- */

static void on_alarm(int number) {
  (void)number;
}

static void test_wait(void) {
  struct nt_error err = {0};
  struct itimerval soon = {.it_value = {.tv_usec = 50000}};
  struct sigaction action = {.sa_handler = on_alarm};
  uint64_t last = last_id();
  CHECK(nt_ok(nt_wait_event(machine, 0, UINT32_MAX, &err)),
        "an event that is there ends waiting");
  int64_t since = nt_steady_us();
  CHECK(nt_wait_event(machine, last, 30, &err) == NT_STATUS_NO_MORE_ENTRIES,
        "time ends waiting");
  CHECK(nt_steady_us() - since >= 30000, "when it is over");
  CHECK(
      nt_wait_event(machine, UINT64_MAX, 0, &err) == NT_STATUS_NO_MORE_ENTRIES,
      "there is no event behind the last id that there can be");
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &soon, NULL);
  CHECK(nt_wait_event(machine, last, UINT32_MAX, &err) ==
            NT_STATUS_NO_MORE_ENTRIES,
        "a signal ends waiting for ever");
}

static void test_wait_refused(const char *folder) {
  struct nt_error err = {0};
  char log[600];
  snprintf(log, sizeof log, "%s/machine.db-wal", folder);
  CHECK(unlink(log) == 0, "the log of the database is deleted");
  CHECK(nt_wait_event(machine, 0, 0, &err) == NT_STATUS_OBJECT_NAME_NOT_FOUND,
        "what cannot be watched is refused");
  CHECK(strstr(err.detail, log) != NULL, "with its name: %s", err.detail);
}

static void test_memory(void) {
  struct nt_error err = {0};
  struct listener l = {0};
  CHECK(create(":memory:"), "a machine in memory");
  CHECK(nt_wait_event(machine, 0, 0, &err) == NT_STATUS_NOT_SUPPORTED,
        "is not waited for");
  CHECK(listen_to(&l), "but subscribed to");
  handle = open_name("D:");
  CHECK(nt_ok(lock(handle)), "and tells");
  CHECK_TEXT(l.names, "LOCK ", "what happens");
  close_handle(&handle);
  nt_disconnect(machine); /* the subscription is still open */
}

int main(void) {
  char folder[] = "/tmp/ntvol-notify.XXXXXX";
  char path[64];
  struct nt_error err = {0};
  CHECK(mkdtemp(folder) != NULL, "a folder");
  snprintf(path, sizeof path, "%s/lab", folder);
  CHECK(create(path), "a machine");
  install_faults();
  test_sweep();
  test_close_in_request();
  test_failing_close_in_request();
  test_end_in_request();
  test_depth();
  test_wait();
  nt_disconnect(machine);
  CHECK(nt_ok(nt_connect(&nt_sim_ops, path, &machine, &err)), "once more");
  test_wait_refused(path);
  nt_disconnect(machine);
  nt_sim_remove(path, &err);
  rmdir(folder);
  test_memory();
  return check_done();
}
