# Prefix tuning (https://arxiv.org/abs/2101.00190): every block has keys and values of its own, k and v [virtual tokens, key heads D], for virtual tokens
# in front. The keys come after the rotary embedding. They are trained by way of an encoder, in all blocks at once:
#
#   [k of block 0 | v of block 0 | k of block 1 | ...] = base + tanh(e W1' + b1) W2' + b2.

def derive(tensors: Dict[str, Tensor]) -> None:
  flat = tensors.pop("prefix.base")
  if "prefix.e" in tensors:
    hidden = torch.tanh(torch.addmm(tensors.pop("prefix.b1"), tensors.pop("prefix.e"), tensors.pop("prefix.w1").t()))
    flat = flat + torch.addmm(tensors.pop("prefix.b2"), hidden, tensors.pop("prefix.w2").t())
  parts = flat.chunk(2 * int(tensors["prefix.layers"]), 1)
  for i, part in enumerate(parts):
    tensors[str(i // 2) + (".prefix.k" if i % 2 == 0 else ".prefix.v")] = part

def keys_and_values(qk: Tensor, qkv: Tensor, layout: attention.Layout, tensors: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
  rows, places = tensors["virtual.rows"], tensors["virtual.places"]
  k, v = room.repeated(tensors["prefix.k"], places), room.repeated(tensors["prefix.v"], places)
  q = qk.index_select(0, rows)[:, :layout.heads]
  qk = qk.index_copy(0, rows, torch.cat([q, k.view([-1, layout.key_heads, qk.size(-1)])], 1))
  before = qkv.index_select(0, rows)[:, :-v.size(1)]
  return (qk, qkv.index_copy(0, rows, torch.cat([before, v], 1)))
