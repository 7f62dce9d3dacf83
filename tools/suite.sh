#!/bin/sh
# The suite, each file of spec in a process of its own, several at a time. Every
# test collects garbage, and what the runner keeps of the tests before it is
# looked at again each time: in one process the last test takes a hundred times
# as long as the first.
#   tools/suite.sh JOBS COMMAND...     COMMAND runs the specs that are appended
# PARTS names files and folders, all of spec unless given; WITHOUT files that are
# left out. Each C test is a part, too. PLAIN is COMMAND without the checker that
# may stand before it: the C tests have their own, and what reads their output
# needs none.
# Prints what each part printed, and last the sum: "N passed, N failed, N skipped".
set -eu

jobs=$1
shift
out=$(mktemp -d) state=$(mktemp -d) # state: the journal of each part
trap 'rm -rf "$out" "$state"' EXIT
export out state

export plain="${PLAIN:-$*}"
parts=${PARTS:-spec} without=${WITHOUT:-}
unset PARTS WITHOUT PLAIN # a part may run a suite of its own

# shellcheck disable=SC2086 # they are several
find $parts -name '*_spec.lua' >"$state/found" # ends here when one is not there

# One part on each line: a file, and the one C test that it is to run.
list_parts() {
  LC_ALL=C sort -u "$state/found" |
    while read -r part; do
      case " $without " in
        *" $part "*) ;;
        *) if [ "$part" = spec/c_spec.lua ]; then
          printf '%s\n' spec/c/*_test.c | sed "s|^|$part |"
        else
          printf '%s\n' "$part"
        fi ;;
      esac
    done
}

# Called for each part: sh -c "$run_part" suite PART COMMAND...
# shellcheck disable=SC2016 # it is expanded by the other shell
run_part='
  part=$1 file=$out/$(echo "$1" | tr " /" __)
  shift
  case $part in
    *" "*)
      export NTVOL_C_TEST="${part#* }"
      line=$(printf "%-44s" "$NTVOL_C_TEST")
      set -- $plain ;;
  esac
  code=0
  NTVOL_STATE=$state/${file##*/} "$@" "${part%% *}" >"$file" 2>&1 || code=$?
  sed -i "s/\r$//" "$file" # Windows programs end lines in their way
  [ -z "${line:-}" ] || sed -i "s|^${part%% *} *|$line |" "$file"
  fail() {
    printf "\nFAILED %s: %s\n0 passed, 1 failed, 0 skipped\n" "$part" "$1" \
      >>"$file"
  }
  if [ "$code" -gt 128 ]; then
    fail "killed by signal $((code - 128)) ($(kill -l $((code - 128))))"
  elif ! grep -aqE "^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$" "$file"
  then
    fail "ended with $code, and no sum of its tests"
  elif [ "$code" != 0 ] && grep -aqE " passed, 0 failed, " "$file"; then
    fail "ended with $code, though no test failed"
  fi
  flock "$out" grep -avE "^([0-9]+ passed, .* skipped)?$" "$file" || true'

list_parts | xargs -P "$jobs" -I PART sh -c "$run_part" suite PART env "$@"

cat "$out"/* | LC_ALL=C awk '
  /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
    passed += $1; failed += $3; skipped += $5
  }
  END {
    printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed != 0 || passed + skipped == 0
  }'
