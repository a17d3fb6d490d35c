#!/usr/bin/env python3
"""Writes tests/goldens/tiny_bert and tests/goldens/tiny_clip: model directories of a few kilobytes with
random weights, and what transformers makes of texts and pictures with them (golden.json).

Needs torch, transformers 4.57 and Pillow 13; not needed to build, test or run.

    embedding_goldens.py tests/goldens

Pictures are drawn by formula, so that they need not be stored: the value of channel c at column x and
row y is (7 x + 13 y + 50 c + (x y mod 31) * 4) mod 256.
"""

import json
import os
import sys

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (BertConfig, BertModel, BertTokenizerFast, CLIPConfig, CLIPImageProcessor, CLIPModel,
                          CLIPTokenizerFast)

CORPUS = ["the street signs are written in cyrillic", "palm trees line the beach near the street",
          "the car drives on the left side of the road", "red soil and trees suggest a road in the north",
          "the writing on the wall is there, the signs aren't", "they've seen the beach and we'll see the road"]

TEXTS = ["The street signs are written in Cyrillic.", "Palm trees line the beach", "", "They've left; it's THE road!?",
         "Gre\u00df Stra\u00dfe, \u00e9t\u00e9 \u0130zmir, caf\u00e9 cafe\u0301", "\u6771\u4eac\u30bf\u30ef\u30fc and \u0928\u092e\u0938\u094d\u0924\u0947 \ud55c\uae00",
         "2026-11-26, 12\u00bd km \u2014 \u201cquoted\u201d \U0001f30d", "tabs\tand\nlines\u00a0and\u2028more \u200bzero\u00ad",
         "'s ''s don't O'REILLY're !!'s", "x" * 120, "the beach " * 40, "a\u0301\u0323 \u03a3\u0391\u03a3 \u01c5 \ufb01"]

BERT_PIECES = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
               + list("abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'\"-()") + ["##" + c for c in "abcdefghijklmnopqrstuvwxyz0123456789"]
               + ["the", "street", "sign", "##s", "are", "tree", "beach", "palm", "##ing", "##ly", "road", "in", "\u6771", "\u4eac",
                  "\u30bf", "##\u30ef", "##\u30fc", "\u1112", "##\u1161", "##\u11ab", "\u03c3", "##\u03b1", "##\u03c3", "\u00df", "##\u00df",
                  "\u2014", "\u201c", "\u201d"])


def picture(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return Image.fromarray(((7 * x + 13 * y + 50 * c + (x * y % 31) * 4) % 256).astype(np.uint8))


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator) * 0.3
            parameter.copy_(1 + noise if parameter.dim() == 1 and "norm" in name.lower() and name.endswith("weight") else noise)


def rounded(tensor):
    return [float(f"{value:.8g}") for value in tensor.flatten().tolist()]


def save(folder, golden):
    with open(os.path.join(folder, "golden.json"), "w", encoding="utf-8") as file:
        json.dump(golden, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")
    for name in ("special_tokens_map.json",):
        os.remove(os.path.join(folder, name))


def bert(folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as file:
        file.write("".join(dict.fromkeys(piece + "\n" for piece in BERT_PIECES)))
    tokenizer = BertTokenizerFast(os.path.join(folder, "vocab.txt"))
    model = BertModel(BertConfig(vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=4,
                                 intermediate_size=24, max_position_embeddings=64, attn_implementation="eager"),
                      add_pooling_layer=False).eval()
    randomise(model, 1)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    cased = BertTokenizerFast(os.path.join(folder, "vocab.txt"), do_lower_case=False, tokenize_chinese_chars=False)
    cases = []
    with torch.no_grad():
        for text in TEXTS:
            inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=64)
            states = model(**inputs, output_hidden_states=True).hidden_states
            mean = states[-1][0].mean(0)
            cases.append({"text": text, "ids": inputs["input_ids"][0].tolist(),
                          "cased_ids": cased(text, truncation=True, max_length=64)["input_ids"],
                          "embedding": rounded(mean / mean.norm()),
                          "tokens": rounded(states[-1][0][1:-1]), "first_layer": rounded(states[1][0][1:-1])})
    save(folder, {"cases": cases})


def clip_vocabulary(folder):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(False)])
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=120, end_of_word_suffix="</w>", show_progress=False))
    merges = [pair if isinstance(pair, list) else pair.split(" ") for pair in json.loads(trained.to_str())["model"]["merges"]]
    pieces = alphabet + [c + "</w>" for c in alphabet] + ["".join(pair) for pair in merges] + ["<|startoftext|>", "<|endoftext|>"]
    vocab = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    with open(os.path.join(folder, "vocab.json"), "w", encoding="utf-8") as file:
        json.dump(vocab, file, ensure_ascii=False, separators=(",", ":"))
    with open(os.path.join(folder, "merges.txt"), "w", encoding="utf-8") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    return vocab


def clip(folder):
    os.makedirs(folder, exist_ok=True)
    vocab = clip_vocabulary(folder)
    tokenizer = CLIPTokenizerFast(os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"), model_max_length=24)
    end = vocab["<|endoftext|>"]
    config = CLIPConfig(
        text_config=dict(vocab_size=len(vocab), hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
                         max_position_embeddings=24, eos_token_id=end, bos_token_id=end - 1, pad_token_id=end),
        vision_config=dict(hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=3, image_size=32, patch_size=8),
        projection_dim=12)
    config._attn_implementation = "eager"
    model = CLIPModel(config).eval()
    randomise(model, 2)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    processor = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor.save_pretrained(folder)
    golden = {"cases": [], "pictures": []}
    with torch.no_grad():
        for text in TEXTS:
            inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=24)
            vector = model.get_text_features(**inputs)[0]
            golden["cases"].append({"text": text, "ids": inputs["input_ids"][0].tolist(), "vector": rounded(vector / vector.norm())})
        for size in [(50, 37), (20, 64), (32, 32), (301, 33)]:
            vector = model.get_image_features(processor(picture(*size), return_tensors="pt")["pixel_values"])[0]
            golden["pictures"].append({"width": size[0], "height": size[1], "vector": rounded(vector / vector.norm())})
    save(folder, golden)


if __name__ == "__main__":
    torch.set_num_threads(1)
    bert(os.path.join(sys.argv[1], "tiny_bert"))
    clip(os.path.join(sys.argv[1], "tiny_clip"))
