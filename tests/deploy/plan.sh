#!/usr/bin/env bash
# The plan against the real Kubernetes of the sandbox: what it tells, that it changes nothing, and that each rule
# that blocks does so before anything is touched.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/plan.sh PATH/TO/etcd-deploy
#
# Works in namespaces of its own ("plan-test…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1
# shellcheck source-path=SCRIPTDIR
source "$root/tests/deploy/proxied.sh"

namespace=plan-test
unset INPUT_ALLOW
export INPUT_SOAK=0s
policy=plan-test-policy

remove_all() {
  kubectl delete validatingadmissionpolicy,validatingadmissionpolicybinding "$policy" --ignore-not-found >/dev/null 2>&1
  kubectl delete namespace "$namespace" "$namespace-2" --ignore-not-found --wait=true >/dev/null 2>&1
}
trap 'writer_end; remove_all; rm -rf "$scratch"' EXIT
remove_all

# Everything in the namespace, with its resource version.
versions() {
  kubectl -n "$1" get statefulsets,pods,services,configmaps,secrets,persistentvolumeclaims,poddisruptionbudgets,serviceaccounts,leases,jobs,resourcequotas \
    -o json | jq -r '.items[] | "\(.kind) \(.metadata.name) \(.metadata.resourceVersion)"' | sort
}

# planned NAME EXIT_CODE ARGUMENT…: plan into the files json and log; nothing may be touched.
planned() {
  local name=$1 expected=$2 code
  shift 2
  versions "$namespace" >before
  "$program" plan --namespace "$namespace" --output json "$@" >json 2>log
  code=$?
  equals "$name" "$expected" "$code"
  [[ $code == "$expected" ]] || cat log
  versions "$namespace" >after
  equals "$name: and touches nothing" "" "$(diff before after)"
}
json() { jq -r "$1" json; }
blocking() { json '[.plan.findings[] | select(.severity == "blocking").rule] | unique | join(" ")'; }

# blocked RULE ARGUMENT…: plan and install both refuse, and touch nothing.
blocked() {
  local rule=$1 action code
  shift
  versions "$namespace" >before
  for action in plan install; do
    "$program" "$action" --namespace "$namespace" --output json "$@" >json 2>log
    code=$?
    equals "$rule: $action ends with exit code 3" 3 "$code"
    if [[ " $(blocking) " == *" $rule "* ]]; then ok "$rule: $action names it"; else not_ok "$rule: $action names it" "$(blocking)" "$(cat log)"; fi
  done
  versions "$namespace" >after
  equals "$rule: and nothing is touched" "" "$(diff before after)"
}

## Before anything is there
GITHUB_OUTPUT=output "$program" plan --namespace "$namespace" --values "$values" >log 2>&1
equals "a plan of a first install" 0 "$?"
contains "says what would be made" "StatefulSet etcd is created" log
check "and makes no namespace" bash -c "! kubectl get namespace $namespace"
contains "output changes is true" "true" <(grep -A1 '^changes<<' output)

kubectl create namespace "$namespace" >/dev/null
planned "a plan in an empty namespace" 0 --values "$values"
equals "three members would be made" "etcd-0 etcd-1 etcd-2" "$(json '.plan.forecast.created | join(" ")')"

fresh=(--values "$values")
blocked even-members "${fresh[@]}" --set replicaCount=4
blocked single-member "${fresh[@]}" --set replicaCount=1
blocked too-few-nodes "${fresh[@]}" --set replicaCount=5 --set podAntiAffinityPreset=hard
blocked pdb-blocks-eviction "${fresh[@]}" --set pdb.maxUnavailable=0
blocked pdb-allows-quorum-loss "${fresh[@]}" --set pdb.minAvailable=1
blocked storage-class-missing "${fresh[@]}" --set persistence.storageClass=fast
blocked images-gone "${fresh[@]}" --set image.registry=docker.io --set image.repository=bitnami/etcd --set image.tag=3.6.4-debian-12-r4
blocked set-string "${fresh[@]}" --set autoCompactionRetention=1
blocked chart-refuses "${fresh[@]}" --set replicaCont=3

