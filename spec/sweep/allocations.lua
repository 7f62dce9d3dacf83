-- Lets memory run out within every verb of a class, one allocation after the
-- other, and looks at what is left. The program of allocation_spec.lua, with
-- build/KIND/alloc.so preloaded:
--
--   allocations.lua FOLDER CLASS
--
-- It prints TAP, a test for each verb and way to fail.

local alloc = require "alloc"
local helpers = require "spec.helpers"
local outcome = require "spec.sweep.outcome"
local sweep = require "spec.support.sweep"
local verbs = require "spec.sweep.verbs"

local folder, class = arg[1], arg[2]
local MOST = sweep.pick(3, 50, math.maxinteger)

-- Whose allocations fail, and whether all do from the nth on.
local MODES = {
  { "c", false }, { "c", true }, { "lua", false }, { "lua", true },
  { "all", true },
}

-- These write, and say what the volume holds then.
local WRITES = { format = true, take_back = true }

-- These end what they are called on, even when they complain.
local ENDS = { close = true }

-- ---- one call ------------------------------------------------------------

local function answered(...)
  local seen, failed, asker = alloc.disarm()
  local result = table.pack(...)
  return { seen = seen, failed = failed, asker = asker, result = result,
    refused = not result[1] or (result[2] == nil and result.n > 2) }
end

-- Either as all refusals are, or as Lua says it.
local function check_words(verb, result)
  if not result[1] then
    assert(tostring(result[2]):find("not enough memory", 1, true),
      "raised: " .. tostring(result[2]))
    return
  end
  local message, info = helpers.refused("ERROR_NOT_ENOUGH_MEMORY",
    table.unpack(result, 2, result.n))
  assert(info.status_name == "STATUS_NO_MEMORY", message)
  assert(verb ~= "format" or info.outcome
    or info.hint:find("format it again", 1, true), message)
end

-- A refusal changes nothing, and keeps nothing.
local function check_state(lab, verb, before)
  local machine = lab.machine
  if not machine or tostring(machine):find("(closed)", 1, true) then
    return
  end
  local said, bytes = outcome.state(machine)
  assert(said == before.said or WRITES[verb] or ENDS[verb],
    ("half done: %s\nbefore: %s"):format(said, before.said))
  assert(bytes == before.bytes or WRITES[verb], "other bytes")
  lab:close_handles()
  assert(outcome.can_lock(machine) == before.can_lock, "a stuck lock")
end

local function look(lab)
  local before = {}
  if lab.machine then
    before.said, before.bytes = outcome.state(lab.machine)
  end
  return before
end

-- Whether D: could be locked by somebody else once this lab's handles are gone.
local function lockable(prepare)
  local lab <close> = verbs.lab(folder)
  prepare(lab)
  lab:close_handles()
  return lab.machine and outcome.can_lock(lab.machine)
end

local function judge(lab, verb, call, before, expected)
  local result = call.result
  if call.refused then
    assert(call.failed, "refused without need: " .. outcome.text(result))
    check_words(verb, result)
    check_state(lab, verb, before)
  elseif expected then
    local text = outcome.text(result)
    assert(text == expected,
      ("another answer: %s\nexpected: %s"):format(text, expected))
  end
end

-- Runs the verb with the nth allocation failing (0: none). Returns the call and
-- what was wrong with it.
local function try(verb, prepare, n, mode, before, expected)
  local lab <close> = verbs.lab(folder)
  local f = prepare(lab)
  local now = look(lab)
  now.can_lock = before.can_lock
  alloc.arm(n, mode[1], mode[2])
  local call = answered(pcall(f))
  lab:take(call.result)
  local ok, problem = pcall(judge, lab, verb, call, now, expected)
  call.text = outcome.text(call.result)
  return call, not ok and problem or nil
end

-- ---- all calls -------------------------------------------------------------

local function collect()
  collectgarbage()
  collectgarbage()
end

-- The library for file systems, when it gets no memory: fatfs_make_data_runs
-- forgets the one list of the clusters that it had made.
local LEAVES = { ["libtsk"] = 1 }

-- How many blocks of C are left behind by one try, beyond what the library that
-- got no memory leaves. The library for file systems has C++ inside and leaves
-- what it had when an exception comes: sleuthkit.h.
local function leaked(...)
  collect()
  local blocks, thrown = alloc.live(), alloc.thrown()
  local call, problem = try(...)
  blocks = blocks + (LEAVES[call.asker:match "([^/]*)%.so[^/]*$"] or 0)
  collect()
  return alloc.thrown() == thrown and alloc.live() - blocks or 0, problem
end

local function try_each(verb, prepare, mode, before, expected)
  local call, problem = try(verb, prepare, 0, mode, before, expected)
  assert(not problem, problem)
  for n in sweep.sample(call.seen, MOST) do
    local what = ("allocation %d of %d"):format(n, call.seen)
    io.write("# ", verb, ": ", what, "\n"):flush()
    local blocks
    for _ = 1, 3 do -- what a library keeps for ever, it keeps once
      blocks, problem = leaked(verb, prepare, n, mode, before, expected)
      assert(not problem, ("%s: %s"):format(what, problem))
      if blocks <= 0 then
        break
      end
    end
    assert(blocks <= 0, ("%s: %d blocks leaked"):format(what, blocks))
  end
  return call.seen
end

local function sweep_verb(verb, prepare, number)
  local before = { can_lock = lockable(prepare) }
  local first = try(verb, prepare, 0, MODES[1], before)
  local second = try(verb, prepare, 0, MODES[1], before)
  local expected = first.text == second.text and first.text or nil
  for _, mode in ipairs(MODES) do
    local ok, answer = pcall(try_each, verb, prepare, mode, before, expected)
    number = number + 1
    io.write(("%s %d - %s, %s of %s\n"):format(ok and "ok" or "not ok", number,
      verb, mode[2] and "all from one on" or "each once", mode[1]))
    if not ok then
      io.write("# ", tostring(answer):gsub("\n", "\n# "), "\n")
    end
  end
  return number
end

local names, number = {}, 0
for name, prepare in pairs(verbs[class]) do
  names[#names + 1] = prepare and name or nil
end
table.sort(names)
for _, name in ipairs(names) do
  number = sweep_verb(name, verbs[class][name], number)
end
print("1.." .. number)
