#!/usr/bin/env bash
# Tests of the secure side of charts/etcd on a real cluster, by plain helm and
# kubectl: TLS, passwords, NetworkPolicy and monitors. Asks the members from the
# machine it runs on, which must reach the pods' addresses, as on the sandbox.
#
#   eval "$(scripts/sandbox env)" && tests/chart/secure.sh
#
# Works in the namespace $NAMESPACE (secure-chart) and deletes it in the end,
# with the volumes; so too the CRDs of monitors, if they are its own. --keep
# leaves all.
set -euo pipefail

ns=${NAMESPACE:-secure-chart}
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

finish() {
  $keep || {
    kubectl delete namespace "$ns" --ignore-not-found >/dev/null
    kubectl delete crd -l etcd-deploy/test=chart --ignore-not-found >/dev/null
  }
  rm -rf "$work"
}
trap finish EXIT

# ---- asking
# ask PORT PATH [curl arguments]: the first member, by its name.
ask() {
  local port=$1 path=$2 name=etcd-0.etcd-headless.$ns.svc.cluster.local scheme=${scheme:-https}
  shift 2
  curl -sS --fail-with-body --max-time 10 \
    --resolve "$name:$port:$(k get pod etcd-0 -o jsonpath='{.status.podIP}')" "$@" "$scheme://$name:$port$path"
}
ask_plainly() { scheme=http ask "$@"; }
says() {
  local text=$1
  shift
  "$@" >"$work/said" 2>&1
  cat "$work/said"
  grep -qF -- "$text" "$work/said"
}
# refused PATTERN COMMAND…: it fails, and says so.
refused() {
  local pattern=$1
  shift
  if "$@" >"$work/said" 2>&1; then
    cat "$work/said"
    echo "it was accepted"
    return 1
  fi
  cat "$work/said"
  grep -qE -- "$pattern" "$work/said"
}
# greet PORT CA [CERTIFICATE KEY]: shakes hands with the first member and waits for what it makes of the certificate.
# Says nothing itself: a member that closes a connection with a request unread resets it, and its reason is lost.
greet() {
  local port=$1 authority=$2 identity=()
  (($# < 4)) || identity=(-cert "$3" -key "$4")
  openssl s_client -connect "$(k get pod etcd-0 -o jsonpath='{.status.podIP}'):$port" \
    -servername "etcd-0.etcd-headless.$ns.svc.cluster.local" -CAfile "$authority" -verify_return_error "${identity[@]}" \
    < <(sleep 3)
}

# ---- secrets
# secret NAME KEY
secret() { k get secret "$1" -o jsonpath="{.data.${2//./\\.}}" | base64 -d; }
# save NAME: the three keys of a Secret as files $work/NAME/KEY.
save() {
  local key
  mkdir -p "$work/$1"
  for key in ca.crt tls.crt tls.key; do
    secret "$1" "$key" >"$work/$1/$key"
  done
}
# The data of all Secrets with certificates, as one line each.
certificates() { k get secret --field-selector type=kubernetes.io/tls -o jsonpath='{range .items[*]}{.metadata.name} {.data}{"\n"}{end}' | sha256sum; }
uids() { pods '{.metadata.uid}'; }
start_over() {
  uninstall
  k delete pvc --all >/dev/null
  k delete secret etcd --ignore-not-found >/dev/null
}
client() { ask 2379 "$@" --cacert "$work/etcd-client-crt/ca.crt"; }
client_with_certificate() { client "$@" --cert "$work/etcd-client-crt/tls.crt" --key "$work/etcd-client-crt/tls.key"; }
served_certificate() {
  openssl s_client -connect "$(k get pod etcd-0 -o jsonpath='{.status.podIP}'):2379" </dev/null 2>/dev/null |
    openssl x509 -noout -ext subjectAltName
}
serves_name() {
  local deadline=$((SECONDS + 180))
  until served_certificate | grep -F "$1"; do
    ((SECONDS < deadline)) || return 1
    sleep 1
  done
}

# make_ca NAME and sign CA NAME SUBJECT_ALT_NAMES, by openssl.
make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$work/$1.key" -out "$work/$1.crt" 2>/dev/null
}
sign() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=$2" -keyout "$work/$2.key" -out "$work/$2.csr" 2>/dev/null
  openssl x509 -req -in "$work/$2.csr" -CA "$work/$1.crt" -CAkey "$work/$1.key" -days 2 -out "$work/$2.crt" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3") 2>/dev/null
}

kubectl delete namespace "$ns" --ignore-not-found >/dev/null
kubectl create namespace "$ns" >/dev/null
make_ca stranger
sign stranger intruder DNS:localhost

