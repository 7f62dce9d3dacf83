--- The description of a simulated machine: reading the short form of the
-- command line, and completing the form with tables. Types and words are checked
-- here; whether the whole can be made, the core decides.
--
--    DISK   = [SECTOR:] SIZE [:FS [:LETTER [:LABEL]]] {:WORD}
--           | [SECTOR:] STYLE : SIZE [= VOLUME {+ VOLUME}]
--           | [SECTOR:] STYLE : SIZE [:FS [:LETTER [:LABEL]]] {:WORD}
--    VOLUME = (SIZE | rest) [@SPAN] [:FS [:LETTER [:LABEL]]] {:WORD}
--    IMAGE  = [SECTOR:] PATH [:LETTER] [:MOUNTED]
--    CD     = PATH [:LETTER] [:MOUNTED]
--    DRIVE  = [SECTOR:] PATH [:LETTER] [:MOUNTED]
--    WORD   = csv | MOUNTED
--    MOUNTED = mounted | unmounted
--
-- SECTOR is 512 or 4096, the bytes of a sector; without it an image has those
-- of its GPT. A PATH that begins so is written ./4096:x.
-- The PATH of a CD or DRIVE is "none" when it has no medium. STYLE is mbr or
-- gpt. SIZE is like 64M or 1.5G. FS is raw or a file system that a format can
-- make. LETTER is like D, or - for none. "csv" makes the volume cluster shared.
-- "mounted" and "unmounted" say whether it is mounted from the start; without
-- them it is when it has a letter on a fixed disk.
-- When a part is left out, the volume is RAW, has the next free letter (a
-- cluster shared volume has the next folder C:\ClusterStorage\VolumeN), and no
-- label. Without STYLE the volume is the whole disk. Volumes with the same
-- SPAN, on whatever disks, are the pieces of one volume, in this order; only
-- its first piece says what else the volume has.
-- @module ntvol.sim_spec

local file_systems = require "ntvol.file_systems"
local options = require "ntvol.options"
local size = require "ntvol.size"

local M = {}

local DISK_FIELDS = {
  size = "string|integer", image = "string", style = "string",
  sector_size = "integer", removable = "boolean", readonly = "boolean",
  cdrom = "boolean",
  serial = "string", volumes = "table",
}

local VOLUME_FIELDS = {
  letter = "string|boolean", fs = "string", label = "string",
  size = "string|integer", mount_points = "table", system = "boolean",
  boot = "boolean", pagefile = "boolean", readonly = "boolean",
  busy = "boolean", span = "string",
  csv = "boolean", owner = "string", mounted = "boolean",
}

-- What a word at the end of the short form says of a volume.
local WORDS = {
  csv = { csv = true },
  mounted = { mounted = true },
  unmounted = { mounted = false },
}

-- ---- the short form ------------------------------------------------------

-- The size of a sector in front of `text`, and what follows it.
local function take_sector_size(text)
  local bytes, rest = text:match "^(%d+):(.+)$"
  if bytes == "512" or bytes == "4096" then
    return math.tointeger(bytes), rest
  end
  return nil, text
end

-- Takes the words off the end of `text` and into `volume`.
local function take_words(text, volume)
  local before, last = text:match "^(.*):([^:]*)$"
  if not before then
    before, last = "", text
  end
  local word = WORDS[last:lower()]
  if not word then
    return text
  end
  for field, value in pairs(word) do
    volume[field] = value
  end
  return take_words(before, volume)
end

-- "fat:D:OLD" into `volume`.
local function read_volume_rest(text, volume)
  text = take_words(text, volume)
  local fs, letter, label = text:match("^([^:]*):?([^:]*):?(.*)$")
  if fs ~= "" then
    volume.fs = fs:lower()
  end
  if letter == "-" then
    volume.letter = false
  elseif letter ~= "" then
    if not letter:find("^%a$") then
      return nil, ("'%s' is not a drive letter; write D, or - for none")
        :format(letter)
    end
    volume.letter = letter:upper() .. ":"
  end
  if label ~= "" then
    volume.label = label
  end
  return volume
end

local function read_volume(text)
  local first, rest = text:match("^([^:]*):?(.*)$")
  local volume = {}
  local plain, span = first:match("^([^@]*)@(.*)$")
  if span == "" then
    return nil, ("'%s' names no span; write it like 8M@data"):format(first)
  elseif span then
    first, volume.span = plain, span
  end
  if first:lower() ~= "rest" then
    local bytes, problem = size.parse(first)
    if not bytes then
      return nil, problem
    end
    volume.size = bytes
  end
  return read_volume_rest(rest, volume)
