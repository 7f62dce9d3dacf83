#!/bin/sh
# After a run of the suite with KIND=coverage: a table of line coverage for each
# file of src, then every line that did not run.
#   tools/coverage.sh build/coverage
set -eu

build=$1
info=$build/lcov.info
lcov --quiet --capture --directory "$build/obj/src" --base-directory . \
  --no-external --output-file "$info" 2>"$build/lcov.log" || {
  cat "$build/lcov.log" >&2
  exit 1
}

awk -v root="$PWD/" '
  /^SF:/ { file = substr($0, 4); sub(root, "", file) }
  /^DA:/ {
    split(substr($0, 4), part, ",")
    lines[file]++
    if (part[2] == 0) missed[file] = missed[file] " " part[1]
    else hit[file]++
  }
  END {
    for (file in lines) {
      printf "%s %d %d|%s\n", file, lines[file], hit[file], missed[file]
    }
  }' "$info" | sort >"$build/lines.txt"

awk -F'|' '
  { split($1, f, " "); lines += f[2]; hit += f[3]
    printf "%-36s %6d lines %6.1f %%\n", f[1], f[2], 100 * f[3] / f[2] }
  END { printf "%-36s %6d lines %6.1f %%\n", "all", lines, 100 * hit / lines }
  ' "$build/lines.txt"

echo
echo "lines that did not run:"
while IFS='|' read -r head missed; do
  file=${head%% *}
  for line in $missed; do
    printf '%s:%s:%s\n' "$file" "$line" "$(sed -n "${line}p" "$file")"
  done
done <"$build/lines.txt"
