# shellcheck shell=bash
# A node: a network namespace (network.sh), a mount and host name namespace, and
# in them containerd, kubelet and kube-proxy. In its mount namespace a node has
# its own /run, /var/lib/kubelet, /var/lib/cni and /var/log/{pods,containers},
# and what it mounts is seen nowhere else and goes when its processes go.
#
# The part nodeN/namespaces keeps the namespaces; the others are started in them
# with nsenter. Not with `ip netns exec`, which would make another mount
# namespace for each, without the cgroup hierarchies: containerd would not see
# what kubelet mounts.

# On the machine these are but empty mount points.
NODE_MOUNT_POINTS=(/var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers)

node_directory() { printf '%s/node%s' "$STATE" "$1"; }

# node_run N COMMAND…: runs it inside of the node.
node_run() {
  local pid
  pid=$(part_pid "node$1/namespaces") || fail "node$1 does not run"
  shift
  nsenter --target "$pid" --mount --uts --net -- "$@"
}

node_start() {
  local node=$1 kubernetes=$2
  node_configure "$node"
  node_network_up "$node"
  cgroup_create "sandbox/node$node"
  node_namespaces_start "$node"
  node_start_part "$node" containerd /usr/bin/containerd --config "$(node_directory "$node")/containerd.toml"
  node_start_part "$node" kube-proxy "$kubernetes/kube-proxy" --config="$(node_directory "$node")/kube-proxy.yaml"
}

# A kubelet without its containerd gives up.
node_kubelet_start() {
  local node=$1 kubernetes=$2
  part_runs "node$node/kubelet" ||
    wait_for_part "node$node/containerd" 30 node_run "$node" ctr version
  node_start_part "$node" kubelet "$kubernetes/kubelet" \
    --config="$(node_directory "$node")/kubelet.yaml" --kubeconfig="$STATE/pki/node$node.kubeconfig" \
    --hostname-override="node$node" --node-ip="$(node_address "$node")" \
    --node-labels="topology.kubernetes.io/region=sandbox,topology.kubernetes.io/zone=zone$node"
}

# node_start_part N PART COMMAND…
node_start_part() {
  local node=$1 part=$2 pid
  shift 2
  pid=$(part_pid "node$node/namespaces") || fail "node$node has lost its namespaces"
  start_part "node$node/$part" nsenter --target "$pid" --mount --uts --net -- "$@"
}

node_namespaces_start() {
  local node=$1 dir point
  dir=$(node_directory "$node")
  ! part_runs "node$node/namespaces" || return 0
  # What may still run does so in namespaces that nobody can enter any more.
  node_stop "$node"
  for point in "${NODE_MOUNT_POINTS[@]}"; do
    [[ -d $point ]] || {
      mkdir -p "$point"
      echo "$point" >>"$STATE/mount-points-made"
    }
    mkdir -p "$dir/disk$point"
  done
  # shellcheck disable=SC2016 # for the inner shell
  start_part "node$node/namespaces" nsenter --net="/run/netns/sandbox-node$node" \
    unshare --mount --uts --propagation private bash -euc '
      dir=$1 name=$2
      shift 2
      mount -n -t tmpfs -o mode=0755 run /run
      mkdir /run/lock
      for point; do mount -n --bind "$dir/disk$point" "$point"; done
      mount -n --make-rshared /
      hostname "$name"
      touch /run/ready
      exec sleep infinity' node "$dir" "node$node" "${NODE_MOUNT_POINTS[@]}"
  wait_for_quietly 10 node_run "$node" test -e /run/ready || fail "node$node: its namespaces cannot be made; see $(part_log "node$node/namespaces")"
}

node_configure() {
  local node=$1 dir
  dir=$(node_directory "$node")
  mkdir -p "$dir/cni" "$dir/registries/_default"

  # Whatever the registry's name is in an image's name, ours is asked, and only
  # ours: an image that is not there is "not found" at once.
  cat >"$dir/registries/_default/hosts.toml" <<EOF
server = "http://$REGISTRY"
[host."http://$REGISTRY"]
  capabilities = ["pull", "resolve"]
EOF

  # restrict_oom_score_adj: where root lacks CAP_SYS_RESOURCE, runc fails without.
  cat >"$dir/containerd.toml" <<EOF
version = 2
disabled_plugins = ["io.containerd.internal.v1.opt"] # it would make /opt/containerd
root = "$dir/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE_IMAGE"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$dir/registries"
EOF

  cat >"$dir/cni/sandbox.conflist" <<EOF
{"cniVersion": "0.4.0", "name": "sandbox", "plugins": [
  {"type": "bridge", "bridge": "pods", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$(node_pods "$node").0/24"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}
]}
EOF

  # failCgroupV1: the machine may have the first version of cgroups.
  # evictionHard, imageGC…: however full the machine's disk is.
  cat >"$dir/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $STATE/pki/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $STATE/pki/node$node.crt
tlsPrivateKeyFile: $STATE/pki/node$node.key
clusterDNS: [$HOST_ADDRESS]
clusterDomain: cluster.local
resolvConf: /dev/null
cgroupDriver: cgroupfs
cgroupRoot: /sandbox/node$node
failCgroupV1: false
failSwapOn: false
evictionHard: {}
imageGCHighThresholdPercent: 100
serializeImagePulls: false
volumePluginDir: $dir/volume-plugins
volumeStatsAggPeriod: 10s
EOF

  cat >"$dir/kube-proxy.yaml" <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $STATE/pki/kube-proxy.kubeconfig}
hostnameOverride: node$node
mode: iptables
clusterCIDR: $POD_RANGE
conntrack: {maxPerCore: 0, min: 0}
EOF
}

node_ready() {
  [[ $(api "/api/v1/nodes/node$1" | jq -r '.status.conditions[] | select(.type == "Ready").status') == True ]]
}

nodes_wait() {
  local node
  for node in "${NODES[@]}"; do
    wait_for_part "node$node/kubelet" 90 node_ready "$node"
    wait_for_part "node$node/kube-proxy" 60 part_healthy "http://$(node_address "$node"):10256/healthz"
  done
}

# As if its power went: nothing is told to anybody.
node_stop() {
  cgroup_kill "sandbox/node$1"
}

node_mount_points_remove() {
  [[ -f $STATE/mount-points-made ]] || return 0
  local point
  while read -r point; do
    rmdir "$point" 2>/dev/null || true
  done <"$STATE/mount-points-made"
}
