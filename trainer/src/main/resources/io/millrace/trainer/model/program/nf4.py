# Weights in 4 bits with double quantisation (https://arxiv.org/abs/2305.14314), in blocks of 64, row-major:
#
#   w = CODES[code] * scale,   scale = SCALES[byte] * largest + mean,
#
# where the last two are numbers of 256 blocks and of the whole weight.

class Quantised(NamedTuple):
  codes : Tensor     # [n / 2] uint8: two codes, the first in the upper half
  scales : Tensor    # [n / 64] uint8
  largest : Tensor   # [n / 64 / 256 + 1] float32: of each 256 blocks, and then the mean

# Both codes of a byte, [256, 2].
def pairs(codes: Tensor) -> Tensor:
  return torch.stack([codes.repeat_interleave(16), codes.repeat([16])], 1)

# The scale of each block, [n / 64], float32.
def scales(q: nf4.Quantised, values: Tensor) -> Tensor:
  blocks = q.scales.size(0)
  largest = q.largest[:-1].repeat_interleave(256)[:blocks]
  return torch.addcmul(q.largest[-1:], values.index_select(0, q.scales.to(3)), largest)

# Into `out`, contiguous; its type is that of what is computed with it.
def dequantise(q: nf4.Quantised, pairs: Tensor, values: Tensor, out: Tensor) -> Tensor:
  flat = out.view([-1])
  torch.index_select(pairs, 0, q.codes.to(3), out=flat.view([-1, 2]))
  scale = nf4.scales(q, values).to(out.dtype)
  whole = flat.size(0) // 64 * 64
  flat[:whole].view([-1, 64]).mul_(scale[:whole // 64].unsqueeze(1))
  if whole < flat.size(0):
    flat[whole:].mul_(scale[whole // 64:])
  return out
