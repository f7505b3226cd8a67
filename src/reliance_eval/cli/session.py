"""One command's conversation: where it works, in which language, and how it speaks."""

from __future__ import annotations

import json as jsons
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from reliance_eval.cli.wording import message_language, option_text, say
from reliance_eval.errors import ACKNOWLEDGE
from reliance_eval.language.catalogue import Value, languages

StudyOption = Annotated[Path, typer.Option("--study", help=option_text("study"))]


def _known(language: str | None) -> str | None:
    if language is not None and language not in languages():
        raise typer.BadParameter(", ".join(languages()))
    return language


LangOption = Annotated[
    str | None, typer.Option("--lang", callback=_known, help=option_text("lang"))
]
JsonOption = Annotated[bool, typer.Option("--json", help=option_text("json"))]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help=option_text("quiet"))]
StrictOption = Annotated[bool, typer.Option("--strict", help=option_text("strict"))]
DebugOption = Annotated[bool, typer.Option("--debug", help=option_text("debug"))]

HERE = Path()


@dataclass
class Session:
    """What a command was asked, and what it has said so far.

    Results go to standard output (text, or one JSON object at the end); progress and messages go
    to standard error, so that a script can read the first and a person the second.
    """

    folder: Path | None
    language: str
    is_json: bool = False
    is_quiet: bool = False
    is_strict: bool = False
    is_debug: bool = False
    results: dict[str, Any] = field(default_factory=dict)
    acknowledgements: list[str] = field(default_factory=list)

    def result(self, text: str, **values: Any) -> None:
        """Say a result, and keep its values for ``--json``."""
        self.results.update(values)
        if not self.is_json:
            print(text)  # noqa: T201

    def note(self, text: str) -> None:
        """Say something beside the results, unless asked to be quiet."""
        if not self.is_quiet:
            print(text, file=sys.stderr)  # noqa: T201

    def warn(self, text: str) -> None:
        """Say what a reader must acknowledge; under ``--strict`` the command then ends 3."""
        self.acknowledgements.append(text)
        print(text, file=sys.stderr)  # noqa: T201

    def say(self, key: str, /, **values: Value) -> str:
        """Give a sentence of the command line in the session's language."""
        return say(self.language, key, **values)

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """Show that something is under way, and how long it took."""
        start = time.monotonic()
        if self.is_quiet:
            yield
        elif sys.stderr.isatty():
            from rich.console import Console

            with Console(stderr=True).status(label):
                yield
        else:
            yield
        self.note(f"{label} ({time.monotonic() - start:.1f} s)")

    @contextmanager
    def locked(self, out: Path) -> Iterator[None]:
        """Hold the lock of an output folder; say so where a dead process had left it behind."""
        from reliance_eval.study import locked

        with locked(out) as was_stale:
            if was_stale:
                self.note(self.say("stale_lock"))
            yield

    def leave(self) -> None:
        """End the command: print the JSON object, and ask for acknowledgement if strict."""
        if self.is_json:
            content = _plain({**self.results, "acknowledge": self.acknowledgements})
            print(jsons.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))  # noqa: T201
        if self.is_strict and self.acknowledgements:
            raise typer.Exit(ACKNOWLEDGE)


def _plain(value: Any) -> Any:
    """Give a value as JSON knows it: what is missing or infinite is null, a day is text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    return None if type(value).__name__ in ("NAType", "NaTType") else str(value)


CURRENT: list[Session] = []
"""The session under way, for the words of a failure."""


def begin(
    study: Path | None,
    lang: str | None,
    *,
    json: bool,
    quiet: bool,
    strict: bool = False,
    debug: bool = False,
) -> Session:
    """Begin a session from a command's options."""
    session = Session(study, message_language(lang, study), json, quiet, strict, debug)
    CURRENT[:] = [session]
    return session
