# SPDX-License-Identifier: Apache-2.0
"""Tokenizer metadata of a GGUF from a Hugging Face folder's tokenizer.json: tokens, types, merges or scores,
pre-tokenizer, special tokens, chat template. Says what could not be carried over.
"""
import json
from pathlib import Path

import gguf

# what tokenizer.ggml.pre calls a pre-tokenizer -> a part of its regular expression
SPLITS = {"llama-bpe": r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*", "qwen2": r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"}
# and those of several stages, by their types
STAGES = {("Digits", "ByteLevel"): "smollm", ("Punctuation", "ByteLevel", "Split"): "falcon"}


def pre_name(tok: dict) -> str | None:
    """Name of a byte-level pre-tokenizer, None if it is none of those known."""
    pre, whole_words = tok.get("pre_tokenizer"), bool(tok["model"].get("ignore_merges"))
    parts = (pre or {}).get("pretokenizers", [pre] if pre else [])
    level = next((p for p in parts if p["type"] == "ByteLevel"), None)
    regex = next((p["pattern"].get("Regex", "") for p in parts if p["type"] == "Split"), None)
    if level and regex is None and len(parts) == 1 and level.get("use_regex", True):
        return "gpt-2"
    stages = tuple(p["type"] for p in parts)
    if stages in STAGES and level.get("use_regex", True):
        return STAGES[stages]
    name = next((name for name, part in SPLITS.items() if regex and part in regex and len(parts) == 2), None)
    if name == "llama-bpe" and not whole_words:
        return "dbrx"  # the same words, all of them merged
    return name


def token_list(tok: dict, size: int) -> tuple[list[str], list[int]]:
    """Texts and types by id; ids without a token are UNUSED."""
    kinds, vocab = gguf.TokenType, tok["model"]["vocab"]
    tokens, types = [f"[PAD{i}]" for i in range(size)], [kinds.UNUSED] * size
    for text, i in vocab.items():
        if i < size:
            is_byte = tok["model"].get("byte_fallback") and text.startswith("<0x") and len(text) == 6
            tokens[i], types[i] = text, kinds.BYTE if is_byte else kinds.NORMAL
    for t in tok.get("added_tokens", []):
        if t["id"] < size:
            tokens[t["id"]] = t["content"]
            types[t["id"]] = kinds.CONTROL if t["special"] else kinds.USER_DEFINED
    return tokens, types


def add_scores(out: gguf.GGUFWriter, tok: dict, tokens: list[str]) -> None:
    """SentencePiece joins the pair whose token has the largest score: the earlier merge, the larger."""
    ranks: dict[str, int] = {}
    for i, merge in enumerate(tok["model"].get("merges", [])):
        left, right = merge.split(" ", 1) if isinstance(merge, str) else merge
        ranks.setdefault(left + right, i)
    out.add_token_scores([float(-ranks[t]) if t in ranks else 0.0 for t in tokens])


def space_prefix(tok: dict) -> bool:
    """Does a space go before a text? By Llama's older form, a normalizer, or by the newer pre-tokenizer."""
    pre = tok.get("pre_tokenizer") or {}
    prefix = pre.get("type") == "Metaspace" and pre.get("prepend_scheme", "always") != "never"
    return prefix or '"Prepend"' in json.dumps(tok.get("normalizer"))


def add_tokenizer(out: gguf.GGUFWriter, folder: Path, config: dict) -> list[str]:
    path = folder / "tokenizer.json"
    if not path.exists():
        return ["no tokenizer.json: the file has no tokenizer"]
    tok, notes = json.loads(path.read_text(encoding="utf-8")), []
    if tok["model"].get("type", "BPE") != "BPE":
        return [f"tokenizer type {tok['model']['type']} is not supported: the file has no tokenizer"]
    size = config["vocab_size"]
    tokens, types = token_list(tok, size)
    sentencepiece = bool(tok["model"].get("byte_fallback"))
    out.add_tokenizer_model("llama" if sentencepiece else "gpt2")
    out.add_token_list(tokens)
    out.add_token_types(types)
    if sentencepiece:
        out.add_tokenizer_pre("default")
        out.add_add_space_prefix(space_prefix(tok))
        add_scores(out, tok, tokens)
    else:
        pre = pre_name(tok)
        if pre is None:
            notes.append("pre-tokenizer unknown: texts may be cut in other places than in training")
        out.add_tokenizer_pre(pre or "default")
    special = gguf.SpecialVocab(folder, load_merges=not sentencepiece, n_vocab=size)
    special.add_to_gguf(out, quiet=True)
    if "bos" not in special.add_special_token:
        out.add_add_bos_token(False)  # readers take some names of pre-tokenizers for a yes
    if special.chat_template is None:
        notes.append("no chat template")
    return notes