# ---- TLS for clients, automatic
auto=(-f "$values" --set auth.client.secureTransport=true --set auth.client.useAutoTLS=true)
check "TLS for clients, automatic: install" deploy "$chart" "${auto[@]}"
save etcd-client-crt
check "etcdctl in the pod needs no flags" healthy
check "… and takes --endpoints" etcdctl --endpoints="https://etcd.$ns.svc.cluster.local:2379" endpoint status --cluster
check "a client that knows the CA is served" says '"health":"true"' client /health
check "… and the JSON gateway answers" says raftTerm client /v3/maintenance/status -d '{}'
check "a client that trusts another CA turns away" refused "unable to get local issuer|self.signed" ask 2379 /health --cacert "$work/stranger.crt"
check "plain HTTP is refused" refused "HTTP request to an HTTPS server|400|Empty reply" ask_plainly 2379 /health
check "the metrics stay plain" says etcd_server_has_leader ask_plainly 9090 /metrics

etcdctl put key before >/dev/null
before=$(uids) made=$(certificates)
check "deploying again" deploy "$chart" "${auto[@]}"
check "… restarts nothing" equal "$(uids)" "$before"
check "… and makes no other certificates" equal "$(certificates)" "$made"
k delete secret etcd-client-crt >/dev/null
check "a certificate that was deleted is made anew" deploy "$chart" "${auto[@]}"
check "… by the same CA" equal "$(secret etcd-client-crt ca.crt)" "$(cat "$work/etcd-client-crt/ca.crt")"
check "… another one" refused "" cmp <(secret etcd-client-crt tls.crt) "$work/etcd-client-crt/tls.crt"
check "another name" deploy "$chart" "${auto[@]}" --set 'auth.client.extraSANs={etcd.example.org}'
check "… restarts nothing" equal "$(uids)" "$before"
check "… and is served when the kubelet has brought it" serves_name etcd.example.org
check "… by the same CA" says '"health":"true"' client /health

check "client certificates asked for: the members roll" deploy "$chart" "${auto[@]}" --set auth.client.enableAuthentication=true
save etcd-client-crt
check "etcdctl in the pod needs no flags" says before etcdctl get key
check "a client with its certificate is served" says '"health":"true"' client_with_certificate /health
check "… by the JSON gateway, too" says raftTerm client_with_certificate /v3/maintenance/status -d '{}'
check "one without is refused" refused "certificate required|bad certificate" greet 2379 "$work/etcd-client-crt/ca.crt"
check "one with a stranger's is refused" refused "unknown ca|certificate required|bad certificate|decrypt error" \
  greet 2379 "$work/etcd-client-crt/ca.crt" "$work/intruder.crt" "$work/intruder.key"
check "TLS between peers cannot begin now" refused "auth.peer.secureTransport cannot change on a running cluster" \
  deploy "$chart" "${auto[@]}" --set auth.peer.secureTransport=true,auth.peer.useAutoTLS=true
start_over

# ---- everything on: mutual TLS on both sides, passwords, NetworkPolicy, monitors
if ! kubectl get crd servicemonitors.monitoring.coreos.com podmonitors.monitoring.coreos.com >/dev/null 2>&1; then
  kubectl apply --server-side -f "$here/crds/monitoring.yaml" >/dev/null
  kubectl wait --for=condition=Established crd -l etcd-deploy/test=chart --timeout=60s >/dev/null
fi
all=(-f "$values" -f "$here/values/tls-auto.yaml" -f "$here/values/network-policy.yaml" -f "$here/values/monitors.yaml" --set auth.rbac.create=true)
check "everything on: install" deploy "$chart" "${all[@]}"
save etcd-client-crt
save etcd-peer-crt
check "all members healthy" healthy
check "members know each other by https and by name" \
  equal "$(etcdctl member list -w simple | grep -c "https://etcd-[0-2].etcd-headless.$ns.svc.cluster.local:2380")" 3
check "a peer without a certificate is refused" refused "certificate required|bad certificate" \
  greet 2380 "$work/etcd-peer-crt/ca.crt"
check "a client's certificate makes no peer" refused "unknown ca|certificate required|bad certificate|decrypt error" \
  greet 2380 "$work/etcd-peer-crt/ca.crt" "$work/etcd-client-crt/tls.crt" "$work/etcd-client-crt/tls.key"
check "nor does a member's, from another address" refused "." \
  ask 2380 /version --cacert "$work/etcd-peer-crt/ca.crt" --cert "$work/etcd-peer-crt/tls.crt" --key "$work/etcd-peer-crt/tls.key"
check "… as the member tells" says "does not match any of DNSNames" k logs etcd-0
check "… while the other two members are its peers" equal "$(ask_plainly 9090 /metrics | grep -c '^etcd_network_active_peers{.*} 1$')" 2

check "the NetworkPolicy is there as meant" equal \
  "$(k get networkpolicy etcd -o jsonpath='{.spec.ingress[*].ports[*].port} | {.spec.egress[*].ports[*].port}')" \
  "2379 2380 2379 9090 2379 | 53 53 2379 2380 5353"
