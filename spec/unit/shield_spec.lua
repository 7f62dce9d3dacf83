-- Work that no hook cuts: core.shield.

local core = require "ntvol.core"

local function nothing() end

describe("core.shield", function()
  it("hands arguments in and results out", function()
    assert.same({ 3, "a", 2 }, { core.shield(function(outside, ...)
      assert.equal("function", type(outside))
      return select("#", ...), ...
    end, "a", 2, nil) })
  end)

  it("raises what is raised in it, and closes what is to be closed", function()
    local problem, closed = {}, false
    local ok, message = pcall(core.shield, function()
      local _ <close> = setmetatable({}, { __close = function()
        closed = true
      end })
      error(problem)
    end)
    assert.is_false(ok)
    assert.equal(problem, message)
    assert.is_true(closed)
  end)

  it("refuses what is no function", function()
    for _, value in ipairs { 1, "f", {} } do
      assert.is_false((pcall(core.shield, value)))
    end
    assert.is_false((pcall(core.shield)))
  end)

  it("is not cut by a hook of the caller, which comes outside", function()
    local problem, steps, seen = {}, 0, nil
    local function work(outside)
      for _ = 1, 1000 do
        steps = steps + 1
      end
      seen = { outside(nothing) }
      steps = steps + 1
      return "done"
    end
    local thread = coroutine.create(function() return core.shield(work) end)
    debug.sethook(thread, function()
      if steps > 0 then -- else it would not even begin
        debug.sethook(thread)
        error(problem, 0)
      end
    end, "crl", 1)
    assert.same({ true, "done" }, { coroutine.resume(thread) })
    assert.equal(1001, steps)
    assert.same({ false, problem }, seen)
  end)

  it("has no hook of the caller", function()
    debug.sethook(function() end, "", 1000000)
    local values = core.shield(function()
      return select("#", debug.gethook())
    end)
    debug.sethook()
    assert.equal(1, values) -- nil, without a mask and a count
  end)

  it("runs to its end when the hook raises again and again", function()
    local count, failed, thread = 0, 0, nil
    thread = coroutine.create(function()
      core.shield(function(outside)
        debug.sethook(thread, function() error("cut", 0) end, "crl", 1)
        for _ = 1, 5 do
          failed = failed + (outside(nothing) and 0 or 1)
          count = count + 1
        end
      end)
    end)
    assert.same({ false, "cut" }, { coroutine.resume(thread) })
    assert.same({ 5, 5 }, { count, failed })
  end)

  it("nests: an inner one looks outside through the outer one", function()
    local where = {}
    core.shield(function(outside)
      where.outer = coroutine.running()
      core.shield(function(inner_outside)
        where.inner = coroutine.running()
        inner_outside(function() where.of_inner = coroutine.running() end)
        outside(function() where.of_outer = coroutine.running() end)
      end)
    end)
    assert.equal(where.outer, where.of_inner)
    assert.equal(coroutine.running(), where.of_outer)
    assert(where.inner ~= where.outer and where.outer ~= where.of_outer)
  end)

  it("calls outside as pcall does, from every thread", function()
    local problem = {}
    core.shield(function(outside)
      assert.same({ true, 1, nil, 3 }, { outside(function(...)
        return ...
      end, 1, nil, 3) })
      local ok, message = outside(error, problem)
      assert.is_false(ok)
      assert.equal(problem, message)
      assert.same({ true, true, 7 }, { outside(outside, function()
        return 7
      end) })
      coroutine.wrap(function()
        assert.same({ true, 8 }, { outside(function() return 8 end) })
      end)()
      assert.is_false((pcall(outside)))
    end)
  end)

  it("is over when it is over", function()
    local kept = core.shield(function(outside) return outside end)
    collectgarbage()
    local ok, message = pcall(kept, nothing)
    assert.is_false(ok)
    assert.matches("is over", message)
  end)

  it("cannot yield, and says so", function()
    local ok, message = coroutine.resume(coroutine.create(function()
      core.shield(function() coroutine.yield() end)
    end))
    assert.is_false(ok)
    assert.matches("yield", message)
  end)

  it("carries many values", function()
    assert.equal(5000, select("#", core.shield(function(outside, ...)
      return select(2, outside(function(...) return ... end, ...))
    end, table.unpack({}, 1, 5000))))
  end)

  it("ends a recursion without end, as Lua does", function()
    local function inward(_)
      return core.shield(inward)
    end
    local function outward(outside)
      return assert(outside(outward, outside))
    end
    local function both(outside)
      return assert(outside(core.shield, both))
    end
    for _, f in ipairs { inward, outward, both } do
      local ok, message = pcall(core.shield, f)
      assert.is_false(ok)
      assert.matches("overflow", message)
    end
  end)
end)
