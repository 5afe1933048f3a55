#!/usr/bin/env python3
"""Writes the GGUF fixtures, with numpy, safetensors and gguf 0.19 installed.

usage: make_gguf.py REFERENCE [--seed N]     writes REFERENCE/gguf

types.gguf, types.safetensors   a tensor [3, 256] of every supported type, and its values by gguf's own dequantiser: row 0 has random
                                bytes, row 1 the largest and smallest codes with subnormal and negative scales, row 2 zero scales;
                                metadata of every value type
tiny-*.gguf                     models of the reference folder, named and permuted as llama.cpp's convert_hf_to_gguf.py does it"""
import argparse, json, math
from pathlib import Path
import numpy as np
from gguf import GGMLQuantizationType as Q, GGUFValueType as V, GGUFWriter, quants
from safetensors.numpy import load_file, save_file

arguments = argparse.ArgumentParser()
arguments.add_argument("reference", type=Path, help="what make_reference.py wrote")
arguments.add_argument("--seed", type=int, default=7)
arguments = arguments.parse_args()
OUT = arguments.reference / "gguf"
# type: bytes of a block of 256 or 32 values, and where its float16 scales lie
BLOCKS = {Q.Q4_0: (18, [0]), Q.Q4_1: (20, [0, 2]), Q.Q5_0: (22, [0]), Q.Q5_1: (24, [0, 2]), Q.Q8_0: (34, [0]),
          Q.Q4_K: (144, [0, 2]), Q.Q5_K: (176, [0, 2]), Q.Q6_K: (210, [208])}


def blocks(rng, kind):
    size, scales = BLOCKS[kind]
    rows = rng.integers(0, 256, (3, 256 // (256 if size > 100 else 32), size), dtype=np.uint8)
    half = lambda values: np.frombuffer(np.asarray(values, np.float16).tobytes(), np.uint8)
    rows[1] = [0x00 if i % 2 else 0xFF for i in range(size)]
    for row in range(3):
        for block in range(rows.shape[1]):
            for at in scales:
                value = [rng.normal(0, 0.1), [6e-8, -3e-5][block % 2], 0.0][row]
                rows[row, block, at:at + 2] = half([value])
    return rows.reshape(3, -1)


def write_types():
    rng = np.random.default_rng(arguments.seed)
    writer = GGUFWriter(OUT / "types.gguf", "types")
    for name, kind, value in [("u8", V.UINT8, 255), ("i8", V.INT8, -128), ("u16", V.UINT16, 65535), ("i16", V.INT16, -32768), ("u32", V.UINT32, 2**32 - 1),
                              ("i32", V.INT32, -2**31), ("f32", V.FLOAT32, 0.5), ("bool", V.BOOL, True), ("string", V.STRING, "Zürich 🙂"),
                              ("u64", V.UINT64, 2**64 - 1), ("i64", V.INT64, -2**63), ("f64", V.FLOAT64, 0.1)]:
        writer.add_key_value("test." + name, value, kind)
    writer.add_array("test.strings", ["a", "", "ß"])
    writer.add_array("test.ints", [3, -1])
    expected = {}
    plain = np.array([0, -0.0, 1, -1, 6e-8, -3e-5, 65504, 0.1], np.float32)
    plain = np.concatenate([plain, rng.normal(size=760).astype(np.float32)]).reshape(3, 256)
    for kind in (Q.F32, Q.F16, Q.BF16):
        data = quants.quantize(plain, kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = quants.dequantize(data, kind)
    for kind in BLOCKS:
        data = blocks(rng, kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = quants.dequantize(data, kind).reshape(3, 256)
    finish(writer)
    save_file({name: np.ascontiguousarray(values, np.float32) for name, values in expected.items()}, OUT / "types.safetensors")


MODULES = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
           "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
           "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
OUTSIDE = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}


def permute(weights, heads):
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def llama3_divisors(rope, dim):
    low, high, old = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    divisors = []
    for freq in 1.0 / rope["rope_theta"] ** (np.arange(0, dim, 2) / dim):
        wavelength = 2 * math.pi / freq
        smooth = (old / wavelength - low) / (high - low)
        divisors.append(1 if wavelength < old / high else rope["factor"] if wavelength > old / low else 1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(divisors, np.float32)


def write_model(folder, kind):
    config = json.loads((folder / "config.json").read_text())
    arch, rope = config["model_type"], config["rope_parameters"]
    writer = GGUFWriter(OUT / (folder.name + ".gguf"), arch)
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(rope["rope_theta"])
    if "head_dim" in config:
        writer.add_key_length(config["head_dim"])
        writer.add_value_length(config["head_dim"])
    if rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_divisors(rope, config["head_dim"]))
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_eot_token_id(5)
    writer.add_chat_template("{{ messages }}")
    writer.add_string("general.source.repo_url", "https://huggingface.co/millrace/" + folder.name)
    for name, tensor in load_file(folder / "model.safetensors").items():
        if name in OUTSIDE:
            new = OUTSIDE[name]
        else:
            module, leaf = name.split(".", 3)[3].rsplit(".", 1)
            new = f"blk.{name.split('.')[2]}.{MODULES[module]}.{leaf}"
        if arch == "llama" and ("q_proj" in name or "k_proj" in name):
            tensor = permute(tensor, config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"])
        matrix = kind if tensor.ndim == 2 and tensor.shape[-1] % 32 == 0 else Q.F16 if tensor.ndim == 2 else Q.F32
        writer.add_tensor(new, quants.quantize(tensor, matrix), raw_dtype=matrix)
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


OUT.mkdir(exist_ok=True)
write_types()
write_model(arguments.reference / "tiny-llama3", Q.Q8_0)
write_model(arguments.reference / "tiny-qwen2", Q.F16)
write_model(arguments.reference / "tiny-qwen3", Q.BF16)
