/* Control codes that report partition tables, and write them. */
#ifndef NT_SIM_CODES_LAYOUT_H
#define NT_SIM_CODES_LAYOUT_H

#include "query.h"

/* PARTITION_STYLE */
#define SIM_STYLE_MBR 0U
#define SIM_STYLE_GPT 1U
#define SIM_STYLE_RAW 2U

#define SIM_LAYOUT_HEADER 48
#define SIM_LAYOUT_ENTRY 144 /* PARTITION_INFORMATION_EX */

/* PARTITION_INFORMATION_MBR: { u8 type, u8 boot, u8 recognised, u8 padding,
 * u32 sectors before it } */
void nt__sim_layout_mbr(uint8_t *at, uint8_t type, bool boot,
                        uint64_t hidden_sectors);

/* IOCTL_DISK_GET_DRIVE_LAYOUT_EX */
nt_status nt__sim_layout_answer(struct sim_request *r);
/* IOCTL_DISK_UPDATE_PROPERTIES, IOCTL_VOLUME_UPDATE_PROPERTIES */
nt_status nt__sim_layout_update(struct sim_request *r);

/* IOCTL_DISK_SET_PARTITION_INFO, of a partition of an MBR */
nt_status nt__sim_set_partition_type(struct sim_request *r);

/* set_layout.c: IOCTL_DISK_CREATE_DISK, IOCTL_DISK_DELETE_DRIVE_LAYOUT,
 * IOCTL_DISK_SET_DRIVE_LAYOUT_EX */
nt_status nt__sim_create_table(struct sim_request *r);
nt_status nt__sim_delete_table(struct sim_request *r);
nt_status nt__sim_set_table(struct sim_request *r);

/* attributes.c: IOCTL_DISK_GET_DISK_ATTRIBUTES and SET */
nt_status nt__sim_get_disk_attributes(struct sim_request *r);
nt_status nt__sim_set_disk_attributes(struct sim_request *r);

#endif
