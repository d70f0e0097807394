#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the GGUF files of the driver's tests, and what must be read from them, into a folder.

The published packages `gguf` and `tokenizers` make the files and the expected values, so that the
tests compare the driver with an independent implementation. Everything is seeded.
"""
import argparse
import random
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

from make_chats import write_chats
from make_tokenizer import write_tokenizers
from make_vocabularies import write_vocabularies

ROWS, COLS = 7, 512
I2_S = 36           # bitnet.cpp's type number, which the gguf package does not know


def bf16_bits(x: np.ndarray) -> np.ndarray:
    """Values that bfloat16 holds exactly, as its 16 bits."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    assert not (bits & 0xFFFF).any()
    return (bits >> 16).astype(np.uint16)


def encode(x: np.ndarray, qtype: Type) -> np.ndarray:
    """Raw rows of a float32 matrix in a tensor type."""
    if qtype == Type.F32:
        return x.astype(np.float32)
    if qtype == Type.F16:
        return x.astype(np.float16)
    if qtype == Type.BF16:
        return bf16_bits(x).view(np.uint8)
    return gguf.quants.quantize(x.astype(np.float32), qtype)


def i2_s(t: np.ndarray, scale: float) -> np.ndarray:
    """bitnet.cpp's layout of 128 weights: weight j of a block in byte j % 32 at bits 6 - 2 * (j / 32), rows one after
    another; then the scale and 28 bytes."""
    codes = (t.reshape(-1, 4, 32) + 1).astype(np.uint8)
    packed = codes[:, 0] << 6 | codes[:, 1] << 4 | codes[:, 2] << 2 | codes[:, 3]
    tail = np.zeros(8, np.float32)
    tail[0] = scale
    return np.concatenate((packed.reshape(-1), tail.view(np.uint8))).view(np.int8)


def add(w: gguf.GGUFWriter, name: str, raw: np.ndarray, qtype: Type) -> None:
    w.add_tensor(name, raw, raw_dtype=qtype)


def finish(w: gguf.GGUFWriter) -> None:
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


class Good:
    """Tensors that are ternary: the file, and for each tensor its trits, floats and scale."""

    def __init__(self, out: Path, rng: np.random.Generator):
        self.out, self.rng, self.list = out, rng, []
        self.w = gguf.GGUFWriter(out / "ternary.gguf", "test")

    def put(self, name: str, raw: np.ndarray, qtype: Type, trits: np.ndarray, scale: float,
            factor: float = 1.0) -> None:
        add(self.w, name, raw, qtype)
        trits.astype(np.int8).tofile(self.out / f"{name}.i8")
        floats = raw if qtype == Type.F32 else gguf.quants.dequantize(raw, qtype)
        floats.astype(np.float32).tofile(self.out / f"{name}.f32")
        total = float(np.float32(scale) * np.float32(factor))
        rows = trits.size // trits.shape[-1]
        self.list.append(f"{name} {rows} {trits.shape[-1]} {total.hex()}")

    def random(self, name: str, qtype: Type, scale: float, shape=(ROWS, COLS), **kw) -> None:
        t = self.rng.integers(-1, 2, shape)
        self.put(name, encode(t * np.float32(scale), qtype), qtype, t, scale, **kw)

    def i2_s(self, name: str, shape: tuple[int, int], scale: float, sign: int = 1) -> None:
        """A negative scale turns the trits round."""
        t = self.rng.integers(-1, 2, shape)
        scale = float(np.float32(scale))
        self.w.add_tensor(name, i2_s(t, sign * scale), raw_shape=shape, raw_dtype=I2_S)
        (t * sign).astype(np.int8).tofile(self.out / f"{name}.i8")
        (t * np.float32(sign * scale)).astype(np.float32).tofile(self.out / f"{name}.f32")
        self.list.append(f"{name} {shape[0]} {shape[1]} {scale.hex()}")

    def odd_blocks(self) -> None:
        """Blocks whose scale says nothing, or has a sign; every code of TQ1_0, used or not."""
        t = self.rng.integers(-1, 2, (ROWS, COLS))
        t[2, :256] = 0
        for name, qtype, size in (("odd_tq1", Type.TQ1_0, 54), ("odd_tq2", Type.TQ2_0, 66)):
            raw = encode(t * np.float32(0.5), qtype)
            raw[2, size - 2:size] = np.array([7.0], np.float16).view(np.uint8)  # block of zeros
            raw[3, size - 2:size] = np.array([-0.5], np.float16).view(np.uint8)  # turned round
            raw[4, size - 2:size] = np.array([-0.0], np.float16).view(np.uint8)  # zeroed
            want = t.copy()
            want[3, :256] *= -1
            want[4, :256] = 0
            self.put(name, raw, qtype, want, 0.5)
        raw = np.zeros((9, 54), np.uint8)
        raw[:, :52] = self.rng.integers(0, 256, (9, 52))
        raw.reshape(-1)[:48] = np.arange(48)
        for i in range(6):
            raw[i, :48] = np.arange(i * 48, i * 48 + 48) % 256
        raw[:, 52:] = np.array([1.0], np.float16).view(np.uint8)
        self.put("codes_tq1", raw, Type.TQ1_0, gguf.quants.dequantize(raw, Type.TQ1_0), 1.0)

    def write(self) -> None:
        f32 = float(np.float32(0.0123456789))
        self.random("t_f32", Type.F32, f32)
        self.random("t_f16", Type.F16, 0.0703125)
        self.random("t_f16_small", Type.F16, 3 * 2.0**-24)
        self.random("t_bf16", Type.BF16, 2.0**-40 * 1.5)
        self.random("t_tq1", Type.TQ1_0, 0.0703125)
        self.random("t_tq2", Type.TQ2_0, 0.0703125)
        self.random("t_odd_width", Type.F16, 1.0, (5, 37))
        self.random("t_1d", Type.F32, 2.0, (33,))
        self.random("t_3d", Type.TQ2_0, 2.0, (3, 4, 256))
        self.random("blk.0.attn_q.weight", Type.TQ1_0, 1.0, factor=f32)
        add(self.w, "blk.0.attn_q.scale", np.array([f32], np.float32), Type.F32)
        for name, qtype in (("z_f32", Type.F32), ("z_tq1", Type.TQ1_0), ("z_tq2", Type.TQ2_0)):
            z = np.zeros((2, 256), np.float32)
            self.put(name, encode(z, qtype), qtype, z, 0.0)
        minus = np.full((1, 4), -0.0, np.float32)
        self.put("z_minus", minus, Type.F32, np.zeros((1, 4)), 0.0)
        self.i2_s("t_i2s", (ROWS, COLS), 0.0123456789)
        self.i2_s("t_i2s_across", (4, 96), 3.0)     # rows that end inside a block
        self.i2_s("t_i2s_minus", (2, 128), 0.5, sign=-1)
        self.odd_blocks()
        finish(self.w)
        (self.out / "ternary.txt").write_text("\n".join(self.list) + "\n")


