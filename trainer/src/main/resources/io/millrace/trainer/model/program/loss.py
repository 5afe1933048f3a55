# Negative log likelihood of labels under softmax(h E'), E [V, d] the output projection, never holding more than 256 rows of logits.

# h [N, d], labels [N]. Returns the losses [N], nats, float32.
def forward(h: Tensor, labels: Tensor, embedding: Tensor) -> Tensor:
  losses = annotate(List[Tensor], [])
  for i in range(0, h.size(0), 256):
    likelihoods = torch.log_softmax(torch.mm(h[i:i + 256], embedding.t()), 1)
    losses.append(-likelihoods.gather(1, labels[i:i + 256].unsqueeze(1)).to(6))
  return torch.cat(losses).view([-1])

# And dh [N, d] of sum(weights * losses). With z = h E', m its largest, e = exp(z - m), o the sum of e over all but the label, s = o + e[label]:
#
#   loss = log s - (z[label] - m);   dh = weight / s * e E,  where e[label] = -o.
#
# That's the softmax minus one at the label, without the cancellation when the label is likely. Logits and exponentials take turns in the same memory.
def forward_and_gradient(h: Tensor, labels: Tensor, weights: Tensor, embedding: Tensor, free: List[Tensor]) -> Tuple[Tensor, Tensor]:
  losses = annotate(List[Tensor], [])
  dh = torch.empty_like(h)
  chunk = room.take(free, [min(256, h.size(0)), embedding.size(0)])
  for i in range(0, h.size(0), 256):
    label = labels[i:i + 256]
    place = torch.arange(label.size(0), device=h.device) * embedding.size(0) + label
    z = torch.mm(h[i:i + 256], embedding.t(), out=chunk[:label.size(0)])
    largest = z.amax([1], True)
    own = (z.view([-1]).index_select(0, place) - largest.view([-1])).to(6)
    e = z.sub_(largest).exp_()
    e.view([-1]).index_fill_(0, place, 0)
    others = e.sum([1])
    e.view([-1]).index_copy_(0, place, -others)
    total = others.to(6) + own.exp()
    losses.append(total.log() - own)
    part = dh[i:i + 256]
    torch.mm(e, embedding, out=part)
    part.mul_((weights[i:i + 256] / total).unsqueeze(1).to(h.dtype))
  return (torch.cat(losses), dh)

# Elements that it takes.
def size(rows: int, embedding: Tensor) -> int:
  return min(256, rows) * embedding.size(0)
