# A decoder (Llama, Mistral, Qwen2, Qwen3, GPT-2) with an adapter, as the methods that Java calls. This is TorchScript: libtorch compiles it.
# `linear.forward` is the function `forward` of the file linear.py beside this one; `hooks` is put together from the files in the folder methods, each
# of which has the functions of the hooks that its method needs. In the files' comments ' transposes; as dtype, 4 is int64, 6 float32, 15 bfloat16.
# All but a few numbers have the weights' type.
#
# A batch comes packed, T tokens of all its sequences in one row: ids [T], positions [T] of each token in its sequence, and bounds, as attention.py
# says. rows [N] are the tokens whose successors, labels [N], are to be predicted. Ids from the vocabulary's size on are virtual tokens, which an adapter
# puts in front. An adapter comes as tensors by name, as adapter.py says. LoRA's own training step takes it flat: one A [r, inputs], one B [outputs, r]
# and one scale per linear (q, k, v, o, gate, up, down of block 0, then of block 1, ...), float32; where a linear has no LoRA, r is 0.

class Program(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  weights : Dict[str, Tensor]    # by name: embedding, head, norm, frequencies, and per block "3.qkv.weight", ...
  dtype : int
  layers : int
  heads : int
  key_heads : int
  head_size : int
  middle : int                   # width of the feed-forward network
  epsilon : float
  attention_factor : float
  window : int                   # tokens that attention reaches back, itself included; 0: all
  windowed : List[int]           # per block, 1 where the window applies

  # Makes room for weights of the given names and shapes, which Java then fills.
  def allocate(self: __torch__.Program, dtype: Tensor, shapes: Dict[str, Tensor]) -> List[Tensor]:
    weights = annotate(List[Tensor], [])
    for name, shape in shapes.items():
      weight = torch.empty([int(size) for size in shape.unbind()], dtype=int(dtype), device=shape.device)
      self.weights[name] = weight
      weights.append(weight)
    return weights

  # The parameters of an adapter, four parts per block: qkv, o, gate_up, down.
  def lora(self: __torch__.Program, flat: Tensor, ranks: Tensor, scales: Tensor) -> List[lora.Lora]:
    d, f = self.weights["embedding"].size(1), self.middle
    q, k = self.heads * self.head_size, self.key_heads * self.head_size
    linears = [([q, k, k], d), ([d], q), ([f, f], d), ([d], f)] * self.layers
    return lora.split(flat, [int(rank) for rank in ranks.unbind()], [float(scale) for scale in scales.unbind()], linears)

  # Copies, float32, of weights by name: [first row, rows, columns] of each, where no columns means that it has one dimension.
  def read(self: __torch__.Program, parts: Dict[str, Tensor]) -> List[Tensor]:
    found = annotate(List[Tensor], [])
    for name, part in parts.items():
      row, rows, columns = int(part[0]), int(part[1]), int(part[2])
      weight = (self.weights[name] if name in self.weights else self.dequantised(name))[row:row + rows]
      found.append((weight if columns == 0 else weight[:, :columns]).to(6).contiguous().clone())
    return found

  # Bytes that the linears of the blocks take, however they are held, without their biases.
  def bytes_of_linears(self: __torch__.Program) -> Tensor:
    bytes = 0
    for name, weight in self.weights.items():
      if name.split(".")[0].isdigit() and ".weight" in name:
        bytes += weight.numel() * weight.element_size()
    return torch.tensor(bytes)

  # Embeddings [T, d] of tokens, float32.
  def embeddings(self: __torch__.Program, ids: Tensor) -> Tensor:
    return torch.embedding(self.weights["embedding"], ids).to(6)

  # Keys, rotated, and values that attention sees of one sequence, block by block, each [T, key heads D], float32.
  def keys_and_values(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor]) -> List[Tensor]:
    none = annotate(Dict[str, Tensor], {})
    s = self.surroundings(positions, bounds)
    found = annotate(List[Tensor], [])
    x = self.embed(ids, positions, none)
    for l in range(self.layers):
      x, kept = block.forward(x, self.block(l, none), s, None)
      for part in [kept[-1].k, kept[-1].v]:
        found.append(part.transpose(0, 1).reshape([part.size(1), -1]).to(6))
    return found

  # What an adapter's blocks use under these names.
  def derived(self: __torch__.Program, wanted: Dict[str, Tensor], tensors: Dict[str, Tensor]) -> Dict[str, Tensor]:
    derived = hooks.derive(tensors)
    found = annotate(Dict[str, Tensor], {})
    for name in wanted.keys():
      found[name] = derived[name]
    return found

  # What the adapter has in each block, then around the blocks. The rows of virtual tokens, and which these are, are put with it.
  def parts(self: __torch__.Program, ids: Tensor, derived: Dict[str, Tensor]) -> List[Dict[str, Tensor]]:
    tensors = derived.copy()
    if "virtual" in tensors:
      rows = torch.nonzero(ids >= self.weights["embedding"].size(0)).view([-1])
      tensors["virtual.rows"] = rows
      tensors["virtual.places"] = ids.index_select(0, rows) - self.weights["embedding"].size(0)
    return adapter.parts(tensors, self.layers)

  # Linears that share their input, by the name of what they are stacked to.
  def members(self: __torch__.Program, name: str) -> Tuple[List[str], List[int], int]:
    d, f = self.weights["embedding"].size(1), self.middle
    q, k = self.heads * self.head_size, self.key_heads * self.head_size
    if name == "o":
      return (["o"], [d], q)
    if name == "down":
      return (["down"], [d], f)
    if self.gpt2():
      return ([name], [3 * d if name == "qkv" else f], d)
    if name == "qkv":
      return (["q", "k", "v"], [q, k, k], d)
    return (["gate", "up"], [f, f], d)

  # A stack of linears that are held in NF4, such as "3.qkv.weight". Whoever asks lets go of it after its use.
  def dequantised(self: __torch__.Program, key: str) -> Tensor:
    block, name = key.split(".")[0], key.split(".")[1]
    members, outputs, inputs = self.members(name)
    weight = torch.empty([sum(outputs), inputs], dtype=self.dtype, device=self.head().device)
    pairs = nf4.pairs(self.weights["nf4.codes"]).to(self.dtype)
    row = 0
    for member, size in zip(members, outputs):
      own = block + "." + member + ".weight"
      q = nf4.Quantised(self.weights[own + ".codes"], self.weights[own + ".scales"], self.weights[own + ".largest"])
      nf4.dequantise(q, pairs, self.weights["nf4.scales"], weight[row:row + size])
      row += size
    return weight

  def linear(self: __torch__.Program, l: int, name: str, tensors: Dict[str, Tensor]) -> linear.Linear:
    key = str(l) + "." + name
    members, outputs, inputs = self.members(name)
    frozen = self.weights.get(key + ".weight")
    frozen = self.dequantised(key + ".weight") if frozen is None else frozen[:, :inputs]
    weight = adapter.stacked(".weight", frozen, members, outputs, self.gpt2(), tensors)
    assert weight is not None
    bias = adapter.stacked(".bias", self.weights.get(key + ".bias"), members, outputs, False, tensors)
    m = linear.Linear(name, members, outputs, weight, bias, tensors)
    hooks.prepare(m)
    return m

  # Whether positions are embedded, q, k and v are one linear, and the feed-forward network has no gate.
  def gpt2(self: __torch__.Program) -> bool:
    return "embedding.positions" in self.weights

  # The norm `name` of a block, "3.", or behind all of them, "".
  def norm(self: __torch__.Program, of: str, name: str, tensors: Dict[str, Tensor]) -> norm.Norm:
    bias = self.weights.get(of + name + ".bias")
    if bias is not None:
      bias = adapter.instead(name + ".bias", bias, tensors)
    return norm.Norm(adapter.instead(name, self.weights[of + name], tensors), bias)

  def head_norm(self: __torch__.Program, l: int, tensors: Dict[str, Tensor]) -> Optional[Tensor]:
    weight = self.weights.get(str(l) + ".head_norm")
    if weight is not None and ("q_norm" in tensors or "k_norm" in tensors):
      q = adapter.instead("q_norm", weight[0], tensors)
      k = adapter.instead("k_norm", weight[-1], tensors)
      weight = torch.cat([q.expand([self.heads, -1]), k.expand([self.key_heads, -1])])
    return weight

  def block(self: __torch__.Program, l: int, part: Dict[str, Tensor]) -> block.Block:
    tensors = adapter.cast(part, self.dtype)
    own = str(l) + "."
    return block.Block(
      self.norm(own, "input_norm", tensors),
      self.linear(l, "qkv", tensors),
      self.head_norm(l, tensors),
      self.linear(l, "o", tensors),
      self.norm(own, "middle_norm", tensors),
      self.linear(l, "up" if self.gpt2() else "gate_up", tensors),
      self.linear(l, "down", tensors),
      self.windowed[l] == 1,
      tensors)

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
    frequencies = self.weights.get("frequencies")
    if frequencies is None:
      frequencies = torch.empty([0], device=positions.device)
    cos, sin = rotary.angles(positions, frequencies, self.attention_factor, self.dtype)
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

  def embed(self: __torch__.Program, ids: Tensor, positions: Tensor, around: Dict[str, Tensor]) -> Tensor:
    tensors = adapter.cast(around, self.dtype)
    table = adapter.instead("embedding", self.weights["embedding"], tensors)
    known = ids.clamp_max(table.size(0) - 1) if "virtual" in tensors else ids
    x = hooks.embedded(torch.embedding(table, known), tensors)
    if self.gpt2():
      x = x + torch.embedding(adapter.instead("embedding.positions", self.weights["embedding.positions"], tensors), positions)
    return x

  # What is multiplied to give the logits: final hidden states x [N, d], normalised, and the output projection.
  def last(self: __torch__.Program, x: Tensor, around: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    tensors = adapter.cast(around, self.dtype)
    h = norm.normalised(x, self.norm("", "norm", tensors), self.epsilon)
    head = adapter.instead("head" if "head" in self.weights else "embedding", self.head(), tensors)
    return (hooks.unembedded(h, tensors), head)

  def hidden(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor,
      tensors: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    s = self.surroundings(positions, bounds)
    parts = self.parts(ids, hooks.derive(tensors))
    x = self.embed(ids, positions, parts[-1])
    for l in range(self.layers):
      x, kept = block.forward(x, self.block(l, parts[l]), s, None)
    return self.last(x.index_select(0, rows), parts[-1])

  # Logits [N, V], float32.
  def logits(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
    h, head = self.hidden(ids, positions, bounds, rows, tensors)
    return torch.mm(h, head.t()).to(6)

  # Losses [N] of the labels, float32.
  def losses(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], rows: Tensor, labels: Tensor,
      tensors: Dict[str, Tensor]) -> Tensor:
    h, head = self.hidden(ids, positions, bounds, rows, tensors)
    return loss.forward(h, labels, head)

  # The likeliest token after each sequence, then the likeliest after that, and so on: [sequences, n], with -1 once a sequence has ended, which it does
  # before the first token in `stop` and after limits [sequences] tokens. All sequences make up one bucket, which may follow one of what they share.
  def decode(self: __torch__.Program, ids: Tensor, positions: Tensor, bounds: List[Tensor], limits: Tensor, stop: Tensor,
      tensors: Dict[str, Tensor]) -> Tensor:
    derived = hooks.derive(tensors)
    parts = self.parts(ids, derived)
    blocks = annotate(List[block.Block], [])     # none of a base in NF4, whose blocks are made for each use
    for l in range(0 if "nf4.codes" in self.weights else self.layers):
      blocks.append(self.block(l, parts[l]))
    past_k = annotate(List[Tensor], [])
    past_v = annotate(List[Tensor], [])
    s = self.surroundings(positions, bounds)
    bucket = s.layout.buckets[-1]
    starts, own = bounds[-1][0, 1:], bounds[-1][1, 1:]
    lengths, t = own + bucket.prefix, bucket.prefix + bucket.length
    if self.gpt2():
      limits = torch.minimum(limits, self.weights["embedding.positions"].size(0) - lengths)
    most = int(limits.max())
    x = self.embed(ids, positions, parts[-1])
    for l in range(self.layers):
      x, kept = block.forward(x, blocks[l] if len(blocks) > 0 else self.block(l, parts[l]), s, None)
      past_k.append(torch.constant_pad_nd(kept[-1].k, [0, 0, 0, most]))
      past_v.append(torch.constant_pad_nd(kept[-1].v, [0, 0, 0, most]))
    x = x.index_select(0, starts + own - 1)
    found = torch.empty([lengths.size(0), 0], dtype=4, device=ids.device)
    around = self.parts(found.view([-1]), derived)[-1]      # without virtual tokens
    for i in range(most):
      h, head = self.last(x, around)
      token = torch.argmax(torch.mm(h, head.t()), 1)
      ended = (limits <= i) | torch.isin(token, stop)
      if i > 0:
        ended = ended | (found[:, i - 1] < 0)
      if bool(ended.all()):
        break
      found = torch.cat([found, torch.where(ended, -1, token).unsqueeze(1)], 1)
      # a name of its own: libtorch loses a tuple that a loop assigns anew
      next = self.surroundings(lengths + i, annotate(List[Tensor], []))
      masks = [attention.mask_of_next(lengths, t, t + i, t + most, self.key_heads, window, self.dtype) for window in [0, self.window]]
      x = self.embed(token, lengths + torch.clamp_max(limits - 1, i), around)
      for l in range(self.layers):
        w = blocks[l] if len(blocks) > 0 else self.block(l, parts[l])
        x, kept = block.forward(x, w, next, attention.Past(past_k[l], past_v[l], t + i, masks[self.windowed[l]]))
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
    for l in range(self.layers):
      for name in ["qkv", "o", "up" if self.gpt2() else "gate_up", "down"]:
        members, widths, inputs = self.members(name)
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

  # The same for any adapter, by autograd: adds to `gradient` those of the tensors of the same names. First each block's input is found, without a
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

  # The lowest block that has LoRA: nothing below it needs a gradient.
  def lowest(self: __torch__.Program, ranks: Tensor) -> int:
    for i, rank in enumerate(ranks.unbind()):
      if int(rank) > 0:
        return i // 7
    return self.layers

  # The optimiser's tensors are flat, and come as lists of one: libtorch takes AdamW on lists made here for a call without effect and drops it.

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
  # taken with this one, share of the average that stays.
  def update(self: __torch__.Program, values: List[Tensor], gradient: List[Tensor], first: List[Tensor], second: List[Tensor],
      average: List[Tensor], settings: Tensor) -> Tensor:
    gradient[0].mul_(settings[2])
    torch._fused_adamw_(values, gradient, first, second, annotate(List[Tensor], []), [settings[3].to(6)],
      lr=float(settings[0]), beta1=0.9, beta2=0.999, weight_decay=float(settings[1]), eps=1e-8, amsgrad=False, maximize=False)
    return average[0].lerp_(values[0], 1. - float(settings[4]))
