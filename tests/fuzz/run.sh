#!/usr/bin/env bash
# Runs every fuzzer: first the inputs of its corpus, then FUZZ_SECONDS (default 10) of new
# ones. Prints "ok - fuzzer NAME: …" or "not ok - …" for each.
#
#   tests/fuzz/run.sh FOLDER [NAME…]    FOLDER: where the *_fuzzer programs are
set -euo pipefail
shopt -s nullglob

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=$1
shift
seconds=${FUZZ_SECONDS:-10}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || {
  printf 'error: FUZZ_SECONDS is no number of seconds: %s\n' "$seconds" >&2
  exit 2
}
names=("$@")
if ((${#names[@]} == 0)); then
  for source in "$here"/*_fuzzer.cpp; do
    name=${source##*/}
    names+=("${name%_fuzzer.cpp}")
  done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
findings=$programs/findings
mkdir -p "$findings"

# Inputs that are found go to a folder of their own, never into the repository.
fuzz_one() {
  local name=$1 log=$work/$1.log corpus=$here/corpus/$1 count options
  options=(-timeout=10 -rss_limit_mb=2048 "-artifact_prefix=$findings/$name-")
  [[ ! -f $here/$name.dict ]] || options+=("-dict=$here/$name.dict")
  local inputs=("$corpus"/*)
  count=${#inputs[@]}
  if ((count == 0)); then
    printf 'not ok - fuzzer %s: %s holds nothing\n' "$name" "${corpus#"$here"/}"
    return 1
  fi
  mkdir "$work/$name"
  if "$programs/${name}_fuzzer" "${options[@]}" "${inputs[@]}" >"$log" 2>&1 &&
    "$programs/${name}_fuzzer" "${options[@]}" "-max_total_time=$seconds" "$work/$name" "$corpus" >"$log" 2>&1; then
    printf 'ok - fuzzer %s: %d inputs of its corpus, and %s\n' "$name" "$count" \
      "$(sed -nE 's/^Done ([0-9]+) runs in ([0-9]+) second.*/\1 runs in \2 s/p' "$log" | tail -n 1)"
    return
  fi
  printf 'not ok - fuzzer %s\n' "$name"
  # What did not hold or was found, and the input: its name and, when it is short, itself.
  { grep -a '^Running:' "$log" || true; } | tail -n 1 | sed 's/^/    /'
  grep -aE 'does not hold|ERROR:|SUMMARY:|runtime error|Test unit written|^Base64:|timeout|out-of-memory' "$log" |
    tail -n 12 | cut -c1-400 | sed 's/^/    /'
  return 1
}

status=0
for name in "${names[@]}"; do
  fuzz_one "$name" || status=1
done
exit "$status"
