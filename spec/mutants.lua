-- Planted faults: each row is one mistake that somebody could make, and the
-- specs that must notice it: by a test that fails, not by one that hangs or dies.
-- `make mutants` plants them one at a time and runs these specs.
--
--   name   for `make mutants ARGS=name`
--   file   where it is planted; `old` stands there exactly once
--   old    becomes `new`
--   breaks the rule that is broken
--   specs  who must notice: spec files, and C tests as spec/c/NAME.c, no folders
--   limit  seconds after which a spec counts as hanging; unless given, a minute
--          more than ten times what it takes without the fault

return {

  -- ---- format by transplant: order and flushes -----------------------------

  { name = "flush-boot-wipe", file = "src/nt/posix/transplant.c",
    old = [[NT_TRY(flush(job, "flush the wiped boot sector"));]],
    new = [[]],
    breaks = "the wiped boot sector is durable before anything else goes",
    specs = { "spec/c/format_test.c" } },

  { name = "flush-signatures", file = "src/nt/posix/transplant.c",
    old = [[flush(job, "flush the wiped signatures");]],
    new = [[NT_STATUS_SUCCESS;]],
    breaks = "old signatures are durably gone before new data comes",
    specs = { "spec/c/format_test.c" } },

  { name = "flush-new-data", file = "src/nt/posix/transplant.c",
    old = [[return nt_ok(status) ? flush(job, "flush the new file system") : status;]],
    new = [[return status;]],
    breaks = "the boot sector comes when all else is durable",
    specs = { "spec/c/format_test.c" } },

  { name = "flush-boot-sector", file = "src/nt/posix/transplant.c",
    old = [[flush(job, "flush the boot sector")]],
    new = [[NT_STATUS_SUCCESS]],
    breaks = "a format that is over is durable",
    specs = { "spec/c/format_test.c" } },

  { name = "boot-sector-first", file = "src/nt/posix/transplant.c",
    old = "  NT_TRY(write_data(job));\n  return write_boot_sector(job);",
    new = "  NT_TRY(write_boot_sector(job));\n  return write_data(job);",
    breaks = "the boot sector is the last write",
    specs = { "spec/c/format_test.c" } },

  { name = "nothing-saved", file = "src/nt/posix/transplant.c",
    old = [[  NT_TRY(save_old(job));]],
    new = [[]],
    breaks = "what is overwritten is saved before the first write",
    specs = { "spec/c/undo_faults_test.c" } },

  { name = "failure-not-written-back", file = "src/nt/posix/transplant.c",
    old = [[!job->touched || (job->saved && write_back(job))]],
    new = [[!job->touched]],
    breaks = "a format that fails writes the old bytes back",
    specs = { "spec/procedures/change_filesystem_spec.lua",
      "spec/sim/undo_spec.lua" } },

  { name = "boot-not-kept", file = "src/nt/posix/keep.c",
    old = [[nt_status status = keep_range(work, 0, end);]],
    new = [[nt_status status = NT_STATUS_SUCCESS;]],
    breaks = "the boot sector is saved, first and on its own",
    specs = { "spec/c/undo_faults_test.c" } },

  { name = "range-not-aligned", file = "src/nt/posix/ranges.c",
    old = [[start -= start % unit;]], new = [[]],
    breaks = "ranges begin and end with whole sectors",
    specs = { "spec/c/mkfs_test.c" } },

  { name = "mkfs-exit-status", file = "src/nt/posix/mkfs.c",
    old = [[(result->exit_status != 0 || result->killed_by != 0)]],
    new = [[result->killed_by != 0]],
    breaks = "a tool that says it failed made nothing",
    specs = { "spec/c/mkfs_test.c" } },

  { name = "tool-ignores-sigpipe", file = "src/nt/posix/tool.c",
    old = [[  sigaddset(&defaults, SIGPIPE);]], new = [[]],
    breaks = "a tool that writes to a closed pipe ends, whatever its host does",
    specs = { "spec/c/mkfs_test.c" } },

  { name = "tool-blocks-signals", file = "src/nt/posix/tool.c",
    old = [[attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);]],
    new = [[attributes, POSIX_SPAWN_SETSIGDEF);]],
    breaks = "a tool can be ended, whatever its host blocks",
    specs = { "spec/c/mkfs_test.c" } },

  { name = "exfat-checksum", file = "src/nt/disk/exfat.c",
    old = [[sum = (sum << 31 | sum >> 1) + bytes[i];]],
    new = [[sum = (sum << 31 | sum >> 1) ^ bytes[i];]],
    breaks = "the boot region of exFAT has its checksum",
    specs = { "spec/c/mkfs_test.c" } },

  -- ---- format: who may -----------------------------------------------------

  { name = "erase-not-compared", file = "src/nt/format_check.c",
    old = [[if (token != NULL && names_volume(token, info)) {]],
    new = [[if (token != NULL) {]],
    breaks = "erase names the volume that loses its contents",
    specs = { "spec/c/format_faults_test.c" } },

  { name = "format-without-lock", file = "src/nt/format_check.c",
    old = [[if (!q->handle->locked) {]], new = [[if (false) {]],
    breaks = "only a locked volume is formatted",
    specs = { "spec/c/format_faults_test.c" } },

  { name = "cancel-ignored", file = "src/lua_format.c",
    old = [[go_on = !lua_isboolean(L, -1) || lua_toboolean(L, -1);]],
    new = [[go_on = true;]],
    breaks = "false from on_progress cancels a format",
    specs = { "spec/procedures/change_filesystem_spec.lua" } },

  { name = "busy-not-set", file = "src/lua_format.c",
    old = [[v->busy = true;]], new = [[]],
    breaks = "a volume that is being formatted refuses every other call",
    specs = { "spec/unit/handle_life_spec.lua" } },

  { name = "commit-not-told", file = "src/nt/format.c",
    old = [[err->outcome = "formatted";]], new = [[]],
    breaks = "when only the journal failed, the answer says: formatted",
    specs = { "spec/c/undo_faults_test.c" } },

  { name = "interrupted-called-failed", file = "src/nt/format.c",
    old = [[saved && !whole ? "interrupted" : "failed"]],
    new = [["failed"]],
    breaks = "what can be recovered is interrupted in the journal",
    specs = { "spec/c/undo_faults_test.c" } },

  -- ---- undo and recover ----------------------------------------------------

  { name = "undo-keeps-boot", file = "src/nt/restore.c",
    old = [[    status = wipe_boot(work, length);]],
    new = [[    status = NT_STATUS_SUCCESS;]],
    breaks = "no boot sector stands before half a file system",
    specs = { "spec/c/undo_faults_test.c" } },

  { name = "undo-flush", file = "src/nt/restore.c",
    old = [[    status = nt_flush(work->handle, work->err);]],
    new = [[    status = NT_STATUS_SUCCESS;]],
    breaks = "the old boot sector comes when all else is durable",
    specs = { "spec/c/undo_faults_test.c" } },

  { name = "undo-of-used", file = "src/nt/restore.c",
    old = [[if (at == saved->length) {]], new = [[if (at <= saved->length) {]],
    breaks = "a file system that has been used is not taken back",
    specs = { "spec/sim/undo_spec.lua" } },

  { name = "recover-over-newer", file = "src/nt/restore.c",
    old = [[        there[at] == 0) {]], new = [[        true) {]],
    breaks = "recover refuses when somebody wrote since",
    specs = { "spec/procedures/undo_spec.lua" } },

  { name = "undo-without-lock", file = "src/nt/restore.c",
    old = [[if (handle->kind == NT_KIND_VOLUME && handle->locked) {]],
    new = [[if (handle->kind == NT_KIND_VOLUME) {]],
    breaks = "only a locked volume is written back",
    specs = { "spec/sim/undo_spec.lua" } },

  { name = "identity-size", file = "src/nt/identity.c",
    old = [[} else if (pinned->size != info->length) {]],
    new = [[} else if (false) {]],
    breaks = "a volume of another size is another volume",
    specs = { "spec/c/undo_faults_test.c" } },

  { name = "identity-place", file = "src/nt/identity.c",
    old = [[} else if (!same_place(pinned, info)) {]],
    new = [[} else if (false) {]],
    breaks = "a volume that lies elsewhere is another volume",
    specs = { "spec/c/undo_faults_test.c" } },

  -- ---- the journal ---------------------------------------------------------

  { name = "checksum-not-compared", file = "src/nt/journal/saved.c",
    old = [[if (nt_ok(row->status) && made != noted) {]],
    new = [[if (false) {]],
    breaks = "what the journal saved is written back as it was saved",
    specs = { "spec/sim/damaged_journal_spec.lua" } },

  { name = "journal-not-durable", file = "src/nt/journal/store.c",
    old = [["PRAGMA synchronous = FULL;]], new = [["PRAGMA synchronous = OFF;]],
    breaks = "what the journal promised survives a power cut",
    specs = { "spec/crash/fat_to_ntfs_spec.lua" } },

  { name = "journal-byte-not-taken", file = "src/nt/journal/operation.c",
    old = [[status = take_byte(journal, made, err);]], new = [[]],
    breaks = "an operation of a living process is not interrupted",
    specs = { "spec/multi/journal_spec.lua" } },

  { name = "interrupted-forgotten", file = "src/nt/journal/operation.c",
    old = [[strcmp(state, "committed") == 0 || strcmp(state, "interrupted") == 0;]],
    new = [[strcmp(state, "committed") == 0;]],
    breaks = "what was saved stays while a recovery needs it",
    specs = { "spec/c/undo_faults_test.c" } },

  { name = "saved-not-forgotten", file = "src/nt/journal/operation.c",
    old = [[if (nt_ok(status) && !keeps) {]], new = [[if (false) {]],
    breaks = "what was written back is not kept",
    specs = { "spec/sim/undo_spec.lua", "spec/unit/journal_spec.lua" } },

  { name = "finish-of-nothing", file = "src/nt/journal/operation.c",
    old = [[if (sqlite3_changes(journal->db.sqlite) > 0) {]], new = [[if (true) {]],
    breaks = "an operation that is over cannot be written to",
    specs = { "spec/unit/journal_spec.lua" } },

  { name = "journal-for-all-to-read", file = "src/nt/posix/host_file.c",
    old = [[open(path, flags, 0600)]], new = [[open(path, flags, 0644)]],
    breaks = "only its owner reads the journal",
    specs = { "spec/unit/journal_spec.lua" } },

  -- ---- the simulated machine: locks and handles ----------------------------

  { name = "lock-with-open-files", file = "src/nt/sim/codes/lock.c",
    old = [[if (!taken && files == 0 &&]], new = [[if (!taken &&]],
    breaks = "L2: an open file refuses a lock",
    specs = { "spec/conformance/lock_spec.lua" } },

  { name = "unlock-keeps-flag", file = "src/nt/sim/codes/lock.c",
    old = [[  instance->vpb &= ~SIM_VPB_LOCKED;]], new = [[]],
    breaks = "U1: an unlock ends the lock",
    specs = { "spec/conformance/unlock_spec.lua" } },

  { name = "lock-holds-data-back", file = "src/nt/sim/codes/lock.c",
    old = "  NT_TRY(flush(r));\n"
      .. "  NT_TRY(nt__sim_check_system(r, &r->volume));",
    new = "  NT_TRY(nt__sim_check_system(r, &r->volume));",
    breaks = "L1: a lock writes back what waits",
    specs = { "spec/sim/overwrite_spec.lua" } },

  { name = "dismount-of-locked", file = "src/nt/sim/codes/lock.c",
    old = [[return check_foreign_lock(r);]],
    new = [[return NT_STATUS_SUCCESS;]],
    breaks = "D3: a lock of another handle refuses a dismount",
    specs = { "spec/conformance/dismount_spec.lua" } },

  { name = "raw-dismount-unlocked", file = "src/nt/sim/codes/lock.c",
    old = [[  if (r->instance.vpb & SIM_VPB_LOCKED) {]], new = [[  if (true) {]],
    breaks = "D9: RAW dismounts only while it is locked",
    specs = { "spec/conformance/dismount_spec.lua" } },

  { name = "close-keeps-lock", file = "src/nt/sim/rules/instance.c",
    old = [[if (!nt_ok(status) || instance->lock_owner != object->id) {]],
    new = [[if (true) {]],
    breaks = "a lock ends with its handle",
    specs = { "spec/conformance/close_spec.lua",
      "spec/conformance/ends_spec.lua" } },

  { name = "open-of-locked", file = "src/nt/sim/slots/open.c",
    old = [[  if (instance->vpb & SIM_VPB_LOCKED) {]], new = [[  if (false) {]],
    breaks = "O5: a locked volume does not open",
    specs = { "spec/conformance/open_spec.lua" } },

  { name = "share-not-checked", file = "src/nt/sim/slots/open.c",
    old = [[  if (conflict) {]], new = [[  if (false) {]],
    breaks = "O3: share modes are checked",
    specs = { "spec/conformance/open_spec.lua" } },

  { name = "share-of-writers", file = "src/nt/sim/slots/open.c",
    old = [[((access & WRITING) && !(other_share & NT_SHARE_WRITE)) ||]],
    new = [[((access & WRITING) && !(other_share & NT_SHARE_READ)) ||]],
    breaks = "O3: a writer needs others who share writing",
    specs = { "spec/conformance/open_spec.lua", "spec/sim/directory_spec.lua" } },

  { name = "holders-dropped", file = "src/nt/sim/rules/holders.c",
    old = [[    nt_add_holder_row(r->err, &holder);]], new = [[    (void)r;]],
    breaks = "a refusal names who is in the way",
    specs = { "spec/conformance/lock_spec.lua" } },

  { name = "old-guard-unlocks", file = "src/lua_object.c",
    old = [[return lock->number != 0 && lock->number == v->current ? v : NULL;]],
    new = [[return v;]],
    breaks = "a guard ends its own lock, not a later one",
    specs = { "spec/unit/handle_life_spec.lua", "spec/conformance/lock_spec.lua" } },

  { name = "slot-not-asked", file = "src/nt/nt.c",
    old = [[      return ADMIN_HAS(machine, mask);]], new = [[      return true;]],
    breaks = "a machine can what it has a slot for",
    specs = { "spec/c/nt_test.c" } },

  { name = "access-not-checked", file = "src/nt/nt_control.c",
    old = [[  if (missing == 0) {]], new = [[  if (true) {]],
    breaks = "I14: a code demands its access",
    specs = { "spec/c/nt_test.c" } },

  -- ---- the simulated machine: processes ------------------------------------

  { name = "owner-byte-not-taken", file = "src/nt/sim/slots/owner.c",
    old = [[nt_file_lock_byte(r->m->lock, (uint64_t)r->m->owner, r->err);]],
    new = [[NT_STATUS_SUCCESS;]],
    breaks = "a living process keeps what it has open",
    specs = { "spec/multi/lock_spec.lua" } },

  { name = "dead-not-cleaned-up", file = "src/nt/sim/rules/owner.c",
    old = [[status = nt__sim_owner_clean_up(r, after, pid, node);]], new = [[]],
    breaks = "what a dead process had open ends",
    specs = { "spec/multi/lock_spec.lua" } },

  { name = "child-keeps-lock", file = "src/nt/posix/host_file.c",
    old = [[pthread_atfork(before_fork, after_fork, in_child);]],
    new = [[pthread_atfork(before_fork, after_fork, after_fork);]],
    breaks = "a lock does not outlive its process in a child of fork",
    specs = { "spec/multi/lock_spec.lua" } },

  { name = "child-uses-connection", file = "src/nt/db/open.c",
    old = [[  if (db->pid == nt_process_id()) {]], new = [[  if (true) {]],
    breaks = "a child of fork cannot use its parent's connection",
    specs = { "spec/c/sim_faults_test.c", "spec/multi/lock_spec.lua" } },

  { name = "commit-failure-swallowed", file = "src/nt/sim/slots/transaction.c",
    old = [[    status = ended;]], new = [[    (void)ended;]],
    breaks = "a change that was not stored is no success",
    specs = { "spec/c/sim_faults_test.c" } },

  -- ---- the simulated machine: bytes ----------------------------------------

  { name = "length-not-aligned", file = "src/nt/sim/slots/io.c",
    old = [[if (r->offset % sector == 0 && r->len % sector == 0) {]],
    new = [[if (r->offset % sector == 0) {]],
    breaks = "volumes are read and written by whole sectors",
    specs = { "spec/c/sim_faults_test.c" } },

  { name = "read-at-the-end", file = "src/nt/sim/slots/io.c",
    old = [[  if (r->offset >= end) {
    return past_end(r, end);]],
    new = [[  if (r->offset > end) {
    return past_end(r, end);]],
    breaks = "a read at the end is refused, not empty",
    specs = { "spec/conformance/ends_spec.lua" } },

  { name = "write-not-noticed", file = "src/nt/sim/slots/io.c",
    old = [[  r->object.flags |= SIM_FO_MODIFIED;]], new = [[]],
    breaks = "I8: who wrote to a volume makes it be verified",
    specs = { "spec/conformance/direct_write_spec.lua",
      "spec/conformance/state_spec.lua" } },

  { name = "write-to-readonly", file = "src/nt/sim/slots/io.c",
    old = [[r->volume.flags & NT_VOLUME_READONLY ||]], new = [[]],
    breaks = "a read-only volume is not written to",
    specs = { "spec/conformance/ends_spec.lua" } },

  { name = "image-never-dirty", file = "src/nt/sim/disk/image.c",
    old = [[    r->m->images[disk].dirty = true;]], new = [[]],
    breaks = "a flush of a volume reaches the disk",
    specs = { "spec/crash/fat_to_ntfs_spec.lua" } },

  { name = "image-cut-short", file = "src/nt/sim/disk/image.c",
    old = [[    if (done < n) {]], new = [[    if (false) {]],
    breaks = "an image that ends early is told, not read as zeros",
    specs = { "spec/sim/image_spec.lua", "spec/sim/damage_spec.lua" } },

  { name = "waiting-data-elsewhere", file = "src/nt/sim/rules/cache.c",
    old = [[if (p->used == sizeof p->bytes || place != p->place + p->used) {]],
    new = [[if (p->used == sizeof p->bytes) {]],
    breaks = "data of a file goes to the place of each of its sectors",
    specs = { "spec/sim/overwrite_spec.lua" } },

  { name = "wrong-status-when-full", file = "src/nt/error.c",
    old = [[{ENOSPC, NT_STATUS_DISK_FULL},]],
    new = [[{ENOSPC, NT_STATUS_IO_DEVICE_ERROR},]],
    breaks = "a full disk is called that",
    specs = { "spec/c/vocabulary_test.c" } },

  { name = "uninstall-of-disk-in-use", file = "src/nt/sim/rules/pnp.c",
    old = [[  if (volumes > 0) {]], new = [[  if (false) {]],
    breaks = "a disk stays while volumes of it are installed",
    specs = { "spec/conformance/removal_spec.lua" } },

  -- ---- the Windows machine -------------------------------------------------

  { name = "exfat-sum-not-compared", file = "src/nt/disk/exfat.c",
    old = [[if (nt_get_u32(sector + i) != sum) {]], new = [[if (false) {]],
    breaks = "a damaged boot region of exFAT is not recognised",
    specs = { "spec/c/probe_test.c" } },

  { name = "gpt-crc-not-compared", file = "src/nt/disk/gpt.c",
    old = [[crc32(gpt->entries, bytes) != nt_get_u32(gpt->header + AT_ENTRIES_CRC)]],
    new = [[false]],
    breaks = "a damaged list of partitions is not used",
    specs = { "spec/c/partition_test.c" } },

  { name = "gpt-end-as-mbr", file = "src/nt/sim/win32/table.c",
    old = [[gpt ? nt_gpt_end(&disk) : nt_mbr_end(&disk), sizes,]],
    new = [[nt_mbr_end(&disk), sizes,]],
    breaks = "volumes leave room for the second table of a GPT",
    specs = { "spec/c/partition_test.c" } },

  { name = "removal-of-system", file = "src/nt/win32/removal/removal.c",
    old = [[if (nt_ok(status) && place != ELSEWHERE) {]],
    new = [[if (nt_ok(status) && place == UNKNOWN) {]],
    breaks = "a disk with a volume of the system is not removed",
    specs = { "spec/c/win32_removal_test.c" } },

  -- ---- Lua: plans ----------------------------------------------------------

  { name = "undo-in-order", file = "lua/ntvol/run.lua",
    old = [[for k = #self.done, 1, -1 do]], new = [[for k = 1, #self.done do]],
    breaks = "steps are undone in reverse",
    specs = { "spec/unit/plan_spec.lua" } },

  { name = "plan-without-token", file = "lua/ntvol/run.lua",
    old = [[if not M.destroys(plan) or names.is_one_of(given, plan.erase) then]],
    new = [[if given or true then]],
    breaks = "a plan that destroys asks for the name of what it destroys",
    specs = { "spec/unit/plan_spec.lua",
      "spec/procedures/change_filesystem_spec.lua" } },

  { name = "undo-failure-swallowed", file = "lua/ntvol/run.lua",
    old = [[return clean and #self.report.undo_failures == 0]],
    new = [[return clean]],
    breaks = "an undo that failed is no undo",
    specs = { "spec/unit/plan_spec.lua" } },

  { name = "kept-not-closed", file = "lua/ntvol/run.lua",
    old = [[table.remove(self.kept):close()]], new = [[table.remove(self.kept)]],
    breaks = "what the steps opened is closed at the end",
    specs = { "spec/unit/plan_spec.lua",
      "spec/procedures/change_filesystem_spec.lua" } },

  { name = "identity-not-compared", file = "lua/ntvol/procedures/steps.lua",
    old = [[identity.verify(context.pinned, context.volume)]],
    new = [[assert(context)]],
    breaks = "a plan touches only the volume that it was made for",
    specs = { "spec/procedures/change_filesystem_spec.lua" } },

  { name = "sequence-not-compared", file = "lua/ntvol/identity.lua",
    old = [[elseif disk.sequence ~= other.sequence then]],
    new = [[elseif false then]],
    breaks = "a disk that went away and came back is another disk",
    specs = { "spec/procedures/restore_lun_spec.lua",
      "spec/scenarios/S6_spec.lua" } },

  { name = "system-volume-not-safe", file = "lua/ntvol/safety.lua",
    old = [[    if volume[refusal.flag] then]], new = [[    if false then]],
    breaks = "no procedure touches what the system runs from",
    specs = { "spec/procedures/change_filesystem_spec.lua" } },

  { name = "superseded-written-back", file = "lua/ntvol/take_back.lua",
    old = [[outcome = later and "superseded" or "interrupted",]],
    new = [[outcome = "interrupted",]],
    breaks = "what a later format wrote over is not written back",
    specs = { "spec/procedures/undo_spec.lua" } },

  { name = "recover-keeps-mounted", file = "lua/ntvol/take_back.lua",
    old = "  try(volume:dismount())\n", new = "",
    breaks = "after a recovery nobody goes on with the other file system",
    specs = { "spec/procedures/undo_spec.lua", "spec/sim/undo_spec.lua" } },

  -- ---- Lua: waiting, words -------------------------------------------------

  { name = "retry-endless", file = "lua/ntvol/retry.lua",
    old = [[elseif left <= 0 then]], new = [[elseif false then]],
    breaks = "waiting ends when the time is over",
    specs = { "spec/unit/retry_spec.lua" }, limit = 60 },

  { name = "retry-without-sleep", file = "lua/ntvol/retry.lua",
    old = [[self.at_once = at_once and not self.at_once]],
    new = [[self.at_once = at_once]],
    breaks = "who is told to try at once does not try without end",
    specs = { "spec/unit/retry_spec.lua" }, limit = 60 },

  { name = "json-backslash", file = "lua/ntvol/json.lua",
    old = [==[["\\"] = "\\\\", ]==], new = [[]],
    breaks = "JSON escapes the backslashes of names",
    specs = { "spec/cli/list_spec.lua" } },

  { name = "shell-not-quoted", file = "lua/ntvol/shell.lua",
    old = [[return plain and text or quote(text)]], new = [[return text]],
    breaks = "a command line that is printed can be copied into a shell",
    specs = { "spec/unit/shell_spec.lua" } },

  -- ---- what was found all right --------------------------------------------

  { name = "damage-known", file = "src/nt/sim/db/trust.c",
    old = [[    seen[i].known = false;]], new = [[    seen[i].known = true;]],
    breaks = "what was found damaged is looked at again",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "tables-alone", file = "src/nt/sim/db/trust.c",
    old = [[!s->seen[i].same && strstr(sql, name)]],
    new = [[!s->seen[i].same && strcmp(table, name) == 0]],
    breaks = "what tables have to do with each other is asked when one changed",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "rows-fewer", file = "src/nt/sim/db/seen.c",
    old = [[seen->same && seen->at == seen->used && !seen->lost]],
    new = [[seen->same && !seen->lost]],
    breaks = "a table that lost its last row is another one",
    specs = { "spec/sim/trust_spec.lua" } },

  -- ---- databases and images from somebody else -----------------------------

  { name = "slot-of-another", file = "src/nt/db/statement.c",
    old = [[(slots[i].sql != sql || sqlite3_stmt_busy(slots[i].stmt))) {]],
    new = [[false) {]],
    breaks = "a statement that is run is the one that was asked for",
    specs = { "spec/c/sim_faults_test.c" } },

  { name = "slot-in-use", file = "src/nt/db/statement.c",
    old = [[(slots[i].sql != sql || sqlite3_stmt_busy(slots[i].stmt))) {]],
    new = [[slots[i].sql != sql) {]],
    breaks = "a statement goes on with its rows when its text is asked again",
    specs = { "spec/c/sim_faults_test.c" } },

  { name = "statement-after-failure", file = "src/nt/db/statement.c",
    old = [[if (db->in_transaction && db->failed) {]], new = [[if (false) {]],
    breaks = "no statement runs outside of a transaction that SQLite ended",
    specs = { "spec/c/sim_faults_test.c" } },

  { name = "looked-at-once", file = "src/nt/sim/db/trust.c",
    old = [[return version != m->trusted ? look(m, version, err)]],
    new = [[return m->trusted == 0 ? look(m, version, err)]],
    breaks = "rows are looked at again when somebody else has written",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "least-value-forgotten", file = "src/nt/sim/db/trust.c",
    old = [[return value < column->least || value > column->most ?]],
    new = [[return value > column->most ?]],
    breaks = "a value that is too small is damage",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "driver-not-known", file = "src/nt/sim/db/trust.c",
    old = [[return nt_ok(status) && !s->enough ? search_drivers(s, err) : status;]],
    new = [[return status;]],
    breaks = "a driver that does not exist is damage",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "rows-not-compared", file = "src/nt/sim/db/seen.c",
    old = [[memcmp(seen->bytes + seen->at, bytes, length) == 0)) {]],
    new = [[seen->bytes)) {]],
    breaks = "another row of the same size is another one",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "note-of-a-copy", file = "src/nt/sim/disk/outside.c",
    old = [[facts.inode, facts.born);]], new = [[UINT64_C(0), INT64_C(0));]],
    breaks = "a copy of a machine uses no image that the machine was allowed",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "note-of-a-folder", file = "src/nt/sim/disk/outside.c",
    old = [[!same_text(n, &at, r->m->folder)) {]], new = [[false) {]],
    breaks = "a machine that was moved is allowed its images anew",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "others-may-write", file = "src/nt/sim/disk/outside.c",
    old = [[if (!facts.foreign && !facts.shared) {]],
    new = [[if (!facts.foreign) {]],
    breaks = "a machine that others can write to gets no image outside",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "allowed-became-link", file = "src/nt/sim/disk/outside.c",
    old = [[bool same = strcmp(full, path) == 0;]], new = [[bool same = true;]],
    breaks = "an image that was allowed and became a link is refused",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "image-of-any-kind", file = "src/nt/sim/disk/outside.c",
    old = [[if (facts.plain) {]], new = [[if (true) {]],
    breaks = "an image that is no file is called that, and not opened",
    specs = { "spec/sim/trust_spec.lua" } },

  { name = "lacking-index", file = "src/nt/db/schema.c",
    old = [[code = compare(&lacking, "it lacks the %s %s");]], new = [[]],
    breaks = "a database that lacks an index is refused before it is used",
    specs = { "spec/sim/damage_spec.lua" } },

  -- ---- what the journal saved ----------------------------------------------

  { name = "about-not-compared", file = "src/nt/journal/check.c",
    old = [[if (!nt_ok(status) || made == noted->about) {]],
    new = [[if (true) {]],
    breaks = "nothing is written back to a volume that is not certain",
    specs = { "spec/sim/damaged_journal_spec.lua" } },

  { name = "sums-not-compared", file = "src/nt/journal/check.c",
    old = [[const char *column = wrong_sum(look);]],
    new = [[const char *column = NULL;]],
    breaks = "a piece that is missing is noticed",
    specs = { "spec/sim/damaged_journal_spec.lua" } },

  { name = "overlap-allowed", file = "src/nt/journal/check.c",
    old = [[if (piece->start >= look->end) {]], new = [[if (true) {]],
    breaks = "no two pieces say what stood at one place",
    specs = { "spec/sim/damaged_journal_spec.lua" } },

  { name = "lost-write-unnoticed", file = "src/nt/journal/check.c",
    old = [[  if (!same) {
    return differs(]], new = [[  if (false) {
    return differs(]],
    breaks = "what the disk lost of an undo is named by its place",
    specs = { "spec/c/undo_faults_test.c" } },

  -- ---- formats on disk -----------------------------------------------------

  { name = "range-not-checked", file = "src/nt/disk/region.c",
    old = [[offset <= region->length - length) ||]], new = [[true) ||]],
    breaks = "nothing is read behind the end of what is decoded",
    specs = { "spec/c/disk_test.c" } },

  { name = "fat12-one-more", file = "src/nt/disk/fat.c",
    old = [[fat->clusters < FAT12_CLUSTERS]],
    new = [[fat->clusters <= FAT12_CLUSTERS]],
    breaks = "the number of clusters says which FAT it is",
    specs = { "spec/c/disk_test.c" } },

  { name = "fat-dirty-once", file = "src/nt/disk/fat.c",
    old = [[fat.width != 12 && i < fat.fats; i++) {]],
    new = [[fat.width != 12 && i < 1; i++) {]],
    breaks = "each table of a FAT says that the volume is dirty",
    specs = { "spec/c/disk_test.c" } },

  { name = "ntfs-mirror-forgotten", file = "src/nt/disk/ntfs.c",
    old = [[place_of(&n, n.mirror, RECORD_VOLUME) + place,]],
    new = [[place_of(&n, n.mft, RECORD_VOLUME) + place,]],
    breaks = "the copy of the MFT says what the MFT says",
    specs = { "spec/c/disk_test.c" } },

  { name = "ntfs-fixups-not-compared", file = "src/nt/disk/ntfs.c",
    old = [[if (memcmp(end, r->bytes + at, 2) != 0) {]], new = [[if (false) {]],
    breaks = "a record of NTFS that was half written is damage",
    specs = { "spec/c/disk_test.c" } },

  { name = "ntfs-flags-in-sequence", file = "src/nt/disk/ntfs.c",
    old = [[if (within < FIXUP_STRIDE - 2) {]], new = [[if (true) {]],
    breaks = "what the update sequence took is written where that keeps it",
    specs = { "spec/c/disk_test.c" } },

  { name = "gpt-copy-not-read", file = "src/nt/disk/gpt.c",
    old = [[return good && out->entries == NULL ? read_copy(disk, sectors - 1, out)
                                      : good;]],
    new = [[return good;]],
    breaks = "the copy of a GPT stands in for a first one that is damaged",
    specs = { "spec/c/disk_test.c" } },

  { name = "gpt-first-copy-first", file = "src/nt/disk/gpt.c",
    old = "{nt_disk_sectors(disk) - 1, 1};\n  bool good = true;\n  *written",
    new = "{1, nt_disk_sectors(disk) - 1};\n  bool good = true;\n  *written",
    breaks = "the copy of a GPT is written first: one of the two is whole",
    specs = { "spec/c/disk_test.c" } },

  { name = "bitlocker-stick", file = "src/nt/disk/recognise.c",
    old = [[memcmp(boot + 424, id, sizeof id) == 0;]], new = [[false;]],
    breaks = "a stick that BitLocker has locked is no FAT32",
    specs = { "spec/c/disk_test.c" } },

  { name = "btrfs-sum-not-compared", file = "src/nt/disk/btrfs.c",
    old = [[(nt_get_u16(block + AT_SUM_TYPE) != SUM_CRC32C ||]],
    new = [[(true ||]],
    breaks = "a damaged superblock of btrfs is not recognised",
    specs = { "spec/c/disk_test.c" } },

  -- ---- words of refusals ---------------------------------------------------

  { name = "permanent-called-transient", file = "src/nt/reasons.h",
    old = [["already_locked", PERMANENT,]], new = [["already_locked", TRANSIENT,]],
    breaks = "nobody waits for what waiting does not change",
    specs = { "spec/conformance/lock_spec.lua" } },

  -- ---- disks and their tables ----------------------------------------------

  { name = "vhd-footer-not-kept", file = "src/nt/disk/container.c",
    old = [[    out->length = length;]], new = [[]],
    breaks = "the footer of a fixed VHD is no part of its disk",
    specs = { "spec/sim/whole_disk_spec.lua" } },

  { name = "image-lock-not-taken", file = "src/nt/posix/claim.c",
    old = [[int number = take(file, bytes);]], new = [[int number = 0;]],
    breaks = "an image has one user",
    specs = { "spec/multi/image_spec.lua" } },

  { name = "protective-mbr-ignored", file = "src/nt/disk/table.c",
    old = [[return open_gpt(region, sector_size, out);]], new = [[break;]],
    breaks = "W5: a disk whose MBR protects a GPT is never one volume",
    specs = { "spec/sim/whole_disk_spec.lua" } },

  { name = "backup-gpt-not-used", file = "src/nt/disk/gpt.c",
    old = [[return good && out->entries == NULL ? read_copy(disk, sectors - 1, out)
                                      : good;]],
    new = [[return good;]],
    breaks = "W5: the copy of a GPT is used when the first is damaged",
    specs = { "spec/sim/layout_spec.lua" } },

  { name = "overlap-not-refused", file = "src/nt/format_check.c",
    old = [[return what[0] != '\0' && !q->options->overlaps ? refuse_overlap(q, what)
                                                  : NT_STATUS_SUCCESS;]],
    new = [[return NT_STATUS_SUCCESS;]],
    breaks = "what lies in the same place goes only where that was allowed",
    specs = { "spec/sim/whole_disk_spec.lua" } },

  { name = "partition-type-not-written", file = "src/nt/sim/codes/layout.c",
    old = [[nt_mbr_set_type(&b.disk, r->volume.partition_number, r->in[0])]],
    new = [[true]],
    breaks = "W7: the type of an MBR partition follows its file system",
    specs = { "spec/sim/whole_disk_spec.lua" } },

  { name = "unique-id-twin-not-found", file = "src/nt/sim/codes/query_volume.c",
    old = [[*out = before != 0;]], new = [[*out = false;]],
    breaks = "W6: no two volumes have one unique id",
    specs = { "spec/sim/whole_disk_spec.lua" } },

  { name = "foreign-content-not-named", file = "src/nt/sim/slots/describe.c",
    old = [[    NT_TRY(show_content(r, out));]], new = [[]],
    breaks = "what a RAW volume holds is named before it is erased",
    specs = { "spec/sim/whole_disk_spec.lua" } },

  { name = "volume-in-use-loses-partition", file = "src/nt/sim/codes/set_layout.c",
    old = [[nt__sim_check_may_go(r, r->disk.number, t->places, t->count)]],
    new = [[NT_STATUS_SUCCESS]],
    breaks = "a new table takes no volume that is in use",
    specs = { "spec/sim/layout_spec.lua" } },

  { name = "gone-volume-comes-back", file = "src/nt/sim/rules/pnp.c",
    old = [["d.flags & ?3 = 0))",]], new = [["d.flags & ?3 <> 0))",]],
    breaks = "a volume without a partition does not arrive again",
    specs = { "spec/sim/layout_spec.lua" } },

  { name = "mount-folder-anywhere", file = "src/nt/sim/rules/mount_points.c",
    old = [[    NT_TRY(check_folder(r, point));]], new = [[]],
    breaks = "a mount folder is an empty folder of an NTFS volume",
    specs = { "spec/conformance/recognise_spec.lua" } },

  { name = "child-keeps-process", file = "src/nt/posix/host.c",
    old = [[static void forget_process(void) {
  kept_process = 0;]],
    new = [[static void forget_process(void) {]],
    breaks = "a child of fork does not take its parent's machine",
    specs = { "spec/multi/lock_spec.lua" } },

  { name = "past-the-end-not-cut", file = "src/nt/sim/rules/partitions.c",
    old = [[               SIM_INT(part->number))));
  return nt__sim_mark_cut(r, volume);]],
    new = [[               SIM_INT(part->number))));
  return NT_STATUS_SUCCESS;]],
    breaks = "a volume that reaches past the end of its disk does not open",
    specs = { "spec/sim/layout_spec.lua" } },

  -- ---- between Lua and the machine -----------------------------------------

  { name = "span-not-aligned", file = "src/lua_aux.c",
    old = [[if (sector_size > 1 && length % sector_size != 0) {]],
    new = [[if (false) {]],
    breaks = "a length of part of a sector is wrong usage: it raises",
    specs = { "spec/conformance/ends_spec.lua" } },

  { name = "shield-with-hook", file = "src/lua_shield.c",
    old = [[lua_sethook(thread, NULL, 0, 0);]], new = [[]],
    breaks = "what is shielded has no hook of the caller",
    specs = { "spec/unit/shield_spec.lua" } },

  { name = "shield-never-over", file = "src/lua_shield.c",
    old = [[  origin->thread = NULL;]], new = [[]],
    breaks = "outside belongs to its shield, and ends with it",
    specs = { "spec/unit/shield_spec.lua" } },

  { name = "interrupt-too-late", file = "lua/ntvol/run.lua",
    old = [[self.late = self:first_final() ~= nil or #self.done == #self.plan.steps]],
    new = [[self.late = #self.done == #self.plan.steps]],
    breaks = "an interrupt does not leave half of what cannot be taken back",
    specs = { "spec/procedures/interrupt_spec.lua" } },
}
