--- What is left after something failed: what a machine says of itself, whether
-- it can be locked, and returns it in a form that can be compared.

local M = {}

-- What differs between two runs that do the same.
local function masked(text)
  return (text:gsub("%x+%-%x+%-%x+%-%x+%-%x+", "GUID"))
end

local function write(value, out)
  if math.type(value) == "float" or type(value) == "userdata" then
    out[#out + 1] = type(value) -- a time, or a handle
  elseif type(value) ~= "table" then
    out[#out + 1] = masked(("%q"):format(tostring(value)))
  else
    local keys = {}
    for key in pairs(value) do
      keys[#keys + 1] = key
    end
    table.sort(keys, function(a, b)
      return tostring(a) < tostring(b)
    end)
    for _, key in ipairs(keys) do
      out[#out + 1] = tostring(key) .. "="
      write(value[key], out)
    end
  end
  out[#out + 1] = ";"
end

--- A value as text, without what differs from run to run.
function M.text(value)
  local out = {}
  write(value, out)
  return table.concat(out)
end

--- What a machine says of its volumes and disks, and the bytes of disk 0.
function M.state(machine)
  local bytes = ""
  local disk = machine:open("PhysicalDrive0", { access = "r" })
  if disk then
    bytes = disk:read(0, disk:size()) or ""
    disk:close()
  end
  return M.text { assert(machine:volumes()), assert(machine:disks()) }, bytes
end

--- Whether somebody who opens D: now gets its lock.
function M.can_lock(machine)
  local volume <close> = machine:open "D:"
  local guard <close> = volume and volume:lock()
  return guard ~= nil and guard ~= false
end

return M
