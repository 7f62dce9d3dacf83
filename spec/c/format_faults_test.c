/*
 * What a format leaves behind when it is refused, fails or is cancelled, at
 * every single read, write, flush and progress call: the old file system byte
 * for byte, or no file system at all, and err->outcome says which.
 */
#include "fake_volume.h"
#include "next.h"

#define SIZE (16 * MIB)
#define MAX_CALLS 200

static struct fake_volume volume;
static unsigned char before[SIZE], after[SIZE];

/* ---- running ------------------------------------------------------------- */

struct watch {
  int calls, cancel_at; /* 1..; 0: never */
  uint64_t done, total;
  bool risen, constant; /* as they should be */
  int writes_before;    /* writes seen by the first call */
  int flushes_at_end;   /* flushes seen by the last call */
};

static bool watch_progress(void *ctx, uint64_t done, uint64_t total) {
  struct watch *w = ctx;
  w->calls++;
  if (w->calls == 1) {
    w->risen = done == 0;
    w->constant = true;
    w->writes_before = volume.writes;
  } else {
    w->risen = w->risen && done > w->done;
    w->constant = w->constant && total == w->total;
  }
  w->done = done;
  w->total = total;
  w->flushes_at_end = volume.flushes;
  return w->calls != w->cancel_at;
}

static nt_status run(const char *fs, bool full, struct watch *watch,
                     struct nt_error *err) {
  struct nt_format_result result = {0};
  struct nt_format_options options = {
      .fs = fs,
      .label = "NEW",
      .full = full,
      .erase = "d:\\",
      .progress = watch != NULL ? watch_progress : NULL,
      .progress_ctx = watch};
  memset(err, 0, sizeof(*err));
  return nt_format(&volume.handle, &options, &result, err);
}

/* ---- old volumes --------------------------------------------------------- */

static void old_fat(void) {
  struct nt_error err;
  run("fat16", false, NULL, &err);
}

static void old_ntfs(void) {
  struct nt_error err;
  run("ntfs", false, NULL, &err);
}

/* ext2's magic; its superblock does not touch the first sector. */
static void old_ext(void) {
  if (has_tool("mke2fs")) {
    succeeds("mke2fs -q -F -t ext4");
  }
}

/* md 1.0 lies near the end and leaves the start alone. */
static void old_md(void) {
  unsigned char super[256] = {0xFC, 0x4E, 0x2B, 0xA9, 1};
  put_fake_le(super + 144, SIZE / 512 - 16, 8);
  put_bytes_at(&volume, SIZE - 16 * 512, super, sizeof(super));
}

/* Two at once: one may be wiped when the other cannot be any more. */
static void old_fat_and_md(void) {
  old_fat();
  old_md();
}

static void old_zeros(void) {
}

static const struct {
  const char *name; /* as recognised */
  void (*make)(void);
} old[] = {{"FAT16", old_fat},
           {"NTFS", old_ntfs},
           {"ext4", old_ext},
           {"linux_raid_member", old_md},
           {"linux_raid_member", old_fat_and_md},
           {"RAW", old_zeros}};

#define OLD_COUNT (sizeof(old) / sizeof(old[0]))

static void snapshot(unsigned char *to) {
  if (pread(volume.fd, to, SIZE, 0) != (ssize_t)SIZE) {
    memset(to, 0xEE, SIZE);
  }
}

/* Makes the old volume once, and puts it back before every run. */
static bool make_old(size_t which) {
  make_volume(&volume, SIZE, 512, 0);
  old[which].make();
  if (strcmp(probed(&volume), old[which].name) != 0) {
    drop_volume(&volume);
    return false;
  }
  snapshot(before);
  return true;
}

/* Only what was written since can differ. */
static void put_back(void) {
  bool all = volume.log_count == MAX_RECORDS;
  for (int i = 0; !all && i < volume.log_count; i++) {
    const struct record *r = &volume.log[i];
    put_bytes_at(&volume, r->offset, before + r->offset, r->length);
  }
  if (all) {
    put_bytes_at(&volume, 0, before, SIZE);
  }
  volume.reads = volume.writes = volume.flushes = volume.log_count = 0;
  volume.read_fault = volume.write_fault = volume.flush_fault =
      (struct fault_plan){0};
}

