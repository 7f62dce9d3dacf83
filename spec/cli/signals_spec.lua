-- Programs under a lock: what comes to ntvol while they run, and what they
-- hold when ntvol is gone.

local command = require "spec.support.command"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

local NUMBERS = { HUP = 1, INT = 2, QUIT = 3, TERM = 15 }

-- Says who it and ntvol are, then runs as long as the file "hold" is there.
local SAY = "echo ready $PPID $$; "
local STAY = "while [ -e %s/hold ]; do sleep 0.02; done; "

local run = {}
run.__index = run

local function exists(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

-- Waits until a condition holds. When that never happens, the suite ends the test.
local function wait_until(holds, ...)
  while not holds(...) do
    proc.run "sleep 0.02"
  end
end

local function end_if_alive(pid)
  proc.run(("kill -9 %d 2>/dev/null; true"):format(pid))
end

-- Starts ntvol, and returns when the program runs. `options`: `before`, what
-- the program does first; `after`, what it does last; `line`, makes another
-- command line for sh of that of ntvol.
local function start(finally, verb, options)
  if proc.windows then
    pending "there are no signals on Windows"
  end
  options = options or {}
  local defer = machines.cleanup(finally)
  local folder = tempdir(defer)
  local lab = setmetatable({ folder = folder, path = folder .. "/lab",
    verb = verb }, run)
  require "ntvol.sim".create(lab.path, { disks = { "8M:fat:D" } }):close()
  proc.lines("touch " .. folder .. "/hold")
  local script = ((options.before or "") .. SAY .. STAY .. (options.after or ""))
    :gsub("%%s", folder)
  -- The process that runs the suite may ignore some signals.
  local line = "env --default-signal NTVOL_STATE=" .. folder .. "/state "
    .. command.line({ verb, "D:", "--", "sh", "-c", script },
      { machine = lab.path }) .. " 2>" .. folder .. "/err"
  line = options.line and options.line(line, folder) or "exec " .. line
  lab.pipe = assert(io.popen(line, "r"))
  defer(function()
    os.remove(folder .. "/hold")
    for _, pid in ipairs { lab.pid, lab.program } do
      end_if_alive(pid)
    end
    lab:status()
  end)
  local said = lab.pipe:read("l") or proc.slurp(folder .. "/err")
  local pid, program = said:match("^ready (%d+) (%d+)\r?$")
  assert(pid, said)
  lab.pid, lab.program = math.tointeger(pid), math.tointeger(program)
  return lab
end

function run:kill(signal, pid)
  proc.lines(("kill -%s %d"):format(signal, pid or self.pid))
end

-- Lets the program go on to its end.
function run:release()
  os.remove(self.folder .. "/hold")
end

-- How it ended, as the shell says it.
function run:status()
  if io.type(self.pipe) == "file" then
    local _, how, code = self.pipe:close()
    self.ended = how == "signal" and 128 + code or code
  end
  return self.ended
end

-- The first letter of a process's state.
local function state(pid)
  local file <close> = io.open(("/proc/%d/stat"):format(pid))
  local text = file and file:read("a")
  return text and text:match("^.*%) (%a)")
end

local function is_gone(pid)
  local now = state(pid)
  return not now or now == "Z"
end

-- Who refuses the volume to others now; nil: nobody.
function run:holder()
  local machine <close> = assert(require "ntvol.sim".open(self.path))
  local volume, _, code, info = machine:open "D:"
  if volume then
    volume:close()
    return nil
  end
  assert.equal("ERROR_ACCESS_DENIED", code)
  assert.equal("locked_by_other", info.reason)
  assert.equal(1, #info.holders)
  assert.equal("lock", info.holders[1].how)
  return info.holders[1]
end

-- Events of the lock so far.
function run:locks()
  local machine <close> = assert(require "ntvol.sim".open(self.path))
  local names = {}
  for _, event in ipairs(assert(machine:events())) do
    if event.name:find "LOCK" then
      names[#names + 1] = event.name
    end
  end
  return table.concat(names, "; ")
end

for _, verb in ipairs { "lock", "exclusive" } do
  describe("ntvol " .. verb .. ", while its program runs,", function()
    for name, number in pairs(NUMBERS) do
      it("passes on " .. name .. ", and keeps the lock until the program ends",
        function()
          local lab = start(finally, verb, {
            before = ("trap 'touch %%s/got' %s; "):format(name),
            after = "exit 7" })
          lab:kill(name)
          wait_until(exists, lab.folder .. "/got")
          local holder = lab:holder()
          assert.equal(lab.pid, holder.pid)
          assert.is_false(is_gone(lab.pid))
          lab:release()
          assert.equal(7, lab:status())
          assert.is_nil(lab:holder())
          assert.equal("LOCK; UNLOCK", lab:locks())
        end)

      it("returns 128 + " .. number .. " when " .. name .. " ends the program",
        function()
          local lab = start(finally, verb)
          lab:kill(name)
          assert.equal(128 + number, lab:status())
          assert.is_true(is_gone(lab.program))
          assert.equal("LOCK; UNLOCK", lab:locks())
        end)
    end

    it("leaves the lock to the program when it is killed", function()
      local lab = start(finally, verb)
      lab:kill "KILL"
      assert.equal(128 + 9, lab:status())
      local holder = lab:holder()
      assert.equal(lab.program, holder.pid)
      assert.equal("sh", holder.name)
      assert.is_false(holder.self)
      local other = command.line({ "lock", "D:", "--", "true" },
        { machine = lab.path })
      local result = command.capture(other, lab.folder)
      assert.equal(4, result.code)
      assert.matches(("sh (pid %d, volume handle, holds the lock)"):format(
        lab.program), result.err, 1, true)
      assert.equal("LOCK", lab:locks())
      lab:release()
      wait_until(is_gone, lab.program)
      assert.is_nil(lab:holder())
      assert.equal("LOCK; UNLOCK", lab:locks())
    end)

    it("leaves the lock to what its program leaves behind when it is killed",
      function()
        local lab = start(finally, verb, { before = "(trap '' HUP; "
          .. STAY .. "exec sleep 0) >/dev/null 2>&1 & " })
        lab:kill "KILL"
        lab:kill("KILL", lab.program)
        wait_until(is_gone, lab.program)
        lab:status()
        local holder = lab:holder()
        assert.equal(0, holder.pid)
        assert.equal("started by sh", holder.name)
        lab:release()
        wait_until(function()
          return not lab:holder()
        end)
        assert.equal("LOCK; UNLOCK", lab:locks())
      end)

    it("unlocks when its program ends, whatever that leaves behind", function()
      local lab = start(finally, verb, { before = "(while [ -e %s/behind ]; do "
        .. "sleep 0.02; done) >/dev/null 2>&1 & " })
      proc.lines("touch " .. lab.folder .. "/behind")
      lab:release()
      assert.equal(0, lab:status())
      assert.is_nil(lab:holder())
      os.remove(lab.folder .. "/behind")
    end)

    it("does not hear what was ignored when it began, and neither does its"
      .. " program", function()
        local lab = start(finally, verb, { line = function(line)
          return "trap '' HUP; exec "
            .. line:gsub("%-%-default%-signal", "--default-signal=INT", 1)
        end })
        lab:kill "HUP"
        lab:kill("HUP", lab.program)
        assert.equal(lab.pid, lab:holder().pid)
        lab:release()
        assert.equal(0, lab:status())
      end)

    it("stops and goes on together with its program", function()
      if not proc.has "bash" then
        pending "there is no shell with job control (bash)"
      end
      -- in a group of its own, with somebody who could let it go on
      local lab = start(finally, verb, { line = function(line, folder)
        -- a loop of bash ends when a child stops; a read does not
        return "exec bash -c " .. proc.quote(("set -m; mkfifo %s/keys; "
          .. "exec 9<>%s/keys; %s 9>&- & read -t 30 <&9; wait $!")
          :format(folder, folder, line)) .. " 2>/dev/null"
      end })
      local function both_are(letters)
        return function()
          local a, b = state(lab.pid), state(lab.program)
          return a and b and letters:find(a, 1, true)
            and letters:find(b, 1, true)
        end
      end
      for _, stopped in ipairs { lab.pid, lab.program } do
        lab:kill("TSTP", stopped)
        wait_until(both_are "T")
        assert.equal(lab.pid, lab:holder().pid)
        lab:kill "CONT"
        wait_until(both_are "SR")
      end
      lab:release()
      local keys <close> = assert(io.open(lab.folder .. "/keys", "w"))
      keys:write "\n"
      keys:flush()
      assert.equal(0, lab:status())
    end)

    it("hears Ctrl-C of a terminal once", function()
      if not proc.has "script" then
        pending "there is no program that makes a terminal (script)"
      end
      local lab = start(finally, verb, {
        before = "trap 'echo got >>%s/got' INT; ",
        line = function(line, folder)
          return ("mkfifo %s/keys; cat %s/keys | script -qefc %s /dev/null")
            :format(folder, folder, proc.quote("exec " .. line)) .. "; exit 0"
        end })
      local keys = assert(io.open(lab.folder .. "/keys", "w"))
      keys:write "\3"
      keys:flush()
      wait_until(exists, lab.folder .. "/got")
      -- one that is passed on would be on its way by now: it comes before this
      lab:kill "TERM"
      wait_until(is_gone, lab.program)
      keys:close()
      assert.matches("^C", lab.pipe:read("a"), 1, true)
      assert.equal("got\n", proc.slurp(lab.folder .. "/got"))
    end)
  end)
end

-- A prompt waits in one system call: the first signal is kept until that ends.
describe("ntvol at its prompt", function()
  local function catches_term(pid)
    local file <close> = assert(io.open(("/proc/%d/status"):format(pid)))
    local mask = tonumber(file:read("a"):match "SigCgt:%s*(%x+)", 16)
    return mask & (1 << (NUMBERS.TERM - 1)) ~= 0
  end

  it("is ended by a second SIGTERM", function()
    if proc.windows then
      pending "there are no signals on Windows"
    end
    local defer = machines.cleanup(finally)
    local lab = command.lab(defer, "8M:fat:D")
    local pipe = assert(io.popen(("mkfifo %s/in; exec 3<>%s/in; echo $$;"
      .. " echo \"print 'here'; io.flush()\" >&3;"
      .. " exec env --default-signal %s <&3 2>&1"):format(lab.folder, lab.folder,
      command.line({ "repl" }, { machine = lab.path })), "r"))
    local pid = math.tointeger(pipe:read("l"))
    defer(function()
      end_if_alive(pid)
    end)
    assert.equal("here", pipe:read("l"))
    wait_until(function()
      return state(pid) == "S"
    end)
    assert.is_true(catches_term(pid))
    proc.lines("kill -TERM " .. pid)
    wait_until(function()
      return not catches_term(pid)
    end)
    proc.lines("kill -TERM " .. pid)
    pipe:read("a")
    local _, how, number = pipe:close()
    assert.same({ "signal", NUMBERS.TERM }, { how, number })
  end)
end)

describe("a program that makes a file system", function()
  it("has no descriptor of the machine, whose lock would outlive ntvol",
    function()
      if proc.windows or not proc.has "mkfs.fat" then
        pending "there is no mkfs.fat"
      end
      local lab = command.lab(finally, "8M:fat:D")
      local real = proc.lines "command -v mkfs.fat"[1]
      local tool = lab.folder .. "/mkfs.fat"
      local file = assert(io.open(tool, "w"))
      assert(file:write(("#!/bin/sh\nls -l /proc/$$/fd >%s/fds\nexec %s \"$@\"\n")
        :format(lab.folder, real)))
      assert(file:close())
      proc.lines("chmod 755 " .. tool)
      local result = command.capture(("PATH=%s:$PATH NTVOL_STATE=%s %s"):format(
        lab.folder, lab.folder, command.line({ "change-fs", "D:", "--to",
          "fat", "--erase", "D:" }, { machine = lab.path })), lab.folder)
      assert.equal(0, result.code, result.err)
      local list = proc.slurp(lab.folder .. "/fds")
      assert.matches(" 3 %-> ", list)
      assert.is_nil(list:find("machine.", 1, true), list)
      assert.is_nil(list:find("journal.", 1, true), list)
    end)
end)
