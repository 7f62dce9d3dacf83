--- How far a sweep goes, and the seed of what it draws.
--
-- A spec in spec/sweep looks at a part of its cases when it runs with the
-- suite. `make sweeps` sets NTVOL_SWEEP=wide, which is what .ci/run looks at;
-- `make stress` and `make fuzz` set NTVOL_SWEEP=all. A failure prints the seed,
-- and NTVOL_SEED=n draws the same cases again.

local M = {}

--- "part", "wide" or "all".
M.extent = os.getenv "NTVOL_SWEEP" or "part"

--- Picks one of three values by the extent of this run.
-- @param part with the suite
-- @param wide in .ci/run
-- @param all for hours
function M.pick(part, wide, all)
  return ({ part = part, wide = wide, all = all })[M.extent]
end

--- The seed of this run: the same each time unless NTVOL_SEED names another.
M.seed = math.tointeger(os.getenv "NTVOL_SEED") or 1

--- A generator of its own: two sweeps do not disturb each other.
-- @tparam[opt] integer more tells generators of one seed apart
-- @treturn function(n) an integer from 1 to n
function M.random(more)
  local state = (M.seed * 0x9E3779B97F4A7C15 + (more or 0)) | 1
  return function(n)
    state = state ~ (state << 13)
    state = state ~ (state >> 7)
    state = state ~ (state << 17)
    return (state & 0x7FFFFFFFFFFFFFFF) % n + 1
  end
end

--- Every `step`-th of the cases, from one that the seed chooses: a part of
-- the cases that changes with the seed and covers all of them over time.
-- @tparam integer count cases
-- @tparam integer most how many may be looked at
-- @treturn function iterator over numbers of cases
function M.sample(count, most)
  local step = math.max(1, math.ceil(count / most))
  local i = M.seed % step + 1 - step
  return function()
    i = i + step
    return i <= count and i or nil
  end
end

return M
