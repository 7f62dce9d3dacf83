#!/bin/sh
# ready.sh SOURCES [wine]: says on stdout what the Windows build needs and is
# not there; with the word wine, its test, too. Says nothing and succeeds when
# all is there. Fetches the sources, since nothing else shows that they can be
# had.
set -u

lack() {
  echo "$1"
  exit 1
}

for program in x86_64-w64-mingw32-gcc tclsh; do
  command -v "$program" >/dev/null ||
    lack "$program is not installed: make deps-win"
done
if [ "${2:-}" = wine ]; then
  # shellcheck source=tools/windows/lib.sh
  . "$(dirname "$0")/lib.sh"
  find_wine 2>/dev/null || lack "wine64 is not installed: make deps-win"
fi
[ "$1" != build/win/src ] ||
  sh "$(dirname "$0")/fetch.sh" "$1" >/dev/null 2>&1 ||
  lack "the sources of Lua and SQLite cannot be fetched: make win says why"
