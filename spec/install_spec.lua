-- Installs the rock into an empty tree, without network, from a copy of the
-- source tree, and uses what was installed and nothing else.

local command = require "spec.support.command"
local machines = require "spec.support.machines"
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
local function alone(line)
  local _, code = proc.run("unshare -n true")
  return ("%s env -u LD_PRELOAD -u KIND -u CC -u WRAP -u ARGS sh -c %s"):format(
    code == 0 and "unshare -n" or "", proc.quote(line))
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
local function with_tree(tree, line)
  local root = tree:match("^(.*)/")
  return ([[cd %s && env -u LD_PRELOAD -u LUA_PATH_5_4 -u LUA_CPATH_5_4 -u NTVOL_MACHINE \
    LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;;' \
    LUA_CPATH='%s/lib/lua/5.4/?.so;;' %s]]):format(
    proc.quote(root), tree, tree, tree, line)
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
    for _, path in ipairs { "docs/manual.md", "types/ntvol.lua",
      "conf/ntvol.h" } do
      assert.same({ rock .. "/" .. path }, proc.lines("ls " .. rock .. "/" .. path))
    end

    -- What it built beside the sources disturbs nobody, and is cleaned away.
    local source = tree:gsub("/tree$", "/source")
    local built = "find . -name '*.o' -o -name '*.so'"
    assert(#proc.lines("cd " .. source .. " && " .. built) > 0)
    output, code = proc.run(("cd %s && %s %s spec/tree_spec.lua 2>&1"):format(
      source, command.LUA, proc.lines("command -v busted")[1]))
    assert.equal(0, code, output)
    output, code = proc.run(("cd %s && MAKEFLAGS= make -s clean"):format(source))
    assert.equal(0, code, output)
    assert.same({}, proc.lines("cd " .. source .. " && " .. built))
  end)
end)

-- A C++ program with a Lua state: it loads the core and asks it for the table
-- of functions that it has for C modules.
local HOST = [[
#include <ntvol.h>
#include <lua.hpp>
#include <cstdio>

static int ask(lua_State *L) {
  luaL_requiref(L, "_G", luaopen_base, 0);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "ntvol.core");
  lua_call(L, 1, 1);
  const ntvol_api *api = ntvol_getapi(L);
  std::printf("version %d of the interface of " NTVOL_VERSION "\n",
              api->version);
  api->newmachine(L);
  std::printf("%s\n", luaL_tolstring(L, -1, nullptr));
  return 0;
}

int main() {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  lua_pushcfunction(L, ask);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
    std::printf("%s\n", lua_tostring(L, -1));
    return 1;
  }
  lua_close(L);
}
]]

local function make(words)
  return proc.run(alone("MAKEFLAGS= MAKEOVERRIDES= make -s " .. words .. " 2>&1"))
end

describe("make help", function()
  it("has a line for each name that may be made", function()
    local output, code = make "help"
    assert.equal(0, code, output)
    local text = proc.slurp "Makefile" .. proc.slurp "install.mk"
      .. proc.slurp "checks.mk" .. proc.slurp "windows.mk"
    -- These are parts of others.
    local parts = { ["win-sources"] = true, ["win-objects"] = true,
      ["try-wine"] = true, fakes = true }
    local count = 0
    for names in text:gsub("\\\n", ""):gmatch "\n%.PHONY:([^\n]+)" do
      for name in names:gmatch "%S+" do
        count = count + 1
        assert(parts[name] or ("\n" .. output):find("\n[^\n]*%f[%w]"
          .. name:gsub("%-", "%%-") .. "%f[^%w-][^\n]* %l"), name)
      end
    end
    assert(count > 25)
  end)
end)

describe("make install", function()
  it("takes a relative prefix for one from here, and uninstall takes all away",
    function()
      local folder = tempdir(finally)
      local here = proc.lines "pwd"[1]
      -- from here to the folder: up to the root, and down again
      local prefix = here:gsub("[^/]+", ".."):sub(2) .. folder .. "/a b"
      machines.sh("mkdir -p %s/'a b'/share/man", folder)
      local output, code = make("install PREFIX=" .. proc.quote(prefix))
      assert.equal(0, code, output)
      output, code = proc.run("cd / && env -u LUA_PATH -u LUA_CPATH -u NTVOL_BUILD "
        .. proc.quote(folder .. "/a b/bin/ntvol") .. " --version")
      assert.equal(0, code, output)
      assert.same({ "./a b" }, proc.lines("cd " .. folder
        .. " && find . -mindepth 1 -maxdepth 1"))
      machines.sh("touch %s/'a b'/share/mine", folder)
      output, code = make("uninstall PREFIX=" .. proc.quote(prefix))
      assert.equal(0, code, output)
      -- What was there before, and what others put there, stays.
      assert.same({ "./a b", "./a b/share", "./a b/share/man",
        "./a b/share/mine" }, proc.lines("cd " .. folder
        .. " && find . -mindepth 1 | sort"))
      output, code = make("uninstall PREFIX=" .. proc.quote(prefix))
      assert.equal(2, code)
      assert.matches("nothing is installed in ", output, 1, true)
      assert.matches("make uninstall PREFIX=FOLDER", output, 1, true)
    end)

  it("brings the header, which a C++ host can include, and the types", function()
    local folder = tempdir(finally)
    local output, code = make("install PREFIX=" .. proc.quote(folder))
    assert.equal(0, code, output)
    assert.equal(proc.slurp "types/ntvol.lua",
      proc.slurp(folder .. "/share/ntvol/types/ntvol.lua"))
    assert.equal(proc.slurp "src/ntvol.h",
      proc.slurp(folder .. "/include/ntvol.h"))
    local missing = machines.missing("g++", "pkg-config")
    if missing then
      pending(missing)
    end
    machines.put(folder .. "/host.cc", HOST)
    output, code = proc.run(alone(("cd %s && g++ -Wall -Wextra -Werror -o host"
      .. " host.cc -Iinclude $(pkg-config --cflags --libs lua5.4)"):format(folder)))
    assert.equal(0, code, output)
    output, code = proc.run(alone(("cd / && env LUA_CPATH=%s/lib/lua/5.4/?.so"
      .. " %s/host"):format(folder, folder)))
    assert.equal(0, code, output)
    assert.equal("version 1 of the interface of 0.1.0\nntvol.machine (closed)\n",
      output)
  end)

  it("puts the same files under DESTDIR, and they work", function()
    local folder = tempdir(finally)
    local output, code = make("install PREFIX=/tree DESTDIR="
      .. proc.quote(folder))
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
