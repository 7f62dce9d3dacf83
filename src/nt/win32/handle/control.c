/*
 * Control codes: checks before a code is sent, and what its refusal means. Row
 * numbers (L2, U2, F6 ...) are those of docs/rules.md 1.5 to 1.8.
 */
#include <string.h>

#include "../list/list.h"
#include "../request/request.h"
#include "handle.h"

/* The version of Windows XP 64 and Server 2003. */
#define SERVER_2003 0x0502U

#define PARTITION_MBR 0U
#define PARTITION_GPT 1U
#define MBR_TYPE_DYNAMIC 0x42U

static bool is_offline_or_online(uint32_t code) {
  return code == NT_IOCTL_VOLUME_OFFLINE || code == NT_IOCTL_VOLUME_ONLINE;
}

/* ---- questions ----------------------------------------------------------- */

/* Sends a code that returns a BOOLEAN; true when that is not 0. */
static bool answers_true(struct win32_handle *h, uint32_t code) {
  unsigned char answer[4] = {0};
  size_t length = 0;
  nt_status status = nt__win32_request(h, code, NULL, 0, answer, sizeof(answer),
                                       &length, NULL);
  return nt_ok(status) && length > 0 && answer[0] != 0;
}

static bool is_cluster_shared(struct win32_handle *h) {
  return answers_true(h, NT_IOCTL_VOLUME_IS_CSV) ||
         answers_true(h, NT_FSCTL_IS_VOLUME_OWNED_BYCSVFS);
}

static bool is_offline(struct win32_handle *h) {
  size_t length;
  return h->base.kind != NT_KIND_FILE && h->base.kind != NT_KIND_DIRECTORY &&
         nt_ok(nt__win32_request(h, NT_IOCTL_VOLUME_IS_OFFLINE, NULL, 0, NULL,
                                 0, &length, NULL));
}

/* The partition of a volume on dynamic disks has a type of its own: 0x42, or
 * the GUID af9b60a0-1431-4f62-bc68-3311714a69ad of LDM data. */
static bool is_dynamic(struct win32_handle *h) {
  static const unsigned char ldm_data[16] = {0xA0, 0x60, 0x9B, 0xAF, 0x31, 0x14,
                                             0x62, 0x4F, 0xBC, 0x68, 0x33, 0x11,
                                             0x71, 0x4A, 0x69, 0xAD};
  /* PARTITION_INFORMATION_EX: u32 style at 0, at 32 u8 type or GUID type. */
  unsigned char info[144] = {0};
  size_t length = 0;
  nt_status status =
      nt__win32_request(h, NT_IOCTL_DISK_GET_PARTITION_INFO_EX, NULL, 0, info,
                        sizeof(info), &length, NULL);
  if (!nt_ok(status) || length < 48 || info[1] || info[2] || info[3]) {
    return false;
  }
  return (info[0] == PARTITION_MBR && info[32] == MBR_TYPE_DYNAMIC) ||
         (info[0] == PARTITION_GPT &&
          memcmp(info + 32, ldm_data, sizeof(ldm_data)) == 0);
}

/* ---- refusals ------------------------------------------------------------ */

/* F8 and section 3: the cluster service itself keeps track of whether these
 * volumes are online. A change behind its back would make it wrong. */
static nt_status refuse_cluster_shared(struct nt_error *err) {
  return nt_refuse(
      err, NT_REASON_CLUSTER_SHARED,
      "cluster shared volumes do not support it: the cluster service puts "
      "them online and offline itself");
}

/* L6, L7, D5, F5: Windows refuses a volume that the system needs in the same
 * way as one that is in use. But here waiting does not help, so the error says
 * it. */
static bool explain_system(struct win32_handle *h, struct nt_error *err) {
  struct nt_volume_info info = {0};
  struct nt_error ignored = {0};
  if (!nt_ok(nt__win32_info(&h->base, &info, &ignored))) {
    return false;
  }
  if (info.flags & NT_VOLUME_PAGEFILE) {
    nt_error_because(err, NT_REASON_PAGE_FILE, "the volume holds a page file");
    return true;
  }
  if (info.flags & (NT_VOLUME_SYSTEM | NT_VOLUME_BOOT)) {
    nt_error_because(err, NT_REASON_SYSTEM_VOLUME,
                     "the system runs from this volume");
    return true;
  }
  return false;
}

/* L2, L3, L9 */
static void explain_lock(struct win32_handle *h, struct nt_error *err) {
  if (h->base.locked) {
    nt_error_because(
        err, NT_REASON_ALREADY_LOCKED,
        "this handle holds the lock already, and locks do not nest");
    return;
  }
  if (explain_system(h, err)) {
    return;
  }
  nt_error_because(err, NT_REASON_IN_USE, NULL);
  nt__win32_add_holders(h, err);
}

