-- Sequences that were observed on a running kernel, with the Win32 code of
-- every step: docs/rules.md 9.1 (FAT), 9.3 and 9.4. "obs N" is row N of 9.1.
--
-- A sequence is written as there: one step is a verb, a handle and the code
-- that it answers, 0 for success. Duplicated handles and mapped files (obs 10 to
-- 12, 31, 35) are in handle_spec, obs 41 is in file_spec; closed handles as
-- arguments raise here.

local machines = require "spec.support.machines"

local SECTOR = ("\xE5"):rep(512)
local DATA = 512 << 10 -- in the data area

local opens = {
  open = {}, -- read and write, share read and write
  openr = { access = "r" },
  openw = { access = "w" },
  opena = { access = "none" },
  open1 = { access = { "read_attributes" } },
  openc = { access = { "read_control" } },
  opens = { access = { "synchronize" } },
  openrd = { access = { "read_data" } },
  openwd = { access = { "write_data" } },
  openwa = { access = { "write_attributes" } },
  opende = { access = { "delete" } },
  open2 = { access = { "read_data", "write_data" } },
  openx = { share = "" },
  openxr = { access = "r", share = "" },
  file = { path = "\\a.txt" },
  filer = { path = "\\a.txt", access = "r" },
  filea = { path = "\\a.txt", access = { "read_attributes" } },
  filed = { path = "\\a.txt", access = { "delete" } },
  root = { path = "\\" },
  rootr = { path = "\\", access = "r" },
  folder = { path = "\\Some Dir" },
  create = { path = "\\new.txt", disposition = "create" },
  disk = { name = "PhysicalDrive0" },
}

local verbs = {
  lock = function(h) return h:lock() end,
  unlock = function(h) return h:unlock() end,
  dismount = function(h) return h:dismount() end,
  online = function(h) return h:online() end,
  offline = function(h) return h:offline() end,
  mounted = function(h) return h:control "FSCTL_IS_VOLUME_MOUNTED" end,
  read = function(h) return h:read(0, 512) end,
  fread = function(h) return h:read(0, 6) end,
  fwrite = function(h) return h:write(0, "x") end,
  write = function(h) return h:write(DATA, SECTOR) end,
  flush = function(h) return h:flush() end,
  close = function(h) return h:close() end,
}

local function code_of(answer, _, _, info)
  return answer and 0 or info.win32, answer
end

