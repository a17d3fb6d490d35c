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
    [ -f "$choice/lib/libtorch_cpu.so" ] ||
      fail "GRE_TORCH='$choice' has no lib/libtorch_cpu.so: name the folder 'torch' of an unpacked wheel, or auto, cpu, cuda"
    printf '%s\n' "$choice"
    exit 0 ;;
esac

place() { printf '%s/torch/%s-%s' "$(cache_dir)" "$version" "$1"; }
ready() { [ -f "$(place "$1")/.complete" ]; }
case $choice in
  auto) for variant in cpu cuda; do if ready $variant; then printf '%s/torch\n' "$(place $variant)"; exit 0; fi; done ;;
  *) if ready "$choice"; then printf '%s/torch\n' "$(place "$choice")"; exit 0; fi ;;
esac

# A first unpacking needs the wheel and its content side by side.
mkdir -p "$(cache_dir)/torch"
free_mb=$(df -Pm "$(cache_dir)" | awk 'NR==2 {print $4}')
[ "$free_mb" -ge 2500 ] || fail "$(cache_dir) has ${free_mb} MB of free disk, LibTorch needs 2,500 MB: free some space and run this again"

work=$(mktemp -d "$(cache_dir)/torch/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

# download VARIANT: every wheel of the variant into $work, each checked against its pinned hash.
download() {
  local variant=$1 name file hash
  while read -r name file hash; do
    say "fetching $file"
    # shellcheck disable=SC2086
    python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 311 \
      --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_25_x86_64 \
      --dest "$work" "$name" >&2 2> "$work/pip.log" || return 1
    [ -f "$work/$file" ] || return 1
    printf '%s  %s\n' "$hash" "$work/$file" | sha256sum --check --status ||
      fail "$file has another checksum than cmake/torch_pin.txt says: the package index served something else; nothing was installed"
  done < <(awk -v v="$variant" '$1 == "wheel" && $2 == v {print $3, $4, $5}' "$pin")
}

variant=
case $choice in
  auto)
    if download cpu; then variant=cpu; elif rm -f "$work"/*.whl && download cuda; then variant=cuda; fi ;;
  *) if download "$choice"; then variant=$choice; fi ;;
esac
if [ -z "$variant" ]; then
  tail -n 3 "$work/pip.log" >&2 || true
  fail "could not fetch LibTorch $version ($choice): check the network and the package index of pip, or set GRE_TORCH to the folder 'torch' of an unpacked wheel"
fi

say "unpacking LibTorch $version ($variant)"
for wheel in "$work"/*.whl; do
  case $(basename "$wheel") in
    torch-*) unzip -q "$wheel" 'torch/lib/*' 'torch/include/*' -d "$work/content" ;;
    *) unzip -q "$wheel" 'nvidia/*' -d "$work/content" ;;
  esac
done
# libtorch_cpu of the CUDA wheel looks for these two beside itself
find "$work/content/nvidia" \( -name 'libcupti.so*' -o -name 'libcudart.so*' \) \
  -exec cp -P {} "$work/content/torch/lib/" \; 2> /dev/null || true
touch "$work/content/.complete"
rm -rf "$(place "$variant")"
mv "$work/content" "$(place "$variant")"
printf '%s/torch\n' "$(place "$variant")"
