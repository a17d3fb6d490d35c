#!/usr/bin/env python3
"""Writes a Qwen2.5-VL checkpoint of 3B or 7B dimensions with random bfloat16 weights (7.5 or 16.6 GB).

usage: engine_checkpoint.py --tokenizer tokenizer.json [--shape 3b] [--layers N] [--vision-depth 32] FOLDER

The layout is that of the published files (sharded safetensors, old tensor names, the head tied in 3B only). `tokenizer.json` is
that of any Qwen2.5 model. Needs: pip install numpy.
"""
import argparse
import json
import os
import shutil

import numpy as np

SHAPES = {
    "3b": {"hidden": 2048, "intermediate": 11008, "layers": 36, "heads": 16, "kv_heads": 2, "head_dim": 128,
           "vocab": 151936, "tied": True},
    "7b": {"hidden": 3584, "intermediate": 18944, "layers": 28, "heads": 28, "kv_heads": 4, "head_dim": 128,
           "vocab": 152064, "tied": False},
}
TEXT = dict(SHAPES["3b"])
POOL = []
VISION = {"hidden": 1280, "intermediate": 3420, "heads": 16}


def text_layer(i):
    p, h, m = f"model.layers.{i}.", TEXT["hidden"], TEXT["intermediate"]
    q, kv = TEXT["heads"] * TEXT["head_dim"], TEXT["kv_heads"] * TEXT["head_dim"]
    return {
        p + "input_layernorm.weight": [h], p + "post_attention_layernorm.weight": [h],
        p + "self_attn.q_proj.weight": [q, h], p + "self_attn.q_proj.bias": [q],
        p + "self_attn.k_proj.weight": [kv, h], p + "self_attn.k_proj.bias": [kv],
        p + "self_attn.v_proj.weight": [kv, h], p + "self_attn.v_proj.bias": [kv],
        p + "self_attn.o_proj.weight": [h, q],
        p + "mlp.gate_proj.weight": [m, h], p + "mlp.up_proj.weight": [m, h], p + "mlp.down_proj.weight": [h, m],
    }


def vision_block(i):
    p, h, m = f"visual.blocks.{i}.", VISION["hidden"], VISION["intermediate"]
    shapes = {p + "norm1.weight": [h], p + "norm2.weight": [h]}
    for name, out, inner in (("attn.qkv", 3 * h, h), ("attn.proj", h, h), ("mlp.gate_proj", m, h),
                             ("mlp.up_proj", m, h), ("mlp.down_proj", h, m)):
        shapes[f"{p}{name}.weight"] = [out, inner]
        shapes[f"{p}{name}.bias"] = [out]
    return shapes


def shards(layers, vision_depth):
    h, t = VISION["hidden"], TEXT["hidden"]
    vision = {"visual.patch_embed.proj.weight": [h, 3, 2, 14, 14], "visual.merger.ln_q.weight": [h],
              "visual.merger.mlp.0.weight": [4 * h, 4 * h], "visual.merger.mlp.0.bias": [4 * h],
              "visual.merger.mlp.2.weight": [t, 4 * h], "visual.merger.mlp.2.bias": [t]}
    for i in range(vision_depth):
        vision.update(vision_block(i))
    yield vision
    yield {"model.embed_tokens.weight": [TEXT["vocab"], t], "model.norm.weight": [t]}
    if not TEXT["tied"]:
        yield {"lm_head.weight": [TEXT["vocab"], t]}
    per_shard = 9
    for first in range(0, layers, per_shard):
        shard = {}
        for i in range(first, min(first + per_shard, layers)):
            shard.update(text_layer(i))
        yield shard


