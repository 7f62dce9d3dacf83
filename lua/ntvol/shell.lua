--- Command lines for people to copy. Only this file knows that Windows has
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

--- Quotes a word for a Windows program, whose C library takes the command line
-- apart: backslashes have a meaning only in front of a quote.
-- @tparam string word
-- @treturn string
function M.quote_windows(word)
  word = word:gsub('(\\*)"', '%1%1\\"'):gsub("(\\*)$", "%1%1")
  return '"' .. word .. '"'
end

-- Quotes a word that has characters which cannot be shown, in a form that most
-- shells read. POSIX 2024 has this form; an older dash does not know it.
local function quote_hidden(word)
  return "$'" .. word:gsub("[\0-\x1f\x7f-\xff'\\]", function(byte)
    return ("\\%03o"):format(byte:byte())
  end) .. "'"
end

local windows = package.config:sub(1, 1) == "\\"
local quote = windows and M.quote_windows or M.quote_posix

-- A word is quoted when the shell would not take it as it is.
local function quote_if_needed(text)
  local plain = text:find(PLAIN) and (windows or not text:find("\\", 1, true))
  return plain and text or quote(text)
end

--- A word as people write it on a command line and can copy it. Nothing in it
-- is hidden.
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
