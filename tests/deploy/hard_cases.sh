#!/usr/bin/env bash
# The built program against what goes wrong on a real cluster: charts that cannot be
# had, hook Jobs, interrupted helms, rights that are missing, quotas, killed runs.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/hard_cases.sh PATH/TO/etcd-deploy
#
# Works in namespaces of its own ("hard-…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

remove_namespaces() {
  kubectl get namespaces -o name | grep '^namespace/hard-test-' | xargs -r kubectl delete --wait=true >/dev/null 2>&1
}
trap 'remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces
cd "$scratch" || exit 1

# How members are watched afterwards is verify.sh's business.
export INPUT_SOAK=0s
printf 'replicaCount: 1\n' >one.yaml
one=(--values one.yaml)

# chart_with_hook NAME BACKOFF_LIMIT CONTAINER [HOOK [POLICY]]: our chart with a hook Job, before it or where HOOK says.
chart_with_hook() {
  cp -r "$root/charts/etcd" "$1"
  cat >"$1/templates/hook.yaml" <<HOOK
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: "${4:-pre-install,pre-upgrade}", helm.sh/hook-delete-policy: ${5:-before-hook-creation}}
spec:
  backoffLimit: $2
  template:
    spec:
      restartPolicy: Never
      containers: [{name: work, $3}]
HOOK
}
image='image: "quay.io/coreos/etcd:v3.7.3"'
chart_with_hook good-hook 0 "$image, command: [etcdctl, version]"
chart_with_hook missing-image 0 'image: "quay.io/coreos/etcd:v0.0.0", command: [etcdctl, version]'
chart_with_hook failing-hook 0 "$image, command: [etcdctl, no-such-command]"
chart_with_hook stuck-hook 0 "$image, command: [etcdctl, version], resources: {requests: {cpu: \"1000\"}}"

## Charts
mkdir -p broken/templates
printf 'apiVersion: v2\nname: broken\nversion: 1.0.0\n' >broken/Chart.yaml
printf 'a: {{ .Values.a.b.c }}\n' >broken/templates/a.yaml
run "a broken template is refused" 3 install --namespace hard-test-chart --chart broken
contains "which names its line" "broken/templates/a.yaml:1" summary
contains "and touched nothing" "Nothing was touched" summary
equals "output changed says so" "false" "$(output changed)"
equals "helm's complaint stands once in the log" "1" "$(grep -c 'broken/templates/a.yaml:1' log)"
printf 'no archive' >bad.tgz
run "an archive that is none is refused" 3 install --namespace hard-test-chart --chart ./bad.tgz
check "no namespace was made for them" bash -c "! kubectl get namespace hard-test-chart"
if [[ -n ${SANDBOX_REGISTRY:-} ]]; then
  helm package "$root/charts/etcd" --destination . >/dev/null
  helm push etcd-*.tgz "oci://$SANDBOX_REGISTRY/charts" --plain-http >/dev/null 2>&1
  run "a chart comes from a registry of this machine" 0 install --namespace hard-test-oci "${one[@]}" --chart "oci://$SANDBOX_REGISTRY/charts/etcd"
  run "a chart that the registry does not have is bad input" 2 upgrade --namespace hard-test-oci "${one[@]}" --chart "oci://$SANDBOX_REGISTRY/charts/none"
  equals "output status of a refusal" "refused" "$(output status)"
fi

## Hook Jobs
run "a hook Job without its image ends the run" 5 install --namespace hard-test-hook "${one[@]}" --chart missing-image
contains "with the cause" "hook Job etcd-hook: pod etcd-hook-" summary
run "and the next run is not blamed for it" 0 install --namespace hard-test-hook "${one[@]}" --chart good-hook
contains "the log tells what the hook does" "etcd-hook-" log
run "a hook Job that fails is helm's failure" 4 upgrade --namespace hard-test-hook "${one[@]}" --chart failing-hook --on-failure keep
contains "which names the Job" "the hook Job etcd-hook failed: container work ended with exit code 1" summary
contains "and shows what it printed" "no-such-command" summary
contains "the revision is told as failed" "(failed)" summary
chart_with_hook crashing-hook 6 "$image, command: [etcdctl, no-such-command]"
started=$SECONDS
run "a hook Job that keeps failing, with Kubernetes' own number of tries" 5 upgrade --namespace hard-test-hook "${one[@]}" --chart crashing-hook --grace hook-crash-loop=5s
check "ends the run long before the Job ends" test $((SECONDS - started)) -lt 90
contains "with the cause" "helm waits for the hook Job etcd-hook: pod etcd-hook-" summary
contains "and how often" "container work ended with exit code 1, and has failed" summary
contains "the first failure is told as it happens" "container work ended with exit code 1" log
contains "and shows what it printed" "no-such-command" summary

