/*
 * Catching what The Sleuth Kit throws. The only C++ here: C has no catch.
 */
#include "sleuthkit.h"

#include <errno.h>

namespace {

template <typename Call, typename Answer>
Answer caught(bool *lost, Answer failed, Call call) {
  errno = 0;
  try {
    return call();
  } catch (...) {
    *lost = true;
    tsk_error_reset();
    tsk_error_set_errno(TSK_ERR_AUX_MALLOC);
    return failed;
  }
}

}  // namespace

TSK_FS_INFO *nt__tsk_open(TSK_IMG_INFO *image, TSK_FS_TYPE_ENUM type,
                          bool *lost) {
  return caught(lost, static_cast<TSK_FS_INFO *>(nullptr),
                [=] { return tsk_fs_open_img(image, 0, type); });
}

/* What the library has no memory for, it leaves out of a folder. */
TSK_FS_DIR *nt__tsk_dir(TSK_FS_INFO *fs, TSK_INUM_T inode, bool *lost) {
  TSK_FS_DIR *dir = caught(lost, static_cast<TSK_FS_DIR *>(nullptr),
                           [=] { return tsk_fs_dir_open_meta(fs, inode); });
  if (dir && errno == ENOMEM) {
    tsk_fs_dir_close(dir);
    tsk_error_set_errno(TSK_ERR_AUX_MALLOC);
    dir = nullptr;
  }
  return dir;
}

TSK_FS_FILE *nt__tsk_file(TSK_FS_INFO *fs, TSK_INUM_T inode, bool *lost) {
  return caught(lost, static_cast<TSK_FS_FILE *>(nullptr),
                [=] { return tsk_fs_file_open_meta(fs, nullptr, inode); });
}

ssize_t nt__tsk_read(TSK_FS_FILE *file, TSK_OFF_T offset, char *buf,
                     size_t length, bool *lost) {
  return caught(lost, static_cast<ssize_t>(-1), [=] {
    return tsk_fs_file_read(file, offset, buf, length,
                            TSK_FS_FILE_READ_FLAG_NONE);
  });
}

const TSK_FS_ATTR *nt__tsk_contents(TSK_FS_FILE *file, bool *lost) {
  return caught(lost, static_cast<const TSK_FS_ATTR *>(nullptr), [=] {
    return TSK_FS_TYPE_ISNTFS(file->fs_info->ftype)
               ? tsk_fs_file_attr_get_type(file, TSK_FS_ATTR_TYPE_NTFS_DATA, 0,
                                           0)
               : tsk_fs_file_attr_get(file);
  });
}
