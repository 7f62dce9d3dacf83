# Every variable that is set with ?= may be given on the command line:
#   make CC=clang KIND=clang        make install PREFIX=$HOME/.local
# KIND names a set of objects, build/KIND, so that they never mix: asan and
# coverage bring flags of their own, any other name is a release.

CC ?= cc
CFLAGS ?= -O2 -g
WERROR ?= -Werror
KIND ?= release
LUA ?= lua5.4
PREFIX ?= /usr/local
LUADIR ?= $(PREFIX)/share/lua/5.4
LIBDIR ?= $(PREFIX)/lib/lua/5.4
JOBS ?= $(shell nproc 2>/dev/null || echo 1)

LIBRARIES = sqlite3 blkid fdisk tsk
LUA_CFLAGS ?= $(if $(LUA_INCDIR),-I$(LUA_INCDIR),$(shell \
  pkg-config --cflags lua5.4 2>/dev/null || echo -I/usr/include/lua5.4))
LIB_CFLAGS ?= $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null || \
  echo -I/usr/include/libfdisk -I/usr/include/blkid)
CORE_LIBS ?= $(shell pkg-config --libs blkid 2>/dev/null || echo -lblkid)
SIM_LIBS ?= $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null || \
  echo -lsqlite3 -lblkid -lfdisk -ltsk)
CXX_LIBS ?= -lstdc++
JOURNAL_LIBS ?= $(shell pkg-config --libs sqlite3 libzstd libxxhash 2>/dev/null || \
  echo -lsqlite3 -lzstd -lxxhash)

WARNINGS = -Wall -Wextra -Wshadow -Wconversion $(WERROR)
KIND_asan = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
  -fno-sanitize-recover=undefined
KIND_coverage = -O0 --coverage -fprofile-update=atomic
OUR_CFLAGS = -D_GNU_SOURCE -fPIC -fvisibility=hidden $(WARNINGS) \
  -Isrc $(LUA_CFLAGS) $(LIB_CFLAGS) -MMD -MP $(CFLAGS) $(KIND_$(KIND))
ONLY_C = -std=c11 -Wmissing-prototypes -Wstrict-prototypes
LINK = mkdir -p $(@D) && $(CC) $(CFLAGS) $(KIND_$(KIND)) $(LDFLAGS) -o $@

