--- Commands that look: volumes, disks, show, events, watch.
-- @module ntvol.cli.list

local failure = require "ntvol.failure"
local names = require "ntvol.names"
local output = require "ntvol.cli.output"
local size = require "ntvol.size"
local values = require "ntvol.cli.values"
local watch = require "ntvol.cli.watch"

local try = failure.try

local M = {}

local add_if, bytes = output.add_field, output.bytes

M.VOLUMES = {
  { title = "NAME", field = "name" },
  { title = "FS", field = "file_system" },
  { title = "LABEL", field = "label" },
  { title = "SIZE", field = "size", show = size.format },
  { title = "STATE", field = "state" },
}

local CONTENT = { title = "CONTENT", field = "content" }

--- The columns of a list of volumes. There is one for what RAW volumes hold
-- when that is known of one of them.
-- @tparam {table,...} volumes
-- @treturn {table,...}
function M.volume_columns(volumes)
  for _, volume in ipairs(volumes) do
    if volume.content then
      local columns = { table.unpack(M.VOLUMES) }
      columns[#columns + 1] = CONTENT
      return columns
    end
  end
  return M.VOLUMES
end

M.DISKS = {
  { title = "NAME", field = "name" },
  { title = "SIZE", field = "size", show = size.format },
  { title = "STYLE", field = "style" },
  { title = "VOLUMES", field = "volume_count" },
  { title = "STATE", field = "state" },
  { title = "LOCATION", field = "location" },
}

M.EVENTS = {
  { title = "ID", field = "id" },
  { title = "TIME", field = "time", show = output.time,
    always = true },
  { title = "KIND", field = "kind" },
  { title = "TARGET", field = "target" },
  { title = "NAME", field = "name" },
  { title = "PID", field = "pid" },
}

-- In a cluster, an event of a file system belongs to one node.
local NODE = { title = "NODE", field = "node" }

--- The columns of a list of events.
-- @tparam {table,...} events
-- @treturn {table,...}
function M.event_columns(events)
  for _, event in ipairs(events) do
    if event.node then
      local columns = { table.unpack(M.EVENTS) }
      columns[#columns + 1] = NODE
      return columns
    end
  end
  return M.EVENTS
end

-- A command that prints what a method of the machine lists. `columns` may be a
-- function of the list.
local function lister(columns, list)
  return function(args, machine)
    return output.answer(args, function(found)
      output.table(type(columns) == "function" and columns(found) or columns,
        found)
    end, list(machine, args))
  end
end

-- ---- holders -------------------------------------------------------------

M.HOLDERS = {
  { title = "PID", field = "pid" },
  { title = "NAME", field = "name" },
  { title = "HOW", field = "how" },
  { title = "PATH", field = "path" },
  { title = "NODE", field = "node" },
  { title = "SINCE", field = "start_time", show = output.time, always = true },
}

-- An empty list is a success, too: the exit code only says whether the machine
-- could be asked.
local function list_holders(args, machine)
  local list = try(machine:holders(names.full(args.name)))
  if args.json then
    output.json { target = args.name, holders = list, complete = list.complete,
      missing = list.missing }
    return output.EXIT.ok
  end
  output.table(M.HOLDERS, list)
  if not list.complete then
    output.say("ntvol: the list may be incomplete: " .. list.missing)
  end
  return output.EXIT.ok
end

-- ---- show ----------------------------------------------------------------

-- Asks something that a machine may refuse; then the result is nil.
local function ask(handle, method)
  local ok, answer = pcall(handle[method], handle)
  return ok and answer or nil
end

local function describe_volume(machine, name)
  local info = names.volume(machine, name)
  local handle <close> = machine:open(name, { access = "none" })
  return {
    kind = "volume", machine = machine:name(), volume = info,
    geometry = handle and ask(handle, "geometry"),
    device_number = handle and ask(handle, "device_number"),
  }
end

local function describe_disk(machine, name)
  local info = names.disk(machine, name)
  return { kind = "disk", machine = machine:name(), disk = info,
    volumes = names.volumes_of_disk(machine, info.number) }
end

local function volume_fields(found)
  local info, fields = found.volume, {}
  add_if(fields, "volume", info.name)
  add_if(fields, "machine", found.machine)
  output.add_fields(fields, info, "state file_system content label serial")
  add_if(fields, "size", bytes(info.size))
  add_if(fields, "sector size", info.sector_size)
  add_if(fields, "GUID path", info.guid_path)
  add_if(fields, "device", info.device)
  for _, folder in ipairs(info.mount_points) do
    add_if(fields, "mount point", folder)
  end
  add_if(fields, "partition", #info.extents > 1 and "none, several pieces"
    or info.partition_number == 0 and "none, the whole disk"
    or info.partition_number)
  add_if(fields, "owner", info.owner)
  add_if(fields, "cluster shared", info.csv_state)
  output.add_extents(fields, info.extents)
  local geometry = found.geometry
  add_if(fields, "geometry", geometry
    and ("%d cylinders, %d heads, %d sectors per track"):format(
      geometry.cylinders, geometry.heads, geometry.sectors_per_track))
  return fields
end

local function disk_fields(found)
  local info, fields = found.disk, {}
  add_if(fields, "disk", info.name)
  add_if(fields, "machine", found.machine)
  add_if(fields, "state", info.state)
  add_if(fields, "size", bytes(info.size))
  output.add_fields(fields, info, "sector_size style serial model location")
  for _, volume in ipairs(found.volumes) do
    add_if(fields, "volume", tostring(volume))
  end
  return fields
end

local function show(args, machine)
  local is_disk = names.disk_number(args.name)
  local describe = is_disk and describe_disk or describe_volume
  local fields = is_disk and disk_fields or volume_fields
  return output.answer(args, function(found)
    output.fields(fields(found))
  end, describe(machine, args.name))
end

-- ---- the commands --------------------------------------------------------

local to_event_id = values.whole("the id of an event", 0)

-- The newest events, no more than `count` of them.
local function newest(count, events, ...)
  if not events or not count or #events <= count then
    return events, ...
  end
  return table.move(events, #events - count + 1, #events, 1, {})
end

--- Adds the commands to the parser.
-- @param add function(name, summary, run)
-- @param json function(command) that adds --json
function M.add(add, json)
  json(add("volumes", "List the volumes.",
    lister(M.volume_columns, function(machine) return machine:volumes() end)))
    :epilog "Example: ntvol volumes --json"
  json(add("disks", "List the disks, masked and uninstalled ones too.",
    lister(M.DISKS, function(machine) return machine:disks() end)))
    :epilog "Example: ntvol disks"
  local command = json(add("show", "Show all that is known about a volume or"
    .. " disk.", show))
  command:argument "name"
    :description "D:, a mount folder, a GUID path, PhysicalDrive1 or 1."
  command:epilog "Examples: ntvol show D:\n          ntvol show 1 --json"
  command = json(add("holders", "List who has a volume, disk or file open.",
    list_holders))
  command:argument "name"
    :description "D:, D:\\path, a mount folder, a GUID path, PhysicalDrive1 or 1."
  command:epilog "Example: ntvol holders D: --json"
  command = json(add("events", "List what happened, oldest first.",
    lister(M.event_columns, function(machine, args)
      return newest(args.last, machine:events(args.after))
    end)))
  command:option "--after"
    :argname "ID"
    :description "Only events with a greater id."
    :convert(to_event_id)
  command:option "--last"
    :argname "N"
    :description "Only the newest N of them."
    :convert(values.whole("a number of events", 0))
  command:epilog [[
Examples: ntvol events --last 20
          ntvol events --after 17]]
  watch.add(add, json, to_event_id)
end

return M
