#!/usr/bin/env python3
"""What methods without a twin in PEFT come to, by a Llama of a page in plain PyTorch and its autograd, in float64. pip install torch safetensors bitsandbytes==0.50.2; CPU is enough.

usage: make_methods.py [OUT]     writes OUT/<model>.safetensors (OUT is this file's folder if left out), with for each of CASES:

CASE.loss          [1] mean loss over the trained tokens of the batch in the model's reference.safetensors
CASE.base          [1] the same without the adapter; for nf4 that of the base in NF4
CASE.value.NAME    of each tensor of the adapter, random, by its name in the adapter's file
CASE.gradient.NAME of the loss
"""
import json, math, sys, zlib
from pathlib import Path
import torch
from bitsandbytes.functional import quantize_4bit
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy, silu

REFERENCE = Path(__file__).parent.parent
LINEARS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
P, RANK, MIDDLE, SCALE, REDUCTION = 4, 3, 5, 2.0, 4      # virtual tokens, LoRA's rank, width of the bottleneck of UniPELT and NOAH, LoRA's scale in the cases nf4 and noah, reduction_factor


class Base:
    """The model: weights by their names in its file, float64."""

    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        self.weights = {name: w.double() for name, w in load_file(folder / "model.safetensors").items()}
        c = self.config
        self.layers, self.d, self.heads, self.kv = c["num_hidden_layers"], c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
        self.width = c.get("head_dim") or self.d // self.heads
        self.theta = c["rope_parameters"]["rope_theta"]

    def norm(self, x, name):
        return x / (x.pow(2).mean(-1, keepdim=True) + self.config["rms_norm_eps"]).sqrt() * self.weights[name + ".weight"]

    def rotated(self, x, start):           # x [heads, T, D]
        angle = torch.outer(torch.arange(start, start + x.size(1)).double(), self.theta ** (-torch.arange(0, self.width, 2).double() / self.width))
        first, second = x.chunk(2, -1)
        return torch.cat([first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()], -1)

    def logits(self, ids, a):              # a: the adapter, which says what a method changes
        x = a.embedded(self.weights["model.embed_tokens.weight"][ids])
        for l in range(self.layers):
            block = f"model.layers.{l}."
            h = self.norm(x, block + "input_layernorm")
            q, k, v = [a.linear(block + name, h).view(len(ids), -1, self.width).transpose(0, 1) for name in LINEARS[:3]]
            mixed = a.attention(block, l, self.rotated(q, P), self.rotated(k, P), v, h)
            x = x + a.attended(block, a.linear(block + LINEARS[3], mixed.transpose(0, 1).flatten(1)))
            h = self.norm(x, block + "post_attention_layernorm")
            y = a.linear(block + LINEARS[6], silu(a.linear(block + LINEARS[4], h)) * a.linear(block + LINEARS[5], h))
            x = x + a.fed_forward(block, y, h)
        head = self.weights.get("lm_head.weight", self.weights["model.embed_tokens.weight"])
        return a.unembedded(self.norm(x, "model.norm")) @ head.t()

    def loss(self, batch, a):
        logits, labels = [], []
        for ids, mask, own in zip(batch["input_ids"], batch["attention_mask"], batch["labels"]):
            n = int(mask.sum())
            logits.append(self.logits(ids[:n].long(), a)[:-1])
            labels.append(own[1:n].long())
        return cross_entropy(torch.cat(logits), torch.cat(labels))


