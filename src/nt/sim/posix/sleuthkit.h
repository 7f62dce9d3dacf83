/*
 * The calls of The Sleuth Kit that may ask for memory.
 *
 * Part of the library is C++, and its exceptions must not reach C, because the
 * program would end. These wrappers have the library's own names and arguments.
 * They turn an exception into a NULL (or -1) with TSK_ERR_AUX_MALLOC, and set
 * *lost. errno is 0 before the library begins.
 *
 * An exception may have left the library's locks locked and its memory
 * allocated. After that nothing of this file system is touched any more; it is
 * not even closed.
 */
#ifndef NT_SIM_POSIX_SLEUTHKIT_H
#define NT_SIM_POSIX_SLEUTHKIT_H

#include <stdbool.h>
#include <tsk/libtsk.h>

#ifdef __cplusplus
extern "C" {
#endif

TSK_FS_INFO *nt__tsk_open(TSK_IMG_INFO *image, TSK_FS_TYPE_ENUM type,
                          bool *lost);
TSK_FS_DIR *nt__tsk_dir(TSK_FS_INFO *fs, TSK_INUM_T inode, bool *lost);
TSK_FS_FILE *nt__tsk_file(TSK_FS_INFO *fs, TSK_INUM_T inode, bool *lost);
ssize_t nt__tsk_read(TSK_FS_FILE *file, TSK_OFF_T offset, char *buf,
                     size_t length, bool *lost);
/* Finds the attribute that holds the bytes of the file. */
const TSK_FS_ATTR *nt__tsk_contents(TSK_FS_FILE *file, bool *lost);

#ifdef __cplusplus
}
#endif

#endif
