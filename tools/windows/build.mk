# Cross-builds Lua, SQLite and ntvol for one Windows architecture; windows.mk
# calls it once for each.
#   TRIPLE  of the compiler       W        where everything goes
#   SOURCES unpacked sources of lua5.4, lua-filesystem and sqlite3
#   SUBSYSTEM  the oldest Windows that programs ask for, "5 2" is 5.2

WINCC = $(TRIPLE)-gcc
WINAR = $(TRIPLE)-ar
HOST_CC ?= cc
LUA ?= lua5.4
WERROR ?= -Werror
WINFLAGS ?= -O2 -g

LUA_SRC := $(firstword $(wildcard $(SOURCES)/lua5.4-*/src $(SOURCES)/lua-5.4*/src))
LFS_SRC := $(firstword $(wildcard $(SOURCES)/lua-filesystem-*/src))
SQLITE_SRC := $(abspath $(firstword $(wildcard $(SOURCES)/sqlite3-*)))
$(if $(and $(LUA_SRC),$(LFS_SRC),$(SQLITE_SRC)),,$(error $(SOURCES) must hold \
  the unpacked sources of lua5.4, lua-filesystem and sqlite3))

# Nothing newer than 5.2 is declared, and nothing of libgcc is a DLL.
COMMON = -std=c11 -D_GNU_SOURCE -D_WIN32_WINNT=0x0502 -DWINVER=0x0502 \
  -MMD -MP $(WINFLAGS)
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes \
  -Wstrict-prototypes $(WERROR)
OURS = $(COMMON) $(WARNINGS) -DLUA_BUILD_AS_DLL -Isrc -isystem $(LUA_SRC) \
  -isystem $W/sqlite
# The symbols stay in the objects, not in what is shipped.
LINK = $(WINCC) -static-libgcc -s -Wl,--no-insert-timestamp \
  -Wl,--major-subsystem-version,$(word 1,$(SUBSYSTEM)) \
  -Wl,--minor-subsystem-version,$(word 2,$(SUBSYSTEM)) \
  -Wl,--major-os-version,$(word 1,$(SUBSYSTEM)) \
  -Wl,--minor-os-version,$(word 2,$(SUBSYSTEM))
# ntdll has parts of C's library, too; what comes first is taken.
LIBS = -lmingwex -lmsvcrt -lkernel32 -ladvapi32 -lntdll

objects = $(patsubst %.c,$W/obj/%.o,$(sort $(wildcard $(1))))
CORE_OBJ = $(call objects,src/core.c src/lua_*.c src/nt/*.c src/nt/disk/*.c \
  src/nt/win32/*.c src/nt/win32/*/*.c)
