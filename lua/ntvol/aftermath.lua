--- How a run of a plan left things that did not end as it was meant to: what
-- happened, what the volume holds now, and what to type next. The command
-- prints these lines, and a run that raises an error warns by them.
-- @module ntvol.aftermath

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local names = require "ntvol.names"

local M = {}

-- How an interrupt left a plan.
local LEFT = {
  ["not run"] = "did not begin: nothing was changed",
  undone = "was taken back: all is as it was before",
}

-- The words in front of the command that `report.next` names.
local NEXT = {
  log = "see what was done: ",
  undo = "the new file system is complete; to take it back: ",
  recover = "it holds part of a file system; to have the old one back: ",
}

local look = failure.protect(function(machine, name)
  return names.volume(machine, name)
end)

--- What a volume holds: `NTFS "DATA"`. Nothing is mounted for that.
-- @tparam ?ntvol.machine machine
-- @tparam string name
-- @treturn ?string nil for what is no volume, or cannot be looked at
function M.holds(machine, name)
  local found = core.type(machine) == "machine" and look(machine, name)
  if found and found.file_system then
    return ("%s \"%s\""):format(found.file_system, found.label or "")
  end
end

--- What happened: "change_filesystem 'D:' was taken back: ...".
-- @tparam string plan its name
-- @tparam string target
-- @tparam ?ntvol.report report nil: the run had not begun
-- @treturn string
function M.what(plan, target, report)
  local state = report and report.state or "not run"
  return core.printable(("%s '%s' %s"):format(plan, target,
    LEFT[state] or "is " .. state)
    .. (report and report.message and ": " .. report.message or ""))
end

--- Whether nothing is changed, so that the plan can be run again.
-- @tparam ?ntvol.report report
-- @treturn boolean
function M.is_untouched(report)
  return LEFT[report and report.state or "not run"] ~= nil
end

--- What the volume is and holds now, and the next command, a line each.
-- @tparam ntvol.report report
-- @treturn {string,...}
function M.now(report)
  local list = {}
  if report.outcome then
    list[1] = ("the volume is %s"):format(report.outcome)
  end
  if report.holds then
    list[#list + 1] = core.printable(("%s holds %s now"):format(report.target,
      report.holds))
  end
  if report.next then
    list[#list + 1] = "hint: " .. NEXT[report.next:match "^ntvol (%a+)"]
      .. core.printable(report.next)
  end
  return list
end

return M
