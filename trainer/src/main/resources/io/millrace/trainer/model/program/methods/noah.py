# NOAH (https://arxiv.org/abs/2206.04673): every block may have a prompt (keys and values of virtual tokens), LoRA on queries, keys and values, and a
# bottleneck behind the feed-forward network. noah.sizes [3, blocks] says how many of their first virtual tokens, ranks and channels are in use: subnets
# of all sizes share these weights.

def derive(tensors: Dict[str, Tensor]) -> None:
  sizes = tensors["noah.sizes"].round().cpu()
  methods.prefix_tuning.derive(tensors)
  for name in list(tensors.keys()):
    block = name.split(".")[0]
    if name.endswith(".noah.a"):
      own, rank = name[:-len("noah.a")], int(sizes[1, int(block)])
      a, b = tensors.pop(name), tensors.pop(own + "noah.b")
      if rank > 0:
        tensors[own + "lora.a"], tensors[own + "lora.b"] = a[:rank], b[:, :rank]
    elif name.endswith(".down.bias"):
      own, width = name[:-len("down.bias")], int(sizes[2, int(block)])
      for part in ["down.weight", "down.bias"]:
        tensors[own + part] = tensors[own + part][:width]
      tensors[own + "up.weight"] = tensors[own + "up.weight"][:, :width]
      if width == 0:
        for part in ["down.weight", "down.bias", "up.weight", "up.bias"]:
          tensors.pop(own + part)
  places = torch.arange(int(tensors["virtual"]), device=tensors.pop("noah.sizes").device)
  for block in range(sizes.size(1)):
    used = int(sizes[0, block])
    if used < places.size(0):
      tensors[str(block) + ".noah.hidden"] = (places >= used).to(6)

def prepare(m: linear.Linear) -> None:
  methods.lora.prepare(m)

def outputs(y: Tensor, h: Tensor, m: linear.Linear) -> Tensor:
  return methods.lora.outputs(y, h, m)

def keys_and_values(qk: Tensor, qkv: Tensor, layout: attention.Layout, tensors: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
  return methods.prefix_tuning.keys_and_values(qk, qkv, layout, tensors)

# A block that doesn't use all virtual tokens hides the others by one more channel, which is 1 in every query and -1e9 in their keys. The factor on q is
# for the scores' scale, which goes by the number of channels.
def attending(qk: Tensor, qkv: Tensor, h: Tensor, layout: attention.Layout, later: bool, tensors: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
  hidden = tensors.get("noah.hidden")
  if hidden is None:
    return (qk, qkv)
  q, k = qk[:, :layout.heads], qk[:, layout.heads:]
  v = qkv[:, -k.size(1) * k.size(2):].reshape(k.size())
  none = torch.zeros_like(k[:, :, :1])
  barred = none
  if not later:
    of_virtual = (hidden * -1e9).index_select(0, tensors["virtual.places"]).view([-1, 1, 1]).expand([-1, k.size(1), 1])
    barred = none.index_copy(0, tensors["virtual.rows"], of_virtual)
  q = torch.cat([q * (1 + 1 / k.size(2)) ** 0.5, torch.ones_like(q[:, :, :1])], 2)
  both = torch.cat([q, torch.cat([k, barred], 2)], 1)
  return (both, torch.cat([both.flatten(1), torch.cat([v, none], 2).flatten(1)], 1))

def mixed(y: Tensor, h: Tensor, layout: attention.Layout, tensors: Dict[str, Tensor]) -> Tensor:
  if "noah.hidden" not in tensors:
    return y
  return y.view([y.size(0), layout.heads, -1])[:, :, :-1].flatten(1)

def fed_forward(y: Tensor, h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  if "bottleneck.fed_forward.down.weight" not in tensors:
    return y
  return methods.pfeiffer.fed_forward(y, h, tensors)
