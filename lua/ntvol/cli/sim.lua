--- Commands for simulated machines: sim create, show, check, insert, eject,
-- mask, unmask, rm.
-- @module ntvol.cli.sim

local failure = require "ntvol.failure"
local list = require "ntvol.cli.list"
local names = require "ntvol.names"
local output = require "ntvol.cli.output"
local sim_spec = require "ntvol.sim_spec"

local try = failure.try

local M = {}

-- This module is loaded when it is used, because other commands do not need its
-- libraries.
local function sim()
  return require "ntvol.sim"
end

local NODES = {
  { title = "NODE", field = "name" },
  { title = "THIS", field = "own", always = true, show = function(own)
    return own and "yes" or "no"
  end },
}

local function show_machine(machine, args)
  local disks = try(machine:disks())
  local volumes, nodes = try(machine:volumes()), try(machine:nodes())
  if args.json then
    output.json { machine = machine:name(), disks = disks, volumes = volumes,
      nodes = nodes }
  else
    if #nodes > 0 then
      output.table(NODES, nodes)
      output.print ""
    end
    output.table(list.DISKS, disks)
    output.print ""
    output.table(list.volume_columns(volumes), volumes)
  end
  return output.EXIT.ok
end

local function create(args)
  if not args.disks then
    return output.usage("sim create: name at least one --disk, --disk-image,"
      .. " --cd or --removable",
      "hint: ntvol sim create lab --disk 64M:fat:D:OLD")
  end
  local spec = { disks = args.disks, nodes = args.nodes,
    mounted = not args.unmounted }
  local complete, problem = sim_spec.complete(spec)
  if not complete then
    return output.usage("sim create: " .. problem)
  end
  local machine <close> = try(sim().create(args.dir, spec))
  return show_machine(machine, args)
end

-- Runs f(machine, args) on the machine of a folder.
local function on_machine(f)
  return function(args)
    local machine <close> = try(sim().open(args.dir))
    return f(machine, args)
  end
end

-- Ends a command that prints nothing for people; `fields` are arguments that
-- programs read.
local function did(args, verb, fields, ...)
  try(...)
  local data = { did = { verb }, machine = args.dir }
  for name in fields:gmatch "%S+" do
    data[name] = args[name]
  end
  return output.did(args, data)
end

local function verb(method)
  return on_machine(function(machine, args)
    return did(args, method, "disk", machine[method](machine, args.disk))
  end)
end

local function insert(machine, args)
  return did(args, "insert", "drive image readonly", sim().insert(machine,
    names.full(args.drive), args.image, { readonly = args.readonly }))
end

local function eject(machine, args)
  return did(args, "eject", "drive", sim().eject(machine,
    names.full(args.drive)))
end

local function remove(args)
  return did(args, "rm", "", sim().remove(args.dir))
end

local function maintain(machine, args)
  return did(args, "maintenance", "volume state",
    machine:set_maintenance(args.volume, args.state == "on"))
end

local function own(machine, args)
  return did(args, "owner", "volume node",
    machine:set_owner(args.volume, args.node))
end

-- The line about one thing that is wrong.
local function show_damage(damage)
  local place = damage.table and ("table %s, column %s, %s: %s "):format(
    damage.table, damage.column, damage.row, damage.value) or ""
  return (damage.note and "note: " or "") .. place .. damage.what
end

local function check_machine(args)
  local found = try(sim().check(args.dir,
    { allow_images = args.allow_images }))
  local damaged = false
  for _, damage in ipairs(found) do
    damaged = damaged or not damage.note
  end
  if args.json then
    output.json { machine = args.dir, damaged = damaged, found = found }
  else
    for _, damage in ipairs(found) do
      output.print(show_damage(damage))
    end
    output.print(damaged and "the machine is damaged, or may not use an image"
      or "nothing is wrong with the machine")
  end
  return damaged and output.EXIT.refused or output.EXIT.ok
end

-- All these options fill one list, so that the disks keep their order.
local function collect(read)
  return function(args, _, text)
    local disk = assert(read(text))
    args.disks = args.disks or {}
    table.insert(args.disks, disk)
  end
end

-- A function that lets the parser refuse a wrong text. The value itself stays
-- text.
local function check(read)
  return function(text)
    local ok, problem = read(text)
    if not ok then
      return nil, problem
    end
    return text
  end
end

