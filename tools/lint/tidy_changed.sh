#!/bin/bash
# clang-tidy on the sources that the last GRE_TIDY_COMMITS commits (default 5) touched; "all" for every source.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
commits=${GRE_TIDY_COMMITS:-5}
if [ "$commits" = all ]; then
  files=$(git ls-files 'src/*.cc')
else
  base=$(git rev-list --max-count="$((commits + 1))" HEAD | tail -n 1)
  files=$(git diff --name-only --diff-filter=d "$base" HEAD -- 'src/*.cc')
fi
# what this machine does not build (the optional face detector) cannot be judged
built=$(grep -oE '"file": "[^"]+"' build/release/compile_commands.json | cut -d'"' -f4 | sed "s#^$PWD/##")
files=$(printf '%s\n' "$files" | grep -Fx -f <(printf '%s\n' "$built") || true)
# test sources follow the compiler's warnings only: GoogleTest's macros trip half of the checks
files=$(printf '%s\n' "$files" | grep -v '_test\.cc$' || true)
[ -n "$files" ] || { echo "no source changed"; exit 0; }
printf '%s\n' "$files" | xargs -P "$(nproc)" -n 2 clang-tidy-14 --quiet -p build/release 2> build/tidy.err ||
  { grep -vE 'warnings? generated|Suppressed|Use -header-filter' build/tidy.err >&2 || true; exit 1; }
echo "clang-tidy is content with $(printf '%s\n' "$files" | wc -l) source(s)"
