-- The exit codes of the command, as its help promises them.

local output = require "ntvol.cli.output"

describe("the exit code", function()
  local rows = {
    { 1, "ERROR_ACCESS_DENIED", { class = "permanent" } },
    { 1, "ERROR_IO_DEVICE", { class = "permanent" } },
    { 1, "ERROR_SEM_TIMEOUT", { class = "timeout" } },
    { 1, nil, nil },
    { 2, "ERROR_INVALID_NAME", { class = "usage" } },
    { 2, "ERROR_INVALID_PARAMETER", { class = "usage",
      reason = "erase_token" } },
    { 3, "ERROR_FILE_NOT_FOUND", { class = "permanent" } },
    { 3, "ERROR_PATH_NOT_FOUND", { class = "permanent" } },
    { 4, "ERROR_ACCESS_DENIED", { class = "transient", reason = "in_use" } },
    { 4, "ERROR_ACCESS_DENIED", { class = "permanent",
      reason = "locked_by_other" } },
    { 4, "ERROR_SHARING_VIOLATION", { class = "transient" } },
    { 4, "ERROR_BUSY", { class = "transient" } },
    { 5, "ERROR_OPERATION_ABORTED", { class = "cancelled" } },
    { 6, "ERROR_NOT_SUPPORTED", { class = "unsupported" } },
    { 6, "ERROR_INVALID_FUNCTION", { class = "unsupported" } },
  }
  for _, row in ipairs(rows) do
    local info = row[3] or {}
    it(("is %d for %s, %s, %s"):format(row[1], row[2], info.class,
      info.reason), function()
      assert.equal(row[1], output.exit_code(row[2], row[3]))
    end)
  end
end)
