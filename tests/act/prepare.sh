#!/usr/bin/env bash
# Starts what act_test.sh needs, and builds the action's image, most of whose time is for compiling: the test then finds
# its layers. scripts/test does so while other suites wait; what goes wrong here, the test tells.
#
#   tests/act/prepare.sh
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
# shellcheck source-path=SCRIPTDIR/../..
source scripts/lib/image.sh
scripts/sandbox up
scripts/sandbox docker up
eval "$(scripts/sandbox docker env)"
tests/act/base_images.sh
build_image
