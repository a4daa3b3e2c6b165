# shellcheck shell=bash
# Building the runner. Needs log.sh and packages.sh.

BUILD_PACKAGES=(g++ cmake ninja-build ccache libboost1.81-dev libcurl4-openssl-dev libssl-dev zlib1g-dev
  nlohmann-json3-dev libyaml-cpp-dev libyaml-dev libspdlog-dev libcli11-dev libgtest-dev libgmock-dev)
FUZZ_PACKAGES=(clang-19 libclang-rt-19-dev)

# build_runner PRESET [TARGET…]: configures and builds below build/PRESET.
build_runner() {
  local preset=$1
  shift
  ensure_packages "${BUILD_PACKAGES[@]}"
  # The distribution's CMake, not one that somebody has put before it: its package files are there.
  export CMAKE_COLOR_DIAGNOSTICS=OFF
  step "configuring the $preset build" /usr/bin/cmake --preset "$preset"
  step "building the runner ($preset)" /usr/bin/cmake --build --preset "$preset" ${1+--target "$@"}
}

build_fuzzers() {
  ensure_packages "${FUZZ_PACKAGES[@]}"
  build_runner fuzz
}
