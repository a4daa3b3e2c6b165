# shellcheck shell=bash
# etcd, kube-apiserver, kube-controller-manager and kube-scheduler, on the host.

control_plane_start() {
  local etcd=$1 kubernetes=$2 pki=$STATE/pki
  mkdir -p -m 0700 "$STATE/etcd"

  # Nothing here must survive a crash of the machine: no fsync.
  start_part host/etcd "$etcd/etcd" --name sandbox --data-dir "$STATE/etcd" --unsafe-no-fsync \
    --listen-client-urls $ETCD_CLIENT --advertise-client-urls $ETCD_CLIENT \
    --listen-peer-urls $ETCD_PEER --initial-advertise-peer-urls $ETCD_PEER \
    --initial-cluster sandbox=$ETCD_PEER --log-level warn

  # Aggregator routing: webhooks are called at their pods' addresses, as there
  # is no kube-proxy on the host.
  start_part host/apiserver "$kubernetes/kube-apiserver" \
    --etcd-servers=$ETCD_CLIENT \
    --bind-address=$HOST_ADDRESS --advertise-address=$HOST_ADDRESS --secure-port=6443 \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
    --client-ca-file="$pki/ca.crt" \
    --kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --kubelet-client-certificate="$pki/apiserver-kubelet-client.crt" \
    --kubelet-client-key="$pki/apiserver-kubelet-client.key" \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$pki/service-accounts.pub" \
    --service-account-signing-key-file="$pki/service-accounts.key" \
    --service-cluster-ip-range=$SERVICE_RANGE \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --enable-aggregator-routing=true --allow-privileged=true
}

apiserver_ready() { [[ $(api /readyz) == ok ]]; }

# They give up if there is no API server for ten seconds.
controllers_start() {
  local kubernetes=$1 pki=$STATE/pki
  wait_for_part host/apiserver 60 apiserver_ready
  start_part host/controller-manager "$kubernetes/kube-controller-manager" \
    --kubeconfig="$pki/controller-manager.kubeconfig" --bind-address=$HOST_ADDRESS \
    --leader-elect=false --root-ca-file="$pki/ca.crt" \
    --service-account-private-key-file="$pki/service-accounts.key" \
    --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key"

  start_part host/scheduler "$kubernetes/kube-scheduler" \
    --kubeconfig="$pki/scheduler.kubeconfig" --bind-address=$HOST_ADDRESS --leader-elect=false
}

# Pods can be made only when their namespace has its service account.
default_service_account_exists() { api /api/v1/namespaces/default/serviceaccounts/default; }

part_healthy() { curl --silent --fail --insecure --max-time 2 --noproxy '*' "$1"; }

controllers_wait() {
  wait_for_part host/controller-manager 60 default_service_account_exists
  wait_for_part host/scheduler 60 part_healthy https://$HOST_ADDRESS:10259/healthz
}
