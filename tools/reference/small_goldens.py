#!/usr/bin/env python3
"""Writes tests/goldens: reference results of a tiny Qwen2.5-VL with random weights, small enough for the
repository and laid out like the large set of $GRE_GOLDENS, so that the same tests read both.

Needs transformers 4.57.1, torch 2.13, peft, tokenizers, pillow, numpy and geographiclib; not needed to build,
test or run.

    small_goldens.py [FOLDER]

float32 maths on bfloat16 weights, eager attention. The seed of the weights is the first one whose greedy
continuations are decided by a margin, end in no stop token and pick no row that belongs to no token.
"""

import json
import math
import pathlib
import shutil
import sys

import numpy
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from small_goldens_text import CHATS, CHAT_TEMPLATE, TOKENIZER_TEXTS, train_tokenizer
from small_goldens_numbers import distances, rewards

MIN_PIXELS, MAX_PIXELS, LARGEST = 3136, 50176, 12845056
NEW_TOKENS = 40
FOLDERS = ("model", "forward", "lora", "processor", "tokenizer", "geo", "rewards", "images")
PADDING_ROWS = 4  # of the embedding, beyond the last token; published checkpoints have some, too
SMALLEST_MARGIN = 3e-3  # between the two largest logits of every greedy step

TEXT = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
    "hidden_act": "silu", "use_sliding_window": False, "tie_word_embeddings": True, "use_cache": True,
    "attention_dropout": 0.0, "initializer_range": 0.02, "sliding_window": 32768, "max_window_layers": 70,
}
VISION = {
    "depth": 3, "hidden_act": "silu", "hidden_size": 32, "intermediate_size": 48, "num_heads": 2,
    "out_hidden_size": 64, "patch_size": 14, "spatial_merge_size": 2, "window_size": 112,
    "fullatt_block_indexes": [1], "tokens_per_second": 2, "temporal_patch_size": 2,
}


def write_json(path, value, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, **options) + "\n")


