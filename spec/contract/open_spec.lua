-- Which options an open takes. What opens are refused for stands in
-- spec/conformance/open_spec.lua, the names of volumes and disks in
-- spec/conformance/others_spec.lua.

local machines = require "spec.support.machines"

machines.each(_ENV, function(lab)
  describe("options", function()
    it("are checked by name and value", function()
      local machine = lab:start()
      for _, options in ipairs {
        { acces = "r" }, { access = "x" }, { access = { "fly" } },
        { share = "x" }, { disposition = "truncate" }, { directory = 1 },
      } do
        assert.is_false(pcall(machine.open, machine, "D:", options))
      end
      assert.is_false(pcall(machine.open, machine, "D:\0x"))
      assert.is_false(pcall(machine.open, machine))
    end)
  end)
end)
