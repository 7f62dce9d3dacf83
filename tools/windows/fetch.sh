#!/bin/sh
# fetch.sh FOLDER: gets the sources that the Windows build needs, from the
# Debian (or Ubuntu) archive that this system is installed from, into FOLDER.
# The system's own package lists are not touched. Done once: FOLDER/complete
# says so.
set -eu

folder=$1
packages="lua5.4 lua-filesystem sqlite3"
if [ -e "$folder/complete" ]; then
  exit 0
fi

fail() {
  echo "fetch: $1" >&2
  echo "  To build without it, unpack the sources of $packages into one" >&2
  echo "  folder and run make with WIN_SOURCES=<folder>." >&2
  exit 1
}

for program in apt-get dpkg-source; do
  command -v "$program" >/dev/null ||
    fail "$program is needed (package apt, dpkg-dev)"
done

rm -rf "$folder"
mkdir -p "$folder/apt" "$folder/lists/partial" "$folder/cache/archives/partial"
folder=$(cd "$folder" && pwd)

# The archive of the distribution only: others may have no sources.
etc=${APT_ETC:-/etc/apt}
for file in "$etc"/sources.list.d/debian.sources \
  "$etc"/sources.list.d/ubuntu.sources; do
  if [ -e "$file" ]; then
    sed 's/^Types:.*/Types: deb-src/' "$file" >"$folder/apt/system.sources"
  fi
done
if [ ! -e "$folder/apt/system.sources" ] && [ -e "$etc/sources.list" ]; then
  sed -n 's/^deb\(-src\)\{0,1\} /deb-src /p' "$etc/sources.list" |
    sort -u >"$folder/apt/system.list"
fi
[ -n "$(ls -A "$folder/apt")" ] || fail "no list of package sources in $etc"

apt() {
  apt-get -qq -o "Dir::Etc::sourceparts=$folder/apt" \
    -o "Dir::Etc::sourcelist=$folder/none" -o "Dir::Cache=$folder/cache" \
    -o "Dir::State::lists=$folder/lists" -o APT::Sandbox::User=root \
    -o Acquire::Retries=3 -o Acquire::http::Timeout=30 "$@" </dev/null
}

cd "$folder"
apt update >log 2>&1 || { cat log >&2 && fail "the package lists"; }
# shellcheck disable=SC2086
apt source $packages >log 2>&1 || { cat log >&2 && fail "the sources"; }
rm -rf lists cache apt log
: >complete
