# DoRA (https://arxiv.org/abs/2402.09353): LoRA gives each row of the weight a direction, a trained magnitude its length,
#
#   W' = magnitude * (W + scale B A) / |W + scale B A|,
#
# where the length |...| of a row counts as a constant. A, B and scale are named as LoRA's; linears without a magnitude are as they were.

def prepare(m: linear.Linear) -> None:
  methods.lora.prepare(m)
  if m.name + ".lora.diagonal" not in m.adapter:
    return None
  change = torch.mm(m.adapter[m.name + ".lora.diagonal"].detach(), m.adapter[m.name + ".lora.stacked"].detach())
  lengths = torch.linalg_vector_norm(m.weight + change, 2, [1], False, dtype=6)
  factors = annotate(List[Tensor], [])
  row = 0
  for member, size in zip(m.members, m.outputs):
    magnitude = m.adapter.get(member + ".dora.magnitude")
    if magnitude is None:
      factors.append(torch.ones([size], dtype=m.weight.dtype, device=m.weight.device))
    else:
      factors.append((magnitude / lengths[row:row + size]).to(m.weight.dtype))
    row += size
  m.adapter[m.name + ".dora.factor"] = torch.cat(factors)

def outputs(y: Tensor, h: Tensor, m: linear.Linear) -> Tensor:
  factor = m.adapter.get(m.name + ".dora.factor")
  if factor is None:
    return y
  changed = methods.lora.outputs(y, h, m)
  bias = m.bias
  return changed * factor if bias is None else (changed - bias) * factor + bias