def write_bad(out: Path, rng: np.random.Generator) -> None:
    """Tensors that must be refused; test_ternary.c says with which words."""
    w = gguf.GGUFWriter(out / "bad.gguf", "test")
    t = rng.integers(0, 2, (ROWS, COLS)) * np.float32(0.5)
    wrong = (("gauss", 0, 1, 0.25), ("last", ROWS - 1, COLS - 1, 0.50048828125),
             ("nan", 3, 5, np.nan), ("inf", 3, 5, -np.inf))
    for name, row, col, value in wrong:
        x = t.copy()
        x[0, 0] = 0.5
        x[row, col] = value
        for qtype in (Type.F32, Type.F16):
            add(w, f"{name}_{qtype.name.lower()}", encode(x, qtype), qtype)
    master = rng.normal(size=(ROWS, COLS)).astype(np.float32).view(np.uint32) & 0xFFFF0000
    add(w, "master_bf16", encode(master.view(np.float32), Type.BF16), Type.BF16)
    t[:, 0] = t[:, 256] = 0.5
    for qtype, size in ((Type.TQ1_0, 54), (Type.TQ2_0, 66)):
        for name, d in (("scale", 0.25), ("nan", np.nan), ("inf", np.inf)):
            raw = encode(t, qtype)
            raw[5, 2 * size - 2:] = np.array([d], np.float16).view(np.uint8)
            add(w, f"{name}_{qtype.name.lower()}", raw, qtype)
    raw = i2_s(t[:, :128] * 2, 0.5)
    raw[5 * 32 + 9] |= 3 << 2  # weight 5 * 128 + 2 * 32 + 9
    w.add_tensor("code_i2s", raw, raw_shape=(ROWS, 128), raw_dtype=I2_S)
    for name, scale in (("zero_i2s", 0), ("nan_i2s", np.nan)):
        w.add_tensor(name, i2_s(t[:, :128] * 2, scale), raw_shape=(ROWS, 128), raw_dtype=I2_S)
    raw = encode(t, Type.TQ2_0)
    raw[6, 66 + 32 + 9] |= 3 << 4  # weight 256 + 128 + 2 * 32 + 9 of row 6
    add(w, "code_tq2", raw, Type.TQ2_0)
    add(w, "t_q8", gguf.quants.quantize(t, Type.Q8_0), Type.Q8_0)
    for i, value in enumerate(([0.5, 0.5], [0.0], [-1.0], [np.nan], [3e38])):
        add(w, f"blk.{i}.attn_q.weight", encode(t * 1024, Type.F32), Type.F32)
        add(w, f"blk.{i}.attn_q.scale", np.array(value, np.float32), Type.F32)
    finish(w)


