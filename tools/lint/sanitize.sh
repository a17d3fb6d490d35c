#!/bin/bash
# sanitize.sh [asan-ubsan|tsan]...: the first without arguments. Address, leak and undefined-behaviour sanitizers see
# every LibTorch-free test, the replays of the fuzz corpora, and the engine on the small golden checkpoint (LibTorch itself
# is not instrumented); the thread sanitizer the tests of the modules that start threads.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=$PWD
source tools/setup/common.sh
presets=("$@")
[ $# -gt 0 ] || presets=(asan-ubsan)
if [ -z "${GRE_GOLDENS:-}" ] && [ -d ../shared/goldens ]; then export GRE_GOLDENS=$here/../shared/goldens; fi
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
# libvips and GLib are not built for the thread sanitizer, which does not see their locks
export TSAN_OPTIONS="halt_on_error=1 ignore_noninstrumented_modules=1"
export LSAN_OPTIONS=suppressions=$here/tools/lint/leaks.supp
torch=$(tools/setup/fetch_torch.sh)
for preset in "${presets[@]}"; do
  case $preset in
    asan-ubsan) target=sanitizer_tests labels='unit|fuzz-replay' ;;
    tsan) target=thread_tests labels=unit ;;
    *) fail "unknown preset '$preset': expected asan-ubsan or tsan" ;;
  esac
  quietly "build/$preset.configure.log" cmake --preset "$preset" -DGRE_TORCH_DIR="$torch"
  build_with_progress "$here/build/$preset" "$(build_jobs)" "$target"
  run_tests() { ctest --test-dir "build/$preset" --output-on-failure --parallel "$(nproc)" --no-tests=error "$@"; }
  run_tests --label-regex "$labels" -E '_NOT_BUILT'
  [ "$preset" != asan-ubsan ] || run_tests -R 'LocalEngineGoldenTest.*/small'
done