def random_bf16(rng, name, shape):
    """bfloat16 as uint16: norms are 1, all else uniform with the variance of a normal of deviation 0.02."""
    if "norm" in name or "ln_q" in name:
        return np.full(shape, 0x3F80, np.uint16)
    # a few million draws, from another place on for each tensor: that is the time of a disk, not of a generator
    if not POOL:
        values = rng.random((1 << 24) + 1009, dtype=np.float32)
        values -= 0.5
        values *= 0.02 * 12 ** 0.5
        POOL.append((values.view(np.uint32) >> 16).astype(np.uint16))
    return np.resize(np.roll(POOL[0], -int(rng.integers(POOL[0].size))), int(np.prod(shape)))


def write_shard(path, shapes, rng):
    header, offset = {}, 0
    for name, shape in shapes.items():
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes.items():
            file.write(random_bf16(rng, name, shape).tobytes())
    return offset


def config(layers, vision_depth):
    return {
        "architectures": ["Qwen2_5_VLForConditionalGeneration"], "model_type": "qwen2_5_vl",
        "hidden_size": TEXT["hidden"], "intermediate_size": TEXT["intermediate"], "num_hidden_layers": layers,
        "num_attention_heads": TEXT["heads"], "num_key_value_heads": TEXT["kv_heads"],
        "vocab_size": TEXT["vocab"], "max_position_embeddings": 128000, "rms_norm_eps": 1e-6,
        "rope_theta": 1e6, "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]},
        "hidden_act": "silu", "tie_word_embeddings": TEXT["tied"], "torch_dtype": "bfloat16", "use_sliding_window": False,
        "sliding_window": 32768, "max_window_layers": 70, "attention_dropout": 0.0, "initializer_range": 0.02,
        "bos_token_id": 151643, "eos_token_id": 151645, "vision_start_token_id": 151652,
        "vision_end_token_id": 151653, "vision_token_id": 151654, "image_token_id": 151655,
        "video_token_id": 151656, "use_cache": True,
        "vision_config": {
            "depth": vision_depth, "hidden_act": "silu", "hidden_size": VISION["hidden"],
            "intermediate_size": VISION["intermediate"], "num_heads": VISION["heads"],
            "out_hidden_size": TEXT["hidden"], "in_chans": 3, "patch_size": 14, "spatial_merge_size": 2,
            "spatial_patch_size": 14, "temporal_patch_size": 2, "tokens_per_second": 2, "window_size": 112,
            "fullatt_block_indexes": [i for i in (7, 15, 23, 31) if i < vision_depth]},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--shape", choices=sorted(SHAPES), default="3b")
    parser.add_argument("--layers", type=int, default=0, help="0 = as the shape has")
    parser.add_argument("--vision-depth", type=int, default=32)
    parser.add_argument("folder")
    options = parser.parse_args()
    TEXT.update(SHAPES[options.shape])
    options.layers = options.layers or TEXT["layers"]
    os.makedirs(options.folder, exist_ok=True)
    rng = np.random.default_rng(1)
    all_shards = list(shards(options.layers, options.vision_depth))
    weight_map, total = {}, 0
    for number, shapes in enumerate(all_shards, 1):
        name = f"model-{number:05d}-of-{len(all_shards):05d}.safetensors"
        total += write_shard(os.path.join(options.folder, name), shapes, rng)
        weight_map.update({tensor: name for tensor in shapes})
    files = {
        "config.json": config(options.layers, options.vision_depth),
        "generation_config.json": {"bos_token_id": 151643, "pad_token_id": 151643, "do_sample": False,
                                   "eos_token_id": [151645, 151643]},
        "preprocessor_config.json": {
            "min_pixels": 3136, "max_pixels": 12845056, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
            "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
            "image_processor_type": "Qwen2VLImageProcessor", "processor_class": "Qwen2_5_VLProcessor"},
        "model.safetensors.index.json": {"metadata": {"total_size": total}, "weight_map": weight_map},
    }
    for name, content in files.items():
        with open(os.path.join(options.folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
    shutil.copyfile(options.tokenizer, os.path.join(options.folder, "tokenizer.json"))
    print(f"{options.folder}: {total / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
