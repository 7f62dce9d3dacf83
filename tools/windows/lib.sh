# shellcheck shell=sh
# Wine for scripts: found, with a prefix of its own, ended with its server.

# The programs are not on PATH in Debian. Sets WINE, WINESERVER.
find_wine() {
  WINE=$(command -v wine64 || dpkg -L wine64 2>/dev/null |
    grep '/wine/wine64$' || :)
  if [ -z "$WINE" ]; then
    echo "wine64 is not installed: make deps-win" >&2
    return 1
  fi
  WINESERVER=$(dirname "$WINE")/wineserver64
  [ -x "$WINESERVER" ] || WINESERVER=$(dirname "$WINE")/wineserver
}

# make_prefix FOLDER: makes it once. Nothing is shown, installed or put into a
# menu, and nothing of the user's is linked to. Temporary files are in it, too:
# Wine's server finds its socket by TMPDIR, and leaves its folder there.
make_prefix() {
  mkdir -p "$1/tmp"
  WINEPREFIX=$(cd "$1" && pwd)
  TMPDIR=$WINEPREFIX/tmp
  WINEDEBUG=-all
  WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
  LC_ALL=C.UTF-8
  HOME=$WINEPREFIX
  export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES LC_ALL HOME TMPDIR
  unset DISPLAY WAYLAND_DISPLAY || :
  if [ -e "$WINEPREFIX/complete" ]; then
    return
  fi
  echo "making the Wine prefix $1"
  timeout -k 10 180 "$WINE" wineboot --init >"$WINEPREFIX/log" 2>&1 \
    </dev/null 9>&- || { cat "$WINEPREFIX/log" && return 1; }
  stop_wine
  : >"$WINEPREFIX/complete"
}

# The server of this prefix stays until stop_wine: drivers live in it.
start_wine() {
  ln -sfn ../drive_c "$WINEPREFIX/dosdevices/c:"
  ln -sfn / "$WINEPREFIX/dosdevices/z:"
  "$WINESERVER" -p </dev/null >/dev/null 2>&1 9>&-
}

# Between the runs the prefix has no links: programs that walk through the tree
# would come to the root of the host, and round in circles.
stop_wine() {
  if [ -n "${WINEPREFIX:-}" ]; then
    timeout -k 5 20 "$WINESERVER" -k 9>&- || :
    find "$WINEPREFIX" -type l -exec rm -f '{}' +
  fi
}
