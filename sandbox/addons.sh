# shellcheck shell=bash
# What a cluster has besides Kubernetes itself: names (CoreDNS) and volumes.

coredns_start() {
  # ttl and cache as kubeadm sets them: answers about the cluster are not
  # cached, not even that there is none.
  cat >"$STATE/Corefile" <<EOF
. {
  bind $HOST_ADDRESS
  errors
  health $HOST_ADDRESS:8080
  ready $HOST_ADDRESS:8181
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $ADMIN_KUBECONFIG
    pods insecure
    ttl 30
  }
  cache 30 {
    disable success cluster.local
    disable denial cluster.local
  }
}
EOF
  start_part host/coredns "$1/coredns" -conf "$STATE/Corefile"
}

# Where the volumes of the class "memory" are. Nodes see it when they are started afterwards.
storage_prepare() {
  mkdir -p "$STATE/volumes" "$STATE/volumes-in-memory"
  mountpoint -q "$STATE/volumes-in-memory" ||
    mount -n -t tmpfs -o mode=0755 etcd-deploy "$STATE/volumes-in-memory"
}

storage_start() {
  start_part host/provisioner "$1/provisioner" --kubeconfig "$ADMIN_KUBECONFIG" \
    "local=$STATE/volumes" "memory=$STATE/volumes-in-memory"
}

# storage_class NAME PROVISIONER IS_DEFAULT
storage_class() {
  api "/apis/storage.k8s.io/v1/storageclasses/$1" >/dev/null && return
  api /apis/storage.k8s.io/v1/storageclasses --header 'Content-Type: application/yaml' --data-binary @- >/dev/null <<EOF
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: $1
  annotations: {storageclass.kubernetes.io/is-default-class: "$3"}
provisioner: etcd-deploy.sandbox/$2
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
allowVolumeExpansion: false
EOF
}
# Members of etcd wait for their disks, and here all disks are one: "memory" is for measuring what is not the disk's.
storage_classes_create() { storage_class standard local true && storage_class memory memory false; }

addons_wait() {
  wait_for_part host/coredns 60 part_healthy http://$HOST_ADDRESS:8181/ready
  wait_for "storage classes" 30 storage_classes_create
  part_runs host/provisioner || fail "host/provisioner ended; see: scripts/sandbox logs host/provisioner"
}
