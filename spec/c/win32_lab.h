/*
 * A Windows of fakes with a few volumes, and a connection to it: what tests of
 * open handles begin with.
 */
#ifndef SPEC_C_WIN32_LAB_H
#define SPEC_C_WIN32_LAB_H

#include "check.h"
#include "fake_os.h"
#include "nt/win32/handle/handle.h"
#include "nt/win32/list/resolve.h"
#include "nt/win32/request/request.h"

#define LAB_RW (NT_GENERIC_READ_MAPPED | NT_GENERIC_WRITE_MAPPED)
#define LAB_GUID_C "\\\\?\\Volume{11111111-0000-0000-0000-00000000000c}"
#define LAB_GUID_D "\\\\?\\Volume{22222222-0000-0000-0000-00000000000d}"
#define LAB_GUID_DATA "\\\\?\\Volume{33333333-0000-0000-0000-0000000000da}"

static const struct fake_volume lab_volumes[] = {
    {.guid_path = LAB_GUID_C "\\",
     .paths = {"C:\\"},
     .device = "\\Device\\HarddiskVolume1",
     .file_system = "NTFS"},
    {.guid_path = LAB_GUID_D "\\",
     .paths = {"D:\\"},
     .device = "\\Device\\HarddiskVolume2",
     .file_system = "FAT32"},
    {.guid_path = LAB_GUID_DATA "\\",
     .paths = {"C:\\mnt\\data\\",
               "C:\\mnt\\Gr\xC3\xB6\xC3\x9F"
               "e \xF0\x9F\x92\xBE\\"},
     .device = "\\Device\\HarddiskVolume3",
     .file_system = "NTFS"},
    {.guid_path = NULL},
};

/* The table of the next connection; a test may change it. */
static struct nt_win32_os lab_os;
static struct nt_machine *lab;
static struct nt_holder lab_holders[NT_MAX_HOLDERS];
static struct nt_error lab_err = {.holders = lab_holders};

static inline void lab_start(void) {
  fake_os_reset();
  fake_os.volumes = lab_volumes;
  lab_os = fake_os_table;
  nt_error_clear(&lab_err);
  lab = NULL;
  CHECK(nt_win32_connect(&lab_os, &lab, &lab_err) == NT_STATUS_SUCCESS,
        "connects");
}

/* NULL when it is refused: see lab_err. */
static inline struct nt_handle *lab_open_with(
    const struct nt_open_options *options) {
  struct nt_handle *h = NULL;
  nt_error_clear(&lab_err);
  return nt_ok(nt_open(lab, options, &h, &lab_err)) ? h : NULL;
}

static inline struct nt_handle *lab_open(const char *name, uint32_t access) {
  const struct nt_open_options options = {
      .name = name,
      .access = access,
      .share = NT_SHARE_READ | NT_SHARE_WRITE,
      .disposition = NT_OPEN,
  };
  return lab_open_with(&options);
}

static inline nt_status lab_verb(struct nt_handle *h, uint32_t code) {
  nt_error_clear(&lab_err);
  return nt_verb(h, code, &lab_err);
}

/* `h` may be NULL. Nothing is open afterwards. */
static inline void lab_end(struct nt_handle *h) {
  struct nt_error err = {0};
  if (h != NULL) {
    CHECK(nt_close(h, &err) == NT_STATUS_SUCCESS, "closes");
  }
  nt_disconnect(lab);
  CHECK(fake_os.opened == 0 && fake_os.wrong_closes == 0,
        "every handle is closed once");
}

#endif
