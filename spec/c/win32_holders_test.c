/*
 * The Windows machine: who has something open, against a Windows of fakes.
 */
#include "check.h"
#include "fake_os.h"
#include "nt/nt.h"
#include "nt/win32/handle/handle.h"

#define SELF 4242U /* the process that the fakes run in */

static struct nt_machine *machine;
static struct nt_win32_os table;
static struct nt_handle *handle;
static struct nt_holder err_holders[NT_MAX_HOLDERS];
static struct nt_error err = {.holders = err_holders};

static const struct fake_volume volumes[] = {
    {.guid_path = "\\\\?\\Volume{00000001-0000-0000-0000-000000000000}\\",
     .paths = {"D:\\"},
     .device = "\\Device\\HarddiskVolume1",
     .file_system = "NTFS"},
    {.guid_path = NULL}};

static void start(const struct fake_process *users) {
  const struct nt_open_options options = {
      .name = "D:",
      .access = NT_GENERIC_READ_MAPPED,
      .share = NT_SHARE_READ | NT_SHARE_WRITE,
      .disposition = NT_OPEN,
  };
  fake_os_reset();
  fake_os.volumes = volumes;
  table = fake_os_table;
  handle = NULL;
  nt_error_clear(&err);
  nt_win32_connect(&table, &machine, &err);
  nt__win32_open(machine, &options, &handle, &err);
  CHECK(handle != NULL, "the volume opens");
  fake_os.users = users;
  fake_os.calls = 0;
}

static void look(void) {
  nt_error_clear(&err);
  nt_refuse(&err, NT_REASON_IN_USE, NULL);
  nt__win32_add_holders(nt__win32_handle(handle), &err);
}

static void finish(void) {
  struct nt_error ignored = {0};
  nt__win32_close(handle, &ignored);
  nt_disconnect(machine);
  CHECK(fake_os.opened == 0 && fake_os.wrong_closes == 0,
        "every handle is closed exactly once");
}

/* ---- counts -------------------------------------------------------------- */

static void test_none(void) {
  start(NULL);
  look();
  CHECK(err.holder_count == 0 && err.holders_known,
        "nobody has it open, and somebody looked");
  CHECK(err.holders_missing != NULL, "Windows never tells of all");
  CHECK(err.status == NT_STATUS_ACCESS_DENIED &&
            strcmp(err.reason, "in_use") == 0 && err.native == 0,
        "the refusal itself stays as it was");
  finish();
}

/* As a list: in the order of pids, without the process that asks. */
static void test_list(void) {
  static const struct fake_process users[] = {
      {812, "python.exe"}, {SELF, "lua.exe"}, {77, "indexer.exe"}, {0, NULL}};
  struct nt_holder holder;
  const char *missing = NULL;
  uint64_t cursor = 0;
  start(users);
  CHECK(nt_next_holder(handle, &cursor, &holder, &missing, &err) ==
                NT_STATUS_SUCCESS &&
            holder.pid == 77 && strcmp(holder.how, "has it open") == 0,
        "the lowest pid comes first");
  CHECK_TEXT(holder.program, "indexer.exe", "with its name");
  CHECK(nt_next_holder(handle, &cursor, &holder, &missing, &err) ==
                NT_STATUS_SUCCESS &&
            holder.pid == 812 && !holder.self,
        "then the next");
  CHECK(nt_next_holder(handle, &cursor, &holder, &missing, &err) ==
                NT_STATUS_NO_MORE_ENTRIES &&
            missing != NULL,
        "the end says what may be missing");
  finish();
}

static void test_list_refused(void) {
  struct nt_holder holder;
  const char *missing = NULL;
  uint64_t cursor = 0;
  start(NULL);
  table.processes_using = NULL;
  CHECK(nt_next_holder(handle, &cursor, &holder, &missing, &err) ==
                NT_STATUS_NO_MORE_ENTRIES &&
            strstr(missing, "Vista") != NULL,
        "a Windows that cannot tell says so");
  finish();
}

static void test_three(void) {
  static const struct fake_process users[] = {{812, "python.exe"},
                                              {SELF, "lua.exe"},
                                              {77, "S\xC3\xA4ge.exe"},
                                              {4, NULL},
                                              {0, NULL}};
  char text[1200];
  start(users);
  look();
  CHECK(err.holder_count == 3, "the process that asks is left out");
  CHECK(err.holders[0].pid == 812 && !err.holders[0].self &&
            strcmp(err.holders[0].program, "python.exe") == 0,
        "holders have pid and program");
  CHECK_TEXT(err.holders[1].program, "S\xC3\xA4ge.exe", "programs are UTF-8");
  CHECK(err.holders[2].pid == 4 && err.holders[2].program[0] == '\0',
        "a program without name is a holder all the same");
  CHECK_TEXT(err.holders[0].how, "has it open", "Windows does not say how");
  nt_error_format(&err, text, sizeof(text));
  CHECK(strstr(text, "3 holders: python.exe (pid 812, has it open)") != NULL &&
            strstr(text, "other handles of this process") != NULL,
        "the message names them, and what may be missing");
  finish();
}

