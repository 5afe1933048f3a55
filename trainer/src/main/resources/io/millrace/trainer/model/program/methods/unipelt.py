# UniPELT (https://arxiv.org/abs/2110.07577): a bottleneck behind the feed-forward network, a prefix, and LoRA, each with a gate in each block:
#
#   sigmoid(w x + b),  x what the linear, attention or the feed-forward network reads.
#
# Every token has gates of its own, from its own x, so that none sees what comes after it. (The paper takes the mean over the sequence.)

def derive(tensors: Dict[str, Tensor]) -> None:
  methods.prefix_tuning.derive(tensors)

# How far a part is open, [T, 1]. A training step adds up what there was.
def gate(part: str, x: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  open = torch.sigmoid(torch.addmm(tensors["gate." + part + ".bias"], x, tensors["gate." + part + ".weight"].t()))
  total = tensors.get("mean_gate_" + part + ".total")
  if total is not None:
    real = open.detach().to(7)
    virtual = real.index_select(0, tensors["virtual.rows"])
    total.add_(real.sum() - virtual.sum())
    tensors["mean_gate_" + part + ".count"].add_(real.size(0) - virtual.size(0))
  return open

def prepare(m: linear.Linear) -> None:
  methods.lora.prepare(m)

# LoRA: the gate stands where its scale is.
def outputs(y: Tensor, h: Tensor, m: linear.Linear) -> Tensor:
  if m.name + ".lora.diagonal" not in m.adapter:
    return y
  u = torch.mm(h, m.adapter[m.name + ".lora.stacked"].t()) * methods.unipelt.gate("lora", h, m.adapter)
  return torch.addmm(y, u, m.adapter[m.name + ".lora.diagonal"].t())

def keys_and_values(qk: Tensor, qkv: Tensor, layout: attention.Layout, tensors: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
  return methods.prefix_tuning.keys_and_values(qk, qkv, layout, tensors)

# The prefix's keys and values times a gate g that every query has for itself: channels are doubled, so that what is gated has a half of its own,
#
#   q -> [q | g q] sqrt(2),   k -> [k | 0],  v -> [v | 0] of real tokens,   k -> [0 | k],  v -> [0 | v] of the prefix,
#
# where sqrt(2) is for the scores' scale. What comes of it is [o | o'], and o + g o' goes on.
def attending(qk: Tensor, qkv: Tensor, h: Tensor, layout: attention.Layout, later: bool, tensors: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
  heads = layout.heads
  q, k = qk[:, :heads], qk[:, heads:]
  v = qkv[:, -k.size(1) * k.size(2):].reshape(k.size())
  q = torch.cat([q, q * methods.unipelt.gate("prefix", h, tensors).unsqueeze(2)], 2) * 2 ** 0.5
  none = torch.zeros_like(k)
  k2, v2 = torch.cat([k, none], 2), torch.cat([v, none], 2)
  if not later:
    rows = tensors["virtual.rows"]
    k2 = k2.index_copy(0, rows, torch.cat([none, k], 2).index_select(0, rows))
    v2 = v2.index_copy(0, rows, torch.cat([none, v], 2).index_select(0, rows))
  both = torch.cat([q, k2], 1)
  return (both, torch.cat([both.flatten(1), v2.flatten(1)], 1))

def mixed(y: Tensor, h: Tensor, layout: attention.Layout, tensors: Dict[str, Tensor]) -> Tensor:
  halves = y.view([y.size(0), layout.heads, 2, -1])
  g = methods.unipelt.gate("prefix", h, tensors).unsqueeze(2)
  return (halves[:, :, 0] + g * halves[:, :, 1]).flatten(1)

def fed_forward(y: Tensor, h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  change = methods.pfeiffer.up(torch.relu(methods.pfeiffer.down(y, "fed_forward", tensors)), "fed_forward", tensors)
  return y + methods.unipelt.gate("adapter", h, tensors) * change
