/*
 * Making file systems in scratch files: labels and sizes that are refused,
 * what a tool says, sees and leaves behind, and the small parts below it.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "../../src/nt/disk/file_system.h"
#include "../../src/nt/label.h"
#include "../../src/nt/posix/mkfs.h"
#include "../../src/nt/posix/ranges.h"
#include "../../src/nt/posix/scratch.h"
#include "../../src/nt/posix/tool.h"
#include "fake_volume.h"
#include "next.h"

/* ---- asking for file systems --------------------------------------------- */

static struct nt_mkfs_request request(const char *fs, uint64_t length) {
  return (struct nt_mkfs_request){.fs = fs,
                                  .length = length,
                                  .sector_size = 512,
                                  .heads = 255,
                                  .sectors_per_track = 63};
}

static struct nt_error last;

/* Makes it and throws it away. */
static nt_status make(const struct nt_mkfs_request *r) {
  struct nt_probe made;
  int fd = -1;
  memset(&last, 0, sizeof(last));
  nt_status status = nt_mkfs(r, &fd, &made, &last);
  if (nt_ok(status)) {
    close(fd);
  }
  return status;
}

static const char *reason(void) {
  return last.reason != NULL ? last.reason : "";
}

static bool folder_is_empty(void) {
  char line[300];
  snprintf(line, sizeof(line), "test -z \"$(ls -A '%s')\"", work);
  return system(line) == 0;
}

struct refusal {
  const char *fs, *label;
  uint64_t length;
  uint32_t sector_size, cluster;
  nt_status status;
  const char *reason, *detail; /* detail: part of it */
};

static const struct refusal refusals[] = {
    {"ext4", "", 48 * MIB, 512, 0, NT_STATUS_INVALID_PARAMETER, "fs", "'ext4'"},
    {"ntfs", "123456789012345678901234567890123", 48 * MIB, 512, 0,
     NT_STATUS_INVALID_PARAMETER, "label", "33 characters, NTFS holds 32"},
    {"fat16", "TWELVE CHARS", 48 * MIB, 512, 0, NT_STATUS_INVALID_PARAMETER,
     "label", "12 characters, FAT holds 11"},
    {"exfat", "TWELVE CHARS", 48 * MIB, 512, 0, NT_STATUS_INVALID_PARAMETER,
     "label", "12 characters, exFAT holds 11"},
    {"fat", "A*B", 48 * MIB, 512, 0, NT_STATUS_INVALID_PARAMETER, "label",
     "does not take"},
    {"fat", " A", 48 * MIB, 512, 0, NT_STATUS_INVALID_PARAMETER, "label",
     "space"},
    {"fat32", "\xC3\x84", 48 * MIB, 512, 0, NT_STATUS_INVALID_PARAMETER,
     "label", "ASCII"},
    {"ntfs", "A\nB", 48 * MIB, 512, 0, NT_STATUS_INVALID_PARAMETER, "label",
     "control"},
    {"ntfs", "A\xFF", 48 * MIB, 512, 0, NT_STATUS_INVALID_PARAMETER, "label",
     "UTF-8"},
    {"ntfs", "", 48 * MIB, 512, 3000, NT_STATUS_INVALID_PARAMETER,
     "cluster_size", "3000"},
    {"ntfs", "", 48 * MIB, 4096, 512, NT_STATUS_INVALID_PARAMETER,
     "cluster_size", "512"},
    {"fat", "", 48 * MIB, 512, 131072, NT_STATUS_INVALID_PARAMETER,
     "cluster_size", "131072"},
    {"exfat", "", 480 * MIB, 512, 64 << 20, NT_STATUS_INVALID_PARAMETER,
     "cluster_size", "67108864"},
    {"exfat", "", 48 * MIB, 4096, 0, NT_STATUS_NOT_SUPPORTED, "sector_size",
     "4096"},
    {"ntfs", "", 48 * MIB, 8192, 0, NT_STATUS_NOT_SUPPORTED, "sector_size",
     "8192"},
    {"fat32", "", UINT64_C(3) << 40, 512, 0, NT_STATUS_INVALID_PARAMETER,
     "too_large", "4294967295"},
    {"ntfs", "", 100 << 10, 512, 0, NT_STATUS_INVALID_PARAMETER, "mkfs_refused",
     "mkfs.ntfs: Device is too small"},
    {"exfat", "", 100 << 10, 512, 0, NT_STATUS_INVALID_PARAMETER,
     "mkfs_refused", "mkfs.exfat: boundary alignment is too big"},
    {"fat16", "", 100 << 10, 512, 0, NT_STATUS_INVALID_PARAMETER,
     "mkfs_refused", "mkfs.fat: Attempting to create a too small"},
    {"fat", "", 5 << 10, 512, 0, NT_STATUS_INVALID_PARAMETER, "mkfs_refused",
     "mkfs.fat: Attempting to create a too small"},
    {"fat16", "", 48 * MIB, 512, 512, NT_STATUS_INVALID_PARAMETER,
     "mkfs_refused", "mkfs.fat: Not enough or too many clusters"},
    {"fat16", "", 8 * MIB, 512, 4096, NT_STATUS_INVALID_PARAMETER,
     "mkfs_refused", "mkfs.fat: Not enough or too many clusters"},
    {"fat32", "", 20 * MIB, 512, 0, NT_STATUS_INVALID_PARAMETER, "too_small",
     "FAT32 needs 65525 clusters"},
    {"fat32", "", 48 * MIB, 512, 4096, NT_STATUS_INVALID_PARAMETER, "too_small",
     "FAT32 needs 65525 clusters"},
    {"fat", "", 600 * MIB, 512, 65536, NT_STATUS_INVALID_PARAMETER,
     "mkfs_refused", "mkfs.fat: Not enough or too many clusters"},
};

