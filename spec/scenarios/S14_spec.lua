-- S14: the mkfs program is missing, asks something, or prints "error" though
-- all is well. What it says is never misread: its exit status and what it made
-- decide.

local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local process = require "spec.multi.process"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

-- A machine, and a process that has these words in front of it.
local function lab(defer, prefix)
  local folder = tempdir(defer) .. "/lab"
  local machine = assert(sim.create(folder, { disks = { "16M:fat:D:OLD" } }))
  defer(function() machine:close() end)
  local child = process.start(defer, prefix)
  child:run(([[
    plan = require "ntvol.plan"
    machine = assert(require "ntvol.sim".open(%q))]]):format(folder))
  return machine, child
end

-- A folder with a program `mkfs.ntfs` that is this script, in front of PATH.
local function lab_with(script)
  local defer = machines.cleanup(finally)
  local folder = tempdir(defer)
  local path = folder .. "/mkfs.ntfs"
  local file = assert(io.open(path, "w"))
  assert(file:write("#!/bin/sh\n", script, "\n"))
  assert(file:close())
  proc.lines("chmod 755 " .. proc.quote(path))
  return lab(defer, ("env PATH=%s:%s"):format(proc.quote(folder),
    proc.quote(os.getenv "PATH")))
end

local function bytes_of(machine)
  local disk <close> = assert(machine:open("PhysicalDrive0",
    { access = "r" }))
  return assert(disk:read(0, assert(disk:size())))
end

-- Checks, then runs; what each answers.
local function try(child, options)
  return child:run(([[
    local object = assert(plan.change_filesystem("D:", { machine = machine,
      to = "ntfs", %s }))
    local checked, why = object:check()
    local ok, message, code, info = object:run { erase = "D:",
      journal = false }
    return { checked = checked, why = why, ok = ok and true, message = message,
      code = code, reason = info and info.reason, detail = info and info.detail,
      hint = info and info.hint, note = ok and ok.steps[4].message }]])
    :format(options or ""))
end

local function assert_refused(machine, before, answer, reason)
  assert.is_nil(answer.checked)
  assert.is_nil(answer.ok)
  assert.matches("^step 'format': ", answer.message)
  assert.equal(reason, answer.reason, answer.message)
  assert.equal(before, bytes_of(machine))
  assert.same({}, machine:events())
end

describe("S14: a mkfs program", function()
  if proc.windows then
    pending "Windows formats by itself"
    return
  end

  it("that is missing is named by the check, with its package", function()
    local _, code = proc.run "unshare -m true"
    if code ~= 0 then
      pending "hiding programs needs a mount namespace of one's own: root"
      return
    end
    local defer = machines.cleanup(finally)
    local empty = tempdir(defer)
    local machine, child = lab(defer, ("unshare -m sh -c 'for d in /usr/sbin"
      .. " /sbin /usr/local/sbin; do mount --bind %s $d; done; exec \"$@\"' sh")
      :format(empty))
    local before = bytes_of(machine)
    local answer = try(child)
    assert_refused(machine, before, answer, "mkfs_missing")
    assert.equal("ERROR_NOT_SUPPORTED", answer.code)
    assert.matches("ntfs%-3g", answer.hint)
  end)

  it("that asks something gets no answer, does not hang, and is refused",
    function()
      local machine, child = lab_with [[
        printf 'Proceed anyway? (y,n) '
        read answer || { echo 'nobody answered'; exit 1; }
        exit 0]]
      local before = bytes_of(machine)
      local answer = try(child)
      assert_refused(machine, before, answer, "mkfs_refused")
      assert.matches("nobody answered", answer.detail)
    end)

  it("that says success but fails is refused", function()
    local machine, child = lab_with "echo 'done, all is well'; exit 3"
    local before = bytes_of(machine)
    assert_refused(machine, before, try(child), "mkfs_refused")
  end)

  for what, script in pairs { nothing = "echo done; exit 0",
    ["something else"] =
      'for last; do :; done; exec /usr/sbin/mkfs.fat "$last"' } do
    it("that says success and makes " .. what .. " is refused", function()
      local machine, child = lab_with(script)
      local before = bytes_of(machine)
      local answer = try(child)
      assert.is_nil(answer.checked)
      assert.is_nil(answer.ok)
      assert.matches("^step 'format': ", answer.message)
      assert.equal(before, bytes_of(machine))
    end)
  end

  it("that prints errors but makes the file system has done it", function()
    local machine, child = lab_with [[
      echo 'ERROR: this is no error' >&2
      echo 'fatal error: failed, refused, cannot'
      exec /usr/sbin/mkfs.ntfs "$@"]]
    local answer = try(child)
    assert.is_true(answer.checked)
    assert.is_true(answer.ok)
    assert.matches("^NTFS", answer.note)
    assert.equal("NTFS", machine:volumes()[1].file_system)
  end)

  for _, label in ipairs { "error", "Error: failed", "100 %s %d", "-f",
    "$(reboot)", "yes\\nno" } do
    it(("takes the label %q as it is"):format(label), function()
      local machine, child = lab(machines.cleanup(finally))
      local answer = try(child, ("label = %q"):format(label))
      assert.is_true(answer.ok, answer.message)
      assert.equal(label, machine:volumes()[1].label)
    end)
  end

  it("is not told a label with a line end in it", function()
    local machine, child = lab(machines.cleanup(finally))
    local before = bytes_of(machine)
    local answer = try(child, 'label = "yes\\nno"')
    assert.is_nil(answer.ok)
    assert.equal("label", answer.reason)
    assert.equal(before, bytes_of(machine))
  end)
end)
