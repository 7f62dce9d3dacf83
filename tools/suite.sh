#!/bin/sh
# The suite, each file of spec in a process of its own, several at a time. Every
# test collects garbage, and what the runner keeps of the tests before it is
# looked at again each time: in one process the last test takes a hundred times
# as long as the first.
#   tools/suite.sh JOBS COMMAND...     COMMAND runs the specs that are appended
# Prints what each part printed, and last the sum: "N passed, N failed, N skipped".
set -eu

jobs=$1
shift
out=$(mktemp -d) state=$(mktemp -d) # state: the journal of each part
trap 'rm -rf "$out" "$state"' EXIT
export out state

list_parts() {
  find spec -name '*_spec.lua' | LC_ALL=C sort
}

# Called for each part: sh -c "$run_part" PART COMMAND...
# shellcheck disable=SC2016 # it is expanded by the other shell
run_part='
  part=$1 file=$out/$(echo "$1" | tr / _)
  shift
  code=0
  NTVOL_STATE=$state/${file##*/} "$@" "$part" >"$file" 2>&1 || code=$?
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
    exit failed != 0
  }'
