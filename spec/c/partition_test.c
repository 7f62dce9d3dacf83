/*
 * Partition tables, read as every build does and written byte by byte as the
 * Windows build does, against libfdisk, libblkid and sfdisk: each writes what
 * the others read alike, and takes the same for damaged.
 */
#include <blkid/blkid.h>

#include "fake_volume.h"
#include "next.h"
#include "nt/sim/disk/partitions.h"
#include "nt/sim/partition.h"
#include "nt/sim/win32/table.h"

#define MOST 16

static struct fake_volume disk;
static struct nt_file file; /* the image of `disk` */

static void make_disk(uint64_t length, uint32_t sector_size) {
  make_volume(&disk, length, sector_size, 0);
  file = (struct nt_file){.fd = disk.fd, .nameless = false};
}

/* ---- comparing the readers ----------------------------------------------- */

struct found {
  nt_status status;
  char style[8];
  struct sim_partition parts[MOST];
  uint32_t count;
  bool damaged;
};

static void show(const char *who, const struct found *f) {
  printf("# %s: %08X %s, %u\n", who, f->status, f->style, f->count);
  for (uint32_t i = 0; i < f->count && i < MOST; i++) {
    const struct sim_partition *p = &f->parts[i];
    printf("#   %u: %" PRIu64 "+%" PRIu64 " %s %s '%s' %" PRIx64 "\n",
           p->number, p->offset, p->length, p->type, p->id, p->name,
           p->attributes);
  }
}

static bool same_part(const struct sim_partition *a,
                      const struct sim_partition *b) {
  return a->number == b->number && a->offset == b->offset &&
         a->length == b->length && strcmp(a->type, b->type) == 0 &&
         strcmp(a->id, b->id) == 0 && strcmp(a->name, b->name) == 0 &&
         a->attributes == b->attributes;
}

static bool same(const struct found *a, const struct found *b) {
  bool equal = a->status == b->status && strcmp(a->style, b->style) == 0 &&
               a->count == b->count;
  for (uint32_t i = 0; equal && i < a->count; i++) {
    equal = same_part(&a->parts[i], &b->parts[i]);
  }
  return equal;
}

/* libblkid counts in units of 512 bytes whatever the sector size is. */
static void judge_partition(blkid_partition part, bool gpt,
                            struct sim_partition *out) {
  out->number = (uint32_t)blkid_partition_get_partno(part);
  out->offset = (uint64_t)blkid_partition_get_start(part) * 512;
  out->length = (uint64_t)blkid_partition_get_size(part) * 512;
  if (gpt) {
    nt_copy(out->type, sizeof(out->type),
            blkid_partition_get_type_string(part));
  } else {
    snprintf(out->type, sizeof(out->type), "0x%x",
             (unsigned)blkid_partition_get_type(part));
  }
  nt_copy(out->id, sizeof(out->id), blkid_partition_get_uuid(part));
  nt_copy(out->name, sizeof(out->name), blkid_partition_get_name(part));
  out->attributes = blkid_partition_get_flags(part);
}

static void judge_list(blkid_partlist list, struct found *out) {
  blkid_parttable table = blkid_partlist_get_table(list);
  bool gpt = strcmp(blkid_parttable_get_type(table), "gpt") == 0;
  strcpy(out->style, gpt ? "gpt" : "mbr");
  for (int i = 0; i < blkid_partlist_numof_partitions(list); i++) {
    blkid_partition part = blkid_partlist_get_partition(list, i);
    int type = blkid_partition_get_type(part);
    /* libblkid lists entries of type 0, too: to Windows they are empty. */
    bool none = type == 0 || type == 0x05 || type == 0x0F || type == 0x85;
    if (blkid_partition_get_table(part) == table && (gpt || !none)) {
      judge_partition(part, gpt, &out->parts[out->count++]);
    }
  }
}

/* What libblkid says; a disk without a table is one volume. */
static void judge(struct found *out) {
  *out = (struct found){.style = "none"};
  blkid_probe probe = blkid_new_probe();
  if (blkid_probe_set_device(probe, disk.fd, 0, (blkid_loff_t)disk.length) ==
      0) {
    blkid_probe_set_sectorsize(probe, disk.handle.sector_size);
    blkid_probe_enable_superblocks(probe, 0);
    blkid_probe_enable_partitions(probe, 1);
    blkid_partlist list = blkid_probe_get_partitions(probe);
    if (list && blkid_partlist_get_table(list)) {
      judge_list(list, out);
    }
  }
  blkid_free_probe(probe);
  /* W5: what is left of a disk with a GPT is no volume. */
  unsigned char mbr[512];
  bool none = strcmp(out->style, "none") == 0;
  if (none && pread(disk.fd, mbr, sizeof(mbr), 0) == sizeof(mbr) &&
      nt_mbr_kind(mbr) == NT_MBR_PROTECTS_GPT) {
    strcpy(out->style, "gpt");
  } else if (none) {
    out->parts[0] = (struct sim_partition){.length = disk.length};
    out->count = 1;
  }
}

