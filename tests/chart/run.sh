#!/usr/bin/env bash
# Tests of charts/etcd that need no cluster: rendered manifests against golden
# files, errors, and the promises of the chart's README.
#
#   tests/chart/run.sh            run all, one line per case
#   tests/chart/run.sh --update   write the golden files anew
#   tests/chart/run.sh --help
#
# Needs helm 4, from $HELM or PATH. A golden .yaml is a whole rendering, a
# golden .diff what a setting changes in the rendering of the defaults.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
chart=$root/charts/etcd
helm=${HELM:-helm}
update=false

case "${1:-}" in
  "") ;;
  --update) update=true ;;
  -h | --help)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
    exit 0
    ;;
  *)
    echo "$0: unknown argument $1 (see --help)" >&2
    exit 2
    ;;
esac
command -v "$helm" >/dev/null || {
  echo "$0: helm not found: put it in PATH or set HELM" >&2
  exit 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Nothing of the user's helm configuration, and no cluster.
export HELM_CONFIG_HOME=$work/config HELM_CACHE_HOME=$work/cache HELM_DATA_HOME=$work/data
unset KUBECONFIG

passed=0
failed=0
ok() {
  echo "ok - $1"
  passed=$((passed + 1))
}
not_ok() {
  echo "not ok - $1"
  failed=$((failed + 1))
}

# render RELEASE [helm arguments]: manifests and notes, which only
# `helm install --dry-run` shows, are tested apart.
#
# Keys, certificates and passwords are new at each rendering, and masked here;
# render_raw leaves them.
render() {
  render_raw "$@" | sed -E 's/^(  (ca\.crt|tls\.crt|tls\.key|etcd-root-password): ).+/\1(masked)/'
}
render_raw() {
  local release=$1
  shift
  "$helm" template "$release" "$chart" --namespace test "$@"
}

statefulset() {
  local release=$1
  shift
  render "$release" --show-only templates/statefulset.yaml "$@"
}

# pick WHAT FILE: a part of a rendered manifest, see pick/.
pick() {
  "$helm" template "$1" "$here/pick" -f "$2" | sed '/^---$/d; /^# Source:/d; /^$/d'
}

# same NAME EXPECTED ACTUAL: two files.
same() {
  if diff -u "$2" "$3" >"$work/same" 2>&1; then
    ok "$1"
  else
    sed 's/^/    /' "$work/same"
    not_ok "$1"
  fi
}

golden() {
  local name=$1 form=$2
  shift 2
  local expected=$here/golden/$name.$form actual=$work/$name.$form
  if ! render "$@" >"$work/$name.rendered" 2>"$work/error"; then
    sed 's/^/    /' "$work/error"
    not_ok "golden $name"
    return
  fi
  if [[ $form == diff ]]; then
    diff -U2 "$work/defaults.rendered" "$work/$name.rendered" |
      sed '1,2d; s/^@@.*/@@/' >"$actual" || true
  else
    cp "$work/$name.rendered" "$actual"
  fi
  if $update; then
    cp "$actual" "$expected"
  fi
  same "golden $name" "$expected" "$actual"
}

# refused NAME TEXT [helm arguments]: rendering fails with TEXT in the error.
refused() {
  local name=$1 text=$2
  shift 2
  if render etcd "$@" >/dev/null 2>"$work/error"; then
    not_ok "refused: $name (it was accepted)"
  elif grep -qF -- "$text" "$work/error"; then
    ok "refused: $name"
  else
    echo "    expected: $text"
    sed 's/^/    /' "$work/error"
    not_ok "refused: $name"
  fi
}

accepted() {
  local name=$1
  shift
  if render etcd "$@" >/dev/null 2>"$work/error"; then
    ok "accepted: $name"
  else
    sed 's/^/    /' "$work/error"
    not_ok "accepted: $name"
  fi
}

# ---- lint
for values in "$chart/values.yaml" "$root/deployments/etcd/values.yaml" "$here"/values/*.yaml; do
  name="lint with ${values#"$root"/}"
  if "$helm" lint --strict --quiet "$chart" -f "$values" >"$work/lint" 2>&1; then
    ok "$name"
  else
    sed 's/^/    /' "$work/lint"
    not_ok "$name"
  fi
done

# ---- golden renderings
golden defaults yaml etcd
golden deployment yaml etcd -f "$root/deployments/etcd/values.yaml"
golden release-x diff x
golden release-containing-etcd diff my-etcd-cluster
golden name-override diff etcd --set nameOverride=kv
golden fullname-override diff x --set fullnameOverride=store
golden one-member diff etcd --set replicaCount=1
golden five-members diff etcd --set replicaCount=5
golden bootstrap diff etcd -f "$here/values/bootstrap.yaml"
golden hard-anti-affinity diff etcd --set podAntiAffinityPreset=hard
golden no-anti-affinity diff etcd --set podAntiAffinityPreset=
golden scheduling diff etcd -f "$here/values/scheduling.yaml"
golden no-persistence diff etcd --set persistence.enabled=false
golden no-storage-class diff etcd --set persistence.storageClass=-
golden ondelete diff etcd --set updateStrategy.type=OnDelete
golden ondelete-over-partition diff etcd --set updateStrategy.type=OnDelete,updateStrategy.rollingUpdate.partition=2
golden pdb-min diff etcd --set pdb.minAvailable=50%
golden pdb-max-zero diff etcd --set pdb.maxUnavailable=0
golden pdb-none diff etcd --set pdb.create=false
golden labels diff etcd -f "$here/values/labels.yaml"
golden image diff etcd -f "$here/values/image.yaml"
golden settings diff etcd -f "$here/values/settings.yaml"
golden openshift diff etcd -f "$here/values/openshift.yaml"
golden security diff etcd -f "$here/values/security.yaml"
golden tls-client diff etcd --set auth.client.secureTransport=true,auth.client.useAutoTLS=true
golden tls-auto diff etcd -f "$here/values/tls-auto.yaml"
golden tls-existing diff etcd -f "$here/values/tls-existing.yaml"
golden tls-release-x diff x -f "$here/values/tls-auto.yaml" --set 'auth.client.extraSANs={etcd.example.org,192.0.2.1,2001:db8::1}'
golden rbac diff etcd --set auth.rbac.create=true
golden rbac-password diff etcd --set auth.rbac.create=true,auth.rbac.rootPassword=secret
golden rbac-existing diff etcd --set auth.rbac.create=true,auth.rbac.existingSecret=mine,auth.rbac.existingSecretPasswordKey=password
golden network-policy diff etcd -f "$here/values/network-policy.yaml"
golden network-policy-open diff etcd --set networkPolicy.enabled=true
golden monitors diff etcd -f "$here/values/monitors.yaml"
golden monitors-elsewhere diff etcd \
  --set metrics.enabled=true,metrics.podMonitor.enabled=true,metrics.podMonitor.namespace=monitoring
golden bitnami-switched-off diff etcd -f "$here/values/bitnami.yaml"
for file in "$here"/golden/*; do
  [[ -e $work/${file##*/} ]] || not_ok "golden file ${file##*/} belongs to no case"
