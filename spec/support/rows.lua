--- The rows of the NT semantics: their names, and the rules of the
-- specification that they stand for. Needs no machine.

local rows = require "spec.conformance.rows"
local missing = require "spec.conformance.missing"

local M = { rows = rows }

--- Words that end the name of a row: what it is tested on.
M.SUBJECTS = {
  fat = true, exfat = true, ntfs = true, raw = true, disk = true, cdfs = true,
  btrfs = true, csvfs = true,
}

--- What has no word of its own.
M.ANY = "nt"

-- No source tells of exFAT: unless a row says otherwise it behaves like FAT,
-- which is our choice.
local function like_fat(row, subject)
  return subject == "fat" and not row.on:find("exfat:", 1, true)
end

--- Subjects of a row and the evidence for each: "fat:C ntfs:choice".
function M.subjects(row)
  local list = {}
  for subject, evidence in row.on:gmatch("(%w+):(%S+)") do
    list[#list + 1] = { name = subject, evidence = evidence }
    if like_fat(row, subject) then
      list[#list + 1] = { name = "exfat", evidence = "choice", like_fat = true }
    end
  end
  return list
end

--- "L3 fat", or "O2" for what does not depend on a file system.
function M.key(id, subject)
  return subject == M.ANY and id or id .. " " .. subject
end

local known, evidence_of, as_fat = {}, {}, {}
for _, row in ipairs(rows) do
  assert(not known[row.id], "two rows are called " .. row.id)
  known[row.id] = true
  for _, subject in ipairs(M.subjects(row)) do
    evidence_of[M.key(row.id, subject.name)] = subject.evidence
    as_fat[row.id] = as_fat[row.id] or subject.like_fat
  end
end

--- The evidence for "L3 fat"; nil when the row has no such subject.
function M.evidence(key)
  return evidence_of[key]
end

--- Whether what is shown on FAT is to be shown on exFAT, too.
function M.is_exfat_like_fat(id)
  return as_fat[id] or false
end

--- Why a row is not tested yet: the feature, or nil.
function M.missing(key)
  for feature, what in pairs(missing) do
    if what.subject and key:match("(%w+)$") == what.subject then
      return feature
    end
    for _, one in ipairs(what.rows or {}) do
      if one == key then
        return feature
      end
    end
  end
end

--- Every rule of the specification: "L3", "9.1 row 16", "1.11 bullet 2",
-- "1.8 step 1", in its order.
function M.rules(path)
  local list, section, counts, fresh = {}, nil, {}, false
  local function add(kind)
    local key = section .. " " .. kind
    counts[key] = (counts[key] or 0) + 1
    list[#list + 1] = key .. " " .. counts[key]
    return key
  end
  local header
  for line in io.lines(path) do
    section = line:match("^##+ (%d[%d.]*%d)") or line:match("^## (%d+)%.")
      or section
    local cell = line:match("^|%s*(.-)%s*|")
    if line:find("^|%s*%-%-") then
      -- What stands above such a line is no rule.
      list[#list] = nil
      if header then
        counts[header] = counts[header] - 1
      end
    elseif cell and cell:find("^[OLUDIF]%d+$") then
      list[#list + 1] = cell
    elseif section and cell then
      header, fresh = add "row", true
    elseif section and line:find("^%- ") then
      add "bullet"
    elseif section and line:find("^%d+%. ") then
      add "step"
    end
    header = fresh and header or nil
    fresh = false
  end
  return list
end

return M
