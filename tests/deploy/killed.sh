#!/usr/bin/env bash
# The program ended after every single write that it or its helm makes to the cluster, with a
# writer at work: the next run must come to the state that was asked for, and no write that
# etcd had acknowledged may be lost. Nothing is chosen by hand: the N-th write is the moment,
# for N = 1, 2, … until a run ends by itself.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/killed.sh PATH/TO/etcd-deploy [--sample]
#     [--signal NAME] [--answer kept] [ACTION…]
#
# --sample     first one run that nobody disturbs, which tells how many writes there are; then only
#              after the first, the middle and the last of them
# --signal     TERM or INT instead of KILL: then the run must also end within 8 s with exit code
#              130 and a summary
# --answer kept  the API server's answer to that write does not reach who made it
# ACTION       install, half (an install upon one that was killed half way), upgrade, rollback (an
#              upgrade that fails, with on-failure: rollback); all when none is named. Several are tried side
#              by side: each next run waits for the lock of the one that was killed
#
# Prints the table of faults at the end. Works in namespaces of its own ("kill-test-…") and removes them.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
shift
sample=
signal=KILL
answer=passed
options=()
actions=()
while (($#)); do
  case $1 in
    --sample) sample=yes options+=("$1") ;;
    --signal) signal=$2 options+=("$1" "$2") && shift ;;
    --answer) answer=$2 options+=("$1" "$2") && shift ;;
    *) actions+=("$1") ;;
  esac
  shift
