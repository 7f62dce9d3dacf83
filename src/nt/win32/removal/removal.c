/*
 * Taking devices away: uninstalling a volume or disk before its LUN is masked,
 * and ejecting the device that holds it.
 *
 * Everything that can be refused is refused before Plug and Play is asked to
 * remove anything, because a device may then be half gone. All questions go
 * through handles that are closed again, because an open handle vetoes a
 * removal.
 */
#include <stdlib.h>
#include <string.h>

#include "../handle/handle.h"
#include "../list/list.h"
#include "../list/resolve.h"
#include "../request/request.h"
#include "removal.h"
#include "veto.h"

#define EJECT_TRIES 3

/* A removal: the object that the name names, and its device. */
struct removal {
  struct win32_machine *m;
  struct nt_error *err;
  struct win32_target target;
  struct win32_identity identity;
  struct nt_volume_info info; /* of a volume */
  struct win32_devnode node;
};

/* ---- what must not be removed -------------------------------------------- */

static nt_status check_system(const struct nt_volume_info *info,
                              struct nt_error *err) {
  bool page = (info->flags & NT_VOLUME_PAGEFILE) != 0;
  if (!page && !(info->flags & (NT_VOLUME_SYSTEM | NT_VOLUME_BOOT))) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(err, NT_STATUS_ACCESS_DENIED,
               page ? NT_REASON_PAGE_FILE : NT_REASON_SYSTEM_VOLUME,
               page ? "%s holds a page file" : "the system runs from %s",
               info->name);
  nt_hint(err, page ? "move the page file to another volume first"
                    : "start another system to work on this volume");
  return NT_STATUS_ACCESS_DENIED;
}

enum place { HERE, ELSEWHERE, UNKNOWN };

/* Asks a volume that does not tell its extents whether it lies on the disk. */
static enum place ask_place(struct win32_machine *m,
                            const struct nt_volume_info *info,
                            const struct win32_identity *disk) {
  nt_wchar name[WIN32_NAME_MAX];
  struct win32_identity volume;
  if (!nt_ok(nt__win32_wide(info->guid_path, name, WIN32_NAME_MAX, NULL)) ||
      !nt_ok(nt__win32_identify(m, name, &volume)) || !volume.numbered) {
    return UNKNOWN;
  }
  return volume.type == disk->type && volume.number == disk->number ? HERE
                                                                    : ELSEWHERE;
}

/* Whether a volume lies on the disk. Extents are on hard disks; a volume with
 * extents on another kind of device is asked for its number. */
static enum place place_of(struct win32_machine *m,
                           const struct nt_volume_info *info,
                           const struct win32_identity *disk) {
  if (info->extent_count == 0) {
    return ask_place(m, info, disk);
  }
  if (disk->type != WIN32_DEVICE_DISK) {
    return ask_place(m, info, disk) == HERE ? HERE : ELSEWHERE;
  }
  for (uint32_t i = 0; i < info->extent_count; i++) {
    if (info->extents[i].disk == disk->number) {
      return HERE;
    }
  }
  return ELSEWHERE;
}

/* Counts the volumes that have a part on the disk, and refuses when one of them
 * is the system's. A volume of which we do not know where it lies may be on the
 * disk, so it is checked, too. */
static nt_status check_volumes_of(struct removal *r, uint32_t *count) {
  struct nt_volume_info info;
  uint64_t cursor = 0;
  *count = 0;
  for (;;) {
    nt_status status =
        nt__win32_next_volume(&r->m->base, &cursor, &info, r->err);
    if (status == NT_STATUS_NO_MORE_ENTRIES) {
      return NT_STATUS_SUCCESS;
    }
    enum place place =
        nt_ok(status) ? place_of(r->m, &info, &r->identity) : UNKNOWN;
    if (nt_ok(status) && place != ELSEWHERE) {
      status = check_system(&info, r->err);
    }
    if (!nt_ok(status)) {
      nt__win32_explain(r->err);
      return status;
    }
    *count += place == HERE;
  }
}

static nt_status refuse_installed(uint32_t count, struct nt_error *err) {
  return nt_refuse(err, NT_REASON_VOLUMES_INSTALLED,
                   "%u of its volumes are still installed", (unsigned)count);
}

/* ---- finding ------------------------------------------------------------- */

static nt_status refuse_file(struct nt_error *err) {
  nt_refuse(err, NT_REASON_NOT_A_VOLUME, "this names a file or directory");
  nt_hint(err, "name a volume or a disk: D:, PhysicalDrive1");
  return NT_STATUS_INVALID_PARAMETER;
}

/* Resolves the name, and asks the device for its identity. */
static nt_status begin(struct removal *r, const char *name) {
  NT_TRY(nt__win32_resolve(r->m, name, false, &r->target, r->err));
  if (r->target.kind != NT_KIND_VOLUME && r->target.kind != NT_KIND_DISK) {
    return refuse_file(r->err);
  }
  nt_status status =
      nt__win32_identify(r->m, r->target.open_name, &r->identity);
  if (!nt_ok(status)) {
    nt__win32_fail_status(r->err, status, "its device does not answer");
    nt__win32_explain(r->err);
  }
  return status;
}

