# shellcheck shell=bash
# How our scripts speak. All of it goes to stderr: stdout belongs to results.
#
#   say TEXT…               a line
#   fail TEXT…              an error line, and exit 1
#   step TITLE COMMAND…     runs COMMAND, shows TITLE and how long it takes; its
#                           output goes to a log, whose end is shown on failure
#   wait_for TITLE SECONDS COMMAND…
#                           runs COMMAND again and again until it succeeds
#
# Do not call step or wait_for in a condition (`if step …`, `step … || …`):
# bash then ignores `set -e` in everything they run.

say() { printf '%s\n' "$*" >&2; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Microseconds since some point in the past.
now_us() { printf '%s' "${EPOCHREALTIME/[.,]/}"; }

# seconds_since MICROSECONDS -> "12.3 s"
seconds_since() {
  local tenths=$((($(now_us) - $1) / 100000))
  printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

log_dir() {
  local dir="${TMPDIR:-/tmp}/etcd-deploy-logs.$UID"
  mkdir -p -m 0700 "$dir"
  [[ -O $dir ]] || fail "$dir belongs to somebody else"
  printf '%s' "$dir"
}

# Sleeps without a process of its own, which would outlive a killed shell.
pause() { read -rt "$1" <> <(:) || true; }

# After two seconds says what is going on; on a terminal it also counts, in a log it
# says so again every minute. Runs in the background until it is killed.
tick() {
  local title=$1 started=$2
  pause 2
  if [[ ! -t 2 ]]; then
    say "  … $title"
    while pause 60; do say "  … $title ($(seconds_since "$started"))"; done
  fi
  while :; do
    printf '\r  … %s (%s)\e[K' "$title" "$(seconds_since "$started")" >&2
    pause 1
  done
}

end_tick() {
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
  [[ ! -t 2 ]] || printf '\r\e[K' >&2
}

step() {
  local title=$1 started log ticker traps status=0
  shift
  started=$(now_us)
  log="$(log_dir)/${title//[^[:alnum:].]/-}.log"
  # In a process group of its own, so that all of it can be ended.
  set -m
  ("$@") >"$log" 2>&1 </dev/null &
  set +m
  local pid=$!
  tick "$title" "$started" &
  ticker=$!
  traps=$(trap -p INT TERM)
  # shellcheck disable=SC2064 # the ids of now are meant
  trap "kill -- -$pid $ticker 2>/dev/null; exit 130" INT TERM
  wait "$pid" || status=$?
  trap - INT TERM
  eval "$traps"
  end_tick "$ticker"
  if ((status != 0)); then
    say "  ✗ $title: failed after $(seconds_since "$started"); the end of $log:"
    tail -n 25 "$log" | sed 's/^/    /' >&2
    exit "$status"
  fi
  say "  ✓ $title: $(seconds_since "$started")"
}

# What a command returns to wait_for when there is nothing to wait for any more.
HOPELESS=99

wait_for() {
  local title=$1 limit=$2 started ticker traps reached=yes
  shift 2
  started=$(now_us)
  tick "waiting for $title" "$started" &
  ticker=$!
  traps=$(trap -p INT TERM)
  # shellcheck disable=SC2064 # the id of now is meant
  trap "kill $ticker 2>/dev/null; exit 130" INT TERM
  until "$@" >/dev/null 2>&1; do
    if (($? == HOPELESS || $(now_us) - started > limit * 1000000)); then
      reached=no
      break
    fi
    pause 0.1
  done
  trap - INT TERM
  eval "$traps"
  end_tick "$ticker"
  if [[ $reached == no ]]; then
    say "  ✗ $title: not there after $(seconds_since "$started")"
    return 1
  fi
  say "  ✓ $title: $(seconds_since "$started")"
}

# The same without a word, but a status.
wait_for_quietly() {
  local until=$(($(now_us) + $1 * 1000000))
  shift
  until "$@" >/dev/null 2>&1; do
    (($(now_us) < until)) || return 1
    pause 0.05
  done
}
