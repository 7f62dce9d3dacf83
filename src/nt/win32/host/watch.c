/*
 * Waiting until another process writes to a file. Windows tells of changes of a
 * folder.
 */
#include <stdlib.h>

#include "parts.h"

struct nt_watch {
  HANDLE change;
};

nt_status nt_watch_open(const char *folder, const char *name,
                        struct nt_watch **out, struct nt_error *err) {
  nt_wchar wide[HOST_PATH_MAX];
  (void)name; /* another file of the folder that is written to ends the wait,
                 too */
  nt_status status = nt__win32_wide(folder, wide, HOST_PATH_MAX, err);
  if (!nt_ok(status)) {
    return status;
  }
  struct nt_watch *watch = malloc(sizeof *watch);
  if (watch == NULL) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  watch->change = FindFirstChangeNotificationW(
      wide, FALSE, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE);
  if (watch->change == INVALID_HANDLE_VALUE) {
    status = nt__host_failed(err);
    free(watch);
    return status;
  }
  *out = watch;
  return NT_STATUS_SUCCESS;
}

nt_status nt_watch_wait(struct nt_watch *watch, uint32_t timeout, bool *wrote,
                        struct nt_error *err) {
  DWORD answer = WaitForSingleObject(watch->change, timeout);
  if (answer == WAIT_FAILED) {
    return nt__host_failed(err);
  }
  *wrote = answer == WAIT_OBJECT_0;
  return !*wrote || FindNextChangeNotification(watch->change)
             ? NT_STATUS_SUCCESS
             : nt__host_failed(err);
}

void nt_watch_close(struct nt_watch *watch) {
  if (watch != NULL) {
    FindCloseChangeNotification(watch->change);
    free(watch);
  }
}
