std = "lua54"
max_line_length = 100
-- A name that begins with an underscore is there for what it does at the end of
-- its scope, or to be passed over.
ignore = { "211/_.*", "212/_.*", "213/_.*" }
exclude_files = { "build", "lua_modules" }

files["spec"] = { std = "lua54+busted" }
files["*.rockspec"] = { std = "rockspec" }
files[".luacheckrc"] = { std = "luacheckrc" }
files["config.ld"] = { std = "ldoc" }

-- Declarations for editors: parameters are names, functions are empty.
files["types"] = { max_line_length = false, ignore = { "212", "241", "211", "431" } }