# with_object NAME: our chart in that folder, with the object of stdin, and without a schema.
with_object() {
  cp -r "$root/charts/etcd" "$1"
  cat >"$1/templates/more.yaml"
  rm "$1/values.schema.json"
}
with_object no-schema </dev/null
blocked no-member "${fresh[@]}" --chart no-schema --set replicaCount=0
with_object number <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: x, annotations: {port: 2379}}}'
blocked set-string "${fresh[@]}" --chart number
with_object deep-number <<<'{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {schedule: "1 1 1 1 1", jobTemplate: {spec: {template: {metadata: {annotations: {port: 2379}}, spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}}'
blocked string-expected "${fresh[@]}" --chart deep-number
with_object no-port <<<'{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {ports: [{port: 99999}]}}'
blocked refused-by-cluster "${fresh[@]}" --chart no-port
with_object unknown-kind <<<'{apiVersion: example.com/v1, kind: Nothing, metadata: {name: x}}'
blocked chart-refuses "${fresh[@]}" --chart unknown-kind
# What the Bitnami chart says, by charts that say the same: it is not to be had here.
with_object own-images <<'YAML'
{{- if not (dig "security" "allowInsecureImages" false .Values.global) }}
{{ fail "Original containers have been substituted for unrecognized ones. If you are sure, set global.security.allowInsecureImages" }}
{{- end }}
YAML
blocked insecure-images "${fresh[@]}" --chart own-images
with_object password <<<'{{ fail "PASSWORDS ERROR: You must provide your current passwords when upgrading the release." }}'
blocked missing-password "${fresh[@]}" --chart password

kubectl -n "$namespace" create quota team --hard=pods=2 >/dev/null
wait_until 20 bash -c "kubectl -n $namespace get quota team -o json | jq -e .status.hard"
blocked quota "${fresh[@]}"
kubectl -n "$namespace" delete quota team >/dev/null
kubectl -n "$namespace" create quota team --hard=pods=0 >/dev/null
wait_until 20 bash -c "kubectl -n $namespace get quota team -o json | jq -e .status.hard"
blocked quota-exceeded "${fresh[@]}"
kubectl -n "$namespace" delete quota team >/dev/null

kubectl apply -f - >/dev/null <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: $policy}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [statefulsets]}
  validations:
    - {expression: "has(object.metadata.labels) && 'team' in object.metadata.labels", message: "name the team"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: $policy}
spec:
  policyName: $policy
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: $namespace}}}
YAML
denies() { kubectl -n "$namespace" create -f - --dry-run=server <<<'{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}}' 2>&1 | grep -q "name the team"; }
wait_until 20 denies
blocked webhook-denies "${fresh[@]}"
contains "and the summary has the words of the policy" "name the team" json
kubectl delete validatingadmissionpolicy,validatingadmissionpolicybinding "$policy" >/dev/null

## What is too old for us
mkdir old
printf '#!/bin/sh\ncase $1 in version) echo v3.19.4 ;; *) exec "%s" "$@" ;; esac\n' "$(command -v helm)" >old/helm
chmod 0755 old/helm
versions "$namespace" >before
for action in plan install; do
  PATH=$scratch/old:$PATH run "$action is refused with a helm that is too old" 3 "$action" --namespace "$namespace" "${fresh[@]}"
  contains "and says so" "helm v3.19.4 is too old" log
done
versions "$namespace" >after
equals "and nothing is touched" "" "$(diff before after)"
proxy_begin --kubernetes v1.27.16
INPUT_KUBECONFIG=proxy.yaml blocked too-old "${fresh[@]}"
contains "and says which it is" "Kubernetes is v1.27.16" json
proxy_end

## A user with few rights
kubectl -n "$namespace" create serviceaccount few >/dev/null
kubectl -n "$namespace" create role few --verb=get,list --resource=secrets,configmaps,pods,statefulsets.apps,persistentvolumeclaims >/dev/null
kubectl -n "$namespace" create rolebinding few --role=few --serviceaccount="$namespace:few" >/dev/null
kubectl config view --raw --minify -o json | jq --arg token "$(kubectl -n "$namespace" create token few)" '.users[0].user = {token: $token}' >few
chmod 0600 few
versions "$namespace" >before
"$program" plan --namespace "$namespace" --values "$values" --kubeconfig few --output json >json 2>log
equals "rights: plan ends with exit code 3" 3 "$?"
if [[ " $(blocking) " == *" rights "* ]]; then ok "rights: plan names it"; else not_ok "rights: plan names it" "$(blocking)" "$(cat log)"; fi
"$program" install --namespace "$namespace" --values "$values" --kubeconfig few >log 2>&1
equals "rights: install ends with exit code 3" 3 "$?"
versions "$namespace" >after
equals "rights: and nothing is touched" "" "$(diff before after)"
json .plan.role >role.yaml
check "the Role that it prints can be applied" kubectl apply -f role.yaml
kubectl -n "$namespace" create rolebinding few-all --role=etcd-deploy --serviceaccount="$namespace:few" >/dev/null
# The rest is done with that Role, and no other right.
export INPUT_KUBECONFIG=$scratch/few
with_object limits <<<'{apiVersion: v1, kind: LimitRange, metadata: {name: x}, spec: {limits: []}}'
blocked rights "${fresh[@]}" --chart limits
contains "of an object of the chart, too" "get limitranges" json
contains "and the Role has them" "limitranges" <(json .plan.role)
kubectl -n "$namespace" create role reads --verb=get --resource=limitranges >/dev/null
kubectl -n "$namespace" create rolebinding reads --role=reads --serviceaccount="$namespace:few" >/dev/null
blocked rights "${fresh[@]}" --chart limits
contains "what it may only read is told as well" "lacks rights in the namespace: patch limitranges" json

