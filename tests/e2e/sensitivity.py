#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How far apart are two right evaluations of a BitNet model? Runs the numpy oracle over the tokens it generates greedily, in
float64 and in float32. Activations that lie near a tie between two int8 steps round apart, and their steps spread through
layers and KV cache. Prints the RMS difference of logits in their standard deviations, and how many greedy choices differ: what
no comparison with a reference can be expected to fall below, however exact the KV cache and the lm_head are.
"""
import argparse
from pathlib import Path

import numpy as np

import oracle


class Single(oracle.Weights):
    """The same tensors as float32; what is computed from them stays float32."""

    def __getitem__(self, name: str) -> np.ndarray:
        return super().__getitem__(name).astype(np.float32)


def greedy(w: oracle.Weights, first: int, count: int) -> np.ndarray:
    tokens = [first]
    for _ in range(count):
        values, _ = oracle.logits(w, np.array(tokens), True)
        tokens.append(int(values[-1].argmax()))
    return np.array(tokens)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--gguf", type=Path, required=True, help="model")
    ap.add_argument("--count", type=int, default=256, help="tokens (256)")
    a = ap.parse_args()
    w = oracle.Weights(a.gguf)
    tokens = greedy(w, w.key("tokenizer.ggml.bos_token_id"), a.count)
    double, _ = oracle.logits(w, tokens, True)
    rotate = oracle.rotate
    oracle.rotate = lambda x, base: rotate(x, base).astype(x.dtype)  # its angles are float64
    attention = oracle.attention
    oracle.attention = lambda q, k, v: attention(q, k, v).astype(q.dtype)  # so is its square root
    single, _ = oracle.logits(Single(a.gguf), tokens, True)
    assert single.dtype == np.float32
    spread = double.std(-1, keepdims=True)
    rms = np.sqrt((((single - double) / spread) ** 2).mean())
    differ = int((single.argmax(-1) != double.argmax(-1)).sum())
    print(f"float32 against float64: RMS {rms:.4f} standard deviations, {differ} of {len(tokens)} greedy choices differ")


if __name__ == "__main__":
    main()
