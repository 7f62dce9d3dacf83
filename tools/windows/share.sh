#!/bin/sh
# share.sh FOLDER: copies busted and what it needs, all of it Lua, from the
# installed Debian packages into FOLDER, for the run under Wine.
set -eu

folder=$1
rm -rf "$folder"
mkdir -p "$folder"
for package in lua-busted lua-cliargs lua-luassert lua-mediator lua-penlight \
  lua-say lua-system lua-dkjson; do
  dpkg -L "$package" | sed -n 's|^.*/lua/5\.4/\(.*\.lua\)$|& \1|p' |
    while read -r path name; do
      mkdir -p "$folder/$(dirname "$name")"
      cp "$path" "$folder/$name"
    done
done
: >"$folder/complete"
