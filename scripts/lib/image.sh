# shellcheck shell=bash
# The action's image. Needs log.sh and DOCKER_HOST.

IMAGE=etcd-deploy:dev

# Layers that did not change come from Docker's cache.
build_image() {
  # The builder that act uses, too: the two share their layers.
  DOCKER_BUILDKIT=0 /usr/bin/docker build --network=host --tag "$IMAGE" "${1:-.}"
}

# Bytes, as a registry would store and send them: its layers, compressed.
image_size_compressed() { /usr/bin/docker save "$IMAGE" | gzip -6 | wc -c; }
image_size() { /usr/bin/docker image inspect --format '{{.Size}}' "$IMAGE"; }
