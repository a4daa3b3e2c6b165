#!/usr/bin/env bash
# Every way a kubeconfig can prove who we are, against the real API server of the sandbox:
# for our own requests, the watches, the port-forwards, and helm.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/credentials.sh PATH/TO/etcd-deploy
#
# Works in a namespace of its own ("credentials-test") and removes it.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

namespace="credentials-test"
remove_namespace() { kubectl delete namespace "$namespace" --ignore-not-found --wait=true >/dev/null 2>&1; }
trap 'remove_namespace; rm -rf "$scratch"' EXIT
remove_namespace
cd "$scratch" || exit 1
mkdir logs

of_admin() { kubectl config view --raw --minify --flatten -o jsonpath="{$1}"; }
server=$(of_admin '.clusters[0].cluster.server')
authority=$(of_admin '.clusters[0].cluster.certificate-authority-data')
# cluster [MORE]: of a kubeconfig, in YAML's flow style.
cluster() { echo "{server: \"$server\", certificate-authority-data: $authority${1:+, $1}}"; }
# kubeconfig FILE USER [CLUSTER]
kubeconfig() {
  cat >"$1" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: ${3:-$(cluster)}}]
users: [{name: me, user: $2}]
contexts: [{name: it, context: {cluster: it, user: me, namespace: $namespace}}]
current-context: it
KUBECONFIG
}
fresh_token() { kubectl -n "$namespace" create token deployer --duration=10m; }
kept=0
keep() {
  kept=$((kept + 1))
  cat log summary output >"logs/$kept"
}
# As run, without anything of the admin's; what was printed is kept, to be looked through at the end.
as_user() {
  local name=$1 kubeconfig=$2 code=$3
  shift 3
  KUBECONFIG=$kubeconfig run "$name" "$code" "$@"
  keep
}
verify() { as_user "$1" "$2" "${3:-0}" verify; }

kubectl create namespace "$namespace" >/dev/null
kubectl -n "$namespace" create serviceaccount deployer >/dev/null
kubectl -n "$namespace" create rolebinding deployer --clusterrole=admin --serviceaccount="$namespace:deployer" >/dev/null
install=(install --values "$root/deployments/etcd/values.yaml" --create-namespace=false --soak 0s)

## Tokens
token=$(fresh_token)
kubeconfig token.yaml "{token: $token}"
as_user "a token installs" token.yaml 0 "${install[@]}"
printf '%s\n' "$token" >token
kubeconfig file.yaml "{tokenFile: token}"
as_user "a token in a file beside the kubeconfig upgrades" file.yaml 0 "${install[@]}"
kubeconfig wrong.yaml "{token: not-a-token-of-this-cluster}"
verify "a token that is not accepted is refused" wrong.yaml 3
contains "with what makes a new one" "kubectl create token" log
printf 'expired-for-long\n' >token
verify "so is one in a file" file.yaml 3
contains "which is named" "$scratch/token" log
fresh_token >token
verify "until the file holds a good one" file.yaml

## Certificates
for part in certificate key; do of_admin ".users[0].user.client-$part-data" | base64 -d >"client-$part"; done
kubeconfig certificate.yaml "{client-certificate: client-certificate, client-key: client-key}"
verify "a certificate and a key in files" certificate.yaml
kubeconfig name.yaml "{token: $token}" "$(cluster "tls-server-name: kubernetes.default.svc")"
verify "tls-server-name is what the certificate is checked against" name.yaml
kubeconfig othername.yaml "{token: $token}" "$(cluster "tls-server-name: elsewhere.example")"
verify "a certificate of another name is refused" othername.yaml 3
contains "as what it is" "certificate" log
kubeconfig insecure.yaml "{token: $token}" "{server: \"$server\", insecure-skip-tls-verify: true}"
verify "insecure-skip-tls-verify works" insecure.yaml
contains "and is warned of" "insecure-skip-tls-verify" log

