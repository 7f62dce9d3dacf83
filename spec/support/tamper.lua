--- Runs damaged machines, in a process of its own: a damage may end it.
--
--   lua5.4 spec/support/tamper.lua FOLDER FIRST LAST
--
-- FOLDER/cases.lua returns a list of shell commands; each damages FOLDER/lab,
-- which is made anew of FOLDER/template before. For each case, this prints
-- "case N", a line for each operation (its name, then the bytes or "ok", or
-- "refused", the reason and the message), and "end N".

local core = require "ntvol.core"
local sim = require "ntvol.sim.core"

local folder = arg[1]
local lab = folder .. "/lab"

local function execute(command)
  return os.execute(command .. " >/dev/null 2>&1")
end

local function say(name, ...)
  local words = { name, ... }
  for i, word in ipairs(words) do
    words[i] = tostring(word):gsub("[\t\n]", " ")
  end
  print(table.concat(words, "\t"))
  io.stdout:flush()
end

-- Bytes in a form that a line can hold (Adler-32, RFC 1950).
local function sum(bytes)
  local a, b = 1, 0
  for i = 1, #bytes do
    a = (a + bytes:byte(i)) % 65521
    b = (b + a) % 65521
  end
  return ("%d bytes, sum %08x"):format(#bytes, b << 16 | a)
end

-- Says what became of an operation, and returns its first value.
local function tell(name, answer, message, _, info)
  if answer == nil and message then
    say(name, "refused", info and info.reason or "none", message,
      info and info.hint or "")
  else
    say(name, type(answer) == "string" and sum(answer) or "ok")
  end
  return answer
end

local CODES = { "FSCTL_IS_VOLUME_MOUNTED", "IOCTL_VOLUME_IS_OFFLINE",
  "IOCTL_DISK_GET_PARTITION_INFO_EX", "IOCTL_DISK_GET_DRIVE_LAYOUT_EX",
  "IOCTL_DISK_GET_LENGTH_INFO", "IOCTL_DISK_GET_DRIVE_GEOMETRY_EX",
  "IOCTL_STORAGE_GET_DEVICE_NUMBER", "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS",
  "IOCTL_MOUNTDEV_QUERY_DEVICE_NAME" }

local function query(volume)
  for _, code in ipairs(CODES) do
    local answer, message, _, info = volume:control(code, "", 4096)
    tell(code, answer and true, message, nil, info)
  end
  local state = string.pack("<I4I4I4I4", 1, 1, 1, 0)
  local answer, message, _, info =
    volume:control("FSCTL_QUERY_PERSISTENT_VOLUME_STATE", state, 16)
  tell("persistent", answer and true, message, nil, info)
  tell("hold", volume:control("IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES"))
  tell("release", volume:control("IOCTL_VOLSNAP_RELEASE_WRITES"))
end

local function use_file(machine, name)
  local file = tell("open " .. name, machine:open(name))
  if file then
    tell("read " .. name, file:read(0, 6))
    tell("write " .. name, file:write(0, "alpha\n"))
    tell("close " .. name, file:close())
  end
end

local function use_volume(machine, format)
  local volume = tell("open D:", machine:open "D:")
  if not volume then
    return
  end
  tell("info", volume:info())
  tell("holders", volume:holders())
  query(volume)
  tell("lock", volume:lock())
  local sector = tell("read", volume:read(0, 4096))
  if sector then
    tell("write", volume:write(0, sector))
  end
  if format then
    tell("format", volume:format { fs = "fat", erase = "D:", journal = false })
  end
  tell("dismount", volume:dismount())
  tell("close", volume:close())
end

local function use_disk(machine)
  local disk = tell("open PhysicalDrive1", machine:open "PhysicalDrive1")
  if disk then
    tell("read PhysicalDrive1", disk:read(0, 512))
    disk:close()
  end
end

local function use(format)
  local machine = tell("connect", core.connect("sim", lab))
  if not machine then
    return
  end
  tell("volumes", machine:volumes())
  tell("disks", machine:disks())
  tell("events", machine:events())
  tell("nodes", machine:nodes())
  use_file(machine, "D:\\A.TXT")
  use_file(machine, "E:\\A.TXT")
  use_disk(machine)
  use_volume(machine, format)
  machine:close()
end

-- machine.db is written over, so that it stays the same file.
local RENEW = ("cd '%s' && rm -rf lab/machine.db-* lab/disk0.img && "
  .. "test -f lab/machine.db -a \"$(stat -c %%h lab/machine.db)\" = 1 "
  .. "-a ! -L lab/machine.db || rm -rf lab/machine.db; "
  .. "cat template/machine.db >lab/machine.db && cp template/disk0.img lab/")
  :format(folder)

local cases = dofile(folder .. "/cases.lua")
for i = tonumber(arg[2]), math.min(tonumber(arg[3]), #cases) do
  assert(execute(RENEW), "cannot make the machine anew")
  say("case", i)
  local applied = execute("cd '" .. folder .. "' && { " .. cases[i] .. "\n}")
  say("damage", applied and "made" or "not made")
  if sim.check then
    local list, message, _, info = sim.check(lab)
    if list then
      say("check", #list)
    else
      tell("check", nil, message, nil, info)
    end
  end
  -- A format takes long; one in eight is enough.
  use(i % 8 == 1)
  say("end", i)
end
