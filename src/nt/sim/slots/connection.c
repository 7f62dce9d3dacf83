/* A connection to a simulated machine, and the machine's table of functions. */
#include "connection.h"

#include <stdlib.h>
#include <string.h>

#include "../db/schema.h"
#include "../db/store.h"
#include "../disk/image.h"
#include "../rules/notify.h"
#include "slots.h"
#include "transaction.h"

struct sim_machine *nt__sim_machine_new(const char *location) {
  struct sim_machine *m = calloc(1, sizeof *m);
  if (!m) {
    return NULL;
  }
  m->base.ops = &nt_sim_ops;
  nt_format_text(m->base.name, sizeof m->base.name, "sim:%s", location);
  m->pid = nt_process_id();
  if (strcmp(location, NT_SIM_MEMORY) == 0) {
    nt_copy(m->db_path, sizeof m->db_path, NT_SIM_MEMORY);
    /* Nobody else can use this machine, so while this process waits nothing can
     * happen. It may as well not wait at all. */
    m->virtual_clock = true;
  }
  return m;
}

static nt_status too_long(const char *folder, struct nt_error *err) {
  nt_refuse(err, NT_REASON_NO_MACHINE, "the path of the folder has %zu bytes",
            strlen(folder));
  nt_hint(err, "use a shorter one");
  return NT_STATUS_OBJECT_NAME_INVALID;
}

