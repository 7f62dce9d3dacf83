-- ntvol.explain: one table for the code, the documents and those who ask.

local core = require "ntvol.core"
local helpers = require "spec.helpers"
local ntvol = require "ntvol"
local reasons = require "ntvol.reasons"
local sim = require "ntvol.sim"

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
    assert(text:find("next: close all handles to it, or wait: wait = 10", 1, true), text)
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

describe("the table of reasons", function()
  it("is complete and without doubles", function()
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
