--- The output of the test runner: a line per spec file, every failure in full,
-- every skipped test with its reason, and a last line that counts them:
-- "N passed, N failed, N skipped".

local function text(message)
  if message == nil then
    return "no message"
  end
  if type(message) == "string" then
    return message
  end
  local ok, pretty = pcall(require, "pl.pretty")
  return ok and pretty.write(message) or tostring(message)
end

local function indent(message)
  return "    " .. text(message):gsub("\n", "\n    ")
end

local function where(failure)
  local trace = failure.trace
  if trace and trace.short_src then
    return ("%s:%s"):format(trace.short_src, trace.currentline)
  end
  return "?"
end

return function(options)
  local busted = require "busted"
  local handler = require "busted.outputHandlers.base"()
  local passed, failed, skipped = 0, {}, {}
  local file = { passed = 0, failed = 0, skipped = 0 }

  local function fail(failure)
    failed[#failed + 1] = failure
    file.failed = file.failed + 1
  end

  local function file_start()
    file = { passed = 0, failed = 0, skipped = 0 }
    return nil, true
  end

  local function file_end(element)
    local line = ("%-44s %4d passed"):format(element.name, file.passed)
    for _, word in ipairs { "failed", "skipped" } do
      if file[word] > 0 then
        line = ("%s, %d %s"):format(line, file[word], word)
      end
    end
    print(line)
    io.stdout:flush()
    return nil, true
  end

  local function test_end(_, _, status)
    if status == "success" then
      passed = passed + 1
      file.passed = file.passed + 1
    elseif status == "pending" then
      skipped[#skipped + 1] = handler.pendings[#handler.pendings]
      file.skipped = file.skipped + 1
    elseif status == "failure" then
      fail(handler.failures[#handler.failures])
    else
      fail(handler.errors[#handler.errors])
    end
    return nil, true
  end

  -- Outside of tests: a spec that does not load, a failing setup.
  local function other_error(element)
    if element.descriptor ~= "it" then
      fail(handler.errors[#handler.errors])
    end
    return nil, true
  end

  local function show_failure(failure)
    print(("\nFAILED %s\n    at %s"):format(failure.name, where(failure)))
    print(indent(failure.message))
    local trace = failure.trace and failure.trace.traceback
    if options.verbose and trace then
      print(indent(trace))
    end
  end

  local function suite_end()
    for _, failure in ipairs(failed) do
      show_failure(failure)
    end
    if #skipped > 0 then
      print("\nskipped:")
    end
    for _, test in ipairs(skipped) do
      -- A block that is pending has its reason in its name.
      local reason = test.message and ": " .. text(test.message)
        :gsub("^[^:]+%.lua:%d+: ", ""):gsub("%s+$", ""):gsub("\n", "\n    ")
      print("  " .. test.name .. (reason or ""))
    end
    print(("\n%d passed, %d failed, %d skipped"):format(
      passed, #failed, #skipped))
    io.stdout:flush()
    return nil, true
  end

  busted.subscribe({ "file", "start" }, file_start)
  busted.subscribe({ "file", "end" }, file_end)
  busted.subscribe({ "test", "end" }, test_end,
    { predicate = handler.cancelOnPending })
  busted.subscribe({ "error" }, other_error)
  busted.subscribe({ "failure" }, other_error)
  busted.subscribe({ "suite", "end" }, suite_end)
  return handler
end
