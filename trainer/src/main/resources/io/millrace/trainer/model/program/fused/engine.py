# What a training step computes between its products, in the engine's operations: on a GPU, and wherever native.py's kernels aren't.

# out = m = silu(gate) up
def swiglu(gate_up: Tensor, out: Tensor) -> None:
  gate, up = gate_up.chunk(2, 1)
  torch.silu(gate, out=out)
  out.mul_(up)

# dup = dm silu(gate);  dgate = dm up silu'(gate), both in the place of gate and up. Uses up dm, and returns m.
def swiglu_gradient(dm: Tensor, gate_up: Tensor) -> Tensor:
  gate, up = gate_up.chunk(2, 1)
  silu = torch.silu(gate)
  m = silu * up
  dm_up = dm * up
  torch.mul(dm, silu, out=up)
  torch.silu_backward(dm_up, gate, grad_input=gate)
  return m

# y of norm.py into `out`; returns r.
def norm(x: Tensor, w: Tensor, epsilon: float, out: Tensor) -> Tensor:
  r = norm.factor(x, epsilon)
  torch.mul(x, r.to(x.dtype), out=out)
  out.mul_(w)
  return r

def norm_gradient(dy: Tensor, x: Tensor, w: Tensor, r: Tensor, onto: Optional[Tensor]) -> Tensor:
  return norm.gradient(dy, x, w, r, onto)

# Rows of x [T, heads, D], rotated, seen as [T * heads, D].
def rotate(x: Tensor, cos: Tensor, sin: Tensor, index: Tensor, out: Tensor) -> Tensor:
  return torch.index_select(rotary.forward(x, cos, sin).view([-1, x.size(2)]), 0, index, out=out)

# Rows of x [n, D].
def gather(x: Tensor, index: Tensor, out: Tensor) -> Tensor:
  return torch.index_select(x, 0, index, out=out)

# Rows of x [T, heads, D], seen as [T * heads, D]: [G, n, D], 0 where real [G, n, 1] is.
def gather_real(x: Tensor, index: Tensor, real: Tensor) -> Tensor:
  rows = x.reshape([-1, x.size(2)]).index_select(0, index)
  return rows.view([real.size(0), real.size(1), x.size(2)]).mul_(real)

def unrotate(dy: Tensor, cos: Tensor, sin: Tensor) -> None:
  rotary.gradient(dy, cos, sin)

# e, in the place of z, and m [n, 1]: a few rows at a time, which stay in a processor's cache.
def exponentials(z: Tensor) -> Tuple[Tensor, Tensor]:
  largest = torch.empty([z.size(0), 1], dtype=z.dtype, device=z.device)
  rows = z.size(0) if z.is_cuda else 16
  for part, m in zip(z.split(rows), largest.split(rows)):
    part.sub_(torch.amax(part, [1], True, out=m)).exp_()
  return (z, largest)

# Losses and totals of loss.py, and e in the place of z.
def cross_entropy(z: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
  place = torch.arange(labels.size(0), device=z.device) * z.size(1) + labels
  of_labels = z.view([-1]).index_select(0, place)
  e, largest = fused.exponentials(z)
  own = (of_labels - largest.view([-1])).to(6)
  e.view([-1]).index_fill_(0, place, 0)
  others = e.sum([1])
  e.view([-1]).index_copy_(0, place, -others)
  total = others.to(6) + own.exp()
  return (total.log() - own, total)

# softmax(scale s + mask) in the place of s [G, m, n], mask [m, n].
def softmax(s: Tensor, mask: Tensor, scale: float) -> Tensor:
  return torch.softmax(torch.add(mask, s, alpha=scale), -1, out=s)

# p (dp - rowsum(p dp)); uses up dp.
def softmax_gradient(dp: Tensor, p: Tensor) -> Tensor:
  return torch._softmax_backward_data(dp, p, -1, p.dtype)

# sum += part, a piece at a time, since libtorch first makes a float32 copy of what it adds
def accumulate(part: Tensor, sum: Tensor) -> None:
  for piece, of_part in zip(sum.split(262144), part.split(262144)):
    piece.add_(of_part)
