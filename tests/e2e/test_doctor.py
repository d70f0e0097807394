# SPDX-License-Identifier: Apache-2.0
"""quintrit doctor and --override-kv: each fault that converters are known to make is put into a
good file and must be named, and nothing else; the good files have none.
"""
import os
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest

from cli_util import is_error, run

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "families"))
import make  # noqa: E402

FAMILIES = Path(os.environ["QUIN_TEST_DATA"]).resolve() / "families"
DEMO = ROOT / "models" / "quintrit-stories-5m.gguf"
NAMES = sorted(p.name.removesuffix(".tq1_0.gguf") for p in FAMILIES.glob("*.tq1_0.gguf"))


def doctor(path: Path, *args) -> tuple[int, list[list[str]]]:
    """Exit code, and (level, subject, text) of each line but the last."""
    p = run("doctor", path, *args)
    assert not p.stderr, p.stderr
    lines = p.stdout.decode().splitlines()
    problems = sum(line.startswith("PROBLEM") for line in lines)
    assert lines[-1] == f"{problems} problem{'s' * (problems != 1)}"
    assert p.returncode == (1 if problems else 0)
    return p.returncode, [[line[:8].strip(), line[9:23].strip(), line[24:]] for line in lines[:-1]]


def problems(path: Path, *args) -> list[str]:
    """Texts of all problems but that the tiny models have no tokenizer."""
    return [t for level, _, t in doctor(path, *args)[1] if level == "PROBLEM" and "no tokenizer" not in t]


def says(path: Path, level: str, subject: str, words: str, *args) -> bool:
    return any(x == level and y == subject and words in z for x, y, z in doctor(path, *args)[1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["tq1_0", "tq2_0", "i2_s"])
def test_good_files(name, form):
    path = FAMILIES / f"{name}.{form}.gguf"
    assert problems(path) == []
    stored = name.split("_")[-1]
    if stored in ("packed", "e"):
        assert says(path, "good", "scales", "all are numbers of bfloat16")
    if stored == "divided" or name in ("llama3", "llama3_yarn", "falcon3"):
        assert says(path, "good", "scales", "all are reciprocals of numbers of bfloat16")


def test_the_demo_model():
    assert doctor(DEMO)[0] == 0
    assert says(DEMO, "note", "activation", "no activation key: silu")
    assert run("doctor").returncode == 0


def demo_as(tmp_path: Path, arch: str, skip: str = "nothing") -> Path:
    """The demo's weights as a file of another architecture, without keys that hold `skip`."""
    reader = gguf.GGUFReader(DEMO)
    w = gguf.GGUFWriter(tmp_path / "x.gguf", arch)
    for name, f in reader.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture" and skip not in name:
            getattr(w, make.FIELDS[f.types[0]])(name.replace("bitnet.", f"{arch}."), f.contents())
    for t in reader.tensors:
        w.add_tensor(t.name, t.data, raw_dtype=t.tensor_type)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return tmp_path / "x.gguf"


# ---- scales ----

def with_scales(tmp_path: Path, change) -> Path:
    """The packed 2B-4T model with other scales: change(trits, scale)."""
    out = tmp_path / "x.gguf"

    def matrix(w, name, trits, scale):
        w.add_tensor(name, trits.astype(np.float16))
        w.add_tensor(name.removesuffix(".weight") + ".scale", np.array([change(trits, scale)], np.float32))

    make.rewrite(FAMILIES / "2b4t_packed.tq1_0.gguf", out, matrix)
    return out


def test_shrunken_scales(tmp_path):
    for change in (lambda t, s: s * np.abs(t).mean(), lambda t, s: np.abs(t).mean()):
        found = problems(with_scales(tmp_path, change))
        assert len(found) == 1 and found[0].startswith("shrunken: divided by each matrix's share")
    found = problems(with_scales(tmp_path, lambda t, s: np.abs(t).mean() / s))  # of one that divides
    assert found[0].startswith("shrunken") and "reciprocals" in found[0]
    assert problems(with_scales(tmp_path, lambda t, s: s * np.float32(0.987))) == []


def test_inverted_scales(tmp_path):
    found = problems(with_scales(tmp_path, lambda t, s: 1 / s))
    assert len(found) == 1 and found[0].startswith("inverted: matrices make their input")
    assert problems(with_scales(tmp_path, lambda t, s: s)) == []


# ---- I2_S ----

def i2_s_file(tmp_path: Path, layout: str) -> Path:
    """The trained demo model as I2_S in one of bitnet.cpp's three layouts."""
    out = tmp_path / f"{layout}.gguf"

    def matrix(w, name, trits, scale):
        codes = (trits + 1).astype(np.uint8)
        split = {"128": codes.reshape(-1, 4, 32), "64": codes.reshape(-1, 4, 16),
                 "rows": codes.reshape(-1, 4, trits.shape[1])}[layout]
        packed = split[:, 0] << 6 | split[:, 1] << 4 | split[:, 2] << 2 | split[:, 3]
        tail = np.zeros(8, np.float32)
        tail[0] = scale
        raw = np.concatenate((packed.reshape(-1), tail.view(np.uint8))).view(np.int8)
        w.add_tensor(name, raw, raw_shape=trits.shape, raw_dtype=make.I2_S)

    make.rewrite(DEMO, out, matrix)
    return out


def test_i2_s_layouts(tmp_path):
    good = i2_s_file(tmp_path, "128")
    assert problems(good) == []
    assert says(good, "good", "I2_S", "layout of 128 weights in 32 bytes")
    for layout, words in (("64", "64 weights in 16 bytes"), ("rows", "four rows interleaved")):
        path = i2_s_file(tmp_path, layout)
        found = problems(path)
        assert len(found) == 1 and f"have the layout of {words}" in found[0]
        is_error(run("run", "-m", path, "-n", "1"), 1, words)


def test_i2_s_gives_the_demo_text(tmp_path):
    args = ("-n", "40", "--temp", "0")
    assert run("run", "-m", i2_s_file(tmp_path, "128"), *args).stdout == run("run", *args).stdout


def test_random_i2_s_is_not_told():
    assert says(FAMILIES / "llama3.i2_s.gguf", "note", "I2_S", "do not tell which of three layouts")


# ---- matrices, family, tokenizer ----

def test_masters():
    llama, paper = FAMILIES / "llama3_scaled.masters.gguf", FAMILIES / "paper.masters.gguf"
    found = problems(llama)
    assert len(found) == 5 and "'blk.0.attn_q.weight' is not ternary" in found[0] and "10 more" in found[4]
    assert problems(llama, "--override-kv", "quintrit.masters=bool:true") == []
    assert says(paper, "note", "matrices", "14 hold masters")
    assert len(problems(paper, "--override-kv", "quintrit.masters=bool:false")) == 5


def test_unknown_architecture():
    found = problems(DEMO, "--override-kv", "general.architecture=str:gptj")
    assert len(found) == 1 and "'gptj'" in found[0] and "'bitnet-b1.58'" in found[0]


def test_scaling_that_cannot_run():
    for key in ("rope.scaling.type=str:longrope", "rope.scaling.attn_factor=float:1"):
        found = problems(FAMILIES / "paper.tq1_0.gguf", "--override-kv", f"bitnet.{key}")
        assert found[0].startswith("the key bitnet.rope")
    found = problems(FAMILIES / "paper.tq1_0.gguf", "--override-kv", "bitnet.rope.scaling.type=str:yarn")
    assert "'bitnet.rope.scaling.factor' is missing" in found[0]


YARN = [f"--override-kv=bitnet.rope.scaling.{key}" for key in (
    "type=str:yarn", "factor=float:4", "original_context_length=int:40", "attn_factor=float:0.5")]


def test_yarn_is_said():
    """By doctor, for a tiny model and with keys set by hand, and by info; 1 + 0.1 ln 4 = 1.13863."""
    words = "YaRN: 4 times 40 positions"
    assert says(FAMILIES / "llama3_yarn.tq1_0.gguf", "good", "RoPE",
                f"{words}, betas 3 and 0.5, attention factor 1.139")
    assert says(DEMO, "good", "RoPE", f"{words}, betas 32 and 1, attention factor 0.5693", *YARN)
    assert f"{words}, attention factor 0.5693" in run("info", *YARN).stdout.decode()
    assert "YaRN" not in run("info").stdout.decode()


def test_tokenizer_gaps(tmp_path):
    assert "no tokenizer" in doctor(FAMILIES / "trilm.tq1_0.gguf")[1][-1][2]
    for key, words in (("tokenizer.ggml.model=str:bert", "'bert' is not supported"),
                       ("tokenizer.ggml.pre=str:no-such", "'no-such'")):
        found = problems(DEMO, "--override-kv", key)
        assert len(found) == 1 and words in found[0]
    for part, words in (("eos_token_id", "(eos)"), ("bos_token", "(bos)"), ("ggml.pre", "GPT-2's is used")):
        assert says(demo_as(tmp_path, "bitnet", part), "note", "tokenizer", words)


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "x").write_bytes(b"not a model")
    is_error(run("doctor", tmp_path / "x"), 1, "not a GGUF")
    is_error(run("doctor", tmp_path / "none"), 1, "cannot open")
    is_error(run("doctor", "a", "b"), 2, "unexpected argument 'b'")


