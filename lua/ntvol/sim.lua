--- Simulated machines: a folder with a database and disk images that behaves
-- as NT does.
-- @module ntvol.sim

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local names = require "ntvol.names"
local options = require "ntvol.options"
local sim_core = require "ntvol.sim.core"
local sim_spec = require "ntvol.sim_spec"

-- They put their methods over those of the core.
require "ntvol.machine"
require "ntvol.volume"

local and_then, protect, try = failure.and_then, failure.protect, failure.try

local M = {}

local MEMORY = ":memory:"

-- As on NT, a volume with one of these flags cannot be formatted. So a new
-- volume gets them when its file system is there.
local FLAGS = { "system", "boot", "pagefile", "readonly", "busy" }

local function flags_of(volume)
  local flags = {}
  for _, flag in ipairs(FLAGS) do
    flags[flag] = volume[flag]
  end
  return flags
end

-- The volume that partition `index` (from 1) of a disk belongs to.
local function find_volume(machine, disk, index)
  local pieces = {}
  for _, volume in ipairs(names.volumes_of_disk(machine, disk)) do
    for _, extent in ipairs(volume.extents) do
      if extent.disk == disk then
        pieces[#pieces + 1] = { offset = extent.offset, volume = volume }
      end
    end
  end
  table.sort(pieces, function(a, b)
    return a.offset < b.offset
  end)
  return assert(pieces[index], "a volume that was asked for is not there").volume
end

-- W3: whether a volume is mounted from the start; the core asks the same of
-- volumes that are not formatted.
local function is_looked_at(format, volume)
  local flags = format.flags
  if format.mounted ~= nil or flags.system or flags.boot or flags.pagefile then
    return format.mounted ~= false
  end
  return format.usually_mounted and volume.name:find "^%a:$"
    and not volume.removable
end

-- Mounts a volume as everything does that looks at it.
local function mount(machine, name)
  local _ <close> = try(machine:open(name, { access = "r" }))
end

local function format_volume(machine, name, format)
  do
    local volume <close> = try(machine:open(name))
    local _guard <close> = try(volume:lock())
    try(volume:format {
      fs = format.fs, label = format.label, erase = name,
      journal = false, -- there is nothing yet that could be lost
    })
    try(volume:dismount())
  end
  try(sim_core.set_flags(machine, name, format.flags))
end

-- Formats a volume that nodes share as an administrator does it: while it is in
-- maintenance, because then it is an ordinary volume of its owner.
local function format_shared(machine, name, format)
  try(machine:set_maintenance(name, true))
  format_volume(machine, name, format)
  try(machine:set_maintenance(name, false))
end

local make_file_system = protect(function(machine, format)
  local found = find_volume(machine, format.disk - 1, format.index)
  local make = format.csv and format_shared or format_volume
  make(machine, found.guid_path, format)
  if is_looked_at(format, found) then
    mount(machine, found.guid_path)
  end
  return true
end)

local function make_file_systems(machine, formats)
  for _, format in ipairs(formats) do
    local done, message, code, info = make_file_system(machine, format)
    if not done then
      try(nil, ("disk %d, volume %d: %s"):format(format.disk, format.index,
        message), code, info)
    end
  end
end

-- Gives the volumes their owners. All names are looked up before the first
-- volume goes to another node.
local function set_owners(machine, owners)
  local names_of = {}
  for i, one in ipairs(owners) do
    names_of[i] = find_volume(machine, one.disk - 1, one.index).guid_path
  end
  for i, one in ipairs(owners) do
    try(machine:set_owner(names_of[i], one.node))
  end
end

local function discard(machine, path)
  machine:close()
  if path ~= MEMORY then
    sim_core.remove(path)
  end
end

local create = protect(function(path, complete, formats, owners)
  local machine = try(sim_core.create(path, complete))
  local _ <close> = failure.on_error(function() discard(machine, path) end)
  make_file_systems(machine, formats)
  set_owners(machine, owners)
  try(sim_core.forget_events(machine))
  return machine
end)

local CLOCKS = { real = false, virtual = true }

local function clock_problem(clock)
  if clock ~= nil and CLOCKS[clock] == nil then
    return ("option 'clock' must be \"real\" or \"virtual\", got %s"):format(
      tostring(clock))
  end
end

local function set_clock(machine, clock)
  if clock then
    sim_core.set_virtual_clock(machine, CLOCKS[clock])
  end
  return machine
end

--- Creates a simulated machine and connects to it. It is in a folder that does
-- not exist or is empty, or in memory (`":memory:"`). On failure nothing is
-- left behind. `spec.disks` is a list; each disk is a string as on the command
-- line, `"64M:fat:D:OLD"` (size, file system, letter, label; all but the size
-- may be left out), or a table (ntvol.sim.disk_spec). Volumes with the same
-- `span` are the pieces of one volume. A disk with several volumes, or with a
-- volume smaller than itself, gets a GPT unless `style` says otherwise. The
-- history of events begins empty.
--
-- Volumes with a letter on fixed disks are mounted from the start, as on
-- Windows, where something has always looked at them: a write into one through
-- its disk needs a lock or a dismount. `mounted = false` in `spec` leaves them
-- unmounted; `mounted` in a volume says it of that volume. What the system uses
-- (`system`, `boot`, `pagefile`) always is mounted.
--
-- `spec.nodes`, a list of names (1 to 15 letters, digits and `-`), makes the
-- machine a [cluster](simulator.md#clusters), and the connection its first
-- node; `csv` in a volume makes it cluster shared. `spec.clock` is as in
-- `open`; `"real"` makes a machine in memory really wait.
-- @tparam string path a folder that does not exist or is empty, or
--  `":memory:"`
-- @tparam ntvol.sim.machine_spec spec strings as on the command line:
--  "64M:fat:D:OLD"
-- @treturn ntvol.machine
-- @failure reason `spec` when the description contradicts itself
-- @raise for an unknown field or a value that can be none
-- @usage
-- local machine <close> = assert(ntvol.sim.create(":memory:", {
--   disks = {
--     "64M:fat:D:OLD",
--     { size = "1G", volumes = { { letter = "E:", fs = "ntfs" } } },
--   },
-- }))
-- for _, v in ipairs(machine:volumes()) do print(v) end
function M.create(path, spec)
  if type(path) ~= "string" or type(spec) ~= "table" then
    error(("bad argument #%d to 'create' (%s expected)"):format(
      type(path) ~= "string" and 1 or 2,
      type(path) ~= "string" and "string" or "table"), 2)
  end
  local complete, formats, owners = sim_spec.complete(spec)
  local problem = not complete and formats or clock_problem(spec.clock)
  if problem then
    error(("bad argument #2 to 'create' (%s)"):format(problem), 2)
  end
  for _, format in ipairs(formats) do
    local volume = complete.disks[format.disk].volumes[format.index]
    format.flags, format.mounted = flags_of(volume), volume.mounted
    format.usually_mounted = complete.mounted
  end
  return and_then(function(machine)
    return set_clock(machine, spec.clock)
  end, create(path, complete, formats, owners))
end

--- Connects to a simulated machine. A connection to a cluster is one of its
-- nodes. The option `node`, or the end of the path, `"lab?node=n2"`, names the
-- node; unless given it is the first one, and `machine:name()` says which. A
-- process may connect as several nodes.
--
-- With `clock = "virtual"`, [waiting](manual.md#waiting) takes no real time,
-- and time is only counted: a lock that waits 15 seconds returns at once, and a
-- program that waits always runs in the same way. Each connection has its own
-- clock. A machine in memory has a virtual clock anyway.
-- @tparam string path its folder; of a cluster the node may follow it:
--  `"lab?node=n2"`
-- @tparam[opt] ntvol.sim.open_options opts `clock`: `"real"` (unless given) or
--  `"virtual"`; `node`: the node of a cluster that this process is one of;
--  without it the first one. The name of the machine says which.
-- @treturn ntvol.machine
-- @failure `"ERROR_FILE_NOT_FOUND"`, reason `no_node`, when there is no such
--  node
-- @raise for an unknown option
function M.open(path, opts)
  if type(path) ~= "string" then
    error("bad argument #1 to 'open' (string expected, got "
      .. type(path) .. ")", 2)
  end
  opts = options.check(2, "open", opts, { clock = "string", node = "string" })
  local problem = clock_problem(opts.clock)
  if problem then
    error(("bad argument #2 to 'open' (%s)"):format(problem), 2)
  end
  local node = opts.node and "?node=" .. opts.node or ""
  return and_then(function(machine)
    return set_clock(machine, opts.clock)
  end, core.connect("sim", path .. node))
end

--- Puts a medium, an existing image, into an empty drive of a simulated
-- machine. The drive keeps its letter. What was open on an earlier medium is
-- checked again when it is next used: see
-- [drives](simulator.md#drives-and-their-media). Programs that have something
-- open are not asked, because a person puts a medium in by hand.
-- @tparam ntvol.machine machine
-- @tparam string drive its volume, or as a disk: `"E:"`, `"CdRom0"`
-- @tparam string image the medium: an existing image
-- @tparam[opt] ntvol.sim.insert_options how `readonly`: it is write-protected
-- @treturn true
-- @failure `"ERROR_BUSY"` when there is a medium in it (reason
--  `medium_present`), the image is in another drive, or the drive was told to
--  keep its medium (`medium_locked`)
-- @raise for a machine of another kind
-- @usage
-- local machine <close> = assert(ntvol.sim.create(":memory:", {
--   disks = { { removable = true, volumes = { { letter = "E:" } } } },
-- }))
-- assert(machine:volumes()[1].no_medium)
-- local ok, why = ntvol.sim.insert(machine, "E:", "stick.img")
-- print(ok or why)
function M.insert(machine, drive, image, how)
  return options.pass("insert", 0, sim_core.insert, machine, drive, image,
    how)
end

--- Takes the medium out of a drive of a simulated machine, as a person does it
-- by hand. Programs are not asked. Only the drive may refuse: it may have been
-- told to keep its medium (`volume:media_removal`).
-- @tparam ntvol.machine machine
-- @tparam string drive its volume, or as a disk: `"E:"`, `"CdRom0"`
-- @treturn true also when there was none
-- @failure
-- @raise for a machine of another kind
-- @usage
-- local machine <close> = assert(ntvol.sim.create(":memory:", {
--   disks = { { size = "1M", removable = true } },
-- }))
-- assert(ntvol.sim.eject(machine, "D:"))
-- assert(machine:disks()[1].no_medium)
function M.eject(machine, drive)
  return options.pass("eject", 0, sim_core.eject, machine, drive)
end

--- Removes a simulated machine's folder: its database, and the images that were
-- made for it. Images that were there before stay, and so does anything else
-- in the folder.
-- @tparam string path
-- @treturn true
-- @failure `"ERROR_BUSY"` while somebody has it open
function M.remove(path)
  return options.pass("remove", 0, sim_core.remove, path)
end

--- Looks for everything that is wrong with a simulated machine, and changes
-- nothing. It checks the schema and every value of the database, and finds
-- processes that have ended and images that are missing, cut off, links, or
-- outside of the folder and not allowed. Use it for a machine from [somebody
-- else](simulator.md#a-machine-from-somebody-else). Each entry of the list says
-- `what` is wrong. An entry about a value in the database has `table`,
-- `column`, `row` and `value`, too. An entry with `note = true` is no damage:
-- it is about something that mends itself.
-- @tparam string path
-- @tparam[opt] ntvol.sim.check_options how `allow_images`: first let the
--  machine use the images outside of its folder that its disks name: do that
--  when you trust it
-- @treturn ntvol.sim.damage[] a list; empty: the machine is fine
-- @failure
-- @raise for an unknown option
-- @usage
-- local list, why = ntvol.sim.check "lab"
-- for _, damage in ipairs(list or {}) do
--   print(damage.table, damage.column, damage.value, damage.what)
-- end
-- print(list and #list or why)
function M.check(path, how)
  options.argument("check", path, "string", 2)
  how = options.check(2, "check", how, { allow_images = "boolean" })
  if not how.allow_images then
    return sim_core.check(path)
  end
  return and_then(function()
    return sim_core.check(path)
  end, sim_core.allow_images(path))
end

return M
