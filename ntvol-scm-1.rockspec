-- The rock. The lists name every file; spec/tree_spec.lua compares them with
-- the tree.
--
-- What has C in it stands in build.platforms only, each system with its whole
-- list: LuaRocks merges lists entry by entry, and a shorter one would keep the
-- end of the longer one.

-- ntvol.core, whatever the system is.
local core = {
  "src/core.c",
  "src/lua_aux.c", "src/lua_failure.c",
  "src/lua_format.c",
  "src/lua_handle.c",
  "src/lua_holders.c",
  "src/lua_info.c",
  "src/lua_kind.c",
  "src/lua_lock.c",
  "src/lua_machine.c",
  "src/lua_object.c",
  "src/lua_open.c",
  "src/lua_query.c",
  "src/lua_run.c",
  "src/lua_shield.c",
  "src/lua_subscription.c",
  "src/lua_undo.c",
  "src/lua_verb.c",
  "src/lua_vocabulary.c",
  "src/lua_volume.c",
  "src/lua_volume_data.c",
  "src/lua_wait.c",
  "src/lua_watch.c",
  "src/nt/codes.c",
  "src/nt/error.c",
  "src/nt/reasons.c",
  "src/nt/events.c",
  "src/nt/follow.c",
  "src/nt/format.c",
  "src/nt/format_check.c",
  "src/nt/format_fs.c",
  "src/nt/identity.c",
  "src/nt/label.c",
  "src/nt/name.c",
  "src/nt/nt.c",
  "src/nt/nt_admin.c",
  "src/nt/nt_control.c",
  "src/nt/nt_handle.c",
  "src/nt/nt_machine.c",
  "src/nt/probe.c",
  "src/nt/restore.c",
  "src/nt/status.c",
  "src/nt/text.c",
  "src/nt/volume_data.c",
}

-- Formats on disk, which core and sim share.
local disk = {
  "src/nt/disk/btrfs.c",
  "src/nt/disk/container.c",
  "src/nt/disk/exfat.c",
  "src/nt/disk/fat.c",
  "src/nt/disk/foreign.c",
  "src/nt/disk/gpt.c",
  "src/nt/disk/iso.c",
  "src/nt/disk/mbr.c",
  "src/nt/disk/ntfs.c",
  "src/nt/disk/partition_type.c",
  "src/nt/disk/recognise.c",
  "src/nt/disk/region.c",
  "src/nt/disk/table.c",
}

-- ... and on Linux.
local core_posix = {
  "src/nt/posix/claim.c",
  "src/nt/posix/host.c",
  "src/nt/posix/host_file.c",
  "src/nt/posix/host_program.c",
  "src/nt/posix/host_watch.c",
  "src/nt/posix/keep.c",
  "src/nt/posix/mkfs.c",
  "src/nt/posix/mkfs_rows.c",
  "src/nt/posix/native.c",
  "src/nt/posix/place.c",
  "src/nt/posix/probe.c",
  "src/nt/posix/ranges.c",
  "src/nt/posix/scratch.c",
  "src/nt/posix/tool.c",
  "src/nt/posix/transplant.c",
}

