#!/usr/bin/env bash
# Members replaced one at a time, on a real cluster: their order, the budget, the way from
# RollingUpdate to OnDelete and back, sick members, a member that does not come back, a runner
# that was killed in the middle, other people's charts and rights.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/rolling.sh PATH/TO/etcd-deploy
#
# Works in namespaces of its own ("roll-test…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

namespace=roll-test
remove_namespaces() {
  kubectl get namespaces -o name | grep -x 'namespace/roll-test\(-[a-z]*\)\?' | xargs -r kubectl delete --wait=true >/dev/null 2>&1
}
trap 'remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces
cd "$scratch" || exit 1

export INPUT_SOAK=0s
# Each change of this value is a change of the pod template.
quota=2147483648
change() { quota=$((quota + 1048576)); }
deploy() { local name=$1 code=$2; shift 2; run "$name" "$code" install --namespace "$namespace" --values "$values" --set "quotaBackendBytes=$quota" "$@"; }

k() { kubectl -n "$namespace" "$@"; }
uids() { k get pods -l app.kubernetes.io/name=etcd -o jsonpath='{range .items[*]}{.metadata.name}={.metadata.uid}{"\n"}{end}' | sort; }
uid_of() { uids | sed -n "s/^$1=//p"; }
strategy() { k get statefulset etcd -o jsonpath='{.spec.updateStrategy.type}'; }
# The pods, oldest first.
by_age() { k get pods -l app.kubernetes.io/name=etcd --sort-by=.metadata.creationTimestamp -o jsonpath='{.items[*].metadata.name}'; }
leader() {
  local pod
  for pod in etcd-0 etcd-1 etcd-2; do
    k exec "$pod" -- etcdctl endpoint status -w json 2>/dev/null |
      jq -e '.[0].Status | .leader == .header.member_id' >/dev/null && echo "$pod" && return
  done
}
# line NUMBER: where these words stand first in the log; 0: nowhere.
line() { grep -nF -m1 -- "$1" log | cut -d: -f1 | grep . || echo 0; }
before() { check "$1" test "$(line "$2")" -gt 0 -a "$(line "$2")" -lt "$(line "$3")"; }

## From the first install on
deploy "install" 0
equals "a first install is OnDelete" "OnDelete" "$(strategy)"
lacks "and replaces nobody" "replacing" log
was=$(uids)
deploy "the same again" 0
equals "touches no member" "$was" "$(uids)"
lacks "and asks none before the end" "rolling" summary

change
old_leader=$(leader)
deploy "an update that needs a restart" 0
equals "replaces every member" "" "$(comm -12 <(printf '%s\n' "$was") <(uids))"
equals "the one that led is the last" "$old_leader" "$(by_age | awk '{print $NF}')"
equals "in the order that the log tells" "$(grep -o 'replacing etcd-[0-9]' log | cut -d' ' -f2 | tr '\n' ' ')" "$(by_age) "
before "leadership goes before it" "moving leadership from $old_leader" "replacing $old_leader"
before "each is back before the next goes" " is back after" "(2 of 3)"
contains "the summary says how" "one at a time" summary
contains "and what became of the leader" "leadership moved to" summary
check "nobody led twice in one term" test -n "$(leader)"

## A budget that allows none
change
was=$(uids)
deploy "a budget that lets none go is waited for" 6 --timeout 15s --set pdb.minAvailable=3 --allow pdb-blocks-eviction
contains "and told" "may not go yet" log
equals "no member was taken in spite of it" "$was" "$(uids)"
deploy "with a budget that does, the next run goes on" 0

## RollingUpdate and back
was=$(uids)
deploy "values with updateStrategy are rolled natively" 0 --set updateStrategy.type=RollingUpdate
equals "the set is RollingUpdate" "RollingUpdate" "$(strategy)"
equals "the way back restarts nobody" "$was" "$(uids)"
k patch statefulset etcd --type=json -p '[{"op":"add","path":"/spec/updateStrategy/rollingUpdate","value":{"partition":0}}]' --field-manager=roll-test-nobody >/dev/null
k get statefulset etcd --show-managed-fields -o json |
  jq '.metadata.managedFields |= map(select(.manager != "roll-test-nobody")) | {metadata: {managedFields: .metadata.managedFields}}' >unowned.json
