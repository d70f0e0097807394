# SPDX-License-Identifier: Apache-2.0
"""Perplexity and bits per byte of a GGUF model over a file of stories, in torch float32.

Ternary tensors get int8 activations; KV cache, softmax and head stay in float. Each story is
BOS + tokens + EOS; at most the first `context` predictions of a story count.

    python evaluate.py model.gguf heldout.txt
"""
import argparse
import math
import re
from pathlib import Path

import gguf
import torch
import torch.nn.functional as F
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from bitnet import Shape, absmax_int8, rope_table, rotate

END = "<|endoftext|>"


class Model:
    """The forward pass from the file's tensors alone."""

    def __init__(self, path: Path, int8_head: bool = False):
        file = gguf.GGUFReader(path)
        self.fields, self.int8_head = file.fields, int8_head
        self.shape = Shape(
            vocab=self.get("bitnet.vocab_size"), context=self.get("bitnet.context_length"),
            dim=self.get("bitnet.embedding_length"), layers=self.get("bitnet.block_count"),
            heads=self.get("bitnet.attention.head_count"),
            ffn=self.get("bitnet.feed_forward_length"),
            kv_heads=self.get("bitnet.attention.head_count_kv"),
            head_dim=self.get("bitnet.rope.dimension_count"),
            eps=self.get("bitnet.attention.layer_norm_rms_epsilon"),
            rope_base=self.get("bitnet.rope.freq_base"))
        self.w, self.ternary = {}, set()
        for t in file.tensors:
            name = t.name.removesuffix(".weight")
            self.w[name] = torch.tensor(gguf.dequantize(t.data, t.tensor_type)).float()
            if t.tensor_type in (gguf.GGMLQuantizationType.TQ1_0, gguf.GGMLQuantizationType.TQ2_0):
                self.ternary.add(name)

    def get(self, key: str):
        return self.fields[key].contents()

    def tokenizer(self) -> Tokenizer:
        vocab = {t: i for i, t in enumerate(self.get("tokenizer.ggml.tokens"))}
        merges = [tuple(m.split(" ")) for m in self.get("tokenizer.ggml.merges")]
        tok = Tokenizer(models.BPE(vocab=vocab, merges=merges))
        tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        tok.decoder = decoders.ByteLevel()
        tok.add_special_tokens([AddedToken(END, special=True)])
        return tok

    def norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.shape.eps) * self.w[name]

    def linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        if name not in self.ternary:
            return x @ self.w[name].t()
        q, s = absmax_int8(x)
        return (q @ self.w[name].t()) / s

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        """ids [time] -> logits [time, vocab]"""
        c, time = self.shape, len(ids)
        cos, sin = rope_table(time, c)
        x = self.w["token_embd"][ids]
        for i in range(c.layers):
            b = f"blk.{i}."
            h = self.norm(x, b + "attn_norm")
            q, k, v = (self.linear(h, b + n).view(1, time, -1, c.head_dim)
                       for n in ("attn_q", "attn_k", "attn_v"))
            q, k, v = (t.transpose(1, 2) for t in (rotate(q, cos, sin), rotate(k, cos, sin), v))
            k, v = (t.repeat_interleave(c.heads // c.kv_heads, 1) for t in (k, v))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
            y = self.norm(y.reshape(time, -1), b + "attn_sub_norm")
            x = x + self.linear(y, b + "attn_output")
            h = self.norm(x, b + "ffn_norm")
            h = F.silu(self.linear(h, b + "ffn_gate")) * self.linear(h, b + "ffn_up")
            x = x + self.linear(self.norm(h, b + "ffn_sub_norm"), b + "ffn_down")
        x = self.norm(x, "output_norm")
        if self.int8_head:
            q, s = absmax_int8(x)
            x = q / s
        return x @ self.w.get("output", self.w["token_embd"]).t()


def read_stories(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    stories = (s.strip() for s in re.split(rf"^{re.escape(END)}$", text, flags=re.M))
    return [s for s in stories if s]


@torch.no_grad()
def score(model: Model, stories: list[str]) -> dict:
    tok = model.tokenizer()
    bos, eos = (model.get(f"tokenizer.ggml.{n}_token_id") for n in ("bos", "eos"))
    total, tokens, size = 0.0, 0, 0
    for story in stories:
        ids = ([bos] + tok.encode(story).ids + [eos])[:model.shape.context + 1]
        loss = F.cross_entropy(model.logits(torch.tensor(ids[:-1])), torch.tensor(ids[1:]),
                               reduction="none")
        total += loss.double().sum().item()
        tokens += len(ids) - 1
        # a character of a byte-level token is one byte; EOS is none
        size += sum(len(tok.id_to_token(i)) for i in ids[1:] if i != eos)
    return {"stories": len(stories), "tokens": tokens, "bytes": size, "nll": total,
            "perplexity": math.exp(total / tokens), "bpb": total / math.log(2) / size}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("model", type=Path, help="GGUF file")
    ap.add_argument("stories", type=Path, help=f"text file, stories separated by lines {END}")
    ap.add_argument("--limit", type=int, help="only the first so many stories")
    ap.add_argument("--int8-head", action="store_true", help="the head reads int8 activations too")
    ap.add_argument("--threads", type=int, default=2)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    r = score(Model(args.model, args.int8_head), read_stories(args.stories)[:args.limit])
    print(f"{args.model.name}: {r['stories']} stories, {r['tokens']} tokens, {r['bytes']} bytes, "
          f"NLL {r['nll']:.2f}, perplexity {r['perplexity']:.4f}, {r['bpb']:.4f} bits per byte")


if __name__ == "__main__":
    main()