ARCHIVE_OBJ = $(call objects,src/lua_*.c src/nt/*.c src/nt/win32/*.c src/nt/win32/*/*.c \
  src/nt/db/*.c src/nt/disk/*.c $(filter-out src/nt/sim/posix/%,$(wildcard \
  src/nt/sim/*/*.c)) src/nt/journal/*.c src/nt/journal/win32/*.c)
LUA_OBJ = $(patsubst $(LUA_SRC)/%.c,$W/obj/lua/%.o,$(filter-out \
  $(LUA_SRC)/lua.c $(LUA_SRC)/luac.c,$(wildcard $(LUA_SRC)/*.c)))
FAKES = $(patsubst spec/c/%_kind.c,$W/test/%.dll,$(wildcard spec/c/*_kind.c))
DRIVERS = $(patsubst spec/win/driver/%.c,$W/test/%.sys,\
  $(wildcard spec/win/driver/*.c))
TOOLS = $(patsubst spec/win/tool/%.c,$W/test/%.exe,$(wildcard spec/win/tool/*.c))

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: lua objects bin test

bin: lua $(addprefix $W/bin/ntvol/,core.dll sim/core.dll journal/core.dll) \
  $W/bin/lua/complete
lua: $W/bin/lua54.dll $W/bin/lua.exe
# All that compiles; to see what does not while a part is missing.
objects: $(CORE_OBJ) $(ARCHIVE_OBJ) $W/obj/src/sim_core.o $W/obj/src/journal_core.o
test: bin $W/test/lfs.dll $(FAKES) $(DRIVERS) $(TOOLS) $W/share/complete

# ---- Lua, LuaFileSystem, SQLite ---------------------------------------------

$W/bin/lua54.dll: $(LUA_OBJ) $W/obj/tools/windows/crt52.o
	@mkdir -p $(@D)
	$(LINK) -shared -o $@ $^ -Wl,--out-implib,$W/liblua54.dll.a

$W/bin/lua.exe: $W/obj/lua/lua.o $W/obj/lua/manifest.o $W/bin/lua54.dll
	$(LINK) -o $@ $^

$W/obj/lua/manifest.o: tools/windows/lua.rc tools/windows/lua.manifest
	@mkdir -p $(@D)
	$(TRIPLE)-windres -I tools/windows -o $@ $<

$W/obj/lua/%.o: $(LUA_SRC)/%.c $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	$(WINCC) $(COMMON) -w -DLUA_COMPAT_5_3 -DLUA_BUILD_AS_DLL -c -o $@ $<

$W/test/lfs.dll: $W/obj/lfs.o $W/bin/lua54.dll
	@mkdir -p $(@D)
	$(LINK) -shared -o $@ $^

$W/obj/lfs.o: $(LFS_SRC)/lfs.c $(MAKEFILE_LIST) $W/bin/lua54.dll
	@mkdir -p $(@D)
	$(WINCC) $(COMMON) -w -DLUA_BUILD_AS_DLL -I$(LUA_SRC) -c -o $@ $<

# The amalgamation, made by SQLite's own build (which needs tclsh).
$W/sqlite/sqlite3.c: $(SQLITE_SRC)/VERSION
	@rm -rf $(@D) && mkdir -p $(@D)
	cd $(@D) && CC=$(HOST_CC) $(SQLITE_SRC)/configure --disable-tcl \
	  --disable-readline >configure.log && \
	  $(MAKE) --no-print-directory sqlite3.c >make.log

$W/sqlite/sqlite3.h: $W/sqlite/sqlite3.c

$W/obj/sqlite3.o: $W/sqlite/sqlite3.c $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	$(WINCC) $(COMMON) -w -DSQLITE_OMIT_LOAD_EXTENSION -c -o $@ $<

# ---- ntvol ------------------------------------------------------------------

$W/bin/ntvol/core.dll: $(CORE_OBJ) $W/bin/lua54.dll
	@mkdir -p $(@D)
	$(LINK) -shared -o $@ $^ $(LIBS)

$W/bin/ntvol/sim/core.dll: $W/obj/src/sim_core.o $W/ntvol.a $W/obj/sqlite3.o \
    $W/bin/lua54.dll
	@mkdir -p $(@D)
	$(LINK) -shared -o $@ $^ $(LIBS)

$W/bin/ntvol/journal/core.dll: $W/obj/src/journal_core.o $W/ntvol.a \
    $W/obj/sqlite3.o $W/bin/lua54.dll
	@mkdir -p $(@D)
	$(LINK) -shared -o $@ $^ $(LIBS)

$W/test/%.dll: $W/obj/spec/c/%_kind.o $W/ntvol.a $W/bin/lua54.dll
	@mkdir -p $(@D)
	$(LINK) -shared -o $@ $^ $(LIBS)

$W/ntvol.a: $(ARCHIVE_OBJ)
	@rm -f $@
	$(WINAR) rcs $@ $^

$W/obj/%.o: %.c $(MAKEFILE_LIST) | $W/sqlite/sqlite3.h
	@mkdir -p $(@D)
	$(WINCC) $(OURS) -c -o $@ $<

# Programs that the specs run.
$W/test/%.exe: $W/obj/spec/win/tool/%.o $W/ntvol.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS)

# A driver for the specs: it runs in the kernel, so without C's library.
$W/test/%.sys: spec/win/driver/%.c $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	$(WINCC) $(COMMON) $(WARNINGS) -shared -nostdlib -o $@ $< \
	  -Wl,--subsystem,native -Wl,--entry,DriverEntry -lntoskrnl -lhal

$W/share/complete: tools/windows/share.sh
	sh tools/windows/share.sh $(@D)

# lua.exe looks for Lua modules in the folder lua beside it.
$W/bin/lua/complete: $(shell find lua -name '*.lua') $(MAKEFILE_LIST)
	@rm -rf $(@D) && mkdir -p $(@D)
	cp -R lua/ntvol $(@D)
	cp "$$($(LUA) -e 'print((assert(package.searchpath("argparse", package.path))))')" $(@D)
	@touch $@

-include $(patsubst %.c,$W/obj/%.d,$(wildcard src/*.c src/nt/*.c src/nt/*/*.c \
  src/nt/*/*/*.c spec/c/*_kind.c))
