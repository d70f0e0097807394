# SPDX-License-Identifier: Apache-2.0
"""Trains the ternary model, or with --float its full-precision twin, on the arrays of data.py.

Warm-up, constant rate, linear decay to zero. The end is a token count (--tokens) or a time
(--minutes: the decay starts when its share of the time is left). Checkpoints hold everything;
--resume goes on from one, and with a larger --tokens or --minutes trains for longer.
"""
import argparse
import csv
import dataclasses
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F

from bitnet import BitNet, Shape

CONTEXT = 512


def pack_epoch(starts: np.ndarray, epoch: int, seed: int, bins: int = 256) -> list[list[tuple]]:
    """Rows of spans (begin, end) that fill CONTEXT + 1 tokens, each begun by whole stories.

    A row takes the longest stories of a shuffled pool that still fit; what room is left over gets
    the beginning of one more story.
    """
    rng = np.random.default_rng([seed, epoch])
    room = CONTEXT + 1
    order = rng.permutation(len(starts) - 1)
    spans = []
    for d in order:                                 # a story longer than a row is cut into rows
        for b in range(starts[d], starts[d + 1], room):
            spans.append((b, min(b + room, starts[d + 1])))
    rows, pool, at = [], [], 0
    while at < len(spans) or pool:
        while at < len(spans) and len(pool) < bins:
            pool.append(spans[at])
            at += 1
        row = [pool.pop(0)]
        left = room - (row[0][1] - row[0][0])
        while left > 0 and pool:
            sizes = np.array([e - b for b, e in pool])
            fits = np.where(sizes <= left, sizes, 0)
            i = int(fits.argmax()) if fits.max() > 0 else 0
            b, e = pool[i] if fits.max() == 0 else pool.pop(i)
            row.append((b, min(e, b + left)))
            left -= row[-1][1] - b
        if left == 0:
            rows.append(row)
    return [rows[i] for i in rng.permutation(len(rows))]


