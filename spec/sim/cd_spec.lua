-- Files on CDs: ISO 9660 as it is, with folders, and with the long names of
-- Joliet; made here, and made by other programs.

local helpers = require "spec.helpers"
local iso = require "spec.support.iso"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local CORPUS = "../shared/corpus/blkid/images-fs/"
local READ = { access = "r" }
local LONG = ("0123456789abcdef"):rep(1000)

describe("a CD", function()
  if proc.windows then -- docs/simulator.md, "On Windows"
    pending("the Windows build opens no files of images")
    return
  end

  local defer, finish, handles, machine

  before_each(function()
    helpers.start()
    handles = {}
    defer = machines.cleanup(function(f)
      finish = f
    end)
  end)

  after_each(function()
    finish()
    handles = nil
    helpers.finish()
  end)

  local function use(path)
    machine = assert(sim.create(":memory:", { disks = {
      { image = path, cdrom = true, volumes = { { letter = "D:" } } } } }))
    defer(function()
      machine:close()
    end)
  end

  local function start(cd)
    local path = tempdir(defer) .. "/cd.iso"
    machines.put(path, type(cd) == "string" and cd or iso(cd))
    use(path)
    return path
  end

  local function open(path)
    handles[#handles + 1] = assert(machine:open(path, READ))
    return handles[#handles]
  end

  local function content(path)
    local file = open(path)
    return file:size() == 0 and "" or assert(file:read(0, file:size()))
  end

  -- "name size" of every entry, "name/" of folders.
  local function list(path)
    local names = {}
    for _, entry in ipairs(assert(open(path):list())) do
      names[#names + 1] = entry.directory and entry.name .. "/"
        or ("%s %d"):format(entry.name, entry.size)
    end
    table.sort(names)
    return names
  end

  describe("with plain names", function()
    before_each(function()
      start { label = "PLAIN", files = {
        ["A.TXT;1"] = "alpha\n", ["README.;1"] = "read me\n",
        ["EMPTY.TXT;1"] = "", ["DIR/B.BIN;1"] = LONG,
        ["DIR/DEEP/C.TXT;1"] = "deep\n",
      } }
    end)

    it("lists its folders, without versions", function()
      assert.same({ "A.TXT 6", "DIR/", "EMPTY.TXT 0", "README 8" },
        list "D:\\")
      assert.same({ "B.BIN 16000", "DEEP/" }, list "D:\\DIR")
      assert.same({ "C.TXT 5" }, list "D:\\DIR\\DEEP\\")
    end)

    it("reads its files, in any case", function()
      for _, path in ipairs { "D:\\A.TXT", "d:\\a.txt", "D:\\a.TXT" } do
        assert.equal("alpha\n", content(path))
      end
      assert.equal(LONG, content "D:\\dir\\b.bin")
      assert.equal("deep\n", content "D:\\Dir\\Deep\\c.txt")
      assert.equal("read me\n", content "D:\\README")
      assert.equal("", content "D:\\EMPTY.TXT")
      assert.equal("6789abcdef0", open("D:\\DIR\\B.BIN"):read(8198, 11))
      refused("STATUS_END_OF_FILE", open("D:\\A.TXT"):read(6, 1))
    end)

    it("says what is not there", function()
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open("D:\\B.TXT", READ))
      refused("STATUS_OBJECT_PATH_NOT_FOUND",
        machine:open("D:\\NONE\\B.TXT", READ))
      refused("STATUS_OBJECT_PATH_NOT_FOUND",
        machine:open("D:\\A.TXT\\B.TXT", READ))
      refused("STATUS_NOT_A_DIRECTORY",
        machine:open("D:\\A.TXT", { access = "r", directory = true }))
      refused("STATUS_ACCESS_DENIED",
        machine:open("D:\\A.TXT", { access = "rw" }))
    end)

    it("maps and shares files as any volume", function()
      local f = open "D:\\A.TXT"
      local section = assert(f:map())
      handles[#handles + 1] = section
      assert.equal("alpha\n", section:read(0, 6))
      refused("STATUS_ACCESS_DENIED", open("D:"):lock())
    end)
  end)

  it("with Joliet has the long names, and only those", function()
    start { label = "Joliet ü", files = { ["LONGNAME.TXT;1"] = "short tree" },
      joliet = {
        ["A long name with spaces.text"] = "long\n",
        ["Ein Ordner/Größe.txt"] = "umlaut\n",
        ["Ein Ordner/two.dots.here"] = LONG,
      } }
    assert.equal("Joliet ü", machine:volumes()[1].label)
    assert.same({ "A long name with spaces.text 5", "Ein Ordner/" },
      list "D:\\")
    assert.same({ "Größe.txt 7", "two.dots.here 16000" },
      list "D:\\ein ordner")
    assert.equal("long\n", content "D:\\a LONG name with spaces.TEXT")
    assert.equal("umlaut\n", content "D:\\Ein Ordner\\Größe.txt")
    assert.equal(LONG, content "D:\\EIN ORDNER\\TWO.DOTS.HERE")
    refused("STATUS_OBJECT_NAME_NOT_FOUND",
      machine:open("D:\\LONGNAME.TXT", READ))
  end)

  it("has a second tree that is not Joliet: the first one is read", function()
    local cd = iso { label = "TWO", files = { ["README.TXT;1"] = "first\n" },
      joliet = { ["read me.text"] = "second\n" } }
    local at = 17 * 2048
    assert.equal("\2CD001\1", cd:sub(at + 1, at + 7))
    start(cd:sub(1, at + 6) .. "\2" .. cd:sub(at + 8, at + 88) .. ("\0"):rep(32)
      .. cd:sub(at + 121))
    assert.equal("TWO", machine:volumes()[1].label)
    assert.same({ "README.TXT 6" }, list "D:\\")
    assert.equal("first\n", content "D:\\readme.txt")
  end)

  for name, option in pairs { ["ISO 9660:1999, level 4"] = "-iso-level 4",
    ["a bridge to UDF"] = "-udf -J -r" } do
    it("is " .. name .. ": CDFS, and its files are read", function()
      local reason = machines.missing "genisoimage"
      if reason then
        pending(reason)
      end
      local folder = tempdir(defer)
      machines.sh("mkdir -p %s/t/sub && echo hello > %s/t/readme.txt && "
        .. "echo deep > %s/t/sub/deep.txt && "
        .. "genisoimage -quiet %s -V LABEL -o %s/cd.iso %s/t", folder, folder,
        folder, option, folder, folder)
      use(folder .. "/cd.iso")
      assert.equal("CDFS", machine:volumes()[1].file_system)
      assert.equal("LABEL", machine:volumes()[1].label)
      assert.same({ "readme.txt 6", "sub/" }, list "D:\\")
      assert.equal("hello\n", content "D:\\README.TXT")
      assert.equal("deep\n", content "D:\\sub\\deep.txt")
    end)
  end

  it("that is damaged is an error that says so", function()
    local cd = iso { label = "BAD", files = { ["DIR/A.TXT;1"] = LONG } }
    -- its tables of folders lie behind the end of the disc
    local far = cd:sub(1, 16 * 2048 + 140) .. string.pack("<I4I4>I4", 9999, 0, 9999)
      .. cd:sub(16 * 2048 + 153)
    start(far)
    local info = refused("STATUS_FILE_CORRUPT_ERROR",
      machine:open("D:\\DIR", READ))
    assert.equal("file_system", info.reason)
    assert(#info.hint > 0)
    assert(machine:open("D:", READ)):close()
  end)

  it("that was cut off is an error that says so", function()
    local path = start { label = "CUT", files = { ["A.TXT;1"] = LONG } }
    local f = open "D:\\A.TXT"
    assert.equal(LONG, f:read(0, #LONG))
    local data = proc.slurp(path)
    machines.put(path, data:sub(1, -8193))
    refused("STATUS_DEVICE_DATA_ERROR", machine:open("D:\\A.TXT", READ))
  end)

  -- What stands in the folders of these images, of other programs.
  local NOTES = { "2.13", 21703, "2.14", 18788, "2.15", 29885, "2.16", 7816 }
  local function notes(form)
    local names = {}
    for i = 1, #NOTES, 2 do
      names[#names + 1] = (form .. " %d"):format(NOTES[i], NOTES[i + 1])
    end
    return names
  end

  for _, image in ipairs {
    { "iso", "IsoVolumeName", "V%s_" },
    { "iso-joliet", "ThisWonderfulLabelIsVeryVeryLong", "v%s-ReleaseNotes" },
    { "iso-rr-joliet", "ThisIsVolumeName", "v%s-ReleaseNotes" },
    { "iso-different-iso-joliet-label", "Joliet Label" },
    { "iso-unicode-long-label", "Naïve and very lOOOOOOOONG_LABEL" },
    { "iso-multi-0-174-348-genisoimage", "first session" },
  } do
    it("made by another program: " .. image[1], function()
      local packed = CORPUS .. image[1] .. ".img.xz"
      local reason = machines.missing "xz"
      local file <close> = io.open(packed)
      if reason or not file then
        pending(reason or "the image is not at hand: " .. packed)
        return
      end
      local path = tempdir(defer) .. "/cd.iso"
      machines.sh("xz -dkc %s > %s", packed, path)
      use(path)
      assert.equal("CDFS", machine:volumes()[1].file_system)
      assert.equal(image[2], machine:volumes()[1].label)
      assert.same(image[3] and notes(image[3]) or {}, list "D:\\")
      for i = 1, image[3] and #NOTES or 0, 2 do
        local text = content("D:\\" .. image[3]:format(NOTES[i]):upper())
        assert.equal(NOTES[i + 1], #text)
        assert(text:find("Util-linux-ng " .. NOTES[i] .. " Release Notes", 1, true))
      end
    end)
  end
end)
