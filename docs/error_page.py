"""The error glossary: every fault, what it found, how to repair it."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import Any

HEAD = """# Errors

Every fault the toolkit can find in what it is given. A message reads
`CODE  file:row[:column]  what  →  how to repair`, in the language of `--lang`; the code never
changes, the words may. What stands between ‹ › is filled in. All faults found are listed at once,
up to twenty, with the total. No message holds a person's identifier or value.

The exit codes are those of [the study folder](../study.md#exit-codes).
"""


def error_page() -> str:
    """Give the page, one section a subject: the second word of the codes."""
    faults: dict[str, Any] = {}
    folder = resources.files("reliance_eval.language") / "words" / "en"
    for entry in folder.iterdir():
        table = tomllib.loads(entry.read_text(encoding="utf-8"))
        faults |= {code: fault for code, fault in table.items() if re.fullmatch(r"E-.+", code)}
    parts = [HEAD]
    for subject in sorted({code.split("-")[1] for code in faults}):
        codes = sorted(code for code in faults if code.split("-")[1] == subject)
        parts += [f"## {subject.capitalize()}", ""]
        parts += [line for code in codes for line in _fault(code, faults[code])]
    return "\n".join(parts)


def _fault(code: str, fault: dict[str, Any]) -> list[str]:
    return [f"### {code}", "", _form(fault["what"]), f": {_form(fault['repair'])}", ""]


def _form(sentence: str | dict[str, str]) -> str:
    text = sentence if isinstance(sentence, str) else sentence["other"]
    # Typographic marks for the placeholders; the rest must not be read as markup.
    text = re.sub(r"(?<!\{)\{(\w+)\}", r"‹\1›", text).replace("{{", "{").replace("}}", "}")
    return re.sub(r"([*_<>\[\]$#|\\])", r"\\\1", text).replace("\n", " ")
