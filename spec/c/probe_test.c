/*
 * Which file system the bytes are, against libblkid: the same answers about
 * what the mkfs programs make, and about boot sectors with a wrong byte. Where
 * libblkid has another rule than the drivers of NT or the file system's
 * specification, theirs.
 */
#include <blkid/blkid.h>
#include <sys/stat.h>

#include "fake_volume.h"
#include "nt/posix/mkfs.h"

static struct fake_volume volume_of_zeros;

/* ---- the judge ----------------------------------------------------------- */

static const char *lookup(blkid_probe probe, const char *name) {
  const char *value = NULL;
  return blkid_probe_lookup_value(probe, name, &value, NULL) == 0 ? value : "";
}

static void show_judged(blkid_probe probe, struct nt_probe *out) {
  static const char *const names[][2] = {
      {"ntfs", "NTFS"}, {"exfat", "exFAT"}, {"iso9660", "CDFS"}};
  const char *type = lookup(probe, "TYPE");
  type = strcmp(type, "vfat") == 0 ? lookup(probe, "VERSION") : type;
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    type = strcmp(type, names[i][0]) == 0 ? names[i][1] : type;
  }
  nt_copy(out->file_system, sizeof(out->file_system), type);
  nt_copy_utf8(out->label, sizeof(out->label), lookup(probe, "LABEL"));
  nt_copy_utf8(out->serial, sizeof(out->serial), lookup(probe, "UUID"));
}

/* libblkid takes a length of 0 for all that there is. */
static void judge(int fd, uint64_t offset, uint64_t length,
                  struct nt_probe *out) {
  *out = (struct nt_probe){.file_system = "RAW"};
  blkid_probe probe = blkid_new_probe();
  if (length >= 1024 && blkid_probe_set_device(probe, fd, (blkid_loff_t)offset,
                                               (blkid_loff_t)length) == 0) {
    blkid_probe_set_superblocks_flags(
        probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
                   BLKID_SUBLKS_VERSION);
    if (blkid_do_safeprobe(probe) == 0) {
      show_judged(probe, out);
    }
  }
  blkid_free_probe(probe);
}

static nt_status recognise(const struct nt_file *file, uint64_t offset,
                           uint64_t length, struct nt_probe *out,
                           struct nt_error *err) {
  struct nt_file_region r;
  nt_file_region(file, offset, length, &r, err);
  return nt_recognise(&r.region, out) ? NT_STATUS_SUCCESS : r.status;
}

/* ---- comparing ----------------------------------------------------------- */

/* What libblkid knows besides is RAW for the other. */
static bool is_shared(const char *file_system) {
  static const char *const names[] = {"FAT12", "FAT16", "FAT32", "exFAT",
                                      "NTFS"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (strcmp(names[i], file_system) == 0) {
      return true;
    }
  }
  return false;
}

static bool agree(int fd, uint64_t offset, uint64_t length, const char *what) {
  const struct nt_file file = {.fd = fd, .nameless = true};
  struct nt_probe one = {.file_system = "?"}, other = {.file_system = "?"};
  struct nt_error err = {0};
  nt_status status = recognise(&file, offset, length, &other, &err);
  judge(fd, offset, length, &one);
  if (!is_shared(one.file_system)) {
    one = (struct nt_probe){.file_system = "RAW"};
  }
  bool same = nt_ok(status) &&
              strcmp(one.file_system, other.file_system) == 0 &&
              strcmp(one.label, other.label) == 0 &&
              strcmp(one.serial, other.serial) == 0;
  if (!same) {
    printf("# %s: libblkid %s '%s' %s, here %s '%s' %s\n", what,
           one.file_system, one.label, one.serial, other.file_system,
           other.label, other.serial);
  }
  return same;
}

/* ---- what the mkfs programs make ----------------------------------------- */

struct image {
  const char *fs, *label;
  uint64_t length;
  uint32_t sector_size, cluster;
  const char *name; /* what it must be */
};

