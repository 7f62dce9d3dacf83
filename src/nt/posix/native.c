/*
 * The machine that this program runs on: there is none here.
 */
#include "../native.h"

const struct nt_machine_ops *nt_native(void) {
  return NULL;
}
