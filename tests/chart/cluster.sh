# shellcheck shell=bash
# shellcheck disable=SC2034 # some variables are for those who source this
# What the tests on a real cluster share, their command line too. Needs ns:
: "${ns:?}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
chart=$root/charts/etcd
values=$root/deployments/etcd/values.yaml
keep=false
case "${1:-}" in
  "") ;;
  --keep) keep=true ;;
  -h | --help)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
    exit 0
    ;;
  *)
    echo "$0: unknown argument $1 (see --help)" >&2
    exit 2
    ;;
esac
work=$(mktemp -d)

passed=0
failed=0

# check NAME COMMAND…
check() {
  local name=$1 start=$EPOCHREALTIME
  shift
  if "$@" >"$work/output" 2>&1; then
    echo "ok - $name ($(seconds_since "$start") s)"
    passed=$((passed + 1))
  else
    sed 's/^/    /' "$work/output"
    echo "not ok - $name"
    failed=$((failed + 1))
  fi
}
seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'; }

k() { kubectl -n "$ns" "$@"; }
deploy() { helm upgrade --install etcd "$@" -n "$ns" --create-namespace --reset-values --wait=watcher --timeout 3m; }
# helm does not wait for the pods. While one is still ending Kubernetes tries in vain to make another of its name, at
# ever longer intervals: minutes in the end.
uninstall() {
  helm uninstall etcd -n "$ns" --wait >/dev/null
  k wait --for=delete pod -l app.kubernetes.io/name=etcd --timeout=120s >/dev/null
}
etcdctl() { k exec etcd-0 -- etcdctl "$@"; }
pods() { k get pods -l app.kubernetes.io/name=etcd -o jsonpath="{range .items[*]}$1 {end}"; }
volumes() { k get pvc -o jsonpath='{range .items[*]}{.metadata.name}={.spec.volumeName} {end}'; }
# IDs and names of the members.
members() { etcdctl member list -w simple | awk -F', ' '{ print $1, $3 }' | sort; }
equal() { [[ $1 == "$2" ]] || { printf 'expected: %s\nactual:   %s\n' "$2" "$1"; return 1; }; }
healthy() { etcdctl endpoint health --cluster -w table; }