static const struct image images[] = {
    {"fat", "OLD DATA", 4 * MIB, 512, 0, "FAT12"},
    {"fat", "", 48 * MIB, 512, 0, "FAT16"},
    {"fat", "ELEVEN CHAR", 48 * MIB, 4096, 0, "FAT12"},
    {"fat16", "A", 48 * MIB, 512, 4096, "FAT16"},
    {"fat32", "LARGE", 300 * MIB, 512, 0, "FAT32"},
    {"fat32", "", 48 * MIB, 512, 512, "FAT32"},
    {"fat32", "SECTORS", 300 * MIB, 4096, 0, "FAT32"},
    {"exfat", "\xC3\x84pfel \xF0\x9F\x8D\x8E", 48 * MIB, 512, 0, "exFAT"},
    {"exfat", "", 480 * MIB, 512, 4096, "exFAT"},
    {"ntfs", "\xC3\x84pfel \xF0\x9F\x8D\x8E", 48 * MIB, 512, 0, "NTFS"},
    {"ntfs", "", 48 * MIB, 4096, 0, "NTFS"},
    {"ntfs", "Thirty-two characters are all!!!", 48 * MIB, 512, 65536, "NTFS"},
    {"ntfs", "Big clusters", 64 * MIB, 512, 2U << 20, "NTFS"},
};

static int make(const struct image *image) {
  struct nt_mkfs_request request = {.fs = image->fs,
                                    .label = image->label,
                                    .cluster_size = image->cluster,
                                    .length = image->length,
                                    .sector_size = image->sector_size,
                                    .heads = 255,
                                    .sectors_per_track = 63};
  struct nt_probe made;
  struct nt_error err = {0};
  int fd = -1;
  if (!nt_ok(nt_mkfs(&request, &fd, &made, &err))) {
    printf("# %s: %s\n", image->fs, err.detail);
  }
  return fd;
}

/* Not sizes of FATs with which the sums of libblkid wrap around at 32 bits, and
 * not what it takes and NT's drivers do not: sectors of NTFS that are no power
 * of two, more of them than 63 bits have bytes for, a FAT whose first byte is
 * no jump, without a root folder, of an unknown version or with one table in
 * use, and a file of NTFS that begins where its volume ends. And it wants the
 * information sector of FAT32, which they do not. */
static bool is_comparable(const struct image *image, size_t byte) {
  if (strcmp(image->name, "NTFS") == 0) {
    return byte != 11 && byte != 12 && byte != 46 && byte != 47 &&
           (byte != 42 || image->cluster < 2U << 20);
  }
  if (strcmp(image->name, "FAT32") == 0) {
    return byte != 0 && byte != 22 && byte != 23 && byte != 39 && byte != 40 &&
           byte != 42 && byte != 43 && byte != 48 && byte != 49;
  }
  return byte != 0 && byte != 18 && byte != 22 && byte != 23;
}

/* The checksum of exFAT is of all bytes but these, and old versions of
 * libblkid do not look at it. */
static bool is_summed(size_t byte) {
  return byte != 106 && byte != 107 && byte != 112;
}

static bool judge_damage(int fd, const struct image *image, size_t byte,
                         unsigned char value) {
  char what[80];
  const struct nt_file file = {.fd = fd, .nameless = true};
  struct nt_probe probe = {.file_system = ""};
  struct nt_error err = {0};
  snprintf(what, sizeof(what), "%s, byte %zu is %02X", image->fs, byte, value);
  if (strcmp(image->name, "exFAT") != 0) {
    return agree(fd, 0, image->length, what);
  }
  nt_status status = recognise(&file, 0, image->length, &probe, &err);
  return nt_ok(status) &&
         strcmp(probe.file_system, is_summed(byte) ? "RAW" : "exFAT") == 0;
}

/* Each byte of the boot sector that means something, in turn, with each of
 * some values. */
static bool survives_damage(int fd, const struct image *image) {
  static const unsigned char flips[] = {0x01, 0x80, 0xFF, 0x0F};
  unsigned char boot[512];
  bool good = pread(fd, boot, sizeof(boot), 0) == sizeof(boot);
  for (size_t i = 0; i < sizeof(boot); i = i == 119 ? 508 : i + 1) {
    for (size_t k = 0; k <= sizeof(flips) && is_comparable(image, i); k++) {
      unsigned char byte = k < sizeof(flips) ? boot[i] ^ flips[k] : 0;
      if (byte != boot[i]) {
        good = pwrite(fd, &byte, 1, (off_t)i) == 1 &&
               judge_damage(fd, image, i, byte) && good;
      }
    }
    good = pwrite(fd, &boot[i], 1, (off_t)i) == 1 && good;
  }
  return good;
}