static void test_refusals(void) {
  for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
    const struct refusal *r = &refusals[i];
    struct nt_mkfs_request wanted = request(r->fs, r->length);
    wanted.label = r->label;
    wanted.sector_size = r->sector_size;
    wanted.cluster_size = r->cluster;
    CHECK(make(&wanted) == r->status, "refusal %d: status", (int)i);
    CHECK_TEXT(reason(), r->reason, "refusal %d: reason", (int)i);
    bool named = strstr(last.detail, r->detail) != NULL;
    CHECK(named, "refusal %d: %s", (int)i, r->detail);
    if (!named) {
      printf("# got: %s\n", last.detail);
    }
  }
  CHECK(folder_is_empty(), "no refusal leaves a file behind");
}

static void test_exit_status(void) {
  struct nt_mkfs_request r = request("ntfs", 100 << 10);
  make(&r);
  CHECK(last.native_kind == NT_NATIVE_EXIT && last.native == 1,
        "the tool's exit status is the native number");
}

static void test_list(void) {
  char list[100] = "";
  const char *name;
  for (size_t i = 0; (name = nt_format_fs_at(i)) != NULL; i++) {
    strcat(list, name);
    strcat(list, " ");
  }
  CHECK_TEXT(list, "ntfs fat fat16 fat32 exfat ", "the list of file systems");
  struct nt_mkfs_request r = request("NTFS", 48 * MIB);
  CHECK(nt_ok(make(&r)), "their names are taken in either case");
}

/* FAT32 with sectors of 4096 bytes gets enough clusters at every size. */
static void test_big_sectors(void) {
  static const uint64_t sizes[] = {300, 600, 1024, 3000, 20000};
  static const char *const kinds[] = {"fat", "fat32"};
  for (size_t i = 0; i < 10; i++) {
    struct nt_mkfs_request r = request(kinds[i % 2], sizes[i / 2] * MIB);
    r.sector_size = 4096;
    CHECK(nt_ok(make(&r)), "%s of %" PRIu64 " MiB, sectors of 4096: %s", r.fs,
          sizes[i / 2], last.detail);
  }
}

