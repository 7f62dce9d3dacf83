-- Command lines for sh and for Windows programs.

local proc = require "spec.support.proc"
local shell = require "ntvol.shell"

-- A word apart as the C library of Windows does it: 2n backslashes and a quote
-- are n backslashes and the end, 2n+1 and a quote are n and a quote.
local function parse_windows(text)
  local out, i, quoted = {}, 1, false
  while i <= #text do
    local run = text:match("^\\+", i) or ""
    i = i + #run
    if text:sub(i, i) == '"' then
      out[#out + 1] = ("\\"):rep(#run // 2)
      if #run % 2 == 1 then
        out[#out + 1] = '"'
      else
        quoted = not quoted
      end
      i = i + 1
    else
      out[#out + 1] = run .. text:sub(i, i)
      i = i + 1
    end
  end
  assert(not quoted, "an open quote in " .. text)
  return table.concat(out)
end

local WORDS = {
  "", "plain", "two words", 'say "x"', "C:\\dir\\", 'a\\"b', "\\\\", "it's",
  "D:", "öß", 'ends with \\"', "$HOME `x` *",
}

describe("a word of a command line", function()
  for _, word in ipairs(WORDS) do
    it(("survives Windows: %q"):format(word), function()
      assert.equal(word, parse_windows(shell.quote_windows(word)))
    end)
    it(("survives sh: %q"):format(word), function()
      local output = proc.run("printf %s " .. shell.quote_posix(word))
      assert.equal(word, output)
    end)
  end

  it("is quoted only where people would quote it", function()
    if proc.windows then
      assert.equal("D:", shell.word("D:"))
      assert.equal("512", shell.word(512))
      assert.equal('"two words"', shell.word("two words"))
      return
    end
    assert.equal("D:", shell.word("D:"))
    assert.equal("/a/b-c_d.e,f:g+h=i@j", shell.word("/a/b-c_d.e,f:g+h=i@j"))
    assert.equal("512", shell.word(512))
    assert.equal("'two words'", shell.word("two words"))
    assert.equal("'C:\\mnt'", shell.word("C:\\mnt"))
    assert.equal("''", shell.word(""))
  end)
end)
