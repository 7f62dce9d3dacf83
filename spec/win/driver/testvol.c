/*
 * A volume for the specs under Wine: \\.\V:, 1 MiB of memory, that is taken
 * offline and put online, and that answers what a spec tells it to.
 *
 * It is loaded by CreateServiceW and StartServiceW into Wine's process for
 * drivers. It knows nothing of file systems, locks or Plug and Play, and is
 * not for a real Windows.
 *
 * A spec prepares an answer with CODE_PREPARE and a struct answer. The next
 * requests with that code (or read or write) end with its status and
 * information, after its wait. Numbers of requests come from CODE_COUNTS.
 */
#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0600 /* what the header itself needs */
#include <ddk/wdm.h>

#define VOLUME_SIZE (1024U * 1024U)
#define SECTOR 512U

/* ---- codes --------------------------------------------------------------- */

/* Buffered, any access; the device is not one of Microsoft's. */
#define TEST_DEVICE 0x8137U
#define TEST_CODE(number) (TEST_DEVICE << 16 | (number) << 2)

#define CODE_RESET TEST_CODE(0x800U)   /* everything back to the start */
#define CODE_PREPARE TEST_CODE(0x801U) /* in: struct answer */
#define CODE_RELEASE TEST_CODE(0x802U) /* who waits ends now */
#define CODE_COUNTS TEST_CODE(0x803U)  /* out: struct counts */

/* In the place of a code: what is not a control code. */
#define REQUEST_READ 1U
#define REQUEST_WRITE 2U
#define REQUEST_FLUSH 3U

#define VOLUME_CODE(number, access) \
  CTL_CODE(0x56, number, METHOD_BUFFERED, access)
#define READ_WRITE (FILE_READ_ACCESS | FILE_WRITE_ACCESS)
#define CODE_EXTENTS VOLUME_CODE(0, FILE_ANY_ACCESS)
#define CODE_SUPPORTS_OFFLINE VOLUME_CODE(1, FILE_ANY_ACCESS)
#define CODE_ONLINE VOLUME_CODE(2, READ_WRITE)
#define CODE_OFFLINE VOLUME_CODE(3, READ_WRITE)
#define CODE_IS_OFFLINE VOLUME_CODE(4, FILE_ANY_ACCESS)
#define CODE_GEOMETRY CTL_CODE(0x07, 0, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define CODE_LENGTH CTL_CODE(0x07, 23, METHOD_BUFFERED, FILE_READ_ACCESS)
#define CODE_GEOMETRY_EX CTL_CODE(0x07, 40, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define CODE_NUMBER CTL_CODE(0x2D, 0x420, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define CODE_DISMOUNT CTL_CODE(0x09, 8, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* ---- what specs send and get --------------------------------------------- */

enum {
  ANSWER_IGNORES_CANCEL = 1,
  ANSWER_FILLS_OUTPUT = 2 /* with 0xEE */
};

struct answer {
  ULONG code;
  LONG status;
  ULONG wait;     /* milliseconds; 0: none, 0xFFFFFFFF: until released */
  ULONG flags;    /* ANSWER_* */
  ULONG times;    /* so often; 0: not at all, the row is free */
  ULONG reserved; /* keeps the next number aligned */
  ULONG64 information;
};

struct counts {
  ULONG opened, closed; /* handles */
  ULONG dismounts;      /* FSCTL_DISMOUNT_VOLUME */
  ULONG waiting;        /* requests that have not ended yet */
  ULONG cancelled;      /* requests that ended by a cancel */
  ULONG reads, writes;
  ULONG offline;
};

/* ---- state --------------------------------------------------------------- */

#define ROWS 8

/* A request that waits. Its thread ends it; a cancel only wakes the thread. */
struct slow {
  LONG used;
  IRP *irp;
  KEVENT wake;
  LARGE_INTEGER wait;
  BOOLEAN for_ever;
  BOOLEAN cancelled;
  struct answer answer;
};

static UCHAR content[VOLUME_SIZE];
static struct answer rows[ROWS];
static struct slow slows[ROWS];
static struct counts counts;
static KSPIN_LOCK lock; /* of all above but what `used` guards */

DRIVER_INITIALIZE DriverEntry;

static void clear(void *at, SIZE_T length) {
  UCHAR *bytes = at;
  for (SIZE_T i = 0; i < length; i++) {
    bytes[i] = 0;
  }
}

static void copy(void *to, const void *from, SIZE_T length) {
  UCHAR *out = to;
  const UCHAR *in = from;
  for (SIZE_T i = 0; i < length; i++) {
    out[i] = in[i];
  }
}

