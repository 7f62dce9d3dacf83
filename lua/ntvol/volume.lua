--- Methods of volumes that wait. The methods of the core make one attempt.
-- These methods take their place, and repeat the attempt as their options say.
-- @submodule ntvol.volume

local core = require "ntvol.core"
local options = require "ntvol.options"
local retry = require "ntvol.retry"

local Volume = {}

-- The methods of the core by name: each makes one attempt.
local once = {}

local LOCK_FIELDS = { timeout = "number" }
for name, kind in pairs(retry._FIELDS) do
  LOCK_FIELDS[name] = kind
end

local DISMOUNT_FIELDS = { again = "boolean" }
for name, kind in pairs(LOCK_FIELDS) do
  DISMOUNT_FIELDS[name] = kind
end

-- Checks the options of a request. `timeout` is another name of `wait`.
local function checked(verb, opts, fields)
  options.check(1, verb, opts, fields, 4)
  if opts.wait ~= nil and opts.timeout ~= nil then
    error(("bad argument #1 to '%s' (options 'wait' and 'timeout' are the"
      .. " same)"):format(verb), 3)
  end
  return { wait = opts.wait or opts.timeout, again = opts.again,
    on_attempt = opts.on_attempt, on_busy = opts.on_busy }
end

--- Locks the volume (FSCTL_LOCK_VOLUME); returns a guard. It succeeds when
-- nobody else has anything open on the volume, and then nobody else can open
-- it. When the lock is refused, `info.holders` says who has something open, and
-- `info.class` is `"transient"` when waiting may help. The guard, `unlock` and
-- `close` end the lock.
--
-- Options:
-- * `wait`: seconds to wait while somebody has something open, or a policy
--   (ntvol.retry); `timeout` is another word for it. See
--   [waiting](manual.md#waiting).
-- * `on_attempt(n, info)`: called after each attempt that failed; when it
--   returns false, no other attempt is made.
-- * `on_busy(holders, n)`: called while somebody has something open; when it
--   returns true, the next attempt is made at once.
-- @function volume:lock
-- @tparam[opt] ntvol.wait_options options
-- @treturn ntvol.lock a guard: unlocks when it is closed
-- @treturn ?ntvol.waited with options: `{ attempts, waited, holders, reason }`
-- @failure `"ERROR_ACCESS_DENIED"` when the volume is in use: `info.holders`
--  says by whom
-- @raise for an unknown option
-- @usage
-- local vol <close> = assert(ntvol.open "D:")
-- do
--   local _guard <close> = assert(vol:lock { wait = 10 })
--   assert(vol:is_locked())
-- end
-- assert(not vol:is_locked())
function Volume:lock(opts, ...)
  options.object(self, "volume", "lock")
  options.no_more(2, "lock", 2, ...)
  if opts == nil then
    return once.lock(self)
  end
  opts = checked("lock", opts, LOCK_FIELDS)
  if not retry._waits(opts) then
    return once.lock(self)
  end
  local policy = retry._policy("lock", 1, opts.wait, 2)
  return retry._run(policy, self:machine(), opts, function()
    return once.lock(self)
  end)
end

-- One attempt. With `again`, a volume that was dismounted already is a success.
local function dismount(volume, again)
  local result, message, code, info = once.dismount(volume)
  if not result and again and info.reason == "dismounted" then
    return true
  end
  return result, message, code, info
end

--- Dismounts the volume (FSCTL_DISMOUNT_VOLUME), locked or not. **Without a
-- lock it is forced**: programs that have it open lose their handles. The first
-- access after this handle was closed mounts the volume again. A dismount is
-- refused for system, boot and page-file volumes, and while another handle
-- holds the lock.
--
-- Options:
-- * `wait`, `timeout`, `on_attempt`, `on_busy`: as those of `lock`, to
--   [wait](manual.md#waiting) while another handle holds the lock.
-- * `again`: true: to dismount a volume that was dismounted already succeeds;
--   without it that fails with `ERROR_NOT_READY`.
-- @function volume:dismount
-- @tparam[opt] ntvol.dismount_options options
-- @treturn true
-- @treturn ?ntvol.waited with options: `{ attempts, waited, holders, reason }`
-- @failure
-- @usage
-- local vol <close> = assert(ntvol.open "D:")
-- local _guard <close> = assert(vol:lock())
-- assert(vol:dismount())
function Volume:dismount(opts, ...)
  options.object(self, "volume", "dismount")
  options.no_more(2, "dismount", 2, ...)
  if opts == nil then
    return once.dismount(self)
  end
  opts = checked("dismount", opts, DISMOUNT_FIELDS)
  if not retry._waits(opts) then
    return dismount(self, opts.again)
  end
  local policy = retry._policy("dismount", 1, opts.wait, 2)
  return retry._run(policy, self:machine(), opts, function()
    return dismount(self, opts.again)
  end)
end

for name, method in pairs(Volume) do
  once[name] = core.interpose("volume", name, method)
end

return Volume
