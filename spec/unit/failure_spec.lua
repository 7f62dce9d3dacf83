-- Failures inside ntvol: they are raised, and become four values at the edge.

local core = require "ntvol.core"
local failure = require "ntvol.failure"

local protect, try = failure.protect, failure.try

local function values(...)
  return { n = select("#", ...), ... }
end

local function refuse()
  failure.fail { op = "lock", target = "D:", reason = "in_use" }
end

describe("try", function()
  it("returns all that it was given", function()
    assert.same({ n = 3, 1, nil, 3 }, values(try(1, nil, 3)))
    assert.same({ n = 1, false }, values(try(false)))
  end)

  it("raises a failure that says what it is", function()
    local ok, problem = pcall(try, nil, "message", "code", { status = 1 })
    assert.is_false(ok)
    assert.equal("message", tostring(problem))
    assert.is_true(failure.is_raised(problem))
  end)
end)

describe("protect", function()
  it("returns what the function returns", function()
    assert.same({ n = 3, nil, 2, nil }, values(protect(function(...)
      return ...
    end)(nil, 2, nil)))
    assert.same({ n = 0 }, values(protect(function() end)()))
  end)

  it("returns a failure as four values, the same ones", function()
    local info = {}
    assert.same({ n = 4, nil, "message", "code", info },
      values(protect(function() try(nil, "message", "code", info) end)()))
    local _, _, _, found = protect(function() try(nil, "m", "c", info) end)()
    assert.equal(info, found)
  end)

  it("returns a failure that Lua made", function()
    local nothing, message, code, info = protect(refuse)()
    assert.is_nil(nothing)
    assert.matches("^lock 'D:': access denied; close all handles", message)
    assert.equal("ERROR_ACCESS_DENIED", code)
    assert.equal("in_use", info.reason)
  end)

  it("lets a bug through as it is", function()
    local object = setmetatable({}, { __tostring = function() return "x" end })
    for _, bug in ipairs { "spec.lua:1: a bug", object, 7, true } do
      local ok, problem = pcall(protect(function() error(bug, 0) end))
      assert.is_false(ok)
      assert.equal(bug, problem)
    end
    local ok, problem = pcall(protect(function() error() end))
    assert.is_false(ok)
    assert.is_nil(problem)
  end)

  it("keeps where a bug was raised", function()
    local function buggy()
      error("a bug", 0)
    end
    local function handler(problem)
      return failure.traceback(problem)
    end
    local nested = protect(protect(function() buggy() return 1 end))
    local ok, text = xpcall(nested, handler)
    assert.is_false(ok)
    assert.matches("^a bug\nstack traceback:", text)
    assert.matches("buggy", text, 1, true)
    ok, text = xpcall(function() error("another", 0) end, handler)
    assert.is_false(ok)
    assert.matches("^another\nstack traceback:", text)
    assert.is_nil(text:find("buggy", 1, true))
  end)

  it("is the edge of what is inside, and no other", function()
    local inner = protect(refuse)
    local outer = protect(function()
      local ok, message = inner()
      assert(ok == nil and message)
      try(nil, "outer")
    end)
    assert.same({ n = 4, nil, "outer", nil, nil }, values(outer()))
  end)

  it("may be within a function that a caller gave", function()
    local seen
    local each = protect(function(callback)
      callback()
      refuse()
    end)
    local _, message = each(function()
      seen = values(protect(refuse)())
    end)
    assert.equal(message, seen[2])
  end)

  it("works where Lua yields", function()
    local thread = coroutine.wrap(protect(function(first)
      local second = coroutine.yield(first + 1)
      try(nil, "failed with " .. second)
    end))
    assert.equal(2, thread(1))
    assert.same({ n = 4, nil, "failed with 5", nil, nil }, values(thread(5)))
  end)

  it("takes a failure of a coroutine within", function()
    local _, _, code = protect(function()
      coroutine.wrap(refuse)()
    end)()
    assert.equal("ERROR_ACCESS_DENIED", code)
  end)

  it("takes a failure of work that no interrupt cuts", function()
    local _, _, code = protect(function()
      core.shield(refuse)
    end)()
    assert.equal("ERROR_ACCESS_DENIED", code)
  end)

  it("closes what is to be closed, and a bug of that is a bug", function()
    local closed = {}
    local function close(name)
      return setmetatable({}, { __close = function(_, problem)
        closed[#closed + 1] = name .. tostring(problem)
      end })
    end
    local _, message = protect(function()
      local _outer <close> = close "a "
      local _inner <close> = close "b "
      try(nil, "why")
    end)()
    assert.equal("why", message)
    assert.same({ "b why", "a why" }, closed)
    local ok, problem = pcall(protect(function()
      local _ <close> = setmetatable({}, { __close = function()
        error("a bug", 0)
      end })
      try(nil, "why")
    end))
    assert.is_false(ok)
    assert.equal("a bug", problem)
  end)
end)

describe("a finalizer of try", function()
  local calls

  local function trying()
    calls = {}
    return failure.newtry(function(...)
      calls[#calls + 1] = values(...)
    end)
  end

  it("is not called when nothing fails", function()
    assert.equal(1, trying()(1))
    assert.same({}, calls)
  end)

  it("is called once, with the failure, before it is raised", function()
    local info = {}
    local outer = protect(function()
      local final = trying()
      try(protect(function()
        final(nil, "message", "code", info)
      end)())
    end)
    assert.same({ n = 4, nil, "message", "code", info }, values(outer()))
    assert.same({ { n = 3, "message", "code", info } }, calls)
  end)

  it("is not called for a bug", function()
    local final = trying()
    assert.is_false(pcall(protect(function()
      final(error("a bug", 0))
    end)))
    assert.same({}, calls)
  end)
end)
