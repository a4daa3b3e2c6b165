# shellcheck shell=bash
# A Docker daemon of our own (Debian's), for the tests of the action with act.
# Its images and layers are kept in the cache; all else goes with the sandbox.
# Containers use the host's network, as do builds: docker build --network=host.
# The daemon has a mount namespace of its own, so its mounts go when it goes.

DOCKER_SOCKET=$STATE/docker/docker.sock
# Of the containers, beside /sandbox: what yields there, yields to all of the sandbox.
DOCKER_CGROUP=sandbox-containers

docker_ready() { /usr/bin/docker --host "unix://$DOCKER_SOCKET" version; }

docker_up() {
  ensure_packages docker.io
  mkdir -p "$STATE/docker"
  [[ -e $STATE/boot ]] || cat /proc/sys/kernel/random/boot_id >"$STATE/boot"
  cgroup_create sandbox/docker
  cgroup_create $DOCKER_CGROUP
  # Builds are not to be felt by clusters that are being tested meanwhile.
  cgroup_yield $DOCKER_CGROUP
  # With folders of its own for what dockerd and its containerd leave in /run.
  # shellcheck disable=SC2016 # for the inner shell
  start_part docker/dockerd unshare --mount --propagation private sh -euc '
    for dir in /run/docker /run/containerd; do
      mkdir -p "$dir"
      mount -n -t tmpfs docker "$dir"
    done
    exec "$@"' sh \
    /usr/sbin/dockerd --data-root "$(cache_dir)/docker" --exec-root "$STATE/docker/exec" \
    --pidfile "$STATE/docker/docker.pid" --host "unix://$DOCKER_SOCKET" --cgroup-parent /$DOCKER_CGROUP \
    --bridge=none --iptables=false --ip6tables=false
  wait_for_part docker/dockerd 60 docker_ready
}

# Its files are in the cache: it is told to end, and given time to. Containers
# that do not listen to that would take ten seconds.
docker_down() {
  local pid
  if pid=$(part_pid docker/dockerd); then
    /usr/bin/docker --host "unix://$DOCKER_SOCKET" ps --quiet |
      xargs --no-run-if-empty /usr/bin/docker --host "unix://$DOCKER_SOCKET" kill >/dev/null 2>&1 || true
    kill -TERM "$pid"
    wait_for_quietly 15 docker_ended || say "warning: dockerd does not end, and is killed"
  fi
  cgroup_kill sandbox/docker
  cgroup_remove sandbox/docker
  cgroup_kill $DOCKER_CGROUP
  cgroup_remove $DOCKER_CGROUP
  rm -rf "$STATE/docker"
  rmdir /run/docker /run/containerd 2>/dev/null || true
}

docker_ended() { ! part_runs docker/dockerd; }

command_docker() {
  case ${1:-} in
    up)
      need_root
      take_lock
      docker_up
      ;;
    down)
      need_root
      take_lock
      docker_down
      ;;
    env)
      part_runs docker/dockerd || fail "docker does not run: scripts/sandbox docker up"
      printf 'export DOCKER_HOST=%q\n' "unix://$DOCKER_SOCKET"
      ;;
    *) fail "usage: scripts/sandbox docker up|down|env" ;;
  esac
}
