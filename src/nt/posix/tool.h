/*
 * Running a command-line tool on a scratch file, without a shell or a terminal;
 * its output is kept.
 */
#ifndef NT_TOOL_H
#define NT_TOOL_H

#include "../error.h"

#define NT_TOOL_OUTPUT_MAX 4096

struct nt_tool_result {
  int exit_status;                 /* 0: success */
  int killed_by;                   /* signal number; 0: it ended by itself */
  char output[NT_TOOL_OUTPUT_MAX]; /* the last bytes of its output */
};

/* Finds an executable in PATH, then in the folders of administrators' tools.
 * Returns false when there is none. */
bool nt_tool_find(const char *name, char *path, size_t cap);

/* The name by which the tool gets its file on the command line. */
#define NT_TOOL_FILE "/dev/fd/3"

/* Runs the tool to its end. `arguments` starts with the tool's name and ends
 * with NULL. The tool gets `file` as NT_TOOL_FILE, an empty standard input, and
 * a small environment. `file` must be 10 or higher. When the tool ran and
 * failed, this function has succeeded. */
nt_status nt_tool_run(const char *path, const char *const *arguments, int file,
                      struct nt_tool_result *result, struct nt_error *err);

#endif