check "the ServiceMonitor is there as meant" equal \
  "$(k get servicemonitor etcd -o jsonpath='{.metadata.labels.release} {.spec.endpoints[0].port} {.spec.endpoints[0].interval} {.spec.endpoints[0].relabelings[0].targetLabel} {.spec.endpoints[0].metricRelabelings[0].regex}')" \
  "etcd-prometheus metrics 30s member go_.*"
check "… and selects one Service with that port" equal \
  "$(k get service -l "$(k get servicemonitor etcd -o jsonpath='{.spec.selector.matchLabels}' | tr -d '{}"' | tr : =)" -o jsonpath='{.items[*].metadata.name} {.items[*].spec.ports[?(@.name=="metrics")].port}')" \
  "etcd-headless 9090"
check "the PodMonitor is there as meant" equal \
  "$(k get podmonitor etcd -o jsonpath='{.spec.podMetricsEndpoints[0].port} {.spec.podMetricsEndpoints[0].interval}')" "metrics 1m"

# Passwords: as the README says for plain helm.
password=$(secret etcd etcd-root-password)
authenticate() { client_with_certificate /v3/auth/authenticate -d "{\"name\": \"root\", \"password\": \"$1\"}"; }
range() { client_with_certificate /v3/kv/range -d '{"key": "a2V5"}' "$@"; }
range_as_root() { range -H "Authorization: $(authenticate "$password" | sed 's/.*"token":"\([^"]*\)".*/\1/')"; }
# add_root SECRET KEY
add_root() { secret "$1" "$2" | k exec -i etcd-0 -- etcdctl user add root --interactive=false; }
check "before it is on, nobody is asked for a password" range
check "user root" add_root etcd etcd-root-password
check "role root" etcdctl user grant-role root root
check "authentication on" etcdctl auth enable
check "etcdctl in the pod needs no flags" etcdctl put key secret
check "all members healthy" healthy
check "a client without a password is refused" refused "user name is empty" range
check "a wrong password is refused" refused "invalid user ID or password" authenticate wrong
check "the right one lets in" says c2VjcmV0 range_as_root
before=$(uids) made=$(certificates)
check "deploying again" deploy "$chart" "${all[@]}"
check "… restarts nothing" equal "$(uids)" "$before"
check "… keeps password and certificates" equal "$(secret etcd etcd-root-password)$(certificates)" "$password$made"
k delete pod etcd-1 >/dev/null
k rollout status statefulset etcd --timeout=120s >/dev/null
check "a member that restarts is a peer again" healthy
uninstall
check "the password stays after uninstall, no certificate does" equal \
  "$(k get secret -o jsonpath='{range .items[*]}{.metadata.name} {end}')" "etcd "
check "install on the volumes that stayed" deploy "$chart" "${all[@]}"
check "… the password still fits" says secret etcdctl get key
start_over

# ---- from Secrets that are there; with etcd 3.6
make_ca authority
sign authority members "DNS:*.etcd-headless.$ns.svc.cluster.local,DNS:etcd.$ns.svc.cluster.local,DNS:localhost,IP:127.0.0.1"
sign authority user DNS:user
k create secret generic etcd-members --type=kubernetes.io/tls --from-file=ca.crt="$work/authority.crt" \
  --from-file=tls.crt="$work/members.crt" --from-file=tls.key="$work/members.key" >/dev/null
k create secret generic peers --from-file=ca.crt="$work/authority.crt" --from-file=cert.pem="$work/members.crt" >/dev/null
k create secret generic root --from-literal=password=correcthorse >/dev/null
existing=(-f "$values" -f "$here/values/tls-existing.yaml" --set image.tag=v3.6.16
  --set auth.rbac.create=true --set auth.rbac.existingSecret=root --set auth.rbac.existingSecretPasswordKey=password)
check "a Secret that lacks a key is refused" \
  refused 'auth.peer: the Secret peers has no key "key.pem", only ca.crt, cert.pem' deploy "$chart" "${existing[@]}"
check "… and nothing was made" equal "$(k get statefulset,service -o name)" ""
k create secret generic peers --from-file=ca.crt="$work/authority.crt" --from-file=cert.pem="$work/members.crt" \
  --from-file=key.pem="$work/members.key" --dry-run=client -o yaml | k apply -f - >/dev/null 2>&1
check "from Secrets that are there: install" deploy "$chart" "${existing[@]}"
check "all members healthy" healthy
check "a client with its certificate is served" says raftTerm \
  ask 2379 /v3/maintenance/status -d '{}' --cacert "$work/authority.crt" --cert "$work/user.crt" --key "$work/user.key"
check "one without is refused" refused "certificate required|bad certificate" greet 2379 "$work/authority.crt"
check "user root" add_root root password
check "role root" etcdctl user grant-role root root
check "authentication on" etcdctl auth enable
check "etcdctl in the pod needs no flags" etcdctl put key secret
check "the chart made no Secret" equal "$(k get secret -l app.kubernetes.io/managed-by=Helm -o name)" ""

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
