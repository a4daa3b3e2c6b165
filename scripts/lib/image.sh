# shellcheck shell=bash
# The action's image. Needs log.sh and DOCKER_HOST.

IMAGE=etcd-deploy:dev

# build_image [FOLDER]: builds FOLDER's git files (default: this checkout's). Layers that did
# not change come from Docker's cache. The context is sent in the form in which act sends
# it, to the builder that act uses: so act, whose builds have no network here, finds the
# layers that were made by this. (Docker's key to a copied file is its header in the
# archive: name, mode, owner's name and size, but no time.)
build_image() {
  local folder=${1:-$root}
  source_files "$folder" |
    tar --directory "$folder" --null --files-from=- --owner=root:0 --group=root:0 --format=ustar --create |
    DOCKER_BUILDKIT=0 /usr/bin/docker build --network=host --force-rm --tag "$IMAGE" -
}

# The files that git knows or would add, separated by NUL; in a folder without git, all.
source_files() {
  if [[ -e $1/.git ]]; then
    git -C "$1" ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
      [[ ! -e $1/$file ]] || printf '%s\0' "$file"
    done
  else
    find "$1" -type f -printf '%P\0'
  fi
}

# Bytes, as a registry would store and send them: its layers, compressed.
image_size_compressed() { /usr/bin/docker save "$IMAGE" | gzip -6 | wc -c; }
image_size() { /usr/bin/docker image inspect --format '{{.Size}}' "$IMAGE"; }