done
if [[ -s $here/golden/bitnami-switched-off.diff ]]; then
  not_ok "Bitnami keys that are off change nothing"
else
  ok "Bitnami keys that are off change nothing"
fi

# ---- what cannot change is what the Bitnami chart renders
statefulset etcd >"$work/defaults.sts"
pick immutable "$work/defaults.sts" >"$work/immutable"
pick whole "$here/immutable-bitnami-12.0.20.yaml" >"$work/expected"
same "immutable parts are those of the Bitnami chart 12.0.20" "$work/expected" "$work/immutable"

# ---- no change of membership touches the pod template
pick pod-template "$work/defaults.sts" >"$work/pod-template"
invariant() {
  local name=$1
  shift
  statefulset etcd "$@" >"$work/other.sts"
  pick pod-template "$work/other.sts" >"$work/other"
  same "pod template unchanged by $name" "$work/pod-template" "$work/other"
}
invariant "one member" --set replicaCount=1
invariant "five members" --set replicaCount=5
invariant "bootstrap values" -f "$here/values/bootstrap.yaml"
invariant "an upgrade" --is-upgrade
invariant "OnDelete" --set updateStrategy.type=OnDelete
invariant "the PodDisruptionBudget" --set pdb.minAvailable=1
cp -r "$chart" "$work/etcd"
sed -i 's/^version: .*/version: 9.9.9/; s/^appVersion: .*/appVersion: 9.9.9/' "$work/etcd/Chart.yaml"
"$helm" template etcd "$work/etcd" --namespace test --show-only templates/statefulset.yaml >"$work/other.sts"
pick pod-template "$work/other.sts" >"$work/other"
same "pod template unchanged by another version of the chart" "$work/pod-template" "$work/other"

