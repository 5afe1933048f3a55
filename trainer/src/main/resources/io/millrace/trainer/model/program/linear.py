# A frozen linear, or several that read the same input stacked into one, with what an adapter does around it:
#
#   y = h W' + bias.

class Linear(NamedTuple):
  name : str                   # qkv, o, gate_up or down; in GPT-2 up in the place of gate_up
  members : List[str]          # q, k, v, ...; just the name where it is one linear
  outputs : List[int]          # of each member
  weight : Tensor              # [outputs, inputs]
  bias : Optional[Tensor]      # [outputs]
  adapter : Dict[str, Tensor]  # what the adapter has in this block, and what its prepare() made of it

# h [T, inputs]. Returns y [T, outputs].
def forward(h: Tensor, m: linear.Linear) -> Tensor:
  h = hooks.inputs(h, m)
  bias = m.bias
  y = torch.mm(h, m.weight.t()) if bias is None else torch.addmm(bias, h, m.weight.t())
  return hooks.outputs(y, h, m)
