# SPDX-License-Identifier: Apache-2.0
"""Draws the loss curves of training runs: training loss thin, held-out loss with marks.

    python plot.py --run "ternary=RUN/tern" --run "full precision=RUN/float" --out loss.svg
"""
import argparse
import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "quintrit"        # the same curves give the same file
import matplotlib.pyplot as plt  # noqa: E402


def read(path: Path) -> tuple[list, list]:
    """(tokens, loss) points of training and of the held-out stories; a resumed run overwrites."""
    train, held = {}, {}
    with open(path / "loss.csv", newline="") as f:
        for row in csv.DictReader(f):
            tokens = int(row["tokens"])
            train[tokens] = float(row["train_loss"])
            if row["heldout_loss"]:
                held[tokens] = float(row["heldout_loss"])
    return sorted(train.items()), sorted(held.items())


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--run", action="append", required=True, help="LABEL=FOLDER with loss.csv")
    ap.add_argument("--out", type=Path, required=True, help="picture to write (.svg or .png)")
    ap.add_argument("--top", type=float, default=4.0, help="largest loss shown (4.0)")
    args = ap.parse_args()
    fig, ax = plt.subplots(figsize=(7, 4))
    for i, run in enumerate(args.run):
        label, _, folder = run.rpartition("=")
        train, held = read(Path(folder))
        colour = f"C{i}"
        ax.plot([t / 1e6 for t, _ in train], [v for _, v in train], colour, lw=0.5, alpha=0.5,
                label=f"{label}, training")
        ax.plot([t / 1e6 for t, _ in held], [v for _, v in held], colour, marker="o", ms=3,
                label=f"{label}, held-out")
    ax.set(xlabel="tokens trained on (million)", ylabel="loss of a token (nats)")
    ax.set_ylim(top=args.top)
    ax.grid(alpha=0.3)
    ax.legend()
    fig.tight_layout()
    fig.savefig(args.out, metadata={"Date": None} if args.out.suffix == ".svg" else None)


if __name__ == "__main__":
    main()
