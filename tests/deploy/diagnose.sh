#!/usr/bin/env bash
# `etcd-deploy diagnose` on the sandbox: real trouble, and whether the first cause is the
# right one, with the command that mends it.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/diagnose.sh PATH/TO/etcd-deploy
#
# Works in namespaces of its own ("diagnose-test-…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

remove_namespaces() {
  kubectl get namespaces -o name | grep '^namespace/diagnose-test-' | xargs -r kubectl delete --wait=true >/dev/null 2>&1
}
trap 'remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces
cd "$scratch" || exit 1

printf 'replicaCount: 1\n' >one.yaml
printf 'replicaCount: 3\n' >three.yaml

# deploy NAMESPACE HELM_ARGUMENT…: by plain helm, which waits for nothing.
deploy() {
  local namespace=$1
  shift
  helm upgrade --install etcd "$root/charts/etcd" --namespace "$namespace" --create-namespace "$@" >helm.log 2>&1 ||
    not_ok "helm deploys $namespace" "$(cat helm.log)"
}
status_of() { kubectl -n "$1" get pod "$2" -o "jsonpath={$3}"; }
says() { [[ $(status_of "$1" "$2" "$3") == *$4* ]]; }
ready() { says "$1" "$2" '.status.conditions[?(@.type=="Ready")].status' True; }

# first_cause NAME RULE TEXT COMMAND: of the summary. The headline is its first line, the
# command stands in its first block, the rule in its first section.
first_cause() {
  head -n 1 summary >headline
  head -n 6 summary >first_block
  grep -m1 'rule' summary >first_rule
  contains "$1: the headline says it" "$3" headline
  contains "$1: the command stands at once" "$4" first_block
  contains "$1: by its rule" "$2" first_rule
  grep -qF -- "$2" first_rule || sed 's/^/    /' summary
}
diagnose() {
  local name=$1 code=$2
  shift 2
  run "$name" "$code" diagnose "$@"
}

# All of them at once: most of the time is the cluster's.
deploy diagnose-test-well --values "$root/deployments/etcd/values.yaml"
deploy diagnose-test-image --values three.yaml --set image.tag=v0.0.0
deploy diagnose-test-claim --values three.yaml --set persistence.storageClass=no-such-class
deploy diagnose-test-place --values three.yaml --set-string nodeSelector.no=such
deploy diagnose-test-flag --values three.yaml --set extraEnvVars[0].name=ETCD_HEARTBEAT_INTERVAL,extraEnvVars[0].value=often
deploy diagnose-test-memory --values one.yaml --set resources.limits.memory=6Mi
deploy diagnose-test-space --values one.yaml --set quotaBackendBytes=2097152
deploy diagnose-test-quorum --values three.yaml

## Pods that do not start
all_say() { for pod in etcd-0 etcd-1 etcd-2; do wait_until 60 says "$1" "$pod" "$2" "$3"; done; }
all_say diagnose-test-image '.status.containerStatuses[0].state.waiting.message' 'not found'
diagnose "a missing image is told" 7 --namespace diagnose-test-image
first_cause "missing image" image-not-found "pods etcd-0, etcd-1 and etcd-2: image quay.io/coreos/etcd:v0.0.0 not found" "etcd-deploy install --namespace diagnose-test-image"
contains "and the quorum follows from it" "lost its quorum: 0 of 3" summary
equals "output status" "unhealthy" "$(output status)"
equals "output changed" "false" "$(output changed)"

all_say diagnose-test-claim '.status.conditions[?(@.type=="PodScheduled")].reason' Unschedulable
diagnose "a storage class that does not exist is told" 7 --namespace diagnose-test-claim
first_cause "storage class" storage-class-missing "there is no storage class no-such-class" "--delete-data --confirm etcd"
equals "and nothing beside it" "1" "$(grep -c '^### [0-9]' summary)"
class=$(kubectl get storageclass -o json | jq -r '.items[].metadata | select(.annotations["storageclass.kubernetes.io/is-default-class"] == "true").name')
contains "the class to use is named" "persistence.storageClass=$class" summary

all_say diagnose-test-place '.status.conditions[?(@.type=="PodScheduled")].reason' Unschedulable
diagnose "a pod that fits on no node is told" 7 --namespace diagnose-test-place
first_cause "unschedulable" unschedulable "no node takes pods etcd-0, etcd-1 and etcd-2" "kubectl get nodes --show-labels"

wait_until 90 says diagnose-test-flag etcd-0 '.status.containerStatuses[0].lastState.terminated.exitCode' 1
wait_until 90 says diagnose-test-flag etcd-2 '.status.containerStatuses[0].lastState.terminated.exitCode' 1
diagnose "a setting that etcd does not take is told" 7 --namespace diagnose-test-flag --evidence-dir flag
first_cause "bad flag" bad-flag "etcd does not accept one of its settings" "etcd-deploy install"
contains "with etcd's own words" "ETCD_HEARTBEAT_INTERVAL" summary

wait_until 90 says diagnose-test-memory etcd-0 '.status.containerStatuses[0].lastState.terminated.reason' OOMKilled
diagnose "a container that is killed for its memory is told" 7 --namespace diagnose-test-memory
first_cause "out of memory" out-of-memory "OOMKilled, limit 6Mi" "resources.limits.memory=12Mi"

