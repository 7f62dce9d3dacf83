/* The schema of machine.db: the state model of an NT machine's volumes. */
#include "schema.h"

/* clang-format off */
const char nt__sim_schema[] =
/* Rows are few and small: small pages make every transaction's log small. */
"PRAGMA page_size = 1024;"
/* At once: who connects meanwhile must not see half of it. */
"BEGIN EXCLUSIVE;"
"PRAGMA application_id = " NT__SIM_APPLICATION_ID_TEXT ";"
"PRAGMA user_version = " NT__SIM_SCHEMA_VERSION_TEXT ";"

/* A process that is connected. It holds byte `id` of machine.lock while it
 * lives; AUTOINCREMENT, because a byte must never mean another process. */
"CREATE TABLE owner ("
"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
"  pid INTEGER NOT NULL,"
"  program TEXT NOT NULL,"
"  start_us INTEGER NOT NULL," /* 0: not known */
"  node INTEGER NOT NULL) STRICT;" /* that it is a process of, or 0 */

/* The nodes of a cluster; a machine that is none has no rows here, and 0 stands
 * for the node wherever one is named. */
"CREATE TABLE node ("
"  id INTEGER PRIMARY KEY,"
"  name TEXT NOT NULL UNIQUE COLLATE NOCASE) STRICT;"

"CREATE TABLE disk ("
"  number INTEGER PRIMARY KEY," /* PhysicalDriveN */
"  image TEXT NOT NULL,"        /* relative to the folder, or absolute */
"  made INTEGER NOT NULL,"      /* 1: the image was made for this machine */
"  length INTEGER NOT NULL,"
"  sector_size INTEGER NOT NULL,"
"  style TEXT NOT NULL,"        /* none, mbr, gpt */
"  serial TEXT NOT NULL,"
"  model TEXT NOT NULL,"
"  flags INTEGER NOT NULL,"     /* NT_DISK_* */
"  changes INTEGER NOT NULL DEFAULT 0) STRICT;" /* of its medium */

"CREATE TABLE volume ("
"  id INTEGER PRIMARY KEY,"     /* HarddiskVolumeN */
"  guid TEXT NOT NULL UNIQUE,"
"  length INTEGER NOT NULL,"
"  sector_size INTEGER NOT NULL,"
"  partition_number INTEGER NOT NULL," /* 0: the whole disk, or in pieces */
"  partition_type TEXT NOT NULL,"
"  partition_id TEXT NOT NULL,"
"  partition_name TEXT NOT NULL,"
"  partition_attributes INTEGER NOT NULL,"
"  flags INTEGER NOT NULL,"     /* NT_VOLUME_*: configuration, and OFFLINE */
"  installed INTEGER NOT NULL,"
"  verify_pending INTEGER NOT NULL,"
"  node INTEGER NOT NULL) STRICT;" /* that owns it */

"CREATE TABLE extent ("
"  volume INTEGER NOT NULL,"
"  ordinal INTEGER NOT NULL,"
"  disk INTEGER NOT NULL,"
"  start INTEGER NOT NULL,"
"  length INTEGER NOT NULL,"
"  partition_number INTEGER NOT NULL," /* of the disk; 0: the whole disk */
"  PRIMARY KEY (volume, ordinal)) STRICT, WITHOUT ROWID;"

"CREATE TABLE mount_point ("
"  path TEXT PRIMARY KEY COLLATE NOCASE," /* D: or a folder */
"  volume INTEGER NOT NULL,"
"  kept INTEGER NOT NULL) STRICT, WITHOUT ROWID;" /* 0: gone at an arrival */

/* Volumes that get no letter by themselves. */
"CREATE TABLE no_letter (volume INTEGER PRIMARY KEY) STRICT;"

/* Of the machine: automount. */
"CREATE TABLE setting ("
"  name TEXT PRIMARY KEY,"
"  value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

/* A file system that a node has mounted. Handles belong to it, not to the
 * volume. */
"CREATE TABLE instance ("
"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
"  volume INTEGER NOT NULL,"    /* 0: of a disk */
"  disk INTEGER NOT NULL,"      /* -1: of a volume */
"  node INTEGER NOT NULL,"
"  fsd TEXT NOT NULL,"
"  file_system TEXT NOT NULL,"
"  label TEXT NOT NULL,"
"  serial TEXT NOT NULL,"
"  reserved_bytes INTEGER NOT NULL,"
"  fs_bytes INTEGER NOT NULL,"
"  current INTEGER NOT NULL,"   /* the device's VPB points here */
"  condition INTEGER NOT NULL," /* enum sim_condition */
"  vpb INTEGER NOT NULL,"       /* SIM_VPB_* */
"  lock_owner INTEGER NOT NULL) STRICT;" /* file object, 0: not locked */
"CREATE INDEX instance_of_device ON instance (volume, disk);"

"CREATE TABLE file_object ("
"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
"  owner INTEGER NOT NULL,"
"  instance INTEGER NOT NULL,"  /* 0: device without a file system */
"  volume INTEGER NOT NULL,"
"  disk INTEGER NOT NULL,"
"  kind INTEGER NOT NULL,"      /* enum nt_handle_kind */
"  access INTEGER NOT NULL,"
"  share INTEGER NOT NULL,"
"  flags INTEGER NOT NULL,"     /* SIM_FO_* */
"  refs INTEGER NOT NULL,"      /* handles on it */
"  file INTEGER NOT NULL,"      /* the file's number in its file system */
"  path TEXT NOT NULL) STRICT;"
"CREATE INDEX file_object_of_instance ON file_object (instance);"
/* Every write asks for these, and there is hardly ever one. */
"CREATE INDEX file_object_holding ON file_object (volume)"
"  WHERE flags & 64 <> 0;"

/* What was written to files and is not in the image yet, sector by sector. */
"CREATE TABLE dirty ("
"  instance INTEGER NOT NULL,"
"  file INTEGER NOT NULL,"      /* as in file_object */
"  start INTEGER NOT NULL,"     /* in the file */
"  place INTEGER NOT NULL,"     /* on the volume */
"  data BLOB NOT NULL) STRICT;"
"CREATE UNIQUE INDEX dirty_of_file ON dirty (instance, file, start);"

/* Settings of a file system, which its serial number tells from others. */
"CREATE TABLE persistent_state ("
"  volume INTEGER PRIMARY KEY,"
"  file_system TEXT NOT NULL,"
"  serial TEXT NOT NULL,"
"  flags INTEGER NOT NULL) STRICT;" /* PERSISTENT_VOLUME_STATE_* */

/* Ids rise because rows go away only from the front. */
"CREATE TABLE event ("
"  id INTEGER PRIMARY KEY,"
"  event INTEGER NOT NULL,"     /* enum sim_event; -1: forgotten */
"  target TEXT NOT NULL,"
"  pid INTEGER NOT NULL,"
"  node INTEGER NOT NULL,"      /* that sees it; 0: all do */
"  time_us INTEGER NOT NULL) STRICT;"
"COMMIT;";
/* clang-format on */
