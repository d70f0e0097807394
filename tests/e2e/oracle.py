#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logits of a GGUF in numpy float64, written independently of the C sources: whole sequences as
matrices, weights as the PyPI package `gguf` decodes them.

Where an activation lies on a tie between two int8 steps, float32 and float64 may round it apart,
and the rest of the network makes that one step 0.5 % of the logits. Random tokens are therefore
drawn anew wherever an activation comes closer than TIE to a tie; two right programs then agree.

Output: int32 count, vocabulary, flags (1: the lm_head's input is int8); int32 tokens [count];
float64 logits [count][vocabulary]; all little endian.
"""
import argparse
from pathlib import Path

import numpy as np
import gguf

TIE = 4e-5      # in int8 steps; float32 is off by about 1e-5 of them


class Weights:
    """Tensors by name, as float64, a separate scale multiplied in; hyperparameters by key."""

    def __init__(self, path: Path):
        reader = gguf.GGUFReader(str(path))
        self.fields = reader.fields
        self.raw = {t.name: t for t in reader.tensors}
        self.arch = self.key("general.architecture")
        self.decoded: dict[str, np.ndarray] = {}

    def key(self, name: str, fallback=None):
        return self.fields[name].contents() if name in self.fields else fallback

    def hyper(self, name: str, fallback=None):
        return self.key(f"{self.arch}.{name}", fallback)

    def __contains__(self, name: str) -> bool:
        return name in self.raw

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.decoded:
            t = self.raw[name]
            w = gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float64)
            scale = name.removesuffix(".weight") + ".scale"
            self.decoded[name] = w * float(self.raw[scale].data[0]) if scale in self.raw else w
        return self.decoded[name]


class Int8:
    """Rounds rows to 255 steps of their largest magnitude; remembers how near a tie each came."""

    def __init__(self, rows: int):
        self.to_tie = np.full(rows, 0.5)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        s = 127.0 / np.maximum(np.abs(x).max(-1, keepdims=True), 1e-5)
        steps = x * s
        self.to_tie = np.minimum(self.to_tie, np.abs(steps - np.floor(steps) - 0.5).min(-1))
        return np.clip(np.rint(steps), -128, 127) / s


def rms_norm(x: np.ndarray, w: np.ndarray, eps: float) -> np.ndarray:
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * w


def rotate(x: np.ndarray, base: float) -> np.ndarray:
    """RoPE on x [time, heads, size], as a product of complex numbers."""
    time, _, size = x.shape
    turns = np.arange(time)[:, None] * base ** (-2.0 * np.arange(size // 2) / size)
    z = (x[..., :size // 2] + 1j * x[..., size // 2:]) * np.exp(1j * turns)[:, None]
    return np.concatenate((z.real, z.imag), -1)


def attention(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Causal; q [time, heads, size], k and v [time, kv_heads, size]."""
    time, heads, size = q.shape
    share = heads // k.shape[1]
    k, v = np.repeat(k, share, 1), np.repeat(v, share, 1)
    scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(size)
    scores[:, np.triu(np.ones((time, time), bool), 1)] = -np.inf
    p = np.exp(scores - scores.max(-1, keepdims=True))
    return np.einsum("hqk,khd->qhd", p / p.sum(-1, keepdims=True), v).reshape(time, -1)


def logits(w: Weights, tokens: np.ndarray, head_int8: bool) -> tuple[np.ndarray, np.ndarray]:
    """Logits [time][vocab], and each position's distance from the nearest tie [time]."""
    heads = w.hyper("attention.head_count")
    kv_heads = w.hyper("attention.head_count_kv", heads)
    eps = w.hyper("attention.layer_norm_rms_epsilon")
    base = w.hyper("rope.freq_base", 10000.0)
    relu2 = w.hyper("hidden_activation", "silu") == "relu2"
    embedding = w["token_embd.weight"]
    x, time = embedding[tokens], len(tokens)
    int8 = Int8(time)
    for i in range(w.hyper("block_count")):
        def part(name: str, i=i) -> np.ndarray:
            return w[f"blk.{i}.{name}.weight"]

        def sub_norm(y: np.ndarray, name: str, i=i) -> np.ndarray:
            name = f"blk.{i}.{name}.weight"
            return rms_norm(y, w[name], eps) if name in w else y

        y = int8(rms_norm(x, part("attn_norm"), eps))
        q = rotate((y @ part("attn_q").T).reshape(time, heads, -1), base)
        k = rotate((y @ part("attn_k").T).reshape(time, kv_heads, -1), base)
        v = (y @ part("attn_v").T).reshape(time, kv_heads, -1)
        y = sub_norm(attention(q, k, v), "attn_sub_norm")
        x = x + int8(y) @ part("attn_output").T
        y = int8(rms_norm(x, part("ffn_norm"), eps))
        gate, up = y @ part("ffn_gate").T, y @ part("ffn_up").T
        y = np.maximum(gate, 0) ** 2 * up if relu2 else gate / (1 + np.exp(-gate)) * up
        x = x + int8(sub_norm(y, "ffn_sub_norm")) @ part("ffn_down").T
    x = rms_norm(x, w["output_norm.weight"], eps)
    head = w["output.weight"] if "output.weight" in w else embedding
    return (int8(x) if head_int8 else x) @ head.T, int8.to_tie


def draw(w: Weights, count: int, seed: int, head_int8: bool) -> tuple[np.ndarray, np.ndarray]:
    """Random tokens that keep clear of ties, and their logits."""
    rng = np.random.default_rng(seed)
    vocab = len(w["token_embd.weight"])
    tokens = rng.integers(0, vocab, count)
    while True:
        values, to_tie = logits(w, tokens, head_int8)
        near = np.flatnonzero(to_tie < TIE)
        if near.size == 0:
            return tokens, values
        tokens[near[0]] = rng.integers(0, vocab)


def save(path: Path, tokens: np.ndarray, values: np.ndarray, head_int8: bool) -> None:
    with open(path, "wb") as f:
        np.array([*values.shape, head_int8], "<i4").tofile(f)
        tokens.astype("<i4").tofile(f)
        values.astype("<f8").tofile(f)


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--gguf", type=Path, required=True, help="model")
    ap.add_argument("--out", type=Path, required=True, help="file to write")
    ap.add_argument("--count", type=int, default=64, help="random tokens (64)")
    ap.add_argument("--seed", type=int, default=1, help="of the tokens")
    ap.add_argument("--head-float", action="store_true", help="do not quantise the lm_head's input")
    return ap.parse_args()


def main() -> None:
    a = arguments()
    w = Weights(a.gguf)
    tokens, values = draw(w, a.count, a.seed, not a.head_float)
    save(a.out, tokens, values, not a.head_float)


if __name__ == "__main__":
    main()
