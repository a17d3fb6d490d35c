# Functions shared by the set-up scripts; sourced, with $here = the checkout.

say() { printf 'gre set-up: %s\n' "$*" >&2; }
fail() { say "$@"; exit 3; }

# Where downloads lie, shared by all checkouts. Call as an assignment of its own, so that a failure ends the script.
cache_dir() {
  case ${XDG_CACHE_HOME:-} in
    /*) printf '%s/gre' "$XDG_CACHE_HOME" ;;
    *)
      [ -n "${HOME:-}" ] || fail "neither HOME nor XDG_CACHE_HOME is set: set one of them to a folder that may hold 1.5 GB of downloads"
      printf '%s/.cache/gre' "$HOME" ;;
  esac
}

# take_lock FILE WHAT: one process at a time until this script and its children end.
take_lock() {
  exec {lock}> "$1" || fail "cannot write $1: check its owner and permissions"
  flock -n "$lock" || { say "waiting for another set-up $2"; flock "$lock"; }
}

# quietly LOG COMMAND...: shows the log's end only when the command fails.
quietly() {
  local log=$1; shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" > "$log" 2>&1; then
    tail -n 25 "$log" >&2
    fail "'$1' failed; the whole log is in ${log#"$here"/}"
  fi
}

# pip_download FOLDER REQUIREMENT: one wheel, nothing that it depends on. The end of pip's output lies in FOLDER/pip.log
# unless a terminal shows it.
pip_download() {
  local pip=(python3 -m pip download --no-deps --no-cache-dir --disable-pip-version-check --retries 2
    --only-binary=:all: --implementation cp --python-version 311 --platform manylinux_2_28_x86_64
    --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux_2_18_x86_64
    --platform manylinux2014_x86_64 --dest "$1" "$2")
  say "fetching $2"
  if [ -t 2 ]; then "${pip[@]}" >&2; else "${pip[@]}" --quiet > "$1/pip.log" 2>&1; fi
}

# What the release build was made from: names, sizes and times of everything that enters it.
source_stamp() {
  (cd "$here" && find CMakeLists.txt CMakePresets.json cmake data src -type f -printf '%p %s %T@\n' | sort | sha256sum
   printf '%s\n' "${GRE_TORCH:-auto}")
}

# The third line of the stamp is the folder of LibTorch, which others may have emptied.
up_to_date() {
  local build=$here/build/release stamp
  [ -x "$build/bin/gre" ] && [ -f "$build/.source_stamp" ] || return 1
  mapfile -t stamp < "$build/.source_stamp"
  [ -f "${stamp[2]:-}/lib/libtorch_cpu.so" ] && [ "$(source_stamp)" = "${stamp[0]}"$'\n'"${stamp[1]}" ]
}

# check_disk FOLDER MB WHAT
check_disk() {
  local free_mb
  free_mb=$(df -Pm "$1" | awk 'NR == 2 {print $4}')
  [ "$free_mb" -ge "$2" ] || fail "$1 has $free_mb MB of free disk, $3 needs $2 MB: free some space and run this again"
}

# free_memory_mb [ROOT]: the machine's, or what a container's limit (cgroup 2 or 1) leaves of it; ROOT stands before
# /proc and /sys.
free_memory_mb() {
  local root=${1:-} limit used free folder
  free=$(awk '/^MemAvailable/ {print int($2 / 1024)}' "$root/proc/meminfo")
  folder=$root/sys/fs/cgroup$(sed -n 's/^0:://p' "$root/proc/self/cgroup" 2> /dev/null || true)
  while :; do
    if [ -r "$folder/memory.max" ] && limit=$(cat "$folder/memory.max") && [ "$limit" != max ]; then
      used=$(awk '$1 == "anon" {print $2}' "$folder/memory.stat")
      limit=$(((limit - ${used:-0}) / 1048576))
      [ "$limit" -ge "$free" ] || free=$limit
    fi
    [ "$folder" != "$root/sys/fs/cgroup" ] && [ "$folder" != "$root/sys/fs/cgroup/" ] || break
    folder=${folder%/*}
  done
  folder=$root/sys/fs/cgroup/memory
  if [ -r "$folder/memory.limit_in_bytes" ]; then
    used=$(awk '$1 == "total_rss" {print $2}' "$folder/memory.stat")
    limit=$((($(cat "$folder/memory.limit_in_bytes") - ${used:-0}) / 1048576))
    [ "$limit" -ge "$free" ] || free=$limit
  fi
  printf '%s' "$free"
}

# usable_cores [ROOT]: the machine's, or what a container's quota allows.
usable_cores() {
  local cores quota period
  cores=$(nproc)
  if read -r quota period 2> /dev/null < "${1:-}/sys/fs/cgroup/cpu.max" && [ "$quota" != max ]; then
    quota=$(((quota + period - 1) / period))
    [ "$quota" -ge "$cores" ] || cores=$quota
  fi
  printf '%s' "$cores"
}

# build_jobs [ROOT]: one compiler takes up to 1.5 GB (LibTorch headers).
build_jobs() {
  local cores memory_mb by_memory
  memory_mb=$(free_memory_mb "${1:-}")
  [ "$memory_mb" -ge 1200 ] ||
    fail "only $memory_mb MB of memory are free, the compiler needs 1,200 MB: close some programs or raise the container's limit, and run this again"
  case ${GRE_JOBS:-} in
    '') ;;
    0* | *[!0-9]*) fail "GRE_JOBS='$GRE_JOBS': expected the number of parallel compilers, 1 or more" ;;
    *) printf '%s' "$GRE_JOBS"; return ;;
  esac
  cores=$(usable_cores "${1:-}")
  by_memory=$((memory_mb / 1500))
  [ "$by_memory" -ge 1 ] || by_memory=1
  printf '%s' "$((cores < by_memory ? cores : by_memory))"
}

# Ninja's own status line on a terminal, every 25th step otherwise; the end of the log on failure.
build_with_progress() {
  local build=$1 jobs=$2 log=$1.build.log; shift 2
  if [ -t 2 ]; then
    NINJA_STATUS='  [%f/%t] ' ninja -C "$build" -j "$jobs" "$@" >&2 || fail "the build failed; the error stands above"
  else
    NINJA_STATUS='[%f/%t] ' ninja -C "$build" -j "$jobs" "$@" 2>&1 | tee "$log" |
      awk '/^\[[0-9]+\/[0-9]+\]/ { split(substr($1, 2), n, /[\/\]]/); if (n[1] % 25 == 0 || n[1] == n[2]) { print "gre set-up: built " n[1] " of " n[2]; fflush() } next }
           /error|Error|FAILED/ { print; fflush() }' >&2 ||
      { tail -n 25 "$log" >&2; fail "the build failed; the whole log is in ${log#"$here"/}"; }
  fi
}
