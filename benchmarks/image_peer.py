#!/usr/bin/env python3
"""Photo to patches: gre beside Pillow and the Hugging Face Qwen2-VL processor, one thread, one run.

usage: image_peer.py --bench build/bench/bin/image_bench [--max-pixels N] [--rounds N] PHOTO ...

Both sides start from the file's bytes in memory. The processor's resized bytes must equal ours, or nothing
is compared. Needs: pip install transformers==4.57.1 torch pillow (torchvision is not used: a stub takes its place).
"""
import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
sys.modules["torchvision"] = None  # the numpy/Pillow ("slow") processor needs none of it
import PIL  # noqa: E402
import transformers  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402
from transformers.models.qwen2_vl import image_processing_qwen2_vl as qwen  # noqa: E402


def run_peer(processor, raw):
    begin = time.perf_counter()
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(raw))).convert("RGB")
    decoded = time.perf_counter()
    processor(images=[image], return_tensors="np")
    end = time.perf_counter()
    return 1e3 * (end - begin), 1e3 * (decoded - begin), image


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--max-pixels", type=int, default=12845056)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("photos", nargs="+")
    args = parser.parse_args()
    processor = qwen.Qwen2VLImageProcessor(min_pixels=3136, max_pixels=args.max_pixels)
    for path in args.photos:
        with open(path, "rb") as file:
            raw = file.read()
        peer_ms, decode_ms, ours = [], [], []
        for _ in range(args.rounds):  # alternating, so that both see the same machine
            for _ in range(3):
                total, decode, image = run_peer(processor, raw)
                peer_ms.append(total)
                decode_ms.append(decode)
            output = subprocess.run([args.bench, "4", str(args.max_pixels), path], check=True,
                                    stdout=subprocess.PIPE).stdout.decode().split("\n")
            for line in output[1:4]:  # the first round starts libvips
                *times, digest = line.split()
                ours.append([float(value) for value in times])
        height, width = qwen.smart_resize(image.height, image.width, 28, 3136, args.max_pixels)
        expected = hashlib.sha256(image.resize((width, height), Image.Resampling.BICUBIC).tobytes()).hexdigest()
        if digest != expected:
            raise SystemExit(f"{path}: the resized bytes differ: no comparison")
        best = min(ours, key=sum)
        print(json.dumps({
            "photo": os.path.basename(path), "pixels": f"{image.width}x{image.height}",
            "resized": f"{width}x{height}", "peer": f"transformers {transformers.__version__}, Pillow {PIL.__version__}",
            "gre_ms": {"decode": best[0], "resize": best[1], "patches": best[2], "total": round(sum(best), 2)},
            "peer_ms": {"decode": round(min(decode_ms), 2), "total": round(min(peer_ms), 2)},
            "ratio": round(min(peer_ms) / sum(best), 2)}), flush=True)


if __name__ == "__main__":
    main()
