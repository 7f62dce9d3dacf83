/*
 * Makes memory run out: the nth allocation of a program fails, or all from the
 * nth on. Preloaded, it stands before the C library; required by the same
 * program as the Lua module "alloc", it is told what to do:
 *
 *   alloc.arm(n, whose, every)   whose: "c", "lua" or "all" allocations;
 *                                0: none fails, they are counted
 *   alloc.disarm()               allocations seen, whether one failed, and the
 *                                file of the code whose call failed first
 *   alloc.live()                 blocks that the C code has now
 *   alloc.thrown()               C++ exceptions so far
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#define EXPORT __attribute__((visibility("default")))

/* The names that a program without Lua need not have. */
#pragma weak lua_setallocf
#pragma weak lua_getallocf
#pragma weak lua_createtable
#pragma weak lua_setfield
#pragma weak lua_pushcclosure
#pragma weak lua_pushinteger
#pragma weak lua_pushboolean
#pragma weak lua_pushstring
#pragma weak lua_toboolean
#pragma weak luaL_checkinteger
#pragma weak luaL_checkoption
#pragma weak luaL_setfuncs

enum whose { WHOSE_C = 1, WHOSE_LUA = 2 };

static unsigned armed;    /* whose allocations count; 0: nobody's */
static bool every;        /* all from the nth on */
static long seen, wanted; /* allocations, and the one that fails */
static bool failed;
static Dl_info asker; /* whose call failed first */
static long live, thrown;
static bool in_lua; /* what comes now is Lua's own allocation */

static bool deny(enum whose whose) {
  if ((armed & whose) == 0) {
    return false;
  }
  seen++;
  if (wanted < 1 || seen < wanted || (seen > wanted && !every)) {
    return false;
  }
  failed = true;
  errno = ENOMEM;
  return true;
}

/* libfdisk takes for granted that this function gets memory, and
 * src/nt/sim/posix/partition.c makes sure of it. A program under this shim
 * would only show that libfdisk ends then. */
static bool is_taken_for_granted(const Dl_info *caller) {
  return caller->dli_sname != NULL &&
         strcmp(caller->dli_sname, "fdisk_new_partition") == 0;
}

/* `caller` is an address in the code that asks. */
static bool deny_c(void *caller) {
  bool before = failed;
  Dl_info info = {.dli_fname = ""};
  if (in_lua || !deny(WHOSE_C)) {
    return false;
  }
  if (dladdr(caller, &info) != 0 && is_taken_for_granted(&info)) {
    failed = before;
    return false;
  }
  asker = before ? asker : info;
  return true;
}

#define DENY_C() deny_c(__builtin_return_address(0))

static void *count(void *block) {
  live += !in_lua && block != NULL;
  return block;
}

/* ---- before the C library ------------------------------------------------ */

/* The function that this one stands before. The search itself may ask for
 * memory, and can do without. */
static void *find(const char *name) {
  static bool searching;
  void *found = NULL;
  if (!searching) {
    searching = true;
    found = dlsym(RTLD_NEXT, name);
    searching = false;
  }
  return found;
}

#define NEXT(type, name)                 \
  static type next;                      \
  if (next == NULL) {                    \
    void *found = find(name);            \
    memcpy(&next, &found, sizeof(next)); \
    if (next == NULL) {                  \
      return 0;                          \
    }                                    \
  }

typedef void *(*malloc_fn)(size_t);
typedef void *(*calloc_fn)(size_t, size_t);
typedef void *(*realloc_fn)(void *, size_t);
typedef void *(*aligned_fn)(size_t, size_t);
typedef int (*posix_fn)(void **, size_t, size_t);
typedef int (*free_fn)(void *);
typedef int (*throw_fn)(void *, void *, void (*)(void *));

EXPORT void *malloc(size_t size) {
  NEXT(malloc_fn, "malloc")
  return DENY_C() ? NULL : count(next(size));
}

EXPORT void *calloc(size_t number, size_t size) {
  NEXT(calloc_fn, "calloc")
  return DENY_C() ? NULL : count(next(number, size));
}

/* Less than before is never refused: who gives memory back expects to get
 * through. */
EXPORT void *realloc(void *block, size_t size) {
  NEXT(realloc_fn, "realloc")
  bool grows = block == NULL || size > malloc_usable_size(block);
  if (grows && DENY_C()) {
    return NULL;
  }
  if (block == NULL) {
    return count(next(NULL, size));
  }
  live -= !in_lua && size == 0;
  return next(block, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size) {
  NEXT(aligned_fn, "aligned_alloc")
  return DENY_C() ? NULL : count(next(alignment, size));
}

EXPORT void *memalign(size_t alignment, size_t size) {
  NEXT(aligned_fn, "memalign")
  return DENY_C() ? NULL : count(next(alignment, size));
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t size) {
  NEXT(posix_fn, "posix_memalign")
  int error = DENY_C() ? ENOMEM : next(out, alignment, size);
  live += error == 0 && !in_lua;
  return error;
}

static int release(void *block) {
  NEXT(free_fn, "free")
  return next(block);
}

EXPORT void free(void *block) {
  live -= !in_lua && block != NULL;
  release(block);
}

/* libstdc++'s: what `new` does when malloc says no. */
EXPORT int __cxa_throw(void *object, void *type, void (*destroy)(void *));
EXPORT int __cxa_throw(void *object, void *type, void (*destroy)(void *)) {
  NEXT(throw_fn, "__cxa_throw")
  thrown++;
  return next(object, type, destroy);
}

/* ---- the module ---------------------------------------------------------- */

static lua_Alloc lua_memory;

static void *lua_allocate(void *ud, void *block, size_t old, size_t size) {
  bool grows = size > (block != NULL ? old : 0);
  if (grows && deny(WHOSE_LUA)) {
    return NULL;
  }
  in_lua = true;
  void *answer = lua_memory(ud, block, old, size);
  in_lua = false;
  return answer;
}

static int arm(lua_State *L) {
  static const char *const names[] = {"c", "lua", "all", NULL};
  wanted = (long)luaL_checkinteger(L, 1);
  unsigned whose = (unsigned)luaL_checkoption(L, 2, NULL, names) + 1;
  every = lua_toboolean(L, 3);
  seen = 0;
  failed = false;
  asker = (Dl_info){.dli_fname = ""};
  armed = whose;
  return 0;
}

static int disarm(lua_State *L) {
  armed = 0;
  lua_pushinteger(L, seen);
  lua_pushboolean(L, failed);
  lua_pushstring(L, asker.dli_fname);
  return 3;
}

static int live_blocks(lua_State *L) {
  lua_pushinteger(L, live);
  return 1;
}

static int thrown_so_far(lua_State *L) {
  lua_pushinteger(L, thrown);
  return 1;
}

EXPORT int luaopen_alloc(lua_State *L);
EXPORT int luaopen_alloc(lua_State *L) {
  static const luaL_Reg functions[] = {{"arm", arm},
                                       {"disarm", disarm},
                                       {"live", live_blocks},
                                       {"thrown", thrown_so_far},
                                       {NULL, NULL}};
  void *ud;
  lua_memory = lua_getallocf(L, &ud);
  lua_setallocf(L, lua_allocate, ud);
  lua_createtable(L, 0, 4);
  luaL_setfuncs(L, functions, 0);
  return 1;
}
