-- Plants the faults of spec/mutants.lua one at a time in a copy of the tree, and
-- sees that the specs notice. Called by `make mutants`, in the tree.
--   lua tools/mutants.lua JOBS [name ...]
-- Parts of a name will do. Exit status 1: a fault got through, or cannot be
-- planted.

package.path = "./?.lua;" .. package.path

local mutants = require "spec.support.mutants"
local proc = require "spec.support.proc"

local jobs = assert(tonumber(table.remove(arg, 1)), "usage: mutants.lua JOBS")

local COPY = "build/mutants"
local TREE = COPY .. "/tree"
local LIMIT = 900 -- seconds for one spec, unless a row says otherwise
local SUITE_LIMIT = 3600
local KILLED = { [124] = true, [137] = true } -- by timeout

-- ---- running in the copy -------------------------------------------------

-- A command that takes too long is ended, with all that it started.
local function run(command, limit)
  return proc.run(("cd %s && timeout -k 10 %d sh -c %s"):format(TREE, limit,
    proc.quote(command)))
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
  local targets = { "all" }
  for _, row in ipairs(rows) do
    for _, spec in ipairs(row.specs) do
      targets[#targets + 1] = program_of(spec)
    end
  end
  local output, code = run(make("-j" .. jobs .. " "
    .. table.concat(targets, " ")), SUITE_LIMIT)
  return code == 0, output
end

local function command_of(spec)
  return program_of(spec) or make("part ARGS=" .. spec)
end

-- The first failure that a spec or the suite printed.
local function first_failure(output)
  return output:match "FAILED ([^\n]+)" or output:match "not ok %d+ %- ([^\n]+)"
end

-- Whether a command failed; what noticed the fault.
local function noticed(command, limit)
  local output, code = run(command, limit)
  if code == 0 then
    return nil
  elseif KILLED[code] then
    return ("it hangs: ended after %d s"):format(limit)
  end
  return first_failure(output) or ("exit status %d"):format(code)
end

-- ---- one fault -----------------------------------------------------------

-- Who noticed it: the specs of its row, else any of the suite.
local function look(row)
  for _, spec in ipairs(row.specs) do
    local by = noticed(command_of(spec), row.limit or LIMIT)
    if by then
      return "caught", ("%s: %s"):format(spec, by)
    end
  end
  local by = noticed(make "suite ARGS=", SUITE_LIMIT)
  if by then
    return "caught", "by another spec than its row names: " .. by
  end
  return "NOT CAUGHT", row.breaks
end

local function try(row)
  local take_away = mutants.plant(TREE, row)
  local built, output = build { row }
  local result, by = "NOT BUILT", output:match "error:[^\n]*" or output
  if built then
    result, by = look(row)
  end
  take_away()
  return result, by
end

-- ---- the whole -----------------------------------------------------------

local function copy_tree()
  proc.lines(("rm -rf %s && mkdir -p %s/build"):format(COPY, TREE))
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

-- A spec that fails by itself would catch everything.
local function check_specs(list)
  local seen = {}
  for _, row in ipairs(list) do
    for _, spec in ipairs(row.specs) do
      local by = not seen[spec] and noticed(command_of(spec), LIMIT)
      seen[spec] = true
      if by then
        return ("without a fault, %s fails: %s"):format(spec, by)
      end
    end
  end
end

local function stop(text)
  print(text)
  os.exit(1)
end

local function main()
  local list = mutants.list()
  local problems = mutants.problems(list)
  if #problems > 0 then
    stop("spec/mutants.lua:\n  " .. table.concat(problems, "\n  "))
  end
  list = selected(list)
  copy_tree()
  local built, output = build(list)
  local problem = not built and output or check_specs(list)
  if problem then
    stop(problem)
  end
  local caught = 0
  for _, row in ipairs(list) do
    local began = os.time()
    local result, by = try(row)
    caught = caught + (result == "caught" and 1 or 0)
    print(("%-26s %-10s %4d s  %s"):format(row.name, result, os.time() - began, by))
    io.stdout:flush()
  end
  print(("\n%d planted, %d caught"):format(#list, caught))
  os.exit(#list > 0 and caught == #list)
end

main()
