#!/usr/bin/env python3
"""Has PEFT load what Millrace wrote, and compares, with torch, transformers and peft installed as make_reference.py says.

usage: check_peft.py WRITTEN [REFERENCE]

WRITTEN     the folder that the test class PeftExport filled: WRITTEN/<model>/<config>/ with a PEFT folder and logits.safetensors
REFERENCE   what make_reference.py wrote, the models that PeftExport was run on; this folder's parent if left out

For each: PEFT misses no tensor; its logits are Millrace's within 1e-4; every module has the rank and the scale that PEFT gives it for the
same config; the files have the fields and the tensors that PEFT writes for it. Where configs.json says "rewritten", those fields differ: what
PEFT would write there can't be loaded, or means something else when it is. PEFT writes all-linear as paths for small models, as names for others.
"""
import json, re, sys, tempfile, warnings
from pathlib import Path
import torch, transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

HERE = Path(__file__).parent


def base(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.name_or_path = model.config._name_or_path = folder.name
    return model.eval()


def modules(model):
    return {name: (m.r["default"], round(m.scaling["default"], 9)) for name, m in model.named_modules() if hasattr(m, "lora_A")}


def fields(folder):
    config = json.loads((folder / "adapter_config.json").read_text())
    config["peft_version"] = re.sub(r"^(\d+\.\d+).*", r"\1", config["peft_version"])
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    return config


def shapes(folder):
    return {name: tensor.shape for name, tensor in load_file(folder / "adapter_model.safetensors").items()}


def problems(written, model, config, rewritten):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Found missing adapter keys")
        loaded = PeftModel.from_pretrained(base(model), written)
    ids = load_file(model / "reference.safetensors")["input_ids"][:1]
    expected = load_file(written / "logits.safetensors")["logits"]
    with torch.no_grad():
        distance = (loaded(input_ids=ids[:, :len(expected)]).logits[0] - expected).abs().max().item()
    if not distance <= 1e-4:
        yield f"logits differ by {distance}"
    config = {"r": 16, "lora_alpha": 32, "target_modules": "all-linear", **config}
    if "target_modules" in rewritten:
        config["target_modules"] = fields(written)["target_modules"]
    fresh = get_peft_model(base(model), LoraConfig(task_type="CAUSAL_LM", **config))
    if modules(loaded) != modules(fresh):
        yield f"modules {modules(loaded)} instead of {modules(fresh)}"
    with tempfile.TemporaryDirectory() as folder:
        fresh.save_pretrained(folder, save_embedding_layers=False)
        ours, theirs = fields(written), fields(Path(folder))
        for name in sorted(ours.keys() | theirs.keys()):
            either_way = name in rewritten or config.get(name) == "all-linear"
            if not either_way and ours.get(name, "absent") != theirs.get(name, "absent"):
                yield f"{name} is {ours.get(name, 'absent')}; PEFT writes {theirs.get(name, 'absent')}"
        if shapes(written) != shapes(Path(folder)):
            yield f"tensors differ: {sorted(shapes(written).items() ^ shapes(Path(folder)).items())}"


def main():
    transformers.utils.logging.disable_progress_bar()
    written = Path(sys.argv[1])
    reference = Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent
    configs, checked, failed = json.loads((HERE / "configs.json").read_text()), 0, 0
    for folder in sorted(written.glob("*/*/")):
        entry = configs[folder.name]
        checked += 1
        try:
            found = list(problems(folder, reference / folder.parent.name, entry["config"], entry.get("rewritten", [])))
        except Exception as e:
            found = [f"{type(e).__name__}: {e}"]
        failed += bool(found)
        for problem in found:
            print(f"{folder.parent.name}/{folder.name}: {problem}")
    print(f"{checked - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not checked)


main()
