#!/usr/bin/env python3
"""Writes what peft's autograd gives for saved adapters: the gradient of the mean loss over the trained tokens of the fixture's batch.

usage: make_gradients.py REFERENCE OUT    with REFERENCE as make_reference.py wrote it; OUT/<model>-<adapter>.safetensors, tensors by their names in the file
"""
import sys, torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

torch.set_num_threads(1)
for name in ["tiny-llama", "tiny-qwen2"]:
    root = f"{sys.argv[1]}/{name}"
    reference = load_file(f"{root}/reference.safetensors")
    for adapter in ["dora"]:
        base = AutoModelForCausalLM.from_pretrained(root, dtype=torch.float32)
        model = PeftModel.from_pretrained(base, f"{root}/adapters/{adapter}", is_trainable=True).eval()
        logits = model(input_ids=reference["input_ids"], attention_mask=reference["attention_mask"]).logits
        torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, logits.size(-1)), reference["labels"][:, 1:].reshape(-1)).backward()
        gradients = {n.replace(".default", "").replace("magnitude_vector.weight", "magnitude_vector"): p.grad.clone()
                     for n, p in model.named_parameters() if p.requires_grad}
        save_file(gradients, f"{sys.argv[2]}/{name}-{adapter}.safetensors")
