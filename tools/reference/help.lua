-- src/lua_help.h: what the method help() of a class prints for each method.

local model = require "tools.reference.model"

local M = { PATH = "src/lua_help.h" }

local HEAD = [[
/*
 * The lines of help(): the arguments and the first sentence of each method's
 * comment. `make tables` writes this file from the comments.
 */
#ifndef NTVOL_LUA_HELP_H
#define NTVOL_LUA_HELP_H

/* clang-format off */
]]

local TAIL = [[
/* clang-format on */

#endif
]]

local CLASSES = { machine = true, volume = true, lock = true,
  subscription = true, journal = true }

--- The header, of methods in the order of the manual.
function M.make(items)
  local lines = {}
  for _, item in ipairs(items) do
    if CLASSES[item.class] and item.separator == ":" then
      lines[#lines + 1] = ("#define HELP_%s_%s \\\n  %q, \\\n  %q\n"):format(
        item.class:upper(), item.method:upper(), model.arguments(item),
        model.summary(item))
    end
  end
  return HEAD .. table.concat(lines) .. TAIL
end

return M
