#!/usr/bin/env bash
# The sandbox's own promises, held against a real one: "ok - …" or "not ok - …"
# for each. Ends whatever sandbox runs, and leaves none.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck disable=SC2016 # eval expands what stands in single quotes
set -uo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,3s/^# //p' "$0"
  exit
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
sandbox=$root/scripts/sandbox
work=$(mktemp -d)
failed=0
trap 'rm -rf "$work"' EXIT

# check NAME COMMAND…: the command succeeds.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf 'ok - %s\n' "$name"
  else
    printf 'not ok - %s\n' "$name"
    printf '  # %s\n' "${output//$'\n'/$'\n  # '}"
    failed=$((failed + 1))
  fi
}

# eventually SECONDS COMMAND…: it succeeds within that time.
eventually() {
  local until=$((SECONDS + $1)) output
  shift
  until output=$("$@" 2>&1); do
    ((SECONDS < until)) || {
      printf '%s\n' "$output"
      return 1
    }
    read -rt 0.2 <> <(:)
  done
  return 0
}

# within SECONDS COMMAND…: it succeeds, and takes no longer.
within() {
  local limit=$1 started=$SECONDS
  shift
  "$@" || return
  ((SECONDS - started <= limit)) || {
    echo "took $((SECONDS - started)) s, not $limit s"
    return 1
  }
}

not() { ! "$@"; }

says() {
  local wanted=$1 output
  shift
  output=$("$@" 2>&1)
  grep -qF -- "$wanted" <<<"$output" || {
    printf 'no "%s" in:\n%s\n' "$wanted" "$output"
    return 1
  }
}

# What a sandbox could leave behind. Compared before and after.
traces() {
  ls /run/netns 2>/dev/null
  ip -o link | cut -d: -f2 | cut -d@ -f1
  ip route
  iptables-save 2>/dev/null | grep -v '^#'
  cut -d' ' -f5 /proc/self/mountinfo | sort
  find /sys/fs/cgroup -type d -path '*/sandbox*'
  find /etc/{cni,kubernetes,containerd} /opt /run /var/lib /var/log /usr/libexec -xdev -maxdepth 2 2>/dev/null | sort
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep '^[/]var/lib/etcd-deploy-sandbox'
}

leaves_nothing() { diff "$work/before" <(traces); }

"$sandbox" down 2>/dev/null || exit 1
# Packages stay, with the folders that they bring; and none is to be cut off while it is being installed.
(
  # shellcheck source-path=SCRIPTDIR/../..
  {
    source "$root/scripts/lib/log.sh"
    source "$root/scripts/lib/packages.sh"
    source "$root/sandbox/settings.sh"
  }
  ensure_packages "${SANDBOX_PACKAGES[@]}"
) 2>"$work/packages" || {
  cat "$work/packages" >&2
  exit 1
}
traces >"$work/before"

# An `up` that was cut off: the next one goes on from there.
{ timeout --signal=KILL 3 "$sandbox" up; } 2>/dev/null
check "down after a half-finished up" "$sandbox" down
check "  leaves nothing" leaves_nothing

{
  "$sandbox" up 2>/dev/null
  echo "exit code $?" >"$work/first"
} &
check "a second up waits for the first, and is ready" "$sandbox" up
check "the first up succeeds as well" eventually 5 says "exit code 0" cat "$work/first"
check "up again is a matter of a second" within 1 "$sandbox" up
check "status says that all runs" "$sandbox" status
environment=$("$sandbox" env) || exit 1
eval "$environment"
cp "$KUBECONFIG" "$work/kubeconfig" # for its default namespace is changed here
check "the kubeconfig is for root's eyes only" test "$(stat -c %a "$KUBECONFIG")" = 600
check "kubectl is there" says "Server Version: v1.37.2" kubectl version
check "helm is there" says v4.3.1 helm version
check "etcdctl and etcdutl are there" says "etcdutl version: 3.7.3" eval 'etcdctl version; etcdutl version'
check "act is there" says 0.2.89 act --version
check "logs tells the parts" says node2/kubelet "$sandbox" logs
check "logs shows one" says Kubelet "$sandbox" logs node2/kubelet

