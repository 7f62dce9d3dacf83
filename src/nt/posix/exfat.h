/*
 * The exFAT boot region: writing down where the volume lies on its disk.
 *
 * Source of offsets and checksum: Microsoft's exFAT file system specification,
 * sections 3.1 (main and backup boot sector) and 3.4 (boot checksum).
 */
#ifndef NT_EXFAT_H
#define NT_EXFAT_H

#include <stdint.h>

/* Sectors of a boot region; the backup follows the main one. */
#define NT_EXFAT_REGION_SECTORS 12U

/* Sets PartitionOffset (in sectors) in one boot region of
 * NT_EXFAT_REGION_SECTORS sectors and fills its last sector with the new
 * checksum. */
void nt_exfat_place(unsigned char *region, uint32_t sector_size,
                    uint64_t partition_offset);

#endif
