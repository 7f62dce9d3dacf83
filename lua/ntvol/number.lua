--- Numbers as text for programs and pictures. They have a point, whatever the
-- locale of the host program says. (Reading numbers needs no such module:
-- tonumber takes a point in every locale.)
-- @module ntvol.number

local M = {}

-- What stands in place of the point: in some locales a comma, in some two
-- bytes.
local NO_POINT = "[^%-+0123456789e]+"

--- A number by a format of string.format.
-- @tparam string format like `"%.1f"`, with no text around it
-- @tparam number value finite
-- @treturn string
function M.format(format, value)
  return (format:format(value):gsub(NO_POINT, "."))
end

return M
