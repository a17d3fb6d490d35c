#!/bin/bash
# fetch_torch.sh: prints the folder "torch" of the pinned LibTorch, fetching and unpacking it on first use.
# Version, wheel names and hashes: cmake/torch_pin.txt. Python only downloads. Choice: GRE_TORCH (setup.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$here/tools/setup/common.sh"

pin=$here/cmake/torch_pin.txt
version=$(awk '$1 == "version" {print $2}' "$pin")
choice=${GRE_TORCH:-auto}
case $choice in
  auto | cpu | cuda) ;;
  *)
    [ -f "$choice/lib/libtorch_cpu.so" ] && [ -d "$choice/include/ATen" ] ||
      fail "GRE_TORCH='$choice' has no lib/libtorch_cpu.so and include/ATen: name the folder 'torch' of an unpacked wheel, or auto, cpu, cuda"
    (cd "$choice" && pwd)
    exit 0 ;;
esac

cache=$(cache_dir)
# A variant's folder is renamed into place with the lines of its pins in it; other pins are another LibTorch.
place() { printf '%s/torch/%s-%s' "$cache" "$version" "$1"; }
pins() { awk -v v="$1" '$1 == "wheel" && $2 == v {print $3, $4, $5}' "$pin"; }
ready() { [ "$(cat "$(place "$1")/.complete" 2> /dev/null)" = "$(pins "$1")" ]; }
use_if_ready() {
  local variant
  for variant in "$@"; do
    if ready "$variant"; then printf '%s/torch\n' "$(place "$variant")"; exit 0; fi
  done
}
variants=$choice
[ "$choice" != auto ] || variants='cpu plain cuda'
# shellcheck disable=SC2086
use_if_ready $variants

mkdir -p "$cache/torch" || fail "cannot make $cache/torch: check its owner, or set XDG_CACHE_HOME to a folder of yours"
take_lock "$cache/torch/.lock" "that fetches LibTorch"
# shellcheck disable=SC2086
use_if_ready $variants
rm -rf "$cache"/torch/.fetch.*  # of a set-up that was killed
# the wheels and their content side by side; nobody gets the CUDA part who has not asked for it
if [ "$choice" = cuda ]; then check_disk "$cache" 9000 'LibTorch with CUDA'; else check_disk "$cache" 2500 LibTorch; fi
[ "$choice" != auto ] || variants='cpu plain'

work=$(mktemp -d "$cache/torch/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

# download VARIANT: every wheel of the variant into $work, each checked against its pinned hash.
download() {
  local name file hash
  rm -f "$work"/*.whl
  while read -r name file hash; do
    pip_download "$work" "$name" && [ -f "$work/$file" ] || return 1
    printf '%s  %s\n' "$hash" "$work/$file" | sha256sum --check --status ||
      fail "$file has another checksum than cmake/torch_pin.txt says: the package index served something else; nothing was installed"
  done < <(pins "$1")
}

variant=
for try in $variants; do
  if download "$try"; then variant=$try; break; fi
  [ "$variants" = "$try" ] || [ "$try" = plain ] || say "the package index has no CPU build; trying the ordinary one (530 MB)"
done
if [ -z "$variant" ]; then
  grep -E '^ERROR' "$work/pip.log" 2> /dev/null | tail -n 1 >&2 || true
  fail "could not fetch LibTorch $version ($choice): check the network and pip's package index, or set GRE_TORCH to the folder 'torch' of an unpacked wheel"
fi

say "unpacking LibTorch $version ($variant)"
for wheel in "$work"/*.whl; do
  case $(basename "$wheel") in
    torch-*) unzip -q "$wheel" 'torch/lib/*' 'torch/include/*' -d "$work/content" ;;
    *) unzip -q "$wheel" 'nvidia/*' -d "$work/content" ;;
  esac
  rm "$wheel"
done
# libtorch_cpu of the CUDA wheel looks for these two beside itself
if [ -d "$work/content/nvidia" ]; then
  find "$work/content/nvidia" \( -name 'libcupti.so*' -o -name 'libcudart.so*' \) -exec cp -P {} "$work/content/torch/lib/" \;
fi
pins "$variant" > "$work/content/.complete"
rm -rf "$(place "$variant")"
mv "$work/content" "$(place "$variant")"
printf '%s/torch\n' "$(place "$variant")"
