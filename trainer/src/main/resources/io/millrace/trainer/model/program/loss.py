# Negative log likelihood of labels under softmax(h E'), E [V, d] the output projection, never holding more than 128 rows of logits.

# h [N, d], labels [N]. Returns the losses [N], nats, float32.
def forward(h: Tensor, labels: Tensor, embedding: Tensor) -> Tensor:
  losses = annotate(List[Tensor], [])
  for i in range(0, h.size(0), 128):
    likelihoods = torch.log_softmax(torch.mm(h[i:i + 128], embedding.t()), 1)
    losses.append(-likelihoods.gather(1, labels[i:i + 128].unsqueeze(1)).to(6))
  return torch.cat(losses).view([-1])

# And dh [N, d] of sum(weights * losses). With z = h E', m its largest, e = exp(z - m) and s their sum:
#
#   loss = log s - (z[label] - m);   dh = weight ((e E) / s - E[label]).
#
# Logits and exponentials take turns in the same memory. The label's own term goes into the product, as p - 1 = expm1(-loss), since p near 1 would
# cancel after it.
def forward_and_gradient(h: Tensor, labels: Tensor, weights: Tensor, embedding: Tensor, free: List[Tensor]) -> Tuple[Tensor, Tensor]:
  losses = annotate(List[Tensor], [])
  gradients = annotate(List[Tensor], [])
  chunk = room.take(free, [min(128, h.size(0)), embedding.size(0)])
  for i in range(0, h.size(0), 128):
    label = labels[i:i + 128].unsqueeze(1)
    z = torch.mm(h[i:i + 128], embedding.t(), out=chunk[:label.size(0)])
    largest = z.amax([1], True)
    own = (z.gather(1, label) - largest).to(6)
    e = z.sub_(largest).exp_()
    total = e.sum([1], True, dtype=6)
    loss = total.log() - own
    e.scatter_(1, label, (torch.expm1(-loss) * total).to(e.dtype))
    losses.append(loss)
    gradients.append((torch.mm(e, embedding) * (weights[i:i + 128].unsqueeze(1) / total)).to(h.dtype))
  return (torch.cat(losses).view([-1]), torch.cat(gradients))

# Elements that it takes.
def size(rows: int, embedding: Tensor) -> int:
  return min(128, rows) * embedding.size(0)
