--- What a kill or a power cut leaves behind, for every write of a program.
--
-- spec/c/record_shim.c records the writes and flushes of a program that ran to
-- its end. From that record, `apply` builds the files as they would be if it
-- had come to an end after N of them:
--
--   kill   all N are there
--   torn   of the last one only the first half is
--   lost   the power was cut: only what was flushed is there
--   mixed  the power was cut: what was not flushed is there or not, by chance
--          (with fixed seeds), in whatever order the disk had
--
-- A file that was made or unlinked is so for certain when its folder was
-- flushed; before, as long as what came before it is.

local proc = require "spec.support.proc"

local M = {}

-- ---- the record ----------------------------------------------------------

local function parse(trace, known)
  local ops, at = {}, 1
  while at <= #trace do
    local kind, path_length, offset, length, next_at =
      ("<c1I4I8I8"):unpack(trace, at)
    local path = trace:sub(next_at, next_at + path_length - 1)
    at = next_at + path_length
    local data = trace:sub(at, at + length - 1)
    at = at + length
    local folder = path:match("^(.*)/[^/]*$")
    if known(path) then
      ops[#ops + 1] = { kind = kind, path = path, offset = offset,
        data = data, folder = folder }
    end
  end
  return ops
end

local function run(folder, kill_at, words)
  local list = {}
  for i, word in ipairs(words) do
    list[i] = proc.quote(word)
  end
  local build = assert(os.getenv "NTVOL_BUILD")
  os.remove(folder .. "/trace")
  return proc.run(("LD_PRELOAD=%s NTVOL_RECORD=%s NTVOL_RECORD_ROOT=%s"
    .. " NTVOL_STATE=%s %s %s %s"):format(
    proc.quote(build .. "/record.so"), proc.quote(folder .. "/trace"),
    proc.quote(folder), proc.quote(folder .. "/state"),
    kill_at and "NTVOL_RECORD_KILL=" .. kill_at or "",
    os.getenv "LUA" or "lua5.4", table.concat(list, " ")))
end

--- Runs a Lua script with these arguments under the recorder.
-- @param folder the record is of the files in it
-- @param known function(path) whether a file, or folder, is of interest; paths
--  begin below the folder, with "/"
-- @return the operations
function M.record(folder, known, ...)
  local output, code = run(folder, nil, { ... })
  assert(code == 0, output)
  local ops = parse(proc.slurp(folder .. "/trace"), known)
  os.remove(folder .. "/trace")
  assert(#ops > 0, "nothing was recorded")
  return ops
end

--- Runs it and kills it (kill -9) when it has done so many operations, of
-- whatever file.
function M.kill(folder, count, ...)
  local output, code = run(folder, count, { ... })
  assert(code == 137, ("exit %d: %s"):format(code, output))
end

-- ---- what is left --------------------------------------------------------

-- Chance that is the same everywhere: a linear congruential generator.
local function chance(seed)
  local state = seed * 2654435761 % (1 << 32)
  return function()
    state = (state * 1664525 + 1013904223) % (1 << 32)
    return state >> 16 & 1 == 1
  end
end

-- For every operation up to `count`: which life of its file it belongs to, the
-- changes of folders in their order, and which of all that is flushed.
local function judge(ops, count, exists)
  local born, changes, last_sync, flushed = {}, {}, {}, {}
  local there = {}
  for path in pairs(exists) do
    there[path] = true
  end
  local birth = {}
  for i = 1, count do
    local op = ops[i]
    if op.kind == "u" then
      changes[#changes + 1] = { at = i, folder = op.folder }
      there[op.path], birth[op.path] = nil, nil
    elseif op.kind ~= "s" then
      if not there[op.path] then
        changes[#changes + 1] = { at = i, folder = op.folder, makes = true }
        there[op.path], birth[op.path] = true, i
      end
      born[i] = birth[op.path]
    end
  end
  for i = count, 1, -1 do
    local op = ops[i]
    if op.kind == "s" then
      last_sync[op.path] = last_sync[op.path] or i
    else
      flushed[i] = (last_sync[op.path] or 0) > i
    end
  end
  for _, change in ipairs(changes) do
    change.flushed = (last_sync[change.folder] or 0) > change.at
  end
  return born, changes, flushed
end

-- Folders change in their order: the ones that are flushed, and some more.
local function kept_changes(changes, more)
  local kept, through = {}, true
  for i = #changes, 1, -1 do
    if changes[i].flushed then
      for j = 1, i do
        kept[changes[j].at] = true
      end
      break
    end
  end
  for _, change in ipairs(changes) do
    if not kept[change.at] then
      through = through and more()
      kept[change.at] = through or nil
    end
  end
  return kept
end

--- The operations that are on the disk after `count` of them.
-- @param exists paths that were there before
-- @param how "kill", "torn", "lost" or a number, the seed of "mixed"
function M.left(ops, count, exists, how)
  local list = {}
  if how == "kill" or how == "torn" then
    table.move(ops, 1, count, 1, list)
    local last = list[count]
    if how == "torn" then
      list[count] = { kind = last.kind, path = last.path, offset = last.offset,
        data = last.data:sub(1, #last.data // 2) }
    end
    return list
  end
  local more = how == "lost" and function() return false end
    or chance(how * 1000003 + count)
  local born, changes, flushed = judge(ops, count, exists)
  local kept = kept_changes(changes, more)
  for i = 1, count do
    local op = ops[i]
    local keep
    if op.kind == "u" then
      keep = kept[i]
    elseif op.kind ~= "s" then
      keep = (not born[i] or kept[born[i]]) and (flushed[i] or more())
    end
    if keep then
      list[#list + 1] = op
    end
  end
  return list
end

-- ---- writing it ----------------------------------------------------------

local function cut(path, length)
  local content = proc.slurp(path)
  local file = assert(io.open(path, "wb"))
  assert(file:write(content:sub(1, length),
    ("\0"):rep(length - #content)))
  assert(file:close())
end

--- Does operations to the files in `folder`.
function M.apply(folder, list)
  local open = {}
  local function close(path)
    if open[path] then
      assert(open[path]:close())
      open[path] = nil
    end
  end
  for _, op in ipairs(list) do
    local path = folder .. op.path
    if op.kind == "u" then
      close(path)
      os.remove(path)
    elseif op.kind == "t" then
      close(path)
      cut(path, op.offset)
    elseif op.kind == "w" then
      open[path] = open[path] or io.open(path, "r+b")
        or assert(io.open(path, "w+b"))
      assert(open[path]:seek("set", op.offset))
      assert(open[path]:write(op.data))
    end
  end
  for path in pairs(open) do
    close(path)
  end
end

return M
