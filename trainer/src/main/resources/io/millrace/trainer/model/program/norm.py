# Root mean square normalisation (https://arxiv.org/abs/1910.07467) over the last dimension:
#
#   y = x r w,  r = 1 / sqrt(mean(x^2) + epsilon).

def forward(x: Tensor, w: Tensor, epsilon: float) -> Tuple[Tensor, Tensor]:
  r = torch.rsqrt(torch.linalg_vector_norm(x, 2, [-1], True, dtype=6).square() / x.size(-1) + epsilon)  # float32, kept for the way back
  return (x * r.to(x.dtype) * w, r)

# With g = w dy:  dx = r (g - x r^2 mean(g x)).
def gradient(dy: Tensor, x: Tensor, w: Tensor, r: Tensor) -> Tensor:
  g = dy * w
  along = torch.sum(g * x, [-1], True) * (r * r * r / -x.size(-1))
  return torch.addcmul(g * r.to(x.dtype), x, along.to(x.dtype))