-- ... and on Windows.
local core_win32 = {
  "src/nt/win32/convert/refuse.c",
  "src/nt/win32/convert/utf16.c",
  "src/nt/win32/events/event.c",
  "src/nt/win32/format/format.c",
  "src/nt/win32/format/formatter.c",
  "src/nt/win32/handle/control.c",
  "src/nt/win32/handle/holders.c",
  "src/nt/win32/handle/io.c",
  "src/nt/win32/handle/open.c",
  "src/nt/win32/host/file.c",
  "src/nt/win32/host/host.c",
  "src/nt/win32/host/program.c",
  "src/nt/win32/host/watch.c",
  "src/nt/win32/list/describe.c",
  "src/nt/win32/list/devices.c",
  "src/nt/win32/list/disks.c",
  "src/nt/win32/list/file_system.c",
  "src/nt/win32/list/list.c",
  "src/nt/win32/list/resolve.c",
  "src/nt/win32/list/system_volumes.c",
  "src/nt/win32/list/view.c",
  "src/nt/win32/machine.c",
  "src/nt/win32/native.c",
  "src/nt/win32/os/device.c",
  "src/nt/win32/os/file.c",
  "src/nt/win32/os/format.c",
  "src/nt/win32/os/notify.c",
  "src/nt/win32/os/notify_manager.c",
  "src/nt/win32/os/notify_window.c",
  "src/nt/win32/os/parts.c",
  "src/nt/win32/os/pnp.c",
  "src/nt/win32/os/process.c",
  "src/nt/win32/os/system.c",
  "src/nt/win32/os/table.c",
  "src/nt/win32/os/volumes.c",
  "src/nt/win32/probe.c",
  "src/nt/win32/removal/removal.c",
  "src/nt/win32/removal/veto.c",
  "src/nt/win32/request/file.c",
  "src/nt/win32/request/question.c",
  "src/nt/win32/request/request.c",
  "src/nt/win32/transplant.c",
}

-- ntvol.sim.core, whatever the system is.
local sim = {
  "src/sim_core.c",
  "src/lua_aux.c", "src/lua_failure.c",
  "src/nt/codes.c",
  "src/nt/error.c",
  "src/nt/reasons.c",
  "src/nt/name.c",
  "src/nt/nt.c",
  "src/nt/nt_control.c",
  "src/nt/nt_handle.c",
  "src/nt/nt_machine.c",
  "src/nt/probe.c",
  "src/nt/status.c",
  "src/nt/text.c",
  "src/nt/db/failure.c",
  "src/nt/db/open.c",
  "src/nt/db/schema.c",
  "src/nt/db/statement.c",
  "src/nt/sim/fs/fsd.c",
  "src/nt/sim/fs/fsd_btrfs.c",
  "src/nt/sim/fs/fsd_cdfs.c",
  "src/nt/sim/fs/fsd_csvfs.c",
  "src/nt/sim/fs/fsd_fat.c",
  "src/nt/sim/fs/fsd_ntfs.c",
  "src/nt/sim/fs/fsd_raw.c",
  "src/nt/sim/db/loaded.c",
  "src/nt/sim/db/rows.c",
  "src/nt/sim/db/schema.c",
  "src/nt/sim/db/seen.c",
  "src/nt/sim/db/store.c",
  "src/nt/sim/db/trust.c",
  "src/nt/sim/disk/bytes.c",
  "src/nt/sim/disk/image.c",
  "src/nt/sim/disk/outside.c",
  "src/nt/sim/disk/place.c",
  "src/nt/sim/disk/table.c",
  "src/nt/sim/rules/cache.c",
  "src/nt/sim/rules/cluster.c",
  "src/nt/sim/rules/collision.c",
  "src/nt/sim/rules/event.c",
  "src/nt/sim/rules/holders.c",
  "src/nt/sim/rules/instance.c",
  "src/nt/sim/rules/medium.c",
  "src/nt/sim/rules/mount_points.c",
  "src/nt/sim/rules/notify.c",
  "src/nt/sim/rules/owner.c",
  "src/nt/sim/rules/partitions.c",
  "src/nt/sim/rules/pnp.c",
  "src/nt/sim/rules/refuse.c",
  "src/nt/sim/rules/resolve.c",
  "src/nt/sim/codes/attributes.c",
  "src/nt/sim/codes/layout.c",
  "src/nt/sim/codes/lock.c",
  "src/nt/sim/codes/medium.c",
  "src/nt/sim/codes/mountmgr.c",
  "src/nt/sim/codes/offline.c",
  "src/nt/sim/codes/persistent.c",
  "src/nt/sim/codes/query.c",
  "src/nt/sim/codes/query_csv.c",
  "src/nt/sim/codes/query_disk.c",
  "src/nt/sim/codes/query_fs.c",
  "src/nt/sim/codes/query_storage.c",
  "src/nt/sim/codes/query_volume.c",
  "src/nt/sim/codes/set_layout.c",
  "src/nt/sim/codes/snapshot.c",
  "src/nt/sim/slots/connection.c",
  "src/nt/sim/slots/control.c",
  "src/nt/sim/slots/describe.c",
  "src/nt/sim/slots/device.c",
  "src/nt/sim/slots/event.c",
  "src/nt/sim/slots/handle.c",
  "src/nt/sim/slots/handle_ops.c",
  "src/nt/sim/slots/io.c",
  "src/nt/sim/slots/medium.c",
  "src/nt/sim/slots/mount_point.c",
  "src/nt/sim/slots/node.c",
  "src/nt/sim/slots/open.c",
  "src/nt/sim/slots/owner.c",
  "src/nt/sim/slots/pnp.c",
  "src/nt/sim/slots/transaction.c",
  "src/nt/sim/slots/wait.c",
  "src/nt/sim/create/check.c",
  "src/nt/sim/create/create.c",
  "src/nt/sim/create/create_check.c",
  "src/nt/sim/create/create_disk.c",
  "src/nt/sim/create/create_volume.c",
  "src/nt/sim/create/remove.c",
}

