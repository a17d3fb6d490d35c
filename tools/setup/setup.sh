#!/bin/bash
# tools/setup/setup.sh run|test|lint: makes the checkout ready for that use: system packages, LibTorch,
# place names, release build. Quick when nothing changed, safe to interrupt and to run again.
# Exit 3: the environment lacks something; the message says what to do.
#
# GRE_TORCH=auto|cpu|cuda|DIR   which LibTorch: the CPU wheel where the package index has one, else the
#                               ordinary (CUDA) wheel; one of them; or the folder "torch" of an unpacked wheel
# GRE_JOBS=N                    parallel compilers (default: cores, at most one per 1.5 GB of free memory)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$here/tools/setup/common.sh"
scope=${1:-run}

if [ "$scope" = run ] && up_to_date; then exit 0; fi

mkdir -p "$here/build"
exec 9> "$here/build/.setup.lock"
flock -n 9 || { say "waiting for another set-up in this checkout"; flock 9; }

check_disk
"$here/tools/setup/install_packages.sh" "$scope"
torch=$("$here/tools/setup/fetch_torch.sh")
"$here/tools/setup/fetch_geodata.sh"

jobs=$(build_jobs)
tests=$([ "$scope" = run ] && echo OFF || echo ON)
build=$here/build/release
# a checkout that already builds tests keeps them
grep -qs '^GRE_BUILD_TESTS:BOOL=ON' "$build/CMakeCache.txt" && tests=ON
say "configuring build/release"
(cd "$here" && quietly "$build.configure.log" cmake --preset release \
  -DGRE_TORCH_DIR="$torch" -DGRE_BUILD_TESTS=$tests)
targets=$([ "$scope" = run ] && echo "gre gre_torch" || echo all)
say "building with $jobs job(s); the first build takes several minutes"
build_with_progress "$build" "$jobs" $targets
source_stamp > "$build/.source_stamp"