/* ---- judging ------------------------------------------------------------- */

/* blkid's exit status 2: nothing found. */
static bool is_recognised(void) {
  static int blkid = -1; /* not looked for yet */
  if (blkid < 0) {
    blkid = has_tool("blkid");
  }
  return strcmp(probed(&volume), "RAW") != 0 ||
         (blkid != 0 && answer("blkid -p -o value -s TYPE")[0] != '\0');
}

static bool outcome_is_true(const struct nt_error *err) {
  if (err->outcome == NULL) {
    return false;
  }
  if (strcmp(err->outcome, "untouched") == 0) {
    snapshot(after);
    return memcmp(before, after, SIZE) == 0;
  }
  return strcmp(err->outcome, "unformatted") == 0 && !is_recognised();
}

static bool error_is_complete(const struct nt_error *err, nt_status wanted) {
  return err->status == wanted && strcmp(err->op, "format") == 0 &&
         strcmp(err->target, "\\\\.\\D:") == 0 && err->detail[0] != '\0';
}

/* ---- sweeps -------------------------------------------------------------- */

struct sweep {
  const char *name;
  size_t plan; /* which fault_plan of the volume */
  bool always;
  enum fault kind;
  nt_status status;
};

#define PLAN(member) offsetof(struct fake_volume, member)

static const struct sweep sweeps[] = {
    {"write refused", PLAN(write_fault), false, FAULT_REFUSE,
     NT_STATUS_IO_DEVICE_ERROR},
    {"write torn", PLAN(write_fault), false, FAULT_TORN,
     NT_STATUS_IO_DEVICE_ERROR},
    {"write short", PLAN(write_fault), false, FAULT_SHORT,
     NT_STATUS_END_OF_FILE},
    {"read refused", PLAN(read_fault), false, FAULT_REFUSE,
     NT_STATUS_DEVICE_DATA_ERROR},
    {"flush refused", PLAN(flush_fault), false, FAULT_REFUSE,
     NT_STATUS_IO_DEVICE_ERROR},
    {"writes refused from there on", PLAN(write_fault), true, FAULT_REFUSE,
     NT_STATUS_IO_DEVICE_ERROR},
    {"flushes refused from there on", PLAN(flush_fault), true, FAULT_REFUSE,
     NT_STATUS_IO_DEVICE_ERROR},
};

/* A volume that cannot be wiped any more leaves the outcome open, but only
 * while the old signatures were not all gone. */
static bool judge(const struct sweep *sweep, const struct nt_error *err,
                  const char *fs) {
  if (err->outcome == NULL && sweep->always) {
    return strcmp(probed(&volume), fs) != 0;
  }
  return outcome_is_true(err);
}

/* One fault at every call of its kind, until the format gets through. */
static int sweep_calls(const struct sweep *sweep, const char *fs,
                       const char *fs_name, bool *good) {
  struct nt_error err;
  for (int nth = 1; nth < MAX_CALLS; nth++) {
    put_back();
    struct fault_plan *plan =
        (struct fault_plan *)(void *)((char *)&volume + sweep->plan);
    *plan = (struct fault_plan){nth, sweep->always, sweep->kind};
    nt_status status = run(fs, false, NULL, &err);
    if (nt_ok(status)) {
      *good = *good && strcmp(probed(&volume), fs_name) == 0;
      return nth - 1;
    }
    if (status != sweep->status || !error_is_complete(&err, sweep->status) ||
        !judge(sweep, &err, fs_name)) {
      printf("# call %d: %s, outcome %s, found %s\n", nth, err.detail,
             err.outcome != NULL ? err.outcome : "none", probed(&volume));
      *good = false;
    }
  }
  *good = false;
  return MAX_CALLS;
}