B = build/$(KIND)
objects = $(patsubst %,$B/obj/%.o,$(basename $(sort $(wildcard $(1)))))
CORE_OBJ = $(call objects,src/core.c src/lua_*.c src/nt/*.c \
  src/nt/disk/*.c src/nt/posix/*.c)
# All but the two entry points; who links it takes what it needs.
ARCHIVE_OBJ = $(filter-out $B/obj/src/nt/sim/win32/%,$(call objects,$(addprefix src/,lua_*.c nt/*.c \
  nt/posix/*.c nt/db/*.c nt/disk/*.c nt/sim/*/*.c nt/sim/posix/*.cc nt/journal/*.c \
  nt/journal/posix/*.c)))
# The Windows machine is plain C but for these: its tests run anywhere.
WIN32_OBJ = $(filter-out $(addprefix $B/obj/src/nt/win32/,os/% host/%) \
  $(addprefix %/win32/,files.o native.o partition.o probe.o transplant.o),$(call \
  objects,src/nt/win32/*/*.c $(addsuffix /win32/*.c,src/nt src/nt/sim) spec/c/fake_os.c))
FOLDERS = src src/nt src/nt/* src/nt/sim/* src/nt/win32/* src/nt/journal/* spec/c spec/fuzz spec/*/* tools/* examples/*
ALL_C = $(wildcard $(addsuffix /*.c,$(FOLDERS)) $(addsuffix /*.cc,$(FOLDERS)))
C_TESTS = $(patsubst spec/c/%.c,$B/c/%,$(wildcard spec/c/*_test.c))
FAKES = $(patsubst spec/c/%_kind.c,$B/%.so,$(wildcard spec/c/*_kind.c)) \
  $(patsubst spec/c/%_shim.c,$B/%.so,$(wildcard spec/c/*_shim.c)) $B/windows.so

# Lua programs, and what they start, see this tree and this KIND.
unexport LUA_PATH_5_4 LUA_CPATH_5_4
export NTVOL_BUILD = $(CURDIR)/$B
RUN = LUA_PATH='$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;;' \
  LUA_CPATH='$(CURDIR)/$B/?.so;;' NTVOL_STATE='$(CURDIR)/$B/state'
MAKE_IN = +$(MAKE) --no-print-directory -j$(JOBS)

.SECONDARY:
.PHONY: all tests suite part demo test docs reference tables bench deps

all: $(addprefix $B/ntvol/,core.so sim/core.so journal/core.so) # the modules

$B/ntvol/core.so: $(CORE_OBJ)
	$(LINK) -shared $^ $(CORE_LIBS)

$B/ntvol/%/core.so: $B/obj/src/%_core.o $B/ntvol.a
	$(LINK) -shared $^ $(if $(filter sim,$*),$(SIM_LIBS) $(CXX_LIBS),$(JOURNAL_LIBS))

$B/ntvol.a: $(ARCHIVE_OBJ)
$B/win32.a: $(WIN32_OBJ)
%.a:
	@rm -f $@; $(AR) rcs $@ $^

$B/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ONLY_C) $(OUR_CFLAGS) -c -o $@ $<

# The C compiler's driver knows C++ by the name of the file.
$B/obj/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(CC) $(OUR_CFLAGS) -c -o $@ $<

$B/c/%: $B/obj/spec/c/%.o $B/win32.a $B/ntvol.a
	$(LINK) $^ $(SIM_LIBS) $(JOURNAL_LIBS) $(CXX_LIBS)

$B/%.so: $B/obj/spec/c/%_kind.o $B/ntvol.a
	$(LINK) -shared $^ $(CORE_LIBS)

$B/windows.so: $B/obj/spec/c/windows_fakes.o $B/win32.a $B/ntvol.a
	$(LINK) -shared $^ $(CORE_LIBS)

# Stands before the C library of a program that a test runs, or is a module.
$B/%.so: $B/obj/spec/c/%_shim.o
	$(LINK) -shared $^ -ldl

-include $(patsubst %,$B/obj/%.d,$(basename $(ALL_C)))

tests: all $(C_TESTS) $(FAKES) # the modules and what the suite needs

# ARGS go to busted, which then runs in one process; PARTS are files and folders,
# each file a process; WITHOUT are files to leave out.
BUSTED = $(LUA) "$$(command -v busted)"
suite: tests # runs the specs of PARTS, each file a process; or of ARGS, in one
	@$(RUN) $(if $(ARGS),,PARTS='$(PARTS)' WITHOUT='$(WITHOUT)' \
	  PLAIN="$(LUA) $$(command -v busted)" sh tools/suite.sh $(JOBS)) \
	  $(WRAP) $(BUSTED) $(ARGS)

part: all $(FAKES) # runs the specs of ARGS that need no C test
	@$(RUN) $(WRAP) $(BUSTED) $(ARGS)

deps: # what is missing to build and test
	@sh tools/deps.sh

demo: deps # a change of a file system, and its undo, step by step
	$(MAKE_IN) all
	@$(RUN) sh tools/demo.sh

test: deps # builds and runs the whole suite
	$(MAKE_IN) suite
	@+$(MAKE) --no-print-directory try-wine

docs: # docs/api, by LDoc
	$(LUA) "$$(command -v ldoc)" --quiet .

reference: # types, help and manual from the comments; needs no build
	@$(LUA) tools/reference.lua

tables: tests reference # the tables of the documents, from the code
	@$(RUN) $(LUA) tools/errors.lua docs/errors.md
	@$(RUN) $(LUA) tools/personalities.lua docs/simulator.md
	@$(RUN) $(LUA) tools/words.lua docs/from-other-tools.md
	@for spec in spec/conformance/*_spec.lua; do \
	  $(RUN) $(LUA) "$$(command -v busted)" -o TAP $$spec; \
	done >$B/conformance.tap || true # the page says what failed
	@$(RUN) $(LUA) tools/conformance.lua $B/conformance.tap docs/conformance.md

bench: all # measurements
	@$(RUN) $(LUA) bench/run.lua $(ARGS)

include install.mk checks.mk windows.mk
