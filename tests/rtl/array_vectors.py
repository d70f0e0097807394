#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Vectors for array_icarus.sv: beats with gaps, and the sums and counts that plain integers give for them.

beats.hex: one cycle a line, {valid, last, activations, bytes}; sums.hex: the sums of tile after tile,
column after column, row after row, as 32 bits; counts.hex: adds, skipped adds and wraps in all, then the
lines of the other two. Decoding a byte by its definition, floor(q * 243 / 256) in base three, is not the
way of the hardware.
"""
import argparse
import pathlib
import random


def trits(q: int) -> list[int]:
    """The five trits of byte q, most significant first."""
    u = q * 243 // 256
    return [u // 3**i % 3 - 1 for i in (4, 3, 2, 1, 0)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="where the files go")
    parser.add_argument("--rows", type=int, default=2)
    parser.add_argument("--bytes", type=int, default=2, help="stream bytes a beat")
    parser.add_argument("--tiles", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    beats, sums, counts = [], [], [0, 0, 0]
    for tile in range(args.tiles):
        columns = 5 * args.bytes
        acc = [[0] * columns for _ in range(args.rows)]
        length = rng.choice([1, 2, 20, 300])
        extreme = tile % 4 == 3  # one direction only: the sums' reach
        for k in range(length):
            while not extreme and rng.random() < 0.2:
                beats.append((0, rng.randrange(2), rng.randbytes(args.rows), rng.randbytes(args.bytes)))
            data = bytes(args.bytes) if extreme else rng.randbytes(args.bytes)
            x = [-128 if extreme else rng.choice([0, rng.randrange(-128, 128)]) for _ in range(args.rows)]
            beats.append((1, k == length - 1, bytes(a & 255 for a in x), data))
            for c, t in enumerate(t for q in data for t in trits(q)):
                for r, a in enumerate(x):
                    counts[0 if t * a else 1] += 1
                    counts[2] += acc[r][c] // 256 != (acc[r][c] + t * a) // 256
                    acc[r][c] += t * a
        sums += [acc[r][c] & 0xFFFFFFFF for c in range(columns) for r in range(args.rows)]
    args.folder.mkdir(parents=True, exist_ok=True)
    with open(args.folder / "beats.hex", "w", encoding="ascii") as out:
        for valid, last, x, data in beats:
            out.write(f"{2 * valid + int(last):x}{x[::-1].hex()}{data[::-1].hex()}\n")
    counts += [len(beats), len(sums)]
    for name, numbers in (("sums.hex", sums), ("counts.hex", counts)):
        (args.folder / name).write_text("".join(f"{n:08x}\n" for n in numbers), encoding="ascii")
    print(f"{len(beats)} cycles, {len(sums)} sums")


if __name__ == "__main__":
    main()
