"""The Nancy protocol cut short: two outcomes at one horizon, so that a made-up trial is quick."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

from reliance_eval.protocol import Protocol, read_protocol

OUTCOMES = ("employed", "income_per_unit")
HORIZON = 12


def nancy(folder: Path, *replacements: tuple[str, str]) -> Protocol:
    """The shipped protocol, some of its text replaced."""
    with resources.as_file(resources.files("reliance_eval.protocol") / "programmes/nancy") as there:
        shutil.copytree(there, folder, dirs_exist_ok=True)
    path = folder / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return read_protocol(path)


def short(folder: Path, *, adjust: str = "bonferroni") -> Protocol:
    """Two outcomes at twelve months, employment alone primary in families, no subgroup."""
    protocol = nancy(folder)
    path = folder / "protocol.toml"
    head, *outcomes = path.read_text(encoding="utf-8").split("[[outcomes]]\n")
    kept = [o for o in outcomes if o.startswith(tuple(f'name = "{name}"' for name in OUTCOMES))]
    kept[-1] = kept[-1].replace('better = "higher"', 'better = "higher"\nrole = "primary"')
    rest = outcomes[-1][outcomes[-1].index("[[covariates]]") :]
    before, _, after = rest.partition("[[subgroups]]")
    text = "[[outcomes]]\n".join([head, *kept]) + before + after[after.index("[inference]") :]
    text = text.replace("horizons_months = [3, 12, 36]", f"horizons_months = [{HORIZON}]")
    text = text.replace('adjust = "max-t"', f'adjust = "{adjust}"')
    path.write_text(text, encoding="utf-8")
    assert protocol.clauses.trial.id == "reliance-nancy"
    return read_protocol(path)
