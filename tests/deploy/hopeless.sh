#!/usr/bin/env bash
# Every state of the hopeless list, really produced on the sandbox: the run ends with exit code 5
# and the one cause, as soon as the state has lasted for its grace, and not before. And states that look
# like them and pass: the run ends well.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/hopeless.sh PATH/TO/etcd-deploy [CASE…]
#
# Ends with the table of faults. ETCD_DEPLOY_FAULTS=1 (scripts/test --faults) adds the slow
# ones. RECORD_TO=FOLDER also records the watch streams of each case, for tests/replay. Works in
# namespaces of its own ("states-…"), several at a time, and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
shift
work=$scratch
record_to=${RECORD_TO:+$(realpath "$RECORD_TO")}

remove_all() {
  [[ ! -e $work/of-node-gone/log ]] || "$root/scripts/sandbox" node start 3 >/dev/null 2>&1
  kubectl delete validatingadmissionpolicybinding,validatingadmissionpolicy,storageclass -l states-test=yes --ignore-not-found >/dev/null 2>&1
  local held
  for held in $(kubectl get pods -A -o json | jq -r '.items[] | select(.metadata.finalizers // [] | index("states.test/held")) | .metadata.namespace + "/" + .metadata.name'); do
    kubectl -n "${held%/*}" patch pod "${held#*/}" --type merge -p '{"metadata":{"finalizers":null}}' >/dev/null 2>&1
  done
  kubectl get namespaces -o name | grep '^namespace/states-test-' | xargs -r kubectl delete --wait=true >/dev/null 2>&1
}
trap 'remove_all; rm -rf "$work"' EXIT
remove_all
cd "$work" || exit 1

export INPUT_SOAK=0s
printf 'replicaCount: 1\n' >one.yaml
printf 'replicaCount: 1\nupdateStrategy: {type: RollingUpdate}\n' >native.yaml

## Charts and values that the cases need
# edited_chart NAME SED_EXPRESSION: our chart, with another StatefulSet.
edited_chart() {
  cp -r "$root/charts/etcd" "$1"
  sed -i -E "$2" "$1/templates/statefulset.yaml"
  ! cmp -s "$1/templates/statefulset.yaml" "$root/charts/etcd/templates/statefulset.yaml" ||
    not_ok "chart $1 is edited" "the expression changed nothing"
}
edited_chart wrong-probe 's|"probe" .Values.readinessProbe "path" "/readyz"|"probe" .Values.readinessProbe "path" "/no-such"|'
edited_chart ordered 's|podManagementPolicy: .*|podManagementPolicy: OrderedReady|'
edited_chart ordered-wrong-probe 's|podManagementPolicy: .*|podManagementPolicy: OrderedReady|; s|"path" "/readyz"|"path" "/no-such"|'
edited_chart init-crash 's|^      containers:|      initContainers: [{name: prepare, image: "docker.io/library/busybox:1.35", command: [sh, -c, "echo no disk; exit 3"]}]\n      containers:|'
edited_chart init-image 's|^      containers:|      initContainers: [{name: prepare, image: "docker.io/library/busybox:0.0"}]\n      containers:|'
# Healthy for two minutes, and never again.
edited_chart crash-later '0,/^            - etcd$/s||            - sh\n            - -c\n            - "if [ -e /bitnami/etcd/ran ]; then echo the disk is full; exit 7; fi; touch /bitnami/etcd/ran; sleep 120; exit 7"|; s|^  replicas: |  minReadySeconds: 600\n  replicas: |'
edited_chart slow-ready 's|^  replicas: |  minReadySeconds: 600\n  replicas: |'
edited_chart wrong-startup 's|"probe" .Values.startupProbe "path" "/livez"|"probe" .Values.startupProbe "path" "/no-such"|'
edited_chart wrong-post-start 's|^          command:|          lifecycle: {postStart: {exec: {command: [/no-such]}}}\n          command:|'
edited_chart gated 's|^      enableServiceLinks: false|      schedulingGates: [{name: states.test/gate}]\n      enableServiceLinks: false|'
edited_chart no-scheduler 's|^      enableServiceLinks: false|      schedulerName: none-such\n      enableServiceLinks: false|'
busybox=(--set image.registry=docker.io --set image.repository=library/busybox --set image.tag=1.35)
no_probes=(--set startupProbe.enabled=false --set readinessProbe.enabled=false --set livenessProbe.enabled=false)

