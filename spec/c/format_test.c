/*
 * Format by transplant makes healthy file systems: every kind, at both ends of
 * a disk and with both sector sizes, judged by independent readers; with the
 * volume's place in the boot sector, without old signatures, and with the boot
 * sector written last.
 */
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "fake_volume.h"

static struct fake_volume volume;

static nt_status format(const char *fs, const char *label, uint32_t cluster,
                        bool full, struct nt_format_result *result,
                        struct nt_error *err) {
  struct nt_format_options options = {.fs = fs,
                                      .label = label,
                                      .cluster_size = cluster,
                                      .full = full,
                                      .erase = "D:"};
  memset(result, 0, sizeof(*result));
  memset(err, 0, sizeof(*err));
  return nt_format(&volume.handle, &options, result, err);
}

static void show(const struct nt_error *err) {
  char text[1500];
  nt_error_format(err, text, sizeof(text));
  printf("# %s\n", text);
}

static uint64_t get_le(const unsigned char *at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; i++) {
    value |= (uint64_t)at[i] << (8 * i);
  }
  return value;
}

/* ---- healthy images ------------------------------------------------------ */

struct image {
  const char *fs, *name; /* as asked; as recognised */
  uint64_t length;
  uint32_t sector_size, cluster;
  bool full;
};

static const struct image images[] = {
    {"ntfs", "NTFS", 48 * MIB, 512, 0, false},
    {"ntfs", "NTFS", 48 * MIB, 4096, 0, false},
    {"ntfs", "NTFS", 48 * MIB, 512, 65536, true},
    {"fat", "FAT12", 4 * MIB, 512, 0, false},
    {"fat", "FAT16", 48 * MIB, 512, 0, false},
    {"fat", "FAT12", 48 * MIB, 4096, 0, true},
    {"fat16", "FAT16", 48 * MIB, 512, 4096, false},
    {"fat16", "FAT16", 48 * MIB, 4096, 4096, false},
    {"fat32", "FAT32", 48 * MIB, 512, 0, false},
    {"fat32", "FAT32", 300 * MIB, 4096, 0, false},
    {"fat32", "FAT32", 48 * MIB, 512, 0, true},
    {"exfat", "exFAT", 48 * MIB, 512, 0, false},
    {"exfat", "exFAT", 48 * MIB, 512, 4096, true},
};

static void check_by(const char *tool, const char *command, const char *what) {
  if (has_tool(tool)) {
    CHECK(succeeds(command), "%s: %s finds it healthy", what, tool);
  } else {
    SKIP("not installed", "%s: %s finds it healthy", what, tool);
  }
}

static void check_health(const struct image *image, const char *what) {
  if (strcmp(image->fs, "ntfs") == 0) {
    check_by("ntfsfix", "ntfsfix -n", what);
    check_by("ntfsinfo", "ntfsinfo -m", what);
  } else if (strcmp(image->fs, "exfat") == 0) {
    check_by("fsck.exfat", "fsck.exfat -n", what);
  } else {
    check_by("fsck.fat", "fsck.fat -n", what);
  }
}

/* The BIOS parameter block, or exFAT's PartitionOffset. */
static void check_place(const struct image *image, uint64_t start,
                        const char *what) {
  unsigned char boot[512];
  bool read = pread(volume.fd, boot, sizeof(boot), 0) == sizeof(boot);
  uint64_t sectors = start / image->sector_size;
  if (strcmp(image->fs, "exfat") == 0) {
    CHECK(read && get_le(boot + 64, 8) == sectors, "%s: partition offset",
          what);
    CHECK(boot[108] == 9, "%s: sector size", what);
    return;
  }
  CHECK(read && get_le(boot + 28, 4) == sectors, "%s: hidden sectors", what);
  CHECK(get_le(boot + 11, 2) == image->sector_size, "%s: sector size", what);
  CHECK(get_le(boot + 24, 2) == 63, "%s: sectors per track", what);
  CHECK(get_le(boot + 26, 2) == 255, "%s: heads", what);
  if (image->cluster != 0) {
    CHECK(boot[13] == image->cluster / image->sector_size, "%s: cluster size",
          what);
  }
}

