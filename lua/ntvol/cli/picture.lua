--- The picture of an operation of the journal: `ntvol log ID` with its option
-- svg.
-- @module ntvol.cli.picture

local current = require "ntvol.current"
local failure = require "ntvol.failure"
local output = require "ntvol.cli.output"
local timeline = require "ntvol.timeline"

local protect, try = failure.protect, failure.try

local M = {}

-- The events that the machine saw while the operation ran. An operation that
-- was interrupted has no end; then these are the events of its own process.
local function during(events, entry)
  local list = {}
  for _, event in ipairs(events) do
    local belongs = entry.ended and event.time <= entry.ended
      or not entry.ended and event.pid == entry.pid
    if belongs and event.time >= entry.started then
      list[#list + 1] = event
    end
  end
  return list
end

local ask_machine = protect(function(entry, spec)
  local machine <close> = current.connect(spec)
  return during(try(machine:events()), entry)
end)

-- The events; or an empty list, and a sentence that says why.
local function events_of(entry, spec)
  spec = spec or entry.machine
  if not spec or spec == "" then
    return {}, "The journal does not say which machine it was: locks and events"
      .. " are not known."
  end
  local events, message, _, info = ask_machine(entry, spec)
  if events then
    return events
  end
  return {}, ("Locks and events are not known: %s. Where the machine is:"
    .. " ntvol --machine FOLDER log %d --svg FILE"):format(
    failure.without_hint(message, info), entry.id)
end

local function write(path, svg)
  if path == "-" then
    output.write(svg)
    return true
  end
  local file, problem = io.open(path, "w")
  if not file then
    return nil, problem
  end
  local ok
  ok, problem = file:write(svg)
  local closed, last = file:close()
  return ok and closed, problem or last
end

--- Draws an entry of the journal into a file.
-- @tparam string path `"-"` is standard output
-- @tparam table entry of `journal:entry`
-- @tparam ?string spec the machine to ask for events; that of the entry unless
--  given
-- @treturn integer exit code
function M.write(path, entry, spec)
  local events, note = events_of(entry, spec)
  local data = timeline.of_report(entry, events)
  if note then
    table.insert(data.notes, note)
  end
  local ok, problem = write(path, timeline.svg(data))
  if not ok then
    try(nil, ("write '%s': %s"):format(path, problem))
  end
  return output.EXIT.ok
end

return M
