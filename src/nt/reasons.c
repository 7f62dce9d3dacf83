/*
 * The vocabulary of refusals: the table made from the list of reasons.h.
 */
#include "reasons.h"

#include <string.h>

#define SAME NULL

static const struct nt_reason_row rows[] = {{.name = NULL}, /* NT_REASON_NONE */
#define X(id, name, cls, meaning, next, command, ...) \
  {name, NT_CLASS_##cls, meaning, next, command, {__VA_ARGS__}},
                                            NT_REASON_LIST(X)
#undef X
};

#define COUNT (sizeof(rows) / sizeof(rows[0]))

const struct nt_reason_row *nt_reason_at(enum nt_reason reason) {
  size_t index = (size_t)reason;
  return index > 0 && index < COUNT ? &rows[index] : NULL;
}

const struct nt_reason_row *nt_reason_find(const char *name) {
  for (size_t i = 1; name != NULL && i < COUNT; i++) {
    if (strcmp(rows[i].name, name) == 0) {
      return &rows[i];
    }
  }
  return NULL;
}
