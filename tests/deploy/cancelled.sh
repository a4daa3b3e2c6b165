#!/usr/bin/env bash
# An API server that falls silent: every packet to it is dropped, and no connection is refused or cut. A run that is
# cancelled then ends in time all the same, and one that is not ends its helm before another run could take the lock.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/cancelled.sh PATH/TO/etcd-deploy
#
# Works in a namespace of its own ("cancel-test") and removes it.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
namespace=cancel-test
cd "$scratch" || exit 1
# shellcheck source-path=SCRIPTDIR
source "$root/tests/deploy/proxied.sh"

remove_namespace() { kubectl delete namespace "$namespace" --ignore-not-found --wait=true >/dev/null 2>&1; }
trap 'proxy_end; remove_namespace; rm -rf "$scratch"' EXIT
remove_namespace
export INPUT_SOAK=0s
here=(--namespace "$namespace" --values "$values")

# A hook keeps helm at work for forty seconds.
slow_chart 40

hook_is_there() { kubectl -n "$namespace" get job etcd-hook; }
helm_works() { helm_of "$namespace" && hook_is_there; }
rolls() { grep -q 'replacing etcd-[0-9]' first.log; }
is_over() { ! kill -0 "$runner" 2>/dev/null; }

# silent_once FACT ARGUMENT…: a run by way of the proxy, which falls silent for longer than the run may live once FACT
# is so. The run is $runner.
silent_once() {
  local fact=$1
  shift
  kubectl -n "$namespace" delete job etcd-hook --ignore-not-found >/dev/null
  proxy_begin --at 0
  : >first.log
  through "$@" &
  runner=$!
  wait_until 300 "$fact" || not_ok "the run comes so far: $fact" "$(cat first.log)"
  proxy_does blackhole 120
  wait_until 10 has_done || not_ok "the proxy falls silent" "$(cat proxy.log)"
}
# seconds_since TIME: of EPOCHREALTIME, whole ones.
seconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%d", to - from }'; }

# cancelled_in_time WHEN: the run that is under way.
cancelled_in_time() {
  local began=$EPOCHREALTIME code took
  kill -TERM "$(cat pid)"
  wait "$runner"
  code=$?
  took=$(seconds_since "$began")
  equals "$1: a cancelled run is cancelled" 130 "$code"
  check "$1: within eight seconds ($took)" test "$took" -lt 8
  contains "$1: with a summary" "Cancelled" first.summary
  check "$1: its helm is gone" no_helm_of "$namespace"
  proxy_end
}

run "a cluster to work on" 0 install "${here[@]}" --set-string podAnnotations.round=0

silent_once helm_works upgrade "${here[@]}" --chart slow
cancelled_in_time "while helm applies"
run "the next run goes on from there" 0 upgrade "${here[@]}"

silent_once rolls upgrade "${here[@]}" --set-string podAnnotations.round=1
cancelled_in_time "while members are rolled"
run "the next run rolls the others" 0 upgrade "${here[@]}" --set-string podAnnotations.round=1

is_hopeless() { grep -q 'hopeless: ' first.log; }
silent_once is_hopeless upgrade "${here[@]}" --set image.tag=v9.9.9
cancelled_in_time "while it looks at what a failure has left"
contains "and what had failed is told" "v9.9.9" first.summary
run "the next run heals it" 0 upgrade "${here[@]}" --set-string podAnnotations.round=1

## Nobody cancels it
silent_once helm_works upgrade "${here[@]}" --chart slow --set-string podAnnotations.round=1
renewed=$(date -d "$(kubectl -n "$namespace" get lease etcd-deploy-etcd -o jsonpath='{.spec.renewTime}')" +%s.%N)
check "helm is at work when the API server falls silent" helm_of "$namespace"
wait_until 30 no_helm_of "$namespace"
took=$(seconds_since "$renewed")
check "helm is ended before the lease may be taken: $took s after its last renewal" test "$took" -lt 14
check "and the run ends soon then" wait_until 10 is_over
wait "$runner"
equals "as one that may have lost its lock" 9 "$?"
contains "and says so" "could not be renewed in time" first.summary
check "its helm is gone for good" no_helm_of "$namespace"
proxy_end
run "the next run goes on from there" 0 upgrade "${here[@]}" --set-string podAnnotations.round=1

equals "the proxy had no trouble of its own" "" "$(cat proxy.log)"
exit "$((failures > 0))"
