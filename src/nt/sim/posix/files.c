/*
 * Files in the image by their paths, read by The Sleuth Kit: that one library
 * knows FAT, exFAT, NTFS and ISO 9660, and mounts nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../disk/file_system.h"
#include "../disk/image.h"
#include "../files.h"
#include "sleuthkit.h"

struct sim_files {
  TSK_IMG_INFO *image;
  TSK_FS_INFO *fs;
  TSK_FS_FILE *file;
  struct sim_request r; /* of those who read the image; `unread` is its error */
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t extent_count;
  uint64_t length;
  /* Changes bytes of the volume into what the library understands; NULL: it
   * understands all. */
  void (*adapt)(uint64_t offset, uint8_t *buf, size_t len);
  bool lost;              /* the library must not be called any more */
  struct nt_error unread; /* the last failure to read the image */
  unsigned handles;       /* how many have the file */
  TSK_FS_DIR *entries;    /* set while the directory is listed */
  char path[NT_NAME_MAX]; /* "\\Some Dir\\file name.txt", "\\" for the root */
};

/* ---- the volume as an image of the library ------------------------------- */

#define NTFS_BOOT_SECTOR 512U

/* The library knows only clusters of at most 128 sectors. */
static void adapt_ntfs(uint64_t offset, uint8_t *buf, size_t len) {
  if (offset == 0 && len >= NTFS_BOOT_SECTOR) {
    nt_ntfs_tell_plainly(buf);
  }
}

/* With a second folder tree that is not Joliet, the library finds no root. */
static void adapt_iso(uint64_t offset, uint8_t *buf, size_t len) {
  const uint64_t first = NT_ISO_FIRST_DESCRIPTOR * NT_ISO_SECTOR;
  if (offset <= first && first - offset < len) {
    nt_iso_hide_unused(buf + (first - offset), len - (first - offset));
  }
}

/* The library gives its own struct to the functions below. That struct is the
 * first member of this one, so a cast finds the rest. */
struct wrapped_image {
  TSK_IMG_INFO base;
  struct sim_files *files;
};

static ssize_t image_read(TSK_IMG_INFO *image, TSK_OFF_T offset, char *buf,
                          size_t len) {
  struct sim_files *f = ((struct wrapped_image *)image)->files;
  if (offset < 0 || (uint64_t)offset >= f->length) {
    return -1;
  }
  if (len > f->length - (uint64_t)offset) {
    len = (size_t)(f->length - (uint64_t)offset);
  }
  if (!nt_ok(nt__sim_image_read(&f->r, f->extents, f->extent_count,
                                (uint64_t)offset, buf, len))) {
    return -1;
  }
  if (f->adapt != NULL) {
    f->adapt((uint64_t)offset, (uint8_t *)buf, len);
  }
  return (ssize_t)len;
}

/* What the library cannot read, it sometimes takes for zeros or leaves out. So
 * after a failure to read the image, its result does not count. */
static nt_status check_image(struct sim_files *f, struct nt_error *err) {
  nt_status status = f->unread.status;
  if (!nt_ok(status)) {
    if (err != NULL) {
      nt_error_copy(err, &f->unread);
    }
    f->unread = (struct nt_error){0};
  }
  return status;
}

static void image_close(TSK_IMG_INFO *image) {
  free(image);
}

static void image_describe(TSK_IMG_INFO *image, FILE *out) {
  fprintf(out, "%lld bytes\n", (long long)image->size);
}

static nt_status no_memory(struct nt_error *err, const char *what) {
  nt_fail(err, NT_STATUS_NO_MEMORY, "%s", what);
  nt_hint(err, "close it, and open it again when there is memory");
  return NT_STATUS_NO_MEMORY;
}

/* Returns whether memory ran out. The library says so, or it reports a damage
 * instead; then errno shows the true reason. */
static bool out_of_memory(void) {
  return errno == ENOMEM || tsk_error_get_errno() == TSK_ERR_AUX_MALLOC;
}

