--- Plans: a procedure as data, that can be printed and checked before it is
-- run, and that is undone when a step fails.
-- @module ntvol.plan

local core = require "ntvol.core"
local failure = require "ntvol.failure"
local names = require "ntvol.names"
local options = require "ntvol.options"

local M = {}

local Plan = {}
Plan.__index = Plan
Plan.__name = "ntvol.plan"

local MARK = "-- cannot be undone from here --"

local SPEC_FIELDS = {
  name = "string", target = "string", steps = "table", context = "table",
  erase = "string|table", about = "table", run_it = "string",
}

local STEP_FIELDS = {
  name = "string", says = "string", target = "string", check = "function",
  run = "function", undo = "function", destroys = "boolean", final = "boolean",
}

local RUN_FIELDS = {
  erase = "string", on_step = "function", on_progress = "function",
}

-- ---- making --------------------------------------------------------------

local function check_step(step, i)
  local text
  if type(step) ~= "table" then
    text = "table expected, got " .. type(step)
  else
    text = options.problem(step, STEP_FIELDS)
    for _, field in ipairs { "name", "says", "run" } do
      if not text and step[field] == nil then
        text = ("'%s' is missing"):format(field)
      end
    end
  end
  if text then
    error(("bad argument #1 to 'new' (step %d: %s)"):format(i, text), 3)
  end
end

--- Makes a plan.
--
-- A step is `{ name, says, run }`, and optional: `target` (the plan's unless
-- given), `check`, `undo`, `destroys` (data is lost here), `final` (nothing is
-- lost, but it cannot be undone). `check`, `run` and `undo` get the context
-- and answer a true value, or nil, message, code, info. A string as second
-- value of a successful `run` is a note for the report. What `run` opens it
-- hands to `context.keep(object)`: it is closed at the end, whatever happens.
--
-- The context of a run inherits the fields of `spec.context`, and has
-- `on_progress` of `plan:run`.
-- @tparam table spec `{ name, target, steps }`, and optional: `context`,
--  `erase` (the name, or names, that must be given to run a plan that destroys
--  data; the target unless given), `about` (lines on the objects), `run_it`
--  (how it is run, the last line that it prints)
-- @treturn ntvol.plan.object
-- @raise for an unknown field or a missing one
-- @usage
-- local plan = ntvol.plan.new {
--   name = "say hello", target = "D:",
--   steps = { { name = "hello", says = "Says hello.", run = function()
--     return true
--   end } },
-- }
-- print(plan)
-- assert(plan:run())
function M.new(spec)
  if type(spec) ~= "table" then
    error("bad argument #1 to 'new' (table expected, got "
      .. type(spec) .. ")", 2)
  end
  local text = options.problem(spec, SPEC_FIELDS)
  for _, field in ipairs { "name", "target", "steps" } do
    if not text and spec[field] == nil then
      text = ("option '%s' is missing"):format(field)
    end
  end
  if text then
    error(("bad argument #1 to 'new' (%s)"):format(text), 2)
  end
  for i, step in ipairs(spec.steps) do
    check_step(step, i)
  end
  local erase = spec.erase or spec.target
  return setmetatable({
    name = spec.name, target = spec.target, steps = spec.steps,
    context = spec.context or {}, about = spec.about or {},
    erase = type(erase) == "table" and erase or { erase },
    run_it = spec.run_it,
  }, Plan)
end

-- ---- printing ------------------------------------------------------------

local function destroys(plan)
  for _, step in ipairs(plan.steps) do
    if step.destroys then
      return true
    end
  end
  return false
end

