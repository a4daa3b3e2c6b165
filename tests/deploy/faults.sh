#!/usr/bin/env bash
# What goes wrong on the way to etcd, and etcds that nobody expects: port-forwards that are
# cut, answers that never end, garbage, credentials that are not accepted any more, members
# of two clusters, a member that hangs. Each has words of its own, within the deadline, and
# none a crash: meant for the build with AddressSanitizer and UBSan.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/faults.sh PATH/TO/etcd-deploy
#
# Works in namespaces of its own ("faults-test…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

namespace=faults-test
mixed=faults-test-mixed
proxy_pid=
remove_namespaces() { kubectl delete namespace "$namespace" "$mixed" --ignore-not-found --wait=true >/dev/null 2>&1; }
trap '[[ -z $proxy_pid ]] || kill "$proxy_pid"; remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces
cd "$scratch" || exit 1

k() { kubectl -n "$namespace" "$@"; }
etcdctl() { k exec etcd-0 -- etcdctl "$@"; }

# ask NAME EXIT_CODE ACTION ARGUMENT…: its JSON into the file json, the rest into log, its
# seconds into $took.
ask() {
  local name=$1 expected=$2 code started=$EPOCHREALTIME
  shift 2
  "$program" "$@" --output json >json 2>log
  code=$?
  took=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  if [[ $code != "$expected" ]]; then
    not_ok "$name" "exit code $code, expected $expected" "$(cat log json)"
  elif grep -q 'Sanitizer\|runtime error:' log; then
    not_ok "$name" "$(cat log)"
  else
    ok "$name"
  fi
  row "$name" "exit code $expected" "exit code $code" "$took"
}
# in_time WHAT: five seconds of asking, and what Kubernetes and the sanitizers take beside
# it; two deadlines in turn would be ten.
in_time() { check "$1 within the deadline ($took s)" awk -v took="$took" 'BEGIN { exit took < 7 ? 0 : 1 }'; }
# found NAME RULE SUBJECT WORDS: such a finding is among them ("" is the cluster).
found() {
  if jq -e --arg rule "$2" --arg pod "$3" --arg words "$4" \
    'any(.findings[]; .rule == $rule and (.pod // "") == $pod and (.message | contains($words)))' json >/dev/null; then
    ok "$1"
  else
    not_ok "$1" "no finding $2 about ${3:-the cluster} that says: $4" "$(jq -c '.findings[]' json)"
  fi
}
# says NAME WORDS: the error, or its hint.
says() {
  if jq -e --arg words "$2" '.error | .message + " " + .hint | contains($words)' json >/dev/null; then
    ok "$1"
  else
    not_ok "$1" "expected: $2" "seen: $(jq -c .error json)"
  fi
}

server=$(kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.server}')
kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 -d >authority.crt
# kubeconfig FILE SERVER CA TOKEN
kubeconfig() {
  cat >"$1" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "$2", certificate-authority: $scratch/$3}}]
users: [{name: me, user: {token: "$4"}}]
contexts: [{name: it, context: {cluster: it, user: me, namespace: $namespace}}]
current-context: it
KUBECONFIG
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=proxy \
  -addext subjectAltName=IP:127.0.0.1 -keyout proxy.key -out proxy.crt 2>/dev/null
coproc proxy { exec python3 "$root/tests/deploy/tampering_proxy.py" "$KUBECONFIG" proxy.crt proxy.key etcd-1 2>proxy.log; }
proxy_pid=$!
read -rt 60 port <&"${proxy[0]}" || not_ok "the proxy begins" "$(cat proxy.log)"
# through FAULT NAME EXIT_CODE ACTION ARGUMENT…: by way of the proxy, which tampers with etcd-1.
through() {
  local fault=$1 name=$2 expected=$3
  shift 3
  kubeconfig proxy.yaml "https://127.0.0.1:$port/$fault" proxy.crt none
  ask "$name" "$expected" "$@" --namespace "$namespace" --kubeconfig proxy.yaml
}

run "a cluster to look at" 0 install --namespace "$namespace" --values "$values" --soak 0s
through none "through the proxy all is well" 0 verify

## The port-forward to etcd-1, and the etcd behind it
# FAULT, RULE, WORDS of the finding about etcd-1
while IFS='|' read -r fault rule words; do
  through "$fault" "$fault: makes etcd-1 unhealthy" 7 verify
  in_time "$fault: is found"
  found "$fault: is told as what it is" "$rule" etcd-1 "$words"
  # A machine that is busy with the fault itself (4 MiB to be masked and sent) may be too slow for another, once.
  [[ $(jq .etcd.membersHealthy json) == 2 ]] || through "$fault" "$fault: makes etcd-1 unhealthy, again" 7 verify
  equals "$fault: the others are well" 2 "$(jq .etcd.membersHealthy json)"
  lacks "$fault: nothing begins a line of its own" '::error::' <(grep '^::' log json)