/* Returns whether the library only lacks what the image has: then nothing is
 * damaged. */
static bool is_unsupported(void) {
  uint32_t number = tsk_error_get_errno();
  return number == TSK_ERR_FS_UNSUPFUNC || number == TSK_ERR_FS_UNSUPTYPE;
}

static nt_status tsk_failed(struct nt_error *err, const char *what) {
  if (out_of_memory()) {
    return no_memory(err, what);
  }
  const char *text = tsk_error_get();
  return nt_refuse(
      err, is_unsupported() ? NT_REASON_NO_FILE_READER : NT_REASON_FILE_SYSTEM,
      "%s: %s", what, text ? text : "unknown failure");
}

/* Tells the library which file system this is. It could find out by itself, but
 * when it runs out of memory it says that it knows no such file system. And it
 * judges a FAT32 by the number of clusters, so it does not recognise one with
 * fewer than usual. */
static TSK_FS_TYPE_ENUM type_of(const char *file_system) {
  static const struct {
    const char *name;
    TSK_FS_TYPE_ENUM type;
  } rows[] = {{"NTFS", TSK_FS_TYPE_NTFS},   {"exFAT", TSK_FS_TYPE_EXFAT},
              {"FAT12", TSK_FS_TYPE_FAT12}, {"FAT16", TSK_FS_TYPE_FAT16},
              {"FAT32", TSK_FS_TYPE_FAT32}, {"CDFS", TSK_FS_TYPE_ISO9660}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (strcmp(rows[i].name, file_system) == 0) {
      return rows[i].type;
    }
  }
  return TSK_FS_TYPE_DETECT;
}

static nt_status open_fs(struct sim_files *f, const char *file_system,
                         uint32_t sector_size, struct nt_error *err) {
  struct wrapped_image *image = calloc(1, sizeof *image);
  if (!image) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  image->files = f;
  errno = 0;
  f->image = tsk_img_open_external(image, (TSK_OFF_T)f->length, sector_size,
                                   image_read, image_close, image_describe);
  if (!f->image) {
    free(image);
    return tsk_failed(err, "the volume cannot be read");
  }
  f->fs = nt__tsk_open(f->image, type_of(file_system), &f->lost);
  return f->fs ? NT_STATUS_SUCCESS
               : tsk_failed(err, "the file system cannot be read");
}

/* ---- looking up ---------------------------------------------------------- */

/* NT has different statuses for a missing last name of the path, and for a
 * missing name before it. */
static nt_status not_found(bool last, struct nt_error *err) {
  nt_status status =
      last ? NT_STATUS_OBJECT_NAME_NOT_FOUND : NT_STATUS_OBJECT_PATH_NOT_FOUND;
  nt_fail(err, status, "the file system has no such %s",
          last ? "file" : "folder");
  nt_hint(err, "check the path; it starts at the root of the volume");
  return status;
}

/* Returns whether this is a real file. Deleted files and the library's own
 * inventions ($OrphanFiles) do not count. */
static bool is_real(const TSK_FS_FILE *file) {
  const TSK_FS_META *meta = file->meta;
  return meta && meta->flags & TSK_FS_META_FLAG_ALLOC &&
         (meta->type == TSK_FS_META_TYPE_REG ||
          meta->type == TSK_FS_META_TYPE_DIR);
}

/* Returns whether the entry is the label of the volume. The library shows the
 * label as a file, and says so in the name. A real file to which somebody gave
 * such a name has a short name, too. */
static bool is_label(const TSK_FS_NAME *entry) {
  static const char suffix[] = " (Volume Label Entry)";
  size_t length = strlen(entry->name);
  return length >= sizeof suffix - 1 &&
         strcmp(entry->name + length - (sizeof suffix - 1), suffix) == 0 &&
         !(entry->shrt_name && entry->shrt_name[0]);
}

/* Returns whether this is a name that the library invents for a table of exFAT,
 * which is not a file. */
