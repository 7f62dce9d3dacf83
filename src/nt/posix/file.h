/*
 * An open file on POSIX. Only src/nt/posix and src/nt/sim/posix include this
 * header.
 */
#ifndef NT_POSIX_FILE_H
#define NT_POSIX_FILE_H

#include "../host.h"

struct nt_file {
  int fd;
  bool nameless; /* it never had a name */
};

/* Makes the name of a new file or folder durable. */
void nt__flush_folder_of(const char *path);

#endif
