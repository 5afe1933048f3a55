  # The part of the class in program.py that scores and decodes.

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
    return loss.forward(h, labels, head, torch.empty(loss.size(rows.size(0), 1, head), dtype=h.dtype, device=h.device))

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
    ends, lengths, limits = (starts + own - 1).to(ids.device, 4), lengths.to(ids.device, 4), limits.to(ids.device, 4)
    x = self.embed(ids, positions, parts[-1])
    for l in range(self.layers):
      x, kept = block.forward(x, blocks[l] if len(blocks) > 0 else self.block(l, parts[l]), s, None)
      past_k.append(torch.constant_pad_nd(kept[-1].k, [0, 0, 0, most]))
      past_v.append(torch.constant_pad_nd(kept[-1].v, [0, 0, 0, most]))
    x = x.index_select(0, ends)
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
