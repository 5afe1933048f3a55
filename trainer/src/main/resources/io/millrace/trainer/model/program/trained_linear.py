# The same linear as linear.py's while LoRA trains, with the gradient written out. C stands in the last columns of the weight, so that
#
#   y = [h | u] [W | C]' + bias,  u = h A',
#
# is one product, and one product gives both gradients on the way back.

class TrainedLinear(NamedTuple):
  weight : Tensor           # [outputs, inputs + r]
  bias : Optional[Tensor]   # [outputs]
  a : Tensor                # [r, inputs]
  gradient : lora.Lora      # where the gradients of A and B go

# [T, inputs + r], whose first columns are to be filled with h; forward() fills the others. They are 0 until then: with AMX the engine's product of h with a
# width like 80, not a multiple of 32, came out as no number when memory's leftovers stood behind h.
def inputs(tokens: int, m: trained_linear.TrainedLinear) -> Tuple[Tensor, Tensor]:
  hu = torch.empty([tokens, m.weight.size(1)], dtype=m.weight.dtype, device=m.weight.device)
  hu[:, m.a.size(1):].zero_()
  return (hu, hu[:, :m.a.size(1)])

# hu from inputs(). Returns y [T, outputs] in `out`, added to `onto` if given, and u for the way back.
def forward(hu: Tensor, m: trained_linear.TrainedLinear, onto: Optional[Tensor], out: Tensor, u: Tensor) -> Tensor:
  if m.a.size(0) > 0:
    torch.mm(hu[:, :m.a.size(1)], m.a.t(), out=u)
    hu[:, m.a.size(1):].copy_(u)
  bias = m.bias
  if onto is not None:
    torch.addmm(onto, hu, m.weight.t(), out=out)
    return out if bias is None else out.add_(bias)
  return torch.mm(hu, m.weight.t(), out=out) if bias is None else torch.addmm(bias, hu, m.weight.t(), out=out)

# [dh | du] = dy [W | C];  dA = du' h;  dB = scale dy' u of each member's own columns;  dh gains du A. Returns dh.
def gradient(dy: Tensor, h: Tensor, u: Tensor, m: trained_linear.TrainedLinear) -> Tensor:
  dhu = torch.mm(dy, m.weight)
  if m.a.size(0) == 0:
    return dhu
  dh, du = dhu[:, :m.a.size(1)], dhu[:, m.a.size(1):]
  torch.mm(du.t(), h, out=m.gradient.a)
  row = 0
  column = 0
  for db, scale in zip(m.gradient.b, m.gradient.scales):
    outputs, rank = db.size(0), db.size(1)
    if rank > 0:
      torch.addmm(db, dy[:, row:row + outputs].t(), u[:, column:column + rank], beta=0, alpha=scale, out=db)
    row += outputs
    column += rank
  return dh.addmm_(du, m.a)
