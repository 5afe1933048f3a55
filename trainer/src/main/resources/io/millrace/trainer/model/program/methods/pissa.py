# PiSSA (https://arxiv.org/abs/2404.02948): LoRA that starts from the weight's largest singular vectors, whose share it takes off again. The program sees
# LoRA of twice the rank.

# Not of an adapter, but for where training starts: u [n, k], s [k] and v [k, m] of a weight [n, m], W ~ u diag(s) v, by subspace iteration from
# start [m, k] (https://arxiv.org/abs/0909.4061).
def derive(tensors: Dict[str, Tensor]) -> None:
  if "pissa.start" not in tensors:
    return None
  weight = tensors["pissa.weight"]
  q = torch.linalg_qr(torch.mm(weight, tensors["pissa.start"]))[0]
  for i in range(8):
    p = torch.linalg_qr(torch.mm(weight.t(), q))[0]
    q = torch.linalg_qr(torch.mm(weight, p))[0]
  u, s, v = torch.linalg_svd(torch.mm(q.t(), weight), False)
  tensors["pissa.u"] = torch.mm(q, u)
  tensors["pissa.s"] = s
  tensors["pissa.v"] = v

def prepare(m: linear.Linear) -> None:
  methods.lora.prepare(m)

def outputs(y: Tensor, h: Tensor, m: linear.Linear) -> Tensor:
  return methods.lora.outputs(y, h, m)