static nt_status read_here(struct found *out, uint64_t length,
                           uint32_t sector_size, uint32_t capacity,
                           struct nt_error *err) {
  struct sim_layout layout = {.sector_size = sector_size};
  nt_status status =
      nt__sim_partition_read(&file, length, &layout, out->parts, capacity, err);
  nt_copy(out->style, sizeof(out->style), layout.style);
  out->count = layout.count;
  out->damaged = layout.damaged;
  return status;
}

/* Reads by libblkid, and here into *out. */
static bool agree(struct found *out) {
  struct found other;
  struct nt_error err = {0};
  judge(&other);
  *out = (struct found){.count = 0};
  out->status =
      read_here(out, disk.length, disk.handle.sector_size, MOST, &err);
  bool equal = same(out, &other);
  if (!equal) {
    show("libblkid", &other);
    show("here", out);
  }
  return equal;
}

/* ---- what is written ----------------------------------------------------- */

struct layout {
  const char *style;
  uint64_t length;
  uint32_t sector_size;
  uint64_t sizes[4];
  uint32_t count;
  uint64_t pieces;
};

static const struct layout layouts[] = {
    {"mbr", 64 * MIB, 512, {0}, 1, 0},
    {"mbr", 64 * MIB, 512, {8 * MIB, 4 * MIB, 1 * MIB, 0}, 4, 0},
    {"mbr", 64 * MIB, 4096, {8 * MIB, 0}, 2, 0},
    {"gpt", 64 * MIB, 512, {0}, 1, 0},
    {"gpt", 64 * MIB, 512, {8 * MIB, 4 * MIB, 1 * MIB, 0}, 4, 0},
    {"gpt", 64 * MIB, 4096, {8 * MIB, 0}, 2, 0},
    {"gpt", 64 * MIB + 4096, 4096, {4096, 0}, 2, 0},
    {"gpt", UINT64_C(3) << 40, 512, {8 * MIB, 0}, 2, 0},
    {"mbr", 64 * MIB, 512, {8 * MIB, 4 * MIB, 0}, 3, 5},
    {"gpt", 64 * MIB, 512, {8 * MIB, 4 * MIB, 0}, 3, 5},
};

#define MBR_OF_FOUR (&layouts[1])
#define GPT_OF_FOUR (&layouts[4])

static nt_status write_by_hand(const struct layout *l, struct nt_error *err) {
  memset(err, 0, sizeof(*err));
  return nt__sim_table_create(&file, image_path(), l->style, l->sector_size,
                              l->sizes, l->count, l->pieces, err);
}

static nt_status write_by_libfdisk(const struct layout *l,
                                   struct nt_error *err) {
  memset(err, 0, sizeof(*err));
  return nt__sim_partition_write(&file, image_path(), l->style, l->sector_size,
                                 l->sizes, l->count, l->pieces, err);
}

/* Where each lies is the same, whoever wrote. */
static bool same_places(const struct found *a, const struct found *b) {
  bool equal = a->count == b->count;
  for (uint32_t i = 0; equal && i < a->count; i++) {
    equal = a->parts[i].offset == b->parts[i].offset &&
            a->parts[i].length == b->parts[i].length &&
            strcmp(a->parts[i].type, b->parts[i].type) == 0;
  }
  if (!equal) {
    show("libfdisk", a);
    show("by hand", b);
  }
  return equal;
}

static void check_by_sfdisk(const char *what) {
  if (!has_tool("sfdisk")) {
    SKIP("not installed", "%s: sfdisk finds no fault", what);
    return;
  }
  const char *said = answer("sfdisk --verify");
  bool good = strstr(said, "No errors detected") != NULL;
  CHECK(good, "%s: sfdisk finds no fault", what);
  if (!good) {
    printf("# %s\n", said);
  }
}

static void check_layout(const struct layout *l) {
  char what[80];
  struct found first, second;
  struct nt_error err;
  snprintf(what, sizeof(what), "%s of %u MiB, sectors of %u, %u volumes",
           l->style, (unsigned)(l->length / MIB), l->sector_size, l->count);
  make_disk(l->length, l->sector_size);
  CHECK(nt_ok(write_by_libfdisk(l, &err)), "%s: written by libfdisk %s", what,
        err.detail);
  CHECK(agree(&first) && first.count == l->count, "%s: read alike", what);
  drop_volume(&disk);
  make_disk(l->length, l->sector_size);
  CHECK(nt_ok(write_by_hand(l, &err)), "%s: written by hand %s", what,
        err.detail);
  CHECK(agree(&second) && second.count == l->count, "%s: read alike", what);
  CHECK_TEXT(second.style, l->style, "%s: style", what);
  CHECK(same_places(&first, &second), "%s: the same places", what);
  if (l->sector_size == 512) { /* it takes no others in an image */
    check_by_sfdisk(what);
  }
  drop_volume(&disk);
}

