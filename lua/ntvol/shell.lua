--- Command lines for people to copy. The one place that knows that Windows has
-- another shell.
-- @module ntvol.shell

local core = require "ntvol.core"

local M = {}

-- Characters that no shell touches.
local PLAIN = "^[A-Za-z0-9_.,:/+=@\\-]+$"

--- Quotes a word for sh.
-- @tparam string word
-- @treturn string
function M.quote_posix(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- Quotes a word for a Windows program, as its C library takes it apart:
-- backslashes count only in front of a quote.
-- @tparam string word
-- @treturn string
function M.quote_windows(word)
  word = word:gsub('(\\*)"', '%1%1\\"'):gsub("(\\*)$", "%1%1")
  return '"' .. word .. '"'
end

-- A word whose characters do not show as they are, as most shells read it:
-- POSIX 2024 has the form, an older dash has not.
local function quote_hidden(word)
  return "$'" .. word:gsub("[\0-\x1f\x7f-\xff'\\]", function(byte)
    return ("\\%03o"):format(byte:byte())
  end) .. "'"
end

local windows = package.config:sub(1, 1) == "\\"
local quote = windows and M.quote_windows or M.quote_posix

-- Quoted when the shell would take it apart.
local function quote_if_needed(text)
  local plain = text:find(PLAIN) and (windows or not text:find("\\", 1, true))
  return plain and text or quote(text)
end

--- A word as people write it and can copy it: nothing in it is hidden.
-- @param word anything
-- @treturn string
function M.word(word)
  local text = tostring(word)
  if not windows and core.printable(text) ~= text then
    return quote_hidden(text)
  end
  return quote_if_needed(text)
end

return M
