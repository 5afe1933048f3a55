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

# Where the blocks of C stand in `columns` [outputs, r] of a weight: C is the block diagonal of scale * B.
def diagonal(columns: Tensor, b: List[Tensor]) -> List[Tensor]:
  blocks = annotate(List[Tensor], [])
  row = 0
  column = 0
  for one in b:
    blocks.append(columns[row:row + one.size(0), column:column + one.size(1)])
    row += one.size(0)
    column += one.size(1)
  return blocks