/* libfdisk rounds such a size down to whole MiB, and refuses to use the first
 * 2 TiB of a larger disk. */
static void test_by_hand(void) {
  static const struct layout odd = {
      "mbr", 64 * MIB, 512, {4 * MIB + 512, 512, 0}, 3, 0};
  static const struct layout huge = {
      "mbr", UINT64_C(3) << 40, 512, {8 * MIB, 0}, 2, 0};
  struct found f;
  struct nt_error err;
  make_disk(odd.length, odd.sector_size);
  CHECK(nt_ok(write_by_hand(&odd, &err)) && agree(&f) && f.count == 3,
        "sizes that are not whole MiB");
  CHECK(f.parts[0].length == 4 * MIB + 512 && f.parts[1].offset == 6 * MIB &&
            f.parts[1].length == 512 && f.parts[2].offset == 7 * MIB,
        "are kept, and the next one starts at a whole MiB");
  drop_volume(&disk);
  make_disk(huge.length, huge.sector_size);
  CHECK(nt_ok(write_by_hand(&huge, &err)) && agree(&f) && f.count == 2,
        "an MBR on a disk of 3 TiB");
  CHECK(f.parts[1].offset + f.parts[1].length <= UINT64_C(2) << 40 &&
            f.parts[1].length > UINT64_C(1) << 40,
        "goes as far as 32 bits go");
  drop_volume(&disk);
}

/* ---- refusals ------------------------------------------------------------ */

