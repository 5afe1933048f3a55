# Root mean square normalisation (https://arxiv.org/abs/1910.07467) over the last dimension:
#
#   y = x r w,  r = 1 / sqrt(mean(x^2) + epsilon);
#
# or, of a model whose norms have biases (GPT-2), layer normalisation (https://arxiv.org/abs/1607.06450).

class Norm(NamedTuple):
  weight : Tensor
  bias : Optional[Tensor]

def normalised(x: Tensor, n: norm.Norm, epsilon: float) -> Tensor:
  bias = n.bias
  if bias is None:
    y, r = norm.forward(x, n.weight, epsilon)
    return y
  return torch.layer_norm(x, [x.size(-1)], n.weight, bias, epsilon)

# float32, kept for the way back
def factor(x: Tensor, epsilon: float) -> Tensor:
  return torch.rsqrt(torch.linalg_vector_norm(x, 2, [-1], True, dtype=6).square() / x.size(-1) + epsilon)

def forward(x: Tensor, w: Tensor, epsilon: float) -> Tuple[Tensor, Tensor]:
  r = norm.factor(x, epsilon)
  return (x * r.to(x.dtype) * w, r)

# With g = w dy:  dx = r (g - x r^2 mean(g x)), added to `onto`; takes the place of dy, or of `onto`.
def gradient(dy: Tensor, x: Tensor, w: Tensor, r: Tensor, onto: Optional[Tensor]) -> Tensor:
  g = dy.mul_(w)
  along = torch.sum(g * x, [-1], True) * (r * r * r / -x.size(-1))
  dx = g.mul_(r.to(x.dtype)) if onto is None else onto.addcmul_(g, r.to(x.dtype))
  return dx.addcmul_(x, along.to(x.dtype))
