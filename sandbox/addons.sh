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

storage_start() {
  mkdir -p "$STATE/volumes"
  start_part host/provisioner "$1/provisioner" --kubeconfig "$ADMIN_KUBECONFIG" --root "$STATE/volumes"
}

storage_class_create() {
  api /apis/storage.k8s.io/v1/storageclasses/standard >/dev/null && return
  api /apis/storage.k8s.io/v1/storageclasses --header 'Content-Type: application/yaml' --data-binary @- >/dev/null <<EOF
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: etcd-deploy.sandbox/local
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
allowVolumeExpansion: false
EOF
}

addons_wait() {
  wait_for_part host/coredns 60 part_healthy http://$HOST_ADDRESS:8181/ready
  wait_for "storage class" 30 storage_class_create
  part_runs host/provisioner || fail "host/provisioner ended; see: scripts/sandbox logs host/provisioner"
}
