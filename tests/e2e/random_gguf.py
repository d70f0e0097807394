#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a small GGUF of llama.cpp's `bitnet` architecture with random ternary weights.

Rows that are a multiple of 256 are stored as TQ1_0 or TQ2_0 (in turn), the others as F16; with
--scale-tensors every weight is stored as -1, 0, +1 and its factor in a tensor of its own.
"""
import argparse
from pathlib import Path

import numpy as np
import gguf
from gguf import GGMLQuantizationType as T

PLAIN = {"f16": np.float16, "f32": np.float32}


class Maker:
    def __init__(self, a: argparse.Namespace):
        self.a = a
        self.rng = np.random.default_rng(a.seed)
        self.w = gguf.GGUFWriter(str(a.out), "bitnet")
        self.turn = 0

    def keys(self) -> None:
        a, w = self.a, self.w
        w.add_vocab_size(a.vocab)
        w.add_context_length(a.context)
        w.add_embedding_length(a.dim)
        w.add_block_count(a.layers)
        w.add_feed_forward_length(a.ffn)
        w.add_head_count(a.heads)
        w.add_head_count_kv(a.kv_heads)
        w.add_layer_norm_rms_eps(1e-5)
        w.add_rope_freq_base(a.rope_base)
        w.add_rope_dimension_count(a.head_size)
        if a.heads * a.head_size != a.dim:
            w.add_key_length(a.head_size)
            w.add_value_length(a.head_size)
        if a.relu2:
            w.add_string("bitnet.hidden_activation", "relu2")

    def norm(self, name: str, n: int) -> None:
        self.w.add_tensor(name, self.rng.uniform(0.7, 1.3, n).astype(np.float32))

    def matrix(self, name: str, rows: int, columns: int) -> None:
        trits = self.rng.integers(-1, 2, (rows, columns)).astype(np.float32)
        scale = np.float32(self.rng.uniform(0.9, 1.2) * (1.5 / columns) ** 0.5)
        if self.a.scale_tensors:
            self.w.add_tensor(f"{name}.weight", trits.astype(np.float16))
            self.w.add_tensor(f"{name}.scale", np.array([scale], np.float32))
        elif columns % 256:
            self.w.add_tensor(f"{name}.weight", (trits * scale).astype(np.float16))
        else:
            kind = (T.TQ1_0, T.TQ2_0)[self.turn % 2]
            self.turn += 1
            packed = gguf.quants.quantize(trits * scale, kind)
            self.w.add_tensor(f"{name}.weight", packed, raw_dtype=kind)

    def rows(self, name: str) -> None:
        values = self.rng.normal(0, 2 * self.a.dim ** -0.5, (self.a.vocab, self.a.dim))
        self.w.add_tensor(name, values.astype(PLAIN[self.a.embedding]))

    def write(self) -> None:
        a = self.a
        wide, narrow = a.heads * a.head_size, a.kv_heads * a.head_size
        self.keys()
        self.rows("token_embd.weight")
        for i in range(a.layers):
            self.norm(f"blk.{i}.attn_norm.weight", a.dim)
            self.norm(f"blk.{i}.ffn_norm.weight", a.dim)
            if not a.no_sub_norms:
                self.norm(f"blk.{i}.attn_sub_norm.weight", wide)
                self.norm(f"blk.{i}.ffn_sub_norm.weight", a.ffn)
            for name, rows, columns in (
                    ("attn_q", wide, a.dim), ("attn_k", narrow, a.dim), ("attn_v", narrow, a.dim),
                    ("attn_output", a.dim, wide), ("ffn_gate", a.ffn, a.dim),
                    ("ffn_up", a.ffn, a.dim), ("ffn_down", a.dim, a.ffn)):
                self.matrix(f"blk.{i}.{name}", rows, columns)
        self.norm("output_norm.weight", a.dim)
        if a.untied:
            self.rows("output.weight")
        self.w.write_header_to_file()
        self.w.write_kv_data_to_file()
        self.w.write_tensors_to_file()
        self.w.close()


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--out", type=Path, required=True, help="file to write")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--dim", type=int, default=128)
    ap.add_argument("--layers", type=int, default=2)
    ap.add_argument("--heads", type=int, default=4)
    ap.add_argument("--kv-heads", type=int, default=2)
    ap.add_argument("--head-size", type=int, default=32)
    ap.add_argument("--ffn", type=int, default=192)
    ap.add_argument("--vocab", type=int, default=300)
    ap.add_argument("--context", type=int, default=64)
    ap.add_argument("--rope-base", type=float, default=10000.0)
    ap.add_argument("--embedding", choices=sorted(PLAIN), default="f16")
    ap.add_argument("--relu2", action="store_true", help="squared ReLU instead of SiLU")
    ap.add_argument("--untied", action="store_true", help="an lm_head of its own")
    ap.add_argument("--no-sub-norms", action="store_true")
    ap.add_argument("--scale-tensors", action="store_true")
    Maker(ap.parse_args()).write()


if __name__ == "__main__":
    main()