/* The tool takes the size of sectors from a device, and it gets a file. */
static void test_exfat_sectors(void) {
  struct nt_mkfs_request r = request("exfat", 300 * MIB);
  r.sector_size = 4096;
  CHECK(make(&r) == NT_STATUS_NOT_SUPPORTED &&
            strstr(last.detail, "sectors of 512 bytes") != NULL,
        "exFAT, sectors of 4096: %s", last.detail);
}

/* 16384 sectors, 32 of them reserved and 2 * 18 of the tables. */
static void test_count(void) {
  struct nt_mkfs_request r = request("fat32", 64 * MIB);
  r.sector_size = 4096;
  CHECK(make(&r) == NT_STATUS_INVALID_PARAMETER &&
            strstr(last.detail, "room for 16316") != NULL,
        "FAT32, sectors of 4096: %s", last.detail);
}

/* ---- labels -------------------------------------------------------------- */

static const char *labelled(const char *fs, const char *label) {
  static struct nt_probe made;
  struct nt_mkfs_request r = request(fs, 48 * MIB);
  int fd = -1;
  r.label = label;
  memset(&made, 0, sizeof(made));
  memset(&last, 0, sizeof(last));
  if (!nt_ok(nt_mkfs(&r, &fd, &made, &last))) {
    return last.detail;
  }
  close(fd);
  return made.label;
}

static void test_labels(void) {
  CHECK_TEXT(labelled("fat16", "DATA 1"), "DATA 1", "FAT is in capitals");
  CHECK_TEXT(labelled("fat32", "-F X"), "-F X", "a label is no option");
  CHECK_TEXT(labelled("ntfs", "NO NAME "), "NO NAME ", "NTFS keeps blanks");
  CHECK_TEXT(labelled("exfat", " No Name "), " No Name ", "exFAT keeps blanks");
  CHECK_TEXT(labelled("ntfs", "\xC3\x84 \xE2\x82\xAC"), "\xC3\x84 \xE2\x82\xAC",
             "NTFS takes UTF-8");
  CHECK_TEXT(labelled("exfat", "\xC3\x84 \xE2\x82\xAC"),
             "\xC3\x84 \xE2\x82\xAC", "exFAT takes UTF-8");
  CHECK_TEXT(labelled("ntfs", "12345678901234567890123456789012"),
             "12345678901234567890123456789012", "32 characters on NTFS");
  CHECK_TEXT(labelled("exfat", "12345678901"), "12345678901",
             "11 characters on exFAT");
  CHECK_TEXT(labelled("fat", "12345678901"), "12345678901",
             "11 characters on FAT");
  CHECK_TEXT(labelled("ntfs", NULL), "", "no label");
  /* A character beyond the first plane counts twice: 6 of them are 12. */
  char text[64] = "";
  for (int i = 0; i < 6; i++) {
    strcat(text, "\xF0\x9F\x92\xBE");
  }
  struct nt_error err = {0};
  CHECK(!nt_ok(nt_label_check(NT_FORMAT_EXFAT, text, &err)) &&
            nt_ok(nt_label_check(NT_FORMAT_NTFS, text, &err)),
        "labels are counted in UTF-16");
}

