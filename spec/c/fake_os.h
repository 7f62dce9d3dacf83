/*
 * A Windows of fakes: a table as struct nt_win32_os with volumes and disks
 * that a test sets up, a log of the calls, and faults.
 *
 * Defined by fake_os.c, which every win32_*_test links.
 */
#ifndef FAKE_OS_H
#define FAKE_OS_H

#include "nt/win32/os/os.h"
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

/* Codes of fake_answer for what is no control code. Their `data` is not used:
 * bytes come from and go to `content`. */
#define FAKE_READ 1U
#define FAKE_WRITE 2U
#define FAKE_FLUSH 3U
#define FAKE_STANDARD_INFORMATION 4U

/* How create_file answers; the first row that fits is taken. A name that fits
 * no row opens. */
struct fake_open {
  const char *name; /* part of the name; NULL ends the list */
  uint32_t error;   /* 0: opens */
  nt_status status; /* told with the error */
  bool directory;   /* for NT_WIN32_STANDARD_INFORMATION; names that end
                       with a backslash are directories anyway */
  int times;        /* as in fake_answer */
};

struct fake_process {
  uint32_t pid; /* 0 ends the list */
  const char *program;
};

struct fake_interface {
  const uint8_t *class_guid; /* NULL: any class */
  const char *name;          /* NULL ends the list */
  const char *instance;      /* of its device, whose number is the row's + 1 */
};

/* One call of the formatter's callback. */
struct fake_format_call {
  uint32_t command; /* FAKE_FORMAT_END ends the list */
  uint32_t action;
  const void *data;
};
#define FAKE_FORMAT_END 0xFFFFFFFFU

struct fake_os {
  const struct fake_volume *volumes;
  struct fake_answer *answers;
  struct fake_open *opens;
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
  bool ends_at_cancel; /* ... and then with `later`: it was faster */
  bool pends;          /* reads and writes are pending before they end */
  char log[16384];     /* "create_file \\.\D:\ncontrol lock\n" */
  unsigned char *content; /* of every file that is read or written */
  uint32_t content_length;

  /* What the last create_file was asked for. */
  uint32_t access, share, disposition, flags;
  uint32_t largest; /* longest piece that was read or written */

  /* The system. */
  uint32_t version;                 /* 0: 0x0A00 */
  const char *system_directory;     /* NULL: "C:\Windows\system32" */
  const char *system_partition;     /* NULL: "\Device\HarddiskVolume1" */
  const char *const *page_files;    /* "\??\C:\pagefile.sys", NULL at the end */
  const struct fake_process *users; /* processes_using any file */
  const struct fake_process *processes; /* NULL: `users` */

  /* Plug and Play. */
  const struct fake_interface *interfaces;
  uint32_t parents; /* how many devices above each; device n + 100 is
                       the parent of device n */
  uint32_t removal; /* CONFIGRET of query_and_remove, request_eject */
  struct nt_win32_veto veto;
  uint32_t remove_error; /* of remove_device */
  bool reboot;

  /* Notifications that arrived. */
  const struct nt_win32_notification *notifications;
  size_t notification_count;

  /* The formatter. */
  const struct fake_format_call *format_calls;
  uint32_t format_error;
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
 * NULL. A line may be cut at a space: "control lock" fits
 * "control lock \\.\D:". */
bool fake_log_has(const char *first, ...);

/* How many lines of the log begin so. */
int fake_log_count(const char *line);

/* Ends every request that is still pending, as a driver does that comes back
 * late. */
void fake_end_pending(void);

#endif
