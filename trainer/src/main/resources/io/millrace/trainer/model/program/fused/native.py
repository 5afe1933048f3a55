# The same as engine.py's, each in one of Millrace's own kernels (src/main/c), which reads and writes memory once and rounds once.

def swiglu(gate_up: Tensor, out: Tensor) -> None:
  ops.millrace.swiglu(out, gate_up)

def swiglu_gradient(dm: Tensor, gate_up: Tensor) -> Tensor:
  ops.millrace.swiglu_gradient(dm, gate_up)
  return dm

def norm(x: Tensor, w: Tensor, epsilon: float, out: Tensor) -> Tensor:
  r = torch.empty([x.size(0), 1], dtype=6, device=x.device)
  ops.millrace.norm(out, r, x, w, epsilon)
  return r

def norm_gradient(dy: Tensor, x: Tensor, w: Tensor, r: Tensor, onto: Optional[Tensor]) -> Tensor:
  out = dy if onto is None else onto
  ops.millrace.norm_gradient(out, dy, x, w, r)
  return out

def rotate(x: Tensor, cos: Tensor, sin: Tensor, index: Tensor, out: Tensor) -> Tensor:
  ops.millrace.rotate(out, x, cos, sin, index)
  return out

def gather(x: Tensor, index: Tensor, out: Tensor) -> Tensor:
  ops.millrace.gather(out, x, index)
  return out

def gather_real(x: Tensor, index: Tensor, real: Tensor) -> Tensor:
  out = torch.empty([real.size(0), real.size(1), x.size(2)], dtype=x.dtype, device=x.device)
  ops.millrace.gather_real(out.flatten(0, 1), x, index, real.flatten())
  return out

def unrotate(dy: Tensor, cos: Tensor, sin: Tensor) -> None:
  ops.millrace.unrotate(dy, cos, sin)

def cross_entropy(z: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
  losses = torch.empty([z.size(0)], dtype=6, device=z.device)
  totals = torch.empty([z.size(0)], dtype=6, device=z.device)
  ops.millrace.cross_entropy(z, losses, totals, labels)
  return (losses, totals)

def softmax(s: Tensor, mask: Tensor, scale: float) -> Tensor:
  ops.millrace.softmax(s.flatten(0, 1), mask, scale)
  return s

def softmax_gradient(dp: Tensor, p: Tensor) -> Tensor:
  ops.millrace.softmax_gradient(dp.flatten(0, 1), p.flatten(0, 1))
  return dp

def accumulate(part: Tensor, sum: Tensor) -> None:
  ops.millrace.accumulate(part, sum)
