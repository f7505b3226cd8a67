"""Printing the calibration as it goes, and keeping its results when asked to."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "calibration.json"


class Ledger:
    """Collects what the cells report, from whichever process ran them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._found: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a cell when it ends."""
        record = dict(report.user_properties).get("calibration")
        if report.when != "call" or not isinstance(record, dict):
            return
        self._found[record["cell"]] = record
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write_line("")
            terminal.write_line(f"{len(self._found):>3}  {record['cell']}: {record['world']}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table, and write the results where that is asked for."""
        if not self._found:
            return
        terminalreporter.section("calibration")
        for record in self._found.values():
            for mark, kind in (("", "claims"), ("mistake: ", "mistakes")):
                for line in record[kind]:
                    low, high = line["band"]
                    terminalreporter.write_line(
                        f"{record['cell']:<17} {mark + line['method']:<66}"
                        f" {line['rate']:.4f}  [{low:.4f}, {high:.4f}]"
                    )
        if os.environ.get("CALIBRATION") == "write":
            terminalreporter.write_line(self._written())

    def _written(self) -> str:
        from all_cells import CELLS
        from cells import REPLICATIONS, SEED

        from reliance_eval import __version__

        head = {"version": __version__, "seed": SEED, "replications": REPLICATIONS}
        names = [cell.name for cell in CELLS]
        found = self._kept(head) | self._found
        if absent := [name for name in names if name not in found]:
            return f"nothing written: these cells did not run: {', '.join(absent)}"
        kept = head | {"cells": [found[name] for name in names]}
        text = json.dumps(kept, ensure_ascii=False, indent=1) + "\n"
        RESULTS.write_text(text, encoding="utf-8", newline="\n")
        return f"written: {RESULTS.name}; now run docs/generate.py"

    def _kept(self, head: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Give what a former run of the same version found: a changed cell is run alone."""
        if not RESULTS.is_file():
            return {}
        former = json.loads(RESULTS.read_text(encoding="utf-8"))
        is_of_this = all(former[name] == value for name, value in head.items())
        return {row["cell"]: row for row in former["cells"]} if is_of_this else {}


def pytest_configure(config: pytest.Config) -> None:
    """Keep one ledger, in the process that talks to the terminal."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Ledger(config), "calibration-ledger")
