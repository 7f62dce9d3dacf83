#!/bin/sh
# wine.sh BUILD PREFIX [arguments of busted]: runs the suite under Wine with the
# lua.exe of BUILD/bin, in a Wine prefix of its own: what is named, or each spec
# that can run there, in a process of its own. Needs no display, leaves no process
# behind, and ends with the exit code of the suite.
#
# Specs find in the environment
#   NTVOL_WINE_SCRATCH  a folder, as Z:\...: volume-f.img and volume-g.img, which
#                       are the raw volumes F: and G:, and a folder whose name
#                       has spaces and letters beyond ASCII. H: and I: are free.
#   NTVOL_WINE_HOST     a folder of the host, for programs that run there; see
#                       spec/support/win/proc.lua
set -eu

build=$1 prefix=$2
shift 2
here=$(dirname "$0")
# shellcheck source=tools/windows/lib.sh
. "$here/lib.sh"

find_wine
mkdir -p "$prefix"
exec 9>"$prefix.lock"
flock 9 # one run at a time in a prefix

host=
# shellcheck disable=SC2317 # the trap calls it
finish() {
  stop_wine
  [ -z "$host" ] || kill -- "-$host" 2>/dev/null || :
  rm -rf "$TMPDIR"/tmp.* "$TMPDIR"/ntvol-spec.*
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

make_prefix "$prefix"
scratch=$(mktemp -d)

# ---- raw volumes -------------------------------------------------------------

# F: is FAT12 where mkfs.fat is there; G: has the number of each sector in it.
truncate -s 4M "$scratch/volume-f.img"
if command -v mkfs.fat >/dev/null; then
  mkfs.fat -F 12 -n WINEFAT -i 1234ABCD "$scratch/volume-f.img" >/dev/null
fi
seq -f '%0511.0f' 0 8191 >"$scratch/volume-g.img"
mkdir "$scratch/Ordner mit Leerzeichen äöü 日本"
ln -sfn "$scratch/volume-f.img" "$WINEPREFIX/dosdevices/f::"
ln -sfn "$scratch/volume-g.img" "$WINEPREFIX/dosdevices/g::"

# ---- programs of the host ----------------------------------------------------

mkdir "$scratch/host"
mkfifo "$scratch/host/ask" "$scratch/host/answer"
setsid sh "$here/host.sh" "$scratch/host" 9>&- &
host=$!

# ---- the run -----------------------------------------------------------------

start_wine
NTVOL_WINE_SCRATCH="Z:$(echo "$scratch" | sed 's|/|\\|g')"
NTVOL_WINE_HOST=$scratch/host
NTVOL_BUILD=$build/test
LUA="$WINE $build/bin/lua.exe"
export NTVOL_WINE_SCRATCH NTVOL_WINE_HOST NTVOL_BUILD LUA
limit="timeout -k 10 ${WINE_TIMEOUT:-1800}" code=0
run="$WINE $build/bin/lua.exe spec/win/run.lua $build"
if [ $# -gt 0 ]; then
  # shellcheck disable=SC2086 # they are several words
  $limit $run "$@" </dev/null 9>&- || code=$?
else # the rest of the suite looks at the tree, at the native build, or at Linux.
  # The journal is that of the prefix, as it is for every process there.
  # shellcheck disable=SC2086
  PARTS='spec/unit spec/contract spec/conformance spec/sim spec/multi spec/win' \
    $limit sh tools/suite.sh 1 env -u NTVOL_STATE $run </dev/null 9>&- || code=$?
fi
if [ "$code" -ge 124 ]; then
  echo "the run under Wine was ended after ${WINE_TIMEOUT:-1800} s"
fi
exit "$code"
