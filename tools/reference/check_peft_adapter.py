#!/usr/bin/env python3
"""Checks that Hugging Face PEFT reads an adapter that `gre train` wrote.

usage: check_peft_adapter.py BASE ADAPTER

Loads the base (a Qwen2.5-VL directory) with transformers and the adapter with PEFT, and fails unless every tensor of the file
stands in the model with the file's values, no adapter of the model is missing from the file, the scaling is that of
adapter_config.json, and the adapter changes what the model says (one that has learnt nothing does not). Then PEFT saves it and the
saved tensors must be the same again. Not needed to build or test. Needs: pip install torch transformers peft safetensors.
"""
import argparse
import json
import math
import pathlib
import sys
import tempfile
import warnings


def fail(message):
    sys.exit(f"check_peft_adapter: {message}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("adapter", type=pathlib.Path)
    options = parser.parse_args()

    sys.modules["torchvision"] = None  # not needed here, and often of another version
    import torch
    from peft import PeftModel
    from safetensors.torch import load_file
    from transformers import Qwen2_5_VLForConditionalGeneration

    written = load_file(options.adapter / "adapter_model.safetensors")
    settings = json.loads((options.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    base = Qwen2_5_VLForConditionalGeneration.from_pretrained(options.base, dtype=torch.float32).eval()
    tokens = torch.arange(1, 17).unsqueeze(0)
    with torch.no_grad():
        before = base(input_ids=tokens).logits.clone()
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="(?i).*(missing|unexpected).*keys.*")
        model = PeftModel.from_pretrained(base, str(options.adapter)).eval()

    held = {name.replace(".default", ""): value for name, value in model.state_dict().items() if "lora_" in name}
    if held.keys() != written.keys():
        fail(f"only the model: {sorted(held.keys() - written.keys())[:3]}, only the file: {sorted(written.keys() - held.keys())[:3]}")
    for name, value in written.items():
        if not torch.equal(held[name].float(), value.float()):
            fail(f"{name}: the model holds other values than the file")
    rank = math.sqrt(settings["r"]) if settings.get("use_rslora") else settings["r"]
    for name, module in model.named_modules():
        scaling = getattr(module, "scaling", None)
        if isinstance(scaling, dict) and scaling and not math.isclose(scaling["default"], settings["lora_alpha"] / rank):
            fail(f"{name}: scaling {scaling['default']}, expected {settings['lora_alpha'] / rank}")
    with torch.no_grad():
        change = float((model(input_ids=tokens).logits - before).abs().max())
    if not change > 0:
        fail("the adapter changes nothing")
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        again = load_file(pathlib.Path(folder) / "adapter_model.safetensors")
    if again.keys() != written.keys() or any(not torch.equal(again[name].float(), written[name].float()) for name in written):
        fail("PEFT saves other tensors than it read")
    print(f"{len(written)} tensors, rank {settings['r']}, scaling {settings['lora_alpha'] / rank:g}: as written; "
          f"largest change of a logit {change:.3g}")


if __name__ == "__main__":
    main()
