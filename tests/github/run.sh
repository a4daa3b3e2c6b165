#!/usr/bin/env bash
# The comment of a pull request: our requests against GitHub's own description of its API, which
# Prism serves, and against a small GitHub that remembers. Prints "ok - NAME" or "not ok - NAME" for each test.
#
#   PRISM=FOLDER tests/github/run.sh PATH/TO/github_contract_test [GTEST_FLAG…]
set -euo pipefail

program=$(realpath "${1:?the program with the tests}")
shift
: "${PRISM:?the folder that ensure_prism prints}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
servers=()
cleanup() {
  local pid
  for pid in "${servers[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# port_of LOG PATTERN -> what the first group of PATTERN is in a line of the log, as soon as it is there
port_of() {
  local until=$((SECONDS + 60)) pid=${servers[-1]} port
  while ((SECONDS < until)) && kill -0 "$pid" 2>/dev/null; do
    port=$(sed -nE "s|.*$2.*|\1|p" "$1")
    if [[ -n $port ]]; then
      printf '%s' "$port"
      return
    fi
    sleep 0.1
  done
  printf 'not ok - github: a server does not start\n' >&2
  cat "$1" >&2
  return 1
}

python3 "$here/fake_github.py" >"$work/fake.log" 2>&1 &
servers+=($!)
fake=$(port_of "$work/fake.log" 'listening on ([0-9]+)')
# It answers requests that break the description with 4xx, and says why in a header.
NO_COLOR=1 node "$PRISM/node_modules/.bin/prism" mock --host 127.0.0.1 --port 0 "$PRISM/github.json" \
  >"$work/prism.log" 2>&1 &
servers+=($!)
prism=$(port_of "$work/prism.log" 'Prism is listening on http://127\.0\.0\.1:([0-9]+)')

# Nothing of the loopback goes through a proxy that the machine may have.
export NO_PROXY='*' no_proxy='*'
code=0
GITHUB_FAKE=http://127.0.0.1:$fake GITHUB_DESCRIPTION=http://127.0.0.1:$prism \
  "$program" --gtest_color=no "$@" >"$work/log" 2>&1 || code=$?
sed -nE -e 's/^\[       OK \] ([A-Za-z]+)\.([A-Za-z]+) .*/ok - github: \1 \2/p' \
  -e 's/^\[  FAILED  \] ([A-Za-z]+)\.([A-Za-z]+) \(.*/not ok - github: \1 \2/p' "$work/log"
if ((code != 0)); then
  grep -vE '^\[( RUN  |   OK |-----|=====)' "$work/log" | head -n 200
fi
exit "$code"
