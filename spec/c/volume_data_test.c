/*
 * What file systems tell of their clusters, decoded from answers that are
 * whole, short, or nonsense; and the buffers that the simulated machine fills.
 */
#include "../../src/nt/volume_data.h"
#include "../../src/nt/sim/codes/query.h"
#include "check.h"

/* What the machine answers: `bits` of a volume with `clusters`, in pieces of
 * `room` bytes, or what `forge` says. */
static struct {
  nt_status status;
  unsigned char out[8192];
  size_t out_len;
  bool bitmap; /* answer as a file system does, not with `out` */
  uint64_t clusters;
  size_t room;
  int calls;
} script;

static uint64_t get(const unsigned char *at) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; i--) {
    value = value << 8 | at[i];
  }
  return value;
}

static void put(unsigned char *at, uint64_t value) {
  for (int i = 0; i < 8; i++) {
    at[i] = (unsigned char)(value >> 8 * i);
  }
}

/* Every cluster from 100 to 35000 is used, and every third of the rest. */
static bool used(uint64_t cluster) {
  return (cluster >= 100 && cluster < 35000) || cluster % 3 == 0;
}

static nt_status answer_bitmap(uint64_t start, unsigned char *out, size_t cap,
                               size_t *length) {
  uint64_t first = start & ~(uint64_t)7;
  uint64_t bytes = (script.clusters - first + 7) / 8;
  size_t room = cap - 16 < script.room ? cap - 16 : script.room;
  size_t fit = bytes < room ? (size_t)bytes : room;
  put(out, first);
  put(out + 8, script.clusters - first);
  memset(out + 16, 0, fit);
  for (uint64_t i = 0; i < fit * 8; i++) {
    if (used(first + i)) {
      out[16 + i / 8] |= (unsigned char)(1U << i % 8);
    }
  }
  *length = 16 + fit;
  return fit < bytes ? NT_STATUS_BUFFER_OVERFLOW : NT_STATUS_SUCCESS;
}

static nt_status control(struct nt_handle *handle, uint32_t code,
                         const void *in, size_t in_len, void *out,
                         size_t out_cap, size_t *out_len,
                         struct nt_error *err) {
  (void)handle;
  (void)code;
  (void)in_len;
  script.calls++;
  nt_status status = script.status;
  if (script.bitmap) {
    status = answer_bitmap(get(in), out, out_cap, out_len);
  } else {
    size_t n = script.out_len < out_cap ? script.out_len : out_cap;
    memcpy(out, script.out, n);
    *out_len = n;
  }
  return nt_ok(status) ? status : nt_fail(err, status, NULL);
}

static const struct nt_machine_ops machine_ops = {
    .version = NT_OPS_VERSION, .size = sizeof machine_ops, .kind = "fake"};
static const struct nt_handle_ops handle_ops = {
    .version = NT_OPS_VERSION, .size = sizeof handle_ops, .control = control};
static struct nt_machine machine = {.ops = &machine_ops};
static struct nt_handle handle = {
    .ops = &handle_ops, .machine = &machine, .name = "D:"};

static void play(nt_status status, size_t length) {
  memset(&script, 0, sizeof script);
  script.status = status;
  script.out_len = length;
}

/* ---- NTFS and dirty ------------------------------------------------------ */

static void test_ntfs(void) {
  struct nt_ntfs_data d;
  struct nt_error err = {0};
  play(NT_STATUS_SUCCESS, 96);
  for (size_t i = 0; i < 96; i++) {
    script.out[i] = (unsigned char)i;
  }
  CHECK(nt_ok(nt_ntfs_data(&handle, &d, &err)), "NTFS data is answered");
  CHECK(d.serial == 0x0706050403020100 && d.sectors == 0x0F0E0D0C0B0A0908 &&
            d.clusters == 0x1716151413121110 &&
            d.free_clusters == 0x1F1E1D1C1B1A1918 &&
            d.reserved_clusters == 0x2726252423222120,
        "the five counts are in order");
  CHECK(d.sector_size == 0x2B2A2928 && d.cluster_size == 0x2F2E2D2C &&
            d.record_size == 0x33323130 && d.clusters_per_record == 0x37363534,
        "the four sizes are in order");
  CHECK(d.mft_size == 0x3F3E3D3C3B3A3938 && d.mft_start == 0x4746454443424140 &&
            d.mft_mirror == 0x4F4E4D4C4B4A4948 &&
            d.mft_zone_start == 0x5756555453525150 &&
            d.mft_zone_end == 0x5F5E5D5C5B5A5958,
        "the five places are in order");
  play(NT_STATUS_SUCCESS, 95);
  CHECK(nt_ntfs_data(&handle, &d, &err) == NT_STATUS_INFO_LENGTH_MISMATCH,
        "95 bytes are no NTFS data");
  CHECK_TEXT(err.op, "query NTFS data", "the refusal names the question");
  CHECK_TEXT(err.target, "D:", "and the volume");
}

static void test_dirty(void) {
  struct nt_error err = {0};
  bool dirty = true;
  play(NT_STATUS_SUCCESS, 4);
  script.out[0] = 2; /* an upgrade is under way */
  CHECK(nt_ok(nt_is_dirty(&handle, &dirty, &err)) && !dirty,
        "only bit 0 is the dirty bit");
  script.out[0] = 3;
  CHECK(nt_ok(nt_is_dirty(&handle, &dirty, &err)) && dirty, "bit 0 is dirty");
  play(NT_STATUS_SUCCESS, 3);
  CHECK(nt_is_dirty(&handle, &dirty, &err) == NT_STATUS_INFO_LENGTH_MISMATCH,
        "3 bytes are no answer");
}