static bool is_exfat_table(const TSK_FS_INFO *fs, const char *name) {
  static const char *const tables[] = {"$ALLOC_BITMAP", "$UPCASE_TABLE",
                                       "$VOLUME_GUID", "$TEX_FAT", "$ACT"};
  bool table = false;
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    table = table || strcmp(name, tables[i]) == 0;
  }
  return table && fs->ftype == TSK_FS_TYPE_EXFAT;
}

static bool is_entry(const TSK_FS_INFO *fs, const TSK_FS_NAME *entry) {
  return entry && entry->flags & TSK_FS_NAME_FLAG_ALLOC && entry->name &&
         !is_label(entry) && !is_exfat_table(fs, entry->name);
}

/* Compares two names. On ISO 9660 the library distinguishes upper and lower
 * case; NT does not. */
static bool same_name(TSK_FS_INFO *fs, const char *a, const char *b) {
  return TSK_FS_TYPE_ISISO9660(fs->ftype) ? strcasecmp(a, b) == 0
                                          : fs->name_cmp(fs, a, b) == 0;
}

/* Returns whether the entry has this name. A file has a long and, on FAT and
 * NTFS, a short name; both open it. */
static bool is_called(TSK_FS_INFO *fs, const TSK_FS_NAME *entry,
                      const char *name) {
  return is_entry(fs, entry) && (same_name(fs, entry->name, name) ||
                                 (entry->shrt_name && entry->shrt_name[0] &&
                                  same_name(fs, entry->shrt_name, name)));
}

/* Finds the entry `name` of a folder, and adds it to the path as it is spelled
 * there. */
static bool find_entry(struct sim_files *f, TSK_FS_DIR *dir, const char *name,
                       TSK_INUM_T *inode) {
  for (size_t i = 0; i < tsk_fs_dir_getsize(dir); i++) {
    const TSK_FS_NAME *entry = tsk_fs_dir_get_name(dir, i);
    if (!is_called(f->fs, entry, name)) {
      continue;
    }
    size_t used = strlen(f->path);
    nt_format_text(f->path + used, sizeof f->path - used, "%s%s",
                   f->path[used - 1] == '\\' ? "" : "\\", entry->name);
    *inode = entry->meta_addr;
    return true;
  }
  return false;
}

static nt_status no_reader(struct nt_error *err) {
  return nt_refuse(err, NT_REASON_NO_FILE_READER,
                   "no library here reads the files of this file system");
}

static nt_status open_inode(struct sim_files *f, TSK_INUM_T inode, bool last,
                            struct nt_error *err) {
  if (f->file) {
    tsk_fs_file_close(f->file);
  }
  f->file = nt__tsk_file(f->fs, inode, &f->lost);
  NT_TRY(check_image(f, err));
  if (!f->file) {
    return tsk_failed(err, "opening the file");
  }
  return is_real(f->file) ? NT_STATUS_SUCCESS : not_found(last, err);
}

/* Opens the entry `name` of the folder that is open now. */
static nt_status enter(struct sim_files *f, const char *name, bool last,
                       struct nt_error *err) {
  TSK_INUM_T inode = 0;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
    nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID,
            "\"%s\" is not the name of a file", name);
    nt_hint(err, "write the path without . and ..");
    return NT_STATUS_OBJECT_NAME_INVALID;
  }
  if (!nt__sim_files_is_directory(f)) {
    return not_found(false, err);
  }
  TSK_FS_DIR *dir = nt__tsk_dir(f->fs, f->file->meta->addr, &f->lost);
  if (!dir) {
    return tsk_failed(err, "reading the folder");
  }
  bool found = find_entry(f, dir, name, &inode);
  tsk_fs_dir_close(dir);
  NT_TRY(check_image(f, err));
  return found ? open_inode(f, inode, last, err) : not_found(last, err);
}