# ---- activation, overrides ----

def test_missing_activation_is_said_aloud(tmp_path):
    path = demo_as(tmp_path, "bitnet-b1.58")
    p = run("run", "-m", path, "-n", "30", "--temp", "0")
    assert b"note: no key bitnet-b1.58.hidden_activation: relu2, as the architecture has it" in p.stderr
    key = ("--override-kv", "bitnet-b1.58.hidden_activation=str:silu")
    silu = run("run", "-m", path, "-n", "30", "--temp", "0", *key)
    assert b"note:" not in silu.stderr
    assert silu.stdout == run("run", "-n", "30", "--temp", "0").stdout != p.stdout
    assert says(path, "note", "activation", "no activation key: relu2")
    assert says(path, "PROBLEM", "activation", "models of this architecture have another", *key)


def test_the_base_of_2b4t_decides():
    base = ("--override-kv", "bitnet.rope.freq_base=float:500000")
    assert says(DEMO, "note", "activation", "relu2, since its RoPE base is that of BitNet 2B-4T", *base)
    p = run("info", *base)
    assert b"relu2" in p.stdout.splitlines()[1]
    assert b"note: no key bitnet.hidden_activation: relu2, since" in p.stderr


@pytest.mark.parametrize("command", [("run", "-n", "1"), ("info",), ("verify", "-n", "1"), ("doctor",),
                                     ("perplexity", "-f", "README.md", "--stories", "1")])
def test_overrides_everywhere(command):
    for bad in ("x", "a=b", "a=int:x", "=int:1", "a=bool:yes"):
        is_error(run(*command, "--override-kv", bad), 2, "override", "KEY=TYPE:VALUE")
    for good in ("general.name=str:other", "bitnet.context_length=int:64"):
        assert run(*command, "--override-kv", good).returncode == 0
    assert b"64 positions" in run("info", "--override-kv", "bitnet.context_length=int:64").stdout
