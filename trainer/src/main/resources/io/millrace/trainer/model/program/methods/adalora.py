# AdaLoRA (https://arxiv.org/abs/2303.10512): LoRA with E A in the place of A, where E [rank, 1] scales A's rows, and is 0 for those that the budget
# doesn't reach.

def derive(tensors: Dict[str, Tensor]) -> None:
  tensors.pop("adalora.importance")
  for name in list(tensors.keys()):
    if name.endswith(".adalora.e"):
      own = name[:-len("adalora.e")]
      tensors[own + "lora.a"] = tensors.pop(own + "adalora.a") * tensors.pop(name)
      tensors[own + "lora.b"] = tensors.pop(own + "adalora.b")

def prepare(m: linear.Linear) -> None:
  methods.lora.prepare(m)

def outputs(y: Tensor, h: Tensor, m: linear.Linear) -> Tensor:
  return methods.lora.outputs(y, h, m)

# The gradient of orthogonality * mean(|A A' - 1|, |B' B - 1|, ...), in Frobenius' norm: with M = A A' - 1, that of |M| is 2 M A / |M|.
def penalise(tensors: Dict[str, Tensor], gradient: Dict[str, Tensor]) -> None:
  names = annotate(List[str], [])
  for name in gradient.keys():
    if name.endswith(".adalora.a") or name.endswith(".adalora.b"):
      names.append(name)
  weight = float(tensors["adalora.orthogonality"]) / len(names)
  for name in names:
    rows = tensors[name] if name.endswith("a") else tensors[name].t()
    m = torch.mm(rows, rows.t()) - torch.eye(rows.size(0), dtype=rows.dtype, device=rows.device)
    own = torch.mm(m, rows).mul_(2 * weight / (torch.linalg_vector_norm(m) + 1e-12))
    gradient[name].add_(own if name.endswith("a") else own.t())

# Importance of what an entry of E scales: |p dp| of the entry, and the mean of that over its row of A and its column of B, as a moving average.
def settle(step: int, tensors: Dict[str, Tensor], gradient: Dict[str, Tensor]) -> None:
  scores = annotate(List[Tensor], [])
  for name in gradient.keys():
    if name.endswith(".adalora.e"):
      own = name[:-1]
      e = (tensors[name] * gradient[name]).abs().view([-1])
      a = (tensors[own + "a"] * gradient[own + "a"]).abs().mean([1])
      b = (tensors[own + "b"] * gradient[own + "b"]).abs().mean([0])
      scores.append(e + a + b)
  importance = tensors["adalora.importance"]
  importance.lerp_(torch.stack(scores), 1. - float(tensors["adalora.memory"]))
  kept = methods.adalora.budget(step, importance.size(1), tensors)
  if kept < importance.size(1):
    most = torch.topk(importance.view([-1]), int(kept * importance.size(0)))[1]
    mask = torch.zeros_like(importance.view([-1])).index_fill_(0, most, 1.).view_as(importance)
    row = 0
    for name in gradient.keys():
      if name.endswith(".adalora.e"):
        tensors[name].mul_(mask[row].unsqueeze(1))
        row += 1

# Mean rank that a linear may have: the first one for some steps, then falling with the cube of what is left of the way.
def budget(step: int, rank: int, tensors: Dict[str, Tensor]) -> float:
  target = float(tensors["adalora.target"])
  left = 1. - (step - float(tensors["adalora.free"])) / float(tensors["adalora.falling"])
  left = max(0., min(1., left))
  return target + (rank - target) * left * left * left
