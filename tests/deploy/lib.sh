# shellcheck shell=bash
# What the tests of the built program on the sandbox share: the program, which is the
# caller's first argument, and a folder of the test's own, which the caller removes.
# shellcheck disable=SC2034 # used by them

program=$(realpath "${1:?the program to test}")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
values=$root/deployments/etcd/values.yaml
scratch=$(mktemp -d)
rows=$scratch/rows

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/../support/checks.sh"

# What a failed upgrade leaves is looked at by most of them; rollback.sh says otherwise.
export INPUT_ON_FAILURE=keep

# What these tests do on purpose a plan would refuse: clusters of one member, which are quicker; images that do not
# exist, of versions that make no sense; and states that can only be told once they are there. plan.sh is about the
# rules themselves.
INPUT_ALLOW=$(printf '%s\n' single-member skipped-minor downgrade too-few-nodes storage-class-missing quota \
  quota-exceeded webhook-denies refused-by-cluster even-members)
export INPUT_ALLOW

# contains NAME TEXT FILE
contains() { if grep -qF -- "$2" "$3"; then ok "$1"; else not_ok "$1" "expected in $(basename "$3"): $2" "$(cat "$3")"; fi; }
lacks() { if grep -qF -- "$2" "$3"; then not_ok "$1" "not expected in $(basename "$3"): $2"; else ok "$1"; fi; }

# run NAME EXIT_CODE ARGUMENT…: as GitHub would, summary and outputs into files.
run() {
  local name=$1 expected=$2 code
  shift 2
  : >"$scratch/summary"
  : >"$scratch/output"
  GITHUB_STEP_SUMMARY=$scratch/summary GITHUB_OUTPUT=$scratch/output \
    "$program" "$@" >"$scratch/log" 2>&1
  code=$?
  if [[ $code == "$expected" ]]; then ok "$name"; else not_ok "$name" "exit code $code, expected $expected" "$(cat "$scratch/log")"; fi
}
# output NAME: its value as a later step would see it.
output() { awk -v name="$1" 'index($0, name "<<") == 1 { end = substr($0, length(name) + 3); getline; while ($0 != end) { print; getline } }' "$scratch/output"; }

# The table of faults, one row for each. print_rows shows the script's own, and adds them to the file of
# $FAULT_ROWS (scripts/test --faults), when there is one.
# row CASE EXPECTED SEEN SECONDS
row() { printf '%s\t%s\t%s\t%s\n' "$@" >>"$rows"; }
print_rows() {
  [[ -s $rows ]] || return 0
  [[ -z ${FAULT_ROWS-} ]] || cat "$rows" >>"$FAULT_ROWS"
  echo
  "$root/tests/support/fault_table" "$rows"
}

# slow_chart [SECONDS]: our chart in the folder "slow", with a hook that keeps helm at work: for as long as the Job
# may run, or without an end.
slow_chart() {
  cp -r "$root/charts/etcd" slow
  cat >slow/templates/hook.yaml <<HOOK
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: before-hook-creation}
spec:
  backoffLimit: 0
  ${1:+activeDeadlineSeconds: $1}
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 0
      containers:
        - {name: work, image: "quay.io/coreos/etcd:v3.7.3", command: [etcd, --data-dir=/tmp/etcd]}
HOOK
}

# wait_until SECONDS COMMAND…
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    read -rt 0.05 <> <(:) || true
  done
}

# cancel NAME RUNNER SUMMARY: sends SIGTERM to a run of this shell, which ends as cancelled, in time, and says so.
cancel() {
  local began=$SECONDS code
  kill -TERM "$2"
  wait "$2"
  code=$?
  equals "$1: is cancelled" "130" "$code"
  check "$1: within eight seconds" test $((SECONDS - began)) -lt 8
  contains "$1: with a summary" "Cancelled" "$3"
}
