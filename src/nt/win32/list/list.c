/*
 * Listing volumes.
 *
 * A cursor is a plain number, and nothing stays open between two calls: each
 * call looks at all volumes and takes the one with the smallest key above the
 * cursor. The key of a volume does not change while the volume is there. So no
 * volume is seen twice, whatever comes and goes between two calls.
 */
#include "list.h"
#include "listing.h"

/* ---- all volumes --------------------------------------------------------- */

nt_status nt__win32_each_volume(struct win32_machine *m,
                                nt_status (*visit)(void *ctx,
                                                   const nt_wchar *root,
                                                   struct nt_error *err),
                                void *ctx, struct nt_error *err) {
  nt_wchar root[WIN32_NAME_MAX];
  nt_win32_handle find;
  uint32_t error = m->os->find_first_volume(root, WIN32_NAME_MAX, &find);
  if (error == NT_WIN32_ERROR_NO_MORE_FILES) {
    return NT_STATUS_SUCCESS;
  }
  if (error != 0) {
    return nt__win32_fail(err, error, 0, "looking for volumes");
  }
  nt_status status = NT_STATUS_SUCCESS;
  while (nt_ok(status) && error == 0) {
    status = visit(ctx, root, err);
    if (nt_ok(status)) {
      error = m->os->find_next_volume(find, root, WIN32_NAME_MAX);
    }
  }
  m->os->find_volume_close(find);
  if (nt_ok(status) && error != NT_WIN32_ERROR_NO_MORE_FILES) {
    return nt__win32_fail(err, error, 0, "looking for volumes");
  }
  return status;
}

/* ---- keys ---------------------------------------------------------------- */

#define HASHED_KEY ((uint64_t)1 << 63)

/* Returns the number of "\Device\HarddiskVolume3"; 0 for other devices. */
static uint64_t volume_number(const nt_wchar *device) {
  const nt_wchar *at = nt__win32_after(device, "\\Device\\HarddiskVolume");
  uint64_t number = 0;
  for (; at != NULL && *at >= '0' && *at <= '9'; at++) {
    number = number * 10 + (uint64_t)(*at - '0');
    if (number > UINT32_MAX) {
      return 0;
    }
  }
  return at != NULL && *at == 0 ? number : 0;
}

/* The hash FNV-1a, cut to 63 bits. Of two volumes with the same hash only one
 * would be listed; that is likely only with some 2^31 volumes. */
static uint64_t hash_of(const nt_wchar *root) {
  uint64_t hash = 14695981039346656037U;
  for (; *root != 0; root++) {
    hash = (hash ^ *root) * 1099511628211U;
  }
  return hash >> 1;
}

/* Volumes on disks are listed in the order of their numbers, which is the order
 * in which Windows found them. CDs, floppies and others follow. */
static nt_status key_of(struct win32_machine *m, const nt_wchar *root,
                        uint64_t *key, struct nt_error *err) {
  nt_wchar device[WIN32_NAME_MAX];
  uint32_t error = nt__win32_device_of(m, root, device, WIN32_NAME_MAX);
  /* These two errors stay the same while the volume is there. After any other
   * error the volume might get another key later, and be listed twice. */
  if (error != 0 && error != NT_WIN32_ERROR_FILE_NOT_FOUND &&
      error != NT_WIN32_ERROR_MORE_DATA) {
    return nt__win32_fail(err, error, 0, "looking for the device of a volume");
  }
  uint64_t number = error == 0 ? volume_number(device) : 0;
  *key = number != 0 ? number : HASHED_KEY | hash_of(root);
  return NT_STATUS_SUCCESS;
}

/* ---- the next one -------------------------------------------------------- */

struct search {
  struct win32_machine *m;
  uint64_t after; /* volumes with keys up to this one have been listed */
  uint64_t key;   /* the smallest key above it; 0: there is none */
  nt_wchar root[WIN32_NAME_MAX];
};

static nt_status compare(void *ctx, const nt_wchar *root,
                         struct nt_error *err) {
  struct search *search = ctx;
  uint64_t key;
  NT_TRY(key_of(search->m, root, &key, err));
  if (key > search->after && (search->key == 0 || key < search->key)) {
    search->key = key;
    nt__win32_copy(search->root, WIN32_NAME_MAX, root);
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__win32_next_volume(struct nt_machine *machine, uint64_t *cursor,
                                struct nt_volume_info *out,
                                struct nt_error *err) {
  struct win32_machine *m = nt__win32_machine(machine);
  struct search search = {.m = m, .after = *cursor};
  for (;;) {
    search.key = 0;
    nt_status status = nt__win32_each_volume(m, compare, &search, err);
    if (!nt_ok(status)) {
      return status;
    }
    if (search.key == 0) {
      return NT_STATUS_NO_MORE_ENTRIES;
    }
    *cursor = search.after = search.key;
    /* When the key is another one now, the volume came or went just now, and
     * may have been listed under the other key: it is left out. */
    uint64_t key;
    struct nt_error gone = {0};
    if (nt_ok(nt__win32_describe(m, search.root, out, &gone))) {
      status = key_of(m, search.root, &key, err);
      if (!nt_ok(status) || key == search.key) {
        return status;
      }
    }
  }
}