/* Half of it, nearly nothing of it, and all but the first sector. A piece of
 * an exFAT that lacks its boot region is none, and libblkid wants the
 * information sector of FAT32. */
static bool agree_on_parts(int fd, const struct image *image) {
  bool exfat = strcmp(image->name, "exFAT") == 0;
  bool far = strcmp(image->name, "FAT32") == 0 && image->sector_size > 512;
  return agree(fd, 0, image->length / 2, "half of it") &&
         (exfat || far || agree(fd, 0, 4096, "its first 4 KiB")) &&
         agree(fd, 0, 512, "its first sector") &&
         agree(fd, 512, image->length - 512, "all but its first sector");
}

static void check_image(const struct image *image) {
  char what[80];
  const struct nt_file file = {.fd = make(image), .nameless = true};
  struct nt_probe probe = {.file_system = ""};
  struct nt_error err = {0};
  snprintf(what, sizeof(what), "%s '%s' of %u MiB", image->name, image->label,
           (unsigned)(image->length / MIB));
  CHECK(file.fd >= 0, "%s: made", what);
  CHECK(nt_ok(recognise(&file, 0, image->length, &probe, &err)), "%s: probed",
        what);
  CHECK_TEXT(probe.file_system, image->name, "%s: recognised", what);
  CHECK_TEXT(probe.label, image->label, "%s: label", what);
  CHECK(probe.serial[0] != '\0', "%s: serial", what);
  CHECK(agree(file.fd, 0, image->length, what), "%s: as libblkid says", what);
  CHECK(agree_on_parts(file.fd, image), "%s: as libblkid says of parts of it",
        what);
  if (under_valgrind()) {
    SKIP("slow", "%s: with a wrong byte", what);
  } else {
    CHECK(survives_damage(file.fd, image), "%s: with a wrong byte", what);
  }
  close(file.fd);
}

/* ---- labels and folders -------------------------------------------------- */

/* The root folder of FAT16 begins behind the FATs. */
static off_t root_folder(int fd) {
  unsigned char boot[64];
  if (pread(fd, boot, sizeof(boot), 0) != sizeof(boot)) {
    return 0;
  }
  return (off_t)((nt_get_u16(boot + 14) + boot[16] * nt_get_u16(boot + 22)) *
                 nt_get_u16(boot + 11));
}

struct entry {
  char name[12];
  unsigned char attributes;
  unsigned char cluster;
};

static void put_entries(int fd, off_t at, const struct entry *entries,
                        size_t count) {
  for (size_t i = 0; i < count; i++) {
    unsigned char bytes[32] = {0};
    memcpy(bytes, entries[i].name, 11);
    bytes[11] = entries[i].attributes;
    bytes[26] = entries[i].cluster;
    if (pwrite(fd, bytes, sizeof(bytes), at + (off_t)(32 * i)) != 32) {
      perror("pwrite");
    }
  }
}

static void test_label_entries(void) {
  static const struct {
    const char *what;
    struct entry entries[3];
  } rows[] = {
      {"behind a deleted one",
       {{"\xE5"
         "LD        ",
         8, 0},
        {"A NAME     ", 8, 0}}},
      {"behind a file", {{"FILE    TXT", 0x20, 2}, {"SECOND     ", 0x28, 0}}},
      {"after a long name",
       {{"A\0B\0C\0D\0E\0\x0F", 0x0F, 0}, {"THIRD      ", 8, 0}}},
      {"not a folder", {{"FOLDER     ", 0x18, 0}, {"FOURTH     ", 8, 0}}},
      {"not with clusters", {{"CLUSTERS   ", 8, 3}, {"FIFTH      ", 8, 0}}},
      {"not behind the end",
       {{"FILE    TXT", 0x20, 2}, {"\0", 0, 0}, {"HIDDEN     ", 8, 0}}},
      {"in a code page",
       {{"\x8E"
         "RGER      ",
         8, 0}}},
      {"beginning with 05",
       {{"\x05"
         "BER       ",
         8, 0}}},
      {"NO NAME", {{"NO NAME    ", 8, 0}}},
      {"empty", {{"           ", 8, 0}}},
      {"with spaces in front", {{"   SPACES  ", 8, 0}}},
  };
  int fd = make(&images[3]);
  off_t root = root_folder(fd);
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    put_entries(fd, root, rows[i].entries, 3);
    CHECK(agree(fd, 0, images[3].length, rows[i].what), "a FAT label %s",
          rows[i].what);
  }
  close(fd);
}

