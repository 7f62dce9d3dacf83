--- Numbers as text, with a point whatever the locale of the host program says:
-- what programs read, and pictures that are the same everywhere. (Reading needs
-- nothing: tonumber takes a point in every locale.)
-- @module ntvol.number

local M = {}

-- A point in some locales is a comma, or two bytes.
local NO_POINT = "[^%-+0123456789e]+"

--- A number by a format of string.format.
-- @tparam string format like `"%.1f"`, with no text around it
-- @tparam number value finite
-- @treturn string
function M.format(format, value)
  return (format:format(value):gsub(NO_POINT, "."))
end

return M
