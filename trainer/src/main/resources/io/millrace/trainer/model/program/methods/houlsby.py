# Bottleneck adapters after Houlsby (https://arxiv.org/abs/1902.00751): y + up swish(down y) behind attention and behind the feed-forward network.

def attended(y: Tensor, h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  return methods.houlsby.adapted(y, "attended", tensors)

def fed_forward(y: Tensor, h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  return methods.houlsby.adapted(y, "fed_forward", tensors)

def adapted(y: Tensor, place: str, tensors: Dict[str, Tensor]) -> Tensor:
  return y + methods.pfeiffer.up(torch.silu(methods.pfeiffer.down(y, place, tensors)), place, tensors)
