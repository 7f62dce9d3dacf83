--- Commands that take operations back: undo, recover.
-- @module ntvol.cli.undo

local core = require "ntvol.core"
local output = require "ntvol.cli.output"
local plan_run = require "ntvol.cli.plan_run"
local plans = require "ntvol.plan"
local size = require "ntvol.size"
local take_back = require "ntvol.take_back"
local wait = require "ntvol.cli.wait"

local M = {}

-- ---- undo ----------------------------------------------------------------

local UNDO = {
  danger = "the file system that is on %s now would be lost",
  words = function(args, target)
    local words = { "undo", args.volume, "--erase", target }
    if args.good_only then
      table.insert(words, 3, "--good-only")
    end
    return words
  end,
}

local function undo(args, machine)
  return plan_run.carry_out(args, UNDO,
    plans.undo(args.volume, { machine = machine, good_only = args.good_only }))
end

-- ---- recover -------------------------------------------------------------

local FOUND = {
  { title = "OPERATION", field = "operation" },
  { title = "PLAN", field = "plan" },
  { title = "TARGET", field = "target" },
  { title = "OUTCOME", field = "outcome" },
  { title = "WRITTEN", field = "bytes_written",
    show = function(value) return value and size.format(value) or "" end },
  { title = "MESSAGE", field = "message" },
}

local function show(args, found)
  if args.json then
    output.json(found)
  elseif #found == 0 then
    output.print("nothing was interrupted")
  else
    output.table(FOUND, found)
  end
end

local function tell(args, found, message, code, info)
  if found then
    show(args, found)
    return output.EXIT.ok
  end
  if info and info.recovered then
    show(args, info.recovered)
  end
  local status = output.fail(message, code, info)
  if info and info.outcome == "partly restored" then
    output.say "the volume is partly restored"
  end
  return status
end

local function good_only(command)
  command:flag "--good-only"
    :description("When the journal is damaged: write back what is good in it,"
      .. " and leave the rest of the volume as it is. It is only partly restored"
      .. " then.")
end

local function tell_interrupted(args, machine)
  local left = take_back.find(args.volume, { machine = machine })
  if left then
    show(args, left)
  end
  if left and #left == 0 then
    output.say "ntvol: the interrupt came too late: all is recovered"
    return output.EXIT.ok
  end
  output.say("ntvol: interrupted; what is listed is still to do\n"
    .. "hint: to go on: ntvol recover")
  return output.EXIT.cancelled
end

-- Calls `f`, and says what was recovered. An interrupt during that does not
-- keep the result from being told.
local function carry(outside, args, f, opts)
  local results = table.pack(outside(f, args.volume, opts))
  if results[1] then
    args.ended.code = tell(args, table.unpack(results, 2, 5))
  elseif output.is_interrupt(results[2]) then
    args.ended.code = tell_interrupted(args, opts.machine)
  else
    error(results[2], 0)
  end
  return args.ended.code
end

local function recover(args, machine)
  if args.erase and not args.good_only then
    return output.usage("--erase goes with --good-only: without it nothing is"
      .. " lost", "hint: ntvol recover " .. (args.volume or "D:"))
  end
  core.outlive_writes() -- the work goes on when nobody reads its output any more
  return core.shield(carry, args,
    args.plan and take_back.find or take_back.recover, { machine = machine,
      good_only = not args.plan and args.good_only or nil, erase = args.erase })
end

--- Adds the commands to the parser.
-- @param add function(name, summary, run)
-- @param json function(command) that adds --json
function M.add(add, json)
  local command = json(add("undo",
    "Take the last format of a volume back, byte for byte.", undo))
  command:argument "volume"
    :description "D:, a mount folder or a GUID path."
  command:option "--erase"
    :argname "NAME"
    :description("Name the volume once more: the file system that is on it now"
      .. " is lost. Without it the plan is printed and nothing is changed.")
  good_only(command)
  command:flag "--plan"
    :description "Print the plan, check it, and change nothing."
  wait.flag(command)
  command:epilog [[
It is refused when the new file system was used, and says what differs.
Examples: ntvol undo D: --plan
          ntvol undo D: --erase D:]]
  command = json(add("recover",
    "Take back what was interrupted: by a crash, a kill, a power cut.",
    recover))
  command:argument "volume"
    :args "?"
    :description "D:, a mount folder or a GUID path; all volumes unless given."
  good_only(command)
  command:option "--erase"
    :argname "NAME"
    :description("Name the volume once more; --good-only needs it: what is on it"
      .. " now is lost, and not all of what was there comes back.")
  command:flag "--plan"
    :description "Print what was interrupted, and change nothing."
  command:epilog [[
The volume is what it was before the operation began. It is refused when the
volume is another one, or somebody wrote to it since. When it is interrupted
itself, run it again.
Examples: ntvol recover --plan
          ntvol recover D:]]
end

return M
