--- Every verb of the module, each with what it needs to be called and to come
-- through, for sweeps that let something fail inside it. A verb that stands in
-- no list here fails the sweep.
--
-- `verbs.volume.lock(lab)` makes ready and returns a function that calls the
-- verb once. What it opens through the lab is closed with the lab.

local core = require "ntvol.core"
local journal = require "ntvol.journal.core"
local machines = require "spec.support.machines"
local sim = require "ntvol.sim.core"

-- The methods as programs have them.
require "ntvol.machine"
require "ntvol.volume"

local M = {}

-- ---- the lab -----------------------------------------------------------------

local Lab = {}
Lab.__index = Lab

local CLUSTER = { nodes = { "n1", "n2" }, disks = {
  { size = 1 << 20, volumes = { { letter = "D:", csv = true } } },
} }

local DRIVE = { disks = {
  { size = 1 << 20, volumes = { { letter = "D:" } } },
  { removable = true, volumes = { { letter = "E:" } } },
} }

local function put(machine, kind)
  local volumes = assert(machine:volumes())
  local disk <close> = assert(machine:open "PhysicalDrive0")
  assert(disk:write(volumes[1].extents[1].offset, machines.content(kind)))
end

--- A machine in memory with D:, which holds FAT unless another file system or a
-- whole specification is named.
-- @param folder of files that the sweep takes away
function M.lab(folder)
  return setmetatable({ folder = folder, opened = {} }, Lab)
end

