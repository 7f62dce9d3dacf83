/*
 * The records of the file system drivers. With the argument "table" it prints
 * them as the table of docs/simulator.md, which tools/personalities.lua puts
 * there.
 */
#include "check.h"
#include "nt/sim/db/rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
  const struct sim_fsd *fsd;
  const char *title;
} columns[] = {
    {&nt__sim_fsd_fat, "FAT, exFAT"}, {&nt__sim_fsd_ntfs, "NTFS"},
    {&nt__sim_fsd_cdfs, "CDFS"},      {&nt__sim_fsd_btrfs, "btrfs"},
    {&nt__sim_fsd_raw, "RAW"},        {&nt__sim_fsd_csvfs, "CSVFS"},
};

/* ---- one function for each question -------------------------------------- */

static const char *status_name(nt_status status) {
  return status == NT_STATUS_ACCESS_DENIED       ? "`ERROR_ACCESS_DENIED`"
         : status == NT_STATUS_VOLUME_DISMOUNTED ? "`ERROR_NOT_READY`"
         : status == NT_STATUS_INVALID_PARAMETER ? "`ERROR_INVALID_PARAMETER`"
         : status == NT_STATUS_INVALID_DEVICE_REQUEST
             ? "`ERROR_INVALID_FUNCTION`"
             : "?";
}

static const char *second_handle(const struct sim_fsd *fsd) {
  return fsd->counts_volume_handles ? "refused" : "succeeds";
}

static const char *lock_again(const struct sim_fsd *fsd) {
  return fsd->relocks ? "succeeds" : "refused";
}

static const char *lock_dismounted(const struct sim_fsd *fsd) {
  return fsd->dismount_needs_lock  ? "nothing is dismounted"
         : fsd->lock_needs_mounted ? "`ERROR_NOT_READY`"
                                   : "succeeds when alone";
}

static const char *disk_writes(const struct sim_fsd *fsd) {
  return fsd->lock_allows_writes ? "yes" : "no";
}

static const char *implicit_lock(const struct sim_fsd *fsd) {
  switch (fsd->implicit_lock) {
    case 0:
      return "never";
    case NT_SHARE_READ:
      return "without sharing reading";
    case NT_SHARE_WRITE | NT_SHARE_DELETE:
      return "without sharing writing or deleting";
    default:
      return "?";
  }
}

static const char *share_modes(const struct sim_fsd *fsd) {
  return fsd->checks_share_modes ? "yes" : "no";
}

static const char *unlock_foreign(const struct sim_fsd *fsd) {
  return fsd->unlock_by_anyone ? "succeeds" : "`ERROR_NOT_LOCKED`";
}

static const char *unlock_ends(const struct sim_fsd *fsd) {
  return fsd->unlock_ends_instance ? "yes" : "no";
}

static const char *dismount_free(const struct sim_fsd *fsd) {
  return fsd->dismount_needs_lock ? "refused" : "forced";
}

static const char *dismount_twice(const struct sim_fsd *fsd) {
  return fsd->dismount_needs_lock    ? "as often as it is locked"
         : fsd->dismounts_twice      ? "succeeds"
         : fsd->announces_dismounted ? "`ERROR_NOT_READY`, announced"
                                     : "`ERROR_NOT_READY`";
}

static const char *dismount_system(const struct sim_fsd *fsd) {
  return fsd->dismount_needs_lock ? "as any other"
         : fsd->dismounts_system  ? "succeeds"
                                  : "refused";
}

static const char *dismount_over(const struct sim_fsd *fsd) {
  return fsd->dismount_needs_lock ? "never"
         : fsd->waits_for_files   ? "its handle and all files are closed"
                                  : "its handle is closed";
}

static const char *open_dismounted(const struct sim_fsd *fsd) {
  return fsd->dismount_needs_lock ? "opens" : status_name(fsd->open_dismounted);
}

static const char *mounted_locked(const struct sim_fsd *fsd) {
  return fsd->dismount_needs_lock      ? "not a question"
         : fsd->locked_means_unmounted ? "no"
                                       : "yes";
}

static const char *raw_writes(const struct sim_fsd *fsd) {
  return fsd->read_only              ? "write protected"
         : fsd->writes_need_own_lock ? "refused"
         : fsd->guards_writes        ? "boot area and behind the end"
                                     : "allowed";
}

