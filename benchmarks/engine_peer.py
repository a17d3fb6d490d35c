#!/usr/bin/env python3
"""The text decoder of Qwen2.5-VL: gre beside Hugging Face transformers, in one run, in turns.

usage: engine_peer.py --bench build/bench/bin/engine_bench [--threads 2] [--prompt 512] [--tokens 32]
                      [--rounds 2] [--photo FILE] MODEL_DIR

MODEL_DIR may come from engine_checkpoint.py. Both sides see the same token ids; their last logits must agree, or
nothing is compared. The bound is 8 % (root mean square): rounding to bfloat16 alone moves either side by 2 % from
float32 with 8 random layers and grows with depth, while a wrong layer moves it by 100 %. Needs: pip install transformers==4.57.1 torch numpy.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time


def worker(options):
    """Times transformers alone; prints JSON and writes the last logits."""
    sys.modules["torchvision"] = None
    import torch
    from transformers import Qwen2_5_VLForConditionalGeneration
    torch.set_num_threads(options.threads)
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(options.model, dtype=torch.bfloat16).eval()
    decoder, head = model.model.language_model, model.lm_head
    ids = torch.tensor([[(i * 7919 + 13) % 150000 for i in range(options.prompt)]])
    best = {"prefill": 1e9, "decode": 1e9}
    with torch.inference_mode():
        for _ in range(3):
            begin = time.perf_counter()
            output = decoder(input_ids=ids, use_cache=True)
            logits = head(output.last_hidden_state[:, -1:])
            token = logits[:, -1].argmax(-1, keepdim=True)
            best["prefill"] = min(best["prefill"], time.perf_counter() - begin)
            cache = output.past_key_values
            begin = time.perf_counter()
            for _ in range(options.tokens):
                output = decoder(input_ids=token, past_key_values=cache, use_cache=True)
                token = head(output.last_hidden_state[:, -1:])[:, -1].argmax(-1, keepdim=True)
            best["decode"] = min(best["decode"], time.perf_counter() - begin)
    logits.float().numpy().tofile(options.logits)
    print(json.dumps({"prefill_tokens_per_s": options.prompt / best["prefill"],
                      "decode_tokens_per_s": options.tokens / best["decode"]}))


def run(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--photo", default="")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--logits", default="", help=argparse.SUPPRESS)
    parser.add_argument("model")
    options = parser.parse_args()
    if options.worker:
        return worker(options)
    if not options.bench:
        parser.error("--bench is required")

    import numpy as np
    shared = ["--threads", str(options.threads), "--prompt", str(options.prompt), "--tokens", str(options.tokens)]
    ours, peers = [], []
    with tempfile.TemporaryDirectory() as folder:
        own_logits, peer_logits = os.path.join(folder, "own"), os.path.join(folder, "peer")
        for _ in range(options.rounds):
            ours.append(run([options.bench, options.model, *shared, "--logits", own_logits]))
            peers.append(run([sys.executable, __file__, "--worker", *shared, "--logits", peer_logits, options.model]))
        own, peer = (np.fromfile(path, np.float32) for path in (own_logits, peer_logits))
    difference = float(np.linalg.norm(own - peer) / np.linalg.norm(peer))
    print(f"difference of the last logits: {100 * difference:.1f} %")
    if not difference < 0.08:
        sys.exit("the answers differ: nothing to compare")

    for name in ("prefill_tokens_per_s", "decode_tokens_per_s"):
        mine, theirs = (max(side[name] for side in sides) for sides in (ours, peers))
        print(f"{name:22s} gre {mine:8.2f}   transformers {theirs:8.2f}   ratio {mine / theirs:.2f}")
    ratios = ", ".join(f"{side['samples_decode_ratio']:.2f}" for side in ours)
    print(f"{ours[0]['samples']} samples cost {ratios} x one (decoding alone, each round)")
    if options.photo:
        command = [options.bench, options.model, "--threads", str(options.threads), "--tokens", str(options.tokens)]
        ours.append(run([*command, "--prompt", "0", "--rounds", "1", "--photo", options.photo]))
        one, several = ours[-1]["photo"]
        print(f"photo request: {several['samples']} samples cost {several['total_ms'] / one['total_ms']:.2f} x one "
              f"({one['prompt_tokens']} prompt tokens, {options.tokens} new tokens)")
    weights = sum(entry.stat().st_size for entry in os.scandir(options.model) if entry.name.endswith(".safetensors"))
    peak = max(value for side in ours for key, value in side.items() if key.startswith("peak_bytes"))
    print(f"peak memory: weights {weights / 1e9:.2f} GB + {(peak - weights) / 1e9:.2f} GB")
    print(json.dumps({"gre": ours, "transformers": peers}))


if __name__ == "__main__":
    main()
