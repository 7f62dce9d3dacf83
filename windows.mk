# The Windows build, cross-compiled on Debian by MinGW-w64, and its test under
# Wine. Included by the Makefile.
#   make deps-win       installs what is needed, about 300 MB
#   make win win32      x86-64 into build/win/bin, i686 into build/win32/bin
#   make test-wine      the suite by lua.exe under Wine; ARGS go to busted
#   make dist-win       zips of what a bare Windows needs
# WIN_SOURCES: a folder with the unpacked Debian sources of lua5.4,
# lua-filesystem and sqlite3; without it they are fetched once.

WIN_SOURCES ?= build/win/src

.PHONY: deps-win win-sources win win32 win-objects test-wine try-wine dist-win

deps-win: # what the Windows build needs
	@sh tools/deps.sh windows

win-sources:
	@[ "$(WIN_SOURCES)" != build/win/src ] || sh tools/windows/fetch.sh $(WIN_SOURCES)

BUILD_WIN = $(MAKE_IN) -f tools/windows/build.mk SOURCES=$(WIN_SOURCES)
ARCH_win = TRIPLE=x86_64-w64-mingw32 W=build/win SUBSYSTEM="5 2"
ARCH_win32 = TRIPLE=i686-w64-mingw32 W=build/win32 SUBSYSTEM="5 1"

win win32: win-sources # the Windows build
	$(BUILD_WIN) $(ARCH_$@) bin

win-objects: win-sources
	$(BUILD_WIN) $(ARCH_win) -k lua objects
	$(BUILD_WIN) $(ARCH_win32) -k lua objects

# A prefix is 700 MB and takes seconds to make: it is kept.
WINE_PREFIX ?= build/wine

test-wine: win-sources # the suite under Wine
	$(BUILD_WIN) $(ARCH_win) test
	@! command -v zip >/dev/null || sh tools/windows/dist.sh build/win \
	  $(WIN_SOURCES) x86-64 build/ntvol-win64
	@sh tools/windows/wine.sh build/win $(WINE_PREFIX) $(ARGS)

# A part of `make test`: the same where it can be run, else a skipped test.
try-wine:
	@reason=$$(sh tools/windows/ready.sh $(WIN_SOURCES) wine) || { printf \
	  '\nskipped:\n  the suite under Wine: %s\n\n%s\n' "$$reason" \
	  "0 passed, 0 failed, 1 skipped"; exit 0; }; \
	  $(MAKE) --no-print-directory test-wine ARGS=

dist-win: win win32 # zips for Windows
	@sh tools/windows/dist.sh build/win $(WIN_SOURCES) x86-64 build/ntvol-win64
	@sh tools/windows/dist.sh build/win32 $(WIN_SOURCES) i686 build/ntvol-win32
