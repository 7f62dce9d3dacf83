-- Installs the rock into an empty tree, without network, from a copy of the
-- source tree, and uses what was installed and nothing else.

local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local SMOKE = [[
local ntvol = require "ntvol"
local sim = require "ntvol.sim"
local where = package.searchpath("ntvol", package.path)
assert(where:find(arg[1], 1, true) == 1, "loaded from " .. where)
local machine <close> = assert(sim.create(":memory:", { disks = { "8M:fat:D:ROCK" } }))
local volume <close> = assert(machine:open("D:"))
local guard <close> = assert(volume:lock())
assert(volume:is_locked())
print("smoke test passed, " .. ntvol._VERSION)
]]

-- Everything but what was built. `git` is not needed for it.
local function copy_tree(to)
  proc.lines("mkdir -p " .. proc.quote(to)
    .. " && tar --exclude=./build --exclude=./.git --exclude='*.o' -cf - ."
    .. " | tar -xf - -C " .. proc.quote(to))
end

-- Runs without a network where that can be arranged, and without what a checker
-- puts before our own programs: the compiler is not under test.
local function alone(command)
  local _, code = proc.run("unshare -n true")
  return ("%s env -u LD_PRELOAD -u KIND -u CC -u WRAP -u ARGS sh -c %s"):format(
    code == 0 and "unshare -n" or "", proc.quote(command))
end

local function install(folder)
  copy_tree(folder .. "/source")
  local output, code = proc.run(alone(([[
    cd %s && HOME=%s luarocks --lua-version=5.4 make --tree %s \
      --deps-mode=none ntvol-scm-1.rockspec]]):format(
    proc.quote(folder .. "/source"), proc.quote(folder),
    proc.quote(folder .. "/tree"))))
  assert(code == 0, output)
  return folder .. "/tree"
end

-- A command that sees the installed tree and argparse, and no more.
local function with_tree(tree, command)
  local root = tree:match("^(.*)/")
  return ([[cd %s && env -u LD_PRELOAD -u LUA_PATH_5_4 -u LUA_CPATH_5_4 -u NTVOL_MACHINE \
    LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;;' \
    LUA_CPATH='%s/lib/lua/5.4/?.so;;' %s]]):format(
    proc.quote(root), tree, tree, tree, command)
end

describe("the rock", function()
  it("installs with --local, and its command finds the modules", function()
    if not proc.has("luarocks") then
      pending("luarocks is not installed")
    end
    local folder = tempdir(finally)
    copy_tree(folder .. "/source")
    local output, code = proc.run(alone(([[
      cd %s && HOME=%s luarocks --lua-version=5.4 make --local \
        --deps-mode=none CFLAGS="-O0 -fPIC" ntvol-scm-1.rockspec]]):format(
      proc.quote(folder .. "/source"), proc.quote(folder))))
    assert.equal(0, code, output)
    output, code = proc.run(("cd %s && env -u LD_PRELOAD -u LUA_PATH"
      .. " -u LUA_CPATH HOME=%s .luarocks/bin/ntvol sim create lab --disk"
      .. " 8M:raw:D"):format(proc.quote(folder), proc.quote(folder)))
    assert.equal(0, code, output)
  end)

  it("installs offline, and the installed module and command work", function()
    if not proc.has("luarocks") then
      pending("luarocks is not installed")
    end
    local tree = install(tempdir(finally))
    local file = assert(io.open(tree .. "/smoke.lua", "w"))
    assert(file:write(SMOKE))
    assert(file:close())

    local output, code = proc.run(with_tree(tree,
      "lua5.4 " .. tree .. "/smoke.lua " .. tree))
    assert.equal(0, code, output)
    assert.matches("smoke test passed, %d", output)

    output, code = proc.run(with_tree(tree, tree .. "/bin/ntvol --version"))
    assert.equal(0, code, output)
    assert.matches("^ntvol %d+%.%d+%.%d+\n", output)

    local rock = tree .. "/lib/luarocks/rocks-5.4/ntvol/scm-1"
    assert(#proc.lines("ls " .. rock .. "/docs/manual.md") == 1)
  end)
end)

describe("make install", function()
  it("puts the same files under DESTDIR, and they work", function()
    local folder = tempdir(finally)
    local output, code = proc.run(alone(
      "MAKEFLAGS= MAKEOVERRIDES= make -s install PREFIX=/tree DESTDIR="
      .. proc.quote(folder)))
    assert.equal(0, code, output)
    local tree = folder .. "/tree"
    output, code = proc.run(with_tree(tree, tree .. "/bin/ntvol --version"))
    assert.equal(0, code, output)
    assert.matches("^ntvol %d", output)
    -- A prefix that Lua does not know: the command finds what is beside it.
    local link = folder .. "/link"
    proc.lines("ln -s " .. proc.quote(tree .. "/bin/ntvol") .. " "
      .. proc.quote(link))
    for _, path in ipairs { tree .. "/bin/ntvol", link } do
      output, code = proc.run(("cd / && env -u LD_PRELOAD -u LUA_PATH -u"
        .. " LUA_CPATH -u NTVOL_BUILD %s sim create %s --disk 8M:raw:D"):format(
        proc.quote(path), proc.quote(path .. ".lab")))
      assert.equal(0, code, output)
    end
    local expected = proc.lines("cd lua && find ntvol -name '*.lua' | sort")
    local found = proc.lines("cd " .. tree
      .. "/share/lua/5.4 && find ntvol -name '*.lua' | sort")
    assert.same(expected, found)
    assert.matches("^%.TH NTVOL 1 ",
      proc.slurp(tree .. "/share/man/man1/ntvol.1"))
    assert.matches("complete -F _ntvol", proc.slurp(tree
      .. "/share/bash-completion/completions/ntvol"), 1, true)
    assert.matches("^#compdef ntvol\n",
      proc.slurp(tree .. "/share/zsh/site-functions/_ntvol"))
  end)
end)
