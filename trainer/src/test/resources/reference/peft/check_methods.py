#!/usr/bin/env python3
"""Has PEFT load adapters of all its methods that Millrace wrote, and compares.

usage: check_methods.py WRITTEN REFERENCE

WRITTEN     WRITTEN/<model>/<adapter>/ with a PEFT folder and logits.safetensors: what Millrace computes for the model's first reference sequence
REFERENCE   what make_reference.py wrote

For each: PEFT misses no tensor, and finds none that it doesn't know (of virtual tokens it always says so); its logits are Millrace's within 1e-4.
"""
import sys, warnings
from pathlib import Path
import torch, transformers
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM


def problems(written, model):
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Found missing adapter keys")
        loaded = PeftModel.from_pretrained(base, written)
        unknown = loaded.load_adapter(written, "again").unexpected_keys
    if unknown and not loaded.active_peft_config.is_prompt_learning:
        yield f"PEFT doesn't know {unknown}"
    loaded.set_adapter("default")
    ids = load_file(model / "reference.safetensors")["input_ids"][:1]
    expected = load_file(written / "logits.safetensors")["logits"]
    with torch.no_grad():
        logits = loaded(input_ids=ids[:, :len(expected)]).logits[0]
    distance = (logits[-len(expected):] - expected).abs().max().item()
    if not distance <= 1e-4:
        yield f"logits differ by {distance}"
    with torch.no_grad(), loaded.disable_adapter():
        changed = (loaded(input_ids=ids[:, :len(expected)]).logits[0] - expected).abs().max().item()
    if not changed > 1e-3:
        yield "the adapter changes nothing"


def main():
    warnings.filterwarnings("ignore", category=FutureWarning)
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    written, reference = Path(sys.argv[1]), Path(sys.argv[2])
    checked, failed = 0, 0
    for folder in sorted(written.glob("*/*/")):
        checked += 1
        try:
            found = list(problems(folder, reference / folder.parent.name))
        except Exception as e:
            found = [f"{type(e).__name__}: {e}"]
        failed += bool(found)
        for problem in found:
            print(f"{folder.parent.name}/{folder.name}: {problem}")
    print(f"{checked - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not checked)


main()
