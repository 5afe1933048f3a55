# The same block as block.py's while LoRA trains, with the gradient written out.

class TrainedBlock(NamedTuple):
  input_norm : Tensor
  qkv : trained_linear.TrainedLinear
  head_norm : Optional[Tensor]
  o : trained_linear.TrainedLinear
  middle_norm : Tensor
  gate_up : trained_linear.TrainedLinear
  down : trained_linear.TrainedLinear
  windowed : bool

class Pass(NamedTuple):          # what is computed on one lane, as lay_out() found it
  ids : Tensor
  rows : Tensor
  labels : Tensor
  s : block.Surroundings
  kept : bool                    # whether all that the way back reads is kept
  chunk : List[int]              # shape of loss.py's chunk
  start : int                    # where its room in the slab begins
  size : int

class Trained(NamedTuple):       # an adapter's blocks, kept from call to call: they are some 1,500 views, and to make them takes 2 % of a step
  ranks : Tensor
  scales : Tensor
  values : Tensor                # the adapter's, in the model's precision
  gradients : List[Tensor]       # what a pass on each lane finds of its gradient
  lanes : List[List[trained_block.TrainedBlock]]
  passes : List[trained_block.Pass]

class Saved(NamedTuple):         # what gradient() reads; names as in forward(). What is quickly computed again isn't kept: m
  x : Tensor
  r : Tensor
  u : Tensor
  qk : Optional[Tensor]
  qk_r : Optional[Tensor]
  kept : List[attention.Kept]
  mixed : Tensor
  mixed_u : Tensor
  x1 : Tensor
  r1 : Tensor
  u1 : Tensor
  gate_up : Tensor
  m_u : Tensor

# Takes up what has become of the adapter's values.
def refresh(w: trained_block.TrainedBlock) -> None:
  for m in [w.qkv, w.o, w.gate_up, w.down]:
    trained_linear.refresh(m)