nt_status nt__sim_check_location(const char *location, struct nt_error *err) {
  if (!location[0]) {
    nt_refuse(err, NT_REASON_NO_MACHINE, "the name of the machine is empty");
    nt_hint(err, "name the folder of a machine");
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  return strlen(location) < NT_NAME_MAX - strlen("sim:")
             ? NT_STATUS_SUCCESS
             : too_long(location, err);
}

/* A path that begins at the working folder means another machine to a process
 * elsewhere, and in the journal. So the name has the full path, where it
 * fits. */
static void name_by_folder(struct sim_machine *m, const char *location) {
  size_t room =
      sizeof m->base.name - sizeof "sim:" - strlen(NT_SIM_NODE) - NT_NODE_MAX;
  if (!nt_path_is_absolute(location) && strlen(m->folder) < room) {
    nt_format_text(m->base.name, sizeof m->base.name, "sim:%s", m->folder);
  }
}

/* Says which folder is none of a machine; where it was looked for, too, because
 * a relative path begins at a folder that the user may have mistaken. */
static void about_folder(const char *location, struct nt_error *err) {
  struct nt_error other = {0};
  char *here = NULL;
  if (!nt_path_is_absolute(location) &&
      nt_ok(nt_path_full(".", &here, &other))) {
    char full[2 * NT_NAME_MAX];
    nt_path_join(full, sizeof full, here, location);
    nt_error_about(err, NT_REASON_NO_MACHINE, "the folder %s", full);
  } else {
    nt_error_about(err, NT_REASON_NO_MACHINE, "the folder %s", location);
  }
  free(here);
}

nt_status nt__sim_machine_enter(struct sim_machine *m, const char *location,
                                struct nt_error *err) {
  char *folder;
  nt_status status = nt_path_full(location, &folder, err);
  if (!nt_ok(status)) {
    about_folder(location, err);
    if (status == NT_STATUS_OBJECT_NAME_NOT_FOUND) {
      nt_hint(err, "create a machine: ntvol sim create %s --disk 64M:fat:D",
              location);
    } else {
      nt_hint(err, "name the folder of a machine that you may use");
    }
    return status;
  }
  if (strlen(folder) < sizeof m->folder) {
    nt_copy(m->folder, sizeof m->folder, folder);
    name_by_folder(m, location);
    nt_path_join(m->db_path, sizeof m->db_path, folder, "machine.db");
  } else {
    status = too_long(folder, err);
  }
  free(folder);
  return status;
}

void nt__sim_machine_free(struct sim_machine *m) {
  nt__sim_notify_close(m);
  nt__sim_owner_leave(m);
  nt__sim_images_close(m);
  nt__sim_store_close(m);
  nt__sim_free_unfinished(m);
  nt__sim_free_retired(m);
  free(m);
}

nt_status nt__sim_machine_check_exists(const struct sim_machine *m,
                                       struct nt_error *err) {
  nt_status status = nt_path_check(m->db_path, err);
  if (nt_ok(status)) {
    return status;
  }
  nt_error_about(err, NT_REASON_NO_MACHINE, "%s", m->db_path);
  nt_hint(err,
          "%s is not the folder of a simulated machine, or has lost its "
          "database: name another, or make a new machine around its "
          "images with --disk-image",
          m->folder);
  return status;
}

/* Whoever removes a machine first looks whether it has owners. This process was
 * not one before it had its row, so the machine may have been removed
 * meanwhile. */
static nt_status check_not_removed(struct sim_machine *m,
                                   struct nt_error *err) {
  int moved = 0;
  int64_t id;
  sqlite3_file_control(m->db.sqlite, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  NT_TRY(nt__sim_number(SIM_REQUEST(m, err), "PRAGMA application_id",
                        SIM_NO_ARGS, 0, &id));
  if (!moved && id == NT__SIM_APPLICATION_ID) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(err, NT_STATUS_OBJECT_NAME_NOT_FOUND, NT_REASON_NO_MACHINE,
               "%s was removed meanwhile", m->db_path);
  nt_hint(err, "create the machine again");
  return NT_STATUS_OBJECT_NAME_NOT_FOUND;
}

/* Splits a location such as "lab?node=n2" into the folder and the node, if
 * there is one. */
static nt_status split_location(const char *location, char folder[NT_NAME_MAX],
                                char node[NT_NODE_MAX], struct nt_error *err) {
  nt_copy(folder, NT_NAME_MAX, location);
  char *mark = strstr(folder, NT_SIM_NODE);
  node[0] = '\0';
  if (!mark) {
    return NT_STATUS_SUCCESS;
  }
  const char *name = mark + strlen(NT_SIM_NODE);
  if (name[0] && strlen(name) < NT_NODE_MAX) {
    nt_copy(node, NT_NODE_MAX, name);
    *mark = '\0';
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(err, NT_STATUS_OBJECT_NAME_INVALID, NT_REASON_NO_NODE,
               "the name of a node has 1 to %d bytes", NT_NODE_MAX - 1);
  nt_hint(err, "write it like lab%sn1", NT_SIM_NODE);
  return NT_STATUS_OBJECT_NAME_INVALID;
}

static nt_status sim_connect(const char *location, struct nt_machine **out,
                             struct nt_error *err) {
  char folder[NT_NAME_MAX], node[NT_NODE_MAX];
  NT_TRY(nt__sim_check_location(location, err));
  NT_TRY(split_location(location, folder, node, err));
  NT_TRY(nt__sim_check_location(folder, err));
  if (strcmp(folder, NT_SIM_MEMORY) == 0) {
    nt_refuse(err, NT_REASON_NO_MACHINE,
              "a machine in memory is gone when its creator closes it");
    nt_hint(err, "name the folder of a machine");
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  struct sim_machine *m = nt__sim_machine_new(location);
  if (!m) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_copy(m->node_name, sizeof m->node_name, node);
  nt_status status = nt__sim_machine_enter(m, folder, err);
  if (nt_ok(status)) {
    status = nt__sim_machine_check_exists(m, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_store_open(m, false, err);
  }
  if (nt_ok(status)) {
    status = nt__sim_owner_enter(SIM_REQUEST(m, err));
  }
  if (nt_ok(status)) {
    status = check_not_removed(m, err);
  }
  if (nt_ok(status)) {
    *out = &m->base;
  } else {
    nt__sim_machine_free(m);
  }
  return status;
}

static void sim_disconnect(struct nt_machine *machine) {
  nt__sim_machine_free(nt__sim_machine(machine));
}

static const struct nt_admin_ops admin_ops = {
    .size = sizeof admin_ops,
    .mask = nt__sim_mask,
    .unmask = nt__sim_unmask,
    .next_node = nt__sim_next_node,
    .set_maintenance = nt__sim_set_maintenance,
    .set_owner = nt__sim_set_owner,
    .add_mount_point = nt__sim_add_mount_point,
    .remove_mount_point = nt__sim_remove_mount_point,
};

const struct nt_machine_ops nt_sim_ops = {
    .version = NT_OPS_VERSION,
    .size = sizeof nt_sim_ops,
    .kind = "sim",
    .connect = sim_connect,
    .disconnect = sim_disconnect,
    .open = nt__sim_open,
    .next_volume = nt__sim_next_volume,
    .next_disk = nt__sim_next_disk,
    .next_event = nt__sim_next_event,
    .uninstall = nt__sim_uninstall,
    .eject = nt__sim_eject,
    .subscribe = nt__sim_subscribe,
    .unsubscribe = nt__sim_unsubscribe,
    .wait_event = nt__sim_wait_event,
    .clock = nt__sim_clock,
    .wait_change = nt__sim_wait_change,
    .run = nt__sim_run,
    .admin = &admin_ops,
};
