"""``explain``: where a printed number comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reliance_eval.cli.session import (
    HERE,
    DebugOption,
    JsonOption,
    LangOption,
    QuietOption,
    Session,
    StrictOption,
    StudyOption,
    begin,
)
from reliance_eval.cli.wording import option_text

if TYPE_CHECKING:
    from reliance_eval.artefact import Artefact
    from reliance_eval.reporting.explaining import Explained


def explain(
    identifier: Annotated[
        str | None, typer.Argument(metavar="[ID]", help=option_text("explain_id"))
    ] = None,
    study: StudyOption = HERE,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    debug: DebugOption = False,
) -> None:
    """Explain a number of the study's report; without an identifier, list them all."""
    session = begin(study, lang, json=as_json, quiet=quiet, strict=strict, debug=debug)
    from reliance_eval.reporting.explaining import Explained

    explained = Explained.of(_latest(study), session.language)
    if identifier is None:
        _list(session, explained)
    else:
        found = explained.explain(identifier)
        rows = [[found.label(key), value] for key, value in found.facts.items()]
        session.result(
            f"{found.id}\n" + "\n".join(f"  {label}\n    {value}" for label, value in rows),
            id=found.id,
            **found.facts,
        )
    session.leave()


def _latest(folder: Path) -> Artefact:
    """Give the last artefact that a study has made: the one its report is about."""
    from reliance_eval.study import latest_artefact, open_study

    found: Artefact = latest_artefact(open_study(folder))
    return found


def _list(session: Session, explained: Explained) -> None:
    lines = []
    listed = explained.identifiers()
    for exhibit, names in listed.items():
        lines += [exhibit, *(f"  {name}" for name in names)]
    session.result("\n".join(lines), exhibits={name: list(ids) for name, ids in listed.items()})
