/*
 * ntvol for C hosts and for machine kinds that live in a module of their own.
 *
 * You link nothing: include this header and require "ntvol.core" first. The
 * functions below find what they need in the Lua registry.
 */
#ifndef NTVOL_H
#define NTVOL_H

#if defined(__cplusplus)
extern "C" {
#endif

#include <lauxlib.h>
#include <lua.h>

#if defined(LUA_VERSION_NUM) && LUA_VERSION_NUM < 504
#error "ntvol needs Lua 5.4 or newer"
#endif

struct nt_journal;
struct nt_journal_ops;
struct nt_machine;
struct nt_machine_ops;

#define NTVOL_VERSION "0.1.0"

#if defined(_WIN32)
#define NTVOL_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define NTVOL_EXPORT __attribute__((visibility("default")))
#else
#define NTVOL_EXPORT
#endif

/* Class names. They name metatables in the registry, and users read them in
 * "ntvol.volume expected, got nil". */
#define NTVOL_MACHINE "ntvol.machine"
#define NTVOL_VOLUME "ntvol.volume"
#define NTVOL_LOCK "ntvol.lock"
#define NTVOL_SUBSCRIPTION "ntvol.subscription"
#define NTVOL_JOURNAL "ntvol.journal"
#define NTVOL_KIND "ntvol.machine_kind"

/* What `require` calls for "ntvol.core", "ntvol.sim.core",
 * "ntvol.journal.core". */
NTVOL_EXPORT int luaopen_ntvol_core(lua_State *L);
NTVOL_EXPORT int luaopen_ntvol_sim_core(lua_State *L);
NTVOL_EXPORT int luaopen_ntvol_journal_core(lua_State *L);

/* A userdata of class ntvol.machine_kind, for core.register(). Its table of
 * functions is the one of src/nt/nt.h, in the version NT_OPS_VERSION:
 * core.register() refuses another version. The table's field `admin` is NULL
 * unless the machine is simulated. */
struct ntvol_kind {
  const struct nt_machine_ops *ops; /* must outlive the Lua state */
};

/* A userdata of class ntvol.journal. */
struct ntvol_journal {
  struct nt_journal *journal; /* NULL: closed */
  const struct nt_journal_ops *ops;
  int busy; /* requests that use it right now: it must not be closed */
};

/* Pushes a machine kind. The Lua state must have loaded "ntvol.core". */
static inline void ntvol_pushkind(lua_State *L,
                                  const struct nt_machine_ops *ops) {
  struct ntvol_kind *kind =
      (struct ntvol_kind *)lua_newuserdatauv(L, sizeof *kind, 0);
  kind->ops = ops;
  luaL_setmetatable(L, NTVOL_KIND);
}

/* What the core offers to other C modules. New fields are added at the end
 * only. */
#define NTVOL_API "ntvol.api"
#define NTVOL_API_VERSION 1

struct ntvol_api {
  int version; /* NTVOL_API_VERSION */

  /* Pushes a closed ntvol.machine and returns where its machine belongs. To
   * open it, store a connected machine there; from then on the userdata owns
   * the machine and disconnects it. */
  struct nt_machine **(*newmachine)(lua_State *L);

  /* The machine of argument `arg`; raises when it is not one or is closed. */
  struct nt_machine *(*checkmachine)(lua_State *L, int arg);
};

/* The table of functions; raises when "ntvol.core" is not loaded or is of
 * another version. */
static inline const struct ntvol_api *ntvol_getapi(lua_State *L) {
  const struct ntvol_api *api;
  lua_getfield(L, LUA_REGISTRYINDEX, NTVOL_API);
  api = (const struct ntvol_api *)lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (api == NULL) {
    luaL_error(L, "load the module 'ntvol.core' first");
  } else if (api->version < NTVOL_API_VERSION) {
    luaL_error(L, "'ntvol.core' has C interface version %d, %d is needed",
               api->version, NTVOL_API_VERSION);
  }
  return api;
}

#if defined(__cplusplus)
}
#endif

#endif