/* What the file system would store in another form, or not at all. */
static void test_wrong_labels(void) {
  static const struct {
    enum nt_format_fs fs;
    const char *label, *detail, *hint;
  } rows[] = {
      {NT_FORMAT_FAT, "DATA ", "ends with a space", "use the label 'DATA'"},
      {NT_FORMAT_FAT32, "data  ", "ends with a space", "use the label 'DATA'"},
      {NT_FORMAT_FAT16, "Data", "small letters", "use the label 'DATA'"},
      {NT_FORMAT_FAT, "NO NAME", "no label", "leave the label out"},
      {NT_FORMAT_FAT, "no name", "small letters", ""},
      {NT_FORMAT_FAT, " A", "begins with a space", ""},
      {NT_FORMAT_FAT, " ", "begins with a space", ""},
      {NT_FORMAT_FAT, "A.B", "does not take", ""},
      {NT_FORMAT_FAT, "\xC3\x84", "not ASCII", ""},
      {NT_FORMAT_FAT, "123456789012", "has 12 characters", "at most 11"},
      {NT_FORMAT_FAT32, "A\x7F", "control character", ""},
      {NT_FORMAT_EXFAT, "A/B", "does not take", ""},
      {NT_FORMAT_EXFAT, "123456789012", "has 12 characters", "at most 11"},
      {NT_FORMAT_EXFAT, "A\nB", "control character", ""},
      {NT_FORMAT_NTFS, "123456789012345678901234567890123", "has 33 characters",
       "at most 32"},
      {NT_FORMAT_NTFS, "\xC3", "not UTF-8", ""},
      {NT_FORMAT_NTFS, "\xED\xA0\x80", "not UTF-8", ""},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct nt_error err = {0};
    nt_status status = nt_label_check(rows[i].fs, rows[i].label, &err);
    CHECK(status == NT_STATUS_INVALID_PARAMETER && err.reason != NULL &&
              strcmp(err.reason, "label") == 0 &&
              strstr(err.detail, rows[i].detail) != NULL &&
              strstr(err.hint, rows[i].hint) != NULL,
          "label %d: %s", (int)i, err.hint);
  }
}

/* ---- tools --------------------------------------------------------------- */

/* A program of our own in front of the real one. */
static void put_tool(const char *name, const char *script) {
  char path[300];
  snprintf(path, sizeof(path), "%s/bin", work);
  mkdir(path, 0700);
  snprintf(path, sizeof(path), "%s/bin/%s", work, name);
  FILE *to = fopen(path, "w");
  if (to == NULL || fputs(script, to) < 0 || fclose(to) != 0 ||
      chmod(path, 0700) != 0) {
    perror(path);
    exit(1);
  }
}

static void use_own_tools(bool own) {
  static char usual[4096], path[5000];
  if (usual[0] == '\0') {
    snprintf(usual, sizeof(usual), "%s", getenv("PATH"));
  }
  snprintf(path, sizeof(path), "%s/bin:%s", work, usual);
  setenv("PATH", own ? path : usual, 1);
}

static nt_status make_by(const char *script) {
  struct nt_mkfs_request r = request("ntfs", 48 * MIB);
  put_tool("mkfs.ntfs", script);
  return make(&r);
}

/* What a tool sees is written to a file by the tool itself. */
static const char *seen(const char *name) {
  static char text[2000];
  char path[300];
  snprintf(path, sizeof(path), "%s/bin/%s", work, name);
  FILE *from = fopen(path, "r");
  size_t n = from != NULL ? fread(text, 1, sizeof(text) - 1, from) : 0;
  text[n] = '\0';
  if (from != NULL) {
    fclose(from);
  }
  return text;
}

