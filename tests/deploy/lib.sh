# shellcheck shell=bash
# What the tests of the built program on the sandbox share.
# shellcheck disable=SC2154 # $program and $scratch are the caller's

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/../support/checks.sh"

# contains NAME TEXT FILE
contains() { if grep -qF -- "$2" "$3"; then ok "$1"; else not_ok "$1" "expected in $(basename "$3"): $2" "$(cat "$3")"; fi; }
lacks() { if grep -qF -- "$2" "$3"; then not_ok "$1" "not expected in $(basename "$3"): $2"; else ok "$1"; fi; }

# run NAME EXIT_CODE ARGUMENT…: as GitHub would, summary and outputs into files.
run() {
  local name=$1 expected=$2 code
  shift 2
  : >"$scratch/summary"
  : >"$scratch/output"
  GITHUB_STEP_SUMMARY=$scratch/summary GITHUB_OUTPUT=$scratch/output \
    "$program" "$@" >"$scratch/log" 2>&1
  code=$?
  if [[ $code == "$expected" ]]; then ok "$name"; else not_ok "$name" "exit code $code, expected $expected" "$(cat "$scratch/log")"; fi
}
# output NAME: its value as a later step would see it.
output() { awk -v name="$1" 'index($0, name "<<") == 1 { end = substr($0, length(name) + 3); getline; while ($0 != end) { print; getline } }' "$scratch/output"; }

# wait_until SECONDS COMMAND…
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    read -rt 0.05 <> <(:) || true
  done
}
