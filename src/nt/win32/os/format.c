/*
 * The part of the table of Windows about formatting: FormatEx of fmifs.dll.
 *
 * FormatEx passes no pointer of ours to its callback, so the callback finds the
 * format in a static variable. Only one format at a time can run in a process;
 * a second one is refused with ERROR_BUSY.
 */
#include "parts.h"

typedef BOOLEAN(NTAPI *fmifs_callback_fn)(ULONG command, ULONG action,
                                          void *data);
typedef void(NTAPI *format_ex_fn)(WCHAR *root, ULONG media, WCHAR *file_system,
                                  WCHAR *label, BOOLEAN quick,
                                  ULONG cluster_size,
                                  fmifs_callback_fn callback);

static volatile LONG running; /* 1: the slot is taken */
static nt_win32_format_fn slot_callback;
static void *slot_ctx;

static BOOLEAN NTAPI called_back(ULONG command, ULONG action, void *data) {
  return slot_callback(slot_ctx, command, action, data);
}

/* FormatEx only reads its texts, but their type is not const. */
static WCHAR *unconst(const WCHAR *text) {
  return (WCHAR *)(uintptr_t)text;
}

uint32_t nt__os_format(const nt_wchar *root, uint32_t media,
                       const nt_wchar *file_system, const nt_wchar *label,
                       bool quick, uint32_t cluster_size,
                       nt_win32_format_fn callback, void *ctx) {
  format_ex_fn format = (format_ex_fn)nt__os_function(L"fmifs.dll", "FormatEx");
  if (format == NULL) {
    return ERROR_PROC_NOT_FOUND;
  }
  if (InterlockedCompareExchange(&running, 1, 0) != 0) {
    return ERROR_BUSY;
  }
  slot_callback = callback;
  slot_ctx = ctx;
  DWORD mode = nt__os_quiet_begin();
  format(unconst(root), media, unconst(file_system), unconst(label), quick,
         cluster_size, called_back);
  nt__os_quiet_end(mode);
  InterlockedExchange(&running, 0);
  return 0;
}
