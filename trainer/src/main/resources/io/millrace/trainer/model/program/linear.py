# A frozen linear, or several that read the same input stacked into one, with LoRA (https://arxiv.org/abs/2106.09685) on some or all of them:
#
#   y = h W' + bias + u C',  u = h A',
#
# where A [r, inputs] stacks the members' A, and C [outputs, r] has scale * B of each member as a block on its diagonal. When C stands in the
# last columns of the weight, that is one product, y = [h | u] [W | C]', and one product gives both gradients on the way back.

class Linear(NamedTuple):
  weight : Tensor           # [outputs, inputs], or [outputs, inputs + r] when c is absent
  bias : Optional[Tensor]   # [outputs]
  a : Tensor                # [r, inputs]
  c : Optional[Tensor]      # [outputs, r], or absent when it stands in the weight
  ranks : List[int]         # of the members; their sum is r
  dropout : float           # probability that an input of A is dropped, for each member on its own; needs c

# Block diagonal of scale * B.
def scaled(b: List[Tensor], scales: List[Tensor]) -> Tensor:
  return torch.block_diag([b[i] * scales[i] for i in range(len(b))])

def dropped(h: Tensor, m: linear.Linear) -> Tensor:
  return torch.cat([torch.mm(torch.dropout(h, m.dropout, True), a.t()) for a in m.a.split(m.ranks)], 1)

# h [T, inputs]. Returns y [T, outputs], added to `onto` (bias or residual) if given, and [h | u] for the way back.
def forward(h: Tensor, m: linear.Linear, onto: Optional[Tensor], free: List[Tensor]) -> Tuple[Tensor, Tensor]:
  c = m.c
  weight = m.weight
  start = m.bias
  if onto is not None:
    start = onto if start is None else onto + start
  hu = h
  if c is None:
    if m.a.size(0) > 0:
      hu = room.beside(free, h, torch.mm(h, m.a.t()))
    return (room.mm(free, hu, weight.t()) if start is None else room.addmm(free, start, hu, weight.t()), hu)
  y = torch.mm(h, weight.t()) if start is None else torch.addmm(start, h, weight.t())
  if m.a.size(0) > 0:
    u = linear.dropped(h, m) if m.dropout > 0 else torch.mm(h, m.a.t())
    y = torch.addmm(y, u, c.t())
  return (y, hu)

# [dh | du] = dy [W | C], which needs C in the weight;  dA = du' h;  dC = dy' u, of which only the blocks count;  dh gains du A.
# Returns dh, dA and dC; where r is 0, those two are empty.
def gradient(dy: Tensor, hu: Tensor, m: linear.Linear) -> Tuple[Tensor, Tensor, Tensor]:
  inputs = m.a.size(1)
  dhu = torch.mm(dy, m.weight)
  if m.a.size(0) == 0:
    return (dhu, m.a, torch.empty([0, 0]))
  du = dhu[:, inputs:]
  da = torch.mm(du.t(), hu[:, :inputs])
  dc = torch.mm(dy.t(), hu[:, inputs:])
  return (torch.addmm(dhu[:, :inputs], du, m.a), da, dc)

# Adds dA and the blocks of dC to the members' gradients da and db (float32).
def accumulate(gradient_a: Tensor, gradient_c: Tensor, da: List[Tensor], db: List[Tensor], scales: List[Tensor]) -> None:
  row = 0
  column = 0
  for a, b, scale in zip(da, db, scales):
    outputs, rank = b.size(0), a.size(0)
    if rank > 0:
      a.add_(gradient_a[column:column + rank])
      b.addcmul_(gradient_c[row:row + outputs, column:column + rank], scale)
    row += outputs
    column += rank
