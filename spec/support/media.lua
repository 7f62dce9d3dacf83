--- Media for drives: image files that live until the test ends.
--
--   local media = require "spec.support.media"
--   local path = media.image(lab.defer, "fat")
--   local other = media.image(lab.defer, "fat", media.other)

local machines = require "spec.support.machines"
local tempdir = require "spec.support.tempdir"

local M = {}

--- The same with another serial number in its boot sector.
M.other = machines.other_serial

--- A file with the content of a kind of volume (`machines.content`), changed by
-- a function if one is given.
function M.image(defer, kind, change)
  local data = machines.content(kind)
  local path = tempdir(defer) .. "/medium.img"
  machines.put(path, change and change(data) or data)
  return path
end

return M