## Helms that were killed
here=(--namespace hard-test-killed)
run "a release to interrupt" 0 install "${here[@]}" "${one[@]}"
before=$(kubectl -n hard-test-killed get pod etcd-0 -o jsonpath='{.metadata.uid}')
"$program" upgrade "${here[@]}" "${one[@]}" --chart stuck-hook >killed.log 2>&1 &
runner=$!
wait_until 20 kubectl -n hard-test-killed get job etcd-hook
kill -KILL "$runner"
wait "$runner" 2>/dev/null
check "helm dies with the runner" wait_until 5 bash -c "! pgrep -f '[h]elm upgrade etcd .*--namespace hard-test-killed'"
equals "and leaves the release pending" "pending-upgrade" "$(helm history etcd --namespace hard-test-killed -o json | jq -r '.[-1].status')"
kubectl -n hard-test-killed delete job etcd-hook >/dev/null
run "the next run goes on from it" 0 install "${here[@]}" "${one[@]}"
contains "and says so" "left behind by a helm that was killed" summary
equals "no member was restarted" "$before" "$(kubectl -n hard-test-killed get pod etcd-0 -o jsonpath='{.metadata.uid}')"

"$program" upgrade "${here[@]}" "${one[@]}" --chart stuck-hook >cancelled.log 2>&1 &
runner=$!
wait_until 20 kubectl -n hard-test-killed get job etcd-hook
kill -INT "$runner"
started=$SECONDS
wait "$runner"
equals "a run that is cancelled in a hook is exit code 130" "130" "$?"
check "within eight seconds" test $((SECONDS - started)) -lt 8
run "and the next one converges" 0 upgrade "${here[@]}" "${one[@]}"

## Hooks that wait for what cannot be
hooked=(--namespace hard-test-hooked "${one[@]}" --grace unschedulable=3s)
unplaceable="$image, command: [etcdctl, version], resources: {requests: {cpu: \"1000\"}}"
chart_with_hook left-hook 0 "$unplaceable" pre-install,pre-upgrade hook-succeeded
run "a hook that nobody can place ends the run" 5 install "${hooked[@]}" --chart left-hook
check "its Job stays" kubectl -n hard-test-hooked get job etcd-hook
started=$SECONDS
run "the next run waits for the same Job no longer" 5 install "${hooked[@]}" --chart left-hook
check "in seconds" test $((SECONDS - started)) -lt 20
contains "and tells what it waits for" "helm waits for the hook Job etcd-hook" summary
kubectl -n hard-test-hooked delete job etcd-hook >/dev/null
chart_with_hook waiting-hook 0 "$image, command: [etcd]" post-install,post-upgrade
started=$SECONDS
run "members without an image, while a hook waits for them" 5 install "${hooked[@]}" --chart waiting-hook --set image.tag=v9.9.9
check "end the run in seconds" test $((SECONDS - started)) -lt 20
contains "as what they are" "etcd-0" summary
contains "with the image" "v9.9.9" summary
chart_with_hook leaving-hook 0 "$unplaceable" pre-delete
kubectl -n hard-test-hooked delete job etcd-hook --ignore-not-found >/dev/null
run "a chart with a hook for its removal" 0 install "${hooked[@]}" --chart leaving-hook
started=$SECONDS
run "a removal that waits for a hook that nobody can place" 5 uninstall --namespace hard-test-hooked --timeout 3m
check "ends when that is certain" test $((SECONDS - started)) -lt 90
contains "with the cause" "helm waits for the hook Job etcd-hook" summary
kubectl -n hard-test-hooked delete job etcd-hook >/dev/null
started=$SECONDS
run "as soon as the user wants" 5 uninstall --namespace hard-test-hooked --timeout 3m --grace unschedulable=3s --evidence-dir left
check "by the grace" test $((SECONDS - started)) -lt 30
check "and all that was seen is kept" test -s left/summary.md -a -s left/events.txt
contains "the pod that nobody can place, too" "etcd-hook-" left/events.txt

