/*
 * How Plug and Play refuses: the results of the configuration manager, and its
 * vetoes (cfgmgr32.h and cfg.h of the public SDK).
 */
#include "veto.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- vetoes -------------------------------------------------------------- */

enum veto_kind {
  IN_USE,  /* somebody has it open and may let go */
  REFUSED, /* a driver says no; it may say yes later */
  NEVER,   /* this device is not removed while the system runs */
  RIGHTS
};

/* PNP_VETO_TYPE; the row's number is the value. */
static const struct {
  const char *name;
  enum veto_kind kind;
} vetoes[] = {
    {"unknown", REFUSED},
    {"legacy device", NEVER},
    {"pending close", IN_USE},
    {"windows application", IN_USE},
    {"windows service", IN_USE},
    {"outstanding open", IN_USE},
    {"device", REFUSED},
    {"driver", REFUSED},
    {"illegal device request", NEVER},
    {"insufficient power", REFUSED},
    {"non-disableable", NEVER},
    {"legacy driver", NEVER},
    {"insufficient rights", RIGHTS},
    {"already removed", NEVER},
};

static const struct {
  nt_status status;
  enum nt_class cls;
  enum nt_reason reason;
  const char *hint;
} kinds[] = {
    [IN_USE] = {NT_STATUS_DEVICE_BUSY, NT_CLASS_TRANSIENT, NT_REASON_IN_USE,
                "close what has it open and try again; a lock of the volume "
                "says who that is"},
    [REFUSED] = {NT_STATUS_DEVICE_BUSY, NT_CLASS_TRANSIENT, NT_REASON_VETOED,
                 "lock and dismount its volumes first, or try again later"},
    [NEVER] = {NT_STATUS_DEVICE_BUSY, NT_CLASS_PERMANENT, NT_REASON_VETOED,
               "shut Windows down before it is taken away"},
    [RIGHTS] = {NT_STATUS_ACCESS_DENIED, NT_CLASS_PERMANENT,
                NT_REASON_PRIVILEGE, "run as an administrator"},
};

static size_t row_of(uint32_t type) {
  return type < COUNT(vetoes) ? type : 0;
}

bool nt__win32_veto_may_pass(uint32_t veto_type) {
  return kinds[vetoes[row_of(veto_type)].kind].cls == NT_CLASS_TRANSIENT;
}

static nt_status fail_veto(struct nt_error *err,
                           const struct nt_win32_veto *veto, const char *what) {
  char name[sizeof(err->veto_name)];
  size_t row = row_of(veto->type);
  enum veto_kind kind = vetoes[row].kind;
  nt__win32_show(veto->name, name, sizeof(name));
  nt_refuse_as(err, kinds[kind].status, kinds[kind].reason,
               "%s was vetoed: %s%s%s%s", what, vetoes[row].name,
               name[0] != '\0' ? " '" : "", name, name[0] != '\0' ? "'" : "");
  err->cls = kinds[kind].cls;
  err->veto_type = vetoes[row].name;
  nt_copy(err->veto_name, sizeof(err->veto_name), name);
  nt_hint(err, "%s", kinds[kind].hint);
  return err->status;
}

/* ---- results ------------------------------------------------------------- */

static const struct {
  uint32_t configret;
  nt_status status;
  enum nt_reason reason;
  const char *detail, *hint;
} rows[] = {
    {0x02 /* CR_OUT_OF_MEMORY */, NT_STATUS_NO_MEMORY, NT_REASON_NONE,
     "the configuration manager ran out of memory", "try again"},
    {0x05 /* CR_INVALID_DEVNODE */, NT_STATUS_NO_SUCH_DEVICE, NT_REASON_REMOVED,
     "the device is gone", "nothing is left to do: it is not there any more"},
    {0x0D /* CR_NO_SUCH_DEVNODE */, NT_STATUS_NO_SUCH_DEVICE, NT_REASON_REMOVED,
     "the device is gone", "nothing is left to do: it is not there any more"},
    {0x20 /* CR_INVALID_API */, NT_STATUS_NOT_SUPPORTED, NT_REASON_NONE,
     "this Windows cannot do it for this device", "use the Device Manager"},
    {0x22 /* CR_NEED_RESTART */, NT_STATUS_DEVICE_BUSY,
     NT_REASON_RESTART_NEEDED, "it ends at the next start of Windows",
     "restart Windows"},
    {0x24 /* CR_DEVICE_NOT_THERE */, NT_STATUS_NO_SUCH_DEVICE,
     NT_REASON_REMOVED, "the device is gone",
     "nothing is left to do: it is not there any more"},
    {0x28 /* CR_NOT_DISABLEABLE */, NT_STATUS_NOT_SUPPORTED, NT_REASON_NONE,
     "the device cannot be disabled while Windows runs",
     "shut Windows down before it is taken away"},
    {0x32 /* CR_NO_CM_SERVICES */, NT_STATUS_NOT_SUPPORTED, NT_REASON_NONE,
     "the Plug and Play service does not answer",
     "start the Plug and Play service"},
    {0x33 /* CR_ACCESS_DENIED */, NT_STATUS_ACCESS_DENIED, NT_REASON_PRIVILEGE,
     NULL, "run as an administrator"},
    {0x34 /* CR_CALL_NOT_IMPLEMENTED */, NT_STATUS_NOT_SUPPORTED,
     NT_REASON_NONE, "this Windows cannot do it for this device",
     "use the Device Manager"},
};

bool nt__win32_wrong_way(uint32_t configret) {
  return configret == 0x20 || configret == 0x28 || configret == 0x34;
}

nt_status nt__win32_fail_configret(struct nt_error *err, uint32_t configret,
                                   const struct nt_win32_veto *veto,
                                   const char *what) {
  if (configret == WIN32_CR_REMOVE_VETOED) {
    return fail_veto(err, veto, what);
  }
  for (size_t i = 0; i < COUNT(rows); i++) {
    if (rows[i].configret == configret) {
      nt_refuse_as(err, rows[i].status, rows[i].reason, "%s%s%s", what,
                   rows[i].detail != NULL ? ": " : " is not allowed",
                   rows[i].detail != NULL ? rows[i].detail : "");
      nt_hint(err, "%s", rows[i].hint);
      return rows[i].status;
    }
  }
  nt_fail(err, NT_STATUS_UNSUCCESSFUL,
          "%s failed, the configuration manager answered 0x%02X", what,
          (unsigned)configret);
  nt_hint(err, "look at the device in the Device Manager, then try again");
  return NT_STATUS_UNSUCCESSFUL;
}
