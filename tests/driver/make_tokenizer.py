# SPDX-License-Identifier: Apache-2.0
"""Test tokenizers: trains a byte-level BPE, writes it as GGUF, and the token ids of many texts.

Case file: records of three little-endian u32 (parse_special, bytes of text, tokens), then the
text, then the ids as u32. Split file: records of two u32 (bytes of text, words), the text, and the
bytes of each word as u32; token ids hardly depend on where rare characters are split, this does.
"""
import functools
import json
import random
import struct
import unicodedata
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type, TokenType
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

END, USER = "<|end|>", "<|user|>"  # control tokens
# User-defined tokens: one is a prefix of another, one has a letter of the byte alphabet
TOOL, BOX, ODD = "<tool>", "<tool>box", "<señor>"
LONG = 1 << 20  # bytes of a word without a space

TEXT = """Once upon a time there was a little girl who lived near the forest. She didn't like the
dark, and she'd often say: "I'm not afraid, we'll go together!" They've seen 3 foxes, 12 birds and
1,024 stars; it's said that you're never alone. The girl's mother wasn't there.  The end.

Es war einmal ein Mädchen, das größer war als die Bäume. Il était une fois une forêt enchantée.
Жила-была девочка в тёмном лесу. 昔々、あるところに森がありました。 森の中に小さな家。 한 소녀가 살았습니다.
for (int i = 0; i < 10; i++) { sum += x[i] * w[i]; }\t// a tab\r\n    indented   text\n\n\n"""


def train(vocab: int) -> Tokenizer:
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tok.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tok.train_from_iterator([TEXT] * 3, trainers.BpeTrainer(
        vocab_size=vocab, initial_alphabet=alphabet, special_tokens=[END], show_progress=False))
    tok.add_special_tokens([AddedToken(USER, special=True, normalized=False)])
    tok.add_tokens([AddedToken(t, special=False, normalized=False) for t in (TOOL, BOX, ODD)])
    return tok


def pieces(tok: Tokenizer) -> tuple[list[str], list[int], list[str]]:
    """Texts, kinds and merges in the form of GGUF."""
    ids = {i: t for t, i in tok.get_vocab(with_added_tokens=True).items()}
    texts = [ids[i] for i in range(len(ids))]
    kind = dict.fromkeys((END, USER), TokenType.CONTROL)
    kind |= dict.fromkeys((TOOL, BOX, ODD), TokenType.USER_DEFINED)
    merges = json.loads(tok.to_str())["model"]["merges"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in merges]
    return texts, [int(kind.get(t, TokenType.NORMAL)) for t in texts], merges


def write(path: Path, texts, kinds, merges, model="gpt2", pre="gpt-2", bos=0, eos=0, tensors=False,
          add_bos=True, template=None) -> None:
    w = gguf.GGUFWriter(path, "test")
    if model is not None:
        w.add_tokenizer_model(model)
    if pre is not None:
        w.add_tokenizer_pre(pre)
    w.add_token_list(texts)
    if kinds is not None:
        w.add_token_types(kinds)
    if merges is not None:
        w.add_token_merges(merges)
    if bos is not None:
        w.add_bos_token_id(bos)
    w.add_eos_token_id(eos)
    if add_bos is not None:
        w.add_add_bos_token(add_bos)
    if template is not None:
        w.add_chat_template(template)
    if tensors:
        t = np.tile(np.array([0.5, 0, -0.5, 0.5], np.float32), (2, 64))
        for name, q in (("a", Type.F32), ("b", Type.F16), ("c", Type.TQ1_0), ("d", Type.TQ2_0)):
            w.add_tensor(f"{name}.weight", gguf.quants.quantize(t, q), raw_dtype=q)
        w.add_tensor("a.scale", np.array([2], np.float32), raw_dtype=Type.F32)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


@functools.cache
def known(c: int) -> bool:
    """Code points whose properties do not depend on the Unicode version of the library."""
    return unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")


