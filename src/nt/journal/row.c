/*
 * Loading a row of journal.db: type and range of each value.
 */
#include "row.h"

#include <inttypes.h>
#include <string.h>

static void hint(struct nt_error *err) {
  nt_hint(err,
          "bring the journal back from a backup, or move its folder away: a "
          "new one is begun, and what this one saved cannot be undone then");
}

/* Refuses the row. `column` is named as in "saved.length". */
static nt_status refuse(struct nt__row *row, int column, const char *problem) {
  row->status = nt_refuse(
      row->err, NT_REASON_JOURNAL_DAMAGED, "%s: %s.%s of operation %lld %s",
      nt_journal_path(row->journal), row->table,
      sqlite3_column_name(row->stmt, column), (long long)row->id, problem);
  hint(row->err);
  return row->status;
}

static const char *type_name(int type) {
  static const char *const names[] = {"",       "an integer", "a number",
                                      "a text", "a blob",     "NULL"};
  return names[type >= SQLITE_INTEGER && type <= SQLITE_NULL ? type : 0];
}

/* Whether no value was refused yet and the next column is of this type. */
static bool has_type(struct nt__row *row, int type) {
  char problem[64];
  if (!nt_ok(row->status)) {
    return false;
  }
  int there = sqlite3_column_type(row->stmt, row->next);
  if (there != type) {
    nt_format_text(problem, sizeof problem, "is %s, not %s", type_name(there),
                   type_name(type));
    refuse(row, row->next, problem);
  }
  return there == type;
}

int64_t nt__row_integer(struct nt__row *row, int64_t low, int64_t high) {
  char problem[128];
  int64_t value = 0;
  if (has_type(row, SQLITE_INTEGER)) {
    value = sqlite3_column_int64(row->stmt, row->next);
    if (value < low || value > high) {
      nt_format_text(problem, sizeof problem,
                     "is %" PRId64 ", not from %" PRId64 " to %" PRId64, value,
                     low, high);
      refuse(row, row->next, problem);
      value = low > 0 ? low : 0;
    }
  }
  row->next++;
  return value;
}

void nt__row_text(struct nt__row *row, char *buf, size_t cap) {
  char problem[128];
  buf[0] = '\0';
  if (has_type(row, SQLITE_TEXT)) {
    const char *text = (const char *)sqlite3_column_text(row->stmt, row->next);
    size_t length = (size_t)sqlite3_column_bytes(row->stmt, row->next);
    if (text == NULL) {
      row->status = nt_db_fail(&row->journal->db, row->err);
    } else if (length >= cap) {
      nt_format_text(problem, sizeof problem, "has %zu bytes, not up to %zu",
                     length, cap - 1);
      refuse(row, row->next, problem);
    } else if (strlen(text) != length) {
      refuse(row, row->next, "has a zero byte in it");
    } else {
      memcpy(buf, text, length + 1);
    }
  }
  row->next++;
}

const unsigned char *nt__row_blob(struct nt__row *row, size_t most,
                                  size_t *length) {
  char problem[128];
  const unsigned char *bytes = NULL;
  *length = 0;
  if (has_type(row, SQLITE_BLOB)) {
    bytes = sqlite3_column_blob(row->stmt, row->next);
    *length = (size_t)sqlite3_column_bytes(row->stmt, row->next);
    if (*length > most) {
      nt_format_text(problem, sizeof problem, "has %zu bytes, not up to %zu",
                     *length, most);
      refuse(row, row->next, problem);
      *length = 0;
    } else if (bytes == NULL && *length > 0) {
      row->status = nt_db_fail(&row->journal->db, row->err);
    }
  }
  row->next++;
  return bytes;
}

void nt__row_refuse(struct nt__row *row, const char *fmt, ...) {
  char problem[300];
  va_list args;
  if (!nt_ok(row->status)) {
    return;
  }
  va_start(args, fmt);
  nt_vformat_text(problem, sizeof problem, fmt, args);
  va_end(args);
  row->status = nt_refuse(
      row->err, NT_REASON_JOURNAL_DAMAGED, "%s: %s of operation %lld: %s",
      nt_journal_path(row->journal), row->table, (long long)row->id, problem);
  hint(row->err);
}
