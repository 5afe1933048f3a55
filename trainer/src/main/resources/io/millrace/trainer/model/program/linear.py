# A frozen linear, or several that read the same input stacked into one, with LoRA on some or all of them:
#
#   y = h W' + bias + u C',  u = h A',
#
# where C [outputs, r] has scale * B of each member as a block on its diagonal.

class Linear(NamedTuple):
  weight : Tensor           # [outputs, inputs]
  bias : Optional[Tensor]   # [outputs]
  a : Tensor                # [r, inputs]
  c : Tensor                # [outputs, r]
  ranks : List[int]         # of the members; their sum is r
  dropout : float           # probability that an input of A is dropped, for each member on its own

def dropped(h: Tensor, m: linear.Linear) -> Tensor:
  return torch.cat([torch.mm(torch.dropout(h, m.dropout, True), a.t()) for a in m.a.split(m.ranks)], 1)

# h [T, inputs]. Returns y [T, outputs], added to `onto` if given.
def forward(h: Tensor, m: linear.Linear, onto: Optional[Tensor]) -> Tensor:
  start = m.bias
  if onto is not None:
    start = onto if start is None else onto + start
  y = torch.mm(h, m.weight.t()) if start is None else torch.addmm(start, h, m.weight.t())
  if m.a.size(0) > 0:
    u = linear.dropped(h, m) if m.dropout > 0 else torch.mm(h, m.a.t())
    y = torch.addmm(y, u, m.c.t())
  return y
