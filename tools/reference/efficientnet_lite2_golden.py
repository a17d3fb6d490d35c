#!/usr/bin/env python3
"""Writes src/training/testdata/effnet_lite2.json: what the reference EfficientNet-Lite2 makes of
weights and pixels drawn by formula, so that neither has to be stored.

Needs torch and `efficientnet-lite-pytorch` (Apache-2.0); not needed to build, test or run.

Value i of tensor NAME, with h = sum of NAME's bytes:
    X.conv.weight       sin(0.7 i + h) * sqrt(4 / fan_in)
    X.bn.weight         1 + 0.2 sin(i + h)      X.bn.bias         0.2 cos(i + h)
    X.bn.running_mean   0.2 sin(2 i + h)        X.bn.running_var  1 + 0.3 cos(3 i + h)
Pixel (c, y, x) of a 64 x 64 picture: sin(0.05 x + 0.11 y + c).
Of each layer's output: mean, and root of the mean square.
"""

import json
import math
import sys

import torch
from efficientnet_lite_pytorch import EfficientNet

from convert_efficientnet_lite2 import clean_name


def drawn(name, shape):
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    h = sum(name.encode())
    if name.endswith("conv.weight"):
        values = torch.sin(0.7 * i + h) * math.sqrt(4 / math.prod(shape[1:]))
    elif name.endswith("bn.weight"):
        values = 1 + 0.2 * torch.sin(i + h)
    elif name.endswith("bn.bias"):
        values = 0.2 * torch.cos(i + h)
    elif name.endswith("running_mean"):
        values = 0.2 * torch.sin(2 * i + h)
    else:
        values = 1 + 0.3 * torch.cos(3 * i + h)
    return values.reshape(shape).float()


def main():
    torch.set_num_threads(1)
    # the reference fixes its padding for one image size when it is built
    model = EfficientNet.from_name("efficientnet-lite2", image_size=64).eval()
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            name = clean_name(key)
            if name:
                tensor.copy_(drawn(name, tuple(tensor.shape)))
        c, y, x = torch.meshgrid(torch.arange(3.0), torch.arange(64.0), torch.arange(64.0), indexing="ij")
        h = torch.sin(0.05 * x + 0.11 * y + c)[None]
        rows = []

        def note(name, value):
            rows.append({"layer": name, "mean": value.double().mean().item(),
                         "rms": value.double().square().mean().sqrt().item()})

        h = model._swish(model._bn0(model._conv_stem(h)))
        note("stem", h)
        for i, block in enumerate(model._blocks):
            h = block(h)
            note(f"blocks.{i}", h)
        note("head", model._swish(model._bn1(model._conv_head(h))))
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