## Credential plugins
# Its tokens are files of the folder "tokens", taken in turn; the last one stays.
mkdir tokens
cat >plugin <<'PLUGIN'
#!/bin/sh
cd "$(dirname "$0")" && echo called >>calls
token=$(ls tokens | head -n 1)
value=$(cat "tokens/$token")
[ "$(ls tokens | wc -l)" = 1 ] || rm "tokens/$token"
printf '{"apiVersion": "client.authentication.k8s.io/%s", "kind": "ExecCredential", "status": {"token": "%s"%s}}' "$1" "$value" "$EXPIRES"
PLUGIN
chmod +x plugin
plugin_user() { # VERSION [MORE]
  echo "{exec: {apiVersion: client.authentication.k8s.io/$1, command: ./plugin, args: [$1], interactiveMode: Never${2:-}}}"
}
fresh_token >tokens/2
kubeconfig v1.yaml "$(plugin_user v1)"
as_user "a credential plugin logs in, helm too" v1.yaml 0 "${install[@]}"
kubeconfig v1beta1.yaml "$(plugin_user v1beta1)"
verify "so does one of v1beta1" v1beta1.yaml
printf 'no-longer-valid' >tokens/1
rm calls
verify "a first token that is not accepted is renewed" v1.yaml
equals "once" 2 "$(wc -l <calls)"
printf 'no-longer-valid' >tokens/1
printf 'nor-is-this-one' >tokens/2
verify "two of them are too many" v1.yaml 3
contains "and who gave them is said" "plugin gives are not accepted" log
fresh_token >tokens/2
rm -f tokens/1 calls
kubeconfig expires.yaml "$(plugin_user v1 ", env: [{name: EXPIRES, value: ', \"expirationTimestamp\": \"$(date -u -d '+3 seconds' +%FT%TZ)\"'}]")"
as_user "a credential that expires meanwhile is renewed" expires.yaml 0 "${install[@]}" --set podAnnotations.try=expiry
check "before it is refused" test "$(wc -l <calls)" -gt 3
kubeconfig missing.yaml "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ibmcloud, interactiveMode: Never, installHint: ask the platform team}}"
verify "a plugin that is not installed is refused" missing.yaml 3
contains "with who provides it" "IBM Cloud CLI" log
contains "and the kubeconfig's own hint" "ask the platform team" log
kubeconfig garbage.yaml "{exec: {apiVersion: client.authentication.k8s.io/v1, command: echo, args: [not-json-but-maybe-secret], interactiveMode: Never}}"
verify "a plugin that prints something else is refused" garbage.yaml 3
contains "as that" "printed no usable ExecCredential" log
kubeconfig fails.yaml "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, 'echo log in first >&2; exit 4'], interactiveMode: IfAvailable}}"
verify "a plugin that fails is refused" fails.yaml 3
contains "in its own words" "exit code 4: log in first" log
kubeconfig hangs.yaml "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ['98765'], interactiveMode: Never}}"
started=$SECONDS
as_user "a plugin that hangs ends with the time" hangs.yaml 3 verify --timeout 2s
check "at once" test $((SECONDS - started)) -lt 6
contains "and is blamed" "sleep does not end" log
# cancelled NAME KUBECONFIG FACT ARGUMENT…: the run, cancelled once FACT is so.
cancelled() {
  local name=$1 kubeconfig=$2 fact=$3 runner
  shift 3
  : >summary
  KUBECONFIG=$kubeconfig GITHUB_STEP_SUMMARY=$scratch/summary "$program" "$@" >"$scratch/log" 2>&1 &
  runner=$!
  wait_until 60 "$fact" || not_ok "$name: the run comes so far" "$(cat log)"
  cancel "$name" "$runner" summary
  keep
}
plugin_sleeps() { pgrep -f 'sleep [9]8765'; }
cancelled "a run whose plugin hangs" hangs.yaml plugin_sleeps "${install[@]}"
check "the plugin ends with it" bash -c "! pgrep -f 'sleep [9]8765'"
# Each of its credentials is spent as soon as it is made: what a stopped run gives back takes one more.
slow_chart
kubeconfig spent.yaml "$(plugin_user v1 ", env: [{name: EXPIRES, value: ', \"expirationTimestamp\": \"$(date -u +%FT%TZ)\"'}]")"
hook_is_there() { kubectl -n "$namespace" get job etcd-hook; }
cancelled "a run that needs its plugin once more" spent.yaml hook_is_there "${install[@]}" --chart slow
equals "gives its lock back" "" "$(kubectl -n "$namespace" get lease etcd-deploy-etcd -o jsonpath='{.spec.holderIdentity}' --ignore-not-found)"
kubectl -n "$namespace" delete job etcd-hook >/dev/null
as_user "and the next one goes on" v1.yaml 0 "${install[@]}"
kubeconfig terminal.yaml "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Always}}"
verify "a plugin that wants a terminal is refused" terminal.yaml 3

## A proxy
# shellcheck disable=SC2034
coproc proxy { exec python3 "$root/tests/support/connect_proxy.py" port destinations; } # it ends with us
check "a proxy runs" wait_until 10 test -s port
kubeconfig proxy.yaml "{token: $token}" "$(cluster "proxy-url: 'http://127.0.0.1:$(cat port)'")"
verify "requests and port-forwards go by proxy-url" proxy.yaml
equals "one connection for the API, one for each member" "4 CONNECT ${server#https://}" "$(sort destinations | uniq -c | sed 's/^ *//')"
as_user "helm goes by it, too" proxy.yaml 0 "${install[@]}"
kubeconfig noproxy.yaml "{token: $token}" "$(cluster "proxy-url: 'http://127.0.0.1:1'")"
verify "a proxy that is not there is an error" noproxy.yaml 3
contains "that names it" "cannot connect to the proxy 127.0.0.1:1: connection refused" log

## In a pod
# What a pod finds: its service account in the file system, and the cluster's names in DNS.
mkdir -p account
printf '%s' "$authority" | base64 -d >account/ca.crt
printf '%s' "$namespace" >account/namespace
fresh_token >account/token
host=${server#https://}
host=${host%:*}
printf 'nameserver %s\n' "$host" >resolv.conf # the sandbox's DNS is beside its API server
cat >in_pod <<POD
#!/bin/sh
set -e
mkdir -p /var/run/secrets
mount -t tmpfs none /var/run/secrets
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
mount --bind "$scratch/account" /var/run/secrets/kubernetes.io/serviceaccount
mount --bind "$scratch/resolv.conf" "\$(readlink -f /etc/resolv.conf)"
unset KUBECONFIG
export HOME=$scratch KUBERNETES_SERVICE_HOST=$host KUBERNETES_SERVICE_PORT=${server##*:}
exec "$program" "\$@"
POD
chmod +x in_pod
outside=$program
program=$scratch/in_pod
# A mount namespace of its own: the machine's stays as it is.
in_pod() {
  local name=$1
  shift
  program=unshare run "$name" 0 --mount "$scratch/in_pod" "$@"
  keep
}
in_pod "a pod's own service account, and etcd directly" verify
lacks "without a port-forward" "port-forward" log
in_pod "which helm uses, too" "${install[@]}"
program=$outside

## Nothing of it all was printed
cat tokens/* account/token token client-key <(printf '%s\n' "$token" not-json-but-maybe-secret no-longer-valid nor-is-this-one) | grep -v -- '-----' | sort -u >secrets
check "no token, key or answer of a plugin stands in a log, a summary or an output" bash -c '! grep -rFf secrets logs'
exit "$((failures > 0))"
