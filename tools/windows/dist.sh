#!/bin/sh
# dist.sh BUILD SOURCES TRIPLE ZIP: packs what runs on a bare Windows into
# ZIP.zip: one folder, named like the file, with lua.exe, ntvol and its
# documents. It needs no installation and may be put anywhere.
set -eu

build=$1 sources=$2 triple=$3 zip=$4
name=$(basename "$zip")
work=$build/dist
folder=$work/$name
rm -rf "$work" "$zip.zip"
mkdir -p "$folder/licences" "$folder/bin"

cp -R "$build"/bin/. "$folder"
rm -f "$folder/lua/complete"
cp bin/ntvol "$folder/bin"
cp -R examples docs types "$folder"
rm -rf "$folder/docs/api"
cp README.md CHANGELOG.md "$folder"

# Files that Windows' own programs open have its line ends.
for file in LICENSE tools/windows/ntvol.cmd; do
  sed 's/$/\r/' "$file" >"$folder/$(basename "$file")"
done
mv "$folder/LICENSE" "$folder/LICENSE.txt"

# licence NAME FILE...: the first FILE that is there.
licence() {
  name_of=$1
  shift
  for file in "$@"; do
    if [ -e "$file" ]; then
      sed 's/$/\r/' "$file" >"$folder/licences/$name_of.txt"
      return
    fi
  done
  echo "dist: no licence of $name_of found" >&2
  exit 1
}
licence Lua "$sources"/lua5.4-*/debian/copyright
licence SQLite "$sources"/sqlite3-*/debian/copyright
licence argparse /usr/share/doc/lua-argparse/copyright
licence MinGW-w64 "/usr/share/doc/mingw-w64-$triple-dev/copyright" \
  /usr/share/doc/mingw-w64-common/copyright

mkdir -p "$(dirname "$zip")"
target=$(cd "$(dirname "$zip")" && pwd)/$name.zip
(cd "$work" && zip -X -q -r "$target" "$name")
echo "$zip.zip"
