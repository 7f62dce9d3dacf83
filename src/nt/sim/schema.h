/* What machine.db looks like, and how to know one. */
#ifndef NT_SIM_SCHEMA_H
#define NT_SIM_SCHEMA_H

/* "ntvl": tells our database from any other SQLite file. */
#define NT__SIM_APPLICATION_ID 1853126252
#define NT__SIM_APPLICATION_ID_TEXT "1853126252"

/* Rises with every change of the schema. */
#define NT__SIM_SCHEMA_VERSION 9
#define NT__SIM_SCHEMA_VERSION_TEXT "9"

extern const char nt__sim_schema[];

#endif
