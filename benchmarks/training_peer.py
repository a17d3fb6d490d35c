#!/usr/bin/env python3
"""One GRPO update and one update of supervised fine-tuning: gre beside transformers, PEFT and PyTorch, in one run.

usage: training_peer.py --bench build/bench/bin/training_bench [--threads 2] [--tokens 256] [--group 8] [--rank 16]
                        [--dtype float32] [--device cpu] [--words 480] [--rounds 2] MODEL_DIR

MODEL_DIR is a Qwen2.5-VL, for example of random weights and few layers (engine_checkpoint.py --layers 4). The peer does what
TRL's GRPOTrainer does: `generate` for the group, logits of the completions (logits_to_keep), log-softmax, gathered log-probabilities,
backward with gradient checkpointing, AdamW on a PEFT LoRA. Both sides see the same prompt; the peer first scores the completions
that gre drew, and nothing is compared unless the log-probabilities agree. Needs: pip install transformers peft torch numpy.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time


def worker(options):
    """Times the peer alone; prints JSON."""
    sys.modules["torchvision"] = None
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen2_5_VLForConditionalGeneration

    torch.set_num_threads(options.threads)
    with open(options.scores, encoding="utf-8") as file:
        known = json.load(file)
    dtype = getattr(torch, options.dtype)
    device = torch.device(options.device)
    base = Qwen2_5_VLForConditionalGeneration.from_pretrained(options.model, dtype=dtype).to(device)

    def clock():
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def peak_gb():
        if device.type == "cuda":
            return torch.cuda.max_memory_allocated() * 1e-9
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024e-9

    names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(base, LoraConfig(r=options.rank, lora_alpha=2 * options.rank, target_modules=names,
                                            exclude_modules=".*visual.*", lora_dropout=0.0))
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5, weight_decay=0.0)
    prompt = torch.tensor([known["prompt"]], device=device)

    def scores(rows, length):
        """Log-probabilities of the last `length` tokens of each row."""
        logits = model(input_ids=rows, attention_mask=torch.ones_like(rows), logits_to_keep=length + 1).logits[:, :-1]
        targets = rows[:, -length:]
        return torch.stack([torch.log_softmax(row.float(), -1).gather(1, ids.unsqueeze(1)).squeeze(1)
                            for row, ids in zip(logits, targets)])

    report = {}
    with torch.no_grad():
        found = [scores(torch.cat([prompt, torch.tensor([ids], device=device)], 1), len(ids))[0] for ids in known["completions"]]
    ours = torch.tensor(known["logprobs"], device=device)
    report["difference"] = float((torch.cat(found) - ours).abs().max())

    def grpo():
        begin = clock()
        model.eval()
        with torch.no_grad():
            rows = model.generate(input_ids=prompt.repeat(options.group, 1),
                                  attention_mask=torch.ones_like(prompt).repeat(options.group, 1), do_sample=True,
                                  temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=options.tokens,
                                  min_new_tokens=options.tokens, pad_token_id=0)
        drawn = clock()
        model.train()
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        rewards = torch.arange(options.group, device=device).remainder(3).float()
        advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-4)
        logp = scores(rows, options.tokens)
        ratio = torch.exp(logp - logp.detach())
        loss = -(torch.min(ratio, ratio.clamp(0.8, 1.2)) * advantages.unsqueeze(1)).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        end = clock()
        model.gradient_checkpointing_disable()
        return {"rollout_s": drawn - begin, "update_s": end - drawn, "grpo_s": end - begin}

    def sft():
        begin = clock()
        model.train()
        for ids in known["completions"]:
            rows = torch.cat([prompt, torch.tensor([ids], device=device)], 1)
            labels = rows.clone()
            labels[:, :prompt.shape[1]] = -100
            loss = model(input_ids=rows, attention_mask=torch.ones_like(rows), labels=labels).loss
            (loss / len(known["completions"])).backward()
        optimiser.step()
        optimiser.zero_grad()
        return {"sft_s": clock() - begin}

    for _ in range(options.warm_up):
        grpo()
        sft()
    report.update(grpo())
    report["grpo_peak_gb"] = peak_gb()
    report.update(sft())
    print(json.dumps(report))


def run(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--words", type=int, default=480)
    parser.add_argument("--warm-up", type=int, default=0, help="rounds before the one that counts; GPUs need one")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--scores", default="", help=argparse.SUPPRESS)
    parser.add_argument("model")
    options = parser.parse_args()
    if options.worker:
        return worker(options)
    if not options.bench:
        parser.error("--bench is required")
    shared = ["--threads", str(options.threads), "--tokens", str(options.tokens), "--group", str(options.group),
              "--rank", str(options.rank), "--dtype", options.dtype, "--device", options.device, "--words", str(options.words), "--warm-up", str(options.warm_up)]
    ours, peers = [], []
    with tempfile.TemporaryDirectory() as folder:
        scores = os.path.join(folder, "scores.json")
        for _ in range(options.rounds):
            ours.append(run([options.bench, options.model, *shared, "--scores", scores]))
            peers.append(run([sys.executable, __file__, "--worker", *shared, "--scores", scores, options.model]))
    bound = 1e-3 if options.dtype == "float32" else 0.2
    difference = max(side["difference"] for side in peers)
    print(f"largest difference of a log-probability: {difference:.2g}")
    if not difference < bound:
        sys.exit("the answers differ: nothing to compare")
    for name in ("rollout_s", "update_s", "grpo_s", "sft_s"):
        mine, theirs = (min(side[name] for side in sides) for sides in (ours, peers))
        print(f"{name:12s} gre {mine:8.2f}   peer {theirs:8.2f}   peer / gre {theirs / mine:.2f}")
    mine, theirs = (max(side["grpo_peak_gb"] for side in sides) for sides in (ours, peers))
    print(f"{'grpo_peak_gb':12s} gre {mine:8.2f}   peer {theirs:8.2f}   gre / peer {mine / theirs:.2f}")
    print(json.dumps({"gre": ours, "peer": peers}))


if __name__ == "__main__":
    main()
