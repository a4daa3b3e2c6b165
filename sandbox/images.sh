# shellcheck shell=bash
# The images that the registry starts with, made without Docker from what is
# built and installed here anyway. They carry their public names, so that charts
# need no change.
#
#   quay.io/coreos/etcd    etcd, etcdctl, etcdutl in /usr/local/bin and nothing
#                          else: no shell, no tar, like the official ones
#   docker.io/library/busybox   for tests that need a shell
#   registry.k8s.io/pause  what containerd keeps a pod's namespaces with

# image_archive FILE NAME CONFIG ROOT: a docker archive of the folder ROOT.
image_archive() {
  local file=$1 name=$2 config=$3 root=$4 dir
  dir=$(mktemp -d "$file.XXXXXX")
  # Always the same bytes, so always the same digest.
  tar --create --file "$dir/layer.tar" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$root" .
  jq -n --argjson config "$config" --arg id "sha256:$(sha256sum "$dir/layer.tar" | cut -d' ' -f1)" \
    --arg arch "$(dpkg --print-architecture)" \
    '{architecture: $arch, os: "linux", created: "1970-01-01T00:00:00Z", config: $config,
      rootfs: {type: "layers", diff_ids: [$id]}, history: [{created: "1970-01-01T00:00:00Z"}]}' >"$dir/config.json"
  jq -n --arg name "$name" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >"$dir/manifest.json"
  tar --create --file "$file" -C "$dir" manifest.json config.json layer.tar
  rm -rf "$dir"
}

etcd_image() {
  local file=$1 programs=$2 version=$3 root
  root=$(mktemp -d "$file.root.XXXXXX")
  mkdir -p "$root/usr/local/bin" "$root/var/lib/etcd" "$root/var/etcd"
  chmod 0755 "$root"
  chmod 0700 "$root/var/lib/etcd" "$root/var/etcd"
  cp "$programs"/etcd{,ctl,utl} "$root/usr/local/bin/"
  image_archive "$file" "quay.io/coreos/etcd:$version" \
    '{"Entrypoint": null, "Cmd": ["/usr/local/bin/etcd"], "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}' "$root"
  rm -rf "$root"
}

busybox_image() {
  local file=$1 root name
  root=$(mktemp -d "$file.root.XXXXXX")
  chmod 0755 "$root"
  mkdir -p "$root"/{bin,etc,root,var}
  mkdir -m 1777 "$root/tmp"
  cp /bin/busybox "$root/bin/busybox"
  for name in $(/bin/busybox --list); do
    [[ $name == busybox ]] || ln -s busybox "$root/bin/$name"
  done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  image_archive "$file" "$BUSYBOX_IMAGE" '{"Cmd": ["sh"], "Env": ["PATH=/bin"]}' "$root"
  rm -rf "$root"
}

# Nothing is asked of pause but to be there: busybox can do that.
pause_image() {
  local file=$1 root
  root=$(mktemp -d "$file.root.XXXXXX")
  chmod 0755 "$root"
  cp /bin/busybox "$root/busybox"
  image_archive "$file" "$PAUSE_IMAGE" '{"Entrypoint": ["/busybox", "sleep", "2147483647"]}' "$root"
  rm -rf "$root"
}

images_hash() {
  {
    printf '%s\n' "$@" "$PAUSE_IMAGE" "$BUSYBOX_IMAGE" "$(dpkg-query -W -f '${Version}' busybox-static)"
    declare -f etcd_image busybox_image pause_image image_archive
  } | sha256sum | cut -c1-16
}

# Of these there are images. 3.6.10 is the last that is too old to go to 3.7 from.
IMAGES_OF_ETCD=(etcd-3.7 etcd-3.6 etcd-3.6.10)

# Fills an empty registry, and keeps a copy of its files for the next time.
registry_fill_first() {
  local dir=$1 name archive
  for name in "${IMAGES_OF_ETCD[@]}"; do
    etcd_image "$dir/$name.tar" "$(ensure_program "$name")" "$(program_module_version "$name" go.etcd.io/etcd/server/v3)"
  done
  busybox_image "$dir/busybox.tar"
  pause_image "$dir/pause.tar"
  for archive in "$dir"/*.tar; do
    registry_push "$archive"
    rm "$archive"
  done
  cp -a "$STATE/registry/." "$dir/"
}

registry_fill() {
  local programs=() name filled
  [[ ! -e $STATE/registry-filled ]] || return 0
  for name in "${IMAGES_OF_ETCD[@]}"; do programs+=("$(ensure_program "$name")"); done
  filled=$(cached "registry-$(images_hash "${programs[@]}")" "making the images" registry_fill_first)
  cp -a "$filled/." "$STATE/registry/"
  touch "$STATE/registry-filled"
}