## A release that helm itself has uninstalled a moment ago. Its last pod is still ending: until it is gone Kubernetes
## cannot make the new one, and would try again at ever longer intervals.
ending=(--namespace hard-test-ending --values "$values" --leftover-data adopt)
run "a release to uninstall" 0 install "${ending[@]}"
kubectl -n hard-test-ending patch pod etcd-1 --type=merge -p '{"metadata":{"finalizers":["test/hold"]}}' >/dev/null
helm uninstall etcd -n hard-test-ending >/dev/null
"$program" install "${ending[@]}" >leaving.log 2>&1 &
runner=$!
check "what is still ending is waited for" wait_until 20 grep -q "until the pods are gone: 1 left" leaving.log
contains "and told" "its pods are still ending" leaving.log
kubectl -n hard-test-ending patch pod etcd-1 --type=merge -p '{"metadata":{"finalizers":null}}' >/dev/null
started=$SECONDS
wait "$runner"
equals "then the members are made" "0" "$?"
check "all at once, not minutes later" test $((SECONDS - started)) -lt 45

## Rights
kubectl create namespace hard-test-rights >/dev/null
server=$(kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.server}')
authority=$(kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}')
kubeconfig_of() {
  kubectl -n hard-test-rights create serviceaccount "$1" >/dev/null
  cat >"$1.yaml" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "$server", certificate-authority-data: $authority}}]
users: [{name: me, user: {token: $(kubectl -n hard-test-rights create token "$1")}}]
contexts: [{name: it, context: {cluster: it, user: me, namespace: hard-test-rights}}]
current-context: it
KUBECONFIG
}
kubeconfig_of nobody
kubeconfig_of reader
kubeconfig_of editor
kubectl -n hard-test-rights create rolebinding reader --clusterrole=view --serviceaccount=hard-test-rights:reader >/dev/null
kubectl -n hard-test-rights create rolebinding editor --clusterrole=edit --serviceaccount=hard-test-rights:editor >/dev/null
run "who may do nothing is refused" 3 install "${one[@]}" --kubeconfig nobody.yaml
contains "with all that is missing" "get, list, watch, create, patch statefulsets.apps" summary
run "who may only read is refused" 3 install "${one[@]}" --kubeconfig reader.yaml
contains "with what is missing" "create, patch statefulsets.apps" summary
lacks "and not with what is there" "get, list, watch, create, patch statefulsets.apps" summary
contains "before anything is touched" "Nothing was touched" summary
equals "really" "" "$(kubectl -n hard-test-rights get statefulsets,secrets -o name)"
run "who may edit the namespace can install" 0 install "${one[@]}" --kubeconfig editor.yaml
sed "s/certificate-authority-data: [^}]*/insecure-skip-tls-verify: false/" editor.yaml >other-authority.yaml
run "another certificate authority is exit code 3" 3 upgrade "${one[@]}" --kubeconfig other-authority.yaml
contains "and not taken for a firewall" "certificate" summary

## What the namespace forbids
kubectl create namespace hard-test-quota >/dev/null
kubectl -n hard-test-quota create quota none --hard=pods=0 >/dev/null
run "a quota without room ends the rollout" 5 install --namespace hard-test-quota "${one[@]}"
contains "and is named" "exceeded quota: none" summary
contains "in the log, too" "not created yet: StatefulSet etcd cannot create its pods" log
kubectl create namespace hard-test-leaving >/dev/null
kubectl -n hard-test-leaving create configmap held >/dev/null
kubectl -n hard-test-leaving patch configmap held -p '{"metadata":{"finalizers":["hard.test/held"]}}' >/dev/null
kubectl delete namespace hard-test-leaving --wait=false >/dev/null
wait_until 5 bash -c "[[ \$(kubectl get namespace hard-test-leaving -o jsonpath='{.status.phase}') == Terminating ]]"
run "a namespace that is being deleted is refused" 3 install --namespace hard-test-leaving "${one[@]}"
contains "as that" "namespace hard-test-leaving is being deleted" summary
kubectl -n hard-test-leaving patch configmap held -p '{"metadata":{"finalizers":null}}' >/dev/null

