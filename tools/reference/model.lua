-- The public functions as their LDoc comments describe them, in C and in Lua:
-- a table from "volume:read" to
--   { name, class, separator, method, description, params, returns, failure,
--     raises, usage }
-- with params and returns as lists of { type, name, optional, text }.

local M = {}

-- Files of one class each: what "M" and the other tables in them are called.
local LUA = {
  { "lua/ntvol/init.lua", { M = "ntvol" } },
  { "lua/ntvol/sim.lua", { M = "sim" } },
  { "lua/ntvol/plan.lua", { M = "plan", Plan = "object" } },
  { "lua/ntvol/machine.lua", { Machine = "machine" } },
  { "lua/ntvol/volume.lua", { Volume = "volume" } },
  { "lua/ntvol/retry.lua", { M = "retry", Policy = "policy" } },
  { "lua/ntvol/journal.lua", { M = "journal" } },
  { "lua/ntvol/timeline.lua", { M = "timeline" } },
}
local C = {
  "src/lua_machine.c", "src/lua_open.c", "src/lua_watch.c",
  "src/lua_subscription.c", "src/lua_volume.c", "src/lua_verb.c",
  "src/lua_query.c", "src/lua_volume_data.c", "src/lua_format.c",
  "src/lua_handle.c", "src/lua_holders.c", "src/lua_run.c", "src/lua_lock.c",
  "src/journal_core.c",
}

local function slurp(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

-- ---- comments --------------------------------------------------------------

-- Lists { comment, code behind it }.
local function c_comments(text)
  local found = {}
  for comment in text:gmatch "/%*%*%*\n(.-)%*/" do
    found[#found + 1] = { comment, "" }
  end
  return found
end

local function lua_comments(text)
  local found, lines = {}, nil
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local first, more = line:match "^%-%-%- ?(.*)", line:match "^%-%- ?(.*)"
    if first then
      lines = { first }
    elseif more and lines then
      lines[#lines + 1] = more
    elseif lines then
      found[#found + 1] = { table.concat(lines, "\n") .. "\n", line }
      lines = nil
    end
  end
  return found
end

-- ---- tags ------------------------------------------------------------------

-- Text of several lines as one line; paragraphs, and items of a list, which
-- begin with a star, are apart.
local function unwrap(text)
  text = text:gsub("^%s+", ""):gsub("%s+$", "")
  return (text:gsub("\n\n+", "\1"):gsub("\n%* ", "\2")
    :gsub("%s*\n%s*", " "):gsub("\1", "\n\n"):gsub("\2", "\n* "))
end

--- Calls `fn` with each paragraph and each item of a text, "" between
-- paragraphs, and how further lines of it are indented.
function M.each_part(text, fn)
  for line in (text .. "\n"):gmatch "(.-)\n" do
    fn(line, line:find "^%* " and "  " or "")
  end
end

-- "?table" and "[opt]" both say that it may be left out. LDoc stumbles over
-- the mark anywhere else: such a type needs a name, in types/ntvol.lua.
local function typed(modifier, text)
  local type, rest = text:match "^(%S+)%s*(.*)$"
  assert(not type:find("?", 2, true), "LDoc cannot read the type " .. type)
  return { type = (type:gsub("^%?", "")), text = rest,
    optional = modifier:find "^opt" ~= nil or type:find "^%?" ~= nil }
end

local function named(one)
  one.name, one.text = one.text:match "^([%w_.]+)%s*(.*)$"
  return one
end

local TAGS = {
  tparam = function(item, modifier, text)
    table.insert(item.params, named(typed(modifier, unwrap(text))))
  end,
  param = function(item, modifier, text)
    table.insert(item.params, named(typed(modifier, "any " .. unwrap(text))))
  end,
  treturn = function(item, modifier, text)
    table.insert(item.returns, typed(modifier, unwrap(text)))
  end,
  ["return"] = function(item, modifier, text)
    table.insert(item.returns, typed(modifier, "any " .. unwrap(text)))
  end,
  failure = function(item, _, text)
    item.failure = unwrap(text)
  end,
  raise = function(item, _, text)
    item.raises = unwrap(text)
  end,
  usage = function(item, _, text)
    item.usage = text:gsub("^%s*\n", ""):gsub("^ ", ""):gsub("%s+$", "")
  end,
  ["function"] = function(item, _, text)
    item.name = unwrap(text)
  end,
}

local function parse(comment)
  local item = { params = {}, returns = {} }
  local before, tags = ("\n" .. comment):match "^(.-)(\n@.*)$"
  item.description = unwrap(before or comment)
  local from = 1
  while tags and from <= #tags do
    local next_tag = tags:find("\n@%l", from + 1) or #tags + 1
    local tag, modifier, text =
      tags:sub(from, next_tag - 1):match "^\n@(%l+)(%[?[^%]%s]*%]?)(.*)$"
    if TAGS[tag] then
      TAGS[tag](item, modifier:sub(2), text)
    end
    from = next_tag
  end
  return item
end

-- ---- names -----------------------------------------------------------------

-- The name of a function from its definition: "Plan", ":", "run".
local function defined(code)
  local table_, separator, name = code:match "^function (%w+)([.:])([%w_]+)"
  if table_ then
    return table_, separator, name
  end
  return code:match "^(%w+)(%.)([%w_]+) ="
end

local function name_in_lua(item, code, classes)
  local table_, separator, name = defined(code)
  local class = classes[table_]
  if not class or name:find "^_" or item.name == nil
    and not code:find "^function" then
    return nil
  end
  return class, separator, name
end

local function add(model, item, class, separator, name)
  item.class, item.method, item.separator = class, name, separator
  item.name = class .. separator .. name
  assert(not model[item.name], item.name .. " is described twice")
  model[item.name] = item
end

--- Reads the comments of all sources.
function M.read()
  local model = {}
  for _, path in ipairs(C) do
    for _, found in ipairs(c_comments(slurp(path))) do
      local item = parse(found[1])
      local class, name = (item.name or ""):match "^(%l+):([%w_]+)$"
      if class then
        add(model, item, class, ":", name)
      end
    end
  end
  for _, file in ipairs(LUA) do
    for _, found in ipairs(lua_comments(slurp(file[1]))) do
      local item = parse(found[1])
      local class, separator, name = name_in_lua(item, found[2], file[2])
      if class then
        add(model, item, class, separator, name)
      end
    end
  end
  return model
end

--- The first sentence of a description.
function M.summary(item)
  local text = item.description:gsub("\n\n.*", ""):gsub("%*%*", "")
  return text:match "^(.-[.:])%s+%u" or text:match "^(.-[.])%s+`" or text
end

--- "(offset, length)"
function M.arguments(item)
  local names = {}
  for i, param in ipairs(item.params) do
    names[i] = param.name
  end
  return "(" .. table.concat(names, ", ") .. ")"
end

return M
