#!/bin/sh
# Makes sure that all that `make test` and `make demo` need is there; with the
# word "windows", what the Windows build and its test under Wine need beside it.
# On Debian and its kin, root gets the missing packages installed and everybody
# else the command that does it; on other systems the list is printed in words.
set -eu

build="gcc g++ libc6-dev make pkg-config liblua5.4-dev libsqlite3-dev libblkid-dev
libfdisk-dev libtsk-dev libzstd-dev libxxhash-dev"
run="lua5.4 lua-argparse dosfstools ntfs-3g exfatprogs"
develop="lua-busted lua-cjson luarocks mtools fdisk sqlite3 xz-utils"
windows="gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-i686-win32 tcl dpkg-dev zip
unzip wine64"
wanted="$build $run $develop"
[ "${1:-}" != windows ] || wanted=$windows

if ! command -v dpkg-query >/dev/null 2>&1; then
  cat >&2 <<'TEXT'
deps: this is not a Debian system, so nothing is checked. ntvol needs
  to build:  a C11 and C++ compiler, make, pkg-config, and the headers of Lua 5.4,
             SQLite 3, Zstandard, xxHash, libblkid and libfdisk
             (util-linux), The Sleuth Kit
  to run:    Lua 5.4, argparse for the command; mkfs.fat
             (dosfstools), mkfs.ntfs (ntfs-3g), mkfs.exfat (exfatprogs)
  to test:   busted and lua-cjson for Lua 5.4, LuaRocks, mtools, fdisk, the
             sqlite3 command
  to build for Windows: MinGW-w64, tclsh, zip, and the sources of Lua 5.4,
             LuaFileSystem and SQLite; to test that: Wine, unzip
TEXT
  exit 0
fi

missing=
for package in $wanted; do
  # shellcheck disable=SC2016
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || :)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300"
if [ "$(id -u)" != 0 ]; then
  echo "deps: packages are missing. Install them, then run make again:" >&2
  echo "  sudo $install$missing" >&2
  exit 1
fi

echo "deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$install $missing </dev/null || {
  apt-get -o DPkg::Lock::Timeout=300 update </dev/null
  $install $missing </dev/null
}
