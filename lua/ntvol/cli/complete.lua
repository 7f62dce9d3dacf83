--- The hidden command `__complete`: what the last word of a command line may
-- become. The shells ask it at each tab; see ntvol.cli.completion.
--
-- It reads the parser's fields with an underscore, as ntvol.cli.man does. It
-- never fails: where nothing can be found out, nothing is offered.
-- @module ntvol.cli.complete

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local file_systems = require "ntvol.file_systems"
local output = require "ntvol.cli.output"
local size = require "ntvol.size"

local M = {}

-- ---- what there is -------------------------------------------------------

local Offer = {}
Offer.__index = Offer

-- Adds a word and what it means. A word that cannot be shown as it is cannot
-- be typed either.
function Offer:add(word, meaning)
  word, meaning = self.front .. word, meaning or ""
  if word:sub(1, #self.word) == self.word and core.printable(word) == word then
    self[#self + 1] = word .. "\t" .. core.printable(meaning)
  end
end

local function volume_meaning(volume)
  local label = volume.label and volume.label ~= ""
    and (" \"%s\""):format(volume.label) or ""
  return ("%s%s  %s"):format(volume.file_system, label,
    size.format(volume.size))
end

local function add_volumes(offer)
  for _, volume in ipairs(offer:machine():volumes()) do
    offer:add(volume.name, volume_meaning(volume))
    for _, point in ipairs(volume.mount_points) do
      if point ~= volume.name then
        offer:add(point, volume_meaning(volume))
      end
    end
  end
end

local function add_disks(offer)
  for _, disk in ipairs(offer:machine():disks()) do
    offer:add(("%d"):format(disk.number), ("%s  %s  %s"):format(disk.name,
      disk.size and size.format(disk.size) or "", disk.state))
  end
end

local function add_both(offer)
  add_volumes(offer)
  add_disks(offer)
end

-- What is taken from a volume: all letters and folders that there are.
local function add_points(offer)
  for _, volume in ipairs(offer:machine():volumes()) do
    for _, point in ipairs(volume.mount_points) do
      offer:add(point, volume_meaning(volume))
    end
  end
end

-- The volume that the command line names, once more.
local function add_erase(offer)
  local name = offer.values.volume
  if name then
    offer:add(name, "everything on it is erased")
  else
    add_volumes(offer)
  end
end

local function named_volume(offer)
  local name = offer.values.volume
  if name then
    return failure.try(offer:machine():open(name, { access = "none" }))
  end
end

local function add_label(offer)
  local volume <close> = named_volume(offer)
  local label = volume and volume:info().label
  if label and label ~= "" then
    offer:add(label, "the label that it has")
  end
end

local function add_serial(offer)
  for _, disk in ipairs(offer:machine():disks()) do
    if disk.serial and ("%d"):format(disk.number)
      == (offer.values.disk or ""):match "%d*$" then
      offer:add(disk.serial, disk.name)
    end
  end
end

local function add_operations(offer)
  local log <close> = failure.try(require "ntvol.journal".open())
  local entries = log:entries()
  for i = #entries, 1, -1 do
    local entry = entries[i]
    offer:add(("%d"):format(entry.id), ("%s %s  %s  %s"):format(entry.plan,
      entry.target, entry.state, output.time(entry.started)))
  end
end

local function add_reasons(offer)
  for _, row in ipairs(require "ntvol.reasons".list) do
    offer:add(row.reason, row.meaning)
  end
  for name, row in pairs(core.errors) do
    offer:add(name, row.message)
  end
  for name in pairs(core.statuses) do
    offer:add(name)
  end
end

local function add_file_systems(offer)
  for _, name in ipairs(file_systems.names) do
    offer:add(name, file_systems.titles[name])
  end
end

local function add_nodes(offer)
  for _, node in ipairs(offer:machine():nodes()) do
    offer:add(node.name)
  end
end

-- Where the words come from, by the name of the argument or option; a command
-- in front of it makes it special. A text says what else may stand there.
local SOURCES = {
  volume = add_volumes, disk = add_disks, name = add_both, drive = add_both,
  id = add_operations, what = add_reasons, node = add_nodes,
  ["unassign point"] = add_points, ["assign point"] = "folders",
  dir = "folders", image = "files", command = "commands",
  ["--machine"] = "folders", ["--svg"] = "files", ["--disk-image"] = "files",
  ["--cd"] = "files", ["--removable"] = "files",
  ["--erase"] = add_erase, ["--label"] = add_label, ["--serial"] = add_serial,
  ["--to"] = add_file_systems, ["--fs"] = add_file_systems,
}

-- ---- the command line ----------------------------------------------------

local function find(list, name)
  for _, element in ipairs(list) do
    for _, alias in ipairs(element._aliases) do
      if alias == name then
        return element
      end
    end
  end
end

local function find_option(command, name)
  while command do
    local option = find(command._options, name)
    if option then
      return option
    end
    command = command._parent
  end
end

local function key_of(element)
  return element._aliases and element._aliases[#element._aliases]
    or element._name
end

local Line = {}
Line.__index = Line

function Line:pass_option(word)
  local name, value = word:match "^(%-%-[^=]+)=(.*)$"
  local option = find_option(self.command, name or word)
  self.lost = self.lost or not option
  if name and option then
    self.values[key_of(option)] = value
  elseif option and option._minargs > 0 then
    self.option = option
  end
end

-- The argument that the next word is; the last one may take all that follow.
function Line:argument()
  local list = self.command._arguments
  local last = list[#list]
  return list[self.at] or (last and last._maxargs == math.huge and last or nil)
end

function Line:pass_plain(word)
  local argument = self:argument()
  local words_of_help = self.command._name == "help"
  if argument and not words_of_help then
    self.values[argument._name] = word
    self.at = self.at + 1
    return
  end
  local below = words_of_help and self.root or self.command
  local command = find(below._commands, word)
  self.lost = self.lost or not command
  self.command, self.at = command or self.command, 1
end

function Line:pass(word)
  if self.option then
    self.values[key_of(self.option)], self.option = word, nil
  elseif self.plain or not word:find "^%-." then
    self:pass_plain(word)
  elseif word == "--" then
    self.plain = true
  else
    self:pass_option(word)
  end
end

-- The machine that the command line is about.
function Offer:machine()
  if not self.connected then
    self.connected = current.of_option(self.values.dir
      or self.values["--machine"])
  end
  return self.connected
end

-- Offers what an argument or option may be.
local function offer_values(offer, command, element)
  if element._choices then
    for _, choice in ipairs(element._choices) do
      offer:add(choice)
    end
    return
  end
  local key = key_of(element)
  local source = SOURCES[command._name .. " " .. key] or SOURCES[key]
  if type(source) == "string" then
    offer.kind = source
  elseif source then
    pcall(source, offer)
  end
end

local function offer_options(offer, command)
  while command do
    for _, option in ipairs(command._options) do
      if not option._hidden then
        offer:add(key_of(option), option._description)
      end
    end
    command = command._parent
  end
end

local function offer_commands(offer, command)
  for _, below in ipairs(command._commands) do
    if not below._hidden then
      offer:add(below._name, below._summary or below._description)
    end
  end
end

-- What the last word may become, by what stands before it.
local function offer_word(offer, line, word)
  local name = word:match "^(%-%-[^=]+)="
  local option = name and not line.plain and find_option(line.command, name)
  if line.lost then
    return
  elseif line.option then
    offer_values(offer, line.command, line.option)
  elseif option then
    offer.front = name .. "="
    offer_values(offer, line.command, option)
  elseif not line.plain and word:find "^%-" then
    offer_options(offer, line.command)
  elseif line.command._name == "help" then
    offer_commands(offer, line.root)
  elseif line:argument() then
    offer_values(offer, line.command, line:argument())
  else
    offer_commands(offer, line.command)
  end
end

-- Bash hands words over as they were typed.
local function unquote(word)
  return (word:gsub("^[\"']", ""):gsub("\\(.)", "%1"))
end

--- What the last of these words may become.
-- @param parser the whole parser
-- @tparam {string,...} words
-- @treturn {string,...} lines, and `kind`: what else may stand there
function M.offer(parser, words)
  local line = setmetatable({ root = parser, command = parser, at = 1,
    values = {} }, Line)
  for i = 1, #words - 1 do
    line:pass(words[i])
  end
  local word = words[#words] or ""
  local offer = setmetatable({ word = word, front = "", values = line.values,
    kind = "nothing" }, Offer)
  offer_word(offer, line, word)
  if offer.connected then
    offer.connected:close()
  end
  table.sort(offer)
  return offer
end

--- Adds the command.
-- @param add function(name, summary, run)
-- @param parser the whole parser
function M.add(add, parser)
  local command = add("__complete", "Say what the last word may become.",
    function(args)
      local words = args.words
      if args.shell == "bash" then
        for i, word in ipairs(words) do
          words[i] = unquote(word)
        end
      end
      local offer = M.offer(parser, words)
      output.print(offer.kind)
      for _, line in ipairs(offer) do
        output.print(line)
      end
      return output.EXIT.ok
    end)
  command:hidden(true)
  command:option "--shell"
    :choices { "bash", "zsh", "fish" }
    :description "The shell that asks."
  command:argument "words"
    :args "*"
    :description "The words behind ntvol."
end

return M
