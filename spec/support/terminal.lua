--- Runs `ntvol` on a terminal of its own.
---
---   local result = terminal.run(lab, { "repl" }, { "> ", "1 + 1\n", "> ", "\4" })

local command = require "spec.support.command"
local proc = require "spec.support.proc"

local M = {}

--- Why there is no such terminal; nil when there is.
function M.missing()
  return proc.windows and "pseudo terminals are those of POSIX"
    or not proc.has "python3"
      and "python3, which makes the terminal, is not installed" or nil
end

--- Runs a command line: `{ out, err, code }`.
-- @param lab its folder has the output
-- @param line for sh
-- @param keys pairs: what is waited for, and what is typed then
function M.line(lab, line, keys)
  local words = {}
  for i, key in ipairs(keys) do
    words[i] = proc.quote(key)
  end
  return command.capture(("NTVOL_STATE=%s TERM=xterm python3"
    .. " spec/support/terminal.py %s -- %s"):format(
    proc.quote(lab.folder .. "/state"), table.concat(words, " "), line),
    lab.folder)
end

--- Runs `ntvol` on the machine of the lab.
function M.run(lab, words, keys)
  return M.line(lab, command.line(words, { machine = lab.path }), keys)
end

return M
