# Negative log likelihood of labels under softmax(h E'), E [V, d] the output projection, never holding more than 256 rows of logits, or 128 of each
# of several passes side by side: `chunk` is where these and their exponentials take turns.
#
# With z = h E', m its largest, e = exp(z - m), o the sum of e over all but the label, s = o + e[label]:
#
#   loss = log s - (z[label] - m);   dh = weight / s * e E,  where e[label] = -o.
#
# That's the softmax minus one at the label, without the cancellation when the label is likely.

class Softmax(NamedTuple):
  losses : Tensor        # [n] nats, float32
  e : Tensor             # [n, V]
  total : Tensor         # [n] s, float32

# e, in the place of z, and m [n, 1]: a few rows at a time, which stay in a processor's cache.
def exponentials(z: Tensor) -> Tuple[Tensor, Tensor]:
  largest = torch.empty([z.size(0), 1], dtype=z.dtype, device=z.device)
  rows = z.size(0) if z.is_cuda else 16
  for part, m in zip(z.split(rows), largest.split(rows)):
    part.sub_(torch.amax(part, [1], True, out=m)).exp_()
  return (z, largest)

def softmax(h: Tensor, labels: Tensor, embedding: Tensor, chunk: Tensor) -> loss.Softmax:
  place = torch.arange(labels.size(0), device=h.device) * embedding.size(0) + labels
  z = torch.mm(h, embedding.t(), out=chunk[:labels.size(0)])
  of_labels = z.view([-1]).index_select(0, place)
  e, largest = loss.exponentials(z)
  own = (of_labels - largest.view([-1])).to(6)
  e.view([-1]).index_fill_(0, place, 0)
  others = e.sum([1])
  e.view([-1]).index_copy_(0, place, -others)
  total = others.to(6) + own.exp()
  return loss.Softmax(total.log() - own, e, total)

# h [N, d], labels [N]. Returns the losses [N].
def forward(h: Tensor, labels: Tensor, embedding: Tensor, chunk: Tensor) -> Tensor:
  losses = annotate(List[Tensor], [])
  n = chunk.size(0)
  for i in range(0, h.size(0), n):
    losses.append(loss.softmax(h[i:i + n], labels[i:i + n], embedding, chunk).losses)
  return torch.cat(losses)

# And dh [N, d] of sum(weights * losses).
def forward_and_gradient(h: Tensor, labels: Tensor, weights: Tensor, embedding: Tensor, chunk: Tensor) -> Tuple[Tensor, Tensor]:
  losses = annotate(List[Tensor], [])
  dh = torch.empty_like(h)
  n = chunk.size(0)
  for i in range(0, h.size(0), n):
    s = loss.softmax(h[i:i + n], labels[i:i + n], embedding, chunk)
    losses.append(s.losses)
    part = dh[i:i + n]
    torch.mm(s.e, embedding, out=part)
    part.mul_((weights[i:i + n] / s.total).unsqueeze(1).to(h.dtype))
  return (torch.cat(losses), dh)

# Shape of the chunk, of one of so many passes.
def size(rows: int, passes: int, embedding: Tensor) -> List[int]:
  return [min(256 if passes == 1 else 128, rows), embedding.size(0)]
