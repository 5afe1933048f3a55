# LoRA (https://arxiv.org/abs/2106.09685): y + scale B A dropped(h). Every linear has an A [rank, inputs], a B [outputs, rank] and a scale, or none of
# them. The A of members stacked into one linear stand one below the other, their scale * B as blocks on the diagonal of C.

def prepare(m: linear.Linear) -> None:
  a = annotate(List[Tensor], [])
  c = annotate(List[Tensor], [])
  for member, size in zip(m.members, m.outputs):
    own = m.adapter.get(member + ".lora.a")
    if own is not None:
      a.append(own)
      c.append(m.adapter[member + ".lora.b"] * float(m.adapter[member + ".lora.scale"]))
    else:
      c.append(torch.zeros([size, 0], dtype=m.weight.dtype, device=m.weight.device))
  if len(a) > 0:
    m.adapter[m.name + ".lora.stacked"] = torch.cat(a)
    m.adapter[m.name + ".lora.diagonal"] = torch.block_diag(c)

def outputs(y: Tensor, h: Tensor, m: linear.Linear) -> Tensor:
  c = m.adapter.get(m.name + ".lora.diagonal")
  if c is None:
    return y
  if "lora.dropout" in m.adapter:
    u = torch.cat([torch.mm(torch.dropout(h, float(m.adapter["lora.dropout"]), True), a.t()) for a in methods.lora.all_a(m)], 1)
  else:
    u = torch.mm(h, m.adapter[m.name + ".lora.stacked"].t())
  return torch.addmm(y, u, c.t())

def all_a(m: linear.Linear) -> List[Tensor]:
  found = annotate(List[Tensor], [])
  for member in m.members:
    a = m.adapter.get(member + ".lora.a")
    if a is not None:
      found.append(a)
  return found