static nt_status open_path(struct sim_files *f, const char *path,
                           struct nt_error *err) {
  nt_status status = open_inode(f, f->fs->root_inum, false, err);
  nt_copy(f->path, sizeof f->path, "\\");
  for (path += strspn(path, "\\"); nt_ok(status) && *path;) {
    char name[NT_NAME_MAX];
    size_t length = strcspn(path, "\\");
    nt_format_text(name, sizeof name, "%.*s", (int)length, path);
    path += length;
    bool slash = *path == '\\';
    path += strspn(path, "\\");
    status = enter(f, name, *path == '\0', err);
    if (nt_ok(status) && slash && !*path && !nt__sim_files_is_directory(f)) {
      status = nt_fail(err, NT_STATUS_OBJECT_NAME_INVALID,
                       "a file has no backslash behind its name");
      nt_hint(err, "leave the last backslash out");
    }
  }
  return status;
}

nt_status nt__sim_files_open(struct sim_machine *m,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t length, uint32_t sector_size,
                             const char *file_system, const char *path,
                             struct sim_files **out, struct nt_error *err) {
  struct sim_files *f = calloc(1, sizeof *f);
  if (!f) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  f->r = (struct sim_request){.m = m, .err = &f->unread};
  memcpy(f->extents, extents, count * sizeof *extents);
  f->extent_count = count;
  f->length = length;
  f->adapt = strcmp(file_system, "NTFS") == 0   ? adapt_ntfs
             : strcmp(file_system, "CDFS") == 0 ? adapt_iso
                                                : NULL;
  f->handles = 1;
  tsk_error_reset();
  nt_status status = open_fs(f, file_system, sector_size, err);
  if (nt_ok(status)) {
    status = open_path(f, path, err);
  }
  if (nt_ok(status)) {
    *out = f;
  } else {
    nt__sim_files_close(f);
  }
  return status;
}

/* The Sleuth Kit does not know btrfs, but the root folder needs no looking up.
 * It has no `file` then.
 */
nt_status nt__sim_files_open_root(const char *path, struct sim_files **out,
                                  struct nt_error *err) {
  if (path[strspn(path, "\\")] != '\0') {
    return no_reader(err);
  }
  struct sim_files *f = calloc(1, sizeof *f);
  if (!f) {
    return nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  }
  f->handles = 1;
  nt_copy(f->path, sizeof f->path, "\\");
  *out = f;
  return NT_STATUS_SUCCESS;
}

bool nt__sim_files_is_directory(const struct sim_files *file) {
  return !file->file || file->file->meta->type == TSK_FS_META_TYPE_DIR;
}

const char *nt__sim_files_path(const struct sim_files *file) {
  return file->path;
}

uint64_t nt__sim_files_size(const struct sim_files *file) {
  return file->file ? (uint64_t)file->file->meta->size : 0;
}

int64_t nt__sim_files_id(const struct sim_files *file) {
  return file->file ? (int64_t)file->file->meta->addr : 0;
}

struct sim_files *nt__sim_files_share(struct sim_files *file) {
  if (file) {
    file->handles++;
  }
  return file;
}

/* ---- bytes --------------------------------------------------------------- */

/* Makes the library forget what it has read of the image, because others write
 * into it. */
static void forget_bytes(struct sim_files *f) {
  memset(f->image->cache_len, 0, sizeof f->image->cache_len);
}

nt_status nt__sim_files_read(struct sim_files *f, uint64_t offset, void *buf,
                             size_t len, size_t *done, struct nt_error *err) {
  if (nt__sim_files_is_directory(f)) {
    nt_fail(err, NT_STATUS_INVALID_DEVICE_REQUEST,
            "a directory has no bytes to read");
    nt_hint(err, "open a file in it");
    return NT_STATUS_INVALID_DEVICE_REQUEST;
  }
  uint64_t size = nt__sim_files_size(f);
  if (len == 0) {
    *done = 0;
    return NT_STATUS_SUCCESS;
  }
  if (offset >= size) {
    return nt_refuse(err, NT_REASON_PAST_END, "the file has %llu bytes",
                     (unsigned long long)size);
  }
  if (f->lost) {
    return no_memory(err, "reading the file");
  }
  forget_bytes(f);
  ssize_t got = nt__tsk_read(f->file, (TSK_OFF_T)offset, buf, len, &f->lost);
  NT_TRY(check_image(f, err));
  if (got < 0) {
    return tsk_failed(err, "reading the file");
  }
  *done = (size_t)got;
  return NT_STATUS_SUCCESS;
}

