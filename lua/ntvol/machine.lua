--- Methods of machines that wait. The methods of the core make one attempt.
-- These methods take their place, and repeat the attempt as their options say.
-- @submodule ntvol.machine

local core = require "ntvol.core"
local options = require "ntvol.options"
local retry = require "ntvol.retry"

local Machine = {}

-- The methods of the core by name: each makes one attempt.
local once = {}

-- Splits the options: the first table is for the core, which checks it itself;
-- the second is for waiting, and is checked here.
local function split(opts)
  local plain, waiting = {}, {}
  for name, value in next, opts do
    (retry._FIELDS[name] and waiting or plain)[name] = value
  end
  options.check(2, "open", waiting, retry._FIELDS, 4)
  return plain, waiting
end

--- Opens a volume, disk, file or directory. Access to the data of a volume
-- mounts it. With `access = "none"` nothing is mounted, and opening succeeds
-- even while somebody else holds the lock; such a handle can only be asked
-- about the device.
--
-- Options:
-- * `access`: `"rw"` (unless given), `"r"`, `"w"`, `"none"`, or a list of
--   single rights such as `{ "read_data", "write_attributes" }`, which is taken
--   as it is: read_data, write_data, append_data, read_ea, write_ea, traverse,
--   read_attributes, write_attributes, delete, read_control, write_dac,
--   write_owner, synchronize.
-- * `share`: letters of r, w and d, what others may do meanwhile; `"rw"` unless
--   given, `""` is nothing.
-- * `disposition`: `"open"` (unless given), `"open_if"`, `"create"`,
--   `"overwrite"`, `"overwrite_if"`, `"supersede"`.
-- * `directory`: true: it must be a directory.
-- * `timeout`: seconds that one request on this handle may take; without it, a
--   request takes as long as it takes. When the time is over, the request is
--   cancelled and fails with `"ERROR_SEM_TIMEOUT"`. (Requests to a simulated
--   machine take no time, so this never happens there.)
-- * `wait`, `on_attempt`, `on_busy`: as those of `volume:lock`. An open is
--   refused while somebody holds the lock or does not share; without these
--   options one attempt is made.
-- @function machine:open
-- @tparam string name `D:`, `\\.\D:`, `\\?\Volume{guid}`, `PhysicalDrive1`,
--  `\\.\PhysicalDrive1`, `D:\path`
-- @tparam[opt] ntvol.open_options options
-- @treturn ntvol.volume
-- @treturn ?ntvol.waited with an option to wait: `{ attempts, waited, holders,
--  reason }`
-- @failure `"ERROR_FILE_NOT_FOUND"`, `"ERROR_ACCESS_DENIED"` (locked),
--  `"ERROR_SHARING_VIOLATION"`, `"ERROR_NOT_READY"` (dismounted or offline),
--  ...
-- @raise for an unknown option or value
-- @usage
-- local vol <close> = assert(ntvol.machine():open("D:", { access = "r" }))
-- assert(vol:kind() == "volume")
function Machine:open(...)
  options.object(self, "machine", "open")
  local name, opts = ...
  if type(opts) ~= "table" then
    return options.pass("open", 1, once.open, self, ...)
  end
  local plain, waiting = split(opts)
  if not retry._waits(waiting) then
    return options.pass("open", 1, once.open, self, name, plain)
  end
  local policy = retry._policy("open", 2, waiting.wait, 2)
  return retry._run(policy, self, waiting, function()
    return once.open(self, name, plain)
  end)
end

for name, method in pairs(Machine) do
  once[name] = core.interpose("machine", name, method)
end

return Machine