class Batches:
    """An endless, repeatable order of rows; `row` counts the rows given out."""

    def __init__(self, path: Path, seed: int):
        data = np.load(path)
        self.tokens, self.starts, self.seed = data["tokens"], data["starts"], seed
        self.epoch, self.rows, self.first = -1, [], 0

    def get(self, row: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        out = []
        for r in range(row, row + count):
            while r >= self.first + len(self.rows):
                self.first += len(self.rows)
                self.epoch += 1
                self.rows = pack_epoch(self.starts, self.epoch, self.seed)
            spans = self.rows[r - self.first]
            out.append(np.concatenate([self.tokens[b:e] for b, e in spans]).astype(np.int64))
        both = torch.from_numpy(np.stack(out))
        return both[:, :-1].contiguous(), both[:, 1:].contiguous()


def heldout_rows(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Each held-out story in a row of its own: BOS + text, targets text + EOS, -1 beyond."""
    data = np.load(path)
    tokens, starts = data["tokens"].astype(np.int64), data["starts"]
    x = torch.zeros(len(starts) - 1, CONTEXT, dtype=torch.long)
    y = torch.full_like(x, -1)
    for i in range(len(starts) - 1):
        ids = np.append(tokens[starts[i]:starts[i + 1]], tokens[0])[:CONTEXT + 1]
        x[i, :len(ids) - 1] = torch.from_numpy(ids[:-1])
        y[i, :len(ids) - 1] = torch.from_numpy(ids[1:])
    return x, y


def orthogonalise(g: torch.Tensor) -> torch.Tensor:
    """Newton-Schulz iteration of degree five on a stack of matrices [n, rows, columns]."""
    x = g.bfloat16()
    flip = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if flip else x
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).bfloat16()
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return (x.transpose(1, 2) if flip else x).float()


class Muon(torch.optim.Optimizer):
    """Momentum whose step is made orthogonal, for the matrices inside the blocks."""

    def __init__(self, params, lr: float, momentum: float, decay: float):
        super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape: dict[tuple, list] = {}
            for p in group["params"]:
                state = self.state[p]
                if "m" not in state:
                    state["m"] = torch.zeros_like(p)
                state["m"].mul_(group["momentum"]).add_(p.grad)
                by_shape.setdefault(tuple(p.shape), []).append(p)
            for (rows, columns), ps in by_shape.items():
                nesterov = [p.grad + group["momentum"] * self.state[p]["m"] for p in ps]
                step = orthogonalise(torch.stack(nesterov)) * max(1, rows / columns) ** 0.5
                for p, s in zip(ps, step):
                    p.mul_(1 - group["lr"] * group["decay"]).sub_(s, alpha=group["lr"])


def optimisers(model: BitNet, a: argparse.Namespace) -> list[torch.optim.Optimizer]:
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and n != "embed"]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": [model.embed], "weight_decay": a.embed_decay},
              {"params": vectors, "weight_decay": 0.0}]
    return [Muon(matrices, a.lr, a.momentum, a.decay),
            torch.optim.AdamW(groups, lr=a.embed_lr, betas=(0.9, 0.95), fused=True)]


class Part:
    """One process's share of the work: takes the next rows of the batch until none are left.

    Two processes of one thread each lose less than one of two threads when other programs run:
    nobody waits for a slow thread inside a step.
    """

    def __init__(self, a: argparse.Namespace, model: BitNet, taken):
        self.a, self.taken = a, taken
        self.batches = Batches(a.data / "train.npz", a.seed)
        self.heldout = heldout_rows(a.data / "heldout.npz")
        self.forward = model if a.no_compile else torch.compile(model, dynamic=False)

    def slices(self, rows: int):
        """The slices of `rows` rows that this process gets."""
        while True:
            with self.taken.get_lock():
                first = self.taken.value
                self.taken.value += self.a.micro
            if first >= rows:
                return
            yield slice(first, first + self.a.micro)

    def train(self, row: int) -> float:
        """Adds to the gradients; returns this share of the batch's mean loss."""
        x, y = self.batches.get(row, self.a.rows)
        mean = 0.0
        for s in self.slices(self.a.rows):
            loss = self.forward(x[s], y[s]).sum() / x.numel()
            loss.backward()
            mean += loss.item()
        return mean

    @torch.no_grad()
    def evaluate(self, _row: int) -> float:
        """This share of the held-out stories' mean loss of a token."""
        x, y = self.heldout
        loss = 0.0
        for s in self.slices(len(x)):
            pad = (0, 0, 0, self.a.micro - len(x[s]))
            loss += self.forward(F.pad(x[s], pad), F.pad(y[s], pad, value=-1)).sum().item()
        return loss / (y >= 0).sum().item()


def serve(a: argparse.Namespace, model: BitNet, grads: list, taken, pipe) -> None:
    """A further process: does its part of each request; its gradients lie in shared memory."""
    torch.set_num_threads(1)
    part = Part(a, model, taken)
    for p, g in zip(model.parameters(), grads):
        p.grad = g
    try:
        while True:
            what, row = pipe.recv()
            pipe.send(getattr(part, what)(row))
    except (EOFError, KeyboardInterrupt):
        return


class Run:
    """A training run: the model, its optimisers, and `state`, the counters that a resume needs."""

    def __init__(self, a: argparse.Namespace):
        self.a = a
        self.model = BitNet(Shape(), ternary=not a.float)
        self.opts = optimisers(self.model, a)
        full = [g["lr"] for o in self.opts for g in o.param_groups]
        self.state = {"tokens": 0, "row": 0, "step": 0, "seconds": 0.0, "total": a.tokens}
        if a.resume:
            self.load(a.resume)
        self.groups = list(zip((g for o in self.opts for g in o.param_groups), full))
        taken = mp.get_context("spawn").Value("q", 0)
        self.helpers = [self.start_helper(taken) for _ in range(a.workers - 1)]
        self.part = Part(a, self.model, taken)
        self.began, self.before, self.speed = time.time(), self.state["seconds"], 0.0

    def start_helper(self, taken):
        """Starts a process on the same (shared) parameters: (pipe to it, its gradients)."""
        self.model.share_memory()
        grads = [torch.zeros_like(p).share_memory_() for p in self.model.parameters()]
        ours, theirs = mp.get_context("spawn").Pipe()
        mp.get_context("spawn").Process(
            target=serve, args=(self.a, self.model, grads, taken, theirs), daemon=True).start()
        theirs.close()
        return ours, grads

    def share_out(self, what: str) -> float:
        """Has every process do its part of `what`; returns the sum."""
        self.part.taken.value = 0
        for pipe, _ in self.helpers:
            pipe.send((what, self.state["row"]))
        torch.set_num_threads(max(1, self.a.threads // self.a.workers))
        total = getattr(self.part, what)(self.state["row"])
        total += sum(pipe.recv() for pipe, _ in self.helpers)
        torch.set_num_threads(self.a.threads)
        return total

    def collect_gradients(self) -> None:
        for _, grads in self.helpers:
            for p, g in zip(self.model.parameters(), grads):
                p.grad = g.clone() if p.grad is None else p.grad.add_(g)
                g.zero_()

    def load(self, path: Path) -> None:
        ck = torch.load(path, weights_only=True)
        self.model.load_state_dict(ck["model"])
        for o, s in zip(self.opts, ck["opts"]):
            o.load_state_dict(s)
        self.state = ck["state"] | {"total": self.a.tokens}

    def save(self, name: str) -> None:
        path = self.a.out / name
        part = path.with_suffix(".part")
        torch.save({"model": self.model.state_dict(), "opts": [o.state_dict() for o in self.opts],
                    "state": self.state, "shape": dataclasses.asdict(self.model.c),
                    "ternary": self.model.ternary,
                    "args": {k: str(v) for k, v in vars(self.a).items()}}, part)
        os.replace(part, path)

    def step(self) -> float:
        """One step of the optimisers; returns the mean loss of its tokens."""
        a, state, t0 = self.a, self.state, time.time()
        mean, tokens = self.share_out("train"), a.rows * CONTEXT
        self.collect_gradients()
        if not math.isfinite(mean):
            raise SystemExit(f"train.py: loss is {mean} at step {state['step']}; lower --lr")
        for g, lr in self.groups:
            g["lr"] = lr * self.rate()
        for o in self.opts:
            o.step()
        self.model.zero_grad(set_to_none=True)
        state["row"] += a.rows
        state["tokens"] += tokens
        state["step"] += 1
        state["seconds"] = self.before + time.time() - self.began
        speed = tokens / (time.time() - t0)
        self.speed = 0.95 * self.speed + 0.05 * speed if self.speed else speed
        return mean

    def rate(self) -> float:
        """The share of the full learning rate; the decay waits while the end is open."""
        a, tokens, total = self.a, self.state["tokens"], self.state["total"]
        down = (total - tokens) / (total * a.decay_share) if total else 1.0
        return max(0.0, min(tokens / a.warmup, down, 1.0))

    def choose_end(self) -> None:
        """With --minutes: fixes the last token when the decay's share of the time is left."""
        left = self.a.minutes * 60 - (time.time() - self.began)
        if left <= self.a.decay_share * (self.before + self.a.minutes * 60):
            self.state["total"] = self.state["tokens"] + left * self.speed

    def progress(self, loss: float, held: str) -> str:
        s = self.state
        eta = (s["total"] - s["tokens"]) / self.speed / 60 if s["total"] else math.nan
        return (f"step {s['step']} tokens {s['tokens'] / 1e6:.2f}M loss {loss:.4f} "
                f"{'held-out ' + held + ' ' if held else ''}{self.speed:.0f} tok/s "
                f"epoch {self.part.batches.epoch} rate {self.rate():.3f} ETA {eta:.1f} min")

    def train(self, log) -> None:
        a, state, table = self.a, self.state, csv.writer(log)
        if log.tell() == 0:
            table.writerow(["step", "tokens", "seconds", "rate", "train_loss", "heldout_loss"])
        losses, saved, done = [], time.time(), False
        next_eval, decaying = state["tokens"] + a.eval_every, self.rate() < 1 and state["step"] > 0
        while not done:
            losses.append(self.step())
            if a.minutes and not state["total"]:
                self.choose_end()
            if state["total"] and not decaying:
                decaying = state["tokens"] > state["total"] * (1 - a.decay_share)
                if decaying:
                    self.save("stable.pt")
            done = bool(state["total"]) and state["tokens"] >= state["total"]
            held = ""
            if state["tokens"] >= next_eval or done:
                held, next_eval = f"{self.share_out('evaluate'):.4f}", next_eval + a.eval_every
            if held or state["step"] % 20 == 0:
                loss = sum(losses) / len(losses)
                table.writerow([state["step"], state["tokens"], f"{state['seconds']:.0f}",
                                f"{self.rate():.4f}", f"{loss:.4f}", held])
                log.flush()
                print(self.progress(loss, held), flush=True)
                losses = []
            if done or time.time() - saved > a.save_every:
                self.save("last.pt")
                saved = time.time()


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--data", type=Path, required=True, help="folder that data.py wrote")
    ap.add_argument("--out", type=Path, required=True, help="folder for checkpoints and loss.csv")
    ap.add_argument("--float", action="store_true", help="the full-precision twin")
    ap.add_argument("--tokens", type=float, help="train on this many tokens")
    ap.add_argument("--minutes", type=float, help="train for this long, decay included")
    ap.add_argument("--resume", type=Path, help="checkpoint to go on from")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--rows", type=int, default=16, help="rows of 512 tokens in a step")
    ap.add_argument("--micro", type=int, default=2, help="rows in one forward and backward pass")
    ap.add_argument("--lr", type=float, default=0.02, help="Muon's rate")
    ap.add_argument("--momentum", type=float, default=0.95)
    ap.add_argument("--decay", type=float, default=0.02, help="weight decay of the matrices")
    ap.add_argument("--embed-lr", type=float, default=0.003, help="AdamW's rate: embedding, norms")
    ap.add_argument("--embed-decay", type=float, default=0.01)
    ap.add_argument("--warmup", type=float, default=4e5, help="tokens of warm-up")
    ap.add_argument("--decay-share", type=float, default=0.3, help="share of tokens in the decay")
    ap.add_argument("--eval-every", type=float, default=2e6, help="tokens between evaluations")
    ap.add_argument("--save-every", type=float, default=120, help="seconds between checkpoints")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--workers", type=int, default=2, help="processes that share the threads")
    ap.add_argument("--no-compile", action="store_true")
    return ap.parse_args()


def main() -> None:
    a = arguments()
    if not a.tokens and not a.minutes:
        raise SystemExit("train.py: give --tokens or --minutes, else there is no end")
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    a.out.mkdir(parents=True, exist_ok=True)
    with open(a.out / "loss.csv", "a", newline="") as log:
        Run(a).train(log)


if __name__ == "__main__":
    main()
