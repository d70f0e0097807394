# SPDX-License-Identifier: Apache-2.0
"""models/convert.py: what it must refuse, and what becomes of a tokenizer. That matrices and
scales arrive as Hugging Face's own classes mean them is tested for each family by
test_families.c.
"""
import json
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from cli_util import run

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests" / "families"), str(ROOT / "models")]
import convert  # noqa: E402
import tiny  # noqa: E402

TEXT = ["Once upon a time there was a small red fox.", "It's 12 o'clock, she'll say; naïve words, 3 or 4."] * 4


def change(folder: Path, name: str, config=None, tensors=None) -> Path:
    """The tiny model with another config.json or other tensors (those that numpy can read)."""
    tiny.write(name, folder)
    if config:
        c = json.loads((folder / "config.json").read_text())
        config(c)
        (folder / "config.json").write_text(json.dumps(c))
    if tensors:
        t = load_file(folder / "model.safetensors")
        tensors(t)
        save_file(t, folder / "model.safetensors")
    return folder


def refused(folder: Path, *args) -> str:
    with pytest.raises(SystemExit) as e:
        convert.convert(convert.arguments([str(folder), "--out", str(folder / "x.gguf"), "--quiet", *args]))
    return str(e.value)


def as_ordinary(c: dict) -> None:
    del c["quantization_config"]


def quant(**more):
    return lambda c: c["quantization_config"].update(more)


@pytest.mark.parametrize("name, config, words", [
    ("paper", lambda c: c.update(architectures=["GPTJForCausalLM"]), "GPTJForCausalLM is not supported"),
    ("paper", lambda c: c.update(hidden_act="gelu"), "'gelu'"),
    ("llama3_scaled", as_ordinary, "quantising an ordinary model makes junk"),
    ("falcon_e", lambda c: c["rope_parameters"].update(rope_type="dynamic"), "'dynamic'"),
    ("llama3_yarn", lambda c: c["rope_parameters"].update(rope_type="longrope"), "'longrope'"),
    ("llama3_yarn", lambda c: c["rope_parameters"].update(partial_rotary_factor=0.5), "partial_rotary_factor"),
    ("llama3_yarn", lambda c: c["rope_parameters"].update(factor=0.5), "factor is 0.5"),
    ("llama3", quant(use_rms_norm=True), "norms inside"),
    ("llama3", quant(quant_method="gptq"), "is not BitNet's"),
])
def test_refused_by_config(tmp_path, name, config, words):
    assert words in refused(change(tmp_path, name, config))


def test_refused_by_tensors(tmp_path):
    """On the model of float16, which numpy reads."""
    q = "model.layers.0.self_attn.q_proj"
    for words, put in (
            ("no tensor model.norm.weight", lambda t: t.pop("model.norm.weight")),
            (f"no place in this family: {q}.bias", lambda t: t.update({f"{q}.bias": np.zeros(4, np.float32)})),
            ("is not ternary", lambda t: t[f"{q}.weight"].__setitem__((0, 0), 3)),
            ("neither packed nor made of", lambda t: t.update({f"{q}.weight_scale": np.ones(1, np.float32)})),
            ("code 3", lambda t: t.update({f"{q}.weight": np.full((64, 256), 255, np.uint8)})),
            ("not one positive number", lambda t: t.update({f"{q}.weight": np.full((64, 256), 0b10010001, np.uint8),
                                                            f"{q}.weight_scale": np.zeros(1, np.float32)})),
            ("has type I64", lambda t: t.update({f"{q}.weight": np.zeros((256, 256), np.int64)}))):
        assert words in refused(change(tmp_path, "trilm", tensors=put)), words
    assert "no config.json" in refused(tmp_path / "none")


@pytest.mark.parametrize("config, keys", [
    # usual attention factors: 1 + 0.1 ln 4 = 1.1386294, 1 + 0.1 ln 8 = 1.2079442
    ({}, {"factor": 4, "original_context_length": 40, "yarn_beta_fast": 3, "yarn_beta_slow": 0.5}),
    ({"attention_factor": 0.9}, {"attn_factor": 0.9 / 1.1386294}),
    ({"mscale": 1.0, "mscale_all_dim": 1.0}, {"attn_factor": 1 / 1.1386294}),
    ({"factor": 8.0, "mscale": 1.0}, {"factor": 8}),
    ({"factor": 8.0, "mscale": 2.0, "mscale_all_dim": 1.0}, {"attn_factor": 1.4158883 / 1.2079442 ** 2}),
    ({"factor": 1.0, "beta_fast": None}, {"factor": 1, "yarn_beta_fast": 32}),
    ({"factor": None, "original_max_position_embeddings": 32}, {"factor": 8, "original_context_length": 32}),
])
def test_yarn_keys(tmp_path, config, keys):
    """What a config says, in llama.cpp's keys; attn_factor only where the usual one does not hold."""
    folder = change(tmp_path, "llama3_yarn", lambda c: c["rope_parameters"].update(config))
    convert.convert(convert.arguments([str(folder), "--out", str(tmp_path / "x.gguf"), "--quiet"]))
    at = "llama.rope.scaling."
    found = {k.removeprefix(at): f.contents() for k, f in gguf.GGUFReader(tmp_path / "x.gguf").fields.items()
             if k.startswith(at)}
    assert found["type"] == "yarn" and ("attn_factor" in found) == ("attn_factor" in keys)
    assert {k: found[k] for k in keys} == pytest.approx(keys, rel=1e-6)