def random_blocks(rng: np.random.Generator, rows: int, blocks: int, size: int, at: int) -> np.ndarray:
    """Blocks of random bytes, each with a binary16 scale at byte `at`."""
    raw = rng.integers(0, 256, (rows, blocks, size)).astype(np.uint8)
    raw[..., at:at + 2] = rng.normal(size=(rows, blocks, 1)).astype(np.float16).view(np.uint8)
    return raw.reshape(rows, -1)


def write_floats(out: Path, rng: np.random.Generator) -> None:
    """Every half and every bfloat16, with the float32 that each is; Q8_0 and Q6_K of random bytes."""
    w = gguf.GGUFWriter(out / "floats.gguf", "test")
    bits = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    add(w, "f16", bits.view(np.float16), Type.F16)
    add(w, "bf16", bits.view(np.uint8), Type.BF16)
    bits.view(np.float16).astype(np.float32).tofile(out / "f16.f32")
    gguf.quants.dequantize(bits.view(np.uint8), Type.BF16).tofile(out / "bf16.f32")
    for name, kind, raw in (("q8_0", Type.Q8_0, random_blocks(rng, 256, 8, 34, 0)),
                            ("q6_k", Type.Q6_K, random_blocks(rng, 256, 1, 210, 208))):
        add(w, name, raw, kind)
        gguf.quants.dequantize(raw, kind).astype(np.float32).tofile(out / f"{name}.f32")
    finish(w)


def write_meta(out: Path) -> None:
    """One key of each type; test_gguf.c holds the values."""
    w = gguf.GGUFWriter(out / "meta.gguf", "test")
    w.add_uint8("u8", 200)
    w.add_int8("i8", -100)
    w.add_uint16("u16", 60000)
    w.add_int16("i16", 30000)
    w.add_uint32("u32", 4000000000)
    w.add_int32("i32", 2000000000)
    w.add_uint64("u64", 2**64 - 1)
    w.add_int64("i64", -(2**63))
    w.add_int64("i64_small", 77)
    w.add_float32("f32", 0.1)
    w.add_float64("f64", 0.1)
    w.add_float64("f64_big", 1e300)
    w.add_bool("yes", True)
    w.add_bool("no", False)
    w.add_string("str", "hölle")
    w.add_array("strs", ["a", "", "ccc"])
    w.add_array("i32s", [1, -2, 2147483647, -2147483648])
    w.add_array("f32s", [0.5, -1.5])
    w.add_array("bools", [True, False])
    w.add_custom_alignment(64)
    add(w, "one", np.array([[1, 2, 3], [4, 5, 6]], np.float32), Type.F32)
    add(w, "two", np.array([9], np.float32), Type.F32)
    finish(w)


def write_micro(out: Path, rng: np.random.Generator, arch: str, stored: str) -> None:
    """A whole model of some kB, to start fuzzing from: I2_S or F32 masters, scaled RoPE."""
    w = gguf.GGUFWriter(out / f"micro_{stored}.gguf", arch)
    n = 32
    for name, value in (("context_length", 8), ("embedding_length", n), ("block_count", 1), ("feed_forward_length", n),
                        ("attention.head_count", 1)):
        w.add_uint32(f"{arch}.{name}", value)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    w.add_rope_scaling_factor(2.0)
    add(w, "rope_freqs.weight", np.ones(n // 2, np.float32), Type.F32)
    add(w, "token_embd.weight", rng.normal(size=(16, n)).astype(np.float16), Type.F16)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        add(w, f"{name}.weight", np.ones(n, np.float32), Type.F32)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        if stored == "i2s":
            raw = i2_s(rng.integers(-1, 2, (n, n)), 0.25)
            w.add_tensor(f"blk.0.{name}.weight", raw, raw_shape=(n, n), raw_dtype=I2_S)
        else:
            add(w, f"blk.0.{name}.weight", rng.normal(size=(n, n)).astype(np.float32), Type.F32)
    finish(w)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("out", type=Path, help="folder to write into; made if it is missing")
    p.add_argument("--seed", type=int, default=1, help="seed of all random data (default 1)")
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(a.seed)
    Good(a.out, rng).write()
    write_bad(a.out, rng)
    write_floats(a.out, rng)
    write_meta(a.out)
    write_micro(a.out, rng, "llama", "i2s")
    write_micro(a.out, rng, "bitnet", "masters")
    write_tokenizers(a.out, random.Random(a.seed))
    write_vocabularies(a.out, random.Random(a.seed))
    write_chats(a.out, random.Random(a.seed))


if __name__ == "__main__":
    main()
