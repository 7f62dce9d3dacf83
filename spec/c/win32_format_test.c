/*
 * Formatting by Windows' own formatter, played by fakes: the order of calls,
 * what the callback is told, and what is true after each failure.
 */
#include <stdlib.h>

#include "check.h"
#include "fake_os.h"
#include "next.h"
#include "nt/format.h"
#include "nt/win32/handle/handle.h"

#define GUID_C "\\\\?\\Volume{00000000-2222-3333-4444-555555555555}"
#define GUID_D "\\\\?\\Volume{11111111-2222-3333-4444-555555555555}"
#define MIB (1024U * 1024U)

/* ---- the world ----------------------------------------------------------- */

static const uint32_t percents[] = {0, 10, 50, 40, 100};
static const unsigned char yes = 1, no = 0;

#define TELL(percent) \
  { 0x00, 0, &percents[percent] }
#define END \
  { FAKE_FORMAT_END, 0, NULL }

static const struct fake_format_call good[] = {
    TELL(0),         TELL(1),         TELL(2),         TELL(3), TELL(4),
    {0x0F, 0, NULL}, {0x01, 0, NULL}, {0x0B, 0, &yes}, END};

static struct fake_volume volumes[3];
static unsigned char length_info[8], geometry[24];
static struct fake_answer answers[16];
static struct fake_open opens[4];
static struct nt_win32_os table;

/* What a kernel knows: who holds the lock, and what was open when the
 * formatter ran. */
static struct {
  nt_win32_handle locker;
  int open_at_format;
  bool formatted; /* the formatter said so */
} truth;

static nt_status true_control(const struct nt_win32_request *request) {
  nt_status status = fake_os_table.control(request);
  if (nt_ok(status) && request->code == NT_FSCTL_LOCK_VOLUME) {
    truth.locker = request->file;
  } else if (nt_ok(status) && request->code == NT_FSCTL_UNLOCK_VOLUME) {
    truth.locker = NULL;
  }
  return status;
}

static nt_status true_close(nt_win32_handle handle) {
  if (handle == truth.locker) {
    truth.locker = NULL;
  }
  return fake_os_table.close(handle);
}

static uint32_t true_format(const nt_wchar *root, uint32_t media,
                            const nt_wchar *file_system, const nt_wchar *label,
                            bool quick, uint32_t cluster_size,
                            nt_win32_format_fn callback, void *ctx) {
  truth.open_at_format = fake_os.opened;
  uint32_t error = fake_os_table.format(root, media, file_system, label, quick,
                                        cluster_size, callback, ctx);
  truth.formatted = error == 0;
  return error;
}

static struct fake_answer *answer(uint32_t code) {
  struct fake_answer *row = answers;
  while (row->code != 0) {
    row++;
  }
  row->code = code;
  return row;
}

static void set_length(uint64_t length) {
  for (size_t i = 0; i < sizeof(length_info); i++) {
    length_info[i] = (unsigned char)(length >> (8 * i));
  }
}

static struct nt_machine *machine;
static struct nt_handle *handle;
static struct nt_holder err_holders[NT_MAX_HOLDERS];
static struct nt_error err = {.holders = err_holders};
static struct nt_format_result result;
static struct nt_format_options options;

/* A volume of 64 MiB, open; `lock` says whether it is locked, too. */
static void begin(void) {
  fake_os_reset();
  memset(&truth, 0, sizeof(truth));
  memset(answers, 0, sizeof(answers));
  memset(opens, 0, sizeof(opens));
  memset(geometry, 0, sizeof(geometry));
  volumes[0] = (struct fake_volume){.guid_path = GUID_D "\\",
                                    .paths = {"D:\\"},
                                    .device = "\\Device\\HarddiskVolume3",
                                    .file_system = "NTFS",
                                    .label = "DATA"};
  volumes[1] = (struct fake_volume){.guid_path = GUID_C "\\",
                                    .paths = {"C:\\"},
                                    .device = "\\Device\\HarddiskVolume1",
                                    .file_system = "NTFS"};
  fake_os.volumes = volumes;
  fake_os.answers = answers;
  fake_os.opens = opens;
  fake_os.format_calls = good;
  set_length(64 * MIB);
  table = fake_os_table;
  table.control = true_control;
  table.close = true_close;
  table.format = true_format;
  options =
      (struct nt_format_options){.fs = "ntfs", .label = "DATA", .erase = "D:"};
  result = (struct nt_format_result){.bytes_written = 77};
  nt_error_clear(&err);
}

