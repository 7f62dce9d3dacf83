--- Numbers on the command line. One rule holds for all of them: digits, at most
-- one point, not negative, and no more than the largest that makes sense.
-- @module ntvol.cli.values

local M = {}

-- The longest time that an option takes: a year.
local YEAR = 31536000

local function is_plain(text)
  return text:find "^%d+%.?%d*$" ~= nil
end

local function refuse(text, what, least, most)
  return nil, ("'%s' is not %s: write a number from %d to %d"):format(text, what,
    least, most)
end

--- A function that reads a number of seconds for the parser.
-- @tparam[opt] integer most the largest number; a year unless given
-- @treturn function
function M.seconds(most)
  most = most or YEAR
  return function(text)
    local seconds = is_plain(text) and tonumber(text)
    if not seconds or seconds > most then
      return refuse(text, "a number of seconds", 0, most)
    end
    return seconds
  end
end

--- A function that reads a whole number for the parser.
-- @tparam string what it is, for the message: `"the id of an event"`
-- @tparam integer least
-- @treturn function
function M.whole(what, least)
  return function(text)
    local value = is_plain(text) and math.tointeger(tonumber(text))
    if not value or value < least then
      return refuse(text, what, least, math.maxinteger)
    end
    return value
  end
end

local function is_negative(word)
  return word:find "^%-[%d.]" or word:find "^%-inf"
end

--- The words of a command line, where a negative number behind an option is the
-- value of that option. The parser would take it for an option of its own.
-- @tparam {string,...} argv
-- @treturn {string,...}
function M.join_negative(argv)
  local list = {}
  for i, word in ipairs(argv) do
    local last = list[#list]
    if word == "--" then
      return table.move(argv, i, #argv, #list + 1, list)
    elseif is_negative(word) and last and last:find "^%-%-%a[%w-]*$" then
      list[#list] = last .. "=" .. word
    else
      list[#list + 1] = word
    end
  end
  return list
end

--- What is said of a negative number in place of an argument; nil for any
-- other message of the parser.
-- @tparam string text of the parser
-- @treturn ?string
function M.of_negative(text)
  local word = text:match "^unknown option '(%-[%d.][^']*)'"
  return word and ("'%s' is negative: no command takes that"):format(word)
end

return M