## Time
run "a rollout that is too slow says what each pod waits for" 6 install --namespace hard-test-slow --set replicaCount=3 --set-string nodeSelector.no=such --timeout 4s
for pod in etcd-0 etcd-1 etcd-2; do contains "$pod" "$pod: waiting for a node" log; done
run "three members to change" 0 install --namespace hard-test-outdated --set replicaCount=3
run "a change that the first pod cannot follow times out" 6 upgrade --namespace hard-test-outdated --set replicaCount=3 --set-string nodeSelector.no=such --timeout 30s
# Which follower comes first depends on who leads; the summary tells.
first=$(sed -n 's/^- replaced by the runner, one at a time: `\(etcd-[0-2]\)` (follower, not back)$/\1/p' summary)
contains "and that pod is blamed" "pod ${first:-of a follower} is not ready in time: waiting for a node" summary
for pod in etcd-0 etcd-1 etcd-2; do
  [[ $pod == "$first" ]] || lacks "not $pod, which serves" "kubectl delete pod -n hard-test-outdated $pod" summary
done
kubectl -n hard-test-killed patch pod etcd-0 -p '{"metadata":{"finalizers":["hard.test/held"]}}' >/dev/null
run "a pod that does not leave ends the removal in time" 6 uninstall "${here[@]}" --timeout 4s
contains "and is named" "1 pod to be gone: etcd-0" summary
kubectl -n hard-test-killed patch pod etcd-0 -p '{"metadata":{"finalizers":null}}' >/dev/null
run "removing it again succeeds" 0 uninstall "${here[@]}" --delete-data --confirm etcd

## While the members are watched
# Ready first, and not for long.
cp -r "$root/charts/etcd" beside
sed -i -E 's|^      containers:|      containers:\n        - {name: metrics, image: "docker.io/library/busybox:1.35", command: [sh, -c, "sleep 4; echo no scrape target; exit 4"]}|' beside/templates/statefulset.yaml
run "a container beside etcd that ends soon is no success" 7 install --namespace hard-test-soak "${one[@]}" --chart beside --soak 30s
contains "and is named, with its last words" "pod etcd-0: container metrics ended with exit code 4 while the members were watched; its log says: no scrape target" log
contains "in the summary, too" "container metrics ended with exit code 4 while the members were watched" <(sed 's/\\//g' summary)
cp -r "$root/charts/etcd" wrong-liveness
sed -i -E 's|"probe" .Values.livenessProbe "path" "/livez"|"probe" .Values.livenessProbe "path" "/no-such"|' wrong-liveness/templates/statefulset.yaml
run "nor is a member that its liveness probe kills" 7 install --namespace hard-test-alive "${one[@]}" --chart wrong-liveness --soak 30s \
  --set livenessProbe.periodSeconds=2 --set livenessProbe.failureThreshold=2
contains "and the probe is named" "pod etcd-0: container etcd was killed since its liveness probe failed: HTTP probe failed with statuscode: 404 while the members were watched" log
killed_again() { (($(kubectl -n hard-test-alive get pod etcd-0 -o jsonpath='{.status.containerStatuses[0].restartCount}') >= 2)); }
wait_until 60 killed_again
run "diagnose says it, too" 7 diagnose --namespace hard-test-alive
contains "with the probe" "container etcd keeps being killed since its liveness probe fails: HTTP probe failed with statuscode: 404" log

## Text that others wrote
cp -r "$root/charts/etcd" hostile
cat >>hostile/templates/NOTES.txt <<'NOTES'
::error::from the notes
##[error]in the old way
::set-output name=status::hijacked
NOTES
GITHUB_ACTIONS=true run "hostile notes are harmless" 0 install --namespace hard-test-oci "${one[@]}" --chart hostile
check "workflow commands stand only between stop-commands and its end" awk '
  /^::stop-commands::/ { token = substr($0, 18); stopped = 1; next }
  stopped && $0 == "::" token "::" { stopped = 0; next }
  !stopped && /from the notes|hijacked/ { bad = 1 }
  /##\[/ { bad = 1 }
  END { exit bad }' log
exit "$((failures > 0))"
