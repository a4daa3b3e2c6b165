# shellcheck shell=bash
# The cluster's certificates and kubeconfigs, in $STATE/pki.

# certificate NAME SUBJECT [subjectAltName]: signed by the cluster's CA.
certificate() {
  local name=$1 subject=$2 names=${3:-DNS:$1}
  openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 365 \
    -CA ca.crt -CAkey ca.key -subj "$subject" -addext "subjectAltName=$names" \
    -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=clientAuth,serverAuth \
    -keyout "$name.key" -out "$name.crt" 2>/dev/null
}

# kubeconfig NAME: one with the certificate of that name inside.
kubeconfig() {
  local name=$1
  cat >"$name.kubeconfig" <<EOF
apiVersion: v1
kind: Config
clusters:
- name: sandbox
  cluster:
    server: $API_SERVER
    certificate-authority-data: $(base64 -w0 ca.crt)
users:
- name: $name
  user:
    client-certificate-data: $(base64 -w0 "$name.crt")
    client-key-data: $(base64 -w0 "$name.key")
contexts:
- name: sandbox
  context: {cluster: sandbox, user: $name}
current-context: sandbox
EOF
}

certificates_create() {
  [[ ! -d $STATE/pki ]] || return 0
  (
    umask 077
    rm -rf "$STATE/pki.new"
    mkdir -p "$STATE/pki.new"
    cd "$STATE/pki.new"
    openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 365 \
      -subj /CN=sandbox-ca -addext keyUsage=critical,keyCertSign,cRLSign \
      -keyout ca.key -out ca.crt 2>/dev/null
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out service-accounts.key 2>/dev/null
    openssl pkey -in service-accounts.key -pubout -out service-accounts.pub
    certificate apiserver /CN=kube-apiserver \
      "IP:$HOST_ADDRESS,IP:127.0.0.1,IP:$FIRST_SERVICE_ADDRESS,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
    certificate apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
    certificate admin /O=system:masters/CN=admin
    # Otherwise it would need a service account for each of its controllers,
    # which takes seconds to set up.
    certificate controller-manager /O=system:masters/CN=system:kube-controller-manager
    certificate scheduler /CN=system:kube-scheduler
    certificate kube-proxy /CN=system:kube-proxy
    local node name
    for node in "${NODES[@]}"; do
      certificate "node$node" "/O=system:nodes/CN=system:node:node$node" "DNS:node$node,IP:$(node_address "$node")"
    done
    for name in admin controller-manager scheduler kube-proxy "${NODES[@]/#/node}"; do
      kubeconfig "$name"
    done
    cp admin.kubeconfig "$ADMIN_KUBECONFIG"
    mv "$STATE/pki.new" "$STATE/pki"
  )
}

# api PATH [curl options]: asks the API server, as its admin.
api() {
  local path=$1
  shift
  curl --silent --fail --max-time 5 --noproxy '*' --cacert "$STATE/pki/ca.crt" \
    --cert "$STATE/pki/admin.crt" --key "$STATE/pki/admin.key" "$API_SERVER$path" "$@"
}
