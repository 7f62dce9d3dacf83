--- The file systems that a format can make.
-- @module ntvol.file_systems

local M = {}

--- Their names, as options and the command line have them.
M.names = { "ntfs", "fat", "fat16", "fat32", "exfat" }

--- The names in one line.
M.list = table.concat(M.names, ", ")

--- What people call each of them, by name.
M.titles = {
  ntfs = "NTFS", fat = "FAT", fat16 = "FAT16", fat32 = "FAT32",
  exfat = "exFAT",
}

--- The file system that people mean: its name in any case, or its title.
-- @tparam string text
-- @treturn[1] string its name
-- @treturn[2] nil
-- @treturn[2] string what is wrong, and which there are
function M.find(text)
  local name = text:lower()
  if M.titles[name] then
    return name
  end
  return nil, ("'%s' is no file system that can be made; name one of: %s")
    :format(text, M.list)
end

--- The file system that makes again what a volume holds. A small volume that
-- is formatted with "fat" holds FAT12.
-- @tparam string title as a machine says it: `"NTFS"`, `"FAT12"`, `"RAW"`
-- @treturn ?string nil: nothing that could be made
function M.again(title)
  return title == "FAT12" and "fat" or M.find(title) or nil
end

--- Whether a cluster may have this size on some file system.
-- @tparam integer bytes
-- @treturn boolean
function M.is_cluster_size(bytes)
  return bytes >= 512 and bytes <= 1 << 25 and bytes & (bytes - 1) == 0
end

return M
