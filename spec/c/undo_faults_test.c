/*
 * A format with a journal whose volume fails at every read, write and flush:
 * once, and from there on. The volume is what it was before, byte for byte, at
 * once or after it was taken back; or the new file system is there.
 */
#include "../../src/nt/journal/internal.h"
#include "../../src/nt/restore.h"
#include "fake_volume.h"
#include "next.h"

#define LENGTH (6 * MIB)

static struct fake_volume volume;
static struct nt_journal *journal;
static struct nt_keeper keeper;
static unsigned char *old_bytes;

static void open_journal(void) {
  char folder[300];
  struct nt_error err = {0};
  snprintf(folder, sizeof(folder), "%s/state", work);
  CHECK(nt_ok(nt_journal_open(folder, &journal, &err)), "the journal opens");
  keeper = (struct nt_keeper){&nt_journal_ops, journal};
}

/* Something else on every page. */
static bool make_old_bytes(void) {
  old_bytes = malloc(LENGTH);
  for (size_t i = 0; old_bytes != NULL && i < LENGTH; i++) {
    old_bytes[i] = (unsigned char)((i * 7 + i / 512 * 31) >> (i / 4096 % 3));
  }
  return old_bytes != NULL;
}

static void fill(void) {
  make_volume(&volume, LENGTH, 512, 0);
  put_bytes_at(&volume, 0, old_bytes, LENGTH);
}

static bool as_before(void) {
  static unsigned char page[65536];
  for (uint64_t at = 0; at < LENGTH; at += sizeof(page)) {
    if (pread(volume.fd, page, sizeof(page), (off_t)at) != sizeof(page) ||
        memcmp(page, old_bytes + at, sizeof(page)) != 0) {
      return false;
    }
  }
  return true;
}

static nt_status format(struct nt_format_result *result, struct nt_error *err) {
  struct nt_format_options options = {
      .fs = "fat", .erase = "D:", .keeper = &keeper};
  memset(result, 0, sizeof(*result));
  memset(err, 0, sizeof(*err));
  return nt_format(&volume.handle, &options, result, err);
}

static const char *state_of(int64_t id) {
  static struct nt_operation operation;
  struct nt_error err = {0};
  return nt_ok(nt_journal_find(journal, id, &operation, &err)) ? operation.state
                                                               : "unknown";
}

static bool take_back(int64_t id) {
  struct nt_error err = {0};
  struct nt_restored restored;
  nt_status status =
      nt_take_back(&volume.handle, &keeper, id, false, &restored, &err);
  if (!nt_ok(status)) {
    char text[1500];
    nt_error_format(&err, text, sizeof(text));
    printf("# %s\n", text);
  }
  return nt_ok(status);
}

/* One format with this fault. Answers false when it came to its end without
 * meeting it. */
static bool try_fault(struct fault_plan *where, struct fault_plan plan,
                      const char *what) {
  struct nt_format_result result;
  struct nt_error err;
  fill();
  *where = plan;
  nt_status status = format(&result, &err);
  memset(where, 0, sizeof(*where));
  if (nt_ok(status)) {
    CHECK(strcmp(state_of(result.operation), "committed") == 0,
          "%s %d: met nothing, committed", what, plan.nth);
    CHECK(take_back(result.operation) && as_before(),
          "%s %d: undone, byte for byte", what, plan.nth);
    drop_volume(&volume);
    return false;
  }
  if (err.outcome != NULL && strcmp(err.outcome, "untouched") == 0) {
    CHECK(as_before(), "%s %d: untouched, byte for byte", what, plan.nth);
    CHECK(result.operation == 0 ||
              strcmp(state_of(result.operation), "failed") == 0,
          "%s %d: and failed in the journal", what, plan.nth);
  } else {
    CHECK(strcmp(state_of(result.operation), "interrupted") == 0,
          "%s %d: interrupted in the journal", what, plan.nth);
    CHECK(strstr(next_of(&err), "ntvol recover") != NULL, "%s %d: %s", what,
          plan.nth, next_of(&err));
    CHECK(take_back(result.operation) && as_before(),
          "%s %d: recovered, byte for byte", what, plan.nth);
    CHECK(strcmp(state_of(result.operation), "recovered") == 0,
          "%s %d: and in the journal", what, plan.nth);
  }
  drop_volume(&volume);
  return true;
}

/* A check that failed ends it: what cannot be undone never comes to an end. */
static void test_all(struct fault_plan *where, enum fault kind, bool always,
                     const char *what) {
  int nth = 1;
  while (try_fault(where, (struct fault_plan){nth, always, kind}, what) &&
         check_failures == 0) {
    nth++;
  }
  CHECK(nth > 2, "%s: %d places", what, nth - 1);
}