done <<'FAULTS'
cut|port-forward|the port-forward to pod etcd-1: it was cut
closed|port-forward|the port-forward to pod etcd-1: it was cut by the far end
silence|port-forward|the port-forward to pod etcd-1: it was not opened in time
no-websocket|port-forward|the port-forward to pod etcd-1: no sense in the answer of 127.0.0.1
endless-headers|port-forward|the port-forward to pod etcd-1: no sense in the answer of 127.0.0.1
endless-refusal|port-forward|the port-forward to pod etcd-1:
long-message|port-forward|it brought a message of more than 4 MiB
wrong-channel|port-forward|it answers on a channel that was not asked for
no-frames|port-forward|it brought no sense
kubelet-error|port-forward|the kubelet says: lost the container
empty-messages|linearizable-read|no answer from etcd-1
endless|linearizable-read|sent an answer longer than 8 MiB
drips|linearizable-read|did not end in time
half|linearizable-read|did not end in time
ten-megabytes|linearizable-read|sent an answer longer than 8 MiB
no-http|linearizable-read|no sense in the answer of etcd-1
etcd-endless-headers|linearizable-read|sent headers without end
garbage|linearizable-read|etcd's status: it is no JSON
deep-json|linearizable-read|nested too deeply
wrong-json|linearizable-read|cluster_id is no unsigned number
FAULTS
# What is only a matter of the metrics makes nothing unhealthy.
while IFS='|' read -r fault words; do
  through "$fault" "$fault: makes nothing unhealthy" 0 verify
  in_time "$fault: ends"
  told() { jq -e --arg words "$words" 'any(.notChecked[]; startswith("disk, network and memory of etcd-1: ") and contains($words))' json; }
  # Seen once in some ten runs: a connection that is cut is opened anew, and then that is what is told of.
  told >/dev/null || { jq -c .notChecked json && through "$fault" "$fault: makes nothing unhealthy, again" 0 verify; }
  check "$fault: is told" told
done <<'FAULTS'
cut-later|it was cut
garbage-metrics|
long-metrics|longer than 8 MiB
FAULTS
for fault in cut silence no-websocket long-message endless drips garbage; do
  through "$fault" "$fault: diagnose finds it, too" 7 diagnose
  in_time "$fault: diagnose ends"
  check "$fault: as a matter of etcd-1" jq -e 'any(.findings[]; .pod == "etcd-1")' json
  through "$fault" "$fault: connect asks the others" 0 connect
  in_time "$fault: connect ends"
  contains "$fault: and warns" "etcd-1 does not answer now" log
done

## Credentials that are not accepted any more
through unauthorized "credentials that expire in the middle of a run say nothing of etcd" 3 verify
says "are told" "Unauthorized"
says "with what to do" "kubectl create token"
k create serviceaccount reader >/dev/null
k create secret generic binding >/dev/null
k create rolebinding reader --clusterrole=view --serviceaccount="$namespace:reader" >/dev/null
token=$(k create token reader --bound-object-kind Secret --bound-object-name binding)
k delete secret binding >/dev/null
kubeconfig gone.yaml "$server" authority.crt "$token"
kubeconfig garbage.yaml "$server" authority.crt "not.a.token"
kubeconfig wrong-ca.yaml "$server" proxy.crt "$token"
for action in verify diagnose connect upgrade; do
  more=()
  [[ $action != upgrade ]] || more=(--values "$values")
  for file in gone garbage; do
    ask "$action with a token that is $file" 3 "$action" --namespace "$namespace" --kubeconfig "$file.yaml" "${more[@]}"
    in_time "ends"
    says "is refused" "Unauthorized"
    says "with what to do" "kubectl create token"
    lacks "the token stands nowhere" "$token" <(cat log json)
  done
done
ask "an API server of another authority" 3 verify --namespace "$namespace" --kubeconfig wrong-ca.yaml
says "is told as that" "SSL certificate problem"

## A member that hangs costs one deadline, whoever asks
pid=$(grep -lzx "POD_NAME=etcd-2" /proc/[0-9]*/environ 2>/dev/null | xargs -r grep -lz "\.$namespace\.svc" 2>/dev/null | cut -d/ -f3 | head -n 1)
if [[ -n $pid ]] && kill -STOP "$pid"; then
  ask "a member that hangs" 7 verify --namespace "$namespace"
  in_time "costs one deadline: verify ends"
  found "is found" linearizable-read etcd-2 "no answer from etcd-2"
  ask "diagnose finds it, too" 7 diagnose --namespace "$namespace"
  in_time "diagnose ends"
  check "as itself" jq -e 'any(.findings[]; .pod == "etcd-2")' json
  ask "connect has its endpoint all the same" 0 connect --namespace "$namespace"
  in_time "connect ends"
  contains "and warns of it" "etcd-2 does not answer now" log
  kill -CONT "$pid"
else
  not_ok "the process of etcd-2 is found"
fi
wait_until 60 etcdctl endpoint health --cluster

