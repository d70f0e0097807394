# SPDX-License-Identifier: Apache-2.0
"""The network: a BitNet b1.58 transformer (llama.cpp's `bitnet` architecture) and, with
ternary=False, its full-precision twin. Ternary weights and int8 activations are quantised in the
forward pass; gradients go straight through to the latent float weights.
"""
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

SPAN = 256              # queries that attention takes at a time


@dataclass
class Shape:
    vocab: int = 1024
    context: int = 512
    dim: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    ffn: int = 768
    eps: float = 1e-5
    rope_base: float = 10000.0


def trits(w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Absmean quantisation of a whole tensor: trits in {-1, 0, 1} and their scale."""
    scale = w.abs().mean().clamp(min=1e-5)
    return (w / scale).round().clamp(-1, 1), scale


def absmax_int8(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Absmax quantisation of each token (last axis): integers in [-128, 127], and 1 / step."""
    s = 127.0 / x.abs().amax(-1, keepdim=True).clamp(min=1e-5)
    return (x * s).round().clamp(-128, 127), s


class BitLinearFn(torch.autograd.Function):
    """y = q/s @ (T*m)^T. The product runs on integers that bfloat16 holds exactly."""

    @staticmethod
    def forward(ctx, x, t, m):
        # x: [tokens, k] float; t: [n, k] trits (bfloat16); m: [n] scale of each output
        q, s = absmax_int8(x.float())
        q = q.bfloat16()
        ctx.save_for_backward(q, s, t, m)
        return (q @ t.t()).float() * (m / s)

    @staticmethod
    def backward(ctx, g):
        q, s, t, m = ctx.saved_tensors
        gx = (g * m).bfloat16() @ t
        gw = (g / s).bfloat16().t() @ q
        return gx.float(), gw.float(), None


class FloatLinearFn(torch.autograd.Function):
    """y = x @ w^T in bfloat16 with float32 sums, for the twin."""

    @staticmethod
    def forward(ctx, x, w):
        x, w = x.bfloat16(), w.bfloat16()
        ctx.save_for_backward(x, w)
        return (x @ w.t()).float()

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        g = g.bfloat16()
        return (g @ w).float(), (g.t() @ x).float()


def straight_through(x: torch.Tensor, quantised: torch.Tensor) -> torch.Tensor:
    return x + (quantised - x).detach()


class Linear(nn.Module):
    """Matrices that read the same input: each quantised for itself, multiplied at once."""

    def __init__(self, k: int, widths: dict[str, int], std: float, ternary: bool):
        super().__init__()
        self.ternary = ternary
        for name, n in widths.items():
            self.register_parameter(name, nn.Parameter(torch.randn(n, k) * std))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ws = list(self.parameters())
        if not self.ternary:
            return FloatLinearFn.apply(x, torch.cat(ws))
        ts, ms = [], []
        for w in ws:
            t, m = trits(w.detach())
            ts.append(straight_through(w, t))
            ms.append(m.expand(w.shape[0]))
        return BitLinearFn.apply(x, torch.cat(ts).bfloat16(), torch.cat(ms))


class RMSNorm(nn.Module):
    def __init__(self, n: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


def rope_table(positions: int, c: Shape) -> tuple[torch.Tensor, torch.Tensor]:
    f = c.rope_base ** (-torch.arange(0, c.head_dim, 2, dtype=torch.float64) / c.head_dim)
    angle = torch.arange(positions, dtype=torch.float64)[:, None] * f
    return angle.cos().float(), angle.sin().float()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """RoPE on halves: x [batch, time, heads, head_dim]; cos, sin [time, head_dim / 2]."""
    a, b = x.chunk(2, -1)
    cos, sin = cos[:, None], sin[:, None]
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Block(nn.Module):
    def __init__(self, c: Shape, ternary: bool):
        super().__init__()
        self.c = c
        kv, std = c.kv_heads * c.head_dim, c.dim ** -0.5
        mask = torch.ones(c.context, c.context).tril()
        self.register_buffer("mask", mask, persistent=False)
        self.attn_norm = RMSNorm(c.dim, c.eps)
        self.qkv = Linear(c.dim, {"q": c.heads * c.head_dim, "k": kv, "v": kv}, std, ternary)
        self.attn_sub_norm = RMSNorm(c.heads * c.head_dim, c.eps)
        self.o = Linear(c.heads * c.head_dim, {"o": c.dim}, 0.2 * std, ternary)
        self.ffn_norm = RMSNorm(c.dim, c.eps)
        self.gate_up = Linear(c.dim, {"gate": c.ffn, "up": c.ffn}, std, ternary)
        self.ffn_sub_norm = RMSNorm(c.ffn, c.eps)
        self.down = Linear(c.ffn, {"down": c.dim}, 0.2 * c.ffn ** -0.5, ternary)

    def attend(self, x: torch.Tensor, batch: int, cos, sin) -> torch.Tensor:
        """x [batch * time, dim] -> the joined heads; cos, sin [time, head_dim / 2]"""
        c, time = self.c, x.shape[0] // batch
        kv = c.kv_heads * c.head_dim
        q, k, v = self.qkv(x).view(batch, time, -1).split((c.heads * c.head_dim, kv, kv), -1)
        q = rotate(q.view(batch, time, c.heads, c.head_dim), cos, sin)
        k = rotate(k.view(batch, time, c.kv_heads, c.head_dim), cos, sin)
        v = v.view(batch, time, c.kv_heads, c.head_dim)
        share = c.heads // c.kv_heads               # query heads that read the same KV head
        q = (q * c.head_dim ** -0.5).view(batch, time, c.kv_heads, share, c.head_dim)
        q = q.permute(0, 2, 3, 1, 4).bfloat16().reshape(-1, share, time, c.head_dim)
        k, v = (t.transpose(1, 2).bfloat16().reshape(-1, time, c.head_dim) for t in (k, v))
        parts = []
        for b in range(0, time, SPAN):              # spans of queries: the later keys cost nothing
            e = min(b + SPAN, time)
            score = q[:, :, b:e].reshape(-1, share * (e - b), c.head_dim) @ k[:, :e].transpose(1, 2)
            score = score.view(-1, share, e - b, e).float().clamp(-60, 60)
            p = score.exp() * self.mask[b:e, :e]    # the clamp stands for subtracting the maximum
            y = (p.bfloat16().view(-1, share * (e - b), e) @ v[:, :e]).float()
            parts.append(y.view(-1, share, e - b, c.head_dim) / p.sum(-1, keepdim=True))
        y = torch.cat(parts, 2).view(batch, c.kv_heads, share, time, c.head_dim)
        return y.permute(0, 3, 1, 2, 4).reshape(batch * time, -1)

    def forward(self, x: torch.Tensor, batch: int, cos, sin) -> torch.Tensor:
        y = self.attend(self.attn_norm(x), batch, cos, sin)
        x = x + self.o(self.attn_sub_norm(y))
        gate, up = self.gate_up(self.ffn_norm(x)).split((self.c.ffn, self.c.ffn), -1)
        return x + self.down(self.ffn_sub_norm(F.silu(gate) * up))


class BitNet(nn.Module):
    def __init__(self, c: Shape, ternary: bool = True):
        super().__init__()
        self.c, self.ternary = c, ternary
        self.embed = nn.Parameter(torch.randn(c.vocab, c.dim) * 0.02)
        self.blocks = nn.ModuleList(Block(c, ternary) for _ in range(c.layers))
        self.norm = RMSNorm(c.dim, c.eps)
        cos, sin = rope_table(c.context, c)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, tokens: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Cross entropy of every position, [batch * time], zero where the target is -1."""
        batch, time = tokens.shape
        x = F.embedding(tokens.reshape(-1), self.embed)
        for block in self.blocks:
            x = block(x, batch, self.cos[:time], self.sin[:time])
        x = self.norm(x)
        if self.ternary:
            q, s = absmax_int8(x)
            x = straight_through(x, q / s)
        logits = FloatLinearFn.apply(x, self.embed)
        return F.cross_entropy(logits, targets.reshape(-1), ignore_index=-1, reduction="none")