/* ---- where they lie ------------------------------------------------------ */

static nt_status no_place(enum nt_reason reason, const char *detail,
                          struct nt_error *err) {
  nt_refuse(err, reason, "%s", detail);
  nt_hint(err, "put the file into the image with mtools or ntfscp");
  return NT_STATUS_NOT_SUPPORTED;
}

/* Files with lower numbers hold the state of NTFS itself. */
#define NTFS_FIRST_USER_FILE 24U

static bool is_system_file(const TSK_FS_INFO *fs, TSK_INUM_T inode) {
  return TSK_FS_TYPE_ISNTFS(fs->ftype) && inode < NTFS_FIRST_USER_FILE;
}

static nt_status check_attribute(const struct sim_files *f,
                                 const TSK_FS_ATTR *attribute, uint64_t offset,
                                 struct nt_error *err) {
  if (is_system_file(f->fs, f->file->meta->addr)) {
    return nt_refuse(err, NT_REASON_SYSTEM_FILE,
                     "the file system keeps its own state in this file");
  }
  if (attribute->flags & TSK_FS_ATTR_RES) {
    return no_place(NT_REASON_RESIDENT_FILE,
                    "the file is so small that NTFS keeps its bytes in the "
                    "record of the file",
                    err);
  }
  if (attribute->flags & (TSK_FS_ATTR_COMP | TSK_FS_ATTR_ENC)) {
    return no_place(NT_REASON_ENCODED_FILE,
                    "the file is compressed or encrypted", err);
  }
  if (offset >= (uint64_t)attribute->nrd.initsize) {
    return no_place(NT_REASON_UNINITIALIZED,
                    "the file system has not given these bytes a value yet",
                    err);
  }
  return NT_STATUS_SUCCESS;
}

/* Finds the run that has a block of the file; NULL for a block that has no
 * place. */
static const TSK_FS_ATTR_RUN *find_run(const TSK_FS_ATTR *attribute,
                                       uint64_t block) {
  const TSK_FS_ATTR_RUN *run = attribute->nrd.run;
  while (run && block >= run->offset + run->len) {
    run = run->next;
  }
  bool filled = run && block >= run->offset &&
                !(run->flags &
                  (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER |
                   TSK_FS_ATTR_RUN_FLAG_ENCRYPTED));
  return filled ? run : NULL;
}

uint64_t nt__sim_files_valid(struct sim_files *f) {
  const TSK_FS_ATTR *attribute =
      f->lost || !f->file ? NULL : nt__tsk_contents(f->file, &f->lost);
  return attribute && attribute->flags & TSK_FS_ATTR_NONRES
             ? (uint64_t)attribute->nrd.initsize
             : nt__sim_files_size(f);
}

nt_status nt__sim_files_place(struct sim_files *f, uint64_t offset,
                              uint64_t *place, uint64_t *length,
                              struct nt_error *err) {
  if (!f->file) {
    return no_reader(err);
  }
  if (f->lost) {
    return no_memory(err, "finding the file's clusters");
  }
  const TSK_FS_ATTR *attribute = nt__tsk_contents(f->file, &f->lost);
  if (!attribute) {
    return tsk_failed(err, "finding the file's clusters");
  }
  NT_TRY(check_attribute(f, attribute, offset, err));
  uint64_t size = f->fs->block_size, block = offset / size;
  const TSK_FS_ATTR_RUN *run = find_run(attribute, block);
  if (!run) {
    return no_place(NT_REASON_SPARSE_FILE, "the file has no clusters there",
                    err);
  }
  uint64_t left = (run->offset + run->len) * size - offset;
  uint64_t valid = (uint64_t)attribute->nrd.initsize - offset;
  *place = (run->addr + (block - run->offset)) * size + offset % size;
  *length = left < valid ? left : valid;
  return NT_STATUS_SUCCESS;
}

