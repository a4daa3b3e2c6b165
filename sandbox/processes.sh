# shellcheck shell=bash
# The sandbox's processes. Every one of them, and every process they start,
# lives in a cgroup below /sandbox or /sandbox-containers (of the `pids` hierarchy, or of the
# unified one where there is but that): what is in there is ours, and nothing else is.
#
#   /sandbox/host/services     control plane, registry, CoreDNS, …
#   /sandbox/node1/services    the node's containerd, its shims, kubelet, …
#   /sandbox/node1/kubepods    the node's pods (made by its kubelet)
#   /sandbox-containers        those of Docker, for act
#
# A part is called host/apiserver, node1/kubelet and so on; its id and start
# time are kept in $STATE/pids, its output in $STATE/logs.

CGROUPS=/sys/fs/cgroup

# The roots of all cgroup hierarchies, the tracking one first.
cgroup_roots() {
  if [[ -f $CGROUPS/cgroup.controllers ]]; then
    printf '%s\n' $CGROUPS
    return
  fi
  printf '%s\n' $CGROUPS/pids
  awk -v first=$CGROUPS/pids '($3 == "cgroup" || $3 == "cgroup2") && $2 != first { print $2 }' /proc/mounts
}

tracking_root() { cgroup_roots | head -n 1; }

# cgroup_create PATH: makes /sandbox/… in every hierarchy.
cgroup_create() {
  local root dir part controller
  for root in $(cgroup_roots); do
    dir=$root
    for part in ${1//\// }; do
      if [[ -f $dir/cgroup.controllers ]]; then
        for controller in $(<"$dir/cgroup.controllers"); do
          echo "+$controller" >"$dir/cgroup.subtree_control" || true
        done 2>/dev/null
      fi
      mkdir -p "$dir/$part"
      # A new cpuset is empty, and no process can live in it.
      if [[ ! -f $dir/cgroup.controllers && -f $dir/$part/cpuset.cpus && -z $(<"$dir/$part/cpuset.cpus") ]]; then
        cat "$dir/cpuset.cpus" >"$dir/$part/cpuset.cpus"
        cat "$dir/cpuset.mems" >"$dir/$part/cpuset.mems"
      fi
      dir=$dir/$part
    done
  done
}

# cgroup_yield PATH: what lives there runs only while nobody beside it wants the processor. Older kernels cannot: it
# then shares as the others do.
cgroup_yield() {
  local root
  for root in $(cgroup_roots); do
    [[ ! -e $root/$1/cpu.idle ]] || echo 1 2>/dev/null >"$root/$1/cpu.idle" || true
  done
}

# The ids of the processes in /sandbox or in the part of it that is named.
cgroup_processes() {
  local dir
  dir=$(tracking_root)/$1
  [[ -d $dir ]] || return 0
  find "$dir" -name cgroup.procs -exec cat {} + 2>/dev/null || true
}

cgroup_empty() { [[ -z $(cgroup_processes "$1") ]]; }

# cgroup_kill PATH: ends whatever lives there, now.
cgroup_kill() {
  local ids limit=$((SECONDS + 10))
  while ids=$(cgroup_processes "$1") && [[ -n $ids ]]; do
    # shellcheck disable=SC2086 # a list of ids
    kill -KILL $ids 2>/dev/null || true
    ((SECONDS < limit)) || fail "these processes do not end: ${ids//$'\n'/ }"
    pause 0.05
  done
}

cgroup_remove() {
  local root limit=$((SECONDS + 5))
  for root in $(cgroup_roots); do
    while [[ -d $root/$1 ]] && ! find "$root/$1" -depth -type d -exec rmdir {} + 2>/dev/null; do
      ((SECONDS < limit)) || { say "warning: cgroup $root/$1 cannot be removed"; break; }
      pause 0.05
    done
  done
}

# A number that tells this process from a later one with the same id.
process_birth() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The second field, the name in parentheses, may hold blanks.
  # shellcheck disable=SC2086 # to split it
  set -- ${stat##*) }
  [[ $1 != Z ]] || return 1
  printf '%s %s' "$(</proc/sys/kernel/random/boot_id)" "${20}"
}

pid_file() { printf '%s/pids/%s' "$STATE" "${1//\//.}"; }

# Prints the id of a part, or fails if it does not run.
part_pid() {
  local pid birth
  { read -r pid && read -r birth; } 2>/dev/null <"$(pid_file "$1")" || return 1
  [[ -n $birth && $(process_birth "$pid") == "$birth" ]] || return 1
  printf '%s' "$pid"
}

part_runs() { part_pid "$1" >/dev/null; }

part_log() { printf '%s/logs/%s.log' "$STATE" "$1"; }

# All parts that were ever started, in the order of their start.
parts() {
  [[ -d $STATE/pids ]] || return 0
  local file
  # shellcheck disable=SC2012 # our own names, without blanks
  # shellcheck disable=SC2045 # names of our own, in order of time
  for file in $(ls -tr "$STATE/pids"); do printf '%s\n' "${file/.//}"; done
}

# start_part NAME COMMAND…: unless it runs already. Nothing of the caller's
# environment or open files goes along.
start_part() {
  local name=$1 group=${1%%/*} log pid
  shift
  ! part_runs "$name" || return 0
  log=$(part_log "$name")
  mkdir -p "$STATE/pids" "${log%/*}" "$(tracking_root)/sandbox/$group/services"
  (
    echo "$BASHPID" >"$(tracking_root)/sandbox/$group/services/cgroup.procs"
    exec </dev/null >>"$log" 2>&1
    local fd
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      ((fd <= 2)) || eval "exec $fd>&-"
    done
    cd /
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$STATE" setsid "$@"
  ) &
  pid=$!
  disown "$pid"
  printf '%s\n%s\n' "$pid" "$(process_birth "$pid")" >"$(pid_file "$name")"
}

part_ready() {
  part_runs "$1" || return "$HOPELESS"
  "${@:2}"
}

# wait_for_part NAME SECONDS COMMAND…: until COMMAND succeeds; if the part dies
# or the time is over, shows the end of its log.
wait_for_part() {
  local name=$1 limit=$2
  shift 2
  ! wait_for "$name" "$limit" part_ready "$name" "$@" || return 0
  part_runs "$name" || say "    it has ended"
  say "    the end of its log (all of it: scripts/sandbox logs $name):"
  tail -n 15 "$(part_log "$name")" | sed 's/^/    /' >&2
  exit 1
}
