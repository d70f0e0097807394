# SPDX-License-Identifier: Apache-2.0
"""Test vocabularies of the kinds that published models use, with the words and ids that the packages
`tokenizers` and `sentencepiece` make of many texts. Formats of the files: make_tokenizer.py.

Pre-tokenizers: the expressions of the models' own tokenizer.json, by their names in GGUF.
"""
import argparse
import io
import json
import random
import re
from pathlib import Path

import gguf
import sentencepiece
from gguf import TokenType
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import make_tokenizer as base

QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3 = QWEN2.replace(r"\p{N}|", r"\p{N}{1,3}|", 1)
MORE = ["I'LL we'Ve 'ſ x'ſy", "12345 1234567890 ٣٤٥٦ ½½½½", "a1b22c333d4444", "x\r\n\r\n  y\n \n z",
        "  \n\n\tif (x) {\r\n\r\n}", "$$$ 1,234.56 +<=>^~`|", "¿¡«x»…— “q”", "!!!  ???\n", "(«a»)b's",
        "end   ", "\n", " \n", "\r", "a\u2028\u2029b", "　全角　空白"]


def byte_level(regex: bool) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=regex)


def split(regex: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Split(Regex(regex), "isolated")


PRE = {
    "llama-bpe": lambda: [split(LLAMA3), byte_level(False)],
    "qwen2": lambda: [split(QWEN2), byte_level(False)],
    # the model's own first stage, Punctuation, lacks what Unicode has added since 2016
    "falcon": lambda: [split(r"[\p{P}$+<=>^~|`]+"), byte_level(True), split("[0-9][0-9][0-9]")],
    "smollm": lambda: [pre_tokenizers.Digits(individual_digits=True), byte_level(True)],
}


def train(pre: list, vocab: int, control: list[str]) -> Tokenizer:
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Sequence(pre)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator([base.TEXT + "\n".join(MORE)] * 3, trainers.BpeTrainer(
        vocab_size=vocab, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=control,
        show_progress=False))
    return tok


def lose_merges(tok: Tokenizer, r: random.Random) -> Tokenizer:
    """A tokenizer with ignore_merges, of which some tokens are made by no merge."""
    config = json.loads(tok.to_str())
    config["model"]["ignore_merges"] = True
    config["model"]["merges"] = [m for m in config["model"]["merges"] if r.random() < 0.8]
    return Tokenizer.from_str(json.dumps(config))


def byte_level_files(out: Path, name: str, tok: Tokenizer, control: list[str], r: random.Random,
                     pre: str | None) -> None:
    """NAME.gguf and NAME.cases."""
    tok.add_tokens([AddedToken(t, special=False, normalized=False) for t in (base.TOOL, base.BOX)])
    ids = {i: t for t, i in tok.get_vocab(with_added_tokens=True).items()}
    texts = [ids[i] for i in range(len(ids))]
    kind = dict.fromkeys(control, TokenType.CONTROL)
    kind |= dict.fromkeys((base.TOOL, base.BOX), TokenType.USER_DEFINED)
    merges = json.loads(tok.to_str())["model"]["merges"]
    base.write(out / f"{name}.gguf", texts, [int(kind.get(t, TokenType.NORMAL)) for t in texts],
               [m if isinstance(m, str) else " ".join(m) for m in merges], pre=pre,
               bos=texts.index(control[0]), eos=texts.index(control[-1]), add_bos=None)
    cases = base.Cases(out / f"{name}.cases", tok)
    for text in texts_for(r, control, 700):
        cases.text(text)
    word = "".join(r.choice("abc  defghtheinrst") for _ in range(1 << 16))
    for text in (word, " " * (1 << 16), "\n" * (1 << 16), " \n" * (1 << 15), "7" * (1 << 16)):
        cases.record(text.encode(), cases.ids(text, False), False)
    cases.f.close()


def texts_for(r: random.Random, control: list[str], count: int) -> list[str]:
    pool = [i for i in range(1, 0x110000) if base.known(i)]
    texts = MORE + base.fixed_texts() + [base.random_text(r, pool) for _ in range(count)]
    return [t.replace(base.END, r.choice(control)) for t in texts] + given


given: list[str] = []  # texts of --texts


# ---- SentencePiece ----

CONTROL = ["<s>", "</s>"]


def train_spm() -> bytes:
    model = io.BytesIO()
    lines = [line for line in (base.TEXT + "\n".join(MORE)).split("\n") if line] * 20
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=700,
        byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        character_coverage=0.98, split_digits=True, allow_whitespace_only_pieces=True,
        minloglevel=2)
    return model.getvalue()