## A release, and changes of it
run "install with the least Role" 0 install --namespace "$namespace" --values "$values" --set image.tag=v3.6.10
blocked version-floor "${fresh[@]}"
contains "and says which it has to be first" "it has to be 3.6.11 or newer first" json
run "an upgrade to a patch that may go on" 0 install --namespace "$namespace" --values "$values" --set image.tag=v3.6.16
planned "a plan of no change" 0 --values "$values" --set image.tag=v3.6.16
equals "says so" "false" "$(json .plan.changes)"
equals "and no pod restarts" "" "$(json '.plan.forecast.restarts | map(.pod) | join(" ")')"
contains "nodes that may not be read are a note" "nodes may not be read" json

here=(--values "$values" --set image.tag=v3.6.16)

## In a pull request
coproc github { exec python3 "$root/tests/github/fake_github.py" 2>>github.log; }
# shellcheck disable=SC2154 # coproc sets it
read -rt 30 _ _ port <&"${github[0]}"
github_url=http://127.0.0.1:$port
scene() { curl -s "$github_url/_scene" "$@"; }
# commented EXIT_CODE ARGUMENT…: plan, as the workflow of a pull request runs it.
commented() {
  local expected=$1
  shift
  : >summary
  GITHUB_ACTIONS=true GITHUB_EVENT_NAME=pull_request GITHUB_REF=refs/pull/7/merge GITHUB_API_URL=$github_url \
    GITHUB_REPOSITORY=any-trade/deployments GITHUB_SERVER_URL=https://github.example GITHUB_RUN_ID=1 \
    GITHUB_STEP_SUMMARY=summary INPUT_GITHUB_TOKEN=ghs_app \
    "$program" plan --namespace "$namespace" --comment "$@" >log 2>&1
  equals "a plan that is commented" "$expected" "$?"
}
comments() { scene | jq -r "$1"; }
scene -d '{}' >/dev/null
commented 0 "${here[@]}" --set resources.limits.memory=1Gi
equals "makes a comment" 1 "$(comments '.comments | length')"
contains "that holds the plan" "resources.limits.memory" <(comments '.comments[0].body')
lacks "and the token is only masked" "ghs_app" <(grep -v "^::add-mask::" log)
commented 0 "${here[@]}" --set resources.limits.memory=1Gi
equals "the same plan writes nothing" 0 "$(comments '[.requests[] | select(startswith("PATCH"))] | length')"
commented 3 "${here[@]}" --set replicaCount=4
equals "another one is put into the same comment" 1 "$(comments '.comments | length')"
contains "which tells what blocks" "member-count" <(comments '.comments[0].body')
contains "and the line is annotated" "::error title=member-count,file=" <(printf '%s' "$(cp "$values" four.yaml && sed -i 's/^replicaCount: 3/replicaCount: 4/' four.yaml && commented 3 --values four.yaml --set image.tag=v3.6.16 >/dev/null; cat log)")
scene -d '{"read_only": true}' >/dev/null
commented 0 "${here[@]}" --set resources.limits.memory=1Gi
contains "a token that only reads is told" "could not be put into a comment" log
equals "and the plan is in the summary all the same" 1 "$(grep -c '^### What would change' summary)"
# shellcheck disable=SC2154 # coproc sets it
kill "$github_PID"

