/*
 * Devices as Plug and Play sees them: finding the device that a name opens.
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

/* Who a device is, as its driver says. Two names that open the same device get
 * the same identity. */
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

/* Asks the device who it is, through handles without data access that are
 * closed again: nothing is mounted, and no handle of ours can veto a removal.
 * Fails when the device answers neither question. */
nt_status nt__win32_identify(struct win32_machine *m, const nt_wchar *open_name,
                             struct win32_identity *out);

/* The same, but asks for the three numbers only. */
nt_status nt__win32_ask_number(struct win32_machine *m,
                               const nt_wchar *open_name,
                               struct win32_identity *out);

bool nt__win32_same_device(const struct win32_identity *a,
                           const struct win32_identity *b);

/* Lists the device interfaces of a class that are present: names one behind the
 * other, an empty one at the end. The caller frees *out. */
nt_status nt__win32_interfaces(struct win32_machine *m,
                               const uint8_t class_guid[16], nt_wchar **out,
                               struct nt_error *err);

/* Finds the device that has an interface of the class and this identity. */
nt_status nt__win32_find_devnode(struct win32_machine *m,
                                 const uint8_t class_guid[16],
                                 const struct win32_identity *identity,
                                 struct win32_devnode *out,
                                 struct nt_error *err);

/* Counts the other devices of a class that have the same parent as this
 * device. */
nt_status nt__win32_count_siblings(struct win32_machine *m,
                                   const uint8_t class_guid[16],
                                   uint32_t device, uint32_t parent,
                                   uint32_t *count, struct nt_error *err);

#endif
