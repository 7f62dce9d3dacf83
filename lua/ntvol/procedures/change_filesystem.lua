--- Making a file system on a volume, in the documented order: open, lock,
-- format, dismount, unlock, close; then a look at the result. There are two
-- plans of it. `change_filesystem` changes the file system of a volume; it has
-- to be told which one. `format_volume` formats a volume that has any file
-- system or none, again with the same one unless another is named.
-- @module ntvol.procedures.change_filesystem

local core = require "ntvol.core"
local current = require "ntvol.current"
local failure = require "ntvol.failure"
local file_systems = require "ntvol.file_systems"
local identity = require "ntvol.identity"
local names = require "ntvol.names"
local options = require "ntvol.options"
local safety = require "ntvol.safety"
local size = require "ntvol.size"
local steps = require "ntvol.procedures.steps"
local take_back = require "ntvol.take_back"

-- What differs between the two plans: the name, the option that names the file
-- system, and what the messages of failures call it.
local CHANGE = { name = "change_filesystem", fs = "to", required = true,
  op = "change the file system of" }
local FORMAT = { name = "format_volume", fs = "fs", op = "format" }

local function fields_of(kind)
  return {
    [kind.fs] = "string", label = "string", cluster_size = "integer",
    quick = "boolean", machine = "userdata|string",
    undo = "boolean", undo_limit = "integer", overlaps = "boolean",
  }
end

-- What is wrong with the options; nil when all is well.
local function problem_of(kind, opts, to)
  local cluster_size, undo_limit = opts.cluster_size, opts.undo_limit
  if not to and opts[kind.fs] then
    return ("option '%s' must be one of: %s; got \"%s\""):format(kind.fs,
      file_systems.list, opts[kind.fs])
  elseif not to and kind.required then
    return ("option '%s' is missing; give one of: %s"):format(kind.fs,
      file_systems.list)
  elseif cluster_size and not file_systems.is_cluster_size(cluster_size) then
    return ("option 'cluster_size' must be a power of two from 512 to 32 MiB,"
      .. " got %d"):format(cluster_size)
  elseif undo_limit and undo_limit < 1 then
    return ("option 'undo_limit' must be at least 1, got %d"):format(undo_limit)
  end
end

local function read_options(kind, opts)
  opts = options.check(2, kind.name, opts, fields_of(kind), 4)
  local text = opts[kind.fs]
  local to = text and file_systems.find(text) or nil
  local problem = problem_of(kind, opts, to)
  if problem then
    error(("bad argument #2 to '%s' (%s)"):format(kind.name, problem), 3)
  end
  return opts, to
end

-- ---- preconditions -------------------------------------------------------

local function check(context)
  local done = safety.check(context.kind.op, context.machine, context.name, context.pinned,
    { "medium", "online", "unshared", "writable" })
  local overlaps = safety.overlaps(context.machine,
    names.volume(context.machine, context.name))
  if #overlaps > 0 and not context.options.overlaps then
    failure.fail { op = context.kind.op, target = context.name, reason = "overlaps",
      detail = "it would destroy " .. table.concat(overlaps, "; ") }
  end
  return done
end

-- Asks the mkfs tool whether it can make this file system, before anything is
-- opened. The formatter of a machine cannot be asked without formatting, so
-- only the label is checked.
local function rehearse(context)
  local opts = context.options
  if context.own_formatter then
    return core.check_label { fs = context.to, label = opts.label,
      target = context.name }
  end
  return core.rehearse_format {
    fs = context.to, label = opts.label, cluster_size = opts.cluster_size,
    size = context.pinned.size, sector_size = context.sector_size,
    target = context.name,
  }
end

-- ---- steps ---------------------------------------------------------------

local function format(context)
  local opts = context.options
  local result = take_back.trying(context.volume)(context.volume:format {
    fs = context.to, label = opts.label, cluster_size = opts.cluster_size,
    quick = opts.quick, erase = context.pinned.guid_path,
    undo = opts.undo, undo_limit = opts.undo_limit, overlaps = opts.overlaps,
    journal = context.journal, operation = context.operation,
    on_progress = context.on_progress,
  })
  context.result = result
  if context.own_formatter then
    return true, result.file_system
  end
  return true, ("%s, %s written"):format(result.file_system,
    size.format(result.bytes_written))
end

-- Takes the format back. The steps after it may have unlocked the volume, or
-- closed its handle.
local function undo_format(context)
  local result, volume = context.result, context.volume
  if not result then -- the format raised an error; the journal knows its state
    result = take_back.part(context.journal, context.operation)
    if not result then
      return true
    end
  end
  if not result.can_undo then
    failure.fail { op = "undo", target = context.name, reason = "no_undo",
      detail = "nothing was saved: there is no journal",
      hint = "restore it from a backup" }
  end
  local log = context.journal
  if core.type(context.guard) == "lock" and volume:is_mounted() then
    return take_back.write(volume, log, result.operation)
  end
  volume:close()
  return take_back.run(context.machine, context.pinned.guid_path, log,
    result.operation)
