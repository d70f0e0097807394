#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logits of a GGUF by Hugging Face transformers' BitNet, in float32, in oracle.py's file format.

The class quantises latent weights itself (absmean), so each ternary matrix is handed over divided
by its share of trits that are not zero: its absmean is then the scale it had. The lm_head's input
stays float there. Needs PyPI's torch, transformers, accelerate, gguf; models with both sub-norms.
"""
import argparse
import os
from pathlib import Path

os.environ["TORCHDYNAMO_DISABLE"] = "1"
import numpy as np
import torch
import transformers
from transformers.integrations.bitnet import replace_with_bitnet_linear

from oracle import Weights, draw, save

PARTS = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
         "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
         "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
         "self_attn.attn_sub_norm": "attn_sub_norm", "post_attention_layernorm": "ffn_norm",
         "mlp.ffn_sub_norm": "ffn_sub_norm"}


def build(w: Weights) -> torch.nn.Module:
    vocab, dim = w["token_embd.weight"].shape
    config = transformers.BitNetConfig(
        vocab_size=vocab, hidden_size=dim, intermediate_size=w.hyper("feed_forward_length"),
        num_hidden_layers=w.hyper("block_count"),
        num_attention_heads=w.hyper("attention.head_count"),
        num_key_value_heads=w.hyper("attention.head_count_kv"),
        hidden_act=w.hyper("hidden_activation", "silu"),
        max_position_embeddings=w.hyper("context_length"), bos_token_id=0, eos_token_id=0,
        rms_norm_eps=w.hyper("attention.layer_norm_rms_epsilon"),
        tie_word_embeddings="output.weight" not in w,
        rope_parameters={"rope_type": "default", "rope_theta": w.hyper("rope.freq_base", 10000.0)})
    quantised = transformers.BitNetQuantConfig(linear_class="autobitlinear",
                                               quantization_mode="online")
    model = transformers.BitNetForCausalLM(config)
    replace_with_bitnet_linear(model, ["lm_head"], quantised)
    model.to_empty(device="cpu")
    return model


def parameters(w: Weights, layers: int) -> dict[str, np.ndarray]:
    head = "output.weight" if "output.weight" in w else "token_embd.weight"
    out = {"model.embed_tokens.weight": w["token_embd.weight"], "lm_head.weight": w[head],
           "model.norm.weight": w["output_norm.weight"]}
    for i in range(layers):
        for theirs, ours in PARTS.items():
            value = w[f"blk.{i}.{ours}.weight"]
            if value.ndim == 2:
                value = value / (value != 0).mean()
            out[f"model.layers.{i}.{theirs}.weight"] = value
    return out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--gguf", type=Path, required=True, help="model")
    ap.add_argument("--out", type=Path, required=True, help="file to write")
    ap.add_argument("--count", type=int, default=64, help="random tokens (64)")
    ap.add_argument("--seed", type=int, default=1, help="of the tokens")
    a = ap.parse_args()
    torch.set_num_threads(1)
    w = Weights(a.gguf)
    model = build(w)
    values = parameters(w, w.hyper("block_count"))
    model.load_state_dict({k: torch.from_numpy(v).float() for k, v in values.items()}, strict=False)
    missing = {k for k, _ in model.named_parameters()} - values.keys()
    if missing:
        raise SystemExit(f"hf_check.py: no values for {sorted(missing)}")
    rotary = model.model.rotary_emb                 # to_empty() dropped its table
    model.model.rotary_emb = type(rotary)(model.config)
    tokens, _ = draw(w, a.count, a.seed, head_int8=False)
    with torch.no_grad():
        logits = model.eval().float()(torch.from_numpy(tokens)[None]).logits[0]
    save(a.out, tokens, logits.double().numpy(), head_int8=False)


if __name__ == "__main__":
    main()