static void test_sweeps(void) {
  static const char *const kinds[][2] = {
      {"ntfs", "NTFS"}, {"fat", "FAT16"}, {"exfat", "exFAT"}};
  for (size_t i = 0; i < OLD_COUNT; i++) {
    if (!make_old(i)) {
      SKIP("mke2fs is not installed", "sweeps over %s", old[i].name);
      continue;
    }
    for (size_t k = 0; k < 3; k++) {
      for (size_t s = 0; s < sizeof(sweeps) / sizeof(sweeps[0]); s++) {
        bool good = true;
        int calls = sweep_calls(&sweeps[s], kinds[k][0], kinds[k][1], &good);
        CHECK(good && calls > 1, "%s over %s, %s: %d calls", kinds[k][0],
              old[i].name, sweeps[s].name, calls);
      }
    }
    drop_volume(&volume);
  }
}

static void test_cancel(bool full) {
  for (size_t i = 0; i < OLD_COUNT; i++) {
    bool good = true;
    int nth = 1;
    nt_status status = NT_STATUS_CANCELLED;
    if (!make_old(i)) {
      SKIP("mke2fs is not installed", "cancel over %s", old[i].name);
      continue;
    }
    for (; status == NT_STATUS_CANCELLED && nth < MAX_CALLS; nth++) {
      struct watch watch = {.cancel_at = nth};
      struct nt_error err;
      put_back();
      status = run("ntfs", full, &watch, &err);
      if (nt_ok(status)) {
        good = good && watch.calls == nth;
        break;
      }
      bool first = strcmp(err.outcome, "untouched") == 0;
      good = good && error_is_complete(&err, NT_STATUS_CANCELLED) &&
             outcome_is_true(&err) && (nth > 1 || first) &&
             watch.calls == nth && nt_error_class(&err) == NT_CLASS_CANCELLED;
    }
    CHECK(good && nt_ok(status) && nth > 5,
          "cancel at each of %d progress calls over %s%s", nth, old[i].name,
          full ? ", full" : "");
    drop_volume(&volume);
  }
}

static void test_progress(bool full) {
  struct watch watch = {0};
  struct nt_error err;
  make_old(0);
  put_back();
  nt_status status = run("ntfs", full, &watch, &err);
  const char *how = full ? "full" : "quick";
  CHECK(nt_ok(status) && watch.risen, "progress rises from 0 (%s)", how);
  CHECK(watch.constant && watch.done == watch.total,
        "progress ends at a total that stays (%s)", how);
  CHECK(watch.writes_before == 0, "progress starts before the first write (%s)",
        how);
  CHECK(watch.flushes_at_end == volume.flushes && volume.flushes == 4,
        "progress ends after the last flush (%s)", how);
  CHECK(!full || watch.total == SIZE + 5 * MIB, "progress counts bytes (%s)",
        how);
  drop_volume(&volume);
}

/* ---- refusals ------------------------------------------------------------ */

struct refusal {
  const char *name, *reason;
  nt_status status;
  enum nt_handle_kind kind;
  bool locked;
  uint32_t flags;
  const char *erase;
};

