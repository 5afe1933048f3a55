  # The part of the class in program.py that trains and scores LoRA by blocks of its own, trained_block.py.

  # Takes up an adapter of this shape, on so many lanes: passes that run side by side have one each. Its values are put with put(), and settled with refresh();
  # what follows computes with them until another is taken up.
  def take_up(self: __torch__.Program, lanes: Tensor, size: Tensor, ranks: Tensor, scales: Tensor) -> Tensor:
    trained = self.trained
    if trained is None or len(trained.lanes) != int(lanes) or not torch.equal(trained.ranks, ranks) or not torch.equal(trained.scales, scales):
      self.trained = None
      own = torch.empty([1 + int(lanes), int(size)], dtype=self.dtype, device=self.head().device).unbind()
      blocks = [self.trained_blocks(own[0], gradient, ranks, scales) for gradient in own[1:]]
      self.trained = trained_block.Trained(ranks, scales, own[0], own[1:], blocks, annotate(List[trained_block.Pass], []))
      if "slab" not in self.weights:
        self.weights["slab"] = torch.empty([0], device=self.head().device)
    return ranks

  def taken_up(self: __torch__.Program) -> trained_block.Trained:
    trained = self.trained
    assert trained is not None
    return trained

  # Values from this place on.
  def put(self: __torch__.Program, place: Tensor, values: List[Tensor]) -> Tensor:
    start = int(place)
    self.taken_up().values[start:start + values[0].size(0)].copy_(values[0])
    return place

  # Each lane's share of the blocks.
  def refresh(self: __torch__.Program, lane: Tensor) -> Tensor:
    lanes = self.taken_up().lanes
    for w in lanes[0][int(lane)::len(lanes)]:
      trained_block.refresh(w)
    return lane

  # Lays out one of the passes that are to run side by side, lane by lane, before any of them runs: each gets its room in the slab behind those before it.
  # kept: whether a way back follows that reads what all blocks keep; else each block's results take the place of those before.
  def lay_out(self: __torch__.Program, lane: Tensor, lanes: Tensor, kept: Tensor, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor,
      labels: Tensor) -> Tensor:
    passes = self.taken_up().passes
    if int(lane) == 0:
      passes.clear()
    s = self.surroundings(positions, bounds)
    chunk = loss.size(rows.size(0), int(lanes), self.head())
    size = chunk[0] * chunk[1]
    for w in self.taken_up().lanes[0]:       # not by sum(), which adds in 32 bits
      own = trained_block.size(w, s.layout, ids.size(0))
      size = size + own if int(kept) != 0 else max(size, own)
    start = 0 if len(passes) == 0 else passes[-1].start + passes[-1].size
    passes.append(trained_block.Pass(ids, rows, labels, s, int(kept) != 0, chunk, start, size))
    if self.weights["slab"].size(0) < start + size:
      self.weights["slab"] = torch.empty([0], device=self.head().device)      # the old one goes first
      self.weights["slab"] = torch.empty([start + size], dtype=self.dtype, device=self.head().device)
    return lane

  def slab(self: __torch__.Program, p: trained_block.Pass) -> Tensor:
    return self.weights["slab"][p.start:p.start + p.size]

  # The training step's forward and backward of the pass on this lane: returns the losses, and leaves the gradient of sum(weights * losses) for
  # add_gradients(). What the way back reads is kept, or only the blocks' inputs: then each block runs forward once more before its way back.
  def gradients(self: __torch__.Program, lane: Tensor, weights: Tensor) -> Tensor:
    p = self.taken_up().passes[int(lane)]
    blocks = self.taken_up().lanes[int(lane)]
    lowest = self.lowest()
    slab = self.slab(p)
    free = [slab]
    inputs = annotate(List[Tensor], [])
    saved = annotate(List[trained_block.Saved], [])
    x = torch.embedding(self.weights["embedding"], p.ids)
    for l in range(self.layers):
      if not p.kept:
        free = [slab]
        x = x.clone()
        inputs.append(x)
      x, kept = trained_block.forward(x, blocks[l], p.s, free, self.rows_of(l, p.rows))
      if l >= lowest and p.kept:
        saved.append(kept)
    if not p.kept:
      free = [slab]
      x = x.clone()
    h, r = norm.forward(x, self.weights["norm"], self.epsilon)
    losses, dh = loss.forward_and_gradient(h, p.labels, weights, self.head(), room.take(free, p.chunk))
    dx = fused.norm_gradient(dh, x, self.weights["norm"], r, None)
    for l in range(self.layers - 1, lowest - 1, -1):
      if not p.kept:
        y, kept = trained_block.forward(inputs.pop(), blocks[l], p.s, [slab], self.rows_of(l, p.rows))
        saved.append(kept)
      dx = trained_block.gradient(dx, saved.pop(), blocks[l], p.s, self.rows_of(l, p.rows), l == lowest)
    return losses

  # Adds what passes on the first so many lanes have left to `gradient`, in their order.
  def add_gradients(self: __torch__.Program, lanes: Tensor, gradient: List[Tensor]) -> Tensor:
    for own in self.taken_up().gradients[:int(lanes)]:
      fused.accumulate(own, gradient[0])
    return lanes

  # The losses alone, as losses() gives them, of an adapter that has nothing but LoRA, or of none, where all ranks are 0.
  def losses_of_lora(self: __torch__.Program, lane: Tensor) -> Tensor:
    p = self.taken_up().passes[int(lane)]
    slab = self.slab(p)
    x = torch.embedding(self.weights["embedding"], p.ids)
    for l, w in enumerate(self.taken_up().lanes[int(lane)]):
      x, kept = trained_block.forward(x.clone(), w, p.s, [slab], self.rows_of(l, p.rows))
    h, r = norm.forward(x, self.weights["norm"], self.epsilon)
    return loss.forward(h, p.labels, self.head(), room.take([slab], p.chunk))

  # Whose results of block l matter: of the last one, only those of tokens with a loss.
  def rows_of(self: __torch__.Program, l: int, rows: Tensor) -> Optional[Tensor]:
    return rows if l == self.layers - 1 else None

  # The lowest block that has LoRA: nothing below it needs a gradient.
  def lowest(self: __torch__.Program) -> int:
    for i, rank in enumerate(self.taken_up().ranks.unbind()):
      if int(rank) > 0:
        return i // 7
    return self.layers

  def trained_blocks(self: __torch__.Program, values: Tensor, gradient: Tensor, ranks: Tensor, scales: Tensor) -> List[trained_block.TrainedBlock]:
    parts = self.lora(values, ranks, scales)
    gradients = self.lora(gradient, ranks, scales)
    blocks = annotate(List[trained_block.TrainedBlock], [])
    for l in range(self.layers):
      i, name = 4 * l, str(l)
      blocks.append(trained_block.TrainedBlock(
        self.weights[name + ".input_norm"],
        self.trained_linear(name + ".qkv", parts[i], gradients[i]),
        self.weights.get(name + ".head_norm"),
        self.trained_linear(name + ".o", parts[i + 1], gradients[i + 1]),
        self.weights[name + ".middle_norm"],
        self.trained_linear(name + ".gate_up", parts[i + 2], gradients[i + 2]),
        self.trained_linear(name + ".down", parts[i + 3], gradients[i + 3]),
        self.windowed[l] == 1))
    return blocks

  # C goes into the weight's last columns: a scratch area that every call writes anew.
  def trained_linear(self: __torch__.Program, name: str, l: lora.Lora, gradient: lora.Lora) -> trained_linear.TrainedLinear:
    inputs, columns = l.a.size(1), l.a.size(0) + l.a.size(1)
    weight = self.weights[name + ".weight"][:, :columns]
    c = lora.diagonal(weight[:, inputs:].zero_(), l.b)
    return trained_linear.TrainedLinear(weight, self.weights.get(name + ".bias"), l.a, l.b, c, gradient)

  # Gives the weights as many columns as LoRA of these ranks needs, behind their own.
  def widen(self: __torch__.Program, ranks: Tensor) -> Tensor:
    of_each = [int(rank) for rank in ranks.unbind()]
    for l in range(self.layers):
      for name in ["qkv", "o", "gate_up", "down"]:
        members, outputs, inputs = self.members(name)
        self.widen_one(str(l) + "." + name + ".weight", inputs, inputs + sum(of_each[:len(members)]))
        of_each = of_each[len(members):]
    return ranks

  # The weight is laid out anew in its space, if that is large enough. With new memory for each, the allocator would be left with holes as large as the weights.
  def widen_one(self: __torch__.Program, name: str, inputs: int, columns: int) -> None:
    weight = self.weights[name]
    rows = weight.size(0)
    if weight.size(1) < columns:
      self.trained = None
      own = weight[:, :inputs].clone()
      space = self.weights[name + ".space"]
      if space.size(0) < rows * columns:
        space = torch.empty([rows * columns], dtype=own.dtype, device=own.device)
        self.weights[name + ".space"] = space
      wider = space[:rows * columns].view([rows, columns])
      wider[:, :inputs].copy_(own)
      self.weights[name] = wider

  # The parameters of an adapter, four parts per block: qkv, o, gate_up, down.
  def lora(self: __torch__.Program, flat: Tensor, ranks: Tensor, scales: Tensor) -> List[lora.Lora]:
    d, f = self.weights["embedding"].size(1), self.middle
    q, k = self.heads * self.head_size, self.key_heads * self.head_size
    linears = [([q, k, k], d), ([d], q), ([f, f], d), ([d], f)] * self.layers
    return lora.split(flat, [int(rank) for rank in ranks.unbind()], [float(scale) for scale in scales.unbind()], linears)
