--- What busted needs of lua-term: the run under Wine has no terminal.

return {
  isatty = function()
    return false
  end,
}
