--- Which machine `ntvol.open` and its friends work on.
-- @module ntvol.current

local core = require "ntvol.core"
local failure = require "ntvol.failure"

local M = {}

-- The machine in use, and the specification that NTVOL_MACHINE had when it
-- was made from that; nil when a program chose it.
local current, from_environment

local function connect_sim(path, spec)
  local found, sim = failure.load "ntvol.sim"
  if found then
    return sim.open(path)
  end
  if failure.too_many_files() then
    return failure.no_files("connect to", spec)
  end
  local missing = sim:find("not found", 1, true)
  return failure.make {
    op = "connect to", target = spec, status = "STATUS_NOT_SUPPORTED",
    reason = "not_installed",
    detail = missing and "simulated machines are not installed"
      or "simulated machines cannot be loaded: " .. sim,
    hint = "install the module ntvol.sim.core, it comes with ntvol and needs"
      .. " the libraries sqlite3, blkid, fdisk and tsk",
  }
end

local function connect(spec)
  local kind, location = spec:match("^(%a%w+):(.*)$")
  if kind and kind ~= "sim" then
    return core.connect(kind, location)
  end
  return connect_sim(location or spec, spec)
end

local function connect_native()
  for _, kind in ipairs(core.kinds()) do
    if kind == "linux" or kind == "win32" then
      return core.connect(kind, "")
    end
  end
  return failure.make {
    op = "connect to", target = "native machine",
    status = "STATUS_NOT_SUPPORTED", reason = "no_native_machine",
    detail = "this build of ntvol knows no machine of its own",
    hint = "name a machine: NTVOL_MACHINE=FOLDER, ntvol --machine FOLDER, or in"
      .. " Lua ntvol.machine \"sim:FOLDER\"; ntvol sim create makes one",
  }
end

--- Connects to a machine without making it the current one.
-- @tparam string spec `"kind:location"`, where a kind has two letters or more;
--  anything else is the folder of a simulated machine
-- @treturn ntvol.machine
-- @failure
function M.connect(spec)
  return connect(spec)
end

local function choose(spec)
  if core.type(spec) == "machine" then
    current, from_environment = spec, nil
    return spec
  elseif core.type(spec) == "closed machine" then
    error("attempt to use a closed machine", 3)
  elseif type(spec) ~= "string" then
    error(("bad argument #1 to 'machine' (string or machine expected, got %s)")
      :format(core.type(spec) or type(spec)), 3)
  end
  local machine, message, code, info = connect(spec)
  if not machine then
    return nil, message, code, info
  end
  current, from_environment = machine, nil
  return machine
end

-- A machine that a program chose stays until it chooses another one: when it
-- is closed, going on with some other machine would be a dangerous surprise.
local function is_usable(spec)
  return current and (not from_environment
    or from_environment == spec and core.type(current) == "machine")
end

--- Connects to a machine and makes it the current one, or answers the current
-- one: see `ntvol.machine`.
function M.machine(spec)
  if spec ~= nil then
    return choose(spec)
  end
  spec = os.getenv("NTVOL_MACHINE") or ""
  if is_usable(spec) then
    return current
  end
  local machine, message, code, info
  if spec ~= "" then
    machine, message, code, info = connect(spec)
  else
    machine, message, code, info = connect_native()
  end
  if not machine then
    return nil, message, code, info
  end
  current, from_environment = machine, spec
  return machine
end

--- The machine of an option `machine`: a machine, a specification, or nil for
-- the current one.
function M.of_option(machine)
  if machine == nil then
    return M.machine()
  elseif type(machine) == "string" then
    return connect(machine)
  end
  return machine
end

return M
