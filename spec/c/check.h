/*
 * Checks for C unit tests: TAP lines, and an exit status.
 */
#ifndef SPEC_C_CHECK_H
#define SPEC_C_CHECK_H

#include <stdio.h>
#include <string.h>

static int check_count, check_failures;

#define CHECK(condition, ...)                                       \
  do {                                                              \
    int check_ok = (condition);                                     \
    check_failures += !check_ok;                                    \
    printf("%s %d - ", check_ok ? "ok" : "not ok", ++check_count);  \
    printf(__VA_ARGS__);                                            \
    printf(check_ok ? "\n" : "\n# %s:%d: %s\n", __FILE__, __LINE__, \
           #condition);                                             \
  } while (0)

/* Two strings that must be equal; shows the one that came. */
#define CHECK_TEXT(got, wanted, ...)                      \
  do {                                                    \
    const char *check_got = (got);                        \
    CHECK(strcmp(check_got, (wanted)) == 0, __VA_ARGS__); \
    if (strcmp(check_got, (wanted)) != 0) {               \
      printf("# got: %s\n", check_got);                   \
    }                                                     \
  } while (0)

static int check_done(void) {
  printf("1..%d\n", check_count);
  return check_failures != 0;
}

#endif
