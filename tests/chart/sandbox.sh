#!/usr/bin/env bash
# Tests of charts/etcd on a real cluster, by plain helm and kubectl: the sandbox
# or any other with three nodes and a default storage class.
#
#   eval "$(scripts/sandbox env)" && tests/chart/sandbox.sh
#
# Works in the namespace $NAMESPACE (chart-test) and deletes it in the end,
# with the volumes. --keep leaves it.
set -euo pipefail

ns=${NAMESPACE:-chart-test}
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

finish() {
  [[ -z ${forward:-} ]] || kill "$forward" 2>/dev/null || true
  $keep || kubectl delete namespace "$ns" --ignore-not-found >/dev/null
  rm -rf "$work"
}
trap finish EXIT

# The URLs that members advertise.
client_urls() { etcdctl member list -w simple | awk -F', ' '{ print $5 }'; }

three_nodes() { equal "$(pods '{.spec.nodeName}' | tr ' ' '\n' | sort -u | grep -c .)" 3; }
# metrics_through PORT of the Service, by kubectl port-forward.
metrics_through() {
  local line="" lines
  mkfifo "$work/forward-$1"
  exec {lines}<>"$work/forward-$1"
  kubectl -n "$ns" port-forward svc/etcd ":$1" >&"$lines" &
  forward=$!
  # "Forwarding from 127.0.0.1:41234 -> 2379"
  read -r -t 10 -u "$lines" line
  line=${line#*127.0.0.1:}
  curl -fsS "http://127.0.0.1:${line%% *}/metrics" >"$work/metrics"
  kill "$forward"
  forward=
  grep '^etcd_server_has_leader 1' "$work/metrics"
}
snapshot() { etcdctl --endpoints="http://etcd.$ns.svc.cluster.local:2379" snapshot save /tmp/backup.db; }
no_warning() {
  local warnings
  warnings=$(k logs etcd-0 | grep -e 'unrecognized environment' -e 'check file permission' || true)
  equal "$warnings" ""
}
unknown_key() {
  if deploy "$chart" -f "$values" --set persistance.size=1Gi; then return 1; fi
  equal "$(k get secret -l owner=helm,name=etcd -o name | wc -l)" "$revisions"
}

kubectl delete namespace "$ns" --ignore-not-found >/dev/null

check "install, three members ready" deploy "$chart" -f "$values"
check "one member on each of three nodes" three_nodes
check "all members healthy" healthy
check "endpoint status through the Service" etcdctl --endpoints="http://etcd.$ns.svc.cluster.local:2379" endpoint status --cluster -w table
sed 's/^/    /' "$work/output"
check "metrics on the client port of the Service" metrics_through 2379
check "metrics on the metrics port of the Service" metrics_through 9090
check "etcdctl snapshot save into /tmp" snapshot
check "no warning about environment or permissions" no_warning

etcdctl put key before >/dev/null
uids=$(pods '{.metadata.uid}')
check "deploying again" deploy "$chart" -f "$values"
check "deploying again restarts nothing" equal "$(pods '{.metadata.uid}')" "$uids"
revisions=$(k get secret -l owner=helm,name=etcd -o name | wc -l)
check "an unknown key is refused, and makes no revision" unknown_key

before=$(members)
check "rolling another value" deploy "$chart" -f "$values" --set podAnnotations.round=two
check "all pods have the new value" equal "$(pods '{.metadata.annotations.round}')" "two two two "
check "same members, same data" equal "$(members)$(etcdctl get key --print-value-only)" "${before}before"

uids=$(pods '{.metadata.uid}')
check "five replicas by plain helm: accepted" \
  helm upgrade etcd "$chart" -n "$ns" --reset-values -f "$values" --set podAnnotations.round=two,replicaCount=5
k wait --for=create pod/etcd-4 --timeout=60s >/dev/null
k wait --for=jsonpath='{.status.phase}'=Running pod/etcd-3 pod/etcd-4 --timeout=60s >/dev/null || true
check "… the three members go on" healthy
check "… and are not restarted" equal "$(pods '{.metadata.uid}' | cut -d' ' -f1-3)" "${uids% }"
check "… nor joined by anybody" equal "$(members)" "$before"
echo "    etcd-3: $(k get pod etcd-3 -o jsonpath='ready {.status.containerStatuses[0].ready}, restarts {.status.containerStatuses[0].restartCount}'), $(k logs etcd-3 --tail=1 | cut -c1-160)"
check "back to three replicas" deploy "$chart" -f "$values" --set podAnnotations.round=two
k wait --for=delete pod/etcd-3 pod/etcd-4 --timeout=60s >/dev/null
k delete pvc data-etcd-3 data-etcd-4 >/dev/null
check "… nobody noticed" equal "$(pods '{.metadata.uid}')" "$uids"

uninstall
check "volumes stay after uninstall" equal "$(k get pvc -o name | wc -l)" 3
check "install on the volumes that stayed" deploy "$chart" -f "$values"
check "same members, same data" equal "$(members)$(etcdctl get key --print-value-only)" "${before}before"

uninstall
k delete pvc --all >/dev/null
check "OnDelete from the first install" deploy "$chart" -f "$values" --set updateStrategy.type=OnDelete
uninstall
k delete pvc --all >/dev/null

# The move between the charts.
check "install the stand-in for Bitnami's chart" deploy "$here/bitnami-like" --set replicaCount=3
etcdctl put key theirs >/dev/null
before=$(members)
claims=$(volumes)
check "move to this chart" deploy "$chart" -f "$values"
check "same members, volumes and data" equal "$(members)$(volumes)$(etcdctl get key --print-value-only)" "$before${claims}theirs"
check "members advertise their own URL only" equal "$(client_urls | grep -c , || true)" 0
etcdctl put key ours >/dev/null
check "move back" deploy "$here/bitnami-like" --set replicaCount=3
check "same members, volumes and data" equal "$(members)$(volumes)$(etcdctl get key --print-value-only)" "$before${claims}ours"
check "and to this chart again" deploy "$chart" -f "$values"
check "all members healthy" healthy

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
