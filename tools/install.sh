#!/bin/sh
# Installs the command, the modules, the header for C hosts, the types for
# editors, and what the command prints about itself: the manual page and the
# completions. A list of all that was made lies in PREFIX/share/ntvol/installed,
# so that `uninstall` takes away just that.
#   sh tools/install.sh install DESTDIR PREFIX LUADIR LIBDIR LUA BUILD
#   sh tools/install.sh uninstall DESTDIR PREFIX
set -eu
verb=$1 destdir=$2 prefix=$3

# absolute PATH: a relative one is meant from here, and is the same everywhere.
absolute() {
  case $1 in
    '' | /*) printf '%s\n' "${1%/}" ;;
    *) printf '%s/%s\n' "$PWD" "${1%/}" ;;
  esac
}

destdir=$(absolute "$destdir") prefix=$(absolute "$prefix")
list=$prefix/share/ntvol/installed

note() {
  printf '%s\n' "$1" >>"$made"
}

# folder PATH: makes it, and notes each part of it that was not there.
folder() {
  [ -d "$destdir$1" ] && return
  folder "$(dirname "$1")"
  mkdir "$destdir$1"
  note "$1/"
}

# put MODE TO: standard input becomes the file TO.
put() {
  folder "$(dirname "$2")"
  cat >"$destdir$2.new"
  chmod "$1" "$destdir$2.new"
  mv "$destdir$2.new" "$destdir$2"
  note "$2"
}

# files FROM PATTERN MODE TO: the files below FROM/ntvol, as they lie there.
files() {
  (cd "$1" && find ntvol -name "$2") | LC_ALL=C sort | while read -r file; do
    put "$3" "$4/$file" <"$1/$file"
  done
}

# text FILE WORD...: what `ntvol WORD...` prints becomes FILE.
text() {
  file=$prefix/share/$1
  shift
  "$lua" bin/ntvol "$@" >"$made.text"
  put 644 "$file" <"$made.text"
}

install_all() {
  luadir=$(absolute "$1") libdir=$(absolute "$2") lua=$3 build=$4
  made=$(mktemp)
  trap 'rm -f "$made" "$made.text"' EXIT
  # What an earlier install has noted stays noted.
  [ ! -e "$destdir$list" ] || cat "$destdir$list" >"$made"
  put 755 "$prefix/bin/ntvol" <bin/ntvol
  files "$build" '*.so' 755 "$libdir"
  files lua '*.lua' 644 "$luadir"
  put 644 "$prefix/include/ntvol.h" <src/ntvol.h
  put 644 "$prefix/share/ntvol/types/ntvol.lua" <types/ntvol.lua
  text man/man1/ntvol.1 man
  text bash-completion/completions/ntvol completion bash
  text zsh/site-functions/_ntvol completion zsh
  text fish/vendor_completions.d/ntvol.fish completion fish
  note "$list"
  LC_ALL=C sort -u "$made" | put 644 "$list"
}

# The longest paths first, so that a folder is empty when its turn comes.
uninstall_all() {
  if [ ! -e "$destdir$list" ]; then
    echo "nothing is installed in $destdir$prefix: there is no $destdir$list" >&2
    echo "hint: say where, as for install: make uninstall PREFIX=FOLDER" >&2
    exit 1
  fi
  LC_ALL=C sort -r "$destdir$list" | while read -r path; do
    case $path in
      */) rmdir "$destdir$path" 2>/dev/null || true ;;
      *) rm -f "$destdir$path" ;;
    esac
  done
}

shift 3
"${verb}_all" "$@"
