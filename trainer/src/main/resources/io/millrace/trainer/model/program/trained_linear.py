# The same linear as linear.py's while LoRA trains, with the gradient written out. C stands in the last columns of the weight, so that
#
#   y = [h | u] [W | C]' + bias,  u = h A',
#
# is one product, and one product gives both gradients on the way back.

class TrainedLinear(NamedTuple):
  weight : Tensor           # [outputs, inputs + r]
  bias : Optional[Tensor]   # [outputs]
  a : Tensor                # [r, inputs]
  b : List[Tensor]          # [outputs, rank] of each member
  c : List[Tensor]          # where C's blocks stand in the weight; its other elements are 0
  gradient : lora.Lora      # where the gradients of A and B go

# Writes C into the weight.
def refresh(m: trained_linear.TrainedLinear) -> None:
  for b, scale, c in zip(m.b, m.gradient.scales, m.c):
    torch.mul(b, scale, out=c)

class Inputs(NamedTuple):
  hu : Tensor               # [T, inputs + r]
  h : Tensor                # its first columns, to be filled
  u : Tensor                # the others, which forward() fills

# u is 0 until then where h's width isn't a multiple of 32: with AMX the engine's product of h with a width like 80 came out as no number when
# memory's leftovers stood behind h.
def inputs(tokens: int, m: trained_linear.TrainedLinear) -> trained_linear.Inputs:
  hu = torch.empty([tokens, m.weight.size(1)], dtype=m.weight.dtype, device=m.weight.device)
  h, u = hu.split_with_sizes([m.a.size(1), m.a.size(0)], 1)
  if h.size(1) % 32 != 0:
    u.zero_()
  return trained_linear.Inputs(hu, h, u)

# Returns y [T, outputs] in `out`, added to `onto` if given, and u for the way back.
def forward(i: trained_linear.Inputs, m: trained_linear.TrainedLinear, onto: Optional[Tensor], out: Tensor, u: Tensor) -> Tensor:
  if m.a.size(0) > 0:
    i.u.copy_(torch.mm(i.h, m.a.t(), out=u))
  bias = m.bias
  if onto is not None:
    torch.addmm(onto, i.hu, m.weight.t(), out=out)
    return out if bias is None else out.add_(bias)
  return torch.mm(i.hu, m.weight.t(), out=out) if bias is None else torch.addmm(bias, i.hu, m.weight.t(), out=out)

# [dh | du] = dy [W | C];  dB = scale dy' u of each member's own columns;  dh gains du A. Returns dh and du.
def gradient(dy: Tensor, u: Tensor, m: trained_linear.TrainedLinear) -> Tuple[Tensor, Tensor]:
  dh, du = torch.mm(dy, m.weight).split_with_sizes([m.a.size(1), m.a.size(0)], 1)
  if m.a.size(0) == 0:
    return (dh, du)
  dys = dy.split_with_sizes([db.size(0) for db in m.gradient.b], 1)
  us = u.split_with_sizes([db.size(1) for db in m.gradient.b], 1)
  for own_dy, own_u, db, scale in zip(dys, us, m.gradient.b, m.gradient.scales):
    if db.size(1) > 0:
      torch.addmm(db, own_dy.t(), own_u, beta=0, alpha=scale, out=db)
  return (dh.addmm_(du, m.a), du)

# dA = du' h.
def gradient_of_a(du: Tensor, h: Tensor, m: trained_linear.TrainedLinear) -> None:
  if m.a.size(0) > 0:
    torch.mm(du.t(), h, out=m.gradient.a)

# The same where h = x r w comes from a norm, without h:  dA = (r du)' x w.
def gradient_of_a_behind_norm(du: Tensor, x: Tensor, r: Tensor, w: Tensor, m: trained_linear.TrainedLinear) -> None:
  if m.a.size(0) > 0:
    torch.mm((du * r.to(x.dtype)).t(), x, out=m.gradient.a).mul_(w)