# A hook that is a pod, and no Job.
cp -r "$root/charts/etcd" hook-pod
cat >hook-pod/templates/hook.yaml <<HOOK
apiVersion: v1
kind: Pod
metadata: {name: etcd-hook, annotations: {helm.sh/hook: pre-install}}
spec: {restartPolicy: Never, containers: [{name: work, image: "docker.io/library/busybox:0.0"}]}
HOOK
# chart_with_hook NAME CONTAINER: our chart with a hook Job before it.
chart_with_hook() {
  cp -r "$root/charts/etcd" "$1"
  cat >"$1/templates/hook.yaml" <<HOOK
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: "pre-install,pre-upgrade"}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: work, image: "quay.io/coreos/etcd:v3.7.3", command: [etcdctl, version], $2}]
HOOK
}
chart_with_hook hook-no-node 'resources: {requests: {cpu: "1000"}}'
chart_with_hook hook-no-secret 'env: [{name: A, valueFrom: {secretKeyRef: {name: none-such, key: a}}}]'

cat >crash.yaml <<'VALUES'
replicaCount: 1
extraEnvVars: [{name: ETCD_ELECTION_TIMEOUT, value: "1"}, {name: SOME_PASSWORD, value: not-for-your-eyes}]
VALUES
for kind in secret configMap; do
  printf 'replicaCount: 1\nextraEnvVars: [{name: A, valueFrom: {%sKeyRef: {name: none-such, key: a}}}]\n' "$kind" >"no-$kind.yaml"
done
printf 'replicaCount: 1\nresources: {limits: {memory: 6Mi}}\n' >oom.yaml

## The cases: before_CASE prepares, and case_CASE tells what to run
# expect GRACE STATE CAUSE: the verdict comes GRACE seconds after the first line of the log that
# matches STATE (an extended regular expression), and the cause is CAUSE (the same).
expect() { grace=$1 state=$2 cause=$3; }

case_image-missing() {
  expect 0 'etcd-0: (ErrImagePull|ImagePullBackOff)' 'pod etcd-0: image quay.io/coreos/etcd:v9.9.9 not found'
  arguments=(install --values one.yaml --set image.tag=v9.9.9)
}
case_image-name() {
  expect 0 'etcd-0: InvalidImageName' "pod etcd-0: '.*coreos/ETCD:.*' is no valid image name"
  arguments=(install --values one.yaml --set image.repository=coreos/ETCD)
}
case_init-image() {
  expect 0 'etcd-0: init container prepare: (ErrImagePull|ImagePullBackOff)' 'pod etcd-0: image docker.io/library/busybox:0.0 not found'
  arguments=(install --values one.yaml --chart init-image)
}
case_crash-at-once() {
  expect any 'etcd-0: CrashLoopBackOff \(restarts: 2' 'pod etcd-0: container etcd keeps crashing, last with exit code 1'
  arguments=(install --values crash.yaml)
  also_in_summary='election-timeout'
}
case_init-crash() {
  expect any 'etcd-0: init container prepare: CrashLoopBackOff \(restarts: 2' 'pod etcd-0: init container prepare keeps crashing, last with exit code 3; its log says: no disk'
  arguments=(install --values one.yaml --chart init-crash)
  also_in_summary='no disk'
}
case_no-program() {
  expect any 'etcd-0: (RunContainerError|CrashLoopBackOff|CreateContainerError)' 'pod etcd-0: container etcd cannot (run|be started): .*executable file not found'
  arguments=(install --values one.yaml "${busybox[@]}" --grace create-container=3s)
}
case_oom() {
  expect any 'etcd-0: CrashLoopBackOff \(restarts: 2' 'pod etcd-0: container etcd keeps being killed for want of memory \(OOMKilled\), its limit is 6Mi'
  arguments=(install --values oom.yaml --chart slow-ready)
}
case_no-node-affinity() {
  expect 4 'etcd-[0-4]: waiting for a node: ' 'pod etcd-[0-4] fits on no node: .*anti-affinity'
  arguments=(install --set replicaCount=5 --set podAntiAffinityPreset=hard --grace unschedulable=4s)
}
case_no-node-resources() {
  expect 6 'etcd-0: waiting for a node: ' 'pod etcd-0 fits on no node: .*Insufficient cpu'
  arguments=(install --values one.yaml --set-string resources.requests.cpu=1000 --grace unschedulable=6s)
}
case_no-storage-class() {
  expect 0 'etcd-0: waiting for a node' 'volume claim data-etcd-0 stays unbound: storageclass.storage.k8s.io "none-such" not found'
  arguments=(install --values one.yaml --set persistence.storageClass=none-such)
}
before_silent-provisioner() {
  kubectl create -f - >/dev/null <<'CLASS'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: states-silent, labels: {states-test: "yes"}}
