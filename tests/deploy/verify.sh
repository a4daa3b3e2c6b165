#!/usr/bin/env bash
# The action verify against real clusters on the sandbox, well and broken: each trouble
# has a verdict of its own, within the deadline.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/verify.sh PATH/TO/etcd-deploy
#
# Works in namespaces of its own ("verify-test…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

plain=verify-test-plain
secure=verify-test-secure
older=verify-test-older
remove_namespaces() {
  kubectl delete namespace "$plain" "$secure" "$older" --ignore-not-found --wait=true >/dev/null 2>&1
}
trap 'remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces
cd "$scratch" || exit 1

p() { kubectl -n "$plain" "$@"; }
s() { kubectl -n "$secure" "$@"; }
etcdctl() { p exec etcd-0 -- etcdctl "$@"; }
# finding FILTER: of the newest JSON document.
finding() { jq -r ".findings[] | select($1) | .message" json; }
# verify NAME EXIT_CODE ARGUMENT…: its JSON into the file json, its seconds into $took.
verify() {
  local name=$1 expected=$2 code started=$EPOCHREALTIME
  shift 2
  "$program" verify --output json "$@" >json 2>log
  code=$?
  took=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  if [[ $code == "$expected" ]]; then ok "$name"; else not_ok "$name" "exit code $code, expected $expected" "$(cat log json)"; fi
}
# found NAME RULE SUBJECT: such a finding is among them ("" is the cluster).
found() {
  if jq -e --arg rule "$2" --arg pod "$3" 'any(.findings[]; .rule == $rule and (.pod // "") == $pod)' json >/dev/null; then
    ok "$1"
  else
    not_ok "$1" "no finding $2 about ${3:-the cluster}" "$(jq -c '.findings[]' json)"
  fi
}
in_time() { check "$1 within the deadline ($took s)" awk -v took="$took" 'BEGIN { exit took < 6.5 ? 0 : 1 }'; }
valid() { check "$1 fits the schema" python3 -m jsonschema -i json "$root/docs/verify.schema.json"; }

verify "without a namespace there is nothing to verify" 3 --namespace "$plain"
equals "which is said" "namespace $plain does not exist" "$(jq -r .error.message json)"
valid "the refusal"
kubectl create namespace "$plain" >/dev/null
verify "nor without a release" 3 --namespace "$plain"
check "which is said, too" jq -e '.error.message | startswith("there is no etcd of release etcd in namespace")' json

## A cluster that is well
run "a cluster to look at" 0 install --namespace "$plain" --values "$values"
contains "it was watched for a while" "no container ended, and the leader stayed" log
before=$(p get all,secrets,pvc,pdb -o jsonpath='{range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}')
verify "verify says that it is well" 0 --namespace "$plain"
valid "the document"
equals "status" healthy "$(jq -r .status json)"
equals "no failure" 0 "$(jq '[.findings[] | select(.severity == "failure")] | length' json)"
equals "three healthy members" 3 "$(jq .etcd.membersHealthy json)"
equals "the data were compared" 1 "$(jq '[.etcd.members[].dataHash.hash] | unique | length' json)"
check "the metrics were read" jq -e 'all(.etcd.members[]; .metrics.residentMemory > 0 and (.metrics.peerRoundTrips | length) == 2)' json
equals "the volumes are known" "8Gi" "$(jq -r '.etcd.members[0].kubernetes.volume.size' json)"
check "the leader is what etcd itself says" bash -c "
  kubectl -n $plain exec $(jq -r .etcd.leader json) -- etcdctl endpoint status -w json | jq -e '.[0].Status | .leader == .header.member_id'"
run "on a terminal" 0 verify --namespace "$plain"
contains "the summary is a table" "| Pod | Node | ID | Version | Role | DB size |" summary
contains "with disk and network" "Fsync p99" summary
equals "output status" healthy "$(output status)"
equals "output changed" false "$(output changed)"
equals "output failures" 0 "$(output failures)"
equals "nothing was changed" "$before" "$(p get all,secrets,pvc,pdb -o jsonpath='{range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}')"

## etcd 3.6, through the port-forward as well
version=$(sed -nE 's|.*go.etcd.io/etcd/server/v3 (v3\.6\.[0-9]+).*|\1|p' "$root/sandbox/programs/etcd-3.6/go.mod" | head -n 1)
run "etcd $version is installed" 0 install --namespace "$older" --values "$values" --set image.tag="$version" --soak 0s
verify "and is well" 0 --namespace "$older"
equals "in all three members" "3 ${version#v}" "$(jq -r '.etcd.members[].version' json | sort | uniq -c | sed 's/^ *//')"
equals "whose data are the same" 1 "$(jq '[.etcd.members[].dataHash.hash] | unique | length' json)"
check "and whose disks were looked at" jq -e 'all(.etcd.members[]; .metrics.walFsync.p99Ms > 0)' json

