--- Waiting for others: how long, how often, and for which refusals.
--
-- With the option `wait`, `volume:lock`, `volume:dismount` and `machine:open`
-- wait as such a policy says (see ntvol.volume and ntvol.machine). A program
-- can use one for requests of its own.
-- @module ntvol.retry

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local options = require "ntvol.options"

local of_option = failure.protect(current.of_option)

local M = {}

local Policy = {}
Policy.__index = Policy
Policy.__name = "ntvol.retry"

local FIELDS = {
  wait = "number", first = "number", factor = "number", longest = "number",
  jitter = "number", seed = "integer", classes = "table",
}

local RUN_FIELDS = {
  machine = "userdata", on_attempt = "function", on_busy = "function",
}

local DEFAULTS = { wait = 10, first = 0.05, factor = 2, longest = 1,
  jitter = 0.5 }

-- ---- making --------------------------------------------------------------

-- NaN is in no range.
local function is_outside(value, low, high)
  return value ~= value or value < low or value > high
end

local function range_problem(policy)
  if is_outside(policy.wait, 0, math.huge) then
    return "option 'wait' must be 0 or more seconds"
  elseif is_outside(policy.longest, 0.001, 3600) then
    return "option 'longest' must be from 0.001 seconds to an hour"
  elseif is_outside(policy.first, 0.001, policy.longest) then
    return "option 'first' must be from 0.001 seconds to 'longest'"
  elseif is_outside(policy.factor, 1, math.huge) then
    return "option 'factor' must be 1 or more"
  elseif is_outside(policy.jitter, 0, 1) then
    return "option 'jitter' must be from 0 to 1"
  end
end

local function class_set(list)
  local set = {}
  for _, class in ipairs(list or { "transient" }) do
    set[class] = true
  end
  return set
end

-- A policy, or nil and what is wrong with the options.
local function make(opts)
  local policy = {}
  for name, value in pairs(DEFAULTS) do
    policy[name] = opts[name] or value
  end
  policy.seed = opts.seed
  policy.classes = class_set(opts.classes)
  local problem = range_problem(policy)
  if problem then
    return nil, problem
  end
  return setmetatable(policy, Policy)
end

--- Makes a policy. The first pause is `first` seconds. Each further pause is
-- `factor` times as long, up to `longest`. A random part of each pause, up to
-- `jitter` of it (0 to 1), is left out, so that two programs that wait for each
-- other do not meet again and again. A pause ends early when the machine sees
-- that somebody closed or unlocked something.
-- @tparam[opt] ntvol.retry_options opts `wait` (seconds in all, 10 unless
--  given), `first` (0.05), `factor` (2), `longest` (1), `jitter` (0.5), `seed`
--  (an integer: the same pauses each time), `classes` (of errors to wait for,
--  `{ "transient" }`)
-- @treturn ntvol.retry
-- @raise for an unknown option or a wrong value
-- @usage
-- local policy = ntvol.retry.new { wait = 15, longest = 2 }
-- local vol <close> = assert(ntvol.open("D:", { wait = policy }))
-- local _guard <close> = assert(vol:lock { wait = policy })
function M.new(opts)
  local policy, problem = make(options.check(1, "new", opts, FIELDS))
  if not policy then
    error(("bad argument #1 to 'new' (%s)"):format(problem), 2)
  end
  return policy
end

function Policy:__tostring()
  return ("ntvol.retry (%g s, pauses from %g to %g s)"):format(self.wait,
    self.first, self.longest)
end

-- ---- chance --------------------------------------------------------------

