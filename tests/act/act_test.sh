#!/usr/bin/env bash
# The action as its users have it: act runs workflows/deploy-etcd.yml in a repository of
# its own, in containers, against the real Kubernetes of the sandbox. A push installs, a
# second push upgrades, a dispatch uninstalls; another repository uses the action, too.
#
#   scripts/sandbox up; scripts/sandbox docker up
#   eval "$(scripts/sandbox env)"; eval "$(scripts/sandbox docker env)"
#   tests/act/act_test.sh
#
# Works in namespaces of its own ("act-test…") and removes them.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR/../..
{
  source "$root/scripts/lib/log.sh"
  source "$root/scripts/lib/image.sh"
}
scratch=$(mktemp -d)
chmod 0700 "$scratch"
# shellcheck source-path=SCRIPTDIR/../..
source "$root/tests/support/checks.sh"
namespace=act-test

remove_namespaces() {
  kubectl delete namespace "$namespace" "$namespace-2" --ignore-not-found --wait=true >/dev/null 2>&1
}
trap 'remove_namespaces; rm -rf "$scratch"' EXIT

# contains NAME TEXT: in what act printed last
contains() { if grep -qF -- "$2" "$scratch/act.log"; then ok "$1"; else not_ok "$1" "expected in act's log: $2"; fi; }
absent() { ! kubectl -n "$@" >/dev/null 2>&1; }

# new_repository FOLDER NAMESPACE: holds the workflow as a user would copy it, with the
# namespace changed and a step that shows what a later step gets to see.
new_repository() {
  local folder=$1
  mkdir -p "$folder/.github/workflows" "$folder/deployments/etcd"
  sed "s/namespace: anytrade/namespace: $2/" "$root/workflows/deploy-etcd.yml" >"$folder/.github/workflows/deploy-etcd.yml"
  cat >>"$folder/.github/workflows/deploy-etcd.yml" <<'EOT'
      - name: What a later step sees
        env:
          OUTPUTS: ${{ toJSON(steps.etcd.outputs) }}
        run: echo "outputs" $OUTPUTS
EOT
  cp "$root/deployments/etcd/values.yaml" "$folder/deployments/etcd/"
  git -C "$folder" init --quiet --initial-branch=main
  git -C "$folder" remote add origin https://github.com/any-trade/deployments.git
  commit "$folder" "deploy etcd"
}
commit() {
  git -C "$1" add -A
  git -C "$1" -c user.name=test -c user.email=test@example.com commit --quiet -m "$2"
}

workflow=deploy-etcd.yml # that act_event runs
# act_event FOLDER EVENT FLAG…: ends as the job does.
act_event() {
  local folder=$1 event=$2
  shift 2
  (cd "$folder" && HOME=$scratch/home XDG_CACHE_HOME=$scratch/home/.cache timeout 600 act "$event" \
    --workflows ".github/workflows/$workflow" --platform ubuntu-latest=debian:bookworm-slim --pull=false --rm \
    --network host --container-daemon-socket - --secret-file "$scratch/secrets" \
    --local-repository "anytrade/etcd-deploy@v1=$scratch/action" "$@") >"$scratch/act.log" 2>&1 </dev/null
}
# act_run NAME FOLDER EVENT FLAG…: the event must end well.
act_run() {
  local name=$1
  shift
  if act_event "$@"; then ok "$name"; else not_ok "$name" "$(tail -n 60 "$scratch/act.log")"; fi
}
# output NAME: as the later step printed it.
output() { sed -nE "s/.*\| outputs .*\"$1\": \"([^\"]*)\".*/\1/p" "$scratch/act.log" | tail -n 1; }
in_statefulset() { kubectl -n "$1" get statefulset etcd -o jsonpath="$2"; }
revision() { helm -n "$1" list --filter '^etcd$' -o json | jq -r '.[0].revision'; }

remove_namespaces
mkdir -p "$scratch/home" "$scratch/action"
umask 077
printf 'ETCD_KUBECONFIG=%s\n' "$(base64 -w0 "$KUBECONFIG")" >"$scratch/secrets"
umask 022

# What a release would hold: git's files, as they are in this checkout.
source_files "$root" | tar --directory "$root" --null --files-from=- --create | tar -x -C "$scratch/action"

if ! "$root/tests/act/base_images.sh" || ! build_image "$scratch/action" >"$scratch/build.log" 2>&1; then
  not_ok "the image is built" "$(tail -n 30 "$scratch/build.log" 2>/dev/null)"
  exit 1
fi
ok "the image is built"
size=$(image_size_compressed)
printf '  %s bytes compressed, %s bytes on disk\n' "$size" "$(image_size)"
check "the image has at most 45 MB, compressed" test "$size" -le 45000000
container=$(/usr/bin/docker create "$IMAGE")
/usr/bin/docker export "$container" | tar -t >"$scratch/files"
/usr/bin/docker rm "$container" >/dev/null
check "the image holds no shell" bash -c "! grep -E '(^|/)(sh|bash|dash|busybox|apt-get)\$' '$scratch/files'"

first=$scratch/first
new_repository "$first" "$namespace"
check "the copied workflow got the test's namespace" grep -q "namespace: $namespace\$" "$first/.github/workflows/deploy-etcd.yml"

act_run "a push installs" "$first" push
equals "three members are ready" "3" "$(in_statefulset "$namespace" '{.status.readyReplicas}')"
equals "the release has revision 1" "1" "$(revision "$namespace")"
equals "output status reaches a later step" "healthy" "$(output status)"
equals "output revision reaches a later step" "1" "$(output revision)"
equals "output members-healthy reaches a later step" "3" "$(output members-healthy)"
contains "the summary arrives" "ANYTRADE_ETCD_ENDPOINTS"
check "the kubeconfig is nowhere in the log" bash -c "! grep -qF \"\$(base64 -w0 '$KUBECONFIG' | cut -c1-200)\" '$scratch/act.log' && ! grep -q 'PRIVATE KEY\|client-key-data: [A-Za-z0-9]' '$scratch/act.log'"

