# shellcheck shell=bash
# Part (f) of scripts/bench: rollings of three members under a writer of its own.
# shellcheck disable=SC2154 # $runner, $values, $work, $namespace, $rounds: the caller's
#
#   measure_rolling   rolls, in two namespaces that take turns
#   print_rolling     prints what was measured
#
# The writer is a client of etcd with three endpoints, as the backend is one
# (sandbox/programs/writer): what it sees is what counts.

# shellcheck disable=SC2034 # scripts/bench deletes them
rolled=("$namespace-orchestrated" "$namespace-native")
kinds=(orchestrated native)
lost_writes=0

# The disk of the machine is that of all members, of the control plane and of the images that are unpacked. When it is
# busy, writes wait for it, whoever replaces members: on it the longest gap of one rolling was 0.07 to 0.5 s.
memory=(--set persistence.storageClass=memory)

fresh_release() {
  kubectl delete namespace "$namespace-$1" --ignore-not-found >/dev/null 2>&1
  "$runner" install --namespace "$namespace-$1" --values "$values" "${memory[@]}" --rollout "$1" --soak 0s >"$work/runner.log" 2>&1 ||
    fail "no release to roll: $(cat "$work/runner.log")"
}

roll_with() {
  local kind=$1 number=$2
  shift 2
  "$runner" upgrade --namespace "$namespace-$kind" --values "$values" "${memory[@]}" --rollout "$kind" --soak 0s \
    --set-string "podAnnotations.bench=$number" "$@" >"$work/roll-$kind.log" 2>&1
}

# With a member sick a refusal is an end as well: counted, and no failure of the bench. Native is refused by the plan.
roll_sick() { roll_with "$@" --allow quorum-at-risk || echo "$1" >>"$work/f-refused"; }

start_writer() {
  local kind=$1 number endpoints=()
  for number in 0 1 2; do
    endpoints+=("etcd-$number.etcd-headless.$namespace-$kind.svc.cluster.local:2379")
  done
  "$writer" --dns "$sandbox_dns" "${endpoints[@]}" >"$work/writer" 2>"$work/writer.err" &
  writer_PID=$!
  until grep -q writing "$work/writer"; do
    kill -0 "$writer_PID" 2>/dev/null || fail "the writer cannot write: $(cat "$work/writer.err")"
    read -rt 0.05 <> <(:) || true
  done
}

# stop_writer KIND FILE: appends its longest gap.
stop_writer() {
  kill -TERM "$writer_PID"
  wait "$writer_PID" || true
  writer_PID=
  local found lost
  found=$(grep '^{' "$work/writer") || fail "the writer has told nothing: $(cat "$work/writer.err")"
  jq -r '.longestGapMs | round' <<<"$found" >>"$work/$2"
  lost=$(jq -r .lost <<<"$found")
  lost_writes=$((lost_writes + lost))
  ((lost == 0)) || say "$1: $lost acknowledged writes are missing"
}

# A pod whose image is not there, as a member that is sick when the rolling starts; its volume stays.
make_sick() {
  kubectl -n "$namespace-$1" patch pod etcd-0 --type json \
    -p '[{"op": "replace", "path": "/spec/containers/0/image", "value": "quay.io/coreos/etcd:no-such-version"}]' >/dev/null
  until [[ $(kubectl -n "$namespace-$1" get pod etcd-0 \
    -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') == False ]]; do
    read -rt 0.2 <> <(:) || true
  done
}

measure_rolling() {
  local kind round
  writer=$(ensure_program writer)/writer
  sandbox_dns=$(cluster_dns):53
  say "(f): rolling three members, $rounds rounds"
  for kind in "${kinds[@]}"; do fresh_release "$kind"; done
  for ((round = 1; round <= rounds; round++)); do
    for kind in "${kinds[@]}"; do
      start_writer "$kind"
      timed "f-$kind-time" roll_with "$kind" "$round"
      stop_writer "$kind" "f-$kind-gap"
    done
  done
  # The sick member is healed by its replacement; who takes another one down before has lost the
  # quorum.
  for ((round = 1; round <= (rounds + 2) / 3; round++)); do
    for kind in "${kinds[@]}"; do
      start_writer "$kind"
      make_sick "$kind"
      timed "f-$kind-sick-time" roll_sick "$kind" "sick-$round" --timeout 1m
      stop_writer "$kind" "f-$kind-sick-gap"
      # Anew: native rolling may create and delete the sick member's pod without end.
      fresh_release "$kind"
    done
  done
}

print_rolling() {
  local kind
  head_row "(f) rolling three members: longest time without an acknowledged write"
  row "orchestrated" f-orchestrated-gap f-native-gap
  row "native" f-native-gap
  row "orchestrated, a member sick before" f-orchestrated-sick-gap f-native-sick-gap
  row "native, a member sick before" f-native-sick-gap
  head_row "    the whole time, verified"
  row "orchestrated" f-orchestrated-time f-native-time
  row "native" f-native-time
  row "orchestrated, a member sick before" f-orchestrated-sick-time f-native-sick-time
  row "native, a member sick before" f-native-sick-time
  for kind in "${kinds[@]}"; do
    printf '  %s, a member sick before: %d of %d runs refused or failed\n' "$kind" \
      "$(grep -cx "$kind" "$work/f-refused" 2>/dev/null || true)" "$(((rounds + 2) / 3))"
  done
  printf '  acknowledged writes lost: %d\n' "$lost_writes"
}