/* What the test itself inherited is not the tool's business. */
static void close_on_exec(void) {
  for (int fd = 3; fd < 1024; fd++) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

static void test_surroundings(void) {
  char wanted[600];
  close_on_exec();
  setenv("SECRET", "x", 1);
  make_by(
      "#!/bin/sh\n"
      "cd \"${0%/*}\" || exit 9\n"
      "readlink /proc/$$/fd/0 >stdin\n"
      "env | sed 's/=.*//' | grep -v -e PWD -e SHLVL -e ^_ |\n"
      "  sort | tr '\\n' ' ' >env\n"
      "echo \"$LC_ALL\" >locale\n"
      "stat -L -c '%s %h' /dev/fd/3 >file\n"
      "echo \"$@\" >args\n"
      "ls -A .. >folder\n"
      "exec >fds\n"
      "i=0\n"
      "while [ $i -lt 300 ]; do\n"
      "  fd=/proc/$$/fd/$i\n"
      "  [ ! -e $fd ] || [ $fd -ef ./mkfs.ntfs ] || printf '%s ' $i\n"
      "  i=$((i + 1))\n"
      "done\n"
      "exit 7\n");
  unsetenv("SECRET");
  CHECK(last.native == 7, "the tool ran");
  CHECK_TEXT(seen("fds"), "0 1 2 3 ", "it has four descriptors");
  CHECK_TEXT(seen("stdin"), "/dev/null\n", "it has nothing to read");
  CHECK_TEXT(seen("env"),
             getenv("TZ") != NULL ? "LC_ALL PATH TZ " : "LC_ALL PATH ",
             "it has a small environment");
  CHECK_TEXT(seen("locale"), "C.UTF-8\n", "it speaks English and UTF-8");
  snprintf(wanted, sizeof(wanted), "%" PRIu64 " 0\n", 48 * MIB);
  CHECK_TEXT(seen("file"), wanted, "its file has the size, and no name");
  CHECK_TEXT(seen("args"), "-F -Q -s 512 -p 0 -H 255 -S 63 /dev/fd/3\n",
             "its command line");
  CHECK_TEXT(seen("folder"), "bin\n", "the scratch file is in no folder");
}

static void test_bad_tools(void) {
  CHECK(make_by("#!/bin/sh\nkill -9 $$\n") == NT_STATUS_UNSUCCESSFUL &&
            last.native == 128 + 9,
        "a tool that is killed");
  CHECK_TEXT(last.detail, "mkfs.ntfs: ended by signal 9", "it is said so");
  CHECK(make_by("#!/bin/sh\nexit 0\n") == NT_STATUS_INVALID_PARAMETER,
        "a tool that says it is done and did nothing");
  CHECK_TEXT(last.detail, "mkfs.ntfs: made nothing", "it is found out");
  CHECK(make_by("#!/bin/sh\nexec mkfs.fat -I /dev/fd/3\n") ==
            NT_STATUS_INVALID_PARAMETER,
        "a tool that makes something else");
  CHECK(strstr(last.detail, "made FAT16, not ntfs") != NULL, "%s", last.detail);
  CHECK(make_by("#!/bin/sh\nyes | head -c 3000000; echo; echo the end. >&2\n"
                "exit 3\n") == NT_STATUS_INVALID_PARAMETER,
        "a tool that talks a lot");
  CHECK_TEXT(last.detail, "mkfs.ntfs: the end", "its last words are kept");
  CHECK(make_by("#!/bin/sh\nexit 4\n") == NT_STATUS_INVALID_PARAMETER,
        "a tool that says nothing");
  CHECK_TEXT(last.detail, "mkfs.ntfs: failed without a word", "it is said so");
  CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
        "every child was reaped");
}

/* Valgrind dies with a program that cannot be started. */
static void test_no_start(void) {
  if (under_valgrind()) {
    SKIP("runs under valgrind", "a tool that cannot start");
    return;
  }
  CHECK(!nt_ok(make_by("#!/no/such/interpreter\n")),
        "a tool that cannot start");
  CHECK(strstr(last.detail, "starting ") != NULL, "%s", last.detail);
}

static void on_alarm(int signal_number) {
  (void)signal_number;
}

/* Signals of the host that interrupt every wait. */
static void test_interruptions(void) {
  struct sigaction action = {.sa_handler = on_alarm};
  struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  nt_status status = make_by("#!/bin/sh\necho a; sleep 0.1; echo b; exit 5\n");
  setitimer(ITIMER_REAL, &never, NULL);
  CHECK(status == NT_STATUS_INVALID_PARAMETER && last.native == 5,
        "interrupted waits go on");
}

/* What a host ignores or blocks, a tool must not inherit: else it writes to a
 * pipe that nobody reads, and cannot be ended. */