static struct fake_process many[2001];

static void fill(uint32_t count, uint32_t self_at) {
  memset(many, 0, sizeof(many));
  for (uint32_t i = 0; i < count; i++) {
    many[i] = (struct fake_process){i == self_at ? SELF : 10000 + i, "p.exe"};
  }
}

static void test_many(void) {
  fill(40, 3);
  start(many);
  look();
  CHECK(err.holder_count == 39, "all are counted (%u)",
        (unsigned)err.holder_count);
  bool kept = true;
  for (uint32_t i = 0; i < NT_MAX_HOLDERS; i++) {
    kept = kept && err.holders[i].pid == 10000 + (i < 3 ? i : i + 1);
  }
  CHECK(kept, "as many as fit are kept, in Windows' order");
  CHECK(fake_log_count("process_name") == NT_MAX_HOLDERS,
        "only their names are looked up");
  finish();
  fill(2000, 5);
  start(many);
  look();
  CHECK(err.holder_count == 1999, "more than one question tells are counted");
  finish();
}

/* ---- refusals ------------------------------------------------------------ */

static nt_status next_status;
static uint32_t next_count;

static nt_status refusing(nt_win32_handle file, uint32_t *pids,
                          uint32_t capacity, uint32_t *count) {
  (void)file;
  (void)capacity;
  *count = next_count;
  pids[0] = 1;
  return next_status;
}

static void test_refusals(void) {
  static const struct {
    nt_status status;
    const char *says;
  } rows[] = {
      {NT_STATUS_ACCESS_DENIED, "denies"},
      {NT_STATUS_PRIVILEGE_NOT_HELD, "denies"},
      {0xC0000003, "does not name them"}, /* STATUS_INVALID_INFO_CLASS */
      {NT_STATUS_INVALID_PARAMETER, "does not name them"},
      {NT_STATUS_INVALID_DEVICE_REQUEST, "does not name them"},
      {NT_STATUS_NOT_SUPPORTED, "does not name them"},
      {NT_STATUS_VOLUME_DISMOUNTED, "dismounted"},
      {NT_STATUS_INSUFFICIENT_RESOURCES, "failed"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    start(NULL);
    table.processes_using = refusing;
    next_status = rows[i].status;
    next_count = 7;
    look();
    CHECK(err.holder_count == 0 && err.holders_known &&
              strstr(err.holders_missing, rows[i].says) != NULL &&
              err.status == NT_STATUS_ACCESS_DENIED,
          "0x%08X: %s", (unsigned)rows[i].status, err.holders_missing);
    finish();
  }
}

static void test_old_windows(void) {
  start(NULL);
  table.processes_using = NULL;
  look();
  CHECK(err.holder_count == 0 && err.holders_known &&
            strstr(err.holders_missing, "Vista") != NULL,
        "a Windows without the question says so");
  finish();
}

/* A format could not open the volume again. */
static void test_given_up(void) {
  start(many);
  struct win32_handle *h = nt__win32_handle(handle);
  table.close(h->file);
  h->file = NT_WIN32_NO_HANDLE;
  look();
  CHECK(err.holder_count == 0 && err.holders_known &&
            err.holders_missing != NULL &&
            fake_log_count("processes_using") == 0,
        "a handle that was given up is not asked");
  finish();
}

static void test_nobody_listens(void) {
  start(many);
  nt__win32_add_holders(nt__win32_handle(handle), NULL);
  CHECK(fake_log_count("processes_using") == 0,
        "without an error to fill nothing is asked");
  finish();
}

static void test_name_fails(void) {
  fill(1, 9);
  start(many);
  fake_os.fail_at = 2;
  look();
  CHECK(err.holder_count == 1 && err.holders[0].pid == 10000 &&
            err.holders[0].program[0] == '\0',
        "a holder whose name cannot be found keeps its pid");
  finish();
}

int main(void) {
  test_none();
  test_list();
  test_list_refused();
  test_three();
  test_many();
  test_refusals();
  test_old_windows();
  test_given_up();
  test_nobody_listens();
  test_name_fails();
  fake_os_reset();
  return check_done();
}
