# Causal attention over a packed batch. The tokens of all sequences lie one after the other, [T, ...], and the linears see no padding but what may fill up
# the last sequence; only attention looks at sequences. It takes sequences that Java puts together out of the packed rows as one bucket, head by head and
# padded to the longest, and puts the rows back. The n query heads that share a key head are folded into rows: q [G, n t, D], k and v [G, p + t, D], with
# G = sequences * key heads. All sequences of a bucket may begin with the same p tokens, which stand in the packed rows once, as a sequence of
# their own: they give keys and values to each, and the gradients of these add up. Up to 256 tokens a bucket goes in one piece, and its
# probabilities are kept for the way back. The queries of a longer one go 256 at a time, each chunk to the keys that it can see, and the way
# back computes their probabilities again: scores never take more memory than 256 rows per head.

class Bucket(NamedTuple):
  groups : int           # G
  length : int           # t
  prefix_start : int     # where the shared tokens start in the packed rows
  prefix : int           # p
  outputs : Tensor       # [G n t] rows of the result seen as [T * heads, D]
  queries_and_keys : Tensor  # [G n t + G (p + t)] rows of q|k seen as [T * (heads + key heads), D]: those of queries, then those of keys
  values : Tensor        # [G (p + t)] rows of q|k|v seen as [T * (heads + 2 key heads), D]
  real : Tensor          # [G, n t, 1] 1 where a query is a token, 0 where it is padding
  causal : Tensor        # [n t, p + t] what is added to scores: 0, or -1e9 for what a query may not see; empty for a long bucket
  windowed : Tensor      # the same with the sliding window

class Layout(NamedTuple):
  buckets : List[attention.Bucket]
  outputs : Tensor       # [T * heads] row of each token's results among the buckets'
  inputs : Tensor        # [T * (heads + 2 key heads)] row of each token's queries, keys and values among all queries, then all keys, then all values of the buckets
  heads : int
  key_heads : int
  window : int           # 0: none

class Kept(NamedTuple):  # what the way back reads, per bucket
  q : Tensor
  k : Tensor
  v : Tensor
  p : Optional[Tensor]   # [G, n t, p + t] probabilities; absent for a long bucket

# What is added to the scores of queries at first..last for keys at start..last.
def mask(first: int, last: int, start: int, n: int, window: int, dtype: int, device: Device) -> Tensor:
  back = torch.arange(first, last, device=device).unsqueeze(1) - torch.arange(start, last, device=device)
  hidden = back < 0
  if window > 0:
    hidden = hidden | (back >= window)
  return (hidden.to(6) * -1e9).to(dtype).repeat([n, 1])

# bounds [2, 1 + sequences] of each bucket, in host memory: where its shared tokens and its sequences' own start in the packed rows, and how many they are. A
# sequence is padded with its own last token: the mask keeps it from being seen, and `real` keeps it from having a gradient. All are padded to a multiple of
# 16, so that the engine soon knows the kernels of every length. Places are worked out where the bounds are, and go to the device once.
def layout(bounds: List[Tensor], tokens: int, heads: int, key_heads: int, window: int, dtype: int, device: Device) -> attention.Layout:
  n = heads // key_heads
  host = torch.device("cpu")
  head = torch.arange(heads, device=host).unsqueeze(1)
  key_head = torch.arange(key_heads, device=host).unsqueeze(1)
  buckets = annotate(List[attention.Bucket], [])
  query_rows = torch.empty([tokens, heads], dtype=4, device=host)
  key_rows = torch.empty([tokens, key_heads], dtype=4, device=host)
  queries_before = 0
  keys_before = 0
  for bound in bounds:
    prefix_start, prefix = int(bound[0, 0]), int(bound[1, 0])
    starts, lengths = bound[0, 1:].unsqueeze(1), bound[1, 1:].unsqueeze(1)
    sequences, t = starts.size(0), (int(lengths.max()) + 15) // 16 * 16
    groups, seen = sequences * key_heads, prefix + t
    place = torch.arange(t, device=host)
    real = place < lengths
    token = starts + torch.minimum(place, lengths - 1)      # [sequences, t]
    row = token.unsqueeze(1)
    shared = (prefix_start + torch.arange(prefix, device=host)).expand([sequences, prefix])
    key_row = torch.cat([shared, token], 1).unsqueeze(1)
    masked = seen if t <= 256 else prefix
    buckets.append(attention.Bucket(
      groups,
      t,
      prefix_start,
      prefix,
      (row * heads + head).view([-1]).to(device, 4),
      torch.cat([(row * (heads + key_heads) + head).view([-1]), (key_row * (heads + key_heads) + heads + key_head).view([-1])]).to(device, 4),
      (key_row * (heads + 2 * key_heads) + heads + key_heads + key_head).view([-1]).to(device, 4),
      real.view([sequences, 1, 1, t]).expand([sequences, key_heads, n, t]).reshape([groups, n * t, 1]).to(device, dtype),
      attention.mask(prefix, masked, 0, n, 0, dtype, device),
      attention.mask(prefix, masked, 0, n, window, dtype, device)))
    query_place = torch.arange(sequences * heads * t, device=host).view([sequences, heads, t]) + queries_before
    key_place = torch.arange(groups * seen, device=host).view([sequences, key_heads, seen])[:, :, prefix:] + keys_before
    query_rows.index_copy_(0, token[real], query_place.transpose(1, 2)[real])
    key_rows.index_copy_(0, token[real], key_place.transpose(1, 2)[real])
    queries_before += sequences * heads * t
    keys_before += groups * seen
  inputs = torch.cat([query_rows, key_rows + queries_before, key_rows + queries_before + keys_before], 1)
  return attention.Layout(buckets, query_rows.view([-1]).to(device, 4), inputs.view([-1]).to(device, 4), heads, key_heads, window)

