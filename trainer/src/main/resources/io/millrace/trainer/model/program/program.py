# A decoder (Llama, Mistral, Qwen2, Qwen3, GPT-2) with an adapter, as the methods that Java calls. This is TorchScript: libtorch compiles it.
# `linear.forward` is the function `forward` of the file linear.py beside this one; `hooks` is put together from the files in the folder methods, each
# of which has the functions of the hooks that its method needs. In the files' comments ' transposes; as dtype, 4 is int64, 6 float32, 15 bfloat16.
# All but a few numbers have the weights' type.
#
# A batch comes packed, T tokens of all its sequences in one row: ids [T], positions [T] of each token in its sequence, and bounds, as attention.py
# says. rows [N] are the tokens whose successors, labels [N], are to be predicted. Ids from the vocabulary's size on are virtual tokens, which an adapter
# puts in front. An adapter comes as tensors by name, as adapter.py says. LoRA's own training step takes it flat: one A [r, inputs], one B [outputs, r]
# and one scale per linear (q, k, v, o, gate, up, down of block 0, then of block 1, ...), float32; where a linear has no LoRA, r is 0.
#
# Whatever is computed with lies on the model's device. What is read here as numbers (bounds, ranks, scales, limits, settings, shapes, ...) comes in host
# memory, since each number read from a GPU would wait for all of its work.

class Program(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  weights : Dict[str, Tensor]    # by name: embedding, head, norm, frequencies, and per block "3.qkv.weight", ...
  trained : Optional[trained_block.Trained]
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

  # Makes room for weights of the given names and shapes, which Java then fills. A matrix of a block lies at the start of "3.qkv.weight.space", whose rest is
  # for the columns that widened() adds, enough for rank 32: as long as nobody writes there, it takes no memory.
  def allocate(self: __torch__.Program, dtype: Tensor, shapes: Dict[str, Tensor]) -> List[Tensor]:
    weights = annotate(List[Tensor], [])
    for name, shape in shapes.items():
      sizes = [int(size) for size in shape.unbind()]
      if name.split(".")[0].isdigit() and len(sizes) == 2:
        space = torch.empty([sizes[0] * (sizes[1] + 96)], dtype=int(dtype), device=shape.device)
        weight = space[:sizes[0] * sizes[1]].view(sizes)
        self.weights[name + ".space"] = space
      else:
        weight = torch.empty(sizes, dtype=int(dtype), device=shape.device)
      self.weights[name] = weight
      weights.append(weight)
    return weights

  # All weights, from host memory, where they were allocated, to the device of `like`.
  def move(self: __torch__.Program, like: Tensor) -> Tensor:
    for name in list(self.weights.keys()):
      weight = self.weights[name]
      self.weights[name] = (weight[:0] if name.endswith(".space") else weight).to(like.device, weight.dtype)
    return like

  def copy(self: __torch__.Program, source: List[Tensor], target: List[Tensor]) -> Tensor:
    return target[0].copy_(source[0])

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
      if name.split(".")[0].isdigit() and ".weight" in name and not name.endswith(".space"):
        bytes += weight.numel() * weight.element_size()
    return torch.tensor(bytes, device=torch.device("cpu"))

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

  def surroundings(self: __torch__.Program, positions: Tensor, bounds: List[Tensor]) -> block.Surroundings:
    frequencies = self.weights.get("frequencies")
    if frequencies is None:
      frequencies = torch.empty([0], device=positions.device)
    cos, sin = rotary.angles(positions, frequencies, self.attention_factor, self.dtype)
    layout = attention.layout(bounds, positions.size(0), self.heads, self.key_heads, self.window, self.dtype, positions.device)
    return block.Surroundings(layout, cos, sin, self.epsilon)

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
