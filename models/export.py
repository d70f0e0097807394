# SPDX-License-Identifier: Apache-2.0
"""Checkpoint to GGUF (architecture `bitnet`), read back and compared before it is believed.

Ternary matrices become TQ1_0 with their absmean scale rounded to float16, so that T * scale is
exact in the file. A checkpoint of the full-precision twin keeps its matrices in float32.

    python export.py --checkpoint RUN/last.pt --tokenizer RUN/tokenizer.json --out model.gguf
"""
import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch

from bitnet import trits

END = "<|endoftext|>"
LICENSE = "CDLA-Sharing-1.0 AND CC-BY-4.0 (training text), Apache-2.0 (weights)"
BLOCK_NAMES = {     # name inside a block of the checkpoint -> name in the file
    "attn_norm.weight": "attn_norm", "qkv.q": "attn_q", "qkv.k": "attn_k", "qkv.v": "attn_v",
    "attn_sub_norm.weight": "attn_sub_norm", "o.o": "attn_output", "ffn_norm.weight": "ffn_norm",
    "gate_up.gate": "ffn_gate", "gate_up.up": "ffn_up", "ffn_sub_norm.weight": "ffn_sub_norm",
    "down.down": "ffn_down",
}


def file_name(name: str) -> str:
    if name == "embed":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, block, rest = name.split(".", 2)
    return f"blk.{block}.{BLOCK_NAMES[rest]}.weight"


def ternary_values(w: torch.Tensor) -> np.ndarray:
    """T * scale in float32, scale a float16 number."""
    t, scale = trits(w.float())
    return (t * scale.half().float()).numpy()


def add_metadata(out: gguf.GGUFWriter, shape: dict, name: str, ternary: bool) -> None:
    out.add_name(name)
    out.add_license(LICENSE)
    out.add_file_type(gguf.LlamaFileType.MOSTLY_TQ1_0 if ternary else gguf.LlamaFileType.ALL_F32)
    out.add_vocab_size(shape["vocab"])
    out.add_context_length(shape["context"])
    out.add_embedding_length(shape["dim"])
    out.add_block_count(shape["layers"])
    out.add_feed_forward_length(shape["ffn"])
    out.add_rope_dimension_count(shape["head_dim"])
    out.add_head_count(shape["heads"])
    out.add_head_count_kv(shape["kv_heads"])
    out.add_layer_norm_rms_eps(shape["eps"])
    out.add_rope_freq_base(shape["rope_base"])


def add_tokenizer(out: gguf.GGUFWriter, path: Path) -> None:
    tok = json.loads(path.read_text(encoding="utf-8"))["model"]
    tokens = sorted(tok["vocab"], key=tok["vocab"].get)
    merges = [m if isinstance(m, str) else " ".join(m) for m in tok["merges"]]
    kinds = [gguf.TokenType.CONTROL if t == END else gguf.TokenType.NORMAL for t in tokens]
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list(tokens)
    out.add_token_types(kinds)
    out.add_token_merges(merges)
    out.add_bos_token_id(tok["vocab"][END])
    out.add_eos_token_id(tok["vocab"][END])
    out.add_add_bos_token(True)


def tensors(checkpoint: dict):
    """(name, values in float32, type in the file) of every tensor."""
    for name, w in checkpoint["model"].items():
        w = w.float()
        if w.ndim == 1:
            yield file_name(name), w.numpy(), gguf.GGMLQuantizationType.F32
        elif name == "embed":
            half = checkpoint["ternary"]
            kind = gguf.GGMLQuantizationType.F16 if half else gguf.GGMLQuantizationType.F32
            yield file_name(name), (w.half().float() if half else w).numpy(), kind
        elif checkpoint["ternary"]:
            yield file_name(name), ternary_values(w), gguf.GGMLQuantizationType.TQ1_0
        else:
            yield file_name(name), w.numpy(), gguf.GGMLQuantizationType.F32


def check(path: Path, checkpoint: dict) -> None:
    """Every tensor of the file, read by the gguf package, equals what was to be written."""
    found = {t.name: t for t in gguf.GGUFReader(path).tensors}
    for name, values, kind in tensors(checkpoint):
        t = found.pop(name)
        back = gguf.dequantize(t.data, t.tensor_type).reshape(values.shape)
        if t.tensor_type != kind or not np.array_equal(back, values):
            raise SystemExit(f"export.py: {name} reads back differently; do not use {path}")
    if found:
        raise SystemExit(f"export.py: unexpected tensors {sorted(found)} in {path}")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--checkpoint", type=Path, required=True, help="written by train.py")
    ap.add_argument("--tokenizer", type=Path, required=True, help="written by data.py")
    ap.add_argument("--out", type=Path, required=True, help="GGUF file to write")
    ap.add_argument("--name", default="quintrit-stories-5m", help="general.name in the file")
    args = ap.parse_args()
    checkpoint = torch.load(args.checkpoint, weights_only=True)
    out = gguf.GGUFWriter(args.out, "bitnet")
    add_metadata(out, checkpoint["shape"], args.name, checkpoint["ternary"])
    add_tokenizer(out, args.tokenizer)
    for name, values, kind in tensors(checkpoint):
        out.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    check(args.out, checkpoint)
    print(f"{args.out}: {args.out.stat().st_size} bytes, "
          f"{checkpoint['state']['tokens']} tokens trained, reads back exactly")


if __name__ == "__main__":
    main()
