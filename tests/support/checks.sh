# shellcheck shell=bash
# How the tests in shell tell their results. Needs scratch, a folder of the test's own:
: "${scratch:?}"

failures=0
ok() { printf 'ok - %s\n' "$1"; }
not_ok() {
  printf 'not ok - %s\n' "$1"
  shift
  printf '  %s\n' "$@"
  failures=$((failures + 1))
}
# check NAME COMMAND…: COMMAND must succeed.
check() {
  local name=$1
  shift
  if "$@" >"$scratch/check" 2>&1; then ok "$name"; else not_ok "$name" "$(cat "$scratch/check")"; fi
}
# equals NAME EXPECTED ACTUAL
equals() { if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "expected: $2" "seen:     $3"; fi; }