# Three servers, one on each node, without root's rights, and with a volume.
kubectl apply -f - >/dev/null <<'EOF'
apiVersion: v1
kind: Namespace
metadata: {name: promises}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: promises}
spec:
  serviceName: web
  replicas: 3
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      securityContext: {runAsUser: 1001, runAsNonRoot: true, fsGroup: 1001}
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}
      containers:
        - name: web
          image: docker.io/library/busybox:1.35
          command: [sh, -c, 'echo "$HOSTNAME" >/data/index.html && echo serving && exec httpd -f -p 8080 -h /data']
          readinessProbe: {httpGet: {port: 8080, path: /}, periodSeconds: 1}
          resources: {requests: {ephemeral-storage: 100Mi}}
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: promises}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: any, namespace: promises}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
EOF
export KUBECONFIG=$work/kubeconfig
kubectl config set-context --current --namespace promises >/dev/null
kubectl run missing --image=quay.io/nobody/nothing:v1 >/dev/null
kubectl run etcd --image=quay.io/coreos/etcd:v3.6.16 >/dev/null

check "pods that ask for ephemeral storage run, and write as fsGroup" kubectl rollout status statefulset/web --timeout=60s
check "there is one on each node" says "node1 node2 node3" eval \
  'kubectl get pods -l app=web -o jsonpath="{.items[*].spec.nodeName}" | tr " " "\n" | sort | paste -sd" "'
check "exec" says web-1 kubectl exec web-1 -- hostname
check "logs" says serving kubectl logs web-2
for pod in web-0 web-1 web-2; do
  for other in web-0 web-1 web-2; do
    check "$pod finds $other by its name" says "$other" \
      kubectl exec "$pod" -- timeout 3 wget -qO- "http://$other.web.promises.svc.cluster.local:8080"
  done
  check "$pod reaches the Service" says web- kubectl exec "$pod" -- timeout 3 wget -qO- http://any
done
check "no such name is known at once" within 1 not kubectl exec web-0 -- nslookup nothing.promises.svc.cluster.local
check "a pod's address can be reached from the host" says web-1 \
  curl -s --max-time 3 --noproxy '*' "http://$(kubectl get pod web-1 -o jsonpath='{.status.podIP}'):8080"
check "a Service's address can, too" says web- \
  curl -s --max-time 3 --noproxy '*' "http://$(kubectl get service any -o jsonpath='{.spec.clusterIP}')"
# The port is the kernel's choice, and read from what kubectl says.
kubectl port-forward service/any :80 >"$work/forward" 2>&1 &
forward=$!
forwarded() { curl -s --max-time 3 --noproxy '*' "http://$(grep -om1 '127.0.0.1:[0-9]*' "$work/forward")"; }
check "port-forward" eventually 5 says web- forwarded
kill "$forward"
check "a missing image is not found at once" eventually 5 says "not found" \
  kubectl get pod missing -o jsonpath='{.status.containerStatuses[0].state.waiting.message}'
check "the etcd image runs" kubectl wait --for=condition=Ready pod/etcd --timeout=30s
check "  and has etcdctl" says "etcdctl version: 3.6.16" kubectl exec etcd -- etcdctl version
check "  but no shell" not kubectl exec etcd -- sh -c true
check "  and no tar" not kubectl exec etcd -- tar --version
volume_used() {
  kubectl get --raw "/api/v1/nodes/$(kubectl get pod web-0 -o jsonpath='{.spec.nodeName}')/proxy/stats/summary" |
    jq -e '.pods[].volume[]? | select(.pvcRef.name == "data-web-0").usedBytes'
}
check "the kubelet tells how full a volume is" eventually 30 volume_used

