/*
 * Who has a volume, disk or file open.
 *
 * Windows names the processes that the file system of the object knows to use
 * it, not their handles (FileProcessIdsUsingFileInformation). The handle that
 * asks always makes its own process one of them, and nothing tells whether that
 * process has another handle, too. So the own process is left out, and the list
 * says that it is not complete. If it always named the own process, the process
 * would be blamed for locks that others hold.
 */
#include "handle.h"

#define MOST_PIDS 1024

/* STATUS_INVALID_INFO_CLASS: this Windows or this file system does not know the
 * class. */
#define INVALID_INFO_CLASS 0xC0000003U

static const char *why_not(nt_status status) {
  switch (status) {
    case NT_STATUS_ACCESS_DENIED:
    case NT_STATUS_PRIVILEGE_NOT_HELD:
      return "Windows denies to name them to this user";
    case INVALID_INFO_CLASS:
    case NT_STATUS_INVALID_PARAMETER:
    case NT_STATUS_INVALID_DEVICE_REQUEST:
    case NT_STATUS_NOT_IMPLEMENTED:
    case NT_STATUS_NOT_SUPPORTED:
      return "this file system or Windows does not name them";
    case NT_STATUS_VOLUME_DISMOUNTED:
      return "the volume is dismounted and cannot be asked";
    default:
      return "Windows failed to name them";
  }
}

static void add(struct win32_handle *h, uint32_t pid, struct nt_error *err) {
  nt_wchar name[WIN32_NAME_MAX];
  char program[sizeof(((struct nt_holder *)0)->program)] = "";
  /* Each name costs a snapshot of all processes, so only the names that the
   * error keeps are looked up. */
  if (err->holders != NULL && err->holders_kept < NT_MAX_HOLDERS &&
      h->os->process_name(pid, name, WIN32_NAME_MAX) == 0) {
    nt__win32_show(name, program, sizeof(program));
  }
  nt_add_holder(err, pid, false, program, "has it open");
}

static const char *const NEVER_ALL =
    "Windows does not tell of other handles of this process, of drivers "
    "and of services in the kernel";

/* Finds the processes that use the object of `h`. *missing says why the list is
 * incomplete or not known. */
static uint32_t ask(struct win32_handle *h, uint32_t pids[MOST_PIDS],
                    const char **missing) {
  uint32_t count = 0;
  if (h->os->processes_using == NULL) {
    *missing = "only Windows Vista and newer can name them";
    return 0;
  }
  nt_status status =
      h->file == NT_WIN32_NO_HANDLE
          ? NT_STATUS_INVALID_HANDLE
          : h->os->processes_using(h->file, pids, MOST_PIDS, &count);
  *missing = nt_ok(status) ? NEVER_ALL : why_not(status);
  return nt_ok(status) ? count : 0;
}

/* The cursor is a process number, because Windows returns the processes in no
 * order. */
nt_status nt__win32_next_holder(struct nt_handle *handle, uint64_t *cursor,
                                struct nt_holder *out, const char **missing,
                                struct nt_error *err) {
  struct win32_handle *h = nt__win32_handle(handle);
  uint32_t pids[MOST_PIDS];
  uint32_t count = ask(h, pids, missing);
  uint32_t own = h->os->current_process();
  uint64_t next = UINT64_MAX;
  (void)err;
  for (uint32_t i = 0; i < count && i < MOST_PIDS; i++) {
    if (pids[i] != own && pids[i] > *cursor && pids[i] < next) {
      next = pids[i];
    }
  }
  if (next == UINT64_MAX) {
    return NT_STATUS_NO_MORE_ENTRIES;
  }
  nt_wchar name[WIN32_NAME_MAX];
  *cursor = next;
  out->pid = (int64_t)next;
  nt_copy(out->how, sizeof(out->how), "has it open");
  if (h->os->process_name((uint32_t)next, name, WIN32_NAME_MAX) == 0) {
    nt__win32_show(name, out->program, sizeof(out->program));
  }
  return NT_STATUS_SUCCESS;
}

void nt__win32_add_holders(struct win32_handle *h, struct nt_error *err) {
  uint32_t pids[MOST_PIDS];
  if (err == NULL) {
    return;
  }
  err->holders_known = true;
  uint32_t count = ask(h, pids, &err->holders_missing);
  uint32_t told = count < MOST_PIDS ? count : MOST_PIDS;
  uint32_t own = h->os->current_process();
  for (uint32_t i = 0; i < told; i++) {
    if (pids[i] != own) {
      add(h, pids[i], err);
    }
  }
  err->holder_count += count - told;
}
