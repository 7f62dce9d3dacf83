--- Runs the command `ntvol` of this tree as a user would.
---
---   local lab = command.lab(finally, "16M:fat:D:OLD")
---   local result = lab:run { "volumes", "--json" }
---   assert.equal(0, result.code, result.err)

local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local M = {}

M.LUA = os.getenv("LUA") or "lua5.4"

local function quoted(words)
  local list = {}
  for i, word in ipairs(words) do
    list[i] = proc.quote(word)
  end
  return table.concat(list, " ")
end

-- A shell variable in front of the command, or its removal.
local function machine_variable(machine)
  return machine and "NTVOL_MACHINE=" .. proc.quote(machine)
    or "-u NTVOL_MACHINE"
end

--- The command line of `ntvol` with these arguments, for sh.
-- @param words arguments
-- @param options `machine`: what NTVOL_MACHINE says; `script`: another path of
--  the command
function M.line(words, options)
  options = options or {}
  return ("env %s %s %s %s"):format(machine_variable(options.machine), M.LUA,
    proc.quote(options.script or "bin/ntvol"), quoted(words))
end

--- Runs a shell command: `{ out, err, code }`.
-- @param line the command
-- @param folder where the output is kept
-- @param input text for stdin
function M.capture(line, folder, input)
  local base = folder .. "/run"
  local file = assert(io.open(base .. ".in", "w"))
  assert(file:write(input or ""))
  assert(file:close())
  local _, how, code = os.execute(
    ("{ %s\n} <%s.in >%s.out 2>%s.err"):format(line, base, base, base))
  return {
    out = proc.slurp(base .. ".out"), err = proc.slurp(base .. ".err"),
    code = how == "signal" and 128 + code or code,
  }
end

local Lab = {}
Lab.__index = Lab

local function new_lab(folder, name, ...)
  local lab = setmetatable({ folder = folder, path = folder .. name }, Lab)
  if ... then
    local sim = require "ntvol.sim"
    assert(sim.create(lab.path, { disks = { ... } })):close()
  end
  return lab
end

--- A folder for the test, and in it a simulated machine, `lab.path`, unless
-- no disks are given. Once a test: busted keeps one `finally`.
-- @param finally of busted
-- @param ... disks in their short form
function M.lab(finally, ...)
  return new_lab(tempdir(finally), "/lab", ...)
end

--- A second machine in the folder of the first.
function Lab:neighbour(...)
  return new_lab(self.folder, "/neighbour", ...)
end

--- Runs `ntvol` on the machine of the lab.
function Lab:run(words, options)
  options = options or {}
  local machine = options.machine
  if machine == nil then
    machine = self.path
  end
  return M.capture(
    M.line(words, { machine = machine, script = options.script }),
    self.folder, options.input)
end

--- Connects to the machine of the lab; call close() or use <close>.
function Lab:connect()
  return assert(require "ntvol.sim".open(self.path))
end

--- The events so far, as "NAME TARGET".
function Lab:history()
  local machine <close> = self:connect()
  local list = {}
  for _, event in ipairs(assert(machine:events())) do
    list[#list + 1] = event.name .. " " .. event.target
  end
  return list
end

--- All bytes of a disk's image.
function Lab:bytes(disk)
  return proc.slurp(("%s/disk%d.img"):format(self.path, disk or 0))
end

return M
