#!/bin/bash
# install_packages.sh run|test|lint|fuzz|bench|faces: installs the missing Debian packages of packages.txt when it runs as
# root; otherwise prints the one command to run and exits 3. Never asks for privileges by itself.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$here/tools/setup/common.sh"

case ${1:-run} in
  run) scopes='run' ;;
  test) scopes='run|test' ;;
  lint) scopes='run|test|lint' ;;
  fuzz) scopes='run|test|lint|fuzz' ;;
  bench) scopes='run|bench' ;;
  faces) scopes='run|faces' ;;
  *) fail "unknown scope '$1': expected run, test, lint, fuzz, bench or faces" ;;
esac
command -v dpkg-query > /dev/null ||
  fail "this system has no dpkg: install the libraries named in tools/setup/packages.txt, then configure with cmake --preset release"

wanted=$(awk -v s="^($scopes)$" '$1 ~ s {print $2}' "$here/tools/setup/packages.txt" | sort -u)
# shellcheck disable=SC2086
installed=$(dpkg-query -W -f '${Package} ${Status}\n' $wanted 2> /dev/null | awk '/install ok installed$/ {print $1}' | sort -u || true)
missing=$(comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed") | tr '\n' ' ')
[ -n "$missing" ] || exit 0
missing=${missing% }
if [ "$(id -u)" -ne 0 ]; then
  fail "these system packages are missing; install them and run this again:
  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends $missing'"
fi

say "installing $(printf '%s' "$missing" | wc -w) system package(s)"
export DEBIAN_FRONTEND=noninteractive
log=$here/build/apt.log
mkdir -p "$here/build"
# the first line mends what a killed installation left behind
# shellcheck disable=SC2086
if ! { dpkg --configure -a && apt-get -o DPkg::Lock::Timeout=600 update &&
  apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing; } > "$log" 2>&1; then
  grep '^E:' "$log" | tail -n 1 >&2 || true
  fail "could not install $missing: check the network and /etc/apt/sources.list; the whole log is in ${log#"$here"/}"
fi
