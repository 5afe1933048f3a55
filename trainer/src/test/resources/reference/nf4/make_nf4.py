#!/usr/bin/env python3
"""What bitsandbytes makes of weights in NF4 with double quantisation. pip install torch safetensors bitsandbytes==0.50.2; CPU is enough.

usage: make_nf4.py [OUT]     writes OUT/nf4.safetensors (this file's folder if left out), for each case NAME:

NAME.weight        [rows, columns] float32
NAME.codes         [n / 2] packed codes, as int32
NAME.scales        [n / 64] the blocks' scales in 8 bits, as int32
NAME.largest       [n / 64 / 256] of each 256 blocks
NAME.mean          [1] of the blocks' scales
NAME.dequantised   [rows, columns] float32, from these (its own kernel for CPUs goes wrong where rows are shorter than blocks)
"""
import sys
from pathlib import Path
import torch
from bitsandbytes.functional import quantize_4bit
from safetensors.torch import save_file

g = torch.Generator().manual_seed(1)
heavy = torch.randn(200, 200, generator=g) * torch.rand(200, 1, generator=g).exp() * 0.02
heavy[3] = 0
cases = {
    "small": torch.randn(10, 13, generator=g),
    "square": torch.randn(80, 32, generator=g) * 0.05,
    "heavy": heavy,
    "bfloat16": (torch.randn(48, 256, generator=g) * 0.02).bfloat16().float(),
}


def dequantised(weight, codes, state):
    scales = state.state2.code[state.absmax.view(-1).long()] * state.state2.absmax.repeat_interleave(256)[:state.absmax.numel()] + state.offset
    values = state.code[torch.stack([codes.view(-1) >> 4, codes.view(-1) & 15], 1).view(-1).long()]
    return (values * scales.repeat_interleave(64)[:values.numel()]).view(weight.shape)


tensors = {}
for name, weight in cases.items():
    codes, state = quantize_4bit(weight, blocksize=64, compress_statistics=True, quant_type="nf4")
    tensors |= {
        f"{name}.weight": weight,
        f"{name}.codes": codes.view(-1).int(),
        f"{name}.scales": state.absmax.view(-1).int(),
        f"{name}.largest": state.state2.absmax.view(-1).float(),
        f"{name}.mean": state.offset.view(1).float(),
        f"{name}.dequantised": dequantised(weight, codes, state),
    }
save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, (Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent) / "nf4.safetensors")