planned "a plan of a changed template" 0 "${here[@]}" --set resources.limits.memory=1Gi
equals "names the field" "spec.containers[etcd].resources.limits.memory" "$(json '.plan.forecast.templateFields | join(" ")')"
equals "and three pods, the leader last" "leader" "$(json '.plan.forecast.restarts[2].role')"
planned "a plan of a change without restart" 0 "${here[@]}" --set pdb.minAvailable=3 --allow pdb-blocks-eviction
equals "restarts nobody" "0" "$(json '.plan.forecast.restarts | length')"
equals "and is a change" "true" "$(json .plan.changes)"
cp "$values" four.yaml
sed -i 's/^replicaCount: 3/replicaCount: 4/' four.yaml
blocked member-count --values four.yaml --set image.tag=v3.6.16
equals "and points at the line" "four.yaml:$(grep -n '^replicaCount' four.yaml | cut -d: -f1)" "$(json '.plan.findings[] | select(.rule == "member-count") | "\(.file):\(.line)"')"
blocked downgrade --values "$values" --set image.tag=v3.5.35
blocked skipped-minor --values "$values" --set image.tag=v3.8.0
blocked storage-grows "${here[@]}" --set persistence.size=16Gi
contains "and says whether the class can" "can expand volumes" json
blocked storage-shrinks "${here[@]}" --set persistence.size=4Gi
cp -r "$root/charts/etcd" moved
sed -i 's/serviceName: .*/serviceName: elsewhere/' moved/templates/statefulset.yaml
blocked immutable-field "${here[@]}" --chart moved
cp -r "$root/charts/etcd" renamed
blocked set-removed "${here[@]}" --set fullnameOverride=other

kubectl -n "$namespace" patch service etcd --field-manager=somebody --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":9999}]' >/dev/null
blocked field-taken "${here[@]}"
contains "and says who has it" "somebody" json
kubectl -n "$namespace" label service etcd --field-manager=somebody team=theirs >/dev/null
planned "a plan with drift" 0 "${here[@]}" --drift --allow field-taken
contains "tells what others have changed" "9999" <(json '.plan.drift')
contains "and what they have added" "theirs" <(json '.plan.drift')
run "allow: field-taken takes it back" 0 install --namespace "$namespace" "${here[@]}" --allow field-taken
equals "which is a change" "true" "$(output changed)"
lacks "and it is as the chart has it" "9999" <(kubectl -n "$namespace" get service etcd -o yaml | sed -n '/^spec:/,$p')

## An agreed plan
planned "a plan is kept" 0 "${here[@]}" --set podLabels.team=infra
cp json agreed.json
run "and carried out" 0 install --namespace "$namespace" "${here[@]}" --set podLabels.team=infra --plan agreed.json
versions "$namespace" >before
run "but not twice: the cluster has moved" 3 install --namespace "$namespace" "${here[@]}" --set podLabels.team=infra --plan agreed.json
contains "and it says by what" "the release's revision is" log
versions "$namespace" >after
equals "and nothing is touched" "" "$(diff before after)"

## From one minor version to the next, with a client that writes
here=(--values "$values" --set podLabels.team=infra)
planned "a plan from 3.6 to 3.7" 0 "${here[@]}"
equals "replaces all members" "3" "$(json '.plan.forecast.restarts | length')"
writer_begin "$namespace" ledger
wait_until 20 test -s ledger
run "the upgrade from 3.6.16 to 3.7.3" 0 upgrade --namespace "$namespace" "${here[@]}"
equals "output etcd-version" "3.7.3" "$(output etcd-version)"
writer_end
check "no acknowledged write is lost" python3 "$root/tests/deploy/writer.py" check "$KUBECONFIG" "$namespace" ledger
blocked downgrade "${here[@]}" --set image.tag=v3.6.16

## A change that got stuck, and the way back
run "an upgrade to a version that is not there" 5 upgrade --namespace "$namespace" "${here[@]}" --set image.tag=v3.7.99 --grace image-pull=1s
stuck=$(kubectl -n "$namespace" get pods -o json | jq -r '.items[] | select(.status.containerStatuses[0].ready | not) | .metadata.name')
# Its kubelet tries again and again, which changes the pod's status.
"$program" plan --namespace "$namespace" --output json "${here[@]}" >json 2>log
equals "the plan of the way back replaces only the member that is stuck" "$stuck" "$(json '.plan.forecast.restarts | map(.pod) | join(" ")')"
run "and so does the way back" 0 upgrade --namespace "$namespace" "${here[@]}"
contains "no other" "pods restarted: \`$stuck\`" summary

