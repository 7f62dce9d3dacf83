-- Letters and mount folders of a simulated machine, in the short way.

local cjson = require "cjson"
local machines = require "spec.support.machines"
local command = require "spec.support.command"
local core = require "ntvol.core"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

local function lab(...)
  local machine = assert(sim.create(":memory:", { disks = { ... } }))
  finally(function()
    machine:close()
  end)
  return machine
end

local function points(machine, number)
  return table.concat(machine:volumes()[number].mount_points, " ")
end

describe("a mount point", function()
  it("names the volume from then on, in any spelling", function()
    local machine = lab("8M:fat:D", "8M:raw:-")
    local guid = machine:volumes()[2].guid_path
    assert.is_true(machine:add_mount_point(guid, "e:\\"))
    assert.is_true(machine:add_mount_point("E:", "C:\\mnt\\data\\"))
    assert.equal("E: C:\\mnt\\data", points(machine, 2))
    for _, name in ipairs { "E:", "\\\\.\\e:", "c:\\MNT\\Data", "\\\\?\\C:\\mnt\\data" } do
      local v <close> = assert(machine:open(name))
      assert.equal("volume", v:kind())
      assert.equal(guid, v:info().guid_path)
    end
    assert.is_true(machine:remove_mount_point "E:")
    assert.equal("C:\\mnt\\data", machine:volumes()[2].name)
    assert.is_true(machine:remove_mount_point "c:\\mnt\\DATA")
    assert.equal(guid, machine:volumes()[2].name)
    refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:open "E:")
    assert.is_true(machine:capabilities().mount_points)
  end)

  it("is refused when it is in use, none, or one too many", function()
    local machine = lab("8M:fat:D", "8M:raw:E")
    refused("STATUS_OBJECT_NAME_COLLISION", machine:add_mount_point("D:", "E:"))
    refused("STATUS_OBJECT_NAME_COLLISION", machine:add_mount_point("D:", "d:"))
    local _, info = refused("STATUS_INVALID_PARAMETER",
      machine:add_mount_point("D:", "F:"))
    assert.equal("has_letter", (info or {}).reason or "has_letter")
    for _, point in ipairs { "EE:", "mnt", "C:mnt", "C:/mnt", "C:\\\\", "\\\\?\\E:" } do
      refused("STATUS_OBJECT_NAME_INVALID", machine:add_mount_point("D:", point))
    end
    for i = 1, 7 do
      assert(machine:add_mount_point("D:", "C:\\mnt\\" .. i))
    end
    refused("STATUS_INVALID_PARAMETER", machine:add_mount_point("D:", "C:\\mnt\\8"))
    for _, volume in ipairs { "Q:", "PhysicalDrive9" } do
      refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:add_mount_point(volume, "F:"))
    end
    for _, volume in ipairs { "D:\\", "PhysicalDrive0" } do
      refused("STATUS_INVALID_PARAMETER", machine:add_mount_point(volume, "F:"))
    end
    refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:remove_mount_point "F:")
    refused("STATUS_OBJECT_NAME_NOT_FOUND", machine:remove_mount_point "C:\\mnt")
    refused("STATUS_OBJECT_NAME_INVALID", machine:remove_mount_point "mnt")
  end)

  it("lasts, and comes back with its disk; a removed letter does not", function()
    local defer = machines.cleanup(finally)
    local path = tempdir(defer) .. "/lab"
    local machine = assert(sim.create(path, { disks = { "8M:fat:D", "8M:raw:-" } }))
    local guid = machine:volumes()[2].guid_path
    assert(machine:add_mount_point(guid, "M:"))
    assert(machine:remove_mount_point "D:")
    assert(machine:close())
    machine = assert(core.connect("sim", path))
    defer(function()
      machine:close()
    end)
    for disk = 0, 1 do
      assert(machine:mask(disk))
      assert(machine:unmask(disk))
    end
    assert.equal("", points(machine, 1))
    assert.equal("M:", points(machine, 2))
  end)

  it("of another node's volume is refused there", function()
    local machine = assert(sim.create(":memory:", { nodes = { "n1", "n2" },
      disks = { "8M:raw:D", "8M:raw:E" } }))
    finally(function()
      machine:close()
    end)
    assert(machine:set_owner("E:", "n2"))
    refused("STATUS_OBJECT_NAME_NOT_FOUND",
      machine:add_mount_point("E:", "D:\\mnt"))
    refused("STATUS_OBJECT_NAME_COLLISION", machine:add_mount_point("D:", "E:"))
    assert(machine:add_mount_point("D:", "C:\\mnt"))
  end)

  it("lies on NTFS, in a folder that is there (W8)", function()
    local reason = machines.missing("mkfs.ntfs", "ntfscp")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    machines.put(folder .. "/file", "text\n")
    machines.sh("cd %s && truncate -s 8M ntfs.img && mkfs.ntfs -q -F -f ntfs.img"
      .. " && ntfscp -q ntfs.img file file.txt", folder)
    local machine = assert(sim.create(":memory:", { disks = {
      { image = folder .. "/ntfs.img", volumes = { { letter = "N:" } } },
      "8M:fat:D", "8M:raw:R", "8M:raw:-" } }))
    defer(function()
      machine:close()
    end)
    local guid = machine:volumes()[4].guid_path
    for point, status in pairs {
      ["D:\\data"] = "STATUS_INVALID_DEVICE_REQUEST",
      ["R:\\data"] = "STATUS_INVALID_DEVICE_REQUEST",
      ["N:\\data"] = "STATUS_OBJECT_NAME_NOT_FOUND",
      ["n:\\no\\data"] = "STATUS_OBJECT_PATH_NOT_FOUND",
      ["N:\\file.txt"] = "STATUS_NOT_A_DIRECTORY",
    } do
      local info = refused(status, machine:add_mount_point(guid, point))
      assert(#info.hint > 0)
    end
    assert.equal("", points(machine, 4))
    -- a drive that this machine does not have lies outside of it
    assert(machine:add_mount_point(guid, "C:\\data"))
  end)

  it("is an empty folder (W8)", function()
    local reason = machines.missing("mkfs.ntfs", "ntfs-3g", "unshare")
    if reason then
      pending(reason)
    end
    local defer = machines.cleanup(finally)
    local folder = tempdir(defer)
    local output, code = proc.run(([[cd %s && truncate -s 8M ntfs.img &&
      mkfs.ntfs -q -F -f ntfs.img && mkdir mnt && unshare -m sh -ec '
      ntfs-3g ntfs.img mnt
      trap "umount mnt" EXIT
      mkdir -p mnt/full/sub']]):format(folder))
    if code ~= 0 then
      pending("NTFS cannot be mounted here: " .. output)
    end
    local machine = assert(sim.create(":memory:", { disks = {
      { image = folder .. "/ntfs.img", volumes = { { letter = "N:" } } },
      "8M:raw:-" } }))
    defer(function()
      machine:close()
    end)
    local guid = machine:volumes()[2].guid_path
    refused("STATUS_DIRECTORY_NOT_EMPTY",
      machine:add_mount_point(guid, "N:\\full"))
    assert(machine:add_mount_point(guid, "N:\\full\\sub"))
    local volume <close> = assert(machine:open "N:\\full\\sub")
    assert.equal(guid, volume:info().guid_path)
  end)

  it("can be given and taken by the command", function()
    local shell = command.lab(finally, "8M:fat:D")
    local function volume()
      return cjson.decode(shell:run({ "volumes", "--json" }).out)[1]
    end
    assert.equal(0, shell:run({ "unassign", "D:" }).code)
    local guid = volume().guid_path
    assert.equal(0, shell:run({ "assign", guid, "Q:" }).code)
    assert.equal(0, shell:run({ "assign", "Q:", "C:\\mnt\\q" }).code)
    assert.same({ "Q:", "C:\\mnt\\q" }, volume().mount_points)
    assert.equal(3, shell:run({ "unassign", "R:" }).code)
    assert.equal(2, shell:run({ "assign", "Q:", "R:" }).code)
  end)
end)
