# shellcheck shell=bash
# One bridge for the host and the nodes, in a network namespace of its own, so
# that the host's firewall has no say in what the nodes send one another:
#
#   host: sandbox0 10.98.0.1 ──┐ sandbox-lan: bridge lan
#   sandbox-node1: eth0 10.98.0.11 ──┤
#   sandbox-node2: eth0 10.98.0.12 ──┤
#   sandbox-node3: eth0 10.98.0.13 ──┘
#
# Pods of node N have 10.97.N.x; host and nodes have routes to them. The host
# reaches Services by way of node 1.

HOST_LINK=sandbox0

namespace_exists() { [[ -e /run/netns/$1 ]]; }

network_up() {
  local module
  for module in br_netfilter overlay veth nf_conntrack ip_tables; do
    modprobe --quiet "$module" 2>/dev/null || true # or it is built in
  done
  namespace_exists sandbox-lan || {
    ip netns add sandbox-lan
    ip -n sandbox-lan link add lan type bridge
    ip -n sandbox-lan link set lan up
  }
  [[ -e /sys/class/net/$HOST_LINK ]] || {
    ip link add $HOST_LINK type veth peer name host netns sandbox-lan
    ip -n sandbox-lan link set host master lan up
    ip address add $HOST_ADDRESS/24 dev $HOST_LINK
    ip link set $HOST_LINK up
  }
  local node
  for node in "${NODES[@]}"; do
    ip route replace "$(node_pods "$node").0/24" via "$(node_address "$node")"
  done
  ip route replace $SERVICE_RANGE via "$(node_address 1)"
}

node_network_up() {
  local node=$1 name=sandbox-node$1 other
  namespace_exists "$name" || ip netns add "$name"
  ip -n "$name" link show eth0 >/dev/null 2>&1 ||
    ip -n "$name" link add eth0 type veth peer name "node$node" netns sandbox-lan
  ip -n sandbox-lan link set "node$node" master lan up
  # All of it again each time: somebody may have taken the link down.
  {
    printf '%s\n' "link set lo up" "address replace $(node_address "$node")/24 dev eth0" "link set eth0 up" \
      "route replace default via $HOST_ADDRESS"
    for other in "${NODES[@]}"; do
      [[ $other == "$node" ]] ||
        echo "route replace $(node_pods "$other").0/24 via $(node_address "$other")"
    done
  } | ip -n "$name" -batch -
  nsenter --net="/run/netns/$name" sh -c '
    echo 1 >/proc/sys/net/ipv4/ip_forward
    # So that kube-proxy sees what two pods of this node send each other.
    [ ! -e /proc/sys/net/bridge ] || echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables'
}

# With a namespace go its links, routes and firewall rules.
network_down() {
  local name
  [[ ! -e /sys/class/net/$HOST_LINK ]] || ip link delete $HOST_LINK
  for name in "${NODES[@]/#/sandbox-node}" sandbox-lan; do
    # Without a mount it is but a file, left by a crash of the machine.
    ! namespace_exists "$name" || ip netns delete "$name" || rm -f "/run/netns/$name"
  done
}
