/*
 * The machine that this program runs on: this Windows.
 */
#include "../native.h"

#include "win32.h"

const struct nt_machine_ops *nt_native(void) {
  return &nt_win32_ops;
}
