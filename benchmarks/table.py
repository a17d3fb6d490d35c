#!/usr/bin/env python3
"""Runs the named benchmarks and prints one table; benchmarks/run.sh prepares what it needs and calls it."""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PHOTO = HERE.parent / "examples/china.jpg"


def lines(command):
    """The JSON objects that a program prints, one a line; its standard error is shown."""
    output = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def peer(script, *words):
    return lines([sys.executable, HERE / script, *words])


def tokenizer(options):
    for result in peer("tokenizer_peer.py", "--bench", options.bin / "tokenizer_bench", "--tokenizer", options.tokenizer):
        yield (f"tokenizer, {result['corpus']}, MB/s", result["gre_mb_s"], result["tokenizers_mb_s"],
               result["ratio"], ">= 3")


def image(options):
    photos = sorted(path for path in options.photos.iterdir() if path.suffix.lower() in (".jpg", ".jpeg"))
    for result in peer("image_peer.py", "--bench", options.bin / "image_bench", *photos):
        yield (f"image to patches, {result['photo']} ({result['pixels']}), ms", result["gre_ms"]["total"],
               result["peer_ms"]["total"], result["ratio"], ">= 3")


def megapixel_photo(folder):
    from PIL import Image
    path = folder / "megapixel.jpg"
    Image.open(PHOTO).convert("RGB").resize((1152, 868), Image.Resampling.BICUBIC).save(path, quality=90)
    return path


def engine(options):
    photo = megapixel_photo(options.bin.parent)
    result, = peer("engine_peer.py", "--bench", options.bin / "engine_bench", "--photo", photo, options.model)
    ours, theirs = result["gre"], result["transformers"]
    for name, key, target in (("prefill of 512 tokens", "prefill_tokens_per_s", ">= 1.6"),
                              ("decode", "decode_tokens_per_s", ">= 1.15")):
        mine, other = (max(side[key] for side in sides if key in side) for sides in (ours, theirs))
        yield (f"3B bfloat16, {name}, tokens/s", mine, other, mine / other, target)
    ratio = statistics.median(side["samples_decode_ratio"] for side in ours if "samples_decode_ratio" in side)
    yield ("3B bfloat16, decoding 8 samples, times the cost of 1", ratio, None, None, "< 2")
    one, several = next(side["photo"] for side in ours if "photo" in side)
    yield (f"3B bfloat16, a photo of 1 megapixel, {several['samples']} samples, times the cost of 1",
           several["total_ms"] / one["total_ms"], None, None, "< 2")
    weights = sum(entry.stat().st_size for entry in os.scandir(options.model) if entry.name.endswith(".safetensors"))
    peak = max(value for side in ours for key, value in side.items() if key.startswith("peak_bytes"))
    yield ("3B bfloat16, peak memory above the weights, GB", (peak - weights) / 1e9, None, None, "<= 1.5")


def training(options):
    """One update of each kind on a decoder of few layers, in the precision in which adapters are trained on a CPU."""
    result, = peer("training_peer.py", "--bench", options.bin / "training_bench", options.few_layers)
    for name, key, target in (("GRPO update, 8 completions of 256 tokens", "grpo_s", ">= 3"), ("of it drawing", "rollout_s", ""),
                              ("of it scores, backward, AdamW", "update_s", ""), ("fine-tuning on the same 8", "sft_s", ">= 1")):
        mine, other = (min(side[key] for side in sides) for sides in (result["gre"], result["peer"]))
        yield (f"3B dimensions, 4 layers, LoRA, float32, {name}, s", mine, other, other / mine, target)
    mine, other = (max(side["grpo_peak_gb"] for side in sides) for sides in (result["gre"], result["peer"]))
    yield ("3B dimensions, 4 layers, GRPO update, peak memory, GB", mine, other, mine / other, "<= 0.6 (gre / peer)")


def geodesic(options):
    result, = peer("geodesic_peer.py", "--bench", options.bin / "geo_bench")
    yield ("geodesic distance, one thread, microseconds", result["gre_us"], result["geopy_us"], result["ratio"], ">= 100")


def geocode(options):
    for result in peer("geocode_peer.py", "--bench", options.bin / "knowledge_bench", "--geodata", options.geodata):
        print(json.dumps(result), file=sys.stderr)  # with what became of every point
        yield (f"reverse geocoding, {result['count']} points {result['points']}, {result['metric']}, peer's mode {result['peer_mode']}, "
               "nanoseconds a point", result["gre_ns"], result["peer_ns"], result["ratio"], ">= 50")
    yield ("reverse geocoding, opening the table, ms", result["gre_open_ms"], result["peer_open_ms"],
           result["peer_open_ms"] / result["gre_open_ms"], "")


def nano(options):
    located, = lines([options.gre, "locate", PHOTO, "--json", "--always-answer"])
    if located["answer"] is None:
        sys.exit("gre-nano gives no answer: nothing to time")
    for threads in (1, 2):
        output = subprocess.run([options.bin / "engine_bench", HERE.parent / "models/gre-nano", "--prompt", "0",
                                 "--threads", str(threads), "--tokens", "64", "--rounds", "9", "--photo", PHOTO],
                                check=True, stdout=subprocess.PIPE).stdout
        one, several = json.loads(output)["photo"]
        for timing, target in ((one, "< 150"), (several, "< 300")):
            yield (f"gre-nano, warm, {threads} thread(s), {timing['samples']} sample(s), {timing['completion_tokens']} tokens, ms",
                   timing["total_ms"], None, None, target)


def cold(options):
    seconds = []
    for _ in range(6):
        begin = time.perf_counter()
        located, = lines([options.gre, "locate", PHOTO, "--json", "--always-answer"])
        seconds.append(time.perf_counter() - begin)
        if located["answer"] is None:
            sys.exit("gre locate gives no answer: nothing to time")
    yield ("./gre locate, start to answer, files in the page cache, s", statistics.median(seconds[1:]), None, None, "< 2.5")


BENCHMARKS = {"tokenizer": tokenizer, "image": image, "geodesic": geodesic, "geocode": geocode, "engine": engine,
              "training": training, "nano": nano, "cold": cold}


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} x {names[0] if names else platform.processor()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--bin", "--gre", "--tokenizer", "--model", "--few-layers", "--photos", "--geodata"):
        parser.add_argument(flag, required=True, type=pathlib.Path)
    parser.add_argument("names", nargs="+", choices=BENCHMARKS)
    options = parser.parse_args()
    rows = []
    for name in options.names:
        print(f"benchmark {name} …", file=sys.stderr, flush=True)
        rows += BENCHMARKS[name](options)
    number = lambda value: "" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    print(f"{processor()}, load {os.getloadavg()[0]:.1f}\n")
    print("| what | gre | peer | ratio | target |\n|---|---|---|---|---|")
    for what, mine, other, ratio, target in rows:
        print(f"| {what} | {number(mine)} | {number(other)} | {number(ratio)} | {target} |")


if __name__ == "__main__":
    main()