render etcd --is-upgrade >"$work/upgrade"
same "an upgrade renders what an install renders" "$work/defaults.rendered" "$work/upgrade"

statefulset etcd --set updateStrategy.type=OnDelete,updateStrategy.rollingUpdate.partition=1 >"$work/ondelete.sts"
echo "type: OnDelete" >"$work/expected"
pick update-strategy "$work/ondelete.sts" >"$work/strategy"
same "OnDelete is the type alone" "$work/expected" "$work/strategy"

# ---- automatic certificates
# certificate NAME KEY of $work/certificates
certificate() {
  awk -v name="  name: $1" -v key="  $2:" '
    /^---$/ { found = 0 }
    $0 == name { found = 1 }
    found && index($0, key) == 1 { print $2; exit }' "$work/certificates" | base64 -d
}
render_raw etcd -f "$here/values/tls-auto.yaml" >"$work/certificates"
for name in etcd-client-ca etcd-server-crt etcd-client-crt etcd-peer-ca etcd-peer-crt; do
  certificate "$name" tls.crt >"$work/$name.crt"
  certificate "$name" tls.key >"$work/$name.key"
  if [[ $(openssl x509 -in "$work/$name.crt" -noout -pubkey) == "$(openssl pkey -in "$work/$name.key" -pubout)" ]]; then
    ok "$name: the key belongs to the certificate"
  else
    not_ok "$name: the key belongs to the certificate"
  fi
done
signed() {
  if openssl verify -CAfile "$work/$1.crt" -purpose "$3" "$work/$2.crt" >"$work/error" 2>&1; then
    ok "$2: signed by $1, good as $3"
  else
    sed 's/^/    /' "$work/error"
    not_ok "$2: signed by $1, good as $3"
  fi
}
signed etcd-client-ca etcd-server-crt sslserver
signed etcd-client-ca etcd-server-crt sslclient
signed etcd-client-ca etcd-client-crt sslclient
signed etcd-peer-ca etcd-peer-crt sslserver
signed etcd-peer-ca etcd-peer-crt sslclient
if openssl verify -CAfile "$work/etcd-peer-ca.crt" "$work/etcd-client-crt.crt" >/dev/null 2>&1; then
  not_ok "a client's certificate makes no peer"
else
  ok "a client's certificate makes no peer"
fi
for name in etcd-server-crt etcd-client-crt etcd-peer-crt; do
  echo "subject=" >"$work/expected"
  openssl x509 -in "$work/$name.crt" -noout -subject >"$work/subject"
  same "$name: no common name" "$work/expected" "$work/subject"
done
for host in etcd-0.etcd-headless.test.svc.cluster.local etcd-12.etcd-headless.test etcd.test.svc etcd localhost; do
  if openssl x509 -in "$work/etcd-server-crt.crt" -noout -checkhost "$host" | grep -q 'does match'; then
    ok "the members' certificate has $host"
  else
    not_ok "the members' certificate has $host"
  fi
done

# ---- passwords
echo "etcd-root-password: $(printf secret | base64)" >"$work/expected"
render_raw etcd --set auth.rbac.create=true --set auth.rbac.rootPassword=secret | sed -n 's/^ *\(etcd-root-password:\)/\1/p' >"$work/password"
same "rbac: the password given is in the Secret" "$work/expected" "$work/password"
render_raw etcd --set auth.rbac.create=true >"$work/password"
if sed -n 's/^ *etcd-root-password: //p' "$work/password" | base64 -d | grep -qE '^[A-Za-z0-9]{24}$'; then
  ok "rbac: a password of 24 characters is made"
else
  not_ok "rbac: a password of 24 characters is made"
fi

# ---- names for every length that Kubernetes takes
refused "a name too long" "a StatefulSet's may have 52" \
  --set fullnameOverride=a123456789012345678901234567890123456789012345678-etcd

