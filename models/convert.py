#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hugging Face safetensors folder to GGUF with ternary matrices.

Takes BitNet (paper, 2B-4T) and Llama (Llama3-1.58, Falcon3-1.58, Falcon-E, TriLM) checkpoints:
float masters, packed uint8 with weight_scale, or floats that are ternary. What weight_scale means
depends on the class that made it, and is looked up in config.json:
    autobitlinear   W = T * weight_scale
    bitlinear       W = T / weight_scale    (also where quantization_config names no class)
Scales are kept exactly, as one float32 tensor ".scale" beside each matrix; --scales block puts
them into the blocks instead, rounded to float16, for programs that do not read such tensors.

    python convert.py FOLDER --out model.gguf
"""
import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.utility import SafetensorsLocal

from hf_tokenizer import add_tokenizer

PROJECTIONS = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
               "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
               "mlp.down_proj": "ffn_down"}
NORMS = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
         "self_attn.attn_sub_norm": "attn_sub_norm", "mlp.ffn_sub_norm": "ffn_sub_norm",
         "self_attn.inner_attn_ln": "attn_sub_norm", "mlp.ffn_layernorm": "ffn_sub_norm"}
TYPES = {"tq1_0": Type.TQ1_0, "tq2_0": Type.TQ2_0, "f16": Type.F16}
ROWS = {"f16": Type.F16, "bf16": Type.BF16, "f32": Type.F32, "q8_0": Type.Q8_0}

YARN = {"rope_type", "type", "factor", "original_max_position_embeddings", "attention_factor", "beta_fast",
        "beta_slow", "mscale", "mscale_all_dim", "truncate"}


@dataclass
class Family:
    arch: str           # of the GGUF
    pairs: bool         # q and k rows in the order of neighbouring RoPE values
    masters: bool       # floats that are not ternary are masters, without being asked


FAMILIES = {"BitNetForCausalLM": Family("bitnet", False, True),
            "BitnetForCausalLM": Family("bitnet", False, True),
            "LlamaForCausalLM": Family("llama", True, False)}


def fail(text: str) -> None:
    sys.exit(f"convert.py: {text}")


def widen(bits: np.ndarray) -> np.ndarray:
    return (bits.astype(np.uint32) << 16).view(np.float32)


class Checkpoint:
    """Tensors of all files of a folder by name, and config.json."""

    def __init__(self, folder: Path):
        files = sorted(folder.glob("*.safetensors"))
        if not files or not (folder / "config.json").exists():
            fail(f"{folder} has no config.json and *.safetensors")
        self.config = json.loads((folder / "config.json").read_text())
        self.tensors = {name: t for f in files for name, t in SafetensorsLocal(f).tensors.items()}
        self.used: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self.tensors

    def dtype(self, name: str) -> str:
        return self.tensors[name].dtype

    def get(self, name: str) -> np.ndarray:
        """float32, or uint8 as it is."""
        if name not in self.tensors:
            fail(f"the checkpoint has no tensor {name}")
        self.used.add(name)
        t = self.tensors[name]
        raw = t.mmap_bytes()
        plain = {"F32": np.float32, "F16": np.float16, "F64": np.float64, "U8": np.uint8, "I8": np.int8}
        if t.dtype == "BF16":
            return widen(raw.view(np.uint16)).reshape(t.shape)
        if t.dtype not in plain:
            fail(f"{name} has type {t.dtype}, which is not supported")
        x = raw.view(plain[t.dtype]).reshape(t.shape)
        return x if x.dtype.itemsize == 1 else x.astype(np.float32)


# ---- matrices ----

def absmean(w: np.ndarray) -> tuple[np.ndarray, np.float32]:
    """Trits and scale as BitNet's reference rounds masters:
    s = 1 / max(mean |w|, 1e-5), W = round(w s) / s."""
    mean = np.float32(np.abs(w).mean(dtype=np.float64))
    s = np.float32(1) / np.maximum(mean, np.float32(1e-5))
    return np.clip(np.rint(w * s), -1, 1).astype(np.int8), np.float32(1) / s


def exact_trits(w: np.ndarray) -> tuple[np.ndarray, np.float32] | None:
    """Trits and scale of a matrix whose values are 0 and plus or minus one number."""
    scale = np.abs(w).max()
    t = np.sign(w).astype(np.int8)
    return (t, np.float32(scale)) if np.array_equal(t * scale, w) else None


def unpack(packed: np.ndarray) -> np.ndarray:
    """Row r of quarter k stands in bits 2k of packed row r, as trit + 1."""
    t = np.concatenate([(packed.view(np.uint8) >> 2 * k & 3).astype(np.int8) - 1 for k in range(4)])
    if t.max() > 1:
        fail("a packed matrix holds code 3, which is no trit: the checkpoint is damaged")
    return t


class Matrices:
    """Reads projections; `kinds` collects how they were stored."""

    def __init__(self, ck: Checkpoint, family: Family, masters: bool):
        self.ck, self.kinds = ck, set()
        quant = ck.config.get("quantization_config")
        self.masters = family.masters or masters or bool(quant)
        self.divides = bool(quant) and quant.get("linear_class", "bitlinear") == "bitlinear"
        if quant and (quant.get("quant_method") != "bitnet" or quant.get("use_rms_norm")):
            fail(f"quantization_config {quant} is not BitNet's, or has norms inside the linear "
                 "layers: not supported")

    def read(self, name: str) -> tuple[np.ndarray, np.float32]:
        """Trits [out][in] and scale of matrix `name`."""
        w = self.ck.get(f"{name}.weight")
        given = f"{name}.weight_scale"
        if w.dtype.itemsize == 1 or given in self.ck:
            t = unpack(w) if w.dtype.itemsize == 1 else w
            if not np.isin(t, (-1, 0, 1)).all():
                fail(f"{name} has a weight_scale, but is neither packed nor made of -1, 0 and 1")
            t = t.astype(np.int8)
            s = self.ck.get(given)
            if s.size != 1 or not np.isfinite(s).all() or s.reshape(())[()] <= 0:
                fail(f"{given} is not one positive number")
            s = np.float32(s.reshape(())[()])
            how = "divided by" if self.divides else "times"
            self.kinds.add(f"packed, {how} weight_scale")
            return t, np.float32(1) / s if self.divides else s
        if (ternary := exact_trits(w)) is not None:
            self.kinds.add("ternary floats")
            return ternary
        if not self.masters:
            fail(f"{name} is not ternary, and nothing says that it is the master of a BitNet model: "
                 "quantising an ordinary model makes junk. --masters if it is one")
        self.kinds.add("masters, absmean")
        return absmean(w)


def to_pairs(t: np.ndarray, size: int) -> np.ndarray:
    """Rows of each head from halves to neighbours: 0, d/2, 1, d/2 + 1, ..."""
    heads = t.shape[0] // size
    return np.ascontiguousarray(t.reshape(heads, 2, size // 2, -1).swapaxes(1, 2).reshape(t.shape))


def pick_type(x: np.ndarray, wanted: str) -> Type:
    """The smallest of F16, BF16, F32 that holds x exactly, unless one is asked for."""
    if wanted != "auto":
        return ROWS[wanted]
    if np.array_equal(x.astype(np.float16).astype(np.float32), x):
        return Type.F16
    return Type.BF16 if not (x.view(np.uint32) & 0xFFFF).any() else Type.F32


# ---- metadata ----

def rope_config(config: dict) -> tuple[float, dict]:
    """RoPE base, and its scaling ({} for none), from where versions of transformers put them."""
    rope = dict(config.get("rope_parameters") or config.get("rope_scaling") or {})
    base = rope.pop("rope_theta", None) or config.get("rope_theta", 10000.0)
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind not in ("default", "linear", "llama3", "yarn"):
        fail(f"RoPE scaling '{kind}' is not supported (default, linear, llama3, yarn are)")
    return float(base), {} if kind == "default" else {**rope, "rope_type": kind}


def llama3_factors(base: float, size: int, rope: dict) -> np.ndarray:
    """By how much each angle turns slower (Llama 3.1's scaling)."""
    turn = base ** -(np.arange(0, size, 2, dtype=np.float64) / size)
    wave, old = 2 * np.pi / turn, rope["original_max_position_embeddings"]
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    smooth = np.clip((old / wave - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / factor + smooth)).astype(np.float32)


def attention(factor: float, mscale: float = 1) -> float:
    """What YaRN multiplies cosines and sines by, where a config does not say it."""
    return 0.1 * mscale * math.log(factor) + 1 if factor > 1 else 1.0


def add_yarn(out: gguf.GGUFWriter, config: dict, rope: dict) -> None:
    """YaRN as transformers computes it, in llama.cpp's keys, of which attn_factor multiplies the
    usual attention factor. No key of llama.cpp's holds truncate."""
    if more := set(rope) - YARN:
        fail(f"YaRN with {', '.join(sorted(more))} is not supported")
    longest = config["max_position_embeddings"]
    old = (config.get("original_max_position_embeddings")
           or rope.get("original_max_position_embeddings", longest))
    factor = rope.get("factor") or longest / old
    if factor < 1:
        fail(f"YaRN's factor is {factor}, but must be at least 1")
    wanted, one, all_dim = rope.get("attention_factor"), rope.get("mscale"), rope.get("mscale_all_dim")
    if wanted is None:
        both = one and all_dim
        wanted = attention(factor, one) / attention(factor, all_dim) if both else attention(factor)
    out.add_rope_scaling_type(gguf.RopeScalingType.YARN)
    out.add_rope_scaling_factor(float(factor))
    out.add_rope_scaling_orig_ctx_len(int(old))
    out.add_rope_scaling_yarn_beta_fast(float(rope.get("beta_fast") or 32))
    out.add_rope_scaling_yarn_beta_slow(float(rope.get("beta_slow") or 1))
    if wanted != attention(factor):
        out.add_rope_scaling_attn_factors(wanted / attention(factor))
    if not rope.get("truncate", True):
        out.add_bool("quintrit.yarn_truncate", False)


def head_size(config: dict) -> int:
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def add_metadata(out: gguf.GGUFWriter, ck: Checkpoint, family: Family, name: str) -> None:
    c = ck.config
    base, rope = rope_config(c)
    heads, size = c["num_attention_heads"], head_size(c)
    out.add_name(name)
    out.add_vocab_size(c["vocab_size"])
    out.add_context_length(c["max_position_embeddings"])
    out.add_embedding_length(c["hidden_size"])
    out.add_block_count(c["num_hidden_layers"])
    out.add_feed_forward_length(c["intermediate_size"])
    out.add_head_count(heads)
    out.add_head_count_kv(c.get("num_key_value_heads") or heads)
    out.add_layer_norm_rms_eps(c["rms_norm_eps"])
    out.add_rope_freq_base(base)
    out.add_rope_dimension_count(size)
    if heads * size != c["hidden_size"]:
        out.add_key_length(size)
        out.add_value_length(size)
    if rope.get("rope_type") == "linear":
        out.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        out.add_rope_scaling_factor(float(rope["factor"]))
    if rope.get("rope_type") == "yarn":
        add_yarn(out, c, rope)
    if rope.get("rope_type") == "llama3":
        out.add_tensor("rope_freqs.weight", llama3_factors(base, size, rope))
    activation = c.get("hidden_act", "silu")
    if activation not in ("silu", "relu2"):
        fail(f"activation '{activation}' is not supported (silu, relu2 are)")
    if family.arch == "bitnet" or activation != "silu":
        out.add_string(f"{family.arch}.hidden_activation", activation)


# ---- the file ----

class Writer:
    def __init__(self, out: gguf.GGUFWriter, a: argparse.Namespace):
        self.out, self.a = out, a
        self.loss, self.wide = 0.0, 0

    def add(self, name: str, x: np.ndarray, kind: Type) -> None:
        self.out.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(x), kind), raw_dtype=kind)

    def matrix(self, name: str, t: np.ndarray, scale: np.float32) -> None:
        kind = TYPES[self.a.type]
        if t.shape[1] % 256 and kind != Type.F16:
            kind = Type.F16     # rows that are no whole blocks
            self.wide += 1
        if self.a.scales == "tensor":
            self.add(f"{name}.weight", t.astype(np.float32), kind)
            self.out.add_tensor(f"{name}.scale", np.array([scale], np.float32))
        else:
            rounded = np.float32(np.float16(scale))
            self.loss = max(self.loss, abs(float(rounded / scale) - 1))
            self.add(f"{name}.weight", t * rounded, kind)


