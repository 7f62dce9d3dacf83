-- Names, sharing and access rights of raw volumes. F: and G: are image files,
-- on which Wine keeps share modes as Windows does on volumes (O1, O2).

local helpers = require "spec.helpers"
local win = require "spec.win.support"

win.describe(_ENV, "a volume", function(lab)
  for _, name in ipairs { "F:", "f:", [[\\.\F:]], [[\\?\F:]] } do
    it("opens as " .. name, function()
      local volume = lab:open(name)
      assert.equal("volume", volume:kind())
      assert.equal(name, volume:name())
      assert.equal(512, volume:sector_size())
    end)
  end

  it("opens by its GUID path, its device and GLOBALROOT (1.1)", function()
    for _, info in ipairs(lab.machine:volumes()) do
      if info.name == "C:" then
        for _, name in ipairs { info.guid_path, info.device,
          [[\\?\GLOBALROOT]] .. info.device } do
          assert.equal("volume", lab:open(name):kind())
        end
        return
      end
    end
    error "C: is not listed"
  end)

  it("that is not there is not found (error 2)", function()
    for _, name in ipairs { "H:", [[\\.\I:]], "PhysicalDrive9",
      [[\\?\Volume{11111111-2222-3333-4444-555555555555}]] } do
      local _, info = lab:refuses("ERROR_FILE_NOT_FOUND", name)
      assert.equal("STATUS_OBJECT_NAME_NOT_FOUND", info.status_name)
      assert.equal(2, info.win32)
      assert(info.hint_command:find("ntvol volumes", 1, true))
    end
  end)

  for _, name in ipairs { "", "F", "?:", "1:", "a*b", [[\\.\]], [[\\?\Volume{1}]] } do
    it(("has no name %q (error 123)"):format(name), function()
      local answer, message, code, info = lab.machine:open(name)
      assert.is_nil(answer)
      assert.equal("ERROR_INVALID_NAME", code, message)
      assert.equal(123, info.win32)
      assert(info.hint:find(name == "F" and "a colon: F:" or "write D:", 1, true))
    end)
  end

  it("cannot be created, overwritten or be a directory", function()
    for _, disposition in ipairs { "create", "overwrite", "overwrite_if", "supersede" } do
      lab:refuses("ERROR_ACCESS_DENIED", "F:", { disposition = disposition })
    end
    lab:refuses("ERROR_DIRECTORY", "F:", { directory = true })
    lab:open("F:", { disposition = "open_if" })
  end)
end)

win.describe(_ENV, "sharing", function(lab)
  local function in_use(name, options)
    local _, info = lab:refuses("ERROR_SHARING_VIOLATION", name, options)
    assert.equal("STATUS_SHARING_VIOLATION", info.status_name)
    assert.equal(32, info.win32)
    assert.equal("transient", info.class)
    assert.equal("in_use", info.reason)
    assert.is_false(info.holders_complete)
    return info
  end

  it("is read and write unless said otherwise", function()
    lab:open "F:"
    lab:open "F:"
  end)

  it("refuses a second handle while one shares nothing (error 32)", function()
    local first = lab:open("F:", { share = "" })
    in_use "F:"
    in_use [[\\.\F:]]
    assert(first:close())
    lab:open "F:"
  end)

  it("refuses to share nothing while another handle is open", function()
    local first = lab:open "F:"
    in_use("F:", { share = "" })
    assert(first:close())
    lab:open("F:", { share = "" })
  end)

  it("counts only what the other handle does", function()
    lab:open("F:", { access = "r" })
    lab:open("F:", { share = "r" })
    in_use("F:", { access = "w" })
  end)

  it("is of each volume", function()
    lab:open("F:", { share = "" })
    lab:open("G:", { share = "" })
  end)

  it("a handle without data access is in nobody's way", function()
    lab:open("F:", { share = "" })
    local handle = lab:open("F:", { access = "none" })
    assert.equal("device", handle:kind())
  end)

  it("ends with the collector, too", function()
    assert(lab.machine:open("F:", { share = "" }))
    helpers.collect()
    lab:open("F:", { share = "" })
    assert.matches("F:", helpers.fake.warnings(), 1, true)
  end)
end)

win.describe(_ENV, "access", function(lab)
  local function denied(op, ...)
    local message, info = helpers.refused("ERROR_ACCESS_DENIED", ...)
    assert.equal(5, info.win32, message)
    assert.equal(op, info.op)
    assert(info.hint:find('"rw"', 1, true), info.hint)
    return info
  end

  for _, case in ipairs {
    { access = "r", lacks = "write access" },
    { access = "w", lacks = "read access" },
    { access = "none", lacks = "read and write access" },
  } do
    it("offline and online need both rights: " .. case.access .. " (F1)", function()
      local volume = lab:open("F:", { access = case.access })
      for _, op in ipairs { "offline", "online" } do
        local info = denied(op, volume[op](volume))
        assert.equal("handle_access", info.reason)
        assert(info.detail:find(case.lacks, 1, true), info.detail)
      end
    end)
  end

  it("a handle for reading does not write", function()
    local volume = lab:open("G:", { access = "r" })
    local before = win.image("G", 512, 512)
    assert.equal(before, volume:read(512, 512))
    denied("write", volume:write(512, ("w"):rep(512)))
    assert.equal(before, win.image("G", 512, 512))
  end)

  it("a handle for writing does not read", function()
    local volume = lab:open("F:", { access = "w" })
    denied("read", volume:read(0, 512))
    denied("query length", volume:size())
  end)

  it("a handle without data access neither reads nor writes", function()
    local volume = lab:open("F:", { access = "none" })
    denied("read", volume:read(0, 512))
    denied("write", volume:write(0, ("w"):rep(512)))
  end)
end)
