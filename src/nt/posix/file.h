/*
 * An open file on POSIX, and what the files of the host share. Only
 * src/nt/posix and src/nt/sim/posix include this header.
 */
#ifndef NT_POSIX_FILE_H
#define NT_POSIX_FILE_H

#include "../host.h"

struct nt_file {
  int fd;
  bool nameless;        /* it never had a name */
  bool listed;          /* in the list of files that a child of fork closes */
  struct nt_file *next; /* the next in that list */
};

/* From now on no child of fork has the file. Returns an errno value. */
int nt__keep_from_children(struct nt_file *file);

/* Takes a byte that others may take so, too, but not alone. Returns an errno
 * value. */
int nt__share_byte(const struct nt_file *file, uint64_t byte);

/* Makes the name of a new file or folder durable. */
void nt__flush_folder_of(const char *path);

/* Moves a descriptor above 9. A program that is started with closed standard
 * streams would otherwise have it as one of them, and a script as one of the
 * low numbers that it uses itself. `low` is closed whatever happens. Returns -1
 * on failure, with the errno value in *number. */
int nt__descriptor_above(int low, int *number);

/* Returns when a process began, in the units of nt_process_start_us(). */
int64_t nt__process_start_us(int64_t id);

#endif
