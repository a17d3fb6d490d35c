#!/bin/bash
# tools/fuzz/run.sh [SECONDS [CASE...]]: runs the fuzz targets one after another, each for SECONDS (600), and prints
# a row of docs/testing.md for each. CASE is a target's name without "_fuzz". New inputs go to build/fuzz/corpus, what
# crashes to build/fuzz/findings; a finding becomes a seed in fuzz/corpus and a regression test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=$PWD
source tools/setup/common.sh
seconds=${1:-600}
[ $# = 0 ] || shift
cases=("$@")

tools/setup/install_packages.sh fuzz
quietly build/fuzz.configure.log cmake --preset fuzz
export LSAN_OPTIONS=suppressions=$here/tools/lint/leaks.supp
# without names: every target of the preset, which leaves out LibTorch
[ ${#cases[@]} -gt 0 ] || mapfile -t cases < <(ninja -C build/fuzz -t targets all | grep -v ^cmake_ | sed -n 's/^\([a-z_]*\)_fuzz: phony$/\1/p')
build_with_progress "$here/build/fuzz" "$(build_jobs)" "${cases[@]/%/_fuzz}"

mkdir -p build/fuzz/findings
found=0
echo '| target | seconds | executions | findings |'
echo '|---|---|---|---|'
for case in "${cases[@]}"; do
  mkdir -p "build/fuzz/corpus/$case"
  log=build/fuzz/findings/$case.log
  start=$SECONDS
  "build/fuzz/bin/${case}_fuzz" -max_total_time="$seconds" -print_final_stats=1 -rss_limit_mb=4096 -timeout=20 \
    -artifact_prefix="build/fuzz/findings/$case-" "build/fuzz/corpus/$case" "fuzz/corpus/$case" > "$log" 2>&1 || true
  executions=$(awk '/number_of_executed_units/ {print $2}' "$log")
  findings=$(find build/fuzz/findings -name "$case-*" | wc -l)
  found=$((found + findings))
  echo "| \`$case\` | $((SECONDS - start)) | ${executions:-0} | $findings |"
done
[ "$found" = 0 ] || { echo "$found finding(s) in build/fuzz/findings" >&2; exit 1; }