## When etcd is not well
kubectl -n "$namespace" patch pod etcd-1 --type=json -p '[{"op":"replace","path":"/spec/containers/0/image","value":"quay.io/coreos/etcd:v0.0.1"}]' >/dev/null
not_ready() { [[ $(kubectl -n "$namespace" get pod etcd-1 -o jsonpath='{.status.containerStatuses[0].ready}') == false ]]; }
wait_until 60 not_ready
kubectl -n "$namespace" label pod etcd-2 controller-revision-hash=outdated --overwrite >/dev/null
sleep 3 # the back-off of an image that is missing writes to the pod's status for a while
stable() { versions "$namespace" >before; read -rt 3 <> <(:); versions "$namespace" >after; cmp -s before after; }
wait_until 60 stable
"$program" plan --namespace "$namespace" "${here[@]}" --grace not-ready=1s --output json >json 2>log
equals "a member whose image is missing is tried again before the outdated one is replaced" '["etcd-1",true,"etcd-2",null]' \
  "$(json '[.plan.forecast.restarts[] | .pod, .retry] | tojson')"
# By Kubernetes it would not be.
"$program" plan --namespace "$namespace" "${here[@]}" --rollout native --grace not-ready=1s --output json >json 2>log
equals "quorum-at-risk: plan ends with exit code 3" 3 "$?"
if [[ " $(blocking) " == *" quorum-at-risk "* ]]; then ok "quorum-at-risk: plan names it"; else not_ok "quorum-at-risk: plan names it" "$(blocking)" "$(cat log)"; fi
# Of the pod whose image is missing its kubelet tells now and then that it tries again: it has to be the same pod.
untroubled() {
  versions "$namespace" | grep -v '^Pod etcd-1 '
  kubectl -n "$namespace" get pod etcd-1 -o json | jq -c '[.metadata.uid, .metadata.deletionTimestamp, .spec]'
}
untroubled >before
"$program" install --namespace "$namespace" "${here[@]}" --rollout native --grace not-ready=1s >log 2>&1
equals "quorum-at-risk: install ends with exit code 3" 3 "$?"
untroubled >after
equals "quorum-at-risk: and nothing is touched" "" "$(diff before after)"
kubectl -n "$namespace" delete pod etcd-1 etcd-2 >/dev/null
wait_until 60 kubectl -n "$namespace" wait --for=condition=Ready pod/etcd-1 pod/etcd-2 --timeout=1s

wait_until 60 stable
in_etcd() { kubectl -n "$namespace" exec etcd-0 -- "$@"; }
alarm() {
  local address
  address=$(kubectl -n "$namespace" get pod etcd-0 -o jsonpath='{.status.podIP}')
  curl -s "http://$address:2379/v3/maintenance/alarm" -d "{\"action\": \"$1\", \"alarm\": \"NOSPACE\", \"memberID\": \"$2\"}"
}
member=$(curl -s "http://$(kubectl -n "$namespace" get pod etcd-0 -o jsonpath='{.status.podIP}'):2379/v3/maintenance/status" -d '{}' | jq -r .header.member_id)
alarm ACTIVATE "$member" >/dev/null
blocked alarm "${here[@]}" --set podLabels.team=other
planned "an alarm is no matter where nobody restarts" 0 "${here[@]}"
planned "nor where the quota grows" 0 "${here[@]}" --set quotaBackendBytes=4294967296
alarm DEACTIVATE "$member" >/dev/null
check "the alarm is gone" test -z "$(in_etcd etcdctl alarm list)"

kubectl -n "$namespace" create poddisruptionbudget team --selector app.kubernetes.io/instance=etcd --min-available=2 >/dev/null
wait_until 60 stable
blocked pdb-foreign "${here[@]}"
kubectl -n "$namespace" delete poddisruptionbudget team >/dev/null

