-- How the simulated machine finds files and lists directories, and what it does not do
-- with files: none is made, none grows, and NTFS keeps some for itself. What waits to be
-- written stands in spec/conformance/file_spec.lua.

local machines = require "spec.support.machines"

local refused = machines.refused

local LONG = machines.FILES["long file name.txt"]

machines.each(_ENV, function(lab)
  local function sorted(list)
    local lines = {}
    for _, entry in ipairs(list) do
      assert.same({ directory = true, name = true, size = true }, (function()
        local fields = {}
        for key in pairs(entry) do
          fields[key] = true
        end
        return fields
      end)())
      lines[#lines + 1] = ("%s %d%s"):format(entry.name, entry.size,
        entry.directory and " directory" or "")
    end
    table.sort(lines)
    return lines
  end

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
        lab:refuses("STATUS_OBJECT_NAME_INVALID", letter .. "\\a.txt\\")
        assert.equal("MOUNT", lab:trail())
      end)

      it("are not directories on " .. letter, function()
        lab:start()
        lab:refuses("STATUS_NOT_A_DIRECTORY", letter .. "\\a.txt",
          { directory = true })
        local root = lab:open(letter .. "\\", { directory = true })
        assert.equal("directory", root:kind())
        refused("STATUS_INVALID_PARAMETER", root:read(0, 1))
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

  describe("a directory", function()
    it("lists its files and folders, with long names", function()
      lab:start()
      assert.same({ "Some Dir 0 directory", "a.txt 6",
        "long file name.txt " .. #LONG }, sorted(lab:open "D:\\":list()))
      assert.same({ "file name.txt 12" }, sorted(lab:open "D:\\some dir":list()))
    end)

    it("of NTFS does not show what NTFS keeps for itself", function()
      lab:start()
      assert.same({ "a.txt 6", "long file name.txt " .. #LONG },
        sorted(lab:open "E:\\":list()))
    end)

    it("can be listed again and again", function()
      lab:start()
      local dir = lab:open("D:\\", { access = "r" })
      assert.same(sorted(dir:list()), sorted(dir:list()))
    end)
  end)

  for name, letter in pairs { FAT = "D:", NTFS = "E:" } do
    local path = letter .. "\\long file name.txt"

    describe("a file on " .. name, function()
      it("does not grow", function()
        lab:start()
        local f = lab:open(path)
        for _, span in ipairs { { #LONG - 1, "xy" }, { #LONG, "x" },
          { 1 << 40, "x" } } do
          local info = refused("STATUS_NOT_SUPPORTED", f:write(span[1], span[2]))
          assert.equal("no_growth", info.reason)
          assert(info.hint)
        end
        assert.equal(LONG, f:read(0, #LONG))
      end)

      it("is not made, and not emptied", function()
        lab:start()
        for _, disposition in ipairs { "create", "open_if" } do
          local info = lab:refuses("STATUS_NOT_SUPPORTED", letter .. "\\new.txt",
            { disposition = disposition })
          assert.equal("no_new_files", info.reason)
          assert(info.hint)
        end
        for _, disposition in ipairs { "overwrite", "overwrite_if", "supersede" } do
          local info = lab:refuses("STATUS_NOT_SUPPORTED", path,
            { disposition = disposition })
          assert.equal("no_new_files", info.reason)
        end
        lab:open(path, { disposition = "open_if" })
      end)
    end)
  end

  it("files that are not there are not made by any disposition", function()
    lab:start()
    for disposition, status in pairs { create = "STATUS_NOT_SUPPORTED",
      overwrite = "STATUS_OBJECT_NAME_NOT_FOUND",
      supersede = "STATUS_NOT_SUPPORTED" } do
      lab:refuses(status, "D:\\new.txt", { disposition = disposition })
    end
  end)

  it("files that NTFS keeps in their record are not overwritten", function()
    lab:start()
    local f = lab:open "E:\\a.txt"
    local info = refused("STATUS_NOT_SUPPORTED", f:write(0, "x"))
    assert.equal("resident_file", info.reason)
    assert(info.hint)
    assert.equal("alpha\n", f:read(0, 10))
  end)

  it("files in which NTFS keeps its state are not overwritten", function()
    lab:start()
    local f = lab:open "E:\\$Bitmap"
    local info = refused("STATUS_ACCESS_DENIED", f:write(0, "x"))
    assert.equal("system_file", info.reason)
  end)
end)
