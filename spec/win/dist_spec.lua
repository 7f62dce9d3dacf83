-- The zip of `make dist-win` runs wherever it is unpacked to and whatever the
-- current folder is.

local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local ZIP = "build/ntvol-win64.zip"

describe("the zip for Windows", function()
  local file = io.open(ZIP)
  if not proc.windows then
    pending "this is not Windows: make test-wine"
    return
  elseif not file then
    pending(ZIP .. " is not made: make dist-win")
    return
  end
  file:close()

  -- Unpacks it. Answers the folder, with / and with \.
  local function unpack_zip(finally)
    local folder = tempdir(finally) .. "/with a space"
    proc.lines(("unzip -q %s -d %s"):format(ZIP, proc.quote(folder)))
    folder = folder .. "/ntvol-win64"
    return folder, proc.native(folder)
  end

  -- What ntvol.cmd prints when another folder is the current one.
  local function ntvol(folder, arguments)
    local pipe = assert(io.popen(
      ('C: & cd \\windows & "%s\\ntvol.cmd" %s 2>&1'):format(folder, arguments)))
    local output = pipe:read("a")
    pipe:close()
    return (output:gsub("\r\n", "\n"))
  end

  it("says its version and its usage from another folder", function()
    local _, folder = unpack_zip(finally)
    assert.equal("ntvol " .. require "ntvol"._VERSION .. "\n",
      ntvol(folder, "--version"))
    assert.matches("^Usage: ntvol", ntvol(folder, "--help"))
  end)

  it("makes a simulated machine and lists its volumes", function()
    local folder, native = unpack_zip(finally)
    assert.matches("D:", ntvol(native,
      ('sim create "%s\\lab" --disk 4M:raw:D'):format(native)))
    assert.matches("D:", ntvol(native,
      ('--machine "sim:%s\\lab" volumes'):format(native)))
    assert.equal(4 << 20, #proc.slurp(folder .. "/lab/disk0.img"))
  end)

  it("holds what it needs, and the licences of it", function()
    local folder = unpack_zip(finally)
    for _, name in ipairs { "lua.exe", "lua54.dll", "ntvol/core.dll",
      "ntvol/sim/core.dll", "ntvol/journal/core.dll", "lua/argparse.lua", "lua/ntvol/init.lua",
      "bin/ntvol", "README.md", "LICENSE.txt", "docs/manual.md",
      "examples/list_volumes.lua", "licences/Lua.txt", "licences/SQLite.txt",
      "licences/argparse.txt", "licences/MinGW-w64.txt" } do
      assert(#proc.slurp(folder .. "/" .. name) > 0, name)
    end
  end)
end)