static void check_blkid(const struct image *image, const char *what) {
  struct nt_probe probe;
  struct nt_error err = {0};
  CHECK(nt_ok(probe_fd(volume.fd, 0, volume.length, &probe, &err)),
        "%s: probed", what);
  CHECK_TEXT(probe.file_system, image->name, "%s: recognised", what);
  CHECK_TEXT(probe.label, "DATA 1", "%s: label", what);
  CHECK(probe.serial[0] != '\0', "%s: serial", what);
  if (has_tool("blkid")) {
    const char *type = strncmp(image->fs, "fat", 3) == 0 ? "vfat" : image->fs;
    CHECK_TEXT(answer("blkid -p -o value -s TYPE"), type, "%s: blkid", what);
  } else {
    SKIP("not installed", "%s: blkid", what);
  }
}

static bool is_write(const struct record *record, uint64_t offset,
                     size_t length) {
  return record->kind == 'w' && record->offset == offset &&
         record->length == length;
}

/* The wipe and the new data go from the front to the back, each. What begins
 * again in front is another step. */
static bool steps_are_durable(void) {
  uint64_t end = 0;
  bool good = true;
  for (int i = 0; i < volume.log_count; i++) {
    const struct record *record = &volume.log[i];
    if (record->kind == 'w') {
      good = good && (record->offset >= end || volume.log[i - 1].kind == 'f');
      end = record->offset + record->length;
    }
  }
  return good;
}

/* Between the wipe and the very last write nobody writes sector 0. */
static void check_order(const char *what) {
  int last = volume.log_count - 1;
  int touches = 0;
  for (int i = 1; i < last - 1; i++) {
    touches += volume.log[i].kind == 'w' && volume.log[i].offset == 0;
  }
  CHECK(volume.log_count < MAX_RECORDS &&
            is_write(&volume.log[0], 0, volume.handle.sector_size),
        "%s: the boot sector is wiped first", what);
  CHECK(volume.log[1].kind == 'f',
        "%s: that is durable before anything else is touched", what);
  CHECK(is_write(&volume.log[last - 1], 0, volume.handle.sector_size),
        "%s: the boot sector is written last", what);
  CHECK(volume.log[last].kind == 'f' && volume.log[last - 2].kind == 'f',
        "%s: flushed before and after the boot sector", what);
  CHECK(touches == 0, "%s: sector 0 stays wiped between", what);
  CHECK(steps_are_durable(),
        "%s: old signatures are durably gone before new data comes", what);
}

/* Whether a page of the old contents is still there. */
static bool holds_old_bytes(void) {
  static unsigned char block[4096], old[4096];
  memset(old, 0xA5, sizeof(old));
  for (uint64_t at = 0; at < volume.length; at += sizeof(block)) {
    if (pread(volume.fd, block, sizeof(block), (off_t)at) != sizeof(block) ||
        memcmp(block, old, sizeof(block)) == 0) {
      return true;
    }
  }
  return false;
}

static void check_image(const struct image *image, uint64_t start) {
  struct nt_format_result result;
  struct nt_error err;
  char what[100];
  snprintf(what, sizeof(what), "%s at %" PRIu64 ", sectors of %u%s", image->fs,
           start, image->sector_size, image->full ? ", full" : "");
  make_volume(&volume, image->length, image->sector_size, start);
  fill_volume(&volume, 0xA5);
  nt_status status =
      format(image->fs, "DATA 1", image->cluster, image->full, &result, &err);
  CHECK(status == NT_STATUS_SUCCESS, "%s: formatted", what);
  if (!nt_ok(status)) {
    show(&err);
  }
  CHECK_TEXT(result.file_system, image->name, "%s: result", what);
  CHECK(volume.dasd == 1, "%s: extended DASD", what);
  CHECK(holds_old_bytes() == (!image->full && image->length > 5 * MIB),
        "%s: only a full format wipes what the new file system leaves alone",
        what);
  check_order(what);
  check_blkid(image, what);
  check_place(image, start, what);
  check_health(image, what);
  drop_volume(&volume);
}

static void test_images(void) {
  for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
    check_image(&images[i], 0);
    check_image(&images[i], 2048 * (uint64_t)images[i].sector_size);
  }
}

/* Past 2^32 sectors the old fields cannot say where the volume is; exFAT's
 * can. */