static void test_refusals(void) {
  static const struct {
    struct layout layout;
    const char *reason, *detail;
  } rows[] = {
      {{"mbr", 8 * MIB, 512, {8 * MIB}, 1, 0}, "size", "volume 1"},
      {{"gpt", 8 * MIB, 512, {7 * MIB}, 1, 0}, "size", "volume 1"},
      {{"gpt", 8 * MIB, 512, {4 * MIB, 4 * MIB}, 2, 0}, "size", "volume 2"},
      {{"mbr", 8 * MIB, 512, {0, 0}, 2, 0}, "size", "volume 2"},
      {{"mbr", 1 * MIB, 512, {0}, 1, 0}, "size", "volume 1"},
      {{"gpt", 16384, 512, {0}, 1, 0}, "size", "volume 1"},
      {{"mbr", 8 * MIB, 512, {0}, 5, 0}, "partition_table", "room for 4"},
      {{"gpt", 8 * MIB, 512, {0}, 65, 0}, "partition_table", "room for 64"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const struct layout *l = &rows[i].layout;
    static const unsigned char zeros[4096];
    unsigned char start[4096];
    struct nt_error err;
    make_disk(l->length, l->sector_size);
    CHECK(write_by_hand(l, &err) == NT_STATUS_INVALID_PARAMETER &&
              strcmp(err.reason, rows[i].reason) == 0 &&
              strstr(err.detail, rows[i].detail) != NULL &&
              next_of(&err)[0] != '\0',
          "%s of %u KiB is refused: %s", l->style, (unsigned)(l->length / 1024),
          err.detail);
    CHECK(pread(disk.fd, start, sizeof(start), 0) == sizeof(start) &&
              memcmp(start, zeros, sizeof(start)) == 0,
          "and nothing was written");
    drop_volume(&disk);
  }
}

static void test_failures(void) {
  struct nt_error err = {0};
  struct found f = {.count = 0};
  file = (struct nt_file){.fd = -1, .nameless = false};
  CHECK(!nt_ok(write_by_hand(&layouts[0], &err)) &&
            err.native_kind == NT_NATIVE_ERRNO,
        "what cannot be written is a failure: %s", err.detail);
  memset(&err, 0, sizeof(err));
  CHECK(!nt_ok(read_here(&f, 8 * MIB, 512, MOST, &err)),
        "what cannot be read is a failure: %s", err.detail);
}

static void test_capacity(void) {
  struct nt_error err = {0};
  struct found f = {.count = 0};
  make_disk(64 * MIB, 512);
  write_by_hand(GPT_OF_FOUR, &err);
  CHECK(read_here(&f, disk.length, 512, 2, &err) == NT_STATUS_NOT_SUPPORTED,
        "more volumes than a disk may have: %s", err.detail);
  drop_volume(&disk);
}

/* ---- other people's tables ----------------------------------------------- */

/* What sfdisk makes of a script; true when both read it alike. */
static bool agree_on_script(const char *script, struct found *f) {
  char line[300];
  snprintf(line, sizeof(line), "printf '%s' | sfdisk -q --no-reread", script);
  return succeeds(line) && agree(f);
}

static void test_scripts(void) {
  struct found f;
  if (!has_tool("sfdisk")) {
    SKIP("not installed", "tables of sfdisk");
    return;
  }
  make_disk(64 * MIB, 512);
  CHECK(agree_on_script("label: dos\\n2048,8M,c,*\\n,40M,E\\n,,83\\n,8M,7\\n,"
                        "4M,b\\n",
                        &f) &&
            f.count == 4,
        "logical partitions");
  CHECK(f.parts[2].number == 5 && f.parts[3].number == 6 &&
            f.parts[0].attributes == 0x80,
        "they are numbered from 5");
  CHECK(agree_on_script("label: dos\\nstart=4096,size=8192,type=7\\n"
                        "start=16384,size=8192,type=f\\n",
                        &f) &&
            f.count == 1,
        "an extended partition that is empty");
  CHECK(agree_on_script("label: dos\\n", &f) && f.count == 0,
        "a table without partitions");
  drop_volume(&disk);
  make_disk(64 * MIB, 512);
  CHECK(agree_on_script("label: gpt\\nsize=8192,name=\"Gr\xC3\xB6\xC3\x9F"
                        "e\"\\nsize=8192,type=U,name=\"EFI\","
                        "attrs=\"RequiredPartition GUID:63\"\\n",
                        &f) &&
            f.count == 2,
        "names and attributes of a GPT");
  CHECK_TEXT(f.parts[0].name,
             "Gr\xC3\xB6\xC3\x9F"
             "e",
             "a name that is not ASCII");
  drop_volume(&disk);
}

/* ---- damage -------------------------------------------------------------- */

static void flip(off_t at, unsigned char bits) {
  unsigned char byte = 0;
  if (pread(disk.fd, &byte, 1, at) != 1) {
    perror("pread");
  }
  byte ^= bits;
  put_bytes_at(&disk, (uint64_t)at, &byte, 1);
}

static bool agree_with_flips(off_t from, off_t to) {
  static const unsigned char bits[] = {0x01, 0x80, 0xFF};
  bool good = true;
  for (off_t at = from; at < to; at++) {
    for (size_t i = 0; i < sizeof(bits); i++) {
      struct found f;
      flip(at, bits[i]);
      if (!agree(&f)) {
        printf("# byte %lld with %02X\n", (long long)at, bits[i]);
        good = false;
      }
      flip(at, bits[i]);
    }
  }
  return good;
}

static void test_damage(void) {
  struct nt_error err;
  struct found f;
  make_disk(64 * MIB, 512);
  write_by_hand(MBR_OF_FOUR, &err);
  CHECK(agree_with_flips(440, 512), "an MBR with a wrong byte");
  drop_volume(&disk);
  make_disk(64 * MIB, 512);
  write_by_hand(GPT_OF_FOUR, &err);
  CHECK(agree_with_flips(446, 512), "a protective MBR with a wrong byte");
  CHECK(agree_with_flips(512, 512 + 96), "a GPT header with a wrong byte");
  CHECK(agree_with_flips(1024, 1024 + 128), "a GPT entry with a wrong byte");
  flip(512, 1);
  CHECK(agree(&f) && strcmp(f.style, "gpt") == 0 && f.count == 4,
        "the copy at the end is enough");
  CHECK(agree_with_flips((off_t)disk.length - 512, (off_t)disk.length - 416),
        "a copy with a wrong byte, and no other");
  flip((off_t)disk.length - 512, 1);
  CHECK(agree(&f) && strcmp(f.style, "gpt") == 0 && f.count == 0 && f.damaged,
        "W5: without both, the disk has no volume");
  drop_volume(&disk);
}

/* Each record links to itself or to the first one. */
static void test_circles(void) {
  unsigned char sector[512] = {0};
  struct found f;
  make_disk(64 * MIB, 512);
  sector[510] = 0x55;
  sector[511] = 0xAA;
  sector[446 + 4] = 0x05;
  put_fake_le(sector + 446 + 8, 2048, 4);
  put_fake_le(sector + 446 + 12, 65536, 4);
  put_bytes_at(&disk, 0, sector, sizeof(sector));
  put_fake_le(sector + 446 + 8, 0, 4);
  put_bytes_at(&disk, MIB, sector, sizeof(sector));
  CHECK(agree(&f) && f.count == 0, "a chain of links that is a circle");
  drop_volume(&disk);
}

int main(void) {
  make_work();
  for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
    check_layout(&layouts[i]);
  }
  test_by_hand();
  test_refusals();
  test_failures();
  test_capacity();
  test_scripts();
  test_damage();
  test_circles();
  return check_done();
}