-- What is closed with the lab, the last one first.
function Lab:keep(object, message)
  self.opened[#self.opened + 1] = assert(object, message)
  return object
end

--- Where a machine in a folder may be; it ends with the lab.
function Lab:place()
  self.path = self.folder .. "/lab"
  return self.path
end

function Lab:start(content, spec)
  local machine = self:keep(sim.create(":memory:", spec or { disks = { {
    size = content == "ntfs" and machines.NTFS_SIZE or machines.FAT_SIZE,
    volumes = { { letter = "D:" } } } } }))
  if content then
    put(machine, content)
  end
  self.machine = machine
  return machine
end

function Lab:open(name, content, options)
  if not self.machine then
    self:start(content or "fat")
  end
  return self:keep(self.machine:open(name, options))
end

function Lab:locked(content)
  local volume = self:open("D:", content)
  return volume, assert(volume:lock())
end

function Lab:log()
  return self:keep(journal.open(self.folder .. "/state"))
end

--- Closes what a call answered with the rest of the lab.
function Lab:take(result)
  for i = 1, result.n do
    local kind = core.type(result[i] or false)
    if kind and not kind:find "closed" then
      self.opened[#self.opened + 1] = result[i]
    end
  end
end

local function close(object)
  object[object.close and "close" or "unlock"](object)
end

--- Closes all but the machine.
function Lab:close_handles()
  for i = #self.opened, 1, -1 do
    if self.opened[i] ~= self.machine then
      close(table.remove(self.opened, i))
    end
  end
end

function Lab:__close()
  for i = #self.opened, 1, -1 do
    close(self.opened[i])
  end
  if self.path then
    sim.remove(self.path)
  end
end

local function ignore()
end

-- ---- machines ------------------------------------------------------------------

local function on_machine(verb, content, ...)
  local args = table.pack(...)
  return function(lab)
    local machine = lab:start(content)
    return function()
      return machine[verb](machine, table.unpack(args, 1, args.n))
    end
  end
end

local function in_cluster(verb, ...)
  local args = table.pack(...)
  return function(lab)
    local machine = lab:start(nil, CLUSTER)
    return function()
      return machine[verb](machine, table.unpack(args, 1, args.n))
    end
  end
end

M.machine = {
  open = on_machine("open", "fat", "D:"),
  volumes = on_machine("volumes", "fat"),
  disks = on_machine("disks", "fat"),
  events = function(lab)
    local machine = lab:start "fat"
    assert(machine:open "D:"):close()
    return function()
      return machine:events()
    end
  end,
  subscribe = on_machine("subscribe", nil, ignore),
  watch = function(lab)
    local machine = lab:keep(sim.create(lab:place(), { disks = { {
      size = 1 << 20, volumes = { { letter = "D:" } } } } }))
    assert(machine:open "D:"):close()
    return function()
      local count = 0
      for _ in assert(machine:watch(0, 0)) do
        count = count + 1
      end
      return count
    end
  end,
  uninstall = on_machine("uninstall", "fat", "D:"),
  mask = on_machine("mask", "fat", 0),
  unmask = function(lab)
    local machine = lab:start "fat"
    assert(machine:mask(0))
    return function()
      return machine:unmask(0)
    end
  end,
  eject = function(lab)
    local machine = lab:start(nil, { disks = { { size = 1 << 20,
      removable = true, volumes = { { letter = "D:" } } } } })
    return function()
      return machine:eject "D:"
    end
  end,
  add_mount_point = on_machine("add_mount_point", "fat", "D:", "C:\\mnt\\d"),
  remove_mount_point = on_machine("remove_mount_point", "fat", "D:"),
  holders = function(lab)
    lab:open("D:\\a.txt")
    return function()
      return lab.machine:holders "D:"
    end
  end,
  nodes = in_cluster "nodes",
  set_maintenance = in_cluster("set_maintenance", "D:", true),
  set_owner = in_cluster("set_owner", "D:", "n2"),
  capabilities = on_machine "capabilities",
  name = on_machine "name",
  close = on_machine "close",
  help = on_machine "help",
}

-- ---- handles -------------------------------------------------------------------

-- Of a volume that this handle has locked, or of what `name` opens.
local function on_locked(verb, ...)
  local args = table.pack(...)
  return function(lab)
    local volume = lab:locked()
    return function()
      return volume[verb](volume, table.unpack(args, 1, args.n))
    end
  end
end

local function on_handle(verb, name, content, ...)
  local args = table.pack(...)
  return function(lab)
    local handle = lab:open(name, content)
    return function()
      return handle[verb](handle, table.unpack(args, 1, args.n))
    end
  end
end

local function on_volume(verb, ...)
  return on_handle(verb, "D:", "fat", ...)
end

local function in_drive(verb, ...)
  local args = table.pack(...)
  return function(lab)
    lab:start(nil, { disks = { { size = 1 << 20, removable = true,
      volumes = { { letter = "D:" } } } } })
    local volume = lab:open "D:"
    return function()
      return volume[verb](volume, table.unpack(args, 1, args.n))
    end
  end
end

local SECTOR = ("\x5A"):rep(512)

M.volume = {
  lock = on_volume "lock",
  lock_waiting = on_volume("lock", { wait = 0 }),
  unlock = on_locked "unlock",
  run = on_locked("run", { "true" }),
  dismount = on_volume "dismount",
  offline = on_volume "offline",
  online = function(lab)
    local volume = lab:open "D:"
    assert(volume:offline())
    return function()
      return volume:online()
    end
  end,
  format = on_locked("format", { fs = "fat", erase = "D:", undo = false }),
  extended_io = on_volume "extended_io",
  eject = in_drive "eject",
  media_removal = in_drive("media_removal", false),
  read = on_volume("read", 0, 512),
  write = on_locked("write", 4096, SECTOR),
  flush = function(lab)
    local volume = lab:locked()
    assert(volume:write(4096, SECTOR))
    return function()
      return volume:flush()
    end
  end,
  duplicate = on_volume "duplicate",
  map = on_handle("map", "D:\\a.txt", "fat"),
  list = on_handle("list", "D:\\", "fat"),
  holders = on_volume "holders",
  size = on_volume "size",
  sector_size = on_volume "sector_size",
  info = on_volume "info",
  identity = on_volume "identity",
  label = on_volume "label",
  extents = on_volume "extents",
  geometry = on_volume "geometry",
  device_number = on_volume "device_number",
  control = on_volume("control", "FSCTL_IS_VOLUME_MOUNTED"),
  is_locked = on_volume "is_locked",
  is_mounted = on_volume "is_mounted",
  is_offline = on_volume "is_offline",
  is_dirty = on_handle("is_dirty", "D:", "ntfs"),
  mark_dirty = on_handle("mark_dirty", "D:", "ntfs"),
  ntfs_data = on_handle("ntfs_data", "D:", "ntfs"),
  bitmap = function(lab)
    local volume = lab:open("D:", "ntfs")
    return function()
      local count = 0
      for _ in assert(volume:bitmap()) do
        count = count + 1
      end
      return count
    end
  end,
  name = on_volume "name",
  kind = on_volume "kind",
  machine = on_volume "machine",
  capabilities = on_volume "capabilities",
  close = on_locked "close",
  help = on_volume "help",
}

local function on_guard(verb)
  return function(lab)
    local _, guard = lab:locked()
    return function()
      return guard[verb](guard)
    end
  end
end

M.lock = {
  unlock = on_guard "unlock", held = on_guard "held",
  volume = on_guard "volume", help = on_guard "help",
}

local function on_subscription(verb)
  return function(lab)
    local subscription = assert(lab:start():subscribe(ignore))
    return function()
      return subscription[verb](subscription)
    end
  end
end

M.subscription = {
  close = on_subscription "close", help = on_subscription "help",
}

-- ---- the journal ---------------------------------------------------------------

local function on_journal(verb, ...)
  local args = table.pack(...)
  return function(lab)
    local log = lab:log()
    local id = assert(log:begin { plan = "backup", target = "D:" })
    assert(log:step(id, 1, { name = "copy", outcome = "done" }))
    return function()
      if args[1] == "id" then
        return log[verb](log, id, table.unpack(args, 2, args.n))
      end
      return log[verb](log, table.unpack(args, 1, args.n))
    end
  end
end

M.journal = {
  begin = on_journal("begin", { plan = "backup", target = "D:" }),
  step = on_journal("step", "id", 2, { name = "verify", outcome = "done" }),
  finish = on_journal("finish", "id", "committed"),
  entries = on_journal "entries",
  entry = on_journal("entry", "id"),
  check = on_journal("check", "id"),
  prune = on_journal("prune", { keep = 0 }),
  path = on_journal "path",
  close = on_journal "close",
  help = on_journal "help",
}

M.journal_module = {
  open = function(lab)
    return function()
      return journal.open(lab.folder .. "/new")
    end
  end,
  exists = function(lab)
    return function()
      return journal.exists(lab.folder .. "/none")
    end
  end,
  memory = function()
    return function()
      return journal.open ":memory:"
    end
  end,
  of = function(lab)
    local machine = lab:start()
    return function()
      return require "ntvol.journal".of(machine)
    end
  end,
}

-- ---- the modules ---------------------------------------------------------------

local function with_drive(verb, call)
  return function(lab)
    local machine = lab:start(nil, DRIVE)
    local image = lab.folder .. "/medium.img"
    machines.put(image, machines.content "fat")
    if verb == "eject" then
      assert(sim.insert(machine, "E:", image))
    end
    return function()
      return call(machine, image)
    end
  end
end

M.sim = {
  create = function(lab)
    local path = lab:place()
    return function()
      return sim.create(path, { disks = { { size = 3 << 20, style = "gpt",
        volumes = { { letter = "D:", size = 1 << 20 } } } } })
    end
  end,
  remove = function(lab)
    local path = lab:place()
    assert(sim.create(path, DRIVE)):close()
    return function()
      return sim.remove(path)
    end
  end,
  check = function(lab)
    local path = lab:place()
    assert(sim.create(path, DRIVE)):close()
    return function()
      return sim.check(path)
    end
  end,
  allow_images = function(lab)
    local path = lab:place()
    assert(sim.create(path, DRIVE)):close()
    return function()
      return sim.allow_images(path)
    end
  end,
  set_flags = function(lab)
    local machine = lab:start "fat"
    return function()
      return sim.set_flags(machine, "D:", { system = true })
    end
  end,
  set_virtual_clock = function(lab)
    local machine = lab:start()
    return function()
      return sim.set_virtual_clock(machine, true)
    end
  end,
  insert = with_drive("insert", function(machine, image)
    return sim.insert(machine, "E:", image)
  end),
  eject = with_drive("eject", function(machine)
    return sim.eject(machine, "E:")
  end),
  forget_events = function(lab)
    local machine = lab:start "fat"
    return function()
      return sim.forget_events(machine)
    end
  end,
}

local function plain(f, ...)
  local args = table.pack(...)
  return function()
    return function()
      return f(table.unpack(args, 1, args.n))
    end
  end
end

local function with_machine(f, ...)
  local args = table.pack(...)
  return function(lab)
    local machine = lab:start()
    return function()
      return f(machine, table.unpack(args, 1, args.n))
    end
  end
end

M.core = {
  type = with_machine(core.type),
  time = plain(core.time),
  pid = plain(core.pid),
  is_terminal = plain(core.is_terminal, 0),
  terminal_width = plain(core.terminal_width, 0),
  state_folder = plain(core.state_folder),
  fail = plain(function()
    return select("#", core.fail { op = "lock", target = "D:",
      reason = "in_use" }) == 4
  end),
  message = plain(core.message, { op = "lock", target = "D:", status = 5 }),
  check_label = plain(core.check_label, { fs = "fat", label = "DATA" }),
  rehearse_format = plain(core.rehearse_format, { fs = "fat", size = 4 << 20,
    sector_size = 512 }),
  interpose = function(lab)
    local name = lab:start().name
    return function() -- in its own place: nothing changes
      return core.interpose("machine", "name", name) == name
    end
  end,
  clock = with_machine(core.clock),
  wait_change = with_machine(core.wait_change, 0, 0),
  take_back = function(lab)
    local volume, log = lab:locked(), lab:log()
    local result = assert(volume:format { fs = "fat", erase = "D:",
      journal = log })
    return function()
      return core.take_back(volume, log, result.operation)
    end
  end,
  printable = plain(core.printable, "a label\27[2J\xFF"),
  shield = plain(core.shield, function(outside, text)
    return assert(outside(table.pack, text .. "!"))
  end, "a text"),
  outlive_limits = false, outlive_writes = false, -- for all of the suite, too
  heed_termination = false, -- what ends the suite would not end it any more
  heed_interrupts = false, -- the same
  is_terminating = plain(core.is_terminating),
  await_input = false, -- it waits for somebody who types
  help_class = plain(core.help_class, "ntvol.volume"),
  register = false, -- a kind is registered once for a program
  kinds = plain(core.kinds),
  connect = function(lab)
    local path = lab:place()
    assert(sim.create(path, DRIVE)):close()
    return function()
      return core.connect("sim", path)
    end
  end,
  ctl_code = plain(core.ctl_code, 7, 3, 0, 0),
}

return M
