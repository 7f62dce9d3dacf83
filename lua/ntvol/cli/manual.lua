--- Commands about the command: completion, help and man.
-- @module ntvol.cli.manual

local complete = require "ntvol.cli.complete"
local completion = require "ntvol.cli.completion"
local core = require "ntvol.core"
local man = require "ntvol.cli.man"
local output = require "ntvol.cli.output"

local M = {}

local function add_completion(add)
  local command = add("completion", "Print the completion for a shell.",
    function(args)
      output.write(completion[args.shell])
      return output.EXIT.ok
    end)
  command:argument "shell"
    :description "The shell that reads it."
    :choices { "bash", "zsh", "fish" }
  command:epilog [[
"make install" puts the files where the shells look for them. Volumes, disks,
numbers of operations and reasons are completed, too. By hand, for this user:
Examples: ntvol completion bash > ~/.local/share/bash-completion/completions/ntvol
          ntvol completion zsh > ~/.zfunc/_ntvol
          ntvol completion fish > ~/.config/fish/completions/ntvol.fish]]
end

local function add_help(add, parser)
  local command = add("help", "Show the help of a command.", function(args)
    local argv = table.move(args.words, 1, #args.words, 1, {})
    argv[#argv + 1] = "--help"
    parser:parse(argv) -- ends the program, or says which word is wrong
  end)
  command:argument "words"
    :args "*"
    :argname "COMMAND"
    :description "The command; all of them unless given."
  command:epilog [[
Examples: ntvol help
          ntvol help sim create]]
end

-- A pipe to the program `man`, when output goes to a terminal and there is such
-- a program.
local function viewer()
  return core.is_terminal(1) and package.config:sub(1, 1) == "/"
    and os.execute "command -v man >/dev/null"
    and io.popen("man -l -", "w")
end

local function add_man(add, parser, version)
  add("man", "Show this help as a manual page.", function()
    local page = man.page(parser, version)
    local pipe = viewer()
    if pipe then
      pipe:write(page)
      pipe:close()
    else
      output.write(page)
    end
    return output.EXIT.ok
  end):epilog [[
In a pipe it prints the source of the page. "make install" puts it where man
looks for it; by hand, for this user:
Example: ntvol man > ~/.local/share/man/man1/ntvol.1]]
end

--- Adds the commands to the parser.
-- @param add function(name, summary, run)
-- @param parser the whole parser
-- @tparam string version
function M.add(add, parser, version)
  add_completion(add)
  complete.add(add, parser)
  add_help(add, parser)
  add_man(add, parser, version)
end

return M
