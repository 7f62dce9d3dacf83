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
  bool listed;          /* among those that a child of fork does not get */
  struct nt_file *next; /* of the list */
};

/* Makes the name of a new file or folder durable. */
void nt__flush_folder_of(const char *path);

/* Moves a descriptor above 9: a program that is started with closed standard
 * streams must not lose it to them, nor a script to those that it numbers.
 * `low` is closed whatever happens. -1: *number is the errno value. */
int nt__descriptor_above(int low, int *number);

/* When a process began, as nt_process_start_us() says it. */
int64_t nt__process_start_us(int64_t id);

#endif
