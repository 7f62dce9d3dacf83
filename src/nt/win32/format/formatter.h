/*
 * Formatting once by Windows' own formatter: what format.c and formatter.c
 * share. No other file includes this header.
 */
#ifndef NT_WIN32_FORMATTER_H
#define NT_WIN32_FORMATTER_H

#include "../../format.h"
#include "../../format_check.h"
#include "../request/machine.h"

struct win32_failure; /* a command of FormatEx that means a failure */

/* One format. */
struct win32_format {
  struct win32_handle *h;
  const struct nt_format_options *options;
  struct nt_error *err;
  /* What FormatEx is asked for. */
  enum nt_format_fs fs;
  uint64_t length; /* bytes of the volume */
  uint32_t media;
  nt_wchar name[WIN32_NAME_MAX];
  nt_wchar label[40]; /* 32 units of NTFS, and a zero */
  /* What the callback was told. */
  uint64_t reported; /* bytes that were reported as progress */
  bool begun;        /* the formatter may have written */
  bool cancelled;
  bool done, succeeded;
  /* The first failure; NULL: the callback was told none. */
  const struct win32_failure *failure;
  char output[160]; /* the last text that the formatter printed */
};

/* ---- formatter.c: FormatEx ------------------------------------------------
 */

/* Finds the arguments of FormatEx. Refuses, while the lock is held, all that
 * can be refused; changes nothing. */
nt_status nt__win32_format_prepare(struct win32_format *f);

/* Runs FormatEx, and turns what its callback was told into a status, an error
 * and an outcome. */
nt_status nt__win32_format_run(struct win32_format *f);

/* Whether `made`, the name of a file system as volumes are described, is one
 * that this format was to make. */
bool nt__win32_format_makes(const struct win32_format *f, const char *made);

#endif
