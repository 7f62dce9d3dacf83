--- Commands that run a plan: change-fs and prepare-removal.
-- @module ntvol.cli.plans

local output = require "ntvol.cli.output"
local progress = require "ntvol.progress"
local runs = require "ntvol.run"
local shell = require "ntvol.shell"
local size = require "ntvol.size"

local M = {}

local function command_line(words)
  for i, word in ipairs(words) do
    words[i] = shell.word(word)
  end
  return table.concat(words, " ")
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

local function print_step(plan)
  return function(step, state, message)
    if state == "start" then
      return
    end
    progress.finish()
    local line = ("%s %s  %s"):format(step.name, step.target or plan.target,
      state)
    print(message and state ~= "failed" and line .. " (" .. message .. ")"
      or line)
    io.stdout:flush()
  end
end

local function show_undo_failures(report)
  for _, failed in ipairs(report.undo_failures) do
    io.stderr:write(("ntvol: undo of %s %s failed: %s\n"):format(
      failed.name, failed.target, failed.message))
  end
end

local function finish(args, report, message, code, info)
  local ended = report or info.report
  if args.json and ended then
    output.json(ended:data())
  end
  if report then
    return output.EXIT.ok
  end
  local status = output.fail(message, code, info)
  if info and info.outcome then
    io.stderr:write(("the volume is %s\n"):format(info.outcome))
  end
  if ended then
    show_undo_failures(ended)
  end
  return status
end

local function show_plan(args, plan)
  if args.json then
    output.json(plan_data(plan))
  else
    print(plan)
  end
end

local function only_plan(args, plan)
  show_plan(args, plan)
  local ok, message, code, info = plan:check()
  if not ok then
    return output.fail(message, code, info)
  end
  return output.EXIT.ok
end

-- Nothing says that it is meant: the plan, and how to say it.
local function refuse(args, plan, what)
  show_plan(args, plan)
  return output.usage(("%s; nothing was changed"):format(what),
    "hint: to run the plan: " .. plan.run_it)
end

local function run(args, plan, erase)
  local report, message, code, info = plan:run {
    erase = erase, on_progress = progress.bar,
    on_step = not args.json and print_step(plan) or nil,
  }
  return finish(args, report, message, code, info)
end

-- ---- change-fs -----------------------------------------------------------

local function change_command(args, target)
  local words = { "ntvol" }
  local function add(flag, value)
    if value then
      words[#words + 1] = flag
      words[#words + 1] = value
    end
  end
  add("--machine", args.machine)
  words[#words + 1] = "change-fs"
  words[#words + 1] = args.volume
  add("--to", args.to)
  add("--label", args.label)
  add("--cluster-size", args.cluster_size)
  if args.full then
    words[#words + 1] = "--full"
  end
  add("--erase", target)
  return command_line(words)
end

local function change(args, machine)
  local plan, message, code, info =
    require "ntvol.plan".change_filesystem(args.volume, {
      to = args.to, label = args.label, cluster_size = args.cluster_size,
      quick = not args.full, machine = machine,
    })
  if not plan then
    return output.fail(message, code, info)
  end
  plan.run_it = change_command(args, plan.target)
  if args.plan then
    return only_plan(args, plan)
  elseif not args.erase then
    return refuse(args, plan, ("everything on %s would be lost, and nothing"
      .. " says that it is meant"):format(plan.target))
  end
  return run(args, plan, args.erase)
end

-- ---- prepare-removal -----------------------------------------------------

local function removal_command(args)
  local words = { "ntvol" }
  if args.machine then
    table.move({ "--machine", args.machine }, 1, 2, 2, words)
  end
  table.move({ "prepare-removal", args.disk }, 1, 2, #words + 1, words)
  if args.lock ~= "try" then
    table.move({ "--lock", args.lock }, 1, 2, #words + 1, words)
  end
  words[#words + 1] = "--yes"
  return command_line(words)
end

local function prepare(args, machine)
  local plan, message, code, info =
    require "ntvol.plan".prepare_lun_removal(args.disk, {
      lock = args.lock, machine = machine,
    })
  if not plan then
    return output.fail(message, code, info)
  end
  plan.run_it = removal_command(args)
  if args.plan then
    return only_plan(args, plan)
  elseif not args.yes then
    return refuse(args, plan, ("%s and its volumes would go away, and nothing"
      .. " says that it is meant"):format(plan.target))
  end
  return run(args, plan)
end

-- ---- the commands --------------------------------------------------------

local function to_cluster_size(text)
  local bytes, problem = size.parse(text)
  if not bytes then
    return nil, problem
  elseif bytes < 512 or bytes > 1 << 25 or bytes & (bytes - 1) ~= 0 then
    return nil, ("cluster size '%s' is not a power of two from 512 to 32M")
      :format(text)
  end
  return bytes
end

local function plan_flag(command)
  command:flag "--plan"
    :description "Print the plan, check it, and change nothing."
end

local function add_change(add, json)
  local command = json(add("change-fs",
    "Change the file system of a volume: open, lock, format, dismount,"
    .. " unlock, close.", change))
  command:argument "volume"
    :description "D:, a mount folder or a GUID path."
  command:option "--to"
    :description "The new file system."
    :choices { "ntfs", "fat", "fat16", "fat32", "exfat" }
    :count(1)
  command:option "--label"
    :argname "LABEL"
    :description "Its label."
  command:option "--cluster-size"
    :argname "SIZE"
    :description "Size of its clusters: 4096, 64K."
    :convert(to_cluster_size)
  command:flag "--full"
    :description "Write the whole volume, not only the new file system."
  command:option "--erase"
    :argname "NAME"
    :description("Name the volume once more: everything on it is lost."
      .. " Without it the plan is printed and nothing is changed.")
  plan_flag(command)
  command:epilog [[
Examples: ntvol change-fs D: --to ntfs --plan
          ntvol change-fs D: --to ntfs --label DATA --erase D:]]
end

local function add_prepare(add, json)
  local command = json(add("prepare-removal",
    "Prepare a disk for the removal of its LUN: every volume locked,"
    .. " dismounted, offline; then uninstalled.", prepare))
  command:argument "disk"
    :description "PhysicalDrive1 or 1."
  command:option "--lock"
    :description("required: refuse when a volume is in use; try (the default):"
      .. " go on without the lock, what others have open is dead then; no.")
    :choices { "required", "try", "no" }
    :default "try"
    :show_default(false)
  command:flag "--yes"
    :description("Do it. No data is lost, but the volumes go away. Without it"
      .. " the plan is printed and nothing is changed.")
  plan_flag(command)
  command:epilog [[
Examples: ntvol prepare-removal 1 --plan
          ntvol prepare-removal 1 --lock required --yes]]
end

--- Adds the commands to the parser.
function M.add(add, json)
  add_change(add, json)
  add_prepare(add, json)
end

return M