/* A chain of three clusters, the label in the last. */
static void test_long_root(void) {
  const struct image *image = &images[5];
  int fd = make(image);
  unsigned char boot[64], cluster[512], link[4] = {0};
  memset(cluster, 0xE5, sizeof(cluster));
  bool good = pread(fd, boot, sizeof(boot), 0) == sizeof(boot);
  off_t fat = (off_t)(nt_get_u16(boot + 14) * 512);
  off_t data = fat + (off_t)(boot[16] * nt_get_u32(boot + 36) * 512);
  for (unsigned char i = 0; i < 3; i++) {
    link[0] = i < 2 ? (unsigned char)(3 + i) : 0xFF;
    link[1] = link[2] = i < 2 ? 0 : 0xFF;
    link[3] = i < 2 ? 0 : 0x0F;
    good = good && pwrite(fd, link, 4, fat + 4 * (2 + i)) == 4 &&
           pwrite(fd, cluster, 512, data + 512 * i) == 512;
  }
  put_entries(fd, data + 3 * 512 - 32, &(struct entry){"FAR AWAY   ", 8, 0}, 1);
  const struct nt_file file = {.fd = fd, .nameless = true};
  struct nt_probe probe = {.file_system = ""};
  struct nt_error err = {0};
  CHECK(good && nt_ok(recognise(&file, 0, image->length, &probe, &err)),
        "a root folder of three clusters");
  CHECK_TEXT(probe.label, "FAR AWAY", "its label");
  CHECK(agree(fd, 0, image->length, "three clusters"), "as libblkid says");
  memcpy(link, "\x02\0\0", 4);
  good = pwrite(fd, link, 4, fat + 4 * 4) == 4 &&
         pwrite(fd, cluster, 512, data + 2 * 512) == 512;
  CHECK(good && agree(fd, 0, image->length, "circle"),
        "a root folder that runs in a circle");
  close(fd);
}

static void test_exfat_label(void) {
  const struct image *image = &images[8];
  int fd = make(image);
  unsigned char boot[128], cluster[4096];
  bool good = pread(fd, boot, sizeof(boot), 0) == sizeof(boot);
  off_t heap = (off_t)(nt_get_u32(boot + 88) * 512);
  off_t root = heap + (off_t)((nt_get_u32(boot + 96) - 2) * 4096);
  memset(cluster, 0x05, sizeof(cluster)); /* deleted files */
  memcpy(cluster + 32 * 20,
         "\x83\x0C"
         "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l",
         25);
  good = good && pwrite(fd, cluster, sizeof(cluster), root) == 4096;
  const struct nt_file file = {.fd = fd, .nameless = true};
  struct nt_probe probe = {.file_system = ""};
  struct nt_error err = {0};
  CHECK(good && nt_ok(recognise(&file, 0, image->length, &probe, &err)),
        "an exFAT label behind deleted files");
  CHECK_TEXT(probe.label, "abcdefghijk", "it has 11 characters");
  CHECK(agree(fd, 0, image->length, "exFAT"), "as libblkid says");
  close(fd);
}

/* ---- several, none, unreadable ------------------------------------------- */

static void test_others(void) {
  struct nt_probe probe = {.file_system = ""};
  struct nt_error err = {0};
  make_volume(&volume_of_zeros, 8 * MIB, 512, 0);
  CHECK(agree(volume_of_zeros.fd, 0, 8 * MIB, "zeros"), "zeros are RAW");
  CHECK(agree(volume_of_zeros.fd, 0, 0, "nothing"), "nothing is RAW");
  drop_volume(&volume_of_zeros);
  const struct nt_file closed = {.fd = -1, .nameless = true};
  CHECK(!nt_ok(nt_probe(&closed, 0, MIB, &probe, &err)) &&
            strstr(err.detail, "recognise") != NULL,
        "what cannot be read is a failure: %s", err.detail);
}

int main(void) {
  make_work();
  for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
    check_image(&images[i]);
  }
  test_label_entries();
  test_long_root();
  test_exfat_label();
  test_others();
  return check_done();
}
