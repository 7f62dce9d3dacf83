-- Files and directories by path: names in UTF-8, whatever the code page, with
-- spaces and letters beyond ASCII; dispositions, sharing, sizes.

local helpers = require "spec.helpers"
local win = require "spec.win.support"

win.describe(_ENV, "a file", function(lab)
  local number = 0

  -- A new name in the folder that the runner made; the folder is removed with
  -- all that is in it when the run ends.
  local function new_name()
    number = number + 1
    return win.scratch(([[Ordner mit Leerzeichen äöü 日本\Datei %d — ß 語.bin]]):format(number))
  end

  local function create(data, options)
    local name = new_name()
    local file = lab:open(name, { disposition = "create" })
    assert.equal(#data, file:write(0, data))
    assert(file:close())
    return name, options and lab:open(name, options)
  end

  it("is created, written and read by its UTF-8 name", function()
    local name = new_name()
    local file = lab:open(name, { disposition = "create" })
    assert.equal("file", file:kind())
    assert.equal(1, file:sector_size())
    assert.equal(name, file:name())
    assert.equal(0, file:size())
    assert.equal(7, file:write(0, "any len"))
    assert.equal(3, file:write(100, "far"))
    assert.equal(103, file:size())
    assert.equal("len", file:read(4, 3))
    assert.equal(("\0"):rep(93) .. "far", file:read(7, 1000))
    assert.is_true(file:flush())
  end)

  it("is the same file by slashes and in another case", function()
    local name = create "same"
    assert.equal("same", lab:open((name:gsub("\\", "/"))):read(0, 10))
    assert.equal("same", lab:open((name:gsub("Ordner", "ORDNER"))):read(0, 10))
  end)

  it("has nothing behind its end", function()
    local _, file = create("12345", {})
    assert.equal("45", file:read(3, 10))
    helpers.refused("ERROR_HANDLE_EOF", file:read(5, 1))
  end)

  it("is not created twice", function()
    local name = create "first"
    local _, info = lab:refuses("ERROR_ALREADY_EXISTS", name, { disposition = "create" })
    assert.equal("STATUS_OBJECT_NAME_COLLISION", info.status_name)
    assert.equal("first", lab:open(name):read(0, 10))
  end)

  it("is emptied by overwrite, and kept by open_if", function()
    local name = create "contents"
    assert.equal(8, lab:open(name, { disposition = "open_if" }):size())
    assert.equal(0, lab:open(name, { disposition = "overwrite" }):size())
  end)

  it("that is not there: error 2; a folder that is not there: error 3", function()
    lab:refuses("ERROR_FILE_NOT_FOUND", win.scratch "no such file 日本")
    lab:refuses("ERROR_FILE_NOT_FOUND", new_name(), { disposition = "overwrite" })
    local _, info = lab:refuses("ERROR_PATH_NOT_FOUND", win.scratch [[none\file]])
    assert.equal("STATUS_OBJECT_PATH_NOT_FOUND", info.status_name)
  end)

  it("has no name with a star", function()
    lab:refuses("ERROR_INVALID_NAME", [[C:\a*b]])
  end)

  it("has no name that is not UTF-8", function()
    for _, bytes in ipairs { "\xFF\xFE", "\xED\xA0\x80", "\xC3" } do
      local answer, message, code, info = lab.machine:open("C:\\" .. bytes)
      assert.is_nil(answer)
      assert.equal("ERROR_INVALID_NAME", code, message)
      assert(info.detail:find("UTF-8", 1, true))
      assert(utf8.len(message), "the message is UTF-8")
    end
  end)

  it("is shared as was said (error 32)", function()
    local name, file = create("x", { share = "r" })
    local _, info = lab:refuses("ERROR_SHARING_VIOLATION", name)
    assert.equal("in_use", info.reason)
    assert.equal("x", lab:open(name, { access = "r", share = "rw" }):read(0, 1))
    assert(file:close())
  end)

  it("knows the volume that it lies on", function()
    local _, file = create("x", {})
    local info = assert(file:info())
    assert.equal("Z:", info.name)
  end)

  it("opens on C:", function()
    local file = lab:open [[C:\windows\win.ini]]
    assert.equal("file", file:kind())
    assert.equal(file:size(), #file:read(0, 1 << 20))
  end)

  it("is no directory", function()
    local name = create "x"
    local _, info = lab:refuses("ERROR_DIRECTORY", name, { directory = true })
    assert.equal("STATUS_NOT_A_DIRECTORY", info.status_name)
  end)
end)

win.describe(_ENV, "a directory", function(lab)
  for _, name in ipairs { [[C:\windows]], "Z:\\" } do
    it("opens: " .. name, function()
      local directory = lab:open(name)
      assert.equal("directory", directory:kind())
      assert.equal(0, directory:size())
    end)
  end

  it("opens by a name with spaces and letters beyond ASCII", function()
    local name = win.scratch "Ordner mit Leerzeichen äöü 日本"
    assert.equal("directory", lab:open(name):kind())
    assert.equal("directory", lab:open(name, { directory = true }):kind())
    assert.equal("Z:", lab:open(name):info().name)
  end)

  it("has no bytes", function()
    local directory = lab:open [[C:\windows]]
    helpers.refused("ERROR_INVALID_FUNCTION", directory:read(0, 512))
  end)
end)