-- ... and on Linux.
local sim_posix = {
  "src/nt/posix/claim.c",
  "src/nt/posix/host.c",
  "src/nt/posix/host_file.c",
  "src/nt/posix/host_program.c",
  "src/nt/posix/host_watch.c",
  "src/nt/posix/probe.c",
  "src/nt/sim/posix/files.c",
  "src/nt/sim/posix/partition.c",
  "src/nt/sim/posix/sleuthkit.cc",
}

-- ntvol.journal.core, whatever the system is, beside what it has of the host.
local journal = {
  "src/journal_core.c",
  "src/lua_aux.c", "src/lua_failure.c",
  "src/nt/error.c",
  "src/nt/reasons.c",
  "src/nt/status.c",
  "src/nt/text.c",
  "src/nt/db/failure.c",
  "src/nt/db/open.c",
  "src/nt/db/schema.c",
  "src/nt/db/statement.c",
  "src/nt/journal/check.c",
  "src/nt/journal/list.c",
  "src/nt/journal/operation.c",
  "src/nt/journal/row.c",
  "src/nt/journal/saved.c",
  "src/nt/journal/schema.c",
  "src/nt/journal/store.c",
}

-- ... and on Linux.
local journal_posix = {
  "src/nt/journal/posix/pack.c",
  "src/nt/posix/host.c",
  "src/nt/posix/host_file.c",
}