/* ---- the bitmap ---------------------------------------------------------- */

/* Every run is as long as it can be, and all together are the volume. */
static bool runs_are_right(uint64_t clusters, size_t room) {
  struct nt_bitmap bitmap = {0};
  struct nt_error err = {0};
  struct nt_run run;
  uint64_t cursor = 0, expected = 0;
  play(NT_STATUS_SUCCESS, 0);
  script.bitmap = true;
  script.clusters = clusters;
  script.room = room;
  nt_status status = nt_read_bitmap(&handle, 0, &bitmap, &err);
  while (nt_ok(status) &&
         nt_ok(status = nt_next_run(&handle, &bitmap, &cursor, &run, &err))) {
    bool right = run.start == expected && run.count > 0;
    for (uint64_t i = 0; i < run.count; i++) {
      right = right && used(run.start + i) == run.used;
    }
    expected = run.start + run.count;
    right = right && (expected == clusters || used(expected) != run.used);
    if (!right) {
      return false;
    }
  }
  return status == NT_STATUS_NO_MORE_ENTRIES && expected == clusters &&
         err.status == 0;
}

static void test_runs(void) {
  CHECK(runs_are_right(1, 8192), "a volume of one cluster");
  CHECK(runs_are_right(8, 8192), "whole bytes");
  CHECK(runs_are_right(40009, 8192), "several pieces of the caller's buffer");
  CHECK(script.calls == 2, "each piece is asked for once");
  CHECK(runs_are_right(40009, 1), "pieces of one byte");
  CHECK(runs_are_right(32768, 4096), "exactly one piece");
}

static nt_status forged(uint64_t first, uint64_t size, size_t length,
                        uint64_t start) {
  struct nt_bitmap bitmap;
  struct nt_error err = {0};
  play(NT_STATUS_SUCCESS, length);
  put(script.out, first);
  put(script.out + 8, size);
  return nt_read_bitmap(&handle, start, &bitmap, &err);
}

static void test_forged(void) {
  const nt_status wrong = NT_STATUS_INFO_LENGTH_MISMATCH;
  CHECK(nt_ok(forged(0, 8, 17, 0)), "a sane answer is taken");
  CHECK(nt_ok(forged(0, 800, 17, 7)), "less bits than announced");
  CHECK(forged(0, 8, 15, 0) == wrong, "15 bytes are no header");
  CHECK(forged(0, 8, 0, 0) == wrong, "nothing is no header");
  CHECK(forged(0, 8, 16, 0) == wrong, "no bits lead nowhere");
  CHECK(forged(0, 0, 24, 0) == wrong, "a volume without clusters");
  CHECK(forged(8, 8, 24, 0) == wrong, "it begins behind what was asked");
  CHECK(forged(0, 800, 17, 8) == wrong, "it ends before what was asked");
  CHECK(forged(0, UINT64_MAX, 24, 0) == wrong, "a negative size");
  CHECK(forged(UINT64_MAX, 8, 24, UINT64_MAX) == wrong, "a negative start");
  CHECK(forged(INT64_MAX - 7, 9, 24, INT64_MAX - 7) == wrong,
        "clusters past the largest number");
  struct nt_bitmap bitmap;
  struct nt_error err = {0};
  play(NT_STATUS_VOLUME_DISMOUNTED, 24);
  CHECK(
      nt_read_bitmap(&handle, 0, &bitmap, &err) == NT_STATUS_VOLUME_DISMOUNTED,
      "a refusal stays a refusal");
}

/* A refusal in the middle ends the iteration with it. */
static void test_late_refusal(void) {
  struct nt_bitmap bitmap = {0};
  struct nt_error err = {0};
  struct nt_run run;
  uint64_t cursor = 0;
  play(NT_STATUS_SUCCESS, 17);
  put(script.out + 8, 800);
  CHECK(nt_ok(nt_read_bitmap(&handle, 0, &bitmap, &err)), "the first piece");
  script.status = NT_STATUS_VOLUME_DISMOUNTED;
  CHECK(nt_next_run(&handle, &bitmap, &cursor, &run, &err) ==
            NT_STATUS_VOLUME_DISMOUNTED,
        "a run that goes into a refused piece is refused");
  CHECK(cursor == 0, "and the cursor stays");
}

/* ---- buffers of the simulated machine ------------------------------------ */

static void test_utf16(void) {
  uint8_t out[8] = {0};
  CHECK(nt__sim_put_utf16(out, 4, "a\xC3\xA4\xF0\x9F\x90\xA7z") == 4,
        "as many units as there is room for");
  CHECK(memcmp(out, "a\0\xE4\0\x3D\xD8\x27\xDC", 8) == 0,
        "two units for what is past U+FFFF");
  CHECK(nt__sim_put_utf16(out, 2, "a\xF0\x9F\x90\xA7") == 1,
        "no half of a pair");
  CHECK(nt__sim_put_utf16(out, 4, "a\xFFz") == 1,
        "nothing behind a stray byte");
}

static void test_guid(void) {
  uint8_t out[17] = {0};
  nt__sim_put_guid(out, "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
  CHECK(memcmp(out,
               "\xA2\xA0\xD0\xEB\xE5\xB9\x33\x44\x87\xC0\x68\xB6\xB7\x26\x99"
               "\xC7",
               17) == 0,
        "a GUID as it lies in memory");
  memset(out, 0, sizeof out);
  nt__sim_put_guid(out, "ebd0a0a");
  CHECK(out[3] == 0xEB && out[16] == 0, "half a GUID stays in its place");
}

int main(void) {
  test_ntfs();
  test_dirty();
  test_runs();
  test_forged();
  test_late_refusal();
  test_utf16();
  test_guid();
  return check_done();
}