# S = q k' / sqrt(D) + mask;  P = softmax(S)
def probabilities(q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
  return torch.softmax(torch.baddbmm(mask, q, k.transpose(1, 2), beta=1, alpha=q.size(-1) ** -0.5), -1)

# The same in the room, if there is one.
def kept_probabilities(free: List[Tensor], q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
  if len(free) == 0:
    return attention.probabilities(q, k, mask)
  s = torch.bmm(q, k.transpose(1, 2), out=room.take(free, [q.size(0), q.size(1), k.size(1)]))
  return fused.softmax(s, mask, q.size(-1) ** -0.5)

# Elements that one forward() puts into the room: q, k, v and, of short buckets, P.
def size(layout: attention.Layout, head_size: int) -> int:
  elements = 0
  for bucket in layout.buckets:
    elements += (bucket.outputs.size(0) + 2 * bucket.values.size(0)) * head_size
    if bucket.causal.size(0) > 0:
      elements += bucket.outputs.size(0) * (bucket.prefix + bucket.length)
  return elements

# Chunks of a long bucket: its queries first..last see keys start..end.
def chunks(length: int, prefix: int, window: int) -> List[Tuple[int, int, int, int]]:
  cut = annotate(List[Tuple[int, int, int, int]], [])
  for first in range(0, length, 256):
    last = min(first + 256, length)
    cut.append((first, last, max(0, prefix + first + 1 - window) if window > 0 else 0, prefix + last))
  return cut

# Queries first..last of [G, n t, D] as [G, n (last - first), D].
def chunk(x: Tensor, n: int, first: int, last: int) -> Tensor:
  return x.view([x.size(0), n, -1, x.size(2)])[:, :, first:last].reshape([x.size(0), -1, x.size(2)])

# The inverse of chunk().
def unchunk(parts: List[Tensor], n: int) -> Tensor:
  return torch.cat([part.view([part.size(0), n, -1, part.size(2)]) for part in parts], 2)

def long_forward(q: Tensor, k: Tensor, v: Tensor, n: int, prefix: int, window: int) -> Tensor:
  parts = annotate(List[Tensor], [])
  for first, last, start, end in attention.chunks(k.size(1) - prefix, prefix, window):
    mask = attention.mask(prefix + first, end, start, n, window, q.dtype, q.device)
    p = attention.probabilities(attention.chunk(q, n, first, last), k[:, start:end], mask)
    parts.append(torch.bmm(p, v[:, start:end]))
  return attention.unchunk(parts, n)

# The view [T, heads + key heads, D] of [T, (heads + 2 key heads) D].
def queries_and_keys(qkv: Tensor, layout: attention.Layout) -> Tensor:
  heads = layout.heads + layout.key_heads
  size = qkv.size(1) // (heads + layout.key_heads)
  return qkv[:, :heads * size].view([-1, heads, size])

# The queries and keys of each bucket, of qk [T, heads + key heads, D].
def gathered(qk: Tensor, layout: attention.Layout) -> List[Tensor]:
  return [room.repeated(qk.view([-1, qk.size(-1)]), bucket.queries_and_keys) for bucket in layout.buckets]

# qk, rotated, of each bucket; qkv [T, (heads + 2 key heads) D], of which v is read. Returns the mixed values [T, heads D].
def forward(qk: List[Tensor], qkv: Tensor, layout: attention.Layout, windowed: bool, free: List[Tensor]) -> Tuple[Tensor, List[attention.Kept]]:
  n = layout.heads // layout.key_heads
  size = qkv.size(1) // (layout.heads + 2 * layout.key_heads)
  kept = annotate(List[attention.Kept], [])
  mixed = annotate(List[Tensor], [])
  for both, bucket in zip(qk, layout.buckets):
    shape = [bucket.groups, -1, size]
    queries = bucket.outputs.size(0)
    q, k = both[:queries].view(shape), both[queries:].view(shape)
    v = room.rows(free, qkv.view([-1, size]), bucket.values).view(shape)
    if bucket.causal.size(0) > 0:
      p = attention.kept_probabilities(free, q, k, bucket.windowed if windowed else bucket.causal)
      mixed.append(torch.bmm(p, v))
      kept.append(attention.Kept(q, k, v, p))
    else:
      mixed.append(attention.long_forward(q, k, v, n, bucket.prefix, layout.window if windowed else 0))
      kept.append(attention.Kept(q, k, v, None))
  flat = [part.reshape([-1, size]) for part in mixed]
  all = flat[0] if len(flat) == 1 else torch.cat(flat)
  return (room.rows(free, all, layout.outputs).view([-1, layout.heads * size]), kept)

# What one more token of each sequence of a bucket sees: keys and values [G, rows, D] of those before it, with room for its own in the row `place`,
# and mask [G, 1, rows], added to its scores.
class Past(NamedTuple):
  keys : Tensor
  values : Tensor
  place : int
  mask : Tensor

# The mask of the token in the row `place`, of which the first t came from the bucket: hides padding, what is yet to come, and what the window doesn't
# reach.
def mask_of_next(lengths: Tensor, t: int, place: int, rows: int, key_heads: int, window: int, dtype: int) -> Tensor:
  row = torch.arange(rows, device=lengths.device)
  own = lengths.unsqueeze(1)
  hidden = ((row >= own) & (row < t)) | (row > place)
  if window > 0:
    hidden = hidden | (torch.where(row < t, place - t + own - row, place - row) >= window)
  return (hidden.to(6) * -1e9).to(dtype).repeat_interleave(key_heads, 0).unsqueeze(1)

# The same for one more token of each sequence: qk [sequences, heads + key heads, D]. Keeps its keys and values with those of the past.
def forward_one(qk: Tensor, qkv: Tensor, layout: attention.Layout, past: attention.Past) -> Tuple[Tensor, List[attention.Kept]]:
  size = qk.size(-1)
  groups = qk.size(0) * layout.key_heads
  q = qk[:, :layout.heads].reshape([groups, -1, size])
  past.keys[:, past.place].copy_(qk[:, layout.heads:].reshape([groups, size]))
  past.values[:, past.place].copy_(qkv.view([qk.size(0), -1, size])[:, layout.heads + layout.key_heads:].reshape([groups, size]))
  p = attention.probabilities(q, past.keys, past.mask)
  return (torch.bmm(p, past.values).view([qk.size(0), -1]), [attention.Kept(q, past.keys, past.values, p)])

# With o = P v:  dv = P' do;  dP = do v';  dS = P (dP - rowsum(P dP)) / sqrt(D);  dq = dS k;  dk = dS' q.
def scores_gradient(do: Tensor, q: Tensor, k: Tensor, v: Tensor, p: Tensor, dq: Tensor, dk: Tensor, dv: Tensor) -> None:
  dp = torch.bmm(do, v.transpose(1, 2))
  ds = fused.softmax_gradient(dp, p)
  scale = q.size(-1) ** -0.5
  torch.baddbmm(q, ds, k, beta=0, alpha=scale, out=dq)
  torch.baddbmm(k, ds.transpose(1, 2), q, beta=0, alpha=scale, out=dk)
  torch.bmm(p.transpose(1, 2), do, out=dv)

def long_gradient(do: Tensor, q: Tensor, k: Tensor, v: Tensor, n: int, prefix: int, window: int, dq: Tensor, dk: Tensor, dv: Tensor) -> None:
  dk.zero_()
  dv.zero_()
  parts = annotate(List[Tensor], [])
  for first, last, start, end in attention.chunks(k.size(1) - prefix, prefix, window):
    mask = attention.mask(prefix + first, end, start, n, window, q.dtype, q.device)
    seen_k, seen_v = k[:, start:end], v[:, start:end]
    part_q, part_do = attention.chunk(q, n, first, last), attention.chunk(do, n, first, last)
    part_p = attention.probabilities(part_q, seen_k, mask)
    part_dq, part_dk, part_dv = torch.empty_like(part_q), torch.empty_like(seen_k), torch.empty_like(seen_v)
    attention.scores_gradient(part_do, part_q, seen_k, seen_v, part_p, part_dq, part_dk, part_dv)
    parts.append(part_dq)
    dk[:, start:end].add_(part_dk)
    dv[:, start:end].add_(part_dv)
  dq.copy_(attention.unchunk(parts, n).view_as(dq))

# Adds to dx [T, key heads, D] what a bucket's sequences, dk or dv [G, p + t, D] of theirs, have for the tokens that they share.
def add_shared(dx: Tensor, theirs: Tensor, bucket: attention.Bucket) -> None:
  if bucket.prefix > 0:
    of_each = theirs[:, :bucket.prefix].view([-1, dx.size(1), bucket.prefix, dx.size(2)])
    dx[bucket.prefix_start:bucket.prefix_start + bucket.prefix].add_(of_each.sum([0]).transpose(0, 1))

# do [T, heads D]. Returns the gradients of q (rotated), k (rotated) and v: [T, heads + 2 key heads, D].
def gradient(do: Tensor, kept: List[attention.Kept], layout: attention.Layout, windowed: bool) -> Tensor:
  heads, key_heads = layout.heads, layout.key_heads
  size = do.size(1) // heads
  n = heads // key_heads
  queries, keys = 0, 0
  for bucket in layout.buckets:
    queries += bucket.outputs.size(0)
    keys += bucket.values.size(0)
  found = torch.empty([queries + 2 * keys, size], dtype=do.dtype, device=do.device)
  dqs, dks, dvs = found.split_with_sizes([queries, keys, keys])
  for bucket, one in zip(layout.buckets, kept):
    bucket_do = fused.gather_real(do.view([-1, heads, size]), bucket.outputs, bucket.real)
    dq, dk, dv = dqs[:bucket.outputs.size(0)].view_as(one.q), dks[:bucket.values.size(0)].view_as(one.k), dvs[:bucket.values.size(0)].view_as(one.v)
    dqs, dks, dvs = dqs[bucket.outputs.size(0):], dks[bucket.values.size(0):], dvs[bucket.values.size(0):]
    p = one.p
    if p is not None:
      attention.scores_gradient(bucket_do, one.q, one.k, one.v, p, dq, dk, dv)
    else:
      attention.long_gradient(bucket_do, one.q, one.k, one.v, n, bucket.prefix, layout.window if windowed else 0, dq, dk, dv)
  dqkv = torch.empty([do.size(0), heads + 2 * key_heads, size], dtype=do.dtype, device=do.device)
  fused.gather(found, layout.inputs, dqkv.flatten(0, 1))
  of_keys, of_values = found[queries:queries + keys], found[queries + keys:]
  for bucket, one in zip(layout.buckets, kept):
    rows = bucket.values.size(0)
    attention.add_shared(dqkv[:, heads:heads + key_heads], of_keys[:rows].view_as(one.k), bucket)
    attention.add_shared(dqkv[:, heads + key_heads:], of_values[:rows].view_as(one.v), bucket)
    of_keys, of_values = of_keys[rows:], of_values[rows:]
  return dqkv
