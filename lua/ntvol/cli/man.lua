--- The manual page `ntvol(1)`, made of what the parser knows: every command,
-- argument and option with the words of its `--help`.
--
-- argparse has no public list of them. The fields with an underscore are read
-- here and in ntvol.cli.complete, and nowhere else; spec/cli/manual_spec.lua
-- compares the page with the help.
-- @module ntvol.cli.man

local M = {}

-- Paragraphs of the epilog that are sections of a manual page.
local SECTIONS = {
  { "^Exit codes:", "EXIT STATUS" }, { "^Examples?:", "EXAMPLES" },
}

-- ---- roff ----------------------------------------------------------------

local SPECIAL = {
  ["\\"] = "\\(rs", ["-"] = "\\-", ["^"] = "\\(ha", ["~"] = "\\(ti",
  ["`"] = "\\(ga", ["'"] = "\\(aq", ['"'] = "\\(dq",
}

-- Text that comes out as it is, also at the beginning of a line and in quotes.
local function escape(text)
  return (text:gsub("[\\^~`'\"-]", SPECIAL):gsub("^%.", "\\&."))
end

local Page = {}
Page.__index = Page

function Page:add(...)
  for _, line in ipairs { ... } do
    self[#self + 1] = line
  end
end

function Page:text(text)
  self:add(escape(text))
end

-- A line as it stands. An empty one would be an empty paragraph.
function Page:verbatim(line)
  self:add(line == "" and "\\&" or escape(line))
end

-- Between paragraphs, and not below a heading.
function Page:gap()
  if not self[#self]:find("^%.SH") then
    self:add ".PP"
  end
end

function Page:heading(macro, text)
  self:add(("%s \"%s\""):format(macro, escape(text)))
end

-- Lines that are not filled, `title` above them.
function Page:lines(lines, title)
  self:gap()
  if title then
    self:add(title, ".RS 4")
  end
  self:add(".nf")
  for _, line in ipairs(lines) do
    self:verbatim(line)
  end
  self:add(".fi")
  if title then
    self:add(".RE")
  end
end

-- ---- paragraphs ----------------------------------------------------------

local function split(text, pattern)
  local list = {}
  for piece in text:gmatch(pattern) do
    list[#list + 1] = piece
  end
  return list
end

local function paragraphs(text)
  return split((text or ""):gsub("\n\n+", "\0"), "[^%z]+")
end

-- Lines without what all of them begin with.
local function dedent(lines)
  local margin = math.huge
  for _, line in ipairs(lines) do
    margin = math.min(margin, #line:match("^ *"))
  end
  for i, line in ipairs(lines) do
    lines[i] = line:sub(margin + 1)
  end
  return lines
end

-- "Examples: a" and the lines after it, each a command.
local function examples(text)
  local first, rest = text:match("^Examples?: *([^\n]*)\n?(.*)$")
  local lines = dedent(split(rest, "[^\n]+"))
  if first ~= "" then
    table.insert(lines, 1, first)
  end
  return lines
end

-- Prose is filled; what begins with "Example" is not.
function Page:paragraph(text)
  local prose, shown = text:match("^(.-)\n?(Examples?:.*)$")
  prose = prose or text
  if prose ~= "" then
    self:gap()
    for _, line in ipairs(split(prose, "[^\n]+")) do
      self:text(line)
    end
  end
  if shown then
    local lines = examples(shown)
    self:lines(lines, #lines == 1 and "Example:" or "Examples:")
  end
end

function Page:epilog(text)
  for _, paragraph in ipairs(paragraphs(text)) do
    self:paragraph(paragraph)
  end
end

-- ---- the parser ----------------------------------------------------------

local function is_shown(element)
  return not element._hidden
end

-- The arguments or options with their descriptions.
function Page:elements(list)
  for _, element in ipairs(list) do
    if is_shown(element) then
      self:add(".TP")
      self:add("\\fB" .. escape(table.concat(element:_get_label_lines(), " "))
        .. "\\fR")
      self:text(element:_get_description())
    end
  end
end

-- All options but --help, which every command has.
local function own_options(command)
  local list = {}
  for _, option in ipairs(command._options) do
    if option._name ~= "-h" and option._name ~= "--help" then
      list[#list + 1] = option
    end
  end
  return list
end

-- As the parser breaks it, but indented less.
function Page:usage(parser)
  local lines = split(parser:get_usage():gsub("^Usage: *", ""), "[^\n]+")
  for i = 2, #lines do
    lines[i] = lines[i]:gsub("^ *", "    ")
  end
  self:lines(lines)
end

function Page:command(command)
  self:heading(".SS", command:_get_fullname())
  self:text(command._description)
  self:usage(command)
  self:elements(command._arguments)
  self:elements(own_options(command))
  self:epilog(command._epilog)
  self:commands(command)
end

function Page:commands(parser)
  for _, command in ipairs(parser._commands) do
    if is_shown(command) then
      self:command(command)
    end
  end
end

-- The section that a paragraph of the epilog is, and nil for any other.
local function section_of(paragraph)
  for _, row in ipairs(SECTIONS) do
    if paragraph:find(row[1]) then
      return row[2]
    end
  end
end

function Page:sections(list)
  for _, paragraph in ipairs(list) do
    local section = section_of(paragraph)
    if section == "EXAMPLES" then
      self:add(".SH EXAMPLES")
      self:lines(examples(paragraph))
    elseif section then
      self:add('.SH "' .. section .. '"')
      self:paragraph((paragraph:gsub("^[^:]*:%s*", "")))
    end
  end
end

--- Makes the page. It has no date, so that it is the same wherever it is made.
-- @param parser of argparse
-- @tparam string version
-- @treturn string roff, for `man -l` or `man1/ntvol.1`
function M.page(parser, version)
  local page = setmetatable({}, Page)
  local name, epilog = parser._name, paragraphs(parser._epilog)
  page:add(('.TH %s 1 "" "%s %s" "User Commands"'):format(name:upper(), name,
    escape(version)))
  page:add(".nh", ".ad l", ".SH NAME")
  page:add(("%s \\- %s"):format(name,
    escape((parser._description:gsub("%.$", "")))))
  page:add ".SH SYNOPSIS"
  page:usage(parser)
  page:add ".SH DESCRIPTION"
  for _, paragraph in ipairs(epilog) do
    if not section_of(paragraph) then
      page:paragraph(paragraph)
    end
  end
  page:add ".SH OPTIONS"
  page:elements(parser._options)
  page:add ".SH COMMANDS"
  page:commands(parser)
  page:sections(epilog)
  return table.concat(page, "\n") .. "\n"
end

return M
