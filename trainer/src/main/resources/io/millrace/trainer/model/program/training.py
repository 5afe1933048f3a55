  # The part of the class in program.py that trains any adapter by autograd, and the optimiser.

  # The products that no step can do without, and nothing else: T tokens through every frozen linear, forward (h W') and back (dy W), and N rows through
  # the head and back, 256 at a time as loss.py does. A step's speed is held against theirs. Their results take turns in the same memory. The weights have to lie as they
  # were loaded, contiguous: widen() lays them out anew, so this wants a model that nobody trains on.
  def products(self: __torch__.Program, size: Tensor) -> List[Tensor]:
    tokens, rows = int(size[0]), int(size[1])
    given = annotate(Dict[int, Tensor], {})     # by width: what is multiplied, and where products go
    found = annotate(Dict[int, Tensor], {})
    for l in range(self.layers):
      for name in ["qkv", "o", "up" if self.gpt2() else "gate_up", "down"]:
        members, widths, inputs = self.members(name)
        weight = self.weights[str(l) + "." + name + ".weight"][:, :inputs]
        assert weight.is_contiguous(), "the model has been trained on"
        outputs = weight.size(0)
        for width in [inputs, outputs]:
          if width not in given:
            given[width] = torch.ones([tokens, width], dtype=self.dtype, device=self.head().device)
            found[width] = torch.empty([tokens, width], dtype=self.dtype, device=self.head().device)
        torch.mm(given[inputs], weight.t(), out=found[outputs])
        torch.mm(given[outputs], weight, out=found[inputs])
    head = self.head()
    h = torch.ones([min(256, rows), head.size(1)], dtype=self.dtype, device=self.head().device)
    dh = torch.empty_like(h)
    z = torch.empty([h.size(0), head.size(0)], dtype=self.dtype, device=self.head().device)
    for i in range(0, rows, 256):
      n = min(256, rows - i)
      torch.mm(h[:n], head.t(), out=z[:n])
      torch.mm(z[:n], head, out=dh[:n])
    return list(found.values()) + [dh]          # without that libtorch would drop them all

  # What gradients() does for LoRA, for any adapter, by autograd: adds to `gradient` those of the tensors of the same names. First each block's input is found, without a
  # graph; then, from the end, each piece of the model is run again and asked for its gradients.
  def gradients_by_autograd(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor, labels: Tensor,
      weights: Tensor, seed: Tensor, tensors: Dict[str, Tensor], gradient: Dict[str, Tensor]) -> Tensor:
    s = self.surroundings(positions, bounds)
    leaves = autograd.leaves(tensors, list(gradient.keys()))
    derived = hooks.derive(leaves)
    parts = self.parts(ids, derived)
    trained = [autograd.trained(part) for part in parts]
    shared = trained[-1]
    found = annotate(Dict[str, Tensor], {})
    inputs = annotate(List[Tensor], [])
    x = self.embed(ids, positions, autograd.leaves(parts[-1], annotate(List[str], [])))
    for l in range(self.layers):
      inputs.append(x)
      torch.manual_seed(int(seed) + l)        # the second run of the block drops the same
      x, kept = block.forward(x, self.block(l, autograd.leaves(parts[l], annotate(List[str], []))), s, None)
    losses, dh = self.head_gradient(x.index_select(0, rows), labels, weights, parts[-1], shared, found)
    dx = torch.zeros_like(x).index_copy_(0, rows, dh)
    for l in range(self.layers - 1, self.lowest_trained(trained) - 1, -1):
      torch.manual_seed(int(seed) + l)
      watched = autograd.leaves(parts[l], trained[l])
      leaf = inputs.pop().detach().requires_grad_(True)
      y, kept = block.forward(leaf, self.block(l, watched), s, None)
      below = torch.grad([y], [leaf] + [watched[name] for name in trained[l]], annotate(List[Optional[Tensor]], [dx]), None, False, True)
      names = annotate(List[str], [])
      for name in trained[l]:
        own = str(l) + "." + name
        names.append(own if own in derived else name)
      autograd.accumulate(found, names, below[1:])
      next = below[0]
      assert next is not None
      dx = next
    if self.trains_embeddings(shared):
      watched = autograd.leaves(parts[-1], shared)
      y = self.embed(ids, positions, watched)
      below = torch.grad([y], [watched[name] for name in shared], annotate(List[Optional[Tensor]], [dx]), None, False, True)
      autograd.accumulate(found, shared, below)
    # what the tensors that blocks use were derived from
    names = list(found.keys())
    below = torch.grad([derived[name] for name in names], [leaves[name] for name in gradient.keys()],
      annotate(List[Optional[Tensor]], [found[name] for name in names]), None, False, True)
    for name, part in zip(gradient.keys(), below):
      if part is not None:
        gradient[name].add_(part)
    return losses

  # Losses [N] of the selected rows x [N, d] before the last norm, and dx of sum(weights * losses).
  def head_gradient(self: __torch__.Program, x: Tensor, labels: Tensor, weights: Tensor, around: Dict[str, Tensor], trained: List[str],
      found: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    losses = annotate(List[Tensor], [])
    gradients = annotate(List[Tensor], [])
    for i in range(0, x.size(0), 128):
      watched = autograd.leaves(around, trained)
      leaf = x[i:i + 128].detach().requires_grad_(True)
      h, head = self.last(leaf, watched)
      likelihoods = torch.log_softmax(torch.mm(h, head.t()), 1, 6).gather(1, labels[i:i + 128].unsqueeze(1)).view([-1])
      below = torch.grad([likelihoods], [leaf] + [watched[name] for name in trained], annotate(List[Optional[Tensor]], [-weights[i:i + 128]]),
        None, False, True)
      dx = below[0]
      assert dx is not None
      autograd.accumulate(found, trained, below[1:])
      losses.append(-likelihoods.detach())
      gradients.append(dx)
    return (torch.cat(losses), torch.cat(gradients))

  # The lowest block that needs a gradient: none is needed below it.
  def lowest_trained(self: __torch__.Program, trained: List[List[str]]) -> int:
    if self.trains_embeddings(trained[-1]):
      return 0
    for l in range(self.layers):
      if len(trained[l]) > 0:
        return l
    return self.layers

  def trains_embeddings(self: __torch__.Program, shared: List[str]) -> bool:
    for name in shared:
      if name.startswith("embedding"):
        return True
    return False

  def clear(self: __torch__.Program, gradient: List[Tensor]) -> Tensor:
    return gradient[0].zero_()

  # Leaves the gradient only where mask isn't 0.
  def mask(self: __torch__.Program, gradient: List[Tensor], mask: Tensor) -> Tensor:
    return gradient[0].mul_(mask)

  def penalise(self: __torch__.Program, step: Tensor, tensors: Dict[str, Tensor], gradient: Dict[str, Tensor]) -> Tensor:
    hooks.penalise(tensors, gradient)
    return step

  def settle(self: __torch__.Program, step: Tensor, tensors: Dict[str, Tensor], gradient: Dict[str, Tensor]) -> Tensor:
    hooks.settle(int(step), tensors, gradient)
    return step

  def gradient_norm(self: __torch__.Program, gradient: List[Tensor]) -> Tensor:
    return torch.linalg_vector_norm(gradient[0])

  # AdamW (https://arxiv.org/abs/1711.05101) in place, then the moving average of the values. settings: rate, decay, factor on the gradient, steps
  # taken with this one, share of the average that stays. The tensors are flat, and come as lists of one: libtorch takes AdamW on lists made here for a call
  # without effect and drops it.
  def update(self: __torch__.Program, values: List[Tensor], gradient: List[Tensor], first: List[Tensor], second: List[Tensor],
      average: List[Tensor], settings: Tensor) -> Tensor:
    if float(settings[2]) != 1:
      gradient[0].mul_(float(settings[2]))
    torch._fused_adamw_(values, gradient, first, second, annotate(List[Tensor], []), [torch.full([], float(settings[3]), dtype=6, device=values[0].device)],
      lr=float(settings[0]), beta1=0.9, beta2=0.999, weight_decay=float(settings[1]), eps=1e-8, amsgrad=False, maximize=False)
    return average[0].lerp_(values[0], 1. - float(settings[4]))
