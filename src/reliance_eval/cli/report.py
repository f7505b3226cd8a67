"""``report``: what reviewers read, in the protocol's forms or in those asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reliance_eval.cli.acts import do_one
from reliance_eval.cli.blinding import BlindOption, rehearse_one
from reliance_eval.cli.session import (
    HERE,
    DebugOption,
    JsonOption,
    LangOption,
    QuietOption,
    StrictOption,
    StudyOption,
    begin,
)
from reliance_eval.cli.wording import option_text

if TYPE_CHECKING:
    from reliance_eval.protocol.model import Format

KNOWN: tuple[Format, ...] = ("html", "pdf", "docx", "latex")
"""The forms that the protocol knows, without loading it: a test holds them together."""


def _known(asked: list[str] | None) -> list[str] | None:
    names = [name.strip() for item in asked or [] for name in item.split(",")]
    if not all(name in KNOWN for name in names):
        raise typer.BadParameter(", ".join(KNOWN))
    return names or None


FormatOption = Annotated[
    list[str] | None,
    typer.Option("--format", metavar="FORMAT,...", callback=_known, help=option_text("format")),
]


def report(
    study: StudyOption = HERE,
    form: FormatOption = None,
    blind: BlindOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the report, or rehearse it on permuted arms."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    formats = tuple(name for name in KNOWN if name in (form or ()))
    write = rehearse_one if blind else do_one
    write(session, study, "report", formats=formats)
