# SPDX-License-Identifier: Apache-2.0
"""For the tests of the command: runs it, and writes small GGUF files whose greedy text is known.

A chain model has layers of zeros, so that its logits depend on the last token alone, and an lm_head
whose row for token b is the embedding of a: after a it says b. The text follows from the file, not
from the program under test.
"""
import os
import subprocess
from pathlib import Path

import gguf
import numpy as np

BINARY = str(Path(os.environ.get("QUINTRIT", "build/quintrit")).resolve())
EOS = 0
FIRST_BYTE = 1  # token of byte b: FIRST_BYTE + b
PAIR = "qq"  # the one merge: a tokenizer without any is not well formed
FIRST_PIECE = FIRST_BYTE + 257
DIM = 64


def alphabet() -> list[str]:
    """GPT-2's character for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    chars, other = [], 256
    for b in range(256):
        chars.append(chr(b) if b in plain else chr(other))
        other += b not in plain
    return chars


CHARS = alphabet()


def env(**extra: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    return clean | {"TERM": "xterm"} | extra


def run(*args, stdin: bytes = b"", **extra) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, *map(str, args)], input=stdin, capture_output=True, timeout=120,
                          env=env(**extra))


def is_error(p: subprocess.CompletedProcess, code: int, *words: str) -> None:
    """One line of an error on stderr, nothing on stdout."""
    err = p.stderr.decode()
    assert p.returncode == code, err
    assert p.stdout == b""
    assert err.startswith("quintrit: ") and err.count("\n") == 1 and err.endswith("\n"), err
    assert len(err) > 25, "says nothing"
    for word in words:
        assert word in err


class Model:
    """What the file holds; change a field, then write."""

    def __init__(self, pieces: list[bytes] = (), seed: int = 1, random: bool = False):
        self.pieces, self.rng, self.random = list(pieces), np.random.default_rng(seed), random
        self.context, self.layers = 64, 1
        self.tokenizer, self.bos = True, EOS
        self.skip: set[str] = set()       # keys and tensors that are left out
        self.replace: dict = {}           # values of keys, arrays of tensors
        self.follows: dict[int, int] = {}
        self.says = bytes(range(256))     # a random model says these bytes
        self.trits: dict[str, np.ndarray] = {}
        self.vocab = FIRST_PIECE + len(self.pieces)
        ids = [FIRST_BYTE + ord("a"), *range(FIRST_PIECE, self.vocab), EOS]
        for a, b in zip(ids, ids[1:]):
            self.follows[a] = b
        self.follows[EOS] = FIRST_BYTE + ord("a")

    def key(self, w: gguf.GGUFWriter, name: str, value) -> None:
        value = self.replace.get(name, value)
        if name in self.skip:
            return
        add = {int: w.add_uint32, float: w.add_float32, str: w.add_string, bool: w.add_bool}
        add[type(value)](name, value)

    def tensor(self, w: gguf.GGUFWriter, name: str, value: np.ndarray) -> None:
        if name not in self.skip:
            w.add_tensor(name, self.replace.get(name, value))

    def matrix(self, w: gguf.GGUFWriter, name: str, rows: int, columns: int) -> None:
        limit = 1 if self.random else 0
        trits = self.rng.integers(-limit, limit + 1, (rows, columns))
        self.trits[name] = trits
        self.tensor(w, name, (trits * 0.125).astype(np.float16))

    def add_tokenizer(self, w: gguf.GGUFWriter) -> None:
        texts = ["<|end|>", *CHARS, PAIR, *("".join(CHARS[b] for b in p) for p in self.pieces)]
        w.add_tokenizer_model("gpt2")
        w.add_tokenizer_pre("gpt-2")
        w.add_token_list(texts)
        kinds = [gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (len(texts) - 1)
        w.add_token_types([int(k) for k in kinds])
        w.add_token_merges([" ".join(PAIR)])
        w.add_bos_token_id(self.bos)
        w.add_eos_token_id(EOS)
        w.add_add_bos_token(True)

    def write(self, path: Path) -> Path:
        w = gguf.GGUFWriter(path, "bitnet")
        if "general.architecture" in self.skip:
            del w.kv_data[0]["general.architecture"]
        for name, value in (
            ("general.name", "test"), ("bitnet.vocab_size", self.vocab),
            ("bitnet.context_length", self.context), ("bitnet.embedding_length", DIM),
            ("bitnet.block_count", self.layers), ("bitnet.feed_forward_length", DIM),
            ("bitnet.attention.head_count", 2), ("bitnet.attention.head_count_kv", 1),
            ("bitnet.attention.layer_norm_rms_epsilon", 1e-5),
        ):
            self.key(w, name, value)
        if self.tokenizer:
            self.add_tokenizer(w)
        embedding = self.rng.normal(0, 1, (self.vocab, DIM)).astype(np.float16)
        head = np.zeros_like(embedding)
        for a, b in self.follows.items() if not self.random else ():
            head[b] = embedding[a]
        self.tensor(w, "token_embd.weight", embedding)
        if self.random:
            rows = [FIRST_BYTE + b for b in self.says]
            head[rows] = self.rng.normal(0, 1, (len(rows), DIM))
        self.tensor(w, "output.weight", head)
        self.tensor(w, "output_norm.weight", np.ones(DIM, np.float32))
        for i in range(self.layers):
            for norm in ("attn_norm", "ffn_norm"):
                self.tensor(w, f"blk.{i}.{norm}.weight", np.ones(DIM, np.float32))
            for name in ("q", "k", "v", "output"):
                rows = DIM // 2 if name in "kv" else DIM  # two heads share one KV head
                self.matrix(w, f"blk.{i}.attn_{name}.weight", rows, DIM)
            for name in ("gate", "up", "down"):
                self.matrix(w, f"blk.{i}.ffn_{name}.weight", DIM, DIM)
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()
        return path
