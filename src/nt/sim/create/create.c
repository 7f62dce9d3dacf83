/*
 * Creates a machine: its folder and its nodes, and removes everything again
 * when that fails. Disks and volumes are in create_disk.c and create_volume.c;
 * what the caller asked for is checked in create_check.c.
 */
#include "create.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../db/store.h"
#include "../disk/image.h"
#include "../rules/cluster.h"
#include "../rules/resolve.h"
#include "../slots/connection.h"
#include "../slots/slots.h"
#include "../slots/transaction.h"

/* ---- nodes and disks ----------------------------------------------------- */

static nt_status insert_nodes(struct sim_creation *c, struct nt_error *err) {
  for (uint32_t i = 0; i < c->spec->node_count; i++) {
    NT_TRY(nt__sim_exec(c->m, "INSERT INTO node (name) VALUES (?1)",
                        SIM_ARGS(SIM_TEXT(c->spec->nodes[i])), err));
  }
  NT_TRY(nt__sim_node_enter(SIM_REQUEST(c->m, err)));
  return nt__sim_exec(c->m, "UPDATE owner SET node = ?2 WHERE id = ?1",
                      SIM_ARGS(SIM_INT(c->m->owner), SIM_INT(c->m->node)), err);
}

/* Inserts the random number that tells this machine from all others. */
static nt_status insert_identity(struct sim_creation *c, struct nt_error *err) {
  int64_t id = 0;
  NT_TRY(nt_random(&id, sizeof id, err));
  return nt__sim_exec(c->m, "INSERT INTO setting VALUES ('machine', ?1)",
                      SIM_ARGS(SIM_INT(id & INT64_MAX)), err);
}

static nt_status create_disks(struct sim_creation *c, struct nt_error *err) {
  struct sim_partition *parts = calloc(NT_SIM_MAX_VOLUMES, sizeof *parts);
  if (!parts) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_status status = nt__sim_begin(SIM_REQUEST(c->m, err));
  if (nt_ok(status)) {
    status = insert_identity(c, err);
    if (nt_ok(status)) {
      status = insert_nodes(c, err);
    }
    for (uint32_t i = 0; nt_ok(status) && i < c->spec->disk_count; i++) {
      status = nt__sim_create_disk(c, i, parts, err);
    }
    status = nt__sim_end(SIM_REQUEST(c->m, err), status);
  }
  free(parts);
  return status;
}

/* ---- the folder ---------------------------------------------------------- */

/* STATUS_OBJECT_NAME_COLLISION unless the folder is empty. */
static nt_status check_empty(const char *folder, struct nt_error *err) {
  bool empty;
  nt_status status = nt_folder_is_empty(folder, &empty, err);
  if (!nt_ok(status)) {
    nt_error_about(err, NT_REASON_FOLDER, "the folder %s", folder);
    nt_hint(err, "choose a folder that does not exist yet");
    return status;
  }
  if (empty) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_FOLDER, "the folder %s is not empty", folder);
  nt_hint(err,
          "choose a new folder, or remove the machine in it: "
          "ntvol sim rm %s",
          folder);
  return NT_STATUS_OBJECT_NAME_COLLISION;
}

/* Whoever creates machine.lock in the folder owns it: another process may have
 * found the folder empty, too. */
static nt_status claim_folder(struct sim_creation *c, struct nt_error *err) {
  char path[sizeof c->m->folder + 16];
  struct nt_file *file;
  nt_path_join(path, sizeof path, c->m->folder, "machine.lock");
  nt_status status = nt_file_create(path, &file, err);
  if (nt_ok(status)) {
    nt_file_close(file);
    c->own_folder = true;
    return status;
  }
  nt_error_about(err, NT_REASON_FOLDER, "making %s", path);
  nt_hint(err, "choose a new folder, in a place that is writable");
  return status;
}

