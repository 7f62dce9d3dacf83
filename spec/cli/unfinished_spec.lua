-- What was interrupted is told: at once by whoever is there, and by the next
-- command on the volume when nobody was left to say it.

local command = require "spec.support.command"
local proc = require "spec.support.proc"

-- Runs the command with the journal of the lab.
local function run(lab, words)
  return command.capture(("NTVOL_STATE=%s %s"):format(
    proc.quote(lab.folder .. "/state"),
    command.line(words, { machine = lab.path })), lab.folder)
end

-- Runs Lua with warnings on, the machine and the journal of the lab.
local function script(lab, text)
  local path = lab.folder .. "/script.lua"
  local file = assert(io.open(path, "w"))
  assert(file:write('warn "@on"\nlocal ntvol = require "ntvol"\n', text))
  assert(file:close())
  return command.capture(("NTVOL_STATE=%s NTVOL_MACHINE=%s %s %s"):format(
    proc.quote(lab.folder .. "/state"), proc.quote(lab.path), command.LUA,
    proc.quote(path)), lab.folder)
end

-- Formats in a process that ends in the middle, as a kill ends it.
local DIES = [[
  local plan = assert(ntvol.plan.change_filesystem("D:", { to = "ntfs" }))
  plan:run { erase = "D:", on_progress = function(done, total)
    if done > total // 2 then
      os.exit(9)
    end
  end }]]

local LINE = "ntvol: operation 2 %(format%) of D: was interrupted: the volume may"
  .. " hold part of a file system"

local function interrupted_lab(finally)
  local lab = command.lab(finally, "16M:fat:D:OLD", "16M:fat:E:NEXT")
  assert.equal(9, script(lab, DIES).code)
  return lab
end

describe("a command after a crash", function()
  it("announces the interrupted work before it does anything", function()
    local lab = interrupted_lab(finally)
    for _, words in ipairs {
      { "lock", "D:", "--", "true" }, { "dismount", "D:" },
      { "offline", "D:" }, { "online", "D:" }, { "show", "D:" },
      { "change-fs", "D:", "--to", "fat", "--plan" },
      { "prepare-removal", "0", "--plan" },
      { "prepare-removal", "PhysicalDrive0", "--plan" },
      { "eject", "D:", "--plan" },
    } do
      local result = run(lab, words)
      assert.matches("^" .. LINE .. "\nhint: ntvol recover D:\n", result.err)
    end
  end)

  it("is silent about other volumes, and when it was taken back", function()
    local lab = interrupted_lab(finally)
    local result = run(lab, { "change-fs", "E:", "--to", "ntfs", "--plan" })
    assert.equal("", result.err)
    assert.is_nil(result.out:find("interrupted", 1, true))
    assert.equal("", run(lab, { "prepare-removal", "1", "--plan" }).err)
    assert.equal(0, run(lab, { "recover", "D:" }).code)
    assert.equal("", run(lab, { "dismount", "D:" }).err)
  end)

  it("says in the plan what was interrupted", function()
    local lab = interrupted_lab(finally)
    local result = run(lab, { "change-fs", "D:", "--to", "ntfs", "--plan" })
    assert.matches("\n  operation 2 %(format%) of D: was interrupted: [^\n]*"
      .. "; see ntvol recover D:\n", result.out)
  end)

  it("makes no journal to find that out", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    assert.equal(0, run(lab, { "dismount", "D:" }).code)
    assert.is_nil(io.open(lab.folder .. "/state/journal.db"))
  end)
end)

describe("a script after a crash", function()
  it("is warned by ntvol.open, once for each name", function()
    local lab = interrupted_lab(finally)
    local result = script(lab, [[
      for _ = 1, 2 do
        assert(ntvol.open("D:", { access = "none" })):close()
        assert(ntvol.open("E:", { access = "none" })):close()
      end]])
    local _, count = result.err:gsub("was interrupted", "")
    assert.equal(1, count, result.err)
    assert.matches(LINE .. "; see ntvol recover D:", result.err)
  end)
end)

describe("an interrupt of a script", function()
  local function interrupted(lab, fields)
    return script(lab, ([[
      local plan = assert(ntvol.plan.change_filesystem("D:", { to = "ntfs" }))
      local ok, problem = pcall(plan.run, plan, { erase = "D:", %s })
      assert(not ok and problem == "stop", problem)
      print(plan:report().holds, plan:report().next)
      print(plan:report())]]):format(fields))
  end

  it("that came too late warns of what the volume holds, and how to take it"
    .. " back", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = interrupted(lab, [[on_progress = function(done, total)
      if done == total then error("stop", 0) end end]])
    assert.matches("change_filesystem 'D:' is done: the cancel came too late: every"
      .. ' step is done; D: holds NTFS "" now; the new file system is complete;'
      .. " to take it back: ntvol undo D:", result.err)
    assert.matches('^NTFS ""\tntvol undo D:\n', result.out)
    assert.matches('\n  D: holds NTFS "" now\n  hint: [^\n]*: ntvol undo D:\n$',
      result.out)
    assert.is_nil(result.err:find("success", 1, true))
  end)

  it("that was in time warns that all is as it was", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = interrupted(lab, [[on_step = function(step, state)
      if step.name == "format" and state == "done" then
        error("stop", 0)
      end end]])
    assert.matches("change_filesystem 'D:' was taken back: all is as it was"
      .. ' before: stop; D: holds FAT16 "OLD" now', result.err)
    assert.matches('^FAT16 "OLD"\tntvol log 1\n', result.out)
  end)

  it("of a format alone warns of the same", function()
    local lab = command.lab(finally, "16M:fat:D:OLD")
    local result = script(lab, [[
      local volume <close> = assert(ntvol.open "D:")
      local _guard <close> = assert(volume:lock())
      print(pcall(volume.format, volume, { fs = "ntfs", erase = "D:",
        on_progress = function(done, total)
          if done == total then error("stop", 0) end
        end }))]])
    assert.matches("^false\tstop\n", result.out)
    assert.matches("the volume holds NTFS now, and the old file system is"
      .. " dismounted; to take the format back: ntvol undo D:", result.err)
  end)
end)
