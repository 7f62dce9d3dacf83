/* Keeps the rows that a transaction has read, and finds out which of them a
 * statement changes. */
#include "loaded.h"

#include <string.h>

struct sim_loaded *nt__sim_loaded(const struct sim_machine *m) {
  return m->db.in_transaction && !m->db.failed ? m->loaded : NULL;
}

static bool begins_with(const char *text, const char *start) {
  return strncmp(text, start, strlen(start)) == 0;
}

/* Finds the name of the table in a statement that writes. */
static const char *written_table(const char *sql) {
  static const char *const verbs[] = {"UPDATE ", "DELETE FROM ", "INSERT INTO ",
                                      "INSERT OR IGNORE INTO ",
                                      "INSERT OR REPLACE INTO "};
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
    if (begins_with(sql, verbs[i])) {
      return sql + strlen(verbs[i]);
    }
  }
  return NULL;
}

static void forget_table(struct sim_loaded *l, const char *table) {
  if (begins_with(table, "volume ")) {
    l->volume.id = 0;
  } else if (begins_with(table, "extent ")) {
    l->lies = 0;
  } else if (begins_with(table, "disk ")) {
    l->disks_known = 0;
  } else if (begins_with(table, "instance ")) {
    l->instance.id = 0;
  } else if (begins_with(table, "file_object ")) {
    l->object.id = 0;
  }
}

void nt__sim_loaded_forget_all(struct sim_machine *m) {
  struct sim_loaded *l = m->loaded;
  if (l) {
    l->volume.id = l->lies = l->instance.id = l->object.id = 0;
    l->disks_known = 0;
  }
}

/* SELECT and PRAGMA change nothing. A statement that names no table here is not
 * known; it makes this forget everything. */
void nt__sim_loaded_forget(struct sim_machine *m, const char *sql) {
  struct sim_loaded *l = m->loaded;
  if (!l || begins_with(sql, "SELECT ") || begins_with(sql, "PRAGMA ")) {
    return;
  }
  const char *table = written_table(sql);
  if (table) {
    forget_table(l, table);
  } else {
    nt__sim_loaded_forget_all(m);
  }
}
