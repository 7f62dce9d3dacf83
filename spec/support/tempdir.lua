--- Folders that go away with the test that made them:
---
---   local tempdir = require "spec.support.tempdir"
---   it("...", function()
---     local folder = tempdir(finally)
---   end)
---
--- `finally` is busted's: it runs when the test ends, however it ends.

local proc = require "spec.support.proc"

-- `base`: the folder that it is made in.
return function(finally, base)
  base = base or os.getenv("TMPDIR") or "/tmp"
  local template = proc.quote(base .. "/ntvol-spec.XXXXXX")
  local folder = proc.lines("mktemp -d " .. template)[1]
  finally(function()
    proc.lines("rm -rf " .. proc.quote(folder))
  end)
  return folder
end