class Spm:
    """ids by sentencepiece: each text between added tokens by itself, as Llama's tokenizer does."""

    def __init__(self, model: bytes, prefix: bool):
        self.sp = sentencepiece.SentencePieceProcessor(model_proto=model)
        # normalizer_spec.add_dummy_prefix = false; a protobuf message at the end is merged into the first
        self.go_on = sentencepiece.SentencePieceProcessor(model_proto=model + b"\x1a\x02\x18\x00")
        self.first = self.sp if prefix else self.go_on
        self.user = {base.TOOL: self.sp.vocab_size(), base.BOX: self.sp.vocab_size() + 1}

    def ids(self, data: bytes, special: bool) -> list[int]:
        added = self.user | ({t: self.sp.piece_to_id(t) for t in CONTROL + ["<unk>"]} if special else {})
        longest = sorted(added, key=len, reverse=True)
        out: list[int] = []
        for part in re.split(b"(" + b"|".join(re.escape(t.encode()) for t in longest) + b")", data):
            if part.decode(errors="replace") in added:
                out.append(added[part.decode()])
            elif part:
                out += self.plain(part)
        return out

    def plain(self, data: bytes) -> list[int]:
        out, sp = [], self.first
        run = ""
        if 0xDC80 <= ord(data.decode("utf-8", "surrogateescape")[0]) and sp is self.sp:
            out, sp = list(self.sp.encode(" ")[1:]) or [self.sp.piece_to_id("▁")], self.go_on
        for ch in data.decode("utf-8", "surrogateescape") + "\udc80":
            if 0xDC80 <= ord(ch) <= 0xDCFF:
                out += sp.encode(run) if run else []
                sp = self.go_on
                out.append(self.sp.piece_to_id(f"<0x{ord(ch) - 0xDC00:02X}>"))
                run = ""
            else:
                run += ch
        return out[:-1]

    def kind(self, i: int) -> TokenType:
        if self.sp.is_unknown(i):
            return TokenType.UNKNOWN
        if self.sp.is_control(i):
            return TokenType.CONTROL
        return TokenType.BYTE if self.sp.is_byte(i) else TokenType.NORMAL


def write_spm(path: Path, spm: Spm, prefix: bool | None, kinds: bool = True, scores=None, **more) -> None:
    n = spm.sp.vocab_size()
    w = gguf.GGUFWriter(path, "test")
    w.add_tokenizer_model("llama")
    w.add_tokenizer_pre("default")
    w.add_token_list([spm.sp.id_to_piece(i) for i in range(n)] + list(spm.user))
    own = [spm.sp.get_score(i) for i in range(n)] + [0.0] * len(spm.user)
    w.add_token_scores(own if scores is None else scores(own))
    if kinds:
        w.add_token_types([int(spm.kind(i)) for i in range(n)] + [int(TokenType.USER_DEFINED)] * len(spm.user))
    if prefix is not None:
        w.add_add_space_prefix(prefix)
    for key, value in more.items():
        w.add_bool(f"tokenizer.ggml.{key}", value)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.close()


def write_spm_files(out: Path, r: random.Random) -> None:
    model = train_spm()
    for name, prefix in (("spm", True), ("spm_no_prefix", False)):
        spm = Spm(model, prefix)
        # scores are negative; larger by 300 they order the tokens the same
        write_spm(out / f"{name}.gguf", spm, None if prefix else False,
                  scores=None if prefix else lambda s: [x + 300 for x in s])
        cases = base.Cases(out / f"{name}.cases", None)
        for text in texts_for(r, CONTROL, 1500) + ["▁", "a▁b", "<0x41>", "<0x4", "<unk>", "\0a"]:
            for special in (False, True):
                cases.record(text.encode(), spm.ids(text.encode(), special), special)
        for text in texts_for(r, CONTROL, 500):
            data = bytearray(text.encode())
            for _ in range(r.randrange(1, 6)):
                at = r.randrange(len(data) + 1)
                data[at:at + r.randrange(2)] = bytes([r.randrange(128, 256)])
            cases.record(bytes(data), spm.ids(bytes(data), False), False)
        for text in ("the " * (1 << 15), "a" * (1 << 17), " " * (1 << 17)):
            cases.record(text.encode(), spm.ids(text.encode(), False), False)
        cases.f.close()
    spm = Spm(model, True)
    write_spm(out / "bad_spm_scores.gguf", spm, None, scores=lambda s: s[:-1])
    write_spm(out / "bad_spm_nan.gguf", spm, None, scores=lambda s: s[:300] + [float("nan")] + s[301:])
    write_spm(out / "bad_spm_squeeze.gguf", spm, None, remove_extra_whitespaces=True)
    write_spm(out / "spm_no_bos.gguf", spm, None, add_bos_token=False)


def write_vocabularies(out: Path, r: random.Random) -> None:
    for name, pre in PRE.items():
        base.write_splits(out / f"{name}.splits", r, pre_tokenizers.Sequence(pre()), MORE)
        if name != "llama-bpe":
            byte_level_files(out, f"tok_{name}", train(pre(), 600, ["<|end|>"]), ["<|end|>"], r, name)
    control = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|end_of_text|>"]
    llama = train(PRE["llama-bpe"](), 700, control)
    byte_level_files(out, "tok_dbrx", llama, control, r, "dbrx")
    byte_level_files(out, "tok_llama-bpe", lose_merges(train(PRE["llama-bpe"](), 700, control), r), control, r,
                     None)
    write_spm_files(out, r)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("out", type=Path, help="folder to write into")
    p.add_argument("--seed", type=int, default=1, help="seed of all random data (default 1)")
    p.add_argument("--texts", type=Path, nargs="*", default=[], help="text files to encode, too, line by line")
    p.add_argument("--bytes", type=int, default=1 << 20, help="of each of them at most (default 1 MiB)")
    a = p.parse_args()
    for path in a.texts:
        with path.open("rb") as f:
            given.extend(line for line in f.read(a.bytes).decode(errors="ignore").splitlines(True) if line)
    write_vocabularies(a.out, random.Random(a.seed))
    print(f"{sum(len(t.encode()) for t in given)} bytes in {len(given)} texts given")


if __name__ == "__main__":
    main()
