/*
 * What format.c and formatter.c share: one format by Windows' own formatter.
 * Nobody else includes this header.
 */
#ifndef NT_WIN32_FORMATTER_H
#define NT_WIN32_FORMATTER_H

#include "../../format.h"
#include "../../format_check.h"
#include "../request/machine.h"

struct win32_failure; /* how FormatEx says that it fails */

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
  /* What its callback was told. */
  uint64_t reported; /* bytes, to progress */
  bool begun;        /* it may have written */
  bool cancelled;
  bool done, succeeded;
  const struct win32_failure *failure; /* the first one; NULL: none was named */
  char output[160];                    /* its last words */
};

/* ---- formatter.c: FormatEx ------------------------------------------------
 */

/* Finds out what to ask FormatEx for. Refuses all that can be refused while
 * the lock is held; changes nothing. */
nt_status nt__win32_format_prepare(struct win32_format *f);

/* Runs FormatEx, and makes of what its callback was told a status, an error
 * and its outcome. */
nt_status nt__win32_format_run(struct win32_format *f);

/* Whether a file system, as volumes are described, is the one that was asked
 * for. */
bool nt__win32_format_makes(const struct win32_format *f, const char *made);

#endif
