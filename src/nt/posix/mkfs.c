/*
 * Making a file system in a scratch file with the mkfs tools: checks before the
 * run, the run, checks after it.
 */
#include "mkfs.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../label.h"
#include "../text.h"
#include "file.h"
#include "mkfs_rows.h"
#include "scratch.h"
#include "tool.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- checks -------------------------------------------------------------- */

static nt_status check_sectors(const struct nt_mkfs_row *row,
                               const struct nt_mkfs_request *r,
                               struct nt_error *err) {
  if (!nt_is_power_of_two(r->sector_size) || r->sector_size < 512 ||
      r->sector_size > row->biggest_sector) {
    nt_status status = nt_refuse(
        err, NT_REASON_SECTOR_SIZE,
        "%s makes file systems with sectors of 512%s bytes, the "
        "volume has sectors of %" PRIu32 " bytes",
        row->tool, row->biggest_sector > 512 ? " to 4096" : "", r->sector_size);
    nt_hint(err, "use ntfs or fat32");
    return status;
  }
  if (r->length / r->sector_size > row->most_volume_sectors) {
    return nt_refuse(
        err, NT_REASON_TOO_LARGE,
        "%s holds at most %" PRIu64 " sectors, the volume has %" PRIu64,
        row->fs, row->most_volume_sectors, r->length / r->sector_size);
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_cluster(const struct nt_mkfs_row *row,
                               const struct nt_mkfs_request *r,
                               struct nt_error *err) {
  uint64_t biggest = (uint64_t)row->most_cluster_sectors * r->sector_size;
  if (biggest > row->biggest_cluster) {
    biggest = row->biggest_cluster;
  }
  if (r->cluster_size == 0 ||
      (nt_is_power_of_two(r->cluster_size) &&
       r->cluster_size >= r->sector_size && r->cluster_size <= biggest)) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status = nt_refuse(err, NT_REASON_CLUSTER_SIZE,
                               "a cluster of %" PRIu32 " bytes does not fit %s",
                               r->cluster_size, row->fs);
  nt_hint(err, "use a power of two from %" PRIu32 " to %" PRIu64,
          r->sector_size, biggest);
  return status;
}

static nt_status check(enum nt_format_fs fs, const struct nt_mkfs_request *r,
                       struct nt_error *err) {
  const struct nt_mkfs_row *row = nt_mkfs_row(fs);
  NT_TRY(check_sectors(row, r, err));
  NT_TRY(check_cluster(row, r, err));
  return nt_label_check(fs, r->label, err);
}

/* ---- running ------------------------------------------------------------- */

/* Whether it is a line that a tool prints on success, too. */
static bool is_noise(const char *line, size_t length) {
  static const char *const noise[] = {
      "is not a block device", "forced anyway", "exfatprogs version",
      "format fail!",          "mkfs.fat 4",    "Cluster size has been",
      "Creating NTFS",
  };
  for (size_t i = 0; i < COUNT(noise); i++) {
    if (memmem(line, length, noise[i], strlen(noise[i])) != NULL) {
      return true;
    }
  }
  return strspn(line, " \t\r") >= length;
}

/* Finds the last line that says something; leaves out the tool's name and the
 * final period. */
static void last_words(const char *output, const char *tool, char *words,
                       size_t cap) {
  nt_copy(words, cap, "");
  for (const char *line = output; *line != '\0';) {
    size_t length = strcspn(line, "\n");
    if (!is_noise(line, length)) {
      size_t name = strlen(tool);
      bool named = strncmp(line, tool, name) == 0 && line[name] == ':';
      size_t skip = named ? name + 1 : 0;
      skip += strspn(line + skip, " \t");
      nt_format_text(words, cap, "%.*s", (int)(length - skip), line + skip);
      size_t end = strlen(words);
      while (end > 0 && strchr(". \r", words[end - 1]) != NULL) {
        words[--end] = '\0';
      }
    }
    line += length;
    line += *line == '\n';
  }
}

static nt_status refuse_missing(const struct nt_mkfs_row *row,
                                struct nt_error *err) {
  nt_status status =
      nt_refuse(err, NT_REASON_MKFS_MISSING, "%s is not installed", row->tool);
  nt_hint(err, "install the package %s (apt-get install %s)", row->package,
          row->package);
  return status;
}

/* Whether the tool found no room. The tools have different words for it, and
 * some say nothing. */
static bool ran_out_of_room(const struct nt_tool_result *result, int scratch) {
  return strstr(result->output, "No space left on device") != NULL ||
         strstr(result->output, "Disk quota exceeded") != NULL ||
         nt_scratch_is_full(scratch);
}

static nt_status refuse_full(const struct nt_mkfs_row *row,
                             struct nt_error *err) {
  nt_status status = nt_refuse(err, NT_REASON_DISK_FULL,
                               "%s found no room for its scratch file in %s",
                               row->tool, nt_scratch_folder());
  nt_hint(err, "free some space there, or set NTVOL_TMPDIR to another folder");
  return status;
}

static nt_status refused(const struct nt_mkfs_row *row,
                         const struct nt_tool_result *result, int scratch,
                         const char *otherwise, struct nt_error *err) {
  if (ran_out_of_room(result, scratch)) {
    return refuse_full(row, err);
  }
  char words[256];
  last_words(result->output, row->tool, words, sizeof(words));
  if (result->killed_by != 0) {
    nt_format_text(words, sizeof(words), "ended by signal %d",
                   result->killed_by);
  }
  nt_status status = nt_refuse_as(
      err,
      result->killed_by != 0 ? NT_STATUS_UNSUCCESSFUL
                             : NT_STATUS_INVALID_PARAMETER,
      result->killed_by != 0 ? NT_REASON_MKFS_KILLED : NT_REASON_MKFS_REFUSED,
      "%s: %s", row->tool, words[0] != '\0' ? words : otherwise);
  nt_hint(err, "use another file system or cluster size, or a larger volume");
  if (err != NULL) {
    err->native_kind = NT_NATIVE_EXIT;
    err->native =
        result->killed_by != 0 ? 128 + result->killed_by : result->exit_status;
  }
  return status;
}

static nt_status run(const struct nt_mkfs_row *row, const char *path,
                     const struct nt_mkfs_request *r, int scratch,
                     struct nt_tool_result *result, struct nt_error *err) {
  struct nt_arguments a = {0};
  a.at[a.count++] = row->tool;
  row->arguments(&a, r);
  a.at[a.count++] = NT_TOOL_FILE;
  NT_TRY(nt_tool_run(path, a.at, scratch, result, err));
  if ((result->exit_status != 0 || result->killed_by != 0)) {
    NT_TRY(refused(row, result, scratch, "failed without a word", err));
  }
  return NT_STATUS_SUCCESS;
}

/* The rules of label.c foresee this. They cannot know the tools of tomorrow. */
static nt_status verify_label(const struct nt_mkfs_row *row,
                              const struct nt_mkfs_request *r,
                              const struct nt_probe *made,
                              struct nt_error *err) {
  return strcmp(made->label, r->label) == 0
             ? NT_STATUS_SUCCESS
             : nt_refuse(err, NT_REASON_LABEL,
                         "%s makes the label '%s' of '%s'", row->tool,
                         made->label, r->label);
}

/* Checks the result. The exit status alone is not enough: some tools return 0
 * after a failure, and mkfs.fat may make another kind of FAT than it was asked
 * for. */
static nt_status verify(const struct nt_mkfs_row *row,
                        const struct nt_mkfs_request *r, int scratch,
                        const struct nt_tool_result *result,
                        struct nt_probe *made, struct nt_error *err) {
  const struct nt_file file = {.fd = scratch, .nameless = true};
  NT_TRY(nt_probe(&file, 0, r->length, made, err));
  for (size_t i = 0; i < COUNT(row->makes); i++) {
    if (row->makes[i] != NULL &&
        strcmp(row->makes[i], made->file_system) == 0) {
      return verify_label(row, r, made, err);
    }
  }
  if (strcmp(made->file_system, "RAW") == 0) {
    return refused(row, result, scratch, "made nothing", err);
  }
  nt_status status =
      nt_refuse(err, NT_REASON_MKFS_REFUSED,
                "%s made %s, not %s: the volume has the wrong size for it",
                row->tool, made->file_system, row->fs);
  nt_hint(err, "use fat, which takes the FAT that fits the size");
  return status;
}

static nt_status fill(const struct nt_mkfs_row *row, const char *path,
                      const struct nt_mkfs_request *r, int scratch,
                      struct nt_probe *made, struct nt_error *err) {
  struct nt_tool_result result;
  NT_TRY(run(row, path, r, scratch, &result, err));
  NT_TRY(verify(row, r, scratch, &result, made, err));
  if (row->finish != NULL) {
    NT_TRY(row->finish(r, scratch, err));
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt_mkfs(const struct nt_mkfs_request *request, int *scratch,
                  struct nt_probe *made, struct nt_error *err) {
  struct nt_mkfs_request r = *request;
  char path[1024];
  enum nt_format_fs fs;
  r.label = r.label != NULL ? r.label : "";
  NT_TRY(nt_format_find_fs(r.fs, &fs, err));
  const struct nt_mkfs_row *row = nt_mkfs_row(fs);
  nt_status status = check(fs, &r, err);
  if (nt_ok(status) && !nt_tool_find(row->tool, path, sizeof(path))) {
    status = refuse_missing(row, err);
  }
  int fd = -1;
  if (nt_ok(status)) {
    status = nt_scratch_open(r.length, &fd, err);
  }
  if (nt_ok(status)) {
    status = fill(row, path, &r, fd, made, err);
  }
  if (nt_ok(status)) {
    *scratch = fd;
  } else if (fd >= 0) {
    close(fd);
  }
  return status;
}
