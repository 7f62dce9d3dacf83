/*
 * Every call of Windows fails once: call number 1, 2, ... of each operation,
 * until it needs no more. Whatever fails, every handle is closed exactly once,
 * a failure is told with a status and what to do next, and a success is one.
 */
#include "next.h"
#include "win32_lab.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NO_LIMIT 0U
#define LIMIT 100U

static unsigned char content[8192];
static unsigned char bytes[8192];

/* ---- operations ---------------------------------------------------------- */

/* Opens with the call of number fail_at failing; does `use` with it. */
struct operation {
  const char *title, *name;
  uint32_t access, timeout;
  nt_status (*use)(struct nt_handle *h, struct nt_error *err);
  const struct fake_answer *answers;
  const struct fake_open *opens;
  bool never_ends, refused; /* the operation fails without a fault, too */
  bool spare_open;          /* faults begin after the open */
};

static nt_status use_lock(struct nt_handle *h, struct nt_error *err) {
  return nt_verb(h, NT_FSCTL_LOCK_VOLUME, err);
}

static nt_status use_offline(struct nt_handle *h, struct nt_error *err) {
  return nt_verb(h, NT_IOCTL_VOLUME_OFFLINE, err);
}

static nt_status use_length(struct nt_handle *h, struct nt_error *err) {
  uint64_t length;
  return nt_length(h, &length, err);
}

static nt_status use_size(struct nt_handle *h, struct nt_error *err) {
  uint64_t size;
  return nt_size(h, &size, err);
}

static nt_status use_read(struct nt_handle *h, struct nt_error *err) {
  size_t done = 0;
  nt_status status = nt_read(h, 0, bytes, sizeof(bytes), &done, err);
  CHECK(!nt_ok(status) || (done == sizeof(bytes) &&
                           memcmp(bytes, content, sizeof(bytes)) == 0),
        "what a read says it read is there");
  return status;
}

static nt_status use_read_across(struct nt_handle *h, struct nt_error *err) {
  size_t done = 0;
  nt_status status = nt_read(h, 4096, bytes, sizeof(bytes), &done, err);
  CHECK(!nt_ok(status) || done == 4096, "a read across the end is short");
  return status;
}

static nt_status use_write(struct nt_handle *h, struct nt_error *err) {
  size_t done = 0;
  nt_status status = nt_write(h, 512, bytes, 512, &done, err);
  CHECK(
      !nt_ok(status) || (done == 512 && memcmp(bytes, content + 512, 512) == 0),
      "what a write says it wrote is there");
  return status;
}

static nt_status use_ask(struct nt_handle *h, struct nt_error *err) {
  unsigned char out[8];
  size_t length;
  nt_status status = nt__win32_ask(
      nt__win32_machine(h->machine), fake_wide("\\\\.\\D:"),
      NT_IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, out, sizeof(out), &length);
  if (!nt_ok(status)) {
    nt_fail(err, status, NULL);
    nt_hint(err, "a question has no error of its own");
  }
  return status;
}

static nt_status use_reopen(struct nt_handle *h, struct nt_error *err) {
  struct win32_handle *w = nt__win32_handle(h);
  w->os->close(w->file);
  w->file = NT_WIN32_NO_HANDLE;
  return nt__win32_reopen(w, err);
}

static const unsigned char sectors[24] = {[21] = 2};
static const unsigned char length_8192[8] = {[1] = 0x20};

static const struct fake_answer answers[] = {
    {.code = NT_IOCTL_DISK_GET_DRIVE_GEOMETRY, .data = sectors, .length = 24},
    {.code = NT_FSCTL_LOCK_VOLUME, .status = NT_STATUS_PENDING},
    {.code = NT_IOCTL_VOLUME_OFFLINE, .status = NT_STATUS_PENDING},
    {.code = NT_IOCTL_DISK_GET_LENGTH_INFO,
     .status = NT_STATUS_PENDING,
     .data = length_8192,
     .length = 8},
    {0}};
static const struct fake_answer refusals[] = {
    {.code = NT_FSCTL_LOCK_VOLUME,
     .status = NT_STATUS_PENDING,
     .later = NT_STATUS_ACCESS_DENIED},
    {.code = NT_IOCTL_VOLUME_OFFLINE, .status = NT_STATUS_DEVICE_NOT_READY},
    {0}};
