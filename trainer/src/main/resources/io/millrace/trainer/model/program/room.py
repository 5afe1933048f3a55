# Where results go that the way back reads: one slab of memory that outlives the step. With memory of their own they'd take turns in the allocator with
# short-lived results of other sizes, which from step to step leaves it with ever more holes. `free` holds what is left of the slab; an empty list
# means that every result has memory of its own, which autograd needs.

def take(free: List[Tensor], shape: List[int]) -> Tensor:
  size = 1
  for length in shape:
    size *= length
  taken, free[0] = free[0].split_with_sizes([size, free[0].size(0) - size])
  return taken.view(shape)

def rows(free: List[Tensor], x: Tensor, index: Tensor) -> Tensor:
  return fused.gather(x, index, room.take(free, [index.size(0), x.size(1)])) if len(free) > 0 else room.repeated(x, index)

# Rows that may be asked for more than once, so that their gradients add up: always in the same order, which index_select's don't on a GPU.
def repeated(x: Tensor, index: Tensor) -> Tensor:
  return x[index] if x.is_cuda else x.index_select(0, index)