## etcd's own token expires between two looks at it
cat >login.yaml <<VALUES
auth: {rbac: {create: true}}
extraEnvVars: [{name: ETCD_AUTH_TOKEN_TTL, value: "1"}]
VALUES
etcdctl put used by-somebody >/dev/null
run "tokens of one second" 0 upgrade --namespace "$namespace" --values "$values" --values login.yaml --soak 0s
lacks "an etcd that is used is locked for nobody" "asks for a password from now on" log
contains "and the summary warns" "its authentication is off" summary
password=$(k get secret etcd -o jsonpath='{.data.etcd-root-password}' | base64 -d)
printf '%s' "$password" | k exec -i etcd-0 -- etcdctl user add root --interactive=false >/dev/null
etcdctl user grant-role root root >/dev/null
etcdctl auth enable >/dev/null
ask "are good for one look" 0 verify --namespace "$namespace"
# The soak looks again with the token of the first look.
run "and are renewed for the next one" 0 upgrade --namespace "$namespace" --values "$values" --values login.yaml --set-string podAnnotations.again=yes --soak 3s
contains "three seconds later" "no container ended, and the leader stayed" log

## Members of two clusters under one name
cluster_of() { # INITIAL_CLUSTER TOKEN PARTITION
  cat <<SET
apiVersion: v1
kind: Service
metadata: {name: etcd-headless}
spec: {clusterIP: None, publishNotReadyAddresses: true, selector: {app: etcd}, ports: [{name: client, port: 2379}, {name: peer, port: 2380}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: etcd, labels: {app.kubernetes.io/name: etcd, app.kubernetes.io/instance: etcd}}
spec:
  replicas: 3
  serviceName: etcd-headless
  podManagementPolicy: Parallel
  updateStrategy: {rollingUpdate: {partition: $3}}
  selector: {matchLabels: {app: etcd}}
  template:
    metadata: {labels: {app: etcd}}
    spec:
      containers:
        - name: etcd
          image: quay.io/coreos/etcd:v3.7.3
          env: [{name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
          command:
            - etcd
            - --name=\$(POD_NAME)
            - --data-dir=/data/etcd
            - --listen-client-urls=http://0.0.0.0:2379
            - --advertise-client-urls=http://\$(POD_NAME).etcd-headless.$mixed.svc.cluster.local:2379
            - --listen-peer-urls=http://0.0.0.0:2380
            - --initial-advertise-peer-urls=http://\$(POD_NAME).etcd-headless.$mixed.svc.cluster.local:2380
            - --initial-cluster=$1
            - --initial-cluster-token=$2
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, emptyDir: {}}]
SET
}
peer() { printf '%s=http://%s.etcd-headless.%s.svc.cluster.local:2380' "$1" "$1" "$mixed"; }
kubectl create namespace "$mixed" >/dev/null
cluster_of "$(peer etcd-0),$(peer etcd-1)" first 0 | kubectl -n "$mixed" apply --server-side -f - >/dev/null
check "two members form a cluster" wait_until 60 kubectl -n "$mixed" exec etcd-0 -- etcdctl endpoint health --cluster
# shellcheck disable=SC2016 # Kubernetes puts the name in
cluster_of "$(peer '$(POD_NAME)')" second 2 | kubectl -n "$mixed" apply --server-side -f - >/dev/null
check "and the third one of its own" wait_until 60 kubectl -n "$mixed" exec etcd-2 -- etcdctl endpoint health
ask "two clusters under one name" 7 verify --namespace "$mixed"
in_time "are found"
found "as that" one-cluster "" "2 different clusters"
found "with who belongs to which" one-cluster "" "etcd-0, etcd-1 to "
# raise_alarm POD: as etcd itself does when its database is full.
raise_alarm() {
  local etcd id
  etcd=http://$(kubectl -n "$mixed" get pod "$1" -o jsonpath='{.status.podIP}'):2379/v3/maintenance
  id=$(curl -s -d '{}' "$etcd/status" | jq -r .header.member_id)
  curl -sf -d "{\"action\":\"ACTIVATE\",\"memberID\":\"$id\",\"alarm\":\"NOSPACE\"}" "$etcd/alarm" >/dev/null
}
check "an alarm is raised in one" raise_alarm etcd-0
check "and in the other" raise_alarm etcd-2
ask "two clusters with an alarm each" 7 verify --namespace "$mixed"
found "the one's is found" alarm etcd-0 NOSPACE
found "and the other's" alarm etcd-2 NOSPACE
ask "diagnose finds them, too" 7 diagnose --namespace "$mixed"
in_time "diagnose ends"
found "as that" one-cluster "" "2 different clusters"
ask "connect refuses to choose one" 7 connect --namespace "$mixed" --kubeconfig "$KUBECONFIG"
says "and says why" "etcd-0 and etcd-2 do not agree on who belongs to etcd"
equals "the proxy had no trouble of its own" "" "$(cat proxy.log)"
print_rows
exit "$((failures > 0))"
