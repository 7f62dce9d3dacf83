/*
 * The schema of machine.db, which holds the state of a machine's volumes. One
 * list says which columns a table has and which values they may hold. The
 * checks in the schema are made from it, and so is the check of the rows that
 * were read (trust.c).
 */
#include "schema.h"

#include <inttypes.h>
#include <string.h>

#include "rows.h"

/* The end of the year 9999, in microseconds since 1970. */
#define MOST_TIME INT64_C(253402300799999999)
#define MOST_VOLUME (NT_SIM_MAX_DISKS * NT_SIM_MAX_VOLUMES)

#define TABLE(name) name, "SELECT * FROM " name
#define NUMBER(name, least, most) \
  { name, SIM_TYPE_INTEGER, least, most, "NOT NULL" }
#define KEY(name, least, most) \
  { name, SIM_TYPE_INTEGER, least, most, "PRIMARY KEY" }
#define RISING(name) \
  { name, SIM_TYPE_INTEGER, 1, NT__SIM_MOST_ROWS, "PRIMARY KEY AUTOINCREMENT" }
#define TEXT(name, least, most) \
  { name, SIM_TYPE_TEXT, least, most, "NOT NULL" }
#define FLAG(name) NUMBER(name, 0, 1)
#define NODE(name) NUMBER(name, 0, NT_SIM_MAX_NODES) /* 0: there is none */
#define VOLUME(least) NUMBER("volume", least, MOST_VOLUME)

/* Room for a text in a buffer that ends in a zero byte. */
#define ROOM(type, field) ((int64_t)sizeof((struct type){0}.field) - 1)

