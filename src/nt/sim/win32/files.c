/*
 * Files in the image by their paths, on a system without a library that reads
 * them: The Sleuth Kit is not part of the Windows build. Only the root folder
 * opens, because it needs no looking up; any other path is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "../files.h"

/* The root folder, which is all that there is. */
struct sim_files {
  char path[2];
  unsigned handles; /* how many have it */
};

static nt_status refuse(struct nt_error *err) {
  nt_refuse(err, NT_REASON_NO_FILE_READER,
            "this build cannot look into the file systems of images");
  nt_hint(err,
          "open the volume or its root folder; a build on Linux, with The "
          "Sleuth Kit, opens files too");
  return NT_STATUS_NOT_SUPPORTED;
}

nt_status nt__sim_files_open(struct sim_machine *m,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t length, uint32_t sector_size,
                             const char *file_system, const char *path,
                             struct sim_files **out, struct nt_error *err) {
  (void)m, (void)extents, (void)count, (void)length, (void)sector_size,
      (void)file_system;
  return nt__sim_files_open_root(path, out, err);
}

nt_status nt__sim_files_open_root(const char *path, struct sim_files **out,
                                  struct nt_error *err) {
  if (path[strspn(path, "\\")] != '\0') {
    return refuse(err);
  }
  struct sim_files *root = malloc(sizeof *root);
  if (!root) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  *root = (struct sim_files){.path = "\\", .handles = 1};
  *out = root;
  return NT_STATUS_SUCCESS;
}

bool nt__sim_files_is_directory(const struct sim_files *file) {
  (void)file;
  return true;
}

const char *nt__sim_files_path(const struct sim_files *file) {
  return file->path;
}

uint64_t nt__sim_files_size(const struct sim_files *file) {
  (void)file;
  return 0;
}

nt_status nt__sim_files_read(struct sim_files *file, uint64_t offset, void *buf,
                             size_t len, size_t *done, struct nt_error *err) {
  (void)file, (void)offset, (void)buf, (void)len, (void)done;
  return nt_refuse_as(err, NT_STATUS_INVALID_DEVICE_REQUEST,
                      NT_REASON_NOT_A_VOLUME,
                      "a directory has no bytes to read");
}

uint64_t nt__sim_files_valid(struct sim_files *file) {
  (void)file;
  return 0;
}

int64_t nt__sim_files_id(const struct sim_files *file) {
  (void)file;
  return 0;
}

nt_status nt__sim_files_place(struct sim_files *file, uint64_t offset,
                              uint64_t *place, uint64_t *length,
                              struct nt_error *err) {
  (void)file, (void)offset, (void)place, (void)length;
  return refuse(err);
}

nt_status nt__sim_files_next(struct sim_files *file, uint64_t *cursor,
                             struct nt_directory_entry *out,
                             struct nt_error *err) {
  (void)file, (void)cursor, (void)out;
  return refuse(err);
}

struct sim_files *nt__sim_files_share(struct sim_files *file) {
  if (file) {
    file->handles++;
  }
  return file;
}

void nt__sim_files_close(struct sim_files *file) {
  if (file && --file->handles == 0) {
    free(file);
  }
}
