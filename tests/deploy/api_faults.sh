#!/usr/bin/env bash
# An API server in trouble while members are rolled: restarted, gone for long, answering 429 or
# 500, dropping every watch, saying 410 to each; and credentials that expire meanwhile. The
# rollout goes on and ends healthy. helm has no patience of its own: when the API server is gone
# just while it applies, the run may fail as helm's failure (exit code 4), but the next converges.
#
#   eval "$(scripts/sandbox env)"; tests/deploy/api_faults.sh PATH/TO/etcd-deploy
#
# With ETCD_DEPLOY_FAULTS=1 (scripts/test --faults) also the API server gone for a minute, and each
# trouble at each moment. Prints the table of faults at the end. Works in a namespace of its own
# ("kill-api-faults") and removes it.
set -uo pipefail

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
namespace=kill-api-faults
ledger=ledger
cd "$scratch" || exit 1
# shellcheck source-path=SCRIPTDIR
source "$root/tests/deploy/proxied.sh"

remove_namespace() { kubectl delete namespace "$namespace" --ignore-not-found --wait=true >/dev/null 2>&1; }
trap 'proxy_end; writer_end; remove_namespace; rm -rf "$scratch"' EXIT
remove_namespace
export INPUT_SOAK=2s
here=(--namespace "$namespace" --values "$values")

# The moments: when the line stands in the program's log.
rolling='etcd-[0-9]: '
asking_etcd='rolled out: '
in_soak='watching the members for'

round=0
# upgraded NAME MOMENT COMMAND…: a run that rolls the members ends well although the proxy does
# this at that moment: "start" (then nothing is rolled: it is over before), "helm" (after the third
# write), or when the log has that line.
upgraded() {
  local name=$1 moment=$2 began=$SECONDS code runner wrong acknowledged shown=$2
  local expected='^0$' options=()
  shift 2
  case $moment in
    helm)
      options=(--at 3 --do "$*")
      expected='^[04]$'
      ;;
    start) shown="from the start" ;;
    "$rolling") shown="while members are rolled" ;;
    "$asking_etcd") shown="when etcd is asked" ;;
    "$in_soak") shown="while members are watched" ;;
  esac
  [[ $moment == start ]] || round=$((round + 1))
  acknowledged=$(wc -l <"$ledger")
  proxy_begin "${options[@]}"
  : >first.log
  through upgrade "${here[@]}" --set-string "podAnnotations.round=$round" &
  runner=$!
  case $moment in
    start) proxy_does "$@" ;;
    helm) ;;
    *)
      wait_until 300 has_come "$moment" "$runner"
      before_trouble
      proxy_does "$@"
      ;;
  esac
  wait "$runner"
  code=$?
  {
    [[ $code =~ $expected ]] || printf 'exit code %s\n%s\n' "$code" "$(tail -n 30 first.log)"
    wait_until 70 has_done || echo "the proxy was not told"
    if [[ $code == 4 ]]; then
      "$program" upgrade "${here[@]}" --set-string "podAnnotations.round=$round" >again.log 2>&1 ||
        printf 'the next run has exit code %s\n%s\n' $? "$(tail -n 30 again.log)"
    fi
    complaints "$namespace" "$round" "$ledger"
  } >wrong
  proxy_end
  mapfile -t wrong <wrong
  if ((${#wrong[@]} == 0)); then
    ok "$name, $shown: goes on (exit code $code, $((SECONDS - began)) s)"
  else
    not_ok "$name, $shown" "${wrong[@]}"
  fi
  row "$name, $shown" "healthy in the end" "${wrong[0]:-healthy}, exit code $code, longest gap $(longest_gap "$acknowledged")" \
    "$((SECONDS - began))"
}
# The line stands in the log, or the run has ended without it. Without a process of its own: it is asked a thousand
# times, and once bash waited for ever for a grep that had ended (process IDs that came round, perhaps).
has_come() {
  local lines
  mapfile -t lines <first.log
  [[ ${lines[*]} =~ $1 ]] || ! kill -0 "$2"
}
# longest_gap N: between two acknowledged writes, from the N-th on.
longest_gap() {
  awk -v first="$1" 'NR > first && before && $1 - before > gap { gap = $1 - before }
    { before = $1 }
    END { printf "%.2f s", gap }' "$ledger"
}
# What is done just before the trouble.
before_trouble() { :; }

run "a cluster to work on" 0 install "${here[@]}" --set-string podAnnotations.round=0
: >"$ledger"
writer_begin "$namespace" "$ledger"

upgraded "the API server is restarted" "$rolling" refuse 5
upgraded "the API server is restarted" "$asking_etcd" refuse 5
upgraded "the API server is restarted and forbids everything at first" "$rolling" refuse 3 2
upgraded "429 for five seconds" "$rolling" answer 429 5
upgraded "500 for five seconds" "$rolling" answer 500 5
upgraded "429 for three seconds" start answer 429 3
upgraded "500 for three seconds" start answer 500 3
upgraded "every watch is dropped each second" "$rolling" drop 600
upgraded "410 to every watch" "$rolling" gone 600
upgraded "410 in every watch" "$rolling" expired 600
if [[ -n ${ETCD_DEPLOY_FAULTS-} ]]; then
  upgraded "the API server is gone for a minute" "$rolling" refuse 60
  upgraded "the API server is gone for a minute" "$asking_etcd" refuse 60
  upgraded "the API server is restarted" "$in_soak" refuse 5
  upgraded "the API server is restarted and forbids everything at first" "$asking_etcd" refuse 3 2
  upgraded "the API server is restarted" helm refuse 5
  for status in 429 500; do
    upgraded "$status for five seconds" helm answer "$status" 5
    upgraded "$status for five seconds" "$asking_etcd" answer "$status" 5
    upgraded "$status for five seconds" "$in_soak" answer "$status" 5
  done
  for fault in drop gone expired; do upgraded "$fault: from the start" start "$fault" 600; done
fi

## Credentials that expire while members are rolled
printf 'first-token\n' >token
before_trouble() { printf 'second-token\n' >token; }
proxy_user='{tokenFile: token}' upgraded "a token in a file expires" "$rolling" expire first-token
before_trouble() { :; }
cat >plugin <<'PLUGIN'
#!/bin/sh
cd "$(dirname "$0")" && echo called >>calls
printf '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "plugin-token-%s"}}' "$(cat number)"
PLUGIN
chmod +x plugin
echo 1 >number
before_trouble() { echo 2 >number; }
proxy_user='{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}}' \
  upgraded "a credential plugin's token expires" "$rolling" expire plugin-token-1
equals "then the plugin is asked once more, beside the first time and once by each helm (plan, upgrade)" 4 "$(wc -l <calls)"

writer_end
equals "the proxy and the writer had no trouble of their own" "" "$(cat proxy.log writer.log)"
print_rows
exit "$((failures > 0))"
