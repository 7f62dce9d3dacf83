/*
 * This is the cache: file data that was written, and waits to reach the image,
 * as in NT. It is kept in the database sector by sector, so that every process
 * reads the same. It is written to the image by a flush, a lock (L1), a
 * dismount (D1, D2), the first raw access of a volume handle (1.11), and by
 * closing the file. Data that still waits when the device is removed is lost.
 */
#include "cache.h"

#include <string.h>

#include "../db/store.h"
#include "../db/trust.h"
#include "../disk/image.h"
#include "../files.h"

#define SECTOR SIM_CACHE_SECTOR

/* If more sectors than this wait, everything that waits of the file system is
 * written to the image. NT, too, makes writers wait until its lazy writer has
 * made room. */
#define MOST_SECTORS 2048

/* Contiguous sectors on their way to the image. */
struct piece {
  const struct sim_request *r;
  struct nt_extent extents[NT_MAX_EXTENTS];
  uint32_t extent_count;
  uint64_t place;
  size_t used;
  unsigned char bytes[128 * SECTOR];
};

nt_status nt__sim_cache_has(const struct sim_request *r, int64_t instance,
                            int64_t file, bool *out) {
  int64_t any;
  NT_TRY(nt__sim_number(
      r,
      "SELECT 1 FROM dirty WHERE instance = ?1 "
      "AND (?2 = ?3 OR file = ?2) LIMIT 1",
      SIM_ARGS(SIM_INT(instance), SIM_INT(file), SIM_INT(SIM_ALL_FILES)), 0,
      &any));
  *out = any != 0;
  return NT_STATUS_SUCCESS;
}

/* ---- write back ---------------------------------------------------------- */

static nt_status write_piece(struct piece *p) {
  nt_status status =
      p->used == 0 ? NT_STATUS_SUCCESS
                   : nt__sim_image_write(p->r, p->extents, p->extent_count,
                                         p->place, p->bytes, p->used);
  p->used = 0;
  return status;
}

static nt_status add_sector(struct piece *p, uint64_t place, const void *data) {
  nt_status status = NT_STATUS_SUCCESS;
  if (p->used == sizeof p->bytes || place != p->place + p->used) {
    status = write_piece(p);
  }
  if (p->used == 0) {
    p->place = place;
  }
  memcpy(p->bytes + p->used, data, SECTOR);
  p->used += SECTOR;
  return status;
}

/* Checks a row that was read from the database, because a stranger may have
 * written it. */
static nt_status check_sector(const struct sim_request *r, sqlite3_stmt *stmt) {
  nt_status status = nt__sim_check_row(r->m, "dirty", stmt, r->err);
  if (nt_ok(status) && (sqlite3_column_int64(stmt, 2) % SECTOR != 0 ||
                        sqlite3_column_int64(stmt, 3) % SECTOR != 0)) {
    nt_refuse(r->err, NT_REASON_MACHINE_DAMAGED,
              "%s: table dirty, columns start and place: %lld and %lld are no "
              "whole sectors",
              r->m->db_path, (long long)sqlite3_column_int64(stmt, 2),
              (long long)sqlite3_column_int64(stmt, 3));
    nt_hint(r->err, "see all that is wrong: ntvol sim check %s", r->m->folder);
    status = NT_STATUS_FILE_CORRUPT_ERROR;
  }
  if (!nt_ok(status)) {
    sqlite3_reset(stmt);
  }
  return status;
}

static nt_status write_rows(struct piece *p, int64_t instance, int64_t file) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(
      p->r,
      "SELECT * FROM dirty WHERE instance = ?1 "
      "AND (?2 = ?3 OR file = ?2) ORDER BY place",
      SIM_ARGS(SIM_INT(instance), SIM_INT(file), SIM_INT(SIM_ALL_FILES)),
      &stmt);
  while (nt_ok(status) && nt_ok(status = nt__sim_step(p->r, stmt))) {
    status = check_sector(p->r, stmt);
    if (!nt_ok(status)) {
      return status;
    }
    status = add_sector(p, (uint64_t)sqlite3_column_int64(stmt, 3),
                        sqlite3_column_blob(stmt, 4));
    if (!nt_ok(status)) {
      sqlite3_reset(stmt);
    }
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? write_piece(p) : status;
}

