#!/usr/bin/env bash
# An upgrade that fails goes back to the last revision that was verified, unless that
# would be worse than staying.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/rollback.sh PATH/TO/etcd-deploy
#
# Works in namespaces of its own ("rollback-test…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

namespace=rollback-test
remove_namespaces() { kubectl delete namespace "$namespace" "$namespace-first" "$namespace-ordered" "$namespace-strategy" --ignore-not-found --wait=true >/dev/null 2>&1; }
trap 'remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces
cd "$scratch" || exit 1

export INPUT_SOAK=0s INPUT_ON_FAILURE=rollback
here=(--namespace "$namespace" --values "$values")
etcdctl() { kubectl -n "$namespace" exec etcd-0 -- etcdctl "$@"; }
history() { helm history etcd --namespace "$namespace" -o json | jq -r '.[-1] | "\(.revision) \(.status) \(.description)"'; }
journal() { kubectl -n "$namespace" get configmap etcd-deploy-etcd -o jsonpath='{.data.journal}'; }
all_ready() { [[ $(kubectl -n "$namespace" get statefulset etcd -o jsonpath='{.status.readyReplicas}') == 3 ]]; }
# Those pods that run the image that does not exist.
outdated() { kubectl -n "$namespace" get pods -o json | jq '[.items[] | select(.spec.containers[0].image | endswith("v9.9.9"))] | length'; }

run "a first install that fails is kept" 5 install --namespace "$namespace-first" --values "$values" --set image.tag=v9.9.9
contains "and the summary says that nothing was rolled back" "Nothing was rolled back" summary
equals "its revision is still there" "1" "$(helm history etcd --namespace "$namespace-first" -o json | jq length)"

run "a release to break" 0 install "${here[@]}"
equals "its revision is verified" "1" "$(journal | jq '.verified[-1].revision')"
equals "with etcd's version" "3.7.3" "$(journal | jq -r '.verified[-1].etcdVersion')"
check "with the cluster's ID and the hash of the values" jq -e '.verified[-1] | .clusterId != "0" and (.valuesHash | length == 64)' <(journal)
check "and nothing is under way any more" jq -e 'has("running") | not' <(journal)
etcdctl put before rollback >/dev/null

run "an upgrade to an image that is missing fails" 5 upgrade "${here[@]}" --set image.tag=v9.9.9
contains "with the one cause" "image quay.io/coreos/etcd:v9.9.9 not found" summary
contains "and was rolled back" "Rolled back to revision 1, healthy" summary
contains "what clients saw meanwhile is told" "longest time without an acknowledged write" summary
equals "by helm" "3 deployed Rollback to 1" "$(history)"
equals "no pod is left of the bad revision" "0" "$(outdated)"
check "all members are ready" all_ready
equals "the data are there" "rollback" "$(etcdctl get before --print-value-only)"
equals "what was gone back to is verified" "3" "$(journal | jq '.verified[-1].revision')"
lacks "and nobody is told to roll back by hand" "helm rollback" summary

run "the next good upgrade goes on from there" 0 upgrade "${here[@]}" --set quotaBackendBytes=4294967296
run "a failure may be kept" 5 upgrade "${here[@]}" --set image.tag=v9.9.9 --on-failure keep
contains "as the summary says" "Nothing was rolled back" summary
equals "helm was not asked" "5 deployed Upgrade complete" "$(history)"
run "and the next good one heals it" 0 upgrade "${here[@]}"

run "a change of the member count is refused" 3 upgrade "${here[@]}" --set replicaCount=1
contains "with what it would do" "the number of members would change from 3 to 1" summary
run "and so is another name for the StatefulSet" 3 upgrade "${here[@]}" --set fullnameOverride=other
contains "with what it would do" "the chart would delete StatefulSet etcd" summary
equals "helm was not asked for either" "6 deployed Upgrade complete" "$(history)"
equals "and three members run" "3" "$(kubectl -n "$namespace" get statefulset etcd -o jsonpath='{.status.readyReplicas}')"
run "across a change of the member count nothing is rolled back" 5 upgrade "${here[@]}" --force-quorum-risk true \
  --set image.tag=v9.9.9,replicaCount=5,podAntiAffinityPreset=soft
contains "for that reason" "etcd's membership does not follow a rollback" summary
equals "helm was not asked, again" "7 deployed Upgrade complete" "$(history)"

## Where Kubernetes itself replaces the members, and waits for each in turn: it would wait for ever for the one that
## has the image that is missing (kubernetes#67250).
cp -r "$root/charts/etcd" "$scratch/ordered"
# Ready without a leader: in turn the first members could not be.
sed -i 's|podManagementPolicy: .*|podManagementPolicy: OrderedReady|; s|"path" "/readyz"|"path" "/livez"|' "$scratch/ordered/templates/statefulset.yaml"
ordered=(--namespace "$namespace-ordered" --values "$values" --chart "$scratch/ordered" --rollout native)
stuck() { kubectl -n "$namespace-ordered" get pods -o json | jq '[.items[] | select(.spec.containers[0].image | endswith("v9.9.9"))] | length'; }
run "a release whose members Kubernetes replaces in order" 0 install "${ordered[@]}"
run "an upgrade to an image that is missing fails there, too" 5 upgrade "${ordered[@]}" --set image.tag=v9.9.9
contains "and was rolled back" "Rolled back to revision 1, healthy" summary
equals "no pod is left of the bad revision" "0" "$(stuck)"

## From native to native-by-mistake: the revision that was verified is one whose members the runner replaces.
run "a release whose members the runner replaces" 0 install --namespace "$namespace-strategy" --values "$values"
run "an upgrade that fails and leaves that to Kubernetes" 5 upgrade --namespace "$namespace-strategy" --values "$values" \
  --set updateStrategy.type=RollingUpdate,image.tag=v9.9.9
contains "was rolled back, too" "Rolled back to revision 1, healthy" summary
equals "to a set whose members the runner replaces" "OnDelete" \
  "$(kubectl -n "$namespace-strategy" get statefulset etcd -o jsonpath='{.spec.updateStrategy.type}')"

## What somebody has set by hand, and the values, too: helm's way back meets a conflict.
own=(--namespace "$namespace-strategy" --values "$values" --set updateStrategy.type=OnDelete)
run "a set that is OnDelete by the values is rolled by the runner" 0 upgrade "${own[@]}" --set-string podAnnotations.a=b
contains "one by one" "replaced by the runner, one at a time" summary
kubectl -n "$namespace-strategy" patch statefulset etcd --field-manager=kubectl-edit --type=json \
  -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/resources/limits/memory", "value": "600Mi"}]' >/dev/null
run "an upgrade that fails, with the same in the values" 5 upgrade "${own[@]}" --set resources.limits.memory=600Mi,image.tag=v9.9.9
contains "takes it back on the way back, and says so" "fields that the rollback sets otherwise" summary
contains "and is well" ", healthy" <(grep 'Rolled back to revision' summary)
equals "with the limit of before" "512Mi" \
  "$(kubectl -n "$namespace-strategy" get statefulset etcd -o jsonpath='{.spec.template.spec.containers[0].resources.limits.memory}')"

run "uninstall" 0 uninstall --namespace "$namespace"
equals "takes the lock with it, and leaves the record beside the volumes" "configmap/etcd-deploy-etcd" \
  "$(kubectl -n "$namespace" get configmap,lease -o name | grep etcd-deploy)"
run "uninstall with the data" 0 uninstall --namespace "$namespace" --delete-data --confirm etcd
equals "takes the record, too" "" "$(kubectl -n "$namespace" get configmap -o name | grep etcd-deploy)"
exit "$((failures > 0))"
