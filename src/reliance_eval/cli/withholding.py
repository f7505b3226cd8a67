"""What disclosure control kept out of a report, and why, from the log of its cells."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from reliance_eval.cli.session import Session
from reliance_eval.cli.tabulating import aligned
from reliance_eval.language.catalogue import words
from reliance_eval.language.numbers import Numbers


def tell_withheld(session: Session, log: Path) -> None:
    """Tell how many cells of the report are withheld, by reason, and where the log is."""
    if not log.is_file():
        return
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line]
    cells = [line for line in lines if line.get("table")]
    ways = Counter(line["outcome"] for line in cells)
    reasons = Counter(line["reason"] for line in cells if line["outcome"] == "withheld")
    session.results["disclosure"] = {"cells": len(cells), "ways": ways, "withheld": reasons}
    if not cells or ways["exact"] + ways["cleared"] == len(cells):
        # Nothing was rounded either: the data are public, or no cell counts people.
        return
    number, catalogue = Numbers(session.language).integer, words(session.language)
    every = number(len(cells))
    if not reasons:
        session.result(session.say("disclosure.none", all=every))
    else:
        session.result(session.say("disclosure.withheld", n=ways["withheld"], all=every))
        told = [
            [f"  {catalogue.text(f'disclosure.reason.{reason}')}", number(n)]
            for reason, n in reasons.most_common()
        ]
        session.result(aligned(told, numbers=[1]))
    if ways["at_least"]:
        session.result(session.say("disclosure.at_least", n=ways["at_least"]))
    session.note(session.say("disclosure.log", path=str(log)))
