# Rotary position embedding (https://arxiv.org/abs/2104.09864) in Hugging Face's layout: channel i of a head turns with channel i + D/2.
# x [T, heads, D]; cos and sin [T, 1, D], the first half of sin negated, so that rotating is x cos + swap(x) sin, where swap exchanges the halves.

def angles(positions: Tensor, frequencies: Tensor, factor: float, dtype: int) -> Tuple[Tensor, Tensor]:
  angle = (positions.unsqueeze(1) * frequencies).unsqueeze(1)
  cos = torch.cos(angle) * factor
  sin = torch.sin(angle) * factor
  return (torch.cat([cos, cos], -1).to(dtype), torch.cat([-sin, sin], -1).to(dtype))

def forward(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
  return torch.addcmul(x * cos, torch.roll(x, [x.size(-1) // 2], [-1]), sin)

# The transpose of the rotation:  dx = dy cos + swap(dy sin), in the place of dy.
def gradient(dy: Tensor, cos: Tensor, sin: Tensor) -> None:
  torch.addcmul(torch.roll(dy * sin, [dy.size(-1) // 2], [-1]), dy, cos, out=dy)
