# One block of a Llama-like decoder:
#
#   x1 = x + o(attention(rotary(q), rotary(k), v)),  q, k, v of norm(x);   y = x1 + down(silu(gate) up),  gate, up of norm(x1).

class Block(NamedTuple):
  input_norm : Tensor
  qkv : linear.Linear
  head_norm : Optional[Tensor]   # [heads + key heads, D] where q and k are normalised per head (Qwen3)
  o : linear.Linear
  middle_norm : Tensor
  gate_up : linear.Linear
  down : linear.Linear
  windowed : bool                # whether the sliding window applies

class Surroundings(NamedTuple):  # what all blocks of a call share
  layout : attention.Layout
  cos : Tensor
  sin : Tensor
  epsilon : float
  free : List[Tensor]            # as room.py says

class Saved(NamedTuple):         # what gradient() reads; names as in forward()
  x : Tensor
  r : Tensor
  h : Tensor
  qk : Optional[Tensor]
  qk_r : Optional[Tensor]
  kept : List[attention.Kept]
  mixed : Tensor
  x1 : Tensor
  r1 : Tensor
  h1 : Tensor
  gate_up : Tensor
  m : Tensor

# Elements that one forward() puts into the room.
def size(w: block.Block, layout: attention.Layout, tokens: int) -> int:
  columns = 0
  for m in [w.qkv, w.o, w.gate_up, w.down]:
    columns += m.weight.size(0) + (m.weight.size(1) if m.a.size(0) > 0 else 0)
  return tokens * columns + attention.size(layout, w.qkv.weight.size(0) // (layout.heads + 2 * layout.key_heads))

# From the normalised input to rotated q|k [T, heads + key heads, D] and to q|k|v. Also, to save: [h | u], and q|k before their norm with its r.
def project(h: Tensor, w: block.Block, s: block.Surroundings) -> Tuple[Tensor, Tensor, Tensor, Optional[Tensor], Optional[Tensor]]:
  layout = s.layout
  qkv, hu = linear.forward(h, w.qkv, None, s.free)
  size = qkv.size(1) // (layout.heads + 2 * layout.key_heads)
  qk = qkv[:, :(layout.heads + layout.key_heads) * size].view([-1, layout.heads + layout.key_heads, size])
  head_norm = w.head_norm
  if head_norm is None:
    return (rotary.forward(qk, s.cos, s.sin), qkv, hu, None, None)
  normed, r = norm.forward(qk, head_norm, s.epsilon)
  return (rotary.forward(normed, s.cos, s.sin), qkv, hu, qk, r)

# past: what attention sees of the tokens before, when x is one more token of each sequence; else None.
def forward(x: Tensor, w: block.Block, s: block.Surroundings, past: Optional[attention.Past]) -> Tuple[Tensor, block.Saved]:
  h, r = norm.forward(x, w.input_norm, s.epsilon)
  rotated, qkv, hu, qk, qk_r = block.project(h, w, s)
  if past is None:
    mixed, kept = attention.forward(rotated, qkv, s.layout, w.windowed, s.free)
  else:
    mixed, kept = attention.forward_one(rotated, qkv, s.layout, past)
  x1, mixed_u = linear.forward(mixed, w.o, x, s.free)
  h1, r1 = norm.forward(x1, w.middle_norm, s.epsilon)
  gate_up, h1_u = linear.forward(h1, w.gate_up, None, s.free)
  gate, up = gate_up.chunk(2, 1)
  y, m_u = linear.forward(torch.silu(gate) * up, w.down, x1, s.free)
  return (y, block.Saved(x, r, hu, qk, qk_r, kept, mixed_u, x1, r1, h1_u, gate_up, m_u))

# The way back through forward(), line by line from its end. Adds the gradients of A and B to da and db (q, k, v, o, gate, up, down). Returns dx;
# nobody needs that of the lowest block that is trained, and what is returned for it is something else.
def gradient(dy: Tensor, t: block.Saved, w: block.Block, s: block.Surroundings, da: List[Tensor], db: List[Tensor], scales: List[Tensor],
    lowest: bool) -> Tensor:
  # y = x1 + down(m)
  dm, a_down, c_down = linear.gradient(dy, t.m, w.down)
  linear.accumulate(a_down, c_down, da[6:], db[6:], scales[6:])
  # m = silu(gate) up:  dup = dm silu(gate);  dgate = dm up silu'(gate)
  gate, up = t.gate_up.chunk(2, 1)
  dgate_up = torch.empty_like(t.gate_up)
  dgate, dup = dgate_up.chunk(2, 1)
  torch.mul(dm, torch.silu(gate), out=dup)
  torch.silu_backward(dm.mul_(up), gate, grad_input=dgate)
  # gate, up = gate_up(norm(x1))
  dh1, a_gate_up, c_gate_up = linear.gradient(dgate_up, t.h1, w.gate_up)
  linear.accumulate(a_gate_up, c_gate_up, da[4:6], db[4:6], scales[4:6])
  dx1 = norm.gradient(dh1, t.x1, w.middle_norm, t.r1).add_(dy)
  # x1 = x + o(mixed)
  dmixed, a_o, c_o = linear.gradient(dx1, t.mixed, w.o)
  linear.accumulate(a_o, c_o, da[3:4], db[3:4], scales[3:4])
  # mixed = attention(rotary(head_norm(q|k)), v)
  dqk, dv = attention.gradient(dmixed, t.kept, s.layout, w.windowed)
  dqk = rotary.gradient(dqk, s.cos, s.sin)
  head_norm, qk, qk_r = w.head_norm, t.qk, t.qk_r
  if head_norm is not None and qk is not None and qk_r is not None:
    dqk = norm.gradient(dqk, qk, head_norm, qk_r)
  # q|k|v = qkv(norm(x))
  dh, a_qkv, c_qkv = linear.gradient(torch.cat([dqk.view([dy.size(0), -1]), dv], 1), t.h, w.qkv)
  linear.accumulate(a_qkv, c_qkv, da[:3], db[:3], scales[:3])
  return dh if lowest else norm.gradient(dh, t.x, w.input_norm, t.r).add_(dx1)
