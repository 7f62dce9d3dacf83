-- The journal of many processes, some of which die.

local journal = require "ntvol.journal"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local tempdir = require "spec.support.tempdir"

describe("operations of other processes", function()
  it("run while their process lives, and are interrupted when it is killed",
    function()
      local defer = machines.cleanup(finally)
      local folder = proc.native(tempdir(defer))
      local log = assert(journal.open(folder))
      defer(function() log:close() end)
      local child = process.start(defer)
      child:run(("journal = assert(require 'ntvol.journal'.open(%q))"):format(
        folder))
      local id = child:run [[return journal:begin { plan = "long" }]]
      local other = child:run [[return journal:begin { plan = "ends" }]]
      assert.equal("running", assert(log:entry(id)).state)
      assert.equal(child.pid, log:entry(id).pid)
      child:run(("assert(journal:finish(%d, 'committed'))"):format(other))
      child:kill()
      assert.equal("interrupted", assert(log:entry(id)).state)
      assert.equal("committed", assert(log:entry(other)).state)
      assert.equal(0, assert(log:prune { keep = 1, days = 1 }).saved)
      assert.equal("interrupted", assert(log:entry(id)).state)
    end)

  it("write at the same time and lose nothing", function()
    local defer = machines.cleanup(finally)
    local folder = proc.native(tempdir(defer))
    local children = {}
    for i = 1, 3 do
      children[i] = process.start(defer)
      children[i]:send(([[
        local journal <close> = assert(require "ntvol.journal".open(%q))
        for i = 1, 20 do
          local id = assert(journal:begin { plan = "%d" })
          assert(journal:step(id, 1, { name = "only" }))
          assert(journal:finish(id, "committed"))
        end
        return true]]):format(folder, i))
    end
    for _, child in ipairs(children) do
      assert(child:answer())
    end
    local log <close> = assert(journal.open(folder))
    local entries = assert(log:entries())
    assert.equal(60, #entries)
    for _, entry in ipairs(entries) do
      assert.equal("committed", entry.state)
    end
  end)
end)
