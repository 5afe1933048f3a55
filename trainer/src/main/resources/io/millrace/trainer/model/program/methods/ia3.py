# IA3 (https://arxiv.org/abs/2205.05638): what a linear gives is scaled, l * y, l [outputs, 1], or what it reads, W (l * h), l [1, inputs].

def inputs(h: Tensor, m: linear.Linear) -> Tensor:
  l = m.adapter.get(m.name + ".ia3.in")
  return h if l is None else h * l

# Members stacked into one linear read the same h, so one that scales it is computed again.
def outputs(y: Tensor, h: Tensor, m: linear.Linear) -> Tensor:
  parts = annotate(List[Tensor], [])
  bias = m.bias
  row = 0
  for member, size in zip(m.members, m.outputs):
    part = y[:, row:row + size]
    out = m.adapter.get(member + ".ia3.out")
    if out is not None:
      part = part * out.view([-1])
    own = m.adapter.get(member + ".ia3.in")
    if own is not None and member != m.name:
      part = torch.mm(h * own, m.weight[row:row + size].t())
      if bias is not None:
        part = part + bias[row:row + size]
    parts.append(part)
    row += size
  return torch.cat(parts, 1)
