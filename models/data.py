# SPDX-License-Identifier: Apache-2.0
"""Texts to tokens: reads the story files, restores case, splits off held-out stories without
overlap, trains the tokenizer, and writes token arrays.

    python data.py --data DIR --out RUN     # tokenizer.json, train.npz, heldout.npz, heldout.txt
"""
import argparse
import hashlib
import json
import lzma
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

END = "<|endoftext|>"
VOCAB = 1024
SHINGLE = 12            # words in a row that mark shared text
HELDOUT_ONE_IN = 40
MAIN, LOWER, BOOKS = "tinystories", "tinystories-lower", "storybooks-asp-pb"

# A word with what decides its case: what stands before it, and the word after it.
WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")
AFTER_QUOTE = re.compile(r"[.!?]\"\s+$")
SENTENCE = re.compile(r"(?:^|[.!?]['\"]?\s+|\n|(?:^|\s)[\"'(]+)$")


def read_stories(path: Path) -> list[str]:
    """The stories of one xz file; blank lines between paragraphs become a single line break."""
    text = lzma.open(path, "rt", encoding="utf-8").read()
    parts = re.split(rf"^{re.escape(END)}$", text, flags=re.M)
    stories = (re.sub(r"\s*\n\s*", "\n", s.strip()) for s in parts)
    return [s for s in stories if len(s) >= 50]


class Truecaser:
    """Learns from cased text how a word is written, and writes lower-case text that way."""

    def __init__(self, stories: list[str]):
        self.forms: dict[str, Counter] = {}
        self.after_quote: dict[tuple, Counter] = {}
        for story in stories:
            for kind, word, following in self._words(story):
                low = word.lower()
                if kind == "mid":
                    self.forms.setdefault(low, Counter())[word] += 1
                elif kind == "quote":       # '"Go!" he said' against '"Go!" He ran'
                    for key in ((low, following.lower()), (low, "")):
                        self.after_quote.setdefault(key, Counter())[word[0].isupper()] += 1

    @staticmethod
    def _words(story: str):
        found = list(WORD.finditer(story))
        for i, m in enumerate(found):
            before = story[max(0, m.start() - 6):m.start()]
            quote, start = AFTER_QUOTE.search(before), SENTENCE.search(before)
            if m.start() < 6 and i == 0:
                start = True
            following = found[i + 1].group() if i + 1 < len(found) else ""
            yield ("quote" if quote else "start" if start else "mid"), m.group(), following

    def restore(self, story: str) -> str:
        out, at = [], 0
        matches = WORD.finditer(story)
        for m, (kind, word, following) in zip(matches, self._words(story)):
            forms = self.forms.get(word)
            cased = forms.most_common(1)[0][0] if forms else word
            upper = kind == "start"
            if kind == "quote":
                seen = self.after_quote.get((word, following)) or self.after_quote.get((word, ""))
                upper = seen.most_common(1)[0][0] if seen else True
            out += [story[at:m.start()], cased[0].upper() + cased[1:] if upper else cased]
            at = m.end()
        return "".join(out) + story[at:]


def normalise(story: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", story.lower().replace("'", ""))


def shingles(words: list[str]) -> set[int]:
    if len(words) < SHINGLE:
        return {hash(" ".join(words))}
    return {hash(" ".join(words[i:i + SHINGLE])) for i in range(len(words) - SHINGLE + 1)}


def split(corpora: dict[str, list[str]], max_shared: int) -> tuple[list[str], list[str], dict]:
    """Held-out TinyStories by a hash of their words; training text that shares none of them."""
    held, held_names, train = [], set(), []
    report: dict = {"heldout_dropped": {}, "repeat_dropped": {}, "train_documents": {}}
    for story in corpora[MAIN]:
        words = " ".join(normalise(story))
        number = int.from_bytes(hashlib.sha256(words.encode()).digest()[:4], "big")
        if number % HELDOUT_ONE_IN == 0 and 300 <= len(story) <= 2500 and words not in held_names:
            held_names.add(words)
            held.append(story)
    held_set = set(held)
    held_shingles = set().union(*(shingles(normalise(s)) for s in held))
    seen: set[int] = set()
    for name, stories in corpora.items():
        overlap = repeat = kept = 0
        for story in stories:
            if story in held_set:
                continue
            marks = shingles(normalise(story))
            if len(marks & held_shingles) > max_shared:
                overlap += 1
            elif len(marks & seen) > 0.5 * len(marks):
                repeat += 1
            else:
                seen |= marks
                train.append(story)
                kept += 1
        report["heldout_dropped"][name] = overlap
        report["repeat_dropped"][name] = repeat
        report["train_documents"][name] = kept
    report["heldout_documents"] = len(held)
    report["heldout_bytes"] = sum(len(s.encode()) for s in held)
    report["train_bytes"] = sum(len(s.encode()) for s in train)
    return train, held, report


def train_tokenizer(stories: list[str]) -> Tokenizer:
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB, show_progress=False, special_tokens=[AddedToken(END, special=True)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tok.train_from_iterator(stories, trainer)
    return tok


def pack(tok: Tokenizer, stories: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """All stories as [BOS] tokens, one after the other; where each begins, and the end."""
    end = tok.token_to_id(END)
    rows = [[end] + e.ids for e in tok.encode_batch(stories)]
    starts = np.cumsum([0] + [len(r) for r in rows])
    return np.concatenate([np.array(r, np.uint16) for r in rows]), starts.astype(np.int64)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--data", type=Path, required=True, help="folder with the .txt.xz story files")
    ap.add_argument("--out", type=Path, required=True, help="folder to write")
    ap.add_argument("--max-shared", type=int, default=3,
                    help="12-word sequences a training story may share with the held-out set (3)")
    args = ap.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    corpora = {n: read_stories(args.data / f"{n}.txt.xz") for n in (MAIN, LOWER, BOOKS)}
    caser = Truecaser(corpora[MAIN])
    corpora[LOWER] = [caser.restore(s) for s in corpora[LOWER]]
    train, held, report = split(corpora, args.max_shared)
    random.Random(0).shuffle(train)
    tok = train_tokenizer(train)
    tok.save(str(args.out / "tokenizer.json"))
    for name, stories in (("train", train), ("heldout", held)):
        tokens, starts = pack(tok, stories)
        np.savez(args.out / f"{name}.npz", tokens=tokens, starts=starts)
        report[f"{name}_tokens"] = int(tokens.size)
    (args.out / "heldout.txt").write_text(f"\n{END}\n".join(held) + "\n", encoding="utf-8")
    (args.out / "data.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
