/*
 * From names to devices of Plug and Play.
 *
 * A volume or disk has a name in the object manager, and its device has an
 * interface with a name of its own. Both names open the same device. So the
 * device is asked by both names who it is, and the answers are compared.
 */
#include "devices.h"

#include <stdlib.h>
#include <string.h>

#include "../request/request.h"

/* {53f5630d-b6bf-11d0-94f2-00a0c91efb8b} and its two neighbours
 * (ntddstor.h). */
#define CLASS(first)                                                         \
  {                                                                          \
    first, 0x63, 0xF5, 0x53, 0xBF, 0xB6, 0xD0, 0x11, 0x94, 0xF2, 0x00, 0xA0, \
        0xC9, 0x1E, 0xFB, 0x8B                                               \
  }
const uint8_t nt__win32_volume_class[16] = CLASS(0x0D);
const uint8_t nt__win32_disk_class[16] = CLASS(0x07);
const uint8_t nt__win32_cd_rom_class[16] = CLASS(0x08);

/* ---- identity ------------------------------------------------------------ */

/* MOUNTDEV_NAME: { u16 length in bytes, name }. */
static nt_status ask_device(struct win32_machine *m, const nt_wchar *open_name,
                            struct win32_identity *out) {
  unsigned char buf[2 + sizeof(out->device)];
  const size_t room = sizeof(out->device) / sizeof(out->device[0]);
  size_t length = 0;
  NT_TRY(nt__win32_ask(m, open_name, NT_IOCTL_MOUNTDEV_QUERY_DEVICE_NAME, NULL,
                       0, buf, sizeof(buf), &length));
  size_t bytes = length < 2 ? 0 : (size_t)(buf[0] | buf[1] << 8);
  size_t units = bytes / 2;
  if (units == 0 || units >= room || length < 2 + bytes) {
    return NT_STATUS_INFO_LENGTH_MISMATCH;
  }
  for (size_t i = 0; i < units; i++) {
    out->device[i] = (nt_wchar)(buf[2 + 2 * i] | buf[3 + 2 * i] << 8);
  }
  out->device[units] = 0;
  return NT_STATUS_SUCCESS;
}

/* STORAGE_DEVICE_NUMBER: { u32 type, u32 number, u32 partition }. */
nt_status nt__win32_ask_number(struct win32_machine *m,
                               const nt_wchar *open_name,
                               struct win32_identity *out) {
  unsigned char buf[12];
  size_t length = 0;
  NT_TRY(nt__win32_ask(m, open_name, NT_IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL,
                       0, buf, sizeof(buf), &length));
  if (length < sizeof(buf)) {
    return NT_STATUS_INFO_LENGTH_MISMATCH;
  }
  out->numbered = true;
  out->type = nt_get_u32(buf);
  out->number = nt_get_u32(buf + 4);
  out->partition = nt_get_u32(buf + 8);
  return NT_STATUS_SUCCESS;
}

nt_status nt__win32_identify(struct win32_machine *m, const nt_wchar *open_name,
                             struct win32_identity *out) {
  memset(out, 0, sizeof(*out));
  nt_status named = ask_device(m, open_name, out);
  nt_status numbered = nt__win32_ask_number(m, open_name, out);
  return nt_ok(named) ? named : numbered;
}

/* Compares the names first, because a volume on several disks has no number.
 * Most disks have no name. */
bool nt__win32_same_device(const struct win32_identity *a,
                           const struct win32_identity *b) {
  if (a->device[0] != 0 && b->device[0] != 0) {
    return nt__win32_same(a->device, b->device);
  }
  return a->numbered && b->numbered && a->type == b->type &&
         a->number == b->number && a->partition == b->partition;
}

/* ---- interfaces ---------------------------------------------------------- */

#define FIRST_CAPACITY 4096U
#define LAST_CAPACITY (1U << 22)

nt_status nt__win32_interfaces(struct win32_machine *m,
                               const uint8_t class_guid[16], nt_wchar **out,
                               struct nt_error *err) {
  uint32_t error = NT_WIN32_ERROR_MORE_DATA;
  if (m->os->interfaces == NULL) {
    return nt__win32_missing(err, "CM_Get_Device_Interface_ListW");
  }
  for (uint32_t capacity = FIRST_CAPACITY;
       error == NT_WIN32_ERROR_MORE_DATA && capacity <= LAST_CAPACITY;
       capacity *= 4) {
    nt_wchar *names = calloc(capacity, sizeof(*names));
    if (names == NULL) {
      nt_hint(err, "close what is not needed");
      return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
    }
    error = m->os->interfaces(class_guid, names, capacity);
    if (error == 0) {
      *out = names;
      return NT_STATUS_SUCCESS;
    }
    free(names);
  }
  nt_status status =
      nt__win32_fail(err, error, 0, "the device interfaces cannot be listed");
  nt__win32_explain(err);
  return status;
}

/* ---- devices ------------------------------------------------------------- */

static nt_status devnode_of(struct win32_machine *m, const nt_wchar *interface,
                            struct win32_devnode *out, struct nt_error *err) {
  if (m->os->device_of_interface == NULL) {
    return nt__win32_missing(err, "CM_Locate_DevNodeW");
  }
  const uint32_t room = sizeof(out->instance) / sizeof(out->instance[0]);
  uint32_t error =
      m->os->device_of_interface(interface, &out->device, out->instance, room);
  if (error == 0) {
    return NT_STATUS_SUCCESS;
  }
  nt_status status =
      nt__win32_fail(err, error, 0, "Windows names no device behind it");
  nt__win32_explain(err);
  return status;
}

static nt_status refuse_unknown(struct nt_error *err) {
  nt_status status =
      nt_fail(err, NT_STATUS_NO_SUCH_DEVICE,
              "no device of Plug and Play answers for this name");
  nt_hint(err, "look whether it is still there: ntvol disks, ntvol volumes");
  return status;
}

nt_status nt__win32_find_devnode(struct win32_machine *m,
                                 const uint8_t class_guid[16],
                                 const struct win32_identity *identity,
                                 struct win32_devnode *out,
                                 struct nt_error *err) {
  nt_wchar *names;
  NT_TRY(nt__win32_interfaces(m, class_guid, &names, err));
  const nt_wchar *name = names;
  for (; *name != 0; name = nt__win32_next(name)) {
    struct win32_identity found;
    if (nt_ok(nt__win32_identify(m, name, &found)) &&
        nt__win32_same_device(&found, identity)) {
      break;
    }
  }
  nt_status status =
      *name != 0 ? devnode_of(m, name, out, err) : refuse_unknown(err);
  free(names);
  return status;
}

/* A device that vanishes meanwhile does not count. */
nt_status nt__win32_count_siblings(struct win32_machine *m,
                                   const uint8_t class_guid[16],
                                   uint32_t device, uint32_t parent,
                                   uint32_t *count, struct nt_error *err) {
  nt_wchar *names;
  NT_TRY(nt__win32_interfaces(m, class_guid, &names, err));
  *count = 0;
  for (const nt_wchar *name = names; *name != 0; name = nt__win32_next(name)) {
    struct win32_devnode node;
    uint32_t above;
    if (nt_ok(devnode_of(m, name, &node, NULL)) && node.device != device &&
        m->os->parent_device(node.device, &above) == WIN32_CR_SUCCESS) {
      *count += above == parent;
    }
  }
  free(names);
  return NT_STATUS_SUCCESS;
}
