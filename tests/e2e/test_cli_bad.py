# SPDX-License-Identifier: Apache-2.0
"""Bad model files: one line that says what is wrong and exit code 1, whatever the command."""
import struct
from pathlib import Path

import numpy as np
import pytest

from cli_util import DIM, Model, is_error, run

BITNET_KEYS = ["context_length", "embedding_length", "block_count", "feed_forward_length",
               "attention.head_count", "attention.layer_norm_rms_epsilon"]
KEYS = ["general.architecture", *(f"bitnet.{k}" for k in BITNET_KEYS)]
TENSORS = [f"{t}.weight" for t in ("token_embd", "output_norm", "blk.0.attn_q", "blk.0.ffn_norm")]
WRONG = [
    ("bitnet.block_count", "two"), ("bitnet.block_count", 0), ("bitnet.block_count", 2**32 - 1),
    ("bitnet.embedding_length", 2**31), ("bitnet.context_length", 0),
    ("bitnet.attention.head_count", 0), ("bitnet.attention.head_count", 1.5),
    ("bitnet.attention.layer_norm_rms_epsilon", float("nan")),
    ("bitnet.vocab_size", 9), ("general.name", 3.0),
]
# offset in the file of a count, and the counts put there
HUGE = [(8, 2 ** 63), (8, 2 ** 32), (16, 2 ** 60), (16, 10 ** 6), (24, 2 ** 62), (24, 2 ** 16 + 1)]


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    return Model(random=True).write(tmp_path_factory.mktemp("bad") / "good.gguf")


def all_refuse(path: Path, *words: str) -> None:
    for command in (["run"], ["info"], ["verify"]):
        is_error(run(*command, "-m", path), 1, *words)


@pytest.mark.parametrize("share", [0, 1e-5, 1e-4, 3e-4, 1e-3, 0.01, 0.1, 0.3, 0.6, 0.9, 0.99])
def test_truncated(good, tmp_path, share):
    data = good.read_bytes()
    (tmp_path / "cut").write_bytes(data[:int(share * len(data))])
    all_refuse(tmp_path / "cut")


@pytest.mark.parametrize("length", [1, 3, 4, 7, 8, 15, 16, 23, 24, 25, 31, 32, 33])
def test_truncated_in_the_header(good, tmp_path, length):
    (tmp_path / "cut").write_bytes(good.read_bytes()[:length])
    is_error(run("info", "-m", tmp_path / "cut"), 1)


@pytest.mark.parametrize("at, count", HUGE)
def test_huge_counts(good, tmp_path, at, count):
    data = bytearray(good.read_bytes())
    data[at:at + 8] = struct.pack("<Q", count)
    (tmp_path / "huge").write_bytes(data)
    is_error(run("info", "-m", tmp_path / "huge"), 1)


@pytest.mark.parametrize("name", KEYS + TENSORS)
def test_missing(tmp_path, name):
    m = Model(random=True)
    m.skip.add(name)
    all_refuse(m.write(tmp_path / "m.gguf"), name)


def test_missing_tokenizer(tmp_path):
    m = Model(random=True)
    m.tokenizer = False
    all_refuse(m.write(tmp_path / "m.gguf"), "tokenizer")


@pytest.mark.parametrize("name, value", WRONG)
def test_wrong_values(tmp_path, name, value):
    m = Model(random=True)
    m.replace[name] = value
    p = run("info", "-m", m.write(tmp_path / "m.gguf"))
    if name == "general.name":  # not needed: the file is good without it
        assert p.returncode == 0 and b"(no name)" in p.stdout
    else:
        is_error(p, 1)


def test_not_ternary(tmp_path):
    m = Model(random=True)
    name = "blk.0.ffn_up.weight"
    m.replace[name] = m.rng.normal(0, 1, (DIM, DIM)).astype(np.float16)
    all_refuse(m.write(tmp_path / "m.gguf"), name, "ternary")


def test_wrong_shape(tmp_path):
    m = Model(random=True)
    m.replace["blk.0.ffn_up.weight"] = np.zeros((DIM, DIM + 1), np.float16)
    all_refuse(m.write(tmp_path / "m.gguf"), "blk.0.ffn_up.weight")


def test_names_cannot_drive_a_terminal(tmp_path):
    m = Model(random=True)
    m.replace["general.name"] = "x\x1b[31m\u009b31mé\n"
    m.replace["bitnet.hidden_activation"] = "silu"
    path = m.write(tmp_path / "m.gguf")
    out = run("info", "-m", path).stdout.decode()
    assert "\x1b" not in out and "\u009b" not in out and "é" in out


@pytest.mark.parametrize("data", [b"", b"GGUF", b"this is no model\n" * 19, b"\0" * 5000])
def test_no_model(tmp_path, data):
    (tmp_path / "m").write_bytes(data)
    all_refuse(tmp_path / "m")


def test_no_file(tmp_path):
    is_error(run("run", "-m", tmp_path / "none\x1b[31m"), 1, "No such file")
    is_error(run("run", "-m", ""), 1)
    is_error(run("info", "-m", tmp_path), 1)
    is_error(run("info", "-m", "/dev/null"), 1)