-- One list of two.
local function both(a, b)
  local list = {}
  for i = 1, #a do
    list[#list + 1] = a[i]
  end
  for i = 1, #b do
    list[#list + 1] = b[i]
  end
  return list
end

-- A C module. LuaRocks spells these words for the compiler that it has: gcc,
-- MinGW or MSVC. `needs` are external libraries: { name, library }.
local function c_module(system, sources, needs)
  local module = {
    sources = sources, defines = { "_GNU_SOURCE" }, libraries = {},
    incdirs = { "src" }, libdirs = {},
  }
  if system == "windows" then
    -- nothing newer than Windows Server 2003 is needed to load it
    module.defines = { "_GNU_SOURCE", "_WIN32_WINNT=0x0502",
      "_CRT_SECURE_NO_WARNINGS" }
    module.libraries = { "advapi32", "ntdll" }
  end
  for i = 1, #needs do
    local name = needs[i][1]
    module.libraries[#module.libraries + 1] = needs[i][2]
    module.incdirs[#module.incdirs + 1] = "$(" .. name .. "_INCDIR)"
    module.libdirs[#module.libdirs + 1] = "$(" .. name .. "_LIBDIR)"
  end
  return module
end

local BLKID = { "BLKID", "blkid" }

rockspec_format = "3.0"
package = "ntvol"
version = "scm-1"

source = {
  url = "git+file://.",
}

description = {
  summary = "NT volume control: lock, format, dismount, offline, online",
  detailed = [[
Opens a volume, locks it, formats it, dismounts it, takes it offline and brings
it back: on Windows, and with the rules of Windows NT on a simulated machine
made of disk images. A maintenance script can be written and tested there
without privileges.
]],
  license = "MIT",
}

dependencies = {
  "lua >= 5.4",
  "argparse >= 0.7",
}

external_dependencies = {
  platforms = {
    unix = {
      SQLITE = { header = "sqlite3.h", library = "sqlite3" },
      ZSTD = { header = "zstd.h", library = "zstd" },
      XXHASH = { header = "xxhash.h", library = "xxhash" },
      BLKID = { header = "blkid/blkid.h", library = "blkid" },
      FDISK = { header = "libfdisk/libfdisk.h", library = "fdisk" },
      TSK = { header = "tsk/libtsk.h", library = "tsk" },
    },
  },
}

build = {
  type = "builtin",
  modules = {
    ["ntvol.cli"] = "lua/ntvol/cli.lua",
    ["ntvol.cli.complete"] = "lua/ntvol/cli/complete.lua",
    ["ntvol.cli.completion"] = "lua/ntvol/cli/completion.lua",
    ["ntvol.cli.editor"] = "lua/ntvol/cli/editor.lua",
    ["ntvol.cli.explain"] = "lua/ntvol/cli/explain.lua",
    ["ntvol.cli.journal"] = "lua/ntvol/cli/journal.lua",
    ["ntvol.cli.list"] = "lua/ntvol/cli/list.lua",
    ["ntvol.cli.man"] = "lua/ntvol/cli/man.lua",
    ["ntvol.cli.manual"] = "lua/ntvol/cli/manual.lua",
    ["ntvol.cli.output"] = "lua/ntvol/cli/output.lua",
    ["ntvol.cli.picture"] = "lua/ntvol/cli/picture.lua",
    ["ntvol.cli.plan_run"] = "lua/ntvol/cli/plan_run.lua",
    ["ntvol.cli.plans"] = "lua/ntvol/cli/plans.lua",
    ["ntvol.cli.playground"] = "lua/ntvol/cli/playground.lua",
    ["ntvol.cli.program"] = "lua/ntvol/cli/program.lua",
    ["ntvol.cli.repl"] = "lua/ntvol/cli/repl.lua",
    ["ntvol.cli.repl_complete"] = "lua/ntvol/cli/repl_complete.lua",
    ["ntvol.cli.show"] = "lua/ntvol/cli/show.lua",
    ["ntvol.cli.sim"] = "lua/ntvol/cli/sim.lua",
    ["ntvol.cli.undo"] = "lua/ntvol/cli/undo.lua",
    ["ntvol.cli.values"] = "lua/ntvol/cli/values.lua",
    ["ntvol.cli.verbs"] = "lua/ntvol/cli/verbs.lua",
    ["ntvol.cli.wait"] = "lua/ntvol/cli/wait.lua",
    ["ntvol.cli.watch"] = "lua/ntvol/cli/watch.lua",
    ["ntvol.cli.words"] = "lua/ntvol/cli/words.lua",
    ["ntvol.current"] = "lua/ntvol/current.lua",
    ["ntvol.explain"] = "lua/ntvol/explain.lua",
    ["ntvol.failure"] = "lua/ntvol/failure.lua",
    ["ntvol.file_systems"] = "lua/ntvol/file_systems.lua",
    ["ntvol"] = "lua/ntvol/init.lua",
    ["ntvol.identity"] = "lua/ntvol/identity.lua",
    ["ntvol.holders"] = "lua/ntvol/holders.lua",
    ["ntvol.journal"] = "lua/ntvol/journal.lua",
    ["ntvol.json"] = "lua/ntvol/json.lua",
    ["ntvol.lines"] = "lua/ntvol/lines.lua",
    ["ntvol.machine"] = "lua/ntvol/machine.lua",
    ["ntvol.names"] = "lua/ntvol/names.lua",
    ["ntvol.options"] = "lua/ntvol/options.lua",
    ["ntvol.number"] = "lua/ntvol/number.lua",
    ["ntvol.plan"] = "lua/ntvol/plan.lua",
    ["ntvol.procedures.change_filesystem"] = "lua/ntvol/procedures/change_filesystem.lua",
    ["ntvol.procedures.eject"] = "lua/ntvol/procedures/eject.lua",
    ["ntvol.procedures.exclusive"] = "lua/ntvol/procedures/exclusive.lua",
    ["ntvol.procedures.prepare_lun_removal"] = "lua/ntvol/procedures/prepare_lun_removal.lua",
    ["ntvol.procedures.restore_lun"] = "lua/ntvol/procedures/restore_lun.lua",
    ["ntvol.procedures.steps"] = "lua/ntvol/procedures/steps.lua",
    ["ntvol.procedures.undo"] = "lua/ntvol/procedures/undo.lua",
    ["ntvol.progress"] = "lua/ntvol/progress.lua",
    ["ntvol.record"] = "lua/ntvol/record.lua",
    ["ntvol.reasons"] = "lua/ntvol/reasons.lua",
    ["ntvol.repl"] = "lua/ntvol/repl.lua",
    ["ntvol.report"] = "lua/ntvol/report.lua",
    ["ntvol.run"] = "lua/ntvol/run.lua",
    ["ntvol.safety"] = "lua/ntvol/safety.lua",
    ["ntvol.retry"] = "lua/ntvol/retry.lua",
    ["ntvol.shell"] = "lua/ntvol/shell.lua",
    ["ntvol.shortage"] = "lua/ntvol/shortage.lua",
    ["ntvol.sim"] = "lua/ntvol/sim.lua",
    ["ntvol.sim_spec"] = "lua/ntvol/sim_spec.lua",
    ["ntvol.size"] = "lua/ntvol/size.lua",
    ["ntvol.aftermath"] = "lua/ntvol/aftermath.lua",
    ["ntvol.unfinished"] = "lua/ntvol/unfinished.lua",
    ["ntvol.take_back"] = "lua/ntvol/take_back.lua",
    ["ntvol.timeline"] = "lua/ntvol/timeline.lua",
    ["ntvol.volume"] = "lua/ntvol/volume.lua",
    ["ntvol.timeline.axis"] = "lua/ntvol/timeline/axis.lua",
    ["ntvol.timeline.canvas"] = "lua/ntvol/timeline/canvas.lua",
    ["ntvol.timeline.history"] = "lua/ntvol/timeline/history.lua",
    ["ntvol.timeline.picture"] = "lua/ntvol/timeline/picture.lua",
    ["ntvol.timeline.style"] = "lua/ntvol/timeline/style.lua",
    ["ntvol.timeline.text"] = "lua/ntvol/timeline/text.lua",
  },
  platforms = {
    unix = {
      modules = {
        ["ntvol.core"] = c_module("unix", both(both(core, disk), core_posix), { BLKID }),
        ["ntvol.journal.core"] = c_module("unix", both(journal, journal_posix),
          { { "SQLITE", "sqlite3" }, { "ZSTD", "zstd" },
            { "XXHASH", "xxhash" } }),
        ["ntvol.sim.core"] = c_module("unix", both(both(sim, disk), sim_posix),
          { { "SQLITE", "sqlite3" }, BLKID, { "FDISK", "fdisk" },
            { "TSK", "tsk" }, { "TSK", "stdc++" } }),
      },
    },
    -- Without simulated machines and journal: SQLite, which they need, nobody
    -- has there.
    -- The zip of `make dist-win` has them.
    windows = {
      modules = {
        ["ntvol.core"] = c_module("windows", both(both(core, disk), core_win32), {}),
      },
    },
  },
  install = {
    bin = { ntvol = "bin/ntvol" },
    conf = { ["ntvol.h"] = "src/ntvol.h" }, -- for C hosts
  },
  copy_directories = { "docs", "examples", "types" },
}