# ---- errors of the schema
refused "an unknown key" "additional properties 'persistance' not allowed" --set persistance.size=1Gi
refused "an unknown key inside" "at '/persistence': additional properties 'sise' not allowed" --set persistence.sise=1Gi
refused "text for a number" "at '/replicaCount': got string, want integer" --set replicaCount=three
refused "no members" "at '/replicaCount': minimum: got 0, want 1" --set replicaCount=0
refused "half a member" "at '/replicaCount'" --set-json replicaCount=2.5
refused "a number for the retention" "at '/autoCompactionRetention': got number, want string" --set autoCompactionRetention=1
refused "a retention that is none" "at '/autoCompactionRetention'" --set autoCompactionRetention=soon
refused "a mode that is none" "at '/autoCompactionMode'" --set autoCompactionMode=hourly
refused "text for a boolean" "at '/metrics/enabled': got string, want boolean" --set-string metrics.enabled=true
refused "a number in an annotation" "at '/podAnnotations/a': got number, want string" --set podAnnotations.a=1
refused "a boolean in a label" "at '/commonLabels/a': got boolean, want string" --set commonLabels.a=true
refused "a number in an environment variable" "at '/extraEnvVars/0/value': got number, want string" \
  --set 'extraEnvVars[0].name=A,extraEnvVars[0].value=1'
refused "a size that is none" "at '/persistence/size'" --set persistence.size=8GB
refused "a memory limit that is none" "at '/resources/limits/memory'" --set resources.limits.memory=512MB
refused "a PDB that is none" "at '/pdb/minAvailable'" --set pdb.minAvailable=most
refused "anti-affinity that is none" "at '/podAntiAffinityPreset'" --set podAntiAffinityPreset=firm
refused "an update strategy that is none" "at '/updateStrategy/type'" --set updateStrategy.type=Recreate
refused "OrderedReady" "at '/podManagementPolicy'" --set podManagementPolicy=OrderedReady
refused "a bootstrap state that is none" "at '/initialClusterState'" --set initialClusterState=old
refused "an initial cluster without URLs" "at '/initialCluster'" --set-json 'initialCluster="etcd-0,etcd-1"'
refused "a section set to null" "missing property 'persistence'" --set persistence=null
refused "an unknown key of auth" "at '/auth/rbac': additional properties 'creat' not allowed" --set auth.rbac.creat=false

# ---- errors of the templates
refused "both figures of the PDB" "pdb.minAvailable (2) and pdb.maxUnavailable (0) are both set" \
  --set pdb.minAvailable=2,pdb.maxUnavailable=0
refused "a duration as revisions" 'it is a number of revisions such as "1000", not "1h"' \
  --set autoCompactionMode=revision,autoCompactionRetention=1h
refused "neither tag nor digest" "image: a tag or a digest is needed" --set image.tag=
refused "ports that are the same" "containerPorts: client, peer and metrics must differ" --set containerPorts.metrics=2379
refused "a variable that the chart sets" "extraEnvVars: ETCD_NAME is set by the chart" --set 'extraEnvVars[0].name=ETCD_NAME'
refused "a variable given twice" "extraEnvVars: A is there twice" --set 'extraEnvVars[0].name=A,extraEnvVars[1].name=A'
refused "a selector label for pods" "podLabels: app.kubernetes.io/name is part of the selector" \
  --set 'podLabels.app\.kubernetes\.io/name=x'
refused "a selector label for all" "commonLabels: app.kubernetes.io/instance is part of the selector" \
  --set 'commonLabels.app\.kubernetes\.io/instance=x'
refused "a password by Bitnami's default" "auth.rbac has a password, but auth.rbac.create is false" --set auth.rbac.rootPassword=x
refused "two passwords" "auth.rbac: rootPassword and existingSecret are both set" \
  --set auth.rbac.create=true,auth.rbac.rootPassword=x,auth.rbac.existingSecret=y
