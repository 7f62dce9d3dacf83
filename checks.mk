# The slower checks: what .ci/run calls beside the suite. Part of the Makefile.
#
#   make asan PARTS=spec/unit     the suite, or a part, with the sanitizers
#   make valgrind                 parts of it under valgrind
#   make clang                    parts of it, built by the other compiler
#   make lint                     formatters, linters, this compiler and clang
#   make crash                    a change of a file system, cut at every write
#   make sweeps                   every interrupt, allocation, system call and
#                                 tampered value: a wide part; stress and fuzz
#                                 look at all, for hours (NTVOL_SEED=n)
#   make fuzz                     the same, and random bytes for every parser
#   make parsers                  random bytes for every parser, for a minute
#   make coverage                 which lines of src no test reached
#   make mutants ARGS=name        plants the faults of spec/mutants.lua, one at a
#                                 time, and sees that the suite notices each

.PHONY: crash sweeps stress fuzz parsers asan valgrind clang lint coverage \
  fakes mutants

# Other people's programs inherit the preloaded checker, and many leak, or free
# what they allocated otherwise: that counts in Lua and in our C tests only (%b
# is the name of the program); and a signal ends them as it would without.
# Stacks are walked by frame pointers, which our code has: a report names our
# functions, and leaves out some of a library that has none.
LEAKS = intercept_tls_get_addr=0:detect_leaks=0:alloc_dealloc_mismatch=0:handle_segv=0:include_if_exists=$(CURDIR)/tools/leaks.%b
# What the checker takes for variables of threads, when it listens to the linker,
# is sometimes nowhere; then it breaks itself ("Tracer caught signal 11"). So it
# does not listen, and where the system allows it, addresses stay.
KEEP_ADDRESSES = $(shell setarch -R true 2>/dev/null && echo setarch -R)
SANITIZER = $(KEEP_ADDRESSES) env LD_PRELOAD="$(shell \
  gcc -print-file-name=libasan.so) $(shell gcc -print-file-name=libubsan.so)" \
  UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=$(LEAKS)
# What runs only other people's compilers and installers, or only Lua, is not for
# a checker.
NOT_CHECKED = spec/install_spec.lua spec/mutants_spec.lua spec/tree_spec.lua \
  spec/unit/timeline_spec.lua
asan: export NTVOL_CHECKER = $(KEEP_ADDRESSES) env \
  ASAN_OPTIONS=intercept_tls_get_addr=0:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
asan: # the suite with the sanitizers
	$(MAKE_IN) suite KIND=asan CC=gcc LDFLAGS=-Wl,-z,nodelete \
	  WRAP='$(SANITIZER)' WITHOUT='$(NOT_CHECKED)'

VALGRIND = valgrind -q --leak-check=full --keep-debuginfo=yes --error-exitcode=9
valgrind: export NTVOL_CHECKER = $(VALGRIND)
valgrind: # parts of it under valgrind
	$(MAKE_IN) suite PARTS='$(or $(PARTS),spec/unit spec/c_spec.lua)' \
	  WITHOUT='$(NOT_CHECKED)' WRAP='$(VALGRIND)'

# The other compiler: what it makes of the C code; Lua runs the same with it.
clang: # the suite, built by the other compiler
	$(MAKE_IN) suite KIND=clang CC=clang \
	  PARTS='$(or $(PARTS),spec/c_spec.lua spec/unit spec/contract \
	  spec/conformance spec/sim)'

# A change of a file system that is cut at every write; the suite looks at a
# part of them.
crash: # a format, cut at every write
	$(MAKE_IN) suite PARTS=spec/crash NTVOL_CRASH=all

sweeps: # something fails at every allocation and system call
	$(MAKE_IN) suite PARTS='$(or $(PARTS),spec/sweep)' NTVOL_SWEEP=wide

stress: # the same, all of it, for hours
	$(MAKE_IN) suite PARTS='$(or $(PARTS),spec/sweep)' NTVOL_SWEEP=all

# The parsers of src/nt/disk; FUZZ says how many times longer than `parsers`,
# which is what .ci/run has the time for.
fuzz: stress # and random bytes for every parser
	@sh tools/fuzz.sh build/fuzz $(or $(FUZZ),100)

parsers: # random bytes for every parser, for a minute
	@sh tools/fuzz.sh build/fuzz 1

lint: # formatters, linters, both compilers
	luacheck --quiet bench bin/ntvol config.ld examples lua spec tools types *.rockspec
	clang-format --dry-run -Werror $(ALL_C) $(wildcard $(addsuffix /*.h,$(FOLDERS)))
	cppcheck --quiet --error-exitcode=1 --std=c11 -D__GNUC__ --inline-suppr \
	  --enable=warning,portability,performance --suppress=missingInclude -Isrc src
	shellcheck -x tools/*.sh tools/*/*.sh .ci/run
	$(MAKE_IN) tests
	$(MAKE_IN) tests KIND=clang CC=clang

coverage: # which lines of src no test reached
	rm -rf build/coverage
	$(MAKE_IN) suite KIND=coverage CC=gcc WITHOUT='$(NOT_CHECKED)'; code=$$?; \
	  sh tools/coverage.sh build/coverage && exit $$code

fakes: all $(FAKES) # the modules, and what part needs

mutants: # plants faults; ARGS are names of some
	$(MAKE_IN) tests
	@$(LUA) tools/mutants.lua $(JOBS) $(ARGS)
