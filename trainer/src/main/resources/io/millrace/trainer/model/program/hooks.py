# Where a method changes the forward pass. A file in the folder methods has the functions that its method needs of those below, under the same names
# and with the same arguments. A line that begins with EACH stands, for each such file NAME, for
#
#   if "NAME" in TENSORS: ...
#
# so that a method which an adapter doesn't use costs one look-up.

# Before anything else: what blocks use is made of what is trained (encoders). Returns the adapter with it; may put it into the dictionary given.
def derive(tensors: Dict[str, Tensor]) -> Dict[str, Tensor]:
  derived = tensors.copy()
  EACH tensors: METHOD.derive(derived)
  return derived

# When a block is set up: what is the same for all tokens may be put into m.adapter.
def prepare(m: linear.Linear) -> None:
  EACH m.adapter: METHOD.prepare(m)

# x [T, d] of the embeddings. Virtual tokens stand in the rows tensors["virtual.rows"], the tensors["virtual.places"]-th of them in each.
def embedded(x: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  EACH tensors: x = METHOD.embedded(x, tensors)
  return x

# What a linear reads, h [T, inputs].
def inputs(h: Tensor, m: linear.Linear) -> Tensor:
  EACH m.adapter: h = METHOD.inputs(h, m)
  return h

# What a linear gives, y [T, outputs], its bias included.
def outputs(y: Tensor, h: Tensor, m: linear.Linear) -> Tensor:
  EACH m.adapter: y = METHOD.outputs(y, h, m)
  return y

# Queries and keys qk [T, heads + key heads, D], rotated, and q|k|v [T, (heads + 2 key heads) D], of which only v is read from here on.
def keys_and_values(qk: Tensor, qkv: Tensor, layout: attention.Layout, tensors: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
  EACH tensors: qk, qkv = METHOD.keys_and_values(qk, qkv, layout, tensors)
  return (qk, qkv)

# The same right before attention, and of tokens that are decoded too, as `later` says: among these are no virtual ones. h [T, d] is what attention
# reads. Heads may come out of it with other channels, D', which the next hook takes back.
def attending(qk: Tensor, qkv: Tensor, h: Tensor, layout: attention.Layout, later: bool, tensors: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
  EACH tensors: qk, qkv = METHOD.attending(qk, qkv, h, layout, later, tensors)
  return (qk, qkv)

# What attention makes of it, y [T, heads D'], back in [T, heads D].
def mixed(y: Tensor, h: Tensor, layout: attention.Layout, tensors: Dict[str, Tensor]) -> Tensor:
  EACH tensors: y = METHOD.mixed(y, h, layout, tensors)
  return y

# What attention, y [T, d], adds to the residual stream; h [T, d] is what it read.
def attended(y: Tensor, h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  EACH tensors: y = METHOD.attended(y, h, tensors)
  return y

# The same of the feed-forward network.
def fed_forward(y: Tensor, h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  EACH tensors: y = METHOD.fed_forward(y, h, tensors)
  return y

# Before the output projection, h [N, d].
def unembedded(h: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  EACH tensors: h = METHOD.unembedded(h, tensors)
  return h

# In an optimiser step, before AdamW: adds to `gradient`, by the names of `tensors`, what doesn't come from losses.
def penalise(tensors: Dict[str, Tensor], gradient: Dict[str, Tensor]) -> None:
  EACH tensors: METHOD.penalise(tensors, gradient)

# After AdamW, `step` steps having been taken: may change `tensors` in place.
def settle(step: int, tensors: Dict[str, Tensor], gradient: Dict[str, Tensor]) -> None:
  EACH tensors: METHOD.settle(step, tensors, gradient)