static void test_far_partition(void) {
  struct image ntfs = {"ntfs", "NTFS", 48 * MIB, 512, 0, false};
  struct image fat = {"fat16", "FAT16", 48 * MIB, 512, 0, false};
  struct image exfat = {"exfat", "exFAT", 48 * MIB, 512, 0, false};
  const uint64_t last = UINT64_C(0xFFFFFFFF) * 512, past = last + 3 * 512;
  struct nt_format_result result;
  struct nt_error err;
  unsigned char boot[512];
  check_image(&ntfs, last);
  check_image(&fat, last);
  check_image(&exfat, past);
  for (int i = 0; i < 2; i++) {
    make_volume(&volume, 48 * MIB, 512, past);
    nt_status status =
        format(i == 0 ? "ntfs" : "fat16", "", 0, false, &result, &err);
    bool read = pread(volume.fd, boot, sizeof(boot), 0) == sizeof(boot);
    CHECK(nt_ok(status) && read && get_le(boot + 28, 4) == 0,
          "hidden sectors past 2 TiB are 0");
    drop_volume(&volume);
  }
}

/* A machine that knows neither geometry nor partitions nor extended DASD. */
static void test_unknown_questions(void) {
  static const nt_status answers[] = {NT_STATUS_INVALID_DEVICE_REQUEST,
                                      NT_STATUS_NOT_SUPPORTED,
                                      NT_STATUS_INVALID_PARAMETER};
  struct nt_format_result result;
  struct nt_error err;
  unsigned char boot[512];
  for (size_t i = 0; i < 3; i++) {
    make_volume(&volume, 48 * MIB, 512, 2048 * 512);
    volume.questions = answers[i];
    nt_status status = format("fat16", NULL, 0, false, &result, &err);
    bool read = pread(volume.fd, boot, sizeof(boot), 0) == sizeof(boot);
    CHECK(nt_ok(status) && read && get_le(boot + 28, 4) == 0 &&
              get_le(boot + 24, 2) == 63 && get_le(boot + 26, 2) == 255,
          "unknown questions get the usual answers");
    CHECK(err.status == 0 && err.op[0] == '\0', "the error stays empty");
    drop_volume(&volume);
  }
  make_volume(&volume, 48 * MIB, 512, 0);
  volume.questions = NT_STATUS_DEVICE_NOT_CONNECTED;
  CHECK(format("fat16", NULL, 0, false, &result, &err) ==
            NT_STATUS_DEVICE_NOT_CONNECTED,
        "other refusals of a question end the format");
  CHECK_TEXT(err.outcome, "untouched", "other refusals: outcome");
  CHECK(volume.writes == 0, "other refusals: nothing written");
  drop_volume(&volume);
}

/* ---- old signatures ------------------------------------------------------ */

static void put_old_btrfs(void) {
  put_bytes_at(&volume, 65536 + 64, "_BHRfS_M", 8);
}

static void put_old_iso(void) {
  put_bytes_at(&volume, 32768, "\1CD001\1", 7);
}

static void put_old_vmfs(void) {
  put_bytes_at(&volume, 2 * MIB, "\x5e\xf1\xab\x2f", 4);
}

/* md 1.0: 8 KiB to 12 KiB before the end; libblkid looks at the magic, the
 * version and its own place. */
static void put_old_md(void) {
  unsigned char super[256] = {0xFC, 0x4E, 0x2B, 0xA9, 1};
  uint64_t sector = ((volume.length / 512) - 16) & ~UINT64_C(7);
  for (size_t i = 0; i < 8; i++) {
    super[144 + i] = (unsigned char)(sector >> (8 * i));
  }
  put_bytes_at(&volume, sector * 512, super, sizeof(super));
}

static void put_old_ext4(void) {
  if (has_tool("mke2fs")) {
    succeeds("mke2fs -q -F -t ext4");
  }
}

static const struct {
  const char *name; /* as nt_probe() says; NULL: it is not whole */
  void (*put)(void);
  const char *tool;
} old[] = {
    {NULL, put_old_btrfs, NULL},      {NULL, put_old_iso, NULL},
    {NULL, put_old_vmfs, NULL},       {"linux_raid_member", put_old_md, NULL},
    {"ext4", put_old_ext4, "mke2fs"},
};

static const char *const one_type =
    "wipefs -n -i --noheadings -O TYPE"; /* one line per signature */

/* All lines of `text` that are not about a partition table are `type`. */
static bool only(const char *text, const char *type) {
  size_t length = strlen(type);
  bool found = false;
  while (*text != '\0') {
    size_t line = strcspn(text, "\n");
    bool same = line == length && strncmp(text, type, line) == 0;
    if (!same && !(line == 3 && strncmp(text, "dos", 3) == 0)) {
      return false;
    }
    found = found || same;
    text += line + (text[line] == '\n');
  }
  return found;
}

