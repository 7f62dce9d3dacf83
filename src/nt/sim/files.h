/* Files in the file system of an image, by their paths. Each operating system
 * has this in a folder of its own. */
#ifndef NT_SIM_FILES_H
#define NT_SIM_FILES_H

#include "machine.h"

/* Looks up `path` ("\dir\file", "\" for the root) in the file system of an
 * object that lies on `extents`. `file_system` is the name that nt_probe() gave
 * it. */
nt_status nt__sim_files_open(struct sim_machine *m,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t length, uint32_t sector_size,
                             const char *file_system, const char *path,
                             struct sim_files **out, struct nt_error *err);
/* Opens the root folder of a file system that nothing here can read. Any other
 * path is refused. */
nt_status nt__sim_files_open_root(const char *path, struct sim_files **out,
                                  struct nt_error *err);
bool nt__sim_files_is_directory(const struct sim_files *file);
/* The number of a file in its file system. */
int64_t nt__sim_files_id(const struct sim_files *file);
/* The path as the file system spells it, so that each file has only one name.
 */
const char *nt__sim_files_path(const struct sim_files *file);
uint64_t nt__sim_files_size(const struct sim_files *file);
/* Returns how many bytes of the file have been written; those behind them read
 * as zeros. */
uint64_t nt__sim_files_valid(struct sim_files *file);
nt_status nt__sim_files_read(struct sim_files *file, uint64_t offset, void *buf,
                             size_t len, size_t *done, struct nt_error *err);
/* Finds out where on the volume the byte at `offset` lies, and in *length how
 * many bytes follow it there. Refuses a file whose bytes do not lie on the
 * volume as they are (compressed ones, for example). */
nt_status nt__sim_files_place(struct sim_files *file, uint64_t offset,
                              uint64_t *place, uint64_t *length,
                              struct nt_error *err);
/* Returns the next entry of a directory; *cursor is 0 at first. */
nt_status nt__sim_files_next(struct sim_files *file, uint64_t *cursor,
                             struct nt_directory_entry *out,
                             struct nt_error *err);
/* Notes that one more handle has the file. Each handle must close it. */
struct sim_files *nt__sim_files_share(struct sim_files *file);
void nt__sim_files_close(struct sim_files *file);

#endif
