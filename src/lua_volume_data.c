/***
What a file system says of its clusters, and whether it wants to be checked.

@submodule ntvol.volume
*/
#include "lua_methods.h"
#include "nt/volume_data.h"

/***
Returns what NTFS knows of its volume (FSCTL_GET_NTFS_VOLUME_DATA). Fields:
`serial` (64 bits), `sectors`, `clusters`, `free_clusters`, `reserved_clusters`,
in bytes `sector_size`, `cluster_size`, `record_size`, `mft_size`, and as
clusters `clusters_per_record`, `mft_start`, `mft_mirror`, `mft_zone_start`,
`mft_zone_end`.
@function volume:ntfs_data
@treturn ntvol.ntfs_data `{ serial, sectors, clusters, free_clusters,
 reserved_clusters, sector_size, cluster_size, record_size,
 clusters_per_record, mft_size, mft_start, mft_mirror, mft_zone_start,
 mft_zone_end }`
@failure `"ERROR_INVALID_FUNCTION"` when it is not NTFS
@usage
local vol <close> = assert(ntvol.open "D:")
local data = vol:ntfs_data()
if data then print(data.free_clusters * data.cluster_size) end
*/
int ln_volume_ntfs_data(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "ntfs_data");
  struct nt_ntfs_data data = {0};
  NT_DECLARE_ERROR(err);
  if (!nt_ok(nt_ntfs_data(v->handle, &data, &err))) {
    return ln_pusherror(L, &err);
  }
  lua_createtable(L, 0, 14);
  ln_setinteger(L, "serial", data.serial);
  ln_setinteger(L, "sectors", data.sectors);
  ln_setinteger(L, "clusters", data.clusters);
  ln_setinteger(L, "free_clusters", data.free_clusters);
  ln_setinteger(L, "reserved_clusters", data.reserved_clusters);
  ln_setinteger(L, "sector_size", data.sector_size);
  ln_setinteger(L, "cluster_size", data.cluster_size);
  ln_setinteger(L, "record_size", data.record_size);
  ln_setinteger(L, "clusters_per_record", data.clusters_per_record);
  ln_setinteger(L, "mft_size", data.mft_size);
  ln_setinteger(L, "mft_start", data.mft_start);
  ln_setinteger(L, "mft_mirror", data.mft_mirror);
  ln_setinteger(L, "mft_zone_start", data.mft_zone_start);
  ln_setinteger(L, "mft_zone_end", data.mft_zone_end);
  return 1;
}

/* ---- the bitmap ---------------------------------------------------------- */

/* Upvalues of the iterator. */
enum { VOLUME = 1, BITMAP, CURSOR };

static int raise_refusal(lua_State *L, const struct nt_error *err) {
  ln_pusherror(L, err);
  lua_settop(L, -3); /* the message */
  return lua_error(L);
}

static int next_run(lua_State *L) {
  struct ln_volume *v = ln_testvolume(L, lua_upvalueindex(VOLUME));
  struct nt_bitmap *bitmap = lua_touserdata(L, lua_upvalueindex(BITMAP));
  uint64_t cursor = (uint64_t)lua_tointeger(L, lua_upvalueindex(CURSOR));
  struct nt_run run = {0};
  NT_DECLARE_ERROR(err);
  nt_status status = nt_next_run(ln_handle(L, v), bitmap, &cursor, &run, &err);
  if (status == NT_STATUS_NO_MORE_ENTRIES) {
    return 0;
  }
  if (!nt_ok(status)) {
    return raise_refusal(L, &err);
  }
  lua_pushinteger(L, (lua_Integer)cursor);
  lua_replace(L, lua_upvalueindex(CURSOR));
  lua_pushinteger(L, (lua_Integer)run.start);
  lua_pushinteger(L, (lua_Integer)run.count);
  lua_pushboolean(L, run.used);
  return 3;
}

/***
Iterates over used and free clusters (FSCTL_GET_VOLUME_BITMAP). It works on FAT,
exFAT and NTFS. Each turn of the loop gets one run of clusters: `start`, `count`
and whether they are `used`. The iterator asks in pieces, as the loop goes on,
so it may see or miss what changes meanwhile. A refusal at the beginning is
returned, a later one is raised. Clusters are counted from 0; on FAT and exFAT
cluster 0 is the one which the format calls 2.
@function volume:bitmap
@treturn ntvol.cluster_iterator the iterator; it raises what the
 machine refuses later
@failure `"ERROR_INVALID_FUNCTION"` or `"ERROR_INVALID_PARAMETER"` without a
 file system that has a bitmap
@usage
local vol <close> = assert(ntvol.open "D:")
local free = 0
for _start, count, used in assert(vol:bitmap()) do
  free = free + (used and 0 or count)
end
print(free)
*/
int ln_volume_bitmap(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "bitmap");
  NT_DECLARE_ERROR(err);
  struct nt_bitmap *bitmap;
  lua_settop(L, 1);
  bitmap = lua_newuserdatauv(L, sizeof *bitmap, 0);
  if (!nt_ok(nt_read_bitmap(ln_handle(L, v), 0, bitmap, &err))) {
    return ln_pusherror(L, &err);
  }
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_run, 3);
  return 1;
}

/* ---- dirty --------------------------------------------------------------- */

/***
Asks whether the file system wants to be checked (FSCTL_IS_VOLUME_DIRTY). It
does when it was not dismounted in order, or was marked. The mark is in the
bytes of the volume, where every other system and `fsck` see it.
@function volume:is_dirty
@treturn boolean
@failure
@usage
local vol <close> = assert(ntvol.open "D:")
assert(vol:is_dirty() == false)
*/
int ln_volume_is_dirty(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "is_dirty");
  NT_DECLARE_ERROR(err);
  bool dirty = false;
  if (!nt_ok(nt_is_dirty(v->handle, &dirty, &err))) {
    return ln_pusherror(L, &err);
  }
  lua_pushboolean(L, dirty);
  return 1;
}

/***
Marks the file system as one to be checked (FSCTL_MARK_VOLUME_DIRTY), for all
programs to see. Only a check takes the mark away. The handle must be one that
may lock the volume: otherwise this returns `ERROR_INVALID_PARAMETER`.
@function volume:mark_dirty
@treturn true
@failure `"ERROR_WRITE_PROTECT"` on a read-only volume
@usage
local vol <close> = assert(ntvol.open "D:")
assert(vol:mark_dirty())
assert(vol:is_dirty())
*/
int ln_volume_mark_dirty(lua_State *L) {
  struct ln_volume *v = ln_onlyvolume(L, "mark_dirty");
  NT_DECLARE_ERROR(err);
  nt_status status = nt_verb(v->handle, NT_FSCTL_MARK_VOLUME_DIRTY, &err);
  return ln_result(L, status, &err);
}