const struct sim_table nt__sim_tables[] = {
    /* A process that is connected. It holds byte `id` of machine.lock while it
     * lives. The ids are AUTOINCREMENT because a byte must never mean two
     * processes. */
    {TABLE("owner"),
     "STRICT;",
     false,
     {RISING("id"), NUMBER("pid", 0, UINT32_MAX),
      TEXT("program", 0, ROOM(nt_holder, program)),
      NUMBER("start_us", 0, MOST_TIME), /* 0: not known */
      NODE("node")}},                   /* the node of the process */

    /* The program that still holds the byte of an owner whose process was
     * killed while the program ran. */
    {TABLE("heir"),
     "STRICT;",
     false,
     {KEY("owner", 1, NT__SIM_MOST_ROWS), NUMBER("pid", 0, UINT32_MAX),
      TEXT("program", 0, ROOM(nt_holder, program)),
      NUMBER("start_us", 0, MOST_TIME)}},

    /* The nodes of a cluster. A machine that is no cluster has no rows here,
     * and wherever a node is named, it is 0. */
    {TABLE("node"),
     "STRICT;",
     false,
     {KEY("id", 1, NT_SIM_MAX_NODES),
      {"name", SIM_TYPE_TEXT, 1, NT_NODE_MAX - 1,
       "NOT NULL UNIQUE COLLATE NOCASE"}}},

    {TABLE("disk"),
     "STRICT;",
     false,
     {KEY("number", 0, NT_SIM_MAX_DISKS - 1),  /* PhysicalDriveN */
      TEXT("image", 0, ROOM(sim_disk, image)), /* a file of the folder, or
                                                  absolute: see outside.c */
      FLAG("made"), /* the image was made for this machine */
      NUMBER("length", 0, NT__SIM_MOST_BYTES),
      NUMBER("sector_size", 512, 4096),
      TEXT("style", 3, 4), /* none, mbr, gpt */
      TEXT("serial", 0, ROOM(nt_disk_info, serial)),
      TEXT("model", 0, ROOM(nt_disk_info, model)),
      NUMBER("flags", 0, 0x7FF), /* NT_DISK_* */
      {"changes", SIM_TYPE_INTEGER, 0, NT__SIM_MOST_ROWS,
       "NOT NULL DEFAULT 0"}}}, /* changes of its medium */

    {TABLE("volume"),
     "STRICT;",
     false,
     {KEY("id", 1, MOST_VOLUME), /* HarddiskVolumeN */
      {"guid", SIM_TYPE_TEXT, 36, 36, "NOT NULL UNIQUE"},
      NUMBER("length", 0, NT__SIM_MOST_BYTES),
      NUMBER("sector_size", 512, 4096),
      NUMBER("partition_number", 0, UINT16_MAX), /* 0: the whole disk, or in
                                                    pieces */
      TEXT("partition_type", 0, ROOM(sim_partition, type)),
      TEXT("partition_id", 0, ROOM(sim_partition, id)),
      TEXT("partition_name", 0, ROOM(sim_partition, name)),
      NUMBER("partition_attributes", INT64_MIN, INT64_MAX),
      NUMBER("flags", 0, 0xFFFF), /* NT_VOLUME_*: configuration, OFFLINE, CUT */
      FLAG("installed"),
      FLAG("verify_pending"),
      NODE("node")}}, /* the node that owns it */

    {TABLE("extent"),
     "PRIMARY KEY (volume, ordinal)) STRICT, WITHOUT ROWID;",
     false,
     {VOLUME(1), NUMBER("ordinal", 0, NT_MAX_EXTENTS - 1),
      NUMBER("disk", 0, NT_SIM_MAX_DISKS - 1),
      NUMBER("start", 0, NT__SIM_MOST_BYTES),
      NUMBER("length", 0, NT__SIM_MOST_BYTES),
      NUMBER("partition_number", 0, UINT16_MAX)}}, /* of the disk; 0: the whole
                                                      disk */

    {TABLE("mount_point"),
     "STRICT, WITHOUT ROWID;",
     false,
     {{"path", SIM_TYPE_TEXT, 2, NT_NAME_MAX - 1,
       "PRIMARY KEY COLLATE NOCASE"}, /* D: or a folder */
      VOLUME(1),
      FLAG("kept")}}, /* 0: gone at an arrival */

    /* Volumes that get no letter automatically. */
    {TABLE("no_letter"), "STRICT;", false, {KEY("volume", 1, MOST_VOLUME)}},

    /* Settings of the machine: `automount`, and `machine`, which is a random
     * number that tells it from all others. */
    {TABLE("setting"),
     "STRICT, WITHOUT ROWID;",
     false,
     {{"name", SIM_TYPE_TEXT, 1, 31, "PRIMARY KEY"},
      NUMBER("value", 0, INT64_MAX)}},

    /* A file system that a node has mounted. Handles belong to it, not to the
     * volume. */
    {TABLE("instance"),
     "STRICT; CREATE INDEX instance_of_device ON instance (volume, disk);",
     false,
     {RISING("id"),
      VOLUME(0),                                /* 0: of a disk */
      NUMBER("disk", -1, NT_SIM_MAX_DISKS - 1), /* -1: of a volume */
      NODE("node"),
      TEXT("fsd", 1, 15),
      TEXT("file_system", 0, ROOM(sim_instance, file_system)),
      TEXT("label", 0, ROOM(sim_instance, label)),
      TEXT("serial", 0, ROOM(sim_instance, serial)),
      NUMBER("reserved_bytes", 0, NT__SIM_MOST_BYTES),
      NUMBER("fs_bytes", 0, NT__SIM_MOST_BYTES),
      FLAG("current"), /* the device's VPB points here */
      NUMBER("condition", 0, SIM_INVALIDATED),    /* enum sim_condition */
      NUMBER("vpb", 0, 0x3FFFF),                  /* SIM_VPB_* */
      NUMBER("lock_owner", 0, NT__SIM_MOST_ROWS), /* file object, 0: not locked
                                                   */
      {"bpb", SIM_TYPE_BLOB, 0, NT_FAT_BPB, "NOT NULL"}}}, /* of FAT12, FAT16 */

    {TABLE("file_object"),
     "STRICT; CREATE INDEX file_object_of_instance ON file_object (instance);"
     /* Every write looks for these rows, and hardly ever finds one. */
     "CREATE INDEX file_object_holding ON file_object (volume)"
     "  WHERE " SIM_HOLDS_WRITES ";",
     false,
     {RISING("id"), NUMBER("owner", 1, NT__SIM_MOST_ROWS),
      NUMBER("instance", 0, NT__SIM_MOST_ROWS), /* 0: device without a file
                                                   system */
      VOLUME(0), NUMBER("disk", -1, NT_SIM_MAX_DISKS - 1),
      NUMBER("kind", 0, NT_KIND_SECTION), /* enum nt_handle_kind */
      NUMBER("access", 0, UINT32_MAX), NUMBER("share", 0, 7),
      NUMBER("flags", 0, 0xFF),     /* SIM_FO_* */
      NUMBER("refs", 1, INT32_MAX), /* handles on it */
      NUMBER("file", 0, INT64_MAX), /* its number in its file system */
      TEXT("path", 0, NT_NAME_MAX - 1)}},

    /* What was written to files and is not in the image yet, sector by sector.
     */
    {TABLE("dirty"),
     "STRICT; CREATE UNIQUE INDEX dirty_of_file ON dirty (instance, file, "
     "start);",
     true,
     {NUMBER("instance", 1, NT__SIM_MOST_ROWS),
      NUMBER("file", 0, INT64_MAX),           /* as in file_object */
      NUMBER("start", 0, NT__SIM_MOST_BYTES), /* in the file */
      NUMBER("place", 0, NT__SIM_MOST_BYTES), /* on the volume */
      {"data", SIM_TYPE_BLOB, SIM_CACHE_SECTOR, SIM_CACHE_SECTOR, "NOT NULL"}}},

    /* Settings of a file system, which its serial number tells from others. */
    {TABLE("persistent_state"),
     "STRICT;",
     false,
     {KEY("volume", 1, MOST_VOLUME),
      TEXT("file_system", 0, ROOM(sim_instance, file_system)),
      TEXT("serial", 0, ROOM(sim_instance, serial)),
      NUMBER("flags", 0, 0x7FFF)}}, /* PERSISTENT_VOLUME_STATE_* */

    /* Ids always rise, because only the oldest rows are removed. */
    {TABLE("event"),
     "STRICT;",
     true,
     {KEY("id", 1, NT__SIM_MOST_ROWS),
      NUMBER("event", SIM_FORGOTTEN, SIM_EVENT_COUNT - 1),
      TEXT("target", 0, NT_NAME_MAX - 1), NUMBER("pid", 0, UINT32_MAX),
      NODE("node"), /* the node that sees it; 0: all do */
      NUMBER("time_us", 0, MOST_TIME)}},
};

