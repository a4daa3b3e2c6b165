# shellcheck shell=bash
# up, down, status, env, push, logs: the commands of scripts/sandbox. (reset is
# in reset.sh, docker in docker.sh.)

need_root() { ((UID == 0)) || fail "the sandbox makes namespaces and cgroups: run this as root"; }

# Only one command at a time changes the sandbox. What is locked is the folder
# the sandbox's is in, as no file is to be left behind.
take_lock() {
  exec {sandbox_lock}<"${STATE%/*}"
  flock --nonblock "$sandbox_lock" || {
    say "another scripts/sandbox is at work: waiting for it"
    flock "$sandbox_lock"
  }
}

ALL_PARTS=(host/etcd host/apiserver host/controller-manager host/scheduler host/registry host/coredns host/provisioner)
for node in "${NODES[@]}"; do
  ALL_PARTS+=("node$node"/{namespaces,containerd,kubelet,kube-proxy})
done
unset node

all_parts_run() {
  local part
  for part in "${ALL_PARTS[@]}"; do
    part_runs "$part" || return 1
  done
}

all_nodes_ready() {
  local node
  for node in "${NODES[@]}"; do node_ready "$node" || return 1; done
}

is_up() { [[ -e $STATE/up ]] && all_parts_run && apiserver_ready && all_nodes_ready; }

# Is there anything left of before the machine's last start?
is_stale() {
  [[ -e $STATE/boot && $(<"$STATE/boot") != "$(</proc/sys/kernel/random/boot_id)" ]]
}

command_up() {
  local started kubernetes etcd37 coredns provisioner helm act name
  started=$(now_us)
  need_root
  take_lock
  if is_up; then
    say "the sandbox is up (env: eval \"\$(scripts/sandbox env)\")"
    return
  fi

  ensure_packages "${SANDBOX_PACKAGES[@]}"
  kubernetes=$(ensure_program kubernetes)
  etcd37=$(ensure_program etcd-3.7)
  for name in "${IMAGES_OF_ETCD[@]}"; do ensure_program "$name" >/dev/null; done
  coredns=$(ensure_program coredns)
  provisioner=$(ensure_program provisioner)
  helm=$(ensure_program helm)
  act=$(ensure_program act)

  if is_stale; then remove_everything; fi
  say "starting the sandbox"
  mkdir -p -m 0755 "$STATE" "$STATE/bin"
  cat /proc/sys/kernel/random/boot_id >"$STATE/boot"
  ln -sfn -t "$STATE/bin" "$kubernetes/kubectl" "$etcd37/etcdctl" "$etcd37/etcdutl" "$helm/helm" "$act/act"

  certificates_create
  cgroup_create sandbox/host
  network_up
  control_plane_start "$etcd37" "$kubernetes"
  registry_start
  storage_prepare
  local node
  for node in "${NODES[@]}"; do node_start "$node" "$kubernetes"; done
  for node in "${NODES[@]}"; do node_kubelet_start "$node" "$kubernetes"; done
  wait_for_part host/registry 20 registry_ready
  registry_fill
  controllers_start "$kubernetes"
  coredns_start "$coredns"
  storage_start "$provisioner"
  controllers_wait
  addons_wait
  nodes_wait
  baseline_save
  touch "$STATE/up"
  say "the sandbox is up after $(seconds_since "$started"): Kubernetes $(program_module_version kubernetes k8s.io/kubernetes), ${#NODES[@]} nodes"
  say "to use it: eval \"\$(scripts/sandbox env)\""
}

command_down() {
  local started
  started=$(now_us)
  need_root
  take_lock
  if [[ ! -d $STATE ]] && cgroup_empty sandbox && cgroup_empty "$DOCKER_CGROUP" && ! namespace_exists sandbox-lan; then
    say "the sandbox is down"
    return
  fi
  remove_everything
  say "the sandbox is down after $(seconds_since "$started")"
}

# Whatever there is of the sandbox, whole or half.
remove_everything() {
  docker_down
  cgroup_kill sandbox
  cgroup_remove sandbox
  network_down
  node_mount_points_remove
  # The nodes' mounts went with their namespaces; this is for what somebody
  # else may have mounted. The deepest first.
  local mounted
  while read -r mounted; do
    umount --lazy "$mounted"
  done < <(awk -v state="$STATE/" 'index($5, state) == 1 { print $5 }' /proc/self/mountinfo | tac)
  rm -rf --one-file-system "$STATE"
}

part_state() {
  local part=$1 pid
  if pid=$(part_pid "$part"); then
    printf '%-26s %-12s %8s  %s\n' "$part" running "$pid" "$(ps -o lstart= -p "$pid" || true)"
  else
    printf '%-26s %-12s %8s\n' "$part" 'NOT RUNNING' -
  fi
}

command_status() {
  local part
  if [[ ! -d $STATE ]]; then
    echo "the sandbox is down"
    return 1
  fi
  ((UID == 0)) || fail "only root can look into the sandbox"
  printf '%-26s %-12s %8s  %s\n' PART STATE PID SINCE
  for part in "${ALL_PARTS[@]}"; do part_state "$part"; done
  ! part_runs docker/dockerd || part_state docker/dockerd
  echo
  if ! apiserver_ready; then
    echo "the API server does not answer"
    return 1
  fi
  "$STATE/bin/kubectl" --kubeconfig "$ADMIN_KUBECONFIG" get nodes -o wide
  is_up || { echo; echo "the sandbox is not up: scripts/sandbox up starts what is missing"; return 1; }
}

command_env() {
  [[ -e $STATE/up ]] || fail "the sandbox is not up: scripts/sandbox up"
  printf 'export KUBECONFIG=%q\n' "$ADMIN_KUBECONFIG"
  printf 'export PATH=%q:"$PATH"\n' "$STATE/bin"
  printf 'export SANDBOX_REGISTRY=%q\n' "$REGISTRY"
}

command_push() {
  (($# == 1 || $# == 2)) || fail "usage: scripts/sandbox push ARCHIVE [NAME:TAG]"
  [[ -f $1 ]] || fail "no such file: $1"
  registry_ready >/dev/null || fail "the sandbox's registry does not answer: scripts/sandbox up"
  registry_push "$@"
}

command_logs() {
  local part=${1:-} log
  if [[ -z $part ]]; then
    parts
    return
  fi
  [[ $part == */* ]] || part=host/$part
  log=$(part_log "$part")
  [[ -f $log ]] || fail "no log of \"$part\"; there are: $(parts | tr '\n' ' ')"
  if [[ ${2:-} == -f ]]; then
    exec tail -n +1 -F "$log"
  fi
  cat "$log"
}

command_node() {
  local what=${1:-} node=${2:-}
  node=${node#node}
  [[ $what =~ ^(start|stop)$ && " ${NODES[*]} " == *" $node "* && -n $node ]] ||
    fail "usage: scripts/sandbox node start|stop NUMBER (of ${NODES[*]})"
  need_root
  take_lock
  [[ -e $STATE/up ]] || fail "the sandbox is not up: scripts/sandbox up"
  if [[ $what == stop ]]; then
    node_stop "$node"
    say "node$node is stopped, as if its power had gone"
  else
    local kubernetes
    kubernetes=$(ensure_program kubernetes)
    node_start "$node" "$kubernetes"
    node_kubelet_start "$node" "$kubernetes"
    wait_for_part "node$node/kubelet" 90 node_ready "$node"
  fi
}
