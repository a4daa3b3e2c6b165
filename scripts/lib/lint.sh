# shellcheck shell=bash
# The checks of scripts/lint that need more than one line. Needs log.sh,
# packages.sh, programs.sh and build.sh.

# Who may include whom: the direct dependencies, as in runner/CMakeLists.txt (a
# library may always include itself, and what its dependencies may).
include_rules() {
  cat <<'EOF'
base:
model: base
inputs: model base
rollout: model base
health: model base
diagnose: rollout health model base
plan: rollout health model base
report: model base
edit: base
sys: base
kube: model sys base
helm: model sys base
etcd: model sys base
github: sys base
operate: rollout health diagnose plan edit kube helm etcd model sys base
app: inputs report operate github edit rollout health diagnose plan kube helm etcd model sys base
EOF
}

check_include_order() {
  local folder allowed found status=0
  while IFS=: read -r folder allowed; do
    found=$(grep -rnoE '#include "[a-z]+/' "runner/$folder" --include='*.?pp' |
      grep -vE "\"($folder${allowed// /|})/" || true)
    if [[ -n $found ]]; then
      printf '%s may only include: %s%s\n%s\n' "$folder" "$folder" "$allowed" "$found"
      status=1
    fi
  done < <(include_rules)
  return "$status"
}

step_tidy() {
  local sources=() file
  for file in "$@"; do
    [[ $file != runner/*.cpp ]] || sources+=("$file")
  done
  ((${#sources[@]})) || return 0
  ensure_packages clang-tidy-19 "${BUILD_PACKAGES[@]}"
  # In a folder of its own: tests may be built beside it.
  step "configuring for clang-tidy" /usr/bin/cmake --preset asan-ubsan -B build/lint
  step "clang-tidy (${#sources[@]} files)" python3 scripts/lib/tidy.py build/lint "$(cache_dir)/tidy" "${sources[@]}"
}
