# SPDX-License-Identifier: Apache-2.0
"""Tiny random models of every family, as Hugging Face folders: config.json and model.safetensors.
Weights come from a counter through integer mixing, so that every machine and version makes the
same bits; the logits that Hugging Face's transformers gives for them are kept in this folder
(logits.py).
"""
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors import TensorSpec, serialize_file

VOCAB, DIM, FFN, LAYERS = 96, 256, 512, 2


@dataclass
class Tiny:
    architecture: str
    store: str              # masters, times (autobitlinear), divided (bitlinear), ternary (floats)
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    act: str = "silu"
    tied: bool = False
    dtype: str = "bfloat16"  # of everything that is not packed
    rope: dict = field(default_factory=lambda: {"rope_theta": 10000.0, "rope_type": "default"})
    seed: int = 1

    @property
    def bitnet(self) -> bool:
        return self.architecture != "LlamaForCausalLM"


B500K = {"rope_theta": 500000.0, "rope_type": "default"}
LLAMA3 = {"rope_theta": 10000.0, "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
YARN = {"rope_theta": 10000.0, "rope_type": "yarn", "factor": 4.0, "beta_fast": 3.0, "beta_slow": 0.5,
        "original_max_position_embeddings": 40}
YARN_MSCALE = {"rope_theta": 500000.0, "rope_type": "yarn", "factor": 8.0, "mscale": 0.7, "mscale_all_dim": 0.2,
               "truncate": False, "original_max_position_embeddings": 24}
FAMILIES = {
    "paper": Tiny("BitnetForCausalLM", "masters", kv_heads=4, dtype="float32"),
    "2b4t_masters": Tiny("BitNetForCausalLM", "masters", act="relu2", tied=True, rope=B500K, seed=2),
    "2b4t_packed": Tiny("BitNetForCausalLM", "times", act="relu2", tied=True, rope=B500K, seed=3),
    "2b4t_divided": Tiny("BitNetForCausalLM", "divided", act="relu2", tied=True, rope=B500K, seed=4),
    "2b4t_yarn": Tiny("BitNetForCausalLM", "masters", act="relu2", tied=True, rope=YARN_MSCALE, seed=11),
    "llama3": Tiny("LlamaForCausalLM", "divided", heads=2, kv_heads=1, head_dim=128, rope=B500K, seed=5),
    "llama3_scaled": Tiny("LlamaForCausalLM", "masters", heads=2, kv_heads=1, head_dim=128,
                          rope=LLAMA3, seed=6),
    "llama3_yarn": Tiny("LlamaForCausalLM", "divided", heads=2, kv_heads=1, head_dim=128, rope=YARN, seed=10),
    "falcon3": Tiny("LlamaForCausalLM", "divided", heads=2, kv_heads=1, head_dim=256,
                    rope={"rope_theta": 1000042.0, "rope_type": "default"}, seed=7),
    "falcon_e": Tiny("LlamaForCausalLM", "times", heads=4, kv_heads=1, tied=True,
                     rope={"rope_theta": 1000042.0, "rope_type": "linear", "factor": 4.0}, seed=8),
    "trilm": Tiny("LlamaForCausalLM", "ternary", kv_heads=4, dtype="float16", seed=9),
}


class Random:
    """splitmix64 of a counter; every tensor continues where the last one ended."""

    def __init__(self, seed: int):
        self.at = np.uint64(seed << 40)

    def bits(self, n: int) -> np.ndarray:
        with np.errstate(over="ignore"):
            z = (self.at + np.arange(1, n + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            self.at += np.uint64(n)
            z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
            return z ^ z >> np.uint64(31)

    def normal(self, *shape: int) -> np.ndarray:
        """Sum of four uniform numbers: nearly normal, mean 0, deviation 1, exact in float64."""
        z = self.bits(int(np.prod(shape)))
        total = sum((z >> np.uint64(16 * k) & np.uint64(0xFFFF)).astype(np.float64) for k in range(4))
        return ((total / 65536 - 2) * 3 ** 0.5).reshape(shape)

    def uniform(self, low: float, high: float, *shape: int) -> np.ndarray:
        z = self.bits(int(np.prod(shape))) >> np.uint64(40)
        return (low + (high - low) * (z.astype(np.float64) / 2 ** 24)).reshape(shape)


def bf16(x: np.ndarray) -> np.ndarray:
    """Bits, by truncation: any rounding will do."""
    return (x.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def pack(t: np.ndarray) -> np.ndarray:
    quarter = t.shape[0] // 4
    parts = [(t[k * quarter:(k + 1) * quarter] + 1) << 2 * k for k in range(4)]
    return sum(parts).astype(np.uint8)


class Folder:
    """Collects tensors as (bytes, type name)."""

    def __init__(self, m: Tiny):
        self.m, self.r, self.list = m, Random(m.seed), {}

    def floats(self, name: str, x: np.ndarray, dtype: str | None = None) -> None:
        dtype = dtype or self.m.dtype
        self.list[name] = (bf16(x) if dtype == "bfloat16" else x.astype(dtype), dtype)

    def norm(self, name: str, n: int) -> None:
        self.floats(f"{name}.weight", self.r.uniform(0.6, 1.4, n))

    def matrix(self, name: str, out: int, columns: int) -> None:
        """A random master; the other forms hold trits of about the density that absmean gives."""
        w = self.r.normal(out, columns) * (1.5 / columns) ** 0.5
        if self.m.store == "masters":
            self.floats(f"{name}.weight", w)
            return
        mean = np.abs(w).mean()
        t = np.clip(np.rint(w / mean), -1, 1).astype(np.int8)
        if self.m.store == "ternary":
            self.floats(f"{name}.weight", t * np.float16(mean))
            return
        self.list[f"{name}.weight"] = (pack(t), "uint8")
        scale = 1 / mean if self.m.store == "divided" else mean
        self.floats(f"{name}.weight_scale", np.array([scale]))


def write(name: str, folder: Path) -> None:
    """Writes the model's folder."""
    m = FAMILIES[name]
    f, wide, narrow = Folder(m), m.heads * m.head_dim, m.kv_heads * m.head_dim
    paper = m.architecture == "BitnetForCausalLM"   # its own code names the sub-norms otherwise
    sub_norms = (("self_attn.inner_attn_ln", "mlp.ffn_layernorm") if paper else
                 ("self_attn.attn_sub_norm", "mlp.ffn_sub_norm"))
    f.floats("model.embed_tokens.weight", f.r.normal(VOCAB, DIM))
    for i in range(LAYERS):
        at = f"model.layers.{i}"
        for part, rows, columns in (("self_attn.q_proj", wide, DIM), ("self_attn.k_proj", narrow, DIM),
                                    ("self_attn.v_proj", narrow, DIM), ("self_attn.o_proj", DIM, wide),
                                    ("mlp.gate_proj", FFN, DIM), ("mlp.up_proj", FFN, DIM),
                                    ("mlp.down_proj", DIM, FFN)):
            f.matrix(f"{at}.{part}", rows, columns)
        f.norm(f"{at}.input_layernorm", DIM)
        f.norm(f"{at}.post_attention_layernorm", DIM)
        if m.bitnet:
            f.norm(f"{at}.{sub_norms[0]}", wide)
            f.norm(f"{at}.{sub_norms[1]}", FFN)
    f.norm("model.norm", DIM)
    if not m.tied:
        f.floats("lm_head.weight", f.r.normal(VOCAB, DIM) * 2 * DIM ** -0.5)
    folder.mkdir(parents=True, exist_ok=True)
    specs = {n: TensorSpec(dtype=kind, shape=x.shape, data_ptr=x.ctypes.data, data_len=x.nbytes)
             for n, (x, kind) in f.list.items()}
    serialize_file(specs, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config(m), indent=1))


def config(m: Tiny) -> dict:
    c = {"architectures": [m.architecture], "model_type": "bitnet" if m.bitnet else "llama",
         "vocab_size": VOCAB, "hidden_size": DIM, "intermediate_size": FFN, "num_hidden_layers": LAYERS,
         "num_attention_heads": m.heads, "num_key_value_heads": m.kv_heads, "hidden_act": m.act,
         "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "tie_word_embeddings": m.tied,
         "rope_parameters": m.rope, "bos_token_id": 0, "eos_token_id": 1, "dtype": m.dtype}
    if not m.bitnet:
        c["head_dim"] = m.head_dim
    quant = {"masters": {"linear_class": "autobitlinear", "quantization_mode": "online"},
             "times": {"linear_class": "autobitlinear", "quantization_mode": "offline"},
             "divided": {"linear_class": "bitlinear", "quantization_mode": "offline"}}
    if m.store in quant and m.architecture != "BitnetForCausalLM":
        c["quantization_config"] = {"quant_method": "bitnet", "modules_to_not_convert": ["lm_head"],
                                    **quant[m.store]}
    return c