refused "a password with a space" "at '/auth/rbac/rootPassword'" --set 'auth.rbac.create=true,auth.rbac.rootPassword=a b'
refused "Bitnami's old name of rbac" "auth.rbac.enabled: true is refused: it is called auth.rbac.create" --set auth.rbac.enabled=true
refused "JWT by Bitnami's default" "auth.token.enabled: true (Bitnami's default) is refused" --set auth.token.type=jwt
refused "TLS for clients without certificates" "auth.client.secureTransport needs certificates" --set auth.client.secureTransport=true
refused "TLS between peers without certificates" "auth.peer.secureTransport needs certificates" --set auth.peer.secureTransport=true
refused "certificates from two places" "auth.client: existingSecret and useAutoTLS are both set" \
  --set auth.client.secureTransport=true,auth.client.useAutoTLS=true,auth.client.existingSecret=x
refused "client certificates without TLS" "auth.client has settings of TLS, but auth.client.secureTransport is false" \
  --set auth.client.enableAuthentication=true
refused "a path for a key" "at '/auth/peer/certFilename'" --set auth.peer.certFilename=/certs/cert.pem
refused "NetworkPolicy by Bitnami's default" "networkPolicy has rules, but networkPolicy.enabled is false" \
  --set networkPolicy.allowExternal=false
refused "pods of no namespace" "networkPolicy.ingressNSPodMatchLabels needs ingressNSMatchLabels" \
  --set networkPolicy.enabled=true,networkPolicy.ingressNSPodMatchLabels.a=b
refused "a monitor of no port" "metrics.serviceMonitor needs metrics.enabled: true" --set metrics.serviceMonitor.enabled=true
refused "a monitor's interval that is none" "at '/metrics/podMonitor/interval'" --set metrics.podMonitor.interval=soon
refused "a monitor over TLS" "at '/metrics/podMonitor/scheme'" --set metrics.podMonitor.scheme=https
refused "an rbac variable given twice" "extraEnvVars: ETCDCTL_USER is set by the chart" \
  --set 'auth.rbac.create=true,extraEnvVars[0].name=ETCDCTL_USER'
refused "starting from a snapshot" "startFromSnapshot.enabled: true is refused" --set startFromSnapshot.enabled=true
refused "members removed on termination" "removeMemberOnContainerTermination: true is refused" \
  --set removeMemberOnContainerTermination=true
refused "a preset of resources" "resourcesPreset: micro is refused" --set resourcesPreset=micro
accepted "a preset that resources outdo" --set resourcesPreset=micro,resources.limits.memory=1Gi
render etcd --set auth.rbac.enabled=true,pdb.minAvailable=1,pdb.maxUnavailable=1 >/dev/null 2>"$work/error" || true
if [[ $(grep -c -e '^auth.rbac' -e '^pdb' "$work/error") == 2 ]]; then
  ok "all faults are reported at once"
else
  not_ok "all faults are reported at once"
fi

# ---- the chart's own figures and texts agree
app=$(sed -n 's/^appVersion: *//p' "$chart/Chart.yaml")
tag=$(sed -n 's/^  tag: *//p' "$chart/values.yaml")
if [[ $tag == "v$app" ]]; then
  ok "image.tag is the appVersion"
else
  not_ok "image.tag is the appVersion ($tag, $app)"
fi

# Every key of values.yaml, or a key above it, stands in the README's table,
# and the table has no others.
awk '
  /^ *#/ || /^ *-/ || !/:/ { next }
  {
    match($0, /^ */); depth = RLENGTH / 2
    key = $1; sub(/:.*/, "", key); path[depth] = key
    full = path[0]
    for (i = 1; i <= depth; i++) full = full "." path[i]
    print full
  }' "$chart/values.yaml" | sort >"$work/keys"
# shellcheck disable=SC2016
sed -n 's/^| `\([^`]*\)` |.*|.*|$/\1/p' <(sed -n '/^## Values/,/^## Scaling/p' "$chart/README.md") | sort >"$work/documented"
awk '
  FNR == NR { documented[$0]; next }
  { all[$0]; full = $0; found = full in documented
    while (!found && sub(/\.[^.]*$/, "", full)) found = full in documented
    if (!found) missing[$0] }
  END {
    # A section is documented by the keys in it.
    for (key in missing) {
      section = 0
      for (other in all) if (index(other, key ".") == 1) section = 1
      if (!section) print "not in the README: " key
    }
    for (key in documented) if (!(key in all)) print "not in values.yaml: " key
  }' "$work/documented" "$work/keys" >"$work/differences"
: >"$work/empty"
same "the README lists the keys of values.yaml" "$work/empty" "$work/differences"

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
