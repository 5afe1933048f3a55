# The same gradients by autograd, one block at a time: each block is run again on its saved input, and only its graph is alive. For what the
# written-out way back doesn't cover, and to check it.

# dx of a block and the gradients of A and C of its four linears; those of a linear without LoRA are absent.
def block_gradient(dy: Tensor, x: Tensor, w: block.Block, s: block.Surroundings) -> List[Optional[Tensor]]:
  leaf = x.detach().requires_grad_(True)
  qkv, o = autograd.watched(w.qkv), autograd.watched(w.o)
  gate_up, down = autograd.watched(w.gate_up), autograd.watched(w.down)
  watched = block.Block(w.input_norm, qkv, w.head_norm, o, w.middle_norm, gate_up, down, w.windowed)
  y, kept = block.forward(leaf, watched, s, None)
  leaves = [leaf]
  for m in [qkv, o, gate_up, down]:
    leaves += [m.a, m.c]
  return torch.grad([y], leaves, annotate(List[Optional[Tensor]], [dy]), None, False, True)

def watched(m: linear.Linear) -> linear.Linear:
  return linear.Linear(m.weight, m.bias, m.a.detach().requires_grad_(True), m.c.detach().requires_grad_(True), m.ranks, m.dropout)

# Losses [N] of the selected rows x [N, d] before the last norm, and dx of sum(weights * losses).
def head_gradient(x: Tensor, labels: Tensor, weights: Tensor, last_norm: Tensor, embedding: Tensor,
    epsilon: float) -> Tuple[Tensor, Tensor]:
  losses = annotate(List[Tensor], [])
  gradients = annotate(List[Tensor], [])
  for i in range(0, x.size(0), 128):
    leaf = x[i:i + 128].detach().requires_grad_(True)
    h, r = norm.forward(leaf, last_norm, epsilon)
    logits = torch.mm(h, embedding.t())
    likelihoods = torch.log_softmax(logits, 1, 6).gather(1, labels[i:i + 128].unsqueeze(1)).view([-1])
    dx = torch.grad([likelihoods], [leaf], annotate(List[Optional[Tensor]], [-weights[i:i + 128]]))[0]
    assert dx is not None
    losses.append(-likelihoods.detach())
    gradients.append(dx)
  return (torch.cat(losses), torch.cat(gradients))
