#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a GGUF of the full shape of a published model with random weights, straight as packed
bytes: to see that it loads, compiles and runs in the memory of a machine. By hand and in `make
test-all`:

    python full_shape.py 2b4t --out model.gguf && build/quintrit info -m model.gguf

With --arch bitnet --head q6_k it is a file that llama.cpp loads, too (bench/peers.py).
"""
import argparse
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

# layers, width, heads, KV heads, head size, FFN, tokens, context, RoPE base, architecture
SHAPES = {"2b4t": (30, 2560, 20, 5, 128, 6912, 128256, 4096, 500000.0, "bitnet-b1.58"),
          "large": (24, 1536, 16, 16, 96, 4096, 32002, 2048, 10000.0, "bitnet"),
          "llama3-8b": (32, 4096, 32, 8, 128, 14336, 128256, 8192, 500000.0, "llama"),
          "falcon3-1b": (18, 2048, 8, 4, 256, 8192, 131072, 4096, 1000042.0, "llama")}


class Maker:
    def __init__(self, a: argparse.Namespace):
        self.shape, self.rng = SHAPES[a.shape], np.random.default_rng(1)
        self.arch = a.arch or self.shape[-1]
        self.two_bits, self.q6_k = a.type == "tq2_0", a.head == "q6_k"
        self.w = gguf.GGUFWriter(a.out, self.arch, use_temp_file=True)

    def trits(self, blocks: int) -> np.ndarray:
        """TQ1_0: ceil(v * 256 / 243) of random v. TQ2_0: four codes 0, 1, 2 a byte. The scale of a block is 1."""
        raw = np.empty((blocks, 66 if self.two_bits else 54), np.uint8)
        if self.two_bits:
            codes = self.rng.integers(0, 3, (4, blocks, 64), np.uint8)
            raw[:, :64] = codes[0] | codes[1] << 2 | codes[2] << 4 | codes[3] << 6
        else:
            raw[:, :48] = (self.rng.integers(0, 243, (blocks, 48), np.uint16) * 256 + 242) // 243
            raw[:, 48:52] = (self.rng.integers(0, 81, (blocks, 4), np.uint16) * 3 * 256 + 242) // 243
        raw[:, -2:] = np.array([1.0], np.float16).view(np.uint8)
        return raw

    def matrix(self, name: str, rows: int, columns: int) -> None:
        """Random trits; the matrix's scale is beside it."""
        raw = self.trits(rows * columns // 256).reshape(rows, -1)
        self.w.add_tensor(f"{name}.weight", raw, raw_dtype=Type.TQ2_0 if self.two_bits else Type.TQ1_0)
        self.w.add_tensor(f"{name}.scale", np.array([(1.5 / columns) ** 0.5], np.float32))

    def rows_q6_k(self, name: str, n: int, columns: int) -> None:
        """Blocks of 256 random weights in six bits, 16 random scales, and one scale of all."""
        raw = self.rng.integers(0, 256, (n * columns // 256, 210), np.uint8)
        raw[:, 192:208] = self.rng.integers(1, 128, (len(raw), 16), np.uint8)
        raw[:, 208:] = np.array([2 ** -10], np.float16).view(np.uint8)
        self.w.add_tensor(name, raw.reshape(n, -1), raw_dtype=Type.Q6_K)

    def rows(self, name: str, n: int, columns: int) -> None:
        if self.q6_k:
            self.rows_q6_k(name, n, columns)
            return
        x = np.empty((n, columns), np.float16)
        for i in range(0, n, 4096):
            x[i:i + 4096] = self.rng.standard_normal((min(4096, n - i), columns), np.float32)
        self.w.add_tensor(name, x)

    def tokenizer(self, n: int) -> None:
        """The 256 byte tokens and names for the rest: enough to start."""
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        other = (c for c in range(256, 512))
        chars = [chr(b if b in plain else next(other)) for b in range(256)]
        self.w.add_tokenizer_model("gpt2")
        self.w.add_tokenizer_pre("gpt-2")
        self.w.add_token_list(chars + ["qq"] + [f"<{i}>" for i in range(257, n)])
        self.w.add_token_types([gguf.TokenType.NORMAL] * 257 + [gguf.TokenType.CONTROL] * (n - 257))
        self.w.add_token_merges(["q q"])
        self.w.add_eos_token_id(n - 1)

    def write(self) -> None:
        layers, dim, heads, kv, size, ffn, vocab, context, base = self.shape[:-1]
        arch = self.arch
        w, norms = self.w, ["attn_norm", "ffn_norm"]
        w.add_context_length(context)
        w.add_embedding_length(dim)
        w.add_block_count(layers)
        w.add_feed_forward_length(ffn)
        w.add_head_count(heads)
        w.add_head_count_kv(kv)
        w.add_key_length(size)
        w.add_value_length(size)
        w.add_layer_norm_rms_eps(1e-5)
        w.add_rope_freq_base(base)
        self.tokenizer(vocab)
        self.rows("token_embd.weight", vocab, dim)
        if arch == "llama":
            self.rows("output.weight", vocab, dim)
        widths = {"attn_norm": dim, "ffn_norm": dim, "attn_sub_norm": heads * size, "ffn_sub_norm": ffn}
        if arch != "llama":
            norms += ["attn_sub_norm", "ffn_sub_norm"]
        for i in range(layers):
            for name in norms:
                w.add_tensor(f"blk.{i}.{name}.weight", np.ones(widths[name], np.float32))
            for name, rows, columns in (("attn_q", heads * size, dim), ("attn_k", kv * size, dim),
                                        ("attn_v", kv * size, dim), ("attn_output", dim, heads * size),
                                        ("ffn_gate", ffn, dim), ("ffn_up", ffn, dim), ("ffn_down", dim, ffn)):
                self.matrix(f"blk.{i}.{name}", rows, columns)
        w.add_tensor("output_norm.weight", np.ones(dim, np.float32))
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("shape", choices=SHAPES)
    ap.add_argument("--type", choices=["tq1_0", "tq2_0"], default="tq1_0", help="of the projections")
    ap.add_argument("--head", choices=["f16", "q6_k"], default="f16", help="type of the embedding")
    ap.add_argument("--arch", help="architecture's name in the file (default: the shape's own)")
    ap.add_argument("--out", type=Path, required=True, help="GGUF file to write")
    Maker(ap.parse_args()).write()


if __name__ == "__main__":
    main()