end

local function verify(context, found)
  local wanted = context.result.file_system
  local label = context.options.label
  local text
  if found.file_system ~= wanted then
    text = ("it holds %s, not %s"):format(found.file_system, wanted)
  elseif label and label ~= found.label then
    text = ("its label is '%s', not '%s'"):format(found.label, label)
  end
  if text then
    failure.fail { op = "verify", target = context.name, reason = "verify",
      status = found.file_system ~= "RAW" and "STATUS_DEVICE_DATA_ERROR" or nil,
      detail = text }
  end
  return true, ("%s \"%s\""):format(found.file_system, found.label)
end

local function new_file_system(to, opts)
  local title = file_systems.titles[to]
  if not opts.label then
    return title
  end
  return opts.label == "" and title .. " without a label"
    or ("%s with the label %s"):format(title, opts.label)
end

-- The line of the plan about the format. The formatter of a system needs the
-- volume without our lock. Somebody else may come between then, so the line
-- says that.
local function format_says(what, opts, own_formatter)
  if not own_formatter then
    local says = ("Make a new file system, %s; everything on it is erased.")
      :format(what)
    if opts.quick == false then
      return says .. " It overwrites all of it: this has no undo."
    elseif opts.undo == false then
      return says .. " This has no undo."
    end
    return says .. " What it overwrites is saved in the journal first, if the"
      .. " run has one: ntvol undo takes it back."
  end
  return ("Have the system's own formatter make %s; everything on it is erased."
    .. " The lock is given up while it runs: if somebody opens the volume"
    .. " before it begins, it fails, and nothing is lost. This has no undo.")
    :format(what)
end

-- What is lost beside a file system that everybody sees.
local function also_lost(found, overlaps)
  local lines = {}
  if found.content then
    lines[1] = (" What Windows calls RAW is %s: that is lost.")
      :format(found.content)
  end
  if #overlaps > 0 then
    lines[#lines + 1] = (" It also destroys %s."):format(
      table.concat(overlaps, "; "))
  end
  return table.concat(lines)
end

local function list_steps(to, opts, own_formatter, also)
  local what = new_file_system(to, opts)
  local can_undo = not own_formatter and opts.quick ~= false
    and opts.undo ~= false
  return {
    steps.open { check = check },
    steps.lock(),
    steps.identify(),
    { name = "format", destroys = true, check = rehearse, run = format,
      undo = can_undo and undo_format or nil,
      says = format_says(what, opts, own_formatter) .. also },
    steps.dismount "Dismount the old file system.",
    steps.unlock(),
    steps.close(),
    { name = "verify",
      run = function(context) return steps.look(context, verify) end,
      says = ("Open it again, read-only, and find %s."):format(what) },
  }
end

-- ---- the plan ------------------------------------------------------------

local function unchecked(own_formatter)
  local list = { "whether it is in use (known only when locking)" }
  if own_formatter then
    list[2] = "what the system's formatter says of the cluster size"
  end
  return list
end

-- The file system that a volume has, for a format that names none.
local function same_again(found)
  local to = file_systems.again(found.file_system)
  if not to then
    failure.fail { op = FORMAT.op, target = found.name,
      reason = "no_file_system",
      detail = ("it holds %s, so the new file system has to be named")
        :format(found.file_system),
      hint = "name it: fs = \"ntfs\"; there are " .. file_systems.list,
      hint_command = ("name it: ntvol format %s --fs ntfs; there are %s"):format(
        found.name, file_systems.list) }
  end
  return to
end

local new = failure.protect(function(new_plan, kind, name, to, opts)
  local machine = current.of_option(opts.machine)
  local found = names.volume(machine, name)
  to = to or same_again(found)
  local pinned = identity.pin(machine, name)
  local own_formatter = machine:capabilities().own_formatter
  return new_plan {
    name = kind.name, target = found.name, about = steps.about(machine, found, pinned),
    steps = list_steps(to, opts, own_formatter,
      also_lost(found, safety.overlaps(machine, found))),
    erase = names.of_volume(found),
    identity = { pinned }, unchecked = unchecked(own_formatter),
    context = {
      kind = kind, machine = machine, name = name, to = to, options = opts,
      sector_size = found.sector_size, own_formatter = own_formatter,
      pinned = pinned,
    },
  }
end)

local function maker(kind)
  return function(new_plan, name, opts)
    options.argument(kind.name, name, "string", 2)
    local to
    opts, to = read_options(kind, opts)
    return new(new_plan, kind, name, to, opts)
  end
end

return { change_filesystem = maker(CHANGE), format_volume = maker(FORMAT) }
