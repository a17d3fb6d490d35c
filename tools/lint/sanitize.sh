#!/bin/bash
# Address, leak and undefined-behaviour sanitizers over every LibTorch-free test and the replays of the
# fuzz corpora.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tools/setup/common.sh
here=$PWD
quietly build/asan-ubsan.configure.log cmake --preset asan-ubsan
quietly build/asan-ubsan.build.log ninja -C build/asan-ubsan -j "$(build_jobs)" sanitizer_tests
if [ -z "${GRE_GOLDENS:-}" ] && [ -d ../shared/goldens ]; then export GRE_GOLDENS=$here/../shared/goldens; fi
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
ctest --test-dir build/asan-ubsan --output-on-failure --parallel "$(nproc)" --label-regex 'unit|fuzz-replay' \
  --no-tests=error -E '_NOT_BUILT'