done
((${#actions[@]})) || actions=(install half upgrade rollback)

cd "$scratch" || exit 1
if ((${#actions[@]} > 1)); then
  for action in "${actions[@]}"; do
    ONE_OF_SEVERAL=yes FAULT_ROWS=$rows "$root/tests/deploy/killed.sh" "$program" "${options[@]}" "$action" >"$action.txt" 2>&1 &
  done
  trap 'kill $(jobs -pr) 2>/dev/null; wait; rm -rf "$scratch"' EXIT
  wait
  for action in "${actions[@]}"; do cat "$action.txt"; done
  print_rows
  exit "$(cat ./*.txt | grep -q '^not ok' && echo 1 || echo 0)"
fi
action=${actions[0]}
# shellcheck source-path=SCRIPTDIR
source "$root/tests/deploy/proxied.sh"

prefix=kill-test-${signal,,}-$answer-$action
remove_namespaces() {
  kubectl get namespaces -o name | grep "^namespace/$prefix-" | xargs -r kubectl delete "$@" >/dev/null 2>&1
}
trap 'proxy_end; writer_end; remove_namespaces --wait=true; rm -rf "$scratch"' EXIT
remove_namespaces --wait=true
# No write is made while the members are watched afterwards.
export INPUT_SOAK=0s

# asking VALUE: what is given to the run that must succeed.
asking() { printf '%s\0' --namespace "$namespace" --values "$values" --set-string "podAnnotations.round=$1"; }
# arguments ACTION VALUE: of the run that is killed, into the array $asked; of the next one into $again.
arguments() {
  mapfile -d '' -t again < <(asking "$2")
  case $1 in
    install | half) asked=(install "${again[@]}") again=(install "${again[@]}") ;;
    upgrade) asked=(upgrade "${again[@]}") again=(upgrade "${again[@]}") ;;
    # The image does not exist, and the value is not the one that is asked for afterwards.
    rollback)
      mapfile -d '' -t asked < <(asking "$2-failing")
      asked=(upgrade "${asked[@]}" --set image.tag=v9.9.9 --on-failure rollback) again=(upgrade "${again[@]}")
      ;;
  esac
}

# prepare ACTION: a namespace as it needs one, and a writer.
prepare() {
  case $1 in
    install | half)
      writer_end
      [[ -z ${namespace-} ]] || kubectl delete namespace "$namespace" --wait=false >/dev/null 2>&1
      namespaces=$((namespaces + 1))
      namespace=$prefix-$namespaces
      ;;
    *)
      namespace=$prefix-1
      kubectl get namespace "$namespace" >/dev/null 2>&1 ||
        run "$1: a cluster to work on" 0 install --namespace "$namespace" --values "$values"
      ;;
  esac
  ledger=$namespace.ledger
  if [[ -z $writer ]]; then
    : >"$ledger"
    writer_begin "$namespace" "$ledger"
  fi
  if [[ $1 == half ]]; then
    [[ -n ${install_writes-} ]] || count_install
    disturb $(((install_writes + 1) / 2)) install --namespace "$namespace" --values "$values"
    proxy_end
  fi
}

# How many writes an install into nothing makes.
count_install() {
  disturb 0 install --namespace "$prefix-count" --values "$values"
  proxy_end
  install_writes=$(writes_made)
  kubectl delete namespace "$prefix-count" --wait=false >/dev/null 2>&1
}
writes_made() { grep -vc '^did' writes; }

# disturb N ARGUMENT…: the run that ends with the N-th write. Its exit code is $code.
disturb() {
  local at=$1
  shift
  proxy_begin --at "$at" --do "signal $signal" --answer "$answer"
  { through "$@"; } 2>/dev/null # bash tells of each process that is killed
  code=$?
  ended=$EPOCHREALTIME
}

# faults_of_first N: whether the run that was disturbed ended as it must; what is wrong with it, a
# line each. After its last write, but for those to its lock, it may just have been about to end by itself.
faults_of_first() {
  local is_over=
  if ((code <= 10)) && awk -F '\t' -v at="$1" \
    '$1 != "did" && $1 + 0 > at + 0 && $3 !~ /\/leases/ { more = 1 } END { exit more }' writes; then
    is_over=yes
  fi
  if [[ $signal == KILL ]]; then
    [[ $code == 137 || $is_over ]] || echo "the killed run has exit code $code"
  else
    [[ $code == 130 || $is_over ]] || echo "the cancelled run has exit code $code"
    awk -F '\t' -v ended="$ended" '$1 == "did" { exit ended - $3 < 8 ? 0 : 1 }' writes || echo "it took more than 8 s to end"
    grep -q . first.summary || echo "there is no summary"
  fi
  wait_until 2 no_helm_of "$namespace" || echo "a helm outlives it: $(helm_of "$namespace")"
}

# one_round ACTION N: $was_disturbed afterwards tells whether there was an N-th write.
one_round() {
  local action=$1 at=$2 began=$SECONDS write wrong result
  value=$((value + 1))
  prepare "$action"
  arguments "$action" "$value"
  disturb "$at" "${asked[@]}"
  count=$(writes_made)
  write=$(awk -F '\t' -v at="$at" '$1 == at { sub(/^.*\/namespaces\//, "", $3); print $2, $3, "(" $5 ")" }' writes)
  if has_done; then
    was_disturbed=yes
  else
    was_disturbed=
    [[ $action != install ]] || install_writes=$count
  fi
  {
    if [[ $was_disturbed ]]; then
      faults_of_first "$at"
    elif [[ $action != rollback ]]; then
      [[ $code == 0 ]] || printf 'the run that nobody disturbed has exit code %s\n%s\n' "$code" "$(tail -n 20 first.log)"
    fi
    proxy_end
    if "$program" "${again[@]}" >again.log 2>&1; then
      complaints "$namespace" "$value" "$ledger"
    else
      printf 'the next run has exit code %s\n%s\n' $? "$(cat again.log)"
    fi
  } >wrong
  mapfile -t wrong <wrong
  result=converged
  ((${#wrong[@]} == 0)) || result="FAILED: ${wrong[0]}"
  [[ $was_disturbed ]] || write="nobody: $count writes" at=-
  if ((${#wrong[@]} == 0)); then
    ok "$action, $signal after write $at, $write: converged"
  else
    not_ok "$action, $signal after write $at, $write" "${wrong[@]}" "--- the first run" "$(tail -n 15 first.log)"
  fi
  row "$action, $signal after write $at: $write" "the next run converges" "$result" "$((SECONDS - began))"
}

value=0
namespaces=0
if [[ $sample ]]; then
  one_round "$action" 0
  ((count > 0)) || not_ok "$action: the proxy counts writes" "$(cat proxy.log first.log)"
  mapfile -t moments < <(printf '%s\n' 1 $(((count + 1) / 2)) "$count" | sort -nu)
  for at in "${moments[@]}"; do one_round "$action" "$at"; done
else
  at=1
  while one_round "$action" "$at" && [[ $was_disturbed ]]; do at=$((at + 1)); done
fi
writer_end
equals "$action: the proxy and the writer had no trouble of their own" "" "$(cat proxy.log writer.log)"
if [[ ${ONE_OF_SEVERAL-} ]]; then print_rows >/dev/null; else print_rows; fi
exit "$((failures > 0))"