class Adapter:
    """None: the model as it is. Methods override what they change, and ask for their tensors by name with `t`."""

    def __init__(self, base):
        self.base, self.tensors = base, {}

    def t(self, name, *shape, deviation=0.3):
        if name not in self.tensors:
            values = torch.randn(shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode()))) * deviation
            self.tensors[name] = values.double().requires_grad_(True)
        return self.tensors[name]

    def linear(self, name, h):
        return h @ self.base.weights[name + ".weight"].t() + self.base.weights.get(name + ".bias", 0)

    def attention(self, block, l, q, k, v, h):
        return self.attend(q, [k], [v], [1])

    def attend(self, q, ks, vs, gates):
        """q [heads, T, D]; keys and values of tokens in front, and of the T tokens themselves as the last; each with a gate, [T, 1], that queries have for them."""
        groups, t = q.size(0) // ks[0].size(0), q.size(1)
        scores = torch.cat([gate * (q @ k.repeat_interleave(groups, 0).transpose(1, 2)) for k, gate in zip(ks, gates)], 2) / math.sqrt(q.size(2))
        hidden = torch.ones(t, t, dtype=torch.bool).triu(1)
        hidden = torch.cat([torch.zeros(t, scores.size(2) - t, dtype=torch.bool), hidden], 1)
        shares = scores.masked_fill(hidden, -math.inf).softmax(2).split([k.size(1) for k in ks], 2)
        return sum(gate * (share @ v.repeat_interleave(groups, 0)) for share, v, gate in zip(shares, vs, gates))

    def attended(self, block, y):
        return y

    def fed_forward(self, block, y, h):
        return y

    def embedded(self, x):
        return x

    def unembedded(self, h):
        return h

    def prompt(self, name, l):             # keys and values of the tokens in front in block l, each [key heads, P, D]
        width = self.base.kv * self.base.width
        own = self.t(name, P, 2 * self.base.layers * width)[:, 2 * l * width:2 * (l + 1) * width]
        return [part.reshape(P, self.base.kv, self.base.width).transpose(0, 1) for part in own.chunk(2, 1)]

    def affine(self, name, x, outputs):
        return x @ self.t(name + ".weight", outputs, x.size(-1)).t() + self.t(name + ".bias", outputs)

    def bottleneck(self, name, y, middle, activation, down="adapter_down.0"):
        return self.affine(name + "adapter_up", activation(self.affine(name + down, y, middle)), y.size(-1))


class BitFit(Adapter):
    def linear(self, name, h):
        return h @ self.base.weights[name + ".weight"].t() + self.t(name + ".bias", self.base.weights[name + ".weight"].size(0))


