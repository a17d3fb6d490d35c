#!/bin/bash
# benchmarks/run.sh [tokenizer|image|geodesic|geocode|engine|training|nano|cold]...: all but "training", or the named benchmarks beside their peers, as one table of
# ratios; answers are checked first. Builds build/bench, installs the peers of requirements.txt into build/bench/venv.
#   GRE_BENCH_TOKENIZER  tokenizer.json of any Qwen2.5 model (default: that of the reference results, where they are)
#   GRE_BENCH_MODEL      a Qwen2.5-VL-3B directory (default: one of random weights, made once in build/bench: 7.5 GB)
#   GRE_BENCH_PHOTOS     folder of JPEG photos for "image" (default: examples)
# A quiet machine is needed for numbers that shall be kept; "engine" takes about 15 minutes and 9 GB of memory. "training"
# (a decoder of 3B dimensions and 4 layers: 12 GB of memory, 2.5 GB of disk, well over 10 minutes) runs only when it is named.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
here=$PWD
source tools/setup/common.sh
names=("$@")
[ $# -gt 0 ] || names=(tokenizer image geodesic geocode nano cold engine)
for name in "${names[@]}"; do
  case $name in
    tokenizer | image | geodesic | geocode | engine | training | nano | cold) ;;
    *) fail "unknown benchmark '$name': expected tokenizer, image, geodesic, geocode, engine, training, nano or cold" ;;
  esac
done

bench=$here/build/bench
mkdir -p "$bench"
take_lock "$bench/.lock" "of the benchmarks"
tools/setup/install_packages.sh bench
tools/setup/setup.sh run
torch=$(tools/setup/fetch_torch.sh)
quietly build/bench.configure.log cmake --preset release -B "$bench" -DGRE_TORCH_DIR="$torch" -DGRE_BUILD_BENCHMARKS=ON
build_with_progress "$bench" "$(build_jobs)" tokenizer_bench image_bench geo_bench knowledge_bench engine_bench training_bench
if ! cmp -s benchmarks/requirements.txt "$bench/venv/requirements.txt"; then
  say "installing the peers into build/bench/venv"
  quietly build/bench.venv.log python3 -m venv --clear "$bench/venv"
  quietly build/bench.pip.log "$bench/venv/bin/pip" install --disable-pip-version-check -r benchmarks/requirements.txt
  cp benchmarks/requirements.txt "$bench/venv/requirements.txt"
fi

tokenizer=${GRE_BENCH_TOKENIZER:-${GRE_GOLDENS:-$here/../shared/goldens}/model/tokenizer.json}
model=${GRE_BENCH_MODEL:-$bench/qwen2_5_vl_3b_random}
case " ${names[*]} " in *' tokenizer '* | *' engine '* | *' training '*)
  [ -f "$tokenizer" ] || fail "no tokenizer.json of a Qwen2.5 model: './gre model fetch Qwen/Qwen2.5-VL-3B-Instruct' brings one; name it in GRE_BENCH_TOKENIZER" ;;
esac
# FOLDER MEGABYTES [OPTION...]: a checkpoint of random weights, whole or not at all
checkpoint() {
  local folder=$1 megabytes=$2
  shift 2
  [ ! -f "$folder/config.json" ] || return 0
  check_disk "$bench" "$megabytes" 'the checkpoint of random weights'
  say "writing a checkpoint of random weights: ${folder##*/}"
  rm -rf "$folder.part"
  quietly build/bench.checkpoint.log "$bench/venv/bin/python" benchmarks/engine_checkpoint.py --tokenizer "$tokenizer" "$@" "$folder.part"
  mv "$folder.part" "$folder"
}
case " ${names[*]} " in *' engine '*)
  [ -z "${GRE_BENCH_MODEL:-}" ] || [ -f "$model/config.json" ] || fail "GRE_BENCH_MODEL='$model' has no config.json"
  checkpoint "$model" 9000 ;;
esac
few_layers=$bench/qwen2_5_vl_3b_4_layers_random
case " ${names[*]} " in *' training '*) checkpoint "$few_layers" 2500 --layers 4 --vision-depth 1 ;; esac
exec "$bench/venv/bin/python" benchmarks/table.py --bin "$bench/bin" --gre "$here/gre" --tokenizer "$tokenizer" --model "$model" --few-layers "$few_layers" \
  --photos "${GRE_BENCH_PHOTOS:-examples}" --geodata "$(cache_dir)/geodata" "${names[@]}"
