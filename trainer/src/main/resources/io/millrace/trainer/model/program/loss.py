# Negative log likelihood of labels under softmax(h E'), E [V, d] the output projection, never holding more than 256 rows of logits, or 128 of each
# of several passes side by side: `chunk` is where these and their exponentials take turns.
#
# With z = h E', m its largest, e = exp(z - m), o the sum of e over all but the label, s = o + e[label]:
#
#   loss = log s - (z[label] - m);   dh = weight / s * e E,  where e[label] = -o.
#
# That's the softmax minus one at the label, without the cancellation when the label is likely.

# Losses [n] in nats and s [n], both float32, and e [n, V] in the chunk.
def softmax(h: Tensor, labels: Tensor, embedding: Tensor, chunk: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
  z = torch.mm(h, embedding.t(), out=chunk[:labels.size(0)])
  losses, totals = fused.cross_entropy(z, labels)
  return (losses, totals, z)

# h [N, d], labels [N]. Returns the losses [N].
def forward(h: Tensor, labels: Tensor, embedding: Tensor, chunk: Tensor) -> Tensor:
  losses = annotate(List[Tensor], [])
  n = chunk.size(0)
  for i in range(0, h.size(0), n):
    found, totals, e = loss.softmax(h[i:i + n], labels[i:i + n], embedding, chunk)
    losses.append(found)
  return torch.cat(losses)

# And dh [N, d] of sum(weights * losses).
def forward_and_gradient(h: Tensor, labels: Tensor, weights: Tensor, embedding: Tensor, chunk: Tensor) -> Tuple[Tensor, Tensor]:
  losses = annotate(List[Tensor], [])
  dh = torch.empty_like(h)
  n = chunk.size(0)
  for i in range(0, h.size(0), n):
    found, totals, e = loss.softmax(h[i:i + n], labels[i:i + n], embedding, chunk)
    losses.append(found)
    part = dh[i:i + n]
    torch.mm(e, embedding, out=part)
    part.mul_((weights[i:i + n] / totals).unsqueeze(1).to(h.dtype))
  return (torch.cat(losses), dh)

# Shape of the chunk, of one of so many passes.
def size(rows: int, passes: int, embedding: Tensor) -> List[int]:
  return [min(256 if passes == 1 else 128, rows), embedding.size(0)]
