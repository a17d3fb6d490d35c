#!/bin/bash
# install_packages.sh run|test|lint: installs the missing Debian packages of packages.txt when it runs as
# root; otherwise prints the one command to run and exits 3. Never asks for privileges by itself.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$here/tools/setup/common.sh"

case ${1:-run} in
  run) scopes='run' ;;
  test) scopes='run|test' ;;
  lint) scopes='run|test|lint' ;;
  *) fail "unknown scope '$1': expected run, test or lint" ;;
esac
command -v dpkg-query > /dev/null ||
  fail "this system has no dpkg: install the libraries named in tools/setup/packages.txt, then configure with cmake --preset release"

wanted=$(awk -v s="^($scopes)$" '$1 ~ s {print $2}' "$here/tools/setup/packages.txt")
missing=
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  fail "these system packages are missing; install them and run this again:
  sudo apt-get install --no-install-recommends$missing"
fi
say "installing $(printf '%s' "$missing" | wc -w) system package(s)"
export DEBIAN_FRONTEND=noninteractive
mkdir -p "$here/build"
quietly "$here/build/apt.log" apt-get update
# shellcheck disable=SC2086
quietly "$here/build/apt.log" apt-get install -y --no-install-recommends $missing
