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
      weight = torch.empty([int(size) for size in shape.unbind()], dtype=6 if name == "frequencies" else self.dtype, device=shape.device)
      self.weights[name] = weight
      weights.append(weight)
    return weights

  # The parameters of an adapter, four parts per block: qkv, o, gate_up, down.
  def lora(self: __torch__.Program, flat: Tensor, ranks: Tensor, scales: Tensor) -> List[lora.Lora]:
    d = self.weights["embedding"].size(1)
    f = self.weights["0.gate_up.weight"].size(0) // 2
    size = self.weights["0.qkv.weight"].size(0) // (self.heads + 2 * self.key_heads)
    q, k = self.heads * size, self.key_heads * size
    linears = [([q, k, k], d), ([d], q), ([f, f], d), ([d], f)] * self.layers
    return lora.split(flat, [int(rank) for rank in ranks.unbind()], [float(scale) for scale in scales.unbind()], linears)

  def linear(self: __torch__.Program, name: str, l: lora.Lora, dropout: float) -> linear.Linear:
    weight = self.weights[name + ".weight"]
    c = lora.fill(torch.zeros([weight.size(0), l.a.size(0)], dtype=l.a.dtype, device=l.a.device), l)
    return linear.Linear(weight[:, :l.a.size(1)], self.weights.get(name + ".bias"), l.a, c, [b.size(1) for b in l.b], dropout)

  def blocks(self: __torch__.Program, values: List[Tensor], ranks: Tensor, scales: Tensor, dropout: float) -> List[block.Block]:
    parts = self.lora(values[0].to(self.dtype), ranks, scales)
    blocks = annotate(List[block.Block], [])
    for l in range(self.layers):
      i, name = 4 * l, str(l)
      blocks.append(block.Block(
        self.weights[name + ".input_norm"],
        self.linear(name + ".qkv", parts[i], dropout),
        self.weights.get(name + ".head_norm"),
        self.linear(name + ".o", parts[i + 1], dropout),
        self.weights[name + ".middle_norm"],
        self.linear(name + ".gate_up", parts[i + 2], dropout),
        self.linear(name + ".down", parts[i + 3], dropout),
        self.windowed[l] == 1))
    return blocks

  # C goes into the weight's last columns: a scratch area that every step writes anew, as wide as any adapter has needed so far.
  def trained_linear(self: __torch__.Program, name: str, l: lora.Lora, gradient: lora.Lora, same: bool) -> trained_linear.TrainedLinear:
    weight = self.weights[name + ".weight"]
    inputs, columns = l.a.size(1), l.a.size(0) + l.a.size(1)
    if weight.size(1) < columns:
      wider = torch.empty([weight.size(0), columns], dtype=weight.dtype, device=weight.device)
      wider[:, :inputs].copy_(weight[:, :inputs])
      self.weights[name + ".weight"] = wider
      weight = wider
    c = weight[:, inputs:columns]
    lora.fill(c if same else c.zero_(), l)
    return trained_linear.TrainedLinear(weight[:, :columns], self.weights.get(name + ".bias"), l.a, gradient)

  def trained_blocks(self: __torch__.Program, values: List[Tensor], ranks: Tensor, scales: Tensor, gradient: Tensor) -> List[trained_block.TrainedBlock]:
    parts = self.lora(values[0].to(self.dtype), ranks, scales)
    gradients = self.lora(gradient, ranks, scales)
    last = self.weights.get("ranks")
    same = last is not None and torch.equal(last, ranks)     # then what isn't on the diagonal of a C is 0 already
    self.weights["ranks"] = ranks
    blocks = annotate(List[trained_block.TrainedBlock], [])
    for l in range(self.layers):
      i, name = 4 * l, str(l)
      blocks.append(trained_block.TrainedBlock(
        self.weights[name + ".input_norm"],
        self.trained_linear(name + ".qkv", parts[i], gradients[i], same),
        self.weights.get(name + ".head_norm"),
        self.trained_linear(name + ".o", parts[i + 1], gradients[i + 1], same),
        self.weights[name + ".middle_norm"],
        self.trained_linear(name + ".gate_up", parts[i + 2], gradients[i + 2], same),
        self.trained_linear(name + ".down", parts[i + 3], gradients[i + 3], same),
        self.windowed[l] == 1))
    return blocks

  def surroundings(self: __torch__.Program, positions: Tensor, bounds: List[Tensor]) -> block.Surroundings:
    cos, sin = rotary.angles(positions, self.weights["frequencies"], self.attention_factor, self.dtype)
    layout = attention.layout(bounds, positions.size(0), self.heads, self.key_heads, self.window, self.dtype, positions.device)
    return block.Surroundings(layout, cos, sin, self.epsilon)

  # Memory for so many numbers, kept from call to call and as large as any call has needed so far.
  def slab(self: __torch__.Program, size: int) -> Tensor:
    slab = self.weights.get("slab")
    if slab is not None and slab.size(0) >= size:
      return slab
    device = self.head().device
    self.weights["slab"] = torch.empty([0], device=device)      # the old one goes first
    larger = torch.empty([size], dtype=self.dtype, device=device)
    self.weights["slab"] = larger
    return larger

  def head(self: __torch__.Program) -> Tensor:
    return self.weights["head" if "head" in self.weights else "embedding"]    # one tensor when they are tied

  # Final hidden states of the rows, normalised: [N, d].
  def hidden(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor,
      values: List[Tensor], ranks: Tensor, scales: Tensor) -> Tensor:
    s = self.surroundings(positions, bounds)
    x = torch.embedding(self.weights["embedding"], ids)
    for w in self.blocks(values, ranks, scales, 0.0):
      x, kept = block.forward(x, w, s, None)
    h, r = norm.forward(x.index_select(0, rows), self.weights["norm"], self.epsilon)
    return h

  # Logits [N, V], float32.
  def logits(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor,
      values: List[Tensor], ranks: Tensor, scales: Tensor) -> Tensor:
    return torch.mm(self.hidden(ids, positions, bounds, rows, values, ranks, scales), self.head().t()).to(6)

  # Losses [N] of the labels, float32.
  def losses(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor, labels: Tensor,
      values: List[Tensor], ranks: Tensor, scales: Tensor) -> Tensor:
    return loss.forward(self.hidden(ids, positions, bounds, rows, values, ranks, scales), labels, self.head())

  # The likeliest token after each sequence, then the likeliest after that, and so on: [sequences, n], with -1 once a sequence has ended, which it does
  # before the first token in `stop` and after limits [sequences] tokens. All sequences make up one bucket, which may follow one of what they share.
  def decode(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], limits: Tensor, stop: Tensor,
      values: List[Tensor], ranks: Tensor, scales: Tensor) -> Tensor:
    blocks = self.blocks(values, ranks, scales, 0.0)
    past_k = annotate(List[Tensor], [])
    past_v = annotate(List[Tensor], [])
    s = self.surroundings(positions, bounds)
    bucket = s.layout.buckets[-1]
    starts, own = bounds[-1][0, 1:], bounds[-1][1, 1:]
    lengths, t, most = own + bucket.prefix, bucket.prefix + bucket.length, int(limits.max())
    x = torch.embedding(self.weights["embedding"], ids)
    for w in blocks:
      x, kept = block.forward(x, w, s, None)
      past_k.append(torch.constant_pad_nd(kept[-1].k, [0, 0, 0, most]))
      past_v.append(torch.constant_pad_nd(kept[-1].v, [0, 0, 0, most]))
    x = x.index_select(0, starts + own - 1)
    found = torch.empty([lengths.size(0), 0], dtype=4, device=ids.device)
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
        x, kept = block.forward(x, blocks[l], next, attention.Past(past_k[l], past_v[l], t + i, masks[self.windowed[l]]))
    return found

  # The training step's forward and backward: returns the losses and adds the gradient of sum(weights * losses) to `gradient`. What the way back
  # reads is kept, or, when `recompute` isn't 0, only the blocks' inputs: then each block runs forward once more before its way back.
  def gradients(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor, labels: Tensor,
      weights: Tensor, recompute: Tensor, values: List[Tensor], ranks: Tensor, scales: Tensor, gradient: List[Tensor]) -> Tensor:
    s = self.surroundings(positions, bounds)
    again = int(recompute) != 0
    own = torch.empty_like(values[0], dtype=self.dtype)
    blocks = self.trained_blocks(values, ranks, scales, own)
    lowest = self.lowest(ranks)
    slab = self.slab(self.room(blocks, s.layout, ids.size(0), rows.size(0), again))
    free = [slab]
    inputs = annotate(List[Tensor], [])
    saved = annotate(List[trained_block.Saved], [])
    x = torch.embedding(self.weights["embedding"], ids)
    for l in range(self.layers):
      if again:
        free = [slab]
        x = x.clone()
        inputs.append(x)
      x, kept = trained_block.forward(x, blocks[l], s, free, self.rows_of(l, rows))
      if l >= lowest and not again:
        saved.append(kept)
    if again:
      free = [slab]
      x = x.clone()
    h, r = norm.forward(x, self.weights["norm"], self.epsilon)
    losses, dh = loss.forward_and_gradient(h, labels, weights, self.head(), free)
    dx = norm.gradient(dh, x, self.weights["norm"], r, None)
    for l in range(self.layers - 1, lowest - 1, -1):
      if again:
        y, kept = trained_block.forward(inputs.pop(), blocks[l], s, [slab], self.rows_of(l, rows))
        saved.append(kept)
      dx = trained_block.gradient(dx, saved.pop(), blocks[l], s, self.rows_of(l, rows), l == lowest)
    gradient[0].add_(own)
    return losses

  # Whose results of block l matter: of the last one, only those of tokens with a loss.
  def rows_of(self: __torch__.Program, l: int, rows: Tensor) -> Optional[Tensor]:
    return rows if l == self.layers - 1 else None

  # Numbers that the blocks and the head keep at a time.
  def room(self: __torch__.Program, blocks: List[trained_block.TrainedBlock], layout: attention.Layout, tokens: int, rows: int, again: bool) -> int:
    sizes = [trained_block.size(w, layout, tokens) for w in blocks]
    head = loss.size(rows, self.head())
    return max(max(sizes), head) if again else sum(sizes) + head

  # The products that no step can do without, and nothing else: T tokens through every frozen linear, forward (h W') and back (dy W), and N rows through
  # the head and back, 256 at a time as loss.py does. A step's speed is held against theirs. Their results take turns in the same memory. The weights have to lie as they
  # were loaded, contiguous: trained_linear() widens them, so this wants a model that nobody trains on.
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
            given[width] = torch.ones([tokens, width], dtype=self.dtype, device=size.device)
            found[width] = torch.empty([tokens, width], dtype=self.dtype, device=size.device)
        torch.mm(given[inputs], weight.t(), out=found[outputs])
        torch.mm(given[outputs], weight, out=found[inputs])
    head = self.head()
    h = torch.ones([min(256, rows), head.size(1)], dtype=self.dtype, device=size.device)
    dh = torch.empty_like(h)
    z = torch.empty([h.size(0), head.size(0)], dtype=self.dtype, device=size.device)
    for i in range(0, rows, 256):
      n = min(256, rows - i)
      torch.mm(h[:n], head.t(), out=z[:n])
      torch.mm(z[:n], head, out=dh[:n])
    return list(found.values()) + [dh]          # without that libtorch would drop them all

  # The same by autograd, with dropout.
  def gradients_by_autograd(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor, labels: Tensor,
      weights: Tensor, dropout: Tensor, seed: Tensor, values: List[Tensor], ranks: Tensor, scales: Tensor, gradient: List[Tensor]) -> Tensor:
    s = self.surroundings(positions, bounds)
    blocks = self.blocks(values, ranks, scales, float(dropout))
    parts = self.lora(gradient[0], ranks, scales)
    lowest = self.lowest(ranks)
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
      found = autograd.block_gradient(dx, inputs.pop(), blocks[l], s)
      for k in range(4):
        gradient_a, gradient_c = found[1 + 2 * k], found[2 + 2 * k]
        if gradient_a is not None and gradient_c is not None:
          lora.accumulate(gradient_a, gradient_c, parts[4 * l + k])
      below = found[0]
      assert below is not None
      dx = below
    return losses

  # The lowest block that has LoRA: nothing below it needs a gradient.
  def lowest(self: __torch__.Program, ranks: Tensor) -> int:
    for i, rank in enumerate(ranks.unbind()):
      if int(rank) > 0:
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
