"""Runs the model's program, given as a file, on a GPU that is only pretended: tensors that are there have a shape, a type and a device, but no values.

An operation between the two sides, or a number read from the GPU, fails. What is copied between them is listed by size, and has to be what is expected.
"""

import sys

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

GPU = torch.device("cuda", 0)
fake = FakeTensorMode(allow_non_fake_inputs=True)
torch.cuda._lazy_init = lambda: None
torch._C._jit_set_profiling_executor(False)
torch._C._jit_set_texpr_fuser_enabled(False)
torch._C._jit_override_can_fuse_on_cpu(False)
torch._C._jit_override_can_fuse_on_gpu(False)


def without_out(operation):
    """The same operation with a result of its own; and what the argument to write to is called, if there is one."""
    written = [a.name for a in operation._schema.arguments if a.is_out]
    if not written:
        return operation, None

    def inputs(one):
        return [(a.name, str(a.type)) for a in one._schema.arguments if not a.is_out]

    packet = operation.overloadpacket
    overloads = [getattr(packet, name) for name in packet.overloads()]
    plain = [o for o in overloads if not any(a.is_out for a in o._schema.arguments) and inputs(o) == inputs(operation)]
    return plain[0], written[0]


class PretendedGpu(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.copies = []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        given = tree_flatten((args, kwargs))[0]
        tensors = [x for x in given if isinstance(x, torch.Tensor)]
        if not any(isinstance(x, FakeTensor) for x in tensors) and GPU not in [x for x in given if isinstance(x, torch.device)]:
            return operation(*args, **kwargs)
        args, kwargs = tree_map(lambda x: fake.from_tensor(x) if isinstance(x, torch.Tensor) and not isinstance(x, FakeTensor) else x, (args, kwargs))
        operation, written = without_out(operation)
        out = kwargs.pop(written, None)
        with fake:
            found = operation(*args, **kwargs)
        for one in tree_flatten(found)[0]:
            if isinstance(one, torch.Tensor) and any(one.device != x.device and x.dim() > 0 for x in tensors):
                self.copies.append((str(one.device), tuple(one.shape)))
        if out is not None:
            assert found.device == out.device and found.shape == out.shape, (operation, found, out)
            found = out
        return found

    def expect(self, what, device, shapes):
        assert self.copies == [(device, shape) for shape in shapes], (what, self.copies)
        print(what, "copies to", device, shapes)
        self.copies.clear()


def there(*shape, dtype=torch.float):
    return torch.empty(shape, dtype=dtype, device=GPU)


def packed(sequences, length):
    tokens = sequences * length
    bounds = torch.zeros([2, 1 + sequences], dtype=torch.long)
    bounds[0, 1:] = torch.arange(0, tokens, length)
    bounds[1, 1:] = length
    return there(tokens, dtype=torch.long), there(tokens, dtype=torch.long), [bounds]


def step(model, gpu):
    d, heads, key_heads, size, f, vocabulary, layers = 32, 4, 2, 8, 48, 128, 2
    q, kv = heads * size, key_heads * size
    shapes = {"embedding": [vocabulary, d], "norm": [d], "frequencies": [size // 2]}
    for l in range(layers):
        shapes |= {f"{l}.input_norm": [d], f"{l}.qkv.weight": [q + 2 * kv, d], f"{l}.o.weight": [d, q]}
        shapes |= {f"{l}.middle_norm": [d], f"{l}.gate_up.weight": [2 * f, d], f"{l}.down.weight": [d, f]}
    model.allocate(torch.tensor([6]), {name: torch.tensor(shape) for name, shape in shapes.items()})
    model.move(there(0))
    assert len(gpu.copies) >= len(shapes) and {device for device, shape in gpu.copies} == {str(GPU)}, gpu.copies
    gpu.copies.clear()

    sequences, length = 2, 16
    tokens = sequences * length
    ids, positions, bounds = packed(sequences, length)
    rows, labels, weights = there(10, dtype=torch.long), there(10, dtype=torch.long), there(10)
    widths = [(q, d), (kv, d), (kv, d), (d, q), (f, d), (f, d), (d, f)]
    values = layers * sum(2 * (outputs + inputs) for outputs, inputs in widths)
    flat = [there(values) for i in range(5)]
    ranks, scales = torch.full([7 * layers], 2), torch.full([7 * layers], 2.0)
    queries, keys = tokens * heads, tokens * key_heads
    padding = (sequences * key_heads, heads // key_heads * length, 1)
    layout = [(queries,), (queries + keys,), (keys,), padding, (queries,), (queries + 2 * keys,)]
    model.widen(ranks)
    model.take_up(torch.tensor([1]), torch.tensor([values]), ranks, scales)
    model.put(torch.tensor([0]), flat[:1])
    lane, lanes = torch.tensor([0]), torch.tensor([1])
    model.refresh(lane)
    for kept in [1, 0]:
        model.lay_out(lane, lanes, torch.tensor([kept]), ids, positions, bounds, rows, labels)
        losses = model.gradients(lane, weights)
        assert losses.device == GPU
        model.add_gradients(lanes, flat[1:2])
        gpu.expect("gradients", str(GPU), layout)
    model.lay_out(lane, lanes, torch.tensor([1]), *packed(4000, 256), rows, labels)      # more than 2^31 results are kept for the way back
    assert model.gradients(lane, weights).device == GPU
    gpu.copies.clear()
    assert model.gradient_norm(flat[1:2]).device == GPU
    settings = torch.tensor([1e-3, 0, 1, 1, 0.9], dtype=torch.double)
    model.update(flat[:1], flat[1:2], flat[2:3], flat[3:4], flat[4:], settings)
    model.clear(flat[1:2])
    gpu.expect("update", str(GPU), [])
    assert model.losses(ids, positions, bounds, rows, labels, {"none": there(1)}).device == GPU
    gpu.expect("losses", str(GPU), layout[:-1])      # the last one is for the way back
    model.copy(flat[4:], [torch.empty([values])])


with torch.no_grad(), PretendedGpu() as gpu:
    step(torch.jit.load(sys.argv[1]), gpu)
