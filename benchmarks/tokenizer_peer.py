#!/usr/bin/env python3
"""Single-thread throughput of gre's tokenizer beside Hugging Face `tokenizers`, same texts, one run.

usage: tokenizer_peer.py --bench build/bench/bin/tokenizer_bench --tokenizer TOKENIZER.json [TEXT_FILE ...]

The texts default to benchmarks/data/mixed_text.txt and this repository's own sources and documents, cut
into documents of about 4 KB. Both sides encode them alternately; the ids must be identical, or nothing is
compared. The peer runs its fastest single-thread call (encode_batch_fast, which skips character offsets).
Needs: pip install tokenizers.
"""
import argparse
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT_CHARS = 4096


def documents(paths):
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for begin in range(0, len(text), DOCUMENT_CHARS):
            yield text[begin:begin + DOCUMENT_CHARS]


def default_corpora():
    code = [p for s in ("*.cc", "*.h") for p in sorted((ROOT / "src").rglob(s))]
    prose = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md"))
    mixed = [ROOT / "benchmarks/data/mixed_text.txt"]
    return {"mixed scripts": mixed * 20, "code": code, "English prose": prose,
            "all together": mixed * 20 + code + prose}


def run_peer(tokenizer, texts):
    begin = time.perf_counter()
    encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    seconds = time.perf_counter() - begin
    digest = hashlib.sha256()
    for encoding in encodings:
        digest.update(struct.pack(f"<{len(encoding.ids)}i", *encoding.ids))
    return seconds, digest.hexdigest(), sum(len(e.ids) for e in encodings)


def run_ours(bench, tokenizer_json, framed, rounds):
    lines = subprocess.run([bench, tokenizer_json, str(rounds)], input=framed, check=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode().split("\n")
    return [(float(seconds), digest) for seconds, digest in (line.split() for line in lines if line)]


def compare(bench, tokenizer_json, texts, rounds):
    framed = b"".join(struct.pack("<I", len(raw)) + raw for raw in (text.encode() for text in texts))
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    peer = tokenizers.Tokenizer.from_file(tokenizer_json)
    run_peer(peer, texts)  # warm-up, fills the peer's cache
    ours_seconds, peer_seconds = [], []
    for _ in range(rounds):
        seconds, peer_digest, tokens = run_peer(peer, texts)
        peer_seconds.append(seconds)
        (_, warm_digest), (seconds, digest) = run_ours(bench, tokenizer_json, framed, 2)
        if digest != peer_digest or warm_digest != peer_digest:
            raise SystemExit("the ids differ: no comparison")
        ours_seconds.append(seconds)
    ours, theirs = megabytes / min(ours_seconds), megabytes / min(peer_seconds)
    return {"megabytes": round(megabytes, 3), "tokens": tokens, "gre_mb_s": round(ours, 1),
            "tokenizers_mb_s": round(theirs, 2), "ratio": round(ours / theirs, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("texts", nargs="*", type=pathlib.Path)
    args = parser.parse_args()
    corpora = {"given files": args.texts} if args.texts else default_corpora()
    for name, paths in corpora.items():
        texts = list(documents(paths))
        if texts:
            result = compare(args.bench, args.tokenizer, texts, args.rounds)
            print(json.dumps({"corpus": name, "peer": f"tokenizers {tokenizers.__version__}", **result}))


if __name__ == "__main__":
    main()
