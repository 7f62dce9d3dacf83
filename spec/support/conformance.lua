--- Rows of the NT semantics as tests, on every kind of machine that can play them.
--
--   local c = require "spec.support.conformance"
--   c.suite(_ENV, {
--     { "L3 fat ntfs", "lock with a second volume handle", [[
--       v = open D:
--       w = open D: share=rwd
--       --
--       v lock -> STATUS_ACCESS_DENIED; LOCK, LOCK_FAILED; reason=in_use; holders=1
--     ]] },
--   })
--
-- A case names its row (see spec/conformance/rows.lua) and the file systems
-- that it runs on ("fat" stands for FAT and exFAT, unless the row tells them
-- apart): one test for each, on each kind of machine, called
--   "L3 fat: lock with a second volume handle -> STATUS_ACCESS_DENIED; LOCK,
--   LOCK_FAILED [C] @memory"
-- with the evidence of the row. D: is a volume with that file system, alone on
-- disk 0; fields of the case change this: `volume` holds flags of the volume,
-- `more` names what stands on further disks, as E:, F: and so on; `disks`
-- replaces all of them, a list or function(defer) that returns one, and `content =
-- "fat"` in a volume fills it. With `removable` E: is a drive that holds the subject.
--
-- Kinds of machines (spec/support/kinds.lua): a case runs on both simulated
-- ones. `also` names those that play it, too:
--   "windows"  the machine itself decides it; its system agrees to everything
--   "given"    NT decides it, so its answer is taken from the row: what is tested
--              is what the Windows machine makes of it, reason and holders
--   "foreign"  the layer that all machines share decides it
--
-- `made = true` has D: made by other programs, spec/support/volumes.lua, so that
-- they can be asked, too: a test for each width of FAT, whose name ends with it;
-- `made = "fat16"` is for this one only. `programs` lists others that the case
-- needs, `only = "folder"` is for what needs several connections, and `posix` says
-- why the case is skipped on Windows. `shared` says that the case looks at tables:
-- no machine is asked.
--
-- Steps, one a line: `HANDLE VERB WORDS -> RESULT; EVENTS; DETAILS`. Nothing
-- behind the arrow means success; a STATUS name is a refusal with exactly this
-- status; anything else is the Lua value that is returned, in which the NUMBERS,
-- MIB and pack("i8", 1), little-endian, may stand. In WORDS stand NUMBERS, too,
-- 5M and sums of two, END-512. For HANDLE may stand
--   machine METHOD WORDS     a method of the machine
--   volume FIELD D:, disk FIELD 0    what the lists of volumes and disks say of it
--   disk has TEXT            whether disk 0 has it, past every cache; flushes nothing
--   events KIND [NAME]       all of the kind, "device" or "state", since the start
-- "f map image" maps a file as a program. Every step leaves exactly the events that
-- it names, on whatever volume; before the line "--" they may be any.
-- A line that begins with ";" or "->" goes on with the one before it.
-- DETAILS are what a refusal tells, each behind a ";":
--   reason=in_use      info.reason ("none": there is none)
--   class=transient    info.class
--   holders=2          how many are in the way
--   how=open file, volume handle    what they have, in their order
--   path=\a.txt, \b.txt              and where
--   self=yes           whether all of them are of this connection
--   complete=yes       info.holders_complete
--   message=WORDS      these are in the message
--   detail=WORDS       these are in info.detail
--   hint=WORDS         what to do next; that it says this is checked always
-- A %20 in the name to open is a space. On "csvfs" the machine is a cluster
-- of n1 and n2, and D: is shared: steps are n1's, but for `n2 VERB WORDS`, a
-- method of n2's machine, and for handles that n2 opened; an event that n2 sees
-- is `n2:LOCK`. Instead of steps a case may have a function(lab, subject), with the
-- words of `result` in its name; for what is `made`, that is the subject, "fat12".

local assert = require "luassert"
local core = require "ntvol.core"
local helpers = require "spec.helpers"
local kinds = require "spec.support.kinds"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"
local media = require "spec.support.media"
local naming = require "spec.support.rows"
local machines = require "spec.support.machines"
local volumes = require "spec.support.volumes"

local M = {}

-- ---- names ----------------------------------------------------------------------

