#!/usr/bin/env bash
# Makes the base images of the Dockerfile, under their public names, out of Debian's
# packages and the pinned Go: for machines that reach package registries only. Each is
# made once and stays in Docker's cache; `docker rmi NAME` has it made again.
#
#   eval "$(scripts/sandbox docker env)"; tests/act/base_images.sh
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR/../..
{
  source "$root/scripts/lib/log.sh"
  source "$root/scripts/lib/packages.sh"
  source "$root/scripts/lib/programs.sh"
}
docker=/usr/bin/docker # Debian's, whatever else is in PATH
debian=debian:bookworm-slim
golang=golang:1.27-bookworm

has_image() { "$docker" image inspect "$1" >/dev/null 2>&1; }

make_debian() {
  local tar
  tar=$(mktemp --suffix .tar)
  # The machine's own way to Debian's packages is not copied: mmdebstrap's default is the public one.
  mmdebstrap --variant=minbase --quiet bookworm "$tar"
  "$docker" import --change 'CMD ["bash"]' "$tar" "$debian"
  rm "$tar"
}

make_golang() {
  local context
  context=$(mktemp -d)
  cp -a "$1" "$context/go"
  # minbase has no CA certificates; the machine's own set knows how this machine reaches the Go proxy.
  mkdir "$context/certs"
  cp -L /etc/ssl/certs/ca-certificates.crt "$context/certs/"
  cat >"$context/Dockerfile" <<EOT
FROM $debian
COPY go /usr/local/go
COPY certs /etc/ssl/certs
ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin GOTOOLCHAIN=local
EOT
  "$docker" build --network=host --quiet --tag "$golang" "$context"
  rm -rf "$context"
}

if ! has_image "$debian"; then
  ensure_packages mmdebstrap ca-certificates
  step "making the image $debian" make_debian
fi
if ! has_image "$golang"; then
  goroot=$(ensure_go)
  step "making the image $golang" make_golang "$goroot"
fi
