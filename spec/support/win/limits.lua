--- What the Windows build of the simulated machine cannot do: look into file
--- systems (there is no Sleuth Kit) and make them (there are no mkfs programs).
--- A test that runs into one of these is skipped with the reason that the build
--- gives, and into nothing else. helper.lua installs it; the refusals themselves
--- are tested in spec/win/limits_spec.lua, by way of `plain`.

local M = {}

local LIMITS = { no_file_reader = true, mkfs_missing = true }

--- The functions as they were, by name.
M.plain = {}

-- The test that runs, and how many guarded functions have called each other:
-- only the outermost skips, when the others have cleaned up.
local current
local depth = 0

local function skip_at_limit(...)
  local answer, _, _, info = ...
  depth = depth - 1
  if depth == 0 and not answer and type(info) == "table" and LIMITS[info.reason] then
    current.env.pending("in the Windows build: " .. info.detail)
  end
  return ...
end

--- The same for what another process said.
function M.skip_when_said(line)
  for _, text in ipairs { "this build cannot look into", "Windows has no mkfs" } do
    if line:find(text, 1, true) then
      current.env.pending("in the Windows build: " .. text)
    end
  end
end

-- An error passes, too.
local function finished(ok, ...)
  if ok then
    return skip_at_limit(...)
  end
  depth = depth - 1
  error(..., 0)
end

local function guard(methods, name)
  local plain = assert(methods[name], name)
  M.plain[name] = function(...)
    depth = depth + 1
    local results = table.pack(pcall(plain, ...))
    depth = depth - 1
    if results[1] then
      return table.unpack(results, 2, results.n)
    end
    error(results[2], 0)
  end
  methods[name] = function(...)
    depth = depth + 1
    return finished(pcall(plain, ...))
  end
end

--- Puts the guards around what opens, lists and formats.
function M.install(busted)
  busted.subscribe({ "test", "start" }, function(element)
    current = element
    return nil, true
  end)
  local core = require "ntvol.core"
  local sim = require "ntvol.sim"
  guard(sim, "create")
  local machine = assert(sim.create(":memory:", { disks = { "1M:raw:D" } }))
  local volume = assert(machine:open "D:")
  guard(debug.getmetatable(machine).__index, "open")
  guard(debug.getmetatable(volume).__index, "format")
  guard(debug.getmetatable(volume).__index, "list")
  guard(core, "rehearse_format")
  machine:close()
end

return M
