#!/usr/bin/env bash
# The action connect against the real Kubernetes of the sandbox: the endpoints, and the
# backend's values file that gets them.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/connect.sh PATH/TO/etcd-deploy
#
# Works in a namespace of its own ("connect-test") and removes it.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

namespace="connect-test"
remove_namespaces() { kubectl delete namespace "$namespace" "$namespace-tls" --ignore-not-found --wait=true >/dev/null 2>&1; }
trap 'remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces
cd "$scratch" || exit 1

endpoints=
for ordinal in 0 1 2; do
  endpoints+=${endpoints:+,}etcd-$ordinal.etcd-headless.$namespace.svc.cluster.local:2379
done
connect=(connect --namespace "$namespace")
file=(--file values.yaml)
# same NAME FILE FILE: byte for byte.
same() { check "$1" cmp "$2" "$3"; }

run "connect in a namespace that is not there is refused" 3 "${connect[@]}"
run "etcd is installed for it" 0 install --namespace "$namespace" --values "$root/deployments/etcd/values.yaml"

# Without helm in PATH.
PATH=$(dirname "$(command -v kubectl)"):/usr/bin:/bin run "connect tells the endpoints" 0 "${connect[@]}"
equals "output endpoints lists the members in order" "$endpoints" "$(output endpoints)"
equals "output status is connected" "connected" "$(output status)"
equals "output changed is false" "false" "$(output changed)"
contains "the summary has the backend's snippet" "value: \"$endpoints\"" summary

## Added
printf '# the backend\nname: backend\nenv:\n  - name: LOG_LEVEL # how much\n    value: "info"\n\n# the end\n' >values.yaml
printf '# the backend\nname: backend\nenv:\n  - name: LOG_LEVEL # how much\n    value: "info"\n  - name: ANYTRADE_ETCD_ENDPOINTS\n    value: "%s"\n\n# the end\n' "$endpoints" >expected.yaml
cp values.yaml before.yaml
run "a check says that the entry is missing" 1 "${connect[@]}" "${file[@]}" --check
same "and changes nothing" before.yaml values.yaml
equals "output status is stale" "stale" "$(output status)"
contains "the summary shows what would change" "+    value: \"$endpoints\"" summary
run "a dry run tells what would change" 0 "${connect[@]}" "${file[@]}" --dry-run
same "and changes nothing, either" before.yaml values.yaml
contains "the summary shows it" "+    value: \"$endpoints\"" summary
run "connect adds the entry" 0 "${connect[@]}" "${file[@]}"
same "and nothing else" expected.yaml values.yaml
equals "output changed is true" "true" "$(output changed)"
run "a check of it finds no difference" 0 "${connect[@]}" "${file[@]}" --check
inode=$(stat -c %i:%Y values.yaml)
run "connecting again changes nothing" 0 "${connect[@]}" "${file[@]}"
equals "the file is not even written" "$inode" "$(stat -c %i:%Y values.yaml)"
equals "output changed is false again" "false" "$(output changed)"

## Updated
printf "backend:\r\n    env: # all of it\r\n    -   name:  'OTHER'\r\n        value: &x  1\r\n    -   name: ETCD\r\n        value: 'old:2379'   # where etcd is\r\n" >values.yaml
sed "s/old:2379/$endpoints/" values.yaml >expected.yaml
chmod 0640 values.yaml
chown 12345:54321 values.yaml
mkdir -p elsewhere
mv values.yaml elsewhere/real.yaml
ln -s elsewhere/real.yaml values.yaml
run "connect updates an entry" 0 "${connect[@]}" "${file[@]}" --env ETCD --env-path backend.env
same "line ends, quotes and comments stay as they are" expected.yaml elsewhere/real.yaml
check "a link stays a link" test -L values.yaml
equals "mode and owner stay" "640 12345 54321" "$(stat -c '%a %u %g' elsewhere/real.yaml)"
equals "no temporary file is left" "real.yaml" "$(ls -A elsewhere)"
rm -r values.yaml elsewhere

## Refused
printf 'env: []\n' >values.yaml
chmod 0444 values.yaml
run "a read-only file is refused" 3 "${connect[@]}" "${file[@]}"
equals "and stays as it is" "env: []" "$(cat values.yaml)"
chmod 0644 values.yaml
printf 'env:\n  - name: ANYTRADE_ETCD_ENDPOINTS\n    valueFrom: {}\n' >values.yaml
run "a file that cannot be edited is bad input" 2 "${connect[@]}" "${file[@]}"
contains "told with its line" "values.yaml:3" summary

## Members that are down
printf 'env: []\n' >values.yaml
kubectl -n "$namespace" delete pod etcd-2 --wait=false >/dev/null
run "a member that is down for a moment stays in the list" 0 "${connect[@]}" "${file[@]}"
equals "so the file does not flap" "$endpoints" "$(output endpoints)"
wait_until 60 kubectl -n "$namespace" wait --for=condition=Ready pod/etcd-2 --timeout=1s
kubectl -n "$namespace" scale statefulset etcd --replicas=0 >/dev/null
kubectl -n "$namespace" wait --for=delete pod -l app.kubernetes.io/name=etcd --timeout=60s >/dev/null
cp values.yaml before.yaml
run "without any member it is exit code 7" 7 "${connect[@]}" "${file[@]}" --env OTHER
same "and the file stays as it is" before.yaml values.yaml
equals "output endpoints is empty" "" "$(output endpoints)"

## TLS
run "etcd with TLS is installed" 0 install --namespace "$namespace-tls" --set replicaCount=1 \
  --set auth.client.secureTransport=true --set auth.client.useAutoTLS=true
run "connect finds it" 0 connect --namespace "$namespace-tls" --file values.yaml --env TLS
contains "the backend gets addresses with https://" "value: \"https://etcd-0.etcd-headless.$namespace-tls.svc.cluster.local:2379\"" values.yaml
contains "and the summary names the Secret with the CA" "ca.crt" summary
exit "$((failures > 0))"
