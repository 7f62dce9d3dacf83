/*
 * Compares rows with those that were last found good. The bytes themselves are
 * kept, not a checksum: whoever writes to a database can choose what he writes,
 * and can make quick checksums agree.
 */
#include "seen.h"

#include <stdlib.h>
#include <string.h>

/* There are few rows, and they are small. Larger tables are checked every time.
 */
#define MOST_BYTES ((size_t)1 << 20)

void nt__sim_seen_begin(struct sim_seen *seen) {
  seen->at = 0;
  seen->same = seen->known;
  seen->lost = false;
  seen->known = false;
}

/* Makes room for `length` more bytes; returns whether that worked. */
static bool reserve(struct sim_seen *seen, size_t length) {
  size_t room = seen->room > 0 ? seen->room : 512;
  if (seen->lost || length > MOST_BYTES - seen->at) {
    return false;
  }
  while (room - seen->at < length) {
    room *= 2;
  }
  if (room > seen->room) {
    unsigned char *bytes = realloc(seen->bytes, room);
    if (!bytes) {
      return false;
    }
    seen->bytes = bytes;
    seen->room = room;
  }
  return true;
}

static void put(struct sim_seen *seen, const void *bytes, size_t length) {
  if (seen->same && length <= seen->used - seen->at &&
      (length == 0 || memcmp(seen->bytes + seen->at, bytes, length) == 0)) {
    seen->at += length;
    return;
  }
  seen->same = false;
  if (!reserve(seen, length)) {
    seen->lost = true;
  } else if (length > 0) {
    memcpy(seen->bytes + seen->at, bytes, length);
    seen->at += length;
  }
}

/* Adds the type and the length, too, so that no two different rows have the
 * same bytes. */
static void put_column(struct sim_seen *seen, sqlite3_stmt *stmt, int column) {
  int type = sqlite3_column_type(stmt, column);
  put(seen, &type, sizeof type);
  if (type == SQLITE_INTEGER) {
    sqlite3_int64 value = sqlite3_column_int64(stmt, column);
    put(seen, &value, sizeof value);
  } else if (type == SQLITE_FLOAT) {
    seen->lost = true; /* a float is good in no table */
    seen->same = false;
  } else {
    const void *bytes = sqlite3_column_blob(stmt, column);
    int length = sqlite3_column_bytes(stmt, column);
    put(seen, &length, sizeof length);
    put(seen, bytes, (size_t)length);
  }
}

bool nt__sim_seen_row(struct sim_seen *seen, sqlite3_stmt *stmt) {
  for (int i = 0; i < sqlite3_column_count(stmt); i++) {
    put_column(seen, stmt, i);
  }
  return seen->same;
}

void nt__sim_seen_end(struct sim_seen *seen) {
  seen->same = seen->same && seen->at == seen->used && !seen->lost;
  seen->used = seen->at;
  seen->known = !seen->lost;
}
