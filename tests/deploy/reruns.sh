#!/usr/bin/env bash
# What a run finds of one that failed, once the reason is put right outside of the release: nothing of the template
# changes, and Kubernetes by itself would try again only minutes later.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/reruns.sh PATH/TO/etcd-deploy
#
# Works in namespaces of its own ("rerun-…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export INPUT_SOAK=0s

registry=docker://${SANDBOX_REGISTRY:?of the sandbox}/coreos/etcd
# A tag that no node has yet. It stays: to delete it would take v3.7.3 with it, which is the same image.
late=v3.7.3-late$RANDOM
in_registry() { skopeo --insecure-policy "$@" >/dev/null 2>&1; }
remove_all() { kubectl get namespaces -o name | grep '^namespace/rerun-' | xargs -r kubectl delete --wait=true >/dev/null 2>&1; }
trap 'remove_all; rm -rf "$scratch"' EXIT
remove_all
cd "$scratch" || exit 1

k() { kubectl -n "$namespace" "$@"; }
uids() { k get pods -l app.kubernetes.io/name=etcd -o jsonpath='{range .items[*]}{.metadata.name}={.metadata.uid}{"\n"}{end}' | sort; }
reason_of() { k get pod "$1" -o jsonpath='{.status.containerStatuses[0].state.waiting.reason}'; }
backs_off() { [[ $(reason_of "$1") == *BackOff ]]; }
has_restarted() { (($(k get pod "$1" -o jsonpath='{.status.containerStatuses[0].restartCount}') >= $2)); }
deploy() { local name=$1 code=$2; shift 2; run "$name" "$code" install --namespace "$namespace" "$@"; }

## A quota
namespace=rerun-quota
kubectl create namespace "$namespace" >/dev/null
k create quota few --hard=pods=0 >/dev/null
deploy "a quota without room ends the run" 5 --values "$values"
# Its controller tries again after 5 and 10 s, and tells of it some time later: not within the next run, which would
# have no reason then to wake it.
sleep 3
started=$SECONDS
deploy "with the quota as it was the next run fails as well" 5 --values "$values"
check "in seconds" test $((SECONDS - started)) -lt 90
contains "with the same cause" "exceeded quota: few" summary
contains "for the pods are tried again at once" "refused before: they are tried again now" log
check "the controller was woken" test -n "$(k get statefulset etcd -o jsonpath='{.metadata.annotations.etcd-deploy/tried-again}')"
k patch quota few -p '{"spec":{"hard":{"pods":"9"}}}' >/dev/null
started=$SECONDS
deploy "with a quota that was raised meanwhile it goes through" 0 --values "$values"
check "in seconds, too" test $((SECONDS - started)) -lt 90
was=$(uids)
deploy "the run after finds nothing to do" 0 --values "$values"
lacks "and wakes nobody" "tried again" log
equals "nor touches a member" "$was" "$(uids)"

## An image that is pushed late
namespace=rerun-image
late_image=(--set "image.tag=$late" --set replicaCount=3)
deploy "an image that is not there ends the run" 5 "${late_image[@]}"
contains "as not found" "image quay.io/coreos/etcd:$late not found" summary
# Once the kubelet's pauses are longer than what follows.
sleep 45
for pod in etcd-0 etcd-1 etcd-2; do wait_until 60 backs_off "$pod"; done
run "a plan says what the next run does" 0 plan --namespace "$namespace" "${late_image[@]}"
contains "with the pods that wait" "again only in minutes: tried again at once" summary
check "the image is pushed" in_registry copy --src-tls-verify=false --dest-tls-verify=false "$registry:v3.7.3" "$registry:$late"
deploy "then the next run goes through" 0 "${late_image[@]}"
contains "for it is pulled again at once" "tried again at once" log

## A container that crashes, and what it lacks is given to it
namespace=rerun-crash
cat >crash.yaml <<'VALUES'
replicaCount: 3
extraEnvVars:
  - {name: ETCD_SNAPSHOT_COUNT, valueFrom: {configMapKeyRef: {name: settings, key: count}}}
VALUES
kubectl create namespace "$namespace" >/dev/null
k create configmap settings --from-literal=count=10000 >/dev/null
deploy "three members" 0 --values crash.yaml
k patch configmap settings -p '{"data":{"count":"many"}}' >/dev/null
deploy "a setting that etcd does not take ends the run at its first member" 5 --values crash.yaml --set-string podAnnotations.round=1
broken=$(sed -n 's/.*replacing \(etcd-[0-9]\) (1 of 3).*/\1/p' log | head -n 1)
check "which is ${broken:-not told}" test -n "$broken"
wait_until 120 has_restarted "$broken" 4
wait_until 60 backs_off "$broken"
was=$(uids | grep "^$broken=")
started=$SECONDS
deploy "with the setting as it was the next run fails as well" 5 --values crash.yaml --set-string podAnnotations.round=1
check "in seconds, not after the kubelet's next two tries" test $((SECONDS - started)) -lt 60
contains "with the cause" "$broken: container etcd keeps crashing" summary
check "the member that serves nothing was tried again at once" test "$was" != "$(uids | grep "^$broken=")"
wait_until 180 has_restarted "$broken" 4
wait_until 60 backs_off "$broken"
k patch configmap settings -p '{"data":{"count":"10000"}}' >/dev/null
others=$(uids | grep -v "^$broken=")
deploy "with a setting that it takes it goes through" 0 --values crash.yaml --set-string podAnnotations.round=1
contains "and the sick one was first" "replacing $broken (1 of 3): served nothing, tried again at once" log
equals "every other member was replaced once" "" "$(comm -12 <(printf '%s\n' "$others") <(uids))"
contains "no acknowledged write was lost" "none lost" summary
exit "$((failures > 0))"
