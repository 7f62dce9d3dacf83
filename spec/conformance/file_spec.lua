-- Data of files that waits to be written, and when it reaches the disk: docs/rules.md
-- L1, D2, I5, I6, F9 and 1.11. "long file name.txt" is a text of 14 bytes again and
-- again: 1017 is its ninth place, in front of the end of a sector.

local c = require "spec.support.conformance"
local machines = require "spec.support.machines"

local LONG = machines.FILES["long file name.txt"]

c.suite(_ENV, {
  { "1.11 cached file fat ntfs", "written across the end of a sector, read by two handles", [[
    f = open D:\long%20file%20name.txt
    g = open D:\long%20file%20name.txt access=r
    --
    f put 1017 NEWWORDS -> 8
    f read 1017 8 -> "NEWWORDS"
    f read 1008 20 -> "a longer NEWWORDSong"
    f count 0 14001 -> 14000
    f size -> 14000
    g read 1008 20 -> "a longer NEWWORDSong"
    disk has NEWWORDS -> false
  ]], result = "both see it, the disk has not got it" },
  { "1.11 cached file fat ntfs", "flushed by its handle", [[
    f = open D:\long%20file%20name.txt
    --
    f put 1017 NEWWORDS -> 8
    f flush
    disk has NEWWORDS -> true
    f read 1008 20 -> "a longer NEWWORDSong"
  ]], result = "the disk has it" },
  { "1.11 cached file fat ntfs", "flushed by the volume", [[
    f = open D:\long%20file%20name.txt
    v = open D:
    --
    f put 1017 NEWWORDS -> 8
    v flush
    disk has NEWWORDS -> true
  ]], result = "the disk has it" },
  { "1.11 cached file fat ntfs", "closed, a duplicate first", [[
    f = open D:\long%20file%20name.txt
    g = f duplicate
    --
    f put 1017 NEWWORDS -> 8
    f close
    disk has NEWWORDS -> false
    g close
    disk has NEWWORDS -> true
  ]], result = "the disk has it after the last close" },
  { "1.11 cached file fat ntfs", "written at places of every kind", function(lab)
    local path = "D:\\long file name.txt"
    local f, wanted = lab:open(path), LONG
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
  end, result = "what was written, also after it was opened again" },

  { "L1 fat ntfs", "a lock that is refused, a file with data that waits", [[
    f = open D:\long%20file%20name.txt
    v = open D:
    --
    f put 1017 NEWWORDS -> 8
    v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED
    disk has NEWWORDS -> true
  ]], result = "STATUS_ACCESS_DENIED, and the disk has it" },
  { "D2 fat ntfs", "forced, a file with data that waits", [[
    f = open D:\long%20file%20name.txt
    v = open D:
    --
    f put 1017 NEWWORDS -> 8
    v dismount; DISMOUNT
    disk has NEWWORDS -> true
    f put 0 LATERWORDS -> STATUS_VOLUME_DISMOUNTED
    f flush -> STATUS_VOLUME_DISMOUNTED
    f close
    v close
    g = open D:\long%20file%20name.txt; MOUNT
    g read 1008 20 -> "a longer NEWWORDSong"
    disk has LATERWORDS -> false
  ]], result = "success; the disk has it, and nothing later" },

  { "1.11 first touch fat ntfs", "raw reads: the second one, of a duplicate, of another handle", [[
    f = open D:\long%20file%20name.txt
    v = open D:
    v count 0 512 -> 512
    --
    f put 1017 NEWWORDS -> 8
    v count 0 512 -> 512
    disk has NEWWORDS -> false
    w = v duplicate
    w count 0 512 -> 512
    disk has NEWWORDS -> false
    x = open D:
    x count 0 512 -> 512
    disk has NEWWORDS -> true
  ]], result = "only the first one of a handle flushes" },
  { "1.11 first touch fat ntfs", "a raw write, nothing was read before", [[
    f = open D:\long%20file%20name.txt
    v = open D:
    --
    f put 1017 NEWWORDS -> 8
    v write 0 x -> 512
    disk has NEWWORDS -> true
  ]], result = "the disk has it" },

  { "F9 fat ntfs", "a file with data that waits, closed while offline", [[
    f = open D:\long%20file%20name.txt
    v = open D:
    --
    f put 1017 NEWWORDS -> 8
    v offline
    f put 0 x -> STATUS_DEVICE_NOT_READY
    f flush -> STATUS_DEVICE_NOT_READY
    f close
    disk has NEWWORDS -> false
    v online
    v flush
    disk has NEWWORDS -> true
  ]], result = "STATUS_DEVICE_NOT_READY; the disk has it when it is online" },
  { "I6 fat ntfs", "file with data that waits, its disk gone and back", [[
    f = open D:\long%20file%20name.txt
    --
    f put 1017 NEWWORDS -> 8
    machine mask 0
    f put 0 x -> STATUS_FILE_INVALID
    f close
    machine unmask 0
    disk has NEWWORDS -> false
    g = open D:\long%20file%20name.txt; MOUNT
    g read 1008 14 -> "a longer text\n"
  ]], result = "STATUS_FILE_INVALID, and the data is lost" },

  { "1.12 read-only fat ntfs", "write and flush a file", [[
    f = open D:\long%20file%20name.txt
    --
    f put 0 x -> STATUS_MEDIA_WRITE_PROTECTED
    f flush -> STATUS_MEDIA_WRITE_PROTECTED
    f read 0 8 -> "a longer"
  ]], volume = { readonly = true }, result = "STATUS_MEDIA_WRITE_PROTECTED, but it is read" },
  { "1.2 root directory", "lists, and takes no bytes; a volume and a file are not listed", [[
    d = open D:\
    v = open D:
    f = open D:\a.txt
    --
    d list
    d put 0 x -> STATUS_INVALID_PARAMETER
    v list -> STATUS_INVALID_PARAMETER
    f list -> STATUS_INVALID_PARAMETER
  ]], result = "STATUS_INVALID_PARAMETER" },
  { "I5 fat ntfs", "list a directory after a dismount", [[
    v = open D:
    d = open D:\
    --
    v dismount; DISMOUNT
    d list -> STATUS_VOLUME_DISMOUNTED
  ]] },
})
