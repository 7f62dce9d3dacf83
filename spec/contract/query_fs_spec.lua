-- How long buffers must be for what file systems tell of themselves. What they
-- tell stands in spec/conformance/query_fs_spec.lua.

local machines = require "spec.support.machines"

local refused = machines.refused

local CODE = "FSCTL_GET_VOLUME_BITMAP"

machines.each(_ENV, function(lab)
  describe("the bitmap of a volume", function()
    for _, letter in ipairs { "D:", "E:" } do
      it("of " .. letter .. " needs room for its header", function()
        lab:start()
        local v = lab:open(letter)
        local input = string.pack("<i8", 0)
        local all = assert(v:control(CODE, input, 1 << 16))
        local info = refused("STATUS_BUFFER_OVERFLOW", v:control(CODE, input, 16))
        assert.equal(all:sub(1, 16), info.output)
        refused("STATUS_BUFFER_TOO_SMALL", v:control(CODE, input, 15))
        assert.equal(all, v:control(CODE, input, #all))
      end)
    end

    it("wants the cluster where it begins", function()
      lab:start()
      local v = lab:open "D:"
      refused("STATUS_BUFFER_TOO_SMALL", v:control(CODE, "1234567", 4096))
      refused("STATUS_BUFFER_TOO_SMALL", v:control(CODE, "", 4096))
    end)
  end)
end)
