# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the other files
# Where things are, and what they are called.

STATE=/var/lib/etcd-deploy-sandbox # all that the sandbox keeps while it runs
ADMIN_KUBECONFIG=$STATE/admin.kubeconfig

# The network: the host and the nodes on one bridge, a pod range for each node.
NODES=(1 2 3)
HOST_ADDRESS=10.98.0.1
node_address() { printf '10.98.0.1%s' "$1"; }
node_pods() { printf '10.97.%s' "$1"; } # and .0/24
POD_RANGE=10.97.0.0/16
SERVICE_RANGE=10.96.0.0/16
FIRST_SERVICE_ADDRESS=10.96.0.1 # that of the API server, by Kubernetes' rule

API_SERVER=https://$HOST_ADDRESS:6443
REGISTRY=$HOST_ADDRESS:5000
# Not the usual ports: they are left to whoever forwards a port to 2379.
ETCD_CLIENT=http://127.0.0.1:23790
ETCD_PEER=http://127.0.0.1:23800

PAUSE_IMAGE=registry.k8s.io/pause:3.10.2
BUSYBOX_IMAGE=docker.io/library/busybox:1.35

SANDBOX_PACKAGES=(
  busybox-static ca-certificates conntrack containerd containernetworking-plugins
  curl docker-registry iproute2 iptables jq kmod openssl procps runc skopeo tar util-linux
)