static NTSTATUS complete(IRP *irp, NTSTATUS status, ULONG64 information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = (ULONG_PTR)information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static void count(ULONG *number, LONG by) {
  KIRQL irql;
  KeAcquireSpinLock(&lock, &irql);
  *number += (ULONG)by;
  KeReleaseSpinLock(&lock, irql);
}

/* ---- prepared answers ---------------------------------------------------- */

static BOOLEAN take_answer(ULONG code, struct answer *out) {
  KIRQL irql;
  BOOLEAN found = FALSE;
  KeAcquireSpinLock(&lock, &irql);
  for (int i = 0; i < ROWS && !found; i++) {
    if (rows[i].times > 0 && rows[i].code == code) {
      *out = rows[i];
      rows[i].times--;
      found = TRUE;
    }
  }
  KeReleaseSpinLock(&lock, irql);
  return found;
}

static NTSTATUS prepare(const struct answer *answer, ULONG length) {
  KIRQL irql;
  NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
  if (length < sizeof *answer) {
    return STATUS_INFO_LENGTH_MISMATCH;
  }
  KeAcquireSpinLock(&lock, &irql);
  for (int i = 0; i < ROWS && status != STATUS_SUCCESS; i++) {
    if (rows[i].times == 0) {
      rows[i] = *answer;
      status = STATUS_SUCCESS;
    }
  }
  KeReleaseSpinLock(&lock, irql);
  return status;
}

/* ---- requests that wait -------------------------------------------------- */

static void NTAPI cancel(DEVICE_OBJECT *device, IRP *irp) {
  struct slow *slow = irp->Tail.Overlay.DriverContext[0];
  (void)device;
  slow->cancelled = TRUE;
  KeSetEvent(&slow->wake, IO_NO_INCREMENT, FALSE);
  IoReleaseCancelSpinLock(irp->CancelIrql);
}

static void NTAPI end_slow(void *context) {
  struct slow *slow = context;
  IRP *irp = slow->irp;
  KIRQL irql;
  KeWaitForSingleObject(&slow->wake, Executive, KernelMode, FALSE,
                        slow->for_ever ? NULL : &slow->wait);
  if (IoSetCancelRoutine(irp, NULL) == NULL) {
    /* The cancel may have begun: it has ended when its lock is free. */
    IoAcquireCancelSpinLock(&irql);
    IoReleaseCancelSpinLock(irql);
  }
  NTSTATUS status = slow->cancelled ? STATUS_CANCELLED : slow->answer.status;
  ULONG64 information = slow->cancelled ? 0 : slow->answer.information;
  count(&counts.cancelled, slow->cancelled ? 1 : 0);
  count(&counts.waiting, -1);
  InterlockedExchange(&slow->used, 0);
  complete(irp, status, information);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static struct slow *free_slow(void) {
  for (int i = 0; i < ROWS; i++) {
    if (InterlockedCompareExchange(&slows[i].used, 1, 0) == 0) {
      return &slows[i];
    }
  }
  return NULL;
}

static NTSTATUS begin_slow(IRP *irp, const struct answer *answer) {
  HANDLE thread;
  struct slow *slow = free_slow();
  if (slow == NULL) {
    return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  }
  slow->irp = irp;
  slow->answer = *answer;
  slow->cancelled = FALSE;
  slow->for_ever = answer->wait == 0xFFFFFFFF;
  slow->wait.QuadPart = -10000LL * answer->wait; /* tenths of microseconds */
  KeInitializeEvent(&slow->wake, SynchronizationEvent, FALSE);
  irp->Tail.Overlay.DriverContext[0] = slow;
  count(&counts.waiting, 1);
  IoMarkIrpPending(irp);
  if (!(answer->flags & ANSWER_IGNORES_CANCEL)) {
    IoSetCancelRoutine(irp, cancel);
  }
  NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL,
                                         NULL, end_slow, slow);
  if (NT_SUCCESS(status)) {
    ZwClose(thread);
  } else {
    IoSetCancelRoutine(irp, NULL);
    InterlockedExchange(&slow->used, 0);
    count(&counts.waiting, -1);
    complete(irp, status, 0);
  }
  return STATUS_PENDING;
}

static void release(void) {
  for (int i = 0; i < ROWS; i++) {
    if (slows[i].used) {
      KeSetEvent(&slows[i].wake, IO_NO_INCREMENT, FALSE);
    }
  }
}

/* The prepared answer of a request, when there is one. */
static BOOLEAN prepared(IRP *irp, ULONG code, ULONG capacity,
                        NTSTATUS *status) {
  struct answer answer;
  UCHAR *out = irp->AssociatedIrp.SystemBuffer;
  if (!take_answer(code, &answer)) {
    return FALSE;
  }
  for (ULONG i = 0; (answer.flags & ANSWER_FILLS_OUTPUT) && out && i < capacity;
       i++) {
    out[i] = 0xEE;
  }
  *status = answer.wait != 0 ? begin_slow(irp, &answer)
                             : complete(irp, answer.status, answer.information);
  return TRUE;
}

/* ---- control codes ------------------------------------------------------- */

/* Answers with `length` bytes, or says that they do not fit. */
static NTSTATUS give(IRP *irp, ULONG capacity, const void *data, ULONG length) {
  if (capacity < length) {
    return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
  }
  copy(irp->AssociatedIrp.SystemBuffer, data, length);
  return complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS give_geometry(IRP *irp, ULONG capacity, ULONG length) {
  struct {
    LARGE_INTEGER cylinders;
    ULONG type, heads, sectors, sector_size;
    LARGE_INTEGER size;
  } geometry = {.type = 12, /* FixedMedia */
                .heads = 4,
                .sectors = 32,
                .sector_size = SECTOR};
  geometry.cylinders.QuadPart = VOLUME_SIZE / (4 * 32 * SECTOR);
  geometry.size.QuadPart = VOLUME_SIZE;
  return give(irp, capacity, &geometry, length);
}

/* All of disk 0, behind a first mebibyte. */
static NTSTATUS give_extents(IRP *irp, ULONG capacity) {
  struct {
    ULONG count, pad;
    ULONG disk, pad_2;
    LONGLONG start, length;
  } extents = {.count = 1, .start = VOLUME_SIZE, .length = VOLUME_SIZE};
  return give(irp, capacity, &extents, sizeof extents);
}

static NTSTATUS set_offline(IRP *irp, ULONG offline) {
  KIRQL irql;
  KeAcquireSpinLock(&lock, &irql);
  counts.offline = offline;
  KeReleaseSpinLock(&lock, irql);
  return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS reset(IRP *irp) {
  KIRQL irql;
  release();
  KeAcquireSpinLock(&lock, &irql);
  ULONG waiting = counts.waiting;
  clear(rows, sizeof rows);
  clear(&counts, sizeof counts);
  clear(content, sizeof content);
  counts.waiting = waiting;
  KeReleaseSpinLock(&lock, irql);
  return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS test_control(IRP *irp, ULONG code, ULONG in_length,
                             ULONG capacity) {
  switch (code) {
    case CODE_RESET:
      return reset(irp);
    case CODE_PREPARE:
      return complete(irp, prepare(irp->AssociatedIrp.SystemBuffer, in_length),
                      0);
    case CODE_RELEASE:
      release();
      return complete(irp, STATUS_SUCCESS, 0);
    case CODE_COUNTS:
      return give(irp, capacity, &counts, sizeof counts);
    default:
      return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
}

static NTSTATUS volume_control(IRP *irp, ULONG code, ULONG capacity) {
  static const LONGLONG length = VOLUME_SIZE;
  static const ULONG number[3] = {7, 0, 1}; /* a disk, number 0, partition 1 */
  switch (code) {
    case CODE_ONLINE:
      return set_offline(irp, 0);
    case CODE_OFFLINE:
      return set_offline(irp, 1);
    case CODE_IS_OFFLINE:
      return complete(irp,
                      counts.offline ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, 0);
    case CODE_SUPPORTS_OFFLINE:
      return complete(irp, STATUS_SUCCESS, 0);
    case CODE_LENGTH:
      return counts.offline ? complete(irp, STATUS_DEVICE_OFF_LINE, 0)
                            : give(irp, capacity, &length, sizeof length);
    case CODE_GEOMETRY:
      return give_geometry(irp, capacity, 24);
    case CODE_GEOMETRY_EX:
      return give_geometry(irp, capacity, 32);
    case CODE_EXTENTS:
      return give_extents(irp, capacity);
    case CODE_NUMBER:
      return give(irp, capacity, number, sizeof number);
    case CODE_DISMOUNT:
      count(&counts.dismounts, 1);
      return complete(irp, STATUS_SUCCESS, 0);
    default:
      return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
}

static NTSTATUS NTAPI control(DEVICE_OBJECT *device, IRP *irp) {
  const IO_STACK_LOCATION *at = IoGetCurrentIrpStackLocation(irp);
  ULONG code = at->Parameters.DeviceIoControl.IoControlCode;
  ULONG in_length = at->Parameters.DeviceIoControl.InputBufferLength;
  ULONG capacity = at->Parameters.DeviceIoControl.OutputBufferLength;
  NTSTATUS status;
  (void)device;
  if (code >> 16 == TEST_DEVICE) {
    return test_control(irp, code, in_length, capacity);
  }
  return prepared(irp, code, capacity, &status)
             ? status
             : volume_control(irp, code, capacity);
}

/* ---- everything else ----------------------------------------------------- */

static NTSTATUS NTAPI open_or_close(DEVICE_OBJECT *device, IRP *irp) {
  const IO_STACK_LOCATION *at = IoGetCurrentIrpStackLocation(irp);
  (void)device;
  count(at->MajorFunction == IRP_MJ_CREATE ? &counts.opened : &counts.closed,
        1);
  return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS check_range(ULONG64 offset, ULONG length, ULONG *at_most) {
  if (offset % SECTOR != 0 || length % SECTOR != 0) {
    return STATUS_INVALID_PARAMETER;
  }
  if (offset >= VOLUME_SIZE) {
    return STATUS_END_OF_FILE;
  }
  ULONG rest = VOLUME_SIZE - (ULONG)offset;
  *at_most = length < rest ? length : rest;
  return counts.offline ? STATUS_DEVICE_NOT_READY : STATUS_SUCCESS;
}

static NTSTATUS NTAPI read(DEVICE_OBJECT *device, IRP *irp) {
  const IO_STACK_LOCATION *at = IoGetCurrentIrpStackLocation(irp);
  ULONG64 offset = (ULONG64)at->Parameters.Read.ByteOffset.QuadPart;
  ULONG length = 0;
  NTSTATUS status;
  (void)device;
  count(&counts.reads, 1);
  if (prepared(irp, REQUEST_READ, at->Parameters.Read.Length, &status)) {
    return status;
  }
  status = check_range(offset, at->Parameters.Read.Length, &length);
  if (!NT_SUCCESS(status)) {
    return complete(irp, status, 0);
  }
  copy(irp->AssociatedIrp.SystemBuffer, content + offset, length);
  return complete(irp, status, length);
}

static NTSTATUS NTAPI write(DEVICE_OBJECT *device, IRP *irp) {
  const IO_STACK_LOCATION *at = IoGetCurrentIrpStackLocation(irp);
  ULONG64 offset = (ULONG64)at->Parameters.Write.ByteOffset.QuadPart;
  ULONG length = 0;
  NTSTATUS status;
  (void)device;
  count(&counts.writes, 1);
  if (prepared(irp, REQUEST_WRITE, 0, &status)) {
    return status;
  }
  status = check_range(offset, at->Parameters.Write.Length, &length);
  if (!NT_SUCCESS(status)) {
    return complete(irp, status, 0);
  }
  copy(content + offset, irp->AssociatedIrp.SystemBuffer, length);
  return complete(irp, status, length);
}

static NTSTATUS NTAPI flush(DEVICE_OBJECT *device, IRP *irp) {
  NTSTATUS status;
  (void)device;
  return prepared(irp, REQUEST_FLUSH, 0, &status)
             ? status
             : complete(irp, STATUS_SUCCESS, 0);
}

/* ---- loading ------------------------------------------------------------- */

static void names(UNICODE_STRING *device, UNICODE_STRING *link) {
  RtlInitUnicodeString(device, L"\\Device\\NtvolTest");
  RtlInitUnicodeString(link, L"\\DosDevices\\V:");
}

static void NTAPI unload(DRIVER_OBJECT *driver) {
  UNICODE_STRING device, link;
  names(&device, &link);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, UNICODE_STRING *path) {
  UNICODE_STRING name, link;
  DEVICE_OBJECT *device;
  (void)path;
  names(&name, &link);
  KeInitializeSpinLock(&lock);
  NTSTATUS status =
      IoCreateDevice(driver, 0, &name, FILE_DEVICE_DISK, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) {
    return status;
  }
  device->Flags |= DO_BUFFERED_IO;
  driver->MajorFunction[IRP_MJ_CREATE] = open_or_close;
  driver->MajorFunction[IRP_MJ_CLOSE] = open_or_close;
  driver->MajorFunction[IRP_MJ_READ] = read;
  driver->MajorFunction[IRP_MJ_WRITE] = write;
  driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = flush;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
  driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = control;
  driver->DriverUnload = unload;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}
