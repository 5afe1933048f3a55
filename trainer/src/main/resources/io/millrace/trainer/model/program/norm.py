# Root mean square normalisation (https://arxiv.org/abs/1910.07467) over the last dimension:
#
#   y = x r w,  r = 1 / sqrt(mean(x^2) + epsilon).

# float32, kept for the way back
def factor(x: Tensor, epsilon: float) -> Tensor:
  return torch.rsqrt(torch.linalg_vector_norm(x, 2, [-1], True, dtype=6).square() / x.size(-1) + epsilon)

# y again, from r.
def again(x: Tensor, w: Tensor, r: Tensor) -> Tensor:
  return (x * r.to(x.dtype)).mul_(w)

def forward(x: Tensor, w: Tensor, epsilon: float) -> Tuple[Tensor, Tensor]:
  r = norm.factor(x, epsilon)
  return (x * r.to(x.dtype) * w, r)

# y into `out`; returns r.
def forward_into(out: Tensor, x: Tensor, w: Tensor, epsilon: float) -> Tensor:
  r = norm.factor(x, epsilon)
  torch.mul(x, r.to(x.dtype), out=out)
  out.mul_(w)
  return r

# With g = w dy:  dx = r (g - x r^2 mean(g x)), added to `onto`.
def gradient(dy: Tensor, x: Tensor, w: Tensor, r: Tensor, onto: Optional[Tensor]) -> Tensor:
  g = dy * w
  along = torch.sum(g * x, [-1], True) * (r * r * r / -x.size(-1))
  dx = g.mul_(r.to(x.dtype)) if onto is None else torch.addcmul(onto, g, r.to(x.dtype))
  return dx.addcmul_(x, along.to(x.dtype))
