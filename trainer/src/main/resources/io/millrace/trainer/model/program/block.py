# One block of a Llama-like decoder:
#
#   x1 = x + o(attention(rotary(q), rotary(k), v)),  q, k, v of norm(x);   y = x1 + down(silu(gate) up),  gate, up of norm(x1);
#
# or of GPT-2, where nothing is rotated and gelu(up) goes down. hooks.NAME is what adapters change there, if they do.

class Block(NamedTuple):
  input_norm : norm.Norm
  qkv : linear.Linear
  head_norm : Optional[Tensor]   # [heads + key heads, D] where q and k are normalised per head (Qwen3)
  o : linear.Linear
  middle_norm : norm.Norm
  up : linear.Linear             # gate and up, or up alone
  down : linear.Linear
  windowed : bool                # whether the sliding window applies
  adapter : Dict[str, Tensor]    # what the adapter has in this block

class Surroundings(NamedTuple):  # what all blocks of a call share
  layout : attention.Layout
  cos : Tensor                   # [T, 1, D]; [T, 1, 0] where nothing is rotated
  sin : Tensor
  epsilon : float

# past: what attention sees of the tokens before, when x is one more token of each sequence; else None. Returns y and what attention keeps.
def forward(x: Tensor, w: block.Block, s: block.Surroundings, past: Optional[attention.Past]) -> Tuple[Tensor, List[attention.Kept]]:
  h = norm.normalised(x, w.input_norm, s.epsilon)
  qkv = linear.forward(h, w.qkv)
  qk = attention.queries_and_keys(qkv, s.layout)
  head_norm = w.head_norm
  if head_norm is not None:
    qk, qk_r = norm.forward(qk, head_norm, s.epsilon)
  rotated = rotary.forward(qk, s.cos, s.sin) if s.cos.size(-1) > 0 else qk.contiguous()
  if past is None:
    rotated, qkv = hooks.keys_and_values(rotated, qkv, s.layout, w.adapter)
  rotated, qkv = hooks.attending(rotated, qkv, h, s.layout, past is not None, w.adapter)
  if past is None:
    mixed, kept = attention.forward(attention.gathered(rotated, s.layout), qkv, s.layout, w.windowed, annotate(List[Tensor], []))
  else:
    mixed, kept = attention.forward_one(rotated, qkv, s.layout, past)
  mixed = hooks.mixed(mixed, h, s.layout, w.adapter)
  x1 = x + hooks.attended(linear.forward(mixed, w.o), h, w.adapter)
  h1 = norm.normalised(x1, w.middle_norm, s.epsilon)
  up = linear.forward(h1, w.up)
  if len(w.up.members) == 2:
    gate, up = up.chunk(2, 1)
    m = torch.silu(gate) * up
  else:
    m = torch.gelu(up, approximate="tanh")
  return (x1 + hooks.fed_forward(linear.forward(m, w.down), h1, w.adapter), kept)
