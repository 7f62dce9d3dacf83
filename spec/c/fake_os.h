/*
 * A Windows of fakes: a table as struct nt_win32_os with volumes and disks
 * that a test sets up, a log of the calls, and faults.
 *
 * Defined by fake_os.c, which every win32_*_test links.
 */
#ifndef FAKE_OS_H
#define FAKE_OS_H

#include "nt/win32/os.h"
#include "nt/win32/win32.h"

struct fake_volume {
  const char *guid_path; /* "\\?\Volume{...}\"; NULL ends the list */
  const char *paths[4];  /* "D:\", "C:\mnt\data\" */
  const char *device;    /* "\Device\HarddiskVolume3" */
  const char *file_system, *label;
  uint32_t serial, drive_type, volume_flags;
  uint32_t information_error; /* of volume_information; 0: answers */
};

/* A scripted answer to a control code; the first row that fits is taken. */
struct fake_answer {
  uint32_t code;         /* 0 ends the list */
  const char *name;      /* part of the name of the file; NULL: any */
  nt_status status;      /* may be NT_STATUS_PENDING: see `later` */
  nt_status later;       /* status when the request ends after a wait */
  const void *data;      /* of the answer */
  uint32_t length;       /* of data */
  uintptr_t information; /* 0: length */
  int times;             /* taken so often, then the row is passed over; 0:
                            always */
};

struct fake_os {
  const struct fake_volume *volumes;
  struct fake_answer *answers;
  /* Call number `fail_at` (from 1) of all calls that can fail answers
   * fail_error (a Win32 error) or fail_status (an NTSTATUS). 0: none. */
  int fail_at;
  uint32_t fail_error;
  nt_status fail_status;
  int calls;           /* counted so far */
  int opened;          /* handles that are open now: files, events, finds,
                          listeners */
  int wrong_closes;    /* of handles that were not open */
  bool never_ends;     /* pending requests end only when they are cancelled */
  bool ignores_cancel; /* ... and not even then */
  char log[16384];     /* "create_file \\.\D:\ncontrol lock\n" */
  unsigned char *content; /* of every file that is read or written */
  uint32_t content_length;
};

extern struct fake_os fake_os;

/* The table. A test may copy it and set pointers to NULL or to functions of
 * its own. */
extern const struct nt_win32_os fake_os_table;

/* Everything back to the start: no volumes, no answers, no faults. */
void fake_os_reset(void);

/* UTF-16 of an ASCII or UTF-8 text, in one of a few rotating buffers. */
const nt_wchar *fake_wide(const char *text);

/* True when the lines occur in the log in this order; the list ends with
 * NULL. */
bool fake_log_has(const char *first, ...);

#endif
