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

static nt_status insert_nodes(struct sim_creation *c) {
  for (uint32_t i = 0; i < c->spec->node_count; i++) {
    NT_TRY(nt__sim_exec(&c->r, "INSERT INTO node (name) VALUES (?1)",
                        SIM_ARGS(SIM_TEXT(c->spec->nodes[i]))));
  }
  NT_TRY(nt__sim_node_enter(&c->r));
  return nt__sim_exec(&c->r, "UPDATE owner SET node = ?2 WHERE id = ?1",
                      SIM_ARGS(SIM_INT(c->r.m->owner), SIM_INT(c->r.m->node)));
}

/* Inserts the random number that tells this machine from all others. */
static nt_status insert_identity(struct sim_creation *c) {
  int64_t id = 0;
  NT_TRY(nt_random(&id, sizeof id, c->r.err));
  return nt__sim_exec(&c->r, "INSERT INTO setting VALUES ('machine', ?1)",
                      SIM_ARGS(SIM_INT(id & INT64_MAX)));
}

static nt_status create_disks(struct sim_creation *c) {
  struct sim_partition *parts = calloc(NT_SIM_MAX_VOLUMES, sizeof *parts);
  if (!parts) {
    return nt_fail(c->r.err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_status status = nt__sim_begin(&c->r);
  if (nt_ok(status)) {
    status = insert_identity(c);
    if (nt_ok(status)) {
      status = insert_nodes(c);
    }
    for (uint32_t i = 0; nt_ok(status) && i < c->spec->disk_count; i++) {
      status = nt__sim_create_disk(c, i, parts);
    }
    if (nt_ok(status)) {
      status = nt__sim_mount_volumes(c);
    }
    status = nt__sim_end(&c->r, status);
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
static nt_status claim_folder(struct sim_creation *c) {
  char path[sizeof c->r.m->folder + 16];
  struct nt_file *file;
  nt_path_join(path, sizeof path, c->r.m->folder, "machine.lock");
  nt_status status = nt_file_create(path, &file, c->r.err);
  if (nt_ok(status)) {
    nt_file_close(file);
    c->own_folder = true;
    return status;
  }
  nt_error_about(c->r.err, NT_REASON_FOLDER, "making %s", path);
  nt_hint(c->r.err, "choose a new folder, in a place that is writable");
  return status;
}

static nt_status find_folder(struct sim_creation *c, const char *folder) {
  struct nt_error failure = {0};
  nt_status status = nt_folder_make(folder, &failure);
  if (nt_ok(status)) {
    c->made_folder = true;
    return status;
  }
  if (status == NT_STATUS_OBJECT_NAME_COLLISION) {
    return check_empty(folder, c->r.err);
  }
  nt_error_about(&failure, NT_REASON_FOLDER, "making the folder %s", folder);
  nt_hint(&failure, "choose a folder whose parent exists and is writable");
  nt_error_name(&failure, c->r.err->op, c->r.err->target);
  nt_error_copy(c->r.err, &failure);
  return status;
}

static nt_status make_folder(struct sim_creation *c, const char *folder) {
  nt_status status = find_folder(c, folder);
  if (nt_ok(status)) {
    status = nt__sim_machine_enter(c->r.m, folder, c->r.err);
  }
  if (nt_ok(status)) {
    status = claim_folder(c);
  }
  if (!nt_ok(status) && c->made_folder) {
    nt_folder_remove(folder);
  }
  return status;
}

/* Removes everything that a failed creation has made. */
static void take_back(struct sim_creation *c) {
  char folder[sizeof c->r.m->folder];
  nt_copy(folder, sizeof folder, c->r.m->folder);
  if (c->own_folder) {
    nt__sim_forget_images(c->r.m);
  }
  nt__sim_machine_free(c->r.m);
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
  struct sim_creation c = {.r = {.err = err}, .spec = spec};
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
  c.r.m = nt__sim_machine_new(path);
  if (!c.r.m) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  status = nt__sim_check_spec(&c);
  if (nt_ok(status) && strcmp(path, NT_SIM_MEMORY) != 0) {
    status = make_folder(&c, path);
  }
  if (nt_ok(status)) {
    status = nt__sim_store_open(c.r.m, true, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_owner_enter(&c.r);
  }
  if (nt_ok(status)) {
    status = create_disks(&c);
  }
  if (nt_ok(status)) {
    *out = &c.r.m->base;
  } else {
    take_back(&c);
  }
  return status;
}

/* ---- afterwards ---------------------------------------------------------- */

#define CONFIGURED \
  (NT__SIM_USED_BY_SYSTEM | NT_VOLUME_READONLY | NT_VOLUME_BUSY)

static nt_status set_flags(const struct sim_request *r, const char *name,
                           uint32_t flags) {
  struct sim_volume volume;
  int64_t id = 0;
  NT_TRY(nt__sim_resolve_volume(r, name, &id));
  NT_TRY(nt__sim_load_volume(r, id, &volume));
  volume.flags = (volume.flags & ~CONFIGURED) | (flags & CONFIGURED);
  return nt__sim_save_volume(r, &volume);
}

nt_status nt_sim_set_flags(struct nt_machine *machine, const char *volume,
                           uint32_t flags, struct nt_error *err) {
  struct sim_request r = {.m = nt__sim_machine(machine), .err = err};
  nt_error_name(err, "set the flags of", volume);
  NT_TRY(nt__sim_begin(&r));
  return nt__sim_end(&r, set_flags(&r, volume, flags));
}
