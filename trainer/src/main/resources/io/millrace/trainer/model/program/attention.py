# Causal attention over a packed batch. The tokens of all sequences lie one after the other, [T, ...], and the linears never see padding; only attention
# looks at sequences. It takes sequences of similar length out of the packed rows as one bucket, head by head and padded to the longest, and puts
# the rows back. The n query heads that share a key head are folded into rows: q [G, n t, D], k and v [G, t, D], G = sequences * key heads.

class Bucket(NamedTuple):
  groups : int                   # G
  length : int                   # t
  queries : Tensor               # [G n t] rows of q|k seen as [T * (heads + key heads), D]
  keys : Tensor                  # [G t] rows of the same
  outputs : Tensor               # [G n t] rows of the result seen as [T * heads, D]
  values : Tensor                # [G t] rows of q|k|v seen as [T * (heads + 2 key heads), D]
  real : Tensor                  # [G, n t, 1] 1 where a query is a token, 0 where it is padding
  causal : Tensor                # [n t, t] what is added to scores: 0, or -1e9 for what a query may not see
  windowed : Tensor              # the same with the sliding window

class Layout(NamedTuple):
  buckets : List[attention.Bucket]
  queries : Tensor               # [T * heads] row of each token's queries among the buckets' rows
  keys : Tensor                  # [T * key heads] row of each token's keys and values among the buckets' rows
  heads : int
  key_heads : int
  window : int                   # 0: none

class Kept(NamedTuple):          # what the way back reads, per bucket
  q : Tensor
  k : Tensor
  v : Tensor
  p : Optional[Tensor]           # [G, n t, t] probabilities; absent where they are computed again

# Scores of queries first..last to keys from..last.
def mask(first: int, last: int, start: int, n: int, window: int, dtype: int) -> Tensor:
  back = torch.arange(first, last).unsqueeze(1) - torch.arange(start, last)
  hidden = back < 0
  if window > 0:
    hidden = hidden | (back >= window)
  return (hidden.to(6) * -1e9).to(dtype).repeat([n, 1])

# bounds [2, sequences]: where each sequence starts in the packed rows, and its length. A sequence is padded with its own last token: the mask keeps it from
# being seen, and `real` keeps it from having a gradient.
def layout(bounds: List[Tensor], tokens: int, heads: int, key_heads: int, window: int, dtype: int) -> attention.Layout:
  n = heads // key_heads
  buckets = annotate(List[attention.Bucket], [])
  query_rows = torch.empty([tokens, heads], dtype=4)
  key_rows = torch.empty([tokens, key_heads], dtype=4)
  queries_before = 0
  keys_before = 0
  head = torch.arange(heads).unsqueeze(1)
  key_head = torch.arange(key_heads).unsqueeze(1)
  for bound in bounds:
    start, lengths = bound[0].unsqueeze(1), bound[1].unsqueeze(1)
    sequences = bound.size(1)
    t = int(lengths.max())
    place = torch.arange(t)
    real = place < lengths
    token = start + torch.minimum(place, lengths - 1)                   # [sequences, t]
    row = token.unsqueeze(1)
    groups = sequences * key_heads
    short = t <= 256
    buckets.append(attention.Bucket(
      groups, t,
      (row * (heads + key_heads) + head).view([-1]),
      (row * (heads + key_heads) + heads + key_head).view([-1]),
      (row * heads + head).view([-1]),
      (row * (heads + 2 * key_heads) + heads + key_heads + key_head).view([-1]),
      real.to(dtype).view([sequences, 1, 1, t]).expand([sequences, key_heads, n, t]).reshape([groups, n * t, 1]),
      attention.mask(0, t if short else 0, 0, n, 0, dtype),
      attention.mask(0, t if short else 0, 0, n, window, dtype)))
    query_row = torch.arange(sequences * heads * t).view([sequences, heads, t]) + queries_before
    key_row = torch.arange(sequences * key_heads * t).view([sequences, key_heads, t]) + keys_before
    query_rows.index_copy_(0, token[real], query_row.transpose(1, 2)[real])
    key_rows.index_copy_(0, token[real], key_row.transpose(1, 2)[real])
    queries_before += sequences * heads * t
    keys_before += sequences * key_heads * t
  return attention.Layout(buckets, query_rows.view([-1]), key_rows.view([-1]), heads, key_heads, window)

