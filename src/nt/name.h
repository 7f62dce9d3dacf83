/*
 * Names of objects, as CreateFile takes them: the parser that all machine kinds
 * share. Only the machine knows whether the object exists.
 */
#ifndef NT_NAME_H
#define NT_NAME_H

#include "error.h"

enum nt_name_kind {
  NT_NAME_LETTER,   /* D:  \\.\D:  \\?\D: */
  NT_NAME_GUID,     /* \\?\Volume{guid}  \\.\Volume{guid} */
  NT_NAME_DISK,     /* \\.\PhysicalDrive1  \\?\PhysicalDrive1  PhysicalDrive1 */
  NT_NAME_DEVICE,   /* \\?\GLOBALROOT\Device\HarddiskVolume3  \\.\ the same,
                       \Device\HarddiskVolume3, \\.\HarddiskVolume3 */
  NT_NAME_CDROM,    /* \\.\CdRom0  \Device\CdRom0: the volume in a CD drive */
  NT_NAME_MOUNTMGR, /* \\.\MountPointManager  \Device\MountPointManager */
  NT_NAME_PARTITION /* \Device\Harddisk0\Partition1: the volume on it */
};

struct nt_name {
  enum nt_name_kind kind;
  char letter;        /* NT_NAME_LETTER: upper case, else '\0' */
  char guid[40];      /* NT_NAME_GUID: lower case, without braces, else "" */
  uint32_t number;    /* of disks, devices and CD drives, else 0 */
  uint32_t partition; /* NT_NAME_PARTITION: 1.., else 0 */
  const char *path;   /* what follows the object in the parsed string: NULL for
                         nothing (the object itself), "\" for its root
                         directory, else "\dir\file". Separators may be forward
                         slashes, as written */
};

/* Parses a name; letters and words may be in either case. Refuses everything
 * else with STATUS_OBJECT_NAME_INVALID and a hint; *out is written on success
 * only. As in Windows, a name that begins with \\?\ takes only backslashes. */
nt_status nt_name_parse(const char *name, struct nt_name *out,
                        struct nt_error *err);

#endif
