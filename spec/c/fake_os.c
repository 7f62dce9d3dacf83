/*
 * A Windows of fakes: see fake_os.h.
 */
#include "fake_os.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt/codes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_SLOTS 8192
#define NAME_SIZE 1024

/* Win32 errors that only fakes answer (winerror.h). */
#define ERROR_TOO_MANY_OPEN_FILES 4U
#define ERROR_INVALID_HANDLE 6U
#define ERROR_NO_SYSTEM_RESOURCES 1450U
#define ERROR_NOT_A_REPARSE_POINT 4390U

struct fake_os fake_os;

/* ---- handles ------------------------------------------------------------- */

enum slot_kind { UNUSED, FILE_SLOT, EVENT_SLOT, FIND_SLOT, LISTENER_SLOT };

/* A request that has not ended: of the event that it signals. */
struct pending {
  struct nt_win32_io *io; /* NULL: none */
  void *out;
  const void *in;
  const unsigned char *data;
  uint32_t length;
  uint64_t offset;
  uintptr_t information;
  nt_status later;
  bool cancelled;
};

/* Never used twice before the next reset, so that a second close shows. */
struct slot {
  enum slot_kind kind;
  bool open;
  bool signalled;
  bool directory;
  size_t next; /* of a find or a listener */
  char *name;
  struct pending pending;
};

static struct slot slots[MAX_SLOTS];
static size_t slot_count;

/* Requests that nobody waits for any more: their memory is the system's, which
 * leak checkers see here. volatile: nothing reads it. */
static struct nt_win32_io *volatile left_behind[256];
static size_t left_count;

static struct slot *find_slot(nt_win32_handle handle, enum slot_kind kind) {
  for (size_t i = 0; i < slot_count; i++) {
    if (handle == &slots[i]) {
      return slots[i].open && slots[i].kind == kind ? &slots[i] : NULL;
    }
  }
  return NULL;
}

static struct slot *new_slot(enum slot_kind kind, const char *name) {
  if (slot_count == MAX_SLOTS) {
    return NULL;
  }
  struct slot *slot = &slots[slot_count++];
  *slot = (struct slot){.kind = kind, .open = true};
  slot->name = strdup(name);
  fake_os.opened++;
  return slot;
}

static void close_slot(struct slot *slot) {
  slot->open = false;
  fake_os.opened--;
}

static void leave_behind(struct slot *slot) {
  if (slot->pending.io != NULL && left_count < COUNT(left_behind)) {
    left_behind[left_count++] = slot->pending.io;
  }
}

void fake_os_reset(void) {
  for (size_t i = 0; i < slot_count; i++) {
    leave_behind(&slots[i]);
    free(slots[i].name);
  }
  slot_count = 0;
  memset(&fake_os, 0, sizeof(fake_os));
}

/* ---- text ---------------------------------------------------------------- */

/* Decoders of their own, so that a mistake in utf16.c is not believed. */
static uint32_t next_utf8(const unsigned char **at) {
  const unsigned char *s = *at;
  int more = *s < 0x80 ? 0 : *s < 0xE0 ? 1 : *s < 0xF0 ? 2 : 3;
  uint32_t c = more == 0 ? *s : *s & (0x3FU >> more);
  for (s++; more > 0; more--, s++) {
    c = c << 6 | (*s & 0x3FU);
  }
  *at = s;
  return c;
}

static size_t widen(const char *text, nt_wchar *buf, size_t cap) {
  const unsigned char *s = (const unsigned char *)text;
  size_t count = 0;
  while (*s != '\0' && count + 2 < cap) {
    uint32_t c = next_utf8(&s);
    if (c >= 0x10000) {
      buf[count++] = (nt_wchar)(0xD7C0 + (c >> 10));
      buf[count++] = (nt_wchar)(0xDC00 + (c & 0x3FF));
    } else {
      buf[count++] = (nt_wchar)c;
    }
  }
  buf[count] = 0;
  return count;
}

const nt_wchar *fake_wide(const char *text) {
  static nt_wchar buffers[8][NAME_SIZE];
  static size_t turn;
  nt_wchar *buf = buffers[turn++ % COUNT(buffers)];
  widen(text, buf, NAME_SIZE);
  return buf;
}

static size_t put_utf8(char *buf, uint32_t c) {
  if (c < 0x80) {
    buf[0] = (char)c;
    return 1;
  }
  size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
  for (size_t i = more; i > 0; i--, c >>= 6) {
    buf[i] = (char)(0x80 | (c & 0x3F));
  }
  buf[0] = (char)(lead[more] | c);
  return more + 1;
}