local function widths(plan)
  local name, target = 0, 0
  for _, step in ipairs(plan.steps) do
    name = math.max(name, utf8.len(step.name) or #step.name)
    local text = step.target or plan.target
    target = math.max(target, utf8.len(text) or #text)
  end
  return name, target
end

local function pad(text, width)
  return text .. (" "):rep(width - (utf8.len(text) or #text))
end

local function how_to_run(plan)
  local token = destroys(plan) and (" { erase = %q }"):format(plan.erase[1])
    or "()"
  return plan.run_it or "plan:run" .. token
end

function Plan:__tostring()
  local name_width, target_width = widths(self)
  local lines = { ("%s %s"):format(self.name, self.target) }
  for _, line in ipairs(self.about) do
    lines[#lines + 1] = "  " .. line
  end
  local marked = false
  for i, step in ipairs(self.steps) do
    if not marked and (step.destroys or step.final) then
      lines[#lines + 1] = "      " .. MARK
      marked = true
    end
    lines[#lines + 1] = ("  %2d. %s  %s  %s"):format(i,
      pad(step.name, name_width),
      pad(step.target or self.target, target_width), step.says)
  end
  lines[#lines + 1] = "Run it: " .. how_to_run(self)
  return table.concat(lines, "\n")
end

-- ---- one run -------------------------------------------------------------

local Run = {}
Run.__index = Run

local function new_run(plan, opts)
  local run = setmetatable({
    plan = plan, options = opts, kept = {}, done = {}, at = 0,
    report = { plan = plan.name, target = plan.target, steps = {},
      undo_failures = {} },
  }, Run)
  for i, step in ipairs(plan.steps) do
    run.report.steps[i] = {
      name = step.name, target = step.target or plan.target,
      outcome = "not run",
    }
  end
  run.context = setmetatable({
    on_progress = opts.on_progress,
    keep = function(object)
      run.kept[#run.kept + 1] = object
      return object
    end,
  }, { __index = plan.context })
  return run
end

-- Closes what the steps opened, the last first. Objects that a step closed
-- already do not mind.
function Run:__close()
  for i = #self.kept, 1, -1 do
    self.kept[i]:close()
  end
end

function Run:label(i)
  local step = self.plan.steps[i]
  if step.target and step.target ~= self.plan.target then
    return step.name .. " " .. step.target
  end
  return step.name
end

function Run:tell(i, state, message)
  local on_step = self.options.on_step
  if on_step then
    on_step(self.plan.steps[i], state, message)
  end
end

function Run:set(i, outcome, message)
  self.report.steps[i].outcome = outcome
  self.report.steps[i].message = message
end

-- The failure of step `i` as the plan returns it.
function Run:failure(i, message, code, info)
  local step = self.plan.steps[i]
  info = info or { op = step.name, target = step.target or self.plan.target,
    class = "permanent" }
  info.report = self.report
  return nil, ("step '%s': %s"):format(self:label(i),
    tostring(message or "failed without a reason")), code, info
end

function Run:check()
  for i, step in ipairs(self.plan.steps) do
    if step.check then
      local ok, message, code, info = step.check(self.context)
      if not ok then
        return self:failure(i, message, code, info)
      end
    end
  end
  return true
end

function Run:check_token()
  local plan, given = self.plan, self.options.erase
  if not destroys(plan) or names.is_one_of(given, plan.erase) then
    return true
  end
  local _, message, code, info = failure.make {
    op = plan.name, target = plan.target, status = "STATUS_INVALID_PARAMETER",
    reason = "erase_token",
    detail = given and ("erase = %q does not name it"):format(given)
      or "it destroys data, and nothing says that it is meant",
    hint = ("give erase = %q"):format(plan.erase[1]),
  }
  info.report = self.report
  return nil, message, code, info
end

-- Runs the steps. Answers true, or the number of the step that failed and the
-- failure.
function Run:forward()
  for i, step in ipairs(self.plan.steps) do
    self.at = i
    self:tell(i, "start")
    local began = core.time()
    local result, message, code, info = step.run(self.context)
    self.report.steps[i].seconds = core.time() - began
    if not result then
      self:set(i, "failed", message)
      self:tell(i, "failed", message)
      return i, message, code, info
    end
    local note = type(message) == "string" and message or nil
    self.done[#self.done + 1] = i
    self:set(i, "done", note)
    self:tell(i, "done", note)
  end
  return true
end

-- Undoes one finished step. Nothing that goes wrong here stops the others.
function Run:undo_step(i)
  local step = self.plan.steps[i]
  local ok, result, message, code, info = pcall(step.undo, self.context)
  if ok and result then
    self:set(i, "undone")
  else
    message = tostring(ok and message or result)
    self:set(i, "undo failed", message)
    table.insert(self.report.undo_failures, {
      name = step.name, target = step.target or self.plan.target,
      message = message, code = ok and code or nil, info = ok and info or nil,
    })
  end
  local outcome = self.report.steps[i]
  pcall(self.tell, self, i, outcome.outcome, outcome.message)
end

function Run:undo()
  for k = #self.done, 1, -1 do
    local i = self.done[k]
    if self.plan.steps[i].undo then
      self:undo_step(i)
    end
  end
end

-- A Lua error in a step (a bug, or Ctrl-C) undoes as well, and goes on
-- unchanged.
function Run:steps()
  local ok, failed, message, code, info = pcall(self.forward, self)
  if ok and failed == true then
    return self.report
  end
  local last = self.report.steps[self.at]
  if not ok and last and last.outcome == "not run" then
    self:set(self.at, "failed", tostring(failed))
  end
  self:undo()
  if not ok then
    error(failed, 0)
  end
  return self:failure(failed, message, code, info)
end

-- ---- the object ----------------------------------------------------------

--- Runs every precondition and changes nothing.
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message, it begins with the step
-- @treturn[2] string code
-- @treturn[2] table info
function Plan:check()
  local run <close> = new_run(self, {})
  return run:check()
end

--- Checks the plan and runs it. On the first failure the finished steps are
-- undone in reverse.
--
-- Options: `erase` names the object that loses its contents, and is needed
-- when the plan destroys data; `on_step(step, state, message)` is called with
-- `"start"`, `"done"`, `"failed"`, `"undone"` or `"undo failed"`;
-- `on_progress(done, total)` as in `volume:format`.
-- @tparam ?table opts
-- @treturn[1] table report `{ plan, target, steps = { { name, target, outcome,
--  message, seconds } }, undo_failures }`; an outcome is `"done"`, `"failed"`,
--  `"undone"`, `"undo failed"` or `"not run"`
-- @treturn[2] nil
-- @treturn[2] string message, it begins with the step
-- @treturn[2] string code
-- @treturn[2] table info of the first failure, and `info.report`
-- @raise what a step raises, after undoing
function Plan:run(opts)
  opts = options.check(1, "run", opts, RUN_FIELDS)
  local run <close> = new_run(self, opts)
  local ok, message, code, info = run:check()
  if ok then
    ok, message, code, info = run:check_token()
  end
  if not ok then
    return nil, message, code, info
  end
  return run:steps()
end

-- ---- the procedures ------------------------------------------------------

--- The documented procedure that changes the file system of a volume: open,
-- lock, format, dismount, unlock, close; then it is opened again and looked
-- at.
-- @function change_filesystem
-- @tparam string volume name of the volume
-- @tparam table options `to` (`"ntfs"`, `"fat"`, ...), and optional: `label`,
--  `cluster_size` (bytes), `quick`, `machine`
-- @treturn[1] ntvol.plan.object
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] table info
-- @usage
-- local plan = assert(ntvol.plan.change_filesystem("D:", { to = "ntfs" }))
-- print(plan)
-- assert(plan:run { erase = "D:" })
function M.change_filesystem(...)
  return require "ntvol.procedures.change_filesystem"(M.new, ...)
end

--- The documented procedure before a LUN is masked: every volume of the disk
-- is opened, locked (optional), dismounted and taken offline; then volumes and
-- disk are uninstalled. All or nothing.
-- @function prepare_lun_removal
-- @tparam string|integer disk `"PhysicalDrive1"` or 1
-- @tparam ?table options `lock`: `"try"` (goes on without it; unless given),
--  `"required"` or `"no"`; `machine`
-- @treturn[1] ntvol.plan.object
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] table info
-- @usage
-- local plan = assert(ntvol.plan.prepare_lun_removal(0))
-- print(plan)
-- assert(plan:run())
function M.prepare_lun_removal(...)
  return require "ntvol.procedures.prepare_lun_removal"(M.new, ...)
end

return M
