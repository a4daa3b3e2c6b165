# shellcheck shell=bash
# For tests that run the program by way of counting_proxy.py, with writer.py beside it.
# Works in the current folder, which is the caller's own.
# shellcheck disable=SC2154 # $program, $root and $scratch are the caller's

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=proxy \
  -addext subjectAltName=IP:127.0.0.1 -keyout proxy.key -out proxy.crt 2>/dev/null

proxy_pid=
# proxy_begin OPTION…: its writes are logged in the file writes, its troubles in proxy.log;
# proxy.yaml is the kubeconfig that leads to it, with the user of $proxy_user.
proxy_begin() {
  local port
  coproc proxy { exec python3 "$root/tests/deploy/counting_proxy.py" "$KUBECONFIG" proxy.crt proxy.key writes --pid-file pid "$@" 2>>proxy.log; }
  # shellcheck disable=SC2154 # coproc sets it
  proxy_pid=$proxy_PID
  read -rt 60 port <&"${proxy[0]}" || not_ok "the proxy begins" "$(cat proxy.log)"
  cat >proxy.yaml <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "https://127.0.0.1:$port", certificate-authority: proxy.crt}}]
users: [{name: me, user: ${proxy_user:-{token: none\}}}]
contexts: [{name: it, context: {cluster: it, user: me}}]
current-context: it
KUBECONFIG
}
# proxy_does COMMAND…
proxy_does() { echo "$@" >&"${proxy[1]}"; }
proxy_end() {
  [[ -n $proxy_pid ]] || return 0
  local input=${proxy[1]}
  exec {input}>&-
  wait "$proxy_pid" 2>/dev/null
  proxy_pid=
}
# The proxy has done what it was told with --do.
has_done() { grep -q '^did' writes; }

# through ARGUMENT…: the program by way of the proxy, as GitHub would run it; its process ID
# is in the file pid, what it says in first.log, its summary in first.summary.
through() {
  : >first.summary
  GITHUB_STEP_SUMMARY=first.summary bash -c 'echo $$ >pid; exec "$@"' runner \
    "$program" "$@" --kubeconfig proxy.yaml >first.log 2>&1
}

writer=
# writer_begin NAMESPACE LEDGER. No coproc: of these there is only one at a time.
writer_begin() { exec {writer}> >(exec python3 "$root/tests/deploy/writer.py" write "$KUBECONFIG" "$1" "$2" 2>>writer.log); }
writer_end() {
  [[ -n $writer ]] || return 0
  exec {writer}>&-
  writer=
}
grows() { (($(wc -l <"$1") > $2)); }

helm_of() { pgrep -f "[h]elm (install|upgrade|rollback|uninstall) .*--namespace $1( |\$)"; }
no_helm_of() { ! helm_of "$1"; }

says_healthy() { "$program" verify --namespace "$1" >verify.log 2>&1; }

# complaints NAMESPACE VALUE LEDGER: all that is not as it must be after a run that ended
# well, a line each: $VALUE is what podAnnotations.round was asked to be.
complaints() {
  # The run has just found it healthy: on a machine that is busy with more than this, a member may
  # answer late once more.
  wait_until 20 says_healthy "$1" || echo "verify: $(grep -m 1 'unhealthy' verify.log)"
  kubectl -n "$1" get statefulsets,pods,leases,secrets -o json | jq -r --arg value "$2" '
    def all_of($kind): [.items[] | select(.kind == $kind)];
    all_of("Pod") as $pods | all_of("StatefulSet")[0] as $set
    | [all_of("Secret")[] | select(.type == "helm.sh/release.v1") | .metadata.labels]
      as $revisions
    | if ($pods | length) != 3 then "there are \($pods | length) pods" else empty end,
      ($pods[] | select(.metadata.annotations.round != $value) | "\(.metadata.name) has not what was asked"),
      ($pods[] | select(.metadata.labels["controller-revision-hash"] != $set.status.updateRevision)
        | "\(.metadata.name) is outdated"),
      ($revisions | sort_by(.version | tonumber) | last | select(.status != "deployed")
        | "revision \(.version) is \(.status)"),
      ($revisions[] | select(.status | startswith("pending")) | "revision \(.version) is still \(.status)"),
      (all_of("Lease")[] | select((.spec.holderIdentity // "") != "") | "the lock is held by \(.spec.holderIdentity)")'
  wait_until 10 grows "$3" "$(wc -l <"$3")" || echo "the writer cannot write any more"
  python3 "$root/tests/deploy/writer.py" check "$KUBECONFIG" "$1" "$3" >check.log 2>&1 || echo "writes: $(tail -n 2 check.log)"
}
