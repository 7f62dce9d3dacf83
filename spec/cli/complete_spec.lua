-- What the shells offer at a tab: every command and option, and the volumes,
-- disks, operations and reasons that there are.

local command = require "spec.support.command"
local machines = require "spec.support.machines"
local proc = require "spec.support.proc"
local tempdir = require "spec.support.tempdir"

-- What may stand in place of the last word: a list of words, their meanings,
-- and what else may stand there.
local function offered(words, machine)
  local argv = table.move(words, 1, #words, 3, { "__complete", "--" })
  local list, meanings, kind = {}, {}, nil
  for _, line in ipairs(proc.lines(command.line(argv, { machine = machine })
      .. " 2>&1")) do
    local word, meaning = line:match "^([^\t]*)\t(.*)$"
    if word then
      list[#list + 1], meanings[word] = word, meaning
    else
      assert(not kind, line)
      kind = line
    end
  end
  return list, meanings, kind
end

local function words_of(text)
  local list = {}
  for word in text:gmatch "%S+" do
    list[#list + 1] = word
  end
  if text:find " $" then
    list[#list + 1] = ""
  end
  return list
end

-- Two machines, and beside them a journal with one format.
local function new_lab(finally)
  local lab = command.lab(finally, "16M:fat:D:OLD DISK", "8M:raw:E")
  lab.state = "NTVOL_STATE=" .. proc.quote(lab.folder .. "/state") .. " "
  local result = command.capture("export " .. lab.state .. "; "
    .. command.line({ "format", "D:", "--label", "OLD DISK", "--erase", "D:" },
    { machine = lab.path }), lab.folder)
  assert.equal(0, result.code, result.err)
  return lab
end

describe("the words that the shells offer", function()
  it("are every command and every option of its help", function()
    local function check(words)
      local help = proc.run(command.line(table.move({ "--help" }, 1, 1,
        #words + 1, table.move(words, 1, #words, 1, {}))))
      local asked = table.move(words, 1, #words, 1, {})
      asked[#words + 1] = "--"
      local found = "\n" .. table.concat((offered(asked)), "\n") .. "\n"
      for option in help:gmatch "\n   [-%w, ]*(%-%-[%w-]+)" do
        assert(found:find("\n" .. option .. "\n", 1, true),
          table.concat(words, " ") .. " " .. option)
      end
      asked[#words + 1] = ""
      local commands = (help:match "\nCommands:\n(.-)\n\n"
        or help:match "\nCommands:\n(.*)$" or "") .. "\n"
      local count = 0
      found = "\n" .. table.concat((offered(asked)), "\n") .. "\n"
      for name in ("\n" .. commands):gmatch "\n   ([%w-]+)" do
        count = count + 1
        assert(found:find("\n" .. name .. "\n", 1, true), name)
        local below = table.move(words, 1, #words, 1, {})
        below[#below + 1] = name
        check(below)
      end
      return count
    end
    assert(check {} >= 20)
  end)

  it("are the volumes, disks and letters of the machine that is named",
    function()
      local lab = new_lab(finally)
      local other = lab:neighbour "8M:raw:Z"
      local rows = {
        { "show ", "0 1 D: E:" }, { "show E", "E:" }, { "format ", "D: E:" },
        { "prepare-removal ", "0 1" }, { "holders --json ", "0 1 D: E:" },
        { "unassign ", "D: E:" }, { "format E: --erase ", "E:" },
        { "format --erase ", "D: E:" }, { "undo D: --erase=", "--erase=D:" },
        { "--machine " .. other.path .. " show ", "0 Z:" },
        { "--machine=" .. other.path .. " show ", "0 Z:" },
        { "sim mask " .. other.path .. " ", "0" },
        { "sim insert " .. other.path .. " Z", "Z:" },
        { "lock --wait 5 ", "D: E:" },
      }
      for _, row in ipairs(rows) do
        assert.equal(row[2],
          table.concat((offered(words_of(row[1]), lab.path)), " "), row[1])
      end
      local _, meanings = offered({ "show", "" }, lab.path)
      assert.equal('FAT16 "OLD DISK"  16 MiB', meanings["D:"])
      assert.matches("^PhysicalDrive0 +16 MiB +present$", meanings["0"])
      assert.same({ "OLD DISK" },
        (offered({ "format", "D:", "--label", "" }, lab.path)))
    end)

  it("are the operations of the journal, and what they were", function()
    local lab = new_lab(finally)
    local lines = proc.lines("export " .. lab.state .. "; " .. command.line(
      { "__complete", "--", "log", "" }, { machine = lab.path }))
    table.sort(lines)
    assert.equal(3, #lines, table.concat(lines, "\n"))
    assert.matches("^1\tformat_volume D:  committed  %d%d%d%d%-", lines[1])
    assert.matches("^2\tformat D:  committed", lines[2])
    assert.equal("nothing", lines[3])
  end)

  it("are reasons and codes, file systems, and choices", function()
    for _, row in ipairs {
      { "explain in_u", "in_use" }, { "explain ERROR_NOT_R", "ERROR_NOT_READY" },
      { "explain STATUS_VOLUME_DISM", "STATUS_VOLUME_DISMOUNTED" },
      { "format D: --fs n", "ntfs" }, { "change-fs D: --to=e", "--to=exfat" },
      { "prepare-removal 1 --lock r", "required" }, { "completion z", "zsh" },
      { "help forma", "format" }, { "help sim unm", "unmask" },
      { "forma", "format" }, { "sim unm", "unmask" },
    } do
      assert.equal(row[2], table.concat((offered(words_of(row[1]))), " "), row[1])
    end
  end)

  it("leave files, folders and programs to the shell", function()
    for _, row in ipairs {
      { "--machine ", "folders" }, { "sim show ", "folders" },
      { "log 1 --svg ", "files" }, { "sim create x --disk-image ", "files" },
      { "lock D: -- ", "commands" }, { "exclusive D: -- tar c", "commands" },
      { "volumes ", "nothing" },
    } do
      local list, _, kind = offered(words_of(row[1]))
      assert.same({}, list)
      assert.equal(row[2], kind, row[1])
    end
  end)

  it("are none where nothing can be found out, and nothing is said", function()
    local folder = tempdir(finally)
    for _, line in ipairs { "show ", "format D: --label ", "unassign ",
      "sim mask " .. folder .. "/none ", "nothing here ", "--bad ", "sim owner "
      .. folder .. " D: " } do
      assert.same({}, (offered(words_of(line), folder .. "/none")), line)
    end
  end)

  it("leave out names that cannot be shown as they are", function()
    local lab = command.lab(finally, "8M:raw:D")
    do
      local machine <close> = lab:connect()
      assert(machine:add_mount_point("D:", "C:\\a\27[2Jb"))
    end
    local list, meanings = offered({ "show", "" }, lab.path)
    assert.same({ "0", "D:" }, list)
    assert.is_nil(meanings["D:"]:find "\27")
  end)
end)

-- ---- the shells ----------------------------------------------------------

-- A folder with the completion of a shell and `ntvol` for the PATH. A command
-- that is not a question of the completion only prints its words.
local function shell_lab(finally, shell)
  local lab = new_lab(finally)
  proc.lines(command.line { "completion", shell } .. " >" .. lab.folder .. "/"
    .. shell)
  machines.sh("mkdir %s/bin", lab.folder)
  machines.put(lab.folder .. "/bin/ntvol", ([[
#!/bin/sh
[ "$1" = __complete ] && cd %s && exec %s bin/ntvol "$@"
printf 'RAN:'; printf ' <%%s>' "$@"; echo ' .'
]]):format(proc.quote(proc.lines "pwd"[1]), command.LUA))
  machines.sh("chmod +x %s/bin/ntvol", lab.folder)
  lab.env = ("PATH=%s/bin:$PATH NTVOL_MACHINE=%s "):format(lab.folder, lab.path)
  return lab
end

-- What bash offers for the last word of this line, sorted.
local function bash_offers(lab, line)
  machines.put(lab.folder .. "/try.bash", [==[
. "$1"
COMP_LINE=$2 COMP_POINT=${#2}
# Bash takes a line apart at these, and keeps : and = as words of their own.
eval "parts=($(sed 's/\([:=]\)/ \1 /g' <<<"$2"))"
COMP_WORDS=("${parts[@]}") COMP_CWORD=$((${#parts[@]} - 1))
[[ $2 == *' ' ]] && COMP_WORDS+=('') && COMP_CWORD=$((COMP_CWORD + 1))
_ntvol ntvol
printf '%s\n' "${COMPREPLY[@]}" | sort
]==])
  return table.concat(proc.lines(lab.env .. "bash " .. lab.folder .. "/try.bash "
    .. lab.folder .. "/bash " .. proc.quote(line)), " ")
end

describe("ntvol completion", function()
  for _, shell in ipairs { "bash", "zsh", "fish" } do
    it("is a script that the shell can read: " .. shell, function()
      local missing = machines.missing(shell)
      if missing then
        pending(missing)
      end
      local path = tempdir(finally) .. "/" .. shell
      proc.lines(command.line { "completion", shell } .. " >" .. path)
      assert.same({}, proc.lines(shell .. " -n " .. path .. " 2>&1"))
    end)
  end

  it("completes in bash, past colons and equal signs", function()
    local missing = machines.missing "bash"
    if missing then
      pending(missing)
    end
    local lab = shell_lab(finally, "bash")
    for _, row in ipairs {
      { "ntvol change-", "change-fs" },
      { "ntvol --machine lab change-", "change-fs" },
      { "ntvol sim unm", "unmask" }, { "ntvol show D", "D:" },
      { "ntvol show ", "0 1 D: E:" }, { "ntvol format D: --fs e", "exfat" },
      { "ntvol format D: --fs=e", "exfat" }, { "ntvol format D: --fs=", "exfat"
      .. " fat fat16 fat32 ntfs" }, { "ntvol format D: --era", "--erase" },
      { "ntvol format D: --erase D", "D:" }, { "ntvol format D: --erase D:", "" },
      { "ntvol format D: --label ", "OLD\\ DISK" },
      { "ntvol explain in_u", "in_use" },
    } do
      assert.equal(row[2], bash_offers(lab, row[1]), row[1])
    end
    assert.matches("%f[%w]cat%f[%W]", bash_offers(lab, "ntvol lock D: -- ca"))
  end)

  it("completes in fish, and says what the words mean", function()
    local missing = machines.missing "fish"
    if missing then
      pending(missing)
    end
    local lab = shell_lab(finally, "fish")
    local function offers(line)
      return table.concat(proc.lines(lab.env .. "HOME=" .. lab.folder
        .. " fish --no-config -c " .. proc.quote(("source %s/fish; complete -C %s")
          :format(lab.folder, proc.quote(line)))), "|")
    end
    assert.matches("^change%-fs\tChange the file system", offers "ntvol change-")
    assert.equal('D:\tFAT16 "OLD DISK"  16 MiB', offers "ntvol show D")
    assert.equal("ntfs\tNTFS", offers "ntvol format D: --fs n")
    assert.equal("--fs=ntfs\tNTFS", offers "ntvol format D: --fs=n")
    assert.matches("^%-%-erase\tName the volume", offers "ntvol format D: --er")
    assert.equal(lab.path .. "/", offers("ntvol --machine " .. lab.folder
      .. "/la"))
  end)

  it("completes in zsh, as it is typed", function()
    local missing = machines.missing "zsh"
    if missing then
      pending(missing)
    end
    local lab = shell_lab(finally, "zsh")
    machines.put(lab.folder .. "/_type.zsh", ([[
zmodload zsh/zpty || exit 9
zpty z 'TERM=dumb zsh -f -i'
zpty -w z 'PS1=; autoload -Uz compinit; compinit -u -D; . %s/zsh
zstyle ":completion:*" insert-tab false; echo REA''DY'
zpty -r z out '*READY*'
zpty -w -n z $'ntvol form\tD\t--fs n\t--label O\t--era\tD\t\n'
zpty -r z out '*RAN:*> .*'
print -r -- "$out"
zpty -d z]]):format(lab.folder))
    local text = proc.run(lab.env .. "timeout 60 zsh -f " .. lab.folder
      .. "/_type.zsh 2>&1")
    assert.matches("RAN: <format> <D:> <--fs> <ntfs> <--label> <OLD DISK>"
      .. " <--erase> <D:> .", text, 1, true)
  end)

  it("is found by zsh", function()
    local missing = machines.missing "zsh"
    if missing then
      pending(missing)
    end
    local folder = tempdir(finally)
    proc.lines(command.line { "completion", "zsh" } .. " >" .. folder
      .. "/_ntvol")
    assert.same({ "_ntvol", "_ntvol: function" }, proc.lines((
      "zsh -f -c 'fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D;"
      .. " echo $_comps[ntvol]; autoload +X _ntvol; whence -w _ntvol'")
      :format(folder)))
  end)

  it("refuses a shell that it does not know", function()
    local output, code = proc.run(command.line { "completion", "csh" })
    assert.equal(2, code)
    assert.matches("must be one of 'bash', 'zsh', 'fish'", output, 1, true)
  end)
end)
