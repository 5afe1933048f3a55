# Bottleneck adapters after Pfeiffer (https://arxiv.org/abs/2005.00247): y + up relu(down y) behind the feed-forward network.

def fed_forward(y: Tensor, h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  return y + methods.pfeiffer.up(torch.relu(methods.pfeiffer.down(y, "fed_forward", tensors)), "fed_forward", tensors)

def down(y: Tensor, place: str, tensors: Dict[str, Tensor]) -> Tensor:
  return torch.addmm(tensors["bottleneck." + place + ".down.bias"], y, tensors["bottleneck." + place + ".down.weight"].t())

def up(z: Tensor, place: str, tensors: Dict[str, Tensor]) -> Tensor:
  return torch.addmm(tensors["bottleneck." + place + ".up.bias"], z, tensors["bottleneck." + place + ".up.weight"].t())
