#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the tiny models of all families as GGUF, by models/convert.py: FAMILY.tq1_0.gguf,
FAMILY.tq2_0.gguf; from the first of these FAMILY.i2_s.gguf, in bitnet.cpp's layout of 128
weights; and FAMILY.masters.gguf, whose matrices are the checkpoint's masters in BF16 or F32,
where it has them.
"""
import argparse
import sys
from pathlib import Path

import gguf
import numpy as np

import tiny

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "models"), str(ROOT / "tests" / "driver")]
import convert  # noqa: E402
from make_gguf import I2_S, i2_s  # noqa: E402

FIELDS = {gguf.GGUFValueType.UINT32: "add_uint32", gguf.GGUFValueType.FLOAT32: "add_float32",
          gguf.GGUFValueType.STRING: "add_string", gguf.GGUFValueType.BOOL: "add_bool",
          gguf.GGUFValueType.ARRAY: "add_array"}
TERNARY = (gguf.GGMLQuantizationType.TQ1_0, gguf.GGMLQuantizationType.TQ2_0)


def copy_keys(reader: gguf.GGUFReader, w: gguf.GGUFWriter) -> None:
    for name, f in reader.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            getattr(w, FIELDS[f.types[0]])(name, f.contents())


def rewrite(source: Path, out: Path, matrix) -> None:
    """Copies a file; matrix(writer, name, trits, scale) writes each ternary matrix."""
    reader = gguf.GGUFReader(source)
    w = gguf.GGUFWriter(out, reader.fields["general.architecture"].contents())
    copy_keys(reader, w)
    scales = {t.name: t.data for t in reader.tensors if t.name.endswith(".scale")}
    for t in reader.tensors:
        scale = scales.get(t.name.removesuffix(".weight") + ".scale")
        if scale is not None or t.tensor_type in TERNARY:
            x = gguf.quants.dequantize(t.data, t.tensor_type)
            scale = np.float32(1 if scale is None else scale[0]) * np.abs(x).max()
            matrix(w, t.name, np.sign(x), scale)
        elif t.name not in scales:
            w.add_tensor(t.name, t.data, raw_dtype=t.tensor_type)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def write_i2_s(w: gguf.GGUFWriter, name: str, trits: np.ndarray, scale: np.float32) -> None:
    w.add_tensor(name, i2_s(trits.astype(np.int8), scale), raw_shape=trits.shape, raw_dtype=I2_S)


class Masters:
    """The checkpoint's own values in place of trits."""

    def __init__(self, name: str, folder: Path):
        self.ck, self.m = convert.Checkpoint(folder), tiny.FAMILIES[name]
        self.theirs = {ours: name for name, ours in convert.PROJECTIONS.items()}

    def __call__(self, w: gguf.GGUFWriter, name: str, _trits, _scale) -> None:
        _, layer, part, _ = name.split(".")
        x = self.ck.get(f"model.layers.{layer}.{self.theirs[part]}.weight")
        if not self.m.bitnet and part in ("attn_q", "attn_k"):
            x = convert.to_pairs(x, self.m.head_dim)
        kind = gguf.GGMLQuantizationType.BF16 if self.m.dtype == "bfloat16" else gguf.GGMLQuantizationType.F32
        w.add_tensor(name, gguf.quants.quantize(x, kind), raw_dtype=kind)


def make(name: str, out: Path) -> None:
    folder = out / name
    tiny.write(name, folder)
    for kind in ("tq1_0", "tq2_0"):
        path = str(out / f"{name}.{kind}.gguf")
        convert.convert(convert.arguments([str(folder), "--out", path, "--type", kind, "--quiet"]))
    rewrite(out / f"{name}.tq1_0.gguf", out / f"{name}.i2_s.gguf", write_i2_s)
    if tiny.FAMILIES[name].store == "masters":
        rewrite(out / f"{name}.tq1_0.gguf", out / f"{name}.masters.gguf", Masters(name, folder))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("out", type=Path, help="folder to write into")
    ap.add_argument("families", nargs="*", default=list(tiny.FAMILIES), help="default: all")
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    for name in a.families:
        make(name, a.out)


if __name__ == "__main__":
    main()