/* One of a few rotating buffers. */
static const char *narrow(const nt_wchar *text) {
  static char buffers[8][NAME_SIZE];
  static size_t turn;
  char *buf = buffers[turn++ % COUNT(buffers)];
  size_t length = 0;
  for (; *text != 0 && length + 5 < NAME_SIZE; text++) {
    uint32_t c = *text;
    if (c >= 0xD800 && c < 0xDC00 && text[1] >= 0xDC00 && text[1] < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10) + (*++text - 0xDC00U);
    }
    length += put_utf8(buf + length, c);
  }
  buf[length] = '\0';
  return buf;
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_start(const char *text, const char *start) {
  for (; *start != '\0'; text++, start++) {
    if (lower(*text) != lower(*start)) {
      return false;
    }
  }
  return true;
}

static bool same(const char *a, const char *b) {
  return strlen(a) == strlen(b) && same_start(a, b);
}

static uint32_t give(nt_wchar *buf, uint32_t capacity, const char *text) {
  nt_wchar wide[NAME_SIZE];
  size_t count = widen(text, wide, COUNT(wide));
  if (count + 1 > capacity) {
    return NT_WIN32_ERROR_MORE_DATA;
  }
  memcpy(buf, wide, (count + 1) * sizeof(*buf));
  return 0;
}

/* Names one behind the other, an empty one at the end. */
struct list {
  nt_wchar *at;
  uint32_t capacity;
  uint32_t error;
};

static void list_add(struct list *list, const char *text) {
  if (list->error == 0) {
    list->error = give(list->at, list->capacity, text);
  }
  if (list->error == 0) {
    size_t count = 1;
    for (; *list->at != 0; list->at++) {
      count++;
    }
    list->at++;
    list->capacity -= (uint32_t)count;
  }
}

/* ---- the log, faults ----------------------------------------------------- */

