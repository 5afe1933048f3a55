# A Llama-like decoder (Llama, Mistral, Qwen2, Qwen3) with LoRA on its linears, as the methods that Java calls. This is TorchScript: libtorch
# compiles it. `linear.forward` is the function `forward` of the file linear.py beside this one. In the files' comments ' transposes; as dtype,
# 4 is int64, 6 float32, 15 bfloat16. All but a few numbers have the weights' type.
#
# A batch comes packed, T tokens of all its sequences in one row: ids [T], positions [T] of each token in its sequence, and bounds, as attention.py
# says. rows [N] are the tokens whose successors, labels [N], are to be predicted. An adapter comes as one A [r, inputs], one B [outputs, r] and one
# scale per linear (q, k, v, o, gate, up, down of block 0, then of block 1, ...), float32; where a linear has no LoRA, r is 0.

class Program(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  weights : Dict[str, Tensor]    # by name: embedding, head, norm, frequencies, and per block "3.qkv", ...
  dtype : int
  layers : int
  heads : int
  key_heads : int
  epsilon : float
  attention_factor : float
  window : int                   # tokens that attention reaches back, itself included; 0: all
  windowed : List[int]           # per block, 1 where the window applies

  # Makes room for a weight of the given name and shape, which Java then fills.
  def allocate(self: __torch__.Program, shapes: Dict[str, Tensor]) -> List[Tensor]:
    weights = annotate(List[Tensor], [])
    for name, shape in shapes.items():
      weight = torch.empty([int(size) for size in shape.unbind()], dtype=6 if name == "frequencies" else self.dtype)
      self.weights[name] = weight
      weights.append(weight)
    return weights

  # One linear, with the adapter's C apart or in the weight's last columns: a scratch area that every step writes anew, as wide as any adapter has
  # needed so far.
  def adapted(self: __torch__.Program, name: str, a: List[Tensor], b: List[Tensor], scales: List[Tensor], columns: bool,
      dropout: float) -> linear.Linear:
    weight = self.weights[name + ".weight"]
    bias = self.weights.get(name + ".bias")
    stacked = torch.cat(a).to(self.dtype)
    c = linear.scaled(b, scales)
    rank, inputs = stacked.size(0), stacked.size(1)
    ranks = [one.size(0) for one in a]
    if not columns:
      return linear.Linear(weight[:, :inputs], bias, stacked, c.to(self.dtype), ranks, dropout)
    if weight.size(1) < inputs + rank:
      wider = torch.empty([weight.size(0), inputs + rank], dtype=self.dtype)
      wider[:, :inputs].copy_(weight[:, :inputs])
      self.weights[name + ".weight"] = wider
      weight = wider
    weight[:, inputs:inputs + rank].copy_(c)
    return linear.Linear(weight[:, :inputs + rank], bias, stacked, None, ranks, 0.0)

  def blocks(self: __torch__.Program, a: List[Tensor], b: List[Tensor], scales: List[Tensor], columns: bool,
      dropout: float) -> List[block.Block]:
    blocks = annotate(List[block.Block], [])
    for l in range(self.layers):
      i, name = 7 * l, str(l)
      blocks.append(block.Block(
        self.weights[name + ".input_norm"],
        self.adapted(name + ".qkv", a[i:i + 3], b[i:i + 3], scales[i:i + 3], columns, dropout),
        self.weights.get(name + ".head_norm"),
        self.adapted(name + ".o", a[i + 3:i + 4], b[i + 3:i + 4], scales[i + 3:i + 4], columns, dropout),
        self.weights[name + ".middle_norm"],
        self.adapted(name + ".gate_up", a[i + 4:i + 6], b[i + 4:i + 6], scales[i + 4:i + 6], columns, dropout),
        self.adapted(name + ".down", a[i + 6:i + 7], b[i + 6:i + 7], scales[i + 6:i + 7], columns, dropout),
        self.windowed[l] == 1))
    return blocks

  def surroundings(self: __torch__.Program, positions: Tensor, bounds: List[Tensor]) -> block.Surroundings:
    cos, sin = rotary.angles(positions, self.weights["frequencies"], self.attention_factor, self.dtype)
    layout = attention.layout(bounds, positions.size(0), self.heads, self.key_heads, self.window, self.dtype)
    return block.Surroundings(layout, cos, sin, self.epsilon, annotate(List[Tensor], []))

  # Memory for so many numbers, kept from call to call and as large as any call has needed so far.
  def slab(self: __torch__.Program, size: int) -> Tensor:
    slab = self.weights.get("slab")
    if slab is not None and slab.size(0) >= size:
      return slab
    self.weights["slab"] = torch.empty([0])      # the old one goes first
    larger = torch.empty([size], dtype=self.dtype)
    self.weights["slab"] = larger
    return larger

  def head(self: __torch__.Program) -> Tensor:
    return self.weights["head" if "head" in self.weights else "embedding"]    # one tensor when they are tied

  # Final hidden states of the rows, normalised: [N, d].
  def hidden(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor,
      a: List[Tensor], b: List[Tensor], scales: Tensor) -> Tensor:
    s = self.surroundings(positions, bounds)
    x = torch.embedding(self.weights["embedding"], ids)
    for w in self.blocks(a, b, scales.unbind(), False, 0.0):
      x, saved = block.forward(x, w, s, None)
    h, r = norm.forward(x.index_select(0, rows), self.weights["norm"], self.epsilon)
    return h

  # Logits [N, V], float32.
  def logits(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor,
      a: List[Tensor], b: List[Tensor], scales: Tensor) -> Tensor:
    return torch.mm(self.hidden(ids, positions, bounds, rows, a, b, scales), self.head().t()).to(6)

  # Losses [N] of the labels, float32.
  def losses(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor, labels: Tensor,
      a: List[Tensor], b: List[Tensor], scales: Tensor) -> Tensor:
    return loss.forward(self.hidden(ids, positions, bounds, rows, a, b, scales), labels, self.head())

  # The likeliest token after each sequence, then the likeliest after that, and so on: [sequences, n], with -1 once a sequence has ended, which it does
  # before the first token in `stop` and after limits [sequences] tokens. All sequences make up one bucket, which may follow one of what they share.
  def decode(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], limits: Tensor, stop: Tensor,
      a: List[Tensor], b: List[Tensor], scales: Tensor) -> Tensor:
    blocks = self.blocks(a, b, scales.unbind(), False, 0.0)
    keys = annotate(List[Tensor], [])
    values = annotate(List[Tensor], [])
    s = self.surroundings(positions, bounds)
    bucket = s.layout.buckets[-1]
    starts, own = bounds[-1][0, 1:], bounds[-1][1, 1:]
    lengths, t, most = own + bucket.prefix, bucket.prefix + bucket.length, int(limits.max())
    x = torch.embedding(self.weights["embedding"], ids)
    for w in blocks:
      x, saved = block.forward(x, w, s, None)
      keys.append(torch.constant_pad_nd(saved.kept[-1].k, [0, 0, 0, most]))
      values.append(torch.constant_pad_nd(saved.kept[-1].v, [0, 0, 0, most]))
    x = x.index_select(0, starts + own - 1)
    found = torch.empty([lengths.size(0), 0], dtype=4)
    for i in range(most):
      h, r = norm.forward(x, self.weights["norm"], self.epsilon)
      token = torch.argmax(torch.mm(h, self.head().t()), 1)
      ended = (limits <= i) | torch.isin(token, stop)
      if i > 0:
        ended = ended | (found[:, i - 1] < 0)
      if bool(ended.all()):
        break
      found = torch.cat([found, torch.where(ended, -1, token).unsqueeze(1)], 1)
      # a name of its own: libtorch loses a tuple that a loop assigns anew
      next = self.surroundings(lengths + i, annotate(List[Tensor], []))
      masks = [attention.mask_of_next(lengths, t, t + i, t + most, self.key_heads, window, self.dtype) for window in [0, self.window]]
      x = torch.embedding(self.weights["embedding"], token)
      for l in range(self.layers):
        x, saved = block.forward(x, blocks[l], next, attention.Past(keys[l], values[l], t + i, masks[self.windowed[l]]))
    return found

  # The training step's forward and backward: returns the losses and adds the gradients of sum(weights * losses) to da and db.
  def gradients(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor, labels: Tensor,
      weights: Tensor, a: List[Tensor], b: List[Tensor], scales: Tensor, da: List[Tensor], db: List[Tensor]) -> Tensor:
    s = self.surroundings(positions, bounds)
    scale = scales.unbind()
    blocks = self.blocks(a, b, scale, True, 0.0)
    lowest = self.lowest(a)
    saved = annotate(List[block.Saved], [])
    x = torch.embedding(self.weights["embedding"], ids)
    size = loss.size(rows.size(0), self.head())
    for w in blocks:
      size += block.size(w, s.layout, ids.size(0))
    s.free.append(self.slab(size))
    for l in range(self.layers):
      x, kept = block.forward(x, blocks[l], s, None)
      if l >= lowest:
        saved.append(kept)
    chosen = x.index_select(0, rows)
    h, r = norm.forward(chosen, self.weights["norm"], self.epsilon)
    losses, dh = loss.forward_and_gradient(h, labels, weights, self.head(), s.free)
    dx = torch.zeros_like(x).index_copy_(0, rows, norm.gradient(dh, chosen, self.weights["norm"], r))
    for l in range(self.layers - 1, lowest - 1, -1):
      i, j = 7 * l, 7 * l + 7
      dx = block.gradient(dx, saved.pop(), blocks[l], s, da[i:j], db[i:j], scale[i:j], l == lowest)
    return losses

  # The products that no step can do without, and nothing else: T tokens through every frozen linear, forward (h W') and back (dy W), and N rows through
  # the head and back, 128 at a time. A step's speed is held against theirs. Their results take turns in the same memory. The weights have to lie as they
  # were loaded, contiguous: adapted() widens them, so this wants a model that nobody trains on.
  def products(self: __torch__.Program, size: Tensor) -> List[Tensor]:
    tokens, rows = int(size[0]), int(size[1])
    given = annotate(Dict[int, Tensor], {})     # by width: what is multiplied, and where products go
    found = annotate(Dict[int, Tensor], {})
    hidden = self.weights["embedding"].size(1)
    for l in range(self.layers):
      queries = self.weights[str(l) + ".qkv.weight"].size(0) // (self.heads + 2 * self.key_heads) * self.heads
      middle = self.weights[str(l) + ".gate_up.weight"].size(0) // 2
      for name, inputs in [("qkv", hidden), ("o", queries), ("gate_up", hidden), ("down", middle)]:
        weight = self.weights[str(l) + "." + name + ".weight"][:, :inputs]
        assert weight.is_contiguous(), "the model has been trained on"
        outputs = weight.size(0)
        for width in [inputs, outputs]:
          if width not in given:
            given[width] = torch.ones([tokens, width], dtype=self.dtype)
            found[width] = torch.empty([tokens, width], dtype=self.dtype)
        torch.mm(given[inputs], weight.t(), out=found[outputs])
        torch.mm(given[outputs], weight, out=found[inputs])
    head = self.head()
    h = torch.ones([min(128, rows), head.size(1)], dtype=self.dtype)
    dh = torch.empty_like(h)
    z = torch.empty([h.size(0), head.size(0)], dtype=self.dtype)
    for i in range(0, rows, 128):
      n = min(128, rows - i)
      torch.mm(h[:n], head.t(), out=z[:n])
      torch.mm(z[:n], head, out=dh[:n])
    return list(found.values()) + [dh]          # without that libtorch would drop them all

  # The same by autograd, with dropout.
  def gradients_by_autograd(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor, labels: Tensor,
      weights: Tensor, dropout: Tensor, seed: Tensor, a: List[Tensor], b: List[Tensor], scales: Tensor, da: List[Tensor],
      db: List[Tensor]) -> Tensor:
    s = self.surroundings(positions, bounds)
    scale = scales.unbind()
    blocks = self.blocks(a, b, scale, False, float(dropout))
    lowest = self.lowest(a)
    inputs = annotate(List[Tensor], [])
    x = torch.embedding(self.weights["embedding"], ids)
    for l in range(self.layers):
      inputs.append(x)
      torch.manual_seed(int(seed) + l)        # the second run of the block drops the same
      x, kept = block.forward(x, blocks[l], s, None)
    chosen = x.index_select(0, rows)
    losses, dh = autograd.head_gradient(chosen, labels, weights, self.weights["norm"], self.head(), self.epsilon)
    dx = torch.zeros_like(x).index_copy_(0, rows, dh)
    for l in range(self.layers - 1, lowest - 1, -1):
      torch.manual_seed(int(seed) + l)
      gradients = autograd.block_gradient(dx, inputs.pop(), blocks[l], s)
      first = 7 * l
      for k, members in enumerate([3, 1, 2, 1]):
        last = first + members
        gradient_a, gradient_c = gradients[1 + 2 * k], gradients[2 + 2 * k]
        if gradient_a is not None and gradient_c is not None:
          linear.accumulate(gradient_a, gradient_c, da[first:last], db[first:last], scale[first:last])
        first = last
      below = gradients[0]
      assert below is not None
      dx = below
    return losses

  # The lowest block that has LoRA: nothing below it needs a gradient.
  def lowest(self: __torch__.Program, a: List[Tensor]) -> int:
    for i in range(len(a)):
      if a[i].size(0) > 0:
        return i // 7
    return self.layers

  # The optimiser's tensors are flat, and come as lists of one: libtorch takes AdamW on lists made here for a call without effect and drops it.

  def clear(self: __torch__.Program, gradient: List[Tensor]) -> Tensor:
    return gradient[0].zero_()

  def gradient_norm(self: __torch__.Program, gradient: List[Tensor]) -> Tensor:
    return torch.linalg_vector_norm(gradient[0])

  # AdamW (https://arxiv.org/abs/1711.05101) in place, then the moving average of the values. settings: rate, decay, factor on the gradient, steps
  # taken with this one, share of the average that stays.
  def update(self: __torch__.Program, values: List[Tensor], gradient: List[Tensor], first: List[Tensor], second: List[Tensor],
      average: List[Tensor], settings: Tensor) -> Tensor:
    gradient[0].mul_(settings[2])
    torch._fused_adamw_(values, gradient, first, second, annotate(List[Tensor], []), [settings[3].to(6)],
      lr=float(settings[0]), beta1=0.9, beta2=0.999, weight_decay=float(settings[1]), eps=1e-8, amsgrad=False, maximize=False)
    return average[0].lerp_(values[0], 1. - float(settings[4]))