class Cases:
    def __init__(self, path: Path, tok: Tokenizer):
        self.f, self.tok = path.open("wb"), tok

    def ids(self, text: str, special: bool) -> list[int]:
        # encode_special_tokens: take the text of special tokens as ordinary text
        self.tok.encode_special_tokens = not special
        return self.tok.encode(text, add_special_tokens=False).ids

    def record(self, data: bytes, ids: list[int], special: bool) -> None:
        self.f.write(struct.pack("<3I", special, len(data), len(ids)) + data)
        self.f.write(struct.pack(f"<{len(ids)}I", *ids))

    def text(self, text: str) -> None:
        for special in (False, True):
            self.record(text.encode(), self.ids(text, special), special)

    def raw(self, data: bytes, byte_id: list[int]) -> None:
        """Invalid UTF-8: valid stretches as the tokenizer says, other bytes one by one."""
        ids: list[int] = []
        run = ""
        for ch in data.decode("utf-8", "surrogateescape") + "\udc80":
            if 0xDC80 <= ord(ch) <= 0xDCFF:
                ids += self.ids(run, False) if run else []
                ids.append(byte_id[ord(ch) - 0xDC00])
                run = ""
            else:
                run += ch
        self.record(data, ids[:-1], False)


def fixed_texts() -> list[str]:
    spaces = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u0085", "\u2003", "\u3000", "\u180e",
              "\u200b", "\u2028", "\u001c", "\u001f", "\ufeff", "\x0b"]
    texts = ["a", " ", "  ", "a  b", " a", "a ", "\n", "\n\n a", "'",
             "I'll I'LL don't 'tis 's's 've", "don\u2019t", "x1y22z", "½²Ⅷ٣", "e\u0301",
             "👩\u200d👩\u200d👧 🇩🇪", "\0", "a\0b", "_a_", "$5.00", TEXT,
             END, f"a{END}b", f"{END}{END} {USER}", "<|end|", "<<|end|>|end|>",
             f"{TOOL}x {TOOL}", f"{TOOL}bo{BOX}{BOX}x", f"a{ODD}ñ{ODD[:-1]}",
             f"<too{TOOL}l> {USER[:-1]}", "Ġ Ċ âĢ"]
    for s in spaces:
        texts += [s, s * 3, f"a{s}b", f"a{s}{s}b", f"{s}a", f"1{s}!", f" {s} x", f"{s}'s"]
    return texts


def random_text(r: random.Random, pool: list[int]) -> str:
    words = ["the", " the", "girl", "'s", "'ll", "n't", "  ", "\n", "12", "...", END, TOOL, "森"]
    parts = []
    for _ in range(r.randrange(1, 30)):
        kind = r.randrange(4)
        if kind == 0:
            parts.append(r.choice(words))
        elif kind == 1:
            parts.append(chr(r.choice(pool)))
        elif kind == 2:
            parts.append(chr(r.randrange(1, 0x180)))
        else:
            at = r.randrange(len(TEXT))
            parts.append(TEXT[at:at + r.randrange(1, 20)])
    return "".join(parts)


