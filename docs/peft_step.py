"""Compares a training step of Millrace with one of transformers + PEFT on the same batches, in turns, on this machine.

    pip install torch transformers peft
    python docs/peft_step.py                      # tokens per second of both sides, and how many times as fast
    python docs/peft_step.py --only dense_8x64    # for peak memory: that of these steps alone
    python docs/peft_step.py --device cuda        # both on the first GPU; peak memory is then that of the host

Both sides: the shapes of SmolLM2-135M (PEFT with random weights, which takes as long), bfloat16, LoRA of rank 16 on all
linears, AdamW, clipping at 1. Tokens are each sequence's own: no padding counts, and what sequences share counts for each.
"""

import argparse, json, pathlib, resource, statistics, subprocess, time
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

WORKLOADS = ["dense_8x64", "dense_4x256", "ragged", "shared_prefix"]
options = argparse.ArgumentParser()
options.add_argument("--rounds", type=int, default=7)
options.add_argument("--only", choices=WORKLOADS)
options.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
options = options.parse_args()

launcher = pathlib.Path(__file__).parent.parent / "millrace"
millrace = subprocess.Popen([launcher, "bench", "step", "--json", "--device", options.device], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

torch.manual_seed(1)
base = LlamaForCausalLM(LlamaConfig(
    vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
    rope_theta=100000.0, tie_word_embeddings=True, use_cache=False)).to(options.device, torch.bfloat16)
model = get_peft_model(base, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"))
model.train()
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.0)


def millrace_step(workload):
    print(workload, file=millrace.stdin, flush=True)
    return json.loads(millrace.stdout.readline())


def peft_step(ids, loss_weights):
    longest = max(map(len, ids))
    padded = lambda rows, value: torch.tensor([row + [value] * (longest - len(row)) for row in rows], device=options.device)
    batch = dict(
        input_ids=padded(ids, 0),
        attention_mask=padded([[1] * len(row) for row in ids], 0),
        labels=padded([[i if w > 0 else -100 for i, w in zip(*pair)] for pair in zip(ids, loss_weights)], -100))
    started = time.perf_counter()
    model(**batch).loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    if options.device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


seconds = {name: [] for name in ([options.only] if options.only else WORKLOADS)}
for name, measured in seconds.items():
    for turn in range(2 + options.rounds):  # the first two warm up
        ours = millrace_step(name)
        theirs = peft_step(ours["ids"], ours["loss_weights"])
        if turn >= 2:
            measured.append((sum(map(len, ours["ids"])), ours["seconds"], theirs))

print(f"{'tokens/s':<16}{'millrace':>10}{'peft':>10}{'times':>8}")
for name, measured in seconds.items():
    median = lambda figure: statistics.median(figure(*one) for one in measured)
    print(f"{name:<16}{median(lambda n, a, b: n / a):>10.0f}{median(lambda n, a, b: n / b):>10.0f}{median(lambda n, a, b: b / a):>8.2f}")
millrace.stdin.close()
ours = json.loads(millrace.stdout.readline())["peak_rss_bytes"]
theirs = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(f"{'peak MB':<16}{ours / 1e6:>10.0f}{theirs / 1e6:>10.0f}{theirs / ours:>8.2f}")
