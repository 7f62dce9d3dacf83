/*
 * One request from start to end: waiting for it, its time limit, cancelling it,
 * and memory that the system may still write to.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

/* How many milliseconds a cancelled request has to end. */
#define GRACE 5000U

/* Copies of buffers are aligned to this; no device asks for more. */
#define ALIGNMENT 512U

/* Memory that stays when a request never ends. `io` is first, so that a leak
 * checker, which knows the address of `io`, finds the block. */
struct win32_memory {
  struct nt_win32_io io;
  unsigned char bytes[]; /* `in`, then `out`, both aligned */
};

struct request {
  struct win32_handle *h;
  enum { CONTROL, READ, WRITE } kind;
  uint32_t code;    /* CONTROL */
  bool file_system; /* CONTROL: by NtFsControlFile */
  uint64_t offset;  /* READ, WRITE */
  const void *in;
  size_t in_len;
  void *out;
  size_t out_cap;
  /* The buffers that the system gets: those above, or copies. */
  struct win32_memory *memory; /* NULL: no copies */
  struct nt_win32_io *io;
  const void *sent_in;
  void *sent_out;
};

/* ---- memory -------------------------------------------------------------- */

static size_t round_up(size_t size) {
  return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Some devices take only aligned memory. They do not say so, they refuse the
 * request; so a buffer for bytes that is not aligned is copied. */
static bool is_misaligned(const struct request *r) {
  uintptr_t address = (uintptr_t)(r->kind == WRITE ? r->in : r->out);
  return r->kind != CONTROL && r->h->base.sector_size > 1 &&
         address % ALIGNMENT != 0;
}

/* Whether the driver may also read from `out`: it may for a code whose method
 * is not "buffered". */
static bool reads_out(const struct request *r) {
  return r->kind == CONTROL && (r->code & 3U) != 0;
}

static nt_status make_copies(struct request *r, struct nt_error *err) {
  size_t in_size = round_up(r->in_len);
  r->memory =
      malloc(sizeof(*r->memory) + in_size + round_up(r->out_cap) + ALIGNMENT);
  if (r->memory == NULL) {
    nt_status status = nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
    nt_hint(err, "ask for fewer bytes at once");
    return status;
  }
  uintptr_t start = (uintptr_t)r->memory->bytes;
  unsigned char *aligned = r->memory->bytes + (ALIGNMENT - start % ALIGNMENT);
  if (r->in_len > 0) {
    memcpy(aligned, r->in, r->in_len);
    r->sent_in = aligned;
  }
  if (r->out_cap > 0) {
    r->sent_out = aligned + in_size;
    if (reads_out(r)) {
      memcpy(r->sent_out, r->out, r->out_cap);
    } else if (r->kind == CONTROL) { /* some drivers say that they wrote bytes
                                        which they did not */
      memset(r->sent_out, 0, r->out_cap);
    }
  }
  r->io = &r->memory->io;
  return NT_STATUS_SUCCESS;
}

/* With a time limit the call may return before the request has ended. Then the
 * system must not have the addresses of the caller's buffers, so it gets
 * copies. */
static nt_status prepare(struct request *r, struct nt_win32_io *io,
                         struct nt_error *err) {
  r->sent_in = r->in;
  r->sent_out = r->out;
  r->io = io;
  nt_status status = NT_STATUS_SUCCESS;
  if (r->h->timeout != NT_WIN32_FOREVER || is_misaligned(r)) {
    status = make_copies(r, err);
  }
  if (nt_ok(status)) {
    r->io->u.pointer = NULL;
    r->io->u.status = NT_STATUS_PENDING;
    r->io->information = 0;
  }
  return status;
}

/* ---- waiting ------------------------------------------------------------- */

static nt_status start(const struct request *r) {
  const struct win32_handle *h = r->h;
  const struct nt_win32_request control = {
      .file = h->file,
      .event = h->event,
      .io = r->io,
      .file_system = r->file_system,
      .code = r->code,
      .in = r->sent_in,
      .in_length = (uint32_t)r->in_len,
      .out = r->sent_out,
      .out_capacity = (uint32_t)r->out_cap,
  };
  switch (r->kind) {
    case READ:
      return h->os->read(h->file, h->event, r->io, r->sent_out,
                         (uint32_t)r->out_cap, r->offset);
    case WRITE:
      return h->os->write(h->file, h->event, r->io, r->sent_in,
                          (uint32_t)r->in_len, r->offset);
    case CONTROL:
      break;
  }
  return h->os->control(&control);
}

static nt_status never_ended(struct request *r, struct nt_error *err) {
  r->h->left = r->memory;
  r->memory = NULL;
  return nt_refuse(err, NT_REASON_STUCK,
                   "the request did not end within %" PRIu32
                   " ms and could not be cancelled: a driver holds it",
                   r->h->timeout);
}

static nt_status timed_out(const struct request *r, struct nt_error *err) {
  return nt_refuse(err, NT_REASON_TIMEOUT,
                   "the request took longer than %" PRIu32
                   " ms and was cancelled",
                   r->h->timeout);
}

static nt_status cancelled(struct nt_error *err) {
  nt_status status = nt__win32_fail_status(err, NT_STATUS_CANCELLED,
                                           "somebody cancelled the request");
  nt_hint(err, "try again if it is still wanted");
  return status;
}

/* Waits for a cancelled request to end. Where the system has the caller's own
 * buffers, the wait has no limit: they cannot be given back before. */
static bool wait_for_cancelled(const struct request *r) {
  const struct nt_win32_os *os = r->h->os;
  const volatile nt_status *status = &r->io->u.status;
  uint32_t error;
  if (os->cancel != NULL) {
    os->cancel(r->h->file, r->io);
  }
  do {
    error = os->wait(r->h->event, GRACE);
  } while (error != 0 && r->memory == NULL && *status == NT_STATUS_PENDING);
  return error == 0 || *status != NT_STATUS_PENDING;
}

/* Waits for the request. When it ends before its cancellation takes effect, its
 * own status counts. */
static nt_status await(struct request *r, struct nt_error *err) {
  uint32_t error = r->h->os->wait(r->h->event, r->h->timeout);
  if (error == 0) {
    return r->io->u.status == NT_STATUS_CANCELLED ? cancelled(err)
                                                  : r->io->u.status;
  }
  if (!wait_for_cancelled(r)) {
    return never_ended(r, err);
  }
  if (r->io->u.status != NT_STATUS_CANCELLED) {
    return r->io->u.status;
  }
  if (error == NT_WIN32_WAIT_TIMEOUT) {
    return timed_out(r, err);
  }
  nt_status status = nt__win32_fail(err, error, 0, "waiting for the answer");
  nt__win32_explain(err);
  return status;
}

/* ---- one request --------------------------------------------------------- */

nt_status nt__win32_check_usable(const struct win32_handle *h,
                                 struct nt_error *err) {
  if (h->left != NULL) {
    return nt_refuse(err, NT_REASON_STUCK,
                     "an earlier request on this handle never ended");
  }
  if (h->file == NT_WIN32_NO_HANDLE) {
    return nt_refuse(
        err, NT_REASON_CLOSED,
        "the volume could not be opened again after it was formatted");
  }
  return NT_STATUS_SUCCESS;
}

static nt_status check_lengths(const struct request *r, struct nt_error *err) {
  if (r->in_len <= UINT32_MAX && r->out_cap <= UINT32_MAX) {
    return NT_STATUS_SUCCESS;
  }
  nt_fail(err, NT_STATUS_INVALID_PARAMETER,
          "buffers of a request have at most 4 GiB");
  nt_hint(err, "use smaller buffers");
  return NT_STATUS_INVALID_PARAMETER;
}

/* Returns how many bytes the answer has. Drivers may leave any number there, so
 * it is limited. */
static size_t answered(const struct request *r, size_t cap) {
  return r->io->information < cap ? (size_t)r->io->information : cap;
}

static size_t take_answer(const struct request *r) {
  size_t count = answered(r, r->kind == WRITE ? r->in_len : r->out_cap);
  if (r->memory == NULL || r->kind == WRITE) {
    return count;
  }
  size_t copied = reads_out(r) ? r->out_cap : count;
  if (copied > 0) {
    memcpy(r->out, r->sent_out, copied);
  }
  return count;
}

/* Fills the error of a request that has ended. (When the wait failed, the wait
 * has filled it.) */
static nt_status conclude(const struct request *r, nt_status status,
                          size_t *done, struct nt_error *err) {
  bool overflow = status == NT_STATUS_BUFFER_OVERFLOW;
  if (nt_ok(status) || overflow) {
    *done = take_answer(r);
  }
  if (overflow) {
    return nt__win32_fail_status(err, status,
                                 "the answer is longer than %" PRIu64 " bytes",
                                 (uint64_t)r->out_cap);
  }
  return nt_ok(status) ? NT_STATUS_SUCCESS
                       : nt__win32_fail_status(err, status, "%s", "");
}

static nt_status run(struct request *r, size_t *done, struct nt_error *err) {
  struct nt_win32_io io;
  struct nt_error waited = {0};
  *done = 0;
  NT_TRY(nt__win32_check_usable(r->h, err));
  NT_TRY(check_lengths(r, err));
  NT_TRY(prepare(r, &io, err));
  nt_status status = start(r);
  if (status == NT_STATUS_PENDING) {
    status = await(r, &waited);
  }
  if (waited.status != 0) {
    if (err != NULL) {
      nt_error_copy(err, &waited);
    }
  } else {
    status = conclude(r, status, done, err);
  }
  free(r->memory);
  return status;
}

nt_status nt__win32_request_by(struct win32_handle *h, bool file_system,
                               uint32_t code, const void *in, size_t in_len,
                               void *out, size_t out_cap, size_t *out_len,
                               struct nt_error *err) {
  struct request r = {
      .h = h,
      .kind = CONTROL,
      .code = code,
      .file_system = file_system,
      .in = in,
      .in_len = in_len,
      .out = out,
      .out_cap = out_cap,
  };
  return run(&r, out_len, err);
}

nt_status nt__win32_request(struct win32_handle *h, uint32_t code,
                            const void *in, size_t in_len, void *out,
                            size_t out_cap, size_t *out_len,
                            struct nt_error *err) {
  return nt__win32_request_by(h, nt_code_is_fsctl(code), code, in, in_len, out,
                              out_cap, out_len, err);
}

nt_status nt__win32_read_piece(struct win32_handle *h, uint64_t offset,
                               void *buf, size_t len, size_t *done,
                               struct nt_error *err) {
  struct request r = {
      .h = h, .kind = READ, .offset = offset, .out = buf, .out_cap = len};
  return run(&r, done, err);
}

nt_status nt__win32_write_piece(struct win32_handle *h, uint64_t offset,
                                const void *buf, size_t len, size_t *done,
                                struct nt_error *err) {
  struct request r = {
      .h = h, .kind = WRITE, .offset = offset, .in = buf, .in_len = len};
  return run(&r, done, err);
}