volume=$(kubectl get pv "$(kubectl get pvc data-web-2 -o jsonpath='{.spec.volumeName}')" -o jsonpath='{.spec.local.path}')
check "the data is in its volume" says web-2 cat "$volume/index.html"
kubectl scale statefulset web --replicas=2 >/dev/null
kubectl delete pvc data-web-2 --wait=false >/dev/null
check "deleting the claim deletes the data" eventually 60 not test -e "$volume"

# An image and a chart of our own.
mkdir -p "$work/image/bin" "$work/chart/templates"
echo '{"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/busybox", "sleep", "1000"]}, "rootfs": {"type": "layers", "diff_ids": ["sha256:SUM"]}}' >"$work/config.json"
cp /bin/busybox "$work/image/bin/"
tar -cf "$work/layer.tar" -C "$work/image" .
sed -i "s/SUM/$(sha256sum "$work/layer.tar" | cut -d' ' -f1)/" "$work/config.json"
echo '[{"Config": "config.json", "RepoTags": ["ghcr.io/some/body:v1"], "Layers": ["layer.tar"]}]' >"$work/manifest.json"
tar -cf "$work/image.tar" -C "$work" manifest.json config.json layer.tar
check "push takes an image archive" says ghcr.io/some/body:v1 "$sandbox" push "$work/image.tar"
check "push takes another name for it" says other:v2 "$sandbox" push "$work/image.tar" other:v2
check "push refuses what is no image" says "no image archive" "$sandbox" push "$work/layer.tar"
kubectl run body --image=ghcr.io/some/body:v1 >/dev/null
check "what was pushed runs under its name" kubectl wait --for=condition=Ready pod/body --timeout=30s
printf 'apiVersion: v2\nname: tiny\nversion: 1.0.0\n' >"$work/chart/Chart.yaml"
check "a chart can be pushed" eval \
  'helm package "$work/chart" -d "$work" && helm push --plain-http "$work/tiny-1.0.0.tgz" "oci://$SANDBOX_REGISTRY/charts"'
check "  and pulled" helm pull --plain-http "oci://$SANDBOX_REGISTRY/charts/tiny" --version 1.0.0 -d "$work/image"

# Reset, with what is in its way: finalizers nobody takes care of, a webhook
# nobody answers, a node out of service, things without a namespace.
kubectl apply -f - >/dev/null <<'EOF'
apiVersion: v1
kind: ConfigMap
metadata: {name: stuck, namespace: promises, finalizers: [example.com/never]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: left, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: left}
rules: []
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {plural: things, singular: thing, kind: Thing}
  versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: left}
webhooks:
  - name: left.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    clientConfig: {service: {namespace: promises, name: nobody}}
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [DELETE], resources: [configmaps]}]
EOF
kubectl wait --for=condition=Established crd/things.example.com --timeout=10s >/dev/null
printf 'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: stuck, finalizers: [example.com/never]}\n' | kubectl apply -f - >/dev/null
kubectl cordon node2 >/dev/null
kubectl taint node node3 left=here:NoSchedule >/dev/null
check "reset takes at most 15 s" within 15 "$sandbox" reset
check "  no namespace is left" says "default kube-node-lease kube-public kube-system" \
  kubectl get namespaces -o jsonpath='{.items[*].metadata.name}'
check "  nor a volume" not eval 'kubectl get pv -o name | grep .'
check "  nor its data" not eval 'ls "${volume%/*}" | grep .'
for object in configmap/left clusterrole/left crd/things.example.com validatingwebhookconfiguration/left; do
  check "  nor $object" not kubectl get --namespace default "$object"
done
check "  all nodes are in service" not eval "kubectl get nodes -o json | jq -e '.items[].spec | select(.unschedulable or .taints)'"
check "  the cluster works" kubectl auth can-i create pods

check "node stop cuts the power of a node" "$sandbox" node stop 2
check "  status tells" not "$sandbox" status
check "node start brings it back" "$sandbox" node start 2
check "  status tells" "$sandbox" status

check "down takes at most 10 s" within 10 "$sandbox" down
check "  and leaves nothing" leaves_nothing
check "down again is no error" "$sandbox" down
exit $((failed > 0))
