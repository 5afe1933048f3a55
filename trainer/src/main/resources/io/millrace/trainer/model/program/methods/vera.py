# VeRA (https://arxiv.org/abs/2310.11454): y + lambda_b * (B (lambda_d * (A h))), lambda_b [outputs], lambda_d [rank]. All linears share A [rank, most inputs]
# and B [most outputs, rank], and use as many of A's columns and B's rows as they have inputs and outputs.

def outputs(y: Tensor, h: Tensor, m: linear.Linear) -> Tensor:
  parts = annotate(List[Tensor], [])
  shared = annotate(Optional[Tensor], None)
  row = 0
  for member, size in zip(m.members, m.outputs):
    part = y[:, row:row + size]
    d = m.adapter.get(member + ".vera.lambda_d")
    if d is not None:
      if shared is None:
        shared = torch.mm(h, m.adapter["vera.a"][:, :h.size(1)].t())
      part = torch.addcmul(part, torch.mm(shared * d, m.adapter["vera.b"][:size].t()), m.adapter[member + ".vera.lambda_b"])
    parts.append(part)
    row += size
  return torch.cat(parts, 1)