static const struct refusal refusals[] = {
    {"a disk handle", "not_a_volume", NT_STATUS_INVALID_PARAMETER, NT_KIND_DISK,
     true, 0, "D:"},
    {"a file handle", "not_a_volume", NT_STATUS_INVALID_PARAMETER, NT_KIND_FILE,
     true, 0, "D:"},
    {"no lock", "not_locked", NT_STATUS_NOT_LOCKED, NT_KIND_VOLUME, false, 0,
     "D:"},
    {"no erase", "erase_token", NT_STATUS_INVALID_PARAMETER, NT_KIND_VOLUME,
     true, 0, NULL},
    {"an empty erase", "erase_token", NT_STATUS_INVALID_PARAMETER,
     NT_KIND_VOLUME, true, 0, ""},
    {"another volume", "erase_token", NT_STATUS_INVALID_PARAMETER,
     NT_KIND_VOLUME, true, 0, "E:"},
    {"a file on it", "erase_token", NT_STATUS_INVALID_PARAMETER, NT_KIND_VOLUME,
     true, 0, "D:\\file"},
    {"another folder", "erase_token", NT_STATUS_INVALID_PARAMETER,
     NT_KIND_VOLUME, true, 0, "C:\\mnt"},
    {"the system volume", "system_volume", NT_STATUS_ACCESS_DENIED,
     NT_KIND_VOLUME, true, NT_VOLUME_SYSTEM, "D:"},
    {"the boot volume", "system_volume", NT_STATUS_ACCESS_DENIED,
     NT_KIND_VOLUME, true, NT_VOLUME_BOOT, "D:"},
    {"a page file volume", "page_file", NT_STATUS_ACCESS_DENIED, NT_KIND_VOLUME,
     true, NT_VOLUME_PAGEFILE, "D:"},
    {"a read-only volume", "readonly", NT_STATUS_MEDIA_WRITE_PROTECTED,
     NT_KIND_VOLUME, true, NT_VOLUME_READONLY, "D:"},
};

static nt_status erase_by(const char *token, struct nt_error *err) {
  struct nt_format_result result = {0};
  struct nt_format_options options = {.fs = "fat16", .erase = token};
  memset(err, 0, sizeof(*err));
  return nt_format(&volume.handle, &options, &result, err);
}

static void test_refusals(void) {
  struct nt_error err;
  make_volume(&volume, SIZE, 512, 0);
  for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
    const struct refusal *r = &refusals[i];
    volume.handle.kind = r->kind;
    volume.handle.locked = r->locked;
    volume.flags = r->flags;
    nt_status status = erase_by(r->erase, &err);
    CHECK(status == r->status && error_is_complete(&err, r->status),
          "%s is refused", r->name);
    CHECK_TEXT(err.reason != NULL ? err.reason : "", r->reason, "%s: reason",
               r->name);
    CHECK_TEXT(err.outcome != NULL ? err.outcome : "", "untouched",
               "%s: outcome", r->name);
  }
  CHECK(volume.writes == 0, "nothing was written");
  drop_volume(&volume);
}

static void test_erase_names(void) {
  static const char *const names[] = {
      "D:",
      "d:",
      "D:\\",
      "\\\\.\\D:",
      "\\\\?\\Volume{01234567-89AB-cdef-0123-456789abcdef}",
      "\\\\?\\Volume{01234567-89ab-cdef-0123-456789abcdef}\\",
      "C:\\mnt\\data",
      "c:\\MNT\\data\\"};
  struct nt_error err;
  make_volume(&volume, SIZE, 512, 0);
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    CHECK(nt_ok(erase_by(names[i], &err)), "erase = %s names the volume",
          names[i]);
  }
  drop_volume(&volume);
}

/* The step, the place and the amount are in the message. */
static void test_words(void) {
  struct nt_error err;
  make_old(0);
  put_back();
  volume.write_fault = (struct fault_plan){1, false, FAULT_SHORT};
  run("ntfs", false, NULL, &err);
  CHECK_TEXT(err.detail,
             "wipe old signatures at offset 0: wrote 256 of 512 bytes",
             "a short write says what was written");
  put_back();
  run("fat16", false, NULL, &err);
  int writes = volume.writes;
  put_back();
  volume.write_fault = (struct fault_plan){writes, false, FAULT_REFUSE};
  run("fat16", false, NULL, &err);
  CHECK_TEXT(err.detail,
             "write the boot sector at offset 0: 512 bytes at offset 0",
             "the last write is that of the boot sector");
  CHECK(strstr(next_of(&err), "format it again") != NULL,
        "the hint says what next");
  drop_volume(&volume);
}

int main(void) {
  make_work();
  test_refusals();
  test_erase_names();
  test_progress(false);
  test_progress(true);
  test_words();
  test_cancel(false);
  test_cancel(true);
  test_sweeps();
  return check_done();
}
