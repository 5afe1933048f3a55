# P-tuning (https://arxiv.org/abs/2103.10385): prompt tuning by way of an encoder,
#
#   prompt = base + mlp(e), or base + mlp(bilstm(e)).

def derive(tensors: Dict[str, Tensor]) -> None:
  if "embedding.e" not in tensors:
    return None
  x = tensors.pop("embedding.e")
  if "embedding.lstm.0" in tensors:
    weights = annotate(List[Tensor], [])
    while "embedding.lstm." + str(len(weights)) in tensors:
      weights.append(tensors.pop("embedding.lstm." + str(len(weights))))
    layers = len(weights) // 8                           # per layer and direction: two weights, two biases
    start = torch.zeros([2 * layers, 1, weights[1].size(1)], dtype=x.dtype, device=x.device)
    # said to train, which without dropout computes the same: of another run, cuDNN gives no gradient
    found, last, cell = torch.lstm(x.unsqueeze(1), [start, start], weights, True, layers, 0.0, True, True, False)
    x = found.squeeze(1)
  i = 0
  while "embedding.mlp.w" + str(i) in tensors:
    if i > 0:
      x = torch.relu(x)
    x = torch.addmm(tensors.pop("embedding.mlp.b" + str(i)), x, tensors.pop("embedding.mlp.w" + str(i)).t())
    i += 1
  tensors["embedding.prompt"] = tensors.pop("embedding.base") + x

def embedded(x: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  return methods.prompt_tuning.embedded(x, tensors)