static const struct fake_answer disk_end[] = {
    {.code = FAKE_READ, .status = NT_STATUS_INVALID_PARAMETER, .times = 1},
    {.code = NT_IOCTL_DISK_GET_LENGTH_INFO, .data = length_8192, .length = 8},
    {0}};
static const struct fake_open in_use[] = {
    {.name = "D:", .error = 32, .times = 1}, {0}};
static const struct fake_open denied[] = {
    {.name = "D:", .error = 5, .times = 2}, {0}};
static const struct fake_open folder[] = {{.name = "dir", .directory = true},
                                          {0}};

static const struct operation operations[] = {
    {.title = "open a volume", .name = "D:", .access = LAB_RW},
    {.title = "open with a limit",
     .name = "D:",
     .access = LAB_RW,
     .timeout = LIMIT,
     .answers = answers},
    {.title = "open a device", .name = "D:"},
    {.title = "open a disk", .name = "PhysicalDrive0", .access = LAB_RW},
    {.title = "open by device", .name = "\\Device\\HarddiskVolume3"},
    {.title = "open a mount folder", .name = "C:\\mnt\\data", .access = LAB_RW},
    {.title = "open a file", .name = "D:\\a.txt", .access = LAB_RW},
    {.title = "open a directory", .name = "D:\\dir", .opens = folder},
    {.title = "open what is in use",
     .name = "D:",
     .access = LAB_RW,
     .opens = in_use,
     .refused = true},
    {.title = "open what is locked",
     .name = "D:",
     .access = LAB_RW,
     .opens = denied,
     .refused = true},
    {.title = "lock",
     .name = "D:",
     .access = LAB_RW,
     .use = use_lock,
     .answers = answers},
    {.title = "lock with a limit",
     .name = "D:",
     .access = LAB_RW,
     .timeout = LIMIT,
     .use = use_lock,
     .answers = answers},
    {.title = "lock for too long",
     .name = "D:",
     .access = LAB_RW,
     .timeout = LIMIT,
     .use = use_lock,
     .answers = answers,
     .never_ends = true,
     .refused = true},
    {.title = "lock what is in use",
     .name = "D:",
     .access = LAB_RW,
     .use = use_lock,
     .answers = refusals,
     .refused = true,
     .spare_open = true},
    {.title = "offline",
     .name = "D:",
     .access = LAB_RW,
     .use = use_offline,
     .answers = answers},
    {.title = "offline, refused",
     .name = "D:",
     .access = LAB_RW,
     .use = use_offline,
     .answers = refusals,
     .refused = true},
    {.title = "length",
     .name = "D:",
     .access = LAB_RW,
     .timeout = LIMIT,
     .use = use_length,
     .answers = answers},
    {.title = "read", .name = "D:", .access = LAB_RW, .use = use_read},
    {.title = "read with a limit",
     .name = "D:",
     .access = LAB_RW,
     .timeout = LIMIT,
     .use = use_read},
    {.title = "read across the end of a disk",
     .name = "PhysicalDrive0",
     .access = LAB_RW,
     .use = use_read_across,
     .answers = disk_end},
    {.title = "write", .name = "D:", .access = LAB_RW, .use = use_write},
    {.title = "write with a limit",
     .name = "D:",
     .access = LAB_RW,
     .timeout = LIMIT,
     .use = use_write},
    {.title = "flush", .name = "D:", .access = LAB_RW, .use = nt_flush},
    {.title = "size", .name = "D:\\a.txt", .use = use_size},
    {.title = "ask",
     .name = "D:",
     .access = LAB_RW,
     .use = use_ask,
     .answers = answers},
    {.title = "reopen", .name = "D:", .access = LAB_RW, .use = use_reopen},
};

/* ---- the sweep ----------------------------------------------------------- */

static void start(const struct operation *op, struct fake_answer *rows,
                  struct fake_open *opens) {
  static const struct fake_process users[] = {{77, "holder.exe"}, {0}};
  lab_start();
  for (size_t i = 0; i < sizeof(content); i++) {
    content[i] = (unsigned char)(i * 13);
    bytes[i] = (unsigned char)(i * 5 + 1);
  }
  fake_os.content = content;
  fake_os.content_length = sizeof(content);
  fake_os.pends = true;
  fake_os.users = users;
  fake_os.never_ends = op->never_ends;
  if (op->answers != NULL) {
    for (size_t i = 0; i == 0 || op->answers[i - 1].code != 0; i++) {
      rows[i] = op->answers[i];
    }
    fake_os.answers = rows;
  }
  if (op->opens != NULL) {
    for (size_t i = 0; i == 0 || op->opens[i - 1].name != NULL; i++) {
      opens[i] = op->opens[i];
    }
    fake_os.opens = opens;
  }
}

