# shellcheck shell=bash
# Part (d) of scripts/bench: verify, of three members and of seven, by each way to them.
# shellcheck disable=SC2154 # $runner, $values, $work, $namespace, $rounds: the caller's
#
#   measure_verify   expects the release of three members in $namespace, and leaves it
#   print_verify     prints what was measured

verify() { "$runner" verify --namespace "$namespace${1:-}" >"$work/verify.log"; }
by_etcdctl() {
  in_etcd endpoint health --cluster
  in_etcd endpoint status --cluster -w table
  in_etcd member list -w table
  in_etcd alarm list
}

# The API server as it looks from afar. Its name is checked as ever.
begin_distant_link() {
  local server address port
  server=$(kubectl config view --minify --output 'jsonpath={.clusters[0].cluster.server}')
  address=${server#https://}
  coproc link { exec scripts/lib/distant_link.py "${address%:*}" "${address##*:}" 15; }
  read -r port <&"${link[0]}"
  install -m 600 "$KUBECONFIG" "$work/distant"
  kubectl config --kubeconfig "$work/distant" set-cluster "$(kubectl config view --minify --output 'jsonpath={.clusters[0].name}')" \
    --server "https://127.0.0.1:$port" --tls-server-name "${address%:*}" >/dev/null
}
distant() { KUBECONFIG=$work/distant "$@"; }

# within_cluster COMMAND…: with the cluster's own DNS, as a runner in a pod has it; in a mount namespace of its own.
within_cluster() {
  printf 'nameserver %s\n' "$(cluster_dns)" >"$work/resolv.conf"
  unshare --mount --propagation private bash -c 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"' _ "$work/resolv.conf" "$@"
}
# What measures itself, so that the way into the namespace does not count.
measure_direct() {
  export runner namespace work
  export -f timed now_us verify_directly
  # shellcheck disable=SC2016 # it is that shell's
  within_cluster bash -euc 'for suffix in "" -seven; do timed "d-direct$suffix" verify_directly "$suffix"; done'
}
verify_directly() { "$runner" verify --namespace "$namespace${1:-}" --etcd-access direct >"$work/verify.log"; }

measure_verify() {
  local round hung
  say "(d): verify, $rounds rounds"
  # Seven on three nodes: a check of cost, not of placement.
  "$runner" install --namespace "$namespace-seven" --values "$values" --set replicaCount=7,podAntiAffinityPreset=soft --soak 0s >"$work/runner.log"
  begin_distant_link
  for ((round = 0; round < rounds; round++)); do
    timed d-verify verify
    timed d-etcdctl by_etcdctl
    timed d-seven verify -seven
    measure_direct
    timed d-distant distant verify
    timed d-distant-seven distant verify -seven
  done
  # Stopped, it holds its connections and answers nothing. The sandbox's pods are processes
  # of this machine.
  # Processes that end meanwhile make grep complain, which is no matter.
  hung=$({ grep -lzx "POD_NAME=etcd-2" /proc/[0-9]*/environ || true; } 2>/dev/null |
    { xargs -r grep -lz "\.$namespace\.svc" || true; } | cut -d/ -f3 | head -n 1)
  kill -STOP "$hung"
  timed d-hung verify || true # exit code 7
  kill -CONT "$hung"
  kubectl delete namespace "$namespace-seven" >/dev/null
}

print_verify() {
  head_row "(d) verify"
  row "three members" d-verify d-etcdctl
  row "kubectl exec etcdctl, four times" d-etcdctl
  row "seven members" d-seven d-verify
  row "three members, from within" d-direct
  row "seven members, from within" d-direct-seven d-direct
  row "three members, 30 ms away" d-distant
  row "seven members, 30 ms away" d-distant-seven d-distant
  row "three, of which one hangs" d-hung
}
