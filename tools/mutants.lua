-- Plants the faults of spec/mutants.lua one at a time in a copy of the tree, and
-- sees that the specs of its row notice. Called by `make mutants`, in the tree.
--   lua tools/mutants.lua JOBS [name ...]
-- Parts of a name will do. Each fault gets a line:
--   caught      a test failed: its spec and its name
--   time limit  no test failed, the spec did not end: second class
--   crash       no test failed, the spec broke off: second class
--   NOT CAUGHT  the specs of the row passed
--   NOT BUILT   the fault does not compile: the row is wrong
-- Exit status 1: one of the last two. What the spec that noticed printed stays in
-- build/mutants/NAME.out.

package.path = "./?.lua;" .. package.path

local mutants = require "spec.support.mutants"
local proc = require "spec.support.proc"

local jobs = assert(tonumber(table.remove(arg, 1)), "usage: mutants.lua JOBS")

local COPY = "build/mutants"
local TREE = COPY .. "/tree"
local BUILD_LIMIT = 1800 -- seconds
local KILLED = { [124] = true, [137] = true } -- by timeout
local SECOND_CLASS = { ["time limit"] = true, crash = true }

-- ---- running in the copy -------------------------------------------------

-- A command that takes too long is ended, with all that it started; what it
-- leaves behind is taken away with the fault.
local function run(command, limit)
  return proc.run(("cd %s && TMPDIR=$(cd ../tmp && pwd) timeout -k 10 %d sh -c %s")
    :format(TREE, limit, proc.quote(command)))
end

-- Nothing of the make that called us reaches the one in the copy. What is left
-- over by a fault, like a variable that nobody uses, is no error.
local function make(words)
  return ("env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s WERROR= %s"):format(
    words)
end

local function program_of(spec)
  local name = spec:match "^spec/c/(.*)%.c$"
  return name and "build/release/c/" .. name
end

-- Not all C tests: linking them takes longer than most specs.
local function build(rows)
  local targets = { "fakes" }
  for _, row in ipairs(rows) do
    for _, spec in ipairs(row.specs) do
      targets[#targets + 1] = program_of(spec)
    end
  end
  local output, code = run(make("-j" .. jobs .. " "
    .. table.concat(targets, " ")), BUILD_LIMIT)
  return code == 0, output
end

-- A spec ends at the first test that fails: the others need not run.
local function command_of(spec)
  local program = program_of(spec)
  if not program then
    return make(("part ARGS='--no-keep-going %s'"):format(spec))
  end
  return ([[{ stdbuf -oL %s; echo "# exit status $?"; } | awk '{ print }
    /^not ok/ { if (getline > 0) print; exit 1 } /^# exit status/ { exit $4 }']])
    :format(program)
end

local function last_line(output)
  return output:match "([^\n]+)\n*$" or "it printed nothing"
end

-- How a spec ended: nil when all of it passed, else what kind of catch that is,
-- what noticed, and all that was printed.
local function look_at(spec, limit)
  local output, code = run(command_of(spec), limit)
  local failed = output:match "\nFAILED ([^\n]+)"
    or output:match "not ok %d+ %- ([^\n]+)"
  if code == 0 then
    return nil
  elseif failed then
    return "caught", failed, output
  elseif KILLED[code] then
    return "time limit", ("ended after %d s"):format(limit), output
  end
  return "crash", ("exit status %d, %s"):format(code, last_line(output)), output
end

-- ---- one fault -----------------------------------------------------------

local function keep(name, output)
  local file = assert(io.open(("%s/%s.out"):format(COPY, name), "wb"))
  assert(file:write(output))
  assert(file:close())
end

-- A catch of the second class is the answer only where no spec has a better one.
local function look(row, limits)
  local result, by = "NOT CAUGHT", row.breaks
  for _, spec in ipairs(row.specs) do
    local kind, what, output = look_at(spec, row.limit or limits[spec])
    if kind then
      keep(row.name, output)
      result, by = kind, ("%s: %s"):format(spec, what)
    end
    if kind == "caught" then
      break
    end
  end
  return result, by
end

-- What was built without a fault comes back: only the file of the next fault is
-- compiled.
local function bring_back()
  proc.lines(("cd %s && rm -rf tmp tree/build/release && mkdir tmp"
    .. " && cp -a release tree/build/"):format(COPY))
end

local function try(row, limits)
  local take_away = mutants.plant(TREE, row)
  local built, output = build { row }
  local result, by = "NOT BUILT", output:match "error:[^\n]*" or output
  if built then
    result, by = look(row, limits)
  end
  take_away()
  bring_back()
  return result, by
end

-- ---- the whole -----------------------------------------------------------

local function copy_tree()
  proc.lines(("rm -rf %s && mkdir -p %s/build %s/tmp"):format(COPY,
    TREE, COPY))
  proc.lines(("tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C %s")
    :format(TREE))
  proc.lines(("[ ! -d build/release ] || cp -a build/release %s/build/"):format(
    TREE))
end

local function selected(list)
  local found = {}
  for _, row in ipairs(list) do
    local wanted = #arg == 0
    for _, part in ipairs(arg) do
      wanted = wanted or row.name:find(part, 1, true) ~= nil
    end
    found[#found + 1] = wanted and row or nil
  end
  return found
end

local function stop(text)
  print(text)
  os.exit(1)
end

-- A spec that fails by itself would catch everything. Answers after how many
-- seconds each counts as hanging: long after it has ended here, as other programs
-- may keep the machine busy.
local function time_specs(list)
  local limits = {}
  for _, row in ipairs(list) do
    for _, spec in ipairs(row.specs) do
      local began = os.time()
      local kind, by
      if not limits[spec] then
        kind, by = look_at(spec, BUILD_LIMIT)
        limits[spec] = 60 + 10 * (os.time() - began)
      end
      if kind then
        stop(("without a fault, %s fails: %s"):format(spec, by))
      end
    end
  end
  return limits
end

local function prepare()
  local list = mutants.list()
  local problems = mutants.problems(list)
  if #problems > 0 then
    stop("spec/mutants.lua:\n  " .. table.concat(problems, "\n  "))
  end
  list = selected(list)
  copy_tree()
  local built, output = build(list)
  if not built then
    stop(output)
  end
  local limits = time_specs(list)
  proc.lines(("cd %s && mkdir -p tree/build/release"
    .. " && cp -a tree/build/release ."):format(COPY))
  return list, limits
end

local function main()
  local start, caught, second = os.time(), 0, 0
  local list, limits = prepare()
  for _, row in ipairs(list) do
    local began = os.time()
    local result, by = try(row, limits)
    caught = caught + (result == "caught" and 1 or 0)
    second = second + (SECOND_CLASS[result] and 1 or 0)
    print(("%-26s %-10s %4d s  %s"):format(row.name, result, os.time() - began, by))
    io.stdout:flush()
  end
  print(("\n%d planted in %d s: %d caught by a test, %d by a time limit or a crash, "
    .. "%d not"):format(#list, os.time() - start, caught, second,
    #list - caught - second))
  os.exit(#list > 0 and caught + second == #list)
end

main()