local function play(lab, letter, sequence)
  local handles, said = {}, {}
  for step in sequence:gmatch("[^;]+") do
    local verb, handle, wanted = step:match("(%w+)%s+(%w+)%s+(%d+)")
    assert(verb, "cannot read step: " .. step)
    local code, answer
    local how = opens[verb]
    if how then
      local name = how.name or letter .. (how.path or "")
      code, answer = code_of(lab.machine:open(name, {
        access = how.access, share = how.share, disposition = how.disposition,
      }))
      handles[handle] = answer
      lab.handles[#lab.handles + 1] = answer
    else
      local f = assert(verbs[verb], "no such verb: " .. verb)
      code = code_of(f(assert(handles[handle], "not open: " .. handle)))
    end
    said[#said + 1] = ("%s %s %d"):format(verb, handle, code)
    assert.equal(("%s %s %s"):format(verb, handle, wanted), said[#said],
      "after " .. table.concat(said, "; "))
  end
end

local fat = {
  { "obs 1: lock and unlock",
    "open v 0; lock v 0; unlock v 0" },
  { "obs 2: unlock what was never locked",
    "open v 0; unlock v 158" },
  { "obs 3: locks do not nest",
    "open v 0; lock v 0; lock v 5; unlock v 0; unlock v 158" },
  { "obs 4: two volume handles",
    "open v 0; open w 0; lock v 5; unlock w 158; close w 0; lock v 0" },
  { "obs 5: opening a locked volume",
    "open v 0; lock v 0; open w 5; openr w 5; opena w 0; unlock v 0; open w 0" },
  { "obs 6: opening files on a locked volume",
    "open v 0; lock v 0; file f 5; root f 5; create f 5; unlock v 0; file f 0" },
  { "obs 7: a file is open",
    "open v 0; file f 0; lock v 5; close f 0; lock v 0" },
  { "obs 7: a file is open for reading",
    "open v 0; filer f 0; lock v 5; close f 0; lock v 0" },
  { "obs 7: a file is open for its attributes",
    "open v 0; filea f 0; lock v 5; close f 0; lock v 0" },
  { "obs 7: a file is open for deleting",
    "open v 0; filed f 0; lock v 5; close f 0; lock v 0" },
  { "obs 7: the root directory is open",
    "open v 0; root f 0; lock v 5; close f 0; lock v 0" },
  { "obs 8: an attribute-only volume handle is open",
    "opena w 0; open v 0; lock v 0" },
  { "obs 9: close without unlock",
    "open v 0; lock v 0; close v 0; open w 0; unlock w 158; lock w 0" },
  { "obs 13: no access",
    "opena v 0; lock v 1; unlock v 1; dismount v 1; online v 5; offline v 5" },
  { "obs 13: attributes only",
    "open1 v 0; lock v 1; unlock v 1; dismount v 1; online v 5; offline v 5" },
  { "obs 13: read-control only",
    "openc v 0; lock v 1; unlock v 1; dismount v 1; online v 5; offline v 5" },
  { "obs 13: synchronize only",
    "opens v 0; lock v 1; unlock v 1; dismount v 1; online v 5; offline v 5" },
  { "obs 14: read only",
    "openr v 0; lock v 0; unlock v 0; dismount v 0; online v 5; offline v 5" },
  { "obs 14: write only",
    "openw v 0; lock v 0; unlock v 0; dismount v 0; online v 5; offline v 5" },
  { "obs 14: read data",
    "openrd v 0; lock v 0; unlock v 0; dismount v 0; online v 5; offline v 5" },
  { "obs 14: write data",
    "openwd v 0; lock v 0; unlock v 0; dismount v 0; online v 5; offline v 5" },
  { "obs 14: write attributes",
    "openwa v 0; lock v 0; unlock v 0; dismount v 0; online v 5; offline v 5" },
  { "obs 14: delete",
    "opende v 0; lock v 0; unlock v 0; dismount v 0; online v 5; offline v 5" },
  -- OFFLINE: 50 there, where it does not exist; see F1.
  { "obs 15: read and write",
    "open v 0; lock v 0; unlock v 0; dismount v 0; online v 0; offline v 0" },
  { "obs 15: just the two data rights",
    "open2 v 0; lock v 0; unlock v 0; dismount v 0; online v 0; offline v 0" },
  { "obs 16: opened with no sharing",
    "openx v 0; unlock v 158; open w 5; lock v 0; unlock v 0; open w 0" },
  { "obs 17: no sharing while a file is open",
    "file f 0; openx v 32" },
  { "obs 17: no sharing while a volume handle is open",
    "open w 0; openx v 32" },
  { "obs 17: read only and alone, then every later open",
    "openxr v 0; open w 5; openr w 5; file f 5" },
  { "obs 18: on a file handle",
    "file f 0; lock f 87; unlock f 87; dismount f 87; online f 87" },
  { "obs 19: on the root directory",
    "root f 0; lock f 87; unlock f 87; dismount f 87; online f 87" },
  { "obs 19: on another directory",
    "folder f 0; lock f 87; unlock f 87; dismount f 87; online f 87" },
  { "obs 19: on a directory that was opened for reading",
    "rootr f 0; online f 5" },
  { "obs 20, 21: dismount without lock",
    "open v 0; dismount v 0; mounted v 21; dismount v 21; lock v 0; unlock v 0; "
    .. "read v 0" },
  { "obs 22: opens before the handle is closed",
    "open v 0; dismount v 0; open w 21; openr w 21; file f 21" },
  { "obs 23: opens after the handle was closed",
    "open v 0; dismount v 0; close v 0; open v 0; mounted v 0; file f 0" },
  { "obs 24: lock and dismount mixed",
    "open v 0; lock v 0; dismount v 0; lock v 5; unlock v 0; unlock v 158; "
    .. "lock v 0; close v 0; open w 0; lock w 0" },
  { "obs 25: the lock error comes first",
    "open v 0; lock v 0; dismount v 0; open w 5; file f 5; unlock v 0; open w 21" },
  { "obs 26: an open file dies",
    "open v 0; file f 0; dismount v 0; fread f 21; fwrite f 21; mounted f 21; "
    .. "flush f 21; close f 0" },
  { "obs 27: and can be opened again",
    "open v 0; file f 0; dismount v 0; close f 0; close v 0; file f 0; fread f 0" },
  { "obs 28: the other volume handle",
    "open v 0; open w 0; dismount v 0; mounted w 21; lock w 5; unlock w 158; "
    .. "dismount w 21; read w 21" },
  { "obs 29: a stale handle beside the new mount",
    "open v 0; open w 0; dismount v 0; close v 0; open x 0; mounted w 21; "
    .. "dismount w 21; lock w 0; lock x 0" },
  { "obs 30: a stale file handle",
    "open v 0; file f 0; dismount v 0; close v 0; open x 0; lock x 0; fread f 21" },
  { "obs 32: online, always",
    "open v 0; online v 0; online v 0; lock v 0; online v 0; dismount v 0; "
    .. "online v 0" },
  { "obs 38: raw writes into the data area",
    "open v 0; write v 5; lock v 0; write v 0; unlock v 0; write v 5; "
    .. "dismount v 0; write v 0" },
}

-- CDFS has no personality yet; the row of ReactOS's NTFS says nothing.
local raw = {
  { "9.4 RAW: lock",
    "open v 0; unlock v 158; lock v 0; lock v 5; open w 5; unlock v 0; open w 0; "
    .. "lock v 5; lock w 5" },
  { "9.4 RAW: dismount",
    "open v 0; dismount v 5; lock v 0; dismount v 0; lock v 5; unlock v 0; "
    .. "open w 0" },
  { "9.4 RAW: other codes", "open v 0; mounted v 87" },
  { "9.4 RAW: a path", "file f 1005; root f 1005" },
  { "9.4 RAW: share modes are not enforced", "openx v 0; openx w 0; open x 0" },
  { "9.4 RAW: writes are free", "open v 0; write v 0" },
}

local disk = {
  { "9.4 disk: unlock, lock, dismount",
    "disk p 0; unlock p 158; lock p 0; lock p 5; dismount p 0; unlock p 0" },
  { "9.4 disk: dismount without the lock", "disk p 0; dismount p 5" },
  { "9.4 disk: its volumes stay mounted and their files alive",
    "file f 0; open v 0; disk p 0; lock p 0; dismount p 0; mounted v 0; "
    .. "fread f 0; open w 0; close p 0; mounted v 0; fread f 0" },
  { "9.4 disk: a locked volume does not lock the disk",
    "open v 0; lock v 0; disk p 0; lock p 0; unlock p 0; unlock v 0" },
}

machines.each(_ENV, function(lab)
  local function rows(letter, list)
    for _, row in ipairs(list) do
      it(row[1], function()
        lab:start()
        play(lab, letter, row[2])
      end)
    end
  end

  rows("D:", fat)
  rows("F:", raw)
  rows("D:", disk)
end)
