-- A wrong argument is the caller's mistake: the error points to the line of the
-- caller, and counts the arguments as the caller wrote them.

local helpers = require "spec.helpers"
local machines = require "spec.support.machines"
local ntvol = require "ntvol"
local proc = require "spec.support.proc"

local CALLS = {
  { "ntvol.open()", "bad argument #1 to 'open'" },
  { "ntvol.open(1)", "bad argument #1 to 'open'" },
  { "ntvol.open('D:', 3)", "bad argument #2 to 'open'", opens = true },
  { "ntvol.open('D:', { wait = -1 })", "bad argument #2 to 'open'", opens = true },
  { "ntvol.open('D:', { x = 1 })", "bad argument #2 to 'open'", opens = true },
  { "machine:open(1)", "bad argument #1 to 'open'", opens = true },
  { "machine:open('D:', { access = 'q' })", "bad argument #2 to 'open'", opens = true },
  { "ntvol.machine(5)", "bad argument #1 to 'machine'" },
  { "ntvol.machine 'lab\\0x'", "bad argument #1 to 'machine'" },
  { "ntvol.undo()", "bad argument #1 to 'undo'" },
  { "ntvol.undo('D:', 1)", "bad argument #2 to 'undo'" },
  { "ntvol.recover(1)", "bad argument #1 to 'recover'" },
  { "ntvol.recover('D:', 1)", "bad argument #2 to 'recover'" },
  { "ntvol.explain {}", "bad argument #1 to 'explain' %(the table is not" },
  { "ntvol.with_exclusive_volume(1)", "bad argument #1 to" },
  { "ntvol.with_exclusive_volume('D:', print, { wait = -1 })",
    "bad argument #3 to 'with_exclusive_volume' %(option 'wait' must" },
  { "ntvol.journal.open(5)", "bad argument #1 to 'open'" },
  { "ntvol.journal.open ''", "bad argument #1 to 'open'" },
  { "ntvol.journal.of()", "bad argument #1 to 'of'" },
  { "ntvol.sim.open()", "bad argument #1 to 'open'" },
  { "ntvol.sim.remove()", "bad argument #1 to 'remove'" },
  { "ntvol.sim.check()", "bad argument #1 to 'check'" },
  { "ntvol.sim.insert(machine, 3)", "bad argument #2 to 'insert'" },
  { "ntvol.sim.eject(machine)", "bad argument #2 to 'eject'" },
  { "ntvol.timeline.of_report()", "bad argument #1 to 'of_report'" },
  { "ntvol.plan.eject()", "bad argument #1 to 'eject'" },
  { "volume:lock { wait = -1 }", "bad argument #1 to 'lock'" },
  { "volume:dismount { wait = -1 }", "bad argument #1 to 'dismount'" },
  { "plan:run { wait = -1 }", "bad argument #1 to 'run' %(option 'wait' must" },
  { "plan.run()", "a plan expected, got nil; write it with a colon: plan:run%(%)" },
  { "plan.run { erase = 'D:' }", "a plan expected, got table; write it with" },
  { "plan.check()", "write it with a colon: plan:check%(%)" },
  { "plan.undo()", "write it with a colon: plan:undo%(%)" },
  { "plan.report()", "write it with a colon: plan:report%(%)" },
}

describe("a wrong argument is blamed on the line of the caller:", function()
  for _, case in ipairs(CALLS) do
    it(case[1], function()
      if proc.windows and case.opens then
        pending "machine:open has a guard around it there: spec/support/win/limits.lua"
      end
      local machine = machines.create(machines.cleanup(finally), ":memory:",
        { disks = { { size = 1 << 20, volumes = { { letter = "D:" } } } } })
      local volume <close> = assert(machine:open "D:")
      ntvol.machine(machine)
      local call = assert(load("local result = " .. case[1]
        .. "\nreturn result", "=caller", "t", { ntvol = ntvol, print = print,
        machine = machine, volume = volume,
        plan = ntvol.plan.new { name = "test", target = "D:", steps = {} } }))
      local ok, problem = pcall(call)
      assert.is_false(ok)
      assert.matches("^caller:1: ", problem)
      assert.matches(case[2], problem)
    end)
  end

  it("an error of somebody else's function is passed on as it is", function()
    local options = require "ntvol.options"
    helpers.raises("bad argument #1 to 'theirs'", options.pass, "ours", 1,
      function() error("x:1: bad argument #1 to 'theirs' (no)", 0) end)
  end)
end)
