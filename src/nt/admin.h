/*
 * What an administrator does to the storage and the cluster around a machine,
 * as a table of its own. A real machine has none of this: there other
 * computers, or the system's own tools, do it. The simulated machine and test
 * machines bring a table in the field `admin` of struct nt_machine_ops.
 *
 * The rules of nt.h hold for these slots, too.
 */
#ifndef NT_ADMIN_H
#define NT_ADMIN_H

#include "nt.h"

/* A node of a cluster. */
struct nt_node_info {
  char name[NT_NODE_MAX];
  bool own; /* the one that this machine is */
};

struct nt_admin_ops {
  uint32_t size; /* sizeof(struct nt_admin_ops), as in the other tables */

  /* Stops or starts presenting the LUN of a disk. Masking a disk that is still
   * installed is a surprise removal of it and of its installed volumes, and the
   * event history shows it. Unmasking is an arrival: disk and volumes are
   * installed again and the mount manager puts the volumes online. */
  nt_status (*mask)(struct nt_machine *machine, const char *disk,
                    struct nt_error *err);
  nt_status (*unmask)(struct nt_machine *machine, const char *disk,
                      struct nt_error *err);

  /* The nodes of the cluster that the machine belongs to; the cursor is as
   * that of the other enumerations. A machine of no cluster has none. */
  nt_status (*next_node)(struct nt_machine *machine, uint64_t *cursor,
                         struct nt_node_info *out, struct nt_error *err);

  /* Takes a cluster shared volume out of the name space of the cluster, so that
   * it is an ordinary volume of the node that owns it, or puts it back. Success
   * when it is so already. */
  nt_status (*set_maintenance)(struct nt_machine *machine, const char *volume,
                               bool on, struct nt_error *err);

  /* Makes another node the owner of a volume. */
  nt_status (*set_owner)(struct nt_machine *machine, const char *volume,
                         const char *node, struct nt_error *err);

  /* What the mount manager does for SetVolumeMountPoint: gives a volume a
   * letter ("E:") or a folder ("C:\mnt\data"), which from then on names it,
   * and puts the volume online (F15). STATUS_OBJECT_NAME_COLLISION when it is
   * another volume's or this one's already; a volume has one letter. */
  nt_status (*add_mount_point)(struct nt_machine *machine, const char *volume,
                               const char *point, struct nt_error *err);

  /* DeleteVolumeMountPoint: handles stay as they are. A volume whose letter was
   * removed gets none by itself when it arrives again. */
  nt_status (*remove_mount_point)(struct nt_machine *machine, const char *point,
                                  struct nt_error *err);
};

/* ---- thin checked callers, as those of nt.h -------------------------------
 */

nt_status nt_mask(struct nt_machine *machine, const char *disk,
                  struct nt_error *err);
nt_status nt_unmask(struct nt_machine *machine, const char *disk,
                    struct nt_error *err);
nt_status nt_next_node(struct nt_machine *machine, uint64_t *cursor,
                       struct nt_node_info *out, struct nt_error *err);
nt_status nt_set_maintenance(struct nt_machine *machine, const char *volume,
                             bool on, struct nt_error *err);
nt_status nt_set_owner(struct nt_machine *machine, const char *volume,
                       const char *node, struct nt_error *err);
nt_status nt_add_mount_point(struct nt_machine *machine, const char *volume,
                             const char *point, struct nt_error *err);
nt_status nt_remove_mount_point(struct nt_machine *machine, const char *point,
                                struct nt_error *err);

#endif
