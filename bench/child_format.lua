-- Formats a large volume in a process of its own, and says how much memory the
-- process had at most. bench/run.lua starts it: child_format.lua FOLDER BYTES

local sim = require "ntvol.sim"

local folder, size = arg[1], math.tointeger(arg[2])
do
  local machine <close> = assert(sim.create(folder,
    { disks = { { size = size, volumes = { { letter = "D:" } } } } }))
  local volume <close> = assert(machine:open("D:"))
  local _guard <close> = assert(volume:lock())
  local start = os.time()
  local result = assert(volume:format { fs = "ntfs", erase = "D:" })
  print(("seconds %d, wrote %.0f MiB"):format(
    os.difftime(os.time(), start), result.bytes_written / (1 << 20)))
end

local status = assert(io.open("/proc/self/status"))
print("VmHWM " .. status:read("a"):match("VmHWM:%s*(%d+)"))
status:close()