kubectl -n "$namespace" label pod etcd-2 controller-revision-hash=outdated --overwrite >/dev/null
blocked native-while-outdated "${here[@]}" --set updateStrategy.type=RollingUpdate
kubectl -n "$namespace" delete pod etcd-2 >/dev/null
wait_until 60 kubectl -n "$namespace" wait --for=condition=Ready pod/etcd-2 --timeout=1s
run "a release that Kubernetes rolls" 0 install --namespace "$namespace" "${here[@]}" --set updateStrategy.type=RollingUpdate
planned "a plan that gives the rolling to the runner" 0 "${here[@]}"
equals "says so" "spec.updateStrategy.type OnDelete" "$(json '.plan.objects[] | select(.kind == "StatefulSet").fields[] | "\(.path) \(.after)"')"
equals "and restarts nobody" "0" "$(json '.plan.forecast.restarts | length')"
kubectl -n "$namespace" rollout restart statefulset etcd >/dev/null
under_way() {
  "$program" plan --namespace "$namespace" --output json "${here[@]}" --set updateStrategy.type=RollingUpdate >json 2>log
  [[ $? == 3 && " $(blocking) " == *" rollout-under-way "* ]]
}
check "rollout-under-way: plan names it" wait_until 20 under_way
kubectl -n "$namespace" rollout status statefulset etcd --timeout=120s >/dev/null
run "and the runner takes it over" 0 install --namespace "$namespace" "${here[@]}"

slow_chart
helm upgrade etcd slow --namespace "$namespace" --values "$values" --set podLabels.team=infra >/dev/null 2>&1 &
helm_pid=$!
wait_until 30 kubectl -n "$namespace" get job etcd-hook
kill -KILL "$helm_pid"
wait_until 60 stable
planned "a release whose helm was killed" 3 "${here[@]}"
equals "is told as that" "release-pending" "$(blocking)"
kubectl -n "$namespace" delete job etcd-hook >/dev/null
run "and the next run takes it over" 0 install --namespace "$namespace" "${here[@]}"

## The way to nothing, and back
with_object hooked <<'YAML'
apiVersion: batch/v1
kind: Job
metadata: {name: etcd-hook, annotations: {helm.sh/hook: post-upgrade}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: work, image: "quay.io/coreos/etcd:v3.7.3", command: [etcdctl, version]}]
YAML
run "a release with a hook" 0 install --namespace "$namespace" "${here[@]}" --chart hooked
GITHUB_STEP_SUMMARY=summary "$program" uninstall --namespace "$namespace" --dry-run >log 2>&1
equals "a dry run of uninstall" 0 "$?"
contains "tells what goes" "StatefulSet etcd** is deleted" summary
contains "and what stays, with the command" "kubectl delete --namespace $namespace persistentvolumeclaim data-etcd-0" summary
contains "what a hook left, too" "kubectl delete --namespace $namespace job etcd-hook" summary
equals "and touches nothing" "3" "$(kubectl -n "$namespace" get statefulset etcd -o jsonpath='{.status.readyReplicas}')"
cluster=$("$program" verify --namespace "$namespace" --output json 2>/dev/null | jq -r .etcd.clusterId)
run "uninstall keeps the volumes" 0 uninstall --namespace "$namespace"
check "and what the hook left" kubectl -n "$namespace" delete job etcd-hook
equals "all of them" 3 "$(kubectl -n "$namespace" get pvc -o name | wc -l)"
blocked leftover-data "${here[@]}"
contains "and says whose data they hold" "cluster $cluster" json
blocked leftover-members "${here[@]}" --set replicaCount=5 --leftover-data adopt
run "leftover-data: adopt goes on with them" 0 install --namespace "$namespace" "${here[@]}" --leftover-data adopt
equals "it is the same cluster" "$cluster" "$(output cluster-id)"
check "no acknowledged write is lost" python3 "$root/tests/deploy/writer.py" check "$KUBECONFIG" "$namespace" ledger
run "uninstall once more" 0 uninstall --namespace "$namespace"
run "leftover-data: delete has to be confirmed" 2 install --namespace "$namespace" "${here[@]}" --leftover-data delete
equals "and until then nothing goes" 3 "$(kubectl -n "$namespace" get pvc -o name | wc -l)"
run "and needs a right that the Role for installs does not have" 3 install --namespace "$namespace" "${here[@]}" --leftover-data delete --confirm etcd
contains "and says which" "delete persistentvolumeclaims" log
unset INPUT_KUBECONFIG
run "and then it installs anew" 0 install --namespace "$namespace" "${here[@]}" --leftover-data delete --confirm etcd
check "and the data is gone" bash -c "! python3 '$root/tests/deploy/writer.py' check '$KUBECONFIG' $namespace ledger"
run "uninstall with the data" 0 uninstall --namespace "$namespace" --delete-data --confirm etcd
equals "leaves no volume" "" "$(kubectl -n "$namespace" get pvc -o name)"
equals "and no record" "" "$(kubectl -n "$namespace" get configmap etcd-deploy-etcd -o name --ignore-not-found)"
exit "$((failures > 0))"