def write_cases(out: Path, tok: Tokenizer, byte_id: list[int], r: random.Random) -> None:
    c = Cases(out / "tok.cases", tok)
    pool = [i for i in range(1, 0x110000) if known(i)]
    for t in fixed_texts():
        c.text(t)
    for _ in range(2000):
        c.text(random_text(r, pool))
    for _ in range(1000):
        data = bytearray(random_text(r, pool).encode())
        for _ in range(r.randrange(1, 6)):
            at = r.randrange(len(data) + 1)
            data[at:at + r.randrange(2)] = bytes([r.randrange(128, 256)])
        c.raw(bytes(data), byte_id)
    for data in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80",
                 b"a\xe2\x80", b"\xf0\x9f\x98", b"\x80a", b" \xc3 ", b"\xf8\x88\x80\x80\x80",
                 b"\xe0\x9f\xbf"):
        c.raw(data, byte_id)
    letters = "".join(r.choice("abcdefghtheinrst") for _ in range(LONG))
    for word in (letters, "a" * LONG, " " * LONG, "the" * (LONG // 3)):
        c.record(word.encode(), c.ids(word, True), True)
    c.f.close()


def write_splits(path: Path, r: random.Random, split, more: list[str]) -> None:
    pool = [i for i in range(1, 0x110000) if known(i)]
    texts = more + fixed_texts() + [random_text(r, pool) for _ in range(500)]
    # Letter, number, space or other: all code points but most ideographs and syllables
    some = [i for i in pool if i < 0x3400 or 0xA000 <= i < 0xAC10 or i >= 0xFA00 and i % 16 == 0]
    for at in range(0, len(some), 256):
        texts.append("".join(f"a{chr(i)}1{chr(i)} {chr(i)}{chr(i)}\nx" for i in some[at:at + 256]))
    with path.open("wb") as f:
        for t in texts:
            words = [len(w) for w, _ in split.pre_tokenize_str(t)]  # a character is a byte here
            data = t.encode()
            f.write(struct.pack("<2I", len(data), len(words)) + data)
            f.write(struct.pack(f"<{len(words)}I", *words))


def write_tokenizers(out: Path, r: random.Random) -> None:
    tok = train(600)
    texts, kinds, merges = pieces(tok)
    alphabet = {c: texts.index(c) for c in pre_tokenizers.ByteLevel.alphabet()}
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b]
    rest = [b for b in range(256) if b not in plain]
    byte_id = [alphabet[chr(b) if b in plain else chr(256 + rest.index(b))] for b in range(256)]
    end = texts.index(END)
    write(out / "tok.gguf", texts, kinds, merges, bos=end, eos=end)
    write_cases(out, tok, byte_id, r)
    write_splits(out / "gpt-2.splits", r, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True), [])

    write(out / "tok_default.gguf", texts, None, merges, pre="default", add_bos=False, bos=None)
    write(out / "tok_absent.gguf", texts, kinds, merges, pre=None)
    write(out / "bad_pre.gguf", texts, kinds, merges, pre="llama-4711")
    write(out / "bad_model.gguf", texts, kinds, merges, model="bert")
    write(out / "bad_no_model.gguf", texts, kinds, merges, model=None)
    write(out / "bad_no_merges.gguf", texts, kinds, None)
    write(out / "bad_dup.gguf", texts + [texts[300]], kinds + [1], merges)
    write(out / "bad_kinds.gguf", texts, kinds[:-1], merges)
    write(out / "bad_kind.gguf", texts, kinds[:-1] + [9], merges)
    write(out / "bad_bos.gguf", texts, kinds, merges, bos=len(texts))
    write(out / "bad_eos.gguf", texts, kinds, merges, eos=2**32 - 1)
    write(out / "bad_add_bos.gguf", texts, kinds, merges, bos=None)
    write(out / "bad_merge_left.gguf", texts, kinds, merges + ["qqq a"])
    write(out / "bad_merge_result.gguf", texts, kinds, merges + ["q q"])
    write(out / "bad_merge_space.gguf", texts, kinds, merges + ["qq"])
    write(out / "bad_merge_three.gguf", texts, kinds, merges + ["a b c"])
    write(out / "bad_merge_twice.gguf", texts, kinds, merges + [merges[7]])
    control = [3 if t == "he" else k for t, k in zip(texts, kinds)]
    write(out / "bad_merge_control.gguf", texts, control, merges)
    # Bytes 0x51 and 0x00 have no token, and the token of 0x5A is a control token
    holes = [t if t not in ("Q", "Ā") else "" for t in texts]
    control = [3 if t == "Z" else k for t, k in zip(texts, kinds)]
    few = [m for m in merges if not set(m) & set("QĀZ")]
    write(out / "tok_holes.gguf", holes, control, few)
    keep = [t for t in texts if len(t) == 1 or t in (END, TOOL)]
    write(out / "small.gguf", keep + ["th", "Ġt"], [kinds[texts.index(t)] for t in keep] + [1, 1],
          ["t h", "Ġ t"], tensors=True)
