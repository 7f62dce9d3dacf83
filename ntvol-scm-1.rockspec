-- The rock. The lists name every file; spec/tree_spec.lua compares them with
-- the tree.
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
it back, with the rules of Windows NT, on a simulated machine made of disk
images. A maintenance script can be written and tested there without privileges.
]],
  license = "MIT",
}

dependencies = {
  "lua >= 5.4",
  "argparse >= 0.7",
}

external_dependencies = {
  SQLITE = { header = "sqlite3.h", library = "sqlite3" },
  BLKID = { header = "blkid/blkid.h", library = "blkid" },
  FDISK = { header = "libfdisk/libfdisk.h", library = "fdisk" },
  TSK = { header = "tsk/libtsk.h", library = "tsk" },
}

build = {
  type = "builtin",
  modules = {
    ["ntvol.cli"] = "lua/ntvol/cli.lua",
    ["ntvol.cli.list"] = "lua/ntvol/cli/list.lua",
    ["ntvol.cli.output"] = "lua/ntvol/cli/output.lua",
    ["ntvol.cli.plans"] = "lua/ntvol/cli/plans.lua",
    ["ntvol.cli.sim"] = "lua/ntvol/cli/sim.lua",
    ["ntvol.cli.verbs"] = "lua/ntvol/cli/verbs.lua",
    ["ntvol.current"] = "lua/ntvol/current.lua",
    ["ntvol.failure"] = "lua/ntvol/failure.lua",
    ["ntvol"] = "lua/ntvol/init.lua",
    ["ntvol.json"] = "lua/ntvol/json.lua",
    ["ntvol.names"] = "lua/ntvol/names.lua",
    ["ntvol.options"] = "lua/ntvol/options.lua",
    ["ntvol.plan"] = "lua/ntvol/plan.lua",
    ["ntvol.procedures.change_filesystem"] = "lua/ntvol/procedures/change_filesystem.lua",
    ["ntvol.procedures.prepare_lun_removal"] = "lua/ntvol/procedures/prepare_lun_removal.lua",
    ["ntvol.progress"] = "lua/ntvol/progress.lua",
    ["ntvol.repl"] = "lua/ntvol/repl.lua",
    ["ntvol.sim"] = "lua/ntvol/sim.lua",
    ["ntvol.sim_spec"] = "lua/ntvol/sim_spec.lua",
    ["ntvol.size"] = "lua/ntvol/size.lua",
    ["ntvol.core"] = {
      sources = {
        "src/core.c",
        "src/lua_aux.c",
        "src/lua_format.c",
        "src/lua_info.c",
        "src/lua_kind.c",
        "src/lua_lock.c",
        "src/lua_machine.c",
        "src/lua_open.c",
        "src/lua_query.c",
        "src/lua_vocabulary.c",
        "src/lua_volume.c",
        "src/nt/codes.c",
        "src/nt/error.c",
        "src/nt/exfat.c",
        "src/nt/format.c",
        "src/nt/format_check.c",
        "src/nt/label.c",
        "src/nt/mkfs.c",
        "src/nt/mkfs_rows.c",
        "src/nt/name.c",
        "src/nt/nt.c",
        "src/nt/probe.c",
        "src/nt/ranges.c",
        "src/nt/scratch.c",
        "src/nt/status.c",
        "src/nt/text.c",
        "src/nt/tool.c",
      },
      defines = { "_GNU_SOURCE" },
      libraries = { "blkid" },
      incdirs = { "src", "$(BLKID_INCDIR)" },
      libdirs = { "$(BLKID_LIBDIR)" },
    },
    ["ntvol.sim.core"] = {
      sources = {
        "src/sim_core.c",
        "src/lua_aux.c",
        "src/nt/codes.c",
        "src/nt/error.c",
        "src/nt/name.c",
        "src/nt/nt.c",
        "src/nt/probe.c",
        "src/nt/status.c",
        "src/nt/text.c",
        "src/nt/sim/control.c",
        "src/nt/sim/create.c",
        "src/nt/sim/describe.c",
        "src/nt/sim/device.c",
        "src/nt/sim/event.c",
        "src/nt/sim/files.c",
        "src/nt/sim/fsd.c",
        "src/nt/sim/fsd_fat.c",
        "src/nt/sim/fsd_ntfs.c",
        "src/nt/sim/fsd_raw.c",
        "src/nt/sim/image.c",
        "src/nt/sim/instance.c",
        "src/nt/sim/io.c",
        "src/nt/sim/machine.c",
        "src/nt/sim/open.c",
        "src/nt/sim/owner.c",
        "src/nt/sim/partition.c",
        "src/nt/sim/pnp.c",
        "src/nt/sim/refuse.c",
        "src/nt/sim/remove.c",
        "src/nt/sim/resolve.c",
        "src/nt/sim/rows.c",
        "src/nt/sim/schema.c",
        "src/nt/sim/store.c",
      },
      defines = { "_GNU_SOURCE" },
      libraries = { "sqlite3", "blkid", "fdisk", "tsk" },
      incdirs = {
        "src",
        "$(SQLITE_INCDIR)",
        "$(BLKID_INCDIR)",
        "$(FDISK_INCDIR)",
        "$(TSK_INCDIR)",
      },
      libdirs = {
        "$(SQLITE_LIBDIR)",
        "$(BLKID_LIBDIR)",
        "$(FDISK_LIBDIR)",
        "$(TSK_LIBDIR)",
      },
    },
  },
  install = { bin = { ntvol = "bin/ntvol" } },
  copy_directories = { "docs", "examples" },
}