# Elements that one forward() puts into the room.
def size(w: trained_block.TrainedBlock, layout: attention.Layout, tokens: int) -> int:
  qkv, o, gate_up, down = w.qkv.weight, w.o.weight, w.gate_up.weight, w.down.weight
  columns = w.qkv.a.size(0) + w.o.a.size(0) + w.gate_up.a.size(0) + w.down.a.size(0) + w.o.a.size(1) + o.size(0) + gate_up.size(0) + down.size(0)
  if w.head_norm is not None:
    columns += qkv.size(0)
  return tokens * columns + attention.size(layout, qkv.size(0) // (layout.heads + 2 * layout.key_heads))

# rows: the tokens whose y is wanted, when it's not all of them: what follows attention is done for these alone.
def forward(x: Tensor, w: trained_block.TrainedBlock, s: block.Surroundings, free: List[Tensor],
    rows: Optional[Tensor]) -> Tuple[Tensor, trained_block.Saved]:
  tokens, d = x.size(0), x.size(1)
  # q|k|v = qkv(norm(x))
  i = trained_linear.inputs(tokens, w.qkv)
  r = fused.norm(x, w.input_norm, s.epsilon, i.h)
  u = room.take(free, [tokens, w.qkv.a.size(0)])
  head_norm = w.head_norm
  shape = [tokens, w.qkv.weight.size(0)]
  qkv = trained_linear.forward(i, w.qkv, None, torch.empty(shape, dtype=x.dtype, device=x.device) if head_norm is None else room.take(free, shape), u)
  # mixed = attention(rotary(head_norm(q|k)), v)
  qk = attention.queries_and_keys(qkv, s.layout)
  saved_qk = annotate(Optional[Tensor], None)
  qk_r = annotate(Optional[Tensor], None)
  if head_norm is not None:
    saved_qk = qk
    qk, qk_r = norm.forward(qk, head_norm, s.epsilon)
  rotated = annotate(List[Tensor], [])
  for bucket in s.layout.buckets:
    index = bucket.queries_and_keys
    rotated.append(fused.rotate(qk, s.cos, s.sin, index, room.take(free, [index.size(0), qk.size(2)])))
  mixed, kept = attention.forward(rotated, qkv, s.layout, w.windowed, free)
  # x1 = x + o(mixed)
  residual = x
  if rows is not None:
    tokens = rows.size(0)
    residual, mixed = x.index_select(0, rows), mixed.index_select(0, rows)
  mixed_i = trained_linear.inputs(tokens, w.o)
  mixed_i.h.copy_(mixed)
  mixed_u = room.take(free, [tokens, w.o.a.size(0)])
  x1 = trained_linear.forward(mixed_i, w.o, residual, room.take(free, [tokens, d]), mixed_u)
  # gate|up = gate_up(norm(x1))
  i1 = trained_linear.inputs(tokens, w.gate_up)
  r1 = fused.norm(x1, w.middle_norm, s.epsilon, i1.h)
  u1 = room.take(free, [tokens, w.gate_up.a.size(0)])
  gate_up = trained_linear.forward(i1, w.gate_up, None, room.take(free, [tokens, w.gate_up.weight.size(0)]), u1)
  # y = x1 + down(silu(gate) up)
  m_i = trained_linear.inputs(tokens, w.down)
  fused.swiglu(gate_up, m_i.h)
  m_u = room.take(free, [tokens, w.down.a.size(0)])
  y = trained_linear.forward(m_i, w.down, x1, room.take(free, [tokens, d]), m_u)
  return (y, trained_block.Saved(x, r, u, saved_qk, qk_r, kept, mixed, mixed_u, x1, r1, u1, gate_up, m_u))

# [rows, n] as [tokens, n], 0 elsewhere.
def spread(x: Tensor, rows: Tensor, tokens: int) -> Tensor:
  return torch.zeros([tokens, x.size(1)], dtype=x.dtype, device=x.device).index_copy_(0, rows, x)

# The way back through forward(), line by line from its end. Writes the gradients of A and B where the linears say. Returns dx; nobody needs that
# of the lowest block that is trained, and what is returned for it is something else. Uses up dy, and what was saved.
def gradient(dy: Tensor, t: trained_block.Saved, w: trained_block.TrainedBlock, s: block.Surroundings, rows: Optional[Tensor],
    lowest: bool) -> Tensor:
  # y = x1 + down(m),  m = silu(gate) up:  dup = dm silu(gate);  dgate = dm up silu'(gate), both in the place of gate and up
  dm, dm_u = trained_linear.gradient(dy, t.m_u, w.down)
  dgate_up = t.gate_up
  m = fused.swiglu_gradient(dm, dgate_up)
  trained_linear.gradient_of_a(dm_u, m, w.down)
  # gate|up = gate_up(norm(x1))
  dh1, du1 = trained_linear.gradient(dgate_up, t.u1, w.gate_up)
  trained_linear.gradient_of_a_behind_norm(du1, t.x1, t.r1, w.middle_norm, w.gate_up)
  dx1 = fused.norm_gradient(dh1, t.x1, w.middle_norm, t.r1, dy)
  # x1 = x + o(mixed)
  dmixed, dmixed_u = trained_linear.gradient(dx1, t.mixed_u, w.o)
  trained_linear.gradient_of_a(dmixed_u, t.mixed, w.o)
  if rows is not None:
    dx1 = trained_block.spread(dx1, rows, t.x.size(0))
    dmixed = trained_block.spread(dmixed, rows, t.x.size(0))
  # mixed = attention(rotary(head_norm(q|k)), v)
  dqkv = attention.gradient(dmixed, t.kept, s.layout, w.windowed)
  dqk = dqkv[:, :s.layout.heads + s.layout.key_heads]
  fused.unrotate(dqk, s.cos, s.sin)
  head_norm, qk, qk_r = w.head_norm, t.qk, t.qk_r
  if head_norm is not None and qk is not None and qk_r is not None:
    norm.gradient(dqk, qk, head_norm, qk_r, None)
  # q|k|v = qkv(norm(x))
  dh, du = trained_linear.gradient(dqkv.flatten(1), t.u, w.qkv)
  trained_linear.gradient_of_a_behind_norm(du, t.x, t.r, w.input_norm, w.qkv)
  return dh if lowest else fused.norm_gradient(dh, t.x, w.input_norm, t.r, dx1)