static void test_old_signatures(void) {
  static const char *const kinds[][2] = {
      {"ntfs", "ntfs"}, {"fat16", "vfat"}, {"exfat", "exfat"}};
  struct nt_format_result result;
  struct nt_error err;
  for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
    for (size_t k = 0; k < 3; k++) {
      if (old[i].tool != NULL && !has_tool(old[i].tool)) {
        SKIP("not installed", "%s over %s", kinds[k][0], old[i].name);
        continue;
      }
      make_volume(&volume, 48 * MIB, 512, 0);
      old[i].put();
      if (old[i].name != NULL) {
        CHECK_TEXT(probed(&volume), old[i].name, "the old signature is there");
      }
      nt_status status = format(kinds[k][0], "X", 0, false, &result, &err);
      CHECK(nt_ok(status), "%s over signature %d", kinds[k][0], (int)i);
      CHECK(only(answer(one_type), kinds[k][1]),
            "%s over signature %d: nothing else is left", kinds[k][0], (int)i);
      drop_volume(&volume);
    }
  }
}

/* Tables of zeros past the wiped windows are written too. */
static void test_zero_tables(void) {
  struct image image = {"fat32", "FAT32", 400 * MIB, 512, 512, false};
  struct nt_format_result result;
  struct nt_error err;
  make_volume(&volume, 16 * MIB, 512, 0);
  fill_volume(&volume, 0xA5);
  volume.length = image.length;
  if (ftruncate(volume.fd, (off_t)image.length) != 0) {
    perror(image_path());
    exit(1);
  }
  nt_status status = format("fat32", "X", 512, false, &result, &err);
  CHECK(nt_ok(status) && result.bytes_written > 10 * MIB,
        "FAT32 with large tables over old data");
  check_health(&image, "FAT32 with large tables over old data");
  drop_volume(&volume);
}

/* Only what is not zero already is wiped. */
static void test_empty_volume(void) {
  struct nt_format_result result;
  struct nt_error err;
  make_volume(&volume, 48 * MIB, 512, 0);
  nt_status status = format("fat16", "X", 0, false, &result, &err);
  CHECK(nt_ok(status) && result.bytes_written < MIB,
        "an empty volume is not wiped: %" PRIu64 " bytes written",
        result.bytes_written);
  drop_volume(&volume);
}

/* ---- size and time ------------------------------------------------------- */

static bool in_memory(uint64_t bytes) {
  struct statvfs st;
  if (statvfs("/dev/shm", &st) != 0 || access("/dev/shm", W_OK) != 0 ||
      (uint64_t)st.f_bavail * st.f_bsize < bytes) {
    return false;
  }
  setenv("NTVOL_TMPDIR", "/dev/shm", 1);
  return true;
}

/* Sanitizers and valgrind need memory of their own. */
static bool is_measurable(void) {
#if defined(__SANITIZE_ADDRESS__)
  return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  return false;
#endif
#endif
  return !under_valgrind();
}

static void check_memory(const char *what) {
  struct rusage usage;
  if (!is_measurable()) {
    SKIP("runs under a checker", "%s: memory", what);
    return;
  }
  getrusage(RUSAGE_SELF, &usage);
  CHECK(usage.ru_maxrss < 64 * 1024, "%s takes %ld KiB of memory at most", what,
        usage.ru_maxrss);
}

static void test_large(const char *fs, uint64_t length) {
  struct nt_format_result result;
  struct nt_error err;
  char what[60];
  snprintf(what, sizeof(what), "%s of %" PRIu64 " MiB", fs, length / MIB);
  if (!in_memory(2048 * MIB)) {
    SKIP("no 2 GiB free in /dev/shm", "%s", what);
    return;
  }
  make_volume(&volume, MIB, 512, 0);
  volume.length = length;
  volume.drop = true;
  nt_status status = format(fs, "BIG", 0, false, &result, &err);
  setenv("NTVOL_TMPDIR", work, 1);
  CHECK(nt_ok(status), "%s is formatted", what);
  if (!nt_ok(status)) {
    show(&err);
  }
  check_memory(what);
  printf("# %s: %" PRIu64 " bytes written\n", what, result.bytes_written);
  drop_volume(&volume);
}

int main(void) {
  make_work();
  test_images();
  test_far_partition();
  test_unknown_questions();
  test_old_signatures();
  test_zero_tables();
  test_empty_volume();
  test_large("ntfs", UINT64_C(4) << 40);
  test_large("exfat", (UINT64_C(16) << 40) - MIB);
  test_large("ntfs", (UINT64_C(16) << 40) - MIB);
  return check_done();
}