static void test_inherited_signals(void) {
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  make_by(
      "#!/bin/sh\n"
      "cd \"${0%/*}\" || exit 9\n"
      "{ yes; echo $? >ended; } | head -n 1 >/dev/null\n"
      "exit 7\n");
  signal(SIGPIPE, SIG_DFL);
  CHECK(last.native == 7, "a host that ignores SIGPIPE: the tool ran");
  CHECK_TEXT(seen("ended"), "141\n", "and SIGPIPE ends what it starts");
  sigprocmask(SIG_BLOCK, &term, &before);
  make_by("#!/bin/sh\nkill -TERM $$\nexit 7\n");
  sigprocmask(SIG_SETMASK, &before, NULL);
  CHECK(last.native == 128 + SIGTERM,
        "a host that blocks SIGTERM: it ends the tool all the same");
}

static void test_ignored_children(void) {
  signal(SIGCHLD, SIG_IGN);
  nt_status status = make_by("#!/bin/sh\nexit 0\n");
  signal(SIGCHLD, SIG_DFL);
  CHECK(!nt_ok(status) && strstr(next_of(&last), "SIGCHLD") != NULL,
        "a host that ignores SIGCHLD is told");
}

static void test_find(void) {
  char path[300];
  CHECK(nt_tool_find("sh", path, sizeof(path)) && path[0] == '/', "sh is %s",
        path);
  CHECK(!nt_tool_find("no-such-tool-here", path, sizeof(path)),
        "what is nowhere is not found");
  setenv("PATH", "", 1);
  CHECK(nt_tool_find("sh", path, sizeof(path)), "without PATH sh is %s", path);
  use_own_tools(false);
}

/* ---- in a child ---------------------------------------------------------- */

/* Runs a test that changes the process; its exit status is the answer. */
static int in_child(int (*body)(void)) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    _exit(body());
  }
  int state = 0;
  while (waitpid(pid, &state, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(state) ? WEXITSTATUS(state) : 255;
}

static int without_streams(void) {
  struct nt_mkfs_request r = request("ntfs", 48 * MIB);
  close(0);
  close(1);
  close(2);
  return nt_ok(make(&r)) ? 0 : 1;
}

static int with_small_files(void) {
  struct nt_mkfs_request r = request("ntfs", 48 * MIB);
  struct rlimit limit = {MIB, MIB};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  bool good = make(&r) == NT_STATUS_FILE_TOO_LARGE &&
              strstr(last.detail, work) != NULL &&
              strstr(next_of(&last), "NTVOL_TMPDIR") != NULL;
  return good ? 0 : 1;
}

static int in_missing_folder(void) {
  struct nt_mkfs_request r = request("ntfs", 48 * MIB);
  setenv("NTVOL_TMPDIR", "/no/such/folder", 1);
  bool good = make(&r) == NT_STATUS_OBJECT_NAME_NOT_FOUND &&
              strstr(last.detail, "/no/such/folder") != NULL &&
              strstr(next_of(&last), "NTVOL_TMPDIR") != NULL;
  return good ? 0 : 1;
}

/* /dev/null in the tool's place, for this child's view of the files only. */
static int without_tool(void) {
  struct nt_mkfs_request r = request("exfat", 48 * MIB);
  char path[300];
  if (!nt_tool_find("mkfs.exfat", path, sizeof(path)) ||
      unshare(CLONE_NEWNS) != 0 ||
      mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) != 0) {
    return 77;
  }
  for (int i = 0; i < 8 && nt_tool_find("mkfs.exfat", path, sizeof(path));
       i++) {
    if (mount("/dev/null", path, "", MS_BIND, NULL) != 0) {
      return 77;
    }
  }
  bool good = make(&r) == NT_STATUS_NOT_SUPPORTED &&
              strcmp(last.detail, "mkfs.exfat is not installed") == 0 &&
              strcmp(next_of(&last),
                     "install the package exfatprogs (apt-get install "
                     "exfatprogs)") == 0;
  return good ? 0 : 1;
}

