/*
 * Recognising containers. Signatures: QEMU's documentation of its formats
 * (qcow2, QED, Parallels, cloop, Bochs), Microsoft's specifications of VHD and
 * [MS-VHDX], VMware's "Virtual Disk Format", the documentation of libewf and
 * libvmdk, and the specification of each kind of archive.
 */
#include "container.h"

#include <string.h>

#include "../text.h"

/* Numbers in a VHD and in a disk image of macOS are big-endian. */
static uint32_t big_u32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
         at[3];
}

static uint64_t big_u64(const uint8_t *at) {
  return (uint64_t)big_u32(at) << 32 | big_u32(at + 4);
}

/* ---- what a file begins with --------------------------------------------- */

#define QEMU(format) "qemu-img convert -f " format " -O raw"

struct row {
  uint32_t at;
  uint32_t length;
  const char *bytes;
  const char *name, *command, *between;
};

#define SIGN(at, bytes) at, sizeof(bytes) - 1, bytes

static const struct row rows[] = {
    {SIGN(0, "QFI\xFB\0\0\0\1"), "qcow", QEMU("qcow"), ""},
    {SIGN(0, "QFI\xFB"), "qcow2", QEMU("qcow2"), ""},
    {SIGN(0, "QED\0"), "QED", QEMU("qed"), ""},
    {SIGN(0, "vhdxfile"), "VHDX", QEMU("vhdx"), ""},
    {SIGN(0, "KDMV"), "VMDK", QEMU("vmdk"), ""},
    {SIGN(0, "COWD"), "VMDK", QEMU("vmdk"), ""},
    {SIGN(0,
          "SE\0\0"
          "\xBE\xBA\xFE\xCA"),
     "VMDK", QEMU("vmdk"), ""},
    {SIGN(0x40, "\x7F\x10\xDA\xBE"), "VDI", QEMU("vdi"), ""},
    {SIGN(0, "WithoutFreeSpace"), "Parallels", QEMU("parallels"), ""},
    {SIGN(0, "WithouFreSpacExt"), "Parallels", QEMU("parallels"), ""},
    {SIGN(0, "Bochs Virtual HD Image"), "Bochs", QEMU("bochs"), ""},
    {SIGN(0, "#!/bin/sh\n#V2.0 Format\n"), "cloop", QEMU("cloop"), ""},
    {SIGN(0, "#!/bin/sh\n#V1.0 Format\n"), "cloop", QEMU("cloop"), ""},
    {SIGN(0, "sprs"), "sparse image of macOS", "hdiutil convert -format UDTO",
     "-o"},
    {SIGN(0, "EVF\x09\r\n\xFF\0"), "EWF (E01)", "ewfexport -f raw", "-t"},
    {SIGN(0, "EVF2\r\n\x81\0"), "EWF (Ex01)", "ewfexport -f raw", "-t"},
    {SIGN(0, "LVF\x09\r\n\xFF\0"), "EWF (files)", "ewfexport -f files", "-t"},
    {SIGN(0, "AFF10\r\n\0"), "AFF", "affconvert -r", "-O"},
    {SIGN(0, "MSWIM\0\0\0"), "WIM", "wimapply", "1"},
    {SIGN(0, "WLPWM\0\0\0"), "WIM", "wimapply", "1"},
    {SIGN(0, "MComprHD"), "CHD", "chdman extractraw -i", "-o"},
    {SIGN(0, "CISO"), "CSO", "ciso 0", ""},
    {SIGN(0, "IsZ!"), "ISZ", "isz2iso", ""},
    {SIGN(0, "DAA\0"), "DAA", "daa2iso", ""},
    {SIGN(0, "\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0"),
     "CD in raw sectors", "bin2iso", ""},
    {SIGN(0, "\x3A\xFF\x26\xED"), "sparse image of Android", "simg2img", ""},
    {SIGN(0, "VMA\0"), "VMA", "vma extract", ""},
    {SIGN(0, "partclone-image"), "image of partclone",
     "partclone.restore -C -s", "-O"},
    {SIGN(0, "\0ntfsclone-image"), "image of ntfsclone",
     "ntfsclone --restore-image", "--output"},
    {SIGN(0, "PaRtImAgE-VoLuMe"), "image of partimage",
     "partimage -b -f3 restore", ""},
    {SIGN(0, "\x1F\x8B\x08"), "gzip file", "gzip -dc", ">"},
    {SIGN(0,
          "\xFD"
          "7zXZ\0"),
     "xz file", "xz -dc", ">"},
    {SIGN(0, "BZh"), "bzip2 file", "bzip2 -dc", ">"},
    {SIGN(0, "\x28\xB5\x2F\xFD"), "Zstandard file", "zstd -dc", ">"},
    {SIGN(0, "\x04\x22\x4D\x18"), "LZ4 file", "lz4 -dc", ">"},
    {SIGN(0, "7z\xBC\xAF\x27\x1C"), "7-Zip archive", "7z x -so", ">"},
    {SIGN(0, "PK\x03\x04"), "zip archive", "unzip -p", ">"},
    {SIGN(257, "ustar"), "tar archive", "tar -xOf", ">"},
};