static nt_status refuse_numberless(struct nt_error *err) {
  nt_fail(err, NT_STATUS_NOT_SUPPORTED,
          "the driver does not tell the number of the disk");
  nt_hint(err, "use the Device Manager");
  return NT_STATUS_NOT_SUPPORTED;
}

/* ---- uninstalling -------------------------------------------------------- */

static nt_status enable_privilege(struct removal *r) {
  const struct nt_win32_os *os = r->m->os;
  uint32_t error = os->enable_privilege == NULL
                       ? 0
                       : os->enable_privilege(u"SeLoadDriverPrivilege");
  if (error == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(r->err, NT_STATUS_PRIVILEGE_NOT_HELD, NT_REASON_PRIVILEGE,
               "SeLoadDriverPrivilege is needed to remove a device");
  r->err->native_kind = NT_NATIVE_WIN32;
  r->err->native = error;
  nt_hint(r->err, "run as an administrator");
  return NT_STATUS_PRIVILEGE_NOT_HELD;
}

/* Uninstalls by DIF_REMOVE, as the documented procedure for a LUN does (5.2).
 * When the device is still in use, Windows removes it only at its next start;
 * until then the LUN must not be masked. */
static nt_status remove_by_installer(struct removal *r) {
  bool reboot = false;
  uint32_t error = r->m->os->remove_device(r->node.instance, &reboot);
  if (error != 0) {
    nt_status status =
        nt__win32_fail(r->err, error, 0, "SetupDiCallClassInstaller refused");
    nt__win32_explain(r->err);
    return status;
  }
  if (!reboot) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(r->err, NT_REASON_RESTART_NEEDED,
            "it is marked, but Windows removes it at its next start only: it "
            "is in use");
  nt_hint(r->err, "restart Windows before the LUN is masked");
  return NT_STATUS_DEVICE_BUSY;
}

/* CM_Query_And_Remove_SubTreeW asks all users of the device before it removes
 * it, and says who refused. DIF_REMOVE does neither; it is used where the first
 * is missing or does not work. */
static nt_status remove_device(struct removal *r) {
  const struct nt_win32_os *os = r->m->os;
  NT_TRY(enable_privilege(r));
  if (os->query_and_remove != NULL) {
    struct nt_win32_veto veto = {0};
    uint32_t result = os->query_and_remove(r->node.device, &veto);
    if (result == WIN32_CR_SUCCESS) {
      return NT_STATUS_SUCCESS;
    }
    if (!nt__win32_wrong_way(result) || os->remove_device == NULL) {
      return nt__win32_fail_configret(r->err, result, &veto, "the removal");
    }
  }
  return remove_by_installer(r);
}

static nt_status check_volume(struct removal *r) {
  NT_TRY(nt__win32_describe(r->m, r->target.root, &r->info, r->err));
  return check_system(&r->info, r->err);
}

static nt_status check_disk(struct removal *r) {
  uint32_t count = 0;
  if (!r->identity.numbered) {
    return refuse_numberless(r->err);
  }
  NT_TRY(check_volumes_of(r, &count));
  return count > 0 ? refuse_installed(count, r->err) : NT_STATUS_SUCCESS;
}

static nt_status uninstall(struct removal *r, const char *name) {
  NT_TRY(begin(r, name));
  bool volume = r->target.kind == NT_KIND_VOLUME;
  NT_TRY(volume ? check_volume(r) : check_disk(r));
  NT_TRY(nt__win32_find_devnode(
      r->m, volume ? nt__win32_volume_class : nt__win32_disk_class,
      &r->identity, &r->node, r->err));
  return remove_device(r);
}

/* Names the holders after a refusal, through a handle that needs no file
 * system: a volume that was dismounted for the removal must not be mounted
 * again. */
static void name_holders(struct nt_machine *machine, const char *name,
                         struct nt_error *err) {
  const struct nt_open_options options = {
      .name = name,
      .access = NT_FILE_READ_ATTRIBUTES | NT_SYNCHRONIZE,
      .share = WIN32_SHARE_ALL,
      .disposition = NT_OPEN,
  };
  struct nt_error ignored = {0};
  struct nt_handle *handle;
  if (nt_ok(nt__win32_open(machine, &options, &handle, &ignored))) {
    nt__win32_add_holders(nt__win32_handle(handle), err);
    nt__win32_close(handle, &ignored);
  } else {
    err->holders_missing = "the device cannot be opened to ask for them";
  }
}

static bool is_veto_of_holders(const struct nt_error *err) {
  return err->veto_type != NULL && nt_because_of(err, NT_REASON_IN_USE);
}

/* A struct removal has some KiB, which is too much for a small stack. */
static nt_status run(struct nt_machine *machine, const char *name,
                     nt_status (*step)(struct removal *, const char *),
                     struct nt_error *err) {
  struct removal *r = calloc(1, sizeof(*r));
  if (r == NULL) {
    nt_hint(err, "close what is not needed");
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  r->m = nt__win32_machine(machine);
  r->err = err;
  nt_status status = step(r, name);
  free(r);
  if (!nt_ok(status) && is_veto_of_holders(err)) {
    name_holders(machine, name, err);
  }
  return status;
}

nt_status nt__win32_uninstall(struct nt_machine *machine, const char *name,
                              struct nt_error *err) {
  const struct nt_win32_os *os = nt__win32_machine(machine)->os;
  if (os->query_and_remove == NULL && os->remove_device == NULL) {
    return nt__win32_missing(err, "CM_Query_And_Remove_SubTreeW");
  }
  return run(machine, name, uninstall, err);
}

/* ---- ejecting ------------------------------------------------------------ */

/* Finds the disk that holds a volume: by the number that its driver tells, or
 * by its extents. */
static nt_status find_disk_of_volume(struct removal *r) {
  if (r->identity.numbered) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(nt__win32_describe(r->m, r->target.root, &r->info, r->err));
  const struct nt_volume_info *info = &r->info;
  for (uint32_t i = 1; i < info->extent_count; i++) {
    if (info->extents[i].disk != info->extents[0].disk) {
      nt_refuse(r->err, NT_REASON_SPANNED, "the volume lies on several disks");
      nt_hint(r->err, "eject them one by one: PhysicalDrive%u",
              (unsigned)info->extents[0].disk);
      return NT_STATUS_NOT_SUPPORTED;
    }
  }
  if (info->extent_count == 0) {
    return refuse_numberless(r->err);
  }
  r->identity.type = WIN32_DEVICE_DISK;
  r->identity.number = info->extents[0].disk;
  r->identity.numbered = true;
  return NT_STATUS_SUCCESS;
}

/* Makes the identity that of the whole disk. */
static nt_status find_disk(struct removal *r) {
  NT_TRY(r->target.kind == NT_KIND_VOLUME ? find_disk_of_volume(r)
         : r->identity.numbered           ? NT_STATUS_SUCCESS
                                          : refuse_numberless(r->err));
  bool cd_rom = r->identity.type == WIN32_DEVICE_CD_ROM;
  r->identity.device[0] = 0;
  if (!cd_rom) {
    r->identity.partition = 0;
  }
  return NT_STATUS_SUCCESS;
}

/* Ejects the device that holds the disk: a stick, or the case of a drive. But
 * when other disks have the same parent, the parent is a controller or a card
 * reader, and the user did not mean the other disks: then only the disk itself
 * is ejected. */
static nt_status choose_device(struct removal *r, const uint8_t *class_guid,
                               uint32_t *device) {
  uint32_t parent, siblings;
  uint32_t result = r->m->os->parent_device(r->node.device, &parent);
  if (result != WIN32_CR_SUCCESS) {
    static const struct nt_win32_veto nobody;
    return nt__win32_fail_configret(r->err, result, &nobody,
                                    "finding its parent device");
  }
  NT_TRY(nt__win32_count_siblings(r->m, class_guid, r->node.device, parent,
                                  &siblings, r->err));
  *device = siblings == 0 ? parent : r->node.device;
  return NT_STATUS_SUCCESS;
}

/* A program that is asked to close its handles may need a moment, so Windows is
 * asked a few times. Windows may return success and still name a veto. */
static nt_status request_eject(struct removal *r, uint32_t device) {
  struct nt_win32_veto veto;
  uint32_t result = 0;
  bool again = true;
  for (int i = 0; again && i < EJECT_TRIES; i++) {
    veto = (struct nt_win32_veto){0};
    result = r->m->os->request_eject(device, &veto);
    if (result == WIN32_CR_SUCCESS && veto.type != 0) {
      result = WIN32_CR_REMOVE_VETOED;
    }
    again =
        result == WIN32_CR_REMOVE_VETOED && nt__win32_veto_may_pass(veto.type);
  }
  return result == WIN32_CR_SUCCESS
             ? NT_STATUS_SUCCESS
             : nt__win32_fail_configret(r->err, result, &veto, "the ejection");
}

static nt_status eject(struct removal *r, const char *name) {
  uint32_t count = 0, device = 0;
  NT_TRY(begin(r, name));
  NT_TRY(find_disk(r));
  NT_TRY(check_volumes_of(r, &count));
  const uint8_t *class_guid = r->identity.type == WIN32_DEVICE_CD_ROM
                                  ? nt__win32_cd_rom_class
                                  : nt__win32_disk_class;
  NT_TRY(
      nt__win32_find_devnode(r->m, class_guid, &r->identity, &r->node, r->err));
  NT_TRY(choose_device(r, class_guid, &device));
  return request_eject(r, device);
}

nt_status nt__win32_eject(struct nt_machine *machine, const char *name,
                          struct nt_error *err) {
  const struct nt_win32_os *os = nt__win32_machine(machine)->os;
  if (os->request_eject == NULL) {
    return nt__win32_missing(err, "CM_Request_Device_EjectW");
  }
  if (os->parent_device == NULL) {
    return nt__win32_missing(err, "CM_Get_Parent");
  }
  return run(machine, name, eject, err);
}
