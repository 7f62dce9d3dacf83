-- Sizes as people write and read them.

local size = require "ntvol.size"

describe("size.parse", function()
  local good = {
    { "0", 0 }, { "512", 512 }, { "512B", 512 }, { "10 bytes", 10 },
    { "1K", 1024 }, { "1k", 1024 }, { "64M", 64 << 20 },
    { "64MiB", 64 << 20 }, { "64MB", 64 << 20 }, { "64GB", 64 << 30 },
    { "64GiB", 64 << 30 }, { "1.5kb", 1536 }, { "64 mib", 64 << 20 }, { "1G", 1 << 30 },
    { "2T", 2 << 40 }, { "3P", 3 << 50 }, { "7E", 7 << 60 },
    { "1.5G", 3 << 29 }, { "0.5K", 512 }, { "1.25M", 1310720 },
    { "16T", 16 << 40 }, { "9223372036854775807", math.maxinteger },
    { "0.125P", 1 << 47 },
  }
  for _, row in ipairs(good) do
    it(("reads %q"):format(row[1]), function()
      assert.equal(row[2], size.parse(row[1]))
    end)
  end

  it("takes an integer as bytes", function()
    assert.equal(42, size.parse(42))
    assert.equal(0, size.parse(0))
  end)

  local bad = {
    "", " ", "M", "64X", "64MBB", "64iM", "-1", "+1", "1.", ".5", "1.M", "1e6",
    "0x10", "64M ", " 64M", "1 2", "8E", "9223372036854775808",
    "99999999999999999999", "1.3K", "0.1", "1.0000001G", "7.9999999E",
    "1,5G", "rest",
  }
  for _, text in ipairs(bad) do
    it(("refuses %q"):format(text), function()
      local bytes, problem = size.parse(text)
      assert.is_nil(bytes)
      assert.matches("size", problem, 1, true)
      assert.matches(text, problem, 1, true)
    end)
  end

  it("refuses what is no size at all", function()
    for _, value in ipairs { -1, 1.5, true, {} } do
      local bytes, problem = size.parse(value)
      assert.is_nil(bytes)
      assert.equal("string", type(problem))
    end
  end)
end)

describe("size.format", function()
  local rows = {
    { 0, "0 bytes" }, { 1, "1 bytes" }, { 1023, "1023 bytes" },
    { 1024, "1 KiB" }, { 1536, "1.5 KiB" }, { 1025, "1.0 KiB" },
    { (1 << 20) - 1, "1023.9 KiB" }, { 1 << 20, "1 MiB" },
    { (1 << 20) + 104858, "1.1 MiB" }, { (1 << 20) + 104857, "1.0 MiB" },
    { 64 << 20, "64 MiB" }, { 3 << 29, "1.5 GiB" }, { 16 << 40, "16 TiB" },
    { (1 << 60) + (1 << 59), "1.5 EiB" },
    { math.maxinteger, "7.9 EiB" },
  }
  for _, row in ipairs(rows) do
    it(("writes %d"):format(row[1]), function()
      assert.equal(row[2], size.format(row[1]))
    end)
  end

  it("writes what the core writes", function()
    local core = require "ntvol.core"
    require "ntvol.sim.core"
    local sim_core = require "ntvol.sim.core"
    for _, bytes in ipairs { 1 << 20, 5 * 512 + (3 << 20), 104858 * 512 } do
      local machine <close> = assert(sim_core.create(":memory:",
        { disks = { { size = bytes } } }))
      assert.equal("machine", core.type(machine))
      local disk = machine:disks()[1]
      assert.equal(bytes, disk.size)
      assert(tostring(disk):find(size.format(bytes), 1, true),
        tostring(disk) .. " has no " .. size.format(bytes))
    end
  end)
end)