k patch statefulset etcd --type=merge --patch-file unowned.json >/dev/null
deploy "and to OnDelete again, with a rollingUpdate that Kubernetes filled in" 0
equals "the set is OnDelete" "OnDelete" "$(strategy)"
equals "that restarts nobody" "$was" "$(uids)"
equals "and leaves us no field" "" "$(k get statefulset etcd --show-managed-fields -o json | jq -r '.metadata.managedFields[].manager' | grep -x etcd-deploy)"
change
deploy "native rolling still works" 0 --set updateStrategy.type=RollingUpdate
equals "every member was replaced" "" "$(comm -12 <(printf '%s\n' "$was") <(uids))"
lacks "by Kubernetes" "replacing" log
deploy "orchestrated again" 0

## A partition that somebody has set beside helm
deploy "native once more" 0 --set updateStrategy.type=RollingUpdate
k patch statefulset etcd --type=merge -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":2}}}}' >/dev/null
change
was=$(uids)
run "a set whose members are held back is not rolled over their heads" 3 install --namespace "$namespace" --values "$values" --set "quotaBackendBytes=$quota" --allow pdb-blocks-eviction
contains "as the reason" "rollingUpdate.partition that somebody has set beside helm" summary
contains "with what gives it up" "kubectl patch statefulset etcd -n roll-test --type=json" summary
equals "nothing was touched" "$was" "$(uids)"
deploy "rollout: native leaves it as it is" 0 --rollout native
equals "and Kubernetes replaces those above it" "2" "$(comm -12 <(printf '%s\n' "$was") <(uids) | wc -l)"
k patch statefulset etcd --type=json -p '[{"op":"replace","path":"/spec/updateStrategy","value":{"type":"OnDelete"}}]' >/dev/null
deploy "once it is given up the others are replaced by the runner" 0
contains "the two that were held back" "(1 of 2)" log

## A runner that is killed in the middle
change
was=$(uids)
"$program" install --namespace "$namespace" --values "$values" --set "quotaBackendBytes=$quota" >killed.log 2>&1 &
runner=$!
wait_until 120 grep -q "(2 of 3)" killed.log
kill -KILL "$runner"
wait "$runner" 2>/dev/null
half=$(uids)
deploy "going native with outdated members is refused" 3 --set updateStrategy.type=RollingUpdate
contains "and says how to go on" "finish that rolling first" summary
deploy "the next run finishes the rolling" 0
equals "every member is new now" "" "$(comm -12 <(printf '%s\n' "$was") <(uids))"
check "what was new stayed" bash -c "comm -12 <(printf '%s\n' '$half') <(printf '%s\n' '$(uids)') | grep -q ."

## A member that does not come back
was=$(uids)
deploy "a change that breaks the first member stops there" 5 --set image.tag=v9.9.9
contains "with the cause" "image quay.io/coreos/etcd:v9.9.9 not found" summary
contains "and says who runs as before" "run as before" log
equals "the other two are untouched" "2" "$(comm -12 <(printf '%s\n' "$was") <(uids) | wc -l)"
broken=$(comm -13 <(printf '%s\n' "$was") <(uids) | cut -d= -f1)
was=$(uids)
deploy "the change that heals it goes through" 0
check "the sick one went first" bash -c "grep -m1 'replacing' log | grep -q 'replacing $broken '"
equals "and only it, for the others were what they should be" "2" "$(comm -12 <(printf '%s\n' "$was") <(uids) | wc -l)"

