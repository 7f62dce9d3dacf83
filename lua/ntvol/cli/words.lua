--- Words of other tools, and the commands of ours that do the same. The command
-- line hints at them; docs/from-other-tools.md is made of them.
-- @module ntvol.cli.words

local M = {}

local READ_ONLY = "this shows the plan, and how to run it"
local ERASES = "it formats: everything on the volume is erased"
local TABLES = "no command changes partition tables; in Lua, volume:control does"
local NO_SELECTION = "nothing is selected: each command names its volume or disk"

--- The words by the tool that has them. A word is what people type, in any
-- case; `letter=` stands for such a word with any value. `ours` are our
-- commands, most likely first; without one the note says why there is none.
M.TOOLS = {
  { name = "Words that many tools have", rows = {
    { "ls, dir, list", { "ntvol volumes", "ntvol disks" } },
    { "info, status, get, describe", { "ntvol show D:" } },
    { "mount", { "ntvol online D:", "ntvol assign VOLUME E:" },
      "a dismounted volume is mounted by the next program that opens it" },
    { "umount, unmount", { "ntvol dismount D:", "ntvol offline D:" },
      "offline keeps it dismounted" },
    { "unlock", { "ntvol holders D:" },
      "a lock ends with the command that holds it; this lists who that is" },
    { "label", { "ntvol show D:", "ntvol format D: --label NEW --plan" },
      "a label comes with a format, which erases everything" },
    { "convert", { "ntvol change-fs D: --to ntfs --plan" }, ERASES },
    { "mkfs, wipe, erase", { "ntvol format D: --fs ntfs --plan" },
      READ_ONLY },
    { "history, journal", { "ntvol log" } },
    { "restore, revert, rollback", { "ntvol undo D: --plan" }, READ_ONLY },
    { "repair", { "ntvol recover --plan" },
      "it takes back what was interrupted; file systems are not checked" },
    { "lsof, fuser, handle, openfiles, who", { "ntvol holders D:" } },
    { "tail, monitor", { "ntvol watch" } },
    { "new, create", { "ntvol sim create lab --disk 64M:fat:D:OLD" } },
    { "lua, shell", { "ntvol repl" } },
    { "version", { "ntvol --version" } },
  } },
  { name = "PowerShell", rows = {
    { "Get-Volume", { "ntvol volumes", "ntvol show D:" } },
    { "Get-Disk, Get-PhysicalDisk", { "ntvol disks", "ntvol show 1" } },
    { "Get-Partition", { "ntvol show 1" } },
    { "Format-Volume", { "ntvol format D: --fs ntfs --plan" }, READ_ONLY },
    { "Mount-Volume", { "ntvol online D:" } },
    { "Dismount-Volume", { "ntvol dismount D:" } },
    { "Dismount-DiskImage", { "ntvol eject E: --plan" }, READ_ONLY },
    { "Mount-DiskImage", { "ntvol sim insert lab E: image.iso" },
      "on simulated machines" },
    { "Set-Disk", { "ntvol prepare-removal 1 --plan", "ntvol restore-lun 1" },
      "offline and online, with all volumes of the disk" },
    { "Set-Volume", { "ntvol format D: --label NEW --plan" }, ERASES },
    { "Set-Partition, Add-PartitionAccessPath", { "ntvol assign VOLUME E:" } },
    { "Remove-PartitionAccessPath", { "ntvol unassign E:" } },
    { "Update-Disk, Update-HostStorageCache", { "ntvol restore-lun 1 --plan" },
      "it looks for a disk that was presented again" },
    { "Write-VolumeCache", { "ntvol dismount D:" },
      "the lock before it writes what is cached" },
    { "Repair-Volume", nil, "no command checks file systems; use chkdsk" },
    { "Clear-Disk, Initialize-Disk, New-Partition, Remove-Partition,"
      .. " Resize-Partition", nil, TABLES },
  } },
  { name = "diskpart", rows = {
    { "list volume, list vol", { "ntvol volumes" } },
    { "list disk", { "ntvol disks" } },
    { "list partition, detail disk", { "ntvol show 1" } },
    { "detail volume, filesystems", { "ntvol show D:" } },
    { "detail, attributes, uniqueid", { "ntvol show D:", "ntvol show 1" } },
    { "select, sel", { "ntvol volumes", "ntvol disks" }, NO_SELECTION },
    { "online disk", { "ntvol restore-lun 1" },
      "the disk and its volumes are brought online" },
    { "online volume", { "ntvol online D:" } },
    { "offline disk", { "ntvol prepare-removal 1 --plan" }, READ_ONLY },
    { "offline volume", { "ntvol offline D:" } },
    { "assign letter=, assign mount=", { "ntvol assign VOLUME E:" },
      NO_SELECTION },
    { "remove, remove letter=, remove mount=", { "ntvol unassign E:" } },
    { "format fs=, format quick", { "ntvol format D: --fs ntfs --plan" },
      NO_SELECTION },
    { "rescan", { "ntvol restore-lun 1 --plan" },
      "it looks for a disk that was presented again" },
    { "clean", { "ntvol format D: --full --plan" },
      "this overwrites one volume; " .. TABLES },
    { "create partition, create volume, delete, delete partition,"
      .. " delete volume, extend, shrink, active, add, break, gpt", nil,
      TABLES },
    { "diskpart", { "ntvol --help" } },
  } },
  { name = "mountvol, fsutil, chkdsk", rows = {
    { "mountvol, mountvol /l", { "ntvol volumes" } },
    { "mountvol /d", { "ntvol unassign E:" } },
    { "mountvol /p", { "ntvol offline D:" },
      "the letter stays; ntvol unassign takes it away" },
    { "fsutil, fsutil volume", { "ntvol dismount D:", "ntvol show D:" } },
    { "vol", { "ntvol show D:" } },
    { "chkdsk", nil, "no command checks file systems; use chkdsk itself" },
  } },
}

--- The words of a row, as people write them.
-- @treturn {string,...}
function M.words_of(row)
  local list = {}
  for word in row[1]:gmatch "[^,]+" do
    list[#list + 1] = word:match "^%s*(.-)$"
  end
  return list
end

local function index()
  local found = {}
  for _, tool in ipairs(M.TOOLS) do
    for _, row in ipairs(tool.rows) do
      for _, word in ipairs(M.words_of(row)) do
        found[word:lower()] = row
      end
    end
  end
  return found
end

-- The words of a command line without `--machine SPEC`, in small letters;
-- `letter=E` is `letter=`.
local function plain(argv)
  local list, skip = {}, false
  for _, word in ipairs(argv) do
    if word == "--" then
      break
    elseif skip or word:find "^%-%-machine" then
      skip = word == "--machine"
    else
      list[#list + 1] = word:lower():gsub("=.*$", "=")
    end
  end
  return list
end

--- The row that a command line of another tool means.
-- @tparam {string,...} argv
-- @treturn ?table row
function M.find(argv)
  local rows, list = index(), plain(argv)
  for i = 2, #list do
    local row = rows[list[1] .. " " .. list[i]]
    if row then
      return row
    end
  end
  return rows[list[1]]
end

--- What to say to somebody who typed it.
-- @treturn string
function M.hint(row)
  local ours, note = row[2], row[3]
  if not ours then
    return "there is no such command here: " .. note
  end
  return table.concat(ours, ", or ") .. (note and "; " .. note or "")
end

return M
