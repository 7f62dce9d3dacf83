/* The schema of machine.db, the values that it may hold, and the way to
 * recognise such a database. */
#ifndef NT_SIM_DB_SCHEMA_H
#define NT_SIM_DB_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "ntvl": tells our database from any other SQLite file. */
#define NT__SIM_APPLICATION_ID 1853126252

/* This number rises with every change of the schema. */
#define NT__SIM_SCHEMA_VERSION 12

/* The highest number of a row in a table that grows. It is far below the limits
 * of SQLite and of C types. */
#define NT__SIM_MOST_ROWS ((int64_t)1 << 48)
/* The most bytes of a disk: 32 times as many still fit into 63 bits. */
#define NT__SIM_MOST_BYTES ((int64_t)1 << 57)

enum sim_type { SIM_TYPE_INTEGER, SIM_TYPE_TEXT, SIM_TYPE_BLOB };

struct sim_column {
  const char *name; /* NULL: there are no more */
  enum sim_type type;
  int64_t least, most; /* of an integer; bytes of a text or a blob */
  const char *more;    /* what else the schema says of it */
};

struct sim_table {
  const char *name;
  const char *rows; /* a statement that reads all of them, all columns */
  const char *end;  /* what the schema says behind the columns */
  bool grows;       /* it grows without end: rows are checked when read */
  struct sim_column columns[16];
};

extern const struct sim_table nt__sim_tables[];
extern const size_t nt__sim_table_count;
const struct sim_table *nt__sim_table(const char *name);

/* Room for the statements that make the schema, checks included. */
#define NT__SIM_SCHEMA_MAX 20000
void nt__sim_schema(char buf[NT__SIM_SCHEMA_MAX]);

#endif
