# MAD-X (https://arxiv.org/abs/2005.00052): a language's bottleneck behind each feed-forward network, and upon it a task's, both as Pfeiffer's; and NICE on the
# embeddings (https://arxiv.org/abs/1410.8516), with x in halves,
#
#   y1 = x1 + F(x2),  y2 = x2 + G(y1),  and back:  x2 = y2 - G(y1),  x1 = y1 - F(x2),

def embedded(x: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  first, second = x.chunk(2, 1)
  first = first + methods.madx.coupling(second, "F", tensors)
  return torch.cat([first, second + methods.madx.coupling(first, "G", tensors)], 1)

def unembedded(h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  first, second = h.chunk(2, 1)
  second = second - methods.madx.coupling(first, "G", tensors)
  return torch.cat([first - methods.madx.coupling(second, "F", tensors), second], 1)

def coupling(x: Tensor, name: str, tensors: Dict[str, Tensor]) -> Tensor:
  own = "embedding.nice." + name
  z = torch.relu(torch.addmm(tensors[own + ".0.bias"], x, tensors[own + ".0.weight"].t()))
  return torch.addmm(tensors[own + ".2.bias"], z, tensors[own + ".2.weight"].t())

def fed_forward(y: Tensor, h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  y = methods.madx.adapted(y, "language", tensors)
  return methods.madx.adapted(y, "task", tensors) if "madx.task" in tensors else y

def adapted(y: Tensor, which: str, tensors: Dict[str, Tensor]) -> Tensor:
  return y + methods.pfeiffer.up(torch.relu(methods.pfeiffer.down(y, which, tensors)), which, tensors)
