--- lua-cjson's decode by way of dkjson, which is Lua only: the run under Wine
--- has no such DLL.

local dkjson = require "dkjson"

return {
  decode = function(text)
    local value, _, problem = dkjson.decode(text)
    return problem and error(problem, 2) or value
  end,
}
