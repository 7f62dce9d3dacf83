--- Changing the file system of a volume, in the documented order: open, lock,
-- format, dismount, unlock, close; then a look at the result.
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

local NAME = "change_filesystem"

local FIELDS = {
  to = "string", label = "string", cluster_size = "integer",
  quick = "boolean", machine = "userdata|string",
  undo = "boolean", undo_limit = "integer", overlaps = "boolean",
}

-- What is wrong with the options; nil when all is well.
local function problem_of(opts, to)
  local cluster_size, undo_limit = opts.cluster_size, opts.undo_limit
  if not to then
    return "option 'to' is missing; give one of: " .. file_systems.list
  elseif not file_systems.titles[to] then
    return ("option 'to' must be one of: %s; got \"%s\""):format(
      file_systems.list, to)
  elseif cluster_size and not file_systems.is_cluster_size(cluster_size) then
    return ("option 'cluster_size' must be a power of two from 512 to 32 MiB,"
      .. " got %d"):format(cluster_size)
  elseif undo_limit and undo_limit < 1 then
    return ("option 'undo_limit' must be at least 1, got %d"):format(undo_limit)
  end
end

local function read_options(opts)
  opts = options.check(2, NAME, opts, FIELDS, 4)
  local to = opts.to and opts.to:lower()
  local problem = problem_of(opts, to)
  if problem then
    error(("bad argument #2 to '%s' (%s)"):format(NAME, problem), 3)
  end
  return opts, to
end

-- ---- preconditions -------------------------------------------------------

local OP = "change the file system of"

local function check(context)
  local done = safety.check(OP, context.machine, context.name, context.pinned,
    { "medium", "online", "unshared", "writable" })
  local overlaps = safety.overlaps(context.machine,
    names.volume(context.machine, context.name))
  if #overlaps > 0 and not context.options.overlaps then
    failure.fail { op = OP, target = context.name, reason = "overlaps",
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

local new = failure.protect(function(new_plan, name, to, opts)
  local machine = current.of_option(opts.machine)
  local found = names.volume(machine, name)
  local pinned = identity.pin(machine, name)
  local own_formatter = machine:capabilities().own_formatter
  return new_plan {
    name = NAME, target = found.name, about = steps.about(found, pinned),
    steps = list_steps(to, opts, own_formatter,
      also_lost(found, safety.overlaps(machine, found))),
    erase = names.of_volume(found),
    identity = { pinned }, unchecked = unchecked(own_formatter),
    context = {
      machine = machine, name = name, to = to, options = opts,
      sector_size = found.sector_size, own_formatter = own_formatter,
      pinned = pinned,
    },
  }
end)

return function(new_plan, name, opts)
  options.argument(NAME, name, "string", 2)
  local to
  opts, to = read_options(opts)
  return new(new_plan, name, to, opts)
end