## The evidence
# The kubelet keeps one run of a container that has ended: the one before it may be gone.
check "the evidence has the log of a run that ended" grep -rqs ETCD_HEARTBEAT_INTERVAL flag/logs/etcd-0
equals "its folder is private" "700" "$(stat -c %a flag)"
for file in README.txt causes.md events.txt objects/pods.json objects/statefulsets.json; do
  check "the evidence has $file" test -s "flag/$file"
done
check "its objects are JSON" bash -c 'jq -e . flag/objects/pods.json'
lacks "no Secret is in it" '"kind": "Secret"' flag/objects/pods.json

## etcd itself
for pod in etcd-0 etcd-1 etcd-2; do wait_until 120 ready diagnose-test-well "$pod"; done
diagnose "all well is told" 0 --namespace diagnose-test-well --evidence-dir well
contains "with the members" "Nothing wrong was found: 3 of 3 members healthy" <(head -1 summary)
equals "output status of a good one" "healthy" "$(output status)"
contains "and how full their disks are" "% full" summary
check "the members' answers are kept" grep -q 'HTTP 200' well/etcd/etcd-1.txt
check "and their metrics" grep -q '^etcd_server_has_leader 1' well/etcd/etcd-0.metrics.txt

wait_until 120 ready diagnose-test-space etcd-0
etcdctl=(kubectl -n diagnose-test-space exec etcd-0 -c etcd -- etcdctl)
head -c 300000 /dev/zero | tr '\0' x >value
for ((i = 0; i < 20; i++)); do
  kubectl -n diagnose-test-space exec -i etcd-0 -c etcd -- etcdctl put filler <value >/dev/null 2>&1 || break
done
check "the alarm is raised" wait_until 20 bash -c "${etcdctl[*]} alarm list | grep -q NOSPACE"
diagnose "a full database is told" 7 --namespace diagnose-test-space
first_cause "no space" no-space-alarm "alarm NOSPACE" "etcdctl compact "
grep -o 'kubectl -n diagnose-test-space exec .*' summary | sort -u >mend
for word in compact defrag disarm; do
  check "the advised $word works" bash -c "$(grep -m1 "$word" mend)"
done
check "and the alarm is gone" bash -c "[[ -z \$(${etcdctl[*]} alarm list) ]]"

for pod in etcd-0 etcd-1 etcd-2; do wait_until 120 ready diagnose-test-quorum "$pod"; done
for pod in etcd-1 etcd-2; do
  kubectl -n diagnose-test-quorum patch pod "$pod" --type=json -p '[{"op":"replace","path":"/spec/containers/0/image","value":"quay.io/coreos/etcd:v0.0.1"}]' >/dev/null
done
for pod in etcd-1 etcd-2; do
  wait_until 90 says diagnose-test-quorum "$pod" '.status.containerStatuses[0].state.waiting.reason' Image ||
    wait_until 5 says diagnose-test-quorum "$pod" '.status.containerStatuses[0].state.waiting.reason' Err
done
diagnose "a lost quorum is told by its cause" 7 --namespace diagnose-test-quorum
first_cause "quorum" image-not-found "pods etcd-1 and etcd-2" "etcd-deploy install"
contains "and below it what follows" "lost its quorum" <(head -12 summary)

## Releases
secret=$(kubectl -n diagnose-test-well get secrets -l owner=helm,name=etcd -o name)
kubectl -n diagnose-test-well label "$secret" status=pending-upgrade --overwrite >/dev/null
diagnose "a release that was left pending is told" 7 --namespace diagnose-test-well
first_cause "pending" release-pending "pending-upgrade" "etcd-deploy install --namespace diagnose-test-well"
kubectl -n diagnose-test-well label "$secret" status=deployed --overwrite >/dev/null
diagnose "a wrong name is told, with the right one" 7 --namespace diagnose-test-well --release ectd
first_cause "no release" no-release "did you mean etcd?" "etcd-deploy diagnose --namespace diagnose-test-well --release etcd"
diagnose "and a namespace that is not there" 7 --namespace diagnose-test-nowhere
first_cause "no namespace" no-namespace "there is no namespace diagnose-test-nowhere" "etcd-deploy"

## Few rights
kubectl -n diagnose-test-image create serviceaccount few >/dev/null
kubectl -n diagnose-test-image create role few --verb=list --resource=pods >/dev/null
kubectl -n diagnose-test-image create rolebinding few --role=few --serviceaccount=diagnose-test-image:few >/dev/null
kubectl -n diagnose-test-image create serviceaccount none >/dev/null
server=$(kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.server}')
authority=$(kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}')
for account in few none; do
  cat >"$account.yaml" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "$server", certificate-authority-data: $authority}}]
users: [{name: me, user: {token: $(kubectl -n diagnose-test-image create token "$account")}}]
contexts: [{name: it, context: {cluster: it, user: me, namespace: diagnose-test-image}}]
current-context: it
KUBECONFIG
done
diagnose "who may only list pods still learns the cause" 7 --kubeconfig few.yaml
first_cause "few rights" image-not-found "image quay.io/coreos/etcd:v0.0.0 not found" "etcd-deploy install"
contains "and what could not be seen" "could not look at events: needs list on events" summary
diagnose "who may see nothing is told so" 3 --kubeconfig none.yaml
contains "with what is needed" "list on pods" summary
exit "$((failures > 0))"
