/*
 * Devices as Plug and Play sees them: from names to devices.
 */
#ifndef NT_WIN32_DEVICES_H
#define NT_WIN32_DEVICES_H

#include "../request/machine.h"

#define WIN32_DEVICE_DISK 7U   /* FILE_DEVICE_DISK (winioctl.h) */
#define WIN32_DEVICE_CD_ROM 2U /* FILE_DEVICE_CD_ROM */

/* GUID_DEVINTERFACE_VOLUME, _DISK and _CDROM, as in memory. */
extern const uint8_t nt__win32_volume_class[16];
extern const uint8_t nt__win32_disk_class[16];
extern const uint8_t nt__win32_cd_rom_class[16];

#define WIN32_CR_SUCCESS 0x00U /* cfgmgr32.h */

/* Who a device is, as its driver says: two names that open the same device
 * answer the same. */
struct win32_identity {
  bool numbered;                    /* the three numbers are known */
  uint32_t type, number, partition; /* STORAGE_DEVICE_NUMBER */
  nt_wchar device[128]; /* "\Device\HarddiskVolume3", empty when not known:
                           disks have none */
};

struct win32_devnode {
  uint32_t device;
  nt_wchar instance[WIN32_NAME_MAX];
};

/* Asks through handles without data access, which are closed again: nothing
 * is mounted, and nothing stays open that could veto a removal. Fails when
 * the device answers neither question. */
nt_status nt__win32_identify(struct win32_machine *m, const nt_wchar *open_name,
                             struct win32_identity *out);

/* The numbers alone. */
nt_status nt__win32_ask_number(struct win32_machine *m,
                               const nt_wchar *open_name,
                               struct win32_identity *out);

bool nt__win32_same_device(const struct win32_identity *a,
                           const struct win32_identity *b);

/* The device interfaces of a class that are present, one behind the other, an
 * empty one at the end; free() it. */
nt_status nt__win32_interfaces(struct win32_machine *m,
                               const uint8_t class_guid[16], nt_wchar **out,
                               struct nt_error *err);

/* The device that has an interface of the class and this identity. */
nt_status nt__win32_find_devnode(struct win32_machine *m,
                                 const uint8_t class_guid[16],
                                 const struct win32_identity *identity,
                                 struct win32_devnode *out,
                                 struct nt_error *err);

/* Counts the devices of a class that hang on the same parent, without the
 * device itself. */
nt_status nt__win32_count_siblings(struct win32_machine *m,
                                   const uint8_t class_guid[16],
                                   uint32_t device, uint32_t parent,
                                   uint32_t *count, struct nt_error *err);

#endif