/* Opens the images of the volume, because this process may not have opened them
 * yet. */
static nt_status find_images(struct piece *p, int64_t volume) {
  NT_TRY(nt__sim_load_extents(p->r, volume, p->extents, &p->extent_count));
  for (uint32_t i = 0; i < p->extent_count; i++) {
    NT_TRY(nt__sim_image(p->r, p->extents[i].disk));
  }
  return NT_STATUS_SUCCESS;
}

nt_status nt__sim_cache_write_back(const struct sim_request *r,
                                   const struct sim_instance *instance,
                                   int64_t file) {
  struct piece p;
  struct sim_volume volume;
  bool has = false;
  nt_status status = nt__sim_cache_has(r, instance->id, file, &has);
  if (!nt_ok(status) || !has) {
    return status;
  }
  status = nt__sim_load_volume(r, instance->volume, &volume);
  if (!nt_ok(status) || volume.flags & NT_VOLUME_OFFLINE ||
      instance->vpb & SIM_VPB_CHANGED) { /* the medium may be another one */
    return status;
  }
  p.r = r;
  p.place = 0;
  p.used = 0;
  NT_TRY(find_images(&p, instance->volume));
  NT_TRY(write_rows(&p, instance->id, file));
  return nt__sim_exec(
      r,
      "DELETE FROM dirty WHERE instance = ?1 "
      "AND (?2 = ?3 OR file = ?2)",
      SIM_ARGS(SIM_INT(instance->id), SIM_INT(file), SIM_INT(SIM_ALL_FILES)));
}

nt_status nt__sim_cache_drop(const struct sim_request *r, int64_t instance) {
  return nt__sim_exec(r, "DELETE FROM dirty WHERE instance = ?1",
                      SIM_ARGS(SIM_INT(instance)));
}

/* ---- read ---------------------------------------------------------------- */

nt_status nt__sim_cache_overlay(const struct sim_request *r, uint64_t offset,
                                void *buf, size_t len) {
  sqlite3_stmt *stmt;
  nt_status status = nt__sim_query(
      r,
      "SELECT * FROM dirty WHERE instance = ?1 "
      "AND file = ?2 AND start > ?3 AND start < ?4",
      SIM_ARGS(
          SIM_INT(r->instance.id), SIM_INT(nt__sim_files_id(r->handle->file)),
          SIM_INT((int64_t)offset - (int64_t)SECTOR), SIM_INT(offset + len)),
      &stmt);
  while (nt_ok(status) && nt_ok(status = nt__sim_step(r, stmt))) {
    status = check_sector(r, stmt);
    if (!nt_ok(status)) {
      return status;
    }
    uint64_t start = (uint64_t)sqlite3_column_int64(stmt, 2);
    const unsigned char *data = sqlite3_column_blob(stmt, 4);
    uint64_t from = start > offset ? start : offset;
    uint64_t to = start + SECTOR < offset + len ? start + SECTOR : offset + len;
    memcpy((unsigned char *)buf + (from - offset), data + (from - start),
           (size_t)(to - from));
  }
  return status == NT_STATUS_NO_MORE_ENTRIES ? NT_STATUS_SUCCESS : status;
}

/* ---- write --------------------------------------------------------------- */

/* Keeps `n` bytes that begin `skip` bytes after the start of a sector. The
 * other bytes of the sector stay as they are. */
