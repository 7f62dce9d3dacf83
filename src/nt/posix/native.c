/*
 * The machine that this program runs on: on this system there is none.
 */
#include "../native.h"

const struct nt_machine_ops *nt_native(void) {
  return NULL;
}
