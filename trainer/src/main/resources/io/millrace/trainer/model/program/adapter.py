# An adapter's tensors by name. What begins with a number belongs to that block, which sees it without the number: "3.q.bias" is "q.bias" in block 3.
# What begins with "embedding", "norm" or "head" is seen around the blocks alone, all else everywhere. A tensor of a weight's name ("3.input_norm", "3.q.weight", "norm", "embedding", ...) stands in for
# that weight. For each method that the adapter makes use of there is an entry of the method's name, by which hooks.py knows.

# What each block sees, then what is seen around the blocks.
def parts(tensors: Dict[str, Tensor], layers: int) -> List[Dict[str, Tensor]]:
  around = annotate(Dict[str, Tensor], {})
  everywhere = annotate(Dict[str, Tensor], {})
  for name, tensor in tensors.items():
    if not name.split(".")[0].isdigit():
      around[name] = tensor
      if not (name.startswith("embedding") or name.startswith("norm") or name.startswith("head")):
        everywhere[name] = tensor
  parts = annotate(List[Dict[str, Tensor]], [])
  for l in range(layers):
    parts.append(everywhere.copy())
  for name, tensor in tensors.items():
    first = name.split(".")[0]
    if first.isdigit():
      parts[int(first)][name[len(first) + 1:]] = tensor
  parts.append(around)
  return parts

# A copy in the type that is computed with. Settings come in float64, and stay so.
def cast(tensors: Dict[str, Tensor], dtype: int) -> Dict[str, Tensor]:
  found = annotate(Dict[str, Tensor], {})
  for name, tensor in tensors.items():
    found[name] = tensor.to(dtype) if tensor.dtype == 6 else tensor
  return found

def instead(name: str, weight: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  own = tensors.get(name)
  return weight if own is None else own

# The same for members stacked into one; a bias that the model lacks is 0. An adapter has weights as the model's file has them, in GPT-2 transposed.
def stacked(what: str, weight: Optional[Tensor], members: List[str], outputs: List[int], transposed: bool,
    tensors: Dict[str, Tensor]) -> Optional[Tensor]:
  like = annotate(Optional[Tensor], None)
  for member in members:
    if member + what in tensors:
      like = tensors[member + what]
  if like is None:
    return weight
  parts = annotate(List[Tensor], [])
  row = 0
  for member, size in zip(members, outputs):
    own = tensors.get(member + what)
    if own is not None:
      parts.append(own.t() if transposed else own)
    elif weight is not None:
      parts.append(weight[row:row + size])
    else:
      parts.append(torch.zeros([size], dtype=like.dtype, device=like.device))
    row += size
  return torch.cat(parts)
