#!/bin/bash
# A linter that finds nothing proves nothing: seed one violation of each kind and see that it is found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seed=build/release/lint_seed
mkdir -p "$seed/src/core"
cp .clang-tidy "$seed/"
printf '#include <memory>\nint *Bad(std::shared_ptr<int> p) { if (p) return 0; return NULL; }\n' > "$seed/src/core/seed.cc"
if clang-tidy-14 --quiet "$seed/src/core/seed.cc" -- -std=c++20 > "$seed/log" 2>&1; then
  echo "clang-tidy accepted a seeded violation" >&2; exit 1
fi
grep -q 'modernize-use-nullptr' "$seed/log" || { cat "$seed/log" >&2; exit 1; }
if clang-format-14 --style=file:.clang-format --dry-run -Werror "$seed/src/core/seed.cc" 2> /dev/null; then
  echo "clang-format accepted a seeded violation" >&2; exit 1
fi
# the layer check must refuse an include that crosses a layer
mkdir -p "$seed/layers/core"
printf '#include "cli/commands.h"\n' > "$seed/layers/core/seed.h"
if cmake -DSPEC=build/release/layers.cmake -DSOURCE="$PWD/$seed/layers" -P cmake/check_layers_script.cmake > /dev/null 2>&1; then
  echo "the layer check accepted a seeded violation" >&2; exit 1
fi
rm -rf "$seed"
echo "clang-tidy, clang-format and the layer check each refuse a seeded violation"