local GRAMMAR = [==[
DISK is SIZE[:FS[:LETTER[:LABEL]]][:WORD]: a disk that is one volume. FS is ntfs, fat,
fat16, fat32, exfat or raw; LETTER is D, or - for none. A disk with partitions
is STYLE:SIZE=VOLUME+VOLUME..., STYLE is mbr or gpt, and VOLUME is like DISK
with its own SIZE, or rest. VOLUMEs with the same @SPAN behind their SIZE, on
whatever disks, are one volume in pieces; its first piece says all else.
IMAGE is an existing image, PATH[:LETTER]; its contents stay as they are. In a
drive, --cd or --removable, none is no medium. 4096: in front of a DISK or an
IMAGE gives it sectors of 4096 bytes; without it an image has those that its GPT
says, else 512. With --node the machine is a cluster; the WORD csv makes a volume
cluster shared. A volume with a letter on a fixed disk is mounted from the start,
as on Windows: a write through its disk needs a lock or a dismount. The WORDs
mounted and unmounted, behind an IMAGE, too, say otherwise of one volume.

Examples: ntvol sim create lab --disk 64M:fat:D:OLD --disk 1G:ntfs:E
          ntvol sim create lab --disk gpt:1G=512M:ntfs:D:DATA+rest:fat32:E
          ntvol sim create lab --disk gpt:64M=8M@set:fat:D+rest:ntfs:E
            --disk gpt:16M=rest@set
          ntvol sim create lab --disk-image old.img:D
          ntvol sim create lab --disk 4096:gpt:64M:ntfs:D --disk-image 4096:a.img
          ntvol sim create lab --node n1 --node n2 --disk 64M:ntfs:D:DATA:csv]==]

-- An option that may be given several times; `read` reads its short form.
local function disk_option(command, name, argname, read, description)
  command:option(name)
    :argname(argname)
    :description(description)
    :count "*"
    :convert(check(read))
    :action(collect(read))
end

local function add_create(add)
  local command = add("create", "Create a simulated machine.", create)
  command:argument "dir"
    :description "A folder that does not exist yet or is empty."
  disk_option(command, "--disk", "DISK", sim_spec.disk,
    "A new disk: 64M:fat:D:OLD.")
  disk_option(command, "--disk-image", "IMAGE", sim_spec.image,
    "An existing image: old.img:D.")
  disk_option(command, "--cd", "IMAGE", sim_spec.cd,
    "A CD drive, and the image of the CD in it: image.iso:E, none:E.")
  command:option "--node"
    :argname "NODE"
    :description "A node of a cluster: n1."
    :count "*"
    :target "nodes"
  disk_option(command, "--removable", "IMAGE", sim_spec.removable,
    "A removable disk, and its medium: stick.img:F, none:F.")
  command:flag "--unmounted"
    :description "Nothing is mounted from the start but what the system uses."
  command:epilog(GRAMMAR)
end

local function dir_argument(command)
  command:argument "dir"
    :description "The folder of the machine."
  return command
end

local function add_verb(add, name, summary)
  local command = dir_argument(add(name, summary, verb(name)))
  command:argument "disk"
    :description "PhysicalDrive1 or 1."
  command:epilog(("Example: ntvol sim %s lab 1"):format(name))
end

local function add_cluster(add)
  local maintenance = dir_argument(add("maintenance",
    "Take a cluster shared volume out of the cluster, or put it back.",
    on_machine(maintain)))
  maintenance:argument "volume"
    :description "D:, a mount folder or a GUID path."
  maintenance:argument "state"
    :description "on takes it out, off puts it back."
    :choices { "on", "off" }
  maintenance:epilog "Example: ntvol sim maintenance lab D: on"
  local owner = dir_argument(add("owner", "Make a node the owner of a volume.",
    on_machine(own)))
  owner:argument "volume"
    :description "D:, a mount folder or a GUID path."
  owner:argument "node"
    :description "The name of the node: n2."
  owner:epilog "Example: ntvol sim owner lab D: n2"
end

local function drive_argument(command)
  command:argument "drive"
    :description "E:, CdRom0, PhysicalDrive1 or 1."
  return command
end

local function add_insert(add)
  local command = drive_argument(dir_argument(add("insert",
    "Put a medium into a drive.", on_machine(insert))))
  command:argument "image"
    :description "An existing image."
  command:flag "--readonly"
    :description "It is write-protected."
  command:epilog "Example: ntvol sim insert lab E: image.iso"
end

--- Adds the commands to the parser.
-- @param plain_add function(name, summary, run)
-- @param json function(command) that adds --json
function M.add(plain_add, json)
  local function add(...)
    return json(plain_add(...))
  end
  add_create(add)
  dir_argument(add("show", "Show its disks and volumes.",
    on_machine(show_machine))):epilog "Example: ntvol sim show lab"
  local checking = dir_argument(add("check", "Say what is wrong with a"
    .. " simulated machine; change nothing.", check_machine))
  checking:flag "--allow-images"
    :description "I trust it: let it use images outside of its folder."
  checking:epilog [[
The exit code is 1 when the machine is damaged, or has an image that it may not
use. Look at one from somebody else before you use it.
Example: ntvol sim check lab]]
  add_insert(add)
  drive_argument(dir_argument(add("eject", "Take the medium out of a drive.",
    on_machine(eject)))):epilog "Example: ntvol sim eject lab E:"
  add_verb(add, "mask", "Stop presenting the LUN of a disk, as a storage"
    .. " administrator does.")
  add_verb(add, "unmask", "Present the LUN of a disk again.")
  add_cluster(add)
  dir_argument(add("rm", "Remove a simulated machine and the images that were"
    .. " made for it.", remove))
    :epilog [[
Images that the machine was made of stay, and so does everything else in the
folder. Refused while somebody uses the machine.
Example: ntvol sim rm lab]]
end

return M