-- "1.9 lock, alone fat ntfs" -> "1.9 lock, alone", { "fat", "ntfs" }
local function split(header)
  local words, subjects = {}, {}
  for word in header:gmatch("%S+") do
    words[#words + 1] = word
  end
  while naming.SUBJECTS[words[#words]] do
    table.insert(subjects, 1, table.remove(words))
  end
  if #subjects == 0 then
    subjects[1] = naming.ANY
  end
  local id = table.concat(words, " ")
  if subjects[1] == "fat" and naming.is_exfat_like_fat(id) then
    table.insert(subjects, 2, "exfat")
  end
  return id, subjects
end

-- ---- steps ----------------------------------------------------------------------

local SECTOR = 512

--- Numbers that steps may use by name.
M.NUMBERS = {
  DATA = 512 << 10,                       -- in the data area
  END = machines.FAT_SIZE,                -- where FAT ends
  LENGTH = machines.FAT_VOLUME_SIZE,      -- where its volume ends
  NTFS_LENGTH = machines.NTFS_SIZE,
  NTFS_LAST = machines.NTFS_SIZE - SECTOR,
  RAW_LENGTH = machines.RAW_SIZE,
  FAT_LAST = machines.FAT_SIZE - SECTOR,
  RAW_LAST = machines.RAW_SIZE - SECTOR,
}

local SWITCH = { on = true, off = false }

local function number(word)
  local mib = math.tointeger(word:match "^(%d+)M$")
  return mib and mib << 20 or M.NUMBERS[word] or math.tointeger(word)
end

-- "END-512", "1M+512"; nil when it is no sum of two numbers.
local function sum(word)
  local left, sign, right = word:match "^([%w_]+)([+-])([%w_]+)$"
  local a, b = number(left or ""), number(right or "")
  return a and b and (sign == "+" and a + b or a - b)
end

local function value(word)
  if SWITCH[word] ~= nil then
    return SWITCH[word]
  end
  return number(word) or sum(word) or word
end

-- Little-endian; x4 are four bytes of padding.
local function pack(format, ...)
  return string.pack("<" .. format:gsub("x(%d+)", function(count)
    return ("x"):rep(count)
  end), ...)
end

-- "i8=5M", "I4x4=1": fields of the input of a code, each with its format.
local function pack_fields(fields)
  local bytes = {}
  for i, field in ipairs(fields) do
    local format, text = field:match "^(%w+)=(.+)$"
    bytes[i] = pack(assert(format, field), value(text))
  end
  return table.concat(bytes)
end

-- What the result of a step is made of: the numbers, and pack("i8", 5*MIB).
local results = setmetatable({ MIB = 1 << 20, pack = pack }, { __index = M.NUMBERS })

local WORDS = { rw = true, r = true, w = true, none = true }

local function access_of(text)
  if WORDS[text] then
    return text
  end
  local list = {}
  for right in text:gmatch("[%w_]+") do
    list[#list + 1] = right
  end
  return list
end

local function open_options(words)
  local options = {}
  for _, word in ipairs(words) do
    local name, text = word:match("^(%w+)=(.*)$")
    if word == "directory" then
      options.directory = true
    elseif name == "access" then
      options.access = access_of(text)
    else
      options[assert(name, "no option: " .. word)] = text
    end
  end
  return options
end

local function find_volume(machine, name)
  for _, volume in ipairs(assert(machine:volumes())) do
    if volume.name == name then
      return volume
    end
  end
  error("no volume " .. name)
end

-- Verbs that are not methods by their own name and words.
local verbs = {
  mounted = function(h)
    return h:control "FSCTL_IS_VOLUME_MOUNTED"
  end,
  info = function(h, field)
    return h:info()[field]
  end,
  -- write OFFSET CHARACTER [SECTORS]
  write = function(h, offset, character, sectors)
    return h:write(offset, tostring(character):rep(SECTOR * (sectors or 1)))
  end,
  -- For files: write OFFSET [TEXT]
  put = function(h, offset, text)
    return h:write(offset, text or "")
  end,
  -- The first sector again, with another serial number.
  renumber = function(h)
    local boot = h:read(0, SECTOR)
    local rest = boot:sub(4, 8) == "EXFAT" and h:read(SECTOR, 11 * SECTOR) or ""
    local done, message, code, info =
      h:write(0, machines.other_serial(boot .. rest))
    return done and done - #rest, message, code, info
  end,
  map_program = function(h)
    return h:map { image = true }
  end,
  rewrite = function(h)
    return h:write(0, h:read(0, SECTOR))
  end,
  -- read OFFSET LENGTH, and how many bytes that were
  count = function(h, offset, length)
    local data, message, code, info = h:read(offset, length)
    if data then
      return #data
    end
    return nil, message, code, info
  end,
  map = function(h, image)
    return h:map { image = image == "image" }
  end,
  -- control NAME [ROOM [fsctl|ioctl]]
  control = function(h, code, room, entry)
    return h:control(code, nil, room, entry and { entry = entry })
  end,
  -- send NAME ROOM FIELDS, with the input of the code, as in i8=5M I4=1
  send = function(h, code, room, ...)
    return h:control(code, pack_fields { ... }, room)
  end,
}

-- Whether the first disk holds this text, past the cache of every file system.
local function on_disk(lab, text)
  local disk <close> = assert(lab.machine:open("PhysicalDrive0",
    { access = "r" }))
  return assert(disk:read(0, disk:size())):find(text, 1, true) ~= nil
end

local lab_methods = {}
lab_methods.__index = lab_methods

-- Does one step; returns what the method returned.
function lab_methods:act(subject, verb, words)
  local machine = self.nodes[subject] or self.machine
  if verb == "open" then
    local name = words[1]:gsub("%%20", " ")
    return machine:open(name, open_options({ table.unpack(words, 2) }))
  end
  local arguments = {}
  for i, word in ipairs(words) do
    arguments[i] = value(word)
  end
  if subject == "machine" or self.nodes[subject] then
    return machine[verb](machine, table.unpack(arguments))
  elseif subject == "volume" then
    return find_volume(self.machine, arguments[1])[verb]
  elseif subject == "disk" then
    return verb == "has" and on_disk(self, arguments[1])
      or verb ~= "has" and self.machine:disks()[arguments[1] + 1][verb]
  elseif subject == "events" then
    return self:happened(verb, words[1])
  end
  local handle = assert(self.handles[subject], "not open: " .. subject)
  local f = verbs[verb] or assert(handle[verb], "no method: " .. verb)
  return f(handle, table.unpack(arguments))
end

-- What stands behind the first ";": "LOCK, LOCK_FAILED", "reason=in_use".
local function parse_rest(step, text)
  for part in text:gmatch("[^;]+") do
    local name, wanted = part:match("^%s*(%l+)(=?.-)%s*$")
    if name and (wanted == "" or wanted:find("^=")) then
      step.details[name] = wanted:sub(2)
    else
      step.events = part:match("^%s*(.-)%s*$"):gsub(",%s*", "; ")
    end
  end
end

local function parse(line)
  local step = { text = line, events = "", details = {} }
  local left, rest = line:match("^(.-);%s*(.*)$")
  parse_rest(step, rest or "")
  left = left or line
  local action, wanted = left:match("^(.-)%s*%->%s*(.-)%s*$")
  step.wanted = wanted
  left = action or left
  step.name, action = left:match("^(%w+)%s*=%s*(.*)$")
  local words = {}
  for word in (action or left):gmatch("%S+") do
    words[#words + 1] = word
  end
  if words[1] ~= "open" then
    step.subject = table.remove(words, 1)
  end
  step.verb = table.remove(words, 1)
  step.words = words
  return step
end

--- The steps of a script, in a list; `checked` is false before the line "--".
function M.parse(script)
  local list, checked = {}, not script:find("\n%s*%-%-%s*\n")
  script = script:gsub("\n%s*;", ";"):gsub("\n%s*%->", " ->")
  for line in script:gmatch("[^\n]+") do
    line = line:match("^%s*(.-)%s*$")
    if line == "--" then
      checked = true
    elseif line ~= "" then
      list[#list + 1] = parse(line)
      list[#list].checked = checked
    end
  end
  return list
end

-- What a status is called in Win32, and its number there.
local win32_rows
local function win32_of(status)
  if not win32_rows then
    win32_rows = {}
    for name, entry in pairs(core.errors) do
      for _, one in ipairs(entry.statuses) do
        win32_rows[one] = { name = name, number = entry.win32 }
      end
    end
  end
  return assert(win32_rows[status], "unknown status " .. status)
end

--- Checks that the values are a refusal with exactly this status and the
-- Win32 code that belongs to it, which says what to do next. Returns the details.
function M.refused(status, ...)
  local win32 = win32_of(status)
  local message, info = helpers.refused(win32.name, ...)
  assert.equal(status, info.status_name, message)
  assert.equal(core.statuses[status], info.status, message)
  assert.equal(win32.number, info.win32, message)
  assert(info.hint, "a refusal that does not say what to do next: " .. message)
  return info
end

local function words_of(list, field)
  local words = {}
  for _, one in ipairs(list or {}) do
    words[#words + 1] = one[field]
  end
  return table.concat(words, ", ")
end

-- What a detail of a step is compared with, or must be in.
local details = {
  reason = function(info) return info.reason or "none" end,
  class = function(info) return info.class end,
  holders = function(info) return tostring(#(info.holders or {})) end,
  complete = function(info) return info.holders_complete and "yes" or "no" end,
  how = function(info) return words_of(info.holders, "how") end,
  path = function(info) return words_of(info.holders, "path") end,
  self = function(info)
    for _, holder in ipairs(info.holders or {}) do
      if not holder.self then
        return "no"
      end
    end
    return "yes"
  end,
}
local parts = {
  detail = function(info) return info.detail or "" end,
  hint = function(info) return info.hint or "" end,
  message = function(_, message) return message end,
}
-- What a system cannot tell when it sees only processes.
local OF_HANDLES = { how = true, path = true, complete = true, self = true }

local function check_details(step, info, kind, message)
  for name, wanted in pairs(step.details) do
    if parts[name] and kind.handles then
      local found = parts[name](info, message)
      assert(found:find(wanted, 1, true),
        ("%q is not in %s %q"):format(wanted, name, found))
    elseif not parts[name] and (kind.handles or not OF_HANDLES[name]) then
      local found = assert(details[name], "no such detail: " .. name)(info)
      assert.equal(("%s=%s"):format(name, wanted), ("%s=%s"):format(name, found))
    end
  end
end

local function check(kind, step, ...)
  if not step.wanted then
    assert(..., select(2, ...))
  elseif step.wanted:find("^STATUS_") then
    local info = M.refused(step.wanted, ...)
    check_details(step, info, kind, (select(2, ...)))
  else
    local wanted = assert(load("return " .. step.wanted, step.text, "t", results))()
    assert.same(wanted, (...), select(2, ...))
  end
  return ...
end

-- What busted raises to skip a test: the Windows build meets one of its limits.
local function is_skip(problem)
  local meta = getmetatable(problem)
  return type(problem) == "table" and meta and meta.__type == "pending"
end

local function guard(said, f, ...)
  local result = table.pack(pcall(f, ...))
  if is_skip(result[2]) then
    error(result[2], 0)
  elseif not result[1] then
    error(("%s\n  in: %s"):format(tostring(result[2]),
      table.concat(said, "\n      ")), 0)
  end
  return table.unpack(result, 2, result.n)
end

-- What the system below returns for this step.
local function give(kind, step)
  local refused = step.wanted and step.wanted:find("^STATUS_")
  if refused then
    kind.given(step, core.statuses[step.wanted], win32_of(step.wanted).number)
  else
    kind.given(step, 0, 0)
  end
end

--- Runs steps; a failure shows those that were done.
function lab_methods:play(script)
  local said = {}
  for _, step in ipairs(M.parse(script)) do
    said[#said + 1] = step.text
    local answer = guard(said, function()
      if self.given then
        give(self.kind, step)
      end
      return check(self.kind, step, self:act(step.subject, step.verb, step.words))
    end)
    if step.name then
      self.handles[step.name] = answer
    end
    local events = self.kind.events and self:trail()
    if step.checked and events then
      guard(said, assert.equal, step.events, events)
    end
  end
end

-- ---- machines ---------------------------------------------------------------------

local SIZES = {
  fat = machines.FAT_VOLUME_SIZE, exfat = machines.FAT_VOLUME_SIZE, ntfs = machines.NTFS_SIZE,
  raw = machines.RAW_SIZE, btrfs = machines.BTRFS_SIZE,
}

-- A CD is in its drive from the beginning.
local function cd(defer)
  local path = tempdir(defer) .. "/cd.iso"
  machines.put(path, machines.content "cdfs")
  return { image = path, cdrom = true }
end

-- What is written to a disk that is there already.
local FILLED = { fat = true, exfat = true, ntfs = true, btrfs = true }

local function one_disk(subject, letter, flags, defer)
  local volume = { letter = letter, content = FILLED[subject] and subject }
  for key, flag in pairs(flags or {}) do
    volume[key] = flag
  end
  local disk = subject == "cdfs" and cd(defer) or { size = SIZES[subject] }
  disk.volumes = { volume }
  return disk
end

-- What others stand on.
local BELOW = { csvfs = "ntfs" }

-- The file system that stands on D: for a subject.
local function content_of(subject)
  subject = BELOW[subject] or subject
  return (SIZES[subject] or subject == "cdfs") and subject or "fat"
end

local function disks_of(case, subject, defer)
  local contents, disks = { content_of(subject) }, {}
  for _, content in ipairs(case.more or {}) do
    contents[#contents + 1] = content
  end
  for i, content in ipairs(contents) do
    disks[i] = one_disk(content, string.char(67 + i) .. ":",
      i == 1 and case.volume, defer)
  end
  return disks
end

-- What other programs made stands on D: alone.
local function made_disks(case, made)
  local disk = one_disk("raw", "D:", case.volume)
  disk.size = #volumes.bytes(made)
  return { disk }
end

local function fill_made(machine, made)
  if made then
    local disk <close> = assert(machine:open "PhysicalDrive0")
    volumes.write(disk, 0, volumes.bytes(made))
  end
end

-- The nodes n1, which is `machine`, and n2, of a cluster in a folder.
function lab_methods:start_cluster(disks)
  local folder = tempdir(self.defer) .. "/lab"
  disks[1].volumes[1].csv = true
  self.machine = assert(require("ntvol.sim.core").create(folder,
    { disks = disks, nodes = { "n1", "n2" } }))
  local other = assert(core.connect("sim", folder .. "?node=n2"))
  self.defer(function()
    other:close()
  end)
  self.nodes = { n1 = self.machine, n2 = other }
end

--- All events of a kind since the machine was made, "MASKED, UNMASKED", or those
-- of one volume or disk.
function lab_methods:happened(kind, target)
  local names = {}
  for _, event in ipairs(assert(self.machine:events(0))) do
    if event.kind == kind and (target or event.target) == event.target then
      names[#names + 1] = event.name
    end
  end
  return table.concat(names, ", ")
end

--- Makes the machine of a case; other programs made what is called `made`.
function lab_methods:start(case, subject, made)
  local own = case.disks
  if type(own) == "function" then
    own = own(self.defer)
  end
  local disks, wanted = machines.split(made and made_disks(case, made)
    or own or disks_of(case, subject, self.defer), not self.kind.disks)
  if case.removable then
    disks[#disks + 1] = { image = media.image(self.defer, content_of(subject)),
      removable = true, volumes = { { letter = "E:" } } }
  end
  self.nodes = {}
  if subject == "csvfs" then
    self:start_cluster(disks)
  else
    self.machine = self.kind.create(self.defer, { disks = disks })
  end
  self.handles, self.opened, self.seen, self.subject = {}, {}, 0, subject
  if self.kind.disks then
    machines.fill(self.machine, wanted)
    fill_made(self.machine, made)
    self:trail()
  end
end

--- Opens what must open; the machine closes it.
function lab_methods:open(name, options)
  return assert(self.machine:open(name, options))
end

--- Opens what must be refused with this status.
function lab_methods:refuses(status, name, options)
  return M.refused(status, self.machine:open(name, options))
end

--- The events of file systems since the last call: "LOCK; UNLOCK".
function lab_methods:trail(kind)
  local names, ids = {}, {}
  for node, machine in pairs(next(self.nodes) and self.nodes
    or { n1 = self.machine }) do
    for _, event in ipairs(assert(machine:events(self.seen))) do
      if event.kind == (kind or "volume") then
        ids[#ids + 1] = event.id
        names[event.id] = (node == "n1" and "" or node .. ":") .. event.name
      end
    end
  end
  table.sort(ids)
  for i, id in ipairs(ids) do
    self.seen, ids[i] = id, names[id]
  end
  return table.concat(ids, "; ")
end

-- ---- tests ------------------------------------------------------------------------

local function result_of(case)
  if type(case[3]) ~= "string" then
    return case.result
  end
  local steps = M.parse(case[3])
  local last = steps[#steps]
  local text = case.result or last.wanted or "success"
  if not case.result and last.events ~= "" then
    text = text .. "; " .. last.events:gsub("; ", ", ")
  end
  return text
end

-- `made` is told when it is more than the subject: ", FAT12".
local function title(case, id, subject, made)
  local key = naming.key(id, subject)
  local evidence = assert(naming.evidence(key), "no row of rows.lua: " .. key)
  local mark = evidence == "choice" and "choice" or "[" .. evidence .. "]"
  local width = made and made ~= subject and ", " .. made:upper() or ""
  return ("%s: %s%s -> %s %s"):format(key, case[2], width, result_of(case), mark)
end

local function run(case, subject, kind, given, made)
  local later <close> = setmetatable({}, { __close = function(list)
    for i = #list, 1, -1 do
      list[i]()
    end
  end })
  local lab = setmetatable({ kind = kind, given = given }, lab_methods)
  --- Has a function called when the test ends.
  function lab.defer(f)
    later[#later + 1] = f
  end
  helpers.start()
  lab:start(case, subject, made)
  local _machine <close> = lab.machine
  if type(case[3]) == "string" then
    lab:play(case[3])
  else
    case[3](lab, made or subject)
  end
end

-- Nodes are other connections to a folder.
local ALONE = { csvfs = true }
-- Under Wine the files of the folder are what differs, and every test costs more.
local SIMULATED = proc.windows and "folder" or "folder memory"

-- { kind, given } for every kind of machine that plays this case.
local function players_of(case, subject)
  local words = case.only or ALONE[subject] and "folder" or SIMULATED
  local players = {}
  for _, kind in ipairs(kinds.named(words)) do
    players[#players + 1] = { kind = kind }
  end
  for word in (proc.windows and "" or case.also or ""):gmatch("%S+") do
    players[#players + 1] = { given = word == "given",
      kind = assert(kinds[word == "given" and "windows" or word], word) }
  end
  return players
end

-- What other programs make for a case on a subject; false when they need not.
local function made_for(case, subject)
  if not case.made then
    return { false }
  end
  return case.made == true and volumes.KINDS[subject] or { case.made }
end

local function register_on(env, case, subject, player, name, made, reason)
  name = ("%s @%s%s"):format(name, player.kind.key, player.given and ", given" or "")
  if reason then
    env.pending(name .. " (" .. reason .. ")")
  else
    env.it(name, function()
      run(case, subject, player.kind, player.given, made)
    end)
  end
end

-- Why a case cannot be played on this system; nil when it can.
local function reason_of(case, missing)
  return not case.plain and missing or case.made and volumes.missing()
    or machines.missing(table.unpack(case.programs or {}))
    or proc.windows and case.posix or nil
end

local function register_as(env, case, id, subject, made, reason)
  local name = title(case, id, subject, made)
  if case.shared then
    env.it(name .. " @" .. naming.SHARED, case[3])
    return
  end
  for _, player in ipairs(players_of(case, subject)) do
    register_on(env, case, subject, player, name, made, reason)
  end
end

local function register(env, case, reason)
  local id, subjects = split(case[1])
  for _, subject in ipairs(subjects) do
    for _, made in ipairs(made_for(case, subject)) do
      register_as(env, case, id, subject, made, reason)
    end
  end
end

--- Makes the tests of these cases; pass `_ENV`.
function M.suite(env, cases)
  local reason = machines.missing("mkfs.fat", "mmd", "mcopy", "mkfs.exfat",
    "fsck.exfat", "mkfs.ntfs", "ntfscp")
  env.after_each(helpers.finish)
  for _, case in ipairs(cases) do
    register(env, case, reason_of(case, reason))
  end
end

--- A pending test for every row of these tables that is not simulated yet; the
-- names are prefixes of `row.table`.
function M.not_yet(env, ...)
  for _, name in ipairs { ... } do
    for _, row in ipairs(naming.rows) do
      for _, subject in ipairs(row.table == name and naming.subjects(row) or {}) do
        local key = naming.key(row.id, subject.name)
        local feature = naming.missing(key)
        if feature and not row.not_applicable then
          env.pending(("%s: %s (not simulated yet: %s)"):format(key, row.text,
            feature))
        end
      end
    end
  end
end

-- ---- what there is ------------------------------------------------------------------

--- Names of all tests in a spec file, without running them.
function M.names_in(path)
  local names = {}
  local function nothing() end
  local function note(name)
    names[#names + 1] = name
  end
  local env = setmetatable({
    it = note, pending = note, before_each = nothing, after_each = nothing,
    describe = function(_, body)
      body()
    end,
  }, { __index = _G })
  assert(loadfile(path, "t", env))()
  return names
end

return M