def write_tensors(ck: Checkpoint, family: Family, w: Writer, m: Matrices) -> None:
    c, a = ck.config, w.a
    rows = ck.get("model.embed_tokens.weight")
    w.add("token_embd.weight", rows, pick_type(rows, a.embedding))
    for i in range(c["num_hidden_layers"]):
        at = f"model.layers.{i}"
        for theirs, ours in NORMS.items():
            if f"{at}.{theirs}.weight" in ck:
                w.add(f"blk.{i}.{ours}.weight", ck.get(f"{at}.{theirs}.weight"), Type.F32)
        for theirs, ours in PROJECTIONS.items():
            t, scale = m.read(f"{at}.{theirs}")
            if family.pairs and ours in ("attn_q", "attn_k"):
                t = to_pairs(t, head_size(c))
            w.matrix(f"blk.{i}.{ours}", t, scale)
    w.add("output_norm.weight", ck.get("model.norm.weight"), Type.F32)
    if "lm_head.weight" in ck and not c.get("tie_word_embeddings", False):
        rows = ck.get("lm_head.weight")
        w.add("output.weight", rows, pick_type(rows, a.embedding))
    ck.used.add("lm_head.weight")
    left = [n for n in ck.tensors if n not in ck.used and not n.endswith("rotary_emb.inv_freq")]
    if left:
        fail(f"tensors that have no place in this family: {', '.join(left[:4])}; leaving them out would "
             "make another model")


