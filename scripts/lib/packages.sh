# shellcheck shell=bash
# Debian packages. Needs log.sh.

# The packages of the list that are not installed.
missing_packages() {
  local installed package
  installed=" $(dpkg-query -W -f '${db:Status-Abbrev}${binary:Package} ' "$@" 2>/dev/null || true) "
  for package in "$@"; do
    # "ii name" or, for multi-arch packages, "ii name:amd64"
    [[ $installed =~ ii\ "$package"[:\ ] ]] || printf '%s\n' "$package"
  done
}

# Keeps the packages' services from being started: ours are started by our own
# scripts, with our own settings.
without_services() {
  local policy=/usr/sbin/policy-rc.d mark='# etcd-deploy: for as long as packages are installed'
  if [[ -e $policy ]] && ! grep -qxF "$mark" "$policy"; then
    "$@"
    return
  fi
  local status=0
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod +x "$policy"
  "$@" || status=$?
  rm -f "$policy"
  return "$status"
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  if ! without_services apt-get install -y --no-install-recommends "$@"; then
    # The lists are missing or too old.
    apt-get update
    without_services apt-get install -y --no-install-recommends "$@"
  fi
}

# ensure_packages NAME…: installs those that are not there (as root).
ensure_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  ((UID == 0)) || fail "these Debian packages are missing: ${missing[*]} (run: apt-get install ${missing[*]})"
  # Two scripts at once: the second waits here, and finds them installed.
  mkdir -p /run/lock
  exec {packages_lock}>/run/lock/etcd-deploy-packages.lock
  flock "$packages_lock"
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) || step "installing packages: ${missing[*]}" apt_install "${missing[@]}"
  mkdir -p /run/lock
  exec {packages_lock}>&-
}
