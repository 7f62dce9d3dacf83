/*
 * What an error says to do next, for tests.
 */
#ifndef SPEC_C_NEXT_H
#define SPEC_C_NEXT_H

#include "../../src/nt/error.h"

static inline const char *next_of(const struct nt_error *err) {
  static char text[sizeof(err->hint)];
  nt_error_next(err, NT_LANGUAGE_LUA, text, sizeof(text));
  return text;
}

#endif
