-- ntvol.explain, ntvol explain and explain in the REPL: one table for the code,
-- the documents and those who ask.

local cjson = require "cjson"
local command = require "spec.support.command"
local core = require "ntvol.core"
local helpers = require "spec.helpers"
local ntvol = require "ntvol"
local proc = require "spec.support.proc"
local reasons = require "ntvol.reasons"
local sim = require "ntvol.sim"
local tempdir = require "spec.support.tempdir"

local function names_of(list, field)
  local names = {}
  for i, row in ipairs(list) do
    names[i] = row[field]
  end
  return names
end

describe("explain", function()
  it("a code: every status of it, and the reasons of each", function()
    local answer = assert(ntvol.explain "ERROR_NOT_READY")
    assert.equal("code", answer.kind)
    assert.equal(21, answer.win32)
    assert.same({ "STATUS_DEVICE_OFF_LINE", "STATUS_NO_MEDIA_IN_DEVICE",
      "STATUS_DEVICE_NOT_READY", "STATUS_VOLUME_DISMOUNTED" },
      names_of(answer.statuses, "name"))
    local found = table.concat(names_of(answer.reasons, "reason"), " ")
    for _, reason in ipairs { "dismounted", "no_media", "offline" } do
      assert(found:find(reason, 1, true), found)
    end
    local text = tostring(answer)
    assert(text:find("next: bring it online first", 1, true), text)
    assert(text:find("the status says which", 1, true), text)
    assert.is_nil(text:find("`", 1, true))
  end)

  it("a status, with its code and class", function()
    local text = tostring(ntvol.explain "STATUS_VOLUME_DISMOUNTED")
    assert(text:find("0xC000026E", 1, true), text)
    assert(text:find("ERROR_NOT_READY (21)", 1, true), text)
    assert(text:find("close the handle and open it again", 1, true), text)
    assert(text:find("class permanent: waiting does not help", 1, true), text)
  end)

  it("numbers of both kinds, also signed and as text", function()
    for _, what in ipairs { 21, "21", "ERROR_NOT_READY", "error_not_ready",
      "NOT_READY" } do
      assert.equal("ERROR_NOT_READY", ntvol.explain(what).name)
    end
    for _, what in ipairs { 0xC000026E, "0xC000026E", "3221226094",
      -1073741202, "volume_dismounted" } do
      assert.equal("STATUS_VOLUME_DISMOUNTED", ntvol.explain(what).name)
    end
    -- STATUS_PENDING is 259, too
    assert.equal("ERROR_NO_MORE_ITEMS", ntvol.explain(259).name)
  end)

  it("a reason, and the codes that bring it", function()
    local answer = ntvol.explain "in_use"
    assert.equal("reason", answer.kind)
    assert(answer.next:find("wait", 1, true))
    local text = tostring(answer)
    assert(text:find("ERROR_BUSY, STATUS_DEVICE_BUSY", 1, true), text)
    assert(text:find("ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED", 1, true), text)
  end)

  it("a failure, with its own hint and holders", function()
    local machine <close> = assert(sim.create(":memory:",
      { disks = { "1M:raw:D" } }))
    local volume, other = assert(machine:open "D:"), assert(machine:open "D:")
    local _, _, _, info = volume:lock { wait = 1 }
    local answer = ntvol.explain(info)
    assert.equal("failure", answer.kind)
    assert.equal("timeout", answer.class)
    local text = tostring(answer)
    assert(text:find("^lock 'D:': ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED\n"
      .. "in_use: "), text)
    assert(text:find("1 holder: this script (pid", 1, true), text)
    assert(text:find("waited 1.00 s, attempts: ", 1, true), text)
    assert(text:find("next: close them, or try again", 1, true), text)
    other:close()
  end)

  it("a failure that has nothing but a class", function()
    local text = tostring(ntvol.explain { class = "permanent" })
    assert(text:find("waiting does not help", 1, true), text)
  end)

  it("every code, every status and every reason", function()
    for name, entry in pairs(core.errors) do
      assert.equal(name, ntvol.explain(name).name)
      assert(#tostring(ntvol.explain(entry.win32)) > 20)
    end
    for name, value in pairs(core.statuses) do
      assert.equal(name, ntvol.explain(name).name)
      assert(value < 0x80000000 or ntvol.explain(value).name == name)
    end
    for _, row in ipairs(reasons.list) do
      assert.equal(row.reason, ntvol.explain(row.reason).name)
      assert(#tostring(ntvol.explain(row.reason)) > 20)
    end
  end)

  it("nothing that nobody knows", function()
    for _, what in ipairs { "no such thing", 0x7FFFFFFF } do
      helpers.refused("ERROR_FILE_NOT_FOUND", ntvol.explain(what))
    end
    helpers.raises("string, integer or table expected, got nil", ntvol.explain)
    helpers.raises("got float", ntvol.explain, 1.5)
  end)
end)

-- Arguments of a call, from behind its parenthesis: those of the outermost
-- level, strings as they are.
local function arguments(text)
  local list, depth, from = {}, 0, 1
  local at = 1
  while at <= #text do
    local char = text:sub(at, at)
    if char == '"' then
      at = text:find('[^\\]"', at) + 1
    elseif char == "(" then
      depth = depth + 1
    elseif char == ")" or char == "," and depth == 0 then
      if depth == 0 then
        list[#list + 1] = text:sub(from, at - 1)
        from = at + 1
        if char == ")" then
          return list
        end
      else
        depth = depth - 1
      end
    end
    at = at + 1
  end
  return list
end

local function check_pair(missing, path, reason, status)
  local row = reasons.find(reason)
  if not row then
    missing[#missing + 1] = ("%s: %s is not there"):format(path, reason)
    return
  end
  for _, name in ipairs(row.statuses) do
    if name == status then
      return
    end
  end
  missing[#missing + 1] = ("%s: %s comes with %s"):format(path, reason, status)
end

describe("the table of reasons", function()
  it("has every reason of the C code, with its statuses", function()
    local missing, count = {}, 0
    for _, path in ipairs(proc.lines("find src -name '*.c' | sort")) do
      local text = proc.slurp(path)
      for at in text:gmatch("%f[%w_]nt_fail%(()") do
        local list = arguments(text:sub(at, at + 2000))
        for reason in (list[3] or ""):gmatch('"([%w_]+)"') do
          for status in list[2]:gmatch("NT_(STATUS_[%w_]+)") do
            count = count + 1
            check_pair(missing, path, reason, status)
          end
        end
      end
    end
    assert.same({}, missing)
    assert(count > 80, count)
  end)

  it("has every reason of the Lua code", function()
    local missing, count = {}, 0
    for _, path in ipairs(proc.lines("find lua -name '*.lua' | sort")) do
      local text = proc.slurp(path)
      for status, reason in text:gmatch('"(STATUS_[%w_]+)",%s+"([%w_]+)",') do
        count = count + 1
        check_pair(missing, path, reason, status)
      end
      for status, reason in
        text:gmatch('status = "(STATUS_[%w_]+)",%s*reason = "([%w_]+)"') do
        count = count + 1
        check_pair(missing, path, reason, status)
      end
    end
    assert.same({}, missing)
    assert(count > 15, count)
  end)

  it("is in order, complete and without doubles", function()
    for i, row in ipairs(reasons.list) do
      local before = reasons.list[i - 1]
      assert(not before or before.reason < row.reason, row.reason)
      assert(#row.meaning > 5 and #row.next > 5 and #row.statuses > 0, row.reason)
      for _, status in ipairs(row.statuses) do
        assert(core.statuses[status], status)
      end
    end
  end)

  it("has a word for every class", function()
    for _, entry in pairs(core.errors) do
      assert(entry.class == "none" or reasons.classes[entry.class], entry.class)
    end
  end)
end)

describe("the command ntvol explain", function()
  local function run(finally, words)
    return command.capture(command.line(words), tempdir(finally))
  end

  it("prints text, and needs no machine", function()
    local result = run(finally, { "explain", "ERROR_NOT_READY" })
    assert.equal(0, result.code, result.err)
    assert.equal(tostring(ntvol.explain "ERROR_NOT_READY") .. "\n", result.out)
  end)

  it("prints JSON", function()
    local result = run(finally, { "explain", "0xC000026E", "--json" })
    local answer = cjson.decode(result.out)
    assert.equal("STATUS_VOLUME_DISMOUNTED", answer.name)
    assert.equal("dismounted", answer.reasons[1].reason)
  end)

  it("exits with 3 for what nobody knows", function()
    local result = run(finally, { "explain", "nonsense" })
    assert.equal(3, result.code)
    assert(result.err:find("hint: name one like", 1, true), result.err)
  end)
end)

describe("explain in the REPL", function()
  it("explains what is named, and the last failure", function()
    local lab = command.lab(finally, "1M:raw:D")
    local result = lab:run({ "repl", "D:" }, { input = [[
explain()
vol:unlock()
explain()
explain "in_use"
]] })
    assert.equal(0, result.code, result.err)
    assert(result.out:find("nothing has failed\n", 1, true), result.out)
    assert(result.out:find("unlock 'D:': ERROR_NOT_LOCKED, STATUS_NOT_LOCKED\n"
      .. "not_locked: ", 1, true), result.out)
    assert(result.out:find("in_use: somebody has it open", 1, true), result.out)
  end)
end)
