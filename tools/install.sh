#!/bin/sh
# Installs the command, the modules, and what the command prints about itself:
# the manual page and the completions of bash and zsh.
#   sh tools/install.sh LUA BUILD PREFIX LUADIR LIBDIR
set -eu
lua=$1 build=$2 prefix=$3 luadir=$4 libdir=$5

# files FROM PATTERN MODE TO: the files below FROM/ntvol, as they lie there.
files() {
  (cd "$1" && find ntvol -name "$2" -exec install -D -m "$3" '{}' "$4/{}" ';')
}

# text FILE WORD...: what `ntvol WORD...` prints becomes FILE.
text() {
  file=$prefix/share/$1
  shift
  mkdir -p "${file%/*}"
  "$lua" bin/ntvol "$@" >"$file.new"
  chmod 644 "$file.new"
  mv "$file.new" "$file"
}

install -D -m 755 bin/ntvol "$prefix/bin/ntvol"
files "$build" '*.so' 755 "$libdir"
files lua '*.lua' 644 "$luadir"
text man/man1/ntvol.1 man
text bash-completion/completions/ntvol completion bash
text zsh/site-functions/_ntvol completion zsh
