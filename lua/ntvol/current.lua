--- Which machine `ntvol.open` and its friends work on.
-- @module ntvol.current

local core = require "ntvol.core"
local failure = require "ntvol.failure"

local try = failure.try

local M = {}

-- The machine in use, and the value that NTVOL_MACHINE had when the machine was
-- made from it. That is nil when a program chose the machine.
local current, from_environment

local function connect_sim(path, spec)
  local sim = failure.load_part("ntvol.sim", {
    op = "connect to", target = spec, module = "ntvol.sim.core",
    missing = "simulated machines are not installed",
    broken = "simulated machines cannot be loaded",
    needs = "the libraries sqlite3, blkid, fdisk and tsk",
  })
  return try(sim.open(path))
end

local function connect_native()
  for _, kind in ipairs(core.kinds()) do
    if kind == "linux" or kind == "win32" then
      return try(core.connect(kind, ""))
    end
  end
  failure.fail {
    op = "connect to", target = "native machine", reason = "no_native_machine",
    detail = "this build of ntvol knows no machine of its own",
    hint = "name a machine: NTVOL_MACHINE=FOLDER, ntvol --machine FOLDER, or in"
      .. " Lua ntvol.machine \"sim:FOLDER\"; ntvol sim create makes one",
  }
end

local function has_kind(wanted)
  for _, kind in ipairs(core.kinds()) do
    if kind == wanted then
      return true
    end
  end
  return false
end

-- The machine of Windows is asked for on another system.
local function refuse_win32(spec)
  failure.fail {
    op = "connect to", target = spec, reason = "no_native_machine",
    detail = "the machine win32 is a computer with Windows, and this is none",
    hint = "run ntvol on Windows, from the zip that make dist-win makes; here,"
      .. " name a simulated machine: ntvol --machine FOLDER, or in Lua"
      .. " ntvol.machine \"sim:FOLDER\"",
  }
end

--- Connects to a machine without making it the current one.
-- @tparam string spec `"kind:location"`, where a kind has two letters or more;
--  anything else is the folder of a simulated machine
-- @treturn ntvol.machine
-- @failure
function M.connect(spec)
  local kind, location = spec:match("^(%a%w+):(.*)$")
  if kind == "win32" and not has_kind(kind) then
    refuse_win32(spec)
  end
  if kind and kind ~= "sim" then
    return try(core.connect(kind, location))
  end
  return connect_sim(location or spec, spec)
end

--- Raises an error unless the argument of `ntvol.machine` has a right type: a
-- machine, a specification, or nil.
function M.check(spec)
  if core.type(spec) == "closed machine" then
    error("attempt to use a closed machine", 3)
  elseif spec ~= nil and type(spec) ~= "string"
    and core.type(spec) ~= "machine" then
    error(("bad argument #1 to 'machine' (string or machine expected, got %s)")
      :format(core.type(spec) or type(spec)), 3)
  elseif type(spec) == "string" and spec:find("\0", 1, true) then
    error("bad argument #1 to 'machine' (the string contains a zero byte)", 3)
  end
end

-- A machine that a program chose stays until the program chooses another one.
-- To go on with some other machine because that one is closed would be a
-- dangerous surprise.
local function is_usable(spec)
  return current and (not from_environment
    or from_environment == spec and core.type(current) == "machine")
end

local function use(machine, spec)
  current, from_environment = machine, spec
  return machine
end

--- Connects to a machine and makes it the current one, or returns the current
-- one: see `ntvol.machine`.
-- @failure
function M.machine(spec)
  if spec ~= nil then
    return use(type(spec) == "string" and M.connect(spec) or spec)
  end
  spec = os.getenv("NTVOL_MACHINE") or ""
  if is_usable(spec) then
    return current
  end
  return use(spec ~= "" and M.connect(spec) or connect_native(), spec)
end

--- The machine of an option `machine`: a machine, a specification, or nil for
-- the current one.
-- @failure
function M.of_option(machine)
  if machine == nil then
    return M.machine()
  end
  return type(machine) == "string" and M.connect(machine) or machine
end

return M
