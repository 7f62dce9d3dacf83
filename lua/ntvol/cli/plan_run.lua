--- What the commands that run a plan share: showing it, running it, saying
-- how it ended.
-- @module ntvol.cli.plan_run

local aftermath = require "ntvol.aftermath"
local core = require "ntvol.core"
local failure = require "ntvol.failure"
local numbers = require "ntvol.number"
local output = require "ntvol.cli.output"
local progress = require "ntvol.progress"
local runs = require "ntvol.run"
local shell = require "ntvol.shell"
local wait = require "ntvol.cli.wait"

local M = {}

--- The command line of `ntvol` with these words, for people to copy.
-- @tparam table args of the parser: `machine`
-- @tparam {string,...} words
-- @treturn string
function M.command(args, words)
  local list = { "ntvol" }
  if args.machine then
    table.move({ "--machine", args.machine }, 1, 2, 2, list)
  end
  list[#list + 1] = words[1]
  if args.wait then
    table.move({ "--wait", numbers.format("%g", args.wait) }, 1, 2, #list + 1, list)
  end
  table.move(words, 2, #words, #list + 1, list)
  for i, word in ipairs(list) do
    list[i] = shell.word(word)
  end
  return table.concat(list, " ")
end

-- ---- plans and reports ---------------------------------------------------

local function step_data(plan, step)
  return {
    name = step.name, target = step.target or plan.target, says = step.says,
    destroys = step.destroys or false, undo = step.undo ~= nil,
    final = runs.is_final(step),
  }
end

local function plan_data(plan)
  local steps = {}
  for i, step in ipairs(plan.steps) do
    steps[i] = step_data(plan, step)
  end
  return { plan = plan.name, target = plan.target, about = plan.about,
    run_it = plan.run_it, steps = steps, identity = plan.identity,
    unchecked = plan.unchecked }
end

local function print_step(plan, write)
  return function(step, state, message)
    if state == "start" then
      return
    end
    progress.finish()
    local line = ("%s %s  %s"):format(step.name, step.target or plan.target,
      state)
    write(core.printable(message and state ~= "failed"
      and line .. " (" .. message .. ")" or line))
    output.send()
  end
end

local function show_undo_failures(report)
  for _, failed in ipairs(report.undo_failures) do
    output.say(core.printable(("ntvol: undo of %s %s failed: %s"):format(
      failed.name, failed.target, failed.message)))
  end
end

local function say_now(report)
  for _, line in ipairs(aftermath.now(report)) do
    output.say(line)
  end
end

local function finish(report, message, code, info)
  if report then
    if report.too_late then
      output.say("ntvol: " .. aftermath.what(report.plan, report.target,
        report))
      say_now(report)
    end
    return output.EXIT.ok
  end
  local status = output.fail(message, code, info)
  local ended = info and info.report
  if ended and ended.state == "failed" then
    say_now(ended)
  elseif info and info.outcome then
    output.say(("the volume is %s"):format(info.outcome))
  end
  if ended then
    show_undo_failures(ended)
  end
  return status
end

-- Says how a run ended that was interrupted.
local function finish_interrupted(plan, report)
  output.say("ntvol: interrupted: " .. aftermath.what(plan.name, plan.target,
    report))
  if aftermath.is_untouched(report) and plan.run_it then
    output.say("hint: to run it again: " .. core.printable(plan.run_it))
  end
  if report then
    say_now(report)
    show_undo_failures(report)
  end
  return output.EXIT.cancelled
end

local function show_plan(args, plan)
  if args.json then
    output.json(plan_data(plan))
  else
    output.print(plan)
  end
end

--- Shows and checks a plan; changes nothing.
-- @treturn integer exit code
-- @failure
function M.only(args, plan)
  local found = table.pack(plan:check())
  show_plan(args, plan)
  return output.done(table.unpack(found, 1, found.n))
end

--- Refuses to run a plan because the confirmation is missing. It shows the
-- plan, and the command that says so.
-- @treturn integer exit code
function M.refuse(args, plan, what)
  show_plan(args, plan)
  return output.usage(("%s; nothing was changed"):format(what),
    "hint: to run the plan: " .. plan.run_it)
end

-- Says how a plan ended. A plan without a report had not even begun to run.
local function say_ended(args, plan, ok, ...)
  progress.finish()
  local report = plan:report()
  local begun = report and report.state ~= "not run"
  if args.json and begun then
    output.json(report:data())
  end
  if ok then
    return finish(...)
  elseif begun and report.state == "done" then
    return finish(report)
  elseif output.is_interrupt((...)) then
    return finish_interrupted(plan, begun and report or nil)
  end
  error((...), 0)
end

-- Runs a plan, and says how it ended. An interrupt during that does not keep
-- the end of the run from being told.
local function carry(outside, args, plan, opts)
  local results = table.pack(outside(plan.run, plan, opts))
  args.ended.code = say_ended(args, plan, table.unpack(results, 1, results.n))
  return args.ended.code
end

--- Runs a plan, says each step, and how it ended.
-- @tparam table args
-- @tparam ntvol.plan.object plan
-- @tparam ?string erase
-- @tparam ?function write prints a line that is said of a step; to standard
--  output unless given
-- @treturn integer exit code
function M.run(args, plan, erase, write)
  plan.told = true -- the command tells how the run ends
  core.outlive_writes() -- the run goes on when nobody reads its output any more
  return core.shield(carry, args, plan, {
    erase = erase, on_progress = progress.bar, wait = args.wait,
    on_attempt = args.wait and wait.show or nil,
    on_step = not args.json and print_step(plan, write or output.print) or nil,
  })
end

--- What a command does with its plan. With --plan, it prints and checks the
-- plan. When data or volumes would be lost, and neither --erase nor --yes says
-- that this is meant, it refuses. Else it runs the plan.
-- @tparam table args of the parser: `plan`, `erase`, `yes`
-- @tparam table how `words(args, target)`: the command line that runs it;
--  optional: `danger`: what would be lost, with %s for the target; `write` as
--  of `run`
-- @param ... the plan, or nil, message, code, info
-- @treturn integer exit code
-- @failure
function M.carry_out(args, how, ...)
  local plan = failure.try(...)
  plan.run_it = M.command(args, how.words(args, plan.target))
  if args.plan then
    return M.only(args, plan)
  elseif how.danger and not (args.erase or args.yes) then
    return M.refuse(args, plan, how.danger:format(plan.target)
      .. ", and the confirmation is missing")
  end
  return M.run(args, plan, args.erase, how.write)
end

return M
