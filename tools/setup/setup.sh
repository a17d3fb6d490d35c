#!/bin/bash
# tools/setup/setup.sh run|test: makes the checkout ready for that use: system packages, LibTorch,
# place names, release build. Quick when nothing changed, safe to interrupt and to run again.
# Exit 3: the environment lacks something; the message says what to do.
#
# GRE_TORCH=auto|cpu|cuda|DIR   which LibTorch: the CPU wheel where the package index has one, else the ordinary
#                               wheel without what its CUDA part needs; the CPU wheel; all for NVIDIA GPUs (2.5 GB
#                               to fetch); or the folder "torch" of an unpacked wheel
# GRE_JOBS=N                    parallel compilers (default: cores, at most one per 1.5 GB of free memory)
# XDG_CACHE_HOME                downloads lie in $XDG_CACHE_HOME/gre (default ~/.cache/gre), for all checkouts
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$here/tools/setup/common.sh"
scope=${1:-run}

if [ "$scope" = run ] && up_to_date; then exit 0; fi

cache=$(cache_dir)
build=$here/build/release
mkdir -p "$here/build" || fail "cannot write $here: check its owner and permissions"
take_lock "$here/build/.setup.lock" "in this checkout"
if [ "$scope" = run ] && up_to_date; then exit 0; fi

# Downloads, their content and the build; what an earlier call has done need not fit again.
need_mb=500
[ -x "$build/bin/gre" ] || need_mb=1500
compgen -G "$cache/torch/*/.complete" > /dev/null || [ -x "$build/bin/gre" ] || need_mb=4000
check_disk "$here" "$need_mb" set-up
"$here/tools/setup/install_packages.sh" "$scope"
torch=$("$here/tools/setup/fetch_torch.sh")
"$here/tools/setup/fetch_geodata.sh"

jobs=$(build_jobs)
tests=$([ "$scope" = run ] && echo OFF || echo ON)
# a checkout that already builds tests keeps them
grep -qs '^GRE_BUILD_TESTS:BOOL=ON' "$build/CMakeCache.txt" && tests=ON
say "configuring build/release"
(cd "$here" && quietly "$build.configure.log" cmake --preset release \
  -DGRE_TORCH_DIR="$torch" -DGRE_BUILD_TESTS=$tests)
targets=$([ "$scope" = run ] && echo "gre gre_torch" || echo all)
say "building with $jobs job(s); the first build takes several minutes"
stamp=$(source_stamp)  # before: what changes during the build is built by the next call
build_with_progress "$build" "$jobs" $targets
printf '%s\n%s\n' "$stamp" "$torch" > "$build/.source_stamp.new"
mv "$build/.source_stamp.new" "$build/.source_stamp"
