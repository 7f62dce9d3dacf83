# What there is to make, installing, and cleaning. Part of the Makefile.

.PHONY: help install uninstall clean

help: # what there is to make
	@sed -n 's/^\([a-z][a-z0-9 -]*\):[^#=]*# *\(.*\)/\1\t\2/p' Makefile \
	  $(MAKEFILE_LIST:Makefile=) | while IFS="$$(printf '\t')" read -r name text; \
	  do printf '%-12s %s\n' "$$name" "$$text"; done
	@printf '%s\n' '' 'Variables: PREFIX, DESTDIR, KIND, CC, JOBS, PARTS, ARGS.' \
	  'Examples: make install PREFIX=$$HOME/.local' \
	  '          make suite ARGS=spec/unit/size_spec.lua'

install: all # into PREFIX (/usr/local); DESTDIR goes in front of it
	@$(RUN) sh tools/install.sh install '$(DESTDIR)' '$(PREFIX)' '$(LUADIR)' \
	  '$(LIBDIR)' $(LUA) $B

uninstall: # takes away what install has put into PREFIX
	@sh tools/install.sh uninstall '$(DESTDIR)' '$(PREFIX)'

# What `luarocks make` builds lies beside the sources, and in folders that only
# it makes.
clean: # takes away all that was built, by make and by luarocks make
	rm -rf build docs/api ntvol luarocks lua_modules .luarocks
	find src -name '*.o' -delete