## Who may only read
server=$(kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.server}')
authority=$(kubectl config view --raw --minify --flatten -o jsonpath='{.clusters[0].cluster.certificate-authority-data}')
p create serviceaccount watcher >/dev/null
p create role watcher --verb=get,list,create --resource=pods/portforward >/dev/null
p create rolebinding watcher --role=watcher --serviceaccount="$plain:watcher" >/dev/null
p create rolebinding viewer --clusterrole=view --serviceaccount="$plain:watcher" >/dev/null
cat >watcher.yaml <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "$server", certificate-authority-data: $authority}}]
users: [{name: me, user: {token: $(p create token watcher)}}]
contexts: [{name: it, context: {cluster: it, user: me, namespace: $plain}}]
current-context: it
KUBECONFIG
verify "who may only read and forward can verify" 0 --kubeconfig watcher.yaml
check "and is told what was not checked" jq -e '.notChecked | any(startswith("the zones of the nodes")) and any(startswith("helm")) ' json

## Members that are missing
run "an image that is missing" 5 upgrade --namespace "$plain" --values "$values" --set image.tag=v0.0.0
verify "a pod that cannot start" 7 --namespace "$plain"
in_time "is found"
check "by its reason" jq -e 'any(.findings[]; .rule == "pod-running" and (.message | test("ImagePull")))' json
found "and nobody may fail now" tolerance ""
run "the next deployment heals it" 0 install --namespace "$plain" --values "$values" --soak 0s
p delete pod etcd-1 --grace-period=0 --force >/dev/null 2>&1
verify "a pod that was just killed" 7 --namespace "$plain"
in_time "is found"
check "as itself" jq -e 'any(.findings[]; .severity == "failure" and .pod == "etcd-1")' json
wait_until 30 etcdctl endpoint health --cluster
# It runs, and answers nothing.
pid=$(grep -lzx "POD_NAME=etcd-2" /proc/[0-9]*/environ 2>/dev/null | xargs -r grep -lz "\.$plain\.svc" 2>/dev/null | cut -d/ -f3 | head -n 1)
if [[ -n $pid ]]; then
  kill -STOP "$pid"
  verify "a member that hangs" 7 --namespace "$plain"
  kill -CONT "$pid"
  in_time "costs one deadline: it is found"
  found "as itself" linearizable-read etcd-2
fi
wait_until 30 etcdctl endpoint health --cluster

## What etcd says of itself
# The member that is asked takes no new one ("unhealthy cluster") until it has been connected with every other for
# five seconds. One that has seen another stopped may not notice for long that it is back: all are asked in turn.
asked=0
add_learner() {
  asked=$(((asked + 1) % 3))
  p exec "etcd-$asked" -- etcdctl member add etcd-9 --learner \
    --peer-urls="http://etcd-9.etcd-headless.$plain.svc.cluster.local:2380" >added 2>add.log
}
wait_until 60 add_learner || cat add.log >&2
learner=$(awk '/^Member/ { print $2; exit }' added)
verify "a learner left over" 7 --namespace "$plain"
found "is found" unstarted-member ""
check "with its ID" jq -e --arg id "$learner" 'any(.findings[]; .message | contains($id))' json
etcdctl member remove "$learner" >/dev/null
verify "removed, all is well" 0 --namespace "$plain"

run "a small quota" 0 upgrade --namespace "$plain" --values "$values" --set quotaBackendBytes=16777216 --soak 0s
for ((key = 0; key < 60; key++)); do
  head -c 900000 /dev/zero | tr '\0' x | p exec -i etcd-0 -- etcdctl put "fill/$key" >fill.log 2>&1 ||
    ! grep -q 'space exceeded' fill.log || break
done
verify "writes until the quota is full" 7 --namespace "$plain"
check "raise the alarm, which is found" jq -e 'any(.findings[]; .rule == "alarm" and (.message | contains("NOSPACE")))' json
check "and the quota is" jq -e 'any(.findings[]; .rule == "quota")' json

