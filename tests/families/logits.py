#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logits of the tiny models by Hugging Face transformers in float32, kept in this folder for the
tests.

The model is loaded as its users load it: AutoModelForCausalLM.from_pretrained on the folder,
quantisation by its config.json. The paper's models, whose code lives outside transformers, go
through its BitNet class with SiLU, online absmean and the sub-norms renamed. TriLM is a Llama
with float activations. By hand, with torch 2.15.0, transformers 5.23.0, accelerate 1.15.0,
safetensors 0.8.0:

    python logits.py

Random tokens are drawn anew where two right programs may differ: where an activation comes within
TIE int8 steps of a half, or the two largest logits within GAP of their deviation. Output: int32
count, vocabulary; int32 tokens [count]; float32 logits [count][vocabulary].
"""
import argparse
import json
import os
import tempfile
from pathlib import Path

os.environ["TORCHDYNAMO_DISABLE"] = "1"
import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.integrations.bitnet import AutoBitLinear, BitLinear

import tiny

TIE, GAP = 4e-5, 0.1


def as_transformers_bitnet(folder: Path) -> None:
    """The paper's checkpoint under the names of transformers' class."""
    path = folder / "model.safetensors"
    names = {"inner_attn_ln": "attn_sub_norm", "ffn_layernorm": "ffn_sub_norm"}
    tensors = {}
    for name, x in load_file(path).items():
        for theirs, ours in names.items():
            name = name.replace(theirs, ours)
        tensors[name] = x
    save_file(tensors, path, metadata={"format": "pt"})
    c = json.loads((folder / "config.json").read_text())
    c["architectures"] = ["BitNetForCausalLM"]
    c["quantization_config"] = {"quant_method": "bitnet", "modules_to_not_convert": ["lm_head"],
                                "linear_class": "autobitlinear", "quantization_mode": "online"}
    (folder / "config.json").write_text(json.dumps(c))


class Ties:
    """Hooks on the linear layers: how near a half each position's activations came."""

    def __init__(self, model: torch.nn.Module):
        self.nearest = None
        for m in model.modules():
            if isinstance(m, (AutoBitLinear, BitLinear)):
                m.register_forward_pre_hook(self.look)

    def look(self, _module, inputs) -> None:
        x = inputs[0][0].double()
        steps = x * 127 / x.abs().amax(-1, keepdim=True).clamp(min=1e-5)
        near = (steps - steps.floor() - 0.5).abs().amin(-1)
        self.nearest = near if self.nearest is None else torch.minimum(self.nearest, near)


def gap(logits: torch.Tensor) -> torch.Tensor:
    top = logits.topk(2, -1).values
    return (top[..., 0] - top[..., 1]) / logits.std(-1)


def run(name: str, count: int, tie: float, least: float) -> tuple[np.ndarray, np.ndarray]:
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        tiny.write(name, folder)
        if tiny.FAMILIES[name].architecture == "BitnetForCausalLM":
            as_transformers_bitnet(folder)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32,
                                                                  attn_implementation="eager").eval()
    torch.nn.Module.float(model)        # what loading left in the checkpoint's bfloat16; exact
    for m in model.modules():
        if isinstance(m, BitLinear):
            m.dtype = torch.float32
    kinds = {type(m).__name__ for n, m in model.named_modules() if n.endswith("q_proj")}
    ties, rng = Ties(model), np.random.default_rng(tiny.FAMILIES[name].seed)
    tokens = rng.integers(0, tiny.VOCAB, count)
    while True:
        ties.nearest = None
        with torch.no_grad():
            logits = model(torch.from_numpy(tokens)[None], use_cache=False).logits[0].float()
        bad = gap(logits) < least
        if ties.nearest is not None:
            bad |= ties.nearest < tie
        if not bad.any():
            break
        tokens[int(bad.nonzero()[0])] = rng.integers(0, tiny.VOCAB)
    print(f"{name}: {', '.join(kinds)}, logits' deviation {float(logits.std()):.3f}, "
          f"{len(set(logits.argmax(-1).tolist()))} different greedy choices")
    return tokens, logits.numpy()


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("families", nargs="*", default=list(tiny.FAMILIES), help="default: all")
    ap.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder (this one)")
    ap.add_argument("--count", type=int, default=64, help="positions (64)")
    ap.add_argument("--tie", type=float, default=TIE, help="int8 steps from a half (%(default)s)")
    ap.add_argument("--gap", type=float, default=GAP, help="between the two largest logits (%(default)s)")
    a = ap.parse_args()
    torch.set_num_threads(1)
    for name in a.families:
        tokens, values = run(name, a.count, a.tie, a.gap)
        with open(a.out / f"{name}.logits", "wb") as f:
            np.array(values.shape, "<i4").tofile(f)
            tokens.astype("<i4").tofile(f)
            values.astype("<f4").tofile(f)


if __name__ == "__main__":
    main()
