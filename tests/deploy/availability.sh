#!/usr/bin/env bash
# The availability probe against real etcd: the ledger of a rolling, and that nothing of it stays,
# not even after SIGKILL.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/availability.sh PATH/TO/etcd-deploy
#
# Works in a namespace of its own ("probe-test") and removes it.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

namespace=probe-test
remove_namespaces() { kubectl delete namespace "$namespace" --ignore-not-found --wait=true >/dev/null 2>&1; }
trap 'remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces
cd "$scratch" || exit 1
export INPUT_SOAK=0s

etcdctl() { kubectl -n "$namespace" exec etcd-0 -- etcdctl "$@"; }
probe_keys() { etcdctl get --prefix etcd-deploy/probe/ --keys-only "$@"; }
probe_is_there() { [[ $(probe_keys "$@") == *etcd-deploy/probe/etcd/* ]]; }
nothing_is_left() { [[ -z $(probe_keys "$@") ]]; }
# deploy NAME EXIT_CODE ARGUMENT…: its JSON into the file json.
deploy() {
  local name=$1 expected=$2 code
  shift 2
  "$program" upgrade --namespace "$namespace" --values "$values" --output json "$@" >json 2>log
  code=$?
  if [[ $code == "$expected" ]]; then ok "$name"; else not_ok "$name" "exit code $code, expected $expected" "$(cat log json)"; fi
  check "the document fits the schema" python3 -m jsonschema -i json "$root/docs/verify.schema.json"
}
ledger() { check "$1" jq -e ".availability | $2" json; }

run "install" 0 install --namespace "$namespace" --values "$values" --output json
deploy "an upgrade that changes nothing" 0
check "is not probed" jq -e 'has("availability") | not' json

deploy "an upgrade that replaces the members" 0 --set-string podAnnotations.probe=1
ledger "is probed" '.measured and .writesAcknowledged > 20'
ledger "with its longest gap" '.longestGapMs > 0 and .longestGapMs < 10000 and .longestGapAtMs > 0'
ledger "every write was found again" '.allWritesFound and (has("lostWrite") or has("note") | not)'
ledger "one member was away at a time" '.members == 3 and .lowestMembersHealthy == 2'
ledger "the leader changed" '.leaderChanges >= 1'
check "no key is left" nothing_is_left
equals "and no lease" "found 0 leases" "$(etcdctl lease list | head -n 1)"

run "the same with a summary" 0 upgrade --namespace "$namespace" --values "$values" --set-string podAnnotations.probe=2
contains "tells it" "longest time without an acknowledged write: " summary
contains "and the members" "well at the same time" summary
check "the output is in seconds" grep -Ex '[0-9]+\.[0-9]{3}' <(output longest-write-gap)
equals "output lowest-members-healthy" 2 "$(output lowest-members-healthy)"

deploy "off by input" 0 --set-string podAnnotations.probe=3 --availability-probe=false
check "nothing is said of it" jq -e 'has("availability") | not' json

"$program" upgrade --namespace "$namespace" --values "$values" --set-string podAnnotations.probe=4 >log 2>&1 &
killed=$!
check "a run that is killed has its key" wait_until 60 probe_is_there
kill -KILL "$killed"
wait "$killed" 2>/dev/null
check "which goes when its lease runs out" wait_until 60 nothing_is_left
deploy "the next run converges" 0 --set-string podAnnotations.probe=4

# A user of etcd who may read what belongs to others, and write nothing.
root_user=(--user root:of-the-test)
etcdctl user add root:of-the-test >/dev/null
etcdctl user add limited:of-the-test >/dev/null
etcdctl role add limited >/dev/null
etcdctl role grant-permission limited --prefix=true read other/ >/dev/null
etcdctl user grant-role root root >/dev/null 2>&1
etcdctl user grant-role limited limited >/dev/null
etcdctl auth enable >/dev/null
INPUT_ETCD_PASSWORD=of-the-test deploy "a user of etcd without permission" 0 --etcd-user limited --set-string podAnnotations.probe=5
ledger "is told, and fails nothing" '(.measured | not) and (.note | contains("permission denied"))'
INPUT_ETCD_PASSWORD=of-the-test deploy "a user with permission" 0 --set-string podAnnotations.probe=6
ledger "is measured with a login" '.measured and .allWritesFound'
check "no key is left with a login, either" nothing_is_left "${root_user[@]}"
exit "$((failures > 0))"
