"""The counts that a lottery publishes of itself, through the disclosure gate.

The totals of the arms were announced before the draw. By block, the counts are printed only when
none of them is small: one withheld cell could be had by subtracting the others from the total,
and a block's reserve follows from its places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reliance_eval.lottery import package as files
from reliance_eval.lottery.package import Package, arm_letters
from reliance_eval.lottery.sealing import block_codes
from reliance_eval.reporting.disclosure import Gate, Shown

WITHHELD = "."
EVERY_BLOCK = "all"
WAITING = ("R", "X")


def counts_file(package: Package, gate: Gate, *, arms: int) -> bytes:
    """Give ``counts.tsv``: units in each arm, in reserve and excluded; ``.`` where withheld.

    Parameters
    ----------
    package : Package
        RL1's restricted package.
    gate : Gate
        Lets the counts out, and keeps the reason of each decision.
    arms : int
        Number of arms.
    """
    rows = [line.split("\t") for line in package.files[files.ASSIGNMENT].decode().splitlines()]
    letters = arm_letters(arms)
    cells = Counter((block, letter) for _, block, _, letter, _ in rows)
    totals = Counter(letter for _, _, _, letter, _ in rows)
    table: list[tuple[str, Sequence[str]]] = [
        (
            EVERY_BLOCK,
            [_text(gate.announced(totals[letter], place=f"seal.{letter}")) for letter in letters]
            + [_text(gate.count(totals[letter], place=f"seal.{letter}")) for letter in WAITING],
        )
    ]
    codes = block_codes(package.files)
    if any(gate.is_small(n) for n in cells.values()):
        gate.withhold("seal.blocks", "threshold")
    elif len(codes) > 1:
        for block, code in codes.items():
            numbers = [(letter, cells[block, letter]) for letter in (*letters, *WAITING)]
            shown = [gate.count(n, place=f"seal.{code}.{letter}") for letter, n in numbers]
            table.append((code, [_text(item) for item in shown]))
    lines = [("block", *letters, *WAITING), *((name, *texts) for name, texts in sorted(table))]
    return "".join("\t".join(line) + "\n" for line in lines).encode("ascii")


def _text(shown: Shown) -> str:
    return WITHHELD if shown.value is None else f"{shown.value:.0f}"
