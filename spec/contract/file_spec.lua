-- Files: listing directories, overwriting in place, and what waits to be
-- written. L1 (a lock flushes), D2 (so does a forced dismount; nothing later
-- reaches the disk: I5, obs 41), 1.11 (the first raw access flushes), 1.12
-- (read-only volumes).

local machines = require "spec.support.machines"

local refused = machines.refused

local LONG = machines.FILES["long file name.txt"]
local TEXT = "the new words"
local AT = 1017 -- across the end of a sector
local CHANGED = LONG:sub(1, AT) .. TEXT .. LONG:sub(AT + #TEXT + 1)

machines.each(_ENV, function(lab)
  -- The bytes of the file in the image, past every cache: by the disk, which
  -- flushes nothing.
  local function in_image(disk)
    local handle <close> = assert(lab.machine:open("PhysicalDrive" .. disk,
      { access = "r" }))
    local bytes = assert(handle:read(0, handle:size()))
    return bytes:find(CHANGED, 1, true) ~= nil, bytes:find(LONG, 1, true) ~= nil
  end

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

    it("I5: is dead after a dismount", function()
      lab:start()
      local v, dir = lab:open "D:", lab:open "D:\\"
      assert(v:dismount())
      refused("STATUS_VOLUME_DISMOUNTED", dir:list())
    end)

    it("is not what a volume or a file is", function()
      lab:start()
      refused("STATUS_INVALID_PARAMETER", lab:open "D:":list())
      refused("STATUS_INVALID_PARAMETER", lab:open "D:\\a.txt":list())
    end)

    it("takes no bytes", function()
      lab:start()
      refused("STATUS_INVALID_DEVICE_REQUEST", lab:open "D:\\":write(0, "x"))
    end)
  end)

  for disk, case in pairs {
    [0] = { name = "FAT", letter = "D:" }, [1] = { name = "NTFS", letter = "E:" },
  } do
    local path = case.letter .. "\\long file name.txt"

    describe("a file on " .. case.name, function()
      local function start()
        lab:start()
        local f = lab:open(path)
        assert.equal(#TEXT, f:write(AT, TEXT))
        return f
      end

      it("1.11: is overwritten in place, and waits", function()
        local f = start()
        assert.equal(CHANGED, f:read(0, #LONG + 1))
        assert.equal(TEXT, f:read(AT, #TEXT))
        assert.equal(CHANGED:sub(501, 1100), f:read(500, 600))
        assert.equal(#LONG, f:size())
        assert.same({ false, true }, { in_image(disk) })
      end)

      it("is read by every handle as it was written", function()
        start()
        local g = lab:open(path, { access = "r" })
        assert.equal(CHANGED, g:read(0, #LONG))
      end)

      it("is in the image after a flush", function()
        local f = start()
        assert(f:flush())
        assert.same({ true, false }, { in_image(disk) })
        assert.equal(CHANGED, f:read(0, #LONG))
      end)

      it("is in the image after a flush of the volume", function()
        start()
        assert(lab:open(case.letter):flush())
        assert.is_true(in_image(disk))
      end)

      it("is in the image after its close", function()
        local f = start()
        assert(f:close())
        assert.is_true(in_image(disk))
      end)

      it("waits on while a duplicate is open", function()
        local f = start()
        local g <close> = assert(f:duplicate())
        assert(f:close())
        assert.is_false(in_image(disk))
        assert(g:close())
        assert.is_true(in_image(disk))
      end)

      it("L1: a lock flushes first, one that is refused too", function()
        start()
        refused("STATUS_ACCESS_DENIED", lab:open(case.letter):lock())
        assert.is_true(in_image(disk))
      end)

      it("D2, obs 41: a forced dismount flushes; later writes reach nothing",
        function()
          local f = start()
          local v = lab:open(case.letter)
          assert(v:dismount())
          assert.is_true(in_image(disk))
          refused("STATUS_VOLUME_DISMOUNTED", f:write(0, "gone"))
          refused("STATUS_VOLUME_DISMOUNTED", f:flush())
          assert(f:close())
          assert(v:close())
          assert.equal(CHANGED, lab:open(path):read(0, #LONG))
          assert.is_true(in_image(disk))
        end)

      it("1.11: the first raw read of a volume handle flushes, later ones do not",
        function()
          lab:start()
          local f, v = lab:open(path), lab:open(case.letter)
          assert(v:read(0, 512))
          f:write(AT, TEXT)
          assert(v:read(0, 512))
          assert.is_false(in_image(disk))
          local w <close> = assert(v:duplicate())
          assert(w:read(0, 512))
          assert.is_false(in_image(disk))
          assert(lab:open(case.letter):read(0, 512))
          assert.is_true(in_image(disk))
        end)

      it("1.11: so does the first raw write", function()
        lab:start()
        local f, v = lab:open(path), lab:open(case.letter)
        local boot = assert(v:duplicate()):read(0, 512)
        v:close()
        f:write(AT, TEXT)
        local w = lab:open(case.letter)
        assert.equal(512, w:write(0, boot))
        assert.is_true(in_image(disk))
      end)

      it("waits while the volume is offline, and reads as NOT_READY", function()
        local f = start()
        local v = lab:open(case.letter)
        assert(v:offline())
        refused("STATUS_DEVICE_NOT_READY", f:write(0, "x"))
        refused("STATUS_DEVICE_NOT_READY", f:flush())
        assert(f:close())
        assert.is_false(in_image(disk))
        assert(v:online())
        assert(v:flush())
        assert.is_true(in_image(disk))
      end)

      it("is lost when its disk vanishes", function()
        local f = start()
        assert(lab.machine:mask(disk))
        refused("STATUS_FILE_INVALID", f:write(0, "x"))
        assert(f:close())
        assert(lab.machine:unmask(disk))
        assert.same({ false, true }, { in_image(disk) })
        assert.equal(LONG, lab:open(path):read(0, #LONG))
      end)

      it("is written wherever, sector or not", function()
        lab:start()
        local f = lab:open(path)
        local wanted = LONG
        for _, span in ipairs { { 0, 1 }, { 511, 2 }, { 512, 512 }, { 100, 3000 },
          { #LONG - 3, 3 }, { 1500, 1 }, { 0, #LONG } } do
          local data = ("%02d"):format(span[1] % 100):rep(#LONG):sub(1, span[2])
          assert.equal(#data, f:write(span[1], data))
          wanted = wanted:sub(1, span[1]) .. data .. wanted:sub(span[1] + span[2] + 1)
          assert.equal(wanted, f:read(0, #LONG))
        end
        assert.equal(0, f:write(0, ""))
        assert(f:close())
        assert.equal(wanted, lab:open(path):read(0, #LONG))
      end)

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
          local info = lab:refuses("STATUS_NOT_SUPPORTED", case.letter .. "\\new.txt",
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

  it("1.12: files of a read-only volume are write-protected", function()
    for _, flags in ipairs { { readonly = true } } do
      flags.letter, flags.content = "D:", "fat"
      lab:start { { size = machines.FAT_VOLUME_SIZE, volumes = { flags } } }
      local f = lab:open "D:\\a.txt"
      refused("STATUS_MEDIA_WRITE_PROTECTED", f:write(0, "x"))
      refused("STATUS_MEDIA_WRITE_PROTECTED", f:flush())
      assert.equal("alpha\n", f:read(0, 10))
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
