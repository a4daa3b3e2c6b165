# shellcheck shell=bash
# reset: back to what the cluster was when it came up. Whatever can be listed
# and was not there then is deleted, of whatever kind it is.

kube() { "$STATE/bin/kubectl" --kubeconfig "$ADMIN_KUBECONFIG" --request-timeout=10s "$@"; }

# Kinds that come and go by themselves, or belong to another object.
RESET_IGNORES='^(events|leases|endpoints|endpointslices|controllerrevisions|nodes|csinodes|componentstatuses|ipaddresses|podmetrics)([.]|$)'

# All objects, one a line: KIND[.GROUP] NAMESPACE NAME, "-" for no namespace.
# Not those which Kubernetes itself makes, some of them late, and makes anew.
list_objects() {
  local resources
  resources=$(kube api-resources --verbs=list,delete -o name 2>/dev/null | grep -Ev "$RESET_IGNORES" | sort -u | paste -sd,)
  kube get "$resources" --all-namespaces --ignore-not-found -o json 2>/dev/null | jq -r '
    .items[]
    | select((
        (.kind == "ConfigMap" and .metadata.name == "kube-root-ca.crt")
        or (.kind == "ServiceAccount" and .metadata.name == "default")
        or .metadata.labels["kubernetes.io/bootstrapping"]
        or .metadata.labels["kube-aggregator.kubernetes.io/automanaged"]
      ) | not)
    | [(.kind + "." + (.apiVersion | split("/") | if length == 2 then .[0] else "" end) | rtrimstr(".")),
       .metadata.namespace // "-", .metadata.name]
    | join(" ")' | sort -u
}

baseline_save() {
  [[ ! -e $STATE/baseline ]] || return 0
  list_objects >"$STATE/baseline.new"
  api /api/v1/nodes | jq '[.items[] | {(.metadata.name): .metadata.labels}] | add' >"$STATE/baseline-nodes.json"
  mv "$STATE/baseline.new" "$STATE/baseline"
}

list_additions() { list_objects | comm -23 - "$STATE/baseline"; }

# delete_objects FLAGS… <lines: a call of kubectl for each kind and namespace.
delete_objects() {
  local kind namespace names
  while read -r kind namespace names; do
    # shellcheck disable=SC2086 # a list of names
    if [[ $namespace == - ]]; then
      kube delete "$kind" $names --ignore-not-found --wait=false "$@"
    else
      kube delete "$kind" $names --namespace "$namespace" --ignore-not-found --wait=false "$@"
    fi >/dev/null 2>&1 &
  done < <(awk '{ key = $1 " " $2; names[key] = names[key] " " $3 } END { for (key in names) print key names[key] }')
  wait
}

drop_finalizers() {
  local kind namespace name
  while read -r kind namespace name; do
    if [[ $kind == Namespace ]]; then
      kube get namespace "$name" -o json 2>/dev/null | jq '.spec.finalizers = []' |
        kube replace --raw "/api/v1/namespaces/$name/finalize" -f - &
    elif [[ $namespace == - ]]; then
      kube patch "$kind" "$name" --type merge --patch '{"metadata": {"finalizers": null}}' &
    else
      kube patch "$kind" "$name" --namespace "$namespace" --type merge --patch '{"metadata": {"finalizers": null}}' &
    fi >/dev/null 2>&1
  done
  wait
}

nodes_restore() {
  local node
  for node in "${NODES[@]}"; do
    api "/api/v1/nodes/node$node" | jq --slurpfile before "$STATE/baseline-nodes.json" \
      '{spec: {unschedulable: null, taints: [.spec.taints // [] | .[] | select(.key | startswith("node.kubernetes.io/"))]},
        metadata: {labels: ((.metadata.labels | map_values(null)) + $before[0][.metadata.name])}}' >"$STATE/node.json"
    kube patch node "node$node" --type merge --patch-file "$STATE/node.json" >/dev/null
  done
}

command_reset() {
  local started additions round=0
  started=$(now_us)
  need_root
  take_lock
  is_up || fail "the sandbox is not up (scripts/sandbox status tells more): scripts/sandbox up"

  additions=$(list_additions)
  # First what could get in the way: webhooks and admission policies, and
  # servers of further APIs. Then what makes pods, and the pods, in a second
  # instead of their grace period: as orphans, for whoever else deletes them
  # (the garbage collector, a namespace's end) grants them all of it.
  grep -E '(WebhookConfiguration|AdmissionPolicy|AdmissionPolicyBinding|APIService)[.]' <<<"$additions" | delete_objects || true
  grep -E '^(CronJob|Job|Deployment|ReplicaSet|StatefulSet|DaemonSet|ReplicationController)([.]| )' <<<"$additions" |
    delete_objects --cascade=orphan || true
  grep -E '^Pod ' <<<"$additions" | delete_objects --grace-period=1 || true
  grep -E '^Namespace ' <<<"$additions" | delete_objects || true
  grep -Ev '^(Namespace|Pod|PersistentVolume|CustomResourceDefinition[.].*) ' <<<"$additions" | delete_objects || true
  grep -E '^CustomResourceDefinition' <<<"$additions" | delete_objects || true
  nodes_restore

  while additions=$(list_additions) && [[ -n $additions ]]; do
    [[ -z ${SANDBOX_TRACE:-} ]] || say "$(seconds_since "$started"): ${additions//$'\n'/; }"
    ((round += 1))
    if ((round > 60)); then
      say "still there:"
      say "$additions"
      fail "not all could be removed in $(seconds_since "$started")"
    fi
    grep -E '^PersistentVolume ' <<<"$additions" | delete_objects || true
    # Nobody is left to do what a finalizer waits for.
    if (($(now_us) - started > 6000000)); then
      grep -E '^Pod ' <<<"$additions" | delete_objects --grace-period=0 --force || true
      drop_finalizers <<<"$additions"
      grep -Ev '^(Namespace|Pod) ' <<<"$additions" | delete_objects || true
    fi
    pause 0.2
  done
  baseline_restore
  say "the sandbox is as new after $(seconds_since "$started")"
}

# What was deleted or changed of the sandbox's own.
baseline_restore() {
  kube delete storageclass standard memory --ignore-not-found >/dev/null
  storage_classes_create
  # Volumes that were deleted before their claims leave their data behind.
  find "$STATE/volumes" "$STATE/volumes-in-memory" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
}