def test_masters_on_request(tmp_path):
    folder = change(tmp_path, "llama3_scaled", as_ordinary)
    convert.convert(convert.arguments([str(folder), "--out", str(tmp_path / "x.gguf"), "--masters", "--quiet"]))
    assert gguf.GGUFReader(tmp_path / "x.gguf").fields["quintrit.activations"].contents() == "int8"


def test_scales_in_blocks(tmp_path, capsys):
    """Rounded to float16, and said."""
    tiny.write("2b4t_packed", tmp_path)
    for scales in ("tensor", "block"):
        out = str(tmp_path / f"{scales}.gguf")
        convert.convert(convert.arguments([str(tmp_path), "--out", out, "--scales", scales]))
    assert "scales rounded to float16: largest change" in capsys.readouterr().out
    found = {s: {t.name: t for t in gguf.GGUFReader(tmp_path / f"{s}.gguf").tensors}
             for s in ("tensor", "block")}
    name = "blk.1.ffn_down"
    exact = found["tensor"][f"{name}.scale"].data[0]
    t = found["block"][f"{name}.weight"]
    assert f"{name}.scale" not in found["block"]
    assert np.abs(gguf.quants.dequantize(t.data, t.tensor_type)).max() == np.float32(np.float16(exact))


@pytest.fixture(scope="module")
def with_tokenizer(tmp_path_factory) -> tuple[Path, Tokenizer]:
    """A tiny model with a byte-level BPE tokenizer of Hugging Face's tokenizers, as a GGUF."""
    folder = tmp_path_factory.mktemp("tok")
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(TEXT, trainers.BpeTrainer(
        vocab_size=320, special_tokens=["<|begin|>", "<|end|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tok.post_processor = processors.TemplateProcessing(single="<|begin|> $A", special_tokens=[("<|begin|>", 0)])
    old, tiny.VOCAB = tiny.VOCAB, tok.get_vocab_size()
    try:
        tiny.write("2b4t_packed", folder)
    finally:
        tiny.VOCAB = old
    tok.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"bos_token": "<|begin|>", "eos_token": "<|end|>", "chat_template": "{{ messages[0].content }}"}))
    convert.convert(convert.arguments([str(folder), "--out", str(folder / "x.gguf"), "--name", "tiny", "--quiet"]))
    return folder / "x.gguf", tok


def test_tokenizer_metadata(with_tokenizer):
    path, tok = with_tokenizer
    fields = {k: f.contents() for k, f in gguf.GGUFReader(path).fields.items()}
    n = tok.get_vocab_size()
    assert fields["tokenizer.ggml.model"] == "gpt2" and fields["tokenizer.ggml.pre"] == "gpt-2"
    assert fields["tokenizer.ggml.tokens"] == [tok.id_to_token(i) for i in range(n)]
    assert fields["tokenizer.ggml.token_type"] == [3, 3] + [1] * (n - 2)
    assert fields["tokenizer.ggml.bos_token_id"] == 0 and fields["tokenizer.ggml.eos_token_id"] == 1
    assert fields["tokenizer.ggml.add_bos_token"] is True
    assert fields["tokenizer.chat_template"] == "{{ messages[0].content }}"


def test_the_converted_model_runs(with_tokenizer):
    """From the checkpoint to text: verify agrees, doctor finds no problem, the bytes are tokens' bytes."""
    path, _ = with_tokenizer
    assert run("doctor", path).returncode == 0
    p = run("verify", "-m", path, "-n", "20", "-p", TEXT[0], "--exact")
    assert p.returncode == 0, p.stdout
    assert run("run", "-m", path, "-n", "8", "--temp", "0", "-p", TEXT[1]).stdout.decode(
        errors="replace").startswith(TEXT[1])
