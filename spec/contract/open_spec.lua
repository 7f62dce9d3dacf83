-- How files are found, and which options an open takes. The names of volumes and disks
-- stand in spec/conformance/others_spec.lua, what opens are refused for in
-- spec/conformance/open_spec.lua.

local machines = require "spec.support.machines"

local refused = machines.refused

machines.each(_ENV, function(lab)
  describe("files", function()
    for _, letter in ipairs { "D:", "E:" } do
      it("are found on " .. letter .. ", in any case", function()
        lab:start()
        for _, path in ipairs {
          "\\a.txt", "\\A.TXT", "/a.txt", "\\A.txt",
        } do
          local f = lab:open(letter .. path, { access = "r" })
          assert.equal("file", f:kind())
          assert.equal(1, f:sector_size())
          assert.equal("alpha\n", f:read(0, 4096))
          assert.equal("pha", f:read(2, 3))
          assert.equal("", f:read(0, 0))
          refused("STATUS_END_OF_FILE", f:read(6, 1))
        end
        local long = machines.FILES["long file name.txt"]
        local f = lab:open(letter .. "\\Long File Name.TXT", { access = "r" })
        assert.equal(long, f:read(0, #long + 100))
        assert.equal(long:sub(5001, 6000), f:read(5000, 1000))
      end)

      it("that are not there on " .. letter .. " are refused", function()
        lab:start()
        lab:refuses("STATUS_OBJECT_NAME_NOT_FOUND", letter .. "\\none.txt")
        lab:refuses("STATUS_OBJECT_PATH_NOT_FOUND", letter .. "\\none\\a.txt")
        lab:refuses("STATUS_OBJECT_PATH_NOT_FOUND", letter .. "\\a.txt\\b")
        for _, path in ipairs { "\\a.txt\\", "\\.", "\\..\\a.txt" } do
          lab:refuses("STATUS_OBJECT_NAME_INVALID", letter .. path)
        end
        assert.equal("MOUNT", lab:trail())
      end)

      it("are not directories on " .. letter, function()
        lab:start()
        lab:refuses("STATUS_NOT_A_DIRECTORY", letter .. "\\a.txt",
          { directory = true })
        local root = lab:open(letter .. "\\", { directory = true })
        assert.equal("directory", root:kind())
        refused("STATUS_INVALID_DEVICE_REQUEST", root:read(0, 1))
      end)
    end

    it("lie in folders", function()
      lab:start()
      local f = lab:open("D:\\some dir\\FILE NAME.TXT", { access = "r" })
      assert.equal("in a folder\n", f:read(0, 100))
      assert.equal("directory", lab:open("D:\\Some Dir"):kind())
      lab:open("D:\\Some Dir", { directory = true })
    end)

    it("are guarded by their share modes", function()
      lab:start()
      local f = lab:open("D:\\a.txt", { access = "r", share = "r" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:\\A.TXT", { access = "rw" })
      lab:open("D:\\a.txt", { access = "r", share = "r" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:\\a.txt",
        { access = "r", share = "" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:\\\\a.txt", { access = "rw" })
      lab:open("D:\\long file name.txt", { access = "rw", share = "" })
      lab:refuses("STATUS_SHARING_VIOLATION", "D:\\LONGFI~1.TXT")
      assert.equal("alpha\n", f:read(0, 100))
    end)
  end)

  describe("options", function()
    it("files cannot be made here", function()
      lab:start()
      for _, disposition in ipairs { "create", "overwrite", "supersede" } do
        lab:refuses("STATUS_NOT_SUPPORTED", "D:\\new.txt",
          { disposition = disposition })
      end
    end)

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
