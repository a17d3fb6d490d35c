# Functions shared by the set-up scripts; sourced, with $here = the checkout.

say() { printf 'gre set-up: %s\n' "$*" >&2; }
fail() { printf 'gre set-up: %s\n' "$*" >&2; exit 3; }

cache_dir() { printf '%s/gre' "${XDG_CACHE_HOME:-$HOME/.cache}"; }

# quietly LOG COMMAND...: shows the log's end only when the command fails.
quietly() {
  local log=$1; shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" > "$log" 2>&1; then
    tail -n 25 "$log" >&2
    fail "'$1' failed; the whole log is in ${log#"$here"/}"
  fi
}

# What the release build was made from: names, sizes and times of everything that enters it.
source_stamp() {
  (cd "$here" && find CMakeLists.txt CMakePresets.json cmake data src -type f -printf '%p %s %T@\n' | sort | sha256sum
   printf '%s\n' "${GRE_TORCH:-auto}")
}

up_to_date() {
  [ -x "$here/build/release/bin/gre" ] && [ -f "$here/build/release/.source_stamp" ] &&
    [ "$(source_stamp)" = "$(cat "$here/build/release/.source_stamp")" ]
}

# 4 GB for a first set-up; a finished one needs little.
check_disk() {
  local need_mb=4000 free_mb
  [ -x "$here/build/release/bin/gre" ] && need_mb=500
  free_mb=$(df -Pm "$here" | awk 'NR==2 {print $4}')
  [ "$free_mb" -ge "$need_mb" ] ||
    fail "$here has ${free_mb} MB of free disk, set-up needs ${need_mb} MB: free some space and run this again"
}

# One compiler takes up to 1.5 GB (LibTorch headers).
build_jobs() {
  local cores memory_mb by_memory
  cores=$(nproc)
  memory_mb=$(awk '/MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)
  [ "$memory_mb" -ge 1200 ] ||
    fail "only ${memory_mb} MB of memory are free, the compiler needs 1,200 MB: close some programs and run this again"
  by_memory=$((memory_mb / 1500))
  [ "$by_memory" -ge 1 ] || by_memory=1
  printf '%s' "${GRE_JOBS:-$((cores < by_memory ? cores : by_memory))}"
}

# Ninja's own status line on a terminal, every tenth step otherwise; the end of the log on failure.
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