static nt_status find_folder(struct sim_creation *c, const char *folder,
                             struct nt_error *err) {
  struct nt_error failure = {0};
  nt_status status = nt_folder_make(folder, &failure);
  if (nt_ok(status)) {
    c->made_folder = true;
    return status;
  }
  if (status == NT_STATUS_OBJECT_NAME_COLLISION) {
    return check_empty(folder, err);
  }
  nt_error_about(&failure, NT_REASON_FOLDER, "making the folder %s", folder);
  nt_hint(&failure, "choose a folder whose parent exists and is writable");
  nt_error_name(&failure, err->op, err->target);
  *err = failure;
  return status;
}

static nt_status make_folder(struct sim_creation *c, const char *folder,
                             struct nt_error *err) {
  nt_status status = find_folder(c, folder, err);
  if (nt_ok(status)) {
    status = nt__sim_machine_enter(c->m, folder, err);
  }
  if (nt_ok(status)) {
    status = claim_folder(c, err);
  }
  if (!nt_ok(status) && c->made_folder) {
    nt_folder_remove(folder);
  }
  return status;
}

/* Removes everything that a failed creation has made. */
static void take_back(struct sim_creation *c) {
  char folder[sizeof c->m->folder];
  nt_copy(folder, sizeof folder, c->m->folder);
  if (c->own_folder) {
    nt__sim_forget_images(c->m);
  }
  nt__sim_machine_free(c->m);
  if (!c->own_folder) {
    return;
  }
  for (uint32_t i = 0; i < NT_SIM_MAX_DISKS; i++) {
    char name[32];
    snprintf(name, sizeof name, "disk%u.img", i);
    if (c->made_image[i]) {
      nt__sim_unlink(folder, name);
    }
  }
  nt__sim_unlink_machine(folder);
  if (c->made_folder) {
    nt_folder_remove(folder);
  }
}

/* ---- all of it ----------------------------------------------------------- */

nt_status nt_sim_create(const char *path, const struct nt_sim_spec *spec,
                        struct nt_machine **out, struct nt_error *err) {
  struct sim_creation c = {.spec = spec};
  nt_error_name(err, "create", path);
  nt_status status = nt__sim_check_location(path, err);
  if (nt_ok(status) && strstr(path, NT_SIM_NODE)) {
    nt_refuse(err, NT_REASON_NO_MACHINE,
              "%s stands between a folder and the node to open", NT_SIM_NODE);
    nt_hint(err, "name the folder only");
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  if (!nt_ok(status)) {
    return status;
  }
  c.m = nt__sim_machine_new(path);
  if (!c.m) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  status = nt__sim_check_spec(&c, err);
  if (nt_ok(status) && strcmp(path, NT_SIM_MEMORY) != 0) {
    status = make_folder(&c, path, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_store_open(c.m, true, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_owner_enter(SIM_REQUEST(c.m, err));
  }
  if (nt_ok(status)) {
    status = create_disks(&c, err);
  }
  if (nt_ok(status)) {
    *out = &c.m->base;
  } else {
    take_back(&c);
  }
  return status;
}

/* ---- afterwards ---------------------------------------------------------- */

#define CONFIGURED                                          \
  (NT_VOLUME_SYSTEM | NT_VOLUME_BOOT | NT_VOLUME_PAGEFILE | \
   NT_VOLUME_READONLY | NT_VOLUME_BUSY)

static nt_status set_flags(struct sim_machine *m, const char *name,
                           uint32_t flags, struct nt_error *err) {
  struct sim_volume volume;
  int64_t id = 0;
  NT_TRY(nt__sim_resolve_volume(SIM_REQUEST(m, err), name, &id));
  NT_TRY(nt__sim_load_volume(m, id, &volume, err));
  volume.flags = (volume.flags & ~CONFIGURED) | (flags & CONFIGURED);
  return nt__sim_save_volume(m, &volume, err);
}

nt_status nt_sim_set_flags(struct nt_machine *machine, const char *volume,
                           uint32_t flags, struct nt_error *err) {
  struct sim_machine *m = nt__sim_machine(machine);
  nt_error_name(err, "set the flags of", volume);
  NT_TRY(nt__sim_begin(SIM_REQUEST(m, err)));
  return nt__sim_end(SIM_REQUEST(m, err), set_flags(m, volume, flags, err));
}
