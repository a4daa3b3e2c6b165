# shellcheck shell=bash
# The registry (Debian's docker-registry), on the host, which every node asks
# for every image, whatever the image's name says; and what is pushed to it.

registry_configure() {
  mkdir -p "$STATE/registry"
  cat >"$STATE/registry.yaml" <<EOF
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $STATE/registry}
  delete: {enabled: true}
http: {addr: $REGISTRY}
EOF
}

registry_start() {
  registry_configure
  start_part host/registry /usr/bin/docker-registry serve "$STATE/registry.yaml"
}

registry_ready() { curl --silent --fail --max-time 2 --noproxy '*' "http://$REGISTRY/v2/"; }

# registry_path NAME: where the image called NAME is to be: without the
# registry's name, which a mirror is not asked for, and with Docker's defaults.
#   quay.io/coreos/etcd:v3.7.3 -> coreos/etcd:v3.7.3;  busybox -> library/busybox:latest
registry_path() {
  local name=$1 first=${1%%/*}
  if [[ $name != */* ]]; then
    name=library/$name
  elif [[ $first == *[.:]* || $first == localhost ]]; then
    name=${name#*/}
  fi
  [[ ${name##*/} == *:* ]] || name=$name:latest
  printf '%s' "$name"
}

# The name an archive gives its image, if it gives one.
archive_image_name() {
  local archive=$1
  if archive_has "$archive" manifest.json; then
    tar -xOf "$archive" manifest.json | jq -r '.[0].RepoTags[0] // empty'
  else
    tar -xOf "$archive" index.json | jq -r '.manifests[0].annotations // {}
      | .["io.containerd.image.name"] // .["org.opencontainers.image.ref.name"] // empty'
  fi
}

archive_has() { tar -tf "$1" "$2" >/dev/null 2>&1; }

# registry_push ARCHIVE [NAME]: prints the name for use in a pod.
registry_push() {
  local archive=$1 name=${2:-} transport
  if archive_has "$archive" manifest.json; then
    transport=docker-archive
  elif archive_has "$archive" index.json; then
    transport=oci-archive
  else
    fail "$archive is no image archive: neither manifest.json (docker save) nor index.json (OCI) is in it"
  fi
  name=${name:-$(archive_image_name "$archive")}
  [[ -n $name ]] || fail "$archive does not tell its image's name; say it: scripts/sandbox push $archive NAME:TAG"
  skopeo --insecure-policy copy --quiet --dest-tls-verify=false \
    "$transport:$archive" "docker://$REGISTRY/$(registry_path "$name")" >&2
  printf '%s\n' "$name"
}
