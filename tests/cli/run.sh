#!/usr/bin/env bash
# The built program against bad input and an absent cluster: exit codes, one clear
# report, nothing touched. Needs no cluster.
#
#   tests/cli/run.sh PATH/TO/etcd-deploy
set -uo pipefail

program=$(realpath "${1:?the program to test}")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
failures=0

# No cluster, no workflow, no inputs from outside.
clean() { env -i PATH="$PATH" HOME="$scratch" TMPDIR="$scratch" "$@"; }

# expect NAME EXIT_CODE TEXT COMMAND…: the exit code, and TEXT in what is printed.
expect() {
  local name=$1 code=$2 text=$3 seen output
  shift 3
  output=$(clean "$@" 2>&1)
  seen=$?
  if [[ $seen == "$code" && $output == *"$text"* ]]; then
    printf 'ok - %s\n' "$name"
    return
  fi
  printf 'not ok - %s\n  exit code %s, expected %s; expected text: %s\n%s\n' "$name" "$seen" "$code" "$text" "$output"
  failures=$((failures + 1))
}

# The address is one of the documentation range that nothing answers on; the refused
# one is a port of the loopback that nobody listens on.
cat >absent.yaml <<'EOF'
apiVersion: v1
kind: Config
clusters: [{name: absent, cluster: {server: "https://127.0.0.1:9"}}]
users: [{name: me, user: {token: abcdefghijkl}}]
contexts: [{name: absent, context: {cluster: absent, user: me, namespace: here}}]
current-context: absent
EOF
mkdir -p chart
printf 'apiVersion: v2\nname: chart\nversion: 1.0.0\n' >chart/Chart.yaml
printf 'a: 1\n' >good.yaml
printf 'replicaCount: 3\n  bad: [\n' >bad.yaml

deploy=("$program" install --kubeconfig absent.yaml --chart chart)
expect "help teaches" 0 "install" "$program" --help
expect "the version is told" 0 "1.0.0" "$program" --version
expect "without a command it says what there is" 2 "install" "$program"
expect "an unknown action is bad input" 2 "upgrade" "$program" upgrad
expect "an unknown action from INPUT_ACTION is bad input" 2 "action" env INPUT_ACTION=deploy "$program"
expect "an unknown flag names the nearest" 2 "--timeout" "${deploy[@]}" --timeot 5m
expect "a boolean must be one" 2 "create-namespace" "${deploy[@]}" --create-namespace=maybe
expect "also when it follows the flag" 2 'create-namespace: "maybe" is no boolean' "${deploy[@]}" --create-namespace maybe
mkfifo pipe.yaml
expect "a pipe is no values file" 2 "pipe.yaml: this is a pipe" timeout 10 "${deploy[@]}" --values pipe.yaml
expect "comments in lists are passed over" 3 "127.0.0.1:9" env INPUT_SET=$'# none\n\na=1' "${deploy[@]}"
expect "the fault of the kubeconfig stands among the others" 2 "production" "${deploy[@]}" --timeout x --context production
expect "a duration must be one" 2 "timeout" "${deploy[@]}" --timeout 10
expect "a missing values file is named" 2 "nowhere.yaml" "${deploy[@]}" --values nowhere.yaml
expect "a values file that does not parse is told with its line" 2 "bad.yaml:2" "${deploy[@]}" --values bad.yaml
expect "a chart that is not there is named" 2 "nochart" "$program" install --kubeconfig absent.yaml --chart ./nochart
expect "deleting data wants the release's name" 2 "confirm" "$program" uninstall --kubeconfig absent.yaml --delete-data --confirm other
expect "an absent context is named, with those there are" 2 "absent" "${deploy[@]}" --context production
expect "a secret in set is refused" 2 "rootPassword" "${deploy[@]}" --set auth.rootPassword=hunter22
expect "all faults are told at once (first)" 2 "timeout" "${deploy[@]}" --timeout x --values nowhere.yaml
expect "all faults are told at once (second)" 2 "nowhere.yaml" "${deploy[@]}" --timeout x --values nowhere.yaml
expect "an unreachable cluster is exit code 3" 3 "127.0.0.1:9" "${deploy[@]}" --values good.yaml
expect "INPUT_ variables are read" 3 "127.0.0.1:9" env INPUT_ACTION=install INPUT_KUBECONFIG=absent.yaml INPUT_CHART=chart "$program"

connect=("$program" connect --kubeconfig absent.yaml)
printf 'env:\n  - name: A\n    value: b\n' >backend.yaml
printf 'env:\n  - name: A\n   value: b\n' >broken.yaml
printf 'env: *nothing\n' >alias.yaml
cp backend.yaml backend.before
expect "connect needs a file that is there" 2 "nowhere.yaml: there is no such file" "${connect[@]}" --file nowhere.yaml
expect "connect tells the line of a fault in the file" 2 "broken.yaml:3" "${connect[@]}" --file broken.yaml
expect "connect refuses what it cannot edit" 2 "alias.yaml:1" "${connect[@]}" --file alias.yaml
expect "connect wants a variable's name" 2 "cannot be the name of an environment variable" "${connect[@]}" --file backend.yaml --env "A B"
expect "connect wants a path of keys" 2 'there is no "frontend"' "${connect[@]}" --file backend.yaml --env-path frontend.env
expect "a check without a file is bad input" 2 "which file to check" "${connect[@]}" --check
expect "connect needs no chart, and an unreachable cluster is exit code 3" 3 "127.0.0.1:9" "${connect[@]}" --file backend.yaml --env A
if cmp -s backend.yaml backend.before; then
  echo "ok - and the file stays as it was"
else
  echo "not ok - and the file stays as it was"
  failures=$((failures + 1))
fi

expect "a summary is written also for bad input" 2 "" env GITHUB_STEP_SUMMARY="$scratch/summary" "${deploy[@]}" --timeout x
if grep -q timeout summary 2>/dev/null; then
  echo "ok - the summary of bad input names the fault"
else
  echo "not ok - the summary of bad input names the fault"
  failures=$((failures + 1))
fi

# What --output json prints, in every state that the unit tests hold to their golden files.
fits_schema() {
  if said=$(python3 -m jsonschema -i "$2" "$root/docs/verify.schema.json" 2>&1); then
    printf 'ok - %s\n' "$1"
  else
    printf 'not ok - %s\n%s\n' "$1" "$said"
    failures=$((failures + 1))
  fi
}
for document in "$root"/tests/golden/report/*.json; do
  fits_schema "the document of $(basename "$document" .json) fits the schema" "$document"
done
clean "$program" verify --kubeconfig absent.yaml --output json >document 2>said
fits_schema "an unreachable cluster gives a document, too" document
clean "$program" verify --kubeconfig absent.yaml --output json --timeout x >document 2>said
fits_schema "and so does bad input" document
expect "its log goes to stderr" 0 "timeout" cat said
expect "a soak must be a duration" 2 "soak" "${deploy[@]}" --soak 5
expect "an output must be one of those there are" 2 "did you mean json" "$program" verify --kubeconfig absent.yaml --output jsn
expect "verify needs no chart" 3 "127.0.0.1:9" "$program" verify --kubeconfig absent.yaml --chart ./nochart
exit "$((failures > 0))"