/* The rows that a test put before these win. */
static void open_volume(void) {
  struct fake_answer *row = answer(NT_IOCTL_DISK_GET_LENGTH_INFO);
  row->data = length_info;
  row->length = sizeof(length_info);
  row = answer(NT_IOCTL_DISK_GET_DRIVE_GEOMETRY);
  row->data = geometry;
  row->length = sizeof(geometry);
  answer(NT_FSCTL_LOCK_VOLUME);
  answer(NT_FSCTL_UNLOCK_VOLUME);
  const struct nt_open_options how = {
      .name = volumes[0].paths[0] != NULL ? "D:" : GUID_D,
      .access = NT_GENERIC_READ_MAPPED | NT_GENERIC_WRITE_MAPPED,
      .share = NT_SHARE_READ | NT_SHARE_WRITE,
      .disposition = NT_OPEN};
  struct nt_error ignored = {0};
  if (!nt_ok(nt_win32_connect(&table, &machine, &ignored)) ||
      !nt_ok(nt_open(machine, &how, &handle, &ignored)) ||
      !nt_ok(nt_verb(handle, NT_FSCTL_LOCK_VOLUME, &ignored))) {
    printf("Bail out! the world of this test does not open\n");
    exit(1);
  }
  fake_os.log[0] = '\0';
}

static nt_status format(void) {
  return nt_format(handle, &options, &result, &err);
}

static bool lock_is_told(void) {
  return handle->locked == (truth.locker != NULL);
}

/* Closes all; true when nothing was closed twice or left open. */
static bool end(void) {
  struct nt_error ignored = {0};
  nt_close(handle, &ignored);
  nt_disconnect(machine);
  bool clean = fake_os.opened == 0 && fake_os.wrong_closes == 0;
  fake_os_reset();
  return clean;
}

static const char *text(const char *outcome) {
  return outcome != NULL ? outcome : "nobody knows";
}

static bool told(const char *part) {
  char message[1024];
  nt_error_format(&err, message, sizeof(message));
  bool found = strstr(message, part) != NULL;
  if (!found) {
    printf("# message: %s\n", message);
  }
  return found;
}

/* ---- progress ------------------------------------------------------------ */

static struct {
  int calls;
  int stop_at; /* the call that answers false; 0: none */
  uint64_t first, last, total;
  bool rises, same_total;
} seen;

static bool progress(void *ctx, uint64_t done, uint64_t total) {
  (void)ctx;
  seen.calls++;
  if (seen.calls == 1) {
    seen.first = done;
    seen.total = total;
    seen.rises = seen.same_total = true;
  } else {
    seen.rises = seen.rises && done > seen.last;
    seen.same_total = seen.same_total && total == seen.total;
  }
  seen.last = done;
  return seen.calls != seen.stop_at;
}

static void watch_progress(int stop_at) {
  memset(&seen, 0, sizeof(seen));
  seen.stop_at = stop_at;
  options.progress = progress;
}

/* ---- success ------------------------------------------------------------- */

static void order(void) {
  begin();
  open_volume();
  watch_progress(0);
  nt_status status = format();
  CHECK(status == NT_STATUS_SUCCESS, "5.1: a format succeeds");
  CHECK(fake_log_has("control unlock \\\\.\\D:", "close \\\\.\\D:",
                     "format D:\\ 12 NTFS \"DATA\" quick 0",
                     "create_file \\\\.\\D:", "query_volume \\\\.\\D:",
                     "control lock \\\\.\\D:", NULL),
        "unlock, close, format, open, ask, lock: in this order");
  CHECK(truth.open_at_format == 1,
        "L3: while the formatter runs nothing is open but our event");
  CHECK(fake_log_count("control dismount") == 0, "nothing is dismounted by us");
  CHECK(fake_log_count("wait") == 0, "nothing waits where nothing is refused");
  CHECK(handle->locked && lock_is_told() && !handle->dismounted,
        "the handle holds the lock again");
  CHECK_TEXT(result.file_system, "NTFS", "the file system is the one found");
  CHECK(result.bytes_written == 0, "the bytes written are not known");
  CHECK(seen.first == 0 && seen.last == 64 * MIB && seen.total == 64 * MIB,
        "progress goes from 0 to the length of the volume");
  CHECK(seen.rises && seen.same_total, "progress only rises");
  CHECK(seen.calls == 4,
        "0, 10 and 50 percent and the end: 100 is not the "
        "end, and 40 after 50 is nothing");
  CHECK(end(), "order: everything is closed once");
}

