#!/bin/bash
# The launcher and the set-up scripts, in a copy of the checkout that is never built: launcher_test.sh SOURCE
set -uo pipefail
source_dir=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/checkout"
cp -r "$source_dir/gre" "$source_dir/README.md" "$source_dir/CMakeLists.txt" "$source_dir/CMakePresets.json" \
  "$source_dir/cmake" "$source_dir/tools" "$work/checkout/"
cd "$work/checkout"
failures=0

# expect NAME CODE TEXT COMMAND...: exit code and a piece of the output, standard error included
expect() {
  local name=$1 code=$2 text=$3 output got; shift 3
  output=$("$@" 2>&1) && got=0 || got=$?
  if [ "$got" != "$code" ] || [[ $output != *"$text"* ]]; then
    printf 'FAILED %s: exit code %s, expected %s and "%s", got:\n%s\n' "$name" "$got" "$code" "$text" "$output"
    failures=$((failures + 1))
  fi
}
setup_function() { bash -c 'set -euo pipefail; here=$PWD; source tools/setup/common.sh; "$@"' - "$@"; }

for arguments in --help -h help '' 'locate --help' 'model info -h' '--version' 'locate --help --version'; do
  # shellcheck disable=SC2086
  expect "question '$arguments' before the build" 0 'not built yet' ./gre $arguments
done
[ ! -e build ] || { echo "FAILED: a question started set-up"; failures=$((failures + 1)); }
expect 'a file called --help is not a question' 3 'HOME' env -u HOME -u XDG_CACHE_HOME ./gre locate -- --help

expect 'no home' 3 'neither HOME nor XDG_CACHE_HOME' env -u HOME -u XDG_CACHE_HOME tools/setup/fetch_torch.sh
expect 'relative cache' 0 '/h/.cache/gre' env HOME=/h XDG_CACHE_HOME=here bash -c 'here=.; source tools/setup/common.sh; cache_dir'
expect 'wrong LibTorch' 3 "GRE_TORCH='/nowhere' has no lib/libtorch_cpu.so" env GRE_TORCH=/nowhere tools/setup/fetch_torch.sh
mkdir -p torch/lib torch/include/ATen && touch torch/lib/libtorch_cpu.so
expect 'own LibTorch' 0 "$PWD/torch" env GRE_TORCH=torch tools/setup/fetch_torch.sh
expect 'jobs' 3 "GRE_JOBS='none'" env GRE_JOBS=none bash -c 'here=.; source tools/setup/common.sh; build_jobs'

# no package index: one clear line
expect 'no network' 3 'check the network' env XDG_CACHE_HOME="$work/cache" PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= \
  PIP_NO_INDEX=1 tools/setup/fetch_torch.sh
expect 'no network, places' 0 'named by country only' env XDG_CACHE_HOME="$work/cache" PIP_CONFIG_FILE=/dev/null \
  PIP_FIND_LINKS= PIP_NO_INDEX=1 tools/setup/fetch_geodata.sh
# a killed download leaves nothing that is taken for a whole one
version=$(awk '$1 == "version" {print $2}' cmake/torch_pin.txt)
mkdir -p "$work/cache/gre/torch/.fetch.dead" "$work/cache/gre/torch/$version-cpu/torch"
expect 'half a LibTorch' 3 'could not fetch' env XDG_CACHE_HOME="$work/cache" GRE_TORCH=cpu PIP_CONFIG_FILE=/dev/null \
  PIP_FIND_LINKS= PIP_NO_INDEX=1 tools/setup/fetch_torch.sh
[ ! -e "$work/cache/gre/torch/.fetch.dead" ] || { echo "FAILED: leftovers stay"; failures=$((failures + 1)); }
awk '$1 == "wheel" && $2 == "cpu" {print $3, $4, $5}' cmake/torch_pin.txt > "$work/cache/gre/torch/$version-cpu/.complete"
expect 'a whole LibTorch' 0 "$version-cpu/torch" env XDG_CACHE_HOME="$work/cache" tools/setup/fetch_torch.sh

# memory and cores of a container
root=$work/root
mkdir -p "$root/proc/self" "$root/sys/fs/cgroup/box" "$root/sys/fs/cgroup/memory"
echo 'MemAvailable: 20480000 kB' > "$root/proc/meminfo"
expect 'whole machine' 0 20000 setup_function free_memory_mb "$root"
echo '0::/box' > "$root/proc/self/cgroup"
echo 4294967296 > "$root/sys/fs/cgroup/box/memory.max"
echo 'anon 1073741824' > "$root/sys/fs/cgroup/box/memory.stat"
expect 'container, cgroup 2' 0 3072 setup_function free_memory_mb "$root"
echo 3221225472 > "$root/sys/fs/cgroup/memory/memory.limit_in_bytes"
echo 'total_rss 2147483648' > "$root/sys/fs/cgroup/memory/memory.stat"
expect 'container, cgroup 1' 0 1024 setup_function free_memory_mb "$root"
expect 'too little memory' 3 'only 1024 MB of memory are free' setup_function build_jobs "$root"
echo '100000 100000' > "$root/sys/fs/cgroup/cpu.max"
expect 'cores' 0 1 setup_function usable_cores "$root"

[ "$failures" = 0 ] && echo "the launcher does what it says"
exit "$((failures > 0))"
