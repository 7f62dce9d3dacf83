--- Commands that run a plan: change-fs, format, prepare-removal, restore-lun,
-- exclusive, eject.
-- @module ntvol.cli.plans

local failure = require "ntvol.failure"
local file_systems = require "ntvol.file_systems"
local output = require "ntvol.cli.output"
local plan_run = require "ntvol.cli.plan_run"
local plans = require "ntvol.plan"
local program = require "ntvol.cli.program"
local size = require "ntvol.size"
local wait = require "ntvol.cli.wait"

local M = {}

-- The words of a command line: a verb and its object, and of these options
-- those that were given, with their values where they have one.
local function words_of(args, verb, object, options)
  local words = { verb, object }
  for option in options:gmatch "%S+" do
    local value = args[(option:gsub("^%-%-", ""):gsub("%-", "_"))]
    if value then
      words[#words + 1] = option
      words[#words + 1] = value ~= true and value or nil
    end
  end
  return words
end

-- ---- change-fs, format ---------------------------------------------------

-- How a command that formats carries its plan out; `option` names the file
-- system.
local function formatting(verb, option)
  return {
    danger = "everything on %s would be lost",
    words = function(args, target)
      local words = words_of(args, verb, args.volume, option .. " --label"
        .. " --cluster-size --full --no-undo --undo-limit --overlaps")
      return table.move({ "--erase", target }, 1, 2, #words + 1, words)
    end,
  }
end

local CHANGE = formatting("change-fs", "--to")
local FORMAT = formatting("format", "--fs")

local function format_options(args, machine)
  return {
    label = args.label, cluster_size = args.cluster_size,
    quick = not args.full, undo = not args.no_undo,
    undo_limit = args.undo_limit, overlaps = args.overlaps, machine = machine,
  }
end

local function change(args, machine)
  local opts = format_options(args, machine)
  opts.to = args.to
  return plan_run.carry_out(args, CHANGE,
    plans.change_filesystem(args.volume, opts))
end

local function format(args, machine)
  local opts = format_options(args, machine)
  opts.fs = args.fs
  return plan_run.carry_out(args, FORMAT,
    plans.format_volume(args.volume, opts))
end

-- ---- prepare-removal, restore-lun ----------------------------------------

local function removal_words(args)
  local words = words_of(args, "prepare-removal", args.disk,
    args.lock ~= "required" and "--lock --spanned" or "--spanned")
  words[#words + 1] = "--yes"
  return words
end

local REMOVAL = { words = removal_words,
  danger = "%s and its volumes would go away" }

local function prepare(args, machine)
  return plan_run.carry_out(args, REMOVAL,
    plans.prepare_lun_removal(args.disk, { lock = args.lock,
      spanned = args.spanned, machine = machine }))
end

local function restore_words(args)
  return words_of(args, "restore-lun", args.disk, "--serial")
end

local function restore(args, machine)
  return plan_run.carry_out(args, { words = restore_words },
    plans.restore_lun(args.disk, { serial = args.serial, machine = machine }))
end

-- ---- exclusive, eject ----------------------------------------------------

local function exclusive_words(args)
  local words = words_of(args, "exclusive", args.volume, "--read-only")
  words[#words + 1] = "--"
  return table.move(args.command, 1, #args.command, #words + 1, words)
end

-- Standard output belongs to the program, because it may be a pipe.
local EXCLUSIVE = { words = exclusive_words, write = output.say }

-- The work of the plan: running the program. With --json, the program prints to
-- standard error, so that standard output has the report alone.
local function work(args, ended)
  local started = failure.newtry(function(_, code)
    ended.status = program.not_started(code)
  end)
  return failure.protect(function(volume)
    ended.status = started(volume:run(args.command, { to_stderr = args.json }))
    if ended.status ~= 0 then
      failure.fail { op = "run", target = args.command[1], reason = "program",
        detail = ("the command ended with exit status %d"):format(ended.status) }
    end
    return true
  end)
end

local function exclusive(args, machine)
  local ended = {}
  local status = plan_run.carry_out(args, EXCLUSIVE,
    plans.with_exclusive_volume(args.volume, {
      machine = machine, access = args.read_only and "r" or nil,
      work = work(args, ended),
      says = ("Run %s."):format(args.command[1]),
    }))
  -- There is no exit status when the program was not run.
  return status ~= output.EXIT.ok and ended.status ~= 0 and ended.status
    or status
end

local function eject_words(args)
  return words_of(args, "eject", args.name, "--what")
end

local function eject(args, machine)
  return plan_run.carry_out(args, { words = eject_words },
    plans.eject(args.name, { what = args.what, machine = machine }))
end

-- ---- the commands --------------------------------------------------------

local function to_cluster_size(text)
  local bytes, problem = size.parse(text)
  if not bytes then
    return nil, problem
  elseif not file_systems.is_cluster_size(bytes) then
    return nil, ("cluster size '%s' is not a power of two from 512 to 32M")
      :format(text)
  end
  return bytes
end

local function plan_flag(command)
  command:flag "--plan"
    :description "Print the plan, check it, and change nothing."
end

-- An option that takes the name of a file system.
local function fs_option(command, name, description)
  return command:option(name)
    :argname "FS"
    :description(description .. ": " .. file_systems.list .. ".")
    :convert(file_systems.find)
end

-- What change-fs and format have in common beside the option that names the
-- file system.
local function add_format_options(command)
  command:option "--label"
    :argname "LABEL"
    :description "Its label."
  command:option "--cluster-size"
    :argname "SIZE"
    :description "Size of its clusters: 4096, 64K."
    :convert(to_cluster_size)
  command:flag "--full"
    :description "Write the whole volume, not only the new file system."
  command:flag "--no-undo"
    :description "Save nothing of what is overwritten: it cannot be undone."
  command:option "--undo-limit"
    :argname "SIZE"
    :description "How much may be saved for an undo: 256M unless given."
    :convert(size.parse)
  command:flag "--overlaps"
    :description("The partition table, and volumes in the same place, may go,"
      .. " too.")
  command:option "--erase"
    :argname "NAME"
    :description("Name the volume once more: everything on it is erased."
      .. " Without it the plan is printed and nothing is changed.")
  wait.flag(command)
  plan_flag(command)
end

local function add_change(add, json)
  local command = json(add("change-fs",
    "Change the file system of a volume: open, lock, format, dismount,"
    .. " unlock, close.", change))
  command:argument "volume"
    :description "D:, a mount folder or a GUID path."
  fs_option(command, "--to", "The new file system"):count(1)
  add_format_options(command)
  command:epilog [[
Examples: ntvol change-fs D: --to ntfs --plan
          ntvol change-fs D: --to ntfs --label DATA --erase D:]]
end

local function add_format(add, json)
  local command = json(add("format",
    "Format a volume that has any file system or none; everything on it is"
    .. " erased.", format))
  command:argument "volume"
    :description "D:, a mount folder or a GUID path."
  fs_option(command, "--fs", "The file system, the same again unless given")
  add_format_options(command)
  command:epilog [[
Steps and undo are those of change-fs. To take it back: ntvol undo D:.
Examples: ntvol format D: --fs ntfs --plan
          ntvol format D: --fs exfat --label STICK --erase D:]]
end

local function add_prepare(add, json)
  local command = json(add("prepare-removal",
    "Prepare a disk for the removal of its LUN: every volume locked,"
    .. " dismounted, offline; then uninstalled.", prepare))
  command:argument "disk"
    :description "PhysicalDrive1 or 1."
  command:option "--lock"
    :description("required (the default): refuse when a volume is in use; try:"
      .. " go on without the lock; no: do not lock. Without the lock, programs"
      .. " that have the volume open lose their handles.")
    :choices { "required", "try", "no" }
    :default "required"
    :show_default(false)
  command:flag "--spanned"
    :description("Go on when a volume lies on another disk, too: it goes away"
      .. " there as well.")
  command:flag "--yes"
    :description("Do it. No data is lost, but the volumes go away. Without it"
      .. " the plan is printed and nothing is changed.")
  wait.flag(command)
  plan_flag(command)
  command:epilog [[
Examples: ntvol prepare-removal 1 --plan
          ntvol prepare-removal 1 --yes]]
end

local function add_restore(add, json)
  local command = json(add("restore-lun",
    "Bring back a disk whose LUN was masked: present it where the machine can,"
    .. " bring disk and volumes online, look at what came back.", restore))
  command:argument "disk"
    :description "PhysicalDrive1 or 1."
  command:option "--serial"
    :argname "SERIAL"
    :description "Refuse a disk that tells another serial number."
  plan_flag(command)
  command:epilog [[
Nothing on the disk is written. To take it away again: ntvol prepare-removal.
Examples: ntvol restore-lun 1 --plan
          ntvol restore-lun 1 --serial 600508B1001C]]
end

local function add_exclusive(add, json)
  local command = json(add("exclusive",
    "Run a program with exclusive access to a volume: open, lock, run,"
    .. " unlock, close.", program.named("exclusive", exclusive)))
  command:argument "volume"
    :description "D:, a mount folder or a GUID path."
  command:argument "command"
    :args "+"
    :description "The program and its arguments, after --."
  command:usage [[
Usage: ntvol exclusive [-h] [--json] [--read-only] [--wait SECONDS]
       [--plan] <volume> -- <command> ...]]
  command:flag "--read-only"
    :description("The program only reads: a read-only volume will do, and"
      .. " nothing needs to be undone.")
  wait.flag(command)
  plan_flag(command)
  command:epilog [[
As "ntvol lock", with the checks and the report of a plan: it refuses volumes
that the system needs, and a volume that is not the one it was. The exit status
is that of the program when that failed. Standard output is the program's; what
is said of the steps goes to standard error. With --json it is the other way
round.
Examples: ntvol exclusive D: --read-only -- ntvol show D:
          ntvol exclusive D: --plan -- true]]
end

local function add_eject(add, json)
  local command = json(add("eject",
    "Eject a medium or a device: every volume on it locked and dismounted,"
    .. " then ejected.", eject))
  command:argument "name"
    :description "A volume on it, or the disk: E:, PhysicalDrive1."
  command:option "--what"
    :description("medium: out of the drive; device: safe to take away. Unless"
      .. " given, the medium; a fixed disk is refused.")
    :choices { "medium", "device" }
  wait.flag(command)
  plan_flag(command)
  command:epilog [[
It is refused while somebody has one of the volumes open.
Examples: ntvol eject E: --plan
          ntvol eject E:]]
end

--- Adds the commands to the parser.
function M.add(add, json)
  add_change(add, json)
  add_format(add, json)
  add_prepare(add, json)
  add_restore(add, json)
  add_exclusive(add, json)
  add_eject(add, json)
end

return M
