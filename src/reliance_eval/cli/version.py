"""``reliance-eval --version``."""

from __future__ import annotations

from typing import Annotated

import typer

from reliance_eval import __version__
from reliance_eval.cli.wording import option_text


def _show(value: bool) -> None:
    if value:
        print(f"reliance-eval {__version__}")  # noqa: T201
        raise typer.Exit


def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show, is_eager=True, help=option_text("version"))
    ] = False,
) -> None:
    """Hold the options of the application itself."""