/* The same while an undo runs: it is interrupted then, and goes on later. */
static bool try_undo_fault(struct fault_plan *where, struct fault_plan plan,
                           const char *what) {
  struct nt_format_result result;
  struct nt_error err;
  struct nt_restored restored;
  fill();
  CHECK(nt_ok(format(&result, &err)), "%s %d: formatted", what, plan.nth);
  volume.reads = volume.writes = volume.flushes = 0;
  *where = plan;
  memset(&err, 0, sizeof(err));
  nt_status status = nt_take_back(&volume.handle, &keeper, result.operation,
                                  false, &restored, &err);
  memset(where, 0, sizeof(*where));
  if (!nt_ok(status)) {
    CHECK(take_back(result.operation), "%s %d: taken back later", what,
          plan.nth);
  }
  CHECK(as_before(), "%s %d: byte for byte", what, plan.nth);
  drop_volume(&volume);
  return !nt_ok(status);
}

static void test_undo(struct fault_plan *where, enum fault kind,
                      const char *what) {
  int nth = 1;
  while (try_undo_fault(where, (struct fault_plan){nth, false, kind}, what) &&
         check_failures == 0) {
    nth++;
  }
  CHECK(nth > 2, "%s: %d places", what, nth - 1);
}

/* A disk that says it wrote, and did not, is found out. Answers whether the
 * undo was refused for it. */
static bool lost_write_is_seen(int nth, bool *met) {
  struct nt_format_result result;
  struct nt_restored restored;
  struct nt_error err;
  fill();
  CHECK(nt_ok(format(&result, &err)), "lost write %d: formatted", nth);
  volume.writes = 0;
  volume.write_fault = (struct fault_plan){nth, false, FAULT_LOST};
  memset(&err, 0, sizeof(err));
  nt_status status = nt_take_back(&volume.handle, &keeper, result.operation,
                                  false, &restored, &err);
  memset(&volume.write_fault, 0, sizeof(volume.write_fault));
  *met = volume.writes >= nth;
  if (!nt_ok(status)) {
    CHECK(err.reason != NULL && strcmp(err.reason, "verify") == 0 &&
              strstr(err.detail, "bytes of the volume at offset") != NULL &&
              err.outcome != NULL &&
              strcmp(err.outcome, "partly restored") == 0 &&
              strstr(next_of(&err), "ntvol recover") != NULL,
          "lost write %d: %s; %s", nth, err.detail, next_of(&err));
    CHECK(strcmp(state_of(result.operation), "interrupted") == 0,
          "lost write %d: interrupted in the journal", nth);
    CHECK(take_back(result.operation), "lost write %d: taken back later", nth);
  }
  CHECK(as_before(), "lost write %d: byte for byte", nth);
  drop_volume(&volume);
  return !nt_ok(status);
}

static void test_lost_writes(void) {
  int seen = 0;
  bool met = true;
  for (int nth = 1; met; nth++) {
    seen += lost_write_is_seen(nth, &met);
  }
  CHECK(seen > 1, "lost writes: %d were found out", seen);
}

/* ---- the journal fails --------------------------------------------------- */

static int steps_left;

/* SQLite asks before every step of its own machine; this stops one. */
static int stop_at(void *ctx) {
  (void)ctx;
  return --steps_left == 0;
}

static bool is_new(void) {
  return strcmp(probed(&volume), "FAT12") == 0;
}

/* The process ends, and another one looks. */
static void reopen_journal(void) {
  nt_journal_close(journal);
  open_journal();
}

/* One format whose journal fails at a step. Nothing is written before all is
 * saved; and what is written can be taken back. */
static bool try_journal_fault(int step) {
  struct nt_format_result result;
  struct nt_error err;
  fill();
  steps_left = step;
  sqlite3_progress_handler(journal->db.sqlite, 1, stop_at, NULL);
  nt_status status = format(&result, &err);
  bool met = steps_left <= 0;
  sqlite3_progress_handler(journal->db.sqlite, 0, NULL, NULL);
  reopen_journal();
  if (nt_ok(status)) {
    /* only what forgets old entries may fail unnoticed */
    CHECK(is_new() && strcmp(state_of(result.operation), "committed") == 0,
          "journal step %d: committed", step);
  } else if (err.outcome != NULL && strcmp(err.outcome, "formatted") == 0) {
    CHECK(is_new() && strcmp(state_of(result.operation), "interrupted") == 0,
          "journal step %d: formatted, and interrupted in the journal", step);
  } else {
    CHECK(err.outcome != NULL && strcmp(err.outcome, "untouched") == 0 &&
              volume.writes == 0 && as_before(),
          "journal step %d: untouched", step);
    CHECK(strcmp(err.reason, "journal") == 0 && next_of(&err)[0] != '\0',
          "journal step %d: %s", step, next_of(&err));
  }
  if (volume.writes > 0) {
    CHECK(take_back(result.operation) && as_before(),
          "journal step %d: taken back", step);
  }
  drop_volume(&volume);
  return met;
}