def convert(a: argparse.Namespace) -> None:
    ck = Checkpoint(a.folder)
    name = (ck.config.get("architectures") or ["none"])[0]
    if name not in FAMILIES:
        fail(f"architecture {name} is not supported ({', '.join(FAMILIES)} are)")
    family = FAMILIES[name]
    m = Matrices(ck, family, a.masters)
    out = gguf.GGUFWriter(a.out, family.arch, use_temp_file=True)
    add_metadata(out, ck, family, a.name or a.folder.resolve().name)
    notes = add_tokenizer(out, a.folder, ck.config)
    w = Writer(out, a)
    write_tensors(ck, family, w, m)
    # what its own classes run with float activations: ternary floats, no BitNet linear class
    plain = (family.arch == "llama" and "quantization_config" not in ck.config and
             m.kinds == {"ternary floats"})
    activations = a.activations if a.activations != "auto" else "float" if plain else "int8"
    out.add_string("quintrit.activations", activations)
    if not w.wide:
        out.add_file_type(gguf.LlamaFileType[f"MOSTLY_{a.type.upper()}"])
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    notes.append(f"matrices: {', '.join(sorted(m.kinds))}; activations {activations}")
    if w.wide:
        notes.append(f"{w.wide} matrices have rows that are no multiple of 256 and became F16")
    if a.scales == "block":
        notes.append(f"scales rounded to float16: largest change {w.loss:.2g}")
    if not a.quiet:
        for line in notes:
            print(f"{a.out}: {line}")


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("folder", type=Path, help="config.json, *.safetensors, tokenizer files")
    ap.add_argument("--out", type=Path, required=True, help="GGUF file to write")
    ap.add_argument("--name", help="general.name (default: the folder's)")
    ap.add_argument("--type", choices=TYPES, default="tq1_0", help="of the matrices (tq1_0)")
    ap.add_argument("--scales", choices=("tensor", "block"), default="tensor",
                    help="where scales go (tensor: exact)")
    ap.add_argument("--embedding", choices=("auto", *ROWS), default="auto",
                    help="type of embedding and head (auto: the smallest that is exact)")
    ap.add_argument("--activations", choices=("auto", "int8", "float"), default="auto",
                    help="what the model's own projections take (auto: by the checkpoint)")
    ap.add_argument("--masters", action="store_true", help="float matrices are masters of a BitNet model")
    ap.add_argument("--quiet", action="store_true", help="say nothing")
    return ap.parse_args(argv)


if __name__ == "__main__":
    convert(arguments())