static void choices(void) {
  static const struct {
    const char *fs, *label, *made, *line;
    uint64_t length;
    uint32_t cluster_size, drive_type;
    bool full;
    unsigned char media;
    const char *file_system;
  } rows[] = {
      {"fat", "SMALL", "FAT", "format D:\\ 12 FAT \"SMALL\" quick 0", 64 * MIB,
       0, NT_WIN32_DRIVE_FIXED, false, 12, "FAT"},
      {"fat", "BIG", "FAT32", "format D:\\ 12 FAT32 \"BIG\" quick 0",
       UINT64_C(4096) * MIB, 0, NT_WIN32_DRIVE_FIXED, false, 12, "FAT32"},
      {"FAT16", NULL, "FAT", "format D:\\ 12 FAT \"\" full 0", 64 * MIB, 0,
       NT_WIN32_DRIVE_FIXED, true, 12, "FAT"},
      {"fat32", "X", "FAT32", "format D:\\ 11 FAT32 \"X\" quick 4096", 64 * MIB,
       4096, NT_WIN32_DRIVE_REMOVABLE, false, 11, "FAT32"},
      {"exfat", "\xC3\x84pfel", "exFAT",
       "format D:\\ 11 exFAT \"\xC3\x84pfel\" quick 0", 64 * MIB, 0,
       NT_WIN32_DRIVE_REMOVABLE, false, 0, "exFAT"},
      {"fat", "", "FAT12", "format D:\\ 8 FAT \"\" quick 0", 1440 * 1024, 0,
       NT_WIN32_DRIVE_REMOVABLE, false, 2, "FAT12"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    begin();
    volumes[0].file_system = rows[i].made;
    volumes[0].drive_type = rows[i].drive_type;
    geometry[8] = rows[i].media;
    set_length(rows[i].length);
    open_volume();
    options.fs = rows[i].fs;
    options.label = rows[i].label;
    options.full = rows[i].full;
    options.cluster_size = rows[i].cluster_size;
    nt_status status = format();
    CHECK(status == NT_STATUS_SUCCESS && fake_log_has(rows[i].line, NULL),
          "5.1: %s", rows[i].line);
    CHECK_TEXT(result.file_system, rows[i].file_system,
               "5.1: %s becomes %s on Windows", rows[i].fs,
               rows[i].file_system);
    CHECK(end(), "choices: everything is closed once");
  }
  begin();
  volumes[0].paths[0] = "C:\\mnt\\data\\";
  volumes[0].paths[1] = "D:\\";
  open_volume();
  CHECK(format() == NT_STATUS_SUCCESS && fake_log_has("format D:\\ 12", NULL),
        "a letter is taken before a folder");
  CHECK(end(), "folder: everything is closed once");

  begin();
  volumes[0].paths[0] = NULL;
  open_volume();
  options.erase = GUID_D;
  nt_status status = format();
  CHECK(status == NT_STATUS_SUCCESS &&
            fake_log_has("format " GUID_D " 12 NTFS", NULL),
        "a volume without a letter is named by its GUID, no backslash behind");
  CHECK(end(), "GUID: everything is closed once");
}

/* ---- refused before ------------------------------------------------------ */

/* Refused while we still have the lock, before anything changed. */
static void check_untouched(nt_status status, nt_status wanted,
                            const char *what) {
  CHECK(status == wanted, "%s is refused", what);
  CHECK_TEXT(text(err.outcome), "untouched", "%s: untouched", what);
  CHECK(next_of(&err)[0] != '\0', "%s: says what to do next", what);
  CHECK(handle->locked && lock_is_told(), "%s: the lock is still held", what);
  CHECK(fake_log_count("format") == 0 && fake_log_count("control unlock") == 0,
        "%s: nothing was given up", what);
  CHECK(end(), "%s: everything is closed once", what);
}

static void refused_before(void) {
  begin();
  table.format = NULL;
  open_volume();
  check_untouched(format(), NT_STATUS_NOT_SUPPORTED, "a missing FormatEx");

  begin();
  open_volume();
  options.fs = "btrfs";
  check_untouched(format(), NT_STATUS_INVALID_PARAMETER, "an unknown fs");

  begin();
  open_volume();
  options.fs = "fat";
  options.label = "a*b";
  check_untouched(format(), NT_STATUS_INVALID_PARAMETER, "a wrong label");

  begin();
  volumes[0].drive_type = NT_WIN32_DRIVE_CDROM;
  open_volume();
  check_untouched(format(), NT_STATUS_NOT_SUPPORTED, "a CD drive");

  begin();
  answer(NT_IOCTL_DISK_GET_LENGTH_INFO)->status = NT_STATUS_IO_DEVICE_ERROR;
  open_volume();
  check_untouched(format(), NT_STATUS_IO_DEVICE_ERROR, "an unknown length");

  begin();
  struct fake_answer *row = answer(NT_IOCTL_DISK_GET_LENGTH_INFO);
  row->data = length_info;
  row->length = 4;
  open_volume();
  check_untouched(format(), NT_STATUS_INFO_LENGTH_MISMATCH, "half a length");

  begin();
  open_volume();
  watch_progress(1);
  check_untouched(format(), NT_STATUS_CANCELLED, "progress that says no");
}

static void unlock_refused(void) {
  begin();
  answer(NT_FSCTL_UNLOCK_VOLUME)->status = NT_STATUS_IO_DEVICE_ERROR;
  open_volume();
  CHECK(format() == NT_STATUS_IO_DEVICE_ERROR && handle->locked,
        "an unlock that fails ends it, the lock stays");
  CHECK_TEXT(text(err.outcome), "untouched", "unlock refused: untouched");
  CHECK(fake_log_count("format") == 0, "unlock refused: nothing is formatted");
  CHECK(end(), "unlock refused: everything is closed once");

  begin();
  answer(NT_FSCTL_UNLOCK_VOLUME)->status = NT_STATUS_NOT_LOCKED;
  open_volume();
  CHECK(format() == NT_STATUS_NOT_LOCKED && !handle->locked,
        "U2: a lock that was lost is not told any more");
  CHECK(end(), "lock lost: everything is closed once");
}

/* ---- what the callback says ---------------------------------------------- */

static void failure_codes(void) {
  static const struct {
    uint32_t command;
    nt_status status;
    enum nt_class cls;
    const char *reason;
  } rows[] = {
      {0x03, NT_STATUS_NOT_SUPPORTED, NT_CLASS_UNSUPPORTED, "fs"},
      {0x06, NT_STATUS_ACCESS_DENIED, NT_CLASS_PERMANENT, "privilege"},
      {0x07, NT_STATUS_NOT_SUPPORTED, NT_CLASS_UNSUPPORTED, "fs"},
      {0x08, NT_STATUS_DEVICE_BUSY, NT_CLASS_TRANSIENT, "in_use"},
      {0x09, NT_STATUS_NOT_SUPPORTED, NT_CLASS_UNSUPPORTED, "full_needed"},
      {0x0C, NT_STATUS_INVALID_PARAMETER, NT_CLASS_USAGE, "label"},
      {0x10, NT_STATUS_INVALID_PARAMETER, NT_CLASS_USAGE, "cluster_size"},
      {0x11, NT_STATUS_INVALID_PARAMETER, NT_CLASS_USAGE, "cluster_size"},
      {0x12, NT_STATUS_INVALID_PARAMETER, NT_CLASS_USAGE, "too_small"},
      {0x13, NT_STATUS_INVALID_PARAMETER, NT_CLASS_USAGE, "too_large"},
      {0x14, NT_STATUS_NO_MEDIA_IN_DEVICE, NT_CLASS_PERMANENT, "no_media"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct fake_format_call calls[] = {
        {rows[i].command, 0, NULL}, {0x0B, 0, &no}, END};
    struct fake_format_call late[] = {TELL(1), {rows[i].command, 0, NULL}, END};
    begin();
    open_volume();
    fake_os.format_calls = calls;
    CHECK(format() == rows[i].status && nt_error_class(&err) == rows[i].cls &&
              err.reason != NULL && strcmp(err.reason, rows[i].reason) == 0,
          "5.1: code 0x%02X is %s", (unsigned)rows[i].command, rows[i].reason);
    CHECK_TEXT(text(err.outcome), "untouched",
               "5.1: code 0x%02X before any progress",
               (unsigned)rows[i].command);
    CHECK(next_of(&err)[0] != '\0' && handle->locked && lock_is_told(),
          "5.1: code 0x%02X: a hint, and the lock is back",
          (unsigned)rows[i].command);
    CHECK(fake_log_has("format D:\\", "format stopped", "create_file", NULL),
          "5.1: code 0x%02X is answered with stop", (unsigned)rows[i].command);
    CHECK(end(), "failure codes: everything is closed once");
    begin();
    open_volume();
    fake_os.format_calls = late;
    CHECK(format() == rows[i].status &&
              strcmp(text(err.outcome), "unformatted") == 0 &&
              fake_log_count("format stopped") == 1,
          "5.1: code 0x%02X after progress: stopped, unformatted",
          (unsigned)rows[i].command);
    CHECK(end(), "failure codes: everything is closed once");
  }
}

static void unnamed_failures(void) {
  static const struct fake_format_call none[] = {END};
  static const struct fake_format_call silent[] = {{0x0B, 0, &no}, END};
  static const struct fake_format_call empty[] = {{0x0B, 0, NULL}, END};
  static const struct fake_format_call begun[] = {TELL(1), {0x0B, 0, &no}, END};
  static const struct {
    const struct fake_format_call *calls;
    const char *what, *outcome;
  } rows[] = {
      {none, "no DONE at all", "nobody knows"},
      {silent, "DONE that says no", "nobody knows"},
      {empty, "DONE without data", "nobody knows"},
      {begun, "DONE that says no after progress", "unformatted"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    begin();
    open_volume();
    fake_os.format_calls = rows[i].calls;
    CHECK(format() == NT_STATUS_UNSUCCESSFUL && next_of(&err)[0] != '\0',
          "5.1: %s is a failure", rows[i].what);
    CHECK_TEXT(text(err.outcome), rows[i].outcome, "5.1: outcome of %s",
               rows[i].what);
    CHECK(handle->locked && lock_is_told(), "%s: locked again", rows[i].what);
    CHECK(end(), "unnamed failures: everything is closed once");
  }
}

static void unknown_commands(void) {
  struct fake_format_call calls[] = {{0x02, 0, &yes},
                                     {0x04, 0, NULL},
                                     {0x05, 0, NULL},
                                     {0x0A, 0, NULL},
                                     {0x0D, 0, NULL},
                                     {0x19, 0, NULL},
                                     {0x7777, 0, &no},
                                     {0x00, 0, NULL},
                                     {0x0E, 0, NULL},
                                     {0x0B, 0, &yes},
                                     END};
  begin();
  open_volume();
  fake_os.format_calls = calls;
  CHECK(format() == NT_STATUS_SUCCESS,
        "5.1: commands without a public name are information only");
  CHECK(fake_log_count("format stopped") == 0, "5.1: none of them stops it");
  CHECK(end(), "unknown commands: everything is closed once");
}

static void output(void) {
  const struct {
    uint32_t lines;
    const char *text;
  } first = {1, "Formatting 64 MB\r\n"},
    last = {2, "\r\n  Fehler \x81\xC3\xA4:\tbad\r\nsectors.\r\n"},
    nothing = {1, "\r\n"}, null = {0, NULL};
  struct fake_format_call calls[] = {{0x0E, 0, &first},   {0x0E, 0, &last},
                                     {0x0E, 0, &nothing}, {0x0E, 0, &null},
                                     {0x0B, 0, &no},      END};
  begin();
  open_volume();
  fake_os.format_calls = calls;
  CHECK(format() == NT_STATUS_UNSUCCESSFUL &&
            told("failed: Fehler ???: bad sectors"),
        "5.1: its last words are kept, as printable ASCII in one line");
  CHECK(end(), "output: everything is closed once");

  char endless[4000];
  memset(endless, 'x', sizeof(endless) - 1);
  endless[sizeof(endless) - 1] = '\0';
  struct {
    uint32_t lines;
    const char *text;
  } much = {1, endless};
  struct fake_format_call long_calls[] = {{0x0E, 0, &much}, END};
  begin();
  open_volume();
  fake_os.format_calls = long_calls;
  CHECK(format() == NT_STATUS_UNSUCCESSFUL && strlen(err.detail) < 300,
        "5.1: long output is cut");
  CHECK(end(), "long output: everything is closed once");
}

static void in_use_names_holders(void) {
  static const struct fake_process users[] = {{812, "indexer.exe"}, {0, NULL}};
  struct fake_format_call calls[] = {{0x08, 0, NULL}, END};
  begin();
  open_volume();
  fake_os.users = users;
  fake_os.format_calls = calls;
  CHECK(format() == NT_STATUS_DEVICE_BUSY && err.holder_count == 1 &&
            told("indexer.exe (pid 812"),
        "5.1: \"in use\" says by whom");
  CHECK(end(), "holders: everything is closed once");
}

static void did_not_run(void) {
  begin();
  open_volume();
  fake_os.format_error = NT_WIN32_ERROR_ACCESS_DENIED;
  fake_os.format_calls = NULL;
  CHECK(format() == NT_STATUS_ACCESS_DENIED && err.native == 5,
        "a formatter that does not run answers its error");
  CHECK_TEXT(text(err.outcome), "untouched", "it did not run: untouched");
  CHECK(handle->locked && lock_is_told(), "it did not run: locked again");
  CHECK(end(), "did not run: everything is closed once");
}

/* ---- cancelling ---------------------------------------------------------- */

static uint32_t deaf_format(const nt_wchar *root, uint32_t media,
                            const nt_wchar *file_system, const nt_wchar *label,
                            bool quick, uint32_t cluster_size,
                            nt_win32_format_fn callback, void *ctx) {
  (void)root, (void)media, (void)file_system, (void)label, (void)quick;
  (void)cluster_size;
  bool stop = !callback(ctx, 0x00, 0, &percents[1]);
  stop = stop && !callback(ctx, 0x00, 0, &percents[2]);
  stop = stop && !callback(ctx, 0x0B, 0, &yes);
  return stop ? 0 : NT_WIN32_ERROR_INVALID_PARAMETER;
}

static void cancelled(void) {
  begin();
  open_volume();
  watch_progress(2);
  CHECK(format() == NT_STATUS_CANCELLED &&
            nt_error_class(&err) == NT_CLASS_CANCELLED,
        "5.1: progress that answers false cancels");
  CHECK_TEXT(text(err.outcome), "unformatted", "a cancelled format");
  CHECK(fake_log_has("format stopped", NULL) && seen.calls == 2,
        "the formatter is asked to stop, and nothing is told any more");
  CHECK(handle->locked && lock_is_told(), "cancelled: locked again");
  CHECK(end(), "cancelled: everything is closed once");

  begin();
  table.format = deaf_format;
  open_volume();
  watch_progress(2);
  CHECK(format() == NT_STATUS_CANCELLED && seen.calls == 2 && handle->locked &&
            lock_is_told(),
        "a formatter that does not stop hears it every time");
  CHECK_TEXT(text(err.outcome), "formatted", "it ended all the same");
  CHECK(end(), "deaf formatter: everything is closed once");
}

/* ---- taking the volume back ---------------------------------------------- */

/* The first lock is that of the world, the second ours. */
static void refuse_relock(nt_status status, int times) {
  struct fake_answer *row = answer(NT_FSCTL_LOCK_VOLUME);
  row->times = 1;
  row = answer(NT_FSCTL_LOCK_VOLUME);
  row->status = status;
  row->times = times;
}

static void lock_again(void) {
  begin();
  refuse_relock(NT_STATUS_ACCESS_DENIED, 3);
  open_volume();
  CHECK(format() == NT_STATUS_SUCCESS && handle->locked && lock_is_told(),
        "L2: busy, then free: the lock is tried again");
  CHECK(fake_log_count("control lock") == 4 && fake_log_count("wait 200") == 3,
        "the table waits in between, three times");
  CHECK(end(), "busy then free: everything is closed once");

  begin();
  refuse_relock(NT_STATUS_ACCESS_DENIED, 0);
  open_volume();
  watch_progress(0);
  nt_status status = format();
  CHECK(status == NT_STATUS_ACCESS_DENIED && err.reason != NULL &&
            strcmp(err.reason, "in_use") == 0,
        "L2: a lock that stays refused is the answer");
  CHECK_TEXT(text(err.outcome), "formatted", "lock refused: formatted");
  CHECK(told("the volume is formatted, but could not be locked again"),
        "lock refused: the message says that the format is done");
  CHECK(!handle->locked && lock_is_told(), "lock refused: not locked");
  CHECK(seen.last < seen.total, "lock refused: the end was not reported");
  CHECK(fake_log_count("control lock") == 10, "lock refused: ten times");
  CHECK(end(), "lock refused: everything is closed once");

  begin();
  refuse_relock(NT_STATUS_MEDIA_WRITE_PROTECTED, 0);
  open_volume();
  CHECK(format() == NT_STATUS_MEDIA_WRITE_PROTECTED &&
            fake_log_count("control lock") == 1,
        "what waiting does not change is not tried again");
  CHECK(end(), "lock refused for good: everything is closed once");
}

/* After the world was opened: the next opens are those after the formatter. */
static void refuse_reopen(uint32_t error, nt_status status, int times) {
  opens[0] = (struct fake_open){
      .name = "D:", .error = error, .status = status, .times = times};
}

static void open_again(void) {
  begin();
  open_volume();
  refuse_reopen(NT_WIN32_ERROR_SHARING_VIOLATION, NT_STATUS_SHARING_VIOLATION,
                2);
  CHECK(format() == NT_STATUS_SUCCESS && handle->locked && lock_is_told(),
        "L3: somebody else had it open for a moment");
  CHECK(end(), "reopened: everything is closed once");

  begin();
  open_volume();
  refuse_reopen(NT_WIN32_ERROR_ACCESS_DENIED, NT_STATUS_ACCESS_DENIED, 2);
  CHECK(format() == NT_STATUS_SUCCESS && handle->locked && lock_is_told(),
        "O5: somebody else had it locked for a moment");
  CHECK(end(), "unlocked again: everything is closed once");

  begin();
  open_volume();
  refuse_reopen(NT_WIN32_ERROR_FILE_NOT_FOUND, NT_STATUS_OBJECT_NAME_NOT_FOUND,
                0);
  nt_status status = format();
  CHECK(status == NT_STATUS_OBJECT_NAME_NOT_FOUND &&
            told("the volume is formatted, but could not be opened again"),
        "a volume that does not open again");
  CHECK_TEXT(text(err.outcome), "formatted", "not opened again: formatted");
  CHECK(!handle->locked && lock_is_told(), "not opened again: not locked");
  struct nt_error second = {0};
  CHECK(
      nt_verb(handle, NT_FSCTL_LOCK_VOLUME, &second) == NT_STATUS_FILE_CLOSED &&
          !handle->locked,
      "not opened again: the handle refuses");
  CHECK(end(), "not opened again: closed once");
}

static void both_fail(void) {
  static const struct fake_format_call calls[] = {TELL(1), {0x0B, 0, &no}, END};
  begin();
  refuse_relock(NT_STATUS_ACCESS_DENIED, 0);
  open_volume();
  fake_os.format_calls = calls;
  CHECK(format() == NT_STATUS_UNSUCCESSFUL && !handle->locked &&
            lock_is_told() && told("; the volume could not be locked again"),
        "a failed format that loses the lock says both");
  CHECK_TEXT(text(err.outcome), "unformatted", "both: unformatted");
  CHECK(end(), "both: everything is closed once");

  begin();
  open_volume();
  refuse_reopen(NT_WIN32_ERROR_FILE_NOT_FOUND, NT_STATUS_OBJECT_NAME_NOT_FOUND,
                0);
  fake_os.format_calls = calls;
  CHECK(format() == NT_STATUS_UNSUCCESSFUL && !handle->locked &&
            told("; the volume could not be opened again"),
        "a failed format whose volume is gone says both");
  CHECK(end(), "gone: everything is closed once");
}

/* ---- verifying ----------------------------------------------------------- */

static void verified(void) {
  begin();
  volumes[0].file_system = "RAW";
  open_volume();
  CHECK(format() == NT_STATUS_UNRECOGNIZED_VOLUME && handle->locked,
        "a formatter that says done is not believed");
  CHECK_TEXT(text(err.outcome), "unformatted", "RAW: unformatted");
  CHECK(end(), "RAW: everything is closed once");

  begin();
  volumes[0].file_system = "";
  open_volume();
  CHECK(format() == NT_STATUS_UNSUCCESSFUL && handle->locked &&
            told("does not say what it holds"),
        "a volume that does not answer is not verified");
  CHECK_TEXT(text(err.outcome), "formatted", "no answer: formatted");
  CHECK(end(), "no answer: everything is closed once");

  begin();
  volumes[0].file_system = "FAT32";
  open_volume();
  options.fs = "fat16";
  CHECK(format() == NT_STATUS_NOT_SUPPORTED && handle->locked &&
            told("made FAT32 where fat16 was asked for"),
        "another file system than was asked for is a failure");
  CHECK_TEXT(text(err.outcome), "formatted", "FAT32: formatted");
  CHECK(end(), "FAT32: everything is closed once");

  begin();
  refuse_relock(NT_STATUS_ACCESS_DENIED, 0);
  volumes[0].file_system = "FAT32";
  open_volume();
  CHECK(format() == NT_STATUS_NOT_SUPPORTED && !handle->locked &&
            lock_is_told() && told("; the volume could not be locked again"),
        "another file system, and the lock is lost: says both");
  CHECK(end(), "FAT32, lost: everything is closed once");
}

/* ---- every call fails once ----------------------------------------------- */

static bool outcome_is_true(nt_status status) {
  const char *outcome = text(err.outcome);
  if (nt_ok(status)) {
    return err.outcome == NULL && strcmp(result.file_system, "NTFS") == 0;
  }
  if (fake_log_count("format D:\\") == 0 || !truth.formatted) {
    return strcmp(outcome, "untouched") == 0;
  }
  return strcmp(outcome, "formatted") == 0;
}

static void sweep(uint32_t error, nt_status fail_status, const char *what) {
  bool clean = true, honest = true, hinted = true;
  int failed = 0, n = 0;
  for (bool reached = true; reached; n++) {
    begin();
    open_volume();
    fake_os.calls = 0;
    fake_os.fail_at = n + 1;
    fake_os.fail_error = error;
    fake_os.fail_status = fail_status;
    nt_status status = format();
    reached = fake_os.calls > n;
    bool ok = outcome_is_true(status) && lock_is_told();
    if (!ok) {
      printf("# call %d: 0x%08X, %s, %s\n", n + 1, (unsigned)status,
             text(err.outcome), err.detail);
    }
    honest = honest && ok;
    hinted = hinted && (nt_ok(status) || next_of(&err)[0] != '\0');
    failed += !nt_ok(status);
    fake_os.fail_at = 0;
    clean = end() && clean;
  }
  CHECK(n > 20 && failed >= 2, "%s: %d calls, %d of them end it", what, n,
        failed);
  CHECK(clean, "%s: handles are closed once, whatever call fails", what);
  CHECK(honest, "%s: outcome and lock are true, whatever call fails", what);
  CHECK(hinted, "%s: every failure says what to do next", what);
}

int main(void) {
  order();
  choices();
  refused_before();
  unlock_refused();
  failure_codes();
  unnamed_failures();
  unknown_commands();
  output();
  in_use_names_holders();
  did_not_run();
  cancelled();
  lock_again();
  open_again();
  both_fail();
  verified();
  sweep(1117, NT_STATUS_IO_DEVICE_ERROR, "a device that fails");
  sweep(0, 0, "resources that run out");
  return check_done();
}
