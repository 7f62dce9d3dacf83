/* Paths in the image: what each system has, in a folder of its own. */
#ifndef NT_SIM_FILES_H
#define NT_SIM_FILES_H

#include "machine.h"

/* Looks `path` ("\dir\file", "\" for the root) up in the file system of an
 * object that lies on `extents`; nt_probe() called it `file_system`. */
nt_status nt__sim_files_open(struct sim_machine *m,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t length, uint32_t sector_size,
                             const char *file_system, const char *path,
                             struct sim_files **out, struct nt_error *err);
/* Where nothing here reads the file system: only the root folder opens. */
nt_status nt__sim_files_open_root(const char *path, struct sim_files **out,
                                  struct nt_error *err);
bool nt__sim_files_is_directory(const struct sim_files *file);
/* The number of a file in its file system. */
int64_t nt__sim_files_id(const struct sim_files *file);
/* The path as the file system spells it: one name for one file. */
const char *nt__sim_files_path(const struct sim_files *file);
uint64_t nt__sim_files_size(const struct sim_files *file);
/* How many of its bytes have a value; those behind them read as zeros. */
uint64_t nt__sim_files_valid(struct sim_files *file);
nt_status nt__sim_files_read(struct sim_files *file, uint64_t offset, void *buf,
                             size_t len, size_t *done, struct nt_error *err);
/* Where on the volume the byte at `offset` lies, and in *length how many
 * follow it there. Refuses a file whose bytes do not lie there as they are. */
nt_status nt__sim_files_place(struct sim_files *file, uint64_t offset,
                              uint64_t *place, uint64_t *length,
                              struct nt_error *err);
/* The entries of a directory; *cursor is 0 at first. */
nt_status nt__sim_files_next(struct sim_files *file, uint64_t *cursor,
                             struct nt_directory_entry *out,
                             struct nt_error *err);
/* One more handle has it; each of them closes it. */
struct sim_files *nt__sim_files_share(struct sim_files *file);
void nt__sim_files_close(struct sim_files *file);

#endif