static void test_children(void) {
  CHECK(in_child(without_streams) == 0, "works with streams 0 to 2 closed");
  CHECK(in_child(with_small_files) == 0,
        "a folder that refuses the size is named");
  CHECK(in_child(in_missing_folder) == 0, "a missing folder is named");
  int missing = in_child(without_tool);
  if (missing == 77) {
    SKIP("needs root and mount namespaces", "a missing tool names its package");
  } else {
    CHECK(missing == 0, "a missing tool names its package");
  }
}

/* ---- parts --------------------------------------------------------------- */

/* What mkfs.exfat itself writes: nt_mkfs() has put our checksum there. */
static bool made_by_tool(unsigned char *region, size_t length) {
  static struct fake_volume volume;
  make_volume(&volume, 48 * MIB, 512, 0);
  bool good = succeeds("mkfs.exfat") &&
              pread(volume.fd, region, length, 0) == (ssize_t)length;
  drop_volume(&volume);
  unlink(image_path());
  return good;
}

static void test_exfat(void) {
  static unsigned char before[12 * 512], after[12 * 512];
  struct nt_mkfs_request r = request("exfat", 48 * MIB);
  struct nt_probe made;
  struct nt_error err = {0};
  int fd = -1;
  CHECK(made_by_tool(before, sizeof(before)), "exFAT by the tool alone");
  memcpy(after, before, sizeof(after));
  nt_exfat_place(after, 512, 0);
  CHECK(memcmp(before, after, sizeof(after)) == 0,
        "the same place gives mkfs.exfat's own checksum");
  nt_exfat_place(after, 512, UINT64_C(0x0123456789ABCDEF));
  CHECK(memcmp(after + 64, "\xEF\xCD\xAB\x89\x67\x45\x23\x01", 8) == 0,
        "the offset is little-endian");
  CHECK(memcmp(before + 11 * 512, after + 11 * 512, 4) != 0,
        "another place gives another checksum");
  CHECK(memcmp(after + 11 * 512, after + 11 * 512 + 4, 508) == 0,
        "the checksum fills its sector");
  CHECK(memcmp(before + 72, after + 72, 11 * 512 - 72) == 0,
        "all else stays as it is");
  r.start = 2048 * 512;
  CHECK(nt_ok(nt_mkfs(&r, &fd, &made, &err)) &&
            nt_ok(nt_scratch_read(fd, 0, before, sizeof(before), &err)) &&
            nt_ok(nt_scratch_read(fd, sizeof(after), after, sizeof(after),
                                  &err)) &&
            memcmp(before, after, sizeof(after)) == 0,
        "the backup region is the same");
  close(fd);
}