def probabilities(q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
  return torch.softmax(torch.baddbmm(mask, q, k.transpose(1, 2), beta=1, alpha=q.size(-1) ** -0.5), -1)

# The queries of a long bucket go 256 at a time, each chunk to the keys that it can see, so that scores never take more than 256 rows of memory per head.
def chunks(length: int, window: int) -> List[Tuple[int, int, int]]:
  cut = annotate(List[Tuple[int, int, int]], [])
  for first in range(0, length, 256):
    cut.append((first, min(first + 256, length), max(0, first + 1 - window) if window > 0 else 0))
  return cut

def join(parts: List[Tensor]) -> Tensor:
  return parts[0] if len(parts) == 1 else torch.cat(parts)

# qk [T, heads + key heads, D], rotated; qkv [T, (heads + 2 key heads) D], of which v is read. Returns the mixed values [T, heads D].
def forward(qk: Tensor, qkv: Tensor, layout: attention.Layout, windowed: bool) -> Tuple[Tensor, List[attention.Kept]]:
  size = qk.size(-1)
  window = layout.window if windowed else 0
  kept = annotate(List[attention.Kept], [])
  mixed = annotate(List[Tensor], [])
  for bucket in layout.buckets:
    groups = bucket.groups
    q = qk.view([-1, size]).index_select(0, bucket.queries).view([groups, -1, size])
    k = qk.view([-1, size]).index_select(0, bucket.keys).view([groups, -1, size])
    v = qkv.view([-1, size]).index_select(0, bucket.values).view([groups, -1, size])
    if bucket.causal.size(0) > 0:
      p = attention.probabilities(q, k, bucket.windowed if windowed else bucket.causal)
      mixed.append(torch.bmm(p, v).view([-1, size]))
      kept.append(attention.Kept(q, k, v, p))
    else:
      n = q.size(1) // bucket.length
      heads = q.view([groups, n, bucket.length, size])
      parts = annotate(List[Tensor], [])
      for first, last, start in attention.chunks(bucket.length, window):
        p = attention.probabilities(heads[:, :, first:last].reshape([groups, -1, size]), k[:, start:last], attention.mask(first, last, start, n, window, q.dtype))
        parts.append(torch.bmm(p, v[:, start:last]).view([groups, n, -1, size]))
      mixed.append(torch.cat(parts, 2).view([-1, size]))
      kept.append(attention.Kept(q, k, v, None))
  return (attention.join(mixed).index_select(0, layout.queries).view([-1, layout.heads * size]), kept)

# The same for one more token of a sequence, with the keys and values kept of those before it; keeps its own with them.
def forward_one(qk: Tensor, qkv: Tensor, layout: attention.Layout, windowed: bool, past: attention.Kept) -> Tuple[Tensor, List[attention.Kept]]:
  size = qk.size(-1)
  q = qk[0, :layout.heads].view([layout.key_heads, -1, size])
  k = torch.cat([past.k, qk[0, layout.heads:].unsqueeze(1)], 1)
  v = torch.cat([past.v, qkv.view([-1, 1, size])[layout.heads + layout.key_heads:]], 1)
  if windowed and k.size(1) > layout.window:
    k, v = k[:, -layout.window:], v[:, -layout.window:]
  p = torch.softmax(torch.bmm(q, k.transpose(1, 2)) * size ** -0.5, -1)
  return (torch.bmm(p, v).view([1, -1]), [attention.Kept(q, k, v, p)])

# With P = softmax(s q k' + mask), o = P v, s = 1 / sqrt(D):
#   dv = P' dout;  dP = dout v';  dS = s P (dP - rowsum(P dP));  dq = dS k;  dk = dS' q.
def gradient_of(dout: Tensor, q: Tensor, k: Tensor, v: Tensor, p: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
  dp = torch.bmm(dout, v.transpose(1, 2))
  ds = torch._softmax_backward_data(dp, p, -1, p.dtype).mul_(q.size(-1) ** -0.5)
  return (torch.bmm(ds, k), torch.bmm(ds.transpose(1, 2), q), torch.bmm(p.transpose(1, 2), dout))

# dout [T, heads D]. Returns dqk [T, heads + key heads, D] and dv [T, key heads D].
def gradient(dout: Tensor, kept: List[attention.Kept], layout: attention.Layout, windowed: bool) -> Tuple[Tensor, Tensor]:
  size = dout.size(1) // layout.heads
  window = layout.window if windowed else 0
  n = layout.heads // layout.key_heads
  dqs = annotate(List[Tensor], [])
  dks = annotate(List[Tensor], [])
  dvs = annotate(List[Tensor], [])
  for bucket, one in zip(layout.buckets, kept):
    groups = bucket.groups
    d = dout.view([-1, size]).index_select(0, bucket.outputs).view([groups, -1, size]).mul_(bucket.real)
    p = one.p
    if p is not None:
      dq, dk, dv = attention.gradient_of(d, one.q, one.k, one.v, p)
    else:
      dk = torch.zeros_like(one.k)
      dv = torch.zeros_like(one.v)
      heads = one.q.view([groups, n, bucket.length, size])
      dheads = d.view([groups, n, bucket.length, size])
      parts = annotate(List[Tensor], [])
      for first, last, start in attention.chunks(bucket.length, window):
        q = heads[:, :, first:last].reshape([groups, -1, size])
        k = one.k[:, start:last]
        p = attention.probabilities(q, k, attention.mask(first, last, start, n, window, q.dtype))
        cq, ck, cv = attention.gradient_of(dheads[:, :, first:last].reshape([groups, -1, size]), q, k, one.v[:, start:last], p)
        parts.append(cq.view([groups, n, -1, size]))
        dk[:, start:last].add_(ck)
        dv[:, start:last].add_(cv)
      dq = torch.cat(parts, 2)
    dqs.append(dq.view([-1, size]))
    dks.append(dk.view([-1, size]))
    dvs.append(dv.view([-1, size]))
  dq = attention.join(dqs).index_select(0, layout.queries).view([-1, layout.heads, size])
  dk = attention.join(dks).index_select(0, layout.keys).view([-1, layout.key_heads, size])
  dv = attention.join(dvs).index_select(0, layout.keys).view([-1, layout.key_heads * size])
  return (torch.cat([dq, dk], 1), dv)
