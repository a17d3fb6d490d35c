#!/bin/bash
# Sets up what the tests need and runs all of them. Arguments go to ctest, for example ./test.sh -L unit
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/tools/setup/setup.sh" test

# Reference results and photos that are not part of the repository; tests that need them say "skipped" without.
shared=$here/../shared
if [ -z "${GRE_GOLDENS:-}" ] && [ -d "$shared/goldens" ]; then export GRE_GOLDENS=$shared/goldens; fi
if [ -z "${GRE_SHARED_DATA:-}" ] && [ -d "$shared/data" ]; then export GRE_SHARED_DATA=$shared/data; fi

exec ctest --test-dir "$here/build/release" --output-on-failure --parallel "$(nproc)" "$@"
