# LoRA's parameters (https://arxiv.org/abs/2106.09685). Those of an adapter come as one flat tensor: A [rank, inputs] of every linear (q, k, v, o, gate,
# up, down of block 0, then of block 1, ...), then B [outputs, rank] of every linear in the same order. A linear without LoRA has rank 0.

class Lora(NamedTuple):      # of one linear, or of several that read the same input
  a : Tensor                 # [r, inputs], the members' A one below the other
  b : List[Tensor]           # [outputs, rank] of each member
  scales : List[float]       # of each member: what it adds is scale * B A x

# Views of the flat tensor, for each (members' outputs, inputs) in order.
def split(flat: Tensor, ranks: List[int], scales: List[float], linears: List[Tuple[List[int], int]]) -> List[lora.Lora]:
  stacked = annotate(List[Tensor], [])
  start = 0
  member = 0
  for outputs, inputs in linears:
    r = 0
    for i in range(len(outputs)):
      r += ranks[member + i]
    stacked.append(flat[start:start + r * inputs].view([r, inputs]))
    start += r * inputs
    member += len(outputs)
  parts = annotate(List[lora.Lora], [])
  member = 0
  for linear, a in zip(linears, stacked):
    b = annotate(List[Tensor], [])
    first = member
    for size in linear[0]:
      rank = ranks[member]
      b.append(flat[start:start + size * rank].view([size, rank]))
      start += size * rank
      member += 1
    parts.append(lora.Lora(a, b, scales[first:member]))
  return parts

# C [outputs, r], the block diagonal of scale * B, into `out`, whose other elements are 0 already.
def fill(out: Tensor, l: lora.Lora) -> Tensor:
  row = 0
  column = 0
  for b, scale in zip(l.b, l.scales):
    torch.mul(b, scale, out=out[row:row + b.size(0), column:column + b.size(1)])
    row += b.size(0)
    column += b.size(1)
  return out

# Adds dA and the blocks of dC to the gradients of A and B.
def accumulate(gradient_a: Tensor, gradient_c: Tensor, l: lora.Lora) -> None:
  l.a.add_(gradient_a)
  row = 0
  column = 0
  for b, scale in zip(l.b, l.scales):
    b.add_(gradient_c[row:row + b.size(0), column:column + b.size(1)], alpha=scale)
    row += b.size(0)
    column += b.size(1)