static void check_error(const struct operation *op, nt_status status,
                        const struct nt_error *err, int fail_at) {
  CHECK(err->status == status && next_of(err)[0] != '\0' && err->op[0] != '\0',
        "%s, call %d: the failure is told, and what to do next", op->title,
        fail_at);
}

/* Runs the operation with one call failing; true while there was such a
 * call. */
static bool run(const struct operation *op, int fail_at, uint32_t error,
                nt_status failure) {
  struct fake_answer rows[8];
  struct fake_open opens[4];
  start(op, rows, opens);
  fake_os.fail_at = op->spare_open ? 0 : fail_at;
  fake_os.fail_error = error;
  fake_os.fail_status = failure;
  struct nt_handle *h = lab_open(op->name, op->access);
  nt_status status = h == NULL ? lab_err.status : NT_STATUS_SUCCESS;
  struct nt_error err = {0};
  if (h == NULL) {
    check_error(op, status, &lab_err, fail_at);
  } else if (op->timeout != 0) {
    nt__win32_handle(h)->timeout = op->timeout;
  }
  if (op->spare_open) {
    fake_os.calls = 0;
    fake_os.fail_at = fail_at;
  }
  if (h != NULL && op->use != NULL) {
    status = op->use(h, &err);
    nt_error_name(&err, op->title, op->name);
    if (!nt_ok(status)) {
      check_error(op, status, &err, fail_at);
    }
  }
  bool reached = fake_os.calls >= fail_at;
  CHECK(reached || nt_ok(status) == !op->refused, "%s: %s", op->title,
        op->refused ? "it is refused" : "it succeeds");
  if (h != NULL) {
    nt_close(h, &err); /* may be the call that fails */
  }
  reached = fake_os.calls >= fail_at;
  fake_os.fail_at = 0;
  nt_disconnect(lab);
  CHECK(fake_os.opened == 0 && fake_os.wrong_closes == 0,
        "%s, call %d: every handle is closed once", op->title, fail_at);
  return reached;
}

static void sweep(const struct operation *op, uint32_t error,
                  nt_status failure) {
  int fail_at = 1;
  while (fail_at < 200 && run(op, fail_at, error, failure)) {
    fail_at++;
  }
  CHECK(fail_at > 1 && fail_at < 200, "%s: %d calls failed in turn", op->title,
        fail_at - 1);
}

/* A request that never ends, and then a call that fails. */
static void test_left_behind(void) {
  for (int fail_at = 1; fail_at < 20; fail_at++) {
    struct fake_answer rows[] = {
        {.code = NT_FSCTL_LOCK_VOLUME, .status = NT_STATUS_PENDING}, {0}};
    lab_start();
    fake_os.answers = rows;
    struct nt_handle *h = lab_open("D:", LAB_RW);
    struct nt_error err = {0};
    nt__win32_handle(h)->timeout = LIMIT;
    fake_os.never_ends = true;
    fake_os.ignores_cancel = true;
    fake_os.calls = 0;
    fake_os.fail_at = fail_at;
    CHECK(!nt_ok(nt_verb(h, NT_FSCTL_LOCK_VOLUME, &err)) &&
              next_of(&err)[0] != '\0',
          "a lock that never ends is refused, call %d", fail_at);
    nt_close(h, &err);
    nt_disconnect(lab);
    CHECK(fake_os.opened == 0 && fake_os.wrong_closes == 0,
          "its handles are closed once");
    fake_end_pending(); /* writes to memory: it must be there */
  }
}

int main(void) {
  for (size_t i = 0; i < COUNT(operations); i++) {
    sweep(&operations[i], 0, 0);
    sweep(&operations[i], 5, NT_STATUS_ACCESS_DENIED);
    sweep(&operations[i], 21, NT_STATUS_DEVICE_NOT_READY);
  }
  test_left_behind();
  fake_os_reset();
  return check_done();
}
