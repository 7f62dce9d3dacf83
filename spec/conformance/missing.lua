--- Rows that are not simulated yet, by the feature that they wait for. `subject`
-- stands for all rows on that file system.

return {
  ["spanned volumes"] = {
    rows = { "4.4 two extents" },
  },
  ["points of the mount manager"] = {
    rows = { "F15" },
  },
}
