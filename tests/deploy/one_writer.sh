#!/usr/bin/env bash
# Only one run changes a release at a time, and each ends in order: the lock, what it
# does to a second run, and what is left by runs that were cancelled or killed.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/one_writer.sh PATH/TO/etcd-deploy
#
# Works in a namespace of its own ("writer-test") and removes it.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

namespace=writer-test
remove_namespaces() { kubectl delete namespace "$namespace" --ignore-not-found --wait=true >/dev/null 2>&1; }
trap 'remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces
cd "$scratch" || exit 1

export INPUT_SOAK=0s
here=(--namespace "$namespace" --set replicaCount=1)
lease() { kubectl -n "$namespace" get lease etcd-deploy-etcd "$@"; }
lock_is_free() { ! lease >/dev/null 2>&1; }

run "a release" 0 install "${here[@]}"
check "the lock is free at the end" lock_is_free

# A hook that waits keeps the first run at work.
slow_chart
# start_slow LOG: an upgrade that stands still in its hook.
start_slow() {
  kubectl -n "$namespace" delete job etcd-hook --ignore-not-found >/dev/null
  GITHUB_SERVER_URL=https://ci.test GITHUB_REPOSITORY=anytrade/etcd GITHUB_RUN_ID=7 GITHUB_STEP_SUMMARY=$scratch/summary.slow \
    "$program" upgrade "${here[@]}" --chart slow >"$1" 2>&1 &
  slow=$!
  wait_until 20 kubectl -n "$namespace" get job etcd-hook
}

start_slow first.log
holder=$(lease -o jsonpath='{.spec.holderIdentity}')
check "a run holds the lock" test -n "$holder"
renewed=$(lease -o jsonpath='{.spec.renewTime}')
run "a second run that may not wait is refused" 9 upgrade "${here[@]}" --lock-timeout 0s
contains "and names the first" "https://ci.test/anytrade/etcd/actions/runs/7 (upgrade, since" log
contains "as the reason" "Locked by another run" summary
equals "output status says that nothing was touched" "refused" "$(output status)"
run "so is an uninstall" 9 uninstall --namespace "$namespace" --lock-timeout 1s
check "the lock is renewed" wait_until 10 bash -c "[[ \$(kubectl -n $namespace get lease etcd-deploy-etcd -o jsonpath='{.spec.renewTime}') != '$renewed' ]]"

"$program" upgrade "${here[@]}" >second.log 2>&1 &
second=$!
wait_until 20 grep -q "waiting: another run works on release etcd" second.log
check "a third run that may wait says for whom" grep -q "actions/runs/7" second.log
GITHUB_STEP_SUMMARY=$scratch/summary.third "$program" upgrade "${here[@]}" >third.log 2>&1 &
third=$!
wait_until 20 grep -q "waiting: another run works on release etcd" third.log
cancel "a run that waits for the lock" "$third" summary.third
equals "and leaves the lock to who has it" "$holder" "$(lease -o jsonpath='{.spec.holderIdentity}')"
cancel "the first" "$slow" summary.slow
wait "$second"
equals "and the one that waited goes on" "0" "$?"
check "the lock is free again" lock_is_free

## Somebody takes the lock away
start_slow third.log
lease -o json | jq '.spec.holderIdentity = "somebody else" | .metadata.annotations = {"etcd-deploy/run-url": "https://ci.test/other"}' |
  kubectl replace -f - >/dev/null
started=$SECONDS
wait "$slow"
equals "a run whose lock was taken ends as locked" "9" "$?"
check "before the lease would be stale" test $((SECONDS - started)) -lt 14
contains "and says by whom" "was lost to another run: https://ci.test/other" third.log
check "its helm is gone" bash -c "! pgrep -f '[h]elm upgrade etcd .*--namespace $namespace'"
equals "the other's lock stays" "somebody else" "$(lease -o jsonpath='{.spec.holderIdentity}')"
lease -o name | xargs kubectl -n "$namespace" delete >/dev/null

## Killed
start_slow killed.log
kill -KILL "$slow"
wait "$slow" 2>/dev/null
check "helm dies with the runner" wait_until 5 bash -c "! pgrep -f '[h]elm upgrade etcd .*--namespace $namespace'"
kubectl -n "$namespace" delete job etcd-hook >/dev/null
started=$SECONDS
run "the next run takes the stale lock over" 0 upgrade "${here[@]}"
check "after the lease's fifteen seconds, not before" test $((SECONDS - started)) -ge 14
check "and soon then" test $((SECONDS - started)) -lt 30
contains "and says that the one before did not end in order" "did not end in order" summary
contains "whose revision counts as failed" "left behind by a helm that was killed" summary
check "nothing is pending" bash -c "[[ \$(helm history etcd --namespace $namespace -o json | jq -r '.[-1].status') == deployed ]]"
exit "$((failures > 0))"