/* ---- directories --------------------------------------------------------- */

/* Returns whether a name is listed. NTFS shows neither its own files nor the
 * streams of others. */
static bool is_listed(const struct sim_files *f, const TSK_FS_NAME *name) {
  return is_entry(f->fs, name) && strcmp(name->name, ".") != 0 &&
         strcmp(name->name, "..") != 0 &&
         !is_system_file(f->fs, name->meta_addr) && !strchr(name->name, ':');
}

/* An entry that cannot be read is not listed. If only memory was lacking, that
 * is an error. */
static nt_status fill_entry(struct sim_files *f, const TSK_FS_NAME *name,
                            struct nt_directory_entry *out, bool *real,
                            struct nt_error *err) {
  tsk_error_reset();
  TSK_FS_FILE *file = nt__tsk_file(f->fs, name->meta_addr, &f->lost);
  *real = file && is_real(file);
  if (*real) {
    out->directory = file->meta->type == TSK_FS_META_TYPE_DIR;
    out->size = out->directory ? 0 : (uint64_t)file->meta->size;
    nt_copy(out->name, sizeof out->name, name->name);
  }
  if (file) {
    tsk_fs_file_close(file);
  }
  return !file && out_of_memory() ? no_memory(err, "reading the folder")
                                  : NT_STATUS_SUCCESS;
}

static void end_listing(struct sim_files *f) {
  if (f->entries && !f->lost) {
    tsk_fs_dir_close(f->entries);
  }
  f->entries = NULL;
}

/* Reads the names of the folder when they are asked for first. */
static nt_status begin_listing(struct sim_files *f, bool anew,
                               struct nt_error *err) {
  if (!f->file) {
    return no_reader(err);
  }
  if (f->lost) {
    return no_memory(err, "reading the folder");
  }
  if (anew) {
    end_listing(f);
  }
  if (!f->entries) {
    f->entries = nt__tsk_dir(f->fs, f->file->meta->addr, &f->lost);
  }
  nt_status status = check_image(f, err);
  if (!nt_ok(status)) {
    end_listing(f);
    return status;
  }
  return f->entries ? NT_STATUS_SUCCESS : tsk_failed(err, "reading the folder");
}

nt_status nt__sim_files_next(struct sim_files *f, uint64_t *cursor,
                             struct nt_directory_entry *out,
                             struct nt_error *err) {
  nt_status status = begin_listing(f, *cursor == 0, err);
  while (nt_ok(status) && *cursor < tsk_fs_dir_getsize(f->entries)) {
    const TSK_FS_NAME *name =
        tsk_fs_dir_get_name(f->entries, (size_t)(*cursor)++);
    bool real = false;
    if (is_listed(f, name)) {
      status = fill_entry(f, name, out, &real, err);
    }
    if (real) {
      return status;
    }
  }
  end_listing(f);
  return nt_ok(status) ? NT_STATUS_NO_MORE_ENTRIES : status;
}

static void close_library(struct sim_files *f) {
  end_listing(f);
  if (f->file) {
    tsk_fs_file_close(f->file);
  }
  if (f->fs) {
    tsk_fs_close(f->fs);
  }
  if (f->image) {
    tsk_img_close(f->image);
  }
}

void nt__sim_files_close(struct sim_files *f) {
  if (!f || --f->handles > 0) {
    return;
  }
  if (!f->lost) {
    close_library(f);
  }
  free(f);
}