static nt_status keep_sector(const struct sim_request *r, uint64_t start,
                             uint64_t place, size_t skip,
                             const unsigned char *from, size_t n) {
  const struct sim_handle *h = r->handle;
  unsigned char sector[SECTOR];
  nt_status status = NT_STATUS_SUCCESS;
  if (n < SECTOR) {
    status = nt__sim_image_read(r, h->extents, h->extent_count, place, sector,
                                SECTOR);
    if (nt_ok(status)) {
      status = nt__sim_cache_overlay(r, start, sector, SECTOR);
    }
  }
  if (!nt_ok(status)) {
    return status;
  }
  memcpy(sector + skip, from, n);
  return nt__sim_exec(
      r,
      "INSERT OR REPLACE INTO dirty (instance, file, start, place, data) "
      "VALUES (?1, ?2, ?3, ?4, ?5)",
      SIM_ARGS(SIM_INT(r->instance.id), SIM_INT(nt__sim_files_id(h->file)),
               SIM_INT(start), SIM_INT(place), SIM_BLOB(sector, SECTOR)));
}

/* Keeps a run of bytes of the file that lie one after the other on the volume,
 * too. */
static nt_status keep_run(const struct sim_request *r, uint64_t offset,
                          uint64_t place, const unsigned char *from,
                          size_t len) {
  nt_status status = NT_STATUS_SUCCESS;
  while (nt_ok(status) && len > 0) {
    size_t skip = (size_t)(offset % SECTOR);
    size_t n = len < SECTOR - skip ? len : SECTOR - skip;
    status = keep_sector(r, offset - skip, place - skip, skip, from, n);
    offset += n;
    place += n;
    from += n;
    len -= n;
  }
  return status;
}

static nt_status write_through(const struct sim_request *r, uint64_t place,
                               const void *from, size_t len) {
  return nt__sim_image_write(r, r->handle->extents, r->handle->extent_count,
                             place, from, len);
}

/* Finds the place of every byte before the first one is written, so that a
 * refusal leaves nothing half written. */
static nt_status check_places(const struct sim_request *r, uint64_t offset,
                              uint64_t end) {
  nt_status status = NT_STATUS_SUCCESS;
  while (nt_ok(status) && offset < end) {
    uint64_t place, length;
    status =
        nt__sim_files_place(r->handle->file, offset, &place, &length, r->err);
    offset += nt_ok(status) ? length : 0;
  }
  return status;
}

static nt_status write_runs(const struct sim_request *r, uint64_t offset,
                            const unsigned char *from, size_t len,
                            bool through) {
  nt_status status = NT_STATUS_SUCCESS;
  while (nt_ok(status) && len > 0) {
    uint64_t place, length;
    status =
        nt__sim_files_place(r->handle->file, offset, &place, &length, r->err);
    if (!nt_ok(status)) {
      break;
    }
    size_t n = len < length ? len : (size_t)length;
    status = through ? write_through(r, place, from, n)
                     : keep_run(r, offset, place, from, n);
    offset += n;
    from += n;
    len -= n;
  }
  return status;
}

static nt_status make_room(const struct sim_request *r) {
  int64_t sectors;
  NT_TRY(nt__sim_number(r, "SELECT count(*) FROM dirty WHERE instance = ?1",
                        SIM_ARGS(SIM_INT(r->instance.id)), 0, &sectors));
  return sectors > MOST_SECTORS
             ? nt__sim_cache_write_back(r, &r->instance, SIM_ALL_FILES)
             : NT_STATUS_SUCCESS;
}

nt_status nt__sim_cache_write(const struct sim_request *r, uint64_t offset,
                              const void *buf, size_t len) {
  /* What one node writes, the others must read at once. So nothing waits on a
   * volume that they share. */
  bool through = len > MOST_SECTORS * SECTOR || r->instance.fsd->across_nodes;
  NT_TRY(check_places(r, offset, offset + len));
  if (through) {
    NT_TRY(nt__sim_cache_write_back(r, &r->instance,
                                    nt__sim_files_id(r->handle->file)));
  }
  NT_TRY(write_runs(r, offset, buf, len, through));
  return !through ? make_room(r) : NT_STATUS_SUCCESS;
}
