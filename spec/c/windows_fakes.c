/*
 * The Lua module `windows`: the Windows machine as kind "win32", over the table
 * of fakes, for specs in Lua. Its volumes are C:, from which the system runs,
 * D: and E:. Unless a spec says otherwise the system agrees to everything.
 */
#include <lauxlib.h>
#include <string.h>

#include "../../src/ntvol.h"
#include "fake_os.h"
#include "nt/codes.h"
#include "nt/nt.h"

NTVOL_EXPORT int luaopen_windows(lua_State *L);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GUID_OF(letter) \
  "\\\\?\\Volume{11111111-0000-0000-0000-00000000000" letter "}\\"

static const struct fake_volume volumes[] = {
    {.guid_path = GUID_OF("c"),
     .paths = {"C:\\"},
     .device = "\\Device\\HarddiskVolume1",
     .file_system = "NTFS"},
    {.guid_path = GUID_OF("d"),
     .paths = {"D:\\"},
     .device = "\\Device\\HarddiskVolume2",
     .file_system = "FAT32"},
    {.guid_path = GUID_OF("e"),
     .paths = {"E:\\"},
     .device = "\\Device\\HarddiskVolume3",
     .file_system = "NTFS"},
    {.guid_path = NULL},
};

static unsigned char content[1 << 20];
static const char *const page_files[] = {"\\??\\D:\\pagefile.sys", NULL};
static const struct fake_process processes[] = {
    {101, "one.exe"}, {102, "two.exe"}, {103, "three.exe"}, {0}};

/* What the spec gave last; rows behind it agree. */
static struct fake_answer answers[COUNT(processes) + 8];
static struct fake_open opens[2];

static const uint32_t agreed[] = {
    NT_FSCTL_LOCK_VOLUME,     NT_FSCTL_UNLOCK_VOLUME,
    NT_FSCTL_DISMOUNT_VOLUME, NT_FSCTL_IS_VOLUME_MOUNTED,
    NT_IOCTL_VOLUME_ONLINE,   NT_IOCTL_VOLUME_OFFLINE,
};

static void agree(struct fake_answer *at) {
  for (size_t i = 0; i < COUNT(agreed); i++) {
    at[i] = (struct fake_answer){.code = agreed[i]};
  }
  at[COUNT(agreed)] = (struct fake_answer){0};
}

static bool flag(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  bool set = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return set;
}

/* windows.start { pagefile, system, boot }: a fresh Windows; D: has these. */
static int start(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  fake_os_reset();
  memset(content, 0, sizeof(content));
  agree(answers);
  memset(opens, 0, sizeof(opens));
  fake_os.volumes = volumes;
  fake_os.answers = answers;
  fake_os.opens = opens;
  fake_os.content = content;
  fake_os.content_length = sizeof(content);
  fake_os.page_files = flag(L, "pagefile") ? page_files : NULL;
  fake_os.system_directory = flag(L, "boot") ? "D:\\Windows\\system32" : NULL;
  fake_os.system_partition =
      flag(L, "system") ? "\\Device\\HarddiskVolume2" : NULL;
  return 0;
}

/* windows.stop() -> handles that are open, handles that were closed twice */
static int stop(lua_State *L) {
  lua_pushinteger(L, fake_os.opened);
  lua_pushinteger(L, fake_os.wrong_closes);
  return 2;
}

/* The last `count` of the processes have it open. */
static void use(lua_State *L, int arg) {
  lua_Integer count = luaL_optinteger(L, arg, 0);
  luaL_argcheck(L, count >= 0 && count < (lua_Integer)COUNT(processes), arg,
                "there are not so many processes");
  fake_os.users = &processes[COUNT(processes) - 1 - (size_t)count];
}

/* windows.answer(code, status, holders): the next requests are answered so;
 * code may be FAKE_READ and its like. */
static int answer(lua_State *L) {
  memset(answers, 0, sizeof(answers));
  answers[0].code = (uint32_t)luaL_checkinteger(L, 1);
  answers[0].status = (nt_status)luaL_checkinteger(L, 2);
  agree(answers + 1);
  memset(opens, 0, sizeof(opens));
  use(L, 3);
  return 0;
}

/* windows.open(status, error, holders): the next open is answered so. */
static int next_open(lua_State *L) {
  opens[0] = (struct fake_open){
      .name = "",
      .status = (nt_status)luaL_checkinteger(L, 1),
      .error = (uint32_t)luaL_checkinteger(L, 2),
      .times = 1,
  };
  use(L, 3);
  return 0;
}

/* windows.log() -> what the system was asked for, a call each line */
static int get_log(lua_State *L) {
  lua_pushstring(L, fake_os.log);
  return 1;
}

static const luaL_Reg functions[] = {
    {"start", start},    {"stop", stop},   {"answer", answer},
    {"open", next_open}, {"log", get_log}, {NULL, NULL},
};

int luaopen_windows(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "ntvol.core");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "register");
  ntvol_pushkind(L, &nt_win32_ops);
  lua_call(L, 1, 0);
  luaL_newlib(L, functions);
  return 1;
}
