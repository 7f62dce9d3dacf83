--- Runs specs by lua.exe. tools/windows/wine.sh starts it under Wine, from the root
--- of the tree:
---
---   lua.exe spec\win\run.lua BUILD SPEC... [busted's other arguments]
---
--- BUILD is build/win: its folder `test` has LuaFileSystem and the fakes,
--- `share` busted and what that needs. ntvol itself is found beside lua.exe.

local build = assert(table.remove(arg, 1), "usage: run.lua BUILD [arguments]")

table.insert(arg, 1, "--helper=spec/support/win/helper.lua")
package.path = ("./?.lua;spec/win/stub/?.lua;%s/share/?.lua;%s/share/?/init.lua;%s")
  :format(build, build, package.path)
package.cpath = ("%s/test/?.dll;%s"):format(build, package.cpath)

io.stdout:setvbuf("no") -- what was said before a hang is not lost
require "busted.runner" { standalone = false }