/* L11, L12, U5, D6: only a volume handle with the right may do this. */
static void explain_manage(const struct win32_handle *h, struct nt_error *err) {
  if (h->base.kind == NT_KIND_FILE || h->base.kind == NT_KIND_DIRECTORY) {
    nt_error_because(err, NT_REASON_NOT_A_VOLUME,
                     "this is a handle to a file or directory");
  } else if (h->base.kind == NT_KIND_VOLUME) {
    nt_error_because(
        err, NT_REASON_PRIVILEGE,
        "the handle was opened without the right to manage the volume");
  }
}

static bool is_manage(uint32_t code) {
  return code == NT_FSCTL_LOCK_VOLUME || code == NT_FSCTL_UNLOCK_VOLUME ||
         code == NT_FSCTL_DISMOUNT_VOLUME;
}

static void explain_dismount(struct win32_handle *h, struct nt_error *err) {
  if (!explain_system(h, err)) {
    nt_hint(err, "lock the volume first, or close the handle that locked it");
  }
}

/* F6, F7 */
static void explain_unsupported(struct win32_handle *h, struct nt_error *err) {
  if (h->os->version() > SERVER_2003) {
    nt_hint(err,
            "keep it locked or dismounted instead: its driver has no offline");
    return;
  }
  bool dynamic = is_dynamic(h);
  nt_error_because(err, dynamic ? NT_REASON_DYNAMIC_DISK : NT_REASON_NONE,
                   "Windows XP and Server 2003 do not support it for dynamic "
                   "disks%s",
                   dynamic ? ", and this volume is on one" : "");
  nt_hint(err, "use a volume on a basic disk, or a newer Windows");
}

static bool is_unknown_code(nt_status status) {
  return status == NT_STATUS_INVALID_DEVICE_REQUEST ||
         status == NT_STATUS_NOT_SUPPORTED ||
         status == NT_STATUS_NOT_IMPLEMENTED;
}

static bool is_busy(nt_status status) {
  return status == NT_STATUS_ACCESS_DENIED || status == NT_STATUS_DEVICE_BUSY ||
         status == NT_STATUS_SHARING_VIOLATION;
}

void nt__win32_explain_handle(struct win32_handle *h, uint32_t code,
                              struct nt_error *err) {
  if (err == NULL || err->native_kind == NT_NATIVE_NONE) {
    return; /* the refusal comes from our own checks, which have explained it */
  }
  nt_status status = err->status;
  if (code == NT_FSCTL_LOCK_VOLUME && is_busy(status)) {
    explain_lock(h, err);
  } else if (is_manage(code) && status == NT_STATUS_INVALID_PARAMETER) {
    explain_manage(h, err);
  } else if (code == NT_FSCTL_DISMOUNT_VOLUME &&
             status == NT_STATUS_ACCESS_DENIED) {
    explain_dismount(h, err);
  } else if (is_offline_or_online(code) && status == NT_STATUS_ACCESS_DENIED) {
    explain_system(h, err);
  } else if (is_offline_or_online(code) && is_unknown_code(status)) {
    explain_unsupported(h, err);
  } else if (is_unknown_code(status) && h->base.kind == NT_KIND_DEVICE &&
             nt_code_is_fsctl(code)) { /* L13 */
    nt_error_because(
        err, NT_REASON_HANDLE_ACCESS,
        "the handle was opened without data access and reaches no file system");
  } else if (status == NT_STATUS_DEVICE_NOT_READY && is_offline(h)) { /* F9 */
    nt_error_because(err, NT_REASON_OFFLINE, "the volume is offline");
  }
  nt__win32_explain(err);
}

/* ---- the slot ------------------------------------------------------------ */

nt_status nt__win32_control(struct nt_handle *handle, uint32_t code,
                            const void *in, size_t in_len, void *out,
                            size_t out_cap, size_t *out_len,
                            struct nt_error *err) {
  struct win32_handle *h = nt__win32_handle(handle);
  NT_TRY(nt__win32_check_usable(h, err));
  if (is_offline_or_online(code) && is_cluster_shared(h)) {
    return refuse_cluster_shared(err);
  }
  nt_status status =
      nt__win32_request(h, code, in, in_len, out, out_cap, out_len, err);
  if (!nt_ok(status)) {
    nt__win32_explain_handle(h, code, err);
  }
  return status;
}

/* A driver that gets a code through the wrong system call does not know the
 * code. Its refusal then does not mean what it means for the right call (obs
 * 35), so the error says which call was wrong. */
nt_status nt__win32_control_by(struct nt_handle *handle, bool file_system,
                               uint32_t code, const void *in, size_t in_len,
                               void *out, size_t out_cap, size_t *out_len,
                               struct nt_error *err) {
  struct win32_handle *h = nt__win32_handle(handle);
  NT_TRY(nt__win32_check_usable(h, err));
  nt_status status = nt__win32_request_by(h, file_system, code, in, in_len, out,
                                          out_cap, out_len, err);
  if (is_unknown_code(status)) {
    nt_error_because(err, NT_REASON_WRONG_ENTRY,
                     file_system
                         ? "a code of devices was sent to the file system"
                         : "a code of file systems was sent to the device");
  }
  if (!nt_ok(status)) {
    nt__win32_explain(err);
  }
  return status;
}
