-- Commands for simulated machines.

local cjson = require "cjson"
local command = require "spec.support.command"
local iso = require "spec.support.iso"
local proc = require "spec.support.proc"

local function run(lab, words, code, options)
  local result = lab:run(words, options)
  assert.equal(code or 0, result.code, result.err .. result.out)
  return result
end

local function exists(path)
  local _, code = proc.run("test -e " .. proc.quote(path))
  return code == 0
end

describe("ntvol sim create", function()
  it("makes what is asked for, in order, and shows it", function()
    local lab = command.lab(finally)
    local image = lab.folder .. "/old.img"
    local other = lab:neighbour("8M:fat:D:KEPT")
    proc.lines(("cp %s/disk0.img %s"):format(other.path, image))
    local before = proc.slurp(image)
    local result = run(lab, { "sim", "create", lab.path,
      "--disk", "16M:fat:D:OLD", "--disk-image", image .. ":K",
      "--disk", "gpt:60M=20M:ntfs:E:DATA+rest:exfat:-", "--json" })
    local machine = cjson.decode(result.out)
    assert.equal("sim:" .. lab.path, machine.machine)
    local found = {}
    for i, volume in ipairs(machine.volumes) do
      found[i] = ("%s %s %s"):format(volume.name:gsub("{.*}", "{}"),
        volume.file_system, volume.label)
    end
    assert.same({ "D: FAT16 OLD", "K: FAT12 KEPT", "E: NTFS DATA",
      "\\\\?\\Volume{} exFAT " }, found)
    assert.equal(image, machine.disks[2].location)
    assert.same({}, lab:history())
    run(lab, { "sim", "rm", lab.path })
    assert.is_false(exists(lab.path))
    assert.equal(before, proc.slurp(image))
  end)

  it("says what is wrong with a machine, and lets a moved one use its images",
  function()
    local lab = command.lab(finally)
    local image = lab.folder .. "/old.img"
    proc.lines("truncate -s 4M " .. image)
    run(lab, { "sim", "create", lab.path, "--disk", "4M:raw:D", "--disk-image",
      image .. ":E" })
    assert.equal("nothing is wrong with the machine\n",
      run(lab, { "sim", "check", lab.path }).out)
    local moved = lab.folder .. "/moved"
    assert(os.rename(lab.path, moved))
    local result = run(lab, { "sim", "check", moved }, 1)
    assert(result.out:find("table disk, column image, number 1", 1, true),
      result.out)
    local found = cjson.decode(run(lab, { "sim", "check", moved, "--json" },
      1).out)
    assert.is_true(found.damaged)
    assert.equal("image", found.found[1].column)
    local allowed = run(lab, { "sim", "check", moved, "--allow-images",
      "--json" })
    assert(allowed.out:find('"found": []', 1, true), allowed.out)
    run(lab, { "sim", "rm", moved })
  end)

  it("makes drives, with a medium and without", function()
    local lab = command.lab(finally)
    local image = lab.folder .. "/stick.img"
    local other = lab:neighbour("8M:fat:D:KEPT")
    proc.lines(("cp %s/disk0.img %s"):format(other.path, image))
    run(lab, { "sim", "create", lab.path, "--removable", image .. ":F",
      "--removable", "none:A", "--cd", "none" })
    local function states()
      local machine = cjson.decode(run(lab,
        { "sim", "show", lab.path, "--json" }).out)
      local list = {}
      for i, volume in ipairs(machine.volumes) do
        list[i] = ("%s %s %s"):format(volume.name, volume.label, volume.state)
      end
      return list
    end
    assert.same({ "F: KEPT not mounted", "A:  no medium",
      "D:  no medium, read-only" }, states())
    run(lab, { "sim", "eject", lab.path, "F:" })
    run(lab, { "sim", "insert", lab.path, "A:", image, "--readonly" })
    assert.same({ "F:  no medium", "A: KEPT not mounted, read-only",
      "D:  no medium, read-only" }, states())
    local result = run(lab, { "change-fs", "F:", "--to", "fat", "--erase",
      "F:" }, 1)
    assert(result.err:find("there is no medium in the drive", 1, true),
      result.err)
    result = run(lab, { "sim", "insert", lab.path, "F:", image }, 4)
    assert(result.err:find("that of disk 1 already", 1, true), result.err)
    result = run(lab, { "sim", "eject", lab.path, "Q:" }, 3)
    assert(result.err:find("take the medium out of 'Q:'", 1, true), result.err)
  end)

  it("takes the image of a CD", function()
    local lab = command.lab(finally)
    local path = lab.folder .. "/cd.iso"
    local file = assert(io.open(path, "wb"))
    assert(file:write(iso { label = "MY_CD", files = {} }))
    assert(file:close())
    local result = run(lab, { "sim", "create", lab.path, "--cd", path .. ":K",
      "--disk", "8M:fat:D", "--json" })
    local machine = cjson.decode(result.out)
    assert.equal("CdRom0", machine.disks[1].name)
    assert.equal("K:", machine.volumes[1].name)
    assert.equal(2048, machine.volumes[1].sector_size)
    assert.equal("D:", machine.volumes[2].name)
    assert.is_false(machine.disks[2].cdrom)
  end)

  local bad = {
    { {}, "at least one" },
    { { "--disk", "64Q" }, "'64Q' is not a size" },
    { { "--disk", "8M:xfs" }, "must be one of: raw, ntfs" },
    { { "--disk", "8M:fat:DD" }, "not a drive letter" },
    { { "--disk", "8M:fat:D", "--disk", "8M:fat:D" }, "letter D:" },
    { { "--disk", "gpt:8M=rest+rest" }, "only the last volume" },
    { { "--disk-image", "" }, "needs a path" },
    { { "--cd", "" }, "needs a path" },
    { { "--disk", "8M::D:LABEL" }, "RAW volume has no label" },
  }
  for i, row in ipairs(bad) do
    it(("refuses bad disks %d with 2: %s"):format(i, row[2]), function()
      local lab = command.lab(finally)
      local words = { "sim", "create", lab.path }
      table.move(row[1], 1, #row[1], #words + 1, words)
      local result = run(lab, words, 2)
      assert(result.err:find(row[2], 1, true), result.err)
      assert.is_false(exists(lab.path))
    end)
  end

  it("refuses a folder that is a machine already, and a missing image",
    function()
      local lab = command.lab(finally, "8M:fat:D:OLD")
      local before = lab:bytes()
      run(lab, { "sim", "create", lab.path, "--disk", "8M:fat:D" }, 1)
      assert.equal(before, lab:bytes())
      run(lab, { "sim", "create", lab.folder .. "/new", "--disk-image",
        lab.folder .. "/no.img" }, 3)
      assert.is_false(exists(lab.folder .. "/new"))
    end)
end)

describe("ntvol sim show, mask, unmask, rm", function()
  it("show disks and volumes", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local result = run(lab, { "sim", "show", lab.path }, 0,
      { machine = false })
    assert.matches("^NAME\tSIZE.*\nPhysicalDrive0\t8388608.*\n\nNAME\tFS.*"
      .. "\nD:\tFAT12\tOLD\t8388608\t", result.out)
    local data = cjson.decode(run(lab, { "sim", "show", lab.path, "--json" })
      .out)
    assert.equal(1, #data.disks)
    assert.equal(1, #data.volumes)
  end)

  it("mask and unmask, by surprise when nobody prepared it", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    run(lab, { "sim", "mask", lab.path, "0" })
    assert.matches("SURPRISE_REMOVAL", table.concat(lab:history(), " "))
    run(lab, { "lock", "D:", "--", "true" }, 3)
    run(lab, { "sim", "unmask", lab.path, "PhysicalDrive0" })
    run(lab, { "lock", "D:", "--", "true" })
    run(lab, { "sim", "mask", lab.path, "9" }, 3)
  end)

  it("rm removes the machine, not what else is in the folder", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    proc.lines("touch " .. proc.quote(lab.path .. "/mine"))
    run(lab, { "sim", "rm", lab.path })
    assert.is_false(exists(lab.path .. "/machine.db"))
    assert.is_true(exists(lab.path .. "/mine"))
  end)

  it("rm is refused with 4 while somebody uses it", function()
    local lab = command.lab(finally, "8M:fat:D:OLD")
    local machine <close> = lab:connect()
    local result = run(lab, { "sim", "rm", lab.path }, 4)
    assert.matches("pid %d+", result.err)
    assert.equal("OLD", machine:volumes()[1].label)
  end)

  it("say 3 when there is no machine", function()
    local lab = command.lab(finally)
    for _, words in ipairs { { "show", lab.path }, { "rm", lab.path },
      { "mask", lab.path, "0" }, { "unmask", lab.path, "0" } } do
      run(lab, { "sim", table.unpack(words) }, 3)
    end
    proc.lines("mkdir " .. proc.quote(lab.path))
    proc.lines("touch " .. proc.quote(lab.path .. "/mine"))
    run(lab, { "sim", "rm", lab.path }, 3)
    assert.is_true(exists(lab.path .. "/mine"))
  end)
end)
