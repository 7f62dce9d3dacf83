-- Clusters: making one, opening it as a node, owners, and what its nodes see.

local command = require "spec.support.command"
local current = require "ntvol.current"
local helpers = require "spec.helpers"
local machines = require "spec.support.machines"
local ntvol = require "ntvol"
local proc = require "spec.support.proc"
local sim = require "ntvol.sim"
local sim_core = require "ntvol.sim.core"
local tempdir = require "spec.support.tempdir"

local refused = machines.refused

describe("a cluster", function()
  local finish, defer, lab

  before_each(function()
    helpers.start()
    defer = machines.cleanup(function(f)
      finish = f
    end)
    lab = tempdir(defer) .. "/lab"
  end)

  after_each(function()
    finish()
    helpers.finish()
  end)

  -- D: is shared and raw, E: belongs to n1, F: to n2.
  local function start(disks)
    local one = assert(sim.create(lab, { nodes = { "n1", "n2" },
      disks = disks or { "1M:raw:D:csv", "1M:raw:E",
        { size = "1M", volumes = { { letter = "F:", owner = "n2" } } } } }))
    local two = assert(sim.open(lab, { node = "n2" }))
    defer(function()
      one:close()
      two:close()
    end)
    return one, two
  end

  local function names_of(machine)
    local names = {}
    for _, volume in ipairs(assert(machine:volumes())) do
      names[#names + 1] = volume.name
    end
    return table.concat(names, " ")
  end

  it("has nodes, and a connection is one of them", function()
    local one, two = start()
    assert.same({ { name = "n1", own = true }, { name = "n2", own = false } },
      one:nodes())
    assert.same({ { name = "n1", own = false }, { name = "n2", own = true } },
      two:nodes())
    assert.equal("sim:" .. proc.native(lab) .. "?node=n1", one:name())
    assert.equal("sim:" .. proc.native(lab) .. "?node=n2", two:name())
    assert.is_true(one:capabilities().cluster)
  end)

  it("is opened as its first node when none is named, and says so", function()
    start()
    local machine <close> = assert(sim.open(lab))
    assert.equal("sim:" .. proc.native(lab) .. "?node=n1", machine:name())
  end)

  it("is opened by the name that a machine of it has", function()
    local _, two = start()
    local machine <close> = assert(current.connect(two:name()))
    assert.equal(two:name(), machine:name())
    local other <close> = assert(current.connect(lab .. "?node=N2"))
    assert.equal(two:name(), other:name())
  end)

  it("has no other nodes", function()
    start()
    local info = refused("STATUS_OBJECT_NAME_NOT_FOUND",
      sim.open(lab, { node = "n3" }))
    assert.equal("no_node", info.reason)
    for _, name in ipairs { "", ("x"):rep(16) } do
      info = refused("STATUS_OBJECT_NAME_INVALID", sim.open(lab .. "?node=" .. name))
      assert.equal("no_node", info.reason)
    end
    assert.has_error(function()
      sim.open(lab, { nodes = "n1" })
    end)
    assert.has_error(function()
      sim.open(lab, { node = 1 })
    end)
    assert.has_error(function()
      sim.open(lab, "n1")
    end)
  end)

  it("and a machine that is none", function()
    local machine <close> = assert(sim.create(lab, { disks = { "1M:raw:D" } }))
    assert.same({}, machine:nodes())
    assert.equal("sim:" .. proc.native(lab), machine:name())
    assert.is_nil(machine:volumes()[1].owner)
    assert.is_nil(machine:volumes()[1].csv_state)
    assert.equal("no_node", refused("STATUS_OBJECT_NAME_NOT_FOUND",
      sim.open(lab, { node = "n1" })).reason)
    local info = refused("STATUS_INVALID_DEVICE_REQUEST",
      machine:set_maintenance("D:", true))
    assert.equal("not_cluster_shared", info.reason)
    assert.equal("no_node", refused("STATUS_OBJECT_NAME_NOT_FOUND",
      machine:set_owner("D:", "n1")).reason)
    local volume <close> = assert(machine:open "D:")
    refused("STATUS_UNSUCCESSFUL", volume:control "IOCTL_VOLUME_IS_CLUSTERED")
    assert(volume:lock()):unlock()
    for _, event in ipairs(machine:events()) do
      assert.is_nil(event.node)
    end
  end)

  it("shows shared volumes on all nodes, others on their owner", function()
    local one, two = start()
    assert.equal("D: E:", names_of(one))
    assert.equal("D: F:", names_of(two))
    for _, machine in ipairs { one, two } do
      local shared, own = table.unpack(machine:volumes())
      assert.equal("n1", shared.owner)
      assert.is_true(shared.csv)
      assert.is_false(shared.maintenance)
      assert.equal("direct", shared.csv_state)
      assert.is_nil(own.csv_state)
    end
    assert.equal("n2", two:volumes()[2].owner)
    assert.equal(3, #one:disks())
    assert.equal(3, #two:disks())
    for _, name in ipairs { "F:", "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3",
      two:volumes()[2].guid_path } do
      refused("STATUS_OBJECT_NAME_NOT_FOUND", one:open(name))
      assert(two:open(name)):close()
    end
  end)

  it("moves a volume to another node when nobody has it open", function()
    local one, two = start()
    local volume <close> = assert(one:open "E:")
    local info = refused("STATUS_DEVICE_BUSY", one:set_owner("E:", "n2"))
    assert.equal("in_use", info.reason)
    assert.equal("volume handle", info.holders[1].how)
    info = refused("STATUS_DEVICE_BUSY", two:set_owner("E:", "n2"))
    assert.equal("n1", info.holders[1].node)
    assert.is_true(one:set_owner("E:", "n1"))
    assert(volume:close())
    assert.is_true(two:set_owner("E:", "n2"))
    assert.equal("D:", names_of(one))
    assert.equal("D: E: F:", names_of(two))
    assert.is_true(one:set_owner("E:", "N1"))
    assert.equal("D: E:", names_of(one))
  end)

  it("moves a shared volume while it is open", function()
    local one, two = start()
    local volume <close> = assert(one:open "D:")
    local other <close> = assert(two:open "D:")
    assert.is_true(one:set_owner("D:", "n2"))
    assert.equal("n2", volume:info().owner)
    assert.equal(512, #other:read(0, 512))
    assert.equal(512, #volume:read(0, 512))
  end)

  it("has a volume in maintenance on its owner, whoever that is", function()
    local one, two = start()
    assert.is_true(one:set_owner("D:", "n2"))
    assert.is_true(one:set_maintenance("D:", true))
    assert.equal("E:", names_of(one))
    assert.equal("D: F:", names_of(two))
    local volume = two:volumes()[1]
    assert.is_true(volume.maintenance)
    assert.equal("maintenance", volume.csv_state)
    assert(volume.state:find("in maintenance", 1, true), volume.state)
    assert.is_true(one:set_owner("D:", "n1"))
    assert.equal("D: E:", names_of(one))
    assert.is_true(one:set_maintenance("D:", false))
    assert.equal("D: F:", names_of(two))
  end)

  it("refuses what is no volume", function()
    local one = start()
    for _, name in ipairs { "PhysicalDrive0", "D:\\" } do
      assert.equal("not_a_volume", refused("STATUS_INVALID_PARAMETER",
        one:set_maintenance(name, true)).reason)
      assert.equal("not_a_volume", refused("STATUS_INVALID_PARAMETER",
        one:set_owner(name, "n1")).reason)
    end
    refused("STATUS_OBJECT_NAME_NOT_FOUND", one:set_owner("Z:", "n1"))
    for _, node in ipairs { "", "n3" } do
      assert.equal("no_node", refused("STATUS_OBJECT_NAME_NOT_FOUND",
        one:set_owner("D:", node)).reason)
    end
  end)

  it("is in memory, too, and is one node then", function()
    local machine <close> = assert(sim.create(":memory:",
      { nodes = { "a", "b" }, disks = { "1M:raw:D:csv" } }))
    assert.equal("sim::memory:?node=a", machine:name())
    assert.is_true(machine:set_maintenance("D:", true))
    assert.is_true(machine:set_maintenance("D:", false))
  end)

  it("is removed by the name of any of its nodes", function()
    start()
    finish()
    defer = machines.cleanup(function(f)
      finish = f
    end)
    lab = tempdir(defer) .. "/lab"
    local machine = assert(sim.create(lab,
      { nodes = { "n1", "n2" }, disks = { "1M:raw:D:csv" } }))
    machine:close()
    assert.is_true(sim.remove(lab .. "?node=n2"))
    assert.is_nil(io.open(lab .. "/machine.db"))
  end)

  it("takes away the instances of all nodes with the LUN", function()
    local one, two = start()
    local volume <close> = assert(one:open "D:")
    local other <close> = assert(two:open "D:")
    assert(two:mask(0))
    refused("STATUS_FILE_INVALID", volume:read(0, 512))
    refused("STATUS_FILE_INVALID", other:read(0, 512))
    assert(one:unmask(0))
    assert(one:open "D:"):close()
    assert(two:open "D:"):close()
    for _, machine in ipairs { one, two } do
      local found = ""
      for _, event in ipairs(machine:events()) do
        found = found .. event.name .. " "
      end
      assert.equal("MASKED SURPRISE_REMOVAL SURPRISE_REMOVAL UNMASKED ARRIVAL"
        .. " ARRIVAL ", found)
    end
  end)

  describe("is described", function()
    local function wrong(spec, text)
      local made, message, _, info = sim.create(":memory:", spec)
      assert.is_nil(made)
      assert.equal("spec", info.reason)
      assert(message:find(text, 1, true), message)
    end

    it("with nodes that can be", function()
      local disks = { "1M:raw:D" }
      wrong({ disks = disks, nodes = { "n 1" } }, "not the name of a node")
      wrong({ disks = disks, nodes = { ("x"):rep(16) } }, "not the name of a node")
      wrong({ disks = disks, nodes = { "n1", "N1" } }, "another node has this name")
      wrong({ disks = { "1M:raw:D:csv" } }, "only the nodes of a cluster")
      wrong({ nodes = { "n1" }, disks = { { size = "1M",
        volumes = { { owner = "n2" } } } } }, "its owner is no node")
    end)

    it("for the core, which checks it itself", function()
      local function refuse(spec, text)
        spec.disks = spec.disks or {}
        local made, message, _, info = sim_core.create(":memory:", spec)
        assert.is_nil(made)
        assert.equal("spec", info.reason)
        assert(message:find(text, 1, true), message)
      end
      refuse({ nodes = { "" } }, "not the name of a node")
      refuse({ nodes = { "a_b" } }, "not the name of a node")
      refuse({ nodes = { ("x"):rep(16) } }, "not the name of a node")
      refuse({ nodes = { "a", "A" } }, "another node has this name")
      refuse({ disks = { { size = 1 << 20, volumes = { { csv = true } } } } },
        "only the nodes of a cluster")
      for _, nodes in ipairs { { 1 }, { "a\0" } } do
        assert.has_error(function()
          sim_core.create(":memory:", { disks = {}, nodes = nodes })
        end)
      end
      local many = {}
      for i = 1, 65 do
        many[i] = "n" .. i
      end
      assert.has_error(function()
        sim_core.create(":memory:", { disks = {}, nodes = many })
      end)
    end)

    it("without a node in its path", function()
      local made, message, _, info = sim.create(lab .. "?node=n1",
        { nodes = { "n1" }, disks = { "1M:raw:D" } })
      assert.is_nil(made)
      assert.equal("no_machine", info.reason, message)
    end)

    it("by names that shared volumes get when they have none", function()
      local one = start { "1M:raw:csv", "1M:raw:E", "gpt:8M=1M:raw:csv+rest:raw:-:csv" }
      assert.equal("C:\\ClusterStorage\\Volume1 E: C:\\ClusterStorage\\Volume2 ",
        names_of(one):match("^(.-)\\\\"))
      assert(one:open "C:\\ClusterStorage\\Volume2"):close()
    end)
  end)

  it("formats its shared volumes, and has no history of it", function()
    local reason = machines.missing "mkfs.ntfs"
    if reason then
      pending(reason)
    end
    local one, two = start { "8M:ntfs:D:DATA:csv" }
    local volume = two:volumes()[1]
    assert.equal("CSVFS", volume.file_system)
    assert.equal("DATA", volume.label)
    assert.is_false(volume.maintenance)
    assert.is_false(volume.dirty)
    assert.same({}, one:events())
    local handle <close> = assert(two:open "D:")
    assert.equal(512, handle:ntfs_data().sector_size)
    assert.is_false(handle:is_dirty())
    assert.is_true(one:volumes()[1].mounted)
    assert.is_true(two:volumes()[1].mounted)
    -- What NTFS keeps, whoever has mounted it: { flags, mask, version }.
    local state = ("<I4I4I4I4"):pack(1, 1, 1, 0)
    assert(handle:control("FSCTL_SET_PERSISTENT_VOLUME_STATE", state))
    assert(handle:close())
    assert(one:set_maintenance("D:", true))
    local ordinary <close> = assert(one:open "D:")
    assert.equal(state,
      ordinary:control("FSCTL_QUERY_PERSISTENT_VOLUME_STATE", state, 16))
  end)

  it("has its shared volumes left alone by plans, but in maintenance", function()
    local reason = machines.missing("mkfs.ntfs", "mkfs.fat")
    if reason then
      pending(reason)
    end
    local one = start { "8M:ntfs:D:DATA:csv" }
    local change = assert(ntvol.plan.change_filesystem("D:",
      { to = "fat", machine = one, undo = false }))
    local removal = assert(ntvol.plan.prepare_lun_removal(0, { machine = one }))
    local function refuses(plan, options)
      for _, f in ipairs { plan.check, plan.run } do
        local done, _, code, info = f(plan, options)
        assert.is_nil(done)
        assert.equal("ERROR_NOT_SUPPORTED", code)
        assert.equal("cluster_shared", info.reason)
        assert.is_string(info.hint)
      end
    end
    refuses(change, { erase = "D:" })
    refuses(removal)
    assert.same({}, one:events())
    assert.is_true(one:set_maintenance("D:", true))
    assert(change:run { erase = "D:" })
    assert(one:volumes()[1].file_system:find "^FAT")
    removal = assert(ntvol.plan.prepare_lun_removal(0, { machine = one }))
    assert(removal:run())
    assert.same({}, one:volumes())
  end)

  it("knows no other codes of cluster shared volumes", function()
    local one = start()
    local volume <close> = assert(one:open "D:")
    for _, code in ipairs { "FSCTL_CSV_GET_VOLUME_PATH_NAME",
      "FSCTL_CSV_GET_VOLUME_NAME_FOR_VOLUME_MOUNT_POINT" } do
      local info = select(4, volume:control(code, nil, 100))
      assert.equal("STATUS_INVALID_PARAMETER", info.status_name) -- it is RAW
    end
  end)

  it("prints the node of an event that is told on one", function()
    local one = start()
    assert(one:mask(1))
    local volume <close> = assert(one:open "D:")
    assert(volume:lock())
    local events = one:events()
    assert.is_nil(events[1].node)
    assert.matches("pid %d+$", tostring(events[1]))
    assert.matches("LOCK  pid %d+  on n1$", tostring(events[#events]))
  end)

  it("prints it by the command, too", function()
    if proc.windows then
      pending "Lua for Windows does not find the modules of this tree"
    end
    local one = start()
    assert(one:mask(1))
    local volume <close> = assert(one:open "D:")
    assert(volume:lock())
    local output = proc.run(command.line({ "events" }, { machine = lab }))
    assert.matches("\tLOCK\t%d+\tn1\n", output)
    assert.matches("\tMASKED\t%d+\t\n", output)
  end)

  it("is made and shown by the command", function()
    if proc.windows then
      pending "Lua for Windows does not find the modules of this tree"
    end
    local function run(...)
      local words = table.pack(...)
      for i, word in ipairs(words) do
        words[i] = "'" .. word .. "'"
      end
      return proc.run("bin/ntvol " .. table.concat(words, " ") .. " 2>&1")
    end
    local output = run("sim", "create", lab, "--node", "n1", "--node", "n2",
      "--disk", "1M:raw:D:csv", "--disk", "1M:raw:E")
    assert(output:find("n2\tno", 1, true), output)
    assert(output:find("cluster shared", 1, true), output)
    assert.equal("", run("sim", "maintenance", lab, "D:", "on"))
    assert.equal("", run("sim", "owner", lab, "D:", "n2"))
    output = run("--machine", "sim:" .. proc.native(lab) .. "?node=n1", "volumes")
    assert.is_nil(output:find("D:", 1, true), output)
    output = run("--machine", "sim:" .. proc.native(lab) .. "?node=n2", "volumes")
    assert(output:find("in maintenance", 1, true), output)
    output = run("--machine", "sim:" .. proc.native(lab) .. "?node=n2", "show", "D:")
    assert.matches("owner: +n2\n", output)
    assert.matches("cluster shared: maintenance\n", output)
    output = run("sim", "show", lab .. "?node=n2")
    assert(output:find("n2\tyes", 1, true), output)
    output = run("sim", "owner", lab, "D:", "n3")
    assert(output:find("no node n3", 1, true), output)
  end)
end)
