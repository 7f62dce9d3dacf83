--- What specs of the Windows machine share. They run by lua.exe under Wine
-- (make test-wine), which has the raw volumes F: and G: and a folder for files
-- (see tools/windows/wine.sh); elsewhere they are skipped with the reason.
--
--   local win = require "spec.win.support"
--   win.describe(_ENV, "opening", function(lab)
--     it("...", function()
--       local volume = lab:open "F:"

local assert = require "luassert"

local M = {}

--- Why these specs cannot run here; nil when they can.
function M.absent()
  if package.config:sub(1, 1) ~= "\\" then
    return "needs Windows: make test-wine"
  elseif not os.getenv "NTVOL_WINE_SCRATCH" then
    return "needs the volumes that tools/windows/wine.sh makes"
  end
end

--- Path of something in the folder for files.
function M.scratch(name)
  return os.getenv "NTVOL_WINE_SCRATCH" .. "\\" .. name
end

--- Bytes of the image behind F: or G:, read beside Windows' volume functions.
function M.image(letter, offset, length)
  local path = M.scratch(("volume-%s.img"):format(letter:lower()))
  local file <close> = assert(io.open(path, "rb"))
  assert(file:seek("set", offset))
  return file:read(length)
end

-- ---- labs -------------------------------------------------------------------

local lab = {}
lab.__index = lab

--- Opens something that must open; it is closed when the test ends.
function lab:open(name, options)
  local handle = assert(self.machine:open(name, options))
  self.handles[#self.handles + 1] = handle
  return handle
end

--- Runs `f` when the test ends, before the handles are closed.
function lab:defer(f)
  self.deferred = f
end

--- Opens something that must be refused with this Win32 error. Answers the
-- message and the details.
function lab:refuses(code, name, options)
  local helpers = require "spec.helpers"
  return helpers.refused(code, self.machine:open(name, options))
end

local function start(self)
  require("spec.helpers").start()
  self.handles = {}
  self.machine = assert(require("ntvol.core").connect("win32", ""))
end

local function finish(self)
  if self.deferred then
    self.deferred()
    self.deferred = nil
  end
  for i = #self.handles, 1, -1 do
    self.handles[i]:close()
  end
  self.machine:close()
  self.machine, self.handles = nil, nil
  require("spec.helpers").finish()
end

--- A `describe` whose tests have a connected machine each.
function M.describe(env, title, body)
  env.describe("on Windows: " .. title, function()
    local reason = M.absent()
    if reason then
      env.pending(reason)
      return
    end
    local self = setmetatable({}, lab)
    env.before_each(function()
      start(self)
    end)
    env.after_each(function()
      finish(self)
    end)
    body(self)
  end)
end

-- ---- the test driver --------------------------------------------------------

--- spec/win/driver/testvol.c: its volume is V:.
M.driver = {}

local SERVICE = "ntvol-testvol"

local CODE = { reset = 0x81372000, prepare = 0x81372004, release = 0x81372008, counts = 0x8137200C }

--- In the place of a control code, for `prepare`.
M.driver.READ, M.driver.WRITE, M.driver.FLUSH = 1, 2, 3

--- The request waits until `release`, a cancel, or for ever.
M.driver.FOR_EVER = 0xFFFFFFFF

local function sc(arguments)
  local pipe = assert(io.popen("sc " .. arguments .. " 2>&1"))
  local output = pipe:read "a"
  return pipe:close(), output
end

-- Wine shows the root of the host as Z:.
local function driver_path()
  local build = os.getenv "NTVOL_BUILD":gsub("/", "\\")
  if build:sub(1, 1) == "\\" then
    build = "Z:" .. build
  elseif build:sub(2, 2) ~= ":" then
    build = require "lfs".currentdir() .. "\\" .. build
  end
  return build .. "\\testvol.sys"
end

local loaded = false

--- Loads the driver unless this run has; also when an earlier run left it there.
function M.driver.load()
  if loaded then
    return
  end
  sc("stop " .. SERVICE)
  sc("delete " .. SERVICE)
  assert(sc(('create %s type= kernel start= demand binPath= "%s"')
    :format(SERVICE, driver_path())))
  assert(sc("start " .. SERVICE))
  loaded = true
end

function M.driver.unload()
  assert(sc("stop " .. SERVICE))
  assert(sc("delete " .. SERVICE))
  loaded = false
end

--- Everything of the driver back to the start: online, zeros, no answers.
function M.driver.reset(volume)
  assert(volume:control(CODE.reset))
end

--- The next request with this code ends with `status` (0 unless given) and
-- `information`, after `wait` milliseconds. `times` (1) requests do so.
-- `ignores_cancel`: a cancel changes nothing; `fills`: the output is 0xEE.
-- Wine's driver process reads as many bytes of a buffer as `information` says,
-- so that with a buffer it may be only a few bytes too large.
function M.driver.prepare(volume, code, answer)
  local flags = (answer.ignores_cancel and 1 or 0) | (answer.fills and 2 or 0)
  assert(volume:control(CODE.prepare, ("<I4I4I4I4I4I4I8"):pack(
    type(code) == "string" and require("ntvol.core").codes[code] or code,
    answer.status or 0, answer.wait or 0, flags, answer.times or 1, 0, answer.information or 0)))
end

--- Requests that wait end now.
function M.driver.release(volume)
  assert(volume:control(CODE.release))
end

--- Numbers of requests since the last reset.
function M.driver.counts(volume)
  local names = {
    "opened", "closed", "dismounts", "waiting", "cancelled", "reads", "writes", "offline",
  }
  local numbers = { ("<I4I4I4I4I4I4I4I4"):unpack(assert(volume:control(CODE.counts, nil, 32))) }
  local counts = {}
  for i, name in ipairs(names) do
    counts[name] = numbers[i]
  end
  return counts
end

return M