-- Random numbers from 0 to 1 (a linear congruence, Knuth's MMIX). The seed
-- decides them. When no seed is given, the clock is the seed: a virtual clock
-- gives the same numbers each time, a real one never does.
local function random_from(seed)
  local state = seed
  return function()
    state = state * 6364136223846793005 + 1442695040888963407
    return (state >> 11) / (1 << 53)
  end
end

-- ---- what is told about it -----------------------------------------------

local Summary = {}
Summary.__name = "ntvol.retry.summary"

function Summary:__tostring()
  local text = ("%d attempt%s in %.2f s"):format(self.attempts,
    self.attempts == 1 and "" or "s", self.waited)
  return core.printable(self.cause
    and ("%s, waited for: %s"):format(text, self.cause) or text)
end

-- ---- one run -------------------------------------------------------------

local Run = {}
Run.__index = Run

local function new_run(policy, machine, callbacks)
  local began = core.clock(machine)
  local _, mark = core.wait_change(machine, 0)
  return setmetatable({
    policy = policy, machine = machine, callbacks = callbacks,
    began = began, mark = mark, attempts = 0, pause = policy.first,
    random = random_from(policy.seed or math.floor(began * 1e6)),
  }, Run)
end

function Run:waited()
  return core.clock(self.machine) - self.began
end

-- What is told of the run when the next attempt succeeds; `waited` is set then.
function Run:summary()
  local last = self.last or {}
  return setmetatable({
    attempts = self.attempts, waited = 0,
    holders = last.holders, reason = last.reason, cause = self.cause,
  }, Summary)
end

-- Whether a moment is over. The clock counts microseconds, and a moment is a
-- sum of fractions, so less than a microsecond does not count.
local function is_over(now, moment)
  return now > moment - 1e-6
end

-- Sleeps `seconds`. It ends early when somebody has closed or unlocked
-- something since the last attempt began, but not before `first` seconds are
-- over.
Run.sleep = failure.protect(function(self, seconds)
  local from = core.clock(self.machine)
  local earliest = from + math.min(self.policy.first, seconds)
  local latest = from + seconds
  local now, changed = from, false
  repeat
    local till = changed and earliest or latest
    local news, mark = failure.try(core.wait_change(self.machine,
      math.max(till - now, 0), self.mark))
    changed, self.mark = changed or news, mark
    now = core.clock(self.machine)
  until is_over(now, latest) or changed and is_over(now, earliest)
  return true
end)

local function with_class(class, text, message, info)
  info.class = class
  return failure.add_detail(message, info, text)
end

-- The message with which the run ends after this failure; nil to try again.
function Run:ends(message, info)
  local policy, left = self.policy, self.policy.wait - self:waited()
  info.attempts, info.waited = self.attempts, self:waited()
  local waits = policy.wait > 0 or policy.is_rest
  if not waits or not policy.classes[info.class] then
    return message
  end
  self.last, self.cause = info, failure.cause(message, info)
  local on_busy, on_attempt = self.callbacks.on_busy, self.callbacks.on_attempt
  local at_once = on_busy and info.holders
    and on_busy(info.holders, self.attempts) == true
  if on_attempt and on_attempt(self.attempts, info) == false then
    return with_class("cancelled", ("stopped after %.2f s, attempt %d")
      :format(info.waited, info.attempts), message, info)
  elseif left <= 0 then
    return with_class("timeout", ("waited %.2f s, %d attempt%s")
      :format(info.waited, info.attempts, info.attempts == 1 and "" or "s"),
      message, info)
  end
  self.left = left
  -- Twice in a row would be a loop that never sleeps.
  self.at_once = at_once and not self.at_once
end

-- The pause before the next attempt.
function Run:rest()
  if self.at_once then
    return true
  end
  local policy = self.policy
  local pause = self.pause * (1 - policy.jitter * self.random())
  self.pause = math.min(self.pause * policy.factor, policy.longest)
  return self:sleep(math.min(pause, self.left))
end

-- The summary is made before the attempt. When an attempt succeeds, it may have
-- taken a lock, which is on its way to the caller; nothing may fail after that.
function Run:go(attempt)
  while true do
    self.attempts = self.attempts + 1
    local summary = self:summary()
    local result, message, code, info = attempt(self.attempts)
    if result then
      summary.waited = self:waited()
      return result, summary
    elseif type(info) ~= "table" then
      return result, message, code, info
    end
    local ended = self:ends(message, info)
    if ended then
      return nil, ended, code, info
    end
    local rested
    rested, message, code, info = self:rest()
    if not rested then
      return nil, message, code, info
    end
  end
end

--- Calls `attempt` until it succeeds, the time is over, or waiting does not
-- help. A failure whose class the policy does not wait for is returned at once.
-- When the time is over, the failure of the last attempt is returned, with the
-- class `"timeout"`. Every failure has `info.attempts` and `info.waited`
-- (seconds).
-- @function Policy:run
-- @tparam ntvol.attempt attempt called with the number of the attempt; it
--  returns a true value, or nil, message, code, info
-- @tparam[opt] ntvol.retry.run_options opts `machine`: whose clock it is, the
--  current one unless given; `on_attempt(n, info)`: called after each attempt
--  that failed and may be repeated, false stops; `on_busy(holders, n)`: called
--  with those in the way, to ask them to leave, true tries again at once
-- @return[1] what `attempt` returned
-- @treturn ntvol.waited `{ attempts, waited, holders, reason, cause }`; the
--  last three are those of the last failure that was waited for; it prints as
--  one line
-- @failure
-- @raise for an unknown option
-- @usage
-- local machine = ntvol.machine()
-- local policy = ntvol.retry.new { wait = 5 }
-- local done, waited = policy:run(function()
--   return machine:uninstall "D:"
-- end)
-- assert(done)
-- print(waited)                     -- 1 attempt in 0.00 s
function Policy:run(attempt, opts)
  if type(attempt) ~= "function" then
    error(("bad argument #1 to 'run' (function expected, got %s)"):format(
      type(attempt)), 2)
  end
  opts = options.check(2, "run", opts, RUN_FIELDS)
  return failure.and_then(function(machine)
    return new_run(self, machine, opts):go(attempt)
  end, of_option(opts.machine))
end

-- ---- waiting as an option -------------------------------------------------

-- The policy of the option `wait`, which is seconds or a policy; `arg` is the
-- number of the argument that the options are, `level` says whom to blame for a
-- wrong value, as in `error`.
function M._policy(verb, arg, wait, level)
  if getmetatable(wait) == Policy then
    return wait
  end
  local policy, problem
  if wait == nil or type(wait) == "number" then
    policy, problem = make { wait = wait }
  else
    problem = "option 'wait' must be seconds or a policy of ntvol.retry, got "
      .. type(wait)
  end
  if not policy then
    error(("bad argument #%d to '%s' (%s)"):format(arg, verb, problem),
      level + 1)
  end
  return policy
end

local function callbacks_of(opts)
  return { on_attempt = opts.on_attempt, on_busy = opts.on_busy }
end

-- The options by which a method waits; `wait` may be seconds or a policy.
M._FIELDS = { wait = "any", on_attempt = "function", on_busy = "function" }

-- Whether options ask for waiting.
function M._waits(opts)
  return (opts.wait or opts.on_attempt or opts.on_busy) and true or false
end

-- Calls `attempt()` as often as a policy says; `opts` has the callbacks.
function M._run(policy, machine, opts, attempt)
  return new_run(policy, machine, callbacks_of(opts)):go(attempt)
end

-- The same policy with the rest of its time. When no time is left, the time is
-- over; that is not the same as a policy that does not wait.
local function with_rest(policy, seconds)
  local copy = {}
  for name, value in pairs(policy) do
    copy[name] = value
  end
  copy.wait, copy.is_rest = seconds, policy.wait > 0
  return setmetatable(copy, Policy)
end

--- Shares one time among several requests. It returns a function that returns
-- the options of the next request, with the rest of the time. That function may
-- be called with other options of the request, which are added.
-- @tparam[opt] ntvol.machine machine whose clock it is; without one, every
--  request has all of the time
-- @tparam ntvol.wait_options opts `wait`, `on_attempt`, `on_busy`, as those of
--  `volume:lock`; without one of them nothing waits
-- @treturn ntvol.waiting called with the other options of the
--  request, or nothing
-- @raise for a wrong value of `wait`
-- @usage
-- local machine = ntvol.machine()
-- local waiting = ntvol.retry.share(machine, { wait = 10 })
-- local vol <close> = assert(machine:open("D:", waiting { access = "rw" }))
-- local _guard <close> = assert(vol:lock(waiting()))
function M.share(machine, opts)
  if not M._waits(opts) then
    return function(others)
      return others
    end
  end
  local policy = M._policy("share", 2, opts.wait, 2)
  local began = machine and core.clock(machine)
  return function(others)
    local all = callbacks_of(opts)
    for name, value in pairs(others or {}) do
      all[name] = value
    end
    local passed = machine and core.clock(machine) - began or 0
    all.wait = with_rest(policy, math.max(policy.wait - passed, 0))
    return all
  end
end

return M