provisioner: states.test/none
CLASS
}
case_silent-provisioner() {
  expect 5 'etcd-0: waiting for a node' 'volume claim data-etcd-0 stays unbound: [Ww]aiting for a volume to be created'
  arguments=(install --values one.yaml --set persistence.storageClass=states-silent --grace volume-mount=5s)
}
# The scheduler has found a node, and says nothing before the volume is made there.
before_silent-for-consumer() {
  kubectl create -f - >/dev/null <<'CLASS'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: states-silent-late, labels: {states-test: "yes"}}
provisioner: states.test/none
volumeBindingMode: WaitForFirstConsumer
CLASS
}
case_silent-for-consumer() {
  expect 15 'etcd-0: waiting for a node' 'volume claim data-etcd-0 stays unbound: [Ww]aiting for a volume to be created'
  arguments=(install --values one.yaml --set persistence.storageClass=states-silent-late --grace unschedulable=1s --grace volume-mount=15s)
}
before_quota() { kubectl -n "$namespace" create quota none --hard=pods=0 >/dev/null; }
case_quota() {
  expect 3 'etcd-0: not created yet: ' 'StatefulSet etcd cannot create its pods: .*exceeded quota: none'
  arguments=(install --values one.yaml --grace creation=3s)
}
before_pod-security() { kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null; }
case_pod-security() {
  expect 3 'etcd-0: not created yet: ' 'StatefulSet etcd cannot create its pods: .*violates PodSecurity'
  arguments=(install --values one.yaml --set containerSecurityContext.enabled=false --grace creation=3s)
}
before_admission() {
  kubectl create -f - >/dev/null <<POLICY
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: $namespace, labels: {states-test: "yes"}}
spec:
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: $namespace}}
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: "has(object.metadata.labels.owner)", message: "pods need an owner"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: $namespace, labels: {states-test: "yes"}}
spec: {policyName: $namespace, validationActions: [Deny]}
POLICY
  denied() { ! kubectl -n "$namespace" run probe --image=none --dry-run=server; }
  wait_until 20 denied
}
case_admission() {
  expect 3 'etcd-0: not created yet: ' 'StatefulSet etcd cannot create its pods: .*pods need an owner'
  arguments=(install --values one.yaml --grace creation=3s)
}
case_no-secret() {
  expect 3 'etcd-0: CreateContainerConfigError' 'pod etcd-0: container etcd cannot be configured: secret "none-such" not found'
  arguments=(install --values no-secret.yaml --grace container-config=3s)
}
# With the grace that applies when none is given.
case_no-configmap() {
  expect 20 'etcd-0: CreateContainerConfigError' 'pod etcd-0: container etcd cannot be configured: configmap "none-such" not found'
  arguments=(install --values no-configMap.yaml)
}
case_no-secret-volume() {
  # The kubelet's event may be there before its word that it creates the container.
  expect 5 'etcd-0: (on node node[123]|creating its container)' 'pod etcd-0: MountVolume.SetUp failed for volume .*secret "none-such" not found'
  arguments=(install --values one.yaml --set auth.client.secureTransport=true --set auth.client.existingSecret=none-such --grace volume-mount=5s)
}
case_not-ready() {
  expect 6 'etcd-0: (running, not ready yet|not ready)' 'pod etcd-0: container etcd runs, but does not become ready: Readiness probe failed: HTTP probe failed with statuscode: 404'
  arguments=(install --values one.yaml --chart wrong-probe --grace not-ready=6s)
}
before_terminating() {
  "$program" install --namespace "$namespace" --values native.yaml --set terminationGracePeriodSeconds=2 >prepare.log 2>&1 || cat prepare.log
  kubectl -n "$namespace" patch pod etcd-0 --type merge -p '{"metadata":{"finalizers":["states.test/held"]}}' >/dev/null
}
case_terminating() {
  expect 3 'etcd-0: terminating' 'pod etcd-0 does not terminate on node node[123], held by the finalizer states.test/held'
  arguments=(upgrade --values native.yaml --set terminationGracePeriodSeconds=2 --set quotaBackendBytes=4294967296 --grace terminating=3s)
}
before_wedged() {
  "$program" install --namespace "$namespace" --values native.yaml --chart ordered-wrong-probe --grace not-ready=1s >prepare.log 2>&1
}
case_wedged() {
  expect 5 'etcd-0: .*\(outdated\)' 'pod etcd-0 of the old revision is not ready .*Kubernetes waits for it instead of replacing it'
  arguments=(upgrade --values native.yaml --chart ordered --grace not-ready=5s)
}
case_startup-probe() {
  expect any 'etcd-0: CrashLoopBackOff \(restarts: 2' 'pod etcd-0: container etcd keeps being killed since its startup probe fails: HTTP probe failed with statuscode: 404'
  arguments=(install --values one.yaml --chart wrong-startup --set startupProbe.periodSeconds=1 --set startupProbe.failureThreshold=2)
}
case_post-start() {
  expect any 'etcd-0: CrashLoopBackOff \(restarts: 2' 'pod etcd-0: container etcd keeps being killed since its postStart hook fails'
  arguments=(install --values one.yaml --chart wrong-post-start)
}
case_bad-setting() {
  expect any 'etcd-0: CrashLoopBackOff \(restarts: 2' 'container etcd keeps crashing, last with exit code 1; its log says: failed to verify flags: invalid value "?abc"? for ETCD_HEARTBEAT_INTERVAL'
  arguments=(install --values one.yaml --set 'extraEnvVars[0].name=ETCD_HEARTBEAT_INTERVAL' --set-string 'extraEnvVars[0].value=abc')
  also_in_summary='etcd does not accept one of its settings'
}
case_gated() {
  expect 4 'etcd-0: waiting for a node: Scheduling is blocked' 'pod etcd-0: no scheduler may look for a node while it has the scheduling gate states.test/gate'
  arguments=(install --values one.yaml --chart gated --grace scale-up=4s)
}
case_no-scheduler() {
  expect 10 'etcd-0: waiting for a node' 'pod etcd-0: the scheduler none-such does not look for a node'
  arguments=(install --values one.yaml --chart no-scheduler --grace unschedulable=4s)
}
case_hook-pod() {
  expect 0 'etcd-hook: (ErrImagePull|ImagePullBackOff)' 'helm waits for a hook: pod etcd-hook: image docker.io/library/busybox:0.0 not found'
  arguments=(install --values one.yaml --chart hook-pod)
}
case_hook-no-node() {
  expect 4 'etcd-hook-.*: waiting for a node' 'helm waits for the hook Job etcd-hook: pod etcd-hook-.* fits on no node: .*Insufficient cpu'
  arguments=(install --values one.yaml --chart hook-no-node --grace unschedulable=4s)
}
case_hook-no-secret() {
  expect 3 'etcd-hook-.*: CreateContainerConfigError' 'helm waits for the hook Job etcd-hook: pod etcd-hook-.* cannot be configured: secret "none-such" not found'
  arguments=(install --values one.yaml --chart hook-no-secret --grace container-config=3s)
}
case_crash-later() {
  expect any 'etcd-0: CrashLoopBackOff \(restarts: 2' 'pod etcd-0: container etcd keeps crashing, last with exit code 7'
  arguments=(install --values one.yaml --chart crash-later "${busybox[@]}" "${no_probes[@]}" --set terminationGracePeriodSeconds=1)
  also_in_summary='the disk is full'
}
# The power of a node goes while three members wait until they have been ready for long enough.
# Nobody knows of it for the 50 s that the node controller waits.
case_node-gone() {
  expect 3 'etcd-[0-2]: its node node3 is not ready' 'node node3 is not ready since .*, and pod etcd-[0-2] is on it'
  arguments=(install --set replicaCount=3 --set podAntiAffinityPreset=hard --chart slow-ready --grace node-lost=3s)
}
during_node-gone() {
  three_are_ready() { (($(grep -cE 'etcd-[0-2]: ready' log) >= 3)); }
  wait_until 120 three_are_ready
  "$root/scripts/sandbox" node stop 3
}
node_3_is_ready() { [[ $(kubectl get node node3 -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}') == True ]]; }
after_node-gone() {
  "$root/scripts/sandbox" node start 3
  check "node-gone: the node is back" wait_until 90 node_3_is_ready
  check "node-gone: and the summary names it" grep -q 'node node3 is not ready since' summary
}
quick=(image-missing image-name init-image crash-at-once init-crash no-program no-node-affinity no-node-resources
  no-storage-class silent-provisioner silent-for-consumer quota pod-security admission no-secret no-configmap no-secret-volume not-ready
  terminating wedged startup-probe post-start bad-setting gated no-scheduler hook-pod hook-no-node hook-no-secret)
slow=(oom crash-later node-gone)

## The cases that end well: the same functions, without "expect"
create_none_such() { kubectl -n "$namespace" create secret generic none-such --from-literal=a=b >/dev/null; }

# An operator makes it, some seconds after helm's apply; not before the kubelet has missed it, or nothing
# would be shown.
case_secret-comes-late() { arguments=(install --values no-secret.yaml); }
during_secret-comes-late() {
  wait_until 120 kubectl -n "$namespace" get statefulset etcd
  sleep 5
  wait_until 120 grep -q 'etcd-0: CreateContainerConfigError' log
  create_none_such
}
after_secret-comes-late() {
  check "secret-comes-late: the kubelet had missed it" grep -q 'etcd-0: CreateContainerConfigError' log
}

# The same run again, once what was missing is there: the kubelet has not looked again when it begins.
secret_made_since=(install --values no-secret.yaml --grace container-config=1s)
before_secret-made-since() {
  "$program" "${secret_made_since[@]}" --namespace "$namespace" --timeout 5m >first.log 2>&1
  equals "secret-made-since: exit code while it is missing" 5 "$?"
  create_none_such
}
case_secret-made-since() { arguments=("${secret_made_since[@]}"); }
ends_well=(secret-comes-late secret-made-since)

## How one is judged
# seconds_of PATTERN: the time in the log of the first line that matches.
seconds_of() { grep -m1 -E "$1" log | sed -E 's/^ *([0-9.]+)s .*/\1/'; }

# The time from the kubelet's word that there is no such image to ours.
watch_for_not_found() {
  kubectl -n "$namespace" get events --watch -o jsonpath='{.reason}{" "}{.message}{"\n"}' 2>/dev/null |
    while read -r line; do
      [[ $line != Failed*"not found"* ]] || { printf '%s' "$EPOCHREALTIME" >not-found-at; break; }
    done
}

# enter_case NAME: its namespace, and a folder of its own; prepares it, and sets what to run.
enter_case() {
  local name=$1
  namespace=states-test-$name
  scratch=$work/of-$name
  mkdir -p "$scratch"
  cp -r "$work"/*.yaml "$scratch"
  local chart
  for chart in "$work"/*/Chart.yaml; do ln -sfn "$(dirname "$chart")" "$scratch/"; done
  cd "$scratch" || exit 1
  also_in_summary=
  grace='' state='' cause=''
  arguments=()
  kubectl create namespace "$namespace" >/dev/null
  [[ $(type -t "before_$name") != function ]] || "before_$name"
  "case_$name"
}

# Both print their checks, and leave a row of the table in "row".
judge_well() {
  local name=$1 code during='' rows=row
  enter_case "$name"
  : >log
  if [[ $(type -t "during_$name") == function ]]; then
    "during_$name" >during.log 2>&1 &
    during=$!
  fi
  "$program" "${arguments[@]}" --namespace "$namespace" --timeout 5m >log 2>&1
  code=$?
  [[ -z $during ]] || wait "$during"
  [[ $(type -t "after_$name") != function ]] || "after_$name"
  if [[ $code == 0 ]]; then ok "$name: ends well"; else not_ok "$name: ends well" "exit code $code" "$(cat log)"; fi
  lacks "$name: nothing was called hopeless" 'hopeless: ' log
  row "$name" 'exit code 0' "exit code $code" "$(sed -nE 's/^ *([0-9.]+)s .*/\1/p' log | tail -n 1)"
  kubectl delete namespace "$namespace" --wait=false >/dev/null 2>&1
}

judge_case() {
  local name=$1 code recorder='' verdict='' waited='' seen
  enter_case "$name"
  if [[ -n $record_to ]]; then
    "$root/tests/replay/record" "$namespace" "$record_to/$name.jsonl" >recorder.log 2>&1 &
    recorder=$!
    wait_until 10 grep -q ready recorder.log
  fi
  [[ $name != image-missing ]] || watch_for_not_found &
  local watcher=$!
  local during=
  : >log
  if [[ $(type -t "during_$name") == function ]]; then
    "during_$name" >during.log 2>&1 &
    during=$!
  fi
  GITHUB_STEP_SUMMARY=$scratch/summary GITHUB_OUTPUT=$scratch/output \
    "$program" "${arguments[@]}" --namespace "$namespace" --timeout 5m --evidence-dir "$scratch/evidence" 2>&1 |
    while IFS= read -r line; do
      [[ $line != *"hopeless: "* ]] || printf '%s' "$EPOCHREALTIME" >verdict-at
      printf '%s\n' "$line"
    done >log
  code=${PIPESTATUS[0]}
  [[ -z $recorder ]] || kill "$recorder"
  [[ -z $during ]] || wait "$during"
  [[ $(type -t "after_$name") != function ]] || "after_$name"
  seen=$(sed -nE 's/^ *[0-9.]+s +hopeless: (.*)/\1/p' log | head -n 1)
  verdict=$(seconds_of 'hopeless: ')
  waited=$(awk -v from="$(seconds_of "$state")" -v to="$verdict" 'BEGIN { if (from != "" && to != "") printf "%.1f", to - from }')
  equals "$name: exit code" 5 "$code"
  if [[ $seen =~ $cause ]]; then ok "$name: the one cause"; else not_ok "$name: the one cause" "expected: $cause" "seen:     $seen" "$(cat log)"; fi
  check "$name: stands in the summary, with evidence" grep -qE "$cause" <(sed -E 's/\\//g; s/<[^>]*>//g' summary | tr -d '`*')
  [[ -z $also_in_summary ]] || contains "$name: with what the container wrote" "$also_in_summary" summary
  if [[ $grace != any ]]; then
    # A state that ends the run at once may never be told by itself.
    check "$name: after its grace of $grace s, not before (${waited:-0} s)" awk -v waited="${waited:-0}" -v grace="$grace" \
      'BEGIN { exit !(waited >= grace - 0.3 && waited <= grace + 20) }'
  fi
  check "$name: the evidence is kept whole" test -s evidence/events.txt -a -s evidence/summary.md -a -s evidence/objects/pods.json
  equals "$name: for its owner only" 700 "$(stat -c %a evidence)"
  if [[ $name == crash-at-once ]]; then
    check "$name: with the log of the container that ended" grep -rq election-timeout evidence/logs/etcd-0
    check "$name: and no secret in it" bash -c '! grep -rq not-for-your-eyes evidence summary log'
  fi
  if [[ $name == image-missing ]]; then
    local lag
    lag=$(awk -v from="$(cat not-found-at)" -v to="$(cat verdict-at)" 'BEGIN { printf "%.2f", to - from }')
    check "$name: from the kubelet's \"not found\" to the verdict at most 3 s ($lag s)" awk -v lag="$lag" 'BEGIN { exit !(lag <= 3) }'
    printf 'from the kubelet'"'"'s "not found" to the verdict: %s s\n' "$lag" >"$scratch/lag"
    kill "$watcher" 2>/dev/null
  fi
  local rows=row
  row "$name" "exit code 5 after a grace of $grace s" "exit code $code after ${waited:--} s, $seen" "${verdict:--}"
  kubectl delete namespace "$namespace" --wait=false >/dev/null 2>&1
}

cases=("$@")
if ((${#cases[@]} == 0)); then
  cases=("${quick[@]}" "${ends_well[@]}")
  [[ -z ${ETCD_DEPLOY_FAULTS-} ]] || cases+=("${slow[@]}")
fi
# Mostly they wait: four at a time. Whoever loses a node would lose it to all.
for name in "${cases[@]}"; do
  [[ $name != node-gone ]] || continue
  while (($(jobs -pr | wc -l) >= ${PARALLEL:-4})); do wait -n; done
  judge=judge_case
  [[ " ${ends_well[*]} " != *" $name "* ]] || judge=judge_well
  "$judge" "$name" >"$work/$name.txt" 2>&1 &
done
wait
[[ " ${cases[*]} " != *" node-gone "* ]] || judge_case node-gone >"$work/node-gone.txt" 2>&1
for name in "${cases[@]}"; do cat "$work/$name.txt"; done
failures=$(cat "$work"/*.txt | grep -c '^not ok')
for name in "${cases[@]}"; do cat "$work/of-$name/row"; done >"$rows"
print_rows
cat "$work"/of-*/lag 2>/dev/null
exit "$((failures > 0))"
