# What gradients of any adapter need: torch.grad on a piece of the model that is run again with its trained tensors as leaves. One piece's graph is
# alive at a time.

# The adapter, those of its tensors as leaves that are trained.
def leaves(tensors: Dict[str, Tensor], trained: List[str]) -> Dict[str, Tensor]:
  found = annotate(Dict[str, Tensor], {})
  for name, tensor in tensors.items():
    found[name] = tensor.detach()
  for name in trained:
    found[name].requires_grad_(True)
  return found

def trained(tensors: Dict[str, Tensor]) -> List[str]:
  names = annotate(List[str], [])
  for name, tensor in tensors.items():
    if tensor.requires_grad:
      names.append(name)
  return names

# Adds to `gradients`, under each name, the gradient found for it, if any.
def accumulate(gradients: Dict[str, Tensor], names: List[str], found: List[Optional[Tensor]]) -> None:
  for name, gradient in zip(names, found):
    if gradient is not None:
      if name in gradients:
        gradients[name].add_(gradient)
      else:
        gradients[name] = gradient.clone()