static const char *file_handles(const struct sim_fsd *fsd) {
  return !fsd->has_files           ? "there are none"
         : fsd->takes_file_handles ? "taken"
                                   : "`ERROR_INVALID_PARAMETER`";
}

static const char *unknown_code(const struct sim_fsd *fsd) {
  return status_name(fsd->unknown_fsctl);
}

static const char *other_nodes(const struct sim_fsd *fsd) {
  return fsd->across_nodes ? "yes" : "not shared";
}

static const struct {
  const char *question;
  const char *(*answer)(const struct sim_fsd *fsd);
} rows[] = {
    {"lock, with another volume handle", second_handle},
    {"lock again, same handle", lock_again},
    {"lock after its own dismount", lock_dismounted},
    {"lock opens the range on the disk to writes", disk_writes},
    {"share modes are checked", share_modes},
    {"opening the volume locks it", implicit_lock},
    {"unlock by another handle", unlock_foreign},
    {"unlock ends the instance", unlock_ends},
    {"dismount without a lock", dismount_free},
    {"dismount twice, same handle", dismount_twice},
    {"dismount of a system volume", dismount_system},
    {"a dismount is over when", dismount_over},
    {"open before that", open_dismounted},
    {"is-mounted while locked", mounted_locked},
    {"writes without a lock", raw_writes},
    {"lock, unlock, dismount on a file handle", file_handles},
    {"an unknown code", unknown_code},
    {"what other nodes have open counts", other_nodes},
};

/* ---- the table ----------------------------------------------------------- */

static int print_table(void) {
  printf("| question |");
  for (size_t i = 0; i < COUNT(columns); i++) {
    printf(" %s |", columns[i].title);
  }
  printf("\n| --- |");
  for (size_t i = 0; i < COUNT(columns); i++) {
    printf(" --- |");
  }
  for (size_t row = 0; row < COUNT(rows); row++) {
    printf("\n| %s |", rows[row].question);
    for (size_t i = 0; i < COUNT(columns); i++) {
      printf(" %s |", rows[row].answer(columns[i].fsd));
    }
  }
  printf("\n");
  return 0;
}

/* ---- tests --------------------------------------------------------------- */

static void test_records(void) {
  for (size_t i = 0; i < COUNT(columns); i++) {
    const struct sim_fsd *fsd = columns[i].fsd;
    CHECK(nt__sim_fsd_named(fsd->name) == fsd, "%s is found by its name",
          fsd->name);
    for (size_t row = 0; row < COUNT(rows); row++) {
      CHECK(strchr(rows[row].answer(fsd), '?') == NULL, "%s: %s", fsd->name,
            rows[row].question);
    }
  }
  CHECK(nt__sim_fsd_named("hpfs") == NULL, "an unknown name finds nothing");
}

static void test_devices(void) {
  CHECK(nt__sim_fsd_mounts("CDFS", true) && !nt__sim_fsd_mounts("CDFS", false),
        "CDFS mounts on CDs only");
  CHECK(nt__sim_fsd_mounts("NTFS", false) && !nt__sim_fsd_mounts("NTFS", true),
        "NTFS mounts on disks only");
  CHECK(nt__sim_fsd_mounts("FAT16", false) && nt__sim_fsd_mounts("FAT16", true),
        "FAT mounts on both");
  CHECK(nt__sim_fsd_for("ext4") == &nt__sim_fsd_raw &&
            !nt__sim_fsd_mounts("ext4", false),
        "RAW takes what nobody mounts");
}

static void test_shared(void) {
  struct sim_volume volume = {.flags = NT_VOLUME_CSV};
  CHECK(nt__sim_fsd_of_volume(&volume, "NTFS") == &nt__sim_fsd_csvfs,
        "a shared volume with NTFS is CSVFS");
  CHECK(nt__sim_fsd_of_volume(&volume, "FAT16") == &nt__sim_fsd_fat,
        "with FAT it is FAT");
  volume.flags |= NT_VOLUME_MAINTENANCE;
  CHECK(nt__sim_fsd_of_volume(&volume, "NTFS") == &nt__sim_fsd_ntfs,
        "in maintenance it is NTFS");
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "table") == 0) {
    return print_table();
  }
  test_records();
  test_devices();
  test_shared();
  return check_done();
}