/* The first steps one by one, then fewer of them. */
static void test_journal_faults(void) {
  int step = 1, count = 0;
  while (try_journal_fault(step)) {
    step += 1 + step / 24;
    count++;
  }
  CHECK(count > 50, "journal: %d steps failed", count);
}

/* The same for writing back. */
static bool try_undo_journal_fault(int step) {
  struct nt_format_result result;
  struct nt_error err;
  struct nt_restored restored;
  fill();
  CHECK(nt_ok(format(&result, &err)), "formatted");
  memset(&err, 0, sizeof(err));
  steps_left = step;
  sqlite3_progress_handler(journal->db.sqlite, 1, stop_at, NULL);
  nt_status status = nt_take_back(&volume.handle, &keeper, result.operation,
                                  false, &restored, &err);
  bool met = steps_left <= 0;
  sqlite3_progress_handler(journal->db.sqlite, 0, NULL, NULL);
  reopen_journal();
  if (!nt_ok(status)) {
    CHECK(take_back(result.operation), "undo, journal step %d: again", step);
  }
  CHECK(as_before(), "undo, journal step %d: byte for byte", step);
  drop_volume(&volume);
  return met;
}

static void test_undo_journal_faults(void) {
  int step = 1;
  while (try_undo_journal_fault(step)) {
    step += 1 + step / 12;
  }
}

/* What the volume itself says of a boot sector that could not be written. */
static void test_order(void) {
  struct nt_format_result result;
  struct nt_error err;
  fill();
  CHECK(nt_ok(format(&result, &err)) && volume.writes > 2, "formatted");
  volume.log_count = 0;
  CHECK(take_back(result.operation), "undone");
  int last = volume.log_count - 1;
  CHECK(volume.log[0].kind == 'w' && volume.log[0].offset == 0 &&
            volume.log[0].length == 512 && volume.log[1].kind == 'f',
        "an undo wipes the boot sector first, and makes that durable");
  CHECK(volume.log[last].kind == 'f' && volume.log[last - 1].kind == 'w' &&
            volume.log[last - 1].offset == 0 &&
            volume.log[last - 1].length == 512 &&
            volume.log[last - 2].kind == 'f',
        "and writes it last, when all else is durable");
  drop_volume(&volume);
}

static void check_other(int64_t id, const char *what, const char *detail) {
  struct nt_error err = {0};
  struct nt_restored restored;
  int writes = volume.writes;
  nt_status status =
      nt_take_back(&volume.handle, &keeper, id, false, &restored, &err);
  CHECK(status == NT_STATUS_WRONG_VOLUME && volume.writes == writes &&
            strstr(err.detail, detail) != NULL,
        "a volume %s is another one: %s", what, err.detail);
}

static void test_identity(void) {
  struct nt_format_result result;
  struct nt_error err;
  fill();
  CHECK(nt_ok(format(&result, &err)), "formatted");
  volume.length -= 512;
  check_other(result.operation, "of another size", "its size is");
  volume.length += 512;
  volume.start += 512;
  check_other(result.operation, "in another place", "lies elsewhere");
  volume.start -= 512;
  CHECK(take_back(result.operation) && as_before(),
        "it is undone where it was");
  drop_volume(&volume);
}

int main(void) {
  make_work();
  if (!make_old_bytes()) {
    return 1;
  }
  open_journal();
  if (!has_tool("mkfs.fat")) {
    SKIP("not installed", "mkfs.fat");
    return check_done();
  }
  test_order();
  test_identity();
  test_all(&volume.write_fault, FAULT_REFUSE, false, "refused write");
  test_all(&volume.write_fault, FAULT_TORN, false, "torn write");
  test_all(&volume.write_fault, FAULT_REFUSE, true, "refused writes");
  test_all(&volume.write_fault, FAULT_SHORT, true, "short writes");
  test_all(&volume.flush_fault, FAULT_REFUSE, false, "refused flush");
  test_all(&volume.flush_fault, FAULT_REFUSE, true, "refused flushes");
  test_all(&volume.read_fault, FAULT_REFUSE, false, "refused read");
  test_all(&volume.read_fault, FAULT_SHORT, true, "short reads");
  test_undo(&volume.write_fault, FAULT_REFUSE, "undo, refused write");
  test_undo(&volume.write_fault, FAULT_TORN, "undo, torn write");
  test_undo(&volume.flush_fault, FAULT_REFUSE, "undo, refused flush");
  test_undo(&volume.read_fault, FAULT_REFUSE, "undo, refused read");
  test_lost_writes();
  test_journal_faults();
  test_undo_journal_faults();
  nt_journal_close(journal);
  free(old_bytes);
  return check_done();
}
