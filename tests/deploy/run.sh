#!/usr/bin/env bash
# The built program against the real Kubernetes of the sandbox: the main job, its
# repetition, a change, failures with their causes, and the way back to nothing.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/run.sh PATH/TO/etcd-deploy
#
# Works in namespaces of its own ("deploy-test…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

namespace=deploy-test

remove_namespaces() { kubectl delete namespace "$namespace" "$namespace-2" --ignore-not-found --wait=true >/dev/null 2>&1; }
trap 'remove_namespaces; rm -rf "$scratch"' EXIT
remove_namespaces

# The members are watched after each change, but not for long.
export INPUT_SOAK=1s
here=(--namespace "$namespace")

run "upgrade of nothing is refused" 3 upgrade "${here[@]}" --values "$values"
check "and touches nothing" bash -c "! kubectl get namespace $namespace"

run "install deploys etcd" 0 install "${here[@]}" --values "$values"
equals "three members are ready" "3" "$(kubectl -n "$namespace" get statefulset etcd -o jsonpath='{.status.readyReplicas}')"
equals "on three nodes" "3" "$(kubectl -n "$namespace" get pods -o jsonpath='{range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort -u | wc -l)"
equals "output status" "healthy" "$(output status)"
equals "output revision" "1" "$(output revision)"
equals "output members" "3" "$(output members)"
equals "output members-healthy" "3" "$(output members-healthy)"
equals "output etcd-version" "3.7.3" "$(output etcd-version)"
equals "output endpoints" \
  "etcd-0.etcd-headless.$namespace.svc.cluster.local:2379,etcd-1.etcd-headless.$namespace.svc.cluster.local:2379,etcd-2.etcd-headless.$namespace.svc.cluster.local:2379" \
  "$(output endpoints)"
check "output leader is what etcd itself says" bash -c "
  kubectl -n $namespace exec $(output leader) -- etcdctl endpoint status -w json |
    jq -e '.[0].Status | .leader == .header.member_id'"
contains "the log tells when it is rolled out" "rolled out" "$scratch/log"
contains "the summary says that it works" "3 of 3" "$scratch/summary"
contains "the summary tells how to connect" "ANYTRADE_ETCD_ENDPOINTS" "$scratch/summary"

pods() { kubectl -n "$namespace" get pods -o jsonpath='{range .items[*]}{.metadata.uid}{"\n"}{end}' | sort; }
before=$(pods)
run "installing again changes nothing" 0 install "${here[@]}" --values "$values"
equals "no pod was restarted" "$before" "$(pods)"

run "upgrade with another value rolls the members" 0 upgrade "${here[@]}" --values "$values" --set quotaBackendBytes=4294967296
equals "output revision counts" "3" "$(output revision)"
check "every pod was replaced" bash -c "[[ -z \"\$(comm -12 <(printf '%s\n' \"$before\") <(kubectl -n $namespace get pods -o jsonpath='{range .items[*]}{.metadata.uid}{\"\n\"}{end}' | sort))\" ]]"
contains "the summary shows the changed value" "quotaBackendBytes" "$scratch/summary"

run "a missing image is exit code 5" 5 upgrade "${here[@]}" --values "$values" --set image.tag=v9.9.9
contains "with the one cause" "image quay.io/coreos/etcd:v9.9.9 not found" "$scratch/summary"
equals "output status of a failure" "failed" "$(output status)"
run "and the next good deployment heals it" 0 install "${here[@]}" --values "$values"

run "a values fault that the chart knows is refused" 3 install "${here[@]}" --values "$values" --set replicaCount=three
run "a rollout that cannot be in time is exit code 6" 6 install --namespace "$namespace-2" --values "$values" --set-string 'nodeSelector.no=such' --timeout 5s
contains "and says what is missing" "node" "$scratch/summary"
run "uninstall with its data" 0 uninstall --namespace "$namespace-2" --delete-data --confirm etcd
equals "leaves no volume" "" "$(kubectl -n "$namespace-2" get pvc -o name)"

kubectl config view --raw --minify >"$scratch/kubeconfig"
run "a kubeconfig may be given as text" 0 install "${here[@]}" --values "$values" --kubeconfig "$(base64 -w0 "$scratch/kubeconfig")"
run "and its secrets are masked in a workflow" 0 install "${here[@]}" --values "$values" --kubeconfig "$(cat "$scratch/kubeconfig")"
lacks "no key stands in the summary" "PRIVATE KEY" "$scratch/summary"

"$program" install "${here[@]}" --values "$values" --set quotaBackendBytes=5368709120 >"$scratch/log" 2>&1 &
cancelled=$!
until grep -q "etcd-" "$scratch/log" || ! kill -0 "$cancelled" 2>/dev/null; do read -rt 0.05 <> <(:) || true; done
kill -TERM "$cancelled"
wait "$cancelled"
equals "a cancelled run is exit code 130" "130" "$?"
run "and the next one converges" 0 install "${here[@]}" --values "$values"

run "uninstall" 0 uninstall "${here[@]}"
equals "no pod is left" "" "$(kubectl -n "$namespace" get pods -o name)"
equals "the volumes stay" "3" "$(kubectl -n "$namespace" get pvc -o name | wc -l)"
contains "and the summary names them" "data-etcd-0" "$scratch/summary"
run "uninstalling nothing succeeds" 0 uninstall "${here[@]}"
exit "$((failures > 0))"