## TLS, passwords, certificates
# make_ca NAME, sign CA NAME SUBJECT_ALT_NAMES DAYS: by openssl.
make_ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 100 -subj "/CN=$1" -keyout "$1.key" -out "$1.crt" 2>/dev/null; }
sign() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=$2" -keyout "$2.key" -out "$2.csr" 2>/dev/null
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3" >"$2.ext"
  openssl x509 -req -in "$2.csr" -CA "$1.crt" -CAkey "$1.key" -days "$4" -out "$2.crt" -extfile "$2.ext" 2>/dev/null
}
names="DNS:*.etcd-headless.$secure.svc.cluster.local,DNS:etcd.$secure.svc.cluster.local,DNS:localhost,IP:127.0.0.1"
# With the certificate, which has no name of a user.
refused_without_password() {
  local key
  for key in crt key; do
    s get secret etcd-client-crt -o jsonpath="{.data.tls\.$key}" | base64 -d >"user.$key"
  done
  curl -sk --max-time 10 --cert user.crt --key user.key -d '{"key":"YQ=="}' \
    "https://$(s get pod etcd-0 -o jsonpath='{.status.podIP}'):2379/v3/kv/range" | grep -q "user name is empty"
}
members_secret() { # CERTIFICATE_NAME CA [SECRET]
  s create secret generic "${3:-etcd-members}" --type=kubernetes.io/tls --from-file=ca.crt="$2.crt" \
    --from-file=tls.crt="$1.crt" --from-file=tls.key="$1.key" --dry-run=client -o yaml | s apply --server-side --force-conflicts -f - >/dev/null 2>&1
}
kubectl create namespace "$secure" >/dev/null
run "mutual TLS and a password" 0 install --namespace "$secure" --values "$values" --values "$root/tests/chart/values/tls-auto.yaml" --set auth.rbac.create=true --soak 0s
contains "an etcd that is new asks for its password from the first deployment on" "etcd asks for a password from now on" log
password=$(s get secret etcd -o jsonpath='{.data.etcd-root-password}' | base64 -d)
lacks "the password stands nowhere in its log" "$password" log
lacks "nor in its summary" "$password" summary
verify "verify speaks TLS" 0 --namespace "$secure"
check "and reads when the certificates expire" jq -e 'all(.etcd.members[]; .certificateExpires > "2026")' json
check "also those that clients and members have from Secrets" jq -e '[.etcd.certificates[] | select(.expires > "2026") | .use] == ["client", "client-authority", "peer", "peer-authority"]' json
valid "which"
check "whoever has none is refused" refused_without_password
run "deploying again" 0 install --namespace "$secure" --values "$values" --values "$root/tests/chart/values/tls-auto.yaml" --set auth.rbac.create=true --soak 0s
lacks "switches nothing on" "from now on" log
verify "authentication on" 0 --namespace "$secure"
equals "with root the data are compared" 3 "$(jq '[.etcd.members[] | select(.dataHash)] | length' json)"
lacks "the password stands nowhere" "$password" json
INPUT_ETCD_PASSWORD=wrong verify "a wrong password" 7 --namespace "$secure"
in_time "is found"
found "once, as that" login ""
s delete secret etcd >/dev/null
verify "a Secret that is missing" 3 --namespace "$secure"
check "is named" jq -e '.error.message | contains("Secret etcd")' json
s create secret generic etcd --from-literal=etcd-root-password="$password" >/dev/null

run "away with it" 0 uninstall --namespace "$secure" --delete-data --confirm etcd
s delete secret etcd --ignore-not-found >/dev/null
make_ca authority
make_ca stranger
sign authority members "$names" 20
members_secret members authority
sign authority peers "$names" 10
members_secret peers authority etcd-peers
printf '%s' 'auth: {client: {secureTransport: true, existingSecret: etcd-members, enableAuthentication: true},
  peer: {secureTransport: true, existingSecret: etcd-peers, enableAuthentication: true}}' >existing.yaml
run "certificates of our own" 0 install --namespace "$secure" --values "$values" --values existing.yaml --soak 0s
verify "that expire soon" 0 --namespace "$secure"
found "make a warning" certificate-expiry etcd-0
check "and one for the clients" jq -e 'any(.findings[]; .rule == "certificate-expiry" and (.message | contains("client certificate in Secret etcd-members")))' json
check "and one for what members show each other" jq -e 'any(.findings[]; .rule == "certificate-expiry" and (.message | contains("show each other in Secret etcd-peers expires in 9 days")))' json
members_secret members stranger
verify "the wrong authority" 7 --namespace "$secure"
in_time "is found"
found "as that" certificate-untrusted etcd-0
sign stranger intruder "$names" 20
# We trust both authorities, so that it does not matter which certificate the members serve by
# now; they trust the first one only.
cat authority.crt stranger.crt >both.crt
s create secret generic etcd-members --type=kubernetes.io/tls --from-file=ca.crt=both.crt \
  --from-file=tls.crt=intruder.crt --from-file=tls.key=intruder.key --dry-run=client -o yaml | s apply --server-side --force-conflicts -f - >/dev/null 2>&1
verify "a stranger's client certificate" 7 --namespace "$secure"
found "is found as that" certificate-refused etcd-0
# One that expired: the members read the file anew at each handshake, once the kubelet has brought it.
printf '%s\n' '[ca]' 'default_ca=it' '[it]' 'database=index' 'serial=serial' 'new_certs_dir=.' 'default_md=sha256' 'policy=any' 'unique_subject=no' 'copy_extensions=none' '[any]' 'organizationName=optional' >ca.conf
: >index
echo 1000 >serial
openssl ca -batch -config ca.conf -cert authority.crt -keyfile authority.key -in members.csr -out members.crt \
  -startdate 20200101000000Z -enddate 20210101000000Z -extfile members.ext -notext >/dev/null 2>&1
members_secret members authority
served() { openssl s_client -connect "$(s get pod etcd-0 -o jsonpath='{.status.podIP}'):2379" </dev/null 2>/dev/null | openssl x509 -noout -enddate | grep -q 2021; }
s annotate pod --all touched="$EPOCHREALTIME" >/dev/null # the kubelet then looks at once
check "an expired certificate is brought to the members" wait_until 150 served
verify "an expired certificate" 7 --namespace "$secure"
in_time "is found"
found "as that" certificate-expired etcd-0
exit "$((failures > 0))"