const size_t nt__sim_table_count =
    sizeof nt__sim_tables / sizeof nt__sim_tables[0];

const struct sim_table *nt__sim_table(const char *name) {
  const struct sim_table *table = nt__sim_tables;
  while (strcmp(table->name, name) != 0) {
    table++; /* all names are in the list */
  }
  return table;
}

/* ---- as text ------------------------------------------------------------- */

static size_t add_column(char *buf, size_t cap,
                         const struct sim_column *column) {
  static const char *const types[] = {"INTEGER", "TEXT", "BLOB"};
  size_t used = nt_format_text(buf, cap, "%s %s %s", column->name,
                               types[column->type], column->more);
  if (column->type == SIM_TYPE_INTEGER && column->least == INT64_MIN) {
    return used; /* anything */
  }
  return used + nt_format_text(buf + used, cap - used,
                               column->type == SIM_TYPE_INTEGER
                                   ? " CHECK (%s BETWEEN %" PRId64
                                     " AND %" PRId64 ")"
                                   : " CHECK (length(CAST(%s AS BLOB)) BETWEEN "
                                     "%" PRId64 " AND %" PRId64 ")",
                               column->name, column->least, column->most);
}

static size_t add_table(char *buf, size_t cap, const struct sim_table *table) {
  bool key = strncmp(table->end, "PRIMARY", 7) == 0;
  size_t used = nt_format_text(buf, cap, "CREATE TABLE %s (", table->name);
  for (const struct sim_column *c = table->columns; c->name; c++) {
    used += add_column(buf + used, cap - used, c);
    used += nt_format_text(buf + used, cap - used, "%s",
                           c[1].name || key ? ", " : ") ");
  }
  return used + nt_format_text(buf + used, cap - used, "%s", table->end);
}

void nt__sim_schema(char buf[NT__SIM_SCHEMA_MAX]) {
  const size_t cap = NT__SIM_SCHEMA_MAX;
  /* There are few rows, and they are small. Small pages make the log of each
   * transaction small. It all happens in one transaction: whoever connects
   * meanwhile must not see half of it. */
  size_t used =
      nt_format_text(buf, cap,
                     "PRAGMA page_size = 1024; BEGIN EXCLUSIVE;"
                     "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                     NT__SIM_APPLICATION_ID, NT__SIM_SCHEMA_VERSION);
  for (size_t i = 0; i < nt__sim_table_count; i++) {
    used += add_table(buf + used, cap - used, &nt__sim_tables[i]);
  }
  nt_format_text(buf + used, cap - used, "COMMIT;");
}