static void name(struct nt_container *out, const char *what,
                 const char *command, const char *between) {
  out->name = what;
  out->command = command;
  out->between = between;
}

#define FIRST 512U

static void look_at_start(const uint8_t first[FIRST],
                          struct nt_container *out) {
  static const char descriptor[] = "# Disk DescriptorFile";
  if (nt_same_bytes((const char *)first, descriptor, sizeof descriptor - 1)) {
    name(out, "VMDK (its description)", QEMU("vmdk"), "");
  }
  for (size_t i = 0; out->name == NULL && i < sizeof rows / sizeof rows[0];
       i++) {
    if (memcmp(first + rows[i].at, rows[i].bytes, rows[i].length) == 0) {
      name(out, rows[i].name, rows[i].command, rows[i].between);
    }
  }
}

/* ---- VHD ----------------------------------------------------------------- */

#define FOOTER 512U
#define OLD_FOOTER 511U /* of Virtual PC before 2004 */
#define AT_CURRENT_SIZE 48
#define AT_TYPE 60
#define AT_SUM 64
#define FIXED 2U
#define DYNAMIC 3U
#define DIFFERENCING 4U

static bool is_vhd(const uint8_t *footer) {
  return memcmp(footer, "conectix", 8) == 0;
}

/* The complement of the sum of all bytes but its own. */
static bool is_whole(const uint8_t *footer, size_t length) {
  uint32_t sum = 0;
  for (size_t i = 0; i < length; i++) {
    sum += i < AT_SUM || i >= AT_SUM + 4 ? footer[i] : 0;
  }
  return ~sum == big_u32(footer + AT_SUM);
}

static void name_vhd(const uint8_t *footer, bool whole,
                     struct nt_container *out) {
  uint32_t type = big_u32(footer + AT_TYPE);
  if (whole && type == DYNAMIC) {
    name(out, "dynamic VHD", QEMU("vpc"), "");
  } else if (whole && type == DIFFERENCING) {
    name(out, "differencing VHD", "VBoxManage clonemedium --format RAW", "");
  } else {
    name(out, "VHD with a damaged footer", QEMU("vpc"), "");
  }
}

/* A footer of `size` bytes at `at`: a disk of fixed size lies in front of it.
 */
static void look_at_footer(const uint8_t *footer, size_t size, uint64_t at,
                           struct nt_container *out) {
  bool whole = is_whole(footer, size);
  uint64_t length = big_u64(footer + AT_CURRENT_SIZE);
  if (whole && big_u32(footer + AT_TYPE) == FIXED && length > 0 &&
      length <= at) {
    name(out, NULL, NULL, NULL);
    out->length = length;
  } else {
    name_vhd(footer, whole, out);
  }
}

/* ---- what a file ends with ----------------------------------------------- */

static bool look_at_nero(struct nt_region *region, const uint8_t *end,
                         struct nt_container *out) {
  uint64_t place = memcmp(end - 12, "NER5", 4) == 0  ? big_u64(end - 8)
                   : memcmp(end - 8, "NERO", 4) == 0 ? big_u32(end - 4)
                                                     : UINT64_MAX;
  uint8_t chunk[4] = {0};
  if (place >= region->length - sizeof chunk) {
    return true;
  }
  bool good = nt_region_read(region, place, chunk, sizeof chunk);
  if (good && (memcmp(chunk, "CUE", 3) == 0 || memcmp(chunk, "DAO", 3) == 0 ||
               memcmp(chunk, "ETN", 3) == 0)) {
    name(out, "Nero image", "nrg2iso", "");
  }
  return good;
}

static bool look_at_end(struct nt_region *region, const uint8_t last[FOOTER],
                        struct nt_container *out) {
  uint64_t at = region->length - FOOTER;
  if (is_vhd(last)) {
    look_at_footer(last, FOOTER, at, out);
  } else if (is_vhd(last + 1)) {
    look_at_footer(last + 1, OLD_FOOTER, at + 1, out);
  } else if (out->name == NULL && memcmp(last, "koly\0\0\0\4\0\0\2", 12) == 0) {
    name(out, "DMG", QEMU("dmg"), "");
  } else if (out->name == NULL) {
    return look_at_nero(region, last + FOOTER, out);
  }
  return true;
}

bool nt_container_look(struct nt_region *region, struct nt_container *out) {
  uint8_t first[FIRST] = {0}, last[FOOTER];
  size_t length = region->length < FIRST ? (size_t)region->length : FIRST;
  *out = (struct nt_container){.length = region->length};
  if (!nt_region_read(region, 0, first, length)) {
    return false;
  }
  look_at_start(first, out);
  if (out->name == NULL && is_vhd(first)) {
    name_vhd(first, is_whole(first, FOOTER), out);
  }
  return region->length < FOOTER + 1 ||
         (nt_region_read(region, region->length - FOOTER, last, FOOTER) &&
          look_at_end(region, last, out));
}