end

local function read_volumes(text)
  local volumes = {}
  for part in (text .. "+"):gmatch("([^+]*)%+") do
    local volume, problem = read_volume(part)
    if not volume then
      return nil, ("volume %d: %s"):format(#volumes + 1, problem)
    end
    volumes[#volumes + 1] = volume
  end
  return volumes
end

--- Reads the short form of a disk: `"64M:fat:D:OLD"`.
-- @tparam string text
-- @treturn[1] table as the table form has it
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.disk(text)
  local sector_size, plain = take_sector_size(text)
  if not plain:find "^%d" and not plain:find "^[mg][bp][rt]:" then
    sector_size, plain = nil, text -- a disk of so many bytes
  end
  local style, rest = plain:match("^([mg][bp][rt]):(.*)$")
  local disk = { style = style, sector_size = sector_size }
  local first, separator, volumes = (rest or plain):match("^([^:=]*)([:=]?)(.*)$")
  local problem
  disk.size, problem = size.parse(first)
  if not disk.size then
    return nil, ("disk '%s': %s"):format(text, problem)
  end
  if separator == "=" then
    if not style then
      return nil, ("disk '%s': several volumes need a partition table;"
        .. " write gpt:%s"):format(text, text)
    end
    disk.volumes, problem = read_volumes(volumes)
  else
    local volume
    volume, problem = read_volume_rest(volumes, {})
    disk.volumes = volume and { volume }
  end
  if not disk.volumes then
    return nil, ("disk '%s': %s"):format(text, problem)
  end
  return disk
end

--- Reads the short form of an existing image: `"old.img:D"`.
-- @tparam string text
-- @treturn[1] table as the table form has it
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.image(text)
  local sector_size, plain = take_sector_size(text)
  local mounted = plain:match "^.+:([uU]?[nN]?[mM][oO][uU][nN][tT][eE][dD])$"
  local volume = {}
  if mounted and WORDS[mounted:lower()] then
    plain = plain:sub(1, -#mounted - 2)
    volume.mounted = WORDS[mounted:lower()].mounted
  end
  local path, letter = plain:match("^(.+):([%a-])$")
  if not path then
    path = plain
  end
  if path == "" then
    return nil, "an image needs a path"
  end
  if letter then
    volume.letter = letter ~= "-" and letter:upper() .. ":"
  end
  return { image = path, sector_size = sector_size,
    volumes = next(volume) ~= nil and { volume } or nil }
end

-- A drive of the kind "cdrom" or "removable", with the medium that the text
-- names.
local function drive(text, kind)
  local disk, problem = M.image(text)
  if disk then
    disk[kind] = true
    disk.image = disk.image ~= "none" and disk.image or nil
  end
  return disk, problem
end

--- Reads the short form of a CD drive: `"image.iso:E"`, `"none:E"`.
-- @tparam string text
-- @treturn[1] table as the table form has it
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.cd(text)
  return drive(text, "cdrom")
end

--- Reads the short form of a removable disk: `"stick.img:F"`, `"none:F"`.
-- @tparam string text
-- @treturn[1] table as the table form has it
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.removable(text)
  return drive(text, "removable")
end

-- ---- the table form ------------------------------------------------------

local function read_letter(letter)
  if letter == nil or letter == false then
    return letter
  end
  local text = type(letter) == "string" and letter:match("^(%a):?$")
  if not text then
    return nil, ("option 'letter' must be like \"D:\", or false for none,"
      .. " got %s"):format(tostring(letter))
  end
  return text:upper() .. ":"
end

local function read_fs(volume)
  local fs = volume.fs and volume.fs:lower()
  if fs == "raw" or fs == "" then
    fs = nil
  end
  if fs and not file_systems.find(fs) then
    return nil, ("option 'fs' must be one of: raw, %s; got \"%s\"")
      :format(file_systems.list, fs)
  elseif volume.label and not fs then
    return nil, "option 'label' needs 'fs': a RAW volume has no label"
  end
  return fs
end

-- One volume as the core wants it, and how to format it.
local function complete_volume(volume)
  if type(volume) ~= "table" then
    return nil, "table expected, got " .. type(volume)
  end
  local problem = options.problem(volume, VOLUME_FIELDS)
  if problem then
    return nil, problem
  end
  local out = {
    mount_points = volume.mount_points, system = volume.system,
    boot = volume.boot, pagefile = volume.pagefile, readonly = volume.readonly,
    busy = volume.busy, span = volume.span,
    csv = volume.csv, owner = volume.owner, mounted = volume.mounted,
  }
  out.letter, problem = read_letter(volume.letter)
  if not problem then
    out.fs, problem = read_fs(volume)
  end
  if not problem and volume.size then
    out.size, problem = size.parse(volume.size)
  end
  if problem then
    return nil, problem
  end
  return out, out.fs and { fs = out.fs, label = volume.label }
end

local function default_style(disk)
  if not disk.size then
    return nil
  end
  local volumes = disk.volumes or {}
  local first = type(volumes[1]) == "table" and volumes[1] or {}
  local whole = #volumes <= 1 and not first.size and not first.span
  return not disk.image and not whole and "gpt" or nil
end

local function read_size(disk, out)
  local problem
  if disk.size then
    out.size, problem = size.parse(disk.size)
  end
  return problem
end

-- A new disk without `volumes` has one that fills it.
local function volumes_of(disk)
  return disk.volumes or not disk.image and { {} } or {}
end

-- One disk as the core wants it; its file systems go to `formats`, the nodes
-- that own its volumes to `owners`.
local function complete_disk(disk, number, formats, owners)
  local out = {
    image = disk.image, sector_size = disk.sector_size, serial = disk.serial,
    removable = disk.removable, readonly = disk.readonly, cdrom = disk.cdrom,
    style = disk.style, volumes = {},
  }
  local problem = options.problem(disk, DISK_FIELDS) or read_size(disk, out)
  if problem then
    return nil, problem
  end
  out.style = disk.style or default_style(disk)
  for i, volume in ipairs(volumes_of(disk)) do
    local entry, format = complete_volume(volume)
    if not entry then
      return nil, ("volume %d: %s"):format(i, format)
    end
    out.volumes[i] = entry
    if format then
      format.disk, format.index, format.csv = number, i, entry.csv
      formats[#formats + 1] = format
    end
    if entry.owner then
      owners[#owners + 1] = { disk = number, index = i, node = entry.owner }
    end
  end
  return out
end

local function nodes_problem(nodes)
  for _, node in ipairs(nodes) do
    if type(node) ~= "string" then
      return "option 'nodes' must be names, got " .. tostring(node)
    end
  end
end

-- Cluster shared volumes without a name get their folder.
local function name_shared(disks)
  local shared = 0
  for _, disk in ipairs(disks) do
    for _, volume in ipairs(disk.volumes) do
      if volume.csv then
        shared = shared + 1
        if volume.letter == nil and not volume.mount_points then
          volume.letter = false
          volume.mount_points = { "C:\\ClusterStorage\\Volume" .. shared }
        end
      end
    end
  end
end

--- Checks the types and words of a specification, and completes it.
-- @tparam table spec `{ disks = { ... }, nodes = { ... }, clock, mounted }`
-- @treturn[1] table as `ntvol.sim.core` wants it
-- @treturn[1] {table,...} what to format: `{ disk, index, fs, label, csv }`,
--  disk and index count from 1
-- @treturn[1] {table,...} who owns what: `{ disk, index, node }`
-- @treturn[2] nil
-- @treturn[2] string what is wrong, and where
function M.complete(spec)
  local problem = options.problem(spec,
      { disks = "table", clock = "string", nodes = "table",
        mounted = "boolean" })
    or nodes_problem(spec.nodes or {})
  if problem then
    return nil, problem
  elseif not spec.disks or #spec.disks == 0 then
    return nil, "option 'disks' must name at least one disk"
  end
  local disks, formats, owners = {}, {}, {}
  for number, disk in ipairs(spec.disks) do
    if type(disk) == "string" then
      disk, problem = M.disk(disk)
    elseif type(disk) ~= "table" then
      disk, problem = nil, "string or table expected, got " .. type(disk)
    end
    if disk then
      disks[number], problem = complete_disk(disk, number, formats, owners)
    end
    if problem then
      return nil, ("disk %d: %s"):format(number, problem)
    end
  end
  name_shared(disks)
  return { disks = disks, nodes = spec.nodes, mounted = spec.mounted ~= false },
    formats, owners
end

return M