static void write_log(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

static void write_log(const char *fmt, ...) {
  size_t used = strlen(fake_os.log);
  va_list args;
  va_start(args, fmt);
  vsnprintf(fake_os.log + used, sizeof(fake_os.log) - used, fmt, args);
  va_end(args);
  used = strlen(fake_os.log);
  if (used + 1 < sizeof(fake_os.log)) {
    fake_os.log[used] = '\n';
    fake_os.log[used + 1] = '\0';
  }
}

static bool fits_line(const char *at, const char *line) {
  size_t length = strlen(line);
  return strncmp(at, line, length) == 0 &&
         (at[length] == '\n' || at[length] == ' ' || at[length] == '\0');
}

static const char *next_line(const char *at) {
  const char *end = strchr(at, '\n');
  return end == NULL ? at + strlen(at) : end + 1;
}

static const char *find_line(const char *at, const char *line) {
  for (; *at != '\0'; at = next_line(at)) {
    if (fits_line(at, line)) {
      return at;
    }
  }
  return NULL;
}

bool fake_log_has(const char *first, ...) {
  const char *at = fake_os.log;
  bool found = true;
  va_list args;
  va_start(args, first);
  for (const char *line = first; found && line != NULL;
       line = va_arg(args, const char *)) {
    at = find_line(at, line);
    found = at != NULL;
    at = found ? next_line(at) : NULL;
  }
  va_end(args);
  return found;
}

int fake_log_count(const char *line) {
  int count = 0;
  for (const char *at = fake_os.log; (at = find_line(at, line)) != NULL;
       at = next_line(at)) {
    count++;
  }
  return count;
}

/* True for the call that must fail. */
static bool fault(void) {
  return ++fake_os.calls == fake_os.fail_at;
}

static uint32_t fault_error(void) {
  return fake_os.fail_error != 0 ? fake_os.fail_error
                                 : ERROR_NO_SYSTEM_RESOURCES;
}

static nt_status fault_status(void) {
  return fake_os.fail_status != 0 ? fake_os.fail_status
                                  : NT_STATUS_INSUFFICIENT_RESOURCES;
}

/* ---- volumes by name ----------------------------------------------------- */

/* The volume that a name begins with, and what follows it. */
static const struct fake_volume *volume_at(const char *name,
                                           const char **rest) {
  const struct fake_volume *found = NULL;
  size_t longest = 0;
  bool plain = !same_start(name, "\\\\?\\") && !same_start(name, "\\\\.\\");
  const char *path = plain ? name : name + 4;
  for (const struct fake_volume *v = fake_os.volumes;
       v != NULL && v->guid_path != NULL; v++) {
    const char *forms[COUNT(v->paths) + 2] = {v->guid_path + 4};
    memcpy(forms + 1, v->paths, sizeof(v->paths));
    char device[NAME_SIZE];
    if (v->device != NULL) {
      snprintf(device, sizeof(device), "GLOBALROOT%s\\", v->device);
      forms[COUNT(forms) - 1] = device;
    }
    for (size_t i = 0; i < COUNT(forms); i++) {
      /* "D:" and "D:\..." both name the volume of "D:\". */
      size_t length = forms[i] == NULL ? 0 : strlen(forms[i]) - 1;
      if (length > longest && strncmp(forms[i], "\\", 1) != 0) {
        char start[NAME_SIZE];
        snprintf(start, sizeof(start), "%.*s", (int)length, forms[i]);
        if (same_start(path, start) &&
            (path[length] == '\0' || path[length] == '\\')) {
          longest = length;
          found = v;
          *rest = path + length;
        }
      }
    }
  }
  return found;
}

static const struct fake_volume *volume_of(const nt_wchar *name) {
  const char *rest;
  return volume_at(narrow(name), &rest);
}

/* ---- files --------------------------------------------------------------- */

static bool taken(int *times) {
  if (*times < 0) {
    return false;
  }
  if (*times > 0 && --*times == 0) {
    *times = -1;
  }
  return true;
}

static const struct fake_open *open_row(const char *name) {
  for (struct fake_open *row = fake_os.opens; row != NULL && row->name != NULL;
       row++) {
    if (strstr(name, row->name) != NULL && taken(&row->times)) {
      return row;
    }
  }
  return NULL;
}

static uint32_t fake_create_file(const nt_wchar *wide, uint32_t access,
                                 uint32_t share, uint32_t disposition,
                                 uint32_t flags, nt_win32_handle *out,
                                 nt_status *status) {
  const char *name = narrow(wide);
  write_log("create_file %s", name);
  fake_os.access = access;
  fake_os.share = share;
  fake_os.disposition = disposition;
  fake_os.flags = flags;
  *status = 0;
  if (fault()) {
    *status = fault_status();
    return fault_error();
  }
  const struct fake_open *row = open_row(name);
  if (row != NULL && row->error != 0) {
    *status = row->status;
    return row->error;
  }
  struct slot *slot = new_slot(FILE_SLOT, name);
  if (slot == NULL) {
    return ERROR_TOO_MANY_OPEN_FILES;
  }
  slot->directory =
      (row != NULL && row->directory) || name[strlen(name) - 1] == '\\';
  *out = slot;
  return 0;
}

static nt_status fake_close(nt_win32_handle handle) {
  struct slot *file = find_slot(handle, FILE_SLOT);
  struct slot *slot = file != NULL ? file : find_slot(handle, EVENT_SLOT);
  if (slot == NULL) {
    write_log("close wrong");
    fake_os.wrong_closes++;
    return NT_STATUS_INVALID_HANDLE;
  }
  write_log("close %s", slot->name);
  close_slot(slot);
  return fault() ? fault_status() : NT_STATUS_SUCCESS;
}

static uint32_t fake_create_event(nt_win32_handle *out) {
  write_log("create_event");
  if (fault()) {
    return fault_error();
  }
  struct slot *slot = new_slot(EVENT_SLOT, "event");
  if (slot == NULL) {
    return ERROR_TOO_MANY_OPEN_FILES;
  }
  *out = slot;
  return 0;
}

/* ---- requests ------------------------------------------------------------ */

/* What a request does when it ends: memory is written now, not before. */
static void end_request(struct slot *event) {
  struct pending p = event->pending;
  event->pending = (struct pending){0};
  event->signalled = true;
  nt_status status = p.cancelled ? NT_STATUS_CANCELLED : p.later;
  p.io->u.status = status;
  p.io->information = 0;
  if (p.cancelled || (!nt_ok(status) && status != NT_STATUS_BUFFER_OVERFLOW)) {
    return;
  }
  if (p.out != NULL && p.length > 0) {
    memcpy(p.out, p.data, p.length);
  }
  if (p.in != NULL && p.length > 0) {
    memcpy(fake_os.content + p.offset, p.in, p.length);
  }
  p.io->information = p.information;
}

void fake_end_pending(void) {
  for (size_t i = 0; i < slot_count; i++) {
    if (slots[i].pending.io != NULL) {
      if (!slots[i].open) {
        leave_behind(&slots[i]);
      }
      end_request(&slots[i]);
    }
  }
}

/* Ends at once, or waits: the way of every request. */
static nt_status submit(nt_win32_handle event, const struct pending *p,
                        nt_status status) {
  struct slot *slot = find_slot(event, EVENT_SLOT);
  if (slot == NULL) {
    write_log("event wrong");
    return NT_STATUS_INVALID_HANDLE;
  }
  slot->signalled = false;
  if (status != NT_STATUS_PENDING && !nt_ok(status) && status >= 0xC0000000U) {
    return status; /* as NT: the block is not written */
  }
  slot->pending = *p;
  if (status != NT_STATUS_PENDING) {
    slot->pending.later = status;
    end_request(slot);
  }
  return status;
}

static uint32_t fake_wait(nt_win32_handle event, uint32_t milliseconds) {
  write_log("wait %u", (unsigned)milliseconds);
  struct slot *slot = find_slot(event, EVENT_SLOT);
  if (slot == NULL) {
    return ERROR_INVALID_HANDLE;
  }
  if (fault()) {
    return fault_error();
  }
  if (slot->signalled) {
    return 0;
  }
  if (slot->pending.io == NULL ||
      (fake_os.never_ends && !slot->pending.cancelled)) {
    if (milliseconds == NT_WIN32_FOREVER) {
      fprintf(stderr, "# waits forever for what never ends\n");
      abort();
    }
    return NT_WIN32_WAIT_TIMEOUT;
  }
  end_request(slot);
  return 0;
}

static uint32_t fake_cancel(nt_win32_handle file, struct nt_win32_io *io) {
  write_log("cancel");
  if (find_slot(file, FILE_SLOT) == NULL) {
    return ERROR_INVALID_HANDLE;
  }
  if (fault()) {
    return fault_error();
  }
  for (size_t i = 0; i < slot_count; i++) {
    if (slots[i].pending.io == io) {
      if (fake_os.ends_at_cancel) {
        end_request(&slots[i]);
        return NT_WIN32_ERROR_NOT_FOUND;
      }
      slots[i].pending.cancelled = !fake_os.ignores_cancel;
      return 0;
    }
  }
  return NT_WIN32_ERROR_NOT_FOUND;
}

static struct fake_answer *answer_row(uint32_t code, const char *name) {
  for (struct fake_answer *row = fake_os.answers; row != NULL && row->code != 0;
       row++) {
    if (row->code == code &&
        (row->name == NULL || strstr(name, row->name) != NULL) &&
        taken(&row->times)) {
      return row;
    }
  }
  return NULL;
}

static void log_control(uint32_t code, const char *name) {
  const struct nt_code_row *row = nt_code_find(code);
  char number[16];
  snprintf(number, sizeof(number), "0x%X", (unsigned)code);
  write_log("control %s %s",
            row == NULL         ? number
            : row->verb != NULL ? row->verb
                                : row->name,
            name);
}

static nt_status fake_control(const struct nt_win32_request *request) {
  struct slot *file = find_slot(request->file, FILE_SLOT);
  if (file == NULL) {
    write_log("control wrong");
    return NT_STATUS_INVALID_HANDLE;
  }
  log_control(request->code, file->name);
  if (request->file_system != !!nt_code_is_fsctl(request->code)) {
    write_log("control through the wrong door");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  if (fault()) {
    return fault_status();
  }
  const struct fake_answer *row = answer_row(request->code, file->name);
  if (row == NULL) {
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  uint32_t length =
      row->length < request->out_capacity ? row->length : request->out_capacity;
  const struct pending p = {
      .io = request->io,
      .out = request->out,
      .data = row->data,
      .length = row->data == NULL ? 0 : length,
      .information = row->information != 0 ? row->information : length,
      .later = row->later,
  };
  return submit(request->event, &p, row->status);
}

/* Reads and writes: `p` has the direction. */
static nt_status transfer(nt_win32_handle handle, nt_win32_handle event,
                          uint32_t code, struct pending *p, uint32_t length,
                          uint64_t offset) {
  struct slot *file = find_slot(handle, FILE_SLOT);
  const char *verb = code == FAKE_READ ? "read" : "write";
  write_log("%s %u %llu %s", verb, (unsigned)length, (unsigned long long)offset,
            file == NULL ? "wrong" : file->name);
  if (file == NULL) {
    return NT_STATUS_INVALID_HANDLE;
  }
  if (fault()) {
    return fault_status();
  }
  if (length > fake_os.largest) {
    fake_os.largest = length;
  }
  const struct fake_answer *row = answer_row(code, file->name);
  nt_status status = row != NULL     ? row->status
                     : fake_os.pends ? NT_STATUS_PENDING
                                     : NT_STATUS_SUCCESS;
  p->later = row == NULL ? NT_STATUS_SUCCESS : row->later;
  uint64_t rest =
      offset >= fake_os.content_length ? 0 : fake_os.content_length - offset;
  if (rest == 0 && length > 0 && code == FAKE_READ) {
    p->later = nt_ok(p->later) ? NT_STATUS_END_OF_FILE : p->later;
    status = nt_ok(status) && status != NT_STATUS_PENDING
                 ? NT_STATUS_END_OF_FILE
                 : status;
  }
  p->offset = offset;
  p->length = length < rest ? length : (uint32_t)rest;
  p->data = rest == 0 ? NULL : fake_os.content + offset;
  p->information =
      row != NULL && row->information != 0 ? row->information : p->length;
  return submit(event, p, status);
}

static nt_status fake_read(nt_win32_handle file, nt_win32_handle event,
                           struct nt_win32_io *io, void *buf, uint32_t length,
                           uint64_t offset) {
  struct pending p = {.io = io, .out = buf};
  return transfer(file, event, FAKE_READ, &p, length, offset);
}

static nt_status fake_write(nt_win32_handle file, nt_win32_handle event,
                            struct nt_win32_io *io, const void *buf,
                            uint32_t length, uint64_t offset) {
  struct pending p = {.io = io, .in = buf};
  return transfer(file, event, FAKE_WRITE, &p, length, offset);
}

/* Answers that come at once. */
static nt_status answer_now(nt_win32_handle handle, const char *what,
                            uint32_t code, struct slot **file) {
  *file = find_slot(handle, FILE_SLOT);
  write_log("%s %s", what, *file == NULL ? "wrong" : (*file)->name);
  if (*file == NULL) {
    return NT_STATUS_INVALID_HANDLE;
  }
  if (fault()) {
    return fault_status();
  }
  const struct fake_answer *row = answer_row(code, (*file)->name);
  return row == NULL ? NT_STATUS_SUCCESS : row->status;
}

static nt_status fake_flush(nt_win32_handle handle, struct nt_win32_io *io) {
  struct slot *file;
  nt_status status = answer_now(handle, "flush", FAKE_FLUSH, &file);
  if (nt_ok(status)) {
    io->u.status = status;
    io->information = 0;
  }
  return status;
}

static void put_number(unsigned char *at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    at[i] = (unsigned char)(value >> (8 * i));
  }
}

static nt_status give_bytes(struct nt_win32_io *io, void *buf,
                            uint32_t capacity, const unsigned char *data,
                            size_t length) {
  size_t count = length < capacity ? length : capacity;
  memcpy(buf, data, count);
  io->u.status = count < length ? NT_STATUS_BUFFER_OVERFLOW : NT_STATUS_SUCCESS;
  io->information = count;
  return io->u.status;
}

/* FILE_STANDARD_INFORMATION: i64 allocation, i64 end, u32 links, u8 delete
 * pending, u8 directory. */
static nt_status fake_query_file(nt_win32_handle handle, struct nt_win32_io *io,
                                 void *buf, uint32_t capacity,
                                 int information_class) {
  unsigned char data[24] = {0};
  struct slot *file;
  nt_status status =
      answer_now(handle, "query_file", FAKE_STANDARD_INFORMATION, &file);
  if (!nt_ok(status)) {
    return status;
  }
  if (information_class != NT_WIN32_STANDARD_INFORMATION) {
    return NT_STATUS_INVALID_PARAMETER;
  }
  put_number(data, fake_os.content_length, 8);
  put_number(data + 8, file->directory ? 0 : fake_os.content_length, 8);
  data[16] = 1;
  data[21] = file->directory;
  return give_bytes(io, buf, capacity, data, sizeof(data));
}

static size_t put_text(unsigned char *at, const char *text) {
  nt_wchar wide[NAME_SIZE];
  size_t count = widen(text == NULL ? "" : text, wide, 64);
  for (size_t i = 0; i < count; i++) {
    put_number(at + 2 * i, wide[i], 2);
  }
  return 2 * count;
}

/* FILE_FS_VOLUME_INFORMATION: i64 time, u32 serial, u32 length, u8, u8, label.
 * FILE_FS_ATTRIBUTE_INFORMATION: u32 flags, i32 name length, u32 length,
 * name. */
static nt_status fake_query_volume(nt_win32_handle handle,
                                   struct nt_win32_io *io, void *buf,
                                   uint32_t capacity, int information_class) {
  unsigned char data[256] = {0};
  const char *rest;
  struct slot *file;
  nt_status status = answer_now(handle, "query_volume", 0, &file);
  if (!nt_ok(status)) {
    return status;
  }
  const struct fake_volume *v = volume_at(file->name, &rest);
  if (v == NULL) {
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  if (information_class == NT_WIN32_FS_VOLUME_INFORMATION) {
    size_t length = put_text(data + 18, v->label);
    put_number(data + 8, v->serial, 4);
    put_number(data + 12, length, 4);
    return give_bytes(io, buf, capacity, data, 18 + length);
  }
  if (information_class == NT_WIN32_FS_ATTRIBUTE_INFORMATION) {
    size_t length = put_text(data + 12, v->file_system);
    put_number(data, v->volume_flags, 4);
    put_number(data + 4, 255, 4);
    put_number(data + 8, length, 4);
    return give_bytes(io, buf, capacity, data, 12 + length);
  }
  return NT_STATUS_INVALID_PARAMETER;
}

/* ---- volumes ------------------------------------------------------------- */

static uint32_t next_volume(struct slot *find, nt_wchar *name,
                            uint32_t capacity) {
  const struct fake_volume *v = fake_os.volumes;
  for (size_t i = 0; v != NULL && v->guid_path != NULL; i++, v++) {
    if (i == find->next) {
      find->next++;
      return give(name, capacity, v->guid_path);
    }
  }
  return NT_WIN32_ERROR_NO_MORE_FILES;
}

static uint32_t fake_find_first_volume(nt_wchar *name, uint32_t capacity,
                                       nt_win32_handle *out) {
  write_log("find_first_volume");
  if (fault()) {
    return fault_error();
  }
  struct slot *find = new_slot(FIND_SLOT, "find");
  if (find == NULL) {
    return ERROR_TOO_MANY_OPEN_FILES;
  }
  uint32_t error = next_volume(find, name, capacity);
  if (error != 0) {
    close_slot(find);
    return error;
  }
  *out = find;
  return 0;
}

static uint32_t fake_find_next_volume(nt_win32_handle handle, nt_wchar *name,
                                      uint32_t capacity) {
  write_log("find_next_volume");
  struct slot *find = find_slot(handle, FIND_SLOT);
  if (find == NULL) {
    return ERROR_INVALID_HANDLE;
  }
  return fault() ? fault_error() : next_volume(find, name, capacity);
}

static void fake_find_volume_close(nt_win32_handle handle) {
  struct slot *find = find_slot(handle, FIND_SLOT);
  write_log("find_volume_close");
  if (find == NULL) {
    fake_os.wrong_closes++;
    return;
  }
  close_slot(find);
}

static uint32_t fake_volume_paths(const nt_wchar *volume, nt_wchar *names,
                                  uint32_t capacity) {
  write_log("volume_paths %s", narrow(volume));
  if (fault()) {
    return fault_error();
  }
  const struct fake_volume *v = volume_of(volume);
  if (v == NULL) {
    return NT_WIN32_ERROR_FILE_NOT_FOUND;
  }
  struct list list = {names, capacity, 0};
  for (size_t i = 0; i < COUNT(v->paths) && v->paths[i] != NULL; i++) {
    list_add(&list, v->paths[i]);
  }
  list_add(&list, "");
  return list.error;
}

static uint32_t fake_volume_of_mount_point(const nt_wchar *mount_point,
                                           nt_wchar *name, uint32_t capacity) {
  const char *text = narrow(mount_point);
  const char *rest;
  write_log("volume_of_mount_point %s", text);
  if (fault()) {
    return fault_error();
  }
  size_t length = strlen(text);
  if (length == 0 || text[length - 1] != '\\') {
    return NT_WIN32_ERROR_INVALID_NAME;
  }
  const struct fake_volume *v = volume_at(text, &rest);
  if (v == NULL) {
    return NT_WIN32_ERROR_PATH_NOT_FOUND;
  }
  return strcmp(rest, "\\") == 0 ? give(name, capacity, v->guid_path)
                                 : ERROR_NOT_A_REPARSE_POINT;
}

static uint32_t fake_mount_point_of_path(const nt_wchar *path,
                                         nt_wchar *mount_point,
                                         uint32_t capacity) {
  const char *text = narrow(path);
  const char *rest;
  write_log("mount_point_of_path %s", text);
  if (fault()) {
    return fault_error();
  }
  if (volume_at(text, &rest) == NULL) {
    return NT_WIN32_ERROR_PATH_NOT_FOUND;
  }
  char start[NAME_SIZE + 1];
  snprintf(start, sizeof(start), "%.*s\\", (int)(rest - text), text);
  return give(mount_point, capacity, start);
}

static uint32_t fake_volume_information(const nt_wchar *root, nt_wchar *label,
                                        uint32_t label_capacity,
                                        uint32_t *serial, uint32_t *flags,
                                        nt_wchar *file_system,
                                        uint32_t file_system_capacity) {
  write_log("volume_information %s", narrow(root));
  if (fault()) {
    return fault_error();
  }
  const struct fake_volume *v = volume_of(root);
  if (v == NULL) {
    return NT_WIN32_ERROR_PATH_NOT_FOUND;
  }
  if (v->information_error != 0) {
    return v->information_error;
  }
  *serial = v->serial;
  *flags = v->volume_flags;
  uint32_t error =
      give(label, label_capacity, v->label == NULL ? "" : v->label);
  return error != 0 ? error
                    : give(file_system, file_system_capacity,
                           v->file_system == NULL ? "" : v->file_system);
}

static uint32_t fake_drive_type(const nt_wchar *root) {
  const struct fake_volume *v = volume_of(root);
  write_log("drive_type %s", narrow(root));
  return v == NULL            ? 1U
         : v->drive_type == 0 ? NT_WIN32_DRIVE_FIXED
                              : v->drive_type;
}

static uint32_t fake_query_dos_device(const nt_wchar *name, nt_wchar *target,
                                      uint32_t capacity) {
  const char *text = narrow(name);
  const char *rest;
  write_log("query_dos_device %s", text);
  if (fault()) {
    return fault_error();
  }
  const struct fake_volume *v = volume_at(text, &rest);
  if (v == NULL || *rest != '\0' || v->device == NULL) {
    return NT_WIN32_ERROR_FILE_NOT_FOUND;
  }
  return give(target, capacity, v->device);
}

/* ---- the system ---------------------------------------------------------- */

static uint32_t fake_version(void) {
  return fake_os.version != 0 ? fake_os.version : 0x0A00U;
}

static uint32_t fake_system_directory(nt_wchar *path, uint32_t capacity) {
  write_log("system_directory");
  return fault()
             ? fault_error()
             : give(path, capacity,
                    fake_os.system_directory != NULL ? fake_os.system_directory
                                                     : "C:\\Windows\\system32");
}

static nt_status fake_system_partition(nt_wchar *device, uint32_t capacity) {
  write_log("system_partition");
  if (fault()) {
    return fault_status();
  }
  return give(device, capacity,
              fake_os.system_partition != NULL
                  ? fake_os.system_partition
                  : "\\Device\\HarddiskVolume1") == 0
             ? NT_STATUS_SUCCESS
             : NT_STATUS_BUFFER_TOO_SMALL;
}

static nt_status fake_page_file(uint32_t index, nt_wchar *path,
                                uint32_t capacity) {
  write_log("page_file %u", (unsigned)index);
  if (fault()) {
    return fault_status();
  }
  const char *const *at = fake_os.page_files;
  for (; at != NULL && *at != NULL && index > 0; at++) {
    index--;
  }
  if (at == NULL || *at == NULL) {
    return NT_STATUS_NO_MORE_ENTRIES;
  }
  return give(path, capacity, *at) == 0 ? NT_STATUS_SUCCESS
                                        : NT_STATUS_BUFFER_TOO_SMALL;
}

static nt_status fake_processes_using(nt_win32_handle handle, uint32_t *pids,
                                      uint32_t capacity, uint32_t *count) {
  write_log("processes_using");
  if (find_slot(handle, FILE_SLOT) == NULL) {
    return NT_STATUS_INVALID_HANDLE;
  }
  if (fault()) {
    return fault_status();
  }
  *count = 0;
  for (const struct fake_process *p = fake_os.users; p != NULL && p->pid != 0;
       p++) {
    if (*count < capacity) {
      pids[*count] = p->pid;
    }
    ++*count;
  }
  return NT_STATUS_SUCCESS;
}

static uint32_t fake_process_name(uint32_t pid, nt_wchar *name,
                                  uint32_t capacity) {
  write_log("process_name %u", (unsigned)pid);
  if (fault()) {
    return fault_error();
  }
  const struct fake_process *p =
      fake_os.processes != NULL ? fake_os.processes : fake_os.users;
  for (; p != NULL && p->pid != 0; p++) {
    if (p->pid == pid && p->program != NULL) {
      return give(name, capacity, p->program);
    }
  }
  return NT_WIN32_ERROR_NOT_FOUND;
}

static uint32_t fake_current_process(void) {
  return 4242;
}

static uint32_t fake_enable_privilege(const nt_wchar *name) {
  write_log("enable_privilege %s", narrow(name));
  return fault() ? fault_error() : 0;
}

/* ---- Plug and Play ------------------------------------------------------- */

static uint32_t fake_interfaces(const uint8_t class_guid[16], nt_wchar *names,
                                uint32_t capacity) {
  write_log("interfaces");
  if (fault()) {
    return fault_error();
  }
  struct list list = {names, capacity, 0};
  for (const struct fake_interface *row = fake_os.interfaces;
       row != NULL && row->name != NULL; row++) {
    if (row->class_guid == NULL ||
        memcmp(row->class_guid, class_guid, 16) == 0) {
      list_add(&list, row->name);
    }
  }
  list_add(&list, "");
  return list.error;
}

static uint32_t fake_device_of_interface(const nt_wchar *name, uint32_t *device,
                                         nt_wchar *instance,
                                         uint32_t capacity) {
  const char *text = narrow(name);
  write_log("device_of_interface %s", text);
  if (fault()) {
    return fault_error();
  }
  uint32_t number = 1;
  for (const struct fake_interface *row = fake_os.interfaces;
       row != NULL && row->name != NULL; row++, number++) {
    if (same(row->name, text)) {
      *device = number;
      return give(instance, capacity,
                  row->instance == NULL ? "FAKE\\DEVICE\\1" : row->instance);
    }
  }
  return NT_WIN32_ERROR_FILE_NOT_FOUND;
}

#define CR_FAILURE 0x13U
#define CR_NO_SUCH_DEVNODE 0x0DU

static uint32_t fake_parent_device(uint32_t device, uint32_t *parent) {
  write_log("parent_device %u", (unsigned)device);
  if (fault()) {
    return CR_FAILURE;
  }
  if (device / 100 >= fake_os.parents) {
    return CR_NO_SUCH_DEVNODE;
  }
  *parent = device + 100;
  return 0;
}

static uint32_t removal(const char *what, uint32_t device,
                        struct nt_win32_veto *veto) {
  write_log("%s %u", what, (unsigned)device);
  if (fault()) {
    return CR_FAILURE;
  }
  *veto = fake_os.veto;
  return fake_os.removal;
}

static uint32_t fake_query_and_remove(uint32_t device,
                                      struct nt_win32_veto *veto) {
  return removal("query_and_remove", device, veto);
}

static uint32_t fake_request_eject(uint32_t device,
                                   struct nt_win32_veto *veto) {
  return removal("request_eject", device, veto);
}

static uint32_t fake_remove_device(const nt_wchar *instance, bool *reboot) {
  write_log("remove_device %s", narrow(instance));
  if (fault()) {
    return fault_error();
  }
  *reboot = fake_os.reboot;
  return fake_os.remove_error;
}

/* ---- notifications ------------------------------------------------------- */

static uint32_t fake_listen(struct nt_win32_listener **out) {
  write_log("listen");
  if (fault()) {
    return fault_error();
  }
  struct slot *slot = new_slot(LISTENER_SLOT, "listener");
  if (slot == NULL) {
    return ERROR_TOO_MANY_OPEN_FILES;
  }
  *out = (struct nt_win32_listener *)(void *)slot;
  return 0;
}

static uint32_t fake_watch(struct nt_win32_listener *listener,
                           const nt_wchar *volume, uint32_t cookie) {
  write_log("watch %s %u", narrow(volume), (unsigned)cookie);
  if (find_slot(listener, LISTENER_SLOT) == NULL) {
    return ERROR_INVALID_HANDLE;
  }
  return fault() ? fault_error() : 0;
}

static bool fake_next_notification(struct nt_win32_listener *listener,
                                   struct nt_win32_notification *out) {
  struct slot *slot = find_slot(listener, LISTENER_SLOT);
  if (slot == NULL || slot->next >= fake_os.notification_count) {
    return false;
  }
  *out = fake_os.notifications[slot->next++];
  return true;
}

static void fake_stop_listening(struct nt_win32_listener *listener) {
  struct slot *slot = find_slot(listener, LISTENER_SLOT);
  write_log("stop_listening");
  if (slot == NULL) {
    fake_os.wrong_closes++;
    return;
  }
  close_slot(slot);
}

/* ---- format -------------------------------------------------------------- */

static uint32_t fake_format(const nt_wchar *root, uint32_t media,
                            const nt_wchar *file_system, const nt_wchar *label,
                            bool quick, uint32_t cluster_size,
                            nt_win32_format_fn callback, void *ctx) {
  write_log("format %s %u %s \"%s\" %s %u", narrow(root), (unsigned)media,
            narrow(file_system), narrow(label), quick ? "quick" : "full",
            (unsigned)cluster_size);
  if (fault()) {
    return fault_error();
  }
  for (const struct fake_format_call *call = fake_os.format_calls;
       call != NULL && call->command != FAKE_FORMAT_END; call++) {
    if (!callback(ctx, call->command, call->action, call->data)) {
      write_log("format stopped");
      break;
    }
  }
  return fake_os.format_error;
}

/* ---- the table ----------------------------------------------------------- */

const struct nt_win32_os fake_os_table = {
    .create_file = fake_create_file,
    .close = fake_close,
    .create_event = fake_create_event,
    .wait = fake_wait,
    .cancel = fake_cancel,
    .control = fake_control,
    .read = fake_read,
    .write = fake_write,
    .flush = fake_flush,
    .query_file = fake_query_file,
    .query_volume = fake_query_volume,
    .find_first_volume = fake_find_first_volume,
    .find_next_volume = fake_find_next_volume,
    .find_volume_close = fake_find_volume_close,
    .volume_paths = fake_volume_paths,
    .volume_of_mount_point = fake_volume_of_mount_point,
    .mount_point_of_path = fake_mount_point_of_path,
    .volume_information = fake_volume_information,
    .drive_type = fake_drive_type,
    .query_dos_device = fake_query_dos_device,
    .version = fake_version,
    .system_directory = fake_system_directory,
    .system_partition = fake_system_partition,
    .page_file = fake_page_file,
    .processes_using = fake_processes_using,
    .process_name = fake_process_name,
    .current_process = fake_current_process,
    .enable_privilege = fake_enable_privilege,
    .interfaces = fake_interfaces,
    .device_of_interface = fake_device_of_interface,
    .parent_device = fake_parent_device,
    .query_and_remove = fake_query_and_remove,
    .request_eject = fake_request_eject,
    .remove_device = fake_remove_device,
    .listen = fake_listen,
    .watch = fake_watch,
    .next_notification = fake_next_notification,
    .stop_listening = fake_stop_listening,
    .format = fake_format,
};

/* Tests have fakes only; the table of a real Windows is os.c's. */
const struct nt_win32_os *nt_win32_os(void) {
  return &fake_os_table;
}
