#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The golden model beside llama.cpp (PyPI's llama-cpp-python), in one run:

1. llama.cpp loads the demo model, and its perplexity on held-out stories is compared with ours;
2. how long `quintrit run` takes to load a model in the shape of BitNet b1.58 2B-4T with random
   weights, and the most memory it takes;
3. speed on that model, which both read from the same files: prompt and decode, alternating, median
   of the rounds.

`make bench-peers TEXT=stories.txt` makes the environment and runs this. Stories are parted by lines
<|endoftext|>. llama.cpp scales activations per 256 values and not per token, so its results are
near ours and not equal. Leave the machine idle meanwhile: both are measured by the wall clock.
"""
import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from llama_cpp import Llama, __version__ as llama_version

ROOT = Path(__file__).resolve().parent.parent
PEERS = ["tq1_0", "tq2_0"]
NEEDED = {"prompt": 2.5, "decode": 1.2}  # times the better of the peers


# ---- perplexity ----

def llama_perplexity(model: Path, text: str, most: int) -> tuple[float, int]:
    """As `quintrit perplexity`: each story as [bos, text, eos], at most a context of it."""
    llm = Llama(str(model), n_ctx=0, logits_all=True, verbose=False)
    bos = [llm.token_bos()] if llm.metadata.get("tokenizer.ggml.add_bos_token") != "false" else []
    nll, count = 0.0, 0
    stories = [s.strip(" \n\t\r") for s in text.split("<|endoftext|>")]
    for story in [s for s in stories if s][:most or None]:
        tokens = bos + llm.tokenize(story.encode(), add_bos=False, special=False)
        tokens.append(llm.token_eos())
        n = min(len(tokens) - 1, llm.n_ctx())
        llm.reset()
        llm.eval(tokens[:n])
        logits = np.asarray(llm.scores[:n], np.float64)
        top = logits.max(axis=1)
        all_of = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
        nll += float((all_of - logits[np.arange(n), tokens[1:n + 1]]).sum())
        count += n
    return math.exp(nll / count), count


def our_perplexity(model: Path, text: Path, most: int) -> tuple[float, int]:
    command = ["build/quintrit", "perplexity", "--no-wraps", "-m", model, "-f", text]
    out = subprocess.run(command + (["--stories", str(most)] if most else []), cwd=ROOT, check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return (float(re.search(r"^perplexity\s+([\d.]+)", out, re.M)[1]),
            int(re.search(r"^tokens\s+([\d,]+)", out, re.M)[1].replace(",", "")))


def perplexity(a: argparse.Namespace) -> bool:
    ours, count = our_perplexity(a.model, a.text.resolve(), a.stories)
    theirs, their_count = llama_perplexity(a.model, a.text.read_text(), a.stories)
    off = theirs / ours - 1
    print(f"perplexity of {a.model.name}: golden model {ours:.4f} ({count:,} tokens), llama.cpp "
          f"{theirs:.4f} ({their_count:,} tokens), {100 * off:+.2f} %; within 2 % asked")
    return abs(off) <= 0.02 and count == their_count


# ---- speed ----

class Theirs:
    """llama.cpp on a file; a context for each count of threads."""

    def __init__(self, path: Path, prompt: int, decode: int):
        self.path, self.prompt, self.decode, self.engines = path, prompt, decode, {}

    def run(self, threads: int) -> list[float]:
        if threads not in self.engines:
            self.engines[threads] = Llama(
                str(self.path), n_ctx=self.prompt + self.decode, n_batch=self.prompt,
                n_ubatch=self.prompt, n_threads=threads, n_threads_batch=threads, verbose=False)
        llm = self.engines[threads]
        tokens = [1 + i * 79 % 250 for i in range(self.prompt + self.decode)]
        llm.reset()
        times = [(time.perf_counter(), time.process_time())]
        llm.eval(tokens[:self.prompt])
        times.append((time.perf_counter(), time.process_time()))
        for token in tokens[self.prompt:]:
            llm.eval([token])
        times.append((time.perf_counter(), time.process_time()))
        (a, ca), (b, cb), (c, cc) = times
        return [b - a, cb - ca, c - b, cc - cb]


class Ours:
    """The golden model in a process of its own, which stays and answers (bench/serve.c)."""

    def __init__(self, path: Path, config: str, prompt: int, decode: int):
        command = ["build/bench-rtl", "serve", config, path, str(prompt), str(decode)]
        self.child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)

    def run(self, threads: int) -> list[float]:
        self.child.stdin.write(f"{threads}\n")
        self.child.stdin.flush()
        return [float(x) for x in self.child.stdout.readline().split()]


def make_files(a: argparse.Namespace) -> dict[str, Path]:
    files = {kind: a.folder.resolve() / f"peers-2b4t-{kind}.gguf" for kind in PEERS}
    for kind, path in files.items():
        if not path.exists():
            print(f"writing {path.name}", file=sys.stderr)
            command = [sys.executable, "tests/families/full_shape.py", "2b4t", "--type", kind,
                       "--head", "q6_k", "--arch", "bitnet", "--out", path]
            subprocess.run(command, cwd=ROOT, check=True)
    return files


Times = dict[tuple[str, int], list[list[float]]]  # engine, threads: what run() gave


def measure(a: argparse.Namespace, files: dict[str, Path]) -> Times:
    engines = {f"llama.cpp {k.upper()}": Theirs(files[k], a.prompt, a.decode) for k in PEERS}
    engines["golden model"] = Ours(files[PEERS[0]], a.config, a.prompt, a.decode)
    times = {(name, t): [] for t in a.threads for name in engines}
    for round_ in range(a.rounds + 1):  # the first one warms up
        for threads in a.threads:
            for name, engine in engines.items():
                result = engine.run(threads)
                if round_:
                    times[name, threads].append(result)
    engines["golden model"].child.stdin.close()
    engines["golden model"].child.wait()
    return times


def table(a: argparse.Namespace, times: Times) -> bool:
    """Tokens a second of the median round; in brackets those a second of processor time."""
    good = True
    work = {"prompt": (a.prompt, 0), "decode": (a.decode, 2)}
    print(f"\n2B-4T's shape, prompt {a.prompt}, decode {a.decode}, median of {a.rounds}: tokens/s "
          f"(tokens per CPU second)")
    print(f"{'engine':<18} {'threads':>7} {'prompt':>18} {'decode':>18}")
    rate = {}
    for (name, threads), rounds in times.items():
        cells = []
        for what, (n, at) in work.items():
            wall, cpu = (n / statistics.median(r[at + i] for r in rounds) for i in (0, 1))
            rate[name, threads, what] = wall, cpu
            cells.append(f"{wall:8.2f} ({cpu:7.2f})")
        print(f"{name:<18} {threads:>7} {cells[0]:>18} {cells[1]:>18}")
    for threads in a.threads:
        for what, needed in NEEDED.items():
            peers = [rate[name, threads, what] for name, t in times
                     if t == threads and name != "golden model"]
            best = [max(peer[i] for peer in peers) for i in (0, 1)]
            wall, cpu = (rate["golden model", threads, what][i] / best[i] for i in (0, 1))
            good = good and wall >= needed
            print(f"golden model / best of llama.cpp, {what}, threads: {threads}: {wall:.2f} "
                  f"({cpu:.2f} by CPU seconds); {needed} asked: "
                  f"{'reached' if wall >= needed else 'NOT reached'}")
    return good


# ---- loading ----

def loading(a: argparse.Namespace, path: Path) -> bool:
    command = ["build/quintrit", "info", "-m", path, "--config", a.config]
    info = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    image = int(re.search(r"DRAM\s+([\d,]+) bytes", info)[1].replace(",", ""))
    begun = time.perf_counter()
    command = ["build/quintrit", "run", "-m", path, "--config", a.config, "--no-wraps",
               "--temp", "0", "-n", "1", "-p", "a"]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds, peak = time.perf_counter() - begun, usage.ru_maxrss * 1024
    print(f"\nloading {path.name} and one token: {seconds:.1f} s of the wall clock, "
          f"{usage.ru_utime + usage.ru_stime:.1f} s of processor time (60 s asked); peak memory "
          f"{peak / 1e9:.2f} GB, image {image / 1e9:.2f} GB: {peak / image:.2f} times (1.3 asked)")
    return status == 0 and seconds < 60 and peak <= 1.3 * image


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--model", type=Path, default=ROOT / "models/quintrit-stories-5m.gguf",
                    help="model whose perplexity is compared")
    ap.add_argument("--text", type=Path, help="held-out stories; without them no perplexity")
    ap.add_argument("--stories", type=int, default=0, help="only the first of them (0: all)")
    ap.add_argument("--config", default="card", help="configuration of the golden model")
    ap.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    ap.add_argument("--prompt", type=int, default=128, help="tokens")
    ap.add_argument("--decode", type=int, default=32, help="tokens")
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--folder", type=Path, default=ROOT / "build",
                    help="for the two model files, deleted after")
    ap.add_argument("--keep", action="store_true", help="keep these files")
    a = ap.parse_args()
    print(f"llama-cpp-python {llama_version}")
    good = perplexity(a) if a.text else True
    files = make_files(a)
    try:
        # first, for a process's peak memory begins with that of the one which it was forked from
        good = loading(a, files[PEERS[0]]) and good
        good = table(a, measure(a, files)) and good
    finally:
        for path in files.values():
            if not a.keep:
                path.unlink(missing_ok=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
