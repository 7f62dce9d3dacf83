--- The rows of the rules of NT: their names, and the rules of docs/rules.md
-- that they stand for. Needs no machine.

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

--- Stands for every kind of machine in the name of a test: it looks at tables that all
-- of them have.
M.SHARED = "shared"

--- "L3 fat: lock -> success [C] @windows, given" in its parts: key, words, kind, and
-- whether the answers of the system were given.
function M.parse_test(name)
  local rest, kind, given = name:match("^(.*) @(%l+)(,? ?%l*)")
  local key, words = (rest or name):match("^(.-): (.*)$")
  if not rest or not key then
    return key
  end
  words = words:gsub(" %[[^%]]*%]$", ""):gsub(" choice$", "")
  return key, words, kind, given == ", given"
end

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

-- Rows that need another connection to the same machine, which one in memory has not.
local OTHERS = {
  ["close process"] = true, ["8 reboot"] = true, ["9.2 exit"] = true,
  ["9.2 other"] = true, ["9.2 killed"] = true, ["9.2 handle"] = true,
  ["9.2 directory"] = true, ["9.2 image"] = true,
}

--- Whether the row says what other processes or nodes do.
function M.needs_others(key)
  local id, subject = key:match("^(.*) (%l+)$")
  return OTHERS[key] or OTHERS[id] or subject == "csvfs"
end

--- What a machine must be able to do for a row to be seen on it: the words of its
-- capabilities.
function M.needs(row, subject)
  local words = {}
  for word in (row.needs or ""):gmatch "%S+" do
    words[#words + 1] = word
  end
  words[#words + 1] = subject == "csvfs" and "cluster" or nil
  return words
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

--- Where the rules stand, for people.
M.PAGE = "docs/rules.md"

--- The anchor of a rule or a section on that page: "9.1 row 16" becomes
-- "rule-9.1-row-16".
function M.anchor(rule)
  return "rule-" .. rule:gsub("[^%w.]+", "-"):gsub("%-$", "")
end

--- Where the rule of a row stands.
function M.anchor_of(row)
  return M.anchor(row.at == "text" and row.id or row.at)
end

-- How to read the page, how to format, and Wine: they have no rows.
local function has_rows(anchor)
  return not anchor:find("^rule%-[06][.-]") and not anchor:find("^rule%-5[.-]1")
    and not anchor:find("^rule%-obs%-")
end

--- The anchors of all rules that need a row, in the order of the page. Those
-- of headings are sections, not rules.
function M.rules()
  local list = {}
  for line in io.lines(M.PAGE) do
    if not line:find "^#" then
      for anchor in line:gmatch '<a id="(rule%-[^"]+)">' do
        list[#list + 1] = has_rows(anchor) and anchor or nil
      end
    end
  end
  return list
end

return M