class Pfeiffer(Adapter):
    def fed_forward(self, block, y, h):
        return y + self.bottleneck(block + "output_adapters.adapters.millrace.", y, self.base.d // REDUCTION, torch.relu)


class Houlsby(Adapter):
    def attended(self, block, y):
        return y + self.bottleneck(block + "attention_adapters.adapters.millrace.", y, self.base.d // REDUCTION, silu)

    def fed_forward(self, block, y, h):
        return y + self.bottleneck(block + "output_adapters.adapters.millrace.", y, self.base.d // REDUCTION, silu)


class MadX(Adapter):
    def coupling(self, half, x):
        name = f"model.invertible_adapters.language.{half}."
        return self.affine(name + "2", torch.relu(self.affine(name + "0", x, self.base.d // 4)), self.base.d // 2)

    def embedded(self, x):
        x1, x2 = x.chunk(2, -1)
        y1 = x1 + self.coupling("F", x2)
        return torch.cat([y1, x2 + self.coupling("G", y1)], -1)

    def unembedded(self, h):
        y1, y2 = h.chunk(2, -1)
        x2 = y2 - self.coupling("G", y1)
        return torch.cat([y1 - self.coupling("F", x2), x2], -1)

    def fed_forward(self, block, y, h):
        return y + self.bottleneck(block + "output_adapters.adapters.language.", y, self.base.d // 2, torch.relu)


class MadXTask(MadX):
    def fed_forward(self, block, y, h):
        y = super().fed_forward(block, y, h)
        return y + self.bottleneck(block + "output_adapters.adapters.task.", y, self.base.d // REDUCTION, torch.relu)


class UniPelt(Adapter):
    def gate(self, block, part, x):
        return torch.sigmoid(self.affine(block + "gate_" + part, x, 1))

    def linear(self, name, h):
        y = super().linear(name, h)
        if name.endswith(("q_proj", "v_proj")):
            change = h @ self.t(name + ".lora_A.weight", RANK, h.size(1)).t() @ self.t(name + ".lora_B.weight", y.size(1), RANK).t()
            y = y + self.gate(name.split("self_attn")[0], "lora", h) * change
        return y

    def attention(self, block, l, q, k, v, h):
        pk, pv = self.prompt("prefix", l)
        return self.attend(q, [pk, k], [pv, v], [self.gate(block, "prefix", h), 1])

    def fed_forward(self, block, y, h):
        return y + self.gate(block, "adapter", h) * self.bottleneck(block + "fed_forward.", y, MIDDLE, torch.relu, down="adapter_down")


class Noah(Adapter):
    """In each block the first virtual tokens, ranks and channels alone take part: as many as `sizes` [3, layers] says."""

    def __init__(self, base):
        super().__init__(base)
        self.tensors["sizes"] = torch.tensor([[of[l % 3] for l in range(base.layers)] for of in [(4, 2, 0), (1, 3, 2), (5, 1, 2)]]).double()

    def size(self, part, block):
        return int(self.tensors["sizes"][part, int(block.split(".")[2])])

    def linear(self, name, h):
        y, rank = super().linear(name, h), self.size(1, name)
        if name.endswith(("q_proj", "k_proj", "v_proj")):
            a, b = self.t(name + ".lora_A.weight", RANK, h.size(1)), self.t(name + ".lora_B.weight", y.size(1), RANK)
            y = y + SCALE * (h @ a[:rank].t() @ b[:, :rank].t())
        return y

    def attention(self, block, l, q, k, v, h):
        pk, pv = [part[:, :self.size(0, block)] for part in self.prompt("prompt", l)]
        return self.attend(q, [pk, k], [pv, v], [1, 1])

    def fed_forward(self, block, y, h):
        name, n = block + "fed_forward.adapter_", self.size(2, block)
        middle = torch.relu(y @ self.t(name + "down.weight", MIDDLE, self.base.d)[:n].t() + self.t(name + "down.bias", MIDDLE)[:n])
        return y + middle @ self.t(name + "up.weight", self.base.d, MIDDLE)[:, :n].t() + self.t(name + "up.bias", self.base.d)


class Nf4(Adapter):
    """LoRA on a base whose linears went to NF4, by bitsandbytes, and back."""

    def __init__(self, base):
        super().__init__(base)
        self.linears = {name: self.there_and_back(w) for name, w in base.weights.items() if ".layers." in name and w.dim() == 2}

    @staticmethod
    def there_and_back(weight):
        codes, state = quantize_4bit(weight.float(), blocksize=64, compress_statistics=True, quant_type="nf4")
        n = state.absmax.numel()
        scales = (state.state2.code[state.absmax.view(-1).long()] * state.state2.absmax.repeat_interleave(256)[:n] + state.offset).double()
        values = state.code[torch.stack([codes.view(-1) >> 4, codes.view(-1) & 15], 1).view(-1).long()].double()
        return (values * scales.repeat_interleave(64)[:values.numel()]).view(weight.shape)

    def dense(self, name, h):
        return h @ self.linears[name + ".weight"].t() + self.base.weights.get(name + ".bias", 0)

    def linear(self, name, h):
        y = self.dense(name, h)
        return y + SCALE * (h @ self.t(name + ".lora_A.weight", RANK, h.size(1)).t() @ self.t(name + ".lora_B.weight", y.size(1), RANK).t())


class Nf4Alone(Nf4):
    linear = Nf4.dense


CASES = {"bitfit": BitFit, "pfeiffer": Pfeiffer, "houlsby": Houlsby, "madx": MadX, "madx-task": MadXTask, "unipelt": UniPelt, "noah": Noah, "nf4": Nf4}
for model in ["tiny-llama", "tiny-qwen2"]:
    base = Base(REFERENCE / model)
    batch = load_file(REFERENCE / model / "reference.safetensors")
    plain = base.loss(batch, Adapter(base))
    expected = json.loads((REFERENCE / model / "reference.json").read_text())["loss.base"]
    assert abs(plain.item() - expected) < 1e-5, f"{model}: transformers has a loss of {expected}, this file of {plain.item()}"
    found = {}
    for case, kind in CASES.items():
        adapter = kind(base)
        loss = base.loss(batch, adapter)
        loss.backward()
        found[case + ".loss"] = loss.detach().view(1)
        found[case + ".base"] = (base.loss(batch, Nf4Alone(base)) if case == "nf4" else plain).detach().view(1)
        for name, tensor in adapter.tensors.items():
            found[f"{case}.value.{name}"] = tensor.detach()
            if tensor.requires_grad:
                assert tensor.grad.abs().max() > 0, f"{model}, {case}: {name} has no effect"
                found[f"{case}.gradient.{name}"] = tensor.grad
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    save_file({name: tensor.float().contiguous() for name, tensor in found.items()}, out / f"{model}.safetensors")
