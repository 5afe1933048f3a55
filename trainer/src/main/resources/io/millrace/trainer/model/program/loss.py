# Negative log likelihood of labels under softmax(h E'), E [V, d] the output projection, never holding more than 128 rows of logits.

# h [N, d], labels [N]. Returns the losses [N], nats, float32.
def forward(h: Tensor, labels: Tensor, embedding: Tensor) -> Tensor:
  losses = annotate(List[Tensor], [])
  for i in range(0, h.size(0), 128):
    likelihoods = torch.log_softmax(torch.mm(h[i:i + 128], embedding.t()), 1)
    losses.append(-likelihoods.gather(1, labels[i:i + 128].unsqueeze(1)).to(6))
  return torch.cat(losses).view([-1])

# And dh [N, d] of sum(weights * losses):  dh = weight (softmax(h E') - onehot(label)) E.
def forward_and_gradient(h: Tensor, labels: Tensor, weights: Tensor, embedding: Tensor) -> Tuple[Tensor, Tensor]:
  losses = annotate(List[Tensor], [])
  gradients = annotate(List[Tensor], [])
  for i in range(0, h.size(0), 128):
    likelihoods = torch.log_softmax(torch.mm(h[i:i + 128], embedding.t()), 1)
    label = labels[i:i + 128]
    row = torch.arange(label.size(0))
    own = likelihoods[row, label].to(6)
    dz = likelihoods.exp_()
    dz[row, label] = torch.expm1(own).to(dz.dtype)      # p - 1, without the cancellation that p near 1 would suffer
    losses.append(-own)
    gradients.append((torch.mm(dz, embedding) * weights[i:i + 128].unsqueeze(1)).to(h.dtype))
  return (torch.cat(losses), torch.cat(gradients))
