# Prompt tuning (https://arxiv.org/abs/2104.08691): the embeddings of virtual tokens are trained, "embedding.prompt" [virtual tokens, d].

def embedded(x: Tensor, tensors: Dict[str, Tensor]) -> Tensor:
  if "virtual.rows" not in tensors:
    return x
  return x.index_copy(0, tensors["virtual.rows"], room.repeated(tensors["embedding.prompt"], tensors["virtual.places"]))