## A pull request
coproc github { exec python3 "$root/tests/github/fake_github.py" 2>>"$scratch/github.log"; }
# shellcheck disable=SC2154 # coproc sets it
read -rt 30 _ _ port <&"${github[0]}"
scene() { curl -s "http://127.0.0.1:$port/_scene" "$@"; }
scene -d '{}' >/dev/null
# As a user would copy it, with the line for a chart of one's own.
sed "s/namespace: anytrade/namespace: $namespace/; s/# chart: /chart: /" "$root/workflows/plan-etcd.yml" >"$first/.github/workflows/plan-etcd.yml"
mkdir -p "$first/charts"
cp -r "$root/charts/etcd" "$first/charts/"
commit "$first" "plan etcd"
# act leaves the first checkout out, since it has copied the repository; of the second, which GitHub's own action
# cannot do here, this does what matters.
mkdir "$scratch/checkout"
cat >"$scratch/checkout/action.yml" <<'EOT'
name: checkout
inputs: {ref: {}, path: {}, persist-credentials: {}}
runs:
  using: composite
  steps:
    - shell: bash
      run: mkdir "${{ inputs.path }}" && cp -r charts "${{ inputs.path }}"
EOT
checkout=$(sed -n 's/.*uses: \(actions\/checkout@[0-9a-f]*\).*/\1/p' "$root/workflows/plan-etcd.yml" | head -n 1)
jq -n --arg sha "$(git -C "$first" rev-parse HEAD)" '{number: 7, pull_request: {number: 7,
  head: {ref: "less-memory", repo: {full_name: "any-trade/deployments"}}, base: {ref: "main", sha: $sha}}}' >"$scratch/event.json"
jq '.pull_request.head.repo.full_name = "somebody/deployments"' "$scratch/event.json" >"$scratch/fork.json"
as_pull_request=(--env "GITHUB_API_URL=http://127.0.0.1:$port" --local-repository "$checkout=$scratch/checkout" --secret GITHUB_TOKEN=ghs_app)
workflow=plan-etcd.yml
act_run "a pull request plans" "$first" pull_request --eventpath "$scratch/event.json" "${as_pull_request[@]}"
equals "and gets one comment" 1 "$(scene | jq '.comments | length')"
check "which tells that nothing would change" bash -c "curl -s http://127.0.0.1:$port/_scene | jq -r '.comments[0].body' | grep -qF 'Nothing would change'"
sed -i 's/^\( *memory: \)512Mi/\1384Mi/' "$first/deployments/etcd/values.yaml"
act_run "another push to it plans again" "$first" pull_request --eventpath "$scratch/event.json" "${as_pull_request[@]}"
equals "into the same comment" 1 "$(scene | jq '.comments | length')"
check "which tells the field" bash -c "curl -s http://127.0.0.1:$port/_scene | jq -r '.comments[0].body' | grep -qF 'resources.limits.memory'"
equals "and nothing is touched" "1" "$(revision "$namespace")"
act_run "a pull request of a fork does not plan" "$first" pull_request --eventpath "$scratch/fork.json" "${as_pull_request[@]}"
check "at all" bash -c "! grep -q etcd-deploy@v1 '$scratch/act.log'"
workflow=deploy-etcd.yml
# shellcheck disable=SC2154 # coproc sets it
kill "$github_PID"

commit "$first" "less memory"
act_run "a push with another value upgrades" "$first" push
equals "the new value is in the StatefulSet" "384Mi" \
  "$(in_statefulset "$namespace" '{.spec.template.spec.containers[?(@.name=="etcd")].resources.limits.memory}')"
equals "three members are ready again" "3" "$(in_statefulset "$namespace" '{.status.readyReplicas}')"
equals "all of them have the new value" "3" "$(in_statefulset "$namespace" '{.status.updatedReplicas}')"
equals "the release has revision 2" "2" "$(revision "$namespace")"
equals "output revision follows" "2" "$(output revision)"

act_run "a dispatch with action=uninstall uninstalls" "$first" workflow_dispatch --input action=uninstall
check "the StatefulSet is gone" absent "$namespace" get statefulset etcd
equals "no pod is left" "" "$(kubectl -n "$namespace" get pods -o name)"
equals "the volumes stay" "3" "$(kubectl -n "$namespace" get pvc -o name | wc -l)"
equals "output status says so" "uninstalled" "$(output status)"

second=$scratch/second
new_repository "$second" "$namespace-2"
sed -i 's/^replicaCount: 3/replicaCount: 1/; s/minAvailable: 2/minAvailable: 0/' "$second/deployments/etcd/values.yaml"
sed -i 's/^\( *\)namespace: .*/&\n\1allow: single-member/' "$second/.github/workflows/deploy-etcd.yml"
# This one has further steps of its own, and calls the action by a dispatch.
commit "$second" "one member"
act_run "a second repository uses the action" "$second" workflow_dispatch --input action=install
equals "its member is ready" "1" "$(in_statefulset "$namespace-2" '{.status.readyReplicas}')"
equals "its output arrives" "1" "$(output members-healthy)"

printf 'wrong\n' >>"$second/deployments/etcd/values.yaml"
commit "$second" "a mistake"
if act_event "$second" push; then not_ok "a broken values file fails the job"; else ok "a broken values file fails the job"; fi
contains "and its annotation names file and line" "::error title=values,file=deployments/etcd/values.yaml,line=48::"
equals "and nothing is touched" "1" "$(revision "$namespace-2")"

((failures == 0))
