--- Commands that do one thing to a volume: lock, dismount, offline, online.
-- @module ntvol.cli.verbs

local failure = require "ntvol.failure"
local output = require "ntvol.cli.output"
local program = require "ntvol.cli.program"
local progress = require "ntvol.progress"
local wait = require "ntvol.cli.wait"

local try = failure.try

local M = {}

-- Runs `f(volume, waiting)` with the volume open; it returns an exit code.
-- `waiting()` returns the options of the next request that can wait.
local function with_volume(args, machine, f)
  local waiting = wait.options(args, machine)
  local volume <close> = try(machine:open(args.volume, waiting()))
  return f(volume, waiting)
end

local function take_lock(volume, waiting)
  local guard = try(volume:lock(waiting()))
  progress.finish()
  return guard
end

local function lock(args, machine)
  return with_volume(args, machine, function(volume, waiting)
    local _ <close> = take_lock(volume, waiting)
    local status, message, code, info = volume:run(args.command,
      { to_stderr = args.json })
    if status then
      output.did(args, { did = { "lock", "run" }, volume = args.volume,
        command = args.command, status = status })
    end
    return program.status(status, message, code, info)
  end)
end

-- Locks unless it is not wanted, then does the verbs in order.
local function verbs(...)
  local list = { ... }
  return function(args, machine)
    return with_volume(args, machine, function(volume, waiting)
      local did = {}
      if not args.no_lock then
        take_lock(volume, waiting)
        did[1] = "lock"
      end
      for _, verb in ipairs(list) do
        try(volume[verb](volume))
        did[#did + 1] = verb
      end
      return output.did(args, { did = did, volume = args.volume })
    end)
  end
end

local function online(args, machine)
  return with_volume(args, machine, function(volume)
    try(volume:online())
    return output.did(args, { did = { "online" }, volume = args.volume })
  end)
end

-- A command that gives its arguments to a method of the machine.
local function on_machine(verb, method, ...)
  local names = { ... }
  return function(args, machine)
    local values, data = {}, { did = { verb } }
    for i, name in ipairs(names) do
      values[i], data[name] = args[name], args[name]
    end
    try(machine[method](machine, table.unpack(values)))
    return output.did(args, data)
  end
end

local function volume_argument(command)
  command:argument "volume"
    :description "D:, a mount folder or a GUID path."
  return command
end

local function no_lock_flag(command)
  command:flag "--no-lock"
    :description("Do not lock first. Programs that have the volume open lose"
      .. " their handles.")
  return command
end

--- Adds the commands to the parser.
-- @param plain_add function(name, summary, run)
-- @param json function(command) that adds --json
function M.add(plain_add, json)
  local function add(...)
    return json(plain_add(...))
  end
  local command = volume_argument(add("lock",
    "Hold the lock of a volume while a command runs.",
    program.named("lock", lock)))
  command:argument "command"
    :args "+"
    :description "The program and its arguments, after --."
  wait.flag(command)
  command:usage
    "Usage: ntvol lock [-h] [--json] [--wait SECONDS] <volume> -- <command> ..."
  command:epilog [[
The exit status is that of the command; 128 + N when signal N ended it; 127
when there is no such program, 126 when it cannot be run. When the lock is
refused the command does not run. Signals that ntvol gets (HUP, INT, QUIT, TERM)
go to the command, and ntvol waits for it. The lock holds until the command has
ended, even when ntvol itself is killed. With --json, what the command prints
goes to standard error. The command works on the same machine: NTVOL_MACHINE
names it.
Examples: ntvol lock D: -- ntvol show D:
          ntvol lock D: --wait 10 -- ntvol holders D:]]
  command = no_lock_flag(volume_argument(add("dismount",
    "Dismount a volume.", verbs("dismount"))))
  command:epilog [[
The volume is locked before, so that it is refused while others use it. When
the command has ended, the next program that opens the volume mounts it again.
To keep it dismounted: ntvol offline.
Example: ntvol dismount D: --wait 10]]
  wait.flag(command)
  command = no_lock_flag(volume_argument(add("offline",
    "Take a volume offline: lock, dismount, offline.",
    verbs("dismount", "offline"))))
  command:epilog [[
It stays offline until it is brought online or the disk arrives again.
Example: ntvol offline D:]]
  wait.flag(command)
  volume_argument(add("online", "Bring a volume online.", online))
    :epilog "Example: ntvol online D:"
  command = volume_argument(add("assign",
    "Give a volume a letter or a mount folder, and put it online.",
    on_machine("assign", "add_mount_point", "volume", "point")))
  command:argument "point"
    :description "E: or a folder."
  command:epilog [[
A volume has one letter, and any number of folders.
Examples: ntvol assign '\\?\Volume{01234567-89ab-cdef-0123-456789abcdef}' E:
          ntvol assign D: 'C:\mnt\data']]
  command = add("unassign", "Take a letter or a mount folder from its volume.",
    on_machine("unassign", "remove_mount_point", "point"))
  command:argument "point"
    :description "E: or a folder."
  command:epilog [[
What is open stays open. A volume that lost its letter gets none by itself when
it arrives again.
Example: ntvol unassign E:]]
end

return M