static void test_ranges(void) {
  struct nt_ranges ranges = {0};
  struct nt_error err = {0};
  int fd = -1;
  CHECK(nt_ok(nt_scratch_open(16 * MIB, &fd, &err)), "a scratch file");
  CHECK(nt_ok(nt_ranges_add_data(&ranges, fd, 0, 16 * MIB, 4096, &err)) &&
            ranges.count == 0,
        "an empty one has no data");
  nt_scratch_write(fd, MIB, "\0", 1, &err);
  nt_scratch_write(fd, 4 * MIB - 1, "xy", 2, &err);
  nt_scratch_write(fd, 16 * MIB - 1, "x", 1, &err);
  CHECK(nt_ok(nt_ranges_add_data(&ranges, fd, 4096, 16 * MIB, 512, &err)),
        "listed");
  bool whole = true, rising = true;
  uint64_t end = 0, bytes = 0;
  for (size_t i = 0; i < ranges.count; i++) {
    const struct nt_range *range = &ranges.at[i];
    whole = whole && range->offset % 512 == 0 && range->length % 512 == 0;
    rising = rising && (i == 0 || range->offset > end);
    end = range->offset + range->length;
    bytes += range->length;
  }
  CHECK(ranges.count == 3 && ranges.at[0].offset == MIB && whole && rising &&
            end == 16 * MIB && bytes < MIB,
        "zeros that were written are data; %zu ranges", ranges.count);
  nt_ranges_free(&ranges);
  /* Larger than what the host's file system allocates at once. */
  CHECK(nt_ok(nt_ranges_add_data(&ranges, fd, 0, 16 * MIB, 65536, &err)) &&
            ranges.count == 3 && ranges.at[1].offset == 4 * MIB - 65536 &&
            ranges.at[1].length == 2 * 65536,
        "ranges begin and end with whole sectors");
  nt_ranges_free(&ranges);
  /* One byte in every page but one of two: as many extents as can be. */
  for (uint64_t at = 0; at < MIB; at += 8192) {
    nt_scratch_write(fd, at, "x", 1, &err);
  }
  CHECK(nt_ok(nt_ranges_add_data(&ranges, fd, 0, MIB / 2, 512, &err)) &&
            ranges.count == 64,
        "many ranges, and none past the end: %zu", ranges.count);
  CHECK(nt_ok(nt_ranges_add(&ranges, 5, 0, &err)) && ranges.count == 64,
        "an empty range is left out");
  nt_ranges_free(&ranges);
  CHECK(nt_ok(nt_ranges_add_data(&ranges, fd, 0, MIB, 65536, &err)) &&
            ranges.count == 16 && ranges.at[1].offset == 65536,
        "coarse units join: %zu", ranges.count);
  nt_ranges_free(&ranges);
  close(fd);
}

static void test_probe(void) {
  static struct fake_volume volume;
  struct nt_probe probe;
  struct nt_error err = {0};
  static const unsigned char table[66] = {
      0x80, 1, 1, 0, 0x0E, 0xFE, 0xFF,        0xFF,       0,
      8,    0, 0, 0, 0x10, 0,    [64] = 0x55, [65] = 0xAA};
  make_volume(&volume, 16 * MIB, 512, 0);
  CHECK(nt_ok(probe_fd(volume.fd, 0, 0, &probe, &err)) &&
            strcmp(probe.file_system, "RAW") == 0,
        "nothing is RAW");
  CHECK(nt_ok(probe_fd(volume.fd, 0, 512, &probe, &err)) &&
            strcmp(probe.file_system, "RAW") == 0,
        "a tiny region is RAW");
  CHECK(nt_ok(probe_fd(volume.fd, 0, volume.length, &probe, &err)) &&
            strcmp(probe.file_system, "RAW") == 0,
        "zeros are RAW");
  CHECK(succeeds("mkfs.fat -n ONE"), "mkfs.fat");
  put_bytes_at(&volume, 446, table, sizeof(table));
  CHECK_TEXT(probed(&volume), "FAT16", "FAT with a partition table inside");
  CHECK(nt_ok(probe_fd(volume.fd, 512, 8 * MIB, &probe, &err)) &&
            strcmp(probe.file_system, "RAW") == 0,
        "a region beside it is RAW");
  put_bytes_at(&volume, 65536 + 64, "_BHRfS_M", 8);
  CHECK_TEXT(probed(&volume), "FAT16", "a signature elsewhere changes nothing");
  CHECK(!nt_ok(probe_fd(-1, 0, MIB, &probe, &err)), "no file is an error");
  drop_volume(&volume);
}

int main(void) {
  make_work();
  test_list();
  test_refusals();
  test_exit_status();
  test_big_sectors();
  test_exfat_sectors();
  test_count();
  test_labels();
  test_wrong_labels();
  use_own_tools(true);
  test_surroundings();
  test_bad_tools();
  test_no_start();
  test_interruptions();
  test_inherited_signals();
  test_ignored_children();
  use_own_tools(false);
  test_find();
  test_children();
  test_exfat();
  test_ranges();
  test_probe();
  return check_done();
}