## A member that no change can heal
# etcd takes no new member until every member has been connected for five seconds.
add_ghost() { k exec etcd-0 -- etcdctl member add ghost --peer-urls=http://ghost.invalid:2380; }
check "a member that never starts is added" wait_until 60 add_ghost
change
was=$(uids)
deploy "with a member that never started the change is refused" 5
contains "and names it" "was added to etcd, but has never started" summary
equals "no member was touched" "$was" "$(uids)"
run "force-quorum-risk goes on all the same, also past a budget that would let none go" 7 install --namespace "$namespace" --values "$values" \
  --set "quotaBackendBytes=$quota" --force-quorum-risk --set pdb.minAvailable=3 --allow pdb-blocks-eviction
contains "and tells that the budget was passed" "no budget would ever let it go" log
contains "with a warning" "is taken down although" summary
equals "every member was replaced then" "" "$(comm -12 <(printf '%s\n' "$was") <(uids))"
# Not as JSON: jq takes IDs for floating-point numbers.
remove_ghost() {
  local id
  id=$(k exec etcd-0 -- etcdctl member list | awk -F', ' '$2 == "unstarted" { print $1 }')
  k exec etcd-0 -- etcdctl member remove "$id"
}
check "the member that never started is removed" wait_until 60 remove_ghost
deploy "without it all is well" 0

## A single member, as somebody who may only edit the namespace
kubectl create namespace roll-test-one >/dev/null
namespace=roll-test-one
server=$(kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.server}')
authority=$(kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}')
k create serviceaccount editor >/dev/null
k create rolebinding editor --clusterrole edit --serviceaccount "$namespace:editor" >/dev/null
cat >editor.yaml <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "$server", certificate-authority-data: $authority}}]
users: [{name: me, user: {token: $(k create token editor)}}]
contexts: [{name: it, context: {cluster: it, user: me, namespace: $namespace}}]
current-context: it
KUBECONFIG
printf 'replicaCount: 1\n' >one.yaml
values=one.yaml
deploy "the ClusterRole edit is enough to install" 0 --kubeconfig editor.yaml
was=$(uid_of etcd-0)
change
deploy "and to roll, which for one member is an outage" 0 --kubeconfig editor.yaml
contains "that is told" "until its only member is back" log
check "it is another pod" test "$was" != "$(uid_of etcd-0)"

## How clients speak to etcd changes, and the run is killed on the way: members of both kinds are there
namespace=roll-test-access
values=$root/deployments/etcd/values.yaml
deploy "a cluster that is spoken to in plain text" 0
tls=(--set auth.client.secureTransport=true --set auth.client.useAutoTLS=true)
"$program" install --namespace "$namespace" --values "$values" "${tls[@]}" >killed.log 2>&1 &
killed=$!
check "TLS is being turned on" wait_until 60 grep -q "etcd-2: terminating" killed.log
kill -KILL "$killed"
{ wait "$killed"; } 2>/dev/null
was=$(uid_of etcd-0)
deploy "the next run asks each member as its own pod has it, and goes on" 0 "${tls[@]}"
check "the members that were left are replaced" test "$was" != "$(uid_of etcd-0)"
contains "the probe could speak to all of them" "none lost" summary
values=one.yaml

## A chart that does not know updateStrategy
cp -r "$root/charts/etcd" other-chart
sed -i '/^  updateStrategy:/,/{{- end }}/d' other-chart/templates/statefulset.yaml
sed -i '/^updateStrategy:/,/^$/d' other-chart/values.yaml
python3 - other-chart/values.schema.json <<'PYTHON'
import json, sys
path = sys.argv[1]
schema = json.load(open(path))
del schema["properties"]["updateStrategy"]
schema["required"].remove("updateStrategy")
json.dump(schema, open(path, "w"))
PYTHON
namespace=roll-test-chart
deploy "a chart without updateStrategy is rolled natively" 0 --chart ./other-chart
contains "and that is told" "the chart has no value updateStrategy.type" log
equals "its set is what Kubernetes makes of it" "RollingUpdate" "$(strategy)"
deploy "the packed chart takes it over" 0
equals "as OnDelete" "OnDelete" "$(strategy)"
exit "$((failures > 0))"