def draw_images(folder):
    """Gradients, so that the files stay small, with edges, where a bicubic filter overshoots."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (width, height) in {"a": (150, 131), "b": (61, 90), "c": (70, 40)}.items():
        y, x = numpy.mgrid[0:height, 0:width]
        rgb = numpy.stack([255 * x / width, 255 * y / height, 127 + 120 * numpy.sin((x + 2 * y) / 17)], axis=-1)
        image = Image.fromarray(rgb.astype(numpy.uint8))
        draw = ImageDraw.Draw(image)
        draw.rectangle([width // 5, height // 4, width // 2, height // 2], fill=(250, 240, 10))
        draw.ellipse([width // 2, height // 3, width - 8, height - 5], fill=(5, 20, 90), outline=(255, 255, 255))
        draw.line([0, height - 1, width - 1, 0], fill=(0, 0, 0), width=2)
        image.save(folder / f"{name}.png", optimize=True)


def write_processor(root):
    from transformers.models.qwen2_vl.image_processing_qwen2_vl import Qwen2VLImageProcessor, smart_resize
    import hashlib
    import random

    draw = random.Random(5)
    rows = []
    for _ in range(150):
        height, width = (int(math.exp(draw.uniform(0, math.log(9000)))) for _ in range(2))
        low, high = draw.choice([(MIN_PIXELS, LARGEST), (MIN_PIXELS, 1003520), (200704, 401408), (50176, 50176)])
        try:
            out = smart_resize(height, width, factor=28, min_pixels=low, max_pixels=high)
        except ValueError:
            out = (None, None)
        rows.append([height, width, 28, low, high, *out])
    write_json(root / "processor/smart_resize.json",
               {"columns": ["height", "width", "factor", "min_pixels", "max_pixels", "out_height", "out_width"],
                "note": "null = rejected (aspect ratio above 200)", "rows": rows})

    cases, tensors = [], {}
    for name, low, high in [("a", MIN_PIXELS, LARGEST), ("a", MIN_PIXELS, 12544), ("b", MIN_PIXELS, LARGEST),
                            ("b", 50176, 100352), ("c", MIN_PIXELS, LARGEST)]:
        image = Image.open(root / f"images/{name}.png").convert("RGB")
        out = Qwen2VLImageProcessor(min_pixels=low, max_pixels=high)(images=[image], return_tensors="pt")
        height, width = smart_resize(image.height, image.width, 28, low, high)
        pixels = out["pixel_values"]
        key = f"{name}_{low}_{high}" if name == "c" else None
        if key:
            tensors[key] = pixels.contiguous()
        resized = image.resize((width, height), Image.Resampling.BICUBIC)
        cases.append({
            "image": f"images/{name}.png", "width": image.width, "height": image.height, "min_pixels": low,
            "max_pixels": high, "resized_width": width, "resized_height": height,
            "grid_thw": out["image_grid_thw"][0].tolist(), "shape": list(pixels.shape),
            "resized_rgb_sha256": hashlib.sha256(resized.tobytes()).hexdigest(),
            "pixel_sum": pixels.double().sum().item(), "pixel_abs_sum": pixels.double().abs().sum().item(),
            "tensor": key})
    write_json(root / "processor/cases.json", cases)
    save_file(tensors, root / "processor/pixels.safetensors")


def write_tokenizer_cases(root, tokenizer):
    draw = torch.Generator().manual_seed(9)
    encoded = [(text, tokenizer.encode(text, add_special_tokens=False).ids) for text in TOKENIZER_TEXTS]
    size = tokenizer.get_vocab_size()
    encoded += [(None, torch.randint(size, (12,), generator=draw).tolist()) for _ in range(10)]
    path = root / "tokenizer/cases.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for text, ids in encoded:
            file.write(json.dumps({"text": text, "ids": ids,
                                   "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                                   "decoded_skip_special": tokenizer.decode(ids, skip_special_tokens=True)},
                                  ensure_ascii=False) + "\n")


def write_configs(root, tokenizer):
    """The flat config.json of the published checkpoints, and the same in the newer nested form."""
    token = tokenizer.token_to_id
    ids = {"bos_token_id": token("<|endoftext|>"), "eos_token_id": token("<|im_end|>")}
    vision_ids = {f"{name}_token_id": token(f"<|{word}|>") for name, word in {
        "vision_start": "vision_start", "vision_end": "vision_end", "image": "image_pad",
        "video": "video_pad"}.items()}
    size = {"vocab_size": tokenizer.get_vocab_size() + PADDING_ROWS}
    sections = [2, 3, 3]
    write_json(root / "model/config.json", {
        "architectures": ["Qwen2_5_VLForConditionalGeneration"], "model_type": "qwen2_5_vl", **TEXT, **size, **ids,
        **vision_ids, "torch_dtype": "bfloat16", "rope_scaling": {"type": "mrope", "mrope_section": sections},
        "vision_config": {**VISION, "in_chans": 3, "spatial_patch_size": 14}}, indent=1)
    write_json(root / "config_nested.json", {
        "model_type": "qwen2_5_vl", "dtype": "bfloat16", **vision_ids,
        "text_config": {"model_type": "qwen2_5_vl_text", **TEXT, **size, **ids,
                        "rope_scaling": {"mrope_section": sections, "rope_type": "default", "type": "default"}},
        "vision_config": {"model_type": "qwen2_5_vl", **VISION, "in_channels": 3}}, indent=1)
    write_json(root / "model/generation_config.json", {
        "bos_token_id": ids["bos_token_id"], "pad_token_id": ids["bos_token_id"], "do_sample": True,
        "eos_token_id": [ids["eos_token_id"], ids["bos_token_id"]], "repetition_penalty": 1.05,
        "temperature": 1e-6}, indent=1)
    write_json(root / "model/preprocessor_config.json", {
        "min_pixels": MIN_PIXELS, "max_pixels": LARGEST, "patch_size": 14, "temporal_patch_size": 2,
        "merge_size": 2, "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711], "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": "Qwen2_5_VLProcessor"}, indent=1)
    write_json(root / "model/chat_template.json", {"chat_template": CHAT_TEMPLATE}, indent=1)


def write_weights(root, seed):
    """Drawn so that every layer changes the answer: projections keep the size of what passes them."""
    from transformers import AutoConfig, Qwen2_5_VLForConditionalGeneration

    config = AutoConfig.from_pretrained(root / "model")
    with torch.device("meta"):
        model = Qwen2_5_VLForConditionalGeneration(config)
    draw = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=draw)
        if name.endswith("bias"):
            value = 0.1 * noise
        elif name.endswith("language_model.norm.weight"):
            value = noise.sign() + 0.1 * noise  # else a tied head repeats the token that it has just read
        elif parameter.dim() == 1:
            value = 1 + 0.1 * noise
        elif "embed_tokens" in name:
            value = 0.4 * noise
        else:
            value = noise / math.sqrt(math.prod(parameter.shape[1:]))
        spelled = name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")
        if name != "lm_head.weight":  # tied to the embedding
            tensors[spelled] = value.to(torch.bfloat16).contiguous()
    save_file(tensors, root / "model/model.safetensors", metadata={"format": "pt"})


class Reference:
    """The checkpoint as transformers runs it."""

    def __init__(self, root, tokenizer):
        from transformers import PreTrainedTokenizerFast, Qwen2_5_VLForConditionalGeneration
        from transformers.models.qwen2_vl.image_processing_qwen2_vl import Qwen2VLImageProcessor

        self.root, self.tokenizer = root, tokenizer
        self.chat = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=CHAT_TEMPLATE)
        self.processor = Qwen2VLImageProcessor(min_pixels=MIN_PIXELS, max_pixels=MAX_PIXELS)
        self.model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            root / "model", dtype=torch.float32, attn_implementation="eager").eval()
        self.stop_ids = {tokenizer.token_to_id(t) for t in ("<|im_end|>", "<|endoftext|>")}

    def inputs(self, name):
        rendered = self.chat.apply_chat_template(CHATS[name], tokenize=False, add_generation_prompt=True)
        images = [Image.open(self.root / f"images/{part['image']}.png").convert("RGB")
                  for message in CHATS[name] if not isinstance(message["content"], str)
                  for part in message["content"] if part["type"] == "image"]
        inputs, expanded = {}, rendered
        if images:
            inputs = dict(self.processor(images=images, return_tensors="pt"))
            pieces = rendered.split("<|image_pad|>")
            expanded = pieces[0]
            for grid, piece in zip(inputs["image_grid_thw"], pieces[1:], strict=True):
                expanded += "<|image_pad|>" * (int(grid.prod()) // 4) + piece
        ids = self.tokenizer.encode(expanded, add_special_tokens=False).ids
        inputs["input_ids"] = torch.tensor([ids])
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        return rendered, inputs

    def positions(self, inputs):
        return self.model.model.get_rope_index(inputs["input_ids"], inputs.get("image_grid_thw"),
                                               attention_mask=inputs["attention_mask"])

    def greedy(self, inputs, penalty):
        """Ids, and the smallest gap between the two largest logits after the penalty."""
        out = self.model.generate(**inputs, do_sample=False, max_new_tokens=NEW_TOKENS, repetition_penalty=penalty,
                                  temperature=None, output_scores=True, return_dict_in_generate=True)
        margins = [float(-torch.diff(step[0].topk(2).values)) for step in out.scores]
        return out.sequences[0, inputs["input_ids"].shape[1]:].tolist(), min(margins)


def greedy_cases(reference):
    """None where the continuations would make a poor golden."""
    cases = {}
    for name in CHATS:
        rendered, inputs = reference.inputs(name)
        greedy, margin = reference.greedy(inputs, 1.0)
        penalised, penalised_margin = reference.greedy(inputs, 1.05)
        known = reference.tokenizer.get_vocab_size()
        if (min(margin, penalised_margin) < SMALLEST_MARGIN or reference.stop_ids & {*greedy, *penalised}
                or max(greedy) >= known or len(set(greedy)) < 8):
            return None
        _, delta = reference.positions(inputs)
        cases[name] = {"chat": CHATS[name], "rendered": rendered, "rope_delta": int(delta), "greedy": greedy,
                       "greedy_min_margin": margin, "greedy_repetition_penalty_1_05": penalised,
                       "greedy_rp_min_margin": penalised_margin,
                       "greedy_text": reference.tokenizer.decode(greedy, skip_special_tokens=True)}
    return cases


def next_token_logprobs(logits, ids):
    return torch.log_softmax(logits[:-1], -1).gather(1, ids[1:, None]).squeeze(1)


def forward_tensors(reference):
    model, tensors = reference.model.model, {}
    stages = {"vision.patch_embed": model.visual.patch_embed, "vision.merger_window_order": model.visual.merger,
              "vision.output": model.visual, "text.final_norm": model.language_model.norm}
    stages |= {f"vision.block{i}": block for i, block in enumerate(model.visual.blocks)}
    stages |= {f"text.layer{i}": layer for i, layer in enumerate(model.language_model.layers)}
    for name in CHATS:
        _, inputs = reference.inputs(name)
        hooks = []
        for stage, module in stages.items():
            def keep(module, args, out, stage=stage):
                out = out[0] if isinstance(out, tuple) else out
                tensors[f"{name}.{stage}"] = out[0] if out.dim() == 3 else out
            hooks.append(module.register_forward_hook(keep))
        logits = reference.model(**inputs).logits[0]
        for hook in hooks:
            hook.remove()
        positions, _ = reference.positions(inputs)
        ids = inputs["input_ids"][0]
        tensors |= {f"{name}.input_ids": ids, f"{name}.position_ids": positions[:, 0],
                    f"{name}.last_logits": logits[-1], f"{name}.logsumexp": logits.logsumexp(-1),
                    f"{name}.next_token_logprobs": next_token_logprobs(logits, ids)}
        if "pixel_values" in inputs:
            tensors |= {f"{name}.pixel_values": inputs["pixel_values"],
                        f"{name}.image_grid_thw": inputs["image_grid_thw"]}

    # the prompts in one batch, padded on the left
    prompts = [reference.inputs(name)[1] for name in CHATS]
    longest = max(p["input_ids"].shape[1] for p in prompts)
    pad = reference.tokenizer.token_to_id("<|endoftext|>")

    def left_padded(key, value):
        return torch.cat([torch.nn.functional.pad(p[key], (longest - p[key].shape[1], 0), value=value)
                          for p in prompts])
    batch = {"input_ids": left_padded("input_ids", pad), "attention_mask": left_padded("attention_mask", 0)}
    for key in ("pixel_values", "image_grid_thw"):
        batch[key] = torch.cat([p[key] for p in prompts if key in p])
    positions, _ = reference.positions(batch)
    tensors |= {"batch.input_ids": batch["input_ids"], "batch.attention_mask": batch["attention_mask"],
                "batch.position_ids": positions, "batch.last_logits": reference.model(**batch).logits[:, -1]}
    return {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}


def write_lora(reference):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, task_type="CAUSAL_LM", exclude_modules=".*visual.*",
                        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
    model = get_peft_model(reference.model, config).eval()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:  # PEFT starts them at nought
            torch.nn.init.normal_(parameter, std=0.15)
    model.peft_config["default"].base_model_name_or_path = "../../model"
    folder = reference.root / "lora/adapter"
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    tensors = {}
    for name in CHATS:
        _, inputs = reference.inputs(name)
        logits = model(**inputs).logits[0]
        tensors[f"{name}.last_logits"] = logits[-1].clone()
        tensors[f"{name}.next_token_logprobs"] = next_token_logprobs(logits, inputs["input_ids"][0]).clone()
    save_file(tensors, reference.root / "lora/tensors.safetensors")


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    default = pathlib.Path(__file__).resolve().parents[2] / "tests/goldens"
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    for folder in FOLDERS:
        shutil.rmtree(root / folder, ignore_errors=True)
    draw_images(root / "images")
    write_processor(root)
    tokenizer = train_tokenizer()
    write_configs(root, tokenizer)
    tokenizer.save(str(root / "model/tokenizer.json"), pretty=False)
    write_tokenizer_cases(root, tokenizer)
    write_json(root / "geo/distances.json", distances())
    write_json(root / "rewards/cases.json", rewards())

    for seed in range(1000):
        write_weights(root, seed)
        reference = Reference(root, tokenizer)
        cases = greedy_cases(reference)
        if cases:
            break
    write_json(root / "forward/cases.json",
               {"max_pixels": MAX_PIXELS, "min_pixels": MIN_PIXELS, "weights_seed": seed,
                "dtype": "float32 maths on the bfloat16 weights", "prompts": cases})
    save_file(forward_tensors(reference), root / "forward/tensors.safetensors")
    write_lora(reference)
    total = sum(path.stat().st_size for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())
    print(f"{root}: weights of seed {seed}, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
